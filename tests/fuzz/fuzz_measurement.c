/* Whatever parses must be written as the same bytes again, and must be reportable. */
#include <assert.h>

#include "bench/plot.h"
#include "bench/report.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct suan_measurement *measurement = NULL;
    struct suan_buffer text = {0}, page = {0};
    if (suan_measurement_parse(suan_span(data, size), "fuzz", &measurement, NULL) != SUAN_OK)
        return 0;
    if (suan_measurement_format(measurement, &text, NULL) == SUAN_OK)
        assert(suan_span_equal(suan_buffer_span(&text), suan_span(data, size)));
    suan_report_summary(measurement, &page);
    suan_report_markdown(measurement, &page);
    suan_report_html(measurement, suan_span(NULL, 0), &page);
    for (unsigned plot = 0; plot < SUAN_PLOTS; plot++)
        suan_plot_script(measurement, plot, &page);
    suan_buffer_done(&text);
    suan_buffer_done(&page);
    suan_measurement_free(measurement);
    return 0;
}
