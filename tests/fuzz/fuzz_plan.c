/* Whatever parses must be written as the same bytes again. */
#include "bench/plan.h"

#include <assert.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct suan_plan plan;
    struct suan_buffer text = {0};
    if (suan_plan_parse(suan_span(data, size), &plan, NULL) != SUAN_OK)
        return 0;
    if (suan_plan_format(&plan, &text, NULL) == SUAN_OK)
        assert(suan_span_equal(suan_buffer_span(&text), suan_span(data, size)));
    suan_buffer_done(&text);
    return 0;
}
