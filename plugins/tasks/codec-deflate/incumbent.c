/* zlib at level 6, its default: what servers run. The stream's state is made once and reset for each input. */
#include "deflate.h"

#include <stdlib.h>
#include <zlib.h>

enum {
    LEVEL = 6,
    PIECE = 1 << 16, /* bytes between two looks at `cancelled` */
};

struct suan_instance {
    const struct suan_host *host;
    z_stream z;
};

static void destroy(struct suan_instance *instance)
{
    if (instance == NULL)
        return;
    deflateEnd(&instance->z);
    free(instance);
}

static int32_t create(const struct suan_host *host, struct suan_ctx *ctx, const struct suan_config *config,
                      struct suan_instance **out_instance)
{
    *out_instance = NULL;
    if (!suan_is_task(config, TASK_ID))
        return suan_fail(host, ctx, SUAN_E_TASK, "the incumbent solves " TASK_ID " alone");
    struct suan_instance *instance = calloc(1, sizeof *instance);
    if (instance == NULL || deflateInit(&instance->z, LEVEL) != Z_OK) {
        free(instance);
        return suan_fail(host, ctx, SUAN_E_MEMORY, "no memory for an instance");
    }
    instance->host = host;
    *out_instance = instance;
    return SUAN_OK;
}

static int32_t infer(struct suan_instance *instance, struct suan_ctx *ctx, const struct suan_tensor *in,
                     uint32_t n_in, struct suan_tensor *out, uint32_t n_out)
{
    int32_t status = deflate_expect(instance->host, ctx, in, n_in);
    if (status != SUAN_OK)
        return status;
    if (n_out != 1)
        return suan_fail(instance->host, ctx, SUAN_E_SHAPE, "there is one output");
    suan_out(&out[0], SUAN_TYPE_U8, 1, (const int64_t[]){(int64_t)compressBound((uLong)in[0].shape[0])});
    return SUAN_OK;
}

static int32_t run_once(struct suan_instance *instance, const struct suan_run *run)
{
    int32_t status = deflate_expect(instance->host, run->ctx, run->in, run->n_in);
    if (status != SUAN_OK)
        return status;
    z_stream *z = &instance->z;
    uint64_t left = suan_count(&run->in[0]);
    deflateReset(z);
    z->next_in = (z_const Bytef *)(uintptr_t)suan_const_u8(&run->in[0]);
    z->next_out = suan_u8(&run->out[0]);
    z->avail_out = (uInt)suan_count(&run->out[0]);
    int end = Z_OK;
    do {
        if (instance->host->cancelled(run->ctx))
            return SUAN_E_CANCELLED;
        z->avail_in = left < PIECE ? (uInt)left : PIECE;
        left -= z->avail_in;
        end = deflate(z, left == 0 ? Z_FINISH : Z_NO_FLUSH);
    } while (left > 0 && end == Z_OK);
    if (end != Z_STREAM_END)
        return suan_fail(instance->host, run->ctx, SUAN_E_CAPACITY, "the stream did not fit its bound");
    run->out[0].shape[0] = (int64_t)z->total_out;
    return SUAN_OK;
}

const struct suan_algorithm deflate_incumbent = {create, NULL, infer, NULL, run_once, destroy};
