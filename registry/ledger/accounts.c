/* The working set of a batch. */
#include "accounts.h"

#include <stdlib.h>

enum suan_status suan_ledger_broken(struct suan_error *error, const char *what, const struct suan_id *id)
{
    char hex[2 * SUAN_ID_SIZE + 1];
    suan_hex(id->bytes, SUAN_ID_SIZE, hex);
    return suan_error_set(error, SUAN_E_INTEGRITY, "ledger.invariant",
                          "stop, and run 'suan registry verify' on a copy", "%s (%s)", what, hex);
}

static struct suan_span key_of(const struct suan_id *id)
{
    return suan_span(id->bytes, SUAN_ID_SIZE);
}

enum suan_status suan_account_read(struct suan_txn *txn, const struct suan_id *id, struct suan_account *out,
                                   struct suan_error *error)
{
    struct suan_span row;
    enum suan_status status = suan_row_get(txn, SUAN_TABLE_ACCT, key_of(id), &row, error);
    if (status != SUAN_OK)
        return status;
    return suan_account_decode(row, id, out) ? SUAN_OK
                                             : suan_ledger_broken(error, "an account is not sound", id);
}

enum suan_status suan_account_write(struct suan_txn *txn, const struct suan_account *account,
                                    struct suan_error *error)
{
    uint8_t row[SUAN_ACCOUNT_ROW_SIZE];
    if (!suan_core_is_sound(account))
        return suan_ledger_broken(error, "an account would not be sound", &account->id);
    suan_account_encode(account, row);
    return suan_row_put(txn, SUAN_TABLE_ACCT, key_of(&account->id), suan_span(row, sizeof row), error);
}

void suan_accounts_done(struct suan_accounts *accounts)
{
    free(accounts->slots);
    suan_index_done(&accounts->index);
    *accounts = (struct suan_accounts){0};
}

static bool reserve(struct suan_accounts *accounts)
{
    if (accounts->count < accounts->capacity)
        return true;
    uint32_t capacity = accounts->capacity == 0 ? 16 : accounts->capacity * 2;
    struct suan_account_slot *slots = realloc(accounts->slots, capacity * sizeof *slots);
    if (slots == NULL)
        return false;
    accounts->slots = slots;
    accounts->capacity = capacity;
    return true;
}

enum suan_status suan_accounts_take(struct suan_accounts *accounts, struct suan_txn *txn,
                                    const struct suan_id *id, uint32_t *out_slot, struct suan_error *error)
{
    uint64_t hash = suan_index_hash(id->bytes);
    uint32_t slot;
    for (uint32_t probe = 0; suan_index_next(&accounts->index, hash, &probe, &slot);) {
        if (suan_id_equal(&accounts->slots[slot].account.id, id)) {
            *out_slot = slot;
            return SUAN_OK;
        }
    }
    struct suan_account account;
    enum suan_status status = suan_account_read(txn, id, &account, error);
    if (status != SUAN_OK)
        return status;
    if (!reserve(accounts) || !suan_index_put(&accounts->index, hash, accounts->count))
        return suan_error_set(error, SUAN_E_MEMORY, "memory", NULL, "out of memory");
    accounts->slots[accounts->count] = (struct suan_account_slot){account, account, false};
    *out_slot = accounts->count++;
    return SUAN_OK;
}

/* Debits and credits move by the same sums: 128 bits hold any batch. */
static bool is_balanced(const struct suan_accounts *accounts)
{
    __extension__ typedef __int128 wide;
    wide pending = 0, posted = 0;
    for (uint32_t i = 0; i < accounts->count; i++) {
        const struct suan_account *now = &accounts->slots[i].account, *before = &accounts->slots[i].before;
        pending += (wide)now->debits_pending_fen - before->debits_pending_fen;
        pending -= (wide)now->credits_pending_fen - before->credits_pending_fen;
        posted += (wide)now->debits_posted_fen - before->debits_posted_fen;
        posted -= (wide)now->credits_posted_fen - before->credits_posted_fen;
    }
    return pending == 0 && posted == 0;
}

static enum suan_status write_and_read(struct suan_txn *txn, const struct suan_account *account,
                                       struct suan_error *error)
{
    struct suan_account read;
    enum suan_status status = suan_account_write(txn, account, error);
    if (status == SUAN_OK)
        status = suan_account_read(txn, &account->id, &read, error);
    if (status != SUAN_OK && status != SUAN_E_NOT_FOUND)
        return status;
    if (status == SUAN_E_NOT_FOUND || read.debits_pending_fen != account->debits_pending_fen ||
        read.debits_posted_fen != account->debits_posted_fen ||
        read.credits_pending_fen != account->credits_pending_fen ||
        read.credits_posted_fen != account->credits_posted_fen)
        return suan_ledger_broken(error, "an account reads otherwise than written", &account->id);
    return SUAN_OK;
}

enum suan_status suan_accounts_write(const struct suan_accounts *accounts, struct suan_txn *txn,
                                     struct suan_error *error)
{
    if (!is_balanced(accounts))
        return suan_ledger_broken(error, "a batch would not balance", &accounts->slots[0].account.id);
    for (uint32_t i = 0; i < accounts->count; i++) {
        if (!accounts->slots[i].changed)
            continue;
        enum suan_status status = write_and_read(txn, &accounts->slots[i].account, error);
        if (status != SUAN_OK)
            return status;
    }
    return SUAN_OK;
}
