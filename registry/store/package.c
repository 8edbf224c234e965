/* Evidence inside the store, package files beside it. */
#include "inside.h"

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <sys/stat.h>

#include "base/cleanup.h"
#include "base/file.h"

enum { NAME_HEX = 2 * SUAN_DIGEST_SIZE };
static const char suffix[] = ".suan";

enum suan_status suan_blob_put(struct suan_txn *txn, struct suan_span blob, struct suan_digest *out_digest,
                               struct suan_error *error)
{
    struct suan_span known;
    struct suan_digest digest = suan_sha256(blob);
    struct suan_span key = suan_span(digest.bytes, SUAN_DIGEST_SIZE);
    enum suan_status status = suan_row_get(txn, SUAN_TABLE_BLOB, key, &known, error);
    if (status == SUAN_E_NOT_FOUND)
        status = suan_row_put(txn, SUAN_TABLE_BLOB, key, blob, error);
    if (status == SUAN_OK)
        *out_digest = digest;
    return status;
}

enum suan_status suan_blob_get(struct suan_txn *txn, const struct suan_digest *digest,
                               struct suan_span *out_blob, struct suan_error *error)
{
    return suan_row_get(txn, SUAN_TABLE_BLOB, suan_span(digest->bytes, SUAN_DIGEST_SIZE), out_blob, error);
}

/* --- files --- */

static void shelf_path(const struct suan_store *store, const char *hex, char out[PATH_MAX])
{
    snprintf(out, PATH_MAX, "%s/packages/%.2s", store->folder, hex);
}

static void package_path(const struct suan_store *store, const char *hex, char out[PATH_MAX])
{
    snprintf(out, PATH_MAX, "%s/packages/%.2s/%s%s", store->folder, hex, hex, suffix);
}

/* The folder of the first two digits, which must itself survive a crash. */
static enum suan_status make_shelf(const struct suan_store *store, const char *hex, struct suan_error *error)
{
    char path[PATH_MAX];
    shelf_path(store, hex, path);
    if (mkdir(path, 0777) != 0)
        return errno == EEXIST ? SUAN_OK : suan_error_errno(error, "store.io", errno, path);
    snprintf(path, sizeof path, "%s/packages", store->folder);
    return suan_folder_sync(path, error);
}

enum suan_status suan_store_keep_package(struct suan_store *store, const struct suan_digest *tar,
                                         struct suan_span file, struct suan_error *error)
{
    char hex[NAME_HEX + 1], path[PATH_MAX];
    enum suan_status status = suan_store_usable(store, error);
    if (status != SUAN_OK)
        return status;
    if (store->mode != SUAN_STORE_WRITE)
        return suan_error_set(error, SUAN_E_STATE, "store.mode", NULL, "%s: opened for reading",
                              store->folder);
    if (file.size > SUAN_STORE_PACKAGE_MAX)
        return suan_error_set(error, SUAN_E_REFUSED, "store.too-large", NULL,
                              "a package of %zu bytes; the limit is %d", file.size, SUAN_STORE_PACKAGE_MAX);
    suan_hex(tar->bytes, SUAN_DIGEST_SIZE, hex);
    status = make_shelf(store, hex, error);
    if (status != SUAN_OK)
        return status;
    package_path(store, hex, path);
    return suan_file_replace(path, file, 0644, error);
}

enum suan_status suan_store_read_package(const struct suan_store *store, const struct suan_digest *tar,
                                         struct suan_buffer *out, struct suan_error *error)
{
    char hex[NAME_HEX + 1], path[PATH_MAX];
    suan_hex(tar->bytes, SUAN_DIGEST_SIZE, hex);
    package_path(store, hex, path);
    if (access(path, F_OK) != 0 && errno == ENOENT)
        return suan_error_set(error, SUAN_E_NOT_FOUND, "store.package", "fetch the package again",
                              "%s: the file of package %s is missing", store->folder, hex);
    return suan_file_read(path, SUAN_STORE_PACKAGE_MAX, out, error);
}

/* --- sweeping --- */

static bool ends_with(const char *name, const char *end)
{
    size_t size = strlen(name), end_size = strlen(end);
    return size >= end_size && strcmp(name + size - end_size, end) == 0;
}

/* Whether a file on a shelf belongs to nothing: a temporary one, or a package that no event names. */
static enum suan_status is_left_over(struct suan_txn *txn, const char *name, bool *out,
                                     struct suan_error *error)
{
    uint8_t tar[SUAN_DIGEST_SIZE];
    struct suan_span row;
    *out = ends_with(name, ".tmp");
    if (*out || strlen(name) != NAME_HEX + sizeof suffix - 1 || !ends_with(name, suffix) ||
        !suan_unhex(suan_span(name, NAME_HEX), tar, sizeof tar))
        return SUAN_OK;
    enum suan_status status =
        suan_row_get(txn, SUAN_TABLE_BY_DIGEST, suan_span(tar, sizeof tar), &row, error);
    *out = status == SUAN_E_NOT_FOUND;
    return status == SUAN_E_NOT_FOUND ? SUAN_OK : status;
}

static void close_listing(DIR **listing)
{
    if (*listing != NULL)
        closedir(*listing);
}

static enum suan_status sweep_shelf(struct suan_txn *txn, const char *shelf, struct suan_error *error)
{
    SUAN_CLEANUP(close_listing) DIR *listing = opendir(shelf);
    if (listing == NULL)
        return errno == ENOTDIR || errno == ENOENT ? SUAN_OK
                                                   : suan_error_errno(error, "store.io", errno, shelf);
    for (const struct dirent *entry; (entry = readdir(listing)) != NULL;) {
        bool left_over;
        enum suan_status status = is_left_over(txn, entry->d_name, &left_over, error);
        if (status != SUAN_OK)
            return status;
        if (left_over && unlinkat(dirfd(listing), entry->d_name, 0) != 0 && errno != ENOENT)
            return suan_error_errno(error, "store.io", errno, entry->d_name);
    }
    return SUAN_OK;
}

enum suan_status suan_store_sweep(struct suan_store *store, struct suan_error *error)
{
    SUAN_CLEANUP(suan_txn_endp) struct suan_txn *txn = NULL;
    char path[PATH_MAX];
    enum suan_status status = suan_store_begin(store, &txn, error);
    if (status != SUAN_OK)
        return status;
    snprintf(path, sizeof path, "%s/packages", store->folder);
    SUAN_CLEANUP(close_listing) DIR *listing = opendir(path);
    if (listing == NULL)
        return errno == ENOENT ? SUAN_OK : suan_error_errno(error, "store.io", errno, path);
    for (const struct dirent *entry; (entry = readdir(listing)) != NULL && status == SUAN_OK;) {
        if (strlen(entry->d_name) != 2 || strcmp(entry->d_name, "..") == 0)
            continue;
        snprintf(path, sizeof path, "%s/packages/%s", store->folder, entry->d_name);
        status = sweep_shelf(txn, path, error);
    }
    return status;
}
