/* What the examining child reads once LMDB has opened the file. */
#include "inside.h"

#include <stdio.h>

#include "base/cleanup.h"

static enum suan_status walk_table(struct suan_txn *txn, enum suan_table table, struct suan_error *error)
{
    SUAN_CLEANUP(suan_scan_endp) struct suan_scan *scan = NULL;
    struct suan_span key, value, none = {0};
    uint64_t count = 0, expected;
    enum suan_status status = suan_row_count(txn, table, &expected, error);
    if (status == SUAN_OK)
        status = suan_scan_begin(txn, table, none, none, &scan, error);
    while (status == SUAN_OK) {
        status = suan_scan_next(scan, &key, &value, error);
        count += status == SUAN_OK;
    }
    if (status != SUAN_E_NOT_FOUND)
        return status;
    return count == expected ? SUAN_OK : suan_store_corrupt(error, "a table has not as many rows as it says");
}

static enum suan_status check_schema(struct suan_txn *txn, struct suan_error *error)
{
    unsigned major, minor;
    enum suan_status status = suan_schema_get(txn, &major, &minor, error);
    if (status == SUAN_OK && major > SUAN_SCHEMA_MAJOR)
        return suan_error_set(error, SUAN_E_REFUSED, "store.version", "use a newer Suan",
                              "the store has schema %u.%u; this Suan knows up to %d.%d", major, minor,
                              SUAN_SCHEMA_MAJOR, SUAN_SCHEMA_MINOR);
    if (status != SUAN_OK || major != SUAN_SCHEMA_MAJOR || minor != SUAN_SCHEMA_MINOR)
        return status;
    for (int table = 0; table < SUAN_TABLE_COUNT; table++) {
        if (!txn->store->environment.present[table])
            return suan_store_corrupt(error, "a table of this schema is missing");
    }
    return SUAN_OK;
}

enum suan_status suan_store_walk(struct suan_store *store, enum suan_walk walk, struct suan_error *error)
{
    SUAN_CLEANUP(suan_txn_endp) struct suan_txn *txn = NULL;
    enum suan_status status = suan_store_begin(store, &txn, error);
    if (status == SUAN_OK)
        status = check_schema(txn, error);
    if (status == SUAN_OK)
        status = walk_table(txn, SUAN_TABLE_META, error);
    for (int table = 0; table < SUAN_TABLE_COUNT && walk == SUAN_WALK_WHOLE && status == SUAN_OK; table++)
        status = walk_table(txn, (enum suan_table)table, error);
    for (int log = 0; log < SUAN_LOG_COUNT && status == SUAN_OK; log++)
        status = suan_log_examine(txn, (enum suan_log)log, error);
    return status;
}
