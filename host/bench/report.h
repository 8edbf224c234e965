#ifndef SUAN_BENCH_REPORT_H
#define SUAN_BENCH_REPORT_H

/*
 * A measurement for people's eyes: pure functions of the document, so that the same JSON gives the same
 * bytes. Every text from outside is escaped; HTML has no scripts and needs no other file.
 */
#include "measurement.h"

/* The lines that `suan bench` prints; plain text. */
void suan_report_summary(const struct suan_measurement *measurement, struct suan_buffer *out);
void suan_report_markdown(const struct suan_measurement *measurement, struct suan_buffer *out);
/* `plots`: SVG elements from suan_plot_all, or empty: a note stands in their place. */
void suan_report_html(const struct suan_measurement *measurement, struct suan_span plots,
                      struct suan_buffer *out);

#endif
