/* Trust files. What is accepted must keep its invariants, and be read again as the same. */
#include <stdlib.h>

#include "base/cleanup.h"
#include "trust/trustfile.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool holds)
{
    if (!holds)
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    SUAN_CLEANUP(suan_trust_freep) struct suan_trust *trust = NULL;
    SUAN_CLEANUP(suan_trust_freep) struct suan_trust *again = NULL;
    SUAN_CLEANUP(suan_buffer_done) struct suan_buffer text = {0};
    struct suan_error error;

    if (suan_trust_parse(suan_span(data, size), "input", &trust, &error) != SUAN_OK)
        return 0;
    require(trust->quorum <= trust->witness_count && trust->log_key_count > 0);
    require(trust->k <= trust->body_count && 2 * trust->k > trust->body_count);
    require(suan_trust_format(trust, &text, &error) == SUAN_OK);
    require(suan_trust_parse(suan_buffer_span(&text), "output", &again, &error) == SUAN_OK);
    require(memcmp(trust, again, sizeof *trust) == 0);
    return 0;
}
