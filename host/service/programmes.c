/* Finding and reading programme files: those of a folder, those on record, one by its path. */
#include "programmes.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "context.h"
#include "trust/digest.h"
#include "voucher/voucher.h"

void programmes_done(struct programmes *programmes)
{
    for (size_t i = 0; i < programmes->count; i++)
        suan_programme_free(programmes->all[i]);
    free(programmes->all);
    *programmes = (struct programmes){0};
}

const struct suan_programme *const *programmes_list(const struct programmes *programmes)
{
    return (const struct suan_programme *const *)programmes->all;
}

const struct suan_programme *programmes_find(const struct programmes *programmes, struct suan_span id)
{
    const struct suan_programme *found = NULL;
    for (size_t i = 0; i < programmes->count; i++) {
        if (suan_span_equal(programmes->all[i]->id, id))
            found = programmes->all[i];
    }
    return found;
}

static enum suan_status add(struct programmes *programmes, struct suan_programme *programme,
                            struct suan_error *error)
{
    SUAN_CLEANUP(suan_programme_freep) struct suan_programme *held = programme;
    if (programmes->all == NULL)
        programmes->all = calloc(SUAN_PROGRAMMES_MAX, sizeof *programmes->all);
    if (programmes->all == NULL)
        return suan_error_set(error, SUAN_E_MEMORY, "memory", NULL, "out of memory");
    if (programmes->count == SUAN_PROGRAMMES_MAX)
        return suan_error_set(error, SUAN_E_EXHAUSTED, "programme.count", "use a folder with fewer of them",
                              "more than %d programmes, which is the limit", SUAN_PROGRAMMES_MAX);
    programmes->all[programmes->count++] = suan_take(&held);
    return SUAN_OK;
}

enum suan_status programmes_put(struct programmes *programmes, struct suan_programme *programme,
                                struct suan_error *error)
{
    for (size_t i = 0; i < programmes->count; i++) {
        if (!suan_span_equal(programmes->all[i]->id, programme->id))
            continue;
        suan_programme_free(programmes->all[i]);
        programmes->all[i] = programme;
        return SUAN_OK;
    }
    return add(programmes, programme, error);
}

void programmes_name(const struct suan_programme *programme, struct suan_json *out)
{
    suan_json_set_span(out, "id", programme->id);
    suan_json_set_integer(out, "version", programme->version);
    suan_json_set_hex(out, "sha256", programme->sha256, sizeof programme->sha256);
}

/* --- order -------------------------------------------------------------------------------------------- */

static int compare(const void *left, const void *right)
{
    const struct suan_programme *a = *(struct suan_programme *const *)left;
    const struct suan_programme *b = *(struct suan_programme *const *)right;
    int order = suan_span_compare(a->id, b->id);
    return order != 0 ? order : (a->version > b->version) - (a->version < b->version);
}

static enum suan_status sort(struct programmes *programmes, const char *where, struct suan_error *error)
{
    if (programmes->count > 0)
        qsort(programmes->all, programmes->count, sizeof *programmes->all, compare);
    for (size_t i = 1; i < programmes->count; i++) {
        if (compare(&programmes->all[i - 1], &programmes->all[i]) == 0)
            return suan_error_set(error, SUAN_E_CONFLICT, "programme.twice", "keep one of the two files",
                                  "%s: programme '%.*s' version %lld is there twice", where,
                                  SUAN_SPAN_PRINTF(programmes->all[i]->id),
                                  (long long)programmes->all[i]->version);
    }
    return SUAN_OK;
}

/* --- a folder ----------------------------------------------------------------------------------------- */

enum suan_status programmes_folder(const char *given, char out[PATH_MAX], struct suan_error *error)
{
    static const char *const places[] = {"../share/suan/programmes", "../data/programmes"};
    char self[PATH_MAX];
    struct stat about;

    if (given != NULL)
        return snprintf(out, PATH_MAX, "%s", given) < PATH_MAX
                   ? SUAN_OK
                   : suan_error_set(error, SUAN_E_USAGE, "path.too-long", NULL, "the path is too long");
    ssize_t size = readlink("/proc/self/exe", self, sizeof self - 1);
    self[size > 0 ? size : 0] = '\0';
    char *slash = strrchr(self, '/');
    if (slash != NULL)
        *slash = '\0';
    for (size_t i = 0; i < sizeof places / sizeof places[0]; i++) {
        if (snprintf(out, PATH_MAX, "%s/%s", self, places[i]) < PATH_MAX && stat(out, &about) == 0 &&
            S_ISDIR(about.st_mode))
            return SUAN_OK;
    }
    return suan_error_set(error, SUAN_E_NOT_FOUND, "programme.folder", "say --programmes DIR",
                          "no folder of programmes near %s", self);
}

bool programmes_schema_is(struct suan_span text, const char *schema)
{
    static const char key[] = "\"schema\"";
    const uint8_t *at = text.size > 0 ? memmem(text.data, text.size, key, sizeof key - 1) : NULL;
    const uint8_t *end = text.data + text.size;
    size_t size = strlen(schema);
    if (at == NULL)
        return false;
    for (at += sizeof key - 1; at < end && memchr(" \t\r\n:", *at, 5) != NULL; at++)
        continue;
    return (size_t)(end - at) >= size + 2 && at[0] == '"' && memcmp(at + 1, schema, size) == 0 &&
           at[size + 1] == '"';
}

static enum suan_status parse(struct suan_span text, const char *name, struct suan_programme **out,
                              struct suan_error *error)
{
    struct suan_digest digest = suan_sha256(text);
    return suan_programme_parse(text, digest.bytes, name, out, error);
}

enum suan_status programme_read(const char *path, struct suan_programme **out, struct suan_error *error)
{
    SUAN_CLEANUP(suan_buffer_done) struct suan_buffer text = {0};
    enum suan_status status = suan_file_read(path, SUAN_PROGRAMME_FILE_MAX, &text, error);
    return status == SUAN_OK ? parse(suan_buffer_span(&text), path, out, error) : status;
}

static int is_json(const struct dirent *entry)
{
    size_t size = strlen(entry->d_name);
    return size > 5 && strcmp(entry->d_name + size - 5, ".json") == 0;
}

/* A file of the folder, if it is a programme: examples, claims and tariffs lie there, too. */
static enum suan_status add_file(struct programmes *programmes, const char *path, struct suan_error *error)
{
    SUAN_CLEANUP(suan_buffer_done) struct suan_buffer text = {0};
    struct suan_programme *programme = NULL;
    enum suan_status status = suan_file_read(path, SUAN_PROGRAMME_FILE_MAX, &text, error);
    if (status != SUAN_OK || !programmes_schema_is(suan_buffer_span(&text), "suan.programme/1"))
        return status;
    status = parse(suan_buffer_span(&text), path, &programme, error);
    return status == SUAN_OK ? add(programmes, programme, error) : status;
}

struct entries {
    struct dirent **all;
    int count;
};

static void entries_done(struct entries *entries)
{
    for (int i = 0; i < entries->count; i++)
        free(entries->all[i]);
    free(entries->all);
}

static enum suan_status load_folder(const char *folder, struct programmes *out, struct suan_error *error)
{
    SUAN_CLEANUP(entries_done) struct entries entries = {0};
    char path[PATH_MAX];
    enum suan_status status = SUAN_OK;
    entries.count = scandir(folder, &entries.all, is_json, alphasort);
    if (entries.count < 0)
        return suan_error_errno(error, "programme.folder", errno, folder);
    for (int i = 0; i < entries.count && status == SUAN_OK; i++) {
        if (snprintf(path, sizeof path, "%s/%s", folder, entries.all[i]->d_name) >= PATH_MAX)
            return suan_error_set(error, SUAN_E_USAGE, "path.too-long", NULL, "%s: the path is too long",
                                  entries.all[i]->d_name);
        status = add_file(out, path, error);
    }
    return status;
}

/* --- on record ---------------------------------------------------------------------------------------- */

struct recorded {
    struct programmes *programmes;
    struct suan_error *error;
};

static enum suan_status add_recorded(void *context, const struct suan_installed *one)
{
    struct recorded *recorded = context;
    struct suan_programme *programme = NULL;
    enum suan_status status =
        suan_programme_parse(one->text, one->digest.bytes, one->id, &programme, recorded->error);
    return status == SUAN_OK ? add(recorded->programmes, programme, recorded->error) : status;
}

static enum suan_status load_recorded(struct suan_service *service, struct programmes *out,
                                      struct suan_error *error)
{
    SUAN_CLEANUP(suan_txn_endp) struct suan_txn *txn = NULL;
    struct recorded recorded = {out, error};
    enum suan_status status = service_begin(service, &txn, error);
    return status == SUAN_OK ? suan_programme_each(txn, add_recorded, &recorded, error) : status;
}

enum suan_status programmes_load(struct suan_service *service, const char *folder, struct programmes *out,
                                 struct suan_error *error)
{
    SUAN_CLEANUP(programmes_done) struct programmes loaded = {0};
    char path[PATH_MAX] = "the registry";
    enum suan_status status;
    if (folder == NULL && service != NULL && service->registry != NULL) {
        status = load_recorded(service, &loaded, error);
    } else {
        status = programmes_folder(folder, path, error);
        if (status == SUAN_OK)
            status = load_folder(path, &loaded, error);
    }
    if (status == SUAN_OK)
        status = sort(&loaded, path, error);
    if (status != SUAN_OK)
        return status;
    *out = loaded;
    loaded = (struct programmes){0};
    return SUAN_OK;
}
