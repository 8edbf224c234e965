/*
 * sky-zones: astro.crossmatch/1 by zones of declination (Gray, Nieto-Santisteban and Szalay 2006). The
 * catalogue is cut into zones of a tenth of a degree, each sorted by right ascension; an observation looks at
 * a window of a few of them.
 */
#include <math.h>
#include <stdlib.h>

#include <suan/plugin.h>

#define TASK_ID "astro.crossmatch/1"
#define PI 3.14159265358979323846

enum { IN_CATALOGUE, IN_OBSERVED, IN_RADIUS, N_IN };
enum { OUT_INDEX, OUT_SEPARATION, N_OUT };
enum {
    ZONES_PER_DEGREE = 10,
    N_ZONES = 180 * ZONES_PER_DEGREE,
    CATALOGUE_MAX = 1 << 28,
    CANCEL_EVERY = 256,
};

/* Windows are wider than the radius by this, in degrees: far more than what roundings and place() can
 * displace. */
static const double PAD_DEG = 2e-6;

static const struct suan_port ports[N_IN] = {
    {"catalogue", SUAN_TYPE_F64, 2, 0},
    {"observed", SUAN_TYPE_F64, 2, 0},
    {"radius_arcsec", SUAN_TYPE_F64, 0, SUAN_PORT_PARAM},
};

struct point {
    double x, y, z;
};

/* Where a point lies: 0 <= ra < 360, |dec| <= 90. */
struct place {
    double ra, dec;
};

struct object {
    double ra;
    struct point at;
    int64_t index;
    uint32_t zone;
    uint32_t reserved;
};

struct suan_instance {
    const struct suan_host *host;
    struct object *objects; /* by zone, then right ascension */
    int64_t n;              /* of the catalogue; objects leaves out what is not finite */
    uint64_t starts[N_ZONES + 1];
};

struct best {
    double squared_chord;
    int64_t index; /* -1: none */
};

static struct point point_from_degrees(double ra_deg, double dec_deg)
{
    double a = ra_deg * (PI / 180.0), d = dec_deg * (PI / 180.0), c = cos(d);
    return (struct point){c * cos(a), c * sin(a), sin(d)};
}

static int is_finite(struct point p)
{
    return isfinite(p.x) && isfinite(p.y) && isfinite(p.z);
}

/* The angles as they stand, if they are in range; else those of the point. */
static struct place place(double ra_deg, double dec_deg, struct point p)
{
    if (ra_deg >= 0 && ra_deg < 360 && dec_deg >= -90 && dec_deg <= 90)
        return (struct place){ra_deg, dec_deg};
    double ra = atan2(p.y, p.x) * (180.0 / PI), dec = atan2(p.z, sqrt(p.x * p.x + p.y * p.y)) * (180.0 / PI);
    ra = ra < 0 ? ra + 360 : ra;
    return (struct place){ra < 360 ? ra : 0, dec};
}

static uint32_t zone_of(double dec)
{
    double zone = (dec + 90) * ZONES_PER_DEGREE;
    return zone <= 0 ? 0 : zone >= N_ZONES - 1 ? N_ZONES - 1 : (uint32_t)zone;
}

/* --- preparing ---------------------------------------------------------------------------------------- */

static void destroy(struct suan_instance *instance)
{
    if (instance == NULL)
        return;
    free(instance->objects);
    free(instance);
}

static int32_t create(const struct suan_host *host, struct suan_ctx *ctx, const struct suan_config *config,
                      struct suan_instance **out_instance)
{
    *out_instance = NULL;
    if (!suan_is_task(config, TASK_ID))
        return suan_fail(host, ctx, SUAN_E_TASK, "sky-zones solves " TASK_ID);
    struct suan_instance *instance = calloc(1, sizeof *instance);
    if (instance == NULL)
        return suan_fail(host, ctx, SUAN_E_MEMORY, "no memory for an instance");
    instance->host = host;
    *out_instance = instance;
    return SUAN_OK;
}

static int compare_objects(const void *left, const void *right)
{
    const struct object *a = left, *b = right;
    if (a->zone != b->zone)
        return a->zone < b->zone ? -1 : 1;
    return (a->ra > b->ra) - (a->ra < b->ra);
}

static uint64_t collect(const double *catalogue, int64_t n, struct object *objects)
{
    uint64_t count = 0;
    for (int64_t i = 0; i < n; i++) {
        struct point p = point_from_degrees(catalogue[2 * i], catalogue[2 * i + 1]);
        if (!is_finite(p))
            continue;
        struct place at = place(catalogue[2 * i], catalogue[2 * i + 1], p);
        objects[count++] = (struct object){at.ra, p, i, zone_of(at.dec), 0};
    }
    return count;
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
    int64_t n = in[0].shape[0];
    struct object *objects = malloc(((size_t)n + 1) * sizeof *objects);
    if (objects == NULL)
        return suan_fail(instance->host, ctx, SUAN_E_MEMORY, "no memory for the zones");
    uint64_t count = collect(suan_const_f64(&in[0]), n, objects);
    qsort(objects, count, sizeof *objects, compare_objects);
    free(instance->objects);
    instance->objects = objects;
    instance->n = n;
    uint64_t at = 0;
    for (uint32_t zone = 0; zone <= N_ZONES; zone++) {
        while (at < count && objects[at].zone < zone)
            at++;
        instance->starts[zone] = at;
    }
    instance->starts[N_ZONES] = count;
    return SUAN_OK;
}

/* --- matching ----------------------------------------------------------------------------------------- */

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

/* First object of [begin, end) whose right ascension is not below ra. */
static uint64_t lower_bound(const struct object *objects, uint64_t begin, uint64_t end, double ra)
{
    while (begin < end) {
        uint64_t middle = begin + (end - begin) / 2;
        if (objects[middle].ra < ra)
            begin = middle + 1;
        else
            end = middle;
    }
    return begin;
}

static void search_range(const struct suan_instance *instance, uint32_t zone, double from_ra, double to_ra,
                         struct point q, struct best *best)
{
    const struct object *objects = instance->objects;
    uint64_t end = instance->starts[zone + 1];
    for (uint64_t i = lower_bound(objects, instance->starts[zone], end, from_ra);
         i < end && objects[i].ra <= to_ra; i++) {
        double dx = objects[i].at.x - q.x, dy = objects[i].at.y - q.y, dz = objects[i].at.z - q.z;
        double d2 = dx * dx + dy * dy + dz * dz;
        if (d2 < best->squared_chord || (d2 == best->squared_chord && objects[i].index < best->index)) {
            best->squared_chord = d2;
            best->index = objects[i].index;
        }
    }
}

/* Half the width in right ascension of a circle of that radius; 180 or more if it holds a pole. */
static double window_width(double dec, double radius_deg)
{
    if (fabs(dec) + radius_deg >= 90 - PAD_DEG)
        return 180;
    double sine = sin(radius_deg * (PI / 180)) / cos(dec * (PI / 180));
    return sine < 1 ? asin(sine) * (180 / PI) * (1 + 1e-9) + PAD_DEG : 180;
}

static struct best find_nearest(const struct suan_instance *instance, struct point q, struct place at,
                                double radius_deg)
{
    struct best best = {INFINITY, -1};
    double reach = radius_deg + PAD_DEG, width = window_width(at.dec, reach);
    uint32_t last = zone_of(at.dec + reach);
    for (uint32_t zone = zone_of(at.dec - reach); zone <= last; zone++) {
        if (width >= 180) {
            search_range(instance, zone, 0, 360, q, &best);
            continue;
        }
        search_range(instance, zone, at.ra - width, at.ra + width, q, &best);
        if (at.ra - width < 0)
            search_range(instance, zone, at.ra - width + 360, 360, q, &best);
        if (at.ra + width >= 360)
            search_range(instance, zone, 0, at.ra + width - 360, q, &best);
    }
    return best;
}

static double arcseconds(double squared_chord)
{
    return 2 * asin(fmin(sqrt(squared_chord) / 2, 1)) * (180.0 * 3600.0 / PI);
}

static int32_t match_all(struct suan_instance *instance, const struct suan_run *run)
{
    const double *observed = suan_const_f64(&run->in[IN_OBSERVED]);
    double radius = *suan_const_f64(&run->in[IN_RADIUS]), radius_deg = fmin(radius, 648000) / 3600;
    int64_t *index = suan_i64(&run->out[OUT_INDEX]), m = run->in[IN_OBSERVED].shape[0];
    double *separation = suan_f64(&run->out[OUT_SEPARATION]);
    for (int64_t i = 0; i < m; i++) {
        struct point q = point_from_degrees(observed[2 * i], observed[2 * i + 1]);
        struct best best = {INFINITY, -1};
        if (radius >= 0 && is_finite(q))
            best = find_nearest(instance, q, place(observed[2 * i], observed[2 * i + 1], q), radius_deg);
        double arcsec = best.index >= 0 ? arcseconds(best.squared_chord) : NAN;
        int found = arcsec <= radius;
        index[i] = found ? best.index : -1;
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
    if (instance->objects == NULL)
        return suan_fail(instance->host, run->ctx, SUAN_E_STATE, "run before prepare");
    if (run->in[IN_CATALOGUE].shape[0] != instance->n)
        return suan_fail(instance->host, run->ctx, SUAN_E_STATE, "another catalogue was prepared");
    return match_all(instance, run);
}

static const struct suan_algorithm table = {create, prepare, infer, NULL, run_once, destroy};

SUAN_DEFINE_ALGORITHM(&table, "sky-zones", "1.0.0", "Apache-2.0", "The Suan authors",
                      SUAN_FLAG_CONCURRENT_INSTANCES | SUAN_FLAG_CONCURRENT_RUNS | SUAN_FLAG_BIT_REPEATABLE |
                          SUAN_FLAG_THREAD_INVARIANT,
                      SUAN_TYPE_F64 | SUAN_TYPE_I64, 1e-8, TASK_ID);
