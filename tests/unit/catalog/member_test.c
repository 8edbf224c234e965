/* Memberships and secondments: how long they last, and what they forbid. */
#include <criterion/criterion.h>
#include <stdio.h>

#include "base/cleanup.h"
#include "catalog/review.h"
#include "support/scene.h"

static struct test_scene scene;

static void setup(void)
{
    test_scene_new(&scene);
}

static void teardown(void)
{
    test_scene_done(&scene);
}

TestSuite(member, .init = setup, .fini = teardown);

static struct suan_json *membership(const char *ident, const char *roles, uint64_t from, uint64_t until)
{
    struct suan_json *command = test_command(&scene.base, SUAN_EVENT_MEMBER_ADD, "lab");
    suan_json_set_text(command, "org", "lab");
    suan_json_set_text(command, "ident", ident);
    suan_json_set_text(command, "roles", roles);
    suan_command_set_u64(command, "from", from);
    suan_command_set_u64(command, "until", until);
    return command;
}

static struct suan_txn *begin(void)
{
    struct suan_txn *txn = NULL;
    cr_assert_eq(suan_store_begin(suan_registry_store(scene.base.registry), &txn, NULL), SUAN_OK);
    return txn;
}

static uint32_t roles_at(const char *org, const char *ident, uint64_t time_ns)
{
    SUAN_CLEANUP(suan_txn_endp) struct suan_txn *txn = begin();
    struct suan_id org_id = suan_ident_id(suan_span_text(org)),
                   ident_id = suan_ident_id(suan_span_text(ident));
    uint32_t roles = 0;
    cr_assert_eq(suan_member_roles(txn, &org_id, &ident_id, time_ns, &roles, NULL), SUAN_OK);
    return roles;
}

static enum suan_status untied_at(const char *ident, const char *party, uint64_t time_ns,
                                  struct suan_error *error)
{
    SUAN_CLEANUP(suan_txn_endp) struct suan_txn *txn = begin();
    struct suan_id ident_id = suan_ident_id(suan_span_text(ident)),
                   party_id = suan_ident_id(suan_span_text(party));
    return suan_member_untied(txn, &ident_id, &party_id, time_ns, error);
}

static uint64_t second(uint64_t from, uint64_t until)
{
    struct suan_json *command = test_command(&scene.base, SUAN_EVENT_MEMBER_SECOND, "lab");
    suan_json_set_text(command, "home", "lab");
    suan_json_set_text(command, "host", "body1");
    suan_json_set_text(command, "ident", "alice");
    suan_json_set_text(command, "roles", "review");
    suan_command_set_u64(command, "from", from);
    suan_command_set_u64(command, "until", until);
    struct test_outcome outcome = test_sign(&scene.base, command, SEED_ALICE, SEED_BODY1);
    cr_assert_eq(outcome.status, SUAN_OK, "%s", outcome.message);
    return outcome.index;
}

Test(member, lasts_at_most_400_days)
{
    uint64_t now = scene.base.now_ns;

    struct test_outcome longest = test_sign(
        &scene.base, membership("bob", "release", now, now + 400 * TEST_DAY_NS), SEED_ALICE, SEED_BOB);
    struct test_outcome longer = test_sign(
        &scene.base, membership("eve", "release", now, now + 401 * TEST_DAY_NS), SEED_ALICE, SEED_EVE);

    cr_assert_eq(longest.status, SUAN_OK, "%s", longest.message);
    cr_assert_eq(longer.status, SUAN_E_FORMAT);
    cr_assert_str_eq(longer.code, "event.format");
}

Test(member, holds_its_roles_from_the_first_day_to_the_last)
{
    uint64_t from = scene.base.now_ns + TEST_DAY_NS, until = from + 10 * TEST_DAY_NS;
    cr_assert_eq(
        test_sign(&scene.base, membership("bob", "release,claim", from, until), SEED_LAB, SEED_BOB).status,
        SUAN_OK);

    cr_assert_eq(roles_at("lab", "bob", from - 1), 0);
    cr_assert_eq(roles_at("lab", "bob", from), SUAN_ROLE_RELEASE | SUAN_ROLE_CLAIM);
    cr_assert_eq(roles_at("lab", "bob", until - 1), SUAN_ROLE_RELEASE | SUAN_ROLE_CLAIM);
    cr_assert_eq(roles_at("lab", "bob", until), 0);
}

Test(member, loses_its_roles_when_it_is_ended)
{
    struct suan_json *command = test_command(&scene.base, SUAN_EVENT_MEMBER_END, "lab");
    suan_json_set_text(command, "org", "lab");
    suan_json_set_text(command, "ident", "alice");
    suan_command_set_u64(command, "membership", scene.alice_membership);
    cr_assert_neq(roles_at("lab", "alice", scene.base.now_ns + TEST_DAY_NS), 0);

    cr_assert_eq(test_sign(&scene.base, command, SEED_LAB).status, SUAN_OK);

    cr_assert_eq(roles_at("lab", "alice", scene.base.now_ns + TEST_DAY_NS), 0);
}

Test(member, of_an_organisation_cannot_grant_without_the_role_admin)
{
    uint64_t now = scene.base.now_ns;
    cr_assert_eq(
        test_sign(&scene.base, membership("bob", "release", now, now + TEST_DAY_NS), SEED_LAB, SEED_BOB)
            .status,
        SUAN_OK);

    struct test_outcome outcome =
        test_sign(&scene.base, membership("eve", "admin", now, now + TEST_DAY_NS), SEED_BOB, SEED_EVE);

    cr_assert_eq(outcome.status, SUAN_E_PERMISSION);
}

Test(member, ties_ident_and_organisation)
{
    uint64_t now = scene.base.now_ns + TEST_HOUR_NS;

    cr_assert_eq(untied_at("alice", "alice", now, NULL), SUAN_E_PERMISSION);
    cr_assert_eq(untied_at("alice", "lab", now, NULL), SUAN_E_PERMISSION);
    cr_assert_eq(untied_at("alice", "firm", now, NULL), SUAN_OK);
}

Test(member, secondment_ties_to_home_and_host_for_365_days_after_its_end)
{
    uint64_t from = scene.base.now_ns + 1000, until = from + 100 * TEST_DAY_NS,
             cooled = until + 365 * TEST_DAY_NS;
    struct suan_error error = {0};
    uint64_t index = second(from, until);
    char named[32];
    snprintf(named, sizeof named, "event %llu", (unsigned long long)index);

    cr_assert_eq(untied_at("alice", "body1", from - 1, NULL), SUAN_OK);
    cr_assert_eq(untied_at("alice", "body1", cooled - 1, &error), SUAN_E_PERMISSION);
    cr_assert_neq(strstr(error.message, named), NULL, "%s", error.message);
    cr_assert_eq(untied_at("alice", "lab", cooled - 1, NULL), SUAN_E_PERMISSION);
    cr_assert_eq(untied_at("alice", "body1", cooled, NULL), SUAN_OK);
    cr_assert_eq(untied_at("alice", "lab", cooled, NULL), SUAN_OK);
}

Test(member, secondment_that_ended_early_cools_from_its_actual_end)
{
    uint64_t from = scene.base.now_ns, until = from + 100 * TEST_DAY_NS;
    uint64_t index = second(from, until);
    scene.base.now_ns += 10 * TEST_DAY_NS;
    struct suan_json *command = test_command(&scene.base, SUAN_EVENT_MEMBER_END, "body1");
    suan_json_set_text(command, "org", "body1");
    suan_json_set_text(command, "ident", "alice");
    suan_command_set_u64(command, "membership", index);
    struct test_outcome ended = test_sign(&scene.base, command, SEED_BODY1);
    cr_assert_eq(ended.status, SUAN_OK, "%s", ended.message);

    cr_assert_eq(untied_at("alice", "body1", ended.time_ns + 365 * TEST_DAY_NS - 1, NULL), SUAN_E_PERMISSION);
    cr_assert_eq(untied_at("alice", "body1", ended.time_ns + 365 * TEST_DAY_NS, NULL), SUAN_OK);
    cr_assert_eq(roles_at("body1", "alice", ended.time_ns), 0);
}

Test(member, secondment_ties_to_members_of_either_side)
{
    uint64_t now = scene.base.now_ns;
    struct suan_json *command = test_command(&scene.base, SUAN_EVENT_MEMBER_ADD, "body1");
    suan_json_set_text(command, "org", "body1");
    suan_json_set_text(command, "ident", "firm");
    suan_json_set_text(command, "roles", "audit");
    suan_command_set_u64(command, "from", now);
    suan_command_set_u64(command, "until", now + 400 * TEST_DAY_NS);
    cr_assert_eq(test_sign(&scene.base, command, SEED_BODY1, SEED_FIRM).status, SUAN_OK);
    second(now, now + 100 * TEST_DAY_NS);

    cr_assert_eq(untied_at("alice", "firm", now + TEST_DAY_NS, NULL), SUAN_E_PERMISSION);
    cr_assert_eq(untied_at("alice", "body2", now + TEST_DAY_NS, NULL), SUAN_OK);
}

/* --- in a review -------------------------------------------------------------------------------------- */

/* Time passes in steps that the clock rule lets through. */
static void wait_until(uint64_t time_ns)
{
    while (scene.base.now_ns < time_ns) {
        uint64_t left = time_ns - scene.base.now_ns;
        scene.base.now_ns += left < 300 * TEST_DAY_NS ? left : 300 * TEST_DAY_NS;
        struct suan_json *command = test_command(&scene.base, SUAN_EVENT_IDENTITY_UPDATE, "bob");
        suan_json_set_text(command, "contact", "still here");
        cr_assert_eq(test_sign(&scene.base, command, SEED_BOB).status, SUAN_OK);
    }
}

/* Alice, for body2, rejects the release that lab owns. */
static struct test_outcome reject_for_body2(void)
{
    SUAN_CLEANUP(suan_txn_endp) struct suan_txn *txn = begin();
    SUAN_CLEANUP(suan_json_releasep) struct suan_json *page = NULL;
    struct suan_release release;
    struct suan_policy_record policy;
    struct suan_digest digest;
    cr_assert_eq(suan_release_by_digest(txn, &scene.release, &release, NULL), SUAN_OK);
    cr_assert_eq(suan_policy_by_id(txn, &release.policy, &policy, NULL), SUAN_OK);
    cr_assert_eq(suan_review_page(txn, &release, &policy, &page, &digest, NULL), SUAN_OK);
    struct suan_json *command = test_command(&scene.base, SUAN_EVENT_REVIEW_REJECT, "body2");
    suan_json_set_hex(command, "tar", scene.release.bytes, sizeof scene.release.bytes);
    suan_json_set_hex(command, "page", digest.bytes, sizeof digest.bytes);
    suan_json_set_text(command, "reason", "slow");
    return test_sign(&scene.base, command, SEED_ALICE);
}

Test(member, secondee_may_review_for_another_body_on_day_366_and_not_on_day_365)
{
    uint64_t from = scene.base.now_ns, until = from + 300 * TEST_DAY_NS, cooled = until + 365 * TEST_DAY_NS;
    struct suan_json *command = test_command(&scene.base, SUAN_EVENT_REVIEW_SUBMIT, "lab");
    suan_json_set_hex(command, "tar", scene.release.bytes, sizeof scene.release.bytes);
    suan_json_set_text(command, "policy", SCENE_POLICY);
    cr_assert_eq(test_sign(&scene.base, command, SEED_LAB).status, SUAN_OK);
    uint64_t index = second(from, until);
    char named[32];
    snprintf(named, sizeof named, "event %llu", (unsigned long long)index);
    wait_until(cooled - TEST_DAY_NS / 2);
    test_member(&scene.base, "body2", SEED_BODY2, "alice", SEED_ALICE, "review");

    struct test_outcome day_365 = reject_for_body2();
    wait_until(cooled);
    struct test_outcome day_366 = reject_for_body2();

    cr_assert_eq(day_365.status, SUAN_E_PERMISSION);
    cr_assert_neq(strstr(day_365.message, named), NULL, "%s", day_365.message);
    cr_assert_eq(day_366.status, SUAN_OK, "%s", day_366.message);
}

Test(member, roles_read_and_write_the_same)
{
    SUAN_CLEANUP(suan_buffer_done) struct suan_buffer text = {0};
    uint32_t roles = 0;
    cr_assert_eq(suan_roles_parse(suan_span_text("review,admin"), &roles, NULL), SUAN_OK);
    suan_roles_format(roles, &text);
    cr_assert_str_eq(suan_buffer_text(&text), "admin,review");
    cr_assert_eq(suan_roles_parse(suan_span_text("admin,admin"), &roles, NULL), SUAN_E_FORMAT);
    cr_assert_eq(suan_roles_parse(suan_span_text(""), &roles, NULL), SUAN_E_FORMAT);
    cr_assert_eq(suan_roles_parse(suan_span_text("emperor"), &roles, NULL), SUAN_E_FORMAT);
}
