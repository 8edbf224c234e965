#ifndef SUAN_BASE_CLEANUP_H
#define SUAN_BASE_CLEANUP_H

/*
 * Scope-bound release. `SUAN_CLEANUP(suan_buffer_done) struct suan_buffer text = {0};` calls suan_buffer_done(&text) when
 * the scope ends. For owned pointers, a module defines one releaser that takes the pointer's address:
 * `SUAN_CLEANUP(suan_store_closep) struct suan_store *store = NULL;`. To hand over: suan_take(&pointer).
 */
#include <stdlib.h>
#include <unistd.h>

#define SUAN_CLEANUP(function) __attribute__((cleanup(function)))

/* Returns the pointer and leaves NULL in its place, so that the scope's release finds nothing. */
#define suan_take(place)                                                                                     \
    __extension__({                                                                                          \
        __typeof__(place) suan_place = (place);                                                              \
        __typeof__(*(place)) suan_value = *suan_place;                                                       \
        *suan_place = NULL;                                                                                  \
        suan_value;                                                                                          \
    })

/* For malloc'ed memory: SUAN_CLEANUP(suan_freep) char *text = NULL; */
static inline void suan_freep(void *place)
{
    free(*(void **)place);
}

/* For descriptors: SUAN_CLEANUP(suan_closep) int fd = -1; */
static inline void suan_closep(const int *fd)
{
    if (*fd >= 0)
        close(*fd);
}

#endif
