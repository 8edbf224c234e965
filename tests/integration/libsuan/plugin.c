/*
 * An algorithm of the toy task that keeps the prepared table, and that config.seed makes misbehave: what a
 * program that embeds Suan must survive. PLUGIN_ID names it, PASSES says what it costs.
 */
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "toy.h"

enum { HONEST, CRASH, HANG, LEAVE, WRONG, FAIL, MODES };

struct suan_instance {
    const struct suan_host *host;
    uint64_t mode;
    int64_t table[TOY_TABLE_SIZE];
};

static int32_t create(const struct suan_host *host, struct suan_ctx *ctx, const struct suan_config *config,
                      struct suan_instance **out_instance)
{
    *out_instance = NULL;
    struct suan_instance *instance = calloc(1, sizeof *instance);
    if (instance == NULL)
        return suan_fail(host, ctx, SUAN_E_MEMORY, "no memory");
    instance->host = host;
    instance->mode = config->seed;
    *out_instance = instance;
    return SUAN_OK;
}

static void destroy(struct suan_instance *instance)
{
    free(instance);
}

static int32_t prepare(struct suan_instance *instance, struct suan_ctx *ctx, const struct suan_tensor *in,
                       uint32_t n_in)
{
    if (n_in != 1 || in[TOY_TABLE].ndim != 1 || in[TOY_TABLE].shape[0] != TOY_TABLE_SIZE)
        return suan_fail(instance->host, ctx, SUAN_E_SHAPE, "the table has 16 entries");
    memcpy(instance->table, in[TOY_TABLE].data, sizeof instance->table);
    return SUAN_OK;
}

static int32_t misbehave(struct suan_instance *instance, const struct suan_run *job, int64_t *out)
{
    volatile int forever = 1;
    if (instance->mode == CRASH)
        *(volatile int *)NULL = 1;
    while (instance->mode == HANG && forever)
        ;
    if (instance->mode == LEAVE)
        syscall(SYS_exit_group, 3);
    if (instance->mode == WRONG)
        out[0]++;
    return instance->mode == FAIL
               ? suan_fail(instance->host, job->ctx, SUAN_E_NUMERIC, "it does not converge")
               : SUAN_OK;
}

static int32_t run(struct suan_instance *instance, const struct suan_run *job)
{
    int64_t *out = job->out[0].data, n = job->in[TOY_DATA].shape[0];
    for (int pass = 0; pass < PASSES; pass++)
        toy_pass(instance->table, job->in[TOY_DATA].data, out, n);
    return instance->mode == HONEST ? SUAN_OK : misbehave(instance, job, out);
}

static const struct suan_algorithm algorithm = {create, prepare, toy_infer, NULL, run, destroy};
SUAN_DEFINE_ALGORITHM(&algorithm, PLUGIN_ID, "1.0.0", "Apache-2.0", "The Suan authors",
                      SUAN_FLAG_CONCURRENT_INSTANCES | SUAN_FLAG_CONCURRENT_RUNS, SUAN_TYPE_I64, 0.0, TOY_ID);
