/*
 * Direct comparison, as people do it today: unit vectors are made once, then every observation is held
 * against every object. Objects come in tiles that stay in the first-level cache while all observations pass,
 * and the minima of many columns run side by side, so that the compiler uses vector registers.
 */
#include "crossmatch.h"

#include <math.h>
#include <stdlib.h>

#include "sphere.h"

enum {
    LANES = 64,  /* running minima: enough to fill the vector registers whatever their width */
    TILE = 1024, /* objects: 24 KiB */
};

struct suan_instance {
    const struct suan_host *host;
    uint64_t n, n_padded; /* n_padded: multiple of TILE; the rest is too far to match */
    double *x, *y, *z;    /* one allocation, at x */
};

/* The observations of one run, in scratch. */
struct queries {
    uint64_t m;
    struct sphere_point *points;
    double *best;
    int64_t *index;
};

static void destroy(struct suan_instance *instance)
{
    if (instance == NULL)
        return;
    free(instance->x);
    free(instance);
}

static int32_t create(const struct suan_host *host, struct suan_ctx *ctx, const struct suan_config *config,
                      struct suan_instance **out_instance)
{
    *out_instance = NULL;
    if (!suan_is_task(config, TASK_ID))
        return suan_fail(host, ctx, SUAN_E_TASK, "the incumbent solves " TASK_ID " alone");
    struct suan_instance *instance = calloc(1, sizeof *instance);
    if (instance == NULL)
        return suan_fail(host, ctx, SUAN_E_MEMORY, "no memory for an instance");
    instance->host = host;
    *out_instance = instance;
    return SUAN_OK;
}

static int32_t prepare(struct suan_instance *instance, struct suan_ctx *ctx, const struct suan_tensor *in,
                       uint32_t n_in)
{
    int32_t status = suan_expect(instance->host, ctx, in, n_in, crossmatch_in, 1);
    if (status != SUAN_OK)
        return status;
    if (in[0].shape[1] != 2 || in[0].shape[0] > CATALOGUE_MAX)
        return suan_fail(instance->host, ctx, SUAN_E_SHAPE,
                         "'catalogue' has two columns and at most 2^26 rows");
    uint64_t n = (uint64_t)in[0].shape[0], padded = (n + TILE) / TILE * TILE;
    double *x = aligned_alloc(64, padded * 3 * sizeof *x);
    if (x == NULL)
        return suan_fail(instance->host, ctx, SUAN_E_MEMORY, "no memory for the catalogue");
    free(instance->x);
    *instance = (struct suan_instance){instance->host, n, padded, x, x + padded, x + 2 * padded};
    const double *catalogue = suan_const_f64(&in[0]);
    for (uint64_t i = 0; i < padded; i++) {
        struct sphere_point far = {1e3, 1e3, 1e3};
        struct sphere_point p = i < n ? sphere_from_degrees(catalogue[2 * i], catalogue[2 * i + 1]) : far;
        instance->x[i] = p.x;
        instance->y[i] = p.y;
        instance->z[i] = p.z;
    }
    return SUAN_OK;
}

static int32_t infer(struct suan_instance *instance, struct suan_ctx *ctx, const struct suan_tensor *in,
                     uint32_t n_in, struct suan_tensor *out, uint32_t n_out)
{
    int32_t status = crossmatch_expect(instance->host, ctx, in, n_in);
    if (status != SUAN_OK)
        return status;
    if (n_out != N_OUT)
        return suan_fail(instance->host, ctx, SUAN_E_SHAPE, "there are two outputs");
    suan_out(&out[OUT_INDEX], SUAN_TYPE_I64, 1, &in[IN_OBSERVED].shape[0]);
    suan_out(&out[OUT_SEPARATION], SUAN_TYPE_F64, 1, &in[IN_OBSERVED].shape[0]);
    return SUAN_OK;
}

static int32_t workspace(struct suan_instance *instance, struct suan_ctx *ctx, const struct suan_tensor *in,
                         uint32_t n_in, uint64_t *out_bytes, uint64_t *out_align)
{
    int32_t status = crossmatch_expect(instance->host, ctx, in, n_in);
    if (status != SUAN_OK)
        return status;
    uint64_t m = (uint64_t)in[IN_OBSERVED].shape[0];
    *out_bytes = m * (sizeof(struct sphere_point) + sizeof(double) + sizeof(int64_t)) + 3 * 64;
    *out_align = 64;
    return SUAN_OK;
}

/* The least squared chord between q and the tile that begins at object `first`. */
static double tile_minimum(const struct suan_instance *instance, uint64_t first, struct sphere_point q)
{
    const double *x = instance->x + first, *y = instance->y + first, *z = instance->z + first;
    double least[LANES];
    for (int lane = 0; lane < LANES; lane++)
        least[lane] = INFINITY;
    for (uint64_t i = 0; i < TILE; i += LANES)
        for (int lane = 0; lane < LANES; lane++) {
            double dx = x[i + lane] - q.x, dy = y[i + lane] - q.y, dz = z[i + lane] - q.z;
            double d2 = dx * dx + dy * dy + dz * dz;
            least[lane] = d2 < least[lane] ? d2 : least[lane];
        }
    for (int lane = 1; lane < LANES; lane++)
        least[0] = least[lane] < least[0] ? least[lane] : least[0];
    return least[0];
}

/* The first object of the tile at exactly that squared chord. */
static uint64_t find_in_tile(const struct suan_instance *instance, uint64_t first, struct sphere_point q,
                             double d2)
{
    for (uint64_t i = first; i < first + TILE; i++) {
        struct sphere_point p = {instance->x[i], instance->y[i], instance->z[i]};
        if (sphere_squared_chord(p, q) == d2)
            return i;
    }
    return first;
}

static void compare_tile(const struct suan_instance *instance, uint64_t first, struct queries *queries)
{
    for (uint64_t j = 0; j < queries->m; j++) {
        double least = tile_minimum(instance, first, queries->points[j]);
        if (least < queries->best[j]) {
            queries->best[j] = least;
            queries->index[j] = (int64_t)find_in_tile(instance, first, queries->points[j], least);
        }
    }
}

static void write_answers(const struct queries *queries, const struct suan_run *run)
{
    double radius = *suan_const_f64(&run->in[IN_RADIUS]);
    int64_t *index = suan_i64(&run->out[OUT_INDEX]);
    double *separation = suan_f64(&run->out[OUT_SEPARATION]);
    for (uint64_t j = 0; j < queries->m; j++) {
        double arcsec = sphere_arcseconds(queries->best[j]);
        int found = queries->best[j] <= 4.5 && arcsec <= radius;
        index[j] = found ? queries->index[j] : -1;
        separation[j] = found ? arcsec : NAN;
    }
}

static int32_t run_once(struct suan_instance *instance, const struct suan_run *run)
{
    int32_t status = crossmatch_expect(instance->host, run->ctx, run->in, run->n_in);
    if (status != SUAN_OK)
        return status;
    if (instance->x == NULL)
        return suan_fail(instance->host, run->ctx, SUAN_E_STATE, "run before prepare");
    if ((uint64_t)run->in[IN_CATALOGUE].shape[0] != instance->n)
        return suan_fail(instance->host, run->ctx, SUAN_E_STATE, "another catalogue was prepared");
    struct suan_scratch scratch = suan_scratch_of(run);
    struct queries queries = {.m = (uint64_t)run->in[IN_OBSERVED].shape[0]};
    queries.points = suan_scratch_take(&scratch, queries.m * sizeof *queries.points);
    queries.best = suan_scratch_take(&scratch, queries.m * sizeof *queries.best);
    queries.index = suan_scratch_take(&scratch, queries.m * sizeof *queries.index);
    if (queries.points == NULL || queries.best == NULL || queries.index == NULL)
        return suan_fail(instance->host, run->ctx, SUAN_E_INVALID, "less scratch than workspace asked for");
    const double *observed = suan_const_f64(&run->in[IN_OBSERVED]);
    for (uint64_t j = 0; j < queries.m; j++) {
        queries.points[j] = sphere_from_degrees(observed[2 * j], observed[2 * j + 1]);
        queries.best[j] = INFINITY;
        queries.index[j] = -1;
    }
    for (uint64_t first = 0; first < instance->n_padded; first += TILE) {
        if (instance->host->cancelled(run->ctx))
            return SUAN_E_CANCELLED;
        compare_tile(instance, first, &queries);
    }
    write_answers(&queries, run);
    return SUAN_OK;
}

const struct suan_algorithm crossmatch_incumbent = {create, prepare, infer, workspace, run_once, destroy};
