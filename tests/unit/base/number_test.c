#include "base/number.h"

#include <criterion/criterion.h>
#include <stdlib.h>

Test(number, sums_and_products_that_fit_are_given)
{
    int64_t sum = 0;
    uint64_t wide = 0;
    cr_assert(suan_add_i64(INT64_MAX - 1, 1, &sum));
    cr_assert_eq(sum, INT64_MAX);
    cr_assert(suan_add_i64(INT64_MIN, INT64_MAX, &sum));
    cr_assert_eq(sum, -1);
    cr_assert(suan_add_u64(UINT64_MAX, 0, &wide));
    cr_assert(suan_mul_u64(UINT64_C(1) << 32, (UINT64_C(1) << 32) - 1, &wide));
    cr_assert_eq(wide, ((UINT64_C(1) << 32) - 1) << 32);
}

Test(number, overflow_is_told_and_writes_nothing)
{
    int64_t sum = 7;
    uint64_t wide = 7;
    cr_assert_not(suan_add_i64(INT64_MAX, 1, &sum));
    cr_assert_not(suan_add_i64(INT64_MIN, -1, &sum));
    cr_assert_not(suan_add_u64(UINT64_MAX, 1, &wide));
    cr_assert_not(suan_mul_u64(UINT64_C(1) << 32, UINT64_C(1) << 32, &wide));
    cr_assert_not(suan_mul_div(INT64_MAX, 2, 1, &sum));
    cr_assert(sum == 7 && wide == 7);
}

Test(number, mul_div_is_exact_beyond_64_bits)
{
    static const int64_t rows[][4] = {
        {7, 3, 2, 10},
        {0, INT64_MAX, 1, 0},
        {INT64_MAX, INT64_MAX, INT64_MAX, INT64_MAX},
        {INT64_MAX, INT64_MAX - 1, INT64_MAX, INT64_MAX - 1},
        {INT64_C(300000000), 3333, 10000, INT64_C(99990000)},
        {1, 1, INT64_MAX, 0},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        int64_t result = -1;
        cr_assert(suan_mul_div(rows[i][0], rows[i][1], rows[i][2], &result));
        cr_assert_eq(result, rows[i][3], "row %zu: %lld", i, (long long)result);
    }
}

Test(number, mul_div_refuses_what_has_no_floor_here)
{
    int64_t result;
    cr_assert_not(suan_mul_div(-1, 1, 1, &result));
    cr_assert_not(suan_mul_div(1, -1, 1, &result));
    cr_assert_not(suan_mul_div(1, 1, 0, &result));
    cr_assert_not(suan_mul_div(1, 1, -1, &result));
}

static void assert_split(int64_t total, const int64_t *weights, const int64_t *expected, uint32_t count)
{
    int64_t parts[8];
    cr_assert(suan_split(total, weights, parts, count));
    for (uint32_t i = 0; i < count; i++)
        cr_assert_eq(parts[i], expected[i], "part %u is %lld", i, (long long)parts[i]);
}

Test(number, a_split_follows_the_largest_remainders)
{
    assert_split(100, (int64_t[]){1, 1, 1}, (int64_t[]){34, 33, 33}, 3); /* ties: the earlier */
    assert_split(2, (int64_t[]){1, 1, 1}, (int64_t[]){1, 1, 0}, 3);
    assert_split(10, (int64_t[]){6667, 3333}, (int64_t[]){7, 3}, 2);
    assert_split(1, (int64_t[]){4999, 5001}, (int64_t[]){0, 1}, 2); /* the larger remainder, though later */
    assert_split(7, (int64_t[]){0, 5, 0}, (int64_t[]){0, 7, 0}, 3);
    assert_split(0, (int64_t[]){3, 4}, (int64_t[]){0, 0}, 2);
    assert_split(INT64_MAX, (int64_t[]){1}, (int64_t[]){INT64_MAX}, 1);
}

/* Whatever is split, nothing is lost and nobody is a whole unit away from the exact share. */
Test(number, a_split_loses_nothing)
{
    srand(1);
    for (int round = 0; round < 2000; round++) {
        int64_t weights[64], parts[64], sum = 0, given = 0;
        uint32_t count = 1 + (uint32_t)rand() % 64;
        int64_t total = (int64_t)rand() * rand();
        for (uint32_t i = 0; i < count; i++)
            sum += weights[i] = rand() % 10000;
        if (sum == 0)
            continue;
        cr_assert(suan_split(total, weights, parts, count));
        for (uint32_t i = 0; i < count; i++) {
            int64_t floor;
            cr_assert(suan_mul_div(total, weights[i], sum, &floor));
            cr_assert(parts[i] == floor || parts[i] == floor + 1);
            given += parts[i];
        }
        cr_assert_eq(given, total);
    }
}

Test(number, the_largest_split_is_made)
{
    enum { MOST = 4096 };
    static int64_t weights[MOST], parts[MOST];
    int64_t given = 0;
    for (int i = 0; i < MOST; i++)
        weights[i] = i;
    cr_assert(suan_split(INT64_MAX, weights, parts, MOST));
    for (int i = 0; i < MOST; i++)
        given += parts[i];
    cr_assert_eq(given, INT64_MAX);
}

Test(number, splits_outside_the_contract_are_refused)
{
    int64_t parts[2];
    cr_assert_not(suan_split(-1, (int64_t[]){1, 1}, parts, 2));
    cr_assert_not(suan_split(1, (int64_t[]){0, 0}, parts, 2));
    cr_assert_not(suan_split(1, (int64_t[]){2, -1}, parts, 2));
    cr_assert_not(suan_split(1, (int64_t[]){1}, parts, 0));
    cr_assert_not(suan_split(1, (int64_t[]){1}, parts, 4097));
    cr_assert_not(suan_split(1, (int64_t[]){INT64_C(1) << 62, 0}, parts, 2));
    cr_assert_not(suan_split(1, (int64_t[]){INT64_MAX, INT64_MAX}, parts, 2));
}
