/* Snapshots, the one way to write, and what happens when the map is full or a commit fails. */
#include "tuning.h"

#include <stdlib.h>

#include "base/file.h"
#include "inside.h"

enum { GROWTHS_MAX = 8 };
static const uint64_t readers_check_ns = UINT64_C(60000000000);

enum suan_status suan_store_usable(const struct suan_store *store, struct suan_error *error)
{
    if (*store->birth == 0)
        return suan_error_set(error, SUAN_E_FORKED, "store.fork", "open the store again in the child",
                              "%s: this handle was opened before fork()", store->folder);
    return SUAN_OK;
}

enum suan_status suan_txn_usable(const struct suan_txn *txn, struct suan_error *error)
{
    if (*txn->store->birth == 0)
        return suan_store_usable(txn->store, error);
    if (txn->handle == NULL)
        return suan_error_set(error, SUAN_E_STATE, "store.ended", "renew the transaction",
                              "%s: the snapshot ended when the map grew or a commit failed",
                              txn->store->folder);
    return SUAN_OK;
}

/* --- the environment under transactions --- */

static void detach_txn(struct suan_txn *txn)
{
    for (struct suan_scan *scan = txn->scans; scan != NULL; scan = scan->next)
        suan_scan_detach(scan);
    if (txn->handle != NULL)
        mdb_txn_abort(txn->handle);
    txn->handle = NULL;
}

void suan_store_detach(struct suan_store *store)
{
    for (struct suan_txn *txn = store->txns; txn != NULL; txn = txn->next)
        detach_txn(txn);
}

static enum suan_status reopen(struct suan_store *store, struct suan_error *error)
{
    suan_store_detach(store);
    suan_environment_close(&store->environment);
    return suan_environment_open(&store->environment, store->file,
                                 store->mode == SUAN_STORE_WRITE ? SUAN_USE_WRITE : SUAN_USE_READ, error);
}

/* No transaction of this process may be open while the map changes. A failure leaves LMDB without a map:
 * start afresh. */
static enum suan_status resize(struct suan_store *store, uint64_t map_bytes, struct suan_error *error)
{
    suan_store_detach(store);
    int code = mdb_env_set_mapsize(store->environment.env, map_bytes);
    if (code == 0) {
        MDB_envinfo info;
        mdb_env_info(store->environment.env, &info);
        store->environment.map_bytes = info.me_mapsize;
        return SUAN_OK;
    }
    suan_environment_close(&store->environment);
    return suan_store_failure(code, "growing the map", error);
}

static void check_readers(struct suan_store *store)
{
    uint64_t now = suan_clock_monotonic_ns();
    int dead;
    if (now - store->readers_checked_ns < readers_check_ns && store->readers_checked_ns != 0)
        return;
    store->readers_checked_ns = now;
    mdb_reader_check(store->environment.env, &dead);
}

static enum suan_status begin_handle(struct suan_store *store, unsigned flags, MDB_txn **out,
                                     struct suan_error *error)
{
    int dead;
    enum suan_status status = suan_store_usable(store, error);
    if (status == SUAN_OK && store->environment.env == NULL)
        status = reopen(store, error);
    if (status != SUAN_OK)
        return status;
    check_readers(store);
    int code = mdb_txn_begin(store->environment.env, NULL, flags, out);
    if (code == MDB_MAP_RESIZED) {
        status = resize(store, 0, error);
        if (status != SUAN_OK)
            return status;
        code = mdb_txn_begin(store->environment.env, NULL, flags, out);
    }
    if (code == MDB_READERS_FULL && mdb_reader_check(store->environment.env, &dead) == 0)
        code = mdb_txn_begin(store->environment.env, NULL, flags, out);
    return code == 0 ? SUAN_OK : suan_store_failure(code, store->folder, error);
}

/* --- reading --- */

enum suan_status suan_store_begin(struct suan_store *store, struct suan_txn **out_txn,
                                  struct suan_error *error)
{
    MDB_txn *handle = NULL;
    struct suan_txn *txn = calloc(1, sizeof *txn);
    if (txn == NULL)
        return suan_error_set(error, SUAN_E_MEMORY, "memory", NULL, "out of memory");
    enum suan_status status = begin_handle(store, MDB_RDONLY, &handle, error);
    if (status != SUAN_OK) {
        free(txn);
        return status;
    }
    txn->store = store;
    txn->handle = handle;
    txn->kind = SUAN_TXN_READ;
    txn->next = store->txns;
    store->txns = txn;
    *out_txn = txn;
    return SUAN_OK;
}

enum suan_status suan_txn_renew(struct suan_txn *txn, struct suan_error *error)
{
    struct suan_store *store = txn->store;
    enum suan_status status = suan_store_usable(store, error);
    if (status != SUAN_OK)
        return status;
    if (txn->kind == SUAN_TXN_WRITE)
        return suan_error_set(error, SUAN_E_STATE, "store.nested", NULL,
                              "a write transaction cannot be renewed");
    detach_txn(txn);
    txn->version++;
    memset(txn->edge_state, 0, sizeof txn->edge_state);
    return begin_handle(store, MDB_RDONLY, &txn->handle, error);
}

static void unlink_txn(struct suan_txn *txn)
{
    for (struct suan_txn **place = &txn->store->txns; *place != NULL; place = &(*place)->next) {
        if (*place == txn) {
            *place = txn->next;
            return;
        }
    }
}

void suan_txn_end(struct suan_txn *txn)
{
    if (txn == NULL)
        return;
    if (*txn->store->birth != 0)
        detach_txn(txn);
    unlink_txn(txn);
    free(txn);
}

void suan_txn_endp(struct suan_txn **txn)
{
    suan_txn_end(*txn);
    *txn = NULL;
}

/* --- writing --- */

static void close_cursors(struct suan_txn *txn)
{
    for (struct suan_scan *scan = txn->scans; scan != NULL; scan = scan->next)
        suan_scan_detach(scan);
    for (int i = 0; i < SUAN_TABLE_COUNT; i++) {
        if (txn->writers[i] != NULL)
            mdb_cursor_close(txn->writers[i]);
    }
}

/* LMDB may keep a broken state after a failed commit: nothing else happens before the file was opened afresh.
 */
static enum suan_status commit(struct suan_txn *txn, struct suan_error *error)
{
    int code = mdb_txn_commit(txn->handle);
    txn->handle = NULL;
    if (code == 0)
        return SUAN_OK;
    txn->map_full = txn->map_full || code == MDB_MAP_FULL;
    suan_store_detach(txn->store);
    suan_environment_close(&txn->store->environment);
    if (code == MDB_BAD_TXN)
        return suan_error_set(error, SUAN_E_IO, "store.io", NULL, "commit: a write had failed before");
    return suan_store_failure(code, "commit", error);
}

enum outcome { OUTCOME_FINAL, OUTCOME_MAP_FULL };

static enum suan_status write_once(struct suan_store *store, struct suan_txn *txn,
                                   enum suan_status (*work)(void *context, struct suan_txn *txn,
                                                            struct suan_error *error),
                                   void *context, enum outcome *out_outcome, struct suan_error *error)
{
    memset(txn, 0, sizeof *txn);
    *out_outcome = OUTCOME_FINAL;
    enum suan_status status = begin_handle(store, 0, &txn->handle, error);
    if (status != SUAN_OK)
        return status;
    txn->store = store;
    txn->kind = SUAN_TXN_WRITE;
    status = work(context, txn, error);
    if (status == SUAN_OK)
        status = suan_log_flush(txn, error);
    close_cursors(txn);
    if (status == SUAN_OK)
        status = commit(txn, error);
    else
        mdb_txn_abort(txn->handle);
    if (status != SUAN_OK && txn->map_full)
        *out_outcome = OUTCOME_MAP_FULL;
    return status;
}

static enum suan_status grow(struct suan_store *store, struct suan_error *error)
{
    if (store->environment.env == NULL) {
        enum suan_status status = reopen(store, error);
        if (status != SUAN_OK)
            return status;
    }
    if (store->environment.map_bytes > UINT64_MAX / 4)
        return suan_error_set(error, SUAN_E_IO, "store.io", NULL, "%s: the map cannot grow further",
                              store->folder);
    return resize(store, store->environment.map_bytes * 2, error);
}

static enum suan_status may_write(const struct suan_store *store, struct suan_error *error)
{
    enum suan_status status = suan_store_usable(store, error);
    if (status != SUAN_OK)
        return status;
    if (store->mode != SUAN_STORE_WRITE)
        return suan_error_set(error, SUAN_E_STATE, "store.mode", NULL, "%s: opened for reading",
                              store->folder);
    if (store->writing)
        return suan_error_set(error, SUAN_E_STATE, "store.nested", NULL, "a write inside a write");
    return SUAN_OK;
}

enum suan_status suan_store_write(struct suan_store *store,
                                  enum suan_status (*work)(void *context, struct suan_txn *txn,
                                                           struct suan_error *error),
                                  void *context, struct suan_error *error)
{
    enum outcome outcome = OUTCOME_MAP_FULL;
    enum suan_status status = may_write(store, error);
    if (status != SUAN_OK)
        return status;
    struct suan_txn *txn = malloc(sizeof *txn);
    if (txn == NULL)
        return suan_error_set(error, SUAN_E_MEMORY, "memory", NULL, "out of memory");
    store->writing = true;
    for (int growths = 0; outcome == OUTCOME_MAP_FULL; growths++) {
        status = write_once(store, txn, work, context, &outcome, error);
        if (outcome != OUTCOME_MAP_FULL || growths == GROWTHS_MAX)
            break;
        status = grow(store, error);
        if (status != SUAN_OK)
            break;
    }
    store->writing = false;
    free(txn);
    return status;
}

/* --- tuning --- */

enum suan_status suan_store_set_map(struct suan_store *store, uint64_t map_bytes, struct suan_error *error)
{
    enum suan_status status = suan_store_usable(store, error);
    if (status == SUAN_OK && store->environment.env == NULL)
        status = reopen(store, error);
    return status == SUAN_OK ? resize(store, map_bytes, error) : status;
}

uint64_t suan_store_map(const struct suan_store *store)
{
    return store->environment.map_bytes;
}
