#ifndef SUAN_TRUST_DRAW_H
#define SUAN_TRUST_DRAW_H

/*
 * Deterministic draws: the same seed and label give the same numbers everywhere, for ever. The bytes are
 * libsodium's deterministic ChaCha20 stream keyed by HMAC-SHA-256(seed, label), read as little-endian 32-bit
 * words. The label names the use ("bootstrap", "order"), so that two uses of one seed never share numbers. At
 * most 2^36 words from one stream.
 */
#include "base/span.h"

struct suan_draw {
    uint8_t key[32];
    uint32_t block; /* next ChaCha20 block */
    uint32_t used;  /* bytes already taken from `bytes` */
    uint8_t bytes[1024];
};

void suan_draw_init(struct suan_draw *draw, struct suan_span seed, const char *label);
uint32_t suan_draw_u32(struct suan_draw *draw);
uint64_t suan_draw_u64(struct suan_draw *draw); /* two words, the first is the high one */
/* Uniform in 0 .. bound - 1, bound > 0: multiply-shift with rejection (Lemire), one word unless rejected. */
uint32_t suan_draw_below(struct suan_draw *draw, uint32_t bound);
/* Uniform in 0 .. bound - 1, bound > 0, the same way on 64 bits. */
uint64_t suan_draw_below64(struct suan_draw *draw, uint64_t bound);
void suan_draw_bytes(struct suan_draw *draw, void *out,
                     size_t size); /* whole words; the rest of the last is dropped */
/* Fisher and Yates, from the last element down. */
void suan_draw_shuffle(struct suan_draw *draw, uint32_t *items, uint32_t count);

#endif
