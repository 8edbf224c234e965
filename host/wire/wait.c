/* Waiting for a word to change: first by looking, then by sleeping on it. */
#include <errno.h>
#include <linux/futex.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "base/file.h"
#include "wire.h"

static inline void relax(void)
{
#if defined(__x86_64__)
    __builtin_ia32_pause();
#elif defined(__aarch64__)
    __asm__ volatile("yield");
#endif
}

bool suan_wire_glance(const _Atomic uint32_t *word, uint32_t old)
{
    enum { LOOKS = 64 };
    for (int i = 0; i < LOOKS; i++) {
        if (atomic_load_explicit(word, memory_order_acquire) != old)
            return true;
        relax();
    }
    return false;
}

bool suan_wire_spin(const _Atomic uint32_t *word, uint32_t old, uint32_t spin_ns)
{
    if (spin_ns == 0)
        return atomic_load_explicit(word, memory_order_acquire) != old;
    uint64_t until = suan_clock_monotonic_ns() + spin_ns;
    do {
        if (suan_wire_glance(word, old))
            return true;
    } while (suan_clock_monotonic_ns() < until);
    return false;
}

void suan_wire_sleep(_Atomic uint32_t *word, uint32_t old, uint64_t timeout_ns)
{
    struct timespec timeout = {(time_t)(timeout_ns / 1000000000), (long)(timeout_ns % 1000000000)};
    int cause = errno;
    syscall(SYS_futex, word, FUTEX_WAIT, old, &timeout, NULL, 0);
    errno = cause;
}

void suan_wire_wake(_Atomic uint32_t *word)
{
    int cause = errno;
    syscall(SYS_futex, word, FUTEX_WAKE, INT32_MAX, NULL, NULL, 0);
    errno = cause;
}
