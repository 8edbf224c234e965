/*
 * Restoring: the whole export is read once before anything is made of it, then folded into a folder with a
 * temporary name, compared with its transfers and checkpoints, and renamed. A truncated or altered export
 * leaves nothing.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "export_line.h"
#include "handle.h"
#include "record.h"

enum { READ_BYTES = 65536, CHUNK_LINES = 4096, CHUNK_BYTES = 16777216, NOTE_FILE_MAX = 16384 };

static enum suan_status refuse(struct suan_error *error, const char *what)
{
    return suan_error_set(error, SUAN_E_FORMAT, "export.format", "take another copy of the export",
                          "export: %s", what);
}

/* --- lines -------------------------------------------------------------------------------------------- */

struct line_reader {
    int fd;
    const char *path;
    struct suan_buffer bytes; /* read, from `start` on not yet given */
    size_t start;
    enum { READING, AT_FILE_END } state;
};

static void close_reader(struct line_reader *reader)
{
    if (reader->fd >= 0)
        close(reader->fd);
    suan_buffer_done(&reader->bytes);
}

static enum suan_status open_reader(struct line_reader *reader, const char *path, struct suan_error *error)
{
    *reader = (struct line_reader){.fd = open(path, O_RDONLY | O_CLOEXEC), .path = path};
    return reader->fd >= 0 ? SUAN_OK : suan_error_errno(error, "file.io", errno, path);
}

static enum suan_status read_more(struct line_reader *reader, struct suan_error *error)
{
    size_t left = reader->bytes.size - reader->start;
    if (left > EXPORT_LINE_MAX)
        return refuse(error, "a line is too long");
    if (left > 0)
        memmove(reader->bytes.data, reader->bytes.data + reader->start, left);
    reader->bytes.size = left;
    reader->start = 0;
    uint8_t *place = suan_buffer_extend(&reader->bytes, READ_BYTES);
    if (place == NULL)
        return suan_buffer_check(&reader->bytes, error);
    ssize_t got;
    do {
        got = read(reader->fd, place, READ_BYTES);
    } while (got < 0 && errno == EINTR);
    reader->bytes.size = left + (got > 0 ? (size_t)got : 0);
    if (got < 0)
        return suan_error_errno(error, "file.io", errno, reader->path);
    if (got == 0)
        reader->state = AT_FILE_END;
    return SUAN_OK;
}

/* The next line without its newline; NOT_FOUND after the last. Borrowed until the next call. */
static enum suan_status next_line(struct line_reader *reader, struct suan_span *out, struct suan_error *error)
{
    for (;;) {
        struct suan_span rest =
            suan_span(reader->bytes.data + reader->start, reader->bytes.size - reader->start);
        const uint8_t *end = rest.size > 0 ? memchr(rest.data, '\n', rest.size) : NULL;
        if (end != NULL) {
            *out = suan_span(rest.data, (size_t)(end - rest.data));
            reader->start += out->size + 1;
            return SUAN_OK;
        }
        if (reader->state == AT_FILE_END)
            return rest.size == 0 ? SUAN_E_NOT_FOUND : refuse(error, "it ends inside a line");
        enum suan_status status = read_more(reader, error);
        if (status != SUAN_OK)
            return status;
    }
}

/* --- the first reading -------------------------------------------------------------------------------- */

/* Header first, kinds in order, `end` last, with the right count and digest. */
struct shape {
    struct suan_hasher hasher;
    struct suan_buffer payload;
    uint64_t lines, count;
    enum export_kind last;
};

static enum suan_status check_order(struct shape *shape, const struct export_line *line,
                                    struct suan_error *error)
{
    bool first = shape->lines == 0;
    if (first != (line->kind == EXPORT_HEADER))
        return refuse(error, first ? "it does not begin with 'suan-export 1'" : "a second header");
    if (!first && (shape->last == EXPORT_END || line->kind < shape->last))
        return refuse(error, "lines are out of order");
    shape->last = line->kind;
    shape->lines++;
    return SUAN_OK;
}

static enum suan_status check_line(struct shape *shape, struct suan_span text, struct suan_error *error)
{
    struct export_line line;
    suan_buffer_clear(&shape->payload);
    enum suan_status status = export_line_parse(text, &line, &shape->payload, error);
    if (status == SUAN_OK)
        status = check_order(shape, &line, error);
    if (status != SUAN_OK)
        return status;
    if (line.kind != EXPORT_END) {
        shape->count += line.kind != EXPORT_HEADER;
        suan_hasher_add(&shape->hasher, text);
        suan_hasher_add(&shape->hasher, suan_span_text("\n"));
        return SUAN_OK;
    }
    struct suan_digest digest = suan_hasher_finish(&shape->hasher);
    if (line.number != shape->count || !suan_digest_equal(&digest, &line.digest))
        return refuse(error, "its last line does not fit the lines before it: it was altered");
    return SUAN_OK;
}

static enum suan_status check_lines(struct line_reader *reader, struct shape *shape, struct suan_error *error)
{
    struct suan_span text;
    enum suan_status status;
    while ((status = next_line(reader, &text, error)) == SUAN_OK) {
        status = check_line(shape, text, error);
        if (status != SUAN_OK)
            return status;
    }
    if (status != SUAN_E_NOT_FOUND)
        return status;
    return shape->last == EXPORT_END ? SUAN_OK : refuse(error, "it has no 'end' line: it was cut short");
}

static enum suan_status check_export(const char *path, struct suan_error *error)
{
    struct line_reader reader;
    struct shape shape = {.last = EXPORT_HEADER};
    enum suan_status status = open_reader(&reader, path, error);
    if (status != SUAN_OK)
        return status;
    suan_hasher_init(&shape.hasher);
    status = check_lines(&reader, &shape, error);
    suan_hasher_done(&shape.hasher);
    suan_buffer_done(&shape.payload);
    close_reader(&reader);
    return status;
}

/* --- the second reading ------------------------------------------------------------------------------- */

/* Lines of one transaction, kept so that the work can be done again. */
struct chunk {
    const struct suan_registry_options *options;
    struct export_line lines[CHUNK_LINES];
    size_t ends[CHUNK_LINES]; /* of each payload in `payloads` */
    size_t count;
    struct suan_buffer payloads;
    uint64_t transfers; /* lines of them so far */
};

static struct suan_span payload_of(const struct chunk *chunk, size_t i)
{
    size_t start = i > 0 ? chunk->ends[i - 1] : 0;
    return suan_span(chunk->payloads.data + start, chunk->ends[i] - start);
}

static enum suan_status fold_blob(struct suan_txn *txn, const struct export_line *line,
                                  struct suan_span payload, struct suan_error *error)
{
    struct suan_digest digest;
    enum suan_status status = suan_blob_put(txn, payload, &digest, error);
    if (status == SUAN_OK && !suan_digest_equal(&digest, &line->digest))
        return refuse(error, "evidence does not have its digest");
    return status;
}

/* The events have made the transfers again; the export's must be the same. */
static enum suan_status compare_xfer(struct suan_txn *txn, const struct export_line *line,
                                     struct suan_span payload, struct suan_error *error)
{
    struct record_key key = {.size = 0};
    struct suan_span value;
    record_key_add_u64(&key, line->number);
    enum suan_status status = suan_row_get(txn, SUAN_TABLE_XFER, record_key_span(&key), &value, error);
    if (status != SUAN_OK && status != SUAN_E_NOT_FOUND)
        return status;
    if (status == SUAN_E_NOT_FOUND || !suan_span_equal(value, payload))
        return suan_error_set(error, SUAN_E_INTEGRITY, "export.differs", NULL,
                              "export: transfer %llu is not what the events come to",
                              (unsigned long long)line->number);
    return SUAN_OK;
}

static enum suan_status fold_checkpoint(struct suan_txn *txn, const struct export_line *line,
                                        struct suan_span payload, struct suan_error *error)
{
    enum suan_status status = checkpoint_check(txn, line->log, line->number, payload, error);
    return status != SUAN_OK ? status
                             : suan_log_keep_checkpoint(txn, line->log, line->number, payload, error);
}

static enum suan_status fold_line(const struct chunk *chunk, struct suan_txn *txn, size_t i,
                                  struct suan_error *error)
{
    const struct export_line *line = &chunk->lines[i];
    struct suan_span payload = payload_of(chunk, i);
    switch (line->kind) {
    case EXPORT_BLOB: return fold_blob(txn, line, payload, error);
    case EXPORT_EVENT: return replay_append(chunk->options, txn, line->log, line->number, payload, error);
    case EXPORT_XFER: return compare_xfer(txn, line, payload, error);
    case EXPORT_CKPT: return fold_checkpoint(txn, line, payload, error);
    default: return SUAN_OK;
    }
}

static enum suan_status fold_chunk(void *context, struct suan_txn *txn, struct suan_error *error)
{
    const struct chunk *chunk = context;
    enum suan_status status = SUAN_OK;
    for (size_t i = 0; status == SUAN_OK && i < chunk->count; i++)
        status = fold_line(chunk, txn, i, error);
    return status;
}

static enum suan_status fill_chunk(struct line_reader *reader, struct chunk *chunk, struct suan_error *error)
{
    chunk->count = 0;
    suan_buffer_clear(&chunk->payloads);
    while (chunk->count < CHUNK_LINES && chunk->payloads.size < CHUNK_BYTES) {
        struct suan_span text;
        enum suan_status status = next_line(reader, &text, error);
        if (status == SUAN_E_NOT_FOUND)
            return SUAN_OK;
        if (status == SUAN_OK)
            status = export_line_parse(text, &chunk->lines[chunk->count], &chunk->payloads, error);
        if (status != SUAN_OK)
            return status;
        chunk->transfers += chunk->lines[chunk->count].kind == EXPORT_XFER;
        chunk->ends[chunk->count++] = chunk->payloads.size;
    }
    return SUAN_OK;
}

static enum suan_status fold_chunks(struct line_reader *reader, struct chunk *chunk, struct suan_store *store,
                                    struct suan_error *error)
{
    for (;;) {
        enum suan_status status = fill_chunk(reader, chunk, error);
        if (status == SUAN_OK && chunk->count == 0)
            return SUAN_OK;
        if (status == SUAN_OK)
            status = suan_store_write(store, fold_chunk, chunk, error);
        if (status != SUAN_OK)
            return status;
    }
}

/* A registry has event 0; and the events made as many transfers as there are lines, each compared already. */
static enum suan_status check_whole(struct suan_store *store, uint64_t transfers, struct suan_error *error)
{
    SUAN_CLEANUP(suan_txn_endp) struct suan_txn *txn = NULL;
    struct suan_charter charter;
    uint64_t rows = 0;
    enum suan_status status = suan_store_begin(store, &txn, error);
    if (status == SUAN_OK)
        status = suan_charter_get(txn, &charter, error);
    if (status == SUAN_OK)
        status = suan_row_count(txn, SUAN_TABLE_XFER, &rows, error);
    if (status == SUAN_OK && rows != transfers)
        return suan_error_set(error, SUAN_E_INTEGRITY, "export.differs", NULL,
                              "export: it has %llu transfers, the events come to %llu",
                              (unsigned long long)transfers, (unsigned long long)rows);
    return status;
}

static enum suan_status fold_export(const char *path, const struct suan_registry_options *options,
                                    struct suan_store *store, struct suan_error *error)
{
    struct line_reader reader;
    SUAN_CLEANUP(suan_freep) struct chunk *chunk = calloc(1, sizeof *chunk);
    if (chunk == NULL)
        return suan_error_set(error, SUAN_E_MEMORY, "memory", NULL, "out of memory");
    enum suan_status status = open_reader(&reader, path, error);
    if (status != SUAN_OK)
        return status;
    chunk->options = options;
    status = fold_chunks(&reader, chunk, store, error);
    if (status == SUAN_OK)
        status = check_whole(store, chunk->transfers, error);
    suan_buffer_done(&chunk->payloads);
    close_reader(&reader);
    return status;
}

/* --- the folder --------------------------------------------------------------------------------------- */

static enum suan_status copy_notes(const char *notes, const char *folder, struct suan_error *error)
{
    char from[PATH_MAX], to[PATH_MAX];
    if ((size_t)snprintf(to, sizeof to, "%s/notes", folder) >= sizeof to)
        return suan_error_errno(error, "file.io", ENAMETOOLONG, folder);
    enum suan_status status = suan_folder_make(to, error);
    for (int log = 0; status == SUAN_OK && log < LOG_COUNT; log++) {
        SUAN_CLEANUP(suan_buffer_done) struct suan_buffer key = {0};
        const char *name = suan_log_name((enum suan_log)log);
        if ((size_t)snprintf(from, sizeof from, "%s/%s", notes, name) >= sizeof from ||
            (size_t)snprintf(to, sizeof to, "%s/notes/%s", folder, name) >= sizeof to)
            return suan_error_errno(error, "file.io", ENAMETOOLONG, notes);
        status = suan_file_read(from, NOTE_FILE_MAX, &key, error);
        if (status == SUAN_OK)
            status = suan_file_replace(to, suan_buffer_span(&key), 0600, error);
    }
    return status;
}

static enum suan_status build(const char *path, const char *temporary, const char *notes,
                              const struct suan_registry_options *options, struct suan_error *error)
{
    SUAN_CLEANUP(suan_store_closep) struct suan_store *store = NULL;
    enum suan_status status = suan_store_create(temporary, &store, error);
    if (status == SUAN_OK)
        status = fold_export(path, options, store, error);
    if (status == SUAN_OK && notes != NULL)
        status = copy_notes(notes, temporary, error);
    return status;
}

/* The folder does not exist, or has nothing in it. */
static enum suan_status check_free(const char *folder, struct suan_error *error)
{
    DIR *entries = opendir(folder);
    size_t count = 0;
    if (entries == NULL)
        return errno == ENOENT ? SUAN_OK : suan_error_errno(error, "file.io", errno, folder);
    for (struct dirent *entry; (entry = readdir(entries)) != NULL;)
        count += strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0;
    closedir(entries);
    if (count > 0)
        return suan_error_set(error, SUAN_E_CONFLICT, "store.exists", "name a folder that does not exist",
                              "%s exists and is not empty", folder);
    return SUAN_OK;
}

enum suan_status suan_registry_restore(const char *path, const char *folder, const char *notes,
                                       const struct suan_registry_options *options, struct suan_error *error)
{
    char temporary[PATH_MAX], hex[17];
    uint8_t salt[8];
    suan_random(salt, sizeof salt);
    suan_hex(salt, sizeof salt, hex);
    if ((size_t)snprintf(temporary, sizeof temporary, "%s.%s.restoring", folder, hex) >= sizeof temporary)
        return suan_error_errno(error, "file.io", ENAMETOOLONG, folder);
    enum suan_status status = check_free(folder, error);
    if (status == SUAN_OK)
        status = check_export(path, error);
    if (status == SUAN_OK)
        status = build(path, temporary, notes, options, error);
    if (status == SUAN_OK && rename(temporary, folder) != 0)
        status = suan_error_errno(error, "file.io", errno, folder);
    if (status != SUAN_OK) {
        suan_folder_remove(temporary);
        return status;
    }
    return scratch_sync_parent(folder, error);
}
