#include "trust/signer.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "support.h"
#include "trust/base64.h"

static struct suan_span sample(void)
{
    return suan_span_text("bytes to sign");
}

static void assert_signs(const struct suan_signer *signer)
{
    uint8_t signature[SUAN_ED25519_SIGNATURE_SIZE];
    expect_ok(suan_signer_sign_raw(signer, sample(), signature, error));
    cr_assert(suan_ed25519_verify(suan_signer_key(signer)->point, sample(), signature));
}

Test(signer, a_key_file_of_ours_is_one_of_openssh, .init = enter_folder, .fini = leave_folder)
{
    SUAN_CLEANUP(suan_buffer_done) struct suan_buffer text = {0};
    struct suan_public_key key, again = {0};
    expect_ok(suan_key_file_create("k", "a comment", &key, error));
    cr_assert_eq(run("ssh-keygen -y -P '' -f k >derived.pub"), 0);
    expect_ok(suan_file_read("derived.pub", 4096, &text, error));
    expect_ok(suan_public_key_parse(suan_buffer_span(&text), &again, error));
    cr_assert(suan_public_key_equal(&key, &again));
    cr_assert_eq(run("test \"$(ssh-keygen -y -P '' -f k)\" = \"$(cat k.pub)\""), 0);
    struct stat info;
    cr_assert_eq(stat("k", &info), 0);
    cr_assert_eq(info.st_mode & 0777, 0600u);
}

Test(signer, a_key_file_of_openssh_is_one_of_ours, .init = enter_folder, .fini = leave_folder)
{
    SUAN_CLEANUP(suan_signer_closep) struct suan_signer *signer = NULL;
    cr_assert_eq(run("ssh-keygen -q -t ed25519 -N '' -C 'someone@a place' -f k"), 0);
    expect_ok(suan_signer_open("k", &signer, error));
    assert_signs(signer);
}

Test(signer, keys_are_never_overwritten, .init = enter_folder, .fini = leave_folder)
{
    struct suan_public_key key;
    expect_ok(suan_key_file_create("k", "c", &key, error));
    expect_error(suan_key_file_create("k", "c", &key, error), SUAN_E_CONFLICT, "key.exists");
    cr_assert_eq(run("rm k.pub"), 0);
    expect_error(suan_key_file_create("k", "c", &key, error), SUAN_E_CONFLICT, "key.exists");
    cr_assert_eq(run("test -f k -a ! -e k.pub; test $(ls | wc -l) = 1"), 0);
}

Test(signer, a_passphrase_is_named_with_the_way_out, .init = enter_folder, .fini = leave_folder)
{
    SUAN_CLEANUP(suan_signer_closep) struct suan_signer *signer = NULL;
    struct suan_error problem = {0};
    cr_assert_eq(run("ssh-keygen -q -t ed25519 -N secret -f k"), 0);
    cr_assert_eq(suan_signer_open("k", &signer, &problem), SUAN_E_REFUSED);
    cr_assert_str_eq(problem.code, "key.passphrase");
    cr_assert_not_null(strstr(problem.hint, "ssh-add"));
    cr_assert_null(signer);
}

Test(signer, other_types_are_named, .init = enter_folder, .fini = leave_folder)
{
    SUAN_CLEANUP(suan_signer_closep) struct suan_signer *signer = NULL;
    cr_assert_eq(run("ssh-keygen -q -t ecdsa -N '' -f k; ssh-keygen -q -t rsa -b 2048 -m PEM -N '' -f p"), 0);
    expect_error(suan_signer_open("k", &signer, error), SUAN_E_REFUSED, "key.type");
    expect_error(suan_signer_open("p", &signer, error), SUAN_E_REFUSED, "key.type");
    expect_error(suan_signer_open("absent", &signer, error), SUAN_E_NOT_FOUND, "file.io");
}

/* Whatever single byte of a key file is altered, it opens as the same key or not at all. */
Test(signer, a_damaged_key_file_never_gives_another_key)
{
    SUAN_CLEANUP(suan_buffer_done) struct suan_buffer text = {0};
    struct suan_ed25519_secret secret;
    uint8_t seed[SUAN_ED25519_SEED_SIZE] = {7};
    unsigned refused = 0;
    suan_ed25519_from_seed(seed, &secret);
    suan_private_key_format(&secret, "c", &text);
    for (size_t i = 0; i < text.size; i++) {
        SUAN_CLEANUP(suan_signer_closep) struct suan_signer *signer = NULL;
        text.data[i] ^= 1;
        if (suan_signer_parse(suan_buffer_span(&text), &signer, NULL) != SUAN_OK)
            refused++;
        else
            cr_assert_arr_eq(suan_signer_key(signer)->point, secret.point, 32, "byte %zu", i);
        text.data[i] ^= 1;
    }
    cr_assert_gt(refused, text.size * 9 / 10);
}

Test(signer, a_cut_key_file_is_refused)
{
    SUAN_CLEANUP(suan_buffer_done) struct suan_buffer text = {0};
    struct suan_ed25519_secret secret;
    suan_ed25519_generate(&secret);
    suan_private_key_format(&secret, "c", &text);
    for (size_t size = 0; size + 1 < text.size; size++) {
        SUAN_CLEANUP(suan_signer_closep) struct suan_signer *signer = NULL;
        cr_assert_neq(suan_signer_parse(suan_span(text.data, size), &signer, NULL), SUAN_OK, "%zu bytes",
                      size);
    }
}

/* The bytes inside a key file, and a file around such bytes. */
static void open_armour(const struct suan_buffer *file, struct suan_buffer *bytes)
{
    SUAN_CLEANUP(suan_buffer_done) struct suan_buffer text = {0};
    for (size_t at = 0; at < file->size;) {
        const uint8_t *end = memchr(file->data + at, '\n', file->size - at);
        size_t size = (size_t)(end - file->data) - at;
        if (file->data[at] != '-')
            suan_buffer_append(&text, file->data + at, size);
        at += size + 1;
    }
    cr_assert(suan_base64_decode(suan_buffer_span(&text), bytes));
}

static enum suan_status parse_bytes(const struct suan_buffer *bytes, struct suan_error *error)
{
    SUAN_CLEANUP(suan_buffer_done) struct suan_buffer file = {0};
    SUAN_CLEANUP(suan_signer_closep) struct suan_signer *signer = NULL;
    suan_buffer_append_text(&file, "-----BEGIN OPENSSH PRIVATE KEY-----\n");
    suan_base64_append(&file, suan_buffer_span(bytes));
    suan_buffer_append_text(&file, "\n-----END OPENSSH PRIVATE KEY-----\n");
    return suan_signer_parse(suan_buffer_span(&file), &signer, error);
}

/* The public key stands in the file three times, and padding fills the last block: all of it must agree. */
Test(signer, a_key_file_that_contradicts_itself_is_refused)
{
    SUAN_CLEANUP(suan_buffer_done) struct suan_buffer file = {0};
    SUAN_CLEANUP(suan_buffer_done) struct suan_buffer bytes = {0};
    struct suan_ed25519_secret secret, other;
    size_t found = 0;
    suan_ed25519_generate(&secret);
    suan_ed25519_generate(&other);
    suan_private_key_format(&secret, "comment", &file);
    open_armour(&file, &bytes);
    expect_ok(parse_bytes(&bytes, error));
    for (size_t at = 0; at + sizeof secret.point <= bytes.size; at++) {
        if (memcmp(bytes.data + at, secret.point, sizeof secret.point) != 0)
            continue;
        memcpy(bytes.data + at, other.point, sizeof other.point);
        expect_error(parse_bytes(&bytes, error), SUAN_E_FORMAT, "key.format");
        memcpy(bytes.data + at, secret.point, sizeof secret.point);
        found++;
    }
    cr_assert_eq(found, 3u);
    cr_assert(bytes.data[bytes.size - 1] < 8, "this comment leaves room for padding");
    bytes.data[bytes.size - 1]++;
    expect_error(parse_bytes(&bytes, error), SUAN_E_FORMAT, "key.format");
}

/* --- the agent ---------------------------------------------------------------------------------------- */

static void start_agent(void)
{
    enter_folder();
    cr_assert_eq(run("ssh-keygen -q -t ed25519 -N '' -f held; ssh-keygen -q -t ed25519 -N '' -f other;"
                     "ssh-keygen -q -t ecdsa -N '' -f foreign;"
                     "ssh-agent -s -a $PWD/socket >agent.sh && . ./agent.sh && ssh-add held foreign"),
                 0);
    setenv("SSH_AUTH_SOCK", "socket", 1);
}

static void stop_agent(void)
{
    cr_assert_eq(run(". ./agent.sh && ssh-agent -k"), 0);
    leave_folder();
}

Test(signer, the_agent_signs_for_a_public_key_file, .init = start_agent, .fini = stop_agent)
{
    SUAN_CLEANUP(suan_signer_closep) struct suan_signer *signer = NULL;
    expect_ok(suan_signer_open("held.pub", &signer, error));
    assert_signs(signer);
}

Test(signer, the_agent_lists_keys_of_known_type, .init = start_agent, .fini = stop_agent)
{
    struct suan_public_key keys[SUAN_SIGNER_KEYS_MAX];
    size_t count = 0;
    expect_ok(suan_agent_keys("socket", keys, &count, error));
    cr_assert_eq(count, 1u);
}

Test(signer, a_key_the_agent_lacks_is_named, .init = start_agent, .fini = stop_agent)
{
    SUAN_CLEANUP(suan_signer_closep) struct suan_signer *signer = NULL;
    expect_error(suan_signer_open("other.pub", &signer, error), SUAN_E_NOT_FOUND, "agent.key");
}

Test(signer, a_key_taken_from_the_agent_fails_to_sign, .init = start_agent, .fini = stop_agent)
{
    SUAN_CLEANUP(suan_signer_closep) struct suan_signer *signer = NULL;
    uint8_t signature[SUAN_ED25519_SIGNATURE_SIZE];
    expect_ok(suan_signer_open("held.pub", &signer, error));
    cr_assert_eq(run(". ./agent.sh && ssh-add -D"), 0);
    expect_error(suan_signer_sign_raw(signer, sample(), signature, error), SUAN_E_IO, "agent.io");
}

Test(signer, an_absent_agent_is_named, .init = enter_folder, .fini = leave_folder)
{
    struct suan_public_key keys[SUAN_SIGNER_KEYS_MAX];
    size_t count = 0;
    unsetenv("SSH_AUTH_SOCK");
    expect_error(suan_agent_keys(NULL, keys, &count, error), SUAN_E_NOT_FOUND, "agent.none");
    expect_error(suan_agent_keys("nowhere", keys, &count, error), SUAN_E_IO, "agent.io");
}
