/* Private key files. What is accepted must be able to sign for the public key that it names. */
#include <stdlib.h>

#include "base/cleanup.h"
#include "trust/signer.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    SUAN_CLEANUP(suan_signer_closep) struct suan_signer *signer = NULL;
    uint8_t signature[SUAN_ED25519_SIGNATURE_SIZE];
    struct suan_error error;
    struct suan_span message = suan_span_text("message");

    if (suan_signer_parse(suan_span(data, size), &signer, &error) != SUAN_OK)
        return 0;
    if (suan_signer_sign_raw(signer, message, signature, &error) != SUAN_OK ||
        !suan_ed25519_verify(suan_signer_key(signer)->point, message, signature))
        abort();
    return 0;
}
