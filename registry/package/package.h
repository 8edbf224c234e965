#ifndef SUAN_PACKAGE_PACKAGE_H
#define SUAN_PACKAGE_PACKAGE_H

/*
 * A .suan package opened from bytes that a stranger sent. Its identity is the SHA-256 of the uncompressed
 * tar. An opened package has passed every check of README.md but the screening of its objects (screen.h); it
 * owns all it hands out, keeps nothing of the file's bytes, never changes, and may be read from any thread.
 */
#include "manifest.h"
#include "tar.h"
#include "trust/digest.h"

#define SUAN_PACKAGE_FILE_MAX (UINT64_C(128) << 20)  /* bytes of the .suan file */
#define SUAN_PACKAGE_TAR_MAX (UINT64_C(256) << 20)   /* bytes of the tar in it */
#define SUAN_PACKAGE_ENTRY_MAX (UINT64_C(128) << 20) /* bytes of one file in it */
#define SUAN_PACKAGE_DOCS_MAX (UINT64_C(16) << 20)   /* bytes under docs/ together */
enum { SUAN_PACKAGE_ENTRIES_MAX = 256 };

struct suan_package;

/* Refusals are SUAN_E_REFUSED with one of the codes "package.too-large", "package.compression",
   "package.path", "package.type", "package.not-canonical", "package.manifest", "package.content". */
SUAN_MUST_USE enum suan_status suan_package_open(struct suan_span file, struct suan_package **out_package,
                                                 struct suan_error *error);

/* The same for a package whose identity is known: another digest is "package.content", before anything is
 * parsed. */
SUAN_MUST_USE enum suan_status suan_package_open_expecting(struct suan_span file,
                                                           const struct suan_digest *tar_sha256,
                                                           struct suan_package **out_package,
                                                           struct suan_error *error);

/* Reads the file at `path` and opens it; what suan_file_read refuses for its size is "package.too-large"
 * here. */
SUAN_MUST_USE enum suan_status suan_package_open_file(const char *path, struct suan_package **out_package,
                                                      struct suan_error *error);

void suan_package_free(struct suan_package *package); /* takes NULL */
void suan_package_freep(struct suan_package **package);

const struct suan_manifest *suan_package_manifest(const struct suan_package *package);
struct suan_digest suan_package_tar_sha256(const struct suan_package *package);  /* identity */
struct suan_digest suan_package_file_sha256(const struct suan_package *package); /* transport */
uint64_t suan_package_file_bytes(const struct suan_package *package);
uint64_t suan_package_tar_bytes(const struct suan_package *package);

/* All files in the order of the tar, suan.json first. */
const struct suan_tar *suan_package_tar(const struct suan_package *package);

/* The content of the file at `path`, or an empty span with data NULL. */
struct suan_span suan_package_find(const struct suan_package *package, const char *path);

/* The shared object of a variant of this package's manifest. */
struct suan_span suan_package_object(const struct suan_package *package,
                                     const struct suan_manifest_variant *variant);

#endif
