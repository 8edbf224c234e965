/* Inputs are segments of 4 to 64 KiB: three in four are slices of real files, the rest families that compressors dislike. */
#include "deflate.h"

#include <suan/draw.h>

enum {
    SEED_BYTES = 32,
    STREAM_JOB = 1,
    SEGMENT_MIN_LOG2 = 12,
    SEGMENT_LOGS = 5,
};

extern const uint8_t suan_text_en[], suan_text_en_end[], suan_text_zh[], suan_text_zh_end[];
extern const uint8_t suan_text_wordnet[], suan_text_wordnet_end[], suan_text_sky[], suan_text_sky_end[];

static void fill_real(struct suan_draw *draw, uint8_t *out, uint64_t n)
{
    static const struct {
        const uint8_t *begin, *end;
    } texts[] = {{suan_text_en, suan_text_en_end},
                 {suan_text_zh, suan_text_zh_end},
                 {suan_text_wordnet, suan_text_wordnet_end},
                 {suan_text_sky, suan_text_sky_end}};
    uint64_t which = suan_draw_below(draw, 4), bytes = (uint64_t)(texts[which].end - texts[which].begin);
    memcpy(out, texts[which].begin + suan_draw_below(draw, bytes - n + 1), n);
}

static void fill_random(struct suan_draw *draw, uint8_t *out, uint64_t n, unsigned letters)
{
    for (uint64_t i = 0; i < n; i++)
        out[i] = letters == 256 ? (uint8_t)(suan_draw_u64(draw) >> 56)
                                : (uint8_t) "ACGTNacgtn"[suan_draw_below(draw, letters)];
}

static void fill_runs(struct suan_draw *draw, uint8_t *out, uint64_t n)
{
    for (uint64_t i = 0; i < n;) {
        uint64_t run = 1 + suan_draw_below(draw, 4000);
        uint8_t byte = (uint8_t)suan_draw_below(draw, 4);
        for (; run > 0 && i < n; run--)
            out[i++] = byte;
    }
}

/* Lines of a log: a counter, a level, a number. */
static void fill_log(struct suan_draw *draw, uint8_t *out, uint64_t n)
{
    static const char *const levels[] = {"INFO", "WARN", "DEBUG"};
    uint64_t counter = suan_draw_below(draw, 1000000);
    for (uint64_t i = 0; i < n;) {
        char line[96];
        int length = snprintf(line, sizeof line, "%010llu %-5s request served in %llu us\n",
                              (unsigned long long)counter, levels[suan_draw_below(draw, 3)],
                              (unsigned long long)suan_draw_below(draw, 100000));
        uint64_t take = (uint64_t)length < n - i ? (uint64_t)length : n - i;
        memcpy(out + i, line, take);
        i += take;
        counter += suan_draw_below(draw, 10);
    }
}

/* A shape that nobody can prepare for, since the seed alone decides which of three it is. */
static void fill_held_out(struct suan_draw *draw, uint8_t *out, uint64_t n)
{
    uint64_t shape = suan_draw_below(draw, 3), period = 1 + suan_draw_below(draw, 70000);
    int32_t sample = 0;
    for (uint64_t i = 0; i < n; i++) {
        if (shape == 0) { /* mostly zeros */
            out[i] = suan_draw_below(draw, 20) == 0 ? (uint8_t)suan_draw_below(draw, 256) : 0;
        } else if (shape == 1) { /* a random walk, as from a sensor */
            sample += (int32_t)suan_draw_below(draw, 9) - 4;
            out[i] = (uint8_t)(sample >> 2);
        } else { /* one block again and again, near or past the window */
            out[i] = i >= period ? out[i - period] : (uint8_t)suan_draw_below(draw, 64);
        }
    }
}

void generator_run(const uint8_t seed[32], uint64_t n, uint8_t *data)
{
    struct suan_draw draw = suan_draw_init(seed, SEED_BYTES, STREAM_JOB + (n << 8));
    for (uint64_t at = 0; at < n;) {
        uint64_t bytes = UINT64_C(1) << (SEGMENT_MIN_LOG2 + suan_draw_below(&draw, SEGMENT_LOGS));
        bytes = bytes < n - at ? bytes : n - at;
        uint64_t percent = at == 0 ? 0 : suan_draw_below(&draw, 100); /* the first is always real */
        if (percent < 75)
            fill_real(&draw, data + at, bytes);
        else if (percent < 80)
            fill_random(&draw, data + at, bytes, 256);
        else if (percent < 85)
            fill_random(&draw, data + at, bytes, 4 + (unsigned)suan_draw_below(&draw, 7));
        else if (percent < 90)
            fill_runs(&draw, data + at, bytes);
        else if (percent < 95)
            fill_log(&draw, data + at, bytes);
        else
            fill_held_out(&draw, data + at, bytes);
        at += bytes;
    }
}
