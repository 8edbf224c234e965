/* codec.deflate/1: a zlib stream that restores the input. Ports, sizes, workload, and the task's table. */
#include "deflate.h"

#include <stdlib.h>

struct suan_instance {
    const struct suan_host *host;
    struct checker *checker;
};

const struct suan_port deflate_in[1] = {{"data", SUAN_TYPE_U8, 1, 0}};
static const struct suan_port ports_out[1] = {{"zlib", SUAN_TYPE_U8, 1, SUAN_PORT_DYNAMIC}};

/* Responses and log lines are short, files and backups long; in between lies most of what servers compress. */
static const uint32_t weights_ppm[] = {300000, 400000, 200000, 100000};

static const struct suan_task_info info = {
    .struct_size = sizeof(struct suan_task_info),
    .n_in = 1,
    .n_out = 1,
    .n_prepared = 0,
    .in = deflate_in,
    .out = ports_out,
    .size_min = 4096,
    .size_max = 1 << 20,
    .size_port = 0,
    .size_dim = 0,
    .n_weights = sizeof weights_ppm / sizeof *weights_ppm,
    .cache_mode = SUAN_CACHE_BOTH,
    .weights_ppm = weights_ppm,
    .unit_jobs = 1000000,
    .jobs_per_load = 100000,
    .error_k_ppm = 1000000,
    .error_floor = ERROR_FLOOR,
    .error_name = "excess over the size of zlib level 6",
    .error_unit = "1",
};

int32_t deflate_expect(const struct suan_host *host, struct suan_ctx *ctx, const struct suan_tensor *in,
                       uint32_t n_in)
{
    int32_t status = suan_expect(host, ctx, in, n_in, deflate_in, 1);
    if (status == SUAN_OK && in[0].shape[0] > DATA_MAX)
        status = suan_fail(host, ctx, SUAN_E_SHAPE, "'data' has at most 2^30 bytes");
    return status;
}

static void destroy(struct suan_instance *instance)
{
    if (instance == NULL)
        return;
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
    instance->checker = checker_new();
    if (instance->checker == NULL) {
        destroy(instance);
        return suan_fail(host, ctx, SUAN_E_MEMORY, "no memory for the checker");
    }
    *out_instance = instance;
    return SUAN_OK;
}

static int32_t plan(struct suan_instance *instance, const struct suan_job *job, struct suan_tensor *in,
                    uint32_t n_in)
{
    if (n_in != 1 || job->size > DATA_MAX)
        return suan_fail(instance->host, job->ctx, SUAN_E_SHAPE, "one input of at most 2^30 bytes");
    suan_out(&in[0], SUAN_TYPE_U8, 1, (const int64_t[]){(int64_t)job->size});
    return SUAN_OK;
}

static int32_t generate(struct suan_instance *instance, const struct suan_job *job)
{
    int32_t status = deflate_expect(instance->host, job->ctx, job->in, job->n_in);
    if (status != SUAN_OK)
        return status;
    if ((uint64_t)job->in[0].shape[0] != job->size)
        return suan_fail(instance->host, job->ctx, SUAN_E_SHAPE,
                         "the input does not have the planned length");
    generator_run(job->seed, job->size, suan_u8(&job->in[0]));
    return SUAN_OK;
}

static int32_t check(struct suan_instance *instance, const struct suan_job *job, struct suan_verdict *verdict)
{
    memset(verdict, 0, sizeof *verdict);
    verdict->struct_size = sizeof *verdict;
    int32_t status = deflate_expect(instance->host, job->ctx, job->in, job->n_in);
    if (status != SUAN_OK)
        return status;
    if (job->n_out != 1 || suan_type_of(&job->out[0].dtype) != SUAN_TYPE_U8 || job->out[0].ndim != 1) {
        snprintf(verdict->reason, sizeof verdict->reason, "the output is not u8 of rank 1");
        return SUAN_OK;
    }
    status = checker_run(instance->checker, suan_const_u8(&job->in[0]), suan_count(&job->in[0]),
                         suan_const_u8(&job->out[0]), suan_count(&job->out[0]), verdict);
    return status == SUAN_OK ? status : suan_fail(instance->host, job->ctx, status, "no memory to check");
}

static const struct suan_task table = {&info, &deflate_incumbent, create, plan, generate, check, destroy};

SUAN_DEFINE_TASK(&table, "codec-deflate", "1.0.0",
                 "Apache-2.0 AND BSD-3-Clause AND GPL-2.0-or-later AND LicenseRef-WordNet-3.0",
                 "The Suan authors",
                 SUAN_FLAG_CONCURRENT_INSTANCES | SUAN_FLAG_BIT_REPEATABLE | SUAN_FLAG_THREAD_INVARIANT,
                 SUAN_TYPE_U8, TASK_ID);
