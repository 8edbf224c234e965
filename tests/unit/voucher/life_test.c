/* The life of vouchers: a whole one of each kind, who may, and random histories held against an own account of
 * them. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "ledger/ledger.h"
#include "support/registry.h"
#include "voucher/replay.h"

extern const struct suan_family suan_family_ledger;

enum { SEED_CITY = 60, SEED_OFFICER, SEED_CLERK, SEED_SHOP, SEED_MILL, SEED_CLOUD, SEED_TOWN };

static const struct suan_family *families[SUAN_CATALOG_FAMILIES + 2];
static struct test_registry base;

static void must(struct test_outcome outcome)
{
    cr_assert_eq(outcome.status, SUAN_OK, "%s (%s)", outcome.message, outcome.code);
}

static void refused(struct test_outcome outcome, const char *code)
{
    cr_expect_neq(outcome.status, SUAN_OK, "%s was expected", code);
    cr_expect_str_eq(outcome.code, code, "%s: %s", outcome.code, outcome.message);
}

static void replace(struct suan_buffer *text, const char *from, const char *to)
{
    SUAN_CLEANUP(suan_buffer_done) struct suan_buffer changed = {0};
    const char *whole = suan_buffer_text(text), *place = strstr(whole, from);
    cr_assert_not_null(place, "%s", from);
    suan_buffer_append(&changed, whole, (size_t)(place - whole));
    suan_buffer_append_text(&changed, to);
    suan_buffer_append_text(&changed, place + strlen(from));
    suan_buffer_clear(text);
    suan_buffer_append_span(text, suan_buffer_span(&changed));
}

/* The programme file with two texts replaced; NULL: none. */
static void install_edited(const char *name, const char *from, const char *to, const char *from2,
                           const char *to2)
{
    SUAN_CLEANUP(suan_buffer_done) struct suan_buffer text = {0};
    char path[512];
    snprintf(path, sizeof path, "%s/%s.json", SUAN_TEST_PROGRAMMES, name);
    cr_assert_eq(suan_file_read(path, 1 << 20, &text, NULL), SUAN_OK);
    if (from != NULL)
        replace(&text, from, to);
    if (from2 != NULL)
        replace(&text, from2, to2);
    struct suan_span blob = suan_buffer_span(&text);
    struct suan_digest digest = suan_sha256(blob);
    struct suan_json *body = test_command(&base, SUAN_EVENT_PROGRAMME_INSTALL, "city");
    suan_json_set_hex(body, "file", digest.bytes, sizeof digest.bytes);
    must(test_submit(&base, body, (const uint32_t[]){SEED_CITY, TEST_END}, &blob, 1));
}

static void install(const char *name, const char *from, const char *to)
{
    install_edited(name, from, to, NULL, NULL);
}

static void begin(void)
{
    memcpy(families, suan_catalog_families, sizeof suan_catalog_families[0] * SUAN_CATALOG_FAMILIES);
    families[SUAN_CATALOG_FAMILIES] = &suan_family_ledger;
    families[SUAN_CATALOG_FAMILIES + 1] = &suan_family_voucher;
    test_registry_new(&base, families, SUAN_CATALOG_FAMILIES + 2);
    test_identity(&base, "city", SUAN_IDENT_AUTHORITY, SEED_CITY);
    test_identity(&base, "town", SUAN_IDENT_AUTHORITY, SEED_TOWN);
    test_identity(&base, "officer", SUAN_IDENT_PERSON, SEED_OFFICER);
    test_identity(&base, "clerk", SUAN_IDENT_PERSON, SEED_CLERK);
    test_identity(&base, "shop", SUAN_IDENT_ENTERPRISE, SEED_SHOP);
    test_identity(&base, "mill", SUAN_IDENT_ENTERPRISE, SEED_MILL);
    test_identity(&base, "cloud", SUAN_IDENT_PROVIDER, SEED_CLOUD);
    test_member(&base, "city", SEED_CITY, "officer", SEED_OFFICER, "review,finance");
    test_member(&base, "city", SEED_CITY, "clerk", SEED_CLERK, "review,finance");
}

static void end(void)
{
    test_registry_done(&base);
}

TestSuite(life, .init = begin, .fini = end, .timeout = 120);

static struct suan_txn *reading(void)
{
    struct suan_txn *txn = NULL;
    cr_assert_eq(suan_store_begin(suan_registry_store(base.registry), &txn, NULL), SUAN_OK);
    return txn;
}

static struct suan_voucher_record get(const struct suan_id *id)
{
    struct suan_voucher_record voucher;
    struct suan_txn *txn = reading();
    cr_assert_eq(suan_voucher_get(txn, id, &voucher, NULL), SUAN_OK);
    suan_txn_endp(&txn);
    return voucher;
}

static struct suan_account account(const char *kind, const char *programme, const char *who)
{
    struct suan_account found = {0};
    struct suan_txn *txn = reading();
    struct suan_id id = suan_voucher_account(kind, programme, who);
    if (suan_account_get(txn, &id, base.now_ns, &found, NULL) != SUAN_OK)
        found = (struct suan_account){0};
    suan_txn_endp(&txn);
    return found;
}

static int64_t balance(const char *kind, const char *programme, const char *who)
{
    struct suan_account found = account(kind, programme, who);
    return suan_account_balance_fen(&found);
}

static struct suan_account own_account(const struct suan_id *id)
{
    char hex[2 * SUAN_ID_SIZE + 1];
    suan_hex(id->bytes, SUAN_ID_SIZE, hex);
    return account("voucher", hex, "");
}

/* --- steps -------------------------------------------------------------------------------------------- */

static struct suan_json *about(uint16_t kind, const char *by, const struct suan_id *id)
{
    struct suan_json *body = test_command(&base, kind, by);
    suan_json_set_hex(body, "voucher", id->bytes, SUAN_ID_SIZE);
    return body;
}

static struct test_outcome apply_text(const char *by, uint32_t seed, const char *claim, struct suan_id *out)
{
    struct suan_span blob = suan_span_text(claim);
    struct suan_digest digest = suan_sha256(blob);
    struct suan_json *body = test_command(&base, SUAN_EVENT_VOUCHER_APPLY, by);
    suan_json_set_hex(body, "claim", digest.bytes, sizeof digest.bytes);
    cr_assert(suan_unhex(suan_json_text(suan_json_find(body, "id")), out->bytes, SUAN_ID_SIZE));
    return test_submit(&base, body, (const uint32_t[]){seed, TEST_END}, &blob, 1);
}

static void claim_text(char out[1024], const char *by, const char *programme, const char *number, int64_t fen)
{
    char day[11];
    suan_day_format(suan_day_of_time(base.now_ns), day);
    bool licence = strcmp(programme, "algorithm-voucher-design") == 0;
    snprintf(
        out, 1024,
        "{\"schema\":\"suan.claim/1\",\"instrument\":\"%s\",\"date\":\"%s\",\"programme\":\"%s\","
        "\"enterprise\":\"%s\",\"contract_id\":\"%s\",\"claimant\":{\"class\":\"enterprise\",\"size\":"
        "\"sme\",\"blacklisted\":false},\"contract\":{\"number\":\"%s\",\"supplier\":\"cloud\",\"related\":"
        "false},\"lines\":[{\"kind\":\"%s\",\"region_code\":\"330100\",\"amount_fen\":%lld,"
        "\"paid_fen\":%lld}],\"other_awards\":[],\"documents\":[]}",
        licence ? "algorithm_voucher" : "compute_voucher", day, programme, by, number, number,
        licence ? "licence" : "compute", (long long)fen, (long long)fen);
}

static struct test_outcome apply(const char *by, uint32_t seed, const char *programme, const char *number,
                                 int64_t fen, struct suan_id *out)
{
    char claim[1024];
    claim_text(claim, by, programme, number, fen);
    return apply_text(by, seed, claim, out);
}

static struct test_outcome review(const struct suan_id *id, const char *step, uint32_t seed)
{
    struct suan_json *body = about(SUAN_EVENT_VOUCHER_REVIEW, "city", id);
    suan_json_set_text(body, "step", step);
    if (strcmp(step, "reject") == 0)
        suan_json_set_text(body, "reason", "incomplete");
    return test_sign(&base, body, seed);
}

static struct test_outcome issue(const struct suan_id *id)
{
    return test_sign(&base, about(SUAN_EVENT_VOUCHER_ISSUE, "city", id), SEED_CLERK);
}

static struct test_outcome redeem(const struct suan_id *id, const char *by, uint32_t seed, int64_t paid_fen)
{
    struct suan_json *body = about(SUAN_EVENT_VOUCHER_REDEEM, by, id);
    if (paid_fen >= 0)
        suan_json_set_integer(body, "paid_fen", paid_fen);
    return test_sign(&base, body, seed, SEED_CLERK);
}

static struct test_outcome reserve(const struct suan_id *id, const char *by, uint32_t seed, int64_t order_fen)
{
    struct suan_json *body = about(SUAN_EVENT_VOUCHER_RESERVE, by, id);
    suan_json_set_text(body, "supplier", "cloud");
    suan_json_set_integer(body, "order_fen", order_fen);
    suan_command_set_u64(body, "until", base.now_ns + TEST_DAY_NS);
    return test_sign(&base, body, seed);
}

static struct test_outcome plain(uint16_t kind, const struct suan_id *id, const char *by, uint32_t seed)
{
    return test_sign(&base, about(kind, by, id), seed);
}

static struct test_outcome claw(const struct suan_id *id, const char *reason, int64_t net_fen)
{
    struct suan_json *body = about(SUAN_EVENT_VOUCHER_CLAWBACK, "city", id);
    suan_json_set_text(body, "reason", reason);
    if (net_fen >= 0)
        suan_json_set_integer(body, "net_paid_fen", net_fen);
    return test_sign(&base, body, SEED_CLERK, SEED_OFFICER);
}

static struct test_outcome recover(const struct suan_id *id, const char *step)
{
    struct suan_json *body = about(SUAN_EVENT_VOUCHER_RECOVER, "city", id);
    suan_json_set_text(body, "step", step);
    suan_json_set_text(body, "reference", "bank 1");
    if (strcmp(step, "write-off") == 0)
        return test_sign(&base, body, SEED_CLERK, SEED_OFFICER);
    return test_sign(&base, body, SEED_CLERK);
}

/* From an application to an approval. */
static void approve(const struct suan_id *id)
{
    must(review(id, "screen", SEED_OFFICER));
    must(review(id, "assess", SEED_CLERK));
    must(review(id, "publicise", SEED_OFFICER));
    base.now_ns += 5 * TEST_DAY_NS + TEST_HOUR_NS;
    must(review(id, "approve", SEED_OFFICER));
}

static struct suan_id issued(const char *programme, const char *number, int64_t fen)
{
    struct suan_id id;
    must(apply("shop", SEED_SHOP, programme, number, fen, &id));
    approve(&id);
    must(issue(&id));
    return id;
}

static void verify_all(void)
{
    struct suan_ledger_report report;
    struct suan_txn *txn = reading();
    struct suan_error error = {0};
    cr_expect_eq(suan_ledger_verify(txn, &report, &error), SUAN_OK, "%s", error.message);
    suan_txn_endp(&txn);
}

/* --- whole lives -------------------------------------------------------------------------------------- */

Test(life, a_contract_is_reimbursed_by_instalments)
{
    install("demo-efficient", NULL, NULL);
    struct suan_id id = issued("demo-efficient", "N1", 10000001);
    cr_expect_eq(get(&id).face_fen, 2000000);
    cr_expect_eq(get(&id).stage, SUAN_STAGE_ISSUED);
    cr_expect_str_eq(get(&id).binding, "RATE");
    must(redeem(&id, "shop", SEED_SHOP, 3333333));
    cr_expect_eq(get(&id).redeemed_fen, 666666);
    cr_expect_eq(get(&id).stage, SUAN_STAGE_PART_SETTLED);
    refused(redeem(&id, "shop", SEED_SHOP, 3333333), "voucher.refused");
    must(redeem(&id, "shop", SEED_SHOP, 10000001));
    cr_expect_eq(get(&id).redeemed_fen, 2000000);
    cr_expect_eq(get(&id).stage, SUAN_STAGE_SETTLED);
    cr_expect_eq(balance("paid", "demo-efficient", "shop"), 2000000);
    verify_all();
}

Test(life, an_order_is_deducted_at_use_reserved_first)
{
    install("chengdu-compute-2025", NULL, NULL);
    struct suan_id id = issued("chengdu-compute-2025", "N1", 1000000);
    cr_expect_eq(get(&id).face_fen, 600000);
    refused(redeem(&id, "shop", SEED_SHOP, 1000), "policy.conflict");
    must(reserve(&id, "shop", SEED_SHOP, 500000));
    cr_expect_eq(get(&id).reserved_fen, 300000);
    cr_expect_eq(own_account(&id).debits_pending_fen, 300000);
    refused(reserve(&id, "shop", SEED_SHOP, 1), "voucher.state");
    must(redeem(&id, "shop", SEED_SHOP, -1));
    cr_expect_eq(balance("payable", "chengdu-compute-2025", "cloud"), 300000);
    cr_expect_eq(get(&id).stage, SUAN_STAGE_PART_SETTLED);
    must(reserve(&id, "shop", SEED_SHOP, 100));
    must(plain(SUAN_EVENT_VOUCHER_UNRESERVE, &id, "shop", SEED_SHOP));
    cr_expect_eq(get(&id).reserved_fen, 0);
    cr_expect_eq(own_account(&id).debits_pending_fen, 0);
    must(plain(SUAN_EVENT_VOUCHER_CLOSE, &id, "shop", SEED_SHOP));
    cr_expect_eq(get(&id).released_fen, 300000);
    verify_all();
}

Test(life, a_reservation_times_out)
{
    install("chengdu-compute-2025", NULL, NULL);
    struct suan_id id = issued("chengdu-compute-2025", "N1", 1000000);
    must(reserve(&id, "shop", SEED_SHOP, 500000));
    refused(plain(SUAN_EVENT_VOUCHER_UNRESERVE, &id, "city", SEED_CLERK), "event.permission");
    base.now_ns += 2 * TEST_DAY_NS;
    refused(redeem(&id, "shop", SEED_SHOP, -1), "ledger.pending");
    must(plain(SUAN_EVENT_VOUCHER_UNRESERVE, &id, "city", SEED_CLERK));
    cr_expect_eq(get(&id).stage, SUAN_STAGE_ISSUED);
    must(reserve(&id, "shop", SEED_SHOP, 500000));
    must(redeem(&id, "shop", SEED_SHOP, -1));
    verify_all();
}

Test(life, what_is_not_used_expires_into_the_budget_of_issue)
{
    install("hangzhou-compute-2025", "\"amount_fen\": 25000000000", "\"amount_fen\": 700000");
    struct suan_id id = issued("hangzhou-compute-2025", "N1", 1000000), other;
    cr_expect_eq(get(&id).face_fen, 500000);
    must(apply("mill", SEED_MILL, "hangzhou-compute-2025", "N2", 1000000, &other));
    refused(plain(SUAN_EVENT_VOUCHER_EXPIRE, &id, "city", SEED_CLERK), "voucher.valid");
    base.now_ns += 365 * TEST_DAY_NS;
    test_member(&base, "city", SEED_CITY, "clerk", SEED_CLERK, "review,finance");
    refused(plain(SUAN_EVENT_VOUCHER_EXPIRE, &id, "city", SEED_CLERK), "voucher.valid");
    base.now_ns += TEST_DAY_NS;
    refused(redeem(&id, "shop", SEED_SHOP, 1000000), "voucher.refused");
    must(plain(SUAN_EVENT_VOUCHER_EXPIRE, &id, "city", SEED_CLERK));
    cr_expect_eq(get(&id).stage, SUAN_STAGE_EXPIRED);
    cr_expect_eq(balance("budget", "hangzhou-compute-2025", "2026"), 700000);
    verify_all();
}

Test(life, what_was_paid_for_nothing_is_clawed_back_once)
{
    install("demo-efficient", NULL, NULL);
    struct suan_id id = issued("demo-efficient", "N1", 1000000);
    must(redeem(&id, "shop", SEED_SHOP, 500000));
    struct suan_json *body = about(SUAN_EVENT_VOUCHER_CLAWBACK, "city", &id);
    suan_json_set_text(body, "reason", "fraud");
    refused(test_sign(&base, body, SEED_CLERK), "event.permission");
    must(claw(&id, "refund", 200000));
    cr_expect_eq(get(&id).clawed_fen, 60000);
    cr_expect_eq(get(&id).released_fen, 100000, "what was left goes back, too");
    refused(claw(&id, "refund", 200000), "voucher.nothing-due");
    must(recover(&id, "received"));
    cr_expect_eq(get(&id).stage, SUAN_STAGE_CLAWED_BACK);
    must(claw(&id, "fraud", -1));
    cr_expect_eq(get(&id).clawed_fen, 100000);
    must(recover(&id, "write-off"));
    cr_expect_eq(get(&id).stage, SUAN_STAGE_WRITTEN_OFF);
    cr_expect_eq(balance("receivable", "demo-efficient", "shop"), 0);
    cr_expect_eq(balance("recovered", "demo-efficient", ""), 100000);
    verify_all();
}

/* --- who, and what stands in the way ------------------------------------------------------------------ */

Test(life, nobody_reviews_twice_or_what_they_benefit_from)
{
    struct suan_id id, own;
    install("demo-efficient", NULL, NULL);
    must(apply("shop", SEED_SHOP, "demo-efficient", "N1", 1000000, &id));
    refused(review(&id, "screen", SEED_TOWN), "event.permission");
    must(review(&id, "screen", SEED_OFFICER));
    refused(review(&id, "assess", SEED_OFFICER), "event.permission");
    must(review(&id, "assess", SEED_CLERK));
    must(review(&id, "publicise", SEED_OFFICER));
    refused(review(&id, "approve", SEED_OFFICER), "voucher.publicity");
    base.now_ns += 5 * TEST_DAY_NS + TEST_HOUR_NS;
    refused(review(&id, "approve", SEED_CLERK), "event.permission");
    must(review(&id, "approve", SEED_OFFICER));
    test_member(&base, "mill", SEED_MILL, "officer", SEED_OFFICER, "claim");
    must(apply("mill", SEED_MILL, "demo-efficient", "N2", 1000000, &own));
    refused(review(&own, "screen", SEED_OFFICER), "event.permission");
    must(review(&own, "screen", SEED_CLERK));
}

Test(life, only_the_enterprise_itself_applies_on_the_day)
{
    struct suan_id id;
    char claim[1024];
    install("demo-efficient", NULL, NULL);
    claim_text(claim, "shop", "demo-efficient", "N1", 1000000);
    refused(apply_text("mill", SEED_MILL, claim, &id), "event.permission");
    refused(apply("shop", SEED_SHOP, "nowhere", "N1", 1, &id), "programme.absent");
    refused(apply_text("shop", SEED_SHOP, "{}", &id), "policy.bad-field");
    base.now_ns += 9 * TEST_DAY_NS;
    refused(apply_text("shop", SEED_SHOP, claim, &id), "policy.bad-date");
}

/* Two claims race for what one of them takes: the second is stopped at issue, although it was approved. */
Test(life, issue_decides_again_with_the_room_that_is_left)
{
    struct suan_id first, second, third;
    install("hangzhou-compute-2025", "\"amount_fen\": 25000000000", "\"amount_fen\": 700000");
    must(apply("shop", SEED_SHOP, "hangzhou-compute-2025", "N1", 1000000, &first));
    must(apply("mill", SEED_MILL, "hangzhou-compute-2025", "N2", 1000000, &second));
    must(apply("mill", SEED_MILL, "hangzhou-compute-2025", "N3", 1000000, &third));
    approve(&first);
    approve(&second);
    must(issue(&first));
    refused(issue(&second), "voucher.changed");
    must(plain(SUAN_EVENT_VOUCHER_CLOSE, &second, "city", SEED_CLERK));
    cr_expect_eq(get(&second).stage, SUAN_STAGE_CANCELLED);
    cr_expect_eq(balance("budget", "hangzhou-compute-2025", "2026"), 200000);
    verify_all();
}

Test(life, one_contract_is_paid_once)
{
    struct suan_id again;
    install("demo-efficient", NULL, NULL);
    issued("demo-efficient", "N 1", 1000000);
    must(apply("shop", SEED_SHOP, "demo-efficient", "n-1", 1000000, &again));
    must(review(&again, "screen", SEED_OFFICER));
    must(review(&again, "assess", SEED_CLERK));
    must(review(&again, "publicise", SEED_OFFICER));
    base.now_ns += 5 * TEST_DAY_NS + TEST_HOUR_NS;
    refused(review(&again, "approve", SEED_OFFICER), "voucher.not-eligible");
    must(review(&again, "reject", SEED_OFFICER));
    cr_expect_eq(get(&again).stage, SUAN_STAGE_REJECTED);
}

Test(life, an_edited_programme_leaves_issued_vouchers_alone)
{
    install("demo-efficient", NULL, NULL);
    struct suan_id id = issued("demo-efficient", "N1", 1000000);
    struct suan_voucher_record before = get(&id);
    install("demo-efficient", "\"version\": 1", "\"version\": 2");
    must(redeem(&id, "shop", SEED_SHOP, 1000000));
    cr_expect_eq(get(&id).redeemed_fen, 200000);
    struct suan_voucher_record after = get(&id);
    cr_expect_eq(after.version, before.version);
    cr_expect(suan_digest_equal(&after.rules, &before.rules));
}

/* What a claimant says of an algorithm does not count: a licence without a vetted release is not approved. */
Test(life, a_licence_is_judged_by_what_is_on_record)
{
    struct suan_id id;
    install("algorithm-voucher-design", NULL, NULL);
    must(apply("shop", SEED_SHOP, "algorithm-voucher-design", "L1", 8000000, &id));
    cr_expect_eq(get(&id).ledger, SUAN_LEDGER_ALGORITHM);
    must(review(&id, "screen", SEED_OFFICER));
    must(review(&id, "assess", SEED_CLERK));
    must(review(&id, "publicise", SEED_OFFICER));
    base.now_ns += 5 * TEST_DAY_NS + TEST_HOUR_NS;
    refused(review(&id, "approve", SEED_OFFICER), "voucher.not-eligible");
}

/* --- random histories --------------------------------------------------------------------------------- */

enum { VERBS = 13, RANDOM_VOUCHERS = 8, RANDOM_STEPS = 700 };

static const char *const verb_names[VERBS] = {"screen", "assess",   "publicise", "approve", "reject",
                                              "issue",  "reserve",  "unreserve", "redeem",  "close",
                                              "expire", "clawback", "recover"};

/* Where each verb may begin, written from the table of the specification. */
static bool is_edge(enum suan_voucher_stage stage, const char *verb)
{
    static const struct {
        const char *verb;
        enum suan_voucher_stage from;
    } edges[] = {
        {"screen", SUAN_STAGE_APPLIED},        {"assess", SUAN_STAGE_SCREENED},
        {"publicise", SUAN_STAGE_IN_REVIEW},   {"approve", SUAN_STAGE_PUBLICISED},
        {"approve", SUAN_STAGE_WAITLISTED},    {"reject", SUAN_STAGE_APPLIED},
        {"reject", SUAN_STAGE_SCREENED},       {"reject", SUAN_STAGE_PUBLICISED},
        {"issue", SUAN_STAGE_APPROVED},        {"reserve", SUAN_STAGE_ISSUED},
        {"reserve", SUAN_STAGE_PART_SETTLED},  {"unreserve", SUAN_STAGE_RESERVED},
        {"redeem", SUAN_STAGE_ISSUED},         {"redeem", SUAN_STAGE_RESERVED},
        {"redeem", SUAN_STAGE_PART_SETTLED},   {"close", SUAN_STAGE_APPLIED},
        {"close", SUAN_STAGE_SCREENED},        {"close", SUAN_STAGE_IN_REVIEW},
        {"close", SUAN_STAGE_PUBLICISED},      {"close", SUAN_STAGE_APPROVED},
        {"close", SUAN_STAGE_WAITLISTED},      {"close", SUAN_STAGE_ISSUED},
        {"close", SUAN_STAGE_PART_SETTLED},    {"expire", SUAN_STAGE_ISSUED},
        {"expire", SUAN_STAGE_RESERVED},       {"expire", SUAN_STAGE_PART_SETTLED},
        {"clawback", SUAN_STAGE_PART_SETTLED}, {"clawback", SUAN_STAGE_SETTLED},
        {"clawback", SUAN_STAGE_EXPIRED},      {"clawback", SUAN_STAGE_CLAWBACK_DUE},
        {"clawback", SUAN_STAGE_CLAWED_BACK},  {"clawback", SUAN_STAGE_WRITTEN_OFF},
        {"recover", SUAN_STAGE_CLAWBACK_DUE},
    };
    for (size_t i = 0; i < sizeof edges / sizeof edges[0]; i++) {
        if (edges[i].from == stage && strcmp(edges[i].verb, verb) == 0)
            return true;
    }
    return false;
}

static int reached[SUAN_STAGE_WRITTEN_OFF + 1];
static uint64_t draw_state;
static uint64_t draw(uint64_t below)
{
    draw_state = draw_state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (draw_state >> 33) % below;
}

/* Mostly onward, so that histories come to an issue; then anything, but rarely an end. */
static int choose(enum suan_voucher_stage stage)
{
    static const int onward[] = {
        [SUAN_STAGE_APPLIED] = 0,    [SUAN_STAGE_SCREENED] = 1, [SUAN_STAGE_IN_REVIEW] = 2,
        [SUAN_STAGE_PUBLICISED] = 3, [SUAN_STAGE_APPROVED] = 5, [SUAN_STAGE_WAITLISTED] = 3};
    int verb = (int)draw(VERBS);
    if (stage <= SUAN_STAGE_WAITLISTED && draw(12) != 0)
        return onward[stage];
    bool is_end = verb == 9 || verb == 10 || verb == 11;
    return is_end && draw(3) != 0 ? (int)(6 + draw(3)) : verb;
}

static struct test_outcome act(const struct suan_voucher_record *v, int verb)
{
    const struct suan_id *id = &v->id;
    uint32_t person = draw(2) == 0 ? SEED_OFFICER : SEED_CLERK;
    switch (verb) {
    case 5: return issue(id);
    case 6: return reserve(id, "shop", SEED_SHOP, 1 + (int64_t)draw(400000));
    case 7: return plain(SUAN_EVENT_VOUCHER_UNRESERVE, id, "shop", SEED_SHOP);
    case 8:
        return redeem(id, "shop", SEED_SHOP,
                      v->stage == SUAN_STAGE_RESERVED ? -1 : v->paid_fen + (int64_t)draw(500000));
    case 9: return plain(SUAN_EVENT_VOUCHER_CLOSE, id, "shop", SEED_SHOP);
    case 10: return plain(SUAN_EVENT_VOUCHER_EXPIRE, id, "city", SEED_CLERK);
    case 11: return claw(id, draw(2) == 0 ? "fraud" : "refund", (int64_t)draw(600000));
    case 12: return recover(id, draw(2) == 0 ? "received" : "write-off");
    default: return review(id, verb_names[verb], person);
    }
}

/* I1, I3, I4, I5, I9, I15, and that account and record agree. */
static void check_voucher(const struct suan_voucher_record *v, int64_t rate_percent)
{
    struct suan_account own = own_account(&v->id);
    int64_t available = suan_voucher_available_fen(v);
    if (v->issued_idx == 0)
        return;
    cr_assert_geq(available, 0);
    cr_assert_geq(v->reserved_fen, 0);
    cr_assert_eq(v->face_fen, available + v->reserved_fen + v->redeemed_fen + v->released_fen);
    cr_assert_eq(suan_account_balance_fen(&own), v->face_fen - v->redeemed_fen - v->released_fen);
    cr_assert_leq(v->redeemed_fen, v->paid_fen * rate_percent / 100);
    cr_assert_eq(v->reserved_fen > 0, v->stage == SUAN_STAGE_RESERVED);
    if (v->stage == SUAN_STAGE_RESERVED && base.now_ns < v->order_until_ns)
        cr_assert_eq(own.debits_pending_fen, v->reserved_fen);
    cr_assert_leq(v->clawed_fen, v->redeemed_fen);
    cr_assert_leq(v->recovered_fen + v->written_off_fen, v->clawed_fen);
}

/* I8: what is on record gives each award again. */
static void replay_all(const struct suan_id *ids, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        SUAN_CLEANUP(suan_replay_freep) struct suan_replay *replay = NULL;
        struct suan_voucher_record v = get(&ids[i]);
        struct suan_decision decision;
        struct suan_error error = {0};
        if (v.issued_idx == 0)
            continue;
        struct suan_txn *txn = reading();
        cr_assert_eq(suan_voucher_replay(txn, &v, NULL, &decision, &replay, &error), SUAN_OK, "%s",
                     error.message);
        suan_txn_endp(&txn);
        cr_expect_eq(decision.award_fen, v.face_fen);
        cr_expect_str_eq(decision.binding, v.binding);
    }
}

/* I3, I13: the sums that decisions ask for are those over the vouchers themselves. */
static void check_room(const char *programme_id, int64_t net_fen, int64_t redeemed_fen)
{
    struct suan_programme programme = {.id = suan_span_text(programme_id)};
    struct suan_txn *txn = reading();
    struct suan_history history = suan_voucher_history(txn);
    struct suan_sum_query query = {.of = SUAN_SUM_ISSUED, .programme = &programme, .year = 2026};
    int64_t sum = -1;
    cr_assert_eq(history.sum(history.context, &query, &sum, NULL), SUAN_OK);
    cr_assert_eq(sum, net_fen);
    query.within = SUAN_SUM_ENTERPRISE;
    query.subject = suan_span_text("shop");
    cr_assert_eq(history.sum(history.context, &query, &sum, NULL), SUAN_OK);
    cr_assert_eq(sum, net_fen);
    query.of = SUAN_SUM_REDEEMED;
    query.year = SUAN_YEAR_EVER;
    cr_assert_eq(history.sum(history.context, &query, &sum, NULL), SUAN_OK);
    cr_assert_eq(sum, redeemed_fen);
    suan_txn_endp(&txn);
}

static void run_history(const char *programme, int64_t rate_percent, int64_t budget_fen)
{
    struct suan_id ids[RANDOM_VOUCHERS];
    for (int i = 0; i < RANDOM_VOUCHERS; i++) {
        char number[16];
        snprintf(number, sizeof number, "R%d", i);
        must(apply("shop", SEED_SHOP, programme, number, 200000 + (int64_t)draw(600000), &ids[i]));
        base.now_ns += TEST_HOUR_NS;
    }
    for (int step = 0; step < RANDOM_STEPS; step++) {
        struct suan_voucher_record before = get(&ids[draw(RANDOM_VOUCHERS)]), after;
        int verb = choose(before.stage);
        bool wanted = is_edge(before.stage, verb_names[verb]);
        if (!wanted && draw(4) != 0)
            continue;
        base.now_ns += draw(40) == 0 ? 5 * TEST_DAY_NS : TEST_HOUR_NS * (1 + draw(14));
        struct suan_ledger_report report;
        uint64_t size_before = 0, size_after = 0;
        struct suan_txn *txn = reading();
        cr_assert_eq(suan_ledger_size(txn, &size_before, NULL), SUAN_OK);
        suan_txn_endp(&txn);
        struct test_outcome outcome = act(&before, verb);
        after = get(&before.id);
        txn = reading();
        cr_assert_eq(suan_ledger_size(txn, &size_after, NULL), SUAN_OK);
        cr_assert_eq(suan_ledger_verify(txn, &report, NULL), SUAN_OK);
        suan_txn_endp(&txn);
        reached[after.stage] += outcome.status == SUAN_OK;
        cr_assert_neq(outcome.status, SUAN_E_INTEGRITY, "%s", outcome.message);
        if (!wanted)
            cr_assert_str_eq(outcome.code, "voucher.state", "%s from %s: %s", verb_names[verb],
                             suan_stage_name(before.stage), outcome.message);
        if (outcome.status != SUAN_OK) {
            cr_assert_eq(memcmp(&before, &after, sizeof before), 0, "a refusal changed the voucher");
            cr_assert_eq(size_before, size_after, "a refusal moved money");
        }
        cr_assert_eq(memcmp(&before.claimant, &after.claimant, sizeof before.claimant), 0);
        int64_t net = 0, redeemed = 0;
        for (int i = 0; i < RANDOM_VOUCHERS; i++) {
            struct suan_voucher_record v = get(&ids[i]);
            check_voucher(&v, rate_percent);
            net += v.issued_idx != 0 ? v.face_fen - v.released_fen : 0;
            redeemed += v.redeemed_fen;
        }
        check_room(programme, net, redeemed);
        cr_assert_leq(net, budget_fen);
    }
    replay_all(ids, RANDOM_VOUCHERS);
}

/* Every table follows from the logs again. */
static void refold(void)
{
    struct suan_json *report = NULL;
    struct suan_error error = {0};
    cr_expect_eq(suan_registry_verify(base.registry, &report, &error), SUAN_OK, "%s", error.message);
    suan_json_release(report);
}

static const struct {
    const char *programme, *budget;
    int64_t rate_percent;
} kinds[] = {
    {"hangzhou-compute-2025", "\"amount_fen\": 25000000000", 50},
    {"chengdu-compute-2025", "\"amount_fen\": 10000000000", 60},
};

/* A registry of its own for each history; with SUAN_SOAK many more, from that seed on. */
static void run_kind(size_t kind, uint64_t seed)
{
    const char *soak = getenv("SUAN_SOAK");
    int histories = soak != NULL ? 40 : 8;
    for (int history = 0; history < histories; history++) {
        draw_state = seed + (uint64_t)history + (soak != NULL ? strtoull(soak, NULL, 10) : 0);
        install_edited(kinds[kind].programme, kinds[kind].budget, "\"amount_fen\": 1200000",
                       "\"validity_days\": 365", "\"validity_days\": 20");
        run_history(kinds[kind].programme, kinds[kind].rate_percent, 1200000);
        refold();
        end();
        begin();
    }
}

/* The histories are worth something only if they come this far. */
static void expect_reached(const enum suan_voucher_stage *stages, size_t count)
{
    for (size_t i = 0; i < count; i++)
        cr_expect_gt(reached[stages[i]], 0, "no history reached %s", suan_stage_name(stages[i]));
}

Test(life, random_histories_keep_the_invariants_when_reimbursed)
{
    static const enum suan_voucher_stage stages[] = {
        SUAN_STAGE_REJECTED, SUAN_STAGE_ISSUED,       SUAN_STAGE_PART_SETTLED, SUAN_STAGE_SETTLED,
        SUAN_STAGE_EXPIRED,  SUAN_STAGE_CLAWBACK_DUE, SUAN_STAGE_CLAWED_BACK,  SUAN_STAGE_WRITTEN_OFF};
    run_kind(0, 20270131);
    expect_reached(stages, sizeof stages / sizeof stages[0]);
}

Test(life, random_histories_keep_the_invariants_when_deducted)
{
    static const enum suan_voucher_stage stages[] = {SUAN_STAGE_WAITLISTED, SUAN_STAGE_ISSUED,
                                                     SUAN_STAGE_RESERVED,   SUAN_STAGE_PART_SETTLED,
                                                     SUAN_STAGE_EXPIRED,    SUAN_STAGE_CLAWBACK_DUE};
    run_kind(1, 20270201);
    expect_reached(stages, sizeof stages / sizeof stages[0]);
}
