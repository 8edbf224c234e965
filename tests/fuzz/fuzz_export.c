/* Lines of an export: what parses is the one text of its content. */
#include <stdlib.h>

#include "catalog/export_line.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_line(struct suan_span text)
{
    struct export_line line;
    struct suan_buffer payload = {0}, again = {0};
    if (export_line_parse(text, &line, &payload, NULL) == SUAN_OK) {
        export_line_format(&line, suan_buffer_span(&payload), &again);
        again.size--; /* the newline */
        if (!suan_span_equal(text, suan_buffer_span(&again)))
            abort();
    }
    suan_buffer_done(&payload);
    suan_buffer_done(&again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct suan_span rest = suan_span(data, size);
    while (rest.size > 0) {
        const uint8_t *end = memchr(rest.data, '\n', rest.size);
        size_t length = end != NULL ? (size_t)(end - rest.data) : rest.size;
        check_line(suan_span(rest.data, length));
        size_t used = end != NULL ? length + 1 : length;
        rest = suan_span(rest.data + used, rest.size - used);
    }
    return 0;
}
