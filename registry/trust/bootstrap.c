/* Resampling of cost pairs: nothing but integer sums and deterministic draws. */
#include "bootstrap.h"

#include <assert.h>
#include <stdlib.h>

#include "draw.h"

static void add(struct suan_cost *sum, const struct suan_cost *pair)
{
    sum->base_ns += pair->base_ns;
    sum->plugin_ns += pair->plugin_ns;
    sum->jobs += pair->jobs;
}

static void draw_pairs(struct suan_draw *draw, const struct suan_cost *pairs, uint32_t count,
                       struct suan_cost *sum)
{
    for (uint32_t i = 0; i < count; i++)
        add(sum, &pairs[suan_draw_below(draw, count)]);
}

static bool in_range(int64_t value)
{
    return value >= 0 && value <= SUAN_BOOTSTRAP_COST_MAX;
}

static enum suan_status check_pairs(const struct suan_cost *pairs, uint32_t count, struct suan_error *error)
{
    for (uint32_t i = 0; i < count; i++) {
        if (!in_range(pairs[i].base_ns) || !in_range(pairs[i].plugin_ns) || !in_range(pairs[i].jobs))
            return suan_error_set(error, SUAN_E_USAGE, "bootstrap.cost", NULL,
                                  "pair %u: a cost is negative or above 2^46 ns", i);
    }
    return SUAN_OK;
}

static enum suan_status check_grid(const struct suan_cost_grid *grid, struct suan_error *error)
{
    if (grid->blocks < 2 || grid->blocks > SUAN_BOOTSTRAP_BLOCKS_MAX || grid->groups < 1 ||
        grid->groups > SUAN_BOOTSTRAP_GROUPS_MAX)
        return suan_error_set(error, SUAN_E_USAGE, "bootstrap.blocks", "a bound needs at least two blocks",
                              "%u blocks of %u sizes cannot be resampled", grid->blocks, grid->groups);
    uint64_t total = 0;
    for (uint32_t cell = 0; cell < grid->blocks * grid->groups; cell++)
        total += grid->counts[cell];
    if (total > SUAN_BOOTSTRAP_PAIRS_MAX)
        return suan_error_set(error, SUAN_E_USAGE, "bootstrap.pairs", NULL, "%llu pairs, the limit is %d",
                              (unsigned long long)total, SUAN_BOOTSTRAP_PAIRS_MAX);
    return check_pairs(grid->pairs, (uint32_t)total, error);
}

enum suan_status suan_bootstrap_grid(const struct suan_cost_grid *grid, struct suan_span seed,
                                     const char *label, uint32_t replicates, struct suan_cost *out,
                                     struct suan_error *error)
{
    enum suan_status status = check_grid(grid, error);
    if (status != SUAN_OK)
        return status;
    uint32_t first[SUAN_BOOTSTRAP_BLOCKS_MAX * SUAN_BOOTSTRAP_GROUPS_MAX + 1];
    uint32_t cells = grid->blocks * grid->groups;
    first[0] = 0;
    for (uint32_t cell = 0; cell < cells; cell++)
        first[cell + 1] = first[cell] + grid->counts[cell];
    struct suan_draw draw;
    suan_draw_init(&draw, seed, label);
    for (uint32_t replicate = 0; replicate < replicates; replicate++) {
        struct suan_cost *sums = out + (size_t)replicate * grid->groups;
        for (uint32_t group = 0; group < grid->groups; group++)
            sums[group] = (struct suan_cost){0};
        for (uint32_t turn = 0; turn + 1 < grid->blocks; turn++) {
            uint32_t cell = suan_draw_below(&draw, grid->blocks) * grid->groups;
            for (uint32_t group = 0; group < grid->groups; group++, cell++)
                draw_pairs(&draw, grid->pairs + first[cell], grid->counts[cell], &sums[group]);
        }
    }
    return SUAN_OK;
}

enum suan_status suan_bootstrap_pairs(const struct suan_cost *pairs, uint32_t count, struct suan_span seed,
                                      const char *label, uint32_t replicates, struct suan_cost *out,
                                      struct suan_error *error)
{
    if (count == 0 || count > SUAN_BOOTSTRAP_PAIRS_MAX)
        return suan_error_set(error, SUAN_E_USAGE, "bootstrap.pairs", NULL, "%u pairs, allowed are 1 to %d",
                              count, SUAN_BOOTSTRAP_PAIRS_MAX);
    enum suan_status status = check_pairs(pairs, count, error);
    if (status != SUAN_OK)
        return status;
    struct suan_draw draw;
    suan_draw_init(&draw, seed, label);
    for (uint32_t replicate = 0; replicate < replicates; replicate++) {
        out[replicate] = (struct suan_cost){0};
        draw_pairs(&draw, pairs, count, &out[replicate]);
    }
    return SUAN_OK;
}

static int by_value(const void *left, const void *right)
{
    int64_t a = *(const int64_t *)left, b = *(const int64_t *)right;
    return (a > b) - (a < b);
}

int64_t suan_bootstrap_rank(int64_t *values, uint32_t count, uint32_t rank)
{
    assert(rank >= 1 && rank <= count);
    qsort(values, count, sizeof *values, by_value);
    return values[rank - 1];
}
