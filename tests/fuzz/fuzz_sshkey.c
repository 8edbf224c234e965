/* Public keys in both forms. What is accepted must be written again as it was read. */
#include <stdlib.h>

#include "base/cleanup.h"
#include "trust/sshkey.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool holds)
{
    if (!holds)
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    SUAN_CLEANUP(suan_buffer_done) struct suan_buffer wire = {0};
    SUAN_CLEANUP(suan_buffer_done) struct suan_buffer text = {0};
    struct suan_public_key key, again;
    struct suan_error error;

    if (suan_public_key_decode(suan_span(data, size), &key, &error) == SUAN_OK) {
        suan_public_key_encode(&key, &wire);
        require(suan_span_equal(suan_buffer_span(&wire), suan_span(data, size)));
    }
    if (suan_public_key_parse(suan_span(data, size), &key, &error) != SUAN_OK)
        return 0;
    suan_public_key_format(&key, &text);
    require(suan_public_key_parse(suan_buffer_span(&text), &again, &error) == SUAN_OK);
    require(suan_public_key_equal(&key, &again));
    return 0;
}
