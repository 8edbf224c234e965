#ifndef SUAN_LEDGER_BATCH_H
#define SUAN_LEDGER_BATCH_H

/*
 * Inside this folder only: transfers on their way into the tables. A batch reads rows, keeps everything new
 * in memory, and writes only at the end; so a dry run is a batch that is not written, and a chain that fails
 * is taken back.
 */
#include "accounts.h"

/* A new record, with the history rows of both accounts. */
struct suan_entry {
    struct suan_transfer transfer;
    uint8_t debit_after[SUAN_HISTORY_ROW_SIZE], credit_after[SUAN_HISTORY_ROW_SIZE]; /* unused in a refusal */
};

/* A pending transfer that this batch resolves. */
struct suan_resolution {
    uint64_t seq;
    struct suan_pending pending; /* its new state, its old expiry */
};

struct suan_undo {
    uint32_t slot;
    bool changed;
    struct suan_account account;
};

struct suan_batch {
    struct suan_txn *txn;
    struct suan_occasion occasion;
    struct suan_accounts accounts;
    struct suan_entry *entries;
    uint32_t entry_count, entry_capacity;
    struct suan_resolution *resolutions;
    uint32_t resolution_count, resolution_capacity;
    struct suan_undo *undos; /* of the chain that is being tried */
    uint32_t undo_count, undo_capacity;
    struct suan_index ids;      /* entries by id */
    struct suan_index resolved; /* resolutions by seq */
    uint64_t last_seq, last_ns; /* of the newest record, in the tables or here */
    struct suan_id greatest;    /* among the ids in the tables: one above it is new without looking */
    bool any_ids;
};

/* Room for `count` transfers is taken at once. What has expired at the occasion is entered first. */
SUAN_MUST_USE enum suan_status suan_batch_begin(struct suan_batch *batch, struct suan_txn *txn,
                                                struct suan_occasion occasion, size_t count,
                                                struct suan_error *error);
void suan_batch_done(struct suan_batch *batch);

/* A place to come back to. */
struct suan_batch_mark {
    uint32_t entry_count, resolution_count;
    uint64_t last_seq, last_ns;
};
struct suan_batch_mark suan_batch_mark(struct suan_batch *batch);
void suan_batch_take_back(struct suan_batch *batch, struct suan_batch_mark mark);

/* Tries one transfer, whose outcome is its `result`. Returns other than SUAN_OK only for failures that end
   the batch. `out_known`: the id was there before, with this very body. */
enum suan_novelty { SUAN_TRANSFER_NEW, SUAN_TRANSFER_KNOWN };
SUAN_MUST_USE enum suan_status suan_batch_try(struct suan_batch *batch, struct suan_transfer *transfer,
                                              enum suan_novelty *out_novelty, struct suan_error *error);
/* Enters a refusal for balance, which spends its id. */
SUAN_MUST_USE enum suan_status suan_batch_refuse(struct suan_batch *batch, struct suan_transfer *transfer,
                                                 struct suan_error *error);
SUAN_MUST_USE enum suan_status suan_batch_write(struct suan_batch *batch, struct suan_error *error);

/* --- read.c: read one by one; NOT_FOUND leaves `error` untouched --- */

SUAN_MUST_USE enum suan_status suan_transfer_read(struct suan_txn *txn, uint64_t seq,
                                                  struct suan_transfer *out, struct suan_error *error);
SUAN_MUST_USE enum suan_status suan_transfer_read_id(struct suan_txn *txn, const struct suan_id *id,
                                                     struct suan_transfer *out, struct suan_error *error);
SUAN_MUST_USE enum suan_status suan_pending_read(struct suan_txn *txn, uint64_t seq, struct suan_pending *out,
                                                 struct suan_error *error);
/* Calls `visit` with each pending transfer that has expired by `now_ns` and is not yet written down as such.
 */
SUAN_MUST_USE enum suan_status suan_expired_each(
    struct suan_txn *txn, uint64_t now_ns,
    enum suan_status (*visit)(void *context, const struct suan_transfer *transfer, struct suan_error *error),
    void *context, struct suan_error *error);

#endif
