/* The journal folder: places, their locks, periods and receipts. */
#include "journal.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "trust/dsse.h"

enum { LIST_MAX = 4096 };
static const char code_io[] = "meter.io";

struct journal {
    char base[PATH_MAX]; /* FOLDER/NAME */
    int lock;
};

static enum suan_status path_of(const struct journal *journal, const char *ending, char out[PATH_MAX],
                                struct suan_error *error)
{
    if (snprintf(out, PATH_MAX, "%s%s", journal->base, ending) < PATH_MAX)
        return SUAN_OK;
    return suan_error_set(error, SUAN_E_USAGE, "path.too-long", NULL, "the journal's path is too long");
}

/* --- places ------------------------------------------------------------------------------------------- */

void journal_close(struct journal *journal)
{
    if (journal == NULL)
        return;
    if (journal->lock >= 0)
        close(journal->lock);
    free(journal);
}

static void journal_closep(struct journal **journal)
{
    journal_close(*journal);
}

/* LOCKED if another solver counts there. */
static enum suan_status take(struct journal *journal, struct suan_error *error)
{
    char path[PATH_MAX];
    enum suan_status status = path_of(journal, ".lock", path, error);
    if (status != SUAN_OK)
        return status;
    SUAN_CLEANUP(suan_closep) int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd < 0)
        return suan_error_errno(error, code_io, errno, path);
    if (flock(fd, LOCK_EX | LOCK_NB) != 0)
        return errno == EWOULDBLOCK ? SUAN_E_LOCKED : suan_error_errno(error, code_io, errno, path);
    journal->lock = fd;
    fd = -1;
    return SUAN_OK;
}

enum suan_status journal_open(const char *folder, const struct suan_digest *tar, enum journal_home home,
                              struct journal **out, struct suan_error *error)
{
    SUAN_CLEANUP(journal_closep) struct journal *journal = calloc(1, sizeof *journal);
    char digest[2 * SUAN_DIGEST_SIZE + 1];
    if (journal == NULL)
        return suan_error_set(error, SUAN_E_MEMORY, "memory", NULL, "out of memory");
    journal->lock = -1;
    suan_hex(tar->bytes, SUAN_DIGEST_SIZE, digest);
    for (int place = 0; place < JOURNAL_PLACES_MAX; place++) {
        int size = snprintf(journal->base, sizeof journal->base, "%s/%s-%s-%d", folder, digest,
                            home == JOURNAL_SEALED ? "sealed" : "inprocess", place);
        if (size >= PATH_MAX)
            return suan_error_set(error, SUAN_E_USAGE, "path.too-long", NULL,
                                  "the journal's path is too long");
        enum suan_status status = take(journal, error);
        if (status == SUAN_OK)
            *out = suan_take(&journal);
        if (status != SUAN_E_LOCKED)
            return status;
    }
    return suan_error_set(error, SUAN_E_LOCKED, "meter.locked", "name another journal folder",
                          "%s: %d solvers count this release here already", folder, JOURNAL_PLACES_MAX);
}

/* --- periods ------------------------------------------------------------------------------------------ */

static enum suan_status read_period(const char *path, struct suan_receipt **out, struct suan_error *error)
{
    SUAN_CLEANUP(suan_buffer_done) struct suan_buffer text = {0};
    enum suan_status status = suan_file_read(path, SUAN_RECEIPT_SIZE_MAX, &text, error);
    if (status != SUAN_OK)
        return status;
    status = suan_receipt_parse(suan_buffer_span(&text), out, error);
    if (status != SUAN_OK)
        suan_error_prefix(error, path);
    return status;
}

enum suan_status journal_read(const struct journal *journal, struct suan_receipt **out,
                              struct suan_error *error)
{
    char path[PATH_MAX];
    enum suan_status status = path_of(journal, ".json", path, error);
    return status != SUAN_OK ? status : read_period(path, out, error);
}

enum suan_status journal_write(const struct journal *journal, const struct suan_receipt *receipt,
                               struct suan_error *error)
{
    SUAN_CLEANUP(suan_buffer_done) struct suan_buffer text = {0};
    char path[PATH_MAX];
    enum suan_status status = path_of(journal, ".json", path, error);
    if (status == SUAN_OK)
        status = suan_receipt_format(receipt, &text, error);
    return status != SUAN_OK ? status : suan_file_replace(path, suan_buffer_span(&text), 0600, error);
}

enum suan_status journal_set_aside(const struct journal *journal, const struct suan_receipt *period,
                                   struct suan_error *error)
{
    char from[PATH_MAX], to[PATH_MAX], ending[48];
    snprintf(ending, sizeof ending, ".%llu.json", (unsigned long long)period->end_ns);
    enum suan_status status = path_of(journal, ".json", from, error);
    if (status == SUAN_OK)
        status = path_of(journal, ending, to, error);
    if (status != SUAN_OK)
        return status;
    return rename(from, to) == 0 ? SUAN_OK : suan_error_errno(error, code_io, errno, to);
}

/* --- receipts ----------------------------------------------------------------------------------------- */

static enum suan_status receipt_path(const struct journal *journal, int64_t sequence, char out[PATH_MAX],
                                     struct suan_error *error)
{
    char ending[48];
    snprintf(ending, sizeof ending, ".%lld.receipt", (long long)sequence);
    return path_of(journal, ending, out, error);
}

enum suan_status journal_keep_receipt(const struct journal *journal, int64_t sequence,
                                      struct suan_span envelope, struct suan_error *error)
{
    char path[PATH_MAX];
    enum suan_status status = receipt_path(journal, sequence, path, error);
    return status != SUAN_OK ? status : suan_file_replace(path, envelope, 0600, error);
}

static enum suan_status read_receipt(const char *path, struct suan_receipt **out,
                                     struct suan_digest *out_digest, struct suan_error *error)
{
    SUAN_CLEANUP(suan_buffer_done) struct suan_buffer text = {0};
    SUAN_CLEANUP(suan_dsse_done) struct suan_dsse envelope = {0};
    enum suan_status status = suan_file_read(path, SUAN_DSSE_SIZE_MAX, &text, error);
    if (status != SUAN_OK)
        return status;
    status = suan_dsse_parse(suan_buffer_span(&text), &envelope, error);
    if (status == SUAN_OK)
        status = suan_receipt_parse(suan_buffer_span(&envelope.payload), out, error);
    if (status != SUAN_OK)
        suan_error_prefix(error, path);
    *out_digest = suan_sha256(suan_buffer_span(&envelope.payload));
    return status;
}

enum suan_status journal_find_receipt(const struct journal *journal, int64_t sequence,
                                      struct suan_receipt **out, struct suan_digest *out_digest,
                                      struct suan_error *error)
{
    char path[PATH_MAX];
    enum suan_status status = receipt_path(journal, sequence, path, error);
    return status != SUAN_OK ? status : read_receipt(path, out, out_digest, error);
}

/* --- what was counted --------------------------------------------------------------------------------- */

/* Sums for one release and level. */
struct row {
    char id[65], version[65], task[97], level[33];
    int64_t jobs, unmetered_jobs, cpu_ns, pairs, receipts, saved_ns;
};
struct list {
    struct row *rows; /* owned */
    size_t count;
};

static void list_done(struct list *list)
{
    free(list->rows);
}

static struct row *row_of(struct list *list, const struct suan_receipt *receipt)
{
    for (size_t i = 0; i < list->count; i++) {
        struct row *row = &list->rows[i];
        if (strcmp(row->id, receipt->id) == 0 && strcmp(row->version, receipt->version) == 0 &&
            strcmp(row->task, receipt->task) == 0 && strcmp(row->level, receipt->level) == 0)
            return row;
    }
    if (list->count == LIST_MAX)
        return NULL;
    struct row *row = &list->rows[list->count++];
    *row = (struct row){0};
    snprintf(row->id, sizeof row->id, "%s", receipt->id);
    snprintf(row->version, sizeof row->version, "%s", receipt->version);
    snprintf(row->task, sizeof row->task, "%s", receipt->task);
    snprintf(row->level, sizeof row->level, "%s", receipt->level);
    return row;
}

static void add_period(struct list *list, const struct suan_receipt *receipt)
{
    struct row *row = row_of(list, receipt);
    if (row == NULL)
        return;
    row->pairs += (int64_t)receipt->pair_count;
    row->unmetered_jobs += receipt->unmetered_jobs;
    for (size_t i = 0; i < receipt->bin_count; i++) {
        row->jobs += receipt->bins[i].jobs;
        row->cpu_ns += receipt->bins[i].cpu_ns;
    }
}

static void add_receipt(struct list *list, const struct suan_receipt *receipt)
{
    struct row *row = row_of(list, receipt);
    if (row == NULL)
        return;
    row->receipts++;
    row->saved_ns += receipt->saving_ns;
}

static bool ends_with(const char *name, const char *ending)
{
    size_t size = strlen(name), tail = strlen(ending);
    return size > 2 * SUAN_DIGEST_SIZE + tail && strcmp(name + size - tail, ending) == 0;
}

static enum suan_status add_file(struct list *list, const char *folder, const char *name,
                                 struct suan_error *error)
{
    SUAN_CLEANUP(suan_receipt_freep) struct suan_receipt *receipt = NULL;
    struct suan_digest digest;
    char path[PATH_MAX];
    bool is_period = ends_with(name, ".json"), is_receipt = ends_with(name, ".receipt");
    if (!is_period && !is_receipt)
        return SUAN_OK;
    if (snprintf(path, sizeof path, "%s/%s", folder, name) >= PATH_MAX)
        return suan_error_set(error, SUAN_E_USAGE, "path.too-long", NULL, "the journal's path is too long");
    enum suan_status status =
        is_period ? read_period(path, &receipt, error) : read_receipt(path, &receipt, &digest, error);
    if (status == SUAN_E_NOT_FOUND) /* replaced by a solver at work meanwhile */
        return SUAN_OK;
    if (status == SUAN_OK && is_period)
        add_period(list, receipt);
    else if (status == SUAN_OK)
        add_receipt(list, receipt);
    return status;
}

static struct suan_json *row_json(const struct row *row)
{
    struct suan_json *object = suan_json_new_object();
    suan_json_set_text(object, "id", row->id);
    suan_json_set_text(object, "version", row->version);
    suan_json_set_text(object, "task", row->task);
    suan_json_set_text(object, "level", row->level);
    suan_json_set_integer(object, "jobs", row->jobs);
    suan_json_set_integer(object, "unmetered_jobs", row->unmetered_jobs);
    suan_json_set_integer(object, "cpu_ns", row->cpu_ns);
    suan_json_set_integer(object, "pairs", row->pairs);
    suan_json_set_integer(object, "receipts", row->receipts);
    suan_json_set_integer(object, "saved_ns", row->saved_ns);
    return object;
}

static int by_name(const void *a, const void *b)
{
    const struct row *x = a, *y = b;
    int id = strcmp(x->id, y->id), version = strcmp(x->version, y->version);
    return id != 0 ? id : version != 0 ? version : strcmp(x->level, y->level);
}

static void close_folder(DIR **folder)
{
    if (*folder != NULL)
        closedir(*folder);
}

enum suan_status journal_list(const char *path, struct suan_json **out, struct suan_error *error)
{
    SUAN_CLEANUP(close_folder) DIR *folder = opendir(path);
    SUAN_CLEANUP(list_done) struct list list = {calloc(LIST_MAX, sizeof(struct row)), 0};
    if (list.rows == NULL)
        return suan_error_set(error, SUAN_E_MEMORY, "memory", NULL, "out of memory");
    if (folder == NULL && errno != ENOENT)
        return suan_error_errno(error, code_io, errno, path);
    for (struct dirent *entry; folder != NULL && (entry = readdir(folder)) != NULL;) {
        enum suan_status status = add_file(&list, path, entry->d_name, error);
        if (status != SUAN_OK)
            return status;
    }
    struct suan_json *result = suan_json_new_object(), *rows = suan_json_new_array();
    qsort(list.rows, list.count, sizeof list.rows[0], by_name);
    for (size_t i = 0; i < list.count; i++)
        suan_json_add(rows, row_json(&list.rows[i]));
    suan_json_set(result, "periods", rows);
    *out = result;
    return SUAN_OK;
}
