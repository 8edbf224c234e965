/* From rows to the stated figures. */
#include "derive.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/cleanup.h"
#include "fit.h"
#include "stat.h"
#include "units.h"

enum { WIDE_PPM = 10000, HAIRCUT_PPM = 50000, HAIRCUT_C_PPM = 70000 };

const struct suan_mode_plan *suan_mode_plan(enum suan_mode mode)
{
    static const struct suan_mode_plan plans[] = {
        [SUAN_MODE_QUICK] = {.sizes = 4,
                             .pairs = 5,
                             .aa_blocks = 12,
                             .n_looks = 1,
                             .looks = {5},
                             .aa_bias_ppm = 10000,
                             .aa_halfwidth_ppm = 20000,
                             .budget_ms = 60000},
        [SUAN_MODE_FULL] = {.sizes = 8,
                            .pairs = 10,
                            .aa_blocks = 8,
                            .n_looks = 5,
                            .looks = {8, 12, 18, 27, 40},
                            .aa_bias_ppm = 5000,
                            .aa_halfwidth_ppm = 10000,
                            .budget_ms = 900000,
                            .has_cold = true},
    };
    return &plans[mode];
}

void suan_derive_aa_sizes(uint32_t sizes, uint32_t out[2])
{
    out[0] = 0;
    out[1] = sizes / 2;
}

struct suan_digest suan_derive_master(const struct suan_measurement *m)
{
    struct suan_digest root = {{0}};
    if (m->seed.logged)
        root = m->seed.log_root;
    return suan_seed_master(m->seed.secret, &m->release.tar, &m->baseline.tar, &m->task.contract, &root);
}

/* Buffers and constants of one derivation. */
struct work {
    struct suan_digest master;
    uint64_t sizes[SUAN_SIZES_MAX];
    uint32_t weights[SUAN_SIZES_MAX], rank;
    struct suan_cost *sums; /* replicates of one series */
    int64_t *scratch;
};

static void work_done(struct work *work)
{
    free(work->sums);
    free(work->scratch);
}

static enum suan_status work_init(struct work *work, const struct suan_measurement *m,
                                  struct suan_error *error)
{
    work->master = suan_derive_master(m);
    work->rank = suan_stat_rank(m->session.looks, m->session.attempt);
    if (work->rank == 0)
        return suan_error_set(
            error, SUAN_E_REFUSED, "measure.attempts",
            "measure a new version; each retry costs confidence, and none is left for this one",
            "attempt %u of this release leaves no rank among 10,000 replicates", m->session.attempt);
    enum suan_status status = suan_sizes_draw(&work->master, m->task.size_min, m->task.size_max,
                                              m->session.sizes, work->sizes, error);
    if (status != SUAN_OK)
        return status;
    status =
        suan_sizes_weights(m->task.weights_ppm, m->task.n_weights, m->session.sizes, work->weights, error);
    if (status != SUAN_OK)
        return status;
    work->sums = calloc((size_t)SUAN_BOOTSTRAP_REPLICATES * SUAN_SIZES_MAX, sizeof *work->sums);
    work->scratch = calloc(SUAN_BOOTSTRAP_REPLICATES, sizeof *work->scratch);
    if (work->sums == NULL || work->scratch == NULL)
        return suan_error_set(error, SUAN_E_MEMORY, "memory", NULL, "out of memory");
    return SUAN_OK;
}

static struct suan_span seed_of(const struct work *work)
{
    return suan_span(work->master.bytes, sizeof work->master.bytes);
}

static enum suan_status resample(struct work *work, const struct suan_costs *costs, struct suan_error *error)
{
    struct suan_cost_grid grid = suan_costs_grid(costs);
    return suan_bootstrap_grid(&grid, seed_of(work), "bootstrap", SUAN_BOOTSTRAP_REPLICATES, work->sums,
                               error);
}

static void ratio_of(struct work *work, const struct suan_costs *costs, uint32_t group,
                     struct suan_ratio *out)
{
    suan_stat_ratio(suan_costs_sum(costs, group, 0, costs->blocks), work->sums + group, costs->groups,
                    work->rank, work->scratch, out);
}

/* --- A/A ---------------------------------------------------------------------------------------------- */

static enum suan_status derive_aa(struct work *work, struct suan_measurement *m, const struct suan_rows *rows,
                                  bool *out_stable, struct suan_error *error)
{
    uint32_t places[2];
    suan_derive_aa_sizes(m->session.sizes, places);
    const uint64_t sizes[2] = {work->sizes[places[0]], work->sizes[places[1]]};
    SUAN_CLEANUP(suan_costs_done) struct suan_costs costs = {0};
    *out_stable = false;
    enum suan_status status =
        suan_costs_collect(rows, SUAN_PHASE_AA, SUAN_STATE_WARM, sizes, 2, SUAN_COSTS_ALL, &costs, error);
    if (status != SUAN_OK || costs.blocks < 2)
        return status;
    status = resample(work, &costs, error);
    if (status != SUAN_OK)
        return status;
    m->aa.bias_ppm = m->aa.halfwidth_ppm = 0;
    for (uint32_t group = 0; group < 2; group++) {
        struct suan_ratio ratio;
        ratio_of(work, &costs, group, &ratio);
        int64_t bias = ratio.ratio_ppm - 1000000;
        if (llabs(bias) > llabs(m->aa.bias_ppm))
            m->aa.bias_ppm = bias;
        if (ratio.halfwidth_ppm > m->aa.halfwidth_ppm)
            m->aa.halfwidth_ppm = ratio.halfwidth_ppm;
    }
    const struct suan_mode_plan *plan = suan_mode_plan(m->mode);
    *out_stable = llabs(m->aa.bias_ppm) <= plan->aa_bias_ppm && m->aa.halfwidth_ppm <= plan->aa_halfwidth_ppm;
    return SUAN_OK;
}

enum suan_status suan_derive_aa(struct suan_measurement *m, const struct suan_rows *rows, bool *out_stable,
                                struct suan_error *error)
{
    SUAN_CLEANUP(work_done) struct work work = {0};
    enum suan_status status = work_init(&work, m, error);
    if (status != SUAN_OK)
        return status;
    return derive_aa(&work, m, rows, out_stable, error);
}

/* --- the grid ----------------------------------------------------------------------------------------- */

static void sum_rows(const struct suan_rows *rows, struct suan_grid_row *out)
{
    out->err_b[2] = out->err_p[2] = 0;
    for (size_t i = 0; i < rows->count; i++) {
        const struct suan_row *row = &rows->items[i];
        if (row->phase != SUAN_PHASE_MAIN || row->n != out->n || row->state != out->state)
            continue;
        bool is_base = row->side == SUAN_SIDE_BASELINE;
        *(is_base ? &out->wall_b_ns : &out->wall_p_ns) += row->wall_ns;
        int64_t *rss = is_base ? &out->rss_b_kib : &out->rss_p_kib;
        *rss = row->rss_kib > *rss ? row->rss_kib : *rss;
        double *worst = is_base ? &out->err_b[2] : &out->err_p[2];
        if (isnan(row->err_max) || row->err_max > *worst)
            *worst = row->err_max;
        out->failed += is_base ? 0 : row->failed;
    }
}

static int by_value(const void *left, const void *right)
{
    int64_t a = *(const int64_t *)left, b = *(const int64_t *)right;
    return (a > b) - (a < b);
}

static void distribute(const struct suan_costs *costs, uint32_t group, int64_t *scratch,
                       struct suan_grid_row *out)
{
    for (uint32_t block = 0; block < costs->blocks; block++) {
        uint32_t count;
        const struct suan_cost *cell = suan_costs_cell(costs, block, group, &count);
        struct suan_cost sum = suan_costs_sum(costs, group, block, block + 1);
        out->block_ratio_ppm[block] = suan_units_ppm(sum.plugin_ns, sum.base_ns > 0 ? sum.base_ns : 1);
        for (uint32_t i = 0; i < count; i++)
            scratch[out->pairs++] =
                suan_units_ppm(cell[i].plugin_ns, cell[i].base_ns > 0 ? cell[i].base_ns : 1);
    }
    qsort(scratch, out->pairs, sizeof *scratch, by_value);
    for (uint32_t i = 0; i < SUAN_ECDF_POINTS; i++)
        out->ecdf_ppm[i] = scratch[(uint64_t)i * (out->pairs - 1) / (SUAN_ECDF_POINTS - 1)];
}

/* The error quantiles that were observed for this size, if any. */
static void keep_errors(const struct suan_measurement *m, struct suan_grid_row *out)
{
    for (uint32_t i = 0; i < m->n_grid; i++) {
        if (m->grid[i].n != out->n || m->grid[i].state != out->state)
            continue;
        memcpy(out->err_b, m->grid[i].err_b, sizeof out->err_b);
        memcpy(out->err_p, m->grid[i].err_p, sizeof out->err_p);
    }
}

static int64_t fill_grid_row(struct work *work, const struct suan_measurement *m,
                             const struct suan_rows *rows, const struct suan_costs *costs, uint32_t group,
                             struct suan_grid_row *out)
{
    struct suan_cost sum = suan_costs_sum(costs, group, 0, costs->blocks);
    struct suan_ratio ratio;
    keep_errors(m, out);
    sum_rows(rows, out);
    out->blocks = costs->blocks;
    out->calls = sum.jobs;
    out->cpu_b_ns = sum.base_ns;
    out->cpu_p_ns = sum.plugin_ns;
    ratio_of(work, costs, group, &ratio);
    out->ratio_ppm = ratio.ratio_ppm;
    out->lo_ppm = ratio.lo_ppm;
    out->hi_ppm = ratio.hi_ppm;
    out->bound_ppm = ratio.rank_ppm + m->aa.eps_ppm;
    out->p_hi_ns = ratio.p_hi_ns;
    distribute(costs, group, work->scratch, out);
    return ratio.halfwidth_ppm;
}

static unsigned count_flags(const struct suan_measurement *m, const struct suan_costs *costs,
                            enum suan_row_state state, uint32_t group, int64_t halfwidth_ppm,
                            int64_t slow_ppm)
{
    unsigned flags = halfwidth_ppm > WIDE_PPM ? SUAN_REMARK_WIDE : 0;
    flags |= slow_ppm > 1000000 ? SUAN_REMARK_TREND : 0;
    flags |= suan_stat_is_skewed(costs, group) ? SUAN_REMARK_SKEWED : 0;
    for (uint32_t block = 0; block < costs->blocks && state == SUAN_STATE_WARM; block++)
        flags |=
            costs->counts[block * costs->groups + group] < m->session.pairs ? SUAN_REMARK_FEWER_PAIRS : 0;
    return flags;
}

static int64_t haircut_of(const struct suan_measurement *m)
{
    return m->tier[0] == 'C' ? HAIRCUT_C_PPM : HAIRCUT_PPM;
}

static enum suan_status saving_of(struct work *work, const struct suan_measurement *m,
                                  const struct suan_costs *costs, const int64_t *slow_ppm,
                                  struct suan_saving *out, struct suan_error *error)
{
    struct suan_cost points[SUAN_SIZES_MAX];
    for (uint32_t g = 0; g < costs->groups; g++)
        points[g] = suan_costs_sum(costs, g, 0, costs->blocks);
    struct suan_saving_terms terms = {.groups = costs->groups,
                                      .rank = work->rank,
                                      .weights_ppm = work->weights,
                                      .slow_ppm = slow_ppm,
                                      .unit_jobs = m->task.unit_jobs,
                                      .jobs_per_load = m->task.jobs_per_load,
                                      .init_b_ns = m->init_b_ns,
                                      .init_p_ns = m->init_p_ns,
                                      .eps_ppm = m->aa.eps_ppm,
                                      .haircut_ppm = haircut_of(m)};
    return suan_stat_saving(&terms, points, work->sums, work->scratch, out, error);
}

/* The same series without its disturbed pairs: both credits are stated, the lower one counts. */
static enum suan_status compare_calm(struct work *work, const struct suan_measurement *m,
                                     const struct suan_rows *rows, const int64_t *slow_ppm,
                                     struct suan_saving *saving, struct suan_error *error)
{
    SUAN_CLEANUP(suan_costs_done) struct suan_costs calm = {0};
    struct suan_saving kept = {0};
    enum suan_status status = suan_costs_collect(rows, SUAN_PHASE_MAIN, saving->state, work->sizes,
                                                 m->session.sizes, SUAN_COSTS_CALM, &calm, error);
    saving->kept_credited_ns = saving->credited_ns;
    saving->dropped_pairs = calm.dropped;
    if (status != SUAN_OK || calm.dropped == 0)
        return status;
    status = resample(work, &calm, error);
    if (status == SUAN_OK)
        status = saving_of(work, m, &calm, slow_ppm, &kept, error);
    if (status != SUAN_OK)
        return status;
    saving->kept_credited_ns = kept.credited_ns;
    if (kept.credited_ns < saving->credited_ns)
        saving->credited_ns = kept.credited_ns;
    return SUAN_OK;
}

static bool counts(const struct suan_measurement *m, enum suan_row_state state)
{
    return m->task.cache_mode == SUAN_CACHE_BOTH ||
           (m->task.cache_mode == SUAN_CACHE_WARM) == (state == SUAN_STATE_WARM);
}

/* The saving of a series replaces the one so far, if the task credits this state and it is lower, or none was
 * there. */
static enum suan_status offer_saving(struct work *work, struct suan_measurement *m,
                                     const struct suan_rows *rows, const struct suan_costs *costs,
                                     enum suan_row_state state, const int64_t *slow_ppm,
                                     struct suan_error *error)
{
    struct suan_saving saving = {.state = state};
    enum suan_status status = saving_of(work, m, costs, slow_ppm, &saving, error);
    if (status == SUAN_OK)
        status = compare_calm(work, m, rows, slow_ppm, &saving, error);
    if (status != SUAN_OK)
        return status;
    bool is_first = !m->has_saving || !counts(m, m->saving.state);
    if (is_first || (counts(m, state) && saving.credited_ns < m->saving.credited_ns)) {
        memcpy(saving.tariff, m->saving.tariff, sizeof saving.tariff);
        saving.fen_per_cpu_hour = m->saving.fen_per_cpu_hour;
        m->saving = saving;
        m->has_saving = true;
    }
    return SUAN_OK;
}

static enum suan_status derive_series(struct work *work, struct suan_measurement *m,
                                      const struct suan_rows *rows, enum suan_row_state state,
                                      struct suan_grid_row *grid, uint32_t *used, struct suan_error *error)
{
    SUAN_CLEANUP(suan_costs_done) struct suan_costs costs = {0};
    enum suan_status status = suan_costs_collect(rows, SUAN_PHASE_MAIN, state, work->sizes, m->session.sizes,
                                                 SUAN_COSTS_ALL, &costs, error);
    if (status != SUAN_OK || costs.blocks < 2)
        return status;
    status = resample(work, &costs, error);
    if (status != SUAN_OK)
        return status;
    int64_t slow_ppm[SUAN_SIZES_MAX];
    for (uint32_t g = 0; g < costs.groups; g++) {
        struct suan_grid_row *row = &grid[(*used)++];
        *row = (struct suan_grid_row){.n = costs.sizes[g], .state = state};
        int64_t halfwidth = fill_grid_row(work, m, rows, &costs, g, row);
        slow_ppm[g] = suan_stat_trend(&costs, g);
        m->flags |= count_flags(m, &costs, state, g, halfwidth, slow_ppm[g]);
    }
    if (state == SUAN_STATE_WARM)
        status = suan_fit_costs(&costs, seed_of(work), &m->fit, error);
    if (status != SUAN_OK)
        return status;
    return offer_saving(work, m, rows, &costs, state, slow_ppm, error);
}

static enum suan_status derive_grid(struct work *work, struct suan_measurement *m,
                                    const struct suan_rows *rows, struct suan_error *error)
{
    SUAN_CLEANUP(suan_freep) struct suan_grid_row *grid = calloc(SUAN_GRID_MAX, sizeof *grid);
    if (grid == NULL)
        return suan_error_set(error, SUAN_E_MEMORY, "memory", NULL, "out of memory");
    uint32_t used = 0;
    m->has_saving = false;
    m->fit = (struct suan_fit_facts){0};
    m->flags &=
        ~(unsigned)(SUAN_REMARK_WIDE | SUAN_REMARK_TREND | SUAN_REMARK_SKEWED | SUAN_REMARK_FEWER_PAIRS);
    enum suan_status status = derive_series(work, m, rows, SUAN_STATE_WARM, grid, &used, error);
    if (status == SUAN_OK)
        status = derive_series(work, m, rows, SUAN_STATE_COLD, grid, &used, error);
    if (status != SUAN_OK)
        return status;
    memcpy(m->grid, grid, used * sizeof *grid);
    m->n_grid = used;
    return SUAN_OK;
}

/* --- the verdict -------------------------------------------------------------------------------------- */

/* What the rows themselves say: an outcome that no saving outweighs, or CREDITED. */
static enum suan_outcome rows_outcome(const struct suan_rows *rows)
{
    int64_t calls = 0, failed = 0;
    bool wrong = false;
    for (size_t i = 0; i < rows->count; i++) {
        const struct suan_row *row = &rows->items[i];
        if (row->flag == SUAN_ROW_CHEAT)
            return SUAN_OUTCOME_CHEAT;
        wrong |= row->flag == SUAN_ROW_WRONG;
        if (row->side == SUAN_SIDE_PLUGIN && row->phase == SUAN_PHASE_MAIN) {
            calls += row->calls;
            failed += row->failed;
        }
    }
    if (wrong)
        return SUAN_OUTCOME_WRONG;
    return failed * 100 > calls ? SUAN_OUTCOME_FAILED : SUAN_OUTCOME_CREDITED;
}

static bool is_decided(enum suan_outcome outcome)
{
    return outcome == SUAN_OUTCOME_WRONG || outcome == SUAN_OUTCOME_CHEAT || outcome == SUAN_OUTCOME_FAILED ||
           outcome == SUAN_OUTCOME_UNMEASURED || outcome == SUAN_OUTCOME_ABORTED;
}

static enum suan_outcome verdict_of(const struct suan_measurement *m, const struct suan_rows *rows,
                                    bool stable)
{
    enum suan_outcome outcome = rows_outcome(rows);
    if (is_decided(m->outcome))
        return m->outcome;
    if (is_decided(outcome))
        return outcome;
    if (!stable)
        return SUAN_OUTCOME_NOISY;
    if (!m->has_saving || m->tier[0] == 'D')
        return SUAN_OUTCOME_UNMEASURED;
    if (m->saving.credited_ns == 0 || (m->flags & (SUAN_REMARK_FLOOR | SUAN_REMARK_STATEFUL)) != 0)
        return SUAN_OUTCOME_NO_SAVING;
    return m->seed.logged && (m->flags & SUAN_REMARK_INFORMATION) == 0 ? SUAN_OUTCOME_CREDITED
                                                                       : SUAN_OUTCOME_UNLOGGED;
}

static enum suan_status settle(struct suan_measurement *m, struct suan_error *error)
{
    struct suan_saving *saving = &m->saving;
    if (m->outcome != SUAN_OUTCOME_CREDITED)
        saving->credited_ns = 0;
    if (!suan_units_p_us(saving->credited_ns, m->rate_mflops, &saving->p_us) ||
        !suan_units_fen(saving->credited_ns, saving->fen_per_cpu_hour, &saving->fen))
        return suan_error_set(error, SUAN_E_FORMAT, "measure.range", NULL,
                              "the credited saving passes 2^53 - 1");
    return SUAN_OK;
}

enum suan_status suan_derive(struct suan_measurement *m, const struct suan_rows *rows,
                             struct suan_error *error)
{
    SUAN_CLEANUP(work_done) struct work work = {0};
    bool stable = false;
    enum suan_status status = work_init(&work, m, error);
    if (status == SUAN_OK)
        status = derive_aa(&work, m, rows, &stable, error);
    if (status == SUAN_OK)
        status = derive_grid(&work, m, rows, error);
    if (status != SUAN_OK)
        return status;
    m->outcome = verdict_of(m, rows, stable);
    return settle(m, error);
}

enum suan_status suan_derive_width(const struct suan_measurement *m, const struct suan_rows *rows,
                                   int64_t *out_ppm, struct suan_error *error)
{
    SUAN_CLEANUP(work_done) struct work work = {0};
    SUAN_CLEANUP(suan_costs_done) struct suan_costs costs = {0};
    *out_ppm = INT64_MAX;
    enum suan_status status = work_init(&work, m, error);
    if (status != SUAN_OK)
        return status;
    status = suan_costs_collect(rows, SUAN_PHASE_MAIN, SUAN_STATE_WARM, work.sizes, m->session.sizes,
                                SUAN_COSTS_ALL, &costs, error);
    if (status != SUAN_OK || costs.blocks < 2)
        return status;
    status = resample(&work, &costs, error);
    if (status != SUAN_OK)
        return status;
    int64_t widest = 0;
    for (uint32_t g = 0; g < costs.groups; g++) {
        struct suan_ratio ratio;
        ratio_of(&work, &costs, g, &ratio);
        widest = ratio.halfwidth_ppm > widest ? ratio.halfwidth_ppm : widest;
    }
    *out_ppm = widest;
    return SUAN_OK;
}
