/* An algorithm of the toy task; PASSES says what it costs, TOY_FAULT what it does wrong. */
#include <stdlib.h>

#include "toy.h"

enum { HONEST, WRONG_RARELY, CRASH_RARELY, FAIL_ALWAYS, STALE, MEMO };

struct suan_instance {
    uint64_t runs;
    uint64_t remembered[64];
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

/* True if this input was seen before; remembers it. */
static int is_known(struct suan_instance *instance, const int64_t *data, int64_t n)
{
    uint64_t key = (uint64_t)data[0] * 31 + (uint64_t)data[n - 1];
    for (int i = 0; i < 64; i++) {
        if (instance->remembered[i] == key)
            return 1;
    }
    instance->remembered[instance->runs % 64] = key;
    return 0;
}

static int32_t run(struct suan_instance *instance, const struct suan_run *job)
{
    const int64_t *table = job->in[TOY_TABLE].data, *data = job->in[TOY_DATA].data;
    int64_t *out = job->out[0].data, n = job->in[TOY_DATA].shape[0];
    int passes = PASSES;
    instance->runs++;
    if (TOY_FAULT == STALE)
        return SUAN_OK;
    if (TOY_FAULT == FAIL_ALWAYS)
        return SUAN_E_NUMERIC;
    if (TOY_FAULT == CRASH_RARELY && instance->runs % 12 == 0)
        abort();
    if (TOY_FAULT == MEMO && is_known(instance, data, n))
        passes = 1;
    for (int pass = 0; pass < passes; pass++)
        toy_pass(table, data, out, n);
    if (TOY_FAULT == WRONG_RARELY && instance->runs % 12 == 0)
        out[n - 1]++;
    return SUAN_OK;
}

static const struct suan_algorithm algorithm = {create, NULL, toy_infer, NULL, run, destroy};
SUAN_DEFINE_ALGORITHM(&algorithm, "toy", "1.0.0", "Apache-2.0", "The Suan authors",
                      SUAN_FLAG_CONCURRENT_INSTANCES | SUAN_FLAG_CONCURRENT_RUNS, SUAN_TYPE_I64, 0.0, TOY_ID);
