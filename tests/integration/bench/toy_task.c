/* Contract, generator, checker and incumbent of the toy task. */
#include <stdlib.h>

#include "toy.h"

struct suan_instance {
    int unused;
};

static int32_t create(const struct suan_host *host, struct suan_ctx *ctx, const struct suan_config *config,
                      struct suan_instance **out_instance)
{
    (void)host;
    (void)ctx;
    (void)config;
    *out_instance = calloc(1, sizeof **out_instance);
    return *out_instance != NULL ? SUAN_OK : SUAN_E_MEMORY;
}

static void destroy(struct suan_instance *instance)
{
    free(instance);
}

static int32_t run(struct suan_instance *instance, const struct suan_run *job)
{
    (void)instance;
    for (int pass = 0; pass < TOY_PASSES; pass++)
        toy_pass(job->in[TOY_TABLE].data, job->in[TOY_DATA].data, job->out[0].data,
                 job->in[TOY_DATA].shape[0]);
    return SUAN_OK;
}

static int32_t plan(struct suan_instance *instance, const struct suan_job *job, struct suan_tensor *in,
                    uint32_t n_in)
{
    const int64_t table = TOY_TABLE_SIZE, data = (int64_t)job->size;
    (void)instance;
    (void)n_in;
    suan_out(&in[TOY_TABLE], SUAN_TYPE_I64, 1, &table);
    suan_out(&in[TOY_DATA], SUAN_TYPE_I64, 1, &data);
    return SUAN_OK;
}

static uint64_t mix(uint64_t *state)
{
    *state += UINT64_C(0x9E3779B97F4A7C15);
    uint64_t z = (*state ^ (*state >> 30)) * UINT64_C(0xBF58476D1CE4E5B9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94D049BB133111EB);
    return z ^ (z >> 31);
}

static int32_t generate(struct suan_instance *instance, const struct suan_job *job)
{
    uint64_t load, own;
    int64_t *table = job->in[TOY_TABLE].data, *data = job->in[TOY_DATA].data;
    (void)instance;
    memcpy(&load, job->seed, sizeof load);
    memcpy(&own, job->seed + 16, sizeof own);
    own ^= load;
    for (int i = 0; i < TOY_TABLE_SIZE; i++)
        table[i] = (int64_t)(mix(&load) >> 40);
    for (uint64_t i = 0; i < job->size; i++)
        data[i] = (int64_t)(mix(&own) >> 40);
    return SUAN_OK;
}

static int32_t check(struct suan_instance *instance, const struct suan_job *job, struct suan_verdict *verdict)
{
    const int64_t *table = job->in[TOY_TABLE].data, *data = job->in[TOY_DATA].data, *out = job->out[0].data;
    int64_t sum = 0;
    (void)instance;
    verdict->checked = job->size;
    verdict->essential_bytes = 16 * job->size;
    for (uint64_t i = 0; i < job->size; i++) {
        sum += data[i];
        verdict->wrong += out[i] != sum + table[i % TOY_TABLE_SIZE];
    }
    verdict->pass = verdict->wrong == 0;
    verdict->error_max = verdict->wrong == 0 ? 0 : 1;
    if (verdict->wrong > 0)
        snprintf(verdict->reason, sizeof verdict->reason, "%llu sums are wrong",
                 (unsigned long long)verdict->wrong);
    return SUAN_OK;
}

static const uint32_t weights[] = {250000, 250000, 500000};
static const struct suan_task_info info = {.struct_size = sizeof info,
                                           .n_in = TOY_N_IN,
                                           .n_out = 1,
                                           .n_prepared = 1,
                                           .in = toy_in,
                                           .out = toy_out,
                                           .size_min = 1000,
                                           .size_max = 100000,
                                           .size_port = TOY_DATA,
                                           .size_dim = 0,
                                           .n_weights = 3,
                                           .cache_mode = SUAN_CACHE_WARM,
                                           .weights_ppm = weights,
                                           .unit_jobs = 1000000,
                                           .jobs_per_load = 1000000,
                                           .error_k_ppm = 1000000,
                                           .error_name = "wrong",
                                           .error_unit = "share"};
static const struct suan_algorithm incumbent = {create, NULL, toy_infer, NULL, run, destroy};
static const struct suan_task task = {&info, &incumbent, create, plan, generate, check, destroy};
SUAN_DEFINE_TASK(&task, "toy-sums", "1.0.0", "Apache-2.0", "The Suan authors",
                 SUAN_FLAG_CONCURRENT_INSTANCES | SUAN_FLAG_CONCURRENT_RUNS, SUAN_TYPE_I64, TOY_ID);
