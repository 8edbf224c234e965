/* Accounts as callers see them: with what has expired taken off. */
#include "accounts.h"

#include "base/cleanup.h"
#include "batch.h"

struct suan_id suan_account_id(struct suan_span name)
{
    static const char domain[] = "suan-account-v1\n";
    SUAN_CLEANUP(suan_hasher_done) struct suan_hasher hasher;
    struct suan_id id;
    suan_hasher_init(&hasher);
    suan_hasher_add(&hasher, suan_span_text(domain));
    suan_hasher_add(&hasher, name);
    struct suan_digest digest = suan_hasher_finish(&hasher);
    memcpy(id.bytes, digest.bytes, SUAN_ID_SIZE);
    return id;
}

enum suan_status suan_account_open(struct suan_txn *txn, const struct suan_account *account,
                                   struct suan_occasion occasion, struct suan_error *error)
{
    struct suan_account known, fresh = {.id = account->id,
                                        .ledger = account->ledger,
                                        .code = account->code,
                                        .flags = account->flags,
                                        .ref = account->ref,
                                        .time_ns = occasion.time_ns,
                                        .cause = occasion.cause};
    enum suan_status status = suan_account_read(txn, &account->id, &known, error);
    if (status == SUAN_E_NOT_FOUND && !suan_core_is_sound(&fresh))
        return suan_error_set(error, SUAN_E_USAGE, "ledger.account", NULL,
                              "an account has a ledger and exactly one limit, not ledger %u, flags %u",
                              fresh.ledger, fresh.flags);
    if (status == SUAN_E_NOT_FOUND)
        return suan_account_write(txn, &fresh, error);
    if (status != SUAN_OK)
        return status;
    if (known.ledger != fresh.ledger || known.code != fresh.code || known.flags != fresh.flags ||
        !suan_id_equal(&known.ref, &fresh.ref))
        return suan_error_set(error, SUAN_E_CONFLICT, "ledger.conflict", NULL,
                              "the account exists already with another ledger, code, limit or reference");
    return SUAN_OK;
}

/* --- reading --- */

/* Takes an expired reservation off one account. */
static enum suan_status release(void *context, const struct suan_transfer *transfer, struct suan_error *error)
{
    struct suan_account *account = context;
    if (suan_id_equal(&transfer->debit, &account->id))
        account->debits_pending_fen -= transfer->amount_fen;
    if (suan_id_equal(&transfer->credit, &account->id))
        account->credits_pending_fen -= transfer->amount_fen;
    return suan_core_is_sound(account)
               ? SUAN_OK
               : suan_ledger_broken(error, "more has expired than was reserved", &account->id);
}

enum suan_status suan_account_get(struct suan_txn *txn, const struct suan_id *id, uint64_t now_ns,
                                  struct suan_account *out, struct suan_error *error)
{
    struct suan_account account;
    enum suan_status status = suan_account_read(txn, id, &account, error);
    if (status == SUAN_E_NOT_FOUND) {
        char hex[2 * SUAN_ID_SIZE + 1];
        suan_hex(id->bytes, SUAN_ID_SIZE, hex);
        return suan_error_set(error, SUAN_E_NOT_FOUND, "ledger.account", NULL, "no account %s", hex);
    }
    if (status == SUAN_OK)
        status = suan_expired_each(txn, now_ns, release, &account, error);
    if (status == SUAN_OK)
        *out = account;
    return status;
}

int64_t suan_account_balance_fen(const struct suan_account *account)
{
    return account->credits_posted_fen - account->debits_posted_fen;
}

int64_t suan_account_available_fen(const struct suan_account *account)
{
    int64_t balance = suan_account_balance_fen(account);
    switch (account->flags) {
    case SUAN_ACCOUNT_HOLDER: return balance - account->debits_pending_fen;
    case SUAN_ACCOUNT_RECEIVABLE: return -balance - account->credits_pending_fen;
    default: return INT64_MAX;
    }
}

enum suan_status suan_account_each(struct suan_txn *txn, uint64_t now_ns,
                                   enum suan_status (*visit)(void *context,
                                                             const struct suan_account *account),
                                   void *context, struct suan_error *error)
{
    SUAN_CLEANUP(suan_scan_endp) struct suan_scan *scan = NULL;
    struct suan_span key, row;
    struct suan_account account;
    struct suan_id id;
    enum suan_status status =
        suan_scan_begin(txn, SUAN_TABLE_ACCT, suan_span(NULL, 0), suan_span(NULL, 0), &scan, error);
    if (status != SUAN_OK)
        return status;
    while ((status = suan_scan_next(scan, &key, &row, error)) == SUAN_OK) {
        memset(&id, 0, sizeof id);
        memcpy(id.bytes, key.data, key.size < SUAN_ID_SIZE ? key.size : SUAN_ID_SIZE);
        if (key.size != SUAN_ID_SIZE || !suan_account_decode(row, &id, &account))
            return suan_ledger_broken(error, "an account is not sound", &id);
        status = suan_expired_each(txn, now_ns, release, &account, error);
        if (status == SUAN_OK)
            status = visit(context, &account);
        if (status != SUAN_OK)
            return status;
    }
    return status == SUAN_E_NOT_FOUND ? SUAN_OK : status;
}

/* --- history --- */

static enum suan_status decode_movement(struct suan_txn *txn, struct suan_span key, struct suan_span row,
                                        struct suan_movement *out, struct suan_error *error)
{
    if (key.size != SUAN_HISTORY_KEY_SIZE || row.size != SUAN_HISTORY_ROW_SIZE)
        return suan_error_set(error, SUAN_E_INTEGRITY, "ledger.invariant", NULL,
                              "a row of history is not well-formed");
    out->debits_pending_fen = (int64_t)suan_be64(row.data);
    out->debits_posted_fen = (int64_t)suan_be64(row.data + 8);
    out->credits_pending_fen = (int64_t)suan_be64(row.data + 16);
    out->credits_posted_fen = (int64_t)suan_be64(row.data + 24);
    return suan_transfer_read(txn, suan_be64(key.data + SUAN_ID_SIZE), &out->transfer, error);
}

enum suan_status suan_account_history(struct suan_txn *txn, const struct suan_id *id, uint64_t from_seq,
                                      enum suan_status (*visit)(void *context,
                                                                const struct suan_movement *movement),
                                      void *context, struct suan_error *error)
{
    SUAN_CLEANUP(suan_scan_endp) struct suan_scan *scan = NULL;
    uint8_t from[SUAN_HISTORY_KEY_SIZE];
    struct suan_span key, row;
    struct suan_movement movement;
    suan_history_key(id, from_seq, from);
    enum suan_status status = suan_scan_begin(txn, SUAN_TABLE_ACCT_HIST, suan_span(id->bytes, SUAN_ID_SIZE),
                                              suan_span(from, sizeof from), &scan, error);
    if (status != SUAN_OK)
        return status;
    while ((status = suan_scan_next(scan, &key, &row, error)) == SUAN_OK) {
        status = decode_movement(txn, key, row, &movement, error);
        if (status == SUAN_OK)
            status = visit(context, &movement);
        if (status != SUAN_OK)
            return status;
    }
    return status == SUAN_E_NOT_FOUND ? SUAN_OK : status;
}
