#include <criterion/criterion.h>

#include "support.h"

static struct fixture f;

static void setup(void)
{
    ledger_make(&f);
}

static void teardown(void)
{
    fixture_remove(&f);
}

TestSuite(account, .init = setup, .fini = teardown);

static enum suan_status open_account(void *context, struct suan_txn *txn, struct suan_error *error)
{
    return suan_account_open(txn, context, (struct suan_occasion){start_ns, 3}, error);
}

static enum suan_status open_with(uint32_t ledger, uint16_t flags, struct suan_error *error)
{
    struct suan_account made = {.id = account(NOBODY), .ledger = ledger, .code = 1, .flags = flags};
    return suan_store_write(f.store, open_account, &made, error);
}

Test(account, has_one_limit_and_a_ledger)
{
    cr_assert_eq(open_with(2, 0, NULL), SUAN_E_USAGE);
    cr_assert_eq(open_with(2, SUAN_ACCOUNT_HOLDER | SUAN_ACCOUNT_ISSUER, NULL), SUAN_E_USAGE);
    cr_assert_eq(open_with(0, SUAN_ACCOUNT_HOLDER, NULL), SUAN_E_USAGE);
    cr_assert_eq(open_with(2, SUAN_ACCOUNT_HOLDER, NULL), SUAN_OK);
}

Test(account, opens_once)
{
    struct suan_error error = {0};
    cr_assert_eq(open_with(2, SUAN_ACCOUNT_HOLDER, NULL), SUAN_OK);
    cr_assert_eq(open_with(2, SUAN_ACCOUNT_HOLDER, NULL), SUAN_OK);
    cr_assert_eq(open_with(2, SUAN_ACCOUNT_ISSUER, &error), SUAN_E_CONFLICT);
    cr_assert_str_eq(error.code, "ledger.conflict");
}

Test(account, an_absent_one_is_named)
{
    struct suan_error error = {0};
    struct suan_txn *txn = NULL;
    struct suan_account read;
    struct suan_id id = account(NOBODY);
    must(suan_store_begin(f.store, &txn, &error), &error);
    cr_assert_eq(suan_account_get(txn, &id, 0, &read, &error), SUAN_E_NOT_FOUND);
    cr_assert_str_eq(error.code, "ledger.account");
    suan_txn_end(txn);
}

static enum suan_status count_account(void *context, const struct suan_account *found)
{
    int64_t *sum = context;
    sum[0]++;
    sum[1] += suan_account_balance_fen(found);
    return SUAN_OK;
}

Test(account, all_of_them_sum_to_zero)
{
    struct suan_error error = {0};
    struct suan_txn *txn = NULL;
    int64_t sum[2] = {0, 0};
    must(suan_store_begin(f.store, &txn, &error), &error);
    must(suan_account_each(txn, start_ns, count_account, sum, &error), &error);
    suan_txn_end(txn);
    cr_assert_eq(sum[0], NOBODY);
    cr_assert_eq(sum[1], 0);
}

struct history {
    size_t count;
    struct suan_movement movements[8];
};

static enum suan_status keep_movement(void *context, const struct suan_movement *movement)
{
    struct history *history = context;
    history->movements[history->count++] = *movement;
    return SUAN_OK;
}

Test(account, history_has_every_movement_and_the_balances_after_it)
{
    struct suan_error error = {0};
    struct suan_transfer made[3] = {reserve(1, ALICE, BOB, 400, 0), transfer(2, ISSUER, BOB, 5),
                                    resolve(3, 1, SUAN_TRANSFER_POST, 100)};
    struct history history = {0};
    struct suan_txn *txn = NULL;
    struct suan_id id = account(ALICE);
    post_batch(&f, made, 3, 1);
    must(suan_store_begin(f.store, &txn, &error), &error);
    must(suan_account_history(txn, &id, 2, keep_movement, &history, &error), &error);
    suan_txn_end(txn);
    cr_assert_eq(history.count, 2);
    cr_assert_eq(history.movements[0].transfer.seq, made[0].seq);
    cr_assert_eq(history.movements[0].debits_pending_fen, 400);
    cr_assert_eq(history.movements[1].transfer.seq, made[2].seq);
    cr_assert_eq(history.movements[1].debits_pending_fen, 0);
    cr_assert_eq(history.movements[1].debits_posted_fen, 100);
    cr_assert_eq(history.movements[1].credits_posted_fen, 1000);
}

Test(account, the_digest_covers_the_records_and_counts_refusals)
{
    struct suan_error error = {0};
    struct suan_transfer made[2] = {transfer(1, ALICE, BOB, 1), transfer(2, ALICE, BOB, 5000)};
    struct suan_digest digest, other;
    struct suan_txn *txn = NULL;
    uint64_t failures;
    post_batch(&f, made, 2, 1);
    must(suan_store_begin(f.store, &txn, &error), &error);
    must(suan_ledger_digest(txn, 2, 2, &digest, &failures, &error), &error);
    cr_assert_eq(failures, 1);
    must(suan_ledger_digest(txn, 1, 2, &other, &failures, &error), &error);
    cr_assert_not(suan_digest_equal(&digest, &other));
    cr_assert_eq(suan_ledger_digest(txn, 2, 3, &digest, &failures, &error), SUAN_E_INTEGRITY);
    suan_txn_end(txn);
}
