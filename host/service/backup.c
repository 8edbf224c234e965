/*
 * Backup and restore. A backup is a folder of ordinary files: the export, the packages that its releases
 * name, and the note keys, without which the restored registry could sign nothing. The export is of one
 * moment; packages never change under their name, so they may be copied after it.
 */
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "catalog/release.h"
#include "context.h"
#include "package/package.h"
#include "registry.h"

enum { NOTE_KEY_MAX = 16384 };
static const char *const note_files[] = {"registry", "ledger"};

static enum suan_status join(char out[PATH_MAX], const char *folder, const char *name,
                             struct suan_error *error)
{
    if (snprintf(out, PATH_MAX, "%s/%s", folder, name) < PATH_MAX)
        return SUAN_OK;
    return suan_error_set(error, SUAN_E_USAGE, "path.too-long", NULL, "the path is too long");
}

static enum suan_status package_path(char out[PATH_MAX], const char *folder, const struct suan_digest *tar,
                                     struct suan_error *error)
{
    char hex[2 * SUAN_DIGEST_SIZE + 1], name[2 * SUAN_DIGEST_SIZE + 16];
    suan_hex(tar->bytes, SUAN_DIGEST_SIZE, hex);
    snprintf(name, sizeof name, "packages/%s.suan", hex);
    return join(out, folder, name, error);
}

/* --- backup ------------------------------------------------------------------------------------------- */

struct copying {
    struct suan_store *store;
    const char *folder;
    int64_t packages;
    struct suan_error *error;
};

static enum suan_status copy_package(void *context, const struct suan_release *release)
{
    struct copying *copying = context;
    SUAN_CLEANUP(suan_buffer_done) struct suan_buffer file = {0};
    char path[PATH_MAX];
    enum suan_status status = package_path(path, copying->folder, &release->tar, copying->error);
    if (status == SUAN_OK)
        status = suan_store_read_package(copying->store, &release->tar, &file, copying->error);
    if (status == SUAN_OK)
        status = suan_file_replace(path, suan_buffer_span(&file), 0644, copying->error);
    copying->packages += status == SUAN_OK;
    return status;
}

static enum suan_status copy_packages(struct suan_service *service, struct copying *copying,
                                      struct suan_error *error)
{
    SUAN_CLEANUP(suan_txn_endp) struct suan_txn *txn = NULL;
    enum suan_status status = service_begin(service, &txn, error);
    return status != SUAN_OK ? status : suan_release_each(txn, NULL, copy_package, copying, error);
}

/* A registry that was restored without them has no note keys. */
static enum suan_status copy_note_keys(const char *registry, const char *folder, struct suan_error *error)
{
    for (size_t i = 0; i < sizeof note_files / sizeof note_files[0]; i++) {
        SUAN_CLEANUP(suan_buffer_done) struct suan_buffer key = {0};
        char from[PATH_MAX], to[PATH_MAX], name[32];
        snprintf(name, sizeof name, "notes/%s", note_files[i]);
        enum suan_status status = join(from, registry, name, error);
        if (status == SUAN_OK)
            status = join(to, folder, name, error);
        if (status == SUAN_OK)
            status = suan_file_read(from, NOTE_KEY_MAX, &key, error);
        if (status == SUAN_E_NOT_FOUND)
            continue;
        if (status == SUAN_OK)
            status = suan_file_replace(to, suan_buffer_span(&key), 0600, error);
        if (status != SUAN_OK)
            return status;
    }
    return SUAN_OK;
}

static enum suan_status make_folders(const char *folder, struct suan_error *error)
{
    char packages[PATH_MAX], notes[PATH_MAX];
    enum suan_status status = join(packages, folder, "packages", error);
    if (status == SUAN_OK)
        status = join(notes, folder, "notes", error);
    if (status == SUAN_OK)
        status = suan_folder_make(packages, error);
    return status != SUAN_OK ? status : suan_folder_make(notes, error);
}

static enum suan_status write_backup(struct suan_service *service, struct copying *copying,
                                     struct suan_error *error)
{
    char path[PATH_MAX];
    enum suan_status status = make_folders(copying->folder, error);
    if (status == SUAN_OK)
        status = join(path, copying->folder, "export.txt", error);
    service_report(service, "writing the logs", 0, 0);
    if (status == SUAN_OK)
        status = suan_registry_export(service->registry, path, error);
    service_report(service, "copying packages", 0, 0);
    if (status == SUAN_OK)
        status = copy_packages(service, copying, error);
    return status != SUAN_OK ? status : copy_note_keys(service->folder, copying->folder, error);
}

enum suan_status suan_service_registry_backup(struct suan_service *service, const char *folder,
                                              struct suan_json **out_result, struct suan_error *error)
{
    struct service_new_folder place;
    struct copying copying = {suan_registry_store(service->registry), place.beside, 0, error};
    if (snprintf(place.folder, sizeof place.folder, "%s", folder) >= PATH_MAX)
        return suan_error_set(error, SUAN_E_USAGE, "path.too-long", NULL, "the path is too long");
    enum suan_status status = service_begin_folder(&place, error);
    if (status != SUAN_OK)
        return status;
    status = service_end_folder(&place, write_backup(service, &copying, error), error);
    if (status != SUAN_OK)
        return status;
    struct suan_json *result = suan_json_new_object();
    suan_json_set_text(result, "registry", service->folder);
    suan_json_set_text(result, "folder", place.folder);
    suan_json_set_integer(result, "packages", copying.packages);
    *out_result = result;
    return SUAN_OK;
}

/* --- restore ------------------------------------------------------------------------------------------ */

/* A package goes in only if it is the one that its release names. */
static enum suan_status take_package(void *context, const struct suan_release *release)
{
    struct copying *copying = context;
    SUAN_CLEANUP(suan_buffer_done) struct suan_buffer file = {0};
    SUAN_CLEANUP(suan_package_freep) struct suan_package *package = NULL;
    char path[PATH_MAX];
    enum suan_status status = package_path(path, copying->folder, &release->tar, copying->error);
    if (status == SUAN_OK)
        status = suan_file_read(path, SUAN_PACKAGE_FILE_MAX, &file, copying->error);
    if (status == SUAN_OK)
        status =
            suan_package_open_expecting(suan_buffer_span(&file), &release->tar, &package, copying->error);
    if (status != SUAN_OK) {
        suan_error_prefix(copying->error, path);
        return status;
    }
    status = suan_store_keep_package(copying->store, &release->tar, suan_buffer_span(&file), copying->error);
    copying->packages += status == SUAN_OK;
    return status;
}

static enum suan_status take_packages(const char *registry, const char *backup, int64_t *out_count,
                                      struct suan_error *error)
{
    SUAN_CLEANUP(suan_service_closep) struct suan_service *service = NULL;
    SUAN_CLEANUP(suan_txn_endp) struct suan_txn *txn = NULL;
    const struct suan_service_options options = {.registry = registry};
    enum suan_status status = suan_service_open(&options, SUAN_SERVICE_WRITE, &service, error);
    if (status == SUAN_OK)
        status = service_begin(service, &txn, error);
    if (status != SUAN_OK)
        return status;
    struct copying copying = {suan_registry_store(service->registry), backup, 0, error};
    status = suan_release_each(txn, NULL, take_package, &copying, error);
    *out_count = copying.packages;
    suan_txn_end(suan_take(&txn)); /* before the store that it is of */
    return status;
}

/* Where a backup keeps the export and the note keys; a single file is an export alone. */
struct source {
    char export_file[PATH_MAX], notes[PATH_MAX];
    enum { SOURCE_EXPORT, SOURCE_BACKUP } kind;
};

static enum suan_status find_source(const char *path, struct source *out, struct suan_error *error)
{
    struct stat facts;
    out->kind = stat(path, &facts) == 0 && S_ISDIR(facts.st_mode) ? SOURCE_BACKUP : SOURCE_EXPORT;
    if (out->kind == SOURCE_EXPORT)
        return SUAN_OK;
    enum suan_status status = join(out->export_file, path, "export.txt", error);
    return status != SUAN_OK ? status : join(out->notes, path, "notes", error);
}

enum suan_status suan_service_registry_restore(const char *path, const char *folder, const char *notes,
                                               struct suan_json **out_result, struct suan_error *error)
{
    struct suan_registry_options options;
    struct source source;
    struct service_new_folder place;
    int64_t packages = 0;
    service_registry_options(&options);
    enum suan_status status = service_default_folder(folder, place.folder, error);
    if (status == SUAN_OK)
        status = find_source(path, &source, error);
    if (status == SUAN_OK)
        status = service_begin_folder(&place, error);
    if (status != SUAN_OK)
        return status;
    bool whole = source.kind == SOURCE_BACKUP;
    status = suan_registry_restore(whole ? source.export_file : path, place.beside,
                                   notes == NULL && whole ? source.notes : notes, &options, error);
    if (status == SUAN_OK && whole)
        status = take_packages(place.beside, path, &packages, error);
    status = service_end_folder(&place, status, error);
    if (status != SUAN_OK)
        return status;
    struct suan_json *result = suan_json_new_object();
    suan_json_set_text(result, "registry", place.folder);
    suan_json_set_text(result, "from", path);
    if (whole)
        suan_json_set_integer(result, "packages", packages);
    *out_result = result;
    return SUAN_OK;
}
