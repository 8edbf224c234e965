#include "trust/draw.h"

#include <criterion/criterion.h>
#include <sodium.h>

#include "support.h"

static struct suan_draw fresh(const char *label)
{
    struct suan_draw draw;
    suan_draw_init(&draw, suan_span_text("seed"), label);
    return draw;
}

Test(draw, the_stream_is_libsodiums_deterministic_one)
{
    uint8_t expected[5000], got[5000];
    struct suan_digest key = suan_hmac_sha256(suan_span_text("seed"), suan_span_text("order"));
    struct suan_draw draw = fresh("order");
    randombytes_buf_deterministic(expected, sizeof expected, key.bytes);
    suan_draw_bytes(&draw, got, sizeof got);
    cr_assert_arr_eq(got, expected, sizeof got);
}

/* Recorded once. A change here means that every published measurement stops being reproducible. */
Test(draw, the_numbers_never_change)
{
    struct suan_draw draw = fresh("bootstrap");
    uint32_t first = suan_draw_u32(&draw);
    uint64_t second = suan_draw_u64(&draw);
    uint32_t die = suan_draw_below(&draw, 6);
    uint64_t large = suan_draw_below64(&draw, UINT64_C(1000000000000));
    cr_assert_eq(first, UINT32_C(3372238027), "%u", first);
    cr_assert_eq(second, UINT64_C(2522102562475353651), "%llu", (unsigned long long)second);
    cr_assert_eq(die, 2u, "%u", die);
    cr_assert_eq(large, UINT64_C(304778895370), "%llu", (unsigned long long)large);
}

Test(draw, labels_and_seeds_give_unrelated_numbers)
{
    struct suan_draw a = fresh("order"), b = fresh("offset"), c;
    suan_draw_init(&c, suan_span_text("seee"), "order");
    uint64_t first = suan_draw_u64(&a);
    cr_assert_neq(first, suan_draw_u64(&b));
    cr_assert_neq(first, suan_draw_u64(&c));
}

Test(draw, words_are_little_endian_and_a_pair_is_high_word_first)
{
    struct suan_draw bytes = fresh("x"), words = fresh("x"), pairs = fresh("x");
    uint8_t raw[8];
    suan_draw_bytes(&bytes, raw, sizeof raw);
    uint32_t first = suan_draw_u32(&words), second = suan_draw_u32(&words);
    cr_assert_eq(first,
                 (uint32_t)raw[0] | (uint32_t)raw[1] << 8 | (uint32_t)raw[2] << 16 | (uint32_t)raw[3] << 24);
    cr_assert_eq(suan_draw_u64(&pairs), (uint64_t)first << 32 | second);
}

Test(draw, bytes_take_whole_words)
{
    struct suan_draw odd = fresh("x"), words = fresh("x");
    uint8_t raw[5];
    suan_draw_bytes(&odd, raw, sizeof raw);
    (void)suan_draw_u64(&words);
    cr_assert_eq(suan_draw_u32(&odd), suan_draw_u32(&words));
}

Test(draw, words_do_not_repeat_where_blocks_meet)
{
    struct suan_draw draw = fresh("x");
    uint8_t expected[4096];
    struct suan_digest key = suan_hmac_sha256(suan_span_text("seed"), suan_span_text("x"));
    randombytes_buf_deterministic(expected, sizeof expected, key.bytes);
    for (size_t at = 0; at < sizeof expected; at += 4) {
        uint32_t word = suan_draw_u32(&draw);
        cr_assert_eq(word & 255, expected[at]);
        cr_assert_eq(word >> 24, expected[at + 3]);
    }
}

Test(draw, bounded_numbers_stay_below_and_reach_every_value)
{
    struct suan_draw draw = fresh("x");
    unsigned seen[7] = {0};
    for (int i = 0; i < 7000; i++) {
        uint32_t value = suan_draw_below(&draw, 7);
        cr_assert_lt(value, 7u);
        seen[value]++;
    }
    for (int i = 0; i < 7; i++)
        cr_assert(seen[i] > 800 && seen[i] < 1200, "%d came %u times", i, seen[i]);
    cr_assert_eq(suan_draw_below(&draw, 1), 0u);
    cr_assert_eq(suan_draw_below64(&draw, 1), 0u);
}

/* With a bound of 3 * 2^30 a quarter of all words must be thrown away; taken as they are, the middle third
   would come twice as often as it may. */
Test(draw, rejection_removes_the_bias_of_large_bounds)
{
    struct suan_draw draw = fresh("x");
    unsigned thirds[3] = {0}, biased[3] = {0};
    for (int i = 0; i < 30000; i++) {
        thirds[suan_draw_below(&draw, 3u << 30) >> 30]++;
        biased[((uint64_t)(suan_draw_u32(&draw) & 3) * 3) >> 2]++;
    }
    for (int i = 0; i < 3; i++)
        cr_assert(thirds[i] > 9500 && thirds[i] < 10500, "third %d came %u times", i, thirds[i]);
    cr_assert_gt(biased[0], 14000u, "control: without rejection one value must come too often");
}

Test(draw, a_shuffle_is_a_permutation)
{
    struct suan_draw draw = fresh("x");
    uint32_t items[100];
    unsigned seen[100] = {0}, moved = 0;
    for (uint32_t i = 0; i < 100; i++)
        items[i] = i;
    suan_draw_shuffle(&draw, items, 100);
    for (uint32_t i = 0; i < 100; i++) {
        seen[items[i]]++;
        moved += items[i] != i;
    }
    for (uint32_t i = 0; i < 100; i++)
        cr_assert_eq(seen[i], 1u);
    cr_assert_gt(moved, 80u);
    suan_draw_shuffle(&draw, items, 0);
}
