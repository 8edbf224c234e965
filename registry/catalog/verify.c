/*
 * Verifying: both logs are replayed, in the order of their times, into a scratch store, and every table
 * compared with it row for row; so are checkpoints, evidence and package files with what they must be. The
 * first difference of each table is named, and nothing repaired.
 */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "handle.h"
#include "record.h"
#include "release.h"

enum { CHUNK_EVENTS = 2048, CHUNK_BYTES = 16777216 };

struct verification {
    struct suan_registry *registry;
    struct suan_txn *txn; /* the registry as it stands */
    char folder[PATH_MAX];
    struct suan_store *scratch;
    struct suan_txn *again; /* the scratch store, once all is replayed */
    struct suan_json *report, *differences;
    uint64_t size[LOG_COUNT], next[LOG_COUNT]; /* next: to be replayed */
    uint64_t events, rows, checkpoints, packages, difference_count;
    size_t chunk_limit;  /* events of the next chunk */
    uint64_t chunk_done; /* events of the chunk under way */
    enum suan_log log;   /* of the event under way */
    enum { REPLAYING, REPLAY_STOPPED, REPLAY_DONE } state;
};

static void add_difference(struct verification *v, const char *where, const char *what)
{
    char text[700];
    snprintf(text, sizeof text, "%s: %s", where, what);
    suan_json_add_text(v->differences, text);
    v->difference_count++;
}

/* A failure that is a finding about stored data: named, and gone on from. Others end the verification. */
static bool is_finding(enum suan_status status)
{
    return status != SUAN_OK && (status == SUAN_E_INTEGRITY || !fold_is_fatal(status));
}

/* --- evidence ----------------------------------------------------------------------------------------- */

static enum suan_status copy_blob(struct verification *v, struct suan_txn *into, struct suan_span key,
                                  struct suan_span value, struct suan_error *error)
{
    struct suan_digest digest;
    enum suan_status status = suan_blob_put(into, value, &digest, error);
    if (status != SUAN_OK || suan_span_equal(key, digest_span(&digest)))
        return status;
    add_difference(v, "blob", "evidence does not have the digest it is kept under");
    return SUAN_OK;
}

static enum suan_status copy_blobs(void *context, struct suan_txn *into, struct suan_error *error)
{
    struct verification *v = context;
    SUAN_CLEANUP(suan_scan_endp) struct suan_scan *scan = NULL;
    struct suan_span key, value;
    enum suan_status status =
        suan_scan_begin(v->txn, SUAN_TABLE_BLOB, suan_span(NULL, 0), suan_span(NULL, 0), &scan, error);
    while (status == SUAN_OK && (status = suan_scan_next(scan, &key, &value, error)) == SUAN_OK)
        status = copy_blob(v, into, key, value, error);
    if (status == SUAN_E_INTEGRITY) {
        add_difference(v, "blob", error != NULL ? error->message : "corrupt");
        return SUAN_OK;
    }
    return status == SUAN_E_NOT_FOUND ? SUAN_OK : status;
}

/* --- replaying ---------------------------------------------------------------------------------------- */

static enum suan_status read_leaf(struct verification *v, enum suan_log log, uint64_t index,
                                  struct suan_span *out, uint64_t *out_time_ns, struct suan_error *error)
{
    struct suan_leaf leaf;
    enum suan_status status = suan_log_leaf(v->txn, log, index, out, error);
    if (status == SUAN_OK)
        status = suan_leaf_decode(*out, &leaf, error);
    if (status == SUAN_OK)
        *out_time_ns = leaf.time_ns;
    return status;
}

/* Which log the next event in time is in. */
static enum suan_status choose_log(struct verification *v, const uint64_t next[LOG_COUNT],
                                   enum suan_log *out_log, struct suan_span *out_leaf,
                                   struct suan_error *error)
{
    uint64_t best = 0;
    bool found = false;
    for (int log = 0; log < LOG_COUNT; log++) {
        struct suan_span leaf;
        uint64_t time_ns = 0;
        if (next[log] == v->size[log])
            continue;
        enum suan_status status = read_leaf(v, (enum suan_log)log, next[log], &leaf, &time_ns, error);
        if (status != SUAN_OK) {
            *out_log = (enum suan_log)log;
            return status;
        }
        if (!found || time_ns < best) {
            *out_log = (enum suan_log)log;
            *out_leaf = leaf;
            best = time_ns;
            found = true;
        }
    }
    return found ? SUAN_OK : SUAN_E_NOT_FOUND;
}

static enum suan_status replay_chunk(void *context, struct suan_txn *into, struct suan_error *error)
{
    struct verification *v = context;
    uint64_t next[LOG_COUNT];
    size_t bytes = 0;
    memcpy(next, v->next, sizeof next);
    v->chunk_done = 0;
    while (v->chunk_done < v->chunk_limit && bytes < CHUNK_BYTES) {
        enum suan_log log = SUAN_LOG_REGISTRY;
        struct suan_span leaf;
        enum suan_status status = choose_log(v, next, &log, &leaf, error);
        if (status == SUAN_E_NOT_FOUND)
            break;
        v->log = log;
        if (status == SUAN_OK)
            status = replay_append(&v->registry->options, into, log, next[log], leaf, error);
        if (status != SUAN_OK)
            return status;
        next[log]++;
        v->chunk_done++;
        bytes += leaf.size;
    }
    memcpy(v->next, next, sizeof next);
    return SUAN_OK;
}

/* The transaction of a chunk with a wrong event is undone; the events before it are then replayed alone. */
static enum suan_status replay_more(struct verification *v, struct suan_error *error)
{
    struct suan_error cause = {0};
    enum suan_status status = suan_store_write(v->scratch, replay_chunk, v, &cause);
    if (status == SUAN_OK) {
        v->events += v->chunk_done;
        if (v->chunk_done == 0)
            v->state = REPLAY_DONE;
        return SUAN_OK;
    }
    if (!is_finding(status))
        return suan_error_set(error, status, cause.code, cause.hint, "%s", cause.message);
    add_difference(v, v->log == SUAN_LOG_REGISTRY ? "event_p" : "event_l", cause.message);
    v->state = REPLAY_STOPPED;
    v->chunk_limit = (size_t)v->chunk_done;
    status = suan_store_write(v->scratch, replay_chunk, v, error);
    if (status == SUAN_OK)
        v->events += v->chunk_done;
    return status;
}

static enum suan_status replay_all(struct verification *v, struct suan_error *error)
{
    enum suan_status status = SUAN_OK;
    for (int log = 0; status == SUAN_OK && log < LOG_COUNT; log++)
        status = suan_log_size(v->txn, (enum suan_log)log, &v->size[log], error);
    v->chunk_limit = CHUNK_EVENTS;
    while (status == SUAN_OK && v->state == REPLAYING)
        status = replay_more(v, error);
    return status;
}

/* --- comparing tables --------------------------------------------------------------------------------- */

static void name_row(struct verification *v, enum suan_table table, struct suan_span key, const char *what)
{
    enum { SHOWN_MAX = 64 };
    char hex[2 * SHOWN_MAX + 1], text[256];
    suan_hex(key.data, key.size < SHOWN_MAX ? key.size : SHOWN_MAX, hex);
    snprintf(text, sizeof text, "row %s%s %s", hex, key.size > SHOWN_MAX ? "…" : "", what);
    add_difference(v, suan_table_name(table), text);
}

/* One side of a comparison: a scan and the row it stands at. */
struct side {
    struct suan_scan *scan;
    struct suan_span key, value;
    enum { AT_ROW, AT_END } state;
};

static bool is_setting(enum suan_table table, struct suan_span key)
{
    return table == SUAN_TABLE_META && suan_span_equal(key, suan_span_text(REGISTRY_ADVANCE_KEY));
}

static enum suan_status step(struct side *side, enum suan_table table, struct suan_error *error)
{
    enum suan_status status;
    do {
        status = suan_scan_next(side->scan, &side->key, &side->value, error);
    } while (status == SUAN_OK && is_setting(table, side->key));
    side->state = status == SUAN_OK ? AT_ROW : AT_END;
    return status == SUAN_E_NOT_FOUND ? SUAN_OK : status;
}

/* SUAN_OK at the end or after the first difference. */
static enum suan_status compare_sides(struct verification *v, enum suan_table table, struct side *here,
                                      struct side *again, struct suan_error *error)
{
    for (;;) {
        enum suan_status status = step(here, table, error);
        if (status == SUAN_OK)
            status = step(again, table, error);
        if (status != SUAN_OK)
            return status;
        if (here->state == AT_END && again->state == AT_END)
            return SUAN_OK;
        v->rows += here->state == AT_ROW;
        int order = here->state == AT_END    ? 1
                    : again->state == AT_END ? -1
                                             : suan_span_compare(here->key, again->key);
        if (order == 0 && suan_span_equal(here->value, again->value))
            continue;
        name_row(v, table, order > 0 ? again->key : here->key,
                 order > 0   ? "is missing"
                 : order < 0 ? "follows from no event"
                             : "is not what the events come to");
        return SUAN_OK;
    }
}

static enum suan_status compare_table(struct verification *v, enum suan_table table, struct suan_error *error)
{
    struct side here = {.scan = NULL}, again = {.scan = NULL};
    struct suan_error cause = {0};
    struct suan_span all = suan_span(NULL, 0);
    enum suan_status status = suan_scan_begin(v->txn, table, all, all, &here.scan, &cause);
    if (status == SUAN_OK)
        status = suan_scan_begin(v->again, table, all, all, &again.scan, &cause);
    if (status == SUAN_OK)
        status = compare_sides(v, table, &here, &again, &cause);
    suan_scan_end(here.scan);
    suan_scan_end(again.scan);
    if (is_finding(status)) {
        add_difference(v, suan_table_name(table), cause.message);
        return SUAN_OK;
    }
    return status == SUAN_OK ? SUAN_OK
                             : suan_error_set(error, status, cause.code, cause.hint, "%s", cause.message);
}

static enum suan_status compare_tables(struct verification *v, struct suan_error *error)
{
    enum suan_status status = SUAN_OK;
    for (int table = 0; status == SUAN_OK && table < SUAN_TABLE_COUNT; table++) {
        if (table != SUAN_TABLE_CKPT && table != SUAN_TABLE_BLOB)
            status = compare_table(v, (enum suan_table)table, error);
    }
    return status;
}

/* --- checkpoints, roots, packages --------------------------------------------------------------------- */

/* Judged by the scratch store: what the log came to again, and who signed at that size. */
static enum suan_status check_checkpoint(struct verification *v, struct suan_span key, struct suan_span value,
                                         struct suan_error *error)
{
    struct checkpoint_row row;
    struct suan_digest root;
    enum suan_status status = checkpoint_decode(key, value, &row, error);
    if (status == SUAN_OK)
        status = checkpoint_check(v->again, row.log, row.size, row.note, error);
    if (status == SUAN_OK)
        status = suan_log_root(v->again, row.log, row.size, &root, error);
    if (status == SUAN_OK && !suan_digest_equal(&root, &row.root))
        return suan_error_set(error, SUAN_E_INTEGRITY, "registry.verify", NULL,
                              "checkpoint %llu keeps another root", (unsigned long long)row.size);
    return status;
}

static enum suan_status check_checkpoints(struct verification *v, struct suan_error *error)
{
    SUAN_CLEANUP(suan_scan_endp) struct suan_scan *scan = NULL;
    struct suan_span key, value, all = suan_span(NULL, 0);
    struct suan_error cause = {0};
    enum suan_status status = suan_scan_begin(v->txn, SUAN_TABLE_CKPT, all, all, &scan, &cause);
    while (status == SUAN_OK && (status = suan_scan_next(scan, &key, &value, &cause)) == SUAN_OK) {
        v->checkpoints++;
        status = check_checkpoint(v, key, value, &cause);
    }
    if (status == SUAN_E_NOT_FOUND && cause.code == NULL)
        return SUAN_OK;
    if (is_finding(status)) {
        add_difference(v, suan_table_name(SUAN_TABLE_CKPT), cause.message);
        return SUAN_OK;
    }
    return suan_error_set(error, status, cause.code, cause.hint, "%s", cause.message);
}

static enum suan_status report_root(struct verification *v, enum suan_log log, struct suan_json *roots,
                                    struct suan_error *error)
{
    struct suan_digest here, again;
    uint64_t size = 0;
    struct suan_json *row = suan_json_new_object();
    suan_json_set(roots, suan_log_name(log), row);
    enum suan_status status = suan_log_root(v->txn, log, v->size[log], &here, error);
    if (status == SUAN_OK)
        status = suan_log_size(v->again, log, &size, error);
    if (status == SUAN_OK)
        status = suan_log_root(v->again, log, size, &again, error);
    if (status == SUAN_E_INTEGRITY) {
        add_difference(v, suan_log_name(log), "the root cannot be computed from the stored hashes");
        return SUAN_OK;
    }
    if (status != SUAN_OK)
        return status;
    suan_json_set_integer(row, "size", (int64_t)v->size[log]);
    suan_json_set_hex(row, "root", here.bytes, sizeof here.bytes);
    if (size != v->size[log] || !suan_digest_equal(&here, &again))
        add_difference(v, suan_log_name(log), "the log's root is not what its events come to");
    return SUAN_OK;
}

static enum suan_status check_package(void *context, const struct suan_release *release)
{
    struct verification *v = context;
    SUAN_CLEANUP(suan_buffer_done) struct suan_buffer file = {0};
    struct suan_error cause = {0};
    char where[SUAN_NAME_MAX + SUAN_VERSION_MAX + 16];
    v->packages++;
    snprintf(where, sizeof where, "package %s@%s", release->name, release->version);
    enum suan_status status = suan_store_read_package(v->registry->store, &release->tar, &file, &cause);
    if (status != SUAN_OK) {
        add_difference(v, where, cause.message);
        return SUAN_OK;
    }
    struct suan_digest digest = suan_sha256(suan_buffer_span(&file));
    if (!suan_digest_equal(&digest, &release->file))
        add_difference(v, where, "the file is not the one that was published");
    return SUAN_OK;
}

/* By the releases that the events came to. */
static enum suan_status check_packages(struct verification *v, struct suan_error *error)
{
    return suan_release_each(v->again, NULL, check_package, v, error);
}

/* --- the whole ---------------------------------------------------------------------------------------- */

static enum suan_status open_scratch(struct verification *v, struct suan_error *error)
{
    const char *temporary = getenv("TMPDIR");
    char folder[PATH_MAX];
    if ((size_t)snprintf(folder, sizeof folder, "%s/suan-verify-XXXXXX",
                         temporary != NULL ? temporary : "/tmp") >= sizeof folder)
        return suan_error_errno(error, "file.io", ENAMETOOLONG, "TMPDIR");
    if (mkdtemp(folder) == NULL)
        return suan_error_errno(error, "file.io", errno, folder);
    memcpy(v->folder, folder, sizeof folder);
    return suan_store_create(v->folder, &v->scratch, error);
}

static void close_verification(struct verification *v)
{
    suan_txn_end(v->again);
    suan_txn_end(v->txn);
    suan_store_close(v->scratch);
    if (v->folder[0] != '\0')
        suan_folder_remove(v->folder);
    suan_json_release(v->report);
}

static enum suan_status compare_all(struct verification *v, struct suan_error *error)
{
    struct suan_json *roots = suan_json_new_object();
    suan_json_set(v->report, "roots", roots);
    enum suan_status status = suan_store_begin(v->scratch, &v->again, error);
    if (status == SUAN_OK)
        status = compare_tables(v, error);
    if (status == SUAN_OK)
        status = check_checkpoints(v, error);
    for (int log = 0; status == SUAN_OK && log < LOG_COUNT; log++)
        status = report_root(v, (enum suan_log)log, roots, error);
    return status != SUAN_OK ? status : check_packages(v, error);
}

static enum suan_status verify(struct verification *v, struct suan_error *error)
{
    struct suan_error cause = {0};
    enum suan_status status = suan_store_begin(v->registry->store, &v->txn, error);
    if (status == SUAN_OK)
        status = open_scratch(v, error);
    if (status != SUAN_OK)
        return status;
    status = suan_store_write(v->scratch, copy_blobs, v, &cause);
    if (status != SUAN_OK)
        return suan_error_set(error, status, cause.code, cause.hint, "%s", cause.message);
    status = replay_all(v, error);
    return status != SUAN_OK ? status : compare_all(v, error);
}

static void finish_report(struct verification *v)
{
    suan_json_set_integer(v->report, "events", (int64_t)v->events);
    suan_json_set_integer(v->report, "rows", (int64_t)v->rows);
    suan_json_set_integer(v->report, "checkpoints", (int64_t)v->checkpoints);
    suan_json_set_integer(v->report, "packages", (int64_t)v->packages);
}

static enum suan_status judge(struct verification *v, struct suan_json **out_report, struct suan_error *error)
{
    struct suan_span first = suan_json_text(suan_json_at(v->differences, 0));
    finish_report(v);
    enum suan_status status = SUAN_OK;
    if (v->difference_count > 0)
        status = suan_error_set(error, SUAN_E_INTEGRITY, "registry.verify",
                                "keep the folder as evidence, and restore a good export or backup",
                                "%llu differences; the first: %.*s", (unsigned long long)v->difference_count,
                                SUAN_SPAN_PRINTF(first));
    *out_report = suan_take(&v->report);
    return status;
}

enum suan_status suan_registry_verify(struct suan_registry *registry, struct suan_json **out_report,
                                      struct suan_error *error)
{
    struct verification *v = calloc(1, sizeof *v);
    if (v == NULL)
        return suan_error_set(error, SUAN_E_MEMORY, "memory", NULL, "out of memory");
    v->registry = registry;
    v->report = suan_json_new_object();
    v->differences = suan_json_new_array();
    suan_json_set(v->report, "differences", v->differences);
    enum suan_status status = verify(v, error);
    if (status == SUAN_OK)
        status = judge(v, out_report, error);
    close_verification(v);
    free(v);
    return status;
}
