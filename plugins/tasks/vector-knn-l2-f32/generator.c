/*
 * Base vectors and queries: handwritten digits, and families that make indexes stumble. Every value comes
 * from one or two correctly rounded operations (this file is compiled without contraction), so a seed gives
 * the same bytes anywhere.
 */
#include "knn.h"

#include <stdlib.h>

#include <suan/draw.h>

enum {
    LOAD_BYTES = 16, /* of the seed: decides base */
    SEED_BYTES = 32,
    IDX_HEADER = 16,
    DIGITS_BASE = 20000,
    DIGITS_QUERY = 10000,
    FAMILY_COUNT = 75,
    N_REAL = BASE_COUNT - 4 * FAMILY_COUNT,
};

enum stream { STREAM_BASE = 1, STREAM_JOB = 2 };

struct generator {
    uint8_t load[LOAD_BYTES];
    int have_load;
    uint32_t digits[DIGITS_BASE];
    uint32_t slots[BASE_COUNT];
    float base[BASE_COUNT][DIMENSIONS];
};

extern const uint8_t suan_digits_20k[], suan_digits_10k[];

struct generator *generator_new(void)
{
    return calloc(1, sizeof(struct generator));
}

void generator_free(struct generator *generator)
{
    free(generator);
}

static void copy_digit(float *out, const uint8_t *idx, uint64_t which)
{
    const uint8_t *pixels = idx + IDX_HEADER + which * DIMENSIONS;
    for (int i = 0; i < DIMENSIONS; i++)
        out[i] = (float)pixels[i] / 255.0f;
}

static void copy_inverted(float *out, const uint8_t *idx, uint64_t which)
{
    const uint8_t *pixels = idx + IDX_HEADER + which * DIMENSIONS;
    for (int i = 0; i < DIMENSIONS; i++)
        out[i] = (float)(255 - pixels[i]) / 255.0f;
}

/* Adds noise of up to `amplitude` either way to every value. */
static void add_noise(struct suan_draw *draw, float *values, float amplitude)
{
    for (int i = 0; i < DIMENSIONS; i += 8) {
        uint64_t bits = suan_draw_u64(draw);
        for (int lane = 0; lane < 8; lane++)
            values[i + lane] += amplitude * ((float)((bits >> (8 * lane)) & 255) / 127.5f - 1.0f);
    }
}

static void fill_uniform(struct suan_draw *draw, float *out)
{
    for (int i = 0; i < DIMENSIONS; i += 8) {
        uint64_t bits = suan_draw_u64(draw);
        for (int lane = 0; lane < 8; lane++)
            out[i + lane] = (float)((bits >> (8 * lane)) & 255) / 255.0f;
    }
}

static void shuffle(struct suan_draw *draw, uint32_t *order, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++)
        order[i] = i;
    for (uint32_t i = 0; i + 1 < count; i++) {
        uint32_t j = i + (uint32_t)suan_draw_below(draw, count - i), kept = order[i];
        order[i] = order[j];
        order[j] = kept;
    }
}

/* A shape that nobody can prepare for, since the seed alone decides which of four it is. */
static void fill_held_out(struct suan_draw *draw, uint64_t shape, float *out, uint32_t i)
{
    switch (shape) {
    case 0: copy_inverted(out, suan_digits_20k, suan_draw_below(draw, DIGITS_BASE)); return;
    case 1: fill_uniform(draw, out); return;
    case 2: /* stripes */
        for (uint32_t at = 0; at < DIMENSIONS; at++)
            out[at] = at % (i + 2) < (i + 2) / 2 ? 1.0f : 0.0f;
        return;
    default: /* one spike, far out */
        memset(out, 0, DIMENSIONS * sizeof *out);
        out[suan_draw_below(draw, DIMENSIONS)] = (float)(8 + i);
    }
}

static void make_base(struct generator *generator, const uint8_t seed[SEED_BYTES])
{
    struct suan_draw draw = suan_draw_init(seed, LOAD_BYTES, STREAM_BASE);
    shuffle(&draw, generator->digits, DIGITS_BASE);
    shuffle(&draw, generator->slots, BASE_COUNT);
    uint64_t shape = suan_draw_below(&draw, 4);
    for (uint32_t i = 0; i < N_REAL; i++)
        copy_digit(generator->base[generator->slots[i]], suan_digits_20k, generator->digits[i]);
    for (uint32_t i = 0; i < FAMILY_COUNT; i++) {
        const uint32_t *slots = generator->slots + N_REAL + 4 * i;
        uint32_t other = generator->slots[suan_draw_below(&draw, N_REAL)];
        memcpy(generator->base[slots[0]], generator->base[other], sizeof *generator->base); /* a duplicate */
        copy_digit(generator->base[slots[1]], suan_digits_20k,
                   generator->digits[i % 5]); /* one of five clusters */
        add_noise(&draw, generator->base[slots[1]], 0.1f);
        for (int at = 0; at < DIMENSIONS; at++) /* a constant */
            generator->base[slots[2]][at] = (float)i / (FAMILY_COUNT - 1);
        fill_held_out(&draw, shape, generator->base[slots[3]], i);
    }
    memcpy(generator->load, seed, LOAD_BYTES);
    generator->have_load = 1;
}

/* A digit moved by up to three pixels each way. */
static void copy_moved(struct suan_draw *draw, float *out, uint64_t which)
{
    const uint8_t *pixels = suan_digits_10k + IDX_HEADER + which * DIMENSIONS;
    int east = (int)suan_draw_below(draw, 7) - 3, south = (int)suan_draw_below(draw, 7) - 3;
    for (int y = 0; y < 28; y++)
        for (int x = 0; x < 28; x++) {
            int from_x = x - east, from_y = y - south;
            int inside = from_x >= 0 && from_x < 28 && from_y >= 0 && from_y < 28;
            out[28 * y + x] = inside ? (float)pixels[28 * from_y + from_x] / 255.0f : 0.0f;
        }
}

static void make_query(const struct generator *generator, struct suan_draw *draw, float *out)
{
    uint64_t percent = suan_draw_below(draw, 100), digit = suan_draw_below(draw, DIGITS_QUERY);
    const float *one = generator->base[suan_draw_below(draw, BASE_COUNT)];
    const float *two = generator->base[suan_draw_below(draw, BASE_COUNT)];
    if (percent < 70) {
        copy_digit(out, suan_digits_10k, digit);
        add_noise(draw, out, (float)suan_draw_below(draw, 100) / 1000.0f);
    } else if (percent < 80) {
        copy_digit(out, suan_digits_10k, digit);
    } else if (percent < 88) {
        memcpy(out, one, DIMENSIONS * sizeof *out);
    } else if (percent < 93) {
        for (int i = 0; i < DIMENSIONS; i++)
            out[i] = (one[i] + two[i]) / 2.0f;
    } else if (percent < 98) {
        copy_moved(draw, out, digit);
    } else {
        copy_inverted(out, suan_digits_10k, digit);
    }
}

void generator_run(struct generator *generator, const uint8_t seed[32], uint64_t m, float *base, float *query,
                   int64_t *k)
{
    if (!generator->have_load || memcmp(generator->load, seed, LOAD_BYTES) != 0)
        make_base(generator, seed);
    memcpy(base, generator->base, sizeof generator->base);
    struct suan_draw draw = suan_draw_init(seed, SEED_BYTES, STREAM_JOB + (m << 8));
    *k = suan_draw_below(&draw, 4) == 0 ? 20 : 10;
    for (uint64_t i = 0; i < m; i++)
        make_query(generator, &draw, query + i * DIMENSIONS);
}
