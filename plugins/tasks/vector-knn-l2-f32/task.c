/* vector.knn.l2.f32/1: the k nearest of many vectors. Ports, sizes, workload, and the task's table. */
#include "knn.h"

#include <stdlib.h>

struct suan_instance {
    const struct suan_host *host;
    struct generator *generator;
    struct checker *checker;
};

const struct suan_port knn_in[N_IN] = {
    {"base", SUAN_TYPE_F32, 2, 0},
    {"query", SUAN_TYPE_F32, 2, 0},
    {"k", SUAN_TYPE_I64, 0, SUAN_PORT_PARAM},
};

static const struct suan_port ports_out[N_OUT] = {
    {"index", SUAN_TYPE_I64, 2, 0},
    {"distance", SUAN_TYPE_F32, 2, 0},
};

/* Services ask for a few neighbours at a time more often than batches do, but batches carry most of the work.
 */
static const uint32_t weights_ppm[] = {250000, 250000, 250000, 250000};

static const struct suan_task_info info = {
    .struct_size = sizeof(struct suan_task_info),
    .n_in = N_IN,
    .n_out = N_OUT,
    .n_prepared = 1,
    .in = knn_in,
    .out = ports_out,
    .size_min = 5,
    .size_max = 512,
    .size_port = IN_QUERY,
    .size_dim = 0,
    .n_weights = sizeof weights_ppm / sizeof *weights_ppm,
    .cache_mode = SUAN_CACHE_BOTH,
    .weights_ppm = weights_ppm,
    .unit_jobs = 1000000,
    .jobs_per_load = 10000,
    .error_k_ppm = 1000000,
    .error_floor = ERROR_FLOOR,
    .error_name = "1 - recall",
    .error_unit = "1",
};

int32_t knn_expect_base(const struct suan_host *host, struct suan_ctx *ctx, const struct suan_tensor *in,
                        uint32_t n_in)
{
    int32_t status = suan_expect(host, ctx, in, n_in, knn_in, 1);
    if (status != SUAN_OK)
        return status;
    if (in[IN_BASE].shape[0] > BASE_MAX || in[IN_BASE].shape[1] > DIMENSIONS_MAX)
        return suan_fail(host, ctx, SUAN_E_SHAPE, "at most 2^24 base vectors of at most 65,536 dimensions");
    return SUAN_OK;
}

int32_t knn_expect(const struct suan_host *host, struct suan_ctx *ctx, const struct suan_tensor *in,
                   uint32_t n_in)
{
    int32_t status = suan_expect(host, ctx, in, n_in, knn_in, N_IN);
    if (status == SUAN_OK)
        status = knn_expect_base(host, ctx, in, 1);
    if (status != SUAN_OK)
        return status;
    if (in[IN_QUERY].shape[1] != in[IN_BASE].shape[1] || in[IN_QUERY].shape[0] > QUERIES_MAX)
        return suan_fail(host, ctx, SUAN_E_SHAPE, "'query' has the columns of 'base' and at most 2^22 rows");
    int64_t k = *suan_const_i64(&in[IN_K]);
    if (k < 1 || k > K_MAX || k > in[IN_BASE].shape[0])
        return suan_fail(host, ctx, SUAN_E_INVALID,
                         "'k' is from 1 to 1,024 and not above the number of base vectors");
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
        return suan_fail(host, ctx, SUAN_E_MEMORY, "no memory for the vectors");
    }
    *out_instance = instance;
    return SUAN_OK;
}

static int32_t plan(struct suan_instance *instance, const struct suan_job *job, struct suan_tensor *in,
                    uint32_t n_in)
{
    if (n_in != N_IN || job->size > QUERIES_MAX)
        return suan_fail(instance->host, job->ctx, SUAN_E_SHAPE, "three inputs, at most 2^22 queries");
    suan_out(&in[IN_BASE], SUAN_TYPE_F32, 2, (const int64_t[]){BASE_COUNT, DIMENSIONS});
    suan_out(&in[IN_QUERY], SUAN_TYPE_F32, 2, (const int64_t[]){(int64_t)job->size, DIMENSIONS});
    suan_out(&in[IN_K], SUAN_TYPE_I64, 0, NULL);
    return SUAN_OK;
}

static int32_t generate(struct suan_instance *instance, const struct suan_job *job)
{
    int32_t status = suan_expect(instance->host, job->ctx, job->in, job->n_in, knn_in, N_IN);
    if (status != SUAN_OK)
        return status;
    const int64_t *base = job->in[IN_BASE].shape, *query = job->in[IN_QUERY].shape;
    if (base[0] != BASE_COUNT || base[1] != DIMENSIONS || (uint64_t)query[0] != job->size ||
        query[1] != DIMENSIONS)
        return suan_fail(instance->host, job->ctx, SUAN_E_SHAPE, "the inputs do not have the planned shapes");
    generator_run(instance->generator, job->seed, job->size, suan_f32(&job->in[IN_BASE]),
                  suan_f32(&job->in[IN_QUERY]), suan_i64(&job->in[IN_K]));
    return SUAN_OK;
}

/* Whether the candidate's outputs have the promised types and extents. */
static int outputs_fit(const struct suan_job *job, const struct knn_problem *problem)
{
    for (uint32_t i = 0; i < N_OUT; i++)
        if (job->n_out != N_OUT || (suan_type_of(&job->out[i].dtype) & ports_out[i].dtypes) == 0 ||
            job->out[i].ndim != 2 || job->out[i].shape[0] != problem->m || job->out[i].shape[1] != problem->k)
            return 0;
    return 1;
}

static int32_t check(struct suan_instance *instance, const struct suan_job *job, struct suan_verdict *verdict)
{
    memset(verdict, 0, sizeof *verdict);
    verdict->struct_size = sizeof *verdict;
    int32_t status = knn_expect(instance->host, job->ctx, job->in, job->n_in);
    if (status != SUAN_OK)
        return status;
    struct knn_problem problem = {suan_const_f32(&job->in[IN_BASE]), suan_const_f32(&job->in[IN_QUERY]),
                                  job->in[IN_BASE].shape[0],         job->in[IN_QUERY].shape[0],
                                  job->in[IN_BASE].shape[1],         *suan_const_i64(&job->in[IN_K])};
    if (!outputs_fit(job, &problem)) {
        snprintf(verdict->reason, sizeof verdict->reason, "outputs are not i64 and f32 [%lld, %lld]",
                 (long long)problem.m, (long long)problem.k);
        return SUAN_OK;
    }
    status = checker_run(instance->checker, &problem, suan_const_i64(&job->out[OUT_INDEX]),
                         suan_const_f32(&job->out[OUT_DISTANCE]), verdict);
    return status == SUAN_OK ? status : suan_fail(instance->host, job->ctx, status, "no memory to check");
}

static const struct suan_task table = {&info, &knn_incumbent, create, plan, generate, check, destroy};

SUAN_DEFINE_TASK(&table, "vector-knn-l2-f32", "1.0.0", "Apache-2.0 AND CC-BY-SA-3.0", "The Suan authors",
                 SUAN_FLAG_CONCURRENT_INSTANCES | SUAN_FLAG_CONCURRENT_RUNS | SUAN_FLAG_BIT_REPEATABLE |
                     SUAN_FLAG_THREAD_INVARIANT,
                 SUAN_TYPE_F32 | SUAN_TYPE_I64, TASK_ID);
