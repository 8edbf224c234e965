#include "trust/sshkey.h"

#include <criterion/criterion.h>
#include <criterion/parameterized.h>
#include <stdio.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "support.h"
#include "trust/base64.h"

static const char line[] = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIF4L6f1q1DKOeGt4F9LGXZHuFhGX85CFE2Wu2q3sjD5s";
static const char sk_line[] = "sk-ssh-ed25519@openssh.com "
                              "AAAAGnNrLXNzaC1lZDI1NTE5QG9wZW5zc2guY29tAAAAIF4L6f1q1DKOeGt4F9LG"
                              "XZHuFhGX85CFE2Wu2q3sjD5sAAAABHNzaDo=";

static struct suan_public_key key_of(const char *text)
{
    struct suan_public_key key = {0};
    expect_ok(suan_public_key_parse(suan_span_text(text), &key, error));
    return key;
}

Test(sshkey, text_survives_reading_and_writing)
{
    const char *const lines[] = {line, sk_line};
    for (size_t i = 0; i < 2; i++) {
        SUAN_CLEANUP(suan_buffer_done) struct suan_buffer text = {0};
        struct suan_public_key key = key_of(lines[i]);
        suan_public_key_format(&key, &text);
        cr_assert_str_eq(suan_buffer_text(&text), lines[i]);
    }
}

Test(sshkey, comment_and_line_end_are_left_out)
{
    char text[256];
    struct suan_public_key plain = key_of(line);
    snprintf(text, sizeof text, "%s somebody@some where\r\n", line);
    struct suan_public_key commented = key_of(text);
    cr_assert(suan_public_key_equal(&plain, &commented));
}

Test(sshkey, id_is_the_digest_of_the_wire_form)
{
    const char *const lines[] = {line, sk_line};
    for (size_t i = 0; i < 2; i++) {
        SUAN_CLEANUP(suan_buffer_done) struct suan_buffer wire = {0};
        struct suan_public_key key = key_of(lines[i]);
        suan_public_key_encode(&key, &wire);
        struct suan_digest expected = suan_sha256(suan_buffer_span(&wire)), id = suan_public_key_id(&key);
        cr_assert(suan_digest_equal(&id, &expected));
    }
}

Test(sshkey, id_is_what_ssh_keygen_prints, .init = enter_folder, .fini = leave_folder)
{
    SUAN_CLEANUP(suan_buffer_done) struct suan_buffer text = {0};
    SUAN_CLEANUP(suan_buffer_done) struct suan_buffer printed = {0};
    SUAN_CLEANUP(suan_buffer_done) struct suan_buffer expected = {0};
    cr_assert_eq(run("ssh-keygen -q -t ed25519 -N '' -f k"), 0);
    cr_assert_eq(run("ssh-keygen -l -f k.pub | cut -d' ' -f2 | tr -d '\\n' >id"), 0);
    expect_ok(suan_file_read("k.pub", SUAN_KEY_TEXT_MAX, &text, error));
    expect_ok(suan_file_read("id", 100, &printed, error));
    struct suan_public_key key = {0};
    expect_ok(suan_public_key_parse(suan_buffer_span(&text), &key, error));
    struct suan_digest id = suan_public_key_id(&key);
    suan_buffer_append_text(&expected, "SHA256:");
    suan_base64_append(&expected, suan_span(id.bytes, sizeof id.bytes));
    expected.size--; /* ssh-keygen leaves the padding out */
    cr_assert(suan_span_equal(suan_buffer_span(&printed), suan_buffer_span(&expected)));
}

struct bad {
    char text[320];
    int status;
    char code[16];
};

ParameterizedTestParameters(sshkey, refuses_what_is_not_one_key_of_known_type)
{
    static struct bad rows[] = {
        {"", SUAN_E_FORMAT, "key.format"},
        {"ssh-ed25519", SUAN_E_FORMAT, "key.format"},
        {"ssh-ed25519 AAAA", SUAN_E_FORMAT, "key.format"},
        {"hello world", SUAN_E_FORMAT, "key.format"},
        {"ssh-rsa AAAAB3NzaC1yc2EAAAADAQABAAAAgQ==", SUAN_E_REFUSED, "key.type"},
        {"ecdsa-sha2-nistp256 AAAAE2VjZHNhLXNoYTItbmlzdHAyNTY=", SUAN_E_REFUSED, "key.type"},
        {"sk-ecdsa-sha2-nistp256@openssh.com AAAA", SUAN_E_REFUSED, "key.type"},
        /* the word says Ed25519, the key RSA */
        {"ssh-ed25519 AAAAB3NzaC1yc2EAAAADAQABAAAAAQEB", SUAN_E_REFUSED, "key.type"},
        /* the word says FIDO, the key not */
        {"sk-ssh-ed25519@openssh.com AAAAC3NzaC1lZDI1NTE5AAAAIF4L6f1q1DKOeGt4F9LGXZHuFhGX85CFE2Wu2q3sjD5s",
         SUAN_E_FORMAT, "key.format"},
        /* a point of 31 bytes; one byte too many after the key; a cut key */
        {"ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAHyE7QWzKpERhvV5Lgie0dgWd8siGuyBpKIfnx54wJQ==", SUAN_E_FORMAT,
         "key.format"},
        {"ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIF4L6f1q1DKOeGt4F9LGXZHuFhGX85CFE2Wu2q3sjD5sAA==",
         SUAN_E_FORMAT, "key.format"},
        {"ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIF4L6f1q1DKOeGt4F9LGXZHuFhGX85CFE2Wu2q3s", SUAN_E_FORMAT,
         "key.format"},
        /* the neutral element */
        {"ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAEAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", SUAN_E_REFUSED,
         "key.unsound"},
        {"ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIF4L6f1q1DKOeGt4F9LGXZHuFhGX85CFE2Wu2q3sjD5s\nssh-ed25519",
         SUAN_E_FORMAT, "key.format"},
        {"no-pty ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIF4L6f1q1DKOeGt4F9LGXZHuFhGX85CFE2Wu2q3sjD5s",
         SUAN_E_FORMAT, "key.format"},
        {"ssh-ed25519  AAAAC3NzaC1lZDI1NTE5AAAAIF4L6f1q1DKOeGt4F9LGXZHuFhGX85CFE2Wu2q3sjD5s", SUAN_E_FORMAT,
         "key.format"},
    };
    return cr_make_param_array(struct bad, rows, sizeof rows / sizeof rows[0]);
}

ParameterizedTest(struct bad *row, sshkey, refuses_what_is_not_one_key_of_known_type)
{
    struct suan_public_key key;
    expect_error(suan_public_key_parse(suan_span_text(row->text), &key, error), row->status, row->code);
}

Test(sshkey, refuses_every_truncation_of_the_wire_form)
{
    SUAN_CLEANUP(suan_buffer_done) struct suan_buffer wire = {0};
    struct suan_public_key key = key_of(sk_line), out;
    suan_public_key_encode(&key, &wire);
    expect_ok(suan_public_key_decode(suan_buffer_span(&wire), &out, error));
    for (size_t size = 0; size < wire.size; size++)
        expect_error(suan_public_key_decode(suan_span(wire.data, size), &out, error), SUAN_E_FORMAT,
                     "key.format");
}

Test(sshkey, keys_of_two_fido_applications_differ)
{
    struct suan_public_key a = key_of(sk_line), b = a;
    b.application[0] = 'S';
    struct suan_digest id_a = suan_public_key_id(&a), id_b = suan_public_key_id(&b);
    cr_assert_not(suan_public_key_equal(&a, &b));
    cr_assert_not(suan_digest_equal(&id_a, &id_b));
}

Test(sshkey, allowed_signers_line_has_namespaces_and_key)
{
    SUAN_CLEANUP(suan_buffer_done) struct suan_buffer out = {0};
    SUAN_CLEANUP(suan_buffer_done) struct suan_buffer expected = {0};
    struct suan_public_key key = key_of(line);
    expect_ok(suan_allowed_signer_append(&out, "lab", "suan-event-v1,git", &key, error));
    expect_ok(suan_allowed_signer_append(&out, "算社", NULL, &key, error));
    suan_buffer_printf(&expected, "lab namespaces=\"suan-event-v1,git\" %s\n算社 %s\n", line, line);
    cr_assert_str_eq(suan_buffer_text(&out), suan_buffer_text(&expected));
}

struct name {
    char text[24];
};

ParameterizedTestParameters(sshkey, allowed_signers_cannot_be_talked_into_more)
{
    static struct name names[] = {{""},     {"*"},     {"a b"},        {"a,b"},  {"!a"},   {"a?"},
                                  {"a\"b"}, {"#note"}, {"@authority"}, {"a\nb"}, {"a\tb"}, {"a\\b"}};
    return cr_make_param_array(struct name, names, sizeof names / sizeof names[0]);
}

ParameterizedTest(struct name *row, sshkey, allowed_signers_cannot_be_talked_into_more)
{
    SUAN_CLEANUP(suan_buffer_done) struct suan_buffer out = {0};
    struct suan_public_key key = key_of(line);
    expect_error(suan_allowed_signer_append(&out, row->text, NULL, &key, error), SUAN_E_FORMAT,
                 "key.principal");
    cr_assert_eq(out.size, 0u);
}
