/* The tlog-proof file (c2sp.org/tlog-proof): what an offline verifier needs besides the leaf itself. */
#include "proof.h"

#include <inttypes.h>

#include "base64.h"
#include "lines.h"

static const char heading[] = "c2sp.org/tlog-proof@v1";

void suan_log_proof_format(struct suan_buffer *out, uint64_t index, const struct suan_merkle_proof *hashes,
                           struct suan_span checkpoint)
{
    suan_buffer_printf(out, "%s\nindex %" PRIu64 "\n", heading, index);
    for (size_t i = 0; i < hashes->count; i++) {
        suan_base64_append(out, suan_span(hashes->hashes[i].bytes, SUAN_DIGEST_SIZE));
        suan_buffer_append_u8(out, '\n');
    }
    suan_buffer_append_u8(out, '\n');
    suan_buffer_append_span(out, checkpoint);
}

static enum suan_status refuse_format(struct suan_error *error, const char *what)
{
    return suan_error_set(error, SUAN_E_FORMAT, "proof.format", NULL, "log proof: %s", what);
}

enum suan_status suan_log_proof_parse(struct suan_span bytes, struct suan_log_proof *out,
                                      struct suan_error *error)
{
    struct suan_log_proof proof = {0};
    struct suan_span line;

    if (bytes.size > SUAN_PROOF_SIZE_MAX)
        return suan_error_set(error, SUAN_E_REFUSED, "proof.too-large", NULL,
                              "log proof: %zu bytes, the limit is %d", bytes.size, SUAN_PROOF_SIZE_MAX);
    if (!suan_line_take(&bytes, &line) || !suan_span_equal(line, suan_span_text(heading)))
        return refuse_format(error, "must begin with c2sp.org/tlog-proof@v1");
    if (!suan_line_take(&bytes, &line) || !suan_prefix_take(&line, "index ") ||
        !suan_decimal_parse(line, &proof.index))
        return refuse_format(error, "its second line must be the entry's index");
    for (;;) {
        if (!suan_line_take(&bytes, &line))
            return refuse_format(error, "no checkpoint follows the hashes");
        if (line.size == 0)
            break;
        if (proof.hashes.count == SUAN_MERKLE_DEPTH_MAX)
            return refuse_format(error, "it has more than 64 hashes");
        if (!suan_base64_decode_exact(line, proof.hashes.hashes[proof.hashes.count].bytes, SUAN_DIGEST_SIZE))
            return refuse_format(error, "a hash is not Base 64 of 32 bytes");
        proof.hashes.count++;
    }
    if (bytes.size == 0)
        return refuse_format(error, "no checkpoint follows the hashes");
    proof.checkpoint = bytes;
    *out = proof;
    return SUAN_OK;
}
