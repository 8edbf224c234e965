#ifndef SUAN_BENCH_SIZES_H
#define SUAN_BENCH_SIZES_H

/*
 * Which sizes a session measures. The task's range is cut into equal logarithmic strata, one size is drawn
 * from each, log-uniformly, and the workload's weights are spread over them. Integers only: anyone draws the
 * same sizes.
 */
#include "trust/digest.h"

enum { SUAN_SIZES_MAX = 16, SUAN_SIZES_MIN = 2, SUAN_WEIGHTS_MAX = 64 };
#define SUAN_SIZE_LIMIT (UINT64_C(1) << 40)

/* First value of each stratum, and one past the last of all in first[count]. USAGE "sizes.range" unless
   1 <= min, max <= SUAN_SIZE_LIMIT, count is 2 to 16 and the range has room for that many strata. */
SUAN_MUST_USE enum suan_status suan_sizes_strata(uint64_t min, uint64_t max, uint32_t count,
                                                 uint64_t first[SUAN_SIZES_MAX + 1],
                                                 struct suan_error *error);

/* One size for each stratum, ascending, with at least one prime (if the range holds one) and powers of two in
   at most a quarter of the strata. Draws: stream "sizes" of the master seed. */
SUAN_MUST_USE enum suan_status suan_sizes_draw(const struct suan_digest *master, uint64_t min, uint64_t max,
                                               uint32_t count, uint64_t sizes[SUAN_SIZES_MAX],
                                               struct suan_error *error);

/* The task's weights (ppm, sum 10^6, on `n_weights` equal strata) on `count` strata: shares by logarithmic
   overlap, rounded down, the remainder to the last. USAGE "sizes.weights" for a sum other than 10^6. */
SUAN_MUST_USE enum suan_status suan_sizes_weights(const uint32_t *weights_ppm, uint32_t n_weights,
                                                  uint32_t count, uint32_t out_ppm[SUAN_SIZES_MAX],
                                                  struct suan_error *error);

bool suan_sizes_is_prime(uint64_t n);

#endif
