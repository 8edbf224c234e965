#include "trust/trustfile.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/cleanup.h"
#include "base/json.h"
#include "support.h"

/* A made-up registry: log key 1, witnesses 11 to 13 with quorum 2, bodies 21 to 23 with k = 2. */
enum { LOG = 1, LEDGER = 2, WITNESS = 11, BODY = 21 };
static const char origin[] = "suan.example";

static const uint8_t *point_of(uint8_t seed_byte)
{
    static uint8_t point[SUAN_ED25519_POINT_SIZE];
    struct suan_signer *signer = signer_of(seed_byte);
    memcpy(point, suan_signer_key(signer)->point, sizeof point);
    suan_signer_close(signer);
    return point;
}

static struct suan_trust *make_trust(void)
{
    struct suan_trust *trust = suan_trust_new();
    cr_assert_not_null(trust);
    strcpy(trust->origin, origin);
    strcpy(trust->policy, "industry");
    trust->log_key_count = 2;
    expect_ok(suan_note_key_init(&trust->log_keys[0], "suan.example/registry", SUAN_NOTE_ED25519,
                                 point_of(LOG), error));
    expect_ok(suan_note_key_init(&trust->log_keys[1], "suan.example/ledger", SUAN_NOTE_ED25519,
                                 point_of(LEDGER), error));
    trust->witness_count = 3;
    trust->quorum = 2;
    trust->body_count = 3;
    trust->k = 2;
    for (uint8_t i = 0; i < 3; i++) {
        char name[16];
        snprintf(name, sizeof name, "w%d", i);
        expect_ok(suan_note_key_init(&trust->witnesses[i], name, SUAN_NOTE_COSIGNATURE, point_of(WITNESS + i),
                                     error));
        snprintf(trust->bodies[i].id, sizeof trust->bodies[i].id, "body%d", i);
        trust->bodies[i].key_count = 1;
        trust->bodies[i].keys[0].type = SUAN_KEY_ED25519;
        memcpy(trust->bodies[i].keys[0].point, point_of(BODY + i), SUAN_ED25519_POINT_SIZE);
    }
    return trust;
}

static void format_trust(struct suan_buffer *out)
{
    SUAN_CLEANUP(suan_trust_freep) struct suan_trust *trust = make_trust();
    expect_ok(suan_trust_format(trust, out, error));
}

Test(trustfile, survives_writing_and_reading)
{
    SUAN_CLEANUP(suan_buffer_done) struct suan_buffer text = {0};
    SUAN_CLEANUP(suan_trust_freep) struct suan_trust *made = make_trust();
    SUAN_CLEANUP(suan_trust_freep) struct suan_trust *read = NULL;
    made->max_age_s = 3600;
    made->on_stale = SUAN_TRUST_STALE_DENY;
    made->in_process = SUAN_TRUST_IN_PROCESS_VETTED;
    expect_ok(suan_trust_format(made, &text, error));
    expect_ok(suan_trust_parse(suan_buffer_span(&text), "trust.json", &read, error));
    cr_assert_arr_eq(read, made, sizeof *read);
}

/* --- strictness: the file with one thing replaced ----------------------------------------------------- */

/* Replaces the first `from` in the file by `to`; the test fails if it is not there. */
static void replace(struct suan_buffer *text, const char *from, const char *to)
{
    struct suan_buffer out = {0};
    const char *whole = suan_buffer_text(text), *place = strstr(whole, from);
    cr_assert_not_null(place, "no '%s' in %s", from, whole);
    suan_buffer_append(&out, whole, (size_t)(place - whole));
    suan_buffer_append_text(&out, to);
    suan_buffer_append_text(&out, place + strlen(from));
    suan_buffer_done(text);
    *text = out;
}

static void expect_refusal(const char *from, const char *to, const char *code)
{
    SUAN_CLEANUP(suan_buffer_done) struct suan_buffer text = {0};
    SUAN_CLEANUP(suan_trust_freep) struct suan_trust *trust = NULL;
    struct suan_error problem = {0};
    format_trust(&text);
    replace(&text, from, to);
    cr_assert_neq(suan_trust_parse(suan_buffer_span(&text), "trust.json", &trust, &problem), SUAN_OK,
                  "%s -> %s", from, to);
    cr_assert_str_eq(problem.code, code, "%s -> %s: %s: %s", from, to, problem.code, problem.message);
    cr_assert_eq(strncmp(problem.message, "trust.json: ", 12), 0, "%s", problem.message);
}

Test(trustfile, refuses_wrong_fields)
{
    static const char *const rows[][3] = {
        {"suan.trust/1", "suan.trust/2", "trust.format"},
        {"\"schema\"", "\"scheme\"", "json.field"},
        {"\"suan.example\"", "\"suan.other\"", "trust.format"},
        {"\"suan.example\"", "\"\"", "trust.format"},
        {"\"quorum\": 2", "\"quorum\": 4", "json.field"},
        {"\"quorum\": 2", "\"quorum\": -1", "json.field"},
        {"\"k\": 2", "\"k\": 1", "json.field"},
        {"\"k\": 2", "\"k\": 4", "json.field"},
        {"\"n\": 3", "\"n\": 2", "json.field"},
        {"\"n\": 3", "\"n\": 4", "json.field"},
        {"\"max_age_s\": 604800", "\"max_age_s\": 0", "json.field"},
        {"\"warn\"", "\"ignore\"", "trust.format"},
        {"\"never\"", "\"always\"", "trust.format"},
        {"\"name\": \"w0\"", "\"name\": \"w9\"", "trust.format"},
        {"\"id\": \"body1\"", "\"id\": \"body0\"", "trust.format"},
        {"\"id\": \"body1\"", "\"id\": \"\"", "trust.format"},
        {"ssh-ed25519 ", "ssh-rsa ", "key.type"},
        {"\"ssh-ed25519 ", "\"", "key.format"},
        {"suan.example/registry+", "suan.example/registrx+", "note.key"},
        {"\"in_process\"", "\"in_proces\"", "json.field"},
        {"{", "{\"extra\": 1,", "json.field"},
        {"{", "[{", "json.syntax"},
        {"{", "{\"quorum\": 2,", "json.duplicate"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        expect_refusal(rows[i][0], rows[i][1], rows[i][2]);
}

static void expect_refusal_of(struct suan_trust *made, const char *code)
{
    SUAN_CLEANUP(suan_buffer_done) struct suan_buffer text = {0};
    SUAN_CLEANUP(suan_trust_freep) struct suan_trust *trust = NULL;
    expect_ok(suan_trust_format(made, &text, error));
    expect_error(suan_trust_parse(suan_buffer_span(&text), "t", &trust, error), SUAN_E_FORMAT, code);
    suan_trust_free(made);
}

/* One witness under two names would be a quorum by itself. */
Test(trustfile, a_witness_cannot_count_twice)
{
    struct suan_trust *trust = make_trust();
    expect_ok(suan_note_key_init(&trust->witnesses[1], "w1", SUAN_NOTE_COSIGNATURE, trust->witnesses[0].point,
                                 error));
    expect_refusal_of(trust, "trust.format");
}

/* One key in two bodies would be k of n by itself. */
Test(trustfile, a_key_belongs_to_one_body)
{
    struct suan_trust *trust = make_trust();
    trust->bodies[1].keys[0] = trust->bodies[0].keys[0];
    expect_refusal_of(trust, "trust.format");
}

Test(trustfile, keys_have_the_type_of_their_role)
{
    struct suan_trust *trust = make_trust();
    trust->log_keys[0] = trust->witnesses[0];
    expect_refusal_of(trust, "trust.format");
    trust = make_trust();
    trust->witnesses[0] = trust->log_keys[0];
    expect_refusal_of(trust, "trust.format");
}

Test(trustfile, a_log_and_bodies_must_be_named)
{
    struct suan_trust *trust = make_trust();
    trust->log_key_count = 0;
    expect_refusal_of(trust, "trust.format");
    trust = make_trust();
    trust->bodies[2].key_count = 0;
    expect_refusal_of(trust, "trust.format");
}

Test(trustfile, defaults_stand_for_what_is_left_out)
{
    SUAN_CLEANUP(suan_buffer_done) struct suan_buffer text = {0};
    SUAN_CLEANUP(suan_trust_freep) struct suan_trust *trust = NULL;
    format_trust(&text);
    replace(&text, ",\n \"max_age_s\": 604800", "");
    replace(&text, ",\n \"on_stale\": \"warn\"", "");
    replace(&text, ",\n \"in_process\": \"never\"", "");
    expect_ok(suan_trust_parse(suan_buffer_span(&text), "t", &trust, error));
    cr_assert_eq(trust->max_age_s, (uint64_t)SUAN_TRUST_AGE_DEFAULT_S);
    cr_assert_eq(trust->on_stale, SUAN_TRUST_STALE_WARN);
    cr_assert_eq(trust->in_process, SUAN_TRUST_IN_PROCESS_NEVER);
}

Test(trustfile, the_body_of_a_key_is_found)
{
    SUAN_CLEANUP(suan_trust_freep) struct suan_trust *trust = make_trust();
    struct suan_public_key stranger = trust->bodies[0].keys[0];
    cr_assert_eq(suan_trust_body_of(trust, &trust->bodies[1].keys[0]), &trust->bodies[1]);
    stranger.point[0] ^= 1;
    cr_assert_null(suan_trust_body_of(trust, &stranger));
}

/* --- checkpoints -------------------------------------------------------------------------------------- */

struct signature {
    uint8_t seed_byte;
    uint64_t time_s; /* 0: as the log, otherwise as a witness */
    const char *name;
};

static void make_checkpoint(const char *name, const struct signature *signatures, size_t count,
                            struct suan_buffer *out)
{
    SUAN_CLEANUP(suan_buffer_done) struct suan_buffer text = {0};
    struct suan_digest root = suan_sha256(suan_span_text("root"));
    suan_checkpoint_format(&text, name, 10, &root);
    suan_signed_note_begin(out, suan_buffer_span(&text));
    for (size_t i = 0; i < count; i++) {
        SUAN_CLEANUP(suan_signer_closep) struct suan_signer *signer = signer_of(signatures[i].seed_byte);
        struct suan_span body = suan_buffer_span(&text);
        if (signatures[i].time_s == 0)
            expect_ok(suan_signed_note_sign(out, body, signatures[i].name, signer, error));
        else
            expect_ok(
                suan_signed_note_cosign(out, body, signatures[i].name, signer, signatures[i].time_s, error));
    }
}

static enum suan_status check(const struct suan_buffer *note, uint64_t *out_time_s, struct suan_error *error)
{
    SUAN_CLEANUP(suan_trust_freep) struct suan_trust *trust = make_trust();
    struct suan_checkpoint checkpoint;
    return suan_trust_check_checkpoint(trust, "registry", suan_buffer_span(note), &checkpoint, out_time_s,
                                       error);
}

static const struct signature log_signature = {LOG, 0, "suan.example/registry"};

Test(trustfile, a_signed_and_witnessed_checkpoint_is_taken)
{
    SUAN_CLEANUP(suan_buffer_done) struct suan_buffer note = {0};
    const struct signature signatures[] = {
        log_signature, {WITNESS, 100, "w0"}, {WITNESS + 1, 300, "w1"}, {WITNESS + 2, 200, "w2"}};
    uint64_t time_s = 0;
    make_checkpoint("suan.example/registry", signatures, 4, &note);
    expect_ok(check(&note, &time_s, error));
    /* Two of three witnesses vouch for 200; the newest time alone has only one. */
    cr_assert_eq(time_s, UINT64_C(200));
}

Test(trustfile, a_thin_quorum_is_refused)
{
    SUAN_CLEANUP(suan_buffer_done) struct suan_buffer note = {0};
    const struct signature signatures[] = {
        log_signature, {WITNESS, 100, "w0"}, {WITNESS, 101, "w0"}, {WITNESS + 9, 100, "stranger"}};
    make_checkpoint("suan.example/registry", signatures, 4, &note);
    expect_error(check(&note, NULL, error), SUAN_E_REFUSED, "log.quorum");
}

Test(trustfile, witnesses_do_not_replace_the_log)
{
    SUAN_CLEANUP(suan_buffer_done) struct suan_buffer note = {0};
    const struct signature signatures[] = {
        {99, 0, "suan.example/registry"}, {WITNESS, 100, "w0"}, {WITNESS + 1, 100, "w1"}};
    make_checkpoint("suan.example/registry", signatures, 3, &note);
    expect_error(check(&note, NULL, error), SUAN_E_REFUSED, "log.signature");
}

Test(trustfile, the_other_logs_checkpoint_is_refused)
{
    SUAN_CLEANUP(suan_buffer_done) struct suan_buffer note = {0};
    const struct signature signatures[] = {
        {LEDGER, 0, "suan.example/ledger"}, {WITNESS, 100, "w0"}, {WITNESS + 1, 100, "w1"}};
    make_checkpoint("suan.example/ledger", signatures, 3, &note);
    expect_error(check(&note, NULL, error), SUAN_E_REFUSED, "log.origin");
}

Test(trustfile, the_ledger_key_does_not_sign_for_the_registry)
{
    SUAN_CLEANUP(suan_buffer_done) struct suan_buffer note = {0};
    const struct signature signatures[] = {
        {LEDGER, 0, "suan.example/ledger"}, {WITNESS, 100, "w0"}, {WITNESS + 1, 100, "w1"}};
    make_checkpoint("suan.example/registry", signatures, 3, &note);
    expect_error(check(&note, NULL, error), SUAN_E_REFUSED, "log.signature");
}

Test(trustfile, a_forged_signature_of_a_known_witness_is_refused)
{
    SUAN_CLEANUP(suan_buffer_done) struct suan_buffer note = {0};
    const struct signature signatures[] = {
        log_signature, {WITNESS, 100, "w0"}, {WITNESS + 1, 100, "w1"}, {WITNESS + 2, 100, "w2"}};
    make_checkpoint("suan.example/registry", signatures, 4, &note);
    note.data[note.size - 10] = note.data[note.size - 10] == 'A' ? 'B' : 'A';
    expect_error(check(&note, NULL, error), SUAN_E_REFUSED, "note.signature");
}

/* --- from one view to the next ------------------------------------------------------------------------ */

enum { TREE = 12 };

struct tree {
    struct suan_digest stored[64];
    struct suan_digest roots[TREE + 1];
};

static enum suan_status read_stored(void *context, const uint64_t *indexes, size_t count,
                                    struct suan_digest *out, struct suan_error *error)
{
    const struct tree *tree = context;
    (void)error;
    for (size_t i = 0; i < count; i++)
        out[i] = tree->stored[indexes[i]];
    return SUAN_OK;
}

static void grow(struct tree *tree, uint64_t odd_one)
{
    struct suan_merkle_edge edge = {0};
    size_t count = 0;
    tree->roots[0] = suan_merkle_edge_root(&edge);
    for (uint64_t n = 0; n < TREE; n++) {
        struct suan_digest made[SUAN_MERKLE_DEPTH_MAX];
        uint64_t value = n == odd_one ? 1000 : n;
        struct suan_digest leaf = suan_merkle_leaf(suan_span(&value, sizeof value));
        size_t more = suan_merkle_edge_append(&edge, &leaf, made);
        memcpy(tree->stored + count, made, more * sizeof made[0]);
        count += more;
        tree->roots[n + 1] = suan_merkle_edge_root(&edge);
    }
}

static struct suan_checkpoint view(const struct tree *tree, uint64_t size)
{
    return (struct suan_checkpoint){suan_span_text("a/registry"), size, tree->roots[size]};
}

static struct suan_merkle_proof proof_of(struct tree *tree, uint64_t old_size, uint64_t size)
{
    struct suan_hash_reader reader = {tree, read_stored};
    struct suan_merkle_proof proof = {0};
    expect_ok(suan_merkle_prove_consistency(old_size, size, &reader, &proof, error));
    return proof;
}

Test(trustfile, growth_is_taken)
{
    struct tree tree;
    grow(&tree, UINT64_MAX);
    struct suan_checkpoint kept = view(&tree, 5), offered = view(&tree, 12);
    struct suan_merkle_proof proof = proof_of(&tree, 5, 12);
    expect_ok(suan_checkpoint_follow(&kept, &offered, &proof, error));
    expect_ok(suan_checkpoint_follow(&kept, &kept, NULL, error));
}

Test(trustfile, a_rewritten_log_is_a_fork)
{
    struct tree honest, forged;
    grow(&honest, UINT64_MAX);
    grow(&forged, 2);
    struct suan_checkpoint kept = view(&honest, 5), same_size = view(&forged, 5), larger = view(&forged, 12),
                           smaller = view(&forged, 4);
    struct suan_merkle_proof up = proof_of(&forged, 5, 12), down = proof_of(&honest, 4, 5);
    expect_error(suan_checkpoint_follow(&kept, &same_size, &up, error), SUAN_E_INTEGRITY, "log.fork");
    expect_error(suan_checkpoint_follow(&kept, &larger, &up, error), SUAN_E_INTEGRITY, "log.fork");
    expect_error(suan_checkpoint_follow(&kept, &smaller, &down, error), SUAN_E_INTEGRITY, "log.fork");
}

Test(trustfile, an_honest_older_view_is_a_rollback)
{
    struct tree tree;
    grow(&tree, UINT64_MAX);
    struct suan_checkpoint kept = view(&tree, 12), offered = view(&tree, 5);
    struct suan_merkle_proof proof = proof_of(&tree, 5, 12);
    expect_error(suan_checkpoint_follow(&kept, &offered, &proof, error), SUAN_E_INTEGRITY, "log.rollback");
}

Test(trustfile, another_logs_view_does_not_follow)
{
    struct tree tree;
    grow(&tree, UINT64_MAX);
    struct suan_checkpoint kept = view(&tree, 5), offered = view(&tree, 12);
    struct suan_merkle_proof proof = proof_of(&tree, 5, 12);
    offered.origin = suan_span_text("b/registry");
    expect_error(suan_checkpoint_follow(&kept, &offered, &proof, error), SUAN_E_REFUSED, "log.origin");
}

Test(trustfile, age_is_counted_to_the_second)
{
    SUAN_CLEANUP(suan_trust_freep) struct suan_trust *trust = make_trust();
    trust->max_age_s = 1000;
    expect_ok(suan_trust_check_age(trust, 5000, 6000, error));
    expect_error(suan_trust_check_age(trust, 5000, 6001, error), SUAN_E_REFUSED, "log.stale");
    expect_ok(suan_trust_check_age(trust, 5000, 10, error));
    expect_error(suan_trust_check_age(trust, 0, UINT64_MAX, error), SUAN_E_REFUSED, "log.stale");
}
