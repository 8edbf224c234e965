/*
 * deflate-isal: codec.deflate/1 by ISA-L's igzip at its highest level. It gives up some size for much speed. All its state
 * lies in scratch, so one instance may run many times at once.
 */
#include <isa-l/igzip_lib.h>
#include <stdlib.h>

#include <suan/plugin.h>

#define TASK_ID "codec.deflate/1"

enum {
    LEVEL = 3,
    LEVEL_BYTES = ISAL_DEF_LVL3_LARGE,
    DATA_MAX = 1 << 30,
    PIECE = 1 << 18, /* bytes between two looks at `cancelled` */
};

static const struct suan_port ports[1] = {{"data", SUAN_TYPE_U8, 1, 0}};

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
        return suan_fail(host, ctx, SUAN_E_TASK, "deflate-isal solves " TASK_ID);
    struct suan_instance *instance = malloc(sizeof *instance);
    if (instance == NULL)
        return suan_fail(host, ctx, SUAN_E_MEMORY, "no memory for an instance");
    instance->host = host;
    *out_instance = instance;
    return SUAN_OK;
}

static int32_t expect(struct suan_instance *instance, struct suan_ctx *ctx, const struct suan_tensor *in,
                      uint32_t n_in)
{
    int32_t status = suan_expect(instance->host, ctx, in, n_in, ports, 1);
    if (status == SUAN_OK && in[0].shape[0] > DATA_MAX)
        status = suan_fail(instance->host, ctx, SUAN_E_SHAPE, "'data' has at most 2^30 bytes");
    return status;
}

static int32_t infer(struct suan_instance *instance, struct suan_ctx *ctx, const struct suan_tensor *in,
                     uint32_t n_in, struct suan_tensor *out, uint32_t n_out)
{
    int32_t status = expect(instance, ctx, in, n_in);
    if (status != SUAN_OK)
        return status;
    if (n_out != 1)
        return suan_fail(instance->host, ctx, SUAN_E_SHAPE, "there is one output");
    int64_t n = in[0].shape[0],
            bound = n + n / 4 + 1024; /* blocks of its own codes may outgrow stored ones */
    suan_out(&out[0], SUAN_TYPE_U8, 1, &bound);
    return SUAN_OK;
}

static int32_t workspace(struct suan_instance *instance, struct suan_ctx *ctx, const struct suan_tensor *in,
                         uint32_t n_in, uint64_t *out_bytes, uint64_t *out_align)
{
    int32_t status = expect(instance, ctx, in, n_in);
    if (status != SUAN_OK)
        return status;
    *out_bytes = sizeof(struct isal_zstream) + LEVEL_BYTES + 2 * 64;
    *out_align = 64;
    return SUAN_OK;
}

static int32_t compress_all(struct suan_instance *instance, const struct suan_run *run,
                            struct isal_zstream *z)
{
    uint64_t left = suan_count(&run->in[0]);
    z->next_in = (uint8_t *)(uintptr_t)suan_const_u8(&run->in[0]);
    z->next_out = suan_u8(&run->out[0]);
    z->avail_out = (uint32_t)suan_count(&run->out[0]);
    do {
        if (instance->host->cancelled(run->ctx))
            return SUAN_E_CANCELLED;
        z->avail_in = left < PIECE ? (uint32_t)left : PIECE;
        left -= z->avail_in;
        z->end_of_stream = left == 0;
        if (isal_deflate(z) != COMP_OK || z->avail_in > 0)
            return suan_fail(instance->host, run->ctx, SUAN_E_CAPACITY, "the stream did not fit its bound");
    } while (left > 0);
    if (z->internal_state.state != ZSTATE_END)
        return suan_fail(instance->host, run->ctx, SUAN_E_CAPACITY, "the stream did not fit its bound");
    run->out[0].shape[0] = (int64_t)z->total_out;
    return SUAN_OK;
}

static int32_t run_once(struct suan_instance *instance, const struct suan_run *run)
{
    int32_t status = expect(instance, run->ctx, run->in, run->n_in);
    if (status != SUAN_OK)
        return status;
    struct suan_scratch scratch = suan_scratch_of(run);
    struct isal_zstream *z = suan_scratch_take(&scratch, sizeof *z);
    uint8_t *level_buffer = suan_scratch_take(&scratch, LEVEL_BYTES);
    if (z == NULL || level_buffer == NULL)
        return suan_fail(instance->host, run->ctx, SUAN_E_INVALID, "less scratch than workspace asked for");
    isal_deflate_init(z);
    z->level = LEVEL;
    z->level_buf = level_buffer;
    z->level_buf_size = LEVEL_BYTES;
    z->gzip_flag = IGZIP_ZLIB;
    return compress_all(instance, run, z);
}

static const struct suan_algorithm table = {create, NULL, infer, workspace, run_once, destroy};

SUAN_DEFINE_ALGORITHM(&table, "deflate-isal", "1.0.0", "Apache-2.0", "The Suan authors",
                      SUAN_FLAG_CONCURRENT_INSTANCES | SUAN_FLAG_CONCURRENT_RUNS | SUAN_FLAG_BIT_REPEATABLE |
                          SUAN_FLAG_THREAD_INVARIANT,
                      SUAN_TYPE_U8, 0.4, TASK_ID);
