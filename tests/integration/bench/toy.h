/* The toy task: running sums of whole numbers, plus a small prepared table. What an algorithm costs is how
   many times it goes over the data, which the tests know. */
#ifndef TOY_H
#define TOY_H

#include <suan/plugin.h>

#define TOY_ID "toy.sums/1"
enum { TOY_TABLE, TOY_DATA, TOY_N_IN, TOY_TABLE_SIZE = 16, TOY_PASSES = 24 };

static const struct suan_port toy_in[TOY_N_IN] = {{"table", SUAN_TYPE_I64, 1, 0},
                                                  {"data", SUAN_TYPE_I64, 1, 0}};
static const struct suan_port toy_out[1] = {{"sums", SUAN_TYPE_I64, 1, 0}};

/* One pass: out[i] = data[0] + … + data[i] + table[i mod 16]. The barrier keeps passes from being merged. */
static inline void toy_pass(const int64_t *table, const int64_t *data, int64_t *out, int64_t n)
{
    int64_t sum = 0;
    for (int64_t i = 0; i < n; i++) {
        sum += data[i];
        out[i] = sum + table[i % TOY_TABLE_SIZE];
    }
    __asm__ volatile("" : : "r"(out) : "memory");
}

static inline int32_t toy_infer(struct suan_instance *instance, struct suan_ctx *ctx,
                                const struct suan_tensor *in, uint32_t n_in, struct suan_tensor *out,
                                uint32_t n_out)
{
    (void)instance;
    (void)ctx;
    if (n_in != TOY_N_IN || n_out != 1 || in[TOY_DATA].ndim != 1)
        return SUAN_E_SHAPE;
    if (in[TOY_DATA].dtype.bits != 64 || in[TOY_DATA].dtype.code != SUAN_DTYPE_INT)
        return SUAN_E_DTYPE;
    suan_out(&out[0], SUAN_TYPE_I64, 1, in[TOY_DATA].shape);
    return SUAN_OK;
}

#endif
