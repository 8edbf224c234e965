/* Which signatures count: keys added, rotated, revoked from a place in the log on, recovered after a wait. */
#include <criterion/criterion.h>

#include "base/cleanup.h"
#include "support/registry.h"

static struct test_registry t;

enum { ALICE = 1, BODY = 2, SECOND = 3, THIRD = 4 };

static void setup(void)
{
    test_registry_new(&t, NULL, 0);
    test_identity(&t, "alice", SUAN_IDENT_PERSON, ALICE);
    test_identity(&t, "body", SUAN_IDENT_BODY, BODY);
}

static void teardown(void)
{
    test_registry_done(&t);
}

TestSuite(key, .init = setup, .fini = teardown);

static struct suan_json *contact(void)
{
    struct suan_json *command = test_command(&t, SUAN_EVENT_IDENTITY_UPDATE, "alice");
    suan_json_set_text(command, "contact", "a@b.example");
    return command;
}

static struct test_outcome add_key(uint32_t signer, uint32_t added, const char *name_space)
{
    char text[128];
    struct suan_json *command = test_command(&t, SUAN_EVENT_KEY_ADD, "alice");
    struct suan_json *names = suan_json_new_array();
    suan_json_add_text(names, name_space);
    test_key_text(added, text);
    suan_json_set_text(command, "key", text);
    suan_json_set(command, "namespaces", names);
    return test_sign(&t, command, signer, added);
}

static struct test_outcome rotate(uint32_t old, uint32_t new)
{
    char hex[2 * SUAN_DIGEST_SIZE + 1], text[128];
    struct suan_json *command = test_command(&t, SUAN_EVENT_KEY_ROTATE, "alice");
    test_key_id(old, hex);
    test_key_text(new, text);
    suan_json_set_text(command, "old", hex);
    suan_json_set_text(command, "new", text);
    return test_sign(&t, command, old, new);
}

static struct test_outcome revoke_key(uint32_t signer, const char *by, uint32_t key, uint64_t from_idx)
{
    char hex[2 * SUAN_DIGEST_SIZE + 1];
    struct suan_json *command = test_command(&t, SUAN_EVENT_KEY_REVOKE, by);
    test_key_id(key, hex);
    suan_json_set_text(command, "key", hex);
    suan_command_set_u64(command, "from_idx", from_idx);
    suan_json_set_text(command, "reason", "stolen");
    return test_sign(&t, command, signer);
}

static struct test_outcome recover(uint32_t key, uint32_t voucher)
{
    static const char paper[] = "passport seen";
    char hex[2 * SUAN_DIGEST_SIZE + 1], text[128];
    const uint32_t seeds[] = {0, voucher, TEST_END};
    const struct suan_span blob = suan_span_text(paper);
    struct suan_digest digest = suan_sha256(blob);
    struct suan_json *command = test_command(&t, SUAN_EVENT_KEY_RECOVER, "operator");
    suan_hex(digest.bytes, sizeof digest.bytes, hex);
    test_key_text(key, text);
    suan_json_set_text(command, "ident", "alice");
    suan_json_set_text(command, "key", text);
    suan_json_set_text(command, "evidence", hex);
    return test_submit(&t, command, seeds, &blob, 1);
}

static struct suan_identity_key look_up(uint32_t seed)
{
    SUAN_CLEANUP(suan_txn_endp) struct suan_txn *txn = NULL;
    SUAN_CLEANUP(suan_signer_closep) struct suan_signer *signer = test_key(seed);
    struct suan_digest id = suan_public_key_id(suan_signer_key(signer));
    struct suan_identity_key key;
    cr_assert_eq(suan_store_begin(suan_registry_store(t.registry), &txn, NULL), SUAN_OK);
    cr_assert_eq(suan_key_get(txn, &id, &key, NULL), SUAN_OK);
    return key;
}

Test(key, signs_once_it_is_added)
{
    cr_assert_eq(test_sign(&t, contact(), SECOND).status, SUAN_E_PERMISSION);
    cr_assert_eq(add_key(ALICE, SECOND, SUAN_NAMESPACE_EVENT).status, SUAN_OK);
    cr_assert_eq(test_sign(&t, contact(), SECOND).status, SUAN_OK);
}

Test(key, for_releases_does_not_sign_commands)
{
    cr_assert_eq(add_key(ALICE, SECOND, SUAN_NAMESPACE_RELEASE).status, SUAN_OK);

    struct test_outcome outcome = test_sign(&t, contact(), SECOND);

    cr_assert_str_eq(outcome.code, "event.signature");
}

Test(key, belongs_to_one_identity_for_ever)
{
    struct test_outcome again = add_key(ALICE, BODY, SUAN_NAMESPACE_EVENT);

    cr_assert_eq(again.status, SUAN_E_CONFLICT);
}

Test(key, no_longer_signs_once_rotated)
{
    cr_assert_eq(rotate(ALICE, SECOND).status, SUAN_OK);

    struct test_outcome old = test_sign(&t, contact(), ALICE);

    cr_assert_str_eq(old.code, "event.signature");
    cr_assert_eq(test_sign(&t, contact(), SECOND).status, SUAN_OK);
}

Test(key, is_invalid_from_the_named_place_on_and_valid_before)
{
    uint64_t before = test_sign(&t, contact(), ALICE).index;
    uint64_t from = test_sign(&t, contact(), ALICE).index;

    cr_assert_eq(revoke_key(0, "operator", ALICE, from).status, SUAN_OK);

    struct suan_identity_key key = look_up(ALICE);
    cr_assert(suan_key_counts(&key, SUAN_KEY_SIGNS_EVENTS, before, t.now_ns + TEST_HOUR_NS));
    cr_assert_not(suan_key_counts(&key, SUAN_KEY_SIGNS_EVENTS, from, t.now_ns + TEST_HOUR_NS));
    cr_assert_str_eq(test_sign(&t, contact(), ALICE).code, "event.signature");
}

static enum suan_status note_doubtful(void *context, uint64_t index, uint16_t kind)
{
    cr_assert_eq(kind, SUAN_EVENT_IDENTITY_UPDATE);
    *(uint64_t *)context = index;
    return SUAN_OK;
}

Test(key, revocation_lists_past_events_that_it_makes_doubtful_and_undoes_nothing)
{
    test_sign(&t, contact(), ALICE);
    uint64_t from = test_sign(&t, contact(), ALICE).index, doubtful = 0;
    cr_assert_eq(revoke_key(0, "operator", ALICE, from).status, SUAN_OK);
    struct suan_identity_key key = look_up(ALICE);
    SUAN_CLEANUP(suan_txn_endp) struct suan_txn *txn = NULL;
    struct suan_identity identity;
    cr_assert_eq(suan_store_begin(suan_registry_store(t.registry), &txn, NULL), SUAN_OK);

    cr_assert_eq(suan_key_each_doubtful(txn, &key, note_doubtful, &doubtful, NULL), SUAN_OK);

    cr_assert_eq(doubtful, from);
    cr_assert_eq(suan_identity_find(txn, suan_span_text("alice"), &identity, NULL), SUAN_OK);
    cr_assert_str_eq(identity.contact, "a@b.example");
}

Test(key, revocation_names_a_place_that_the_log_has_reached)
{
    uint64_t index = test_sign(&t, contact(), ALICE).index;

    cr_assert_eq(revoke_key(0, "operator", ALICE, index + 2).status, SUAN_E_FORMAT);
    cr_assert_eq(revoke_key(0, "operator", ALICE, index + 1).status, SUAN_OK);
}

Test(key, revocation_may_be_moved_to_an_earlier_place_alone)
{
    cr_assert_eq(revoke_key(0, "operator", ALICE, 2).status, SUAN_OK);

    cr_assert_eq(revoke_key(0, "operator", ALICE, 3).status, SUAN_E_CONFLICT);
    cr_assert_eq(revoke_key(0, "operator", ALICE, 1).status, SUAN_OK);
}

Test(key, cannot_be_revoked_by_a_stranger)
{
    cr_assert_eq(revoke_key(BODY, "body", ALICE, 1).status, SUAN_E_PERMISSION);
}

Test(key, recovery_takes_effect_after_seven_days)
{
    cr_assert_eq(recover(THIRD, BODY).status, SUAN_OK);
    uint64_t start = t.now_ns;

    t.now_ns = start + 7 * TEST_DAY_NS - TEST_HOUR_NS;
    struct test_outcome early = test_sign(&t, contact(), THIRD);
    t.now_ns = start + 7 * TEST_DAY_NS + TEST_HOUR_NS;
    struct test_outcome late = test_sign(&t, contact(), THIRD);

    cr_assert_str_eq(early.code, "event.signature");
    cr_assert_eq(late.status, SUAN_OK, "%s", late.message);
}

Test(key, recovery_needs_somebody_beside_the_operator)
{
    cr_assert_eq(recover(THIRD, TEST_END).status, SUAN_E_PERMISSION);
}

Test(key, recovery_that_the_holder_objects_to_never_takes_effect)
{
    struct suan_json *command;
    uint64_t index = recover(THIRD, BODY).index;
    command = test_command(&t, SUAN_EVENT_KEY_OBJECT, "alice");
    suan_command_set_u64(command, "recover", index);
    cr_assert_eq(test_sign(&t, command, ALICE).status, SUAN_OK);

    t.now_ns += 30 * TEST_DAY_NS;

    cr_assert_str_eq(test_sign(&t, contact(), THIRD).code, "event.signature");
    cr_assert_eq(test_sign(&t, contact(), ALICE).status, SUAN_OK);
}

Test(key, objection_comes_too_late_once_the_recovery_has_effect)
{
    uint64_t index = recover(THIRD, BODY).index;
    t.now_ns += 7 * TEST_DAY_NS + TEST_HOUR_NS;
    struct suan_json *command = test_command(&t, SUAN_EVENT_KEY_OBJECT, "alice");
    suan_command_set_u64(command, "recover", index);

    cr_assert_eq(test_sign(&t, command, ALICE).status, SUAN_E_CONFLICT);
}

Test(key, at_most_32_are_active)
{
    struct test_outcome last = {0};
    for (uint32_t i = 0; i < SUAN_KEYS_ACTIVE_MAX - 1; i++)
        cr_assert_eq(add_key(ALICE, 100 + i, SUAN_NAMESPACE_EVENT).status, SUAN_OK);

    last = add_key(ALICE, 200, SUAN_NAMESPACE_EVENT);

    cr_assert_eq(last.status, SUAN_E_EXHAUSTED);
}
