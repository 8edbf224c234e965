#ifndef SUAN_BENCH_PAGE_H
#define SUAN_BENCH_PAGE_H

/* Inside this folder only: what the forms of a report share. */
#include "report.h"

const char *bench_outcome_title(enum suan_outcome outcome); /* "NO SAVING" */
const char *bench_remark_text(unsigned bit);                /* a sentence for a flag */
const struct suan_grid_row *bench_cold_of(const struct suan_measurement *measurement,
                                          uint64_t n); /* NULL: none */
double bench_cost(int64_t cpu_ns, int64_t calls);      /* ns of one call */
void bench_checks_count(const struct suan_measurement *measurement, uint32_t *out_passed, uint32_t *out_run);
void bench_write_saving(const struct suan_measurement *measurement, struct suan_buffer *out);
void bench_write_worth(const struct suan_measurement *measurement, struct suan_buffer *out);
void bench_write_quality(const struct suan_measurement *measurement, struct suan_buffer *out);

#endif
