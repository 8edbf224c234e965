/* Least squares in three unknowns, and its bootstrap. */
#include "fit.h"

#include <math.h>
#include <stdlib.h>

#include "base/cleanup.h"
#include "base/number.h"

struct curve {
    double a, b, c; /* in u = log n - centre */
    double residual_variance;
};

struct points {
    uint32_t count;
    double centre;
    double u[SUAN_SIZES_MAX + 1]; /* the last one is limit_n's */
};

static double determinant(double m[3][3])
{
    return m[0][0] * (m[1][1] * m[2][2] - m[1][2] * m[2][1]) -
           m[0][1] * (m[1][0] * m[2][2] - m[1][2] * m[2][0]) +
           m[0][2] * (m[1][0] * m[2][1] - m[1][1] * m[2][0]);
}

/* Cramer's rule on the normal equations; u is centred, so they are well conditioned. */
static void solve(double m[3][3], const double right[3], double out[3])
{
    double whole = determinant(m);
    for (int column = 0; column < 3; column++) {
        double copy[3][3];
        for (int i = 0; i < 3; i++) {
            for (int j = 0; j < 3; j++)
                copy[i][j] = j == column ? right[i] : m[i][j];
        }
        out[column] = determinant(copy) / whole;
    }
}

static double curve_at(const struct curve *curve, double u)
{
    return curve->a + curve->b * u + curve->c * u * u;
}

static void fit_curve(const struct points *points, const double *log_cost, struct curve *out)
{
    double m[3][3] = {{0}}, right[3] = {0}, unknown[3], rest = 0;
    for (uint32_t i = 0; i < points->count; i++) {
        double power[5] = {1, points->u[i], 0, 0, 0};
        for (int p = 2; p < 5; p++)
            power[p] = power[p - 1] * points->u[i];
        for (int row = 0; row < 3; row++) {
            for (int column = 0; column < 3; column++)
                m[row][column] += power[row + column];
            right[row] += power[row] * log_cost[i];
        }
    }
    solve(m, right, unknown);
    *out = (struct curve){.a = unknown[0], .b = unknown[1], .c = unknown[2]};
    for (uint32_t i = 0; i < points->count; i++) {
        double off = log_cost[i] - curve_at(out, points->u[i]);
        rest += off * off;
    }
    out->residual_variance = points->count > 3 ? rest / (points->count - 3) : 0;
}

static double log_cost(int64_t cost_ns, int64_t jobs)
{
    return log((double)(cost_ns > 0 ? cost_ns : 1) / (double)(jobs > 0 ? jobs : 1));
}

static void fit_sides(const struct points *points, const struct suan_cost *sums, struct curve out[2])
{
    double logs[2][SUAN_SIZES_MAX];
    for (uint32_t i = 0; i < points->count; i++) {
        logs[0][i] = log_cost(sums[i].base_ns, sums[i].jobs);
        logs[1][i] = log_cost(sums[i].plugin_ns, sums[i].jobs);
    }
    fit_curve(points, logs[0], &out[0]);
    fit_curve(points, logs[1], &out[1]);
}

/* What the resamples say of one side. */
struct spread {
    double slopes[SUAN_FIT_REPLICATES]; /* b in log n, not centred */
    double sum[SUAN_PI_MAX], squares[SUAN_PI_MAX];
};

static double slope_of(const struct curve *curve, double centre)
{
    return curve->b - 2 * curve->c * centre;
}

static void add_curve(struct spread *spread, uint32_t k, const struct points *points,
                      const struct curve *curve)
{
    spread->slopes[k] = slope_of(curve, points->centre);
    for (uint32_t i = 0; i <= points->count; i++) {
        double value = curve_at(curve, points->u[i]);
        spread->sum[i] += value;
        spread->squares[i] += value * value;
    }
}

static double variance_at(const struct spread *spread, uint32_t i)
{
    double mean = spread->sum[i] / SUAN_FIT_REPLICATES;
    double variance = spread->squares[i] / SUAN_FIT_REPLICATES - mean * mean;
    return variance > 0 ? variance : 0;
}

static int by_value(const void *left, const void *right)
{
    double a = *(const double *)left, b = *(const double *)right;
    return (a > b) - (a < b);
}

enum { LOW = SUAN_FIT_REPLICATES / 40 };

static void describe(const struct points *points, const struct curve *curve, struct spread *spread,
                     struct suan_fit_side *out)
{
    double centre = points->centre;
    out->a = curve->a - curve->b * centre + curve->c * centre * centre;
    out->b = slope_of(curve, centre);
    out->c = curve->c;
    qsort(spread->slopes, SUAN_FIT_REPLICATES, sizeof spread->slopes[0], by_value);
    out->b_lo = spread->slopes[LOW - 1];
    out->b_hi = spread->slopes[SUAN_FIT_REPLICATES - LOW];
    for (uint32_t i = 0; i <= points->count; i++) {
        double centre_log = curve_at(curve, points->u[i]);
        double half = 1.96 * sqrt(curve->residual_variance + variance_at(spread, i));
        out->pi[i][0] = exp(centre_log - half);
        out->pi[i][1] = exp(centre_log + half);
    }
}

/* Upper 97.5 % bound of plugin over baseline at limit_n, with what the curves leave unexplained. */
static int64_t limit_ratio(const struct points *points, const struct curve curves[2],
                           const struct spread *ratio)
{
    double u = points->u[points->count];
    double centre = curve_at(&curves[1], u) - curve_at(&curves[0], u);
    double variance =
        variance_at(ratio, points->count) + curves[0].residual_variance + curves[1].residual_variance;
    double bound = ceil(exp(centre + 1.96 * sqrt(variance)) * 1e6);
    return bound < (double)SUAN_JSON_INTEGER_MAX ? (int64_t)bound : SUAN_JSON_INTEGER_MAX;
}

static void place_points(const struct suan_costs *costs, int64_t limit_n, struct points *out)
{
    out->count = costs->groups;
    for (uint32_t i = 0; i < costs->groups; i++)
        out->centre += log((double)costs->sizes[i]) / costs->groups;
    for (uint32_t i = 0; i < costs->groups; i++)
        out->u[i] = log((double)costs->sizes[i]) - out->centre;
    out->u[costs->groups] = log((double)limit_n) - out->centre;
}

static void collect(const struct points *points, const struct suan_cost *sums, struct spread spreads[3])
{
    for (uint32_t k = 0; k < SUAN_FIT_REPLICATES; k++) {
        struct curve drawn[2];
        fit_sides(points, sums + (size_t)k * points->count, drawn);
        struct curve ratio = {
            .a = drawn[1].a - drawn[0].a, .b = drawn[1].b - drawn[0].b, .c = drawn[1].c - drawn[0].c};
        add_curve(&spreads[0], k, points, &drawn[0]);
        add_curve(&spreads[1], k, points, &drawn[1]);
        add_curve(&spreads[2], k, points, &ratio);
    }
}

enum suan_status suan_fit_costs(const struct suan_costs *costs, struct suan_span seed,
                                struct suan_fit_facts *out, struct suan_error *error)
{
    *out = (struct suan_fit_facts){0};
    if (costs->groups < SUAN_FIT_SIZES_MIN || costs->blocks < 2)
        return SUAN_OK;
    SUAN_CLEANUP(suan_freep)
    struct suan_cost *sums = calloc((size_t)SUAN_FIT_REPLICATES * costs->groups, sizeof *sums);
    SUAN_CLEANUP(suan_freep) struct spread *spreads = calloc(3, sizeof *spreads);
    if (sums == NULL || spreads == NULL)
        return suan_error_set(error, SUAN_E_MEMORY, "memory", NULL, "out of memory");
    struct suan_cost_grid grid = suan_costs_grid(costs);
    enum suan_status status = suan_bootstrap_grid(&grid, seed, "fit", SUAN_FIT_REPLICATES, sums, error);
    if (status != SUAN_OK)
        return status;
    struct points points = {0};
    struct suan_cost whole[SUAN_SIZES_MAX];
    struct curve curves[2];
    out->limit_n = SUAN_FIT_LIMIT_FACTOR * (int64_t)costs->sizes[costs->groups - 1];
    place_points(costs, out->limit_n, &points);
    for (uint32_t g = 0; g < costs->groups; g++)
        whole[g] = suan_costs_sum(costs, g, 0, costs->blocks);
    fit_sides(&points, whole, curves);
    collect(&points, sums, spreads);
    describe(&points, &curves[0], &spreads[0], &out->base);
    describe(&points, &curves[1], &spreads[1], &out->plugin);
    out->limit_ratio_hi_ppm = limit_ratio(&points, curves, &spreads[2]);
    out->points = costs->groups + 1;
    out->present = true;
    return SUAN_OK;
}
