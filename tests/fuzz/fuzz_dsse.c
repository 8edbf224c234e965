/* Attestation envelopes. A payload that is accepted lies inside the limit; no made-up signature verifies. */
#include <stdlib.h>

#include "base/cleanup.h"
#include "trust/dsse.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    SUAN_CLEANUP(suan_dsse_done) struct suan_dsse dsse = {0};
    struct suan_public_key key = {.type = SUAN_KEY_ED25519, .point = {1}};
    struct suan_error error;

    if (suan_dsse_parse(suan_span(data, size), &dsse, &error) != SUAN_OK)
        return 0;
    if (dsse.payload.size > size || dsse.signature_count == 0 || strlen(dsse.type) > SUAN_DSSE_TYPE_MAX)
        abort();
    dsse.signatures[0].key_id = suan_public_key_id(&key);
    if (suan_dsse_verify(&dsse, &key, &error) == SUAN_OK)
        abort();
    return 0;
}
