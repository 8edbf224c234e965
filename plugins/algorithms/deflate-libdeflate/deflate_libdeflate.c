/* deflate-libdeflate: codec.deflate/1 by libdeflate at level 6, which sees the whole input at once and matches by words. */
#include <libdeflate.h>
#include <stdlib.h>

#include <suan/plugin.h>

#define TASK_ID "codec.deflate/1"

enum { LEVEL = 6, DATA_MAX = 1 << 30 };

static const struct suan_port ports[1] = {{"data", SUAN_TYPE_U8, 1, 0}};

struct suan_instance {
    const struct suan_host *host;
    struct libdeflate_compressor *compressor;
};

static void destroy(struct suan_instance *instance)
{
    if (instance == NULL)
        return;
    libdeflate_free_compressor(instance->compressor);
    free(instance);
}

static int32_t create(const struct suan_host *host, struct suan_ctx *ctx, const struct suan_config *config,
                      struct suan_instance **out_instance)
{
    *out_instance = NULL;
    if (!suan_is_task(config, TASK_ID))
        return suan_fail(host, ctx, SUAN_E_TASK, "deflate-libdeflate solves " TASK_ID);
    struct suan_instance *instance = malloc(sizeof *instance);
    struct libdeflate_compressor *compressor = libdeflate_alloc_compressor(LEVEL);
    if (instance == NULL || compressor == NULL) {
        free(instance);
        libdeflate_free_compressor(compressor);
        return suan_fail(host, ctx, SUAN_E_MEMORY, "no memory for a compressor");
    }
    *instance = (struct suan_instance){host, compressor};
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
    size_t bound = libdeflate_zlib_compress_bound(instance->compressor, (size_t)in[0].shape[0]);
    suan_out(&out[0], SUAN_TYPE_U8, 1, (const int64_t[]){(int64_t)bound});
    return SUAN_OK;
}

static int32_t run_once(struct suan_instance *instance, const struct suan_run *run)
{
    int32_t status = expect(instance, run->ctx, run->in, run->n_in);
    if (status != SUAN_OK)
        return status;
    size_t bytes =
        libdeflate_zlib_compress(instance->compressor, suan_const_u8(&run->in[0]), suan_count(&run->in[0]),
                                 suan_u8(&run->out[0]), suan_count(&run->out[0]));
    if (bytes == 0)
        return suan_fail(instance->host, run->ctx, SUAN_E_CAPACITY, "the stream did not fit its bound");
    run->out[0].shape[0] = (int64_t)bytes;
    return SUAN_OK;
}

static const struct suan_algorithm table = {create, NULL, infer, NULL, run_once, destroy};

SUAN_DEFINE_ALGORITHM(&table, "deflate-libdeflate", "1.0.0", "Apache-2.0", "The Suan authors",
                      SUAN_FLAG_CONCURRENT_INSTANCES | SUAN_FLAG_BIT_REPEATABLE | SUAN_FLAG_THREAD_INVARIANT,
                      SUAN_TYPE_U8, 0.1, TASK_ID);
