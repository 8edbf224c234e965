/* Commands become events: idempotency, the clock, evidence, checkpoints. */
#include <criterion/criterion.h>
#include <stdio.h>

#include "base/cleanup.h"
#include "support/registry.h"

static struct test_registry t;

static void setup(void)
{
    test_registry_new(&t, NULL, 0);
}

static void teardown(void)
{
    test_registry_done(&t);
}

TestSuite(writer, .init = setup, .fini = teardown);

static struct suan_json *person(const char *ident, uint32_t seed)
{
    char key[128];
    struct suan_json *command = test_command(&t, SUAN_EVENT_IDENTITY_CREATE, ident);
    test_key_text(seed, key);
    suan_json_set_text(command, "ident", ident);
    suan_json_set_text(command, "type", "person");
    suan_json_set_text(command, "display", "某人");
    suan_json_set_text(command, "key", key);
    return command;
}

static struct suan_json *contact(const char *ident, const char *text)
{
    struct suan_json *command = test_command(&t, SUAN_EVENT_IDENTITY_UPDATE, ident);
    suan_json_set_text(command, "contact", text);
    return command;
}

static void format(const struct suan_json *command, struct suan_buffer *out)
{
    suan_buffer_clear(out);
    cr_assert_eq(suan_json_format(command, SUAN_JSON_STYLE_CANONICAL, out, NULL), SUAN_OK);
}

Test(writer, gives_the_first_place_for_the_same_bytes_again)
{
    SUAN_CLEANUP(suan_buffer_done) struct suan_buffer bytes = {0};
    SUAN_CLEANUP(suan_json_releasep) struct suan_json *command = person("alice", 1);
    const uint32_t seeds[] = {1, TEST_END};
    format(command, &bytes);

    struct test_outcome first = test_submit_bytes(&t, suan_buffer_span(&bytes), seeds, NULL, 0);
    t.now_ns += 10 * TEST_DAY_NS;
    struct test_outcome again = test_submit_bytes(&t, suan_buffer_span(&bytes), seeds, NULL, 0);

    cr_assert_eq(first.status, SUAN_OK, "%s", first.message);
    cr_assert_eq(again.status, SUAN_OK, "%s", again.message);
    cr_assert_eq(again.was, SUAN_SUBMITTED_BEFORE);
    cr_assert_eq(again.index, first.index);
    cr_assert_eq(again.time_ns, first.time_ns);
}

Test(writer, refuses_other_bytes_under_a_used_id)
{
    SUAN_CLEANUP(suan_buffer_done) struct suan_buffer bytes = {0};
    SUAN_CLEANUP(suan_json_releasep) struct suan_json *command = person("alice", 1);
    const uint32_t seeds[] = {1, TEST_END};
    format(command, &bytes);
    cr_assert_eq(test_submit_bytes(&t, suan_buffer_span(&bytes), seeds, NULL, 0).status, SUAN_OK);
    suan_json_set_text(command, "display", "她");
    format(command, &bytes);

    struct test_outcome other = test_submit_bytes(&t, suan_buffer_span(&bytes), seeds, NULL, 0);

    cr_assert_eq(other.status, SUAN_E_CONFLICT);
    cr_assert_str_eq(other.code, "event.conflict");
}

/* Three commands, signed by the key of seed 1: the second one repeats a name. */
struct three {
    struct suan_buffer commands[3], signatures[3];
    struct suan_submission batch[3];
};

static void make_three(struct three *three)
{
    SUAN_CLEANUP(suan_signer_closep) struct suan_signer *signer = test_key(1);
    struct suan_json *made[3] = {person("alice", 1), person("alice", 1), contact("alice", "a@b.example")};
    *three =
        (struct three){.batch = {{.signature_count = 1}, {.signature_count = 1}, {.signature_count = 1}}};
    for (int i = 0; i < 3; i++) {
        struct suan_submission *one = &three->batch[i];
        format(made[i], &three->commands[i]);
        suan_json_release(made[i]);
        one->command = suan_buffer_span(&three->commands[i]);
        cr_assert_eq(
            suan_sshsig_sign(signer, SUAN_NAMESPACE_EVENT, one->command, &three->signatures[i], NULL),
            SUAN_OK);
        one->signatures[0] = suan_buffer_span(&three->signatures[i]);
    }
}

static void three_done(struct three *three)
{
    for (int i = 0; i < 3; i++) {
        suan_buffer_done(&three->commands[i]);
        suan_buffer_done(&three->signatures[i]);
    }
}

Test(writer, takes_the_good_of_a_batch_and_names_each_outcome)
{
    SUAN_CLEANUP(three_done) struct three three;
    make_three(&three);
    const struct suan_submission *batch = three.batch;

    enum suan_status status = suan_registry_submit(t.registry, three.batch, 3, NULL);

    cr_assert_eq(status, SUAN_OK);
    cr_assert_eq(batch[0].status, SUAN_OK);
    cr_assert_eq(batch[1].status, SUAN_E_CONFLICT);
    cr_assert_eq(batch[2].status, SUAN_OK, "%s", batch[2].error.message);
    cr_assert_eq(batch[2].index, batch[0].index + 1);
    cr_assert_eq(batch[2].time_ns, batch[0].time_ns + 1);
}

static uint64_t log_size(void)
{
    SUAN_CLEANUP(suan_txn_endp) struct suan_txn *txn = NULL;
    uint64_t size = 0;
    cr_assert_eq(suan_store_begin(suan_registry_store(t.registry), &txn, NULL), SUAN_OK);
    cr_assert_eq(suan_log_size(txn, SUAN_LOG_REGISTRY, &size, NULL), SUAN_OK);
    return size;
}

Test(writer, records_commands_together_or_none_of_them)
{
    SUAN_CLEANUP(three_done) struct three three;
    struct suan_error error = {0};
    make_three(&three);
    uint64_t before = log_size();

    enum suan_status refused = suan_registry_submit_together(t.registry, three.batch, 3, &error);
    uint64_t after_refusal = log_size();
    enum suan_status good = suan_registry_submit_together(t.registry, three.batch, 1, NULL);

    cr_assert_eq(refused, SUAN_E_CONFLICT);
    cr_assert_str_eq(error.code, "event.conflict");
    cr_assert_eq(after_refusal, before);
    cr_assert_eq(good, SUAN_OK);
    cr_assert_eq(log_size(), before + 1);
}

Test(writer, refuses_bytes_that_are_not_canonical)
{
    const uint32_t seeds[] = {1, TEST_END};
    SUAN_CLEANUP(suan_buffer_done) struct suan_buffer bytes = {0};
    SUAN_CLEANUP(suan_json_releasep) struct suan_json *command = person("alice", 1);
    format(command, &bytes);
    suan_buffer_append_text(&bytes, "\n");

    struct test_outcome outcome = test_submit_bytes(&t, suan_buffer_span(&bytes), seeds, NULL, 0);

    cr_assert_eq(outcome.status, SUAN_E_FORMAT);
    cr_assert_str_eq(outcome.code, "json.canonical");
}

Test(writer, says_that_an_unknown_kind_needs_a_newer_suan)
{
    const uint32_t seeds[] = {1, TEST_END};
    SUAN_CLEANUP(suan_buffer_done) struct suan_buffer bytes = {0};
    SUAN_CLEANUP(suan_json_releasep) struct suan_json *command = contact("operator", "x");
    suan_json_set_text(command, "kind", "identity.teleport");
    format(command, &bytes);

    struct test_outcome outcome = test_submit_bytes(&t, suan_buffer_span(&bytes), seeds, NULL, 0);

    cr_assert_eq((int)outcome.status, SUAN_E_UNSUPPORTED);
    cr_assert_str_eq(outcome.code, "event.unknown");
    cr_assert_neq(strstr(outcome.message, "newer Suan needed"), NULL);
}

Test(writer, keeps_its_own_kinds_to_itself)
{
    struct suan_json *command = test_command(&t, SUAN_EVENT_LEDGER_ANCHOR, "operator");
    suan_command_set_u64(command, "size", 1);
    suan_json_set_text(command, "root", "00");

    struct test_outcome outcome = test_sign(&t, command, 0);

    cr_assert_eq(outcome.status, SUAN_E_PERMISSION);
    cr_assert_str_eq(outcome.code, "event.permission");
}

Test(writer, refuses_evidence_that_the_command_does_not_name)
{
    const struct suan_span blob = suan_span_text("stuffing");
    const uint32_t seeds[] = {0, TEST_END};

    struct test_outcome outcome = test_submit(&t, contact("operator", "x"), seeds, &blob, 1);

    cr_assert_eq(outcome.status, SUAN_E_FORMAT);
    cr_assert_str_eq(outcome.code, "event.blob");
}

/* --- the clock ---------------------------------------------------------------------------------------- */

Test(writer, stamps_both_logs_in_one_order)
{
    struct suan_json *command = test_command(&t, SUAN_EVENT_CLOCK_ACCEPT, "operator");
    uint64_t next = 0;
    cr_assert_eq(suan_registry_now(t.registry, &next, NULL), SUAN_OK);
    suan_command_set_u64(command, "old", next - 1);
    suan_command_set_u64(command, "new", t.now_ns);

    struct test_outcome first = test_sign(&t, contact("operator", "a"), 0);
    struct test_outcome refused = test_sign(&t, command, 0); /* another event came between */
    command = test_command(&t, SUAN_EVENT_CLOCK_ACCEPT, "operator");
    suan_command_set_u64(command, "old", first.time_ns);
    suan_command_set_u64(command, "new", t.now_ns);
    struct test_outcome second = test_sign(&t, command, 0);
    struct test_outcome third = test_sign(&t, contact("operator", "b"), 0);

    cr_assert_eq(refused.status, SUAN_E_CONFLICT);
    cr_assert_eq(second.status, SUAN_OK, "%s", second.message);
    cr_assert_eq(second.log, SUAN_LOG_LEDGER);
    cr_assert_eq(third.log, SUAN_LOG_REGISTRY);
    cr_assert_lt(first.time_ns, second.time_ns);
    cr_assert_lt(second.time_ns, third.time_ns);
}

static struct test_outcome accept_clock(void)
{
    struct suan_json *command = test_command(&t, SUAN_EVENT_CLOCK_ACCEPT, "operator");
    SUAN_CLEANUP(suan_txn_endp) struct suan_txn *txn = NULL;
    struct suan_span leaf_bytes;
    struct suan_leaf leaf;
    uint64_t size = 0;
    cr_assert_eq(suan_store_begin(suan_registry_store(t.registry), &txn, NULL), SUAN_OK);
    cr_assert_eq(suan_log_size(txn, SUAN_LOG_REGISTRY, &size, NULL), SUAN_OK);
    cr_assert_eq(suan_log_leaf(txn, SUAN_LOG_REGISTRY, size - 1, &leaf_bytes, NULL), SUAN_OK);
    cr_assert_eq(suan_leaf_decode(leaf_bytes, &leaf, NULL), SUAN_OK);
    suan_command_set_u64(command, "old", leaf.time_ns);
    suan_command_set_u64(command, "new", t.now_ns);
    return test_sign(&t, command, 0);
}

Test(writer, stops_at_a_clock_that_fell_behind_until_it_is_accepted)
{
    t.now_ns -= 299 * UINT64_C(1000000000);
    struct test_outcome near = test_sign(&t, contact("operator", "a"), 0);
    t.now_ns -= TEST_DAY_NS;
    struct test_outcome behind = test_sign(&t, contact("operator", "b"), 0);
    struct test_outcome accepted = accept_clock();
    struct test_outcome after = test_sign(&t, contact("operator", "c"), 0);

    cr_assert_eq(near.status, SUAN_OK, "%s", near.message);
    cr_assert_str_eq(behind.code, "store.clock");
    cr_assert_eq(accepted.status, SUAN_OK, "%s", accepted.message);
    cr_assert_eq(after.status, SUAN_OK, "%s", after.message);
    cr_assert_leq(after.time_ns, accepted.time_ns + 2); /* an anchor may lie between */
}

Test(writer, stops_at_a_clock_far_ahead_until_it_is_accepted)
{
    t.now_ns += 400 * TEST_DAY_NS;
    struct test_outcome near = test_sign(&t, contact("operator", "a"), 0);
    t.now_ns += 50 * 365 * TEST_DAY_NS;
    struct test_outcome ahead = test_sign(&t, contact("operator", "b"), 0);
    struct test_outcome accepted = accept_clock();
    struct test_outcome after = test_sign(&t, contact("operator", "c"), 0);

    cr_assert_eq(near.status, SUAN_OK, "%s", near.message);
    cr_assert_str_eq(ahead.code, "store.clock");
    cr_assert_eq(accepted.status, SUAN_OK, "%s", accepted.message);
    cr_assert_eq(after.status, SUAN_OK, "%s", after.message);
}

Test(writer, moves_a_simulated_clock_alone)
{
    struct test_registry simulated;
    uint64_t before = 0, after = 0;
    test_registry_new_simulated(&simulated, NULL, 0);
    cr_assert_eq(suan_registry_now(simulated.registry, &before, NULL), SUAN_OK);
    cr_assert_eq(suan_registry_advance(simulated.registry, 900 * TEST_DAY_NS, NULL), SUAN_OK);
    test_registry_reopen(&simulated, SUAN_STORE_WRITE);
    cr_assert_eq(suan_registry_now(simulated.registry, &after, NULL), SUAN_OK);

    cr_assert_geq(after, before + 900 * TEST_DAY_NS - 2);
    cr_assert_eq(suan_registry_clock(simulated.registry), SUAN_CLOCK_SIMULATED);
    cr_assert_eq(suan_registry_advance(t.registry, 1, NULL), SUAN_E_USAGE);
    test_registry_done(&simulated);
}

/* --- checkpoints -------------------------------------------------------------------------------------- */

static struct suan_checkpoint checkpoint(enum suan_log log, struct suan_buffer *note)
{
    struct suan_signed_note parsed;
    struct suan_checkpoint out;
    struct suan_note_key key;
    struct suan_error error = {0};
    suan_buffer_clear(note);
    cr_assert_eq(suan_registry_checkpoint(t.registry, log, note, &error), SUAN_OK, "%s", error.message);
    cr_assert_eq(suan_registry_note_key(t.registry, log, &key, &error), SUAN_OK, "%s", error.message);
    cr_assert_eq(suan_signed_note_parse(suan_buffer_span(note), &parsed, &error), SUAN_OK, "%s",
                 error.message);
    cr_assert_eq(suan_signed_note_verify(&parsed, &key, NULL, &error), SUAN_OK, "%s", error.message);
    cr_assert_eq(suan_checkpoint_parse(parsed.text, &out, &error), SUAN_OK, "%s", error.message);
    return out;
}

Test(writer, signs_the_durable_size)
{
    SUAN_CLEANUP(suan_buffer_done) struct suan_buffer note = {0};
    struct test_outcome last = test_sign(&t, contact("operator", "a"), 0);

    struct suan_checkpoint newest = checkpoint(SUAN_LOG_REGISTRY, &note);

    cr_assert_eq(newest.size, last.index + 1);
    cr_assert(suan_span_equal(newest.origin, suan_span_text("suan.example/registry")));
}

Test(writer, signs_with_old_and_new_note_key_once_and_then_with_the_new)
{
    SUAN_CLEANUP(suan_buffer_done) struct suan_buffer note = {0};
    SUAN_CLEANUP(suan_buffer_done) struct suan_buffer text = {0};
    struct suan_note_key old, next;
    struct suan_signed_note parsed;
    uint64_t size = checkpoint(SUAN_LOG_REGISTRY, &note).size;
    cr_assert_eq(suan_registry_note_key(t.registry, SUAN_LOG_REGISTRY, &old, NULL), SUAN_OK);
    cr_assert_eq(suan_registry_prepare_note_key(t.registry, SUAN_LOG_REGISTRY, &next, NULL), SUAN_OK);
    suan_note_key_format(&next, &text);
    struct suan_json *command = test_command(&t, SUAN_EVENT_REGISTRY_NOTEKEY, "operator");
    suan_json_set_text(command, "log", "registry");
    suan_json_set_span(command, "key", suan_buffer_span(&text));
    suan_command_set_u64(command, "size", size + 1);
    cr_assert_eq(test_sign(&t, command, 0).status, SUAN_OK);

    checkpoint(SUAN_LOG_REGISTRY, &note);
    cr_assert_eq(suan_signed_note_parse(suan_buffer_span(&note), &parsed, NULL), SUAN_OK);
    cr_assert_eq(suan_signed_note_verify(&parsed, &old, NULL, NULL), SUAN_OK);
    cr_assert_eq(suan_signed_note_verify(&parsed, &next, NULL, NULL), SUAN_OK);

    test_registry_reopen(&t, SUAN_STORE_WRITE);
    cr_assert_eq(test_sign(&t, contact("operator", "a"), 0).status, SUAN_OK);
    checkpoint(SUAN_LOG_REGISTRY, &note);
    cr_assert_eq(suan_signed_note_parse(suan_buffer_span(&note), &parsed, NULL), SUAN_OK);
    cr_assert_eq(suan_signed_note_verify(&parsed, &old, NULL, NULL), SUAN_E_NOT_FOUND);
    cr_assert_eq(suan_signed_note_verify(&parsed, &next, NULL, NULL), SUAN_OK);
}

Test(writer, writes_nothing_without_note_keys)
{
    char path[TEST_PATH_MAX + 32];
    SUAN_CLEANUP(suan_buffer_done) struct suan_buffer bytes = {0};
    SUAN_CLEANUP(suan_json_releasep) struct suan_json *command = contact("operator", "a");
    struct suan_submission submission = {0};
    struct suan_error error = {0};
    format(command, &bytes);
    submission.command = suan_buffer_span(&bytes);
    snprintf(path, sizeof path, "%s/notes/ledger", t.folder);
    cr_assert_eq(remove(path), 0);
    test_registry_reopen(&t, SUAN_STORE_WRITE);

    enum suan_status status = suan_registry_submit(t.registry, &submission, 1, &error);

    cr_assert_eq(status, SUAN_E_REFUSED);
    cr_assert_str_eq(error.code, "registry.notes");
}

Test(writer, stops_before_it_writes_if_a_note_key_is_another)
{
    static const char *const files[] = {"registry", "ledger"};
    for (size_t i = 0; i < 2; i++) {
        char path[TEST_PATH_MAX + 32], public[TEST_PATH_MAX + 40];
        struct suan_registry *registry = NULL;
        struct suan_error error = {0};
        snprintf(path, sizeof path, "%s/notes/%s", t.folder, files[i]);
        suan_registry_close(suan_take(&t.registry));
        snprintf(public, sizeof public, "%s.pub", path);
        cr_assert(remove(path) == 0 && remove(public) == 0);
        cr_assert_eq(suan_key_file_create(path, "another", NULL, NULL), SUAN_OK);
        cr_assert_eq(suan_registry_open(t.folder, SUAN_STORE_WRITE, &t.options, &registry, &error),
                     SUAN_E_INTEGRITY);
        cr_assert_str_eq(error.code, "registry.notes");
    }
    test_registry_reopen(&t, SUAN_STORE_READ);
}

/* --- what the writer seals ---------------------------------------------------------------------------- */

static uint16_t newest_kind(enum suan_log log, uint64_t *out_size)
{
    SUAN_CLEANUP(suan_txn_endp) struct suan_txn *txn = NULL;
    struct suan_span bytes;
    struct suan_leaf leaf;
    cr_assert_eq(suan_store_begin(suan_registry_store(t.registry), &txn, NULL), SUAN_OK);
    cr_assert_eq(suan_log_size(txn, log, out_size, NULL), SUAN_OK);
    cr_assert_eq(suan_log_leaf(txn, log, *out_size - 1, &bytes, NULL), SUAN_OK);
    cr_assert_eq(suan_leaf_decode(bytes, &leaf, NULL), SUAN_OK);
    return leaf.kind;
}

Test(writer, anchors_a_grown_ledger_log_once_a_day_and_on_demand)
{
    uint64_t first = 0, same = 0, demanded = 0, again = 0;
    cr_assert_eq(accept_clock().status, SUAN_OK);
    cr_assert_eq(newest_kind(SUAN_LOG_REGISTRY, &first), SUAN_EVENT_LEDGER_ANCHOR);

    struct suan_json *command = test_command(&t, SUAN_EVENT_CLOCK_ACCEPT, "operator");
    uint64_t next = 0;
    cr_assert_eq(suan_registry_now(t.registry, &next, NULL), SUAN_OK);
    suan_command_set_u64(command, "old", next - 1);
    suan_command_set_u64(command, "new", t.now_ns);
    cr_assert_eq(test_sign(&t, command, 0).status, SUAN_OK);
    newest_kind(SUAN_LOG_REGISTRY, &same);

    cr_assert_eq(suan_registry_anchor(t.registry, NULL), SUAN_OK);
    cr_assert_eq(newest_kind(SUAN_LOG_REGISTRY, &demanded), SUAN_EVENT_LEDGER_ANCHOR);
    cr_assert_eq(suan_registry_anchor(t.registry, NULL), SUAN_OK);
    newest_kind(SUAN_LOG_REGISTRY, &again);

    cr_assert_eq(same, first);
    cr_assert_eq(demanded, first + 1);
    cr_assert_eq(again, demanded);
}

Test(writer, takes_a_snapshot_when_the_revoked_set_changes)
{
    uint64_t size = 0;
    char hex[2 * SUAN_DIGEST_SIZE + 1];
    test_identity(&t, "alice", SUAN_IDENT_PERSON, 1);
    struct suan_json *command = test_command(&t, SUAN_EVENT_KEY_REVOKE, "operator");
    test_key_id(1, hex);
    suan_json_set_text(command, "key", hex);
    suan_command_set_u64(command, "from_idx", 1);
    suan_json_set_text(command, "reason", "lost");
    SUAN_CLEANUP(suan_buffer_done) struct suan_buffer text = {0}, expected = {0};
    uint64_t lines = 0;

    cr_assert_eq(test_sign(&t, command, 0).status, SUAN_OK);

    cr_assert_eq(newest_kind(SUAN_LOG_REGISTRY, &size), SUAN_EVENT_STATUS_SNAPSHOT);
    SUAN_CLEANUP(suan_txn_endp) struct suan_txn *txn = NULL;
    cr_assert_eq(suan_store_begin(suan_registry_store(t.registry), &txn, NULL), SUAN_OK);
    cr_assert_eq(suan_registry_revoked(txn, &text, &lines, NULL), SUAN_OK);
    suan_buffer_printf(&expected, "key %s 1\n", hex);
    cr_assert_eq(lines, 1);
    cr_assert_str_eq(suan_buffer_text(&text), suan_buffer_text(&expected));
}

/* --- control ------------------------------------------------------------------------------------------ */

static enum suan_status check_nothing(struct suan_txn *txn, const struct suan_act *act,
                                      struct suan_error *error)
{
    (void)txn;
    (void)error;
    *act->used = UINT32_MAX;
    return SUAN_OK;
}

/* The catalogue's families, but memberships are checked by nobody. */
static const struct suan_family *const *open_families(void)
{
    enum { RULES_MAX = 8 };
    static struct suan_rule open_rules[RULES_MAX];
    static struct suan_family open_family;
    static const struct suan_family *families[SUAN_CATALOG_FAMILIES];
    cr_assert_leq(suan_family_member.rule_count, RULES_MAX);
    for (size_t i = 0; i < suan_family_member.rule_count; i++) {
        open_rules[i] = suan_family_member.rules[i];
        open_rules[i].check = check_nothing;
    }
    open_family = (struct suan_family){open_rules, suan_family_member.rule_count, NULL};
    for (size_t i = 0; i < SUAN_CATALOG_FAMILIES; i++)
        families[i] =
            suan_catalog_families[i] == &suan_family_member ? &open_family : suan_catalog_families[i];
    return families;
}

static struct suan_json *membership_of_bob(void)
{
    struct suan_json *command = test_command(&t, SUAN_EVENT_MEMBER_ADD, "bob");
    suan_json_set_text(command, "org", "lab");
    suan_json_set_text(command, "ident", "bob");
    suan_json_set_text(command, "roles", "admin");
    suan_command_set_u64(command, "from", t.now_ns);
    suan_command_set_u64(command, "until", t.now_ns + TEST_DAY_NS);
    return command;
}

/* The rule is what refuses: the same command passes a registry whose rule checks nothing. */
Test(writer, lets_through_what_no_rule_refuses)
{
    test_identity(&t, "lab", SUAN_IDENT_DEVELOPER, 1);
    test_identity(&t, "bob", SUAN_IDENT_PERSON, 2);

    struct test_outcome refused = test_sign(&t, membership_of_bob(), 2);
    t.options.families = open_families();
    test_registry_reopen(&t, SUAN_STORE_WRITE);
    struct test_outcome accepted = test_sign(&t, membership_of_bob(), 2);

    cr_assert_eq(refused.status, SUAN_E_PERMISSION);
    cr_assert_eq(accepted.status, SUAN_OK, "%s", accepted.message);
}

/* Whoever replays with the right rules finds what such a registry took. */
Test(writer, refuses_on_replay_what_another_writer_let_through)
{
    SUAN_CLEANUP(suan_json_releasep) struct suan_json *report = NULL;
    struct suan_error error = {0};
    test_identity(&t, "lab", SUAN_IDENT_DEVELOPER, 1);
    test_identity(&t, "bob", SUAN_IDENT_PERSON, 2);
    t.options.families = open_families();
    test_registry_reopen(&t, SUAN_STORE_WRITE);
    cr_assert_eq(test_sign(&t, membership_of_bob(), 2).status, SUAN_OK);
    t.options.families = suan_catalog_families;
    test_registry_reopen(&t, SUAN_STORE_READ);

    enum suan_status status = suan_registry_verify(t.registry, &report, &error);

    cr_assert_eq(status, SUAN_E_INTEGRITY);
    cr_assert_neq(strstr(error.message, "'lab' must sign"), NULL, "%s", error.message);
}
