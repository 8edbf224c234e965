#include "trust/dsse.h"

#include <criterion/criterion.h>
#include <criterion/parameterized.h>

#include "base/cleanup.h"
#include "support.h"

static const char type[] = "http://example.com/HelloWorld";

static struct suan_span payload(void)
{
    return suan_span_text("hello world");
}

static void sign_with(const struct suan_signer *a, const struct suan_signer *b, struct suan_buffer *out)
{
    const struct suan_signer *signers[] = {a, b};
    expect_ok(suan_dsse_sign(type, payload(), signers, b != NULL ? 2 : 1, out, error));
}

/* The example of the DSSE specification, and the cases of its Go library. */
Test(dsse, preauthentication_encoding_is_that_of_the_specification)
{
    static const char *const rows[][3] = {
        {"http://example.com/HelloWorld", "hello world",
         "DSSEv1 29 http://example.com/HelloWorld 11 hello world"},
        {"", "", "DSSEv1 0  0 "},
        {"t", "\xE0\xB2\xA0", "DSSEv1 1 t 3 \xE0\xB2\xA0"},
    };
    for (size_t i = 0; i < 3; i++) {
        SUAN_CLEANUP(suan_buffer_done) struct suan_buffer out = {0};
        suan_dsse_preauth(rows[i][0], suan_span_text(rows[i][1]), &out);
        cr_assert_str_eq(suan_buffer_text(&out), rows[i][2]);
    }
}

Test(dsse, an_envelope_gives_back_type_payload_and_signer)
{
    SUAN_CLEANUP(suan_signer_closep) struct suan_signer *signer = signer_of(1);
    SUAN_CLEANUP(suan_signer_closep) struct suan_signer *other = signer_of(2);
    SUAN_CLEANUP(suan_buffer_done) struct suan_buffer out = {0};
    SUAN_CLEANUP(suan_dsse_done) struct suan_dsse dsse = {0};
    sign_with(signer, NULL, &out);
    expect_ok(suan_dsse_parse(suan_buffer_span(&out), &dsse, error));
    cr_assert_str_eq(dsse.type, type);
    cr_assert(suan_span_equal(suan_buffer_span(&dsse.payload), payload()));
    expect_ok(suan_dsse_verify(&dsse, suan_signer_key(signer), error));
    expect_error(suan_dsse_verify(&dsse, suan_signer_key(other), error), SUAN_E_NOT_FOUND, "dsse.unsigned");
}

Test(dsse, signatures_stand_in_the_order_of_their_keys_whoever_signs_first)
{
    SUAN_CLEANUP(suan_signer_closep) struct suan_signer *a = signer_of(1);
    SUAN_CLEANUP(suan_signer_closep) struct suan_signer *b = signer_of(2);
    SUAN_CLEANUP(suan_buffer_done) struct suan_buffer ab = {0};
    SUAN_CLEANUP(suan_buffer_done) struct suan_buffer ba = {0};
    SUAN_CLEANUP(suan_dsse_done) struct suan_dsse dsse = {0};
    sign_with(a, b, &ab);
    sign_with(b, a, &ba);
    cr_assert(suan_span_equal(suan_buffer_span(&ab), suan_buffer_span(&ba)));
    expect_ok(suan_dsse_parse(suan_buffer_span(&ab), &dsse, error));
    expect_ok(suan_dsse_verify(&dsse, suan_signer_key(a), error));
    expect_ok(suan_dsse_verify(&dsse, suan_signer_key(b), error));
}

Test(dsse, the_same_key_cannot_sign_twice)
{
    SUAN_CLEANUP(suan_signer_closep) struct suan_signer *a = signer_of(1);
    SUAN_CLEANUP(suan_buffer_done) struct suan_buffer out = {0};
    const struct suan_signer *twice[] = {a, a};
    expect_error(suan_dsse_sign(type, payload(), twice, 2, &out, error), SUAN_E_USAGE, "dsse.signers");
    expect_error(suan_dsse_sign(type, payload(), twice, 0, &out, error), SUAN_E_USAGE, "dsse.signers");
    expect_error(suan_dsse_sign("a type", payload(), twice, 1, &out, error), SUAN_E_USAGE, "dsse.signers");
}

Test(dsse, a_signature_for_another_payload_or_type_is_refused)
{
    SUAN_CLEANUP(suan_signer_closep) struct suan_signer *a = signer_of(1);
    SUAN_CLEANUP(suan_buffer_done) struct suan_buffer out = {0};
    sign_with(a, NULL, &out);
    for (int altered = 0; altered < 2; altered++) {
        SUAN_CLEANUP(suan_dsse_done) struct suan_dsse dsse = {0};
        expect_ok(suan_dsse_parse(suan_buffer_span(&out), &dsse, error));
        if (altered == 0)
            dsse.payload.data[0] ^= 1;
        else
            dsse.type[0] = 'H';
        expect_error(suan_dsse_verify(&dsse, suan_signer_key(a), error), SUAN_E_REFUSED, "dsse.signature");
    }
}

Test(dsse, a_fido_key_is_refused_by_type)
{
    SUAN_CLEANUP(suan_signer_closep) struct suan_signer *a = signer_of(1);
    SUAN_CLEANUP(suan_buffer_done) struct suan_buffer out = {0};
    SUAN_CLEANUP(suan_dsse_done) struct suan_dsse dsse = {0};
    struct suan_public_key key = *suan_signer_key(a);
    key.type = SUAN_KEY_SK_ED25519;
    sign_with(a, NULL, &out);
    expect_ok(suan_dsse_parse(suan_buffer_span(&out), &dsse, error));
    expect_error(suan_dsse_verify(&dsse, &key, error), SUAN_E_REFUSED, "key.type");
}

Test(dsse, no_altered_byte_of_an_envelope_passes)
{
    SUAN_CLEANUP(suan_signer_closep) struct suan_signer *a = signer_of(1);
    SUAN_CLEANUP(suan_buffer_done) struct suan_buffer out = {0};
    sign_with(a, NULL, &out);
    for (size_t i = 0; i < out.size; i++) {
        SUAN_CLEANUP(suan_dsse_done) struct suan_dsse dsse = {0};
        out.data[i] ^= 1;
        if (suan_dsse_parse(suan_buffer_span(&out), &dsse, NULL) == SUAN_OK)
            cr_assert_neq(suan_dsse_verify(&dsse, suan_signer_key(a), NULL), SUAN_OK, "byte %zu", i);
        out.data[i] ^= 1;
    }
}

struct bad {
    char text[400];
    int status;
    char code[16];
};

#define K0 "0000000000000000000000000000000000000000000000000000000000000000"
#define K1 "0000000000000000000000000000000000000000000000000000000000000001"
#define SIG "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=="
#define ITEM(key) "{\"keyid\":\"" key "\",\"sig\":\"" SIG "\"}"
#define ENVELOPE(payload, type, list)                                                                        \
    "{\"payload\":\"" payload "\",\"payloadType\":\"" type "\",\"signatures\":[" list "]}"

ParameterizedTestParameters(dsse, refuses_other_forms)
{
    static struct bad rows[] = {
        {"", SUAN_E_FORMAT, "json.syntax"},
        {"{}", SUAN_E_FORMAT, "json.field"},
        {ENVELOPE("aGk=", "t", ""), SUAN_E_FORMAT, "dsse.format"},
        {ENVELOPE("aGk", "t", ITEM(K0)), SUAN_E_FORMAT, "dsse.format"},
        {ENVELOPE("aGk=", "", ITEM(K0)), SUAN_E_FORMAT, "dsse.format"},
        {ENVELOPE("aGk=", "a b", ITEM(K0)), SUAN_E_FORMAT, "dsse.format"},
        {ENVELOPE("aGk=", "t", ITEM(K0) "," ITEM(K0)), SUAN_E_FORMAT, "dsse.format"},
        {ENVELOPE("aGk=", "t", ITEM(K1) "," ITEM(K0)), SUAN_E_FORMAT, "dsse.format"},
        {ENVELOPE("aGk=", "t", "{\"keyid\":\"" K0 "\",\"sig\":\"AAAA\"}"), SUAN_E_FORMAT, "dsse.format"},
        {ENVELOPE("aGk=", "t", "{\"sig\":\"" SIG "\"}"), SUAN_E_FORMAT, "json.field"},
        {ENVELOPE("aGk=", "t", "1"), SUAN_E_FORMAT, "json.field"},
        {" " ENVELOPE("aGk=", "t", ITEM(K0)), SUAN_E_FORMAT, "json.canonical"},
        {"{\"extra\":1,\"payload\":\"aGk=\",\"payloadType\":\"t\",\"signatures\":[" ITEM(K0) "]}",
         SUAN_E_FORMAT, "json.field"},
    };
    return cr_make_param_array(struct bad, rows, sizeof rows / sizeof rows[0]);
}

ParameterizedTest(struct bad *row, dsse, refuses_other_forms)
{
    struct suan_dsse dsse = {0};
    expect_error(suan_dsse_parse(suan_span_text(row->text), &dsse, error), row->status, row->code);
    cr_assert_null(dsse.payload.data);
}

Test(dsse, accepts_the_row_from_which_the_others_were_made)
{
    SUAN_CLEANUP(suan_dsse_done) struct suan_dsse dsse = {0};
    expect_ok(suan_dsse_parse(suan_span_text(ENVELOPE("aGk=", "t", ITEM(K0) "," ITEM(K1))), &dsse, error));
    cr_assert_eq(dsse.signature_count, 2u);
}

Test(dsse, an_envelope_beyond_the_limit_is_neither_made_nor_read)
{
    SUAN_CLEANUP(suan_signer_closep) struct suan_signer *a = signer_of(1);
    SUAN_CLEANUP(suan_buffer_done) struct suan_buffer large = {0};
    SUAN_CLEANUP(suan_buffer_done) struct suan_buffer out = {0};
    SUAN_CLEANUP(suan_dsse_done) struct suan_dsse dsse = {0};
    const struct suan_signer *signers[] = {a};
    memset(suan_buffer_extend(&large, SUAN_DSSE_SIZE_MAX), 'x', SUAN_DSSE_SIZE_MAX);
    expect_error(suan_dsse_sign(type, suan_buffer_span(&large), signers, 1, &out, error), SUAN_E_REFUSED,
                 "json.too-large");
    cr_assert_eq(out.size, 0u);
    suan_buffer_append_u8(&large, 'x');
    expect_error(suan_dsse_parse(suan_buffer_span(&large), &dsse, error), SUAN_E_REFUSED, "json.too-large");
}
