/* Rows in order. A scan survives the writes and renewals of its transaction: it finds its place again by key.
 */
#include "inside.h"

#include <stdlib.h>

static const char *table_of(const struct suan_scan *scan)
{
    return suan_table_name(scan->table);
}

void suan_scan_detach(struct suan_scan *scan)
{
    if (scan->cursor != NULL)
        mdb_cursor_close(scan->cursor);
    scan->cursor = NULL;
}

enum suan_status suan_scan_begin(struct suan_txn *txn, enum suan_table table, struct suan_span prefix,
                                 struct suan_span from, struct suan_scan **out_scan, struct suan_error *error)
{
    enum suan_status status = suan_txn_usable(txn, error);
    if (status != SUAN_OK)
        return status;
    if (prefix.size > SUAN_STORE_KEY_MAX || from.size > SUAN_STORE_KEY_MAX)
        return suan_store_failure(MDB_BAD_VALSIZE, suan_table_name(table), error);
    struct suan_scan *scan = malloc(sizeof *scan);
    if (scan == NULL)
        return suan_error_set(error, SUAN_E_MEMORY, "memory", NULL, "out of memory");
    struct suan_span start = suan_span_compare(from, prefix) > 0 ? from : prefix;
    scan->txn = txn;
    scan->table = table;
    scan->cursor = NULL;
    scan->version = 0;
    scan->place = txn->store->environment.present[table] ? SUAN_SCAN_FRESH : SUAN_SCAN_ENDED;
    scan->prefix_size = prefix.size;
    scan->last_size = start.size;
    if (prefix.size > 0)
        memcpy(scan->prefix, prefix.data, prefix.size);
    if (start.size > 0)
        memcpy(scan->last, start.data, start.size);
    scan->next = txn->scans;
    txn->scans = scan;
    *out_scan = scan;
    return SUAN_OK;
}

/* Puts a new or stale cursor on the first row that the scan has not given yet. */
static int seek(struct suan_scan *scan, MDB_val *key, MDB_val *stored)
{
    int code = 0;
    if (scan->cursor == NULL)
        code = mdb_cursor_open(scan->txn->handle, scan->txn->store->environment.tables[scan->table],
                               &scan->cursor);
    if (code != 0)
        return code;
    scan->version = scan->txn->version;
    *key = (MDB_val){scan->last_size, scan->last};
    code = mdb_cursor_get(scan->cursor, key, stored, scan->last_size == 0 ? MDB_FIRST : MDB_SET_RANGE);
    if (code != 0 || scan->place == SUAN_SCAN_FRESH)
        return code;
    bool again = key->mv_size == scan->last_size && memcmp(key->mv_data, scan->last, scan->last_size) == 0;
    return again ? mdb_cursor_get(scan->cursor, key, stored, MDB_NEXT) : 0;
}

static int step(struct suan_scan *scan, MDB_val *key, MDB_val *stored)
{
    if (scan->cursor == NULL || scan->place == SUAN_SCAN_FRESH || scan->version != scan->txn->version)
        return seek(scan, key, stored);
    return mdb_cursor_get(scan->cursor, key, stored, MDB_NEXT);
}

static bool has_prefix(const struct suan_scan *scan, MDB_val key)
{
    return key.mv_size >= scan->prefix_size && memcmp(key.mv_data, scan->prefix, scan->prefix_size) == 0;
}

/* Rows come in rising order, each under its check. */
static enum suan_status take(struct suan_scan *scan, MDB_val key, MDB_val stored, struct suan_span *out_value,
                             struct suan_error *error)
{
    struct suan_span found = suan_span(key.mv_data, key.mv_size),
                     last = suan_span(scan->last, scan->last_size);
    int order = suan_span_compare(found, last);
    if (order < 0 || (order == 0 && scan->place == SUAN_SCAN_BEHIND) || key.mv_size > SUAN_STORE_KEY_MAX)
        return suan_row_corrupt(error, scan->table, last, "the next row is out of order");
    if (!suan_environment_uncover(&scan->txn->store->environment, scan->table, found, stored, out_value))
        return suan_row_corrupt(error, scan->table, found, "the row does not match its check");
    memcpy(scan->last, key.mv_data, key.mv_size);
    scan->last_size = key.mv_size;
    scan->place = SUAN_SCAN_BEHIND;
    return SUAN_OK;
}

enum suan_status suan_scan_next(struct suan_scan *scan, struct suan_span *out_key,
                                struct suan_span *out_value, struct suan_error *error)
{
    MDB_val key, stored;
    struct suan_span value;
    enum suan_status status = suan_txn_usable(scan->txn, error);
    if (status != SUAN_OK)
        return status;
    if (scan->place == SUAN_SCAN_ENDED)
        return SUAN_E_NOT_FOUND;
    int code = step(scan, &key, &stored);
    if (code == MDB_NOTFOUND || (code == 0 && !has_prefix(scan, key))) {
        scan->place = SUAN_SCAN_ENDED;
        return SUAN_E_NOT_FOUND;
    }
    if (code != 0)
        return suan_store_failure(code, table_of(scan), error);
    status = take(scan, key, stored, &value, error);
    if (status != SUAN_OK)
        return status;
    *out_key = suan_span(key.mv_data, key.mv_size);
    *out_value = value;
    return SUAN_OK;
}

void suan_scan_end(struct suan_scan *scan)
{
    if (scan == NULL)
        return;
    if (*scan->txn->store->birth != 0)
        suan_scan_detach(scan);
    for (struct suan_scan **place = &scan->txn->scans; *place != NULL; place = &(*place)->next) {
        if (*place == scan) {
            *place = scan->next;
            break;
        }
    }
    free(scan);
}

void suan_scan_endp(struct suan_scan **scan)
{
    suan_scan_end(*scan);
    *scan = NULL;
}
