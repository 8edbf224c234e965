#ifndef SUAN_BENCH_STAT_H
#define SUAN_BENCH_STAT_H

/*
 * From resampled sums to what is claimed. All integers, rounded against the plugin: costs of the baseline
 * down, costs of the plugin and charges up. Pure.
 */
#include "costs.h"
#include "measurement.h"

/* The rank of the lower confidence bound among SUAN_BOOTSTRAP_REPLICATES: floor(10,000 * 0.025 / (looks * m *
   (m + 1))) for the m-th attempt. 0: too many attempts, nothing can be credited any more
   ("measure.attempts"). */
uint32_t suan_stat_rank(uint32_t looks, uint32_t attempt);

/* Ratios of one size. `sums` is one group's column: sums[k * stride]. rank_ppm is the ratio at the rank-th
 * largest. */
struct suan_ratio {
    int64_t ratio_ppm, lo_ppm, hi_ppm, rank_ppm;
    int64_t halfwidth_ppm; /* of lo to hi, relative to the ratio, rounded up */
    int64_t p_hi_ns;       /* upper 95 % bound of the plugin's cost of one job */
};
void suan_stat_ratio(struct suan_cost point, const struct suan_cost *sums, uint32_t stride, uint32_t rank,
                     int64_t scratch[SUAN_BOOTSTRAP_REPLICATES], struct suan_ratio *out);

/* A ratio that moved by more than 1 % between the first and the last third of the blocks, and by more than
   four standard deviations as the steps from block to block show them. Returns the ratio of the slowest third
   over the whole, ppm; 10^6: no trend. */
int64_t suan_stat_trend(const struct suan_costs *costs, uint32_t group);

/* True if the geometric mean of the pairs' ratios is off the ratio of sums by more than 3 %. */
bool suan_stat_is_skewed(const struct suan_costs *costs, uint32_t group);

struct suan_saving_terms {
    uint32_t groups, rank;
    const uint32_t *weights_ppm;
    const int64_t *slow_ppm; /* per group, from suan_stat_trend */
    int64_t unit_jobs, jobs_per_load, init_b_ns, init_p_ns, eps_ppm, haircut_ppm;
};
/*
 * The credited saving:
 *   S_k      = floor(sum over g of w_g (B_g - P_g) / 10^6) for each replicate k, B_g and P_g the cost of
 * unit_jobs jobs lcb      = the rank-th smallest S_k charge   = ceil(eps sum w_g B_g / 10^12) + ceil(max(0,
 * init_p - init_b) unit_jobs / jobs_per_load) credited = max(0, floor((lcb - charge) (10^6 - haircut) /
 * 10^6)) Fills all fields of `out` but state, dropping, units and tariff. FORMAT "measure.range" beyond 2^53
 * - 1.
 */
SUAN_MUST_USE enum suan_status suan_stat_saving(const struct suan_saving_terms *terms,
                                                const struct suan_cost *points, const struct suan_cost *sums,
                                                int64_t scratch[SUAN_BOOTSTRAP_REPLICATES],
                                                struct suan_saving *out, struct suan_error *error);

/* The bound of |log ratio| that one A/A shows, ppm: max(r - 1, 1 / r - 1), rounded up. */
int64_t suan_stat_log_ratio(int64_t ratio_ppm);

/* 99th percentile (nearest rank) of A/A log ratios; at least 5,000 while there are fewer than 50. Sorts
 * `values`. */
int64_t suan_stat_eps(int64_t *values, uint32_t count);

#endif
