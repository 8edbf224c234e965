/* Log proofs. What is accepted must be written again as it was read. */
#include <stdlib.h>

#include "base/cleanup.h"
#include "trust/proof.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    SUAN_CLEANUP(suan_buffer_done) struct suan_buffer out = {0};
    struct suan_log_proof proof;
    struct suan_error error;

    if (suan_log_proof_parse(suan_span(data, size), &proof, &error) != SUAN_OK)
        return 0;
    suan_log_proof_format(&out, proof.index, &proof.hashes, proof.checkpoint);
    if (!suan_span_equal(suan_buffer_span(&out), suan_span(data, size)))
        abort();
    struct suan_digest root = {{1}}, leaf = {{0}};
    if (suan_merkle_verify_inclusion(proof.index + 1, &root, proof.index, &leaf, &proof.hashes, &error) ==
        SUAN_OK)
        abort();
    return 0;
}
