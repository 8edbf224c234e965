/* Making a package: complete the manifest, sort the files, encode, compress, and open the result like a
 * stranger's. */
#include "pack.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/cleanup.h"
#include "frame.h"
#include "reading.h"
#include "stage.h"

enum { DRAFT_MAX = 2 * SUAN_MANIFEST_MAX }; /* a draft may be indented */

static const struct suan_tar_entry *find_file(const struct suan_tar_entry *files, size_t count,
                                              const char *path)
{
    for (size_t i = 0; i < count; i++) {
        if (suan_span_equal(files[i].path, suan_span_text(path)))
            return &files[i];
    }
    return NULL;
}

/* The variant of the draft with path, digest and size of its object. */
static enum suan_status complete_variant(const struct suan_json *draft, const struct suan_tar_entry *files,
                                         size_t count, struct suan_json *out, struct suan_error *error)
{
    struct suan_span id;
    char path[SUAN_TAR_PATH_MAX];
    if (suan_json_type(draft) != SUAN_JSON_OBJECT)
        return suan_error_set(error, SUAN_E_REFUSED, "package.manifest", NULL,
                              "suan.json: a variant is not an object");
    enum suan_status status =
        suan_json_get_text(draft, "id", SUAN_JSON_REQUIRED, 64, &id, "suan.json: variants[]", error);
    if (status != SUAN_OK)
        return status;
    snprintf(path, sizeof path, "variants/%.*s/plugin.so", SUAN_SPAN_PRINTF(id));
    const struct suan_tar_entry *object = find_file(files, count, path);
    if (object == NULL)
        return suan_error_set(error, SUAN_E_REFUSED, "package.content",
                              "build the variant, or take it out of suan.json",
                              "suan.json lists variant %.*s, but there is no %s", SUAN_SPAN_PRINTF(id), path);
    const char *key = NULL;
    const struct suan_json *member;
    while ((key = suan_json_next(draft, key, &member)) != NULL)
        suan_json_set_copy(out, key, member);
    struct suan_digest digest = suan_sha256(object->content);
    suan_json_set_text(out, "path", path);
    suan_json_set_hex(out, "sha256", digest.bytes, SUAN_DIGEST_SIZE);
    suan_json_set_integer(out, "size", (int64_t)object->content.size);
    return SUAN_OK;
}

static enum suan_status complete_manifest(struct suan_span draft, const struct suan_tar_entry *files,
                                          size_t count, struct suan_buffer *out, struct suan_error *error)
{
    SUAN_CLEANUP(suan_json_freep) struct suan_json_document *document = NULL;
    const struct suan_json *variants, *member;
    enum suan_status status =
        suan_json_parse(draft, DRAFT_MAX, SUAN_JSON_NEWLINES, "suan.json", &document, error);
    if (status != SUAN_OK)
        return status;
    const struct suan_json *root = suan_json_root(document);
    status = suan_json_get_array(root, "variants", SUAN_JSON_REQUIRED, SUAN_MANIFEST_VARIANTS_MAX, &variants,
                                 "suan.json", error);
    if (status != SUAN_OK)
        return status;
    SUAN_CLEANUP(suan_json_releasep) struct suan_json *whole = suan_json_new_object();
    for (const char *key = NULL; (key = suan_json_next(root, key, &member)) != NULL;)
        suan_json_set_copy(whole, key, member);
    struct suan_json *completed = suan_json_new_array();
    for (size_t i = 0; status == SUAN_OK && i < suan_json_count(variants); i++) {
        struct suan_json *variant = suan_json_new_object();
        status = complete_variant(suan_json_at(variants, i), files, count, variant, error);
        suan_json_add(completed, variant);
    }
    suan_json_set(whole, "variants", completed);
    return status == SUAN_OK ? suan_json_format(whole, SUAN_JSON_STYLE_CANONICAL, out, error) : status;
}

static int by_path(const void *a, const void *b)
{
    const struct suan_tar_entry *first = a, *second = b;
    return suan_span_compare(first->path, second->path);
}

/* The tar of manifest and files, opened by all rules. */
static enum suan_status build(struct suan_span manifest, const struct suan_tar_entry *files, size_t count,
                              struct suan_package **out_package, struct suan_buffer *out_file,
                              struct suan_error *error)
{
    if (count >= SUAN_PACKAGE_ENTRIES_MAX)
        return suan_error_set(error, SUAN_E_REFUSED, "package.too-large", NULL, "more than %d files",
                              SUAN_PACKAGE_ENTRIES_MAX - 1);
    struct suan_tar_entry entries[SUAN_PACKAGE_ENTRIES_MAX];
    entries[0] = (struct suan_tar_entry){suan_span_text("suan.json"), manifest};
    uint64_t total = 0;
    for (size_t i = 0; i < count; i++) {
        entries[i + 1] = files[i];
        total += files[i].content.size;
        if (files[i].content.size > SUAN_PACKAGE_ENTRY_MAX || total > SUAN_PACKAGE_TAR_MAX)
            return suan_error_set(error, SUAN_E_REFUSED, "package.too-large", NULL,
                                  "the files are too large: see the limits");
    }
    qsort(entries + 1, count, sizeof entries[0], by_path);
    SUAN_CLEANUP(suan_buffer_done) struct suan_buffer tar = {0};
    enum suan_status status = suan_tar_write(entries, count + 1, &tar, error);
    if (status == SUAN_OK && tar.size > SUAN_PACKAGE_TAR_MAX)
        return suan_error_set(error, SUAN_E_REFUSED, "package.too-large", NULL,
                              "the tar is %zu bytes, the limit is %llu", tar.size,
                              (unsigned long long)SUAN_PACKAGE_TAR_MAX);
    if (status == SUAN_OK)
        status = suan_frame_pack(suan_buffer_span(&tar), out_file, error);
    if (status != SUAN_OK)
        return status;
    struct suan_digest identity = suan_sha256(suan_buffer_span(&tar));
    return suan_package_open_tar(&tar, &identity, out_package, error);
}

enum suan_status suan_pack_files(struct suan_span draft, const struct suan_tar_entry *files, size_t count,
                                 struct suan_buffer *out_file, struct suan_digest *out_tar_sha256,
                                 struct suan_error *error)
{
    SUAN_CLEANUP(suan_buffer_done) struct suan_buffer manifest = {0}, file = {0};
    SUAN_CLEANUP(suan_package_freep) struct suan_package *package = NULL;
    struct suan_error cause = {0};
    enum suan_status status = complete_manifest(draft, files, count, &manifest, &cause);
    if (status == SUAN_E_FORMAT)
        return suan_error_set(error, SUAN_E_REFUSED, "package.manifest", cause.hint, "%s", cause.message);
    if (status != SUAN_OK)
        return suan_error_set(error, status, cause.code, cause.hint, "%s", cause.message);
    status = build(suan_buffer_span(&manifest), files, count, &package, &file, error);
    if (status != SUAN_OK)
        return status;
    if (file.size > SUAN_PACKAGE_FILE_MAX)
        return suan_error_set(error, SUAN_E_REFUSED, "package.too-large", NULL,
                              "the package is %zu bytes, the limit is %llu", file.size,
                              (unsigned long long)SUAN_PACKAGE_FILE_MAX);
    suan_buffer_append_span(out_file, suan_buffer_span(&file));
    status = suan_buffer_check(out_file, error);
    if (status == SUAN_OK && out_tar_sha256 != NULL)
        *out_tar_sha256 = suan_package_tar_sha256(package);
    return status;
}

enum suan_status suan_pack_folder(const char *folder, struct suan_buffer *out_file,
                                  struct suan_digest *out_tar_sha256, struct suan_error *error)
{
    SUAN_CLEANUP(suan_stage_done) struct suan_stage stage = {0};
    struct suan_error cause = {0};
    enum suan_status status = suan_stage_read(folder, &stage, &cause);
    if (status == SUAN_OK)
        status = suan_pack_files(suan_buffer_span(&stage.draft), stage.files, stage.count, out_file,
                                 out_tar_sha256, &cause);
    if (status == SUAN_OK)
        return SUAN_OK;
    suan_error_prefix(&cause, folder);
    return status == SUAN_E_FORMAT
               ? suan_error_set(error, SUAN_E_REFUSED, "package.manifest", cause.hint, "%s", cause.message)
               : suan_error_set(error, status, cause.code, cause.hint, "%s", cause.message);
}
