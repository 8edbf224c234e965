/* Armour and blobs. What is accepted must survive being armoured again. */
#include <stdlib.h>

#include "base/cleanup.h"
#include "trust/sshsig.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool holds)
{
    if (!holds)
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    SUAN_CLEANUP(suan_buffer_done) struct suan_buffer blob = {0};
    SUAN_CLEANUP(suan_buffer_done) struct suan_buffer text = {0};
    SUAN_CLEANUP(suan_buffer_done) struct suan_buffer again = {0};
    struct suan_public_key key;
    struct suan_sshsig sig;
    struct suan_error error;

    if (suan_sshsig_dearmour(suan_span(data, size), &blob, &error) != SUAN_OK)
        return 0;
    if (suan_sshsig_parse(suan_buffer_span(&blob), &sig, &error) != SUAN_OK)
        return 0;
    require(sig.signature.size == SUAN_ED25519_SIGNATURE_SIZE);
    if (suan_sshsig_verify(suan_buffer_span(&blob), SUAN_NAMESPACE_EVENT, suan_span_text("{\"v\":1}"), &key,
                           &error) == SUAN_OK)
        require(suan_public_key_equal(&key, &sig.key));
    suan_sshsig_armour(suan_buffer_span(&blob), &text);
    require(suan_sshsig_dearmour(suan_buffer_span(&text), &again, &error) == SUAN_OK);
    require(suan_span_equal(suan_buffer_span(&blob), suan_buffer_span(&again)));
    return 0;
}
