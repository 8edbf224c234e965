/* All records folded anew, and every row of the ledger held against the result. */
#include <stdlib.h>

#include "base/cleanup.h"
#include "batch.h"

struct fold {
    struct suan_txn *txn;
    struct suan_accounts accounts; /* `account` as folded, `before` as stored */
    uint8_t *states;               /* enum suan_pending_state by seq; 0: nothing reserved */
    uint64_t count, last_ns, ids, movements, reservations, expiries;
    struct suan_id wrong; /* the account that check_account stopped at */
    struct suan_ledger_report report;
};

static void fold_done(struct fold *fold)
{
    suan_accounts_done(&fold->accounts);
    free(fold->states);
}

static enum suan_status differs(struct suan_error *error, uint64_t seq, const char *what)
{
    return suan_error_set(error, SUAN_E_INTEGRITY, "ledger.invariant",
                          "stop, and run 'suan registry verify' on a copy", "record %llu: %s",
                          (unsigned long long)seq, what);
}

/* The account's slot, whose folded balances begin at zero. */
static enum suan_status take(struct fold *fold, const struct suan_id *id, uint32_t *out_slot,
                             struct suan_error *error)
{
    uint32_t before = fold->accounts.count;
    enum suan_status status = suan_accounts_take(&fold->accounts, fold->txn, id, out_slot, error);
    if (status == SUAN_E_NOT_FOUND)
        return suan_ledger_broken(error, "a record names an account that is missing", id);
    if (status == SUAN_OK && fold->accounts.count > before) {
        struct suan_account *account = &fold->accounts.slots[*out_slot].account;
        account->debits_pending_fen = account->debits_posted_fen = 0;
        account->credits_pending_fen = account->credits_posted_fen = 0;
    }
    return status;
}

static enum suan_status check_history(struct fold *fold, const struct suan_account *account, uint64_t seq,
                                      struct suan_error *error)
{
    uint8_t key[SUAN_HISTORY_KEY_SIZE], expected[SUAN_HISTORY_ROW_SIZE];
    struct suan_span row;
    suan_history_key(&account->id, seq, key);
    suan_history_encode(account, expected);
    enum suan_status status =
        suan_row_get(fold->txn, SUAN_TABLE_ACCT_HIST, suan_span(key, sizeof key), &row, error);
    if (status == SUAN_E_NOT_FOUND ||
        (status == SUAN_OK && !suan_span_equal(row, suan_span(expected, sizeof expected))))
        return differs(error, seq, "the history of an account differs");
    fold->movements++;
    return status;
}

/* What POST, VOID and EXPIRE resolve: an open reservation of an earlier record. */
static enum suan_status fold_resolution(struct fold *fold, const struct suan_transfer *transfer,
                                        int64_t *out_reserved, struct suan_error *error)
{
    struct suan_transfer reserved;
    enum suan_status status = suan_transfer_read_id(fold->txn, &transfer->pending, &reserved, error);
    if (status == SUAN_E_NOT_FOUND ||
        (status == SUAN_OK &&
         (reserved.seq >= transfer->seq || fold->states[reserved.seq] != SUAN_PENDING_OPEN)))
        return differs(error, transfer->seq, "it resolves nothing that was open");
    if (status != SUAN_OK)
        return status;
    if (transfer->amount_fen > reserved.amount_fen || !suan_id_equal(&transfer->debit, &reserved.debit) ||
        !suan_id_equal(&transfer->credit, &reserved.credit))
        return differs(error, transfer->seq, "it does not fit what was reserved");
    fold->states[reserved.seq] = (transfer->flags & SUAN_TRANSFER_POST) != 0   ? SUAN_PENDING_POSTED
                                 : (transfer->flags & SUAN_TRANSFER_VOID) != 0 ? SUAN_PENDING_VOIDED
                                                                               : SUAN_PENDING_EXPIRED;
    *out_reserved = reserved.amount_fen;
    return SUAN_OK;
}

static enum suan_status fold_movement(struct fold *fold, const struct suan_transfer *transfer,
                                      struct suan_error *error)
{
    enum suan_move move = suan_core_move_of(transfer);
    int64_t reserved = 0;
    uint32_t debit, credit;
    enum suan_status status = SUAN_OK;
    if (move == SUAN_MOVE_RESERVE)
        fold->states[transfer->seq] = SUAN_PENDING_OPEN;
    if (move == SUAN_MOVE_SETTLE || move == SUAN_MOVE_RELEASE)
        status = fold_resolution(fold, transfer, &reserved, error);
    if (status == SUAN_OK)
        status = take(fold, &transfer->debit, &debit, error);
    if (status == SUAN_OK)
        status = take(fold, &transfer->credit, &credit, error);
    if (status != SUAN_OK)
        return status;
    struct suan_account *from = &fold->accounts.slots[debit].account,
                        *to = &fold->accounts.slots[credit].account;
    if (from->ledger != transfer->ledger || to->ledger != transfer->ledger ||
        suan_core_move(from, to, move, reserved, transfer->amount_fen) != SUAN_TRANSFER_DONE)
        return differs(error, transfer->seq, "it could not have been posted");
    status = check_history(fold, from, transfer->seq, error);
    return status == SUAN_OK ? check_history(fold, to, transfer->seq, error) : status;
}

static enum suan_status check_id(struct fold *fold, const struct suan_transfer *transfer,
                                 struct suan_error *error)
{
    struct suan_transfer found;
    if ((transfer->flags & SUAN_TRANSFER_EXPIRE) != 0)
        return SUAN_OK;
    fold->ids++;
    enum suan_status status = suan_transfer_read_id(fold->txn, &transfer->id, &found, error);
    if (status == SUAN_E_NOT_FOUND || (status == SUAN_OK && found.seq != transfer->seq))
        return differs(error, transfer->seq, "its id does not lead to it");
    return status;
}

static enum suan_status fold_record(struct fold *fold, const struct suan_transfer *transfer,
                                    struct suan_error *error)
{
    if (transfer->time_ns <= fold->last_ns)
        return differs(error, transfer->seq, "its time is not later than that of the one before");
    fold->last_ns = transfer->time_ns;
    enum suan_status status = check_id(fold, transfer, error);
    if (status != SUAN_OK)
        return status;
    if (transfer->result == SUAN_TRANSFER_DONE)
        return fold_movement(fold, transfer, error);
    fold->report.failures++;
    return SUAN_OK;
}

static enum suan_status fold_all(struct fold *fold, struct suan_error *error)
{
    enum suan_status status = suan_ledger_size(fold->txn, &fold->count, error);
    if (status != SUAN_OK)
        return status;
    fold->report.transfers = fold->count;
    fold->states = calloc(fold->count + 1, 1);
    if (fold->states == NULL)
        return suan_error_set(error, SUAN_E_MEMORY, "memory", NULL, "out of memory");
    for (uint64_t seq = 1; seq <= fold->count && status == SUAN_OK; seq++) {
        struct suan_transfer transfer;
        status = suan_transfer_read(fold->txn, seq, &transfer, error);
        if (status == SUAN_OK)
            status = fold_record(fold, &transfer, error);
    }
    return status;
}

/* --- rows against the fold --- */

static enum suan_status check_pending(struct fold *fold, uint64_t seq, struct suan_error *error)
{
    struct suan_pending pending;
    struct suan_span row;
    uint8_t key[SUAN_EXPIRY_KEY_SIZE];
    enum suan_status status = suan_pending_read(fold->txn, seq, &pending, error);
    if (status == SUAN_E_NOT_FOUND || (status == SUAN_OK && pending.state != fold->states[seq]))
        return differs(error, seq, "its pending state differs");
    fold->reservations++;
    fold->report.open_pending += fold->states[seq] == SUAN_PENDING_OPEN;
    if (status != SUAN_OK || pending.state != SUAN_PENDING_OPEN || pending.expiry_ns == 0)
        return status;
    suan_expiry_key(pending.expiry_ns, seq, key);
    fold->expiries++;
    status = suan_row_get(fold->txn, SUAN_TABLE_EXPIRY, suan_span(key, sizeof key), &row, error);
    return status == SUAN_E_NOT_FOUND ? differs(error, seq, "its expiry is missing") : status;
}

static bool same_balances(const struct suan_account *a, const struct suan_account *b)
{
    return a->debits_pending_fen == b->debits_pending_fen && a->debits_posted_fen == b->debits_posted_fen &&
           a->credits_pending_fen == b->credits_pending_fen && a->credits_posted_fen == b->credits_posted_fen;
}

static enum suan_status check_account(void *context, const struct suan_account *account)
{
    const struct suan_account untouched = {0}, *folded = &untouched;
    struct fold *fold = context;
    uint64_t hash = suan_index_hash(account->id.bytes);
    uint32_t slot;
    for (uint32_t probe = 0; suan_index_next(&fold->accounts.index, hash, &probe, &slot);) {
        if (suan_id_equal(&fold->accounts.slots[slot].account.id, &account->id))
            folded = &fold->accounts.slots[slot].account;
    }
    fold->report.accounts++;
    fold->wrong = account->id;
    return same_balances(folded, account) ? SUAN_OK : SUAN_E_INTEGRITY;
}

static enum suan_status check_count(struct fold *fold, enum suan_table table, uint64_t expected,
                                    struct suan_error *error)
{
    uint64_t count;
    enum suan_status status = suan_row_count(fold->txn, table, &count, error);
    if (status == SUAN_OK && count != expected)
        return suan_error_set(error, SUAN_E_INTEGRITY, "ledger.invariant", NULL,
                              "table '%s' has %llu rows; its records make %llu", suan_table_name(table),
                              (unsigned long long)count, (unsigned long long)expected);
    return status;
}

static enum suan_status check_tables(struct fold *fold, struct suan_error *error)
{
    enum suan_status status = SUAN_OK;
    for (uint64_t seq = 1; seq <= fold->count && status == SUAN_OK; seq++) {
        if (fold->states[seq] != 0)
            status = check_pending(fold, seq, error);
    }
    if (status == SUAN_OK)
        status = check_count(fold, SUAN_TABLE_XFER, fold->count, error);
    if (status == SUAN_OK)
        status = check_count(fold, SUAN_TABLE_XFER_ID, fold->ids, error);
    if (status == SUAN_OK)
        status = check_count(fold, SUAN_TABLE_ACCT_HIST, fold->movements, error);
    if (status == SUAN_OK)
        status = check_count(fold, SUAN_TABLE_PENDING, fold->reservations, error);
    return status == SUAN_OK ? check_count(fold, SUAN_TABLE_EXPIRY, fold->expiries, error) : status;
}

enum suan_status suan_ledger_verify(struct suan_txn *txn, struct suan_ledger_report *out,
                                    struct suan_error *error)
{
    SUAN_CLEANUP(fold_done) struct fold fold = {.txn = txn};
    struct suan_error found = {0};
    enum suan_status status = fold_all(&fold, error);
    if (status == SUAN_OK)
        status = check_tables(&fold, error);
    if (status != SUAN_OK)
        return status;
    status = suan_account_each(txn, 0, check_account, &fold, &found);
    if (status == SUAN_E_INTEGRITY && found.code == NULL)
        return suan_ledger_broken(error, "the balances of an account are not the sum of its records",
                                  &fold.wrong);
    if (status != SUAN_OK) {
        if (error != NULL)
            *error = found;
        return status;
    }
    *out = fold.report;
    return SUAN_OK;
}
