/* Programmes, tariffs, receipts and credits on record: who may, what once, and where the money lies
 * afterwards. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "basis.h"
#include "catalog/release.h"
#include "catalog/review.h"
#include "ledger/ledger.h"
#include "support/scene.h"
#include "trust/dsse.h"
#include "voucher/life.h"
#include "voucher/voucher.h"

extern const struct suan_family suan_family_ledger;

enum { SEED_CITY = 40, SEED_SHOP = 41 };

static const struct suan_family *families[SUAN_CATALOG_FAMILIES + 2];
static struct test_scene scene;
static struct suan_buffer attestation; /* the envelope of the measurement */

/* --- steps -------------------------------------------------------------------------------------------- */

static struct test_outcome submit(struct suan_json *body, uint32_t seed, struct suan_span blob)
{
    const uint32_t seeds[] = {seed, TEST_END};
    return test_submit(&scene.base, body, seeds, &blob, blob.size > 0 ? 1 : 0);
}

static void must(struct test_outcome outcome)
{
    cr_assert_eq(outcome.status, SUAN_OK, "%s (%s)", outcome.message, outcome.code);
}

static void set_digest(struct suan_json *body, const char *key, struct suan_span bytes)
{
    struct suan_digest digest = suan_sha256(bytes);
    suan_json_set_hex(body, key, digest.bytes, sizeof digest.bytes);
}

static struct test_outcome install(uint16_t kind, const char *by, uint32_t seed, struct suan_span file)
{
    struct suan_json *body = test_command(&scene.base, kind, by);
    set_digest(body, "file", file);
    return submit(body, seed, file);
}

static struct test_outcome install_file(uint16_t kind, const char *name, const char *from, const char *to)
{
    SUAN_CLEANUP(suan_buffer_done) struct suan_buffer text = {0}, changed = {0};
    char path[512];
    snprintf(path, sizeof path, "%s/%s.json", SUAN_TEST_PROGRAMMES, name);
    cr_assert_eq(suan_file_read(path, 1 << 20, &text, NULL), SUAN_OK);
    const char *whole = suan_buffer_text(&text), *place = from != NULL ? strstr(whole, from) : whole;
    cr_assert_not_null(place);
    suan_buffer_append(&changed, whole, (size_t)(place - whole));
    suan_buffer_append_text(&changed, from != NULL ? to : "");
    suan_buffer_append_text(&changed, place + (from != NULL ? strlen(from) : 0));
    return install(kind, "city", SEED_CITY, suan_buffer_span(&changed));
}

static void attest(const char *role)
{
    SUAN_CLEANUP(suan_signer_closep) struct suan_signer *signer = test_key(SEED_BODY1);
    const struct suan_signer *signers[] = {signer};
    char statement[4096], hex[2 * SUAN_DIGEST_SIZE + 1];
    suan_hex(scene.release.bytes, sizeof scene.release.bytes, hex);
    snprintf(
        statement, sizeof statement,
        "{\"_type\":\"https://in-toto.io/Statement/v1\",\"predicate\":%s,\"predicateType\":"
        "\"urn:suan:measurement:1\",\"subject\":[{\"digest\":{\"tar_sha256\":\"%s\"},\"name\":\"q.suan\"}]}",
        basis_text(role), hex);
    suan_buffer_clear(&attestation);
    cr_assert_eq(suan_dsse_sign("application/vnd.in-toto+json", suan_span_text(statement), signers, 1,
                                &attestation, NULL),
                 SUAN_OK);
    struct suan_json *body = test_command(&scene.base, SUAN_EVENT_ATTEST_ADD, "body1");
    suan_json_set_hex(body, "tar", scene.release.bytes, sizeof scene.release.bytes);
    suan_json_set_text(body, "type", "urn:suan:measurement:1");
    set_digest(body, "blob", suan_buffer_span(&attestation));
    must(submit(body, SEED_BODY1, suan_buffer_span(&attestation)));
}

static struct suan_txn *reading(void)
{
    struct suan_txn *txn = NULL;
    cr_assert_eq(suan_store_begin(suan_registry_store(scene.base.registry), &txn, NULL), SUAN_OK);
    return txn;
}

static void sign_review(const char *body_ident, uint32_t seed)
{
    struct suan_json *body = test_command(&scene.base, SUAN_EVENT_REVIEW_SIGN, body_ident), *page = NULL;
    struct suan_release release;
    struct suan_policy_record policy;
    struct suan_digest digest;
    struct suan_txn *txn = reading();
    cr_assert_eq(suan_release_by_digest(txn, &scene.release, &release, NULL), SUAN_OK);
    cr_assert_eq(suan_policy_by_id(txn, &release.policy, &policy, NULL), SUAN_OK);
    cr_assert_eq(suan_review_page(txn, &release, &policy, &page, &digest, NULL), SUAN_OK);
    suan_json_release(page);
    suan_txn_endp(&txn);
    suan_json_set_hex(body, "tar", scene.release.bytes, sizeof scene.release.bytes);
    suan_command_set_u64(body, "until", scene.base.now_ns + 365 * TEST_DAY_NS);
    suan_json_set_hex(body, "page", digest.bytes, sizeof digest.bytes);
    must(submit(body, seed, suan_span(NULL, 0)));
}

static void vet(void)
{
    struct suan_json *body = test_command(&scene.base, SUAN_EVENT_REVIEW_SUBMIT, "lab");
    suan_json_set_hex(body, "tar", scene.release.bytes, sizeof scene.release.bytes);
    suan_json_set_text(body, "policy", SCENE_POLICY);
    must(submit(body, SEED_LAB, suan_span(NULL, 0)));
    sign_review("body1", SEED_BODY1);
    sign_review("body2", SEED_BODY2);
}

static void begin(void)
{
    memcpy(families, suan_catalog_families, sizeof suan_catalog_families[0] * SUAN_CATALOG_FAMILIES);
    families[SUAN_CATALOG_FAMILIES] = &suan_family_ledger;
    families[SUAN_CATALOG_FAMILIES + 1] = &suan_family_voucher;
    test_scene_new_with(&scene, families, SUAN_CATALOG_FAMILIES + 2);
    test_identity(&scene.base, "city", SUAN_IDENT_AUTHORITY, SEED_CITY);
    test_identity(&scene.base, "shop", SUAN_IDENT_ENTERPRISE, SEED_SHOP);
    must(install_file(SUAN_EVENT_PROGRAMME_INSTALL, "algorithm-voucher-design", NULL, NULL));
    must(install_file(SUAN_EVENT_TARIFF_INSTALL, "tariff-demo", NULL, NULL));
    attest("incumbent");
}

static void end(void)
{
    suan_buffer_done(&attestation);
    test_scene_done(&scene);
}

TestSuite(record, .init = begin, .fini = end, .timeout = 60);

/* A receipt of the shop: 10^13 ns of CPU in the first bin, saving 9.5 * 10^12 ns, worth 3,958 fen. */
static struct suan_receipt *shop_receipt(void)
{
    struct suan_receipt_basis basis = basis_read();
    struct suan_receipt *receipt = basis_receipt();
    receipt->tar = scene.release;
    receipt->measurement = suan_sha256(suan_buffer_span(&attestation));
    receipt->bins[0].jobs = INT64_C(1000000000000);
    receipt->bins[0].cpu_ns = INT64_C(10000000000000);
    receipt->bins[1].jobs = receipt->bins[1].cpu_ns = 0;
    receipt->start_ns = scene.base.now_ns - TEST_HOUR_NS;
    receipt->end_ns = scene.base.now_ns - 1;
    cr_assert_eq(suan_receipt_compute(receipt, &basis, NULL), SUAN_OK);
    return receipt;
}

static void seal(const struct suan_receipt *receipt, uint32_t seed, struct suan_buffer *out_envelope,
                 struct suan_digest *out_digest)
{
    SUAN_CLEANUP(suan_signer_closep) struct suan_signer *signer = test_key(seed);
    SUAN_CLEANUP(suan_buffer_done) struct suan_buffer text = {0};
    const struct suan_signer *signers[] = {signer};
    cr_assert_eq(suan_receipt_format(receipt, &text, NULL), SUAN_OK);
    *out_digest = suan_sha256(suan_buffer_span(&text));
    cr_assert_eq(suan_dsse_sign(SUAN_RECEIPT_TYPE, suan_buffer_span(&text), signers, 1, out_envelope, NULL),
                 SUAN_OK);
}

static struct test_outcome submit_receipt(const struct suan_receipt *receipt, const char *by,
                                          uint32_t by_seed, uint32_t seal_seed,
                                          struct suan_digest *out_digest)
{
    SUAN_CLEANUP(suan_buffer_done) struct suan_buffer envelope = {0};
    seal(receipt, seal_seed, &envelope, out_digest);
    struct suan_json *body = test_command(&scene.base, SUAN_EVENT_RECEIPT_SUBMIT, by);
    set_digest(body, "receipt", suan_buffer_span(&envelope));
    return submit(body, by_seed, suan_buffer_span(&envelope));
}

static struct test_outcome earn(const struct suan_digest *receipt)
{
    struct suan_json *body = test_command(&scene.base, SUAN_EVENT_CREDIT_EARN, "lab");
    suan_json_set_hex(body, "receipt", receipt->bytes, sizeof receipt->bytes);
    suan_json_set_text(body, "programme", "algorithm-voucher-design");
    return submit(body, SEED_LAB, suan_span(NULL, 0));
}

static int64_t balance(const char *ident)
{
    struct suan_txn *txn = reading();
    struct suan_id id = suan_credit_account("algorithm-voucher-design", ident);
    struct suan_account account;
    enum suan_status status = suan_account_get(txn, &id, scene.base.now_ns, &account, NULL);
    suan_txn_endp(&txn);
    return status == SUAN_OK ? suan_account_balance_fen(&account) : 0;
}

static void refused(struct test_outcome outcome, const char *code)
{
    cr_expect_neq(outcome.status, SUAN_OK);
    cr_expect_str_eq(outcome.code, code, "%s: %s", outcome.code, outcome.message);
}

/* --- programmes and tariffs --------------------------------------------------------------------------- */

Test(record, rules_are_installed_by_an_authority_once)
{
    const struct suan_span nonsense = suan_span_text("{}");
    refused(install_file(SUAN_EVENT_PROGRAMME_INSTALL, "algorithm-voucher-design", NULL, NULL),
            "event.conflict");
    refused(install(SUAN_EVENT_PROGRAMME_INSTALL, "shop", SEED_SHOP, nonsense), "event.permission");
    refused(install(SUAN_EVENT_PROGRAMME_INSTALL, "city", SEED_CITY, nonsense), "policy.bad-field");
    refused(install(SUAN_EVENT_TARIFF_INSTALL, "city", SEED_CITY, nonsense), "policy.bad-field");
}

Test(record, contradictory_rules_are_not_installed)
{
    refused(install_file(SUAN_EVENT_PROGRAMME_INSTALL, "demo-prorata", "\"amount_fen\": 100000",
                         "\"amount_fen\": 0"),
            "programme.no-award");
    must(install_file(SUAN_EVENT_PROGRAMME_INSTALL, "hangzhou-compute-2024", NULL, NULL));
    refused(install_file(SUAN_EVENT_PROGRAMME_INSTALL, "hangzhou-compute-2025", "2025-06-13", "2025-06-12"),
            "programme.overlap");
    must(install_file(SUAN_EVENT_PROGRAMME_INSTALL, "hangzhou-compute-2025", NULL, NULL));
}

/* --- receipts ----------------------------------------------------------------------------------------- */

Test(record, a_receipt_is_admitted_once_and_in_sequence)
{
    SUAN_CLEANUP(suan_receipt_freep) struct suan_receipt *receipt = shop_receipt();
    struct suan_digest first, second;
    must(submit_receipt(receipt, "shop", SEED_SHOP, SEED_SHOP, &first));
    refused(submit_receipt(receipt, "shop", SEED_SHOP, SEED_SHOP, &first), "event.conflict");
    receipt->unmetered_jobs = 1;
    refused(submit_receipt(receipt, "shop", SEED_SHOP, SEED_SHOP, &second), "event.conflict");
    receipt->sequence = 2;
    refused(submit_receipt(receipt, "shop", SEED_SHOP, SEED_SHOP, &second), "event.conflict");
    receipt->previous = first;
    receipt->sequence = 3;
    refused(submit_receipt(receipt, "shop", SEED_SHOP, SEED_SHOP, &second), "event.conflict");
    receipt->sequence = 2;
    refused(submit_receipt(receipt, "shop", SEED_SHOP, SEED_SHOP, &second), "receipt.refused");
    receipt->start_ns = receipt->end_ns;
    must(submit_receipt(receipt, "shop", SEED_SHOP, SEED_SHOP, &second));
}

Test(record, each_meter_has_a_chain_of_its_own)
{
    SUAN_CLEANUP(suan_receipt_freep) struct suan_receipt *receipt = shop_receipt();
    struct suan_digest first, second;
    must(submit_receipt(receipt, "shop", SEED_SHOP, SEED_SHOP, &first));
    receipt->meter[0] = 1;
    must(submit_receipt(receipt, "shop", SEED_SHOP, SEED_SHOP, &second));
}

Test(record, a_receipt_that_states_more_than_it_holds_is_refused)
{
    SUAN_CLEANUP(suan_receipt_freep) struct suan_receipt *receipt = shop_receipt();
    struct suan_digest digest;
    receipt->saving_ns++;
    refused(submit_receipt(receipt, "shop", SEED_SHOP, SEED_SHOP, &digest), "receipt.saving");
    receipt->saving_ns--;
    receipt->flags = SUAN_RECEIPT_QUICK;
    refused(submit_receipt(receipt, "shop", SEED_SHOP, SEED_SHOP, &digest), "receipt.saving");
    receipt->flags = 0;
    must(submit_receipt(receipt, "shop", SEED_SHOP, SEED_SHOP, &digest));
}

Test(record, only_its_user_signs_and_submits_a_receipt)
{
    SUAN_CLEANUP(suan_receipt_freep) struct suan_receipt *receipt = shop_receipt();
    struct suan_digest digest;
    refused(submit_receipt(receipt, "shop", SEED_SHOP, SEED_EVE, &digest), "event.permission");
    refused(submit_receipt(receipt, "firm", SEED_FIRM, SEED_FIRM, &digest), "receipt.refused");
}

Test(record, a_receipt_names_what_is_on_record)
{
    SUAN_CLEANUP(suan_receipt_freep) struct suan_receipt *receipt = shop_receipt();
    struct suan_digest digest, measurement = receipt->measurement;
    snprintf(receipt->version, sizeof receipt->version, "1.0.1");
    refused(submit_receipt(receipt, "shop", SEED_SHOP, SEED_SHOP, &digest), "receipt.refused");
    snprintf(receipt->version, sizeof receipt->version, "1.0.0");
    snprintf(receipt->task, sizeof receipt->task, "astro.other/1");
    refused(submit_receipt(receipt, "shop", SEED_SHOP, SEED_SHOP, &digest), "receipt.refused");
    snprintf(receipt->task, sizeof receipt->task, "%s", SCENE_TASK);
    receipt->measurement.bytes[0] ^= 1;
    refused(submit_receipt(receipt, "shop", SEED_SHOP, SEED_SHOP, &digest), "receipt.refused");
    receipt->measurement = measurement;
    receipt->end_ns = scene.base.now_ns + TEST_DAY_NS;
    refused(submit_receipt(receipt, "shop", SEED_SHOP, SEED_SHOP, &digest), "receipt.refused");
}

/* --- credits ------------------------------------------------------------------------------------------ */

static struct suan_digest admitted(void)
{
    SUAN_CLEANUP(suan_receipt_freep) struct suan_receipt *receipt = shop_receipt();
    struct suan_digest digest;
    must(submit_receipt(receipt, "shop", SEED_SHOP, SEED_SHOP, &digest));
    return digest;
}

/* 9.5 * 10^12 ns at 1,500 fen an hour are 3,958 fen; a fifth of them, 791, by shares of 7,000 and 3,000. */
Test(record, a_receipt_earns_its_owners_once)
{
    vet();
    struct suan_digest digest = admitted();
    struct suan_credit_record record;
    must(earn(&digest));
    struct suan_txn *txn = reading();
    cr_assert_eq(suan_credit_get(txn, &digest, &record, NULL), SUAN_OK);
    suan_txn_endp(&txn);
    cr_assert_eq(record.saving_ns, INT64_C(9500000000000));
    cr_assert_eq(record.saved_fen, 3958);
    cr_assert_eq(record.credit_fen, 791);
    cr_assert_str_eq(record.binding, "RATE");
    cr_assert_eq(balance("lab") + balance("firm"), 791);
    cr_assert_eq(balance("lab"), 554);
    cr_assert_eq(balance("firm"), 237);
    refused(earn(&digest), "credit.earned");
    cr_assert_eq(balance("lab"), 554);
}

Test(record, an_unvetted_release_earns_nothing)
{
    struct suan_digest digest = admitted();
    refused(earn(&digest), "credit.unvetted");
    cr_assert_eq(balance("lab"), 0);
}

Test(record, use_by_an_owner_earns_nothing)
{
    SUAN_CLEANUP(suan_receipt_freep) struct suan_receipt *receipt = shop_receipt();
    struct suan_digest digest;
    vet();
    snprintf(receipt->user, sizeof receipt->user, "firm");
    must(submit_receipt(receipt, "firm", SEED_FIRM, SEED_FIRM, &digest));
    refused(earn(&digest), "credit.related");
}

Test(record, a_baseline_that_the_measurer_chose_earns_nothing)
{
    attest("other");
    vet();
    struct suan_digest digest = admitted();
    refused(earn(&digest), "credit.frontier");
}

Test(record, a_receipt_without_saving_earns_nothing)
{
    SUAN_CLEANUP(suan_receipt_freep) struct suan_receipt *receipt = shop_receipt();
    struct suan_digest digest;
    struct suan_receipt_basis basis = basis_read();
    vet();
    receipt->scores[0] = 9000;
    cr_assert_eq(suan_receipt_compute(receipt, &basis, NULL), SUAN_OK);
    must(submit_receipt(receipt, "shop", SEED_SHOP, SEED_SHOP, &digest));
    refused(earn(&digest), "credit.refused");
}

static struct test_outcome settle(const char *by, uint32_t seed, int64_t fen)
{
    struct suan_json *body = test_command(&scene.base, SUAN_EVENT_CREDIT_SETTLE, by);
    suan_json_set_text(body, "owner", "lab");
    suan_json_set_text(body, "programme", "algorithm-voucher-design");
    suan_json_set_text(body, "reference", "bank 7");
    suan_json_set_integer(body, "amount_fen", fen);
    return submit(body, seed, suan_span(NULL, 0));
}

Test(record, the_authority_settles_what_there_is_and_no_more)
{
    vet();
    struct suan_digest digest = admitted();
    must(earn(&digest));
    refused(settle("lab", SEED_LAB, 1), "event.permission");
    refused(settle("city", SEED_CITY, 555), "ledger.balance");
    must(settle("city", SEED_CITY, 554));
    cr_assert_eq(balance("lab"), 0);
    refused(settle("city", SEED_CITY, 1), "ledger.balance");
}

Test(record, everything_follows_from_the_log)
{
    SUAN_CLEANUP(suan_json_releasep) struct suan_json *report = NULL;
    struct suan_error error = {0};
    struct suan_store *store = suan_registry_store(scene.base.registry);
    vet();
    struct suan_digest digest = admitted();
    must(earn(&digest));
    must(settle("city", SEED_CITY, 100));
    cr_assert_eq(suan_store_keep_package(store, &scene.release, suan_span_text("file"), NULL), SUAN_OK);
    cr_assert_eq(suan_store_keep_package(store, &scene.contract, suan_span_text("file"), NULL), SUAN_OK);
    cr_assert_eq(suan_registry_verify(scene.base.registry, &report, &error), SUAN_OK, "%s", error.message);
}

/* --- licences ----------------------------------------------------------------------------------------- */

enum { SEED_OFFICER = 42, SEED_CLERK = 43 };

static struct suan_id licence_of(const char *by, uint32_t seed)
{
    char claim[1024], day[11];
    struct suan_id id;
    suan_day_format(suan_day_of_time(scene.base.now_ns), day);
    snprintf(
        claim, sizeof claim,
        "{\"schema\":\"suan.claim/1\",\"instrument\":\"algorithm_voucher\",\"date\":\"%s\",\"programme\":"
        "\"algorithm-voucher-design\",\"enterprise\":\"%s\",\"claimant\":{\"class\":\"enterprise\",\"size\":"
        "\"sme\",\"blacklisted\":false},\"contract\":{\"number\":\"L-%s\",\"supplier\":\"lab\",\"related\":"
        "false},\"algorithm\":{\"release\":\"quick.match@1.0.0\"},\"lines\":[{\"kind\":\"licence\","
        "\"amount_fen\":8000000}],\"other_awards\":[],\"documents\":[]}",
        day, by, by);
    struct suan_json *body = test_command(&scene.base, SUAN_EVENT_VOUCHER_APPLY, by);
    set_digest(body, "claim", suan_span_text(claim));
    cr_assert(suan_unhex(suan_json_text(suan_json_find(body, "id")), id.bytes, SUAN_ID_SIZE));
    must(submit(body, seed, suan_span_text(claim)));
    return id;
}

static struct test_outcome review_licence(const struct suan_id *id, const char *step, uint32_t seed)
{
    struct suan_json *body = test_command(&scene.base, SUAN_EVENT_VOUCHER_REVIEW, "city");
    suan_json_set_hex(body, "voucher", id->bytes, SUAN_ID_SIZE);
    suan_json_set_text(body, "step", step);
    return submit(body, seed, suan_span(NULL, 0));
}

static struct test_outcome approve_licence(const struct suan_id *id)
{
    must(review_licence(id, "screen", SEED_OFFICER));
    must(review_licence(id, "assess", SEED_CLERK));
    must(review_licence(id, "publicise", SEED_OFFICER));
    scene.base.now_ns += 5 * TEST_DAY_NS + TEST_HOUR_NS;
    return review_licence(id, "approve", SEED_OFFICER);
}

static void hire(void)
{
    test_identity(&scene.base, "officer", SUAN_IDENT_PERSON, SEED_OFFICER);
    test_identity(&scene.base, "clerk", SUAN_IDENT_PERSON, SEED_CLERK);
    test_member(&scene.base, "city", SEED_CITY, "officer", SEED_OFFICER, "review,finance");
    test_member(&scene.base, "city", SEED_CITY, "clerk", SEED_CLERK, "review,finance");
}

/* Half of 80,000.00: the release's standing and measurement come from the registry, not from the claim. */
Test(record, a_licence_of_a_vetted_algorithm_is_part_paid)
{
    struct suan_voucher_record voucher;
    hire();
    vet();
    struct suan_id id = licence_of("shop", SEED_SHOP);
    must(approve_licence(&id));
    struct suan_json *body = test_command(&scene.base, SUAN_EVENT_VOUCHER_ISSUE, "city");
    suan_json_set_hex(body, "voucher", id.bytes, SUAN_ID_SIZE);
    must(submit(body, SEED_CLERK, suan_span(NULL, 0)));
    struct suan_txn *txn = reading();
    cr_assert_eq(suan_voucher_get(txn, &id, &voucher, NULL), SUAN_OK);
    suan_txn_endp(&txn);
    cr_expect_eq(voucher.stage, SUAN_STAGE_ISSUED);
    cr_expect_eq(voucher.face_fen, 4000000);
    cr_expect_eq(voucher.ledger, (uint32_t)SUAN_LEDGER_ALGORITHM);
}

Test(record, a_licence_of_what_is_not_vetted_is_not_paid)
{
    hire();
    struct suan_id id = licence_of("shop", SEED_SHOP);
    refused(approve_licence(&id), "voucher.not-eligible");
}

/* firm owns 3,000 basis points of it, whatever it says of itself. */
Test(record, an_owner_is_no_claimant_of_its_own_algorithm)
{
    hire();
    vet();
    struct suan_id id = licence_of("firm", SEED_FIRM);
    refused(approve_licence(&id), "voucher.not-eligible");
}
