#ifndef SUAN_LOADER_FLOAT_H
#define SUAN_LOADER_FLOAT_H

/* The floating-point mode of the calling thread: rounding, exceptions, flush to zero. */
#include <stdbool.h>
#include <stdint.h>

struct suan_float_mode {
    uint32_t control; /* MXCSR without its sticky flags, or FPCR */
    uint16_t x87;
};

static inline struct suan_float_mode suan_float_read(void)
{
    struct suan_float_mode mode = {0, 0};
#if defined(__x86_64__)
    mode.control = __builtin_ia32_stmxcsr() & ~0x3Fu;
    __asm__ volatile("fnstcw %0" : "=m"(mode.x87));
#elif defined(__aarch64__)
    uint64_t fpcr;
    __asm__ volatile("mrs %0, fpcr" : "=r"(fpcr));
    mode.control = (uint32_t)fpcr;
#endif
    return mode;
}

static inline void suan_float_write(struct suan_float_mode mode)
{
#if defined(__x86_64__)
    __builtin_ia32_ldmxcsr(mode.control);
    __asm__ volatile("fldcw %0" : : "m"(mode.x87));
#elif defined(__aarch64__)
    uint64_t fpcr = mode.control;
    __asm__ volatile("msr fpcr, %0" : : "r"(fpcr));
#endif
}

static inline bool suan_float_equal(struct suan_float_mode a, struct suan_float_mode b)
{
    return a.control == b.control && a.x87 == b.x87;
}

#endif
