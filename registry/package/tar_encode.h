#ifndef SUAN_PACKAGE_TAR_ENCODE_H
#define SUAN_PACKAGE_TAR_ENCODE_H

/* Inside this folder, and for tests that need a check switched off. */
#include <locale.h>

#include "tar.h"

/* Where encoded bytes go. `take` returns false to stop; `at` is the offset of the bytes it is given,
   `entry_start` that of the entry they belong to. */
struct suan_tar_sink {
    bool (*take)(struct suan_tar_sink *sink, struct suan_span piece);
    size_t at, entry_start;
    bool stopped;
};

/* Encodes the entries into the sink, until it says stop: whether it did is for the caller to see in
 * `stopped`. */
SUAN_MUST_USE enum suan_status suan_tar_encode(const struct suan_tar_entry *entries, size_t count,
                                               struct suan_tar_sink *sink, struct suan_error *error);

/* The first half of suan_tar_read: everything but the comparison with the canonical form. */
SUAN_MUST_USE enum suan_status suan_tar_parse(struct suan_span bytes, const struct suan_tar_rules *rules,
                                              struct suan_tar **out_tar, struct suan_error *error);

/* libarchive converts names through the locale of the calling thread, and crashes on Chinese ones in the C
   locale. These set and restore UTF-8 for this thread alone. */
struct suan_tar_locale {
    locale_t made, before;
};
SUAN_MUST_USE enum suan_status suan_tar_locale_enter(struct suan_tar_locale *scope, struct suan_error *error);
void suan_tar_locale_leave(struct suan_tar_locale *scope);

#endif
