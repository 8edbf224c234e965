#include <criterion/criterion.h>
#include <criterion/parameterized.h>

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

TestSuite(transfer, .init = setup, .fini = teardown);

Test(transfer, moves_value)
{
    struct suan_transfer made = transfer(1, ALICE, BOB, 300);
    cr_assert_eq(post(&f, &made, 1, 1, NULL), SUAN_OK);
    cr_assert_eq(available(&f, ALICE, 1), 700);
    cr_assert_eq(available(&f, BOB, 1), 300);
    verify(&f);
}

Test(transfer, an_issuer_may_go_below_zero_and_nobody_else)
{
    struct suan_account issuer = read_account(&f, ISSUER, 1);
    struct suan_error error = {0};
    struct suan_transfer much = transfer(1, ALICE, BOB, 1001);
    cr_assert_eq(suan_account_balance_fen(&issuer), -1000);
    cr_assert_eq(post(&f, &much, 1, 1, &error), SUAN_E_EXHAUSTED);
    cr_assert_str_eq(error.code, "ledger.balance");
}

Test(transfer, a_receivable_takes_what_is_owed_and_no_more)
{
    struct suan_transfer owe = transfer(1, OWED, BOB, 50), pay = transfer(2, ALICE, OWED, 51);
    cr_assert_eq(post(&f, &owe, 1, 1, NULL), SUAN_OK);
    cr_assert_eq(post_batch(&f, &pay, 1, 2), SUAN_TRANSFER_EXCEEDS_DEBITS);
    pay = transfer(3, ALICE, OWED, 50);
    cr_assert_eq(post_batch(&f, &pay, 1, 3), SUAN_TRANSFER_DONE);
    cr_assert_eq(available(&f, OWED, 3), 0);
}

Test(transfer, a_refusal_for_balance_spends_its_id)
{
    struct suan_transfer much = transfer(1, ALICE, BOB, 1001), again = much,
                         other = transfer(1, ALICE, BOB, 1);
    cr_assert_eq(post_batch(&f, &much, 1, 1), SUAN_TRANSFER_EXCEEDS_CREDITS);
    cr_assert_eq(much.seq, 2);
    struct suan_transfer more = transfer(2, ISSUER, ALICE, 1000);
    cr_assert_eq(post_batch(&f, &more, 1, 2), SUAN_TRANSFER_DONE);
    cr_assert_eq(post_batch(&f, &again, 1, 3), SUAN_TRANSFER_EXCEEDS_CREDITS);
    cr_assert_eq(again.seq, 2);
    cr_assert_eq(post_batch(&f, &other, 1, 3), SUAN_TRANSFER_OTHER_BODY);
    cr_assert_eq(verify(&f).failures, 1);
}

Test(transfer, the_same_again_gives_the_first_result)
{
    struct suan_error error = {0};
    struct suan_transfer first = transfer(1, ALICE, BOB, 300), again = first,
                         other = transfer(1, ALICE, BOB, 301);
    cr_assert_eq(post(&f, &first, 1, 1, NULL), SUAN_OK);
    cr_assert_eq(post(&f, &again, 1, 9, NULL), SUAN_OK);
    cr_assert_eq(again.seq, first.seq);
    cr_assert_eq(again.time_ns, first.time_ns);
    cr_assert_eq(available(&f, BOB, 9), 300);
    cr_assert_eq(post(&f, &other, 1, 9, &error), SUAN_E_CONFLICT);
    cr_assert_str_eq(error.code, "ledger.conflict");
}

Test(transfer, records_are_dense_and_their_times_rise)
{
    struct suan_error error = {0};
    struct suan_transfer made[3] = {transfer(1, ALICE, BOB, 1), transfer(2, ALICE, BOB, 1),
                                    transfer(3, BOB, ALICE, 1)};
    struct suan_txn *txn = NULL;
    uint64_t last_ns = 0;
    post_batch(&f, made, 3, 0);
    must(suan_store_begin(f.store, &txn, &error), &error);
    for (uint64_t seq = 1; seq <= 4; seq++) {
        struct suan_transfer record;
        must(suan_transfer_get(txn, seq, &record, &error), &error);
        cr_assert_gt(record.time_ns, last_ns);
        last_ns = record.time_ns;
    }
    suan_txn_end(txn);
}

Test(transfer, a_check_writes_nothing)
{
    struct suan_transfer made = transfer(1, ALICE, BOB, 300), much = transfer(2, ALICE, BOB, 1001);
    cr_assert_eq(check(&f, &made, 1, 1, NULL), SUAN_OK);
    cr_assert_eq(check(&f, &much, 1, 1, NULL), SUAN_E_EXHAUSTED);
    cr_assert_eq(verify(&f).transfers, 1);
    cr_assert_eq(available(&f, ALICE, 1), 1000);
}

Test(transfer, no_sum_passes_2_to_the_63)
{
    struct suan_transfer all = transfer(1, ISSUER, ALICE, INT64_MAX - 1000),
                         one = transfer(2, ISSUER, BOB, 1);
    cr_assert_eq(post_batch(&f, &all, 1, 1), SUAN_TRANSFER_DONE);
    cr_assert_eq(post_batch(&f, &one, 1, 2), SUAN_TRANSFER_OVERFLOW);
    cr_assert_eq(one.seq, 0);
    verify(&f);
}

Test(transfer, ids_of_a_command_differ_and_keep_its_time)
{
    struct suan_id command = suan_command_new_id(start_ns), a = suan_transfer_id(&command, 0),
                   b = suan_transfer_id(&command, 1);
    cr_assert_neq(memcmp(a.bytes, b.bytes, SUAN_ID_SIZE), 0);
    cr_assert_eq(memcmp(a.bytes, command.bytes, 6), 0);
}

struct wrong {
    int from, to;
    int64_t amount_fen;
    uint32_t ledger, timeout_s;
    unsigned flags;
    int pending; /* -1: none */
    enum suan_transfer_result expected;
    enum suan_status status;
};

ParameterizedTestParameters(transfer, refuses)
{
    static struct wrong cases[] = {
        {ALICE, ALICE, 1, 2, 0, 0, -1, SUAN_TRANSFER_MALFORMED, SUAN_E_USAGE},
        {ALICE, BOB, 0, 2, 0, 0, -1, SUAN_TRANSFER_MALFORMED, SUAN_E_USAGE},
        {ALICE, BOB, -1, 2, 0, 0, -1, SUAN_TRANSFER_MALFORMED, SUAN_E_USAGE},
        {ALICE, BOB, INT64_MIN, 2, 0, 0, -1, SUAN_TRANSFER_MALFORMED, SUAN_E_USAGE},
        {ALICE, BOB, 1, 0, 0, 0, -1, SUAN_TRANSFER_MALFORMED, SUAN_E_USAGE},
        {ALICE, BOB, 1, 2, 5, 0, -1, SUAN_TRANSFER_MALFORMED, SUAN_E_USAGE},
        {ALICE, BOB, 1, 2, 0, SUAN_TRANSFER_EXPIRE, -1, SUAN_TRANSFER_MALFORMED, SUAN_E_USAGE},
        {ALICE, BOB, 1, 2, 0, 1 << 9, -1, SUAN_TRANSFER_MALFORMED, SUAN_E_USAGE},
        {ALICE, BOB, 1, 2, 0, SUAN_TRANSFER_POST | SUAN_TRANSFER_VOID, 0, SUAN_TRANSFER_MALFORMED,
         SUAN_E_USAGE},
        {ALICE, BOB, 1, 2, 0, SUAN_TRANSFER_POST, -1, SUAN_TRANSFER_MALFORMED, SUAN_E_USAGE},
        {ALICE, BOB, 1, 2, 0, 0, 0, SUAN_TRANSFER_MALFORMED, SUAN_E_USAGE},
        {ALICE, BOB, 1, 2, 0, SUAN_TRANSFER_POST, 77, SUAN_TRANSFER_NO_PENDING, SUAN_E_NOT_FOUND},
        {ALICE, BOB, 1, 2, 0, SUAN_TRANSFER_POST, 0, SUAN_TRANSFER_NO_PENDING, SUAN_E_NOT_FOUND},
        {ALICE, NOBODY, 1, 2, 0, 0, -1, SUAN_TRANSFER_NO_ACCOUNT, SUAN_E_NOT_FOUND},
        {NOBODY, BOB, 1, 2, 0, 0, -1, SUAN_TRANSFER_NO_ACCOUNT, SUAN_E_NOT_FOUND},
        {ALICE, ELSEWHERE, 1, 2, 0, 0, -1, SUAN_TRANSFER_OTHER_LEDGER, SUAN_E_USAGE},
        {ALICE, BOB, 1, 1, 0, 0, -1, SUAN_TRANSFER_OTHER_LEDGER, SUAN_E_USAGE},
    };
    return cr_make_param_array(struct wrong, cases, sizeof cases / sizeof cases[0]);
}

ParameterizedTest(struct wrong *wrong, transfer, refuses)
{
    struct suan_transfer made = transfer(1, wrong->from, wrong->to, wrong->amount_fen), alone;
    made.ledger = wrong->ledger;
    made.timeout_s = wrong->timeout_s;
    made.flags = (uint16_t)wrong->flags;
    if (wrong->pending >= 0)
        made.pending = number((uint64_t)wrong->pending);
    alone = made;
    cr_assert_eq(post_batch(&f, &made, 1, 1), wrong->expected);
    cr_assert_eq(made.seq, 0);
    cr_assert_eq(post(&f, &alone, 1, 1, NULL), wrong->status);
    cr_assert_eq(verify(&f).transfers, 1);
}
