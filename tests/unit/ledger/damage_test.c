/* Rows that somebody altered behind the ledger's back, with a right check: suan_ledger_verify names them. */
#include <criterion/criterion.h>
#include <criterion/parameterized.h>

#include "support.h"

static struct fixture f;

static void setup(void)
{
    struct suan_transfer made[4] = {transfer(1, ALICE, BOB, 10), reserve(2, ALICE, BOB, 20, 60),
                                    reserve(3, ALICE, BOB, 30, 0), resolve(4, 3, SUAN_TRANSFER_POST, 7)};
    ledger_make(&f);
    post_batch(&f, made, 4, 1);
}

static void teardown(void)
{
    fixture_remove(&f);
}

TestSuite(damage, .init = setup, .fini = teardown);

struct damage {
    enum suan_table table;
    enum { ALTER, REMOVE } what;
    size_t at; /* byte to alter in the last row (of accounts: ALICE's) */
};

static enum suan_status damage_row(void *context, struct suan_txn *txn, struct suan_error *error)
{
    const struct damage *damage = context;
    struct suan_span key, value;
    uint8_t row[256];
    struct suan_id alice = account(ALICE);
    bool of_account = damage->table == SUAN_TABLE_ACCT; /* one that has moved something */
    enum suan_status status = suan_row_last(
        txn, damage->table, suan_span(alice.bytes, of_account ? SUAN_ID_SIZE : 0), &key, &value, error);
    if (status != SUAN_OK || damage->what == REMOVE)
        return status != SUAN_OK ? status : suan_row_delete(txn, damage->table, key, error);
    memcpy(row, value.data, value.size);
    row[damage->at] ^= 1;
    return suan_row_put(txn, damage->table, key, suan_span(row, value.size), error);
}

ParameterizedTestParameters(damage, is_found)
{
    static struct damage cases[] = {
        {SUAN_TABLE_ACCT, ALTER, 39},      {SUAN_TABLE_ACCT, REMOVE, 0},    {SUAN_TABLE_XFER, ALTER, 71},
        {SUAN_TABLE_XFER, ALTER, 16},      {SUAN_TABLE_XFER, ALTER, 101},   {SUAN_TABLE_XFER, REMOVE, 0},
        {SUAN_TABLE_XFER_ID, ALTER, 7},    {SUAN_TABLE_XFER_ID, REMOVE, 0}, {SUAN_TABLE_PENDING, ALTER, 0},
        {SUAN_TABLE_PENDING, REMOVE, 0},   {SUAN_TABLE_EXPIRY, REMOVE, 0},  {SUAN_TABLE_ACCT_HIST, ALTER, 15},
        {SUAN_TABLE_ACCT_HIST, REMOVE, 0},
    };
    return cr_make_param_array(struct damage, cases, sizeof cases / sizeof cases[0]);
}

ParameterizedTest(struct damage *damage, damage, is_found)
{
    struct suan_error error = {0};
    struct suan_ledger_report report;
    struct suan_txn *txn = NULL;
    verify(&f);
    must(suan_store_write(f.store, damage_row, damage, &error), &error);
    must(suan_store_begin(f.store, &txn, &error), &error);
    cr_assert_eq(suan_ledger_verify(txn, &report, &error), SUAN_E_INTEGRITY, "table %s",
                 suan_table_name(damage->table));
    suan_txn_end(txn);
}
