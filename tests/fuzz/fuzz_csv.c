/* The rows of a session, packed or plain: what parses must be written as the same bytes again. */
#include "bench/row.h"

#include <assert.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void parse(struct suan_span csv)
{
    struct suan_rows rows = {0};
    struct suan_buffer text = {0};
    if (suan_rows_parse(csv, &rows, NULL) == SUAN_OK) {
        suan_rows_format_header(&text);
        suan_rows_format(&text, rows.items, rows.count);
        assert(text.failed || suan_span_equal(suan_buffer_span(&text), csv));
    }
    suan_rows_done(&rows);
    suan_buffer_done(&text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct suan_buffer plain = {0};
    parse(suan_span(data, size));
    if (suan_rows_decompress(suan_span(data, size), &plain, NULL) == SUAN_OK)
        parse(suan_buffer_span(&plain));
    suan_buffer_done(&plain);
    return 0;
}
