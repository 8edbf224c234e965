/*
 * The plain double loop: every base vector against every query, with a sorted window of the best k for each
 * query. Base is the outer loop, so that it passes through memory once while the queries stay in cache.
 */
#include "knn.h"

#include <math.h>
#include <stdlib.h>

enum { ROWS_PER_POLL = 64 };

struct suan_instance {
    const struct suan_host *host;
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
        return suan_fail(host, ctx, SUAN_E_TASK, "the incumbent solves " TASK_ID " alone");
    *out_instance = malloc(sizeof **out_instance);
    if (*out_instance == NULL)
        return suan_fail(host, ctx, SUAN_E_MEMORY, "no memory for an instance");
    (*out_instance)->host = host;
    return SUAN_OK;
}

static int32_t infer(struct suan_instance *instance, struct suan_ctx *ctx, const struct suan_tensor *in,
                     uint32_t n_in, struct suan_tensor *out, uint32_t n_out)
{
    int32_t status = knn_expect(instance->host, ctx, in, n_in);
    if (status != SUAN_OK)
        return status;
    if (n_out != N_OUT)
        return suan_fail(instance->host, ctx, SUAN_E_SHAPE, "there are two outputs");
    const int64_t extents[2] = {in[IN_QUERY].shape[0], *suan_const_i64(&in[IN_K])};
    suan_out(&out[OUT_INDEX], SUAN_TYPE_I64, 2, extents);
    suan_out(&out[OUT_DISTANCE], SUAN_TYPE_F32, 2, extents);
    return SUAN_OK;
}

/* Puts a vector into a full window of k that is sorted by squared distance; equal ones stay in order of
 * arrival. */
static void insert(float *d2s, int64_t *indices, int64_t k, float d2, int64_t index)
{
    int64_t at = k - 1;
    for (; at > 0 && d2s[at - 1] > d2; at--) {
        d2s[at] = d2s[at - 1];
        indices[at] = indices[at - 1];
    }
    d2s[at] = d2;
    indices[at] = index;
}

static int32_t run_once(struct suan_instance *instance, const struct suan_run *run)
{
    int32_t status = knn_expect(instance->host, run->ctx, run->in, run->n_in);
    if (status != SUAN_OK)
        return status;
    const float *base = suan_const_f32(&run->in[IN_BASE]), *query = suan_const_f32(&run->in[IN_QUERY]);
    int64_t n = run->in[IN_BASE].shape[0], d = run->in[IN_BASE].shape[1];
    int64_t m = run->in[IN_QUERY].shape[0], k = *suan_const_i64(&run->in[IN_K]);
    int64_t *index = suan_i64(&run->out[OUT_INDEX]);
    float *distance = suan_f32(&run->out[OUT_DISTANCE]);
    for (int64_t at = 0; at < m * k; at++) {
        distance[at] = INFINITY;
        index[at] = 0;
    }
    for (int64_t i = 0; i < n; i++) {
        if (i % ROWS_PER_POLL == 0 && instance->host->cancelled(run->ctx))
            return SUAN_E_CANCELLED;
        for (int64_t j = 0; j < m; j++) {
            float d2 = knn_squared_distance(query + j * d, base + i * d, d);
            if (d2 < distance[j * k + k - 1])
                insert(distance + j * k, index + j * k, k, d2, i);
        }
    }
    for (int64_t at = 0; at < m * k; at++)
        distance[at] = sqrtf(distance[at]);
    return SUAN_OK;
}

const struct suan_algorithm knn_incumbent = {create, NULL, infer, NULL, run_once, destroy};
