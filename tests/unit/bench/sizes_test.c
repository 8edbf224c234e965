#include "bench/sizes.h"

#include <criterion/criterion.h>
#include <criterion/parameterized.h>

struct range_row {
    uint64_t min, max;
    uint32_t count;
};
ParameterizedTestParameters(sizes, one_in_each_stratum_with_a_prime_and_few_powers_of_two)
{
    static struct range_row rows[] = {
        {5, 512, 4}, {5, 512, 8}, {1, 100, 8}, {4096, 1048576, 4}, {1, UINT64_C(1) << 40, 16}, {2, 256, 4}};
    return cr_make_param_array(struct range_row, rows, sizeof rows / sizeof rows[0]);
}
ParameterizedTest(struct range_row *row, sizes, one_in_each_stratum_with_a_prime_and_few_powers_of_two)
{
    uint64_t first[SUAN_SIZES_MAX + 1], sizes[SUAN_SIZES_MAX];
    cr_assert_eq(suan_sizes_strata(row->min, row->max, row->count, first, NULL), SUAN_OK);
    for (uint32_t trial = 0; trial < 200; trial++) {
        struct suan_digest master = suan_sha256(suan_span(&trial, sizeof trial));
        cr_assert_eq(suan_sizes_draw(&master, row->min, row->max, row->count, sizes, NULL), SUAN_OK);
        uint32_t primes = 0, powers = 0;
        for (uint32_t i = 0; i < row->count; i++) {
            cr_assert(sizes[i] >= first[i] && sizes[i] < first[i + 1]);
            primes += suan_sizes_is_prime(sizes[i]);
            powers += (sizes[i] & (sizes[i] - 1)) == 0;
        }
        cr_assert_geq(primes, 1);
        /* A stratum of one value that is a power of two leaves no choice. */
        cr_assert_leq(powers, row->count / 4 + (row->min == 1 ? 2 : 0), "%u powers of two", powers);
    }
}

/* Recorded once; sizes must come out the same everywhere. */
Test(sizes, the_draw_never_changes)
{
    struct suan_digest master = suan_sha256(suan_span_text("master"));
    uint64_t sizes[SUAN_SIZES_MAX];
    cr_assert_eq(suan_sizes_draw(&master, 5, 512, 4, sizes, NULL), SUAN_OK);
    const uint64_t expected[] = {6, 22, 81, 179};
    for (int i = 0; i < 4; i++)
        cr_expect_eq(sizes[i], expected[i], "%d: %llu", i, (unsigned long long)sizes[i]);
}

Test(sizes, strata_are_equal_on_a_logarithmic_scale)
{
    uint64_t first[SUAN_SIZES_MAX + 1];
    cr_assert_eq(suan_sizes_strata(10, 100000, 4, first, NULL), SUAN_OK);
    const uint64_t expected[] = {10, 100, 1000, 10000, 100001};
    cr_assert_arr_eq(first, expected, sizeof expected);
}

/* Log-uniform: half of the draws of one stratum lie below its geometric middle. */
Test(sizes, draws_are_log_uniform)
{
    uint64_t sizes[SUAN_SIZES_MAX];
    uint32_t low = 0;
    for (uint32_t trial = 0; trial < 2000; trial++) {
        struct suan_digest master = suan_sha256(suan_span(&trial, sizeof trial));
        cr_assert_eq(suan_sizes_draw(&master, 100, 1000000, 2, sizes, NULL), SUAN_OK);
        low += sizes[0] < 1000;
    }
    cr_assert(low > 900 && low < 1100, "%u of 2000", low);
}

Test(sizes, weights_spread_by_logarithmic_overlap)
{
    static const uint32_t weights[] = {100000, 200000, 400000, 300000};
    uint32_t out[SUAN_SIZES_MAX];
    cr_assert_eq(suan_sizes_weights(weights, 4, 2, out, NULL), SUAN_OK);
    cr_expect(out[0] == 300000 && out[1] == 700000);
    cr_assert_eq(suan_sizes_weights(weights, 4, 8, out, NULL), SUAN_OK);
    cr_expect(out[0] == 50000 && out[4] == 200000 && out[7] == 150000);
    cr_assert_eq(suan_sizes_weights(weights, 4, 3, out, NULL), SUAN_OK);
    cr_expect_eq(out[0] + out[1] + out[2], 1000000);
    cr_expect_eq(out[0], 100000 + 66666);
}

Test(sizes, weights_that_do_not_add_up_are_refused)
{
    static const uint32_t weights[] = {500000, 499999};
    uint32_t out[SUAN_SIZES_MAX];
    struct suan_error error = {0};
    cr_assert_eq(suan_sizes_weights(weights, 2, 4, out, &error), SUAN_E_USAGE);
    cr_assert_str_eq(error.code, "sizes.weights");
}

Test(sizes, a_range_without_room_is_refused)
{
    uint64_t first[SUAN_SIZES_MAX + 1];
    cr_assert_eq(suan_sizes_strata(0, 10, 4, first, NULL), SUAN_E_USAGE);
    cr_assert_eq(suan_sizes_strata(8, 10, 4, first, NULL), SUAN_E_USAGE);
    cr_assert_eq(suan_sizes_strata(1, SUAN_SIZE_LIMIT + 1, 4, first, NULL), SUAN_E_USAGE);
}
