#ifndef SUAN_DRAW_H
#define SUAN_DRAW_H

/*
 * Numbers for the generators of task plugins: the same on every machine for the same seed and label, for only
 * integer arithmetic and correctly rounded IEEE operations are used. Not for secrets. The stream is
 * xoshiro256** (Blackman and Vigna 2018), its state filled from the seed by SplitMix64. Compile users with
 * -ffp-contract=off.
 */
#include <stdint.h>

struct suan_draw {
    uint64_t state[4];
};

static inline uint64_t suan_draw_mix(uint64_t x)
{
    x += UINT64_C(0x9e3779b97f4a7c15);
    x = (x ^ (x >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    x = (x ^ (x >> 27)) * UINT64_C(0x94d049bb133111eb);
    return x ^ (x >> 31);
}

/* Begins a stream. Different labels give independent streams of one seed. */
static inline struct suan_draw suan_draw_init(const uint8_t *seed, uint32_t seed_bytes, uint64_t label)
{
    struct suan_draw draw;
    uint64_t mixed = suan_draw_mix(label);
    for (uint32_t lane = 0; lane < 4; lane++) {
        for (uint32_t i = 0; i < seed_bytes; i++)
            mixed = suan_draw_mix(mixed ^ seed[i]);
        mixed = suan_draw_mix(mixed ^ lane);
        draw.state[lane] = mixed;
    }
    return draw;
}

static inline uint64_t suan_draw_u64(struct suan_draw *draw)
{
    uint64_t *s = draw->state;
    uint64_t five = s[1] * 5;
    uint64_t result = ((five << 7) | (five >> 57)) * 9;
    uint64_t t = s[1] << 17;
    s[2] ^= s[0];
    s[3] ^= s[1];
    s[1] ^= s[2];
    s[0] ^= s[3];
    s[2] ^= t;
    s[3] = (s[3] << 45) | (s[3] >> 19);
    return result;
}

/* Uniform in [0, bound); bound > 0. */
static inline uint64_t suan_draw_below(struct suan_draw *draw, uint64_t bound)
{
    uint64_t reject = (UINT64_C(0) - bound) % bound;
    for (;;) {
        uint64_t x = suan_draw_u64(draw);
        if (x >= reject)
            return x % bound;
    }
}

/* Uniform in [0, 1), a multiple of 2^-53. */
static inline double suan_draw_unit(struct suan_draw *draw)
{
    return (double)(suan_draw_u64(draw) >> 11) * (1.0 / 9007199254740992.0);
}

/* Uniform in [low, high). */
static inline double suan_draw_between(struct suan_draw *draw, double low, double high)
{
    return low + (high - low) * suan_draw_unit(draw);
}

/* Nearly normal, mean 0 and variance 1: the sum of twelve uniform numbers, less 6. Needs no libm. */
static inline double suan_draw_normal(struct suan_draw *draw)
{
    double sum = -6;
    for (int i = 0; i < 12; i++)
        sum += suan_draw_unit(draw);
    return sum;
}

#endif
