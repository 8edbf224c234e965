#ifndef CODEC_DEFLATE_H
#define CODEC_DEFLATE_H

/* What the files of this task share; README.md is the contract. */
#include <suan/plugin.h>

#define TASK_ID "codec.deflate/1"

enum {
    DATA_MAX = 1 << 30, /* bytes of one input */
    FREE_BYTES = 64,    /* of excess: block headers, which weigh on short inputs alone */
};

#define ERROR_FLOOR 0.4

extern const struct suan_port deflate_in[1];
extern const struct suan_algorithm deflate_incumbent;

/* One rank-1 input of u8, not too long; SUAN_OK or a refusal with its text. */
int32_t deflate_expect(const struct suan_host *host, struct suan_ctx *ctx, const struct suan_tensor *in,
                       uint32_t n_in);

/* Fills n bytes, a function of seed and n. */
void generator_run(const uint8_t seed[32], uint64_t n, uint8_t *data);

struct checker;
struct checker *checker_new(void);          /* NULL: no memory */
void checker_free(struct checker *checker); /* takes NULL */
/* Judges a zlib stream of so many bytes. SUAN_OK or SUAN_E_MEMORY. */
int32_t checker_run(struct checker *checker, const uint8_t *data, uint64_t n, const uint8_t *stream,
                    uint64_t bytes, struct suan_verdict *verdict);

#endif
