/* Leaves of the logs: what decodes encodes to the same bytes. */
#include <stdlib.h>

#include "catalog/event.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct suan_leaf leaf;
    struct suan_buffer again = {0};
    struct suan_span bytes = suan_span(data, size);
    if (suan_leaf_decode(bytes, &leaf, NULL) != SUAN_OK)
        return 0;
    if (suan_leaf_encode(&leaf, &again, NULL) != SUAN_OK || !suan_span_equal(bytes, suan_buffer_span(&again)))
        abort();
    suan_buffer_done(&again);
    return 0;
}
