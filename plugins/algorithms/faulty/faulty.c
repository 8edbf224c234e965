/* faulty: misbehaves on purpose, in the way that config.seed names, to show that a host survives it. Never
 * vetted. */
#include <math.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <suan/plugin.h>

#define TASK_ID "astro.crossmatch/1"
#define PI 3.14159265358979323846

enum fault { HONEST, CRASH, ENDLESS, LEAVE, GARBAGE, FORBIDDEN, GREEDY };

struct suan_instance {
    const struct suan_host *host;
    uint64_t fault;
};

enum { IN_CATALOGUE, IN_OBSERVED, IN_RADIUS, N_IN };
enum { OUT_INDEX, OUT_SEPARATION, N_OUT };

static const struct suan_port ports[N_IN] = {
    {"catalogue", SUAN_TYPE_F64, 2, 0},
    {"observed", SUAN_TYPE_F64, 2, 0},
    {"radius_arcsec", SUAN_TYPE_F64, 0, SUAN_PORT_PARAM},
};

static void destroy(struct suan_instance *instance)
{
    free(instance);
}

static int32_t create(const struct suan_host *host, struct suan_ctx *ctx, const struct suan_config *config,
                      struct suan_instance **out_instance)
{
    *out_instance = NULL;
    if (!suan_is_task(config, TASK_ID))
        return suan_fail(host, ctx, SUAN_E_TASK, "faulty solves " TASK_ID);
    struct suan_instance *instance = calloc(1, sizeof *instance);
    if (instance == NULL)
        return suan_fail(host, ctx, SUAN_E_MEMORY, "no memory for an instance");
    instance->host = host;
    instance->fault = config->seed;
    *out_instance = instance;
    return SUAN_OK;
}

static int32_t infer(struct suan_instance *instance, struct suan_ctx *ctx, const struct suan_tensor *in,
                     uint32_t n_in, struct suan_tensor *out, uint32_t n_out)
{
    int32_t status = suan_expect(instance->host, ctx, in, n_in, ports, N_IN);
    if (status != SUAN_OK)
        return status;
    if (n_out != N_OUT || in[IN_CATALOGUE].shape[1] != 2 || in[IN_OBSERVED].shape[1] != 2)
        return suan_fail(instance->host, ctx, SUAN_E_SHAPE, "two outputs, and inputs of two columns");
    suan_out(&out[OUT_INDEX], SUAN_TYPE_I64, 1, &in[IN_OBSERVED].shape[0]);
    suan_out(&out[OUT_SEPARATION], SUAN_TYPE_F64, 1, &in[IN_OBSERVED].shape[0]);
    return SUAN_OK;
}

static void unit_vector(const double *degrees, double *x)
{
    double a = degrees[0] * (PI / 180.0), d = degrees[1] * (PI / 180.0), c = cos(d);
    x[0] = c * cos(a);
    x[1] = c * sin(a);
    x[2] = sin(d);
}

/* Row of the nearest object and its squared chord; -1 if there is none. */
static int64_t nearest(const double *catalogue, int64_t n, const double *q, double *out_squared)
{
    int64_t best = -1;
    for (int64_t j = 0; j < n; j++) {
        double p[3];
        unit_vector(catalogue + 2 * j, p);
        double dx = p[0] - q[0], dy = p[1] - q[1], dz = p[2] - q[2], squared = (dx * dx + dy * dy) + dz * dz;
        if (best < 0 || squared < *out_squared) {
            best = j;
            *out_squared = squared;
        }
    }
    return best;
}

static int32_t match(struct suan_instance *instance, const struct suan_run *run)
{
    const double *catalogue = suan_const_f64(&run->in[IN_CATALOGUE]),
                 *observed = suan_const_f64(&run->in[IN_OBSERVED]);
    double radius = *suan_const_f64(&run->in[IN_RADIUS]), *separation = suan_f64(&run->out[OUT_SEPARATION]);
    int64_t *index = suan_i64(&run->out[OUT_INDEX]), n = run->in[IN_CATALOGUE].shape[0];
    for (int64_t i = 0; i < run->in[IN_OBSERVED].shape[0]; i++) {
        double q[3], squared = 0;
        unit_vector(observed + 2 * i, q);
        int64_t best = isfinite(q[0] + q[1] + q[2]) ? nearest(catalogue, n, q, &squared) : -1;
        double arcsec = 2 * asin(fmin(1, sqrt(squared) / 2)) * (180.0 * 3600.0 / PI);
        int found = best >= 0 && arcsec <= radius;
        index[i] = found ? best : -1;
        separation[i] = found ? arcsec : NAN;
        if (instance->host->cancelled(run->ctx))
            return SUAN_E_CANCELLED;
    }
    return SUAN_OK;
}

/*
 * Finds the reply region as a hostile plugin would. The inputs' arena is as long as the outputs', which lies
 * below it; the request is mapped next above and can be told by its magic, then the reply. Which pages exist,
 * the kernel says.
 */
static int is_mapped(char *page)
{
    return madvise(page, 4096, MADV_NORMAL) == 0;
}

static void garble(const struct suan_run *run)
{
    enum { PAGE = 4096, PAGES_MAX = 1 << 14, REGION = 8192, SLACK = 4 << 20 };
    char *inputs = run->in[IN_CATALOGUE].data, *outputs = run->out[OUT_INDEX].data,
         *page = inputs + (inputs - outputs) - SLACK;
    int left = PAGES_MAX;
    while (left-- > 0 && !(is_mapped(page) && memcmp(page, "SUW1", 4) == 0))
        page += PAGE;
    page += REGION;
    while (left-- > 0 && !is_mapped(page))
        page += PAGE;
    for (int i = 0; left > 0 && i < REGION; i++)
        ((volatile char *)page)[i] = (char)(i * 37 + 1);
    while (left > 0) /* an answer would write over it */
        ;
}

static int32_t devour(struct suan_instance *instance, const struct suan_run *run)
{
    enum { PIECE = 16 << 20 };
    for (;;) {
        char *piece = malloc(PIECE);
        if (piece == NULL)
            return suan_fail(instance->host, run->ctx, SUAN_E_MEMORY, "all memory is used up");
        for (int i = 0; i < PIECE; i += 4096)
            ((volatile char *)piece)[i] = 1;
    }
}

static int32_t run(struct suan_instance *instance, const struct suan_run *run)
{
    static volatile int always = 1;
    switch (instance->fault) {
    case CRASH: *(volatile int *)(uintptr_t)(always - 1) = 0; break;
    case ENDLESS:
        while (always)
            ;
        break;
    case LEAVE: syscall(SYS_exit_group, 3); break; /* screening refuses who imports exit */
    case GARBAGE: garble(run); break;
    case FORBIDDEN: return syscall(SYS_socket, AF_INET, SOCK_STREAM, 0) < 0 ? SUAN_E_UNSUPPORTED : SUAN_OK;
    case GREEDY: return devour(instance, run);
    default: break;
    }
    return match(instance, run);
}

static const struct suan_algorithm algorithm = {
    .create = create, .infer = infer, .run = run, .destroy = destroy};

SUAN_DEFINE_ALGORITHM(&algorithm, "faulty", "1.0.0", "Apache-2.0", "The Suan authors",
                      SUAN_FLAG_CONCURRENT_INSTANCES | SUAN_FLAG_CONCURRENT_RUNS | SUAN_FLAG_BIT_REPEATABLE,
                      SUAN_TYPE_F64, 1e-6, TASK_ID);
