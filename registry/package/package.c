/*
 * Opening a package, in the only order that is safe: size of the file, decompression under a cap, digest, tar
 * in canonical form, manifest, and then whether manifest and files speak of each other and of nothing else.
 */
#include "package.h"

#include <stdlib.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "frame.h"
#include "reading.h"

static const char code_content[] = "package.content";
static const char code_large[] = "package.too-large";
static const char code_manifest[] = "package.manifest";

struct suan_package {
    struct suan_buffer bytes; /* the tar, into which all contents point */
    struct suan_tar *tar;
    struct suan_manifest *manifest;
    struct suan_digest tar_sha256, file_sha256;
    uint64_t file_bytes;
};

void suan_package_free(struct suan_package *package)
{
    if (package == NULL)
        return;
    suan_manifest_free(package->manifest);
    suan_tar_free(package->tar);
    suan_buffer_done(&package->bytes);
    free(package);
}

void suan_package_freep(struct suan_package **package)
{
    suan_package_free(*package);
}

static bool is_under(struct suan_span path, const char *folder)
{
    size_t size = strlen(folder);
    return path.size > size && memcmp(path.data, folder, size) == 0;
}

/* Limits that concern some files more than the rest. */
static enum suan_status check_sizes(const struct suan_tar *tar, struct suan_error *error)
{
    uint64_t docs = 0;
    for (size_t i = 0; i < tar->count; i++) {
        if (is_under(tar->entries[i].path, "docs/"))
            docs += tar->entries[i].content.size;
    }
    if (docs > SUAN_PACKAGE_DOCS_MAX)
        return suan_error_set(error, SUAN_E_REFUSED, code_large, NULL,
                              "docs/ holds %llu bytes, the limit is %llu", (unsigned long long)docs,
                              (unsigned long long)SUAN_PACKAGE_DOCS_MAX);
    if (tar->entries[0].content.size > SUAN_MANIFEST_MAX)
        return suan_error_set(error, SUAN_E_REFUSED, code_large, NULL,
                              "suan.json is %zu bytes, the limit is %d", tar->entries[0].content.size,
                              SUAN_MANIFEST_MAX);
    return SUAN_OK;
}

static enum suan_status check_manifest_first(const struct suan_tar *tar, struct suan_error *error)
{
    struct suan_span name = suan_span_text("suan.json");
    if (tar->count > 0 && suan_span_equal(tar->entries[0].path, name))
        return SUAN_OK;
    return suan_error_set(error, SUAN_E_REFUSED, code_manifest, "make packages with 'suan pack'",
                          "suan.json %s",
                          suan_tar_find(tar, name) == NULL ? "is missing" : "is not the first entry");
}

/* Behind suan.json the bytes of the paths ascend. */
static enum suan_status check_order(const struct suan_tar *tar, struct suan_error *error)
{
    for (size_t i = 2; i < tar->count; i++) {
        struct suan_span a = tar->entries[i - 1].path, b = tar->entries[i].path;
        if (suan_span_compare(a, b) >= 0)
            return suan_error_set(error, SUAN_E_REFUSED, "package.not-canonical",
                                  "make packages with 'suan pack'",
                                  "entry '%.*s' stands before '%.*s': paths must ascend", SUAN_SPAN_PRINTF(a),
                                  SUAN_SPAN_PRINTF(b));
    }
    return SUAN_OK;
}

static bool is_variant_path(const struct suan_manifest *manifest, struct suan_span path)
{
    for (size_t i = 0; i < manifest->n_variants; i++) {
        if (suan_span_equal(manifest->variants[i].path, path))
            return true;
    }
    return false;
}

static enum suan_status check_all_listed(const struct suan_package *package, struct suan_error *error)
{
    static const char *const required[] = {"LICENSE", "README.md"};
    for (size_t i = 0; i < sizeof required / sizeof required[0]; i++) {
        if (suan_package_find(package, required[i]).size == 0)
            return suan_error_set(error, SUAN_E_REFUSED, code_content, "add the file",
                                  "%s is missing or empty", required[i]);
    }
    for (size_t i = 1; i < package->tar->count; i++) {
        struct suan_span path = package->tar->entries[i].path;
        if (!is_under(path, "docs/") && !is_variant_path(package->manifest, path) &&
            !suan_span_equal(path, suan_span_text(required[0])) &&
            !suan_span_equal(path, suan_span_text(required[1])))
            return suan_error_set(error, SUAN_E_REFUSED, code_content, "list it in suan.json or leave it out",
                                  "entry '%.*s' is not listed", SUAN_SPAN_PRINTF(path));
    }
    return SUAN_OK;
}

static enum suan_status check_objects(const struct suan_package *package, struct suan_error *error)
{
    for (size_t i = 0; i < package->manifest->n_variants; i++) {
        const struct suan_manifest_variant *variant = &package->manifest->variants[i];
        const struct suan_tar_entry *entry = suan_tar_find(package->tar, variant->path);
        if (entry == NULL)
            return suan_error_set(error, SUAN_E_REFUSED, code_content, NULL, "entry '%.*s' is absent",
                                  SUAN_SPAN_PRINTF(variant->path));
        if (entry->content.size != variant->size_bytes)
            return suan_error_set(error, SUAN_E_REFUSED, code_content, NULL,
                                  "entry '%.*s': %zu bytes, suan.json says %llu",
                                  SUAN_SPAN_PRINTF(variant->path), entry->content.size,
                                  (unsigned long long)variant->size_bytes);
        struct suan_digest digest = suan_sha256(entry->content);
        if (!suan_digest_equal(&digest, &variant->sha256))
            return suan_error_set(error, SUAN_E_REFUSED, code_content, NULL,
                                  "entry '%.*s': not the digest of suan.json",
                                  SUAN_SPAN_PRINTF(variant->path));
    }
    return SUAN_OK;
}

static enum suan_status read_files(struct suan_package *package, struct suan_error *error)
{
    static const struct suan_tar_rules rules = {SUAN_PACKAGE_ENTRIES_MAX, SUAN_PACKAGE_ENTRY_MAX};
    enum suan_status status = suan_tar_read(suan_buffer_span(&package->bytes), &rules, &package->tar, error);
    if (status == SUAN_OK)
        status = check_manifest_first(package->tar, error);
    if (status == SUAN_OK)
        status = check_order(package->tar, error);
    if (status == SUAN_OK)
        status = check_sizes(package->tar, error);
    if (status == SUAN_OK)
        status = suan_manifest_parse(package->tar->entries[0].content, &package->manifest, error);
    if (status == SUAN_OK)
        status = check_all_listed(package, error);
    return status == SUAN_OK ? check_objects(package, error) : status;
}

enum suan_status suan_package_open_tar(struct suan_buffer *tar, const struct suan_digest *identity,
                                       struct suan_package **out_package, struct suan_error *error)
{
    SUAN_CLEANUP(suan_package_freep) struct suan_package *package = calloc(1, sizeof *package);
    if (package == NULL)
        return suan_error_set(error, SUAN_E_MEMORY, "memory", NULL, "out of memory");
    package->bytes = *tar;
    *tar = (struct suan_buffer){0};
    package->tar_sha256 = *identity;
    enum suan_status status = read_files(package, error);
    if (status == SUAN_OK)
        *out_package = suan_take(&package);
    return status;
}

static enum suan_status open_file(struct suan_span file, const struct suan_digest *expected,
                                  struct suan_package **out_package, struct suan_error *error)
{
    if (file.size > SUAN_PACKAGE_FILE_MAX)
        return suan_error_set(error, SUAN_E_REFUSED, code_large, NULL,
                              "the file is %zu bytes, the limit is %llu", file.size,
                              (unsigned long long)SUAN_PACKAGE_FILE_MAX);
    /* Released in reverse: the follower may still read the tar. */
    SUAN_CLEANUP(suan_buffer_done) struct suan_buffer tar = {0};
    SUAN_CLEANUP(suan_follower_done) struct suan_follower follower;
    suan_follower_begin(&follower, file);
    enum suan_status status = suan_frame_unpack(file, SUAN_PACKAGE_TAR_MAX, &follower, &tar, error);
    if (status != SUAN_OK)
        return status;
    if (expected != NULL && !suan_digest_equal(expected, &follower.made_digest))
        return suan_error_set(error, SUAN_E_REFUSED, code_content, NULL,
                              "not the package that was asked for: its digest differs");
    struct suan_package *package = NULL;
    status = suan_package_open_tar(&tar, &follower.made_digest, &package, error);
    if (status != SUAN_OK)
        return status;
    package->file_sha256 = follower.file_digest;
    package->file_bytes = file.size;
    *out_package = package;
    return SUAN_OK;
}

enum suan_status suan_package_open(struct suan_span file, struct suan_package **out_package,
                                   struct suan_error *error)
{
    return open_file(file, NULL, out_package, error);
}

enum suan_status suan_package_open_expecting(struct suan_span file, const struct suan_digest *tar_sha256,
                                             struct suan_package **out_package, struct suan_error *error)
{
    return open_file(file, tar_sha256, out_package, error);
}

enum suan_status suan_package_open_file(const char *path, struct suan_package **out_package,
                                        struct suan_error *error)
{
    SUAN_CLEANUP(suan_buffer_done) struct suan_buffer file = {0};
    struct suan_error cause = {0};
    enum suan_status status = suan_file_read(path, SUAN_PACKAGE_FILE_MAX, &file, &cause);
    if (status != SUAN_OK)
        return suan_error_set(error, status, status == SUAN_E_REFUSED ? code_large : cause.code, cause.hint,
                              "%s", cause.message);
    status = open_file(suan_buffer_span(&file), NULL, out_package, error);
    if (status != SUAN_OK)
        suan_error_prefix(error, path);
    return status;
}

const struct suan_manifest *suan_package_manifest(const struct suan_package *package)
{
    return package->manifest;
}

struct suan_digest suan_package_tar_sha256(const struct suan_package *package)
{
    return package->tar_sha256;
}

struct suan_digest suan_package_file_sha256(const struct suan_package *package)
{
    return package->file_sha256;
}

uint64_t suan_package_file_bytes(const struct suan_package *package)
{
    return package->file_bytes;
}

uint64_t suan_package_tar_bytes(const struct suan_package *package)
{
    return package->bytes.size;
}

const struct suan_tar *suan_package_tar(const struct suan_package *package)
{
    return package->tar;
}

struct suan_span suan_package_find(const struct suan_package *package, const char *path)
{
    const struct suan_tar_entry *entry = suan_tar_find(package->tar, suan_span_text(path));
    return entry != NULL ? entry->content : suan_span(NULL, 0);
}

struct suan_span suan_package_object(const struct suan_package *package,
                                     const struct suan_manifest_variant *variant)
{
    const struct suan_tar_entry *entry = suan_tar_find(package->tar, variant->path);
    return entry != NULL ? entry->content : suan_span(NULL, 0);
}
