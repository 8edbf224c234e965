#include "trust/note.h"

#include <criterion/criterion.h>
#include <criterion/parameterized.h>

#include "base/cleanup.h"
#include "support.h"
#include "trust/base64.h"

/* The example of golang.org/x/mod/sumdb/note, which other implementations test with as well. */
static const char vkey[] = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW";
static const char secret_key[] = "AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz";
static const char text[] = "If you think cryptography is the answer to your problem,\n"
                           "then you don't know what your problem is.\n";
static const char line[] =
    "\xE2\x80\x94 PeterNeumann "
    "x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n";

static struct suan_note_key key_of(const char *key_text)
{
    struct suan_note_key key = {0};
    expect_ok(suan_note_key_parse(suan_span_text(key_text), &key, error));
    return key;
}

static void open_note(const struct suan_buffer *bytes, struct suan_signed_note *note)
{
    expect_ok(suan_signed_note_parse(suan_buffer_span(bytes), note, error));
}

Test(note, verifies_the_reference_note)
{
    SUAN_CLEANUP(suan_buffer_done) struct suan_buffer bytes = {0};
    struct suan_signed_note note;
    struct suan_note_key key = key_of(vkey);
    suan_buffer_printf(&bytes, "%s\n%s", text, line);
    open_note(&bytes, &note);
    expect_ok(suan_signed_note_verify(&note, &key, NULL, error));
    cr_assert(suan_span_equal(note.text, suan_span_text(text)));
}

Test(note, signs_the_reference_note_byte_for_byte)
{
    SUAN_CLEANUP(suan_buffer_done) struct suan_buffer file = {0};
    SUAN_CLEANUP(suan_buffer_done) struct suan_buffer bytes = {0};
    SUAN_CLEANUP(suan_signer_closep) struct suan_signer *signer = NULL;
    uint8_t raw[33];
    struct suan_ed25519_secret secret;
    cr_assert(suan_base64_decode_exact(suan_span_text(secret_key), raw, sizeof raw));
    suan_ed25519_from_seed(raw + 1, &secret);
    suan_private_key_format(&secret, "", &file);
    expect_ok(suan_signer_parse(suan_buffer_span(&file), &signer, error));
    suan_signed_note_begin(&bytes, suan_span_text(text));
    expect_ok(suan_signed_note_sign(&bytes, suan_span_text(text), "PeterNeumann", signer, error));
    SUAN_CLEANUP(suan_buffer_done) struct suan_buffer expected = {0};
    suan_buffer_printf(&expected, "%s\n%s", text, line);
    cr_assert_str_eq(suan_buffer_text(&bytes), suan_buffer_text(&expected));
}

/* The example of c2sp.org/signed-note: an empty line inside the text, letters beyond ASCII. */
Test(note, the_text_ends_at_the_last_empty_line)
{
    static const char example[] =
        "Ognuno sta solo sul cuor della terra\ntrafitto da un raggio di sole:\n\n\xC3\xA8 subito sera.\n\n"
        "\xE2\x80\x94 quasimodo.example/salvatore "
        "NnugSzTjtVAewIS+Z/iJhUPeFDkO/5QQ2i5ddnGITLlC+EhfLW9oJKONrMouFSQU0xMcXxj99ihAQwaqP3ZekRwNtIc=\n";
    struct suan_signed_note note;
    expect_ok(suan_signed_note_parse(suan_span_text(example), &note, error));
    cr_assert_eq(note.signature_count, 1u);
    cr_assert_eq(note.signatures[0].id, UINT32_C(0x367ba04b));
    cr_assert_eq(note.text.data[note.text.size - 2], '.');
}

/* The example of c2sp.org/tlog-cosignature: a checkpoint with a cosignature of March 2023. */
Test(note, reads_the_reference_checkpoint)
{
    static const char example[] =
        "example.com/behind-the-sofa\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n\n"
        "\xE2\x80\x94 example.com/behind-the-sofa "
        "Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurmRDeOoRDe4URYN7u5/Zhcyv2q1gGzGku9nTo+zyWE+xeMcTOAYQ8=\n"
        "\xE2\x80\x94 witness.example.com/w1 "
        "jWbPPwAAAABkGFDLEZMHwSRaJNiIDoe9DYn/zXcrtPHeolMI5OWXEhZCB9dlrDJsX3b2oyin1nPZqhf5"
        "nNo0xUe+mbIUBkBIfZ+qnA==\n";
    struct suan_signed_note note;
    struct suan_checkpoint checkpoint;
    expect_ok(suan_signed_note_parse(suan_span_text(example), &note, error));
    expect_ok(suan_checkpoint_parse(note.text, &checkpoint, error));
    cr_assert_eq(note.signature_count, 2u);
    cr_assert_eq(checkpoint.size, UINT64_C(20852163));
    cr_assert(suan_span_equal(checkpoint.origin, suan_span_text("example.com/behind-the-sofa")));
}

/* --- keys --------------------------------------------------------------------------------------------- */

Test(note, a_key_survives_reading_and_writing)
{
    SUAN_CLEANUP(suan_buffer_done) struct suan_buffer out = {0};
    struct suan_note_key key = key_of(vkey);
    cr_assert_eq(key.id, UINT32_C(0xc74f20a3));
    suan_note_key_format(&key, &out);
    cr_assert_str_eq(suan_buffer_text(&out), vkey);
}

Test(note, no_part_of_a_key_is_a_key)
{
    struct suan_note_key key;
    for (size_t from = 0; from < sizeof vkey - 1; from++) {
        for (size_t to = from + 1; to < sizeof vkey; to++) {
            if (from > 0 || to < sizeof vkey - 1)
                cr_assert_neq(suan_note_key_parse(suan_span(vkey + from, to - from), &key, NULL), SUAN_OK);
        }
    }
}

Test(note, no_altered_key_is_a_key)
{
    char altered[sizeof vkey];
    struct suan_note_key key;
    memcpy(altered, vkey, sizeof vkey);
    for (size_t i = 0; i < sizeof vkey - 1; i++) {
        altered[i]++;
        cr_assert_neq(suan_note_key_parse(suan_span_text(altered), &key, NULL), SUAN_OK, "%s", altered);
        altered[i]--;
    }
}

struct bad {
    char text[128];
    int status;
    char code[16];
};

ParameterizedTestParameters(note, refuses_keys_of_other_sizes_types_and_orders)
{
    static struct bad rows[] = {
        {"PeterNeumann+cc469956+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TWBADKEY==", SUAN_E_FORMAT,
         "note.key"},
        {"PeterNeumann+173116ae+ZRpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW", SUAN_E_FORMAT, "note.key"},
        {"PeterNeumann+C74F20A3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW", SUAN_E_FORMAT, "note.key"},
        {"a+00000000+AQEAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", SUAN_E_REFUSED, "key.unsound"},
    };
    return cr_make_param_array(struct bad, rows, sizeof rows / sizeof rows[0]);
}

ParameterizedTest(struct bad *row, note, refuses_keys_of_other_sizes_types_and_orders)
{
    struct suan_note_key key;
    expect_error(suan_note_key_parse(suan_span_text(row->text), &key, error), row->status, row->code);
}

/* --- signatures --------------------------------------------------------------------------------------- */

static const char checkpoint_text[] =
    "suan.example/registry\n7\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n";

static struct suan_note_key key_for(const struct suan_signer *signer, const char *name,
                                    enum suan_note_type type)
{
    struct suan_note_key key = {0};
    expect_ok(suan_note_key_init(&key, name, type, suan_signer_key(signer)->point, error));
    return key;
}

Test(note, a_cosignature_carries_its_time)
{
    SUAN_CLEANUP(suan_signer_closep) struct suan_signer *signer = signer_of(1);
    SUAN_CLEANUP(suan_buffer_done) struct suan_buffer bytes = {0};
    struct suan_note_key key = key_for(signer, "w1", SUAN_NOTE_COSIGNATURE);
    struct suan_signed_note note;
    uint64_t time_s = 0;
    suan_signed_note_begin(&bytes, suan_span_text(checkpoint_text));
    expect_ok(
        suan_signed_note_cosign(&bytes, suan_span_text(checkpoint_text), "w1", signer, 1679315147, error));
    open_note(&bytes, &note);
    expect_ok(suan_signed_note_verify(&note, &key, &time_s, error));
    cr_assert_eq(time_s, UINT64_C(1679315147));
}

/* What c2sp.org/tlog-cosignature says is signed, written out. */
Test(note, a_cosignature_signs_heading_time_and_text)
{
    SUAN_CLEANUP(suan_signer_closep) struct suan_signer *signer = signer_of(1);
    SUAN_CLEANUP(suan_buffer_done) struct suan_buffer bytes = {0};
    SUAN_CLEANUP(suan_buffer_done) struct suan_buffer message = {0};
    struct suan_signed_note note;
    uint8_t raw[76];
    suan_signed_note_begin(&bytes, suan_span_text(checkpoint_text));
    expect_ok(
        suan_signed_note_cosign(&bytes, suan_span_text(checkpoint_text), "w1", signer, 1679315147, error));
    open_note(&bytes, &note);
    cr_assert(suan_base64_decode_exact(note.signatures[0].bytes, raw, sizeof raw));
    suan_buffer_printf(&message, "cosignature/v1\ntime 1679315147\n%s", checkpoint_text);
    cr_assert_eq(suan_be64(raw + 4), UINT64_C(1679315147));
    cr_assert(suan_ed25519_verify(suan_signer_key(signer)->point, suan_buffer_span(&message), raw + 12));
}

/* The same key in the two roles: neither signature passes for the other. */
Test(note, the_two_types_are_kept_apart)
{
    SUAN_CLEANUP(suan_signer_closep) struct suan_signer *signer = signer_of(1);
    SUAN_CLEANUP(suan_buffer_done) struct suan_buffer bytes = {0};
    struct suan_note_key witness = key_for(signer, "n", SUAN_NOTE_COSIGNATURE);
    struct suan_note_key log = key_for(signer, "n", SUAN_NOTE_ED25519);
    struct suan_signed_note note;
    cr_assert_neq(witness.id, log.id);
    suan_signed_note_begin(&bytes, suan_span_text(checkpoint_text));
    expect_ok(suan_signed_note_sign(&bytes, suan_span_text(checkpoint_text), "n", signer, error));
    open_note(&bytes, &note);
    expect_ok(suan_signed_note_verify(&note, &log, NULL, error));
    expect_error(suan_signed_note_verify(&note, &witness, NULL, error), SUAN_E_NOT_FOUND, "note.unsigned");
}

Test(note, strangers_signatures_are_ignored)
{
    SUAN_CLEANUP(suan_signer_closep) struct suan_signer *known = signer_of(1);
    SUAN_CLEANUP(suan_signer_closep) struct suan_signer *stranger = signer_of(2);
    SUAN_CLEANUP(suan_buffer_done) struct suan_buffer bytes = {0};
    struct suan_note_key key = key_for(known, "log", SUAN_NOTE_ED25519),
                         absent = key_for(known, "other", SUAN_NOTE_ED25519);
    struct suan_signed_note note;
    struct suan_span body = suan_span_text(checkpoint_text);
    suan_signed_note_begin(&bytes, body);
    expect_ok(suan_signed_note_sign(&bytes, body, "log", stranger, error));
    suan_buffer_append_text(&bytes, "\xE2\x80\x94 \xE7\xAE\x97 AAAAAAAAAAAAAAAA\n");
    expect_ok(suan_signed_note_sign(&bytes, body, "log", known, error));
    open_note(&bytes, &note);
    expect_ok(suan_signed_note_verify(&note, &key, NULL, error));
    expect_error(suan_signed_note_verify(&note, &absent, NULL, error), SUAN_E_NOT_FOUND, "note.unsigned");
}

Test(note, a_wrong_signature_beside_a_right_one_is_refused)
{
    SUAN_CLEANUP(suan_signer_closep) struct suan_signer *signer = signer_of(1);
    SUAN_CLEANUP(suan_buffer_done) struct suan_buffer bytes = {0};
    struct suan_note_key key = key_for(signer, "log", SUAN_NOTE_ED25519);
    struct suan_signed_note note;
    struct suan_span body = suan_span_text(checkpoint_text);
    suan_signed_note_begin(&bytes, body);
    expect_ok(suan_signed_note_sign(&bytes, body, "log", signer, error));
    expect_ok(suan_signed_note_sign(&bytes, suan_span_text("other\n"), "log", signer, error));
    open_note(&bytes, &note);
    expect_error(suan_signed_note_verify(&note, &key, NULL, error), SUAN_E_REFUSED, "note.signature");
}

Test(note, altered_text_is_refused)
{
    SUAN_CLEANUP(suan_signer_closep) struct suan_signer *signer = signer_of(1);
    struct suan_note_key plain = key_for(signer, "n", SUAN_NOTE_ED25519),
                         timed = key_for(signer, "n", SUAN_NOTE_COSIGNATURE);
    struct suan_span body = suan_span_text(checkpoint_text);
    for (size_t i = 0; i + 1 < body.size; i++) {
        SUAN_CLEANUP(suan_buffer_done) struct suan_buffer bytes = {0};
        struct suan_signed_note note;
        suan_signed_note_begin(&bytes, body);
        expect_ok(suan_signed_note_sign(&bytes, body, "n", signer, error));
        expect_ok(suan_signed_note_cosign(&bytes, body, "n", signer, 5, error));
        bytes.data[i] = bytes.data[i] == 'x' ? 'y' : 'x';
        open_note(&bytes, &note);
        expect_error(suan_signed_note_verify(&note, &plain, NULL, error), SUAN_E_REFUSED, "note.signature");
        expect_error(suan_signed_note_verify(&note, &timed, NULL, error), SUAN_E_REFUSED, "note.signature");
    }
}

Test(note, signing_what_is_no_note_text_is_refused)
{
    SUAN_CLEANUP(suan_signer_closep) struct suan_signer *signer = signer_of(1);
    SUAN_CLEANUP(suan_buffer_done) struct suan_buffer bytes = {0};
    expect_error(suan_signed_note_sign(&bytes, suan_span_text("no newline"), "n", signer, error),
                 SUAN_E_FORMAT, "note.format");
    expect_error(suan_signed_note_sign(&bytes, suan_span_text("a\tb\n"), "n", signer, error), SUAN_E_FORMAT,
                 "note.format");
    expect_error(suan_signed_note_sign(&bytes, suan_span_text("ok\n"), "a name", signer, error),
                 SUAN_E_FORMAT, "note.key");
    cr_assert_eq(bytes.size, 0u);
}

/* --- form --------------------------------------------------------------------------------------------- */

#define DASH "\xE2\x80\x94 "

ParameterizedTestParameters(note, refuses_malformed_notes)
{
    static struct bad rows[] = {
        {"", SUAN_E_FORMAT, "note.format"},
        {"text\n", SUAN_E_FORMAT, "note.format"},
        {"text\n\n", SUAN_E_FORMAT, "note.format"},
        {"text\n\n" DASH "a AAAAAAA=", SUAN_E_FORMAT, "note.format"},
        {"text\n" DASH "a AAAAAAA=\n", SUAN_E_FORMAT, "note.format"},
        {"text\n\n- a AAAAAAA=\n", SUAN_E_FORMAT, "note.format"},
        {"text\n\n" DASH "a\n", SUAN_E_FORMAT, "note.format"},
        {"text\n\n" DASH " AAAAAAA=\n", SUAN_E_FORMAT, "note.format"},
        {"text\n\n" DASH "a+b AAAAAAA=\n", SUAN_E_FORMAT, "note.format"},
        {"text\n\n" DASH "a AAAAAAA\n", SUAN_E_FORMAT, "note.format"},
        {"text\n\n" DASH "a AAAAAA==\n", SUAN_E_FORMAT, "note.format"},
        {"text\n\n" DASH "a AAAAAAB=\n", SUAN_E_FORMAT, "note.format"},
        {"text\n\n" DASH "a  AAAAAAA=\n", SUAN_E_FORMAT, "note.format"},
        {"text\n\n" DASH "a AAAAAAA= \n", SUAN_E_FORMAT, "note.format"},
        {"text\n\n" DASH "a AAAAAAA=\nmore\n", SUAN_E_FORMAT, "note.format"},
        {"te\rxt\n\n" DASH "a AAAAAAA=\n", SUAN_E_FORMAT, "note.format"},
        {"te\xffxt\n\n" DASH "a AAAAAAA=\n", SUAN_E_FORMAT, "note.format"},
        {"te\xc0\x80xt\n\n" DASH "a AAAAAAA=\n", SUAN_E_FORMAT, "note.format"},
    };
    return cr_make_param_array(struct bad, rows, sizeof rows / sizeof rows[0]);
}

ParameterizedTest(struct bad *row, note, refuses_malformed_notes)
{
    struct suan_signed_note note;
    expect_error(suan_signed_note_parse(suan_span_text(row->text), &note, error), row->status, row->code);
}

Test(note, accepts_the_row_from_which_the_malformed_ones_were_made)
{
    struct suan_signed_note note;
    expect_ok(suan_signed_note_parse(suan_span_text("text\n\n" DASH "a AAAAAAA=\n"), &note, error));
}

static void repeat(struct suan_buffer *bytes, const char *piece, size_t times)
{
    for (size_t i = 0; i < times; i++)
        suan_buffer_append_text(bytes, piece);
}

Test(note, limits_are_kept)
{
    SUAN_CLEANUP(suan_buffer_done) struct suan_buffer most = {0};
    SUAN_CLEANUP(suan_buffer_done) struct suan_buffer large = {0};
    struct suan_signed_note note;
    suan_buffer_append_text(&most, "text\n\n");
    repeat(&most, DASH "a AAAAAAA=\n", SUAN_NOTE_SIGNATURES_MAX);
    expect_ok(suan_signed_note_parse(suan_buffer_span(&most), &note, error));
    suan_buffer_append_text(&most, DASH "a AAAAAAA=\n");
    expect_error(suan_signed_note_parse(suan_buffer_span(&most), &note, error), SUAN_E_FORMAT, "note.format");
    repeat(&large, "x", SUAN_NOTE_SIZE_MAX + 1);
    expect_error(suan_signed_note_parse(suan_buffer_span(&large), &note, error), SUAN_E_REFUSED,
                 "note.too-large");
}

/* --- checkpoints -------------------------------------------------------------------------------------- */

Test(note, a_checkpoint_survives_writing_and_reading)
{
    SUAN_CLEANUP(suan_buffer_done) struct suan_buffer out = {0};
    struct suan_digest root = suan_sha256(suan_span_text("root"));
    struct suan_checkpoint checkpoint;
    suan_checkpoint_format(&out, "suan.example/registry", UINT64_C(1) << 62, &root);
    expect_ok(suan_checkpoint_parse(suan_buffer_span(&out), &checkpoint, error));
    cr_assert_eq(checkpoint.size, UINT64_C(1) << 62);
    cr_assert(suan_digest_equal(&checkpoint.root, &root));
    cr_assert(suan_span_equal(checkpoint.origin, suan_span_text("suan.example/registry")));
}

#define ROOT "CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I="

ParameterizedTestParameters(note, refuses_malformed_checkpoints)
{
    static struct bad rows[] = {
        {"", 0, ""},
        {"a\n1\n" ROOT, 0, ""},
        {"a\n1\n" ROOT "\nextension\n", 0, ""},
        {"\n1\n" ROOT "\n", 0, ""},
        {"a b\n1\n" ROOT "\n", 0, ""},
        {"a\n01\n" ROOT "\n", 0, ""},
        {"a\n-1\n" ROOT "\n", 0, ""},
        {"a\n+1\n" ROOT "\n", 0, ""},
        {"a\n\n" ROOT "\n", 0, ""},
        {"a\n 1\n" ROOT "\n", 0, ""},
        {"a\n9223372036854775808\n" ROOT "\n", 0, ""},
        {"a\n18446744073709551617\n" ROOT "\n", 0, ""},
        {"a\n99999999999999999999999\n" ROOT "\n", 0, ""},
        {"a\n0x10\n" ROOT "\n", 0, ""},
        {"a\n1\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2J=\n", 0, ""},
        {"a\n1\nCsUYapGG\n", 0, ""},
    };
    return cr_make_param_array(struct bad, rows, sizeof rows / sizeof rows[0]);
}

ParameterizedTest(struct bad *row, note, refuses_malformed_checkpoints)
{
    struct suan_checkpoint checkpoint;
    expect_error(suan_checkpoint_parse(suan_span_text(row->text), &checkpoint, error), SUAN_E_FORMAT,
                 "checkpoint.format");
}
