/*
 * Every kind of command that people sign, in one table: it is accepted from exactly the right people, and
 * refused for each missing signature, one too many, a foreign origin, expiry, an unknown field, and when it
 * comes again in a stale state.
 */
#include <criterion/criterion.h>
#include <criterion/parameterized.h>
#include <stdio.h>

#include "base/cleanup.h"
#include "catalog/release.h"
#include "catalog/review.h"
#include "support/scene.h"
#include "trust/dsse.h"

static struct test_scene scene;
static struct suan_buffer evidence; /* offered with the command, if not empty */

static struct suan_json *command(uint16_t kind, const char *by)
{
    return test_command(&scene.base, kind, by);
}

static void set_key(struct suan_json *body, const char *field, uint32_t seed)
{
    char text[128];
    test_key_text(seed, text);
    suan_json_set_text(body, field, text);
}

static void set_key_id(struct suan_json *body, const char *field, uint32_t seed)
{
    char hex[2 * SUAN_DIGEST_SIZE + 1];
    test_key_id(seed, hex);
    suan_json_set_text(body, field, hex);
}

static void set_tar(struct suan_json *body, const struct suan_digest *tar)
{
    suan_json_set_hex(body, "tar", tar->bytes, sizeof tar->bytes);
}

static void offer_evidence(struct suan_json *body, const char *field, struct suan_span bytes)
{
    suan_buffer_clear(&evidence);
    suan_buffer_append_span(&evidence, bytes);
    struct suan_digest digest = suan_sha256(bytes);
    suan_json_set_hex(body, field, digest.bytes, sizeof digest.bytes);
}

static struct suan_txn *begin(void)
{
    struct suan_txn *txn = NULL;
    cr_assert_eq(suan_store_begin(suan_registry_store(scene.base.registry), &txn, NULL), SUAN_OK);
    return txn;
}

/* Commands that prepare the ground must be accepted. */
static uint64_t accept(struct suan_json *body, const uint32_t *seeds)
{
    struct suan_span blob = suan_buffer_span(&evidence);
    struct test_outcome outcome = test_submit(&scene.base, body, seeds, &blob, blob.size > 0 ? 1 : 0);
    cr_assert_eq(outcome.status, SUAN_OK, "preparing: %s", outcome.message);
    suan_buffer_clear(&evidence);
    return outcome.index;
}
#define ACCEPT(body, ...) accept(body, (const uint32_t[]){__VA_ARGS__, TEST_END})

/* --- builders ----------------------------------------------------------------------------------------- */

static struct suan_json *identity(const char *ident, const char *type)
{
    struct suan_json *body = command(SUAN_EVENT_IDENTITY_CREATE, ident);
    suan_json_set_text(body, "ident", ident);
    suan_json_set_text(body, "type", type);
    suan_json_set_text(body, "display", "新人");
    set_key(body, "key", SEED_NEW);
    return body;
}

static struct suan_json *create_person(void)
{
    return identity("carol", "person");
}

static struct suan_json *create_body(void)
{
    return identity("body4", "body");
}

static struct suan_json *update_identity(void)
{
    struct suan_json *body = command(SUAN_EVENT_IDENTITY_UPDATE, "alice");
    suan_json_set_text(body, "contact", "alice@example.org");
    return body;
}

static struct suan_json *add_key(void)
{
    struct suan_json *body = command(SUAN_EVENT_KEY_ADD, "alice");
    struct suan_json *names = suan_json_new_array();
    suan_json_add_text(names, SUAN_NAMESPACE_EVENT);
    suan_json_set(body, "namespaces", names);
    set_key(body, "key", SEED_NEW);
    return body;
}

static struct suan_json *rotate_key(void)
{
    struct suan_json *body = command(SUAN_EVENT_KEY_ROTATE, "alice");
    set_key_id(body, "old", SEED_ALICE);
    set_key(body, "new", SEED_NEW);
    return body;
}

static struct suan_json *revoke_key(const char *by)
{
    struct suan_json *body = command(SUAN_EVENT_KEY_REVOKE, by);
    set_key_id(body, "key", SEED_LAB);
    suan_command_set_u64(body, "from_idx", 1);
    suan_json_set_text(body, "reason", "lost");
    return body;
}

static struct suan_json *revoke_key_as_admin(void)
{
    return revoke_key("alice");
}

static struct suan_json *revoke_key_as_operator(void)
{
    return revoke_key("operator");
}

static struct suan_json *recover_key(void)
{
    struct suan_json *body = command(SUAN_EVENT_KEY_RECOVER, "operator");
    suan_json_set_text(body, "ident", "alice");
    set_key(body, "key", SEED_NEW);
    offer_evidence(body, "evidence", suan_span_text("she came in person"));
    return body;
}

static struct suan_json *object_key(void)
{
    uint64_t index = ACCEPT(recover_key(), SEED_OPERATOR, SEED_BODY1);
    struct suan_json *body = command(SUAN_EVENT_KEY_OBJECT, "alice");
    suan_command_set_u64(body, "recover", index);
    return body;
}

static void set_term(struct suan_json *body, const char *roles, unsigned days)
{
    suan_json_set_text(body, "roles", roles);
    suan_command_set_u64(body, "from", scene.base.now_ns);
    suan_command_set_u64(body, "until", scene.base.now_ns + days * TEST_DAY_NS);
}

static struct suan_json *add_member(void)
{
    struct suan_json *body = command(SUAN_EVENT_MEMBER_ADD, "lab");
    suan_json_set_text(body, "org", "lab");
    suan_json_set_text(body, "ident", "bob");
    set_term(body, "release", 400);
    return body;
}

static struct suan_json *second_member(void)
{
    ACCEPT(add_member(), SEED_ALICE, SEED_BOB);
    struct suan_json *body = command(SUAN_EVENT_MEMBER_SECOND, "lab");
    suan_json_set_text(body, "home", "lab");
    suan_json_set_text(body, "host", "body1");
    suan_json_set_text(body, "ident", "bob");
    set_term(body, "review", 400);
    return body;
}

static struct suan_json *end_member(void)
{
    struct suan_json *body = command(SUAN_EVENT_MEMBER_END, "alice");
    suan_json_set_text(body, "org", "lab");
    suan_json_set_text(body, "ident", "alice");
    suan_command_set_u64(body, "membership", scene.alice_membership);
    return body;
}

static struct suan_json *succeed_note_key(void)
{
    SUAN_CLEANUP(suan_buffer_done) struct suan_buffer text = {0};
    SUAN_CLEANUP(suan_txn_endp) struct suan_txn *txn = begin();
    struct suan_note_key key;
    uint64_t size = 0;
    cr_assert_eq(suan_registry_prepare_note_key(scene.base.registry, SUAN_LOG_REGISTRY, &key, NULL), SUAN_OK);
    cr_assert_eq(suan_log_size(txn, SUAN_LOG_REGISTRY, &size, NULL), SUAN_OK);
    suan_note_key_format(&key, &text);
    struct suan_json *body = command(SUAN_EVENT_REGISTRY_NOTEKEY, "operator");
    suan_json_set_text(body, "log", "registry");
    suan_json_set_span(body, "key", suan_buffer_span(&text));
    suan_command_set_u64(body, "size", size + 1);
    return body;
}

static struct suan_json *accept_clock(void)
{
    uint64_t next = 0;
    cr_assert_eq(suan_registry_now(scene.base.registry, &next, NULL), SUAN_OK);
    struct suan_json *body = command(SUAN_EVENT_CLOCK_ACCEPT, "operator");
    suan_command_set_u64(body, "old", next - 1);
    suan_command_set_u64(body, "new", scene.base.now_ns);
    return body;
}

static struct suan_json *create_algorithm(void)
{
    struct suan_json *body = command(SUAN_EVENT_ALGORITHM_CREATE, "alice");
    struct suan_json *owners = suan_json_new_array();
    test_add_share(owners, "alice", 5000);
    test_add_share(owners, "bob", 5000);
    suan_json_set_text(body, "name", "another");
    suan_json_set(body, "owners", owners);
    return body;
}

static struct suan_json *set_owners(void)
{
    SUAN_CLEANUP(suan_txn_endp) struct suan_txn *txn = begin();
    struct suan_id algorithm = suan_algorithm_id(suan_span_text(SCENE_ALGORITHM));
    struct suan_owner_table table;
    cr_assert_eq(suan_owner_get(txn, &algorithm, &table, NULL), SUAN_OK);
    struct suan_digest previous = suan_owner_digest(&table);
    struct suan_json *body = command(SUAN_EVENT_OWNER_SET, "lab");
    struct suan_json *owners = suan_json_new_array();
    test_add_share(owners, "lab", 6000);
    test_add_share(owners, "firm", 3000);
    test_add_share(owners, "bob", 1000);
    suan_json_set_text(body, "algorithm", SCENE_ALGORITHM);
    suan_json_set(body, "owners", owners);
    suan_json_set_hex(body, "previous", previous.bytes, sizeof previous.bytes);
    return body;
}

static struct suan_json *offer_share(void)
{
    struct suan_json *body = command(SUAN_EVENT_OWNER_OFFER, "firm");
    suan_json_set_text(body, "algorithm", SCENE_ALGORITHM);
    suan_json_set_text(body, "to", "bob");
    suan_json_set_integer(body, "bp", 1000);
    suan_command_set_u64(body, "until", scene.base.now_ns + TEST_DAY_NS);
    return body;
}

static struct suan_json *answer_offer(uint16_t kind, const char *by)
{
    uint8_t id[SUAN_ID_SIZE];
    struct suan_json *offer = offer_share();
    cr_assert_eq(suan_json_get_hex(offer, "id", SUAN_JSON_REQUIRED, id, sizeof id, "", NULL), SUAN_OK);
    ACCEPT(offer, SEED_FIRM);
    struct suan_json *body = command(kind, by);
    suan_json_set_hex(body, "offer", id, sizeof id);
    return body;
}

static struct suan_json *accept_offer(void)
{
    return answer_offer(SUAN_EVENT_OWNER_ACCEPT, "bob");
}

static struct suan_json *decline_offer(void)
{
    return answer_offer(SUAN_EVENT_OWNER_DECLINE, "bob");
}

static struct suan_json *cancel_offer(void)
{
    return answer_offer(SUAN_EVENT_OWNER_CANCEL, "firm");
}

static struct suan_json *publish(void)
{
    struct suan_digest tar = test_tar(0x33);
    return test_publication(&scene, "lab", SEED_LAB, SCENE_ALGORITHM, "1.1.0", "algorithm", &tar);
}

static struct suan_json *publish_as_member(void)
{
    struct suan_digest tar = test_tar(0x33);
    return test_publication(&scene, "lab", SEED_ALICE, SCENE_ALGORITHM, "1.1.0", "algorithm", &tar);
}

static struct suan_json *yank(void)
{
    struct suan_json *body = command(SUAN_EVENT_RELEASE_YANK, "lab");
    set_tar(body, &scene.release);
    suan_json_set_text(body, "reason", "wrong at the pole");
    return body;
}

static struct suan_json *unyank(void)
{
    ACCEPT(yank(), SEED_LAB);
    struct suan_json *body = command(SUAN_EVENT_RELEASE_UNYANK, "lab");
    set_tar(body, &scene.release);
    suan_json_set_text(body, "reason", "right after all");
    return body;
}

static struct suan_json *take_down(void)
{
    struct suan_json *body = command(SUAN_EVENT_RELEASE_TAKEDOWN, "operator");
    set_tar(body, &scene.release);
    suan_json_set_text(body, "ground", "court order");
    return body;
}

static struct suan_json *attest(void)
{
    SUAN_CLEANUP(suan_signer_closep) struct suan_signer *signer = test_key(SEED_BODY1);
    SUAN_CLEANUP(suan_buffer_done) struct suan_buffer envelope = {0};
    const struct suan_signer *signers[] = {signer};
    char statement[1024], hex[2 * SUAN_DIGEST_SIZE + 1];
    suan_hex(scene.release.bytes, sizeof scene.release.bytes, hex);
    snprintf(statement, sizeof statement,
             "{\"_type\":\"https://in-toto.io/Statement/v1\",\"predicate\":{\"verdict\":\"pass\"},"
             "\"predicateType\":\"urn:suan:screening:1\",\"subject\":[{\"digest\":{\"tar_sha256\":\"%s\"},"
             "\"name\":\"quick.match-1.0.0.suan\"}]}",
             hex);
    cr_assert_eq(suan_dsse_sign("application/vnd.in-toto+json", suan_span_text(statement), signers, 1,
                                &envelope, NULL),
                 SUAN_OK);
    struct suan_json *body = command(SUAN_EVENT_ATTEST_ADD, "body1");
    set_tar(body, &scene.release);
    suan_json_set_text(body, "type", "urn:suan:screening:1");
    offer_evidence(body, "blob", suan_buffer_span(&envelope));
    return body;
}

static struct suan_json *set_task(void)
{
    struct suan_json *body = command(SUAN_EVENT_TASK_SET, "body1");
    suan_json_set_hex(body, "contract", scene.contract.bytes, sizeof scene.contract.bytes);
    suan_json_set_text(body, "incumbent", "a grid of cells");
    suan_json_set_text(body, "policy", SCENE_POLICY);
    suan_json_set_text(body, "task", SCENE_TASK);
    suan_json_set_integer(body, "version", 1);
    return body;
}

static struct suan_json *set_policy(void)
{
    return test_policy(&scene, "body1", 2);
}

static struct suan_json *submit_review(void)
{
    struct suan_json *body = command(SUAN_EVENT_REVIEW_SUBMIT, "firm");
    set_tar(body, &scene.release);
    suan_json_set_text(body, "policy", SCENE_POLICY);
    return body;
}

static void set_page(struct suan_json *body)
{
    SUAN_CLEANUP(suan_txn_endp) struct suan_txn *txn = begin();
    SUAN_CLEANUP(suan_json_releasep) struct suan_json *page = NULL;
    struct suan_release release;
    struct suan_policy_record policy;
    struct suan_digest digest;
    cr_assert_eq(suan_release_by_digest(txn, &scene.release, &release, NULL), SUAN_OK);
    cr_assert_eq(suan_policy_by_id(txn, &release.policy, &policy, NULL), SUAN_OK);
    cr_assert_eq(suan_review_page(txn, &release, &policy, &page, &digest, NULL), SUAN_OK);
    suan_json_set_hex(body, "page", digest.bytes, sizeof digest.bytes);
}

static struct suan_json *vote(uint16_t kind, const char *by)
{
    struct suan_json *body = command(kind, by);
    set_tar(body, &scene.release);
    if (kind == SUAN_EVENT_REVIEW_SIGN)
        suan_command_set_u64(body, "until", scene.base.now_ns + 365 * TEST_DAY_NS);
    else
        suan_json_set_text(body, "reason", "seen");
    if (kind == SUAN_EVENT_REVIEW_SIGN || kind == SUAN_EVENT_REVIEW_REJECT)
        set_page(body);
    return body;
}

static struct suan_json *sign_review(void)
{
    ACCEPT(submit_review(), SEED_FIRM);
    return vote(SUAN_EVENT_REVIEW_SIGN, "body1");
}

static struct suan_json *reject_review(void)
{
    ACCEPT(submit_review(), SEED_FIRM);
    return vote(SUAN_EVENT_REVIEW_REJECT, "body1");
}

static struct suan_json *withdraw_review(void)
{
    ACCEPT(sign_review(), SEED_BODY1);
    return vote(SUAN_EVENT_REVIEW_WITHDRAW, "body1");
}

static struct suan_json *revoke_review(void)
{
    ACCEPT(submit_review(), SEED_FIRM);
    return vote(SUAN_EVENT_REVIEW_REVOKE, "body1");
}

static struct suan_json *restore_review(void)
{
    ACCEPT(revoke_review(), SEED_BODY1);
    ACCEPT(vote(SUAN_EVENT_REVIEW_REVOKE, "body2"), SEED_BODY2);
    return vote(SUAN_EVENT_REVIEW_RESTORE, "body1");
}

/* --- the table ---------------------------------------------------------------------------------------- */

struct kind_row {
    uint16_t kind;
    const char *who;
    struct suan_json *(*build)(void);
    uint32_t seeds[6]; /* exactly those who must sign, ended by TEST_END */
    int again;         /* the status of the same content under another id */
};

#define SEEDS(...)                                                                                           \
    {                                                                                                        \
        __VA_ARGS__, TEST_END                                                                                \
    }
static const struct kind_row rows[] = {
    {SUAN_EVENT_REGISTRY_NOTEKEY, "operator", succeed_note_key, SEEDS(SEED_OPERATOR), SUAN_E_CONFLICT},
    {SUAN_EVENT_IDENTITY_CREATE, "person", create_person, SEEDS(SEED_NEW), SUAN_E_CONFLICT},
    {SUAN_EVENT_IDENTITY_CREATE, "body", create_body, SEEDS(SEED_NEW, SEED_OPERATOR), SUAN_E_CONFLICT},
    {SUAN_EVENT_IDENTITY_UPDATE, "self", update_identity, SEEDS(SEED_ALICE), SUAN_OK},
    {SUAN_EVENT_KEY_ADD, "self", add_key, SEEDS(SEED_ALICE, SEED_NEW), SUAN_E_CONFLICT},
    {SUAN_EVENT_KEY_ROTATE, "self", rotate_key, SEEDS(SEED_ALICE, SEED_NEW), SUAN_E_PERMISSION},
    {SUAN_EVENT_KEY_REVOKE, "admin", revoke_key_as_admin, SEEDS(SEED_ALICE), SUAN_E_CONFLICT},
    {SUAN_EVENT_KEY_REVOKE, "operator", revoke_key_as_operator, SEEDS(SEED_OPERATOR), SUAN_E_CONFLICT},
    {SUAN_EVENT_KEY_RECOVER, "body vouches", recover_key, SEEDS(SEED_OPERATOR, SEED_BODY2), SUAN_E_CONFLICT},
    {SUAN_EVENT_KEY_OBJECT, "self", object_key, SEEDS(SEED_ALICE), SUAN_E_CONFLICT},
    {SUAN_EVENT_MEMBER_ADD, "admin and member", add_member, SEEDS(SEED_ALICE, SEED_BOB), SUAN_OK},
    {SUAN_EVENT_MEMBER_SECOND, "three sides", second_member, SEEDS(SEED_ALICE, SEED_BOB, SEED_BODY1),
     SUAN_OK},
    {SUAN_EVENT_MEMBER_END, "member", end_member, SEEDS(SEED_ALICE), SUAN_E_CONFLICT},
    {SUAN_EVENT_CLOCK_ACCEPT, "operator", accept_clock, SEEDS(SEED_OPERATOR), SUAN_E_CONFLICT},
    {SUAN_EVENT_ALGORITHM_CREATE, "owners", create_algorithm, SEEDS(SEED_ALICE, SEED_BOB), SUAN_E_CONFLICT},
    {SUAN_EVENT_OWNER_SET, "falling and new", set_owners, SEEDS(SEED_LAB, SEED_BOB), SUAN_E_CONFLICT},
    {SUAN_EVENT_OWNER_OFFER, "giver", offer_share, SEEDS(SEED_FIRM), SUAN_OK},
    {SUAN_EVENT_OWNER_ACCEPT, "receiver", accept_offer, SEEDS(SEED_BOB), SUAN_E_CONFLICT},
    {SUAN_EVENT_OWNER_DECLINE, "receiver", decline_offer, SEEDS(SEED_BOB), SUAN_E_CONFLICT},
    {SUAN_EVENT_OWNER_CANCEL, "giver", cancel_offer, SEEDS(SEED_FIRM), SUAN_E_CONFLICT},
    {SUAN_EVENT_RELEASE_PUBLISH, "owner", publish, SEEDS(SEED_LAB), SUAN_E_CONFLICT},
    {SUAN_EVENT_RELEASE_PUBLISH, "member", publish_as_member, SEEDS(SEED_ALICE), SUAN_E_CONFLICT},
    {SUAN_EVENT_RELEASE_YANK, "owner", yank, SEEDS(SEED_LAB), SUAN_E_CONFLICT},
    {SUAN_EVENT_RELEASE_UNYANK, "owner", unyank, SEEDS(SEED_LAB), SUAN_E_CONFLICT},
    {SUAN_EVENT_RELEASE_TAKEDOWN, "operator", take_down, SEEDS(SEED_OPERATOR), SUAN_E_CONFLICT},
    {SUAN_EVENT_ATTEST_ADD, "body", attest, SEEDS(SEED_BODY1), SUAN_OK},
    {SUAN_EVENT_TASK_SET, "two bodies", set_task, SEEDS(SEED_BODY1, SEED_BODY3), SUAN_E_CONFLICT},
    {SUAN_EVENT_POLICY_SET, "two bodies", set_policy, SEEDS(SEED_BODY1, SEED_BODY2), SUAN_E_CONFLICT},
    {SUAN_EVENT_REVIEW_SUBMIT, "owner", submit_review, SEEDS(SEED_FIRM), SUAN_E_CONFLICT},
    {SUAN_EVENT_REVIEW_SIGN, "body", sign_review, SEEDS(SEED_BODY1), SUAN_E_CONFLICT},
    {SUAN_EVENT_REVIEW_REJECT, "body", reject_review, SEEDS(SEED_BODY1), SUAN_E_CONFLICT},
    {SUAN_EVENT_REVIEW_WITHDRAW, "body", withdraw_review, SEEDS(SEED_BODY1), SUAN_E_CONFLICT},
    {SUAN_EVENT_REVIEW_REVOKE, "body", revoke_review, SEEDS(SEED_BODY1), SUAN_E_CONFLICT},
    {SUAN_EVENT_REVIEW_RESTORE, "body", restore_review, SEEDS(SEED_BODY1), SUAN_E_CONFLICT},
};
enum { ROW_COUNT = sizeof rows / sizeof rows[0] };

static struct test_outcome hand_in(struct suan_json *body, const uint32_t *seeds)
{
    struct suan_span blob = suan_buffer_span(&evidence);
    return test_submit(&scene.base, body, seeds, &blob, blob.size > 0 ? 1 : 0);
}

/* The same content, changed in one field, and under another id. */
static struct suan_json *varied(const struct suan_json *body, const char *field, const char *text)
{
    struct suan_json *copy = suan_json_new_object();
    const struct suan_json *value;
    struct suan_id id = suan_command_new_id(scene.base.now_ns);
    for (const char *key = suan_json_next(body, NULL, &value); key != NULL;
         key = suan_json_next(body, key, &value))
        suan_json_set_copy(copy, key, value);
    suan_json_set_hex(copy, "id", id.bytes, sizeof id.bytes);
    if (field != NULL)
        suan_json_set_text(copy, field, text);
    return copy;
}

static void refuse(const struct kind_row *row, struct suan_json *body, const uint32_t *seeds,
                   const char *code, const char *why)
{
    struct test_outcome outcome = hand_in(body, seeds);
    cr_assert_neq(outcome.status, SUAN_OK, "%s (%s): accepted %s", suan_event_name(row->kind), row->who, why);
    if (code != NULL)
        cr_assert_str_eq(outcome.code, code, "%s (%s), %s: %s", suan_event_name(row->kind), row->who, why,
                         outcome.message);
}

static size_t count_seeds(const uint32_t *seeds)
{
    size_t count = 0;
    while (seeds[count] != TEST_END)
        count++;
    return count;
}

static void refuse_without_each(const struct kind_row *row, const struct suan_json *body)
{
    for (size_t left_out = 0; left_out < count_seeds(row->seeds); left_out++) {
        uint32_t seeds[8];
        size_t count = 0;
        for (size_t i = 0; i < count_seeds(row->seeds); i++) {
            if (i != left_out)
                seeds[count++] = row->seeds[i];
        }
        seeds[count] = TEST_END;
        struct test_outcome outcome = hand_in(varied(body, NULL, NULL), seeds);
        cr_assert_eq(outcome.status, SUAN_E_PERMISSION, "%s (%s), signature %zu left out: %s %s",
                     suan_event_name(row->kind), row->who, left_out, outcome.code, outcome.message);
    }
}

static void setup(void)
{
    test_scene_new(&scene);
}

static void teardown(void)
{
    suan_buffer_done(&evidence);
    test_scene_done(&scene);
}

TestSuite(kind, .init = setup, .fini = teardown);

ParameterizedTestParameters(kind, is_accepted_from_the_right_people_alone)
{
    static size_t indexes[ROW_COUNT];
    for (size_t i = 0; i < ROW_COUNT; i++)
        indexes[i] = i;
    return cr_make_param_array(size_t, indexes, ROW_COUNT);
}

ParameterizedTest(size_t *index, kind, is_accepted_from_the_right_people_alone)
{
    const struct kind_row *row = &rows[*index];
    SUAN_CLEANUP(suan_json_releasep) struct suan_json *body = row->build();
    uint32_t with_eve[8] = {SEED_EVE};
    memcpy(with_eve + 1, row->seeds, sizeof row->seeds);

    refuse_without_each(row, body);
    refuse(row, varied(body, NULL, NULL), with_eve, "event.signature", "a superfluous signature");
    refuse(row, varied(body, "origin", "elsewhere.example"), row->seeds, "event.origin", "a foreign origin");
    refuse(row, varied(body, "not_after", "1000"), row->seeds, "event.expired", "after its expiry");
    refuse(row, varied(body, "unheard-of", "x"), row->seeds, "json.field", "an unknown field");
    refuse(row, varied(body, "by", "bob"), (const uint32_t[]){SEED_EVE, TEST_END}, NULL, "another actor");

    SUAN_CLEANUP(suan_json_releasep) struct suan_json *stale = varied(body, NULL, NULL);
    struct test_outcome outcome = hand_in(varied(body, NULL, NULL), row->seeds);
    cr_assert_eq(outcome.status, SUAN_OK, "%s (%s): %s", suan_event_name(row->kind), row->who,
                 outcome.message);
    outcome = hand_in(varied(stale, NULL, NULL), row->seeds);
    cr_assert_eq(outcome.status, row->again, "%s (%s) again: %s %s", suan_event_name(row->kind), row->who,
                 outcome.code, outcome.message);
}

Test(kind, table_has_every_kind_that_the_catalogue_takes_from_people)
{
    for (size_t f = 0; f < SUAN_CATALOG_FAMILIES; f++) {
        for (size_t r = 0; r < suan_catalog_families[f]->rule_count; r++) {
            const struct suan_rule *rule = &suan_catalog_families[f]->rules[r];
            size_t found = rule->origin == SUAN_RULE_WRITER || rule->kind == SUAN_EVENT_REGISTRY_INIT;
            for (size_t i = 0; i < ROW_COUNT; i++)
                found += rows[i].kind == rule->kind;
            cr_assert_gt(found, 0, "%s", suan_event_name(rule->kind));
        }
    }
}
