/* Reading a staged folder by descriptors, so that no link, wherever it stands, leads out of it. */
#include "stage.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "base/cleanup.h"
#include "path.h"

static const char code_io[] = "package.io";

static void closedirp(DIR **folder)
{
    if (*folder != NULL)
        closedir(*folder);
}

void suan_stage_done(struct suan_stage *stage)
{
    suan_buffer_done(&stage->draft);
    for (size_t i = 0; i < stage->count; i++) {
        free((void *)(uintptr_t)stage->files[i].path.data);
        free((void *)(uintptr_t)stage->files[i].content.data);
    }
    stage->count = 0;
}

static enum suan_status open_error(int cause, const char *path, struct suan_error *error)
{
    if (cause == ELOOP || cause == ENOTDIR)
        return suan_error_set(error, SUAN_E_REFUSED, "package.type", "put the file itself there",
                              "%s: a link, or not a folder", path);
    return suan_error_errno(error, code_io, cause, path);
}

static enum suan_status read_bytes(int fd, size_t size, struct suan_buffer *out, const char *path,
                                   struct suan_error *error)
{
    uint8_t *place = suan_buffer_extend(out, size);
    if (place == NULL)
        return suan_buffer_check(out, error);
    size_t done = 0;
    while (done < size) {
        ssize_t got = read(fd, place + done, size - done);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return suan_error_errno(error, code_io, errno, path);
        if (got == 0)
            return suan_error_set(error, SUAN_E_IO, code_io, NULL, "%s: became shorter while being read",
                                  path);
        done += (size_t)got;
    }
    return SUAN_OK;
}

/* The regular file NAME in `folder`, appended; `path` is for messages. */
static enum suan_status read_file(int folder, const char *name, const char *path, size_t limit,
                                  struct suan_buffer *out, struct suan_error *error)
{
    SUAN_CLEANUP(suan_closep) int fd = openat(folder, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK);
    struct stat info;
    if (fd < 0)
        return open_error(errno, path, error);
    if (fstat(fd, &info) != 0)
        return suan_error_errno(error, code_io, errno, path);
    if (!S_ISREG(info.st_mode))
        return suan_error_set(error, SUAN_E_REFUSED, "package.type", NULL, "%s: not a regular file", path);
    if (info.st_size < 0 || (uint64_t)info.st_size > limit)
        return suan_error_set(error, SUAN_E_REFUSED, "package.too-large", NULL,
                              "%s: %lld bytes, the limit is %zu", path, (long long)info.st_size, limit);
    return read_bytes(fd, (size_t)info.st_size, out, path, error);
}

static enum suan_status add_file(struct suan_stage *stage, int folder, const char *name, const char *path,
                                 struct suan_error *error)
{
    if (stage->count + 1 >= SUAN_PACKAGE_ENTRIES_MAX)
        return suan_error_set(error, SUAN_E_REFUSED, "package.too-large", NULL, "more than %d files",
                              SUAN_PACKAGE_ENTRIES_MAX - 1);
    struct suan_buffer content = {0};
    enum suan_status status = read_file(folder, name, path, SUAN_PACKAGE_ENTRY_MAX, &content, error);
    stage->total_bytes += content.size;
    if (status == SUAN_OK && stage->total_bytes > SUAN_PACKAGE_TAR_MAX)
        status = suan_error_set(error, SUAN_E_REFUSED, "package.too-large", NULL,
                                "the files exceed %llu bytes", (unsigned long long)SUAN_PACKAGE_TAR_MAX);
    char *copy = status == SUAN_OK ? strdup(path) : NULL;
    if (copy == NULL) {
        suan_buffer_done(&content);
        return status != SUAN_OK ? status
                                 : suan_error_set(error, SUAN_E_MEMORY, "memory", NULL, "out of memory");
    }
    stage->files[stage->count++] = (struct suan_tar_entry){suan_span_text(copy), suan_buffer_span(&content)};
    return SUAN_OK;
}

static enum suan_status add_folder(struct suan_stage *stage, int parent, const char *name, const char *path,
                                   struct suan_error *error);

static enum suan_status add_child(struct suan_stage *stage, int folder, const char *name, const char *path,
                                  struct suan_error *error)
{
    struct stat info;
    char inner[SUAN_TAR_PATH_MAX + 2];
    if ((size_t)snprintf(inner, sizeof inner, "%s/%s", path, name) > SUAN_TAR_PATH_MAX)
        return suan_error_set(error, SUAN_E_REFUSED, "package.too-large", NULL, "%s/%s: longer than %d bytes",
                              path, name, SUAN_TAR_PATH_MAX);
    enum suan_status status = suan_path_check(suan_span_text(inner), error);
    if (status != SUAN_OK)
        return status;
    if (fstatat(folder, name, &info, AT_SYMLINK_NOFOLLOW) != 0)
        return suan_error_errno(error, code_io, errno, inner);
    return S_ISDIR(info.st_mode) ? add_folder(stage, folder, name, inner, error)
                                 : add_file(stage, folder, name, inner, error);
}

/* Everything under the folder. The depth of paths is limited, and so is the recursion. */
static enum suan_status add_folder(struct suan_stage *stage, int parent, const char *name, const char *path,
                                   struct suan_error *error)
{
    int fd = openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (fd < 0)
        return open_error(errno, path, error);
    SUAN_CLEANUP(closedirp) DIR *folder = fdopendir(fd);
    if (folder == NULL) {
        close(fd);
        return suan_error_errno(error, code_io, errno, path);
    }
    for (struct dirent *child; (child = readdir(folder)) != NULL;) {
        if (strcmp(child->d_name, ".") == 0 || strcmp(child->d_name, "..") == 0)
            continue;
        enum suan_status status = add_child(stage, fd, child->d_name, path, error);
        if (status != SUAN_OK)
            return status;
    }
    return SUAN_OK;
}

static enum suan_status add_object(struct suan_stage *stage, int root, struct suan_span id,
                                   struct suan_error *error)
{
    char folder[96], path[112];
    if (!suan_package_is_variant(id))
        return suan_error_set(error, SUAN_E_REFUSED, "package.manifest", NULL,
                              "suan.json: variant id '%.*s' is not known", (int)(id.size < 64 ? id.size : 64),
                              (const char *)id.data);
    snprintf(folder, sizeof folder, "variants/%.*s", SUAN_SPAN_PRINTF(id));
    snprintf(path, sizeof path, "%s/plugin.so", folder);
    SUAN_CLEANUP(suan_closep)
    int variants = openat(root, "variants", O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (variants < 0)
        return open_error(errno, "variants", error);
    SUAN_CLEANUP(suan_closep)
    int fd = openat(variants, folder + strlen("variants/"), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (fd < 0)
        return open_error(errno, folder, error);
    return add_file(stage, fd, "plugin.so", path, error);
}

/* The objects of the variants that the draft lists. The draft's other faults are found later. */
static enum suan_status add_objects(struct suan_stage *stage, int root, struct suan_error *error)
{
    SUAN_CLEANUP(suan_json_freep) struct suan_json_document *document = NULL;
    const struct suan_json *variants;
    enum suan_status status = suan_json_parse(suan_buffer_span(&stage->draft), stage->draft.size,
                                              SUAN_JSON_NEWLINES, "suan.json", &document, error);
    if (status == SUAN_OK)
        status = suan_json_get_array(suan_json_root(document), "variants", SUAN_JSON_REQUIRED,
                                     SUAN_MANIFEST_VARIANTS_MAX, &variants, "suan.json", error);
    for (size_t i = 0; status == SUAN_OK && i < suan_json_count(variants); i++) {
        const struct suan_json *variant = suan_json_at(variants, i);
        struct suan_span id = suan_span(NULL, 0);
        if (suan_json_type(variant) == SUAN_JSON_OBJECT && suan_json_find(variant, "id") != NULL)
            id = suan_json_text(suan_json_find(variant, "id"));
        status = add_object(stage, root, id, error);
    }
    return status;
}

enum suan_status suan_stage_read(const char *folder, struct suan_stage *out, struct suan_error *error)
{
    SUAN_CLEANUP(suan_closep) int root = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (root < 0)
        return suan_error_errno(error, code_io, errno, folder);
    enum suan_status status =
        read_file(root, "suan.json", "suan.json", (size_t)2 * SUAN_MANIFEST_MAX, &out->draft, error);
    if (status == SUAN_OK)
        status = add_file(out, root, "LICENSE", "LICENSE", error);
    if (status == SUAN_OK)
        status = add_file(out, root, "README.md", "README.md", error);
    if (status == SUAN_OK && faccessat(root, "docs", F_OK, AT_SYMLINK_NOFOLLOW) == 0)
        status = add_folder(out, root, "docs", "docs", error);
    return status == SUAN_OK ? add_objects(out, root, error) : status;
}
