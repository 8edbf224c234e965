#ifndef SUAN_LEDGER_ACCOUNTS_H
#define SUAN_LEDGER_ACCOUNTS_H

/* Inside this folder only: the accounts that a batch works on, each read once and written once. */
#include "core.h"
#include "index.h"

struct suan_account_slot {
    struct suan_account account, before;
    bool changed;
};

struct suan_accounts {
    struct suan_account_slot *slots;
    uint32_t count, capacity;
    struct suan_index index;
};

void suan_accounts_done(struct suan_accounts *accounts);
/* The account's slot; reads its row the first time. NOT_FOUND leaves `error` untouched. */
SUAN_MUST_USE enum suan_status suan_accounts_take(struct suan_accounts *accounts, struct suan_txn *txn,
                                                  const struct suan_id *id, uint32_t *out_slot,
                                                  struct suan_error *error);
/* Writes the changed ones and reads them again. Both sums and each account are checked before a row is
 * touched. */
SUAN_MUST_USE enum suan_status suan_accounts_write(const struct suan_accounts *accounts, struct suan_txn *txn,
                                                   struct suan_error *error);
/* The row as it is, expiry not counted. NOT_FOUND leaves `error` untouched. */
SUAN_MUST_USE enum suan_status suan_account_read(struct suan_txn *txn, const struct suan_id *id,
                                                 struct suan_account *out, struct suan_error *error);
SUAN_MUST_USE enum suan_status suan_account_write(struct suan_txn *txn, const struct suan_account *account,
                                                  struct suan_error *error);
SUAN_MUST_USE enum suan_status suan_ledger_broken(struct suan_error *error, const char *what,
                                                  const struct suan_id *id);

#endif
