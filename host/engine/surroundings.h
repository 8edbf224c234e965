#ifndef SUAN_ENGINE_SURROUNDINGS_H
#define SUAN_ENGINE_SURROUNDINGS_H

/* What a plugin in this process must leave as it was: remembered before a call of it, put back after. */
#include <locale.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>

#include "loader/float.h"

enum surroundings_extent {
    SURROUNDINGS_THREAD, /* floating-point mode and locale of the thread */
    SURROUNDINGS_ALL,    /* also signal mask, directory, umask and global locale */
};

struct surroundings {
    struct suan_float_mode mode;
    locale_t locale;
    enum surroundings_extent extent;
    sigset_t signals;
    unsigned mask;
    int folder;
    char process_locale[256];
};

void surroundings_remember_all(struct surroundings *out);

static inline void surroundings_remember(struct surroundings *out, enum surroundings_extent extent)
{
    suan_float_store(&out->mode);
    out->locale = uselocale((locale_t)0);
    out->extent = extent;
    if (extent == SURROUNDINGS_ALL)
        surroundings_remember_all(out);
}

/* As far as can be told at once: false where all is to be looked at. */
static inline bool surroundings_are_same(const struct surroundings *before)
{
    struct suan_float_mode now;
    suan_float_store(&now);
    return before->extent == SURROUNDINGS_THREAD && uselocale((locale_t)0) == before->locale &&
           suan_float_equal(now, before->mode);
}

/* Puts back what differs, and returns how many things did. Ends what surroundings_remember began. */
uint32_t surroundings_restore(struct surroundings *before);

#endif
