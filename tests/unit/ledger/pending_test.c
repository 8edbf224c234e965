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

TestSuite(pending, .init = setup, .fini = teardown);

static void reserve_400(uint32_t timeout_s)
{
    struct suan_transfer made = reserve(1, ALICE, BOB, 400, timeout_s);
    cr_assert_eq(post(&f, &made, 1, 1, NULL), SUAN_OK);
}

static enum suan_pending_state state(uint64_t second)
{
    struct suan_error error = {0};
    enum suan_pending_state state = SUAN_PENDING_OPEN;
    struct suan_id id = number(1);
    struct suan_txn *txn = NULL;
    must(suan_store_begin(f.store, &txn, &error), &error);
    must(suan_pending_get(txn, &id, start_ns + second * UINT64_C(1000000000), &state, &error), &error);
    suan_txn_end(txn);
    return state;
}

Test(pending, reserves)
{
    struct suan_transfer much = transfer(2, ALICE, BOB, 601);
    reserve_400(0);
    cr_assert_eq(available(&f, ALICE, 1), 600);
    cr_assert_eq(available(&f, BOB, 1), 0);
    cr_assert_eq(post_batch(&f, &much, 1, 1), SUAN_TRANSFER_EXCEEDS_CREDITS);
    cr_assert_eq(state(1), SUAN_PENDING_OPEN);
    verify(&f);
}

Test(pending, posts_all)
{
    reserve_400(0);
    struct suan_transfer posted = resolve(2, 1, SUAN_TRANSFER_POST, 0);
    cr_assert_eq(post(&f, &posted, 1, 2, NULL), SUAN_OK);
    cr_assert_eq(posted.amount_fen, 400);
    cr_assert_eq(available(&f, ALICE, 2), 600);
    cr_assert_eq(available(&f, BOB, 2), 400);
    cr_assert_eq(state(2), SUAN_PENDING_POSTED);
    verify(&f);
}

Test(pending, posts_a_part_and_releases_the_rest)
{
    reserve_400(0);
    struct suan_transfer posted = resolve(2, 1, SUAN_TRANSFER_POST, 150);
    cr_assert_eq(post(&f, &posted, 1, 2, NULL), SUAN_OK);
    cr_assert_eq(available(&f, ALICE, 2), 850);
    cr_assert_eq(available(&f, BOB, 2), 150);
    verify(&f);
}

Test(pending, posts_no_more_than_was_reserved)
{
    reserve_400(0);
    struct suan_transfer much = resolve(2, 1, SUAN_TRANSFER_POST, 401);
    cr_assert_eq(post_batch(&f, &much, 1, 2), SUAN_TRANSFER_NOT_ITS_PENDING);
}

Test(pending, posts_only_between_its_accounts)
{
    reserve_400(0);
    struct suan_transfer other = resolve(2, 1, SUAN_TRANSFER_POST, 400);
    other.credit = account(ISSUER);
    cr_assert_eq(post_batch(&f, &other, 1, 2), SUAN_TRANSFER_NOT_ITS_PENDING);
}

Test(pending, void_releases_all)
{
    reserve_400(0);
    struct suan_transfer voided = resolve(2, 1, SUAN_TRANSFER_VOID, 0);
    cr_assert_eq(post(&f, &voided, 1, 2, NULL), SUAN_OK);
    cr_assert_eq(available(&f, ALICE, 2), 1000);
    cr_assert_eq(state(2), SUAN_PENDING_VOIDED);
    verify(&f);
}

Test(pending, is_resolved_once)
{
    struct suan_error error = {0};
    reserve_400(0);
    struct suan_transfer posted = resolve(2, 1, SUAN_TRANSFER_POST, 150), again = posted,
                         voided = resolve(3, 1, SUAN_TRANSFER_VOID, 0);
    cr_assert_eq(post(&f, &posted, 1, 2, NULL), SUAN_OK);
    cr_assert_eq(post(&f, &voided, 1, 3, &error), SUAN_E_CONFLICT);
    cr_assert_str_eq(error.code, "ledger.pending");
    cr_assert_eq(post(&f, &again, 1, 3, NULL), SUAN_OK, "the same request again is no second resolution");
    cr_assert_eq(again.seq, posted.seq);
}

Test(pending, expiry_counts_at_once_on_reading)
{
    reserve_400(10);
    cr_assert_eq(available(&f, ALICE, 10), 600);
    cr_assert_eq(available(&f, ALICE, 11), 1000);
    cr_assert_eq(state(10), SUAN_PENDING_OPEN);
    cr_assert_eq(state(11), SUAN_PENDING_EXPIRED);
    cr_assert_eq(verify(&f).transfers, 2);
}

Test(pending, expiry_is_written_first_in_the_next_batch)
{
    struct suan_error error = {0};
    struct suan_transfer record, posted = resolve(2, 1, SUAN_TRANSFER_POST, 0),
                                 spend = transfer(3, ALICE, BOB, 1000);
    struct suan_txn *txn = NULL;
    reserve_400(10);
    cr_assert_eq(post(&f, &spend, 1, 11, NULL), SUAN_OK);
    cr_assert_eq(spend.seq, 4);
    must(suan_store_begin(f.store, &txn, &error), &error);
    must(suan_transfer_get(txn, 3, &record, &error), &error);
    suan_txn_end(txn);
    cr_assert_eq(record.flags, SUAN_TRANSFER_EXPIRE);
    cr_assert_eq(record.amount_fen, 400);
    cr_assert_eq(post_batch(&f, &posted, 1, 12), SUAN_TRANSFER_EXPIRED);
    verify(&f);
}

Test(pending, an_expired_one_cannot_be_posted_in_the_batch_that_expires_it)
{
    struct suan_transfer posted = resolve(2, 1, SUAN_TRANSFER_POST, 0);
    reserve_400(10);
    cr_assert_eq(post_batch(&f, &posted, 1, 11), SUAN_TRANSFER_EXPIRED);
    cr_assert_eq(verify(&f).open_pending, 0);
}

Test(pending, is_reserved_and_posted_in_one_chain)
{
    struct suan_transfer both[2] = {reserve(1, ALICE, BOB, 400, 60), resolve(2, 1, SUAN_TRANSFER_POST, 100)};
    cr_assert_eq(post(&f, both, 2, 1, NULL), SUAN_OK);
    cr_assert_eq(available(&f, ALICE, 1), 900);
    cr_assert_eq(available(&f, ALICE, 100), 900);
    verify(&f);
}
