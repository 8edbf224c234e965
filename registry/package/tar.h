#ifndef SUAN_PACKAGE_TAR_H
#define SUAN_PACKAGE_TAR_H

/*
 * The one form of tar that Suan writes and reads: pax as libarchive's pax_restricted makes it, regular files
 * only, mode 0644, time, uid and gid 0, no owner names, no padding behind the two closing blocks. For every
 * list of files there is exactly one such tar, so that its digest identifies them. Packages and bundles are
 * made of it.
 *
 * The order of entries is the caller's affair. All functions are pure and may be called from any thread.
 */
#include "base/buffer.h"

enum {
    SUAN_TAR_PATH_MAX = 200,     /* bytes of a path */
    SUAN_TAR_COMPONENT_MAX = 64, /* bytes between two slashes */
    SUAN_TAR_DEPTH_MAX = 6,      /* components of a path */
};

/* One file. Whoever gives an entry owns both spans. */
struct suan_tar_entry {
    struct suan_span path, content;
};

struct suan_tar_rules {
    size_t entries_max;
    uint64_t file_bytes_max; /* of one file */
};

/* What a tar holds. `content` points into the bytes that were read, `path` belongs to this object. */
struct suan_tar {
    struct suan_tar_entry *entries;
    size_t count;
};

/* Reads bytes from a stranger, which must outlive the result: parses tar and nothing else, checks each header
   field and path, then encodes again what was parsed and requires the same bytes. Refusals are SUAN_E_REFUSED
   with the code "package.path", "package.type", "package.too-large" or "package.not-canonical". */
SUAN_MUST_USE enum suan_status suan_tar_read(struct suan_span bytes, const struct suan_tar_rules *rules,
                                             struct suan_tar **out_tar, struct suan_error *error);
void suan_tar_free(struct suan_tar *tar); /* takes NULL */
void suan_tar_freep(struct suan_tar **tar);

/* The entry with exactly this path, or NULL. */
const struct suan_tar_entry *suan_tar_find(const struct suan_tar *tar, struct suan_span path);

/* Appends the tar of the entries, in the order given. Paths are not judged here: what reads the result does
 * that. */
SUAN_MUST_USE enum suan_status suan_tar_write(const struct suan_tar_entry *entries, size_t count,
                                              struct suan_buffer *out, struct suan_error *error);

#endif
