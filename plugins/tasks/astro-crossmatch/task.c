/* astro.crossmatch/1: which catalogue object is each observation? Ports, sizes, workload, and the task's
 * table. */
#include "crossmatch.h"

#include <stdlib.h>

struct suan_instance {
    const struct suan_host *host;
    struct generator *generator;
    struct checker *checker;
};

const struct suan_port crossmatch_in[N_IN] = {
    {"catalogue", SUAN_TYPE_F64, 2, 0},
    {"observed", SUAN_TYPE_F64, 2, 0},
    {"radius_arcsec", SUAN_TYPE_F64, 0, SUAN_PORT_PARAM},
};

static const struct suan_port ports_out[N_OUT] = {
    {"index", SUAN_TYPE_I64, 1, 0},
    {"separation_arcsec", SUAN_TYPE_F64, 1, 0},
};

/* Exposures of a survey: few have a handful of sources, most have dozens to hundreds. */
static const uint32_t weights_ppm[] = {100000, 200000, 400000, 300000};

static const struct suan_task_info info = {
    .struct_size = sizeof(struct suan_task_info),
    .n_in = N_IN,
    .n_out = N_OUT,
    .n_prepared = 1,
    .in = crossmatch_in,
    .out = ports_out,
    .size_min = 5,
    .size_max = 512,
    .size_port = IN_OBSERVED,
    .size_dim = 0,
    .n_weights = sizeof weights_ppm / sizeof *weights_ppm,
    .cache_mode = SUAN_CACHE_BOTH,
    .weights_ppm = weights_ppm,
    .unit_jobs = 1000000,
    .jobs_per_load = 10000,
    .error_k_ppm = 1000000,
    .error_floor = 1e-6,
    .error_name = "largest error of a separation",
    .error_unit = "arcsec",
};

int32_t crossmatch_expect(const struct suan_host *host, struct suan_ctx *ctx, const struct suan_tensor *in,
                          uint32_t n_in)
{
    int32_t status = suan_expect(host, ctx, in, n_in, crossmatch_in, N_IN);
    if (status != SUAN_OK)
        return status;
    if (in[IN_CATALOGUE].shape[1] != 2 || in[IN_OBSERVED].shape[1] != 2)
        return suan_fail(host, ctx, SUAN_E_SHAPE, "'catalogue' and 'observed' have two columns, ra and dec");
    if (in[IN_CATALOGUE].shape[0] > CATALOGUE_MAX || in[IN_OBSERVED].shape[0] > OBSERVED_MAX)
        return suan_fail(host, ctx, SUAN_E_SHAPE, "at most 2^26 objects and 2^22 observations");
    return SUAN_OK;
}

static void destroy(struct suan_instance *instance)
{
    if (instance == NULL)
        return;
    generator_free(instance->generator);
    checker_free(instance->checker);
    free(instance);
}

static int32_t create(const struct suan_host *host, struct suan_ctx *ctx, const struct suan_config *config,
                      struct suan_instance **out_instance)
{
    *out_instance = NULL;
    if (!suan_is_task(config, TASK_ID))
        return suan_fail(host, ctx, SUAN_E_TASK, "this plugin is the task " TASK_ID);
    struct suan_instance *instance = calloc(1, sizeof *instance);
    if (instance == NULL)
        return suan_fail(host, ctx, SUAN_E_MEMORY, "no memory for an instance");
    instance->host = host;
    instance->generator = generator_new();
    instance->checker = checker_new();
    if (instance->generator == NULL || instance->checker == NULL) {
        destroy(instance);
        return suan_fail(host, ctx, SUAN_E_MEMORY, "no memory for the catalogue");
    }
    *out_instance = instance;
    return SUAN_OK;
}

static int32_t plan(struct suan_instance *instance, const struct suan_job *job, struct suan_tensor *in,
                    uint32_t n_in)
{
    if (n_in != N_IN || job->size > OBSERVED_MAX)
        return suan_fail(instance->host, job->ctx, SUAN_E_SHAPE, "three inputs, at most 2^22 observations");
    suan_out(&in[IN_CATALOGUE], SUAN_TYPE_F64, 2, (const int64_t[]){SKY_COUNT, 2});
    suan_out(&in[IN_OBSERVED], SUAN_TYPE_F64, 2, (const int64_t[]){(int64_t)job->size, 2});
    suan_out(&in[IN_RADIUS], SUAN_TYPE_F64, 0, NULL);
    return SUAN_OK;
}

static int32_t generate(struct suan_instance *instance, const struct suan_job *job)
{
    int32_t status = crossmatch_expect(instance->host, job->ctx, job->in, job->n_in);
    if (status != SUAN_OK)
        return status;
    if (job->in[IN_CATALOGUE].shape[0] != SKY_COUNT || (uint64_t)job->in[IN_OBSERVED].shape[0] != job->size)
        return suan_fail(instance->host, job->ctx, SUAN_E_SHAPE, "the inputs do not have the planned shapes");
    generator_run(instance->generator, job->seed, job->size, suan_f64(&job->in[IN_CATALOGUE]),
                  suan_f64(&job->in[IN_OBSERVED]), suan_f64(&job->in[IN_RADIUS]));
    return SUAN_OK;
}

/* Whether the candidate's outputs have the promised types and extents. */
static int outputs_fit(const struct suan_job *job, int64_t m)
{
    for (uint32_t i = 0; i < N_OUT; i++)
        if (job->n_out != N_OUT || (suan_type_of(&job->out[i].dtype) & ports_out[i].dtypes) == 0 ||
            job->out[i].ndim != 1 || job->out[i].shape[0] != m)
            return 0;
    return 1;
}

static int32_t check(struct suan_instance *instance, const struct suan_job *job, struct suan_verdict *verdict)
{
    memset(verdict, 0, sizeof *verdict);
    verdict->struct_size = sizeof *verdict;
    int32_t status = crossmatch_expect(instance->host, job->ctx, job->in, job->n_in);
    if (status != SUAN_OK)
        return status;
    int64_t m = job->in[IN_OBSERVED].shape[0];
    if (!outputs_fit(job, m)) {
        snprintf(verdict->reason, sizeof verdict->reason, "outputs are not i64 [%lld] and f64 [%lld]",
                 (long long)m, (long long)m);
        return SUAN_OK;
    }
    status = checker_run(
        instance->checker, suan_const_f64(&job->in[IN_CATALOGUE]), (uint64_t)job->in[IN_CATALOGUE].shape[0],
        suan_const_f64(&job->in[IN_OBSERVED]), (uint64_t)m, *suan_const_f64(&job->in[IN_RADIUS]),
        suan_const_i64(&job->out[OUT_INDEX]), suan_const_f64(&job->out[OUT_SEPARATION]), verdict);
    return status == SUAN_OK ? status : suan_fail(instance->host, job->ctx, status, "no memory to check");
}

static const struct suan_task table = {&info, &crossmatch_incumbent, create, plan, generate, check, destroy};

SUAN_DEFINE_TASK(&table, "astro-crossmatch", "1.0.0", "Apache-2.0 AND BSD-3-Clause", "The Suan authors",
                 SUAN_FLAG_CONCURRENT_INSTANCES | SUAN_FLAG_CONCURRENT_RUNS | SUAN_FLAG_BIT_REPEATABLE |
                     SUAN_FLAG_THREAD_INVARIANT,
                 SUAN_TYPE_F64 | SUAN_TYPE_I64, TASK_ID);
