/* Counts heap calls of the whole process, plugins included, by standing before libc's functions. Not for
 * sanitizers. */
#include "host.h"

#include <stdatomic.h>
#include <stdlib.h>

extern void *__libc_malloc(size_t bytes);
extern void *__libc_calloc(size_t count, size_t bytes);
extern void *__libc_realloc(void *old, size_t bytes);
extern void *__libc_memalign(size_t align, size_t bytes);

static atomic_ullong calls;

#define VISIBLE __attribute__((visibility("default")))

VISIBLE void *malloc(size_t bytes)
{
    atomic_fetch_add(&calls, 1);
    return __libc_malloc(bytes);
}

VISIBLE void *calloc(size_t count, size_t bytes)
{
    atomic_fetch_add(&calls, 1);
    return __libc_calloc(count, bytes);
}

VISIBLE void *realloc(void *old, size_t bytes)
{
    atomic_fetch_add(&calls, 1);
    return __libc_realloc(old, bytes);
}

VISIBLE void *aligned_alloc(size_t align, size_t bytes)
{
    atomic_fetch_add(&calls, 1);
    return __libc_memalign(align, bytes);
}

uint64_t host_heap_calls(void)
{
    return atomic_load(&calls);
}
