/* sky-kdtree: astro.crossmatch/1 by a k-d tree on unit vectors. The tree is made once; a match takes about a
 * microsecond. */
#include <math.h>
#include <stdlib.h>

#include <suan/plugin.h>

#include "tree.h"

#define TASK_ID "astro.crossmatch/1"
#define PI 3.14159265358979323846

struct suan_instance {
    const struct suan_host *host;
    struct tree *tree;
    int64_t n;
};

enum { IN_CATALOGUE, IN_OBSERVED, IN_RADIUS, N_IN };
enum { OUT_INDEX, OUT_SEPARATION, N_OUT };
enum { CANCEL_EVERY = 4096, CATALOGUE_MAX = 1 << 28 };

static const struct suan_port ports[N_IN] = {
    {"catalogue", SUAN_TYPE_F64, 2, 0},
    {"observed", SUAN_TYPE_F64, 2, 0},
    {"radius_arcsec", SUAN_TYPE_F64, 0, SUAN_PORT_PARAM},
};

static struct tree_point point_from_degrees(double ra_deg, double dec_deg)
{
    double a = ra_deg * (PI / 180.0), d = dec_deg * (PI / 180.0), c = cos(d);
    return (struct tree_point){{c * cos(a), c * sin(a), sin(d)}};
}

static void destroy(struct suan_instance *instance)
{
    if (instance == NULL)
        return;
    tree_free(instance->tree);
    free(instance);
}

static int32_t create(const struct suan_host *host, struct suan_ctx *ctx, const struct suan_config *config,
                      struct suan_instance **out_instance)
{
    *out_instance = NULL;
    if (!suan_is_task(config, TASK_ID))
        return suan_fail(host, ctx, SUAN_E_TASK, "sky-kdtree solves " TASK_ID);
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
    int32_t status = suan_expect(instance->host, ctx, in, n_in, ports, 1);
    if (status != SUAN_OK)
        return status;
    if (in[0].shape[1] != 2 || in[0].shape[0] > CATALOGUE_MAX)
        return suan_fail(instance->host, ctx, SUAN_E_SHAPE,
                         "'catalogue' has two columns and at most 2^28 rows");
    uint64_t n = (uint64_t)in[0].shape[0];
    const double *catalogue = suan_const_f64(&in[0]);
    struct tree_point *points = malloc((n + 1) * sizeof *points);
    for (uint64_t i = 0; points != NULL && i < n; i++)
        points[i] = point_from_degrees(catalogue[2 * i], catalogue[2 * i + 1]);
    struct tree *tree = points != NULL ? tree_new(points, n) : NULL;
    free(points);
    if (tree == NULL)
        return suan_fail(instance->host, ctx, SUAN_E_MEMORY, "no memory for the tree");
    tree_free(instance->tree);
    instance->tree = tree;
    instance->n = (int64_t)n;
    return SUAN_OK;
}

static int32_t expect(struct suan_instance *instance, struct suan_ctx *ctx, const struct suan_tensor *in,
                      uint32_t n_in)
{
    int32_t status = suan_expect(instance->host, ctx, in, n_in, ports, N_IN);
    if (status == SUAN_OK && (in[IN_CATALOGUE].shape[1] != 2 || in[IN_OBSERVED].shape[1] != 2))
        status = suan_fail(instance->host, ctx, SUAN_E_SHAPE, "'catalogue' and 'observed' have two columns");
    return status;
}

static int32_t infer(struct suan_instance *instance, struct suan_ctx *ctx, const struct suan_tensor *in,
                     uint32_t n_in, struct suan_tensor *out, uint32_t n_out)
{
    int32_t status = expect(instance, ctx, in, n_in);
    if (status != SUAN_OK)
        return status;
    if (n_out != N_OUT)
        return suan_fail(instance->host, ctx, SUAN_E_SHAPE, "there are two outputs");
    suan_out(&out[OUT_INDEX], SUAN_TYPE_I64, 1, &in[IN_OBSERVED].shape[0]);
    suan_out(&out[OUT_SEPARATION], SUAN_TYPE_F64, 1, &in[IN_OBSERVED].shape[0]);
    return SUAN_OK;
}

/* A squared chord that no object within the radius exceeds, however it was rounded; -1 if nothing can match.
 */
static double search_limit(double radius_arcsec)
{
    if (!(radius_arcsec >= 0))
        return -1;
    double half_angle = fmin(radius_arcsec, 648000) * (PI / 1296000), chord = 2 * sin(half_angle);
    return chord * chord * (1 + 1e-9) + 1e-30;
}

static double arcseconds(double squared_chord)
{
    return 2 * asin(fmin(sqrt(squared_chord) / 2, 1)) * (180.0 * 3600.0 / PI);
}

static int32_t match_all(struct suan_instance *instance, const struct suan_run *run)
{
    const double *observed = suan_const_f64(&run->in[IN_OBSERVED]);
    double radius = *suan_const_f64(&run->in[IN_RADIUS]), limit = search_limit(radius);
    int64_t *index = suan_i64(&run->out[OUT_INDEX]), m = run->in[IN_OBSERVED].shape[0];
    double *separation = suan_f64(&run->out[OUT_SEPARATION]);
    for (int64_t i = 0; i < m; i++) {
        struct tree_point q = point_from_degrees(observed[2 * i], observed[2 * i + 1]);
        struct tree_hit hit = {0, -1};
        if (limit >= 0 && isfinite(q.x[0] + q.x[1] + q.x[2]))
            hit = tree_nearest(instance->tree, q, limit);
        double arcsec = arcseconds(hit.squared_chord);
        int found = hit.index >= 0 && arcsec <= radius;
        index[i] = found ? hit.index : -1;
        separation[i] = found ? arcsec : NAN;
        if (i % CANCEL_EVERY == CANCEL_EVERY - 1 && instance->host->cancelled(run->ctx))
            return SUAN_E_CANCELLED;
    }
    return SUAN_OK;
}

static int32_t run_once(struct suan_instance *instance, const struct suan_run *run)
{
    int32_t status = expect(instance, run->ctx, run->in, run->n_in);
    if (status != SUAN_OK)
        return status;
    if (instance->tree == NULL)
        return suan_fail(instance->host, run->ctx, SUAN_E_STATE, "run before prepare");
    if (run->in[IN_CATALOGUE].shape[0] != instance->n)
        return suan_fail(instance->host, run->ctx, SUAN_E_STATE, "another catalogue was prepared");
    return match_all(instance, run);
}

static const struct suan_algorithm table = {create, prepare, infer, NULL, run_once, destroy};

SUAN_DEFINE_ALGORITHM(&table, "sky-kdtree", "1.0.0", "Apache-2.0", "The Suan authors",
                      SUAN_FLAG_CONCURRENT_RUNS | SUAN_FLAG_CONCURRENT_INSTANCES | SUAN_FLAG_BIT_REPEATABLE |
                          SUAN_FLAG_THREAD_INVARIANT,
                      SUAN_TYPE_F64 | SUAN_TYPE_I64, 1e-8, TASK_ID);
