/* A registry for tests. */
#include "registry.h"

#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/cleanup.h"

#define START_NS (UINT64_C(1767225600) * 1000000000)

static void must(enum suan_status status, const char *what, const struct suan_error *error)
{
    if (status == SUAN_OK)
        return;
    fprintf(stderr, "test support: %s: %s (%s)\n", what, error->message,
            error->code != NULL ? error->code : "");
    abort();
}

static uint64_t test_clock(void *context)
{
    return ((const struct test_registry *)context)->now_ns;
}

static void make(struct test_registry *test, enum suan_registry_clock clock,
                 const struct suan_family *const *families, size_t count)
{
    struct suan_error error = {0};
    /* Tests are about logic, not disks: memory is enough, and verify's scratch store goes there too. */
    if (getenv("TMPDIR") == NULL && access("/dev/shm", W_OK) == 0)
        setenv("TMPDIR", "/dev/shm", 1);
    const char *temporary = getenv("TMPDIR");
    SUAN_CLEANUP(suan_signer_closep) struct suan_signer *operator_key = test_key(0);
    *test = (struct test_registry){.now_ns = START_NS};
    snprintf(test->root, sizeof test->root, "%s/suan-test-XXXXXX", temporary != NULL ? temporary : "/tmp");
    if (mkdtemp(test->root) == NULL)
        abort();
    snprintf(test->folder, sizeof test->folder, "%.200s/registry", test->root);
    test->options = (struct suan_registry_options){
        .families = families != NULL ? families : suan_catalog_families,
        .family_count = families != NULL ? count : SUAN_CATALOG_FAMILIES,
        .clock = test_clock,
        .clock_context = test,
    };
    must(suan_registry_create(test->folder, "suan.example", "operator", "The operator", operator_key, clock,
                              &test->options, &test->registry, &error),
         "create", &error);
}

void test_registry_new(struct test_registry *test, const struct suan_family *const *families, size_t count)
{
    make(test, SUAN_CLOCK_REAL, families, count);
}

void test_registry_new_simulated(struct test_registry *test, const struct suan_family *const *families,
                                 size_t count)
{
    make(test, SUAN_CLOCK_SIMULATED, families, count);
}

static int remove_entry(const char *path, const struct stat *info, int flag, struct FTW *walk)
{
    (void)info;
    (void)flag;
    (void)walk;
    return remove(path);
}

void test_registry_done(struct test_registry *test)
{
    suan_registry_close(test->registry);
    test->registry = NULL;
    nftw(test->root, remove_entry, 16, FTW_DEPTH | FTW_PHYS);
}

void test_registry_reopen(struct test_registry *test, enum suan_store_mode mode)
{
    struct suan_error error = {0};
    suan_registry_close(test->registry);
    test->registry = NULL;
    must(suan_registry_open(test->folder, mode, &test->options, &test->registry, &error), "open", &error);
}

struct suan_signer *test_key(uint32_t seed)
{
    struct suan_ed25519_secret secret;
    struct suan_signer *signer = NULL;
    struct suan_error error = {0};
    uint8_t bytes[SUAN_ED25519_SEED_SIZE] = {'t', 'e', 's', 't'};
    SUAN_CLEANUP(suan_buffer_done) struct suan_buffer file = {0};
    suan_put_be32(bytes + 4, seed);
    suan_ed25519_from_seed(bytes, &secret);
    suan_private_key_format(&secret, "test", &file);
    must(suan_signer_parse(suan_buffer_span(&file), &signer, &error), "key", &error);
    return signer;
}

void test_key_text(uint32_t seed, char out[128])
{
    SUAN_CLEANUP(suan_signer_closep) struct suan_signer *signer = test_key(seed);
    SUAN_CLEANUP(suan_buffer_done) struct suan_buffer text = {0};
    suan_public_key_format(suan_signer_key(signer), &text);
    snprintf(out, 128, "%s", suan_buffer_text(&text));
}

void test_key_id(uint32_t seed, char out[2 * SUAN_DIGEST_SIZE + 1])
{
    SUAN_CLEANUP(suan_signer_closep) struct suan_signer *signer = test_key(seed);
    struct suan_digest id = suan_public_key_id(suan_signer_key(signer));
    suan_hex(id.bytes, sizeof id.bytes, out);
}

struct suan_json *test_command(struct test_registry *test, uint16_t kind, const char *by)
{
    struct suan_error error = {0};
    uint64_t now = 0;
    must(suan_registry_now(test->registry, &now, &error), "now", &error);
    struct suan_id id = suan_command_new_id(now);
    return suan_command_new(suan_span_text("suan.example"), kind, &id, by, now + TEST_HOUR_NS);
}

static void sign_all(struct suan_span command, const uint32_t *seeds, struct suan_submission *submission,
                     struct suan_buffer *signatures)
{
    struct suan_error error = {0};
    for (; seeds[submission->signature_count] != TEST_END; submission->signature_count++) {
        size_t i = submission->signature_count;
        if (i == TEST_SIGNERS_MAX)
            abort();
        SUAN_CLEANUP(suan_signer_closep) struct suan_signer *signer = test_key(seeds[i]);
        must(suan_sshsig_sign(signer, SUAN_NAMESPACE_EVENT, command, &signatures[i], &error), "sign", &error);
        submission->signatures[i] = suan_buffer_span(&signatures[i]);
    }
}

struct test_outcome test_submit_bytes(struct test_registry *test, struct suan_span command,
                                      const uint32_t *seeds, const struct suan_span *blobs, size_t blob_count)
{
    struct suan_buffer signatures[TEST_SIGNERS_MAX] = {{0}};
    struct suan_submission submission = {.command = command, .blobs = blobs, .blob_count = blob_count};
    struct suan_error error = {0};
    sign_all(command, seeds, &submission, signatures);
    must(suan_registry_submit(test->registry, &submission, 1, &error), "submit", &error);
    for (size_t i = 0; i < TEST_SIGNERS_MAX; i++)
        suan_buffer_done(&signatures[i]);
    struct test_outcome outcome = {.status = submission.status,
                                   .log = submission.log,
                                   .index = submission.index,
                                   .time_ns = submission.time_ns,
                                   .was = submission.was};
    snprintf(outcome.code, sizeof outcome.code, "%s",
             submission.error.code != NULL ? submission.error.code : "");
    snprintf(outcome.message, sizeof outcome.message, "%s", submission.error.message);
    return outcome;
}

struct test_outcome test_submit(struct test_registry *test, struct suan_json *command, const uint32_t *seeds,
                                const struct suan_span *blobs, size_t blob_count)
{
    struct suan_error error = {0};
    SUAN_CLEANUP(suan_buffer_done) struct suan_buffer bytes = {0};
    must(suan_json_format(command, SUAN_JSON_STYLE_CANONICAL, &bytes, &error), "format", &error);
    suan_json_release(command);
    return test_submit_bytes(test, suan_buffer_span(&bytes), seeds, blobs, blob_count);
}

static uint64_t accepted(struct test_outcome outcome, const char *what)
{
    struct suan_error error = {.code = outcome.code};
    memcpy(error.message, outcome.message, sizeof outcome.message);
    must(outcome.status, what, &error);
    return outcome.index;
}

uint64_t test_identity(struct test_registry *test, const char *ident, enum suan_ident_type type,
                       uint32_t seed)
{
    char key[128];
    bool official = type == SUAN_IDENT_BODY || type == SUAN_IDENT_AUTHORITY;
    struct suan_json *command = test_command(test, SUAN_EVENT_IDENTITY_CREATE, ident);
    test_key_text(seed, key);
    suan_json_set_text(command, "ident", ident);
    suan_json_set_text(command, "type", suan_ident_type_name(type));
    suan_json_set_text(command, "display", ident);
    suan_json_set_text(command, "key", key);
    uint32_t seeds[3] = {seed, official ? 0 : TEST_END, TEST_END};
    return accepted(test_submit(test, command, seeds, NULL, 0), ident);
}

uint64_t test_member(struct test_registry *test, const char *org, uint32_t org_seed, const char *ident,
                     uint32_t ident_seed, const char *roles)
{
    struct suan_json *command = test_command(test, SUAN_EVENT_MEMBER_ADD, org);
    suan_json_set_text(command, "org", org);
    suan_json_set_text(command, "ident", ident);
    suan_json_set_text(command, "roles", roles);
    suan_command_set_u64(command, "from", test->now_ns);
    suan_command_set_u64(command, "until", test->now_ns + 365 * TEST_DAY_NS);
    return accepted(test_sign(test, command, org_seed, ident_seed), ident);
}
