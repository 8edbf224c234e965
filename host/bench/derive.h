#ifndef SUAN_BENCH_DERIVE_H
#define SUAN_BENCH_DERIVE_H

/*
 * Everything in a measurement that follows from its rows: session and replay both call this, so that a figure
 * which cannot be recomputed cannot be stated. Pure.
 */
#include "measurement.h"

/* Limits of the A/A self-check and the plan of a mode. */
struct suan_mode_plan {
    uint32_t sizes, pairs, aa_blocks;
    uint32_t n_looks, looks[8]; /* blocks at each look, ascending */
    int64_t aa_bias_ppm, aa_halfwidth_ppm;
    int64_t budget_ms;
    bool has_cold;
};
const struct suan_mode_plan *suan_mode_plan(enum suan_mode mode);

/* The session's master seed, from the facts of seed, parties and task. */
struct suan_digest suan_derive_master(const struct suan_measurement *measurement);

/* Fills aa (bias, half-width), grid, fit, saving, flags (wide, trend, skewed, fewer-pairs) and outcome. Kept
   as given: the first two error quantiles of each grid row, and an outcome that was decided during the
   session (wrong, cheat, failed, unmeasured, aborted); the rows can only add to those. Errors: FORMAT
   "measure.range", REFUSED "measure.attempts", MEMORY, those of the sizes. */
SUAN_MUST_USE enum suan_status suan_derive(struct suan_measurement *measurement, const struct suan_rows *rows,
                                           struct suan_error *error);

/* Only the A/A, for the decision to go on; true in *out_stable if it is within the mode's limits. Without two
   complete A/A blocks it is not. */
SUAN_MUST_USE enum suan_status suan_derive_aa(struct suan_measurement *measurement,
                                              const struct suan_rows *rows, bool *out_stable,
                                              struct suan_error *error);

/* The widest half-width of the warm sizes so far, ppm; INT64_MAX below two complete blocks. */
SUAN_MUST_USE enum suan_status suan_derive_width(const struct suan_measurement *measurement,
                                                 const struct suan_rows *rows, int64_t *out_ppm,
                                                 struct suan_error *error);

/* Indices of the two sizes that the A/A runs: the smallest and the middle one. */
void suan_derive_aa_sizes(uint32_t sizes, uint32_t out[2]);

#endif
