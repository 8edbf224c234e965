/* Tensor files. One that is accepted can be written again with the same type, shape and bytes. */
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "service/npy.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    SUAN_CLEANUP(suan_buffer_done) struct suan_buffer file = {0};
    struct suan_npy first, again;
    struct suan_error error = {0};
    enum suan_status status = suan_npy_parse(suan_span(data, size), "fuzz", &first, &error);
    if (status != SUAN_OK)
        return status == error.status && error.code != NULL ? 0 : (abort(), 0);
    if (first.data.size > size ||
        suan_npy_header(first.dtype, first.rank, first.shape, &file, NULL) != SUAN_OK || file.size % 64 != 0)
        abort();
    suan_buffer_append_span(&file, first.data);
    if (suan_npy_parse(suan_buffer_span(&file), "again", &again, NULL) != SUAN_OK ||
        again.rank != first.rank || again.dtype.code != first.dtype.code ||
        again.dtype.bits != first.dtype.bits || !suan_span_equal(again.data, first.data) ||
        memcmp(again.shape, first.shape, (size_t)first.rank * sizeof first.shape[0]) != 0)
        abort();
    return 0;
}
