/* Single rows: every value is covered by a check of table, key and value. */
#include "inside.h"

#include <stdio.h>

/* Beyond this LMDB keeps a value in pages of its own, which stay where they are while other rows are written.
 */
enum { INLINE_MAX = 2048 };

static MDB_val val(struct suan_span span)
{
    return (MDB_val){span.size, (void *)(uintptr_t)span.data};
}

static struct suan_span span_of(MDB_val stored)
{
    return suan_span(stored.mv_data, stored.mv_size);
}

/* --- reading --- */

/* A row that is in its place beside an absent key. */
static enum suan_status check_neighbour(struct suan_txn *txn, enum suan_table table, MDB_val key,
                                        MDB_val stored, int order, struct suan_error *error)
{
    struct suan_span value;
    if (order == 0 ||
        !suan_environment_uncover(&txn->store->environment, table, span_of(key), stored, &value))
        return suan_row_corrupt(error, table, span_of(key), "the row beside an absent one is damaged");
    return SUAN_OK;
}

/*
 * A damaged key makes its row absent, and no check says so. But a search that goes astray ends beside the
 * damage, or between rows that are out of order: so both neighbours of an absent key are looked at.
 */
static enum suan_status confirm_absent(struct suan_txn *txn, enum suan_table table, MDB_cursor *cursor,
                                       struct suan_span key, struct suan_error *error)
{
    MDB_val place = val(key), stored;
    enum suan_status status = SUAN_OK;
    int code = mdb_cursor_get(cursor, &place, &stored, MDB_SET_RANGE);
    if (code == 0)
        status =
            check_neighbour(txn, table, place, stored, suan_span_compare(span_of(place), key) > 0, error);
    if (status != SUAN_OK || (code != 0 && code != MDB_NOTFOUND))
        return status != SUAN_OK ? status : suan_store_failure(code, suan_table_name(table), error);
    code = mdb_cursor_get(cursor, &place, &stored, code == 0 ? MDB_PREV : MDB_LAST);
    if (code == 0)
        return check_neighbour(txn, table, place, stored, suan_span_compare(span_of(place), key) < 0, error);
    return code == MDB_NOTFOUND ? SUAN_OK : suan_store_failure(code, suan_table_name(table), error);
}

static enum suan_status answer_absent(struct suan_txn *txn, enum suan_table table, struct suan_span key,
                                      struct suan_error *error)
{
    MDB_cursor *cursor = NULL;
    int code = mdb_cursor_open(txn->handle, txn->store->environment.tables[table], &cursor);
    if (code != 0)
        return suan_store_failure(code, suan_table_name(table), error);
    enum suan_status status = confirm_absent(txn, table, cursor, key, error);
    mdb_cursor_close(cursor);
    return status == SUAN_OK ? SUAN_E_NOT_FOUND : status;
}

enum suan_status suan_row_get(struct suan_txn *txn, enum suan_table table, struct suan_span key,
                              struct suan_span *out_value, struct suan_error *error)
{
    const struct suan_environment *environment = &txn->store->environment;
    MDB_val place = val(key), stored;
    enum suan_status status = suan_txn_usable(txn, error);
    if (status != SUAN_OK)
        return status;
    if (!environment->present[table])
        return SUAN_E_NOT_FOUND;
    int code = mdb_get(txn->handle, environment->tables[table], &place, &stored);
    if (code == MDB_NOTFOUND)
        return answer_absent(txn, table, key, error);
    if (code != 0)
        return suan_store_failure(code, suan_table_name(table), error);
    if (!suan_environment_uncover(environment, table, key, stored, out_value))
        return suan_row_corrupt(error, table, key, "the row does not match its check");
    return SUAN_OK;
}

/* The least key above all that begin with `prefix`; false if there is none (no prefix, or all 0xff). */
static bool successor(struct suan_span prefix, uint8_t out[SUAN_STORE_KEY_MAX], size_t *out_size)
{
    size_t size = prefix.size;
    while (size > 0 && prefix.data[size - 1] == 0xff)
        size--;
    if (size == 0)
        return false;
    memcpy(out, prefix.data, size);
    out[size - 1]++;
    *out_size = size;
    return true;
}

static int seek_last(MDB_cursor *cursor, struct suan_span prefix, MDB_val *key, MDB_val *stored)
{
    uint8_t above[SUAN_STORE_KEY_MAX];
    size_t above_size;
    int code = MDB_NOTFOUND;
    if (successor(prefix, above, &above_size)) {
        *key = (MDB_val){above_size, above};
        code = mdb_cursor_get(cursor, key, stored, MDB_SET_RANGE);
    }
    if (code == 0)
        return mdb_cursor_get(cursor, key, stored, MDB_PREV);
    return code == MDB_NOTFOUND ? mdb_cursor_get(cursor, key, stored, MDB_LAST) : code;
}

enum suan_status suan_row_last(struct suan_txn *txn, enum suan_table table, struct suan_span prefix,
                               struct suan_span *out_key, struct suan_span *out_value,
                               struct suan_error *error)
{
    const struct suan_environment *environment = &txn->store->environment;
    MDB_cursor *cursor = NULL;
    MDB_val key, stored;
    struct suan_span value;
    enum suan_status status = suan_txn_usable(txn, error);
    if (status != SUAN_OK)
        return status;
    if (!environment->present[table])
        return SUAN_E_NOT_FOUND;
    if (prefix.size > SUAN_STORE_KEY_MAX)
        return suan_store_failure(MDB_BAD_VALSIZE, suan_table_name(table), error);
    int code = mdb_cursor_open(txn->handle, environment->tables[table], &cursor);
    if (code != 0)
        return suan_store_failure(code, suan_table_name(table), error);
    code = seek_last(cursor, prefix, &key, &stored);
    mdb_cursor_close(cursor);
    if (code == MDB_NOTFOUND)
        return SUAN_E_NOT_FOUND;
    if (code != 0)
        return suan_store_failure(code, suan_table_name(table), error);
    if (!suan_environment_uncover(environment, table, span_of(key), stored, &value))
        return suan_row_corrupt(error, table, span_of(key), "the row does not match its check");
    if (key.mv_size < prefix.size || (prefix.size > 0 && memcmp(key.mv_data, prefix.data, prefix.size) != 0))
        return SUAN_E_NOT_FOUND;
    *out_key = span_of(key);
    *out_value = value;
    return SUAN_OK;
}

enum suan_status suan_row_count(struct suan_txn *txn, enum suan_table table, uint64_t *out_count,
                                struct suan_error *error)
{
    const struct suan_environment *environment = &txn->store->environment;
    MDB_stat stat = {0};
    enum suan_status status = suan_txn_usable(txn, error);
    if (status != SUAN_OK)
        return status;
    int code = environment->present[table] ? mdb_stat(txn->handle, environment->tables[table], &stat) : 0;
    if (code != 0)
        return suan_store_failure(code, suan_table_name(table), error);
    *out_count = stat.ms_entries;
    return SUAN_OK;
}

/* --- writing --- */

static enum suan_status may_write(const struct suan_txn *txn, struct suan_error *error)
{
    if (txn->kind != SUAN_TXN_WRITE)
        return suan_error_set(error, SUAN_E_STATE, "store.mode", NULL, "%s: a snapshot cannot be written",
                              txn->store->folder);
    return suan_txn_usable(txn, error);
}

static enum suan_status write_failure(struct suan_txn *txn, int code, enum suan_table table,
                                      struct suan_error *error)
{
    txn->map_full = txn->map_full || code == MDB_MAP_FULL;
    return suan_store_failure(code, suan_table_name(table), error);
}

static int put_small(MDB_cursor *cursor, MDB_val key, struct suan_span value, uint64_t sum)
{
    uint8_t bytes[INLINE_MAX + SUAN_CHECK_SIZE];
    MDB_val stored = {value.size + SUAN_CHECK_SIZE, bytes};
    if (value.size > 0)
        memcpy(bytes, value.data, value.size);
    suan_put_be64(bytes + value.size, sum);
    return mdb_cursor_put(cursor, &key, &stored, 0);
}

static int put_large(MDB_cursor *cursor, MDB_val key, struct suan_span value, uint64_t sum)
{
    MDB_val stored = {value.size + SUAN_CHECK_SIZE, NULL};
    int code = mdb_cursor_put(cursor, &key, &stored, MDB_RESERVE);
    if (code != 0)
        return code;
    memcpy(stored.mv_data, value.data, value.size);
    suan_put_be64((uint8_t *)stored.mv_data + value.size, sum);
    return 0;
}

static int writer(struct suan_txn *txn, enum suan_table table, MDB_cursor **out)
{
    int code = 0;
    if (txn->writers[table] == NULL)
        code = mdb_cursor_open(txn->handle, txn->store->environment.tables[table], &txn->writers[table]);
    *out = txn->writers[table];
    return code;
}

enum suan_status suan_row_put(struct suan_txn *txn, enum suan_table table, struct suan_span key,
                              struct suan_span value, struct suan_error *error)
{
    uint8_t copy[SUAN_STORE_KEY_MAX]; /* a borrowed key could move while its own page is written */
    MDB_cursor *cursor = NULL;
    enum suan_status status = may_write(txn, error);
    if (status != SUAN_OK)
        return status;
    if (key.size == 0 || key.size > SUAN_STORE_KEY_MAX)
        return suan_store_failure(MDB_BAD_VALSIZE, suan_table_name(table), error);
    if (value.size > SUAN_STORE_VALUE_MAX)
        return suan_error_set(error, SUAN_E_REFUSED, "store.too-large", NULL,
                              "table '%s': %zu bytes, the limit is %d", suan_table_name(table), value.size,
                              SUAN_STORE_VALUE_MAX);
    memcpy(copy, key.data, key.size);
    int code = writer(txn, table, &cursor);
    if (code != 0)
        return write_failure(txn, code, table, error);
    uint64_t sum = suan_environment_sum(&txn->store->environment, table, key, value.data, value.size);
    txn->version++;
    MDB_val place = {key.size, copy};
    code = value.size <= INLINE_MAX ? put_small(cursor, place, value, sum)
                                    : put_large(cursor, place, value, sum);
    return code == 0 ? SUAN_OK : write_failure(txn, code, table, error);
}

enum suan_status suan_row_delete(struct suan_txn *txn, enum suan_table table, struct suan_span key,
                                 struct suan_error *error)
{
    uint8_t copy[SUAN_STORE_KEY_MAX];
    enum suan_status status = may_write(txn, error);
    if (status != SUAN_OK)
        return status;
    if (key.size == 0 || key.size > SUAN_STORE_KEY_MAX)
        return suan_store_failure(MDB_BAD_VALSIZE, suan_table_name(table), error);
    memcpy(copy, key.data, key.size);
    if (txn->writers[table] != NULL)
        mdb_cursor_close(txn->writers[table]);
    txn->writers[table] = NULL;
    txn->version++;
    MDB_val place = {key.size, copy};
    int code = mdb_del(txn->handle, txn->store->environment.tables[table], &place, NULL);
    if (code == MDB_NOTFOUND)
        return SUAN_E_NOT_FOUND;
    return code == 0 ? SUAN_OK : write_failure(txn, code, table, error);
}

/* --- schema --- */

static const char schema_key[] = "store.schema";

enum suan_status suan_schema_get(struct suan_txn *txn, unsigned *out_major, unsigned *out_minor,
                                 struct suan_error *error)
{
    struct suan_span value;
    char text[32];
    enum suan_status status = suan_row_get(txn, SUAN_TABLE_META, suan_span_text(schema_key), &value, error);
    if (status == SUAN_E_NOT_FOUND)
        return suan_error_set(error, SUAN_E_REFUSED, "store.foreign", "name the folder of a registry",
                              "the file is no Suan store, or its creation was interrupted");
    if (status != SUAN_OK)
        return status;
    snprintf(text, sizeof text, "%.*s", SUAN_SPAN_PRINTF(value));
    if (value.size >= sizeof text || sscanf(text, "%u.%u", out_major, out_minor) != 2)
        return suan_store_corrupt(error, "the schema version is no version");
    return SUAN_OK;
}

enum suan_status suan_schema_put(struct suan_txn *txn, struct suan_error *error)
{
    char text[32];
    snprintf(text, sizeof text, "%d.%d", SUAN_SCHEMA_MAJOR, SUAN_SCHEMA_MINOR);
    return suan_row_put(txn, SUAN_TABLE_META, suan_span_text(schema_key), suan_span_text(text), error);
}
