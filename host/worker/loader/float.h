#ifndef SUAN_LOADER_FLOAT_H
#define SUAN_LOADER_FLOAT_H

/* The floating-point mode of the calling thread: rounding, exceptions, flush to zero. */
#include <stdbool.h>
#include <stdint.h>

struct suan_float_mode {
    uint32_t control; /* MXCSR, or FPCR */
    uint16_t x87;
};

#if defined(__x86_64__)
#define SUAN_FLOAT_STICKY UINT32_C(0x3F) /* what calculations have met: no part of the mode */
#else
#define SUAN_FLOAT_STICKY UINT32_C(0)
#endif

/* Stored as it is and looked at later: waiting for MXCSR costs more than the rest of a call in process. */
static inline void suan_float_store(struct suan_float_mode *out)
{
#if defined(__x86_64__)
    __asm__ volatile("stmxcsr %0" : "=m"(out->control));
    __asm__ volatile("fnstcw %0" : "=m"(out->x87));
#elif defined(__aarch64__)
    uint64_t fpcr;
    __asm__ volatile("mrs %0, fpcr" : "=r"(fpcr));
    out->control = (uint32_t)fpcr;
    out->x87 = 0;
#endif
}

static inline struct suan_float_mode suan_float_read(void)
{
    struct suan_float_mode mode = {0, 0};
    suan_float_store(&mode);
    mode.control &= ~SUAN_FLOAT_STICKY;
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
    return ((a.control ^ b.control) & ~SUAN_FLOAT_STICKY) == 0 && a.x87 == b.x87;
}

#endif
