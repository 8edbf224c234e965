#ifndef SUAN_TESTS_BENCH_SUPPORT_H
#define SUAN_TESTS_BENCH_SUPPORT_H

/* A measurement as a session would make it, from simulated costs. */
#include "bench/derive.h"

struct sample {
    double speedup;           /* plugin over baseline cost is its inverse */
    double block_sd, pair_sd; /* relative noise */
    double drift;             /* relative change of the plugin's cost from first to last block */
    uint32_t blocks, pairs, sizes;
    int64_t failed; /* calls of each batch of 10 that fail, plugin */
    bool unlogged;
};
#define SAMPLE                                                                                               \
    {                                                                                                        \
        .speedup = 4, .block_sd = 0.003, .pair_sd = 0.005, .blocks = 5, .pairs = 5, .sizes = 4               \
    }

/* Facts without results; logged. */
void sample_facts(const struct sample *sample, struct suan_measurement *out);
/* Rows of A/A and main series for the facts' sizes. `seed` picks the noise. */
void sample_rows(const struct sample *sample, const struct suan_measurement *facts, const char *seed,
                 struct suan_rows *out);
/* Both, derived and packed; the CSV goes to `zst`. */
struct suan_measurement *sample_measurement(const struct sample *sample, struct suan_rows *out_rows,
                                            struct suan_buffer *zst);
/* Standard normal from a draw. */
struct suan_draw;
double sample_normal(struct suan_draw *draw);

#endif
