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

TestSuite(chain, .init = setup, .fini = teardown);

Test(chain, succeeds_together)
{
    struct suan_transfer made[2] = {transfer(1, ALICE, BOB, 1000), transfer(2, BOB, ALICE, 1000)};
    cr_assert_eq(post(&f, made, 2, 1, NULL), SUAN_OK);
    cr_assert_eq(available(&f, ALICE, 1), 1000);
    cr_assert_eq(verify(&f).transfers, 3);
}

Test(chain, fails_together)
{
    struct suan_error error = {0};
    struct suan_transfer made[3] = {transfer(1, ALICE, BOB, 900), transfer(2, ALICE, BOB, 101),
                                    transfer(3, BOB, ALICE, 1)};
    cr_assert_eq(post(&f, made, 3, 1, &error), SUAN_E_EXHAUSTED);
    cr_assert_eq(available(&f, ALICE, 1), 1000);
    cr_assert_eq(verify(&f).transfers, 1);
}

Test(chain, in_a_batch_only_the_refused_id_is_spent)
{
    struct suan_transfer made[4] = {transfer(1, ALICE, BOB, 900), transfer(2, ALICE, BOB, 101),
                                    transfer(3, BOB, ALICE, 1), transfer(4, ALICE, BOB, 500)};
    made[0].flags = made[1].flags = SUAN_TRANSFER_LINKED;
    post_batch(&f, made, 4, 1);
    cr_assert_eq(made[0].result, SUAN_TRANSFER_CHAIN);
    cr_assert_eq(made[1].result, SUAN_TRANSFER_EXCEEDS_CREDITS);
    cr_assert_eq(made[2].result, SUAN_TRANSFER_CHAIN);
    cr_assert_eq(made[3].result, SUAN_TRANSFER_DONE);
    cr_assert_eq(made[3].seq, made[1].seq + 1);
    cr_assert_eq(available(&f, ALICE, 1), 500);
    struct suan_transfer again = transfer(1, ALICE, BOB, 10);
    cr_assert_eq(post_batch(&f, &again, 1, 2), SUAN_TRANSFER_DONE);
    verify(&f);
}

Test(chain, the_same_again_gives_the_first_result)
{
    struct suan_transfer made[2] = {transfer(1, ALICE, BOB, 10), transfer(2, ALICE, BOB, 20)},
                         again[2] = {made[0], made[1]};
    cr_assert_eq(post(&f, made, 2, 1, NULL), SUAN_OK);
    cr_assert_eq(post(&f, again, 2, 2, NULL), SUAN_OK);
    cr_assert_eq(again[1].seq, made[1].seq);
    cr_assert_eq(verify(&f).transfers, 3);
}

Test(chain, of_old_and_new_is_a_conflict)
{
    struct suan_transfer made[2] = {transfer(1, ALICE, BOB, 10), transfer(2, ALICE, BOB, 20)},
                         mixed[2] = {made[0], transfer(3, ALICE, BOB, 20)},
                         turned[2] = {transfer(4, ALICE, BOB, 1), made[1]};
    cr_assert_eq(post(&f, made, 2, 1, NULL), SUAN_OK);
    cr_assert_eq(post(&f, mixed, 2, 2, NULL), SUAN_E_CONFLICT);
    cr_assert_eq(post(&f, turned, 2, 2, NULL), SUAN_E_CONFLICT);
    cr_assert_eq(verify(&f).transfers, 3);
}

Test(chain, left_open_is_malformed)
{
    struct suan_transfer made[2] = {transfer(1, ALICE, BOB, 10), transfer(2, ALICE, BOB, 20)};
    made[0].flags = made[1].flags = SUAN_TRANSFER_LINKED;
    post_batch(&f, made, 2, 1);
    cr_assert_eq(made[0].result, SUAN_TRANSFER_CHAIN);
    cr_assert_eq(made[1].result, SUAN_TRANSFER_MALFORMED);
    cr_assert_eq(verify(&f).transfers, 1);
}

Test(chain, the_same_id_twice_in_a_batch_counts_once)
{
    struct suan_transfer made[3] = {transfer(1, ALICE, BOB, 10), transfer(1, ALICE, BOB, 10),
                                    transfer(1, ALICE, BOB, 11)};
    post_batch(&f, made, 3, 1);
    cr_assert_eq(made[1].result, SUAN_TRANSFER_DONE);
    cr_assert_eq(made[1].seq, made[0].seq);
    cr_assert_eq(made[2].result, SUAN_TRANSFER_OTHER_BODY);
    cr_assert_eq(available(&f, BOB, 1), 10);
}

Test(chain, a_batch_has_its_maximum)
{
    static struct suan_transfer made[SUAN_TRANSFERS_MAX + 1];
    struct suan_error error = {0};
    for (uint64_t i = 0; i < SUAN_TRANSFERS_MAX + 1; i++)
        made[i] = transfer(i + 1, ISSUER, ALICE, 1);
    cr_assert_eq(post(&f, made, SUAN_TRANSFERS_MAX + 1, 1, &error), SUAN_E_USAGE);
    post_batch(&f, made, SUAN_TRANSFERS_MAX, 1);
    cr_assert_eq(available(&f, ALICE, 1), 1000 + SUAN_TRANSFERS_MAX);
    verify(&f);
}
