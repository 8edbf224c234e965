#ifndef SUAN_PACKAGE_PACK_H
#define SUAN_PACKAGE_PACK_H

/*
 * Making packages. The same files give the same tar, in every locale and on every machine; the compressed
 * bytes are the same for one version of zstd. The draft of suan.json is the manifest whose variants lack
 * `sha256`, `size` and, if they like, `path`: these are filled in, and the whole is written in canonical
 * form. What is returned has been opened again.
 */
#include "package.h"

/* `files` are all but suan.json, in any order, with their final paths. Appends the .suan file to `out_file`.
   The identity goes to `out_tar_sha256` (may be NULL). Refusals are those of suan_package_open. */
SUAN_MUST_USE enum suan_status suan_pack_files(struct suan_span draft, const struct suan_tar_entry *files,
                                               size_t count, struct suan_buffer *out_file,
                                               struct suan_digest *out_tar_sha256, struct suan_error *error);

/* The same for a folder {suan.json, LICENSE, README.md, docs/…, variants/ID/plugin.so}. Reads LICENSE,
   README.md, everything under docs and the objects of the variants that suan.json lists; other files are left
   alone. A link or special file in their place is "package.type". */
SUAN_MUST_USE enum suan_status suan_pack_folder(const char *folder, struct suan_buffer *out_file,
                                                struct suan_digest *out_tar_sha256, struct suan_error *error);

#endif
