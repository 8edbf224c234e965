#include "bench/stat.h"

#include <criterion/criterion.h>
#include <criterion/parameterized.h>
#include <math.h>
#include <stdlib.h>

#include "base/cleanup.h"
#include "base/number.h"
#include "bench/units.h"
#include "support.h"
#include "trust/draw.h"

struct rank_row {
    uint32_t looks, attempt, rank;
};
ParameterizedTestParameters(stat, rank_falls_with_looks_and_attempts)
{
    static struct rank_row rows[] = {{1, 1, 125}, {5, 1, 25}, {1, 2, 41}, {5, 2, 8},
                                     {1, 15, 1},  {1, 16, 0}, {5, 7, 0}};
    return cr_make_param_array(struct rank_row, rows, sizeof rows / sizeof rows[0]);
}
ParameterizedTest(struct rank_row *row, stat, rank_falls_with_looks_and_attempts)
{
    cr_assert_eq(suan_stat_rank(row->looks, row->attempt), row->rank);
}

struct unit_row {
    int64_t ns, rate, p_us, price, fen;
};
ParameterizedTestParameters(stat, units_round_down_once)
{
    static struct unit_row rows[] = {
        {INT64_C(3600000000000), 6000, 21600, 1500, 1500}, /* one CPU-hour: 0.0216 P·s */
        {INT64_C(3599999999999), 6000, 21599, 1500, 1499},
        {0, 6000, 0, 1500, 0},
        {1, 1, 0, 1, 0},
        {INT64_C(9007199254740991), 1000, INT64_C(9007199), 3600, INT64_C(9007199)},
    };
    return cr_make_param_array(struct unit_row, rows, sizeof rows / sizeof rows[0]);
}
ParameterizedTest(struct unit_row *row, stat, units_round_down_once)
{
    int64_t p_us, fen;
    cr_assert(suan_units_p_us(row->ns, row->rate, &p_us));
    cr_assert(suan_units_fen(row->ns, row->price, &fen));
    cr_assert_eq(p_us, row->p_us, "%lld", (long long)p_us);
    cr_assert_eq(fen, row->fen, "%lld", (long long)fen);
}

Test(stat, units_refuse_what_json_cannot_carry)
{
    int64_t out;
    cr_assert_not(suan_units_p_us(INT64_MAX, INT64_C(1000000000000), &out));
    cr_assert_not(suan_units_fen(-1, 5, &out));
}

Test(stat, ratios_round_up)
{
    cr_assert_eq(suan_units_ppm(1, 3), 333334);
    cr_assert_eq(suan_units_ppm(0, 3), 0);
    cr_assert_eq(suan_units_ppm(3, 3), 1000000);
}

/* Every replicate is the same, so the formula can be followed by hand. */
static struct suan_saving saving_of(int64_t base, int64_t plugin, int64_t jobs,
                                    const struct suan_saving_terms *terms)
{
    SUAN_CLEANUP(suan_freep) struct suan_cost *sums = calloc(SUAN_BOOTSTRAP_REPLICATES, sizeof *sums);
    SUAN_CLEANUP(suan_freep) int64_t *scratch = calloc(SUAN_BOOTSTRAP_REPLICATES, sizeof *scratch);
    struct suan_cost point = {.base_ns = base, .plugin_ns = plugin, .jobs = jobs};
    struct suan_saving out = {0};
    for (int k = 0; k < SUAN_BOOTSTRAP_REPLICATES; k++)
        sums[k] = point;
    cr_assert_eq(suan_stat_saving(terms, &point, sums, scratch, &out, NULL), SUAN_OK);
    return out;
}

static const uint32_t all_weight[] = {1000000};
static const int64_t no_trend[] = {1000000};

Test(stat, credited_saving_by_hand)
{
    struct suan_saving_terms terms = {.groups = 1,
                                      .rank = 125,
                                      .weights_ppm = all_weight,
                                      .slow_ppm = no_trend,
                                      .unit_jobs = 1000,
                                      .jobs_per_load = 7,
                                      .init_b_ns = 10,
                                      .init_p_ns = 31,
                                      .eps_ppm = 5000,
                                      .haircut_ppm = 50000};
    struct suan_saving saving = saving_of(3000, 1000, 3, &terms);
    cr_assert_eq(saving.baseline_ns, 1000000);
    cr_assert_eq(saving.plugin_ns, 333334); /* 1000 * 1000 / 3, up */
    cr_assert_eq(saving.lcb_ns, 666666);
    cr_assert_eq(saving.eps_ns, 5000);
    cr_assert_eq(saving.init_ns, 3000); /* 21 * 1000 / 7 */
    cr_assert_eq(saving.credited_ns, (666666 - 5000 - 3000) * 95 / 100);
}

Test(stat, nothing_is_credited_to_a_slower_plugin)
{
    struct suan_saving_terms terms = {.groups = 1,
                                      .rank = 1,
                                      .weights_ppm = all_weight,
                                      .slow_ppm = no_trend,
                                      .unit_jobs = 1,
                                      .jobs_per_load = 1};
    struct suan_saving saving = saving_of(1000, 1001, 1, &terms);
    cr_assert_eq(saving.point_ns, -1);
    cr_assert_eq(saving.credited_ns, 0);
}

Test(stat, a_trend_is_billed_at_its_slowest_third)
{
    const int64_t slow[] = {1100000};
    struct suan_saving_terms terms = {.groups = 1,
                                      .rank = 1,
                                      .weights_ppm = all_weight,
                                      .slow_ppm = slow,
                                      .unit_jobs = 1,
                                      .jobs_per_load = 1};
    cr_assert_eq(saving_of(1000, 500, 1, &terms).plugin_ns, 550);
}

Test(stat, a_saving_beyond_json_is_refused)
{
    SUAN_CLEANUP(suan_freep) struct suan_cost *sums = calloc(SUAN_BOOTSTRAP_REPLICATES, sizeof *sums);
    SUAN_CLEANUP(suan_freep) int64_t *scratch = calloc(SUAN_BOOTSTRAP_REPLICATES, sizeof *scratch);
    struct suan_cost point = {.base_ns = INT64_C(1) << 40, .plugin_ns = 1, .jobs = 1};
    struct suan_saving_terms terms = {.groups = 1,
                                      .rank = 1,
                                      .weights_ppm = all_weight,
                                      .slow_ppm = no_trend,
                                      .unit_jobs = INT64_C(1) << 20,
                                      .jobs_per_load = 1};
    struct suan_saving out;
    struct suan_error error = {0};
    cr_assert_eq(suan_stat_saving(&terms, &point, sums, scratch, &out, &error), SUAN_E_FORMAT);
    cr_assert_str_eq(error.code, "measure.range");
}

Test(stat, eps_is_the_99th_percentile_and_at_least_half_a_percent_while_young)
{
    int64_t values[50];
    for (int i = 0; i < 50; i++)
        values[i] = 100 * i;
    cr_assert_eq(suan_stat_eps(values, 0), 5000);
    cr_assert_eq(suan_stat_eps(values, 20), 5000);
    cr_assert_eq(suan_stat_eps(values, 50), 4900);
    cr_assert_eq(suan_stat_log_ratio(1010000), 10000);
    cr_assert_eq(suan_stat_log_ratio(990000), 10102); /* 1 / 0.99 - 1, up */
}

/* --- coverage ----------------------------------------------------------------------------------------- */

enum { TRIALS = 300, BLOCKS = 5, PAIRS = 5 };

struct trial {
    uint32_t counts[BLOCKS];
    struct suan_cost pairs[BLOCKS * PAIRS];
};

/* Blocks whose ratio wanders by 1 % around one half, pairs by 1 % around their block's. */
static void simulate(struct suan_draw *draw, struct trial *out)
{
    for (uint32_t block = 0; block < BLOCKS; block++) {
        double ratio = 0.5 + 0.01 * sample_normal(draw);
        out->counts[block] = PAIRS;
        for (uint32_t pair = 0; pair < PAIRS; pair++)
            out->pairs[block * PAIRS + pair] =
                (struct suan_cost){.base_ns = llround(1e7 * (1 + 0.01 * sample_normal(draw))),
                                   .plugin_ns = llround(1e7 * ratio * (1 + 0.01 * sample_normal(draw))),
                                   .jobs = 1};
    }
}

static bool covers(struct suan_cost *sums, int64_t *scratch)
{
    for (int k = 0; k < SUAN_BOOTSTRAP_REPLICATES; k++)
        scratch[k] = (sums[k].base_ns - sums[k].plugin_ns) / sums[k].jobs;
    return suan_bootstrap_rank(scratch, SUAN_BOOTSTRAP_REPLICATES, suan_stat_rank(1, 1)) <= 5000000;
}

Test(stat, the_bound_covers_known_truth_and_pooled_pairs_cover_less)
{
    SUAN_CLEANUP(suan_freep) struct suan_cost *sums = calloc(SUAN_BOOTSTRAP_REPLICATES, sizeof *sums);
    SUAN_CLEANUP(suan_freep) int64_t *scratch = calloc(SUAN_BOOTSTRAP_REPLICATES, sizeof *scratch);
    struct suan_draw draw;
    int blocks_cover = 0, pooled_cover = 0;
    suan_draw_init(&draw, suan_span_text("coverage"), "simulate");
    for (uint32_t t = 0; t < TRIALS; t++) {
        struct trial trial;
        simulate(&draw, &trial);
        struct suan_cost_grid grid = {
            .blocks = BLOCKS, .groups = 1, .counts = trial.counts, .pairs = trial.pairs};
        struct suan_span seed = suan_span(&t, sizeof t);
        cr_assert_eq(suan_bootstrap_grid(&grid, seed, "bootstrap", SUAN_BOOTSTRAP_REPLICATES, sums, NULL),
                     SUAN_OK);
        blocks_cover += covers(sums, scratch);
        cr_assert_eq(suan_bootstrap_pairs(trial.pairs, BLOCKS * PAIRS, seed, "bootstrap",
                                          SUAN_BOOTSTRAP_REPLICATES, sums, NULL),
                     SUAN_OK);
        pooled_cover += covers(sums, scratch);
    }
    cr_expect_geq(blocks_cover * 1000, TRIALS * 975, "%d of %d", blocks_cover, TRIALS);
    cr_expect_lt(pooled_cover, blocks_cover - TRIALS / 100, "pooled %d, blocks %d", pooled_cover,
                 blocks_cover);
}
