#ifndef SUAN_TRUST_BOOTSTRAP_H
#define SUAN_TRUST_BOOTSTRAP_H

/*
 * The one bootstrap by which savings are bounded, in measurements and in receipts: integer sums of resampled
 * costs, with deterministic draws, so that anyone gets the same numbers on any machine. Pure; memory comes
 * from the caller.
 *
 * A pair is what baseline and plugin cost for the same jobs. Pairs lie in blocks (one pair of fresh processes
 * each) and, within a block, in groups (one for each size). A replicate draws blocks with replacement, one
 * fewer than there are, which corrects for few blocks; then, within each drawn block and group, as many pairs
 * as it holds, with replacement. Blocks are drawn for all groups together, since what disturbs a block
 * disturbs all of its sizes.
 */
#include "base/error.h"
#include "base/span.h"

enum {
    SUAN_BOOTSTRAP_REPLICATES = 10000,
    SUAN_BOOTSTRAP_BLOCKS_MAX = 64,
    SUAN_BOOTSTRAP_GROUPS_MAX = 32,
    SUAN_BOOTSTRAP_PAIRS_MAX = 65536, /* of a whole grid, and of a plain list */
};
/* Largest cost of one pair, ns, and largest number of jobs in it: no sum of a replicate can pass 2^62. */
#define SUAN_BOOTSTRAP_COST_MAX (INT64_C(1) << 46)

/* Costs in ns for `jobs` jobs, of one pair or summed over many. */
struct suan_cost {
    int64_t base_ns, plugin_ns, jobs;
};

struct suan_cost_grid {
    uint32_t blocks, groups;
    const uint32_t *counts;        /* pairs in each cell: counts[block * groups + group] */
    const struct suan_cost *pairs; /* cell after cell in that order */
};

/*
 * Fills out[replicate * groups + group] for `replicates` replicates with the sums that were drawn. Draws: one
 * stream from (seed, label); for each replicate and each of blocks - 1 turns one draw for the block, then for
 * each group its pairs. Errors: USAGE "bootstrap.blocks" below two blocks or beyond a maximum,
 * "bootstrap.cost" for a cost that is negative or too large.
 */
SUAN_MUST_USE enum suan_status suan_bootstrap_grid(const struct suan_cost_grid *grid, struct suan_span seed,
                                                   const char *label, uint32_t replicates,
                                                   struct suan_cost *out, struct suan_error *error);

/* The same over one plain list without blocks: out[replicate], each the sum of `count` draws. Errors as
   above, "bootstrap.pairs" for none or too many. */
SUAN_MUST_USE enum suan_status suan_bootstrap_pairs(const struct suan_cost *pairs, uint32_t count,
                                                    struct suan_span seed, const char *label,
                                                    uint32_t replicates, struct suan_cost *out,
                                                    struct suan_error *error);

/* The rank-th smallest value, 1 <= rank <= count; sorts the values. */
int64_t suan_bootstrap_rank(int64_t *values, uint32_t count, uint32_t rank);

#endif
