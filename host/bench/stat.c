/* Bounds, trends and the credited saving. */
#include "stat.h"

#include <math.h>

#include "base/number.h"
#include "units.h"

enum { PPM = 1000000, LOW_RANK = SUAN_BOOTSTRAP_REPLICATES / 40 }; /* 2.5 % */
enum { EPS_MIN_PPM = 5000, EPS_HISTORY = 50, TREND_PPM = 10000, TREND_DEVIATIONS = 4 };

__extension__ typedef __int128 wide;

uint32_t suan_stat_rank(uint32_t looks, uint32_t attempt)
{
    uint64_t divisor = (uint64_t)looks * attempt * ((uint64_t)attempt + 1);
    return divisor == 0 ? 0 : (uint32_t)(LOW_RANK / divisor);
}

static int64_t ratio_of(struct suan_cost cost)
{
    return suan_units_ppm(cost.plugin_ns, cost.base_ns > 0 ? cost.base_ns : 1);
}

static wide floor_div(wide value, wide divisor)
{
    wide quotient = value / divisor;
    return quotient - (value % divisor != 0 && value < 0);
}

static wide ceil_div(wide value, wide divisor)
{
    return -floor_div(-value, divisor);
}

void suan_stat_ratio(struct suan_cost point, const struct suan_cost *sums, uint32_t stride, uint32_t rank,
                     int64_t scratch[SUAN_BOOTSTRAP_REPLICATES], struct suan_ratio *out)
{
    const uint32_t count = SUAN_BOOTSTRAP_REPLICATES;
    for (uint32_t k = 0; k < count; k++) {
        struct suan_cost sum = sums[(size_t)k * stride];
        scratch[k] = sum.jobs > 0 ? (int64_t)ceil_div(sum.plugin_ns, sum.jobs) : 0;
    }
    out->p_hi_ns = suan_bootstrap_rank(scratch, count, count + 1 - LOW_RANK);
    for (uint32_t k = 0; k < count; k++)
        scratch[k] = ratio_of(sums[(size_t)k * stride]);
    out->ratio_ppm = ratio_of(point);
    out->lo_ppm = suan_bootstrap_rank(scratch, count, LOW_RANK);
    out->hi_ppm = scratch[count - LOW_RANK]; /* sorted by now */
    out->rank_ppm = scratch[count - (rank > 0 ? rank : 1)];
    wide width = (wide)(out->hi_ppm - out->lo_ppm) * PPM;
    out->halfwidth_ppm = (int64_t)ceil_div(width, 2 * (wide)(out->ratio_ppm > 0 ? out->ratio_ppm : 1));
}

static int64_t thirds(const struct suan_costs *costs, uint32_t group, int64_t parts[3])
{
    uint32_t third = costs->blocks / 3;
    const uint32_t first[] = {0, third, costs->blocks - third, costs->blocks};
    int64_t slowest = 0;
    for (int i = 0; i < 3; i++) {
        parts[i] = ratio_of(suan_costs_sum(costs, group, first[i], first[i + 1]));
        slowest = parts[i] > slowest ? parts[i] : slowest;
    }
    return slowest;
}

/* Sum of squared steps from block to block: what chance does, hardly touched by a slow drift. */
static wide squared_steps(const struct suan_costs *costs, uint32_t group)
{
    wide sum = 0;
    int64_t before = ratio_of(suan_costs_sum(costs, group, 0, 1));
    for (uint32_t block = 1; block < costs->blocks; block++) {
        int64_t here = ratio_of(suan_costs_sum(costs, group, block, block + 1));
        sum += (wide)(here - before) * (here - before);
        before = here;
    }
    return sum;
}

/* With k blocks in a third and n in all, the difference of two thirds has the variance sum / ((n - 1) k). */
int64_t suan_stat_trend(const struct suan_costs *costs, uint32_t group)
{
    int64_t parts[3], third = costs->blocks / 3;
    if (third == 0)
        return PPM;
    int64_t slowest = thirds(costs, group, parts),
            whole = ratio_of(suan_costs_sum(costs, group, 0, costs->blocks));
    wide change = parts[2] > parts[0] ? parts[2] - parts[0] : parts[0] - parts[2];
    bool is_large = change * PPM > (wide)TREND_PPM * whole;
    bool is_chance = change * change * third * (costs->blocks - 1) <=
                     TREND_DEVIATIONS * TREND_DEVIATIONS * squared_steps(costs, group);
    if (whole == 0 || !is_large || is_chance)
        return PPM;
    int64_t factor = suan_units_ppm(slowest, whole);
    return factor > PPM ? factor : PPM;
}

bool suan_stat_is_skewed(const struct suan_costs *costs, uint32_t group)
{
    double sum = 0;
    uint64_t pairs = 0;
    for (uint32_t block = 0; block < costs->blocks; block++) {
        uint32_t count;
        const struct suan_cost *cell = suan_costs_cell(costs, block, group, &count);
        for (uint32_t i = 0; i < count; i++, pairs++)
            sum += log((double)(cell[i].plugin_ns + 1) / (double)(cell[i].base_ns + 1));
    }
    if (pairs == 0)
        return false;
    double whole = (double)ratio_of(suan_costs_sum(costs, group, 0, costs->blocks)) / PPM;
    double off = exp(sum / (double)pairs) / whole;
    return off > 1.03 || off < 1 / 1.03;
}

/* --- the saving --------------------------------------------------------------------------------------- */

struct weighted {
    wide base, plugin; /* sum of w_g B_g and of w_g P_g: 10^6 times the cost of one unit */
};

/* False if a cost passes what JSON can carry. */
static bool weigh(const struct suan_saving_terms *terms, const struct suan_cost *costs, struct weighted *out)
{
    *out = (struct weighted){0};
    for (uint32_t g = 0; g < terms->groups; g++) {
        if (costs[g].jobs <= 0)
            return false;
        wide base = (wide)terms->unit_jobs * costs[g].base_ns / costs[g].jobs;
        wide plugin = ceil_div((wide)terms->unit_jobs * costs[g].plugin_ns, costs[g].jobs);
        if (base > SUAN_JSON_INTEGER_MAX || plugin > SUAN_JSON_INTEGER_MAX)
            return false;
        plugin = ceil_div(plugin * terms->slow_ppm[g], PPM);
        out->base += base * terms->weights_ppm[g];
        out->plugin += plugin * terms->weights_ppm[g];
    }
    return true;
}

static bool fits(wide value, int64_t *out)
{
    if (value > SUAN_JSON_INTEGER_MAX || value < -SUAN_JSON_INTEGER_MAX)
        return false;
    *out = (int64_t)value;
    return true;
}

static bool charge_of(const struct suan_saving_terms *terms, const struct weighted *point,
                      struct suan_saving *out)
{
    int64_t init = terms->init_p_ns > terms->init_b_ns ? terms->init_p_ns - terms->init_b_ns : 0;
    return fits(ceil_div(point->base * terms->eps_ppm, (wide)PPM * PPM), &out->eps_ns) &&
           fits(ceil_div((wide)init * terms->unit_jobs, terms->jobs_per_load), &out->init_ns);
}

static bool bounds_of(const struct suan_saving_terms *terms, const struct suan_cost *sums, int64_t *scratch,
                      struct suan_saving *out)
{
    for (uint32_t k = 0; k < SUAN_BOOTSTRAP_REPLICATES; k++) {
        struct weighted drawn;
        if (!weigh(terms, sums + (size_t)k * terms->groups, &drawn) ||
            !fits(floor_div(drawn.base - drawn.plugin, PPM), &scratch[k]))
            return false;
    }
    out->rank = terms->rank;
    out->lcb_ns = suan_bootstrap_rank(scratch, SUAN_BOOTSTRAP_REPLICATES, terms->rank);
    out->lo_ns = scratch[LOW_RANK - 1]; /* sorted by now */
    out->hi_ns = scratch[SUAN_BOOTSTRAP_REPLICATES - LOW_RANK];
    return true;
}

enum suan_status suan_stat_saving(const struct suan_saving_terms *terms, const struct suan_cost *points,
                                  const struct suan_cost *sums, int64_t scratch[SUAN_BOOTSTRAP_REPLICATES],
                                  struct suan_saving *out, struct suan_error *error)
{
    struct weighted point;
    if (!weigh(terms, points, &point) || !fits(floor_div(point.base, PPM), &out->baseline_ns) ||
        !fits(ceil_div(point.plugin, PPM), &out->plugin_ns) ||
        !fits(floor_div(point.base - point.plugin, PPM), &out->point_ns) || !charge_of(terms, &point, out) ||
        !bounds_of(terms, sums, scratch, out))
        return suan_error_set(error, SUAN_E_FORMAT, "measure.range",
                              "let the task state its savings for fewer jobs",
                              "a cost of %lld jobs passes 2^53 - 1 ns", (long long)terms->unit_jobs);
    wide credit = (wide)out->lcb_ns - out->eps_ns - out->init_ns;
    credit = floor_div(credit * (PPM - terms->haircut_ppm), PPM);
    out->haircut_ppm = terms->haircut_ppm;
    out->credited_ns = credit > 0 ? (int64_t)credit : 0;
    return SUAN_OK;
}

int64_t suan_stat_log_ratio(int64_t ratio_ppm)
{
    if (ratio_ppm >= PPM)
        return ratio_ppm - PPM;
    return suan_units_ppm(PPM, ratio_ppm > 0 ? ratio_ppm : 1) - PPM;
}

int64_t suan_stat_eps(int64_t *values, uint32_t count)
{
    if (count == 0)
        return EPS_MIN_PPM;
    int64_t eps = suan_bootstrap_rank(values, count, (count * 99 + 99) / 100);
    return count < EPS_HISTORY && eps < EPS_MIN_PPM ? EPS_MIN_PPM : eps;
}
