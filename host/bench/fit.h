#ifndef SUAN_BENCH_FIT_H
#define SUAN_BENCH_FIT_H

/*
 * How cost grows with size: log t = a + b log n + c (log n)^2 by least squares on each side, in doubles
 * without contraction, and 2,000 resamples of the blocks (stream "fit") for its uncertainty. Two machines
 * agree to 2 ppm. No claim goes beyond limit_n, four times the largest measured size.
 */
#include "costs.h"
#include "measurement.h"

enum { SUAN_FIT_REPLICATES = 2000, SUAN_FIT_SIZES_MIN = 4, SUAN_FIT_LIMIT_FACTOR = 4 };

/* Leaves out->present false with fewer than SUAN_FIT_SIZES_MIN sizes. Errors: those of the bootstrap, MEMORY.
 */
SUAN_MUST_USE enum suan_status suan_fit_costs(const struct suan_costs *costs, struct suan_span seed,
                                              struct suan_fit_facts *out, struct suan_error *error);

#endif
