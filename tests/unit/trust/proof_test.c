#include "trust/proof.h"

#include <criterion/criterion.h>
#include <criterion/parameterized.h>

#include "base/cleanup.h"
#include "support.h"

static const char note[] = "a\n1\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n\n\xE2\x80\x94 a AAAAAAA=\n";

Test(proof, survives_writing_and_reading)
{
    for (size_t count = 0; count <= SUAN_MERKLE_DEPTH_MAX; count += 16) {
        SUAN_CLEANUP(suan_buffer_done) struct suan_buffer out = {0};
        struct suan_merkle_proof hashes = {.count = count};
        struct suan_log_proof proof;
        for (size_t i = 0; i < count; i++)
            hashes.hashes[i] = suan_sha256(suan_span(&i, sizeof i));
        suan_log_proof_format(&out, UINT64_C(73894) * count, &hashes, suan_span_text(note));
        expect_ok(suan_log_proof_parse(suan_buffer_span(&out), &proof, error));
        cr_assert_eq(proof.index, UINT64_C(73894) * count);
        cr_assert_eq(proof.hashes.count, count);
        cr_assert_arr_eq(proof.hashes.hashes, hashes.hashes, count * sizeof hashes.hashes[0]);
        cr_assert(suan_span_equal(proof.checkpoint, suan_span_text(note)));
    }
}

Test(proof, has_the_form_of_the_specification)
{
    SUAN_CLEANUP(suan_buffer_done) struct suan_buffer out = {0};
    struct suan_merkle_proof hashes = {.count = 1};
    suan_log_proof_format(&out, 3, &hashes, suan_span_text(note));
    SUAN_CLEANUP(suan_buffer_done) struct suan_buffer expected = {0};
    suan_buffer_printf(&expected,
                       "c2sp.org/tlog-proof@v1\nindex 3\nAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n\n%s",
                       note);
    cr_assert_str_eq(suan_buffer_text(&out), suan_buffer_text(&expected));
}

struct bad {
    char text[192];
};

#define HEAD "c2sp.org/tlog-proof@v1\n"
#define HASH "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n"

ParameterizedTestParameters(proof, refuses_other_forms)
{
    static struct bad rows[] = {
        {""},
        {HEAD},
        {"c2sp.org/tlog-proof@v2\nindex 0\n\nx"},
        {HEAD "index 0\n"},
        {HEAD "index 0\n\n"},
        {HEAD "index 00\n\nx"},
        {HEAD "index -1\n\nx"},
        {HEAD "index 9223372036854775808\n\nx"},
        {HEAD "index\n\nx"},
        {HEAD "extra AAAA\nindex 0\n\nx"}, /* nothing authenticates it */
        {HEAD HASH "index 0\n\nx"},
        {HEAD "index 0\n" HASH "x"},
        {HEAD "index 0\nAAAA\n\nx"},
        {HEAD "index 0\r\n\r\nx"},
        {HEAD "index 0\nAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAB=\n\nx"},
        {" " HEAD "index 0\n\nx"},
    };
    return cr_make_param_array(struct bad, rows, sizeof rows / sizeof rows[0]);
}

ParameterizedTest(struct bad *row, proof, refuses_other_forms)
{
    struct suan_log_proof proof;
    expect_error(suan_log_proof_parse(suan_span_text(row->text), &proof, error), SUAN_E_FORMAT,
                 "proof.format");
}

static void begin_proof(struct suan_buffer *out, size_t hashes)
{
    suan_buffer_append_text(out, HEAD "index 0\n");
    for (size_t i = 0; i < hashes; i++)
        suan_buffer_append_text(out, HASH);
    suan_buffer_append_text(out, "\nx");
}

Test(proof, limits_are_kept)
{
    SUAN_CLEANUP(suan_buffer_done) struct suan_buffer most = {0};
    SUAN_CLEANUP(suan_buffer_done) struct suan_buffer many = {0};
    struct suan_log_proof proof;
    begin_proof(&most, SUAN_MERKLE_DEPTH_MAX);
    expect_ok(suan_log_proof_parse(suan_buffer_span(&most), &proof, error));
    begin_proof(&many, SUAN_MERKLE_DEPTH_MAX + 1);
    expect_error(suan_log_proof_parse(suan_buffer_span(&many), &proof, error), SUAN_E_FORMAT, "proof.format");
    uint8_t *padding = suan_buffer_extend(&most, SUAN_PROOF_SIZE_MAX);
    memset(padding, 'x', SUAN_PROOF_SIZE_MAX);
    expect_error(suan_log_proof_parse(suan_buffer_span(&most), &proof, error), SUAN_E_REFUSED,
                 "proof.too-large");
}
