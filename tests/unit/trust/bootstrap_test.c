#include "trust/bootstrap.h"

#include <criterion/criterion.h>

static const struct suan_cost four[] = {{100, 40, 1}, {110, 50, 1}, {90, 45, 1}, {105, 41, 1}};

/* Recorded once: a change means that no published measurement or receipt can be recomputed. */
Test(bootstrap, the_sums_never_change)
{
    const uint32_t counts[] = {2, 2};
    struct suan_cost_grid grid = {.blocks = 2, .groups = 1, .counts = counts, .pairs = four};
    struct suan_cost sums[4], plain[2];
    cr_assert_eq(suan_bootstrap_grid(&grid, suan_span_text("seed"), "bootstrap", 4, sums, NULL), SUAN_OK);
    cr_assert_eq(suan_bootstrap_pairs(four, 4, suan_span_text("seed"), "bootstrap", 2, plain, NULL), SUAN_OK);
    const int64_t bases[] = {195, 200, 220, 195};
    for (int i = 0; i < 4; i++)
        cr_expect_eq(sums[i].base_ns, bases[i], "%d: %lld", i, (long long)sums[i].base_ns);
    cr_expect_eq(plain[0].base_ns, 420, "%lld", (long long)plain[0].base_ns);
    cr_expect_eq(plain[1].plugin_ns, 175, "%lld", (long long)plain[1].plugin_ns);
}

Test(bootstrap, a_replicate_holds_one_block_less_and_all_of_its_pairs)
{
    const uint32_t counts[] = {1, 2, 1, 2, 1, 2};
    struct suan_cost pairs[9], sums[200];
    for (int i = 0; i < 9; i++)
        pairs[i] = (struct suan_cost){.base_ns = 1, .plugin_ns = 2, .jobs = 3};
    struct suan_cost_grid grid = {.blocks = 3, .groups = 2, .counts = counts, .pairs = pairs};
    cr_assert_eq(suan_bootstrap_grid(&grid, suan_span_text("s"), "x", 100, sums, NULL), SUAN_OK);
    for (int k = 0; k < 100; k++) {
        cr_assert_eq(sums[2 * k].base_ns, 2);
        cr_assert_eq(sums[2 * k + 1].base_ns, 4);
        cr_assert_eq(sums[2 * k + 1].jobs, 12);
    }
}

Test(bootstrap, groups_of_a_block_are_drawn_together)
{
    const uint32_t counts[] = {1, 1, 1, 1};
    const struct suan_cost pairs[] = {{1, 0, 1}, {10, 0, 1}, {2, 0, 1}, {20, 0, 1}};
    struct suan_cost sums[200];
    struct suan_cost_grid grid = {.blocks = 2, .groups = 2, .counts = counts, .pairs = pairs};
    cr_assert_eq(suan_bootstrap_grid(&grid, suan_span_text("s"), "x", 100, sums, NULL), SUAN_OK);
    for (int k = 0; k < 100; k++)
        cr_assert_eq(sums[2 * k + 1].base_ns, 10 * sums[2 * k].base_ns);
}

Test(bootstrap, refuses_what_it_cannot_sum)
{
    const uint32_t counts[] = {1, 1};
    const struct suan_cost bad[] = {{1, 1, 1}, {SUAN_BOOTSTRAP_COST_MAX + 1, 1, 1}};
    struct suan_cost sums[2];
    struct suan_error error = {0};
    struct suan_cost_grid grid = {.blocks = 2, .groups = 1, .counts = counts, .pairs = bad};
    cr_assert_eq(suan_bootstrap_grid(&grid, suan_span_text("s"), "x", 1, sums, &error), SUAN_E_USAGE);
    cr_assert_str_eq(error.code, "bootstrap.cost");
    grid.blocks = 1;
    cr_assert_eq(suan_bootstrap_grid(&grid, suan_span_text("s"), "x", 1, sums, &error), SUAN_E_USAGE);
    cr_assert_str_eq(error.code, "bootstrap.blocks");
    cr_assert_eq(suan_bootstrap_pairs(bad, 0, suan_span_text("s"), "x", 1, sums, &error), SUAN_E_USAGE);
    cr_assert_str_eq(error.code, "bootstrap.pairs");
}

Test(bootstrap, rank_counts_from_the_smallest)
{
    int64_t values[] = {5, -3, 9, 0};
    cr_assert_eq(suan_bootstrap_rank(values, 4, 1), -3);
    cr_assert_eq(suan_bootstrap_rank(values, 4, 4), 9);
}
