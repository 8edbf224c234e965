#ifndef SUAN_BENCH_COSTS_H
#define SUAN_BENCH_COSTS_H

/* From rows to the cost grid that is resampled: blocks by sizes by pairs. Pure. */
#include "row.h"
#include "sizes.h"
#include "trust/bootstrap.h"

struct suan_costs {
    uint32_t blocks, groups; /* complete blocks only: each size has at least one pair */
    uint32_t dropped;        /* pairs that the filter left out */
    uint64_t sizes[SUAN_SIZES_MAX];
    uint32_t counts[SUAN_ROW_BLOCKS_MAX * SUAN_SIZES_MAX];
    struct suan_cost *pairs;
};

enum suan_costs_filter {
    SUAN_COSTS_ALL,
    SUAN_COSTS_CALM, /* without pairs that saw more than 1 % steal or an involuntary switch; all, if those
                        pass 5 % */
};

/* The pairs of a phase and state, where both sides have their row and the same calls. A failed call is billed
   to the plugin once more, at the baseline's cost. `groups` is at most SUAN_SIZES_MAX. Errors: MEMORY; FORMAT
   "rows.pair" for two rows of one side. */
SUAN_MUST_USE enum suan_status suan_costs_collect(const struct suan_rows *rows, enum suan_row_phase phase,
                                                  enum suan_row_state state, const uint64_t *sizes,
                                                  uint32_t groups, enum suan_costs_filter filter,
                                                  struct suan_costs *out, struct suan_error *error);
void suan_costs_done(struct suan_costs *costs);

/* Sums over a group's pairs in blocks first .. end - 1. */
struct suan_cost suan_costs_sum(const struct suan_costs *costs, uint32_t group, uint32_t first, uint32_t end);
/* The pairs of one cell. */
const struct suan_cost *suan_costs_cell(const struct suan_costs *costs, uint32_t block, uint32_t group,
                                        uint32_t *out_count);
struct suan_cost_grid suan_costs_grid(const struct suan_costs *costs);

#endif
