/* Writing an export: one snapshot of the truth as text, streamed into a file that gets its name when it is
 * whole. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "export_line.h"
#include "handle.h"
#include "record.h"

enum { FLUSH_BYTES = 1048576 };

struct export_writer {
    struct suan_txn *txn;
    int fd;
    const char *path;
    struct suan_buffer pending;
    struct suan_hasher hasher;
    uint64_t count;
};

static enum suan_status flush(struct export_writer *writer, struct suan_error *error)
{
    struct suan_span rest = suan_buffer_span(&writer->pending);
    enum suan_status status = suan_buffer_check(&writer->pending, error);
    if (status != SUAN_OK)
        return status;
    suan_hasher_add(&writer->hasher, rest);
    while (rest.size > 0) {
        ssize_t put = write(writer->fd, rest.data, rest.size);
        if (put < 0 && errno == EINTR)
            continue;
        if (put <= 0)
            return suan_error_errno(error, "file.io", put < 0 ? errno : EIO, writer->path);
        rest = suan_span(rest.data + put, rest.size - (size_t)put);
    }
    suan_buffer_clear(&writer->pending);
    return SUAN_OK;
}

static enum suan_status put_line(struct export_writer *writer, const struct export_line *line,
                                 struct suan_span payload, struct suan_error *error)
{
    export_line_format(line, payload, &writer->pending);
    writer->count += line->kind != EXPORT_HEADER && line->kind != EXPORT_END;
    return writer->pending.size >= FLUSH_BYTES ? flush(writer, error) : SUAN_OK;
}

/* --- sections ----------------------------------------------------------------------------------------- */

static enum suan_status line_of_blob(struct suan_span key, struct suan_span value, struct export_line *out,
                                     struct suan_span *out_payload, struct suan_error *error)
{
    struct record_reader reader = {key, false};
    *out = (struct export_line){.kind = EXPORT_BLOB};
    record_digest(&reader, &out->digest);
    *out_payload = value;
    return record_check(&reader, "blob", error);
}

static enum suan_status line_of_xfer(struct suan_span key, struct suan_span value, struct export_line *out,
                                     struct suan_span *out_payload, struct suan_error *error)
{
    struct record_reader reader = {key, false};
    *out = (struct export_line){.kind = EXPORT_XFER};
    out->number = record_u64(&reader);
    *out_payload = value;
    return record_check(&reader, "xfer", error);
}

static enum suan_status line_of_ckpt(struct suan_span key, struct suan_span value, struct export_line *out,
                                     struct suan_span *out_payload, struct suan_error *error)
{
    struct checkpoint_row row;
    enum suan_status status = checkpoint_decode(key, value, &row, error);
    if (status != SUAN_OK)
        return status;
    *out = (struct export_line){.kind = EXPORT_CKPT, .log = row.log, .number = row.size};
    *out_payload = row.note;
    return SUAN_OK;
}

static enum suan_status
put_table(struct export_writer *writer, enum suan_table table,
          enum suan_status (*line_of)(struct suan_span key, struct suan_span value, struct export_line *out,
                                      struct suan_span *out_payload, struct suan_error *error),
          struct suan_error *error)
{
    SUAN_CLEANUP(suan_scan_endp) struct suan_scan *scan = NULL;
    struct suan_span all = suan_span(NULL, 0);
    enum suan_status status = suan_scan_begin(writer->txn, table, all, all, &scan, error);
    while (status == SUAN_OK) {
        struct suan_span key, value, payload;
        struct export_line line;
        status = suan_scan_next(scan, &key, &value, error);
        if (status == SUAN_E_NOT_FOUND)
            return SUAN_OK;
        if (status == SUAN_OK)
            status = line_of(key, value, &line, &payload, error);
        if (status == SUAN_OK)
            status = put_line(writer, &line, payload, error);
    }
    return status;
}

/* The next leaf of each log, as far as there is one. */
struct log_head {
    uint64_t index, size, time_ns;
    struct suan_span leaf;
};

static enum suan_status read_head(struct export_writer *writer, enum suan_log log, struct log_head *head,
                                  struct suan_error *error)
{
    struct suan_leaf leaf;
    if (head->index == head->size)
        return SUAN_OK;
    enum suan_status status = suan_log_leaf(writer->txn, log, head->index, &head->leaf, error);
    if (status == SUAN_OK)
        status = suan_leaf_decode(head->leaf, &leaf, error);
    if (status == SUAN_OK)
        head->time_ns = leaf.time_ns;
    return status;
}

static const struct log_head *earliest(const struct log_head heads[LOG_COUNT])
{
    const struct log_head *best = NULL;
    for (int log = 0; log < LOG_COUNT; log++) {
        if (heads[log].index < heads[log].size && (best == NULL || heads[log].time_ns < best->time_ns))
            best = &heads[log];
    }
    return best;
}

static enum suan_status put_events(struct export_writer *writer, struct suan_error *error)
{
    struct log_head heads[LOG_COUNT] = {{0}};
    enum suan_status status = SUAN_OK;
    for (int log = 0; status == SUAN_OK && log < LOG_COUNT; log++) {
        status = suan_log_size(writer->txn, (enum suan_log)log, &heads[log].size, error);
        if (status == SUAN_OK)
            status = read_head(writer, (enum suan_log)log, &heads[log], error);
    }
    const struct log_head *next;
    while (status == SUAN_OK && (next = earliest(heads)) != NULL) {
        enum suan_log log = next == &heads[SUAN_LOG_LEDGER] ? SUAN_LOG_LEDGER : SUAN_LOG_REGISTRY;
        struct export_line line = {.kind = EXPORT_EVENT, .log = log, .number = next->index};
        status = put_line(writer, &line, next->leaf, error);
        heads[log].index++;
        if (status == SUAN_OK)
            status = read_head(writer, log, &heads[log], error);
    }
    return status;
}

/* --- the file ----------------------------------------------------------------------------------------- */

static enum suan_status put_all(struct export_writer *writer, struct suan_error *error)
{
    const struct export_line header = {.kind = EXPORT_HEADER};
    struct export_line end = {.kind = EXPORT_END};
    const struct suan_span nothing = suan_span(NULL, 0);
    enum suan_status status = put_line(writer, &header, nothing, error);
    if (status == SUAN_OK)
        status = put_table(writer, SUAN_TABLE_BLOB, line_of_blob, error);
    if (status == SUAN_OK)
        status = put_events(writer, error);
    if (status == SUAN_OK)
        status = put_table(writer, SUAN_TABLE_XFER, line_of_xfer, error);
    if (status == SUAN_OK)
        status = put_table(writer, SUAN_TABLE_CKPT, line_of_ckpt, error);
    if (status == SUAN_OK)
        status = flush(writer, error);
    if (status != SUAN_OK)
        return status;
    end.number = writer->count;
    end.digest = suan_hasher_finish(&writer->hasher);
    status = put_line(writer, &end, nothing, error);
    return status != SUAN_OK ? status : flush(writer, error);
}

static enum suan_status write_export(struct suan_registry *registry, const char *temporary,
                                     struct suan_error *error)
{
    SUAN_CLEANUP(suan_txn_endp) struct suan_txn *txn = NULL;
    SUAN_CLEANUP(suan_closep) int fd = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
    if (fd < 0)
        return suan_error_errno(error, "file.io", errno, temporary);
    enum suan_status status = suan_store_begin(registry->store, &txn, error);
    if (status != SUAN_OK)
        return status;
    struct export_writer writer = {.txn = txn, .fd = fd, .path = temporary};
    suan_hasher_init(&writer.hasher);
    status = put_all(&writer, error);
    suan_hasher_done(&writer.hasher);
    suan_buffer_done(&writer.pending);
    if (status == SUAN_OK && fsync(fd) != 0)
        return suan_error_errno(error, "file.io", errno, temporary);
    return status;
}

enum suan_status suan_registry_export(struct suan_registry *registry, const char *path,
                                      struct suan_error *error)
{
    char temporary[PATH_MAX], hex[17];
    uint8_t salt[8];
    suan_random(salt, sizeof salt);
    suan_hex(salt, sizeof salt, hex);
    if ((size_t)snprintf(temporary, sizeof temporary, "%s.%s.tmp", path, hex) >= sizeof temporary)
        return suan_error_errno(error, "file.io", ENAMETOOLONG, path);
    enum suan_status status = write_export(registry, temporary, error);
    if (status == SUAN_OK && rename(temporary, path) != 0)
        status = suan_error_errno(error, "file.io", errno, path);
    if (status != SUAN_OK) {
        unlink(temporary);
        return status;
    }
    return scratch_sync_parent(path, error);
}
