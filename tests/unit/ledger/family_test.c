/* The ledger's events in a whole registry, beside a rule of another module that posts. */
#include "ledger/family.h"

#include <criterion/criterion.h>
#include <criterion/parameterized.h>

#include "base/cleanup.h"
#include "ledger/ledger.h"
#include "support/registry.h"

static struct test_registry t;

static struct suan_id named(const char *name)
{
    return suan_account_id(suan_span_text(name));
}

/* --- a rule that pays `fen` from the bank to the firm, and one fen of it on to the state --- */

static void make_payment(const struct suan_act *act, struct suan_transfer out[2])
{
    int64_t fen = suan_json_integer(suan_json_find(act->command->body, "fen"));
    out[0] = (struct suan_transfer){.id = suan_transfer_id(&act->command->id, 0),
                                    .debit = named("bank"),
                                    .credit = named("firm"),
                                    .amount_fen = fen,
                                    .ledger = SUAN_LEDGER_ALGORITHM};
    out[1] = out[0];
    out[1].id = suan_transfer_id(&act->command->id, 1);
    out[1].debit = named("firm");
    out[1].credit = named("state");
    out[1].amount_fen = 1;
}

static enum suan_status check_payment(struct suan_txn *txn, const struct suan_act *act,
                                      struct suan_error *error)
{
    struct suan_transfer payment[2];
    enum suan_status status = suan_act_require_operator(txn, act, error);
    if (status != SUAN_OK)
        return status;
    make_payment(act, payment);
    return suan_ledger_check(txn, payment, 2, (struct suan_occasion){act->time_ns, act->index}, error);
}

static enum suan_status apply_payment(struct suan_txn *txn, const struct suan_act *act,
                                      struct suan_error *error)
{
    struct suan_transfer payment[2];
    make_payment(act, payment);
    return suan_ledger_post(txn, payment, 2, (struct suan_occasion){act->time_ns, act->index}, error);
}

static const char *const payment_fields[] = {"fen", NULL};
static const struct suan_rule payment_rules[] = {
    {SUAN_EVENT_CREDIT_SETTLE, payment_fields, check_payment, apply_payment, SUAN_RULE_SIGNED},
};
static const struct suan_family payment_family = {payment_rules, 1, NULL};

/* --- */

static const struct suan_family *families[SUAN_CATALOG_FAMILIES + 2];

static struct test_outcome open_account(const char *name, int flags, uint32_t seed)
{
    struct suan_id id = named(name);
    struct suan_json *command = test_command(&t, SUAN_EVENT_LEDGER_ACCOUNT, seed == 0 ? "operator" : "alice");
    suan_json_set_hex(command, "account", id.bytes, SUAN_ID_SIZE);
    suan_json_set_integer(command, "ledger", SUAN_LEDGER_ALGORITHM);
    suan_json_set_integer(command, "code", 1);
    suan_json_set_integer(command, "flags", flags);
    return test_sign(&t, command, seed);
}

static struct test_outcome pay(int64_t fen)
{
    struct suan_json *command = test_command(&t, SUAN_EVENT_CREDIT_SETTLE, "operator");
    suan_json_set_integer(command, "fen", fen);
    return test_sign(&t, command, 0);
}

static void setup(void)
{
    for (size_t i = 0; i < SUAN_CATALOG_FAMILIES; i++)
        families[i] = suan_catalog_families[i];
    families[SUAN_CATALOG_FAMILIES] = &payment_family;
    families[SUAN_CATALOG_FAMILIES + 1] = &suan_family_ledger;
    test_registry_new(&t, families, SUAN_CATALOG_FAMILIES + 2);
    cr_assert_eq(open_account("bank", SUAN_ACCOUNT_ISSUER, 0).status, SUAN_OK);
    cr_assert_eq(open_account("firm", SUAN_ACCOUNT_HOLDER, 0).status, SUAN_OK);
    cr_assert_eq(open_account("state", SUAN_ACCOUNT_HOLDER, 0).status, SUAN_OK);
}

static void teardown(void)
{
    test_registry_done(&t);
}

TestSuite(family, .init = setup, .fini = teardown);

static struct suan_txn *begin(void)
{
    struct suan_txn *txn = NULL;
    cr_assert_eq(suan_store_begin(suan_registry_store(t.registry), &txn, NULL), SUAN_OK);
    return txn;
}

/* The newest event of the ledger log. */
static void newest(struct suan_txn *txn, struct suan_leaf *out)
{
    struct suan_span bytes;
    uint64_t size;
    cr_assert_eq(suan_log_size(txn, SUAN_LOG_LEDGER, &size, NULL), SUAN_OK);
    cr_assert_eq(suan_log_leaf(txn, SUAN_LOG_LEDGER, size - 1, &bytes, NULL), SUAN_OK);
    cr_assert_eq(suan_leaf_decode(bytes, out, NULL), SUAN_OK);
}

static enum suan_status verify(struct suan_error *error)
{
    SUAN_CLEANUP(suan_json_releasep) struct suan_json *report = NULL;
    return suan_registry_verify(t.registry, &report, error);
}

Test(family, only_the_operator_opens_accounts_and_once)
{
    test_identity(&t, "alice", SUAN_IDENT_PERSON, 1);
    cr_assert_eq(open_account("other", SUAN_ACCOUNT_HOLDER, 1).status, SUAN_E_PERMISSION);
    cr_assert_eq(open_account("other", SUAN_ACCOUNT_HOLDER | SUAN_ACCOUNT_RECEIVABLE, 0).status,
                 SUAN_E_FORMAT);
    cr_assert_eq(open_account("firm", SUAN_ACCOUNT_HOLDER, 0).status, SUAN_E_CONFLICT);
}

Test(family, a_batch_that_posts_is_sealed)
{
    struct suan_leaf leaf;
    struct suan_command command;
    struct suan_digest digest;
    uint64_t first, count, failures;
    uint8_t said[SUAN_DIGEST_SIZE];
    cr_assert_eq(pay(10).status, SUAN_OK);
    cr_assert_eq(pay(20).status, SUAN_OK);
    struct suan_txn *txn = begin();
    newest(txn, &leaf);
    cr_assert_eq(leaf.kind, SUAN_EVENT_LEDGER_BATCH);
    cr_assert_eq(leaf.signature_count, 0);
    cr_assert_eq(suan_command_parse(leaf.command, &command, NULL), SUAN_OK);
    cr_assert_eq(suan_command_get_u64(command.body, "first", &first, NULL), SUAN_OK);
    cr_assert_eq(suan_command_get_u64(command.body, "count", &count, NULL), SUAN_OK);
    cr_assert_eq(first, 3);
    cr_assert_eq(count, 2);
    cr_assert_eq(suan_ledger_digest(txn, first, count, &digest, &failures, NULL), SUAN_OK);
    cr_assert_eq(suan_json_get_hex(command.body, "digest", SUAN_JSON_REQUIRED, said, sizeof said, "", NULL),
                 SUAN_OK);
    cr_assert_eq(memcmp(said, digest.bytes, sizeof said), 0);
    suan_command_done(&command);
    suan_txn_end(txn);
}

Test(family, a_batch_that_posts_nothing_is_not)
{
    struct suan_leaf leaf;
    struct suan_txn *txn = begin();
    newest(txn, &leaf);
    cr_assert_eq(leaf.kind, SUAN_EVENT_LEDGER_ACCOUNT);
    suan_txn_end(txn);
}

Test(family, a_refused_posting_refuses_its_command)
{
    struct suan_ledger_report report;
    struct test_outcome outcome = pay(0);
    cr_assert_eq(outcome.status, SUAN_E_USAGE);
    struct suan_txn *txn = begin();
    cr_assert_eq(suan_ledger_verify(txn, &report, NULL), SUAN_OK);
    cr_assert_eq(report.transfers, 0);
    suan_txn_end(txn);
}

Test(family, replay_posts_the_same)
{
    struct suan_error error = {0};
    cr_assert_eq(pay(10).status, SUAN_OK);
    t.now_ns += TEST_DAY_NS;
    cr_assert_eq(pay(20).status, SUAN_OK);
    cr_assert_eq(verify(&error), SUAN_OK, "%s", error.message);
}

static enum suan_status alter_record(void *context, struct suan_txn *txn, struct suan_error *error)
{
    struct suan_span key, value;
    uint8_t row[SUAN_TRANSFER_SIZE];
    (void)context;
    enum suan_status status = suan_row_last(txn, SUAN_TABLE_XFER, suan_span(NULL, 0), &key, &value, error);
    if (status != SUAN_OK)
        return status;
    memcpy(row, value.data, sizeof row);
    row[SUAN_TRANSFER_SIZE - 1] ^= 1; /* its reference, which no balance shows */
    return suan_row_put(txn, SUAN_TABLE_XFER, key, suan_span(row, sizeof row), error);
}

Test(family, replay_finds_an_altered_record)
{
    cr_assert_eq(pay(10).status, SUAN_OK);
    cr_assert_eq(suan_store_write(suan_registry_store(t.registry), alter_record, NULL, NULL), SUAN_OK);
    cr_assert_eq(verify(NULL), SUAN_E_INTEGRITY);
}

/* A seal as the writer would make it for the one record that is not sealed, but for one field. */
struct seal {
    uint64_t first, count, failures;
    uint8_t digest_flip;
    enum suan_status expected;
};

static enum suan_status post_unsealed(void *context, struct suan_txn *txn, struct suan_error *error)
{
    struct suan_transfer made = {.id = {{1}},
                                 .debit = named("bank"),
                                 .credit = named("firm"),
                                 .amount_fen = 5,
                                 .ledger = SUAN_LEDGER_ALGORITHM};
    (void)context;
    return suan_ledger_post(txn, &made, 1, (struct suan_occasion){t.now_ns, 0}, error);
}

ParameterizedTestParameters(family, a_seal_covers_exactly_what_was_posted)
{
    static struct seal cases[] = {
        {1, 1, 0, 0, SUAN_OK},          {2, 1, 0, 0, SUAN_E_INTEGRITY}, {1, 2, 0, 0, SUAN_E_INTEGRITY},
        {1, 0, 0, 0, SUAN_E_INTEGRITY}, {1, 1, 1, 0, SUAN_E_INTEGRITY}, {1, 1, 0, 1, SUAN_E_INTEGRITY},
    };
    return cr_make_param_array(struct seal, cases, sizeof cases / sizeof cases[0]);
}

ParameterizedTest(struct seal *seal, family, a_seal_covers_exactly_what_was_posted)
{
    SUAN_CLEANUP(suan_buffer_done) struct suan_buffer bytes = {0};
    struct suan_command command;
    struct suan_digest digest;
    uint64_t failures;
    cr_assert_eq(suan_store_write(suan_registry_store(t.registry), post_unsealed, NULL, NULL), SUAN_OK);
    struct suan_txn *txn = begin();
    cr_assert_eq(suan_ledger_digest(txn, 1, 1, &digest, &failures, NULL), SUAN_OK);
    digest.bytes[7] ^= seal->digest_flip;
    struct suan_json *body = test_command(&t, SUAN_EVENT_LEDGER_BATCH, "operator");
    suan_command_set_u64(body, "first", seal->first);
    suan_command_set_u64(body, "count", seal->count);
    suan_command_set_u64(body, "failures", seal->failures);
    suan_json_set_hex(body, "digest", digest.bytes, SUAN_DIGEST_SIZE);
    cr_assert_eq(suan_json_format(body, SUAN_JSON_STYLE_CANONICAL, &bytes, NULL), SUAN_OK);
    suan_json_release(body);
    cr_assert_eq(suan_command_parse(suan_buffer_span(&bytes), &command, NULL), SUAN_OK);
    const struct suan_act act = {.log = SUAN_LOG_LEDGER, .command = &command, .time_ns = t.now_ns};
    for (size_t i = 0; i < suan_family_ledger.rule_count; i++) {
        if (suan_family_ledger.rules[i].kind == SUAN_EVENT_LEDGER_BATCH)
            cr_assert_eq(suan_family_ledger.rules[i].check(txn, &act, NULL), seal->expected);
    }
    suan_command_done(&command);
    suan_txn_end(txn);
}
