/* Verify finds what was altered, restore makes the same registry again, and neither believes anything. */
#include <criterion/criterion.h>
#include <criterion/parameterized.h>
#include <stdio.h>
#include <sys/stat.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "support/scene.h"

static struct test_scene scene;

/* The files behind the releases of the scene, so that verify finds them. */
static void keep_packages(void)
{
    struct suan_store *store = suan_registry_store(scene.base.registry);
    cr_assert_eq(suan_store_keep_package(store, &scene.release, suan_span_text("file"), NULL), SUAN_OK);
    cr_assert_eq(suan_store_keep_package(store, &scene.contract, suan_span_text("file"), NULL), SUAN_OK);
}

/* Rows in as many tables as the catalogue has: an offer, a recovery, a task, a vote, a revoked key, the
 * ledger log. */
static void enrich(void)
{
    const struct suan_span paper = suan_span_text("paper");
    struct suan_digest digest = suan_sha256(paper);
    char text[128];
    struct suan_json *body = test_command(&scene.base, SUAN_EVENT_OWNER_OFFER, "firm");
    suan_json_set_text(body, "algorithm", SCENE_ALGORITHM);
    suan_json_set_text(body, "to", "bob");
    suan_json_set_integer(body, "bp", 10);
    suan_command_set_u64(body, "until", scene.base.now_ns + TEST_DAY_NS);
    cr_assert_eq(test_sign(&scene.base, body, SEED_FIRM).status, SUAN_OK);

    body = test_command(&scene.base, SUAN_EVENT_KEY_RECOVER, "operator");
    test_key_text(SEED_NEW, text);
    suan_json_set_text(body, "ident", "eve");
    suan_json_set_text(body, "key", text);
    suan_json_set_hex(body, "evidence", digest.bytes, sizeof digest.bytes);
    const uint32_t recoverers[] = {SEED_OPERATOR, SEED_BODY1, TEST_END};
    cr_assert_eq(test_submit(&scene.base, body, recoverers, &paper, 1).status, SUAN_OK);

    body = test_command(&scene.base, SUAN_EVENT_TASK_SET, "body1");
    suan_json_set_hex(body, "contract", scene.contract.bytes, sizeof scene.contract.bytes);
    suan_json_set_text(body, "incumbent", "a grid of cells");
    suan_json_set_text(body, "policy", SCENE_POLICY);
    suan_json_set_text(body, "task", SCENE_TASK);
    suan_json_set_integer(body, "version", 1);
    cr_assert_eq(test_sign(&scene.base, body, SEED_BODY1, SEED_BODY2).status, SUAN_OK);

    body = test_command(&scene.base, SUAN_EVENT_REVIEW_SUBMIT, "lab");
    suan_json_set_hex(body, "tar", scene.release.bytes, sizeof scene.release.bytes);
    suan_json_set_text(body, "policy", SCENE_POLICY);
    cr_assert_eq(test_sign(&scene.base, body, SEED_LAB).status, SUAN_OK);
    body = test_command(&scene.base, SUAN_EVENT_REVIEW_REVOKE, "body1");
    suan_json_set_hex(body, "tar", scene.release.bytes, sizeof scene.release.bytes);
    suan_json_set_text(body, "reason", "unsound");
    cr_assert_eq(test_sign(&scene.base, body, SEED_BODY1).status, SUAN_OK);

    uint64_t next = 0;
    cr_assert_eq(suan_registry_now(scene.base.registry, &next, NULL), SUAN_OK);
    body = test_command(&scene.base, SUAN_EVENT_CLOCK_ACCEPT, "operator");
    suan_command_set_u64(body, "old", next - 1);
    suan_command_set_u64(body, "new", scene.base.now_ns);
    cr_assert_eq(test_sign(&scene.base, body, SEED_OPERATOR).status, SUAN_OK);
    test_registry_reopen(&scene.base, SUAN_STORE_WRITE); /* signs both logs */
}

static void setup(void)
{
    test_scene_new(&scene);
    keep_packages();
    enrich();
}

static void teardown(void)
{
    test_scene_done(&scene);
}

TestSuite(verify, .init = setup, .fini = teardown);

static enum suan_status verify(struct suan_json **out_report)
{
    struct suan_error error = {0};
    enum suan_status status = suan_registry_verify(scene.base.registry, out_report, &error);
    cr_assert(status == SUAN_OK || status == SUAN_E_INTEGRITY, "%s", error.message);
    return status;
}

static bool is_named(const struct suan_json *report, const char *table)
{
    const struct suan_json *differences = suan_json_find(report, "differences");
    for (size_t i = 0; i < suan_json_count(differences); i++) {
        struct suan_span text = suan_json_text(suan_json_at(differences, i));
        if (text.size > strlen(table) && memcmp(text.data, table, strlen(table)) == 0 &&
            text.data[strlen(table)] == ':')
            return true;
    }
    return false;
}

Test(verify, finds_nothing_in_a_sound_registry)
{
    SUAN_CLEANUP(suan_json_releasep) struct suan_json *report = NULL;
    SUAN_CLEANUP(suan_buffer_done) struct suan_buffer text = {0};

    enum suan_status status = verify(&report);

    cr_assert_eq(suan_json_format(report, SUAN_JSON_STYLE_INDENTED, &text, NULL), SUAN_OK);
    cr_assert_eq(status, SUAN_OK, "%s", suan_buffer_text(&text));
    cr_assert_gt(suan_json_integer(suan_json_find(report, "events")), 20);
    cr_assert_gt(suan_json_integer(suan_json_find(report, "checkpoints")), 1);
    cr_assert_eq(suan_json_integer(suan_json_find(report, "packages")), 2);
}

/* --- one altered row in each table -------------------------------------------------------------------- */

struct alteration {
    enum suan_table table;
    enum { ALTER, REMOVE, ADD } how;
};

/* The last row's value gets one bit flipped, or the row goes, or a row that nothing made comes. */
static enum suan_status alter(void *context, struct suan_txn *txn, struct suan_error *error)
{
    const struct alteration *alteration = context;
    uint8_t key_copy[SUAN_STORE_KEY_MAX];
    SUAN_CLEANUP(suan_buffer_done) struct suan_buffer copy = {0};
    struct suan_span key, value;
    enum suan_status status = suan_row_last(txn, alteration->table, suan_span(NULL, 0), &key, &value, error);
    if (status != SUAN_OK)
        return status;
    memcpy(key_copy, key.data, key.size);
    struct suan_span place = suan_span(key_copy, key.size);
    suan_buffer_append_span(&copy, value);
    if (alteration->how == REMOVE)
        return suan_row_delete(txn, alteration->table, place, error);
    if (alteration->how == ADD)
        key_copy[place.size - 1] ^= 0x55;
    else if (copy.size == 0)
        suan_buffer_append_u8(&copy, 1);
    else
        copy.data[copy.size / 2] ^= 0x40;
    return suan_row_put(txn, alteration->table, place, suan_buffer_span(&copy), error);
}

/* clang-format off */
#define ALTERED_TABLES(T)                                                                                    \
    T(META) T(EVENT_P) T(EVENT_L) T(HASH_P) T(HASH_L) T(CKPT) T(BLOB) T(EVENT_ID) T(IDENT) T(KEY)            \
    T(ID_KEY) T(MEMBER) T(RECOVER) T(PKG) T(OWNER) T(OFFER) T(OWNER_HIST) T(REL) T(BY_DIGEST) T(VET)         \
    T(POLICY) T(TASK) T(STATE) T(VARIANT)
/* clang-format on */
#define ALTERATIONS(table)                                                                                   \
    {SUAN_TABLE_##table, ALTER}, {SUAN_TABLE_##table, REMOVE}, {SUAN_TABLE_##table, ADD},
static const struct alteration alterations[] = {ALTERED_TABLES(ALTERATIONS)};
enum { ALTERATION_COUNT = sizeof alterations / sizeof alterations[0] };

/* Evidence and checkpoints stand for themselves: one fewer is no contradiction, and one more of the former
 * neither. */
static bool may_pass(const struct alteration *alteration)
{
    return alteration->how == REMOVE &&
           (alteration->table == SUAN_TABLE_CKPT || alteration->table == SUAN_TABLE_BLOB);
}

ParameterizedTestParameters(verify, names_the_table_of_one_altered_row)
{
    static size_t indexes[ALTERATION_COUNT];
    size_t count = 0;
    for (size_t i = 0; i < ALTERATION_COUNT; i++) {
        if (!may_pass(&alterations[i]))
            indexes[count++] = i;
    }
    return cr_make_param_array(size_t, indexes, count);
}

ParameterizedTest(size_t *index, verify, names_the_table_of_one_altered_row)
{
    struct alteration alteration = alterations[*index];
    SUAN_CLEANUP(suan_json_releasep) struct suan_json *report = NULL;
    SUAN_CLEANUP(suan_buffer_done) struct suan_buffer text = {0};
    cr_assert_eq(suan_store_write(suan_registry_store(scene.base.registry), alter, &alteration, NULL),
                 SUAN_OK);

    enum suan_status status = verify(&report);

    cr_assert_eq(suan_json_format(report, SUAN_JSON_STYLE_INDENTED, &text, NULL), SUAN_OK);
    cr_assert_eq(status, SUAN_E_INTEGRITY, "%s, way %d: nothing found", suan_table_name(alteration.table),
                 (int)alteration.how);
    cr_assert(is_named(report, suan_table_name(alteration.table)), "%s, way %d: %s",
              suan_table_name(alteration.table), (int)alteration.how, suan_buffer_text(&text));
}

Test(verify, names_a_package_that_is_missing_or_another)
{
    SUAN_CLEANUP(suan_json_releasep) struct suan_json *report = NULL;
    struct suan_store *store = suan_registry_store(scene.base.registry);
    char path[TEST_PATH_MAX + 128], hex[2 * SUAN_DIGEST_SIZE + 1];
    cr_assert_eq(suan_store_keep_package(store, &scene.release, suan_span_text("another"), NULL), SUAN_OK);
    suan_hex(scene.contract.bytes, sizeof scene.contract.bytes, hex);
    snprintf(path, sizeof path, "%s/packages/%.2s/%s.suan", scene.base.folder, hex, hex);
    cr_assert_eq(remove(path), 0);

    cr_assert_eq(verify(&report), SUAN_E_INTEGRITY);

    cr_assert(is_named(report, "package quick.match@1.0.0"));
    cr_assert(is_named(report, "package sky-task@1.0.0"));
}

/* --- export and restore ------------------------------------------------------------------------------- */

static char export_path[TEST_PATH_MAX + 32], restored[TEST_PATH_MAX + 32], again_path[TEST_PATH_MAX + 32];

static void export_to(struct suan_registry *registry, const char *path)
{
    struct suan_error error = {0};
    cr_assert_eq(suan_registry_export(registry, path, &error), SUAN_OK, "%s", error.message);
}

static void read_whole(const char *path, struct suan_buffer *out)
{
    struct suan_error error = {0};
    suan_buffer_clear(out);
    cr_assert_eq(suan_file_read(path, 1 << 26, out, &error), SUAN_OK, "%s", error.message);
}

static void setup_export(void)
{
    setup();
    snprintf(export_path, sizeof export_path, "%s/export", scene.base.root);
    snprintf(again_path, sizeof again_path, "%s/again", scene.base.root);
    snprintf(restored, sizeof restored, "%s/restored", scene.base.root);
    export_to(scene.base.registry, export_path);
}

static enum suan_status restore_file(const char *path, const char *notes, struct suan_error *error)
{
    return suan_registry_restore(path, restored, notes, &scene.base.options, error);
}

TestSuite(restore, .init = setup_export, .fini = teardown);

Test(restore, makes_a_registry_with_the_same_export)
{
    SUAN_CLEANUP(suan_buffer_done) struct suan_buffer first = {0}, second = {0};
    SUAN_CLEANUP(suan_registry_closep) struct suan_registry *registry = NULL;
    struct suan_error error = {0};

    cr_assert_eq(restore_file(export_path, NULL, &error), SUAN_OK, "%s", error.message);

    cr_assert_eq(suan_registry_open(restored, SUAN_STORE_READ, &scene.base.options, &registry, &error),
                 SUAN_OK, "%s", error.message);
    export_to(registry, again_path);
    read_whole(export_path, &first);
    read_whole(again_path, &second);
    cr_assert(suan_span_equal(suan_buffer_span(&first), suan_buffer_span(&second)));
}

Test(restore, goes_on_signing_with_the_note_keys)
{
    char notes[TEST_PATH_MAX + 32];
    SUAN_CLEANUP(suan_buffer_done) struct suan_buffer note = {0};
    struct suan_error error = {0};
    struct suan_json *body = test_command(&scene.base, SUAN_EVENT_IDENTITY_UPDATE, "alice");
    suan_json_set_text(body, "contact", "new@example.org");
    snprintf(notes, sizeof notes, "%s/notes", scene.base.folder);
    cr_assert_eq(restore_file(export_path, notes, &error), SUAN_OK, "%s", error.message);
    suan_registry_close(scene.base.registry);
    snprintf(scene.base.folder, sizeof scene.base.folder, "%.200s/restored", scene.base.root);
    cr_assert_eq(
        suan_registry_open(restored, SUAN_STORE_WRITE, &scene.base.options, &scene.base.registry, &error),
        SUAN_OK, "%s", error.message);

    cr_assert_eq(test_sign(&scene.base, body, SEED_ALICE).status, SUAN_OK);
    cr_assert_eq(suan_registry_checkpoint(scene.base.registry, SUAN_LOG_REGISTRY, &note, &error), SUAN_OK,
                 "%s", error.message);
}

/* Altered text of the export, under its name. */
static void rewrite(const struct suan_buffer *text)
{
    cr_assert_eq(suan_file_replace(export_path, suan_buffer_span(text), 0600, NULL), SUAN_OK);
}

static void refuse_restore(const char *why)
{
    struct suan_error error = {0};
    struct stat info;
    enum suan_status status = restore_file(export_path, NULL, &error);
    cr_assert_neq(status, SUAN_OK, "restored %s", why);
    cr_assert_neq(stat(restored, &info), 0, "left a folder: %s", why);
}

Test(restore, refuses_an_export_cut_short_at_any_line)
{
    SUAN_CLEANUP(suan_buffer_done) struct suan_buffer whole = {0};
    read_whole(export_path, &whole);
    size_t size = whole.size;
    for (size_t cut = size - 1, lines = 0; cut > 0 && lines < 12; cut--) {
        if (whole.data[cut - 1] != '\n')
            continue;
        whole.size = cut;
        rewrite(&whole);
        refuse_restore("an export cut short");
        lines++;
    }
    whole.size = size;
    rewrite(&whole);
    cr_assert_eq(restore_file(export_path, NULL, NULL), SUAN_OK);
}

Test(restore, refuses_an_altered_export)
{
    SUAN_CLEANUP(suan_buffer_done) struct suan_buffer whole = {0};
    read_whole(export_path, &whole);
    (void)suan_buffer_text(&whole);
    char *event = strstr((char *)whole.data, "\nevent registry 3 ");
    event[60] = event[60] == 'A' ? 'B' : 'A';
    rewrite(&whole);
    struct suan_error error = {0};

    refuse_restore("an altered export");
    (void)restore_file(export_path, NULL, &error);
    cr_assert_str_eq(error.code, "export.format", "%s", error.message);
}

/* Whoever alters an export can count and hash as well: it still does not pass the signatures. */
Test(restore, refuses_an_altered_event_even_under_a_right_end_line)
{
    SUAN_CLEANUP(suan_buffer_done) struct suan_buffer whole = {0};
    char hex[2 * SUAN_DIGEST_SIZE + 1];
    read_whole(export_path, &whole);
    const char *text = suan_buffer_text(&whole);
    const char *end = strstr(text, "\nend ") + 1;
    char *event = strstr((char *)whole.data, "\nevent registry 3 ");
    unsigned long long count = 0;
    cr_assert_eq(sscanf(end, "end %llu", &count), 1);
    event[60] = event[60] == 'A' ? 'B' : 'A';
    struct suan_digest digest = suan_sha256(suan_span(text, (size_t)(end - text)));
    whole.size = (size_t)(end - text);
    suan_hex(digest.bytes, sizeof digest.bytes, hex);
    suan_buffer_printf(&whole, "end %llu %s\n", count, hex);
    rewrite(&whole);
    struct suan_error error = {0};

    refuse_restore("an altered event");
    (void)restore_file(export_path, NULL, &error);
    cr_assert_str_neq(error.code, "export.format", "%s", error.message);
}

Test(restore, never_overwrites)
{
    struct suan_error error = {0};
    cr_assert_eq(suan_registry_restore(export_path, scene.base.folder, NULL, &scene.base.options, &error),
                 SUAN_E_CONFLICT);
    cr_assert_str_eq(error.code, "store.exists");
}
