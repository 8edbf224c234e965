/* The cost grid. */
#include "costs.h"

#include <stdlib.h>

#include "base/cleanup.h"

/* Both rows of a pair, while they are being found. */
struct pair {
    const struct suan_row *side[2];
};

struct table {
    uint32_t groups;
    struct pair *cells; /* [block][group][pair], each dimension at its maximum but groups */
};

static struct pair *place_of(const struct table *table, uint32_t block, uint32_t group, uint32_t pair)
{
    return &table->cells[((size_t)block * table->groups + group) * SUAN_ROW_PAIRS_MAX + pair];
}

static enum suan_status fill_table(struct table *table, const struct suan_rows *rows,
                                   enum suan_row_phase phase, enum suan_row_state state,
                                   const uint64_t *sizes, struct suan_error *error)
{
    for (size_t i = 0; i < rows->count; i++) {
        const struct suan_row *row = &rows->items[i];
        uint32_t group = 0;
        while (group < table->groups && sizes[group] != row->n)
            group++;
        if (row->phase != phase || row->state != state || group == table->groups)
            continue;
        struct pair *pair = place_of(table, row->block, group, row->pair);
        if (pair->side[row->side] != NULL)
            return suan_error_set(error, SUAN_E_FORMAT, "rows.pair", NULL,
                                  "jobs.csv row %zu: block %u pair %u has this side already", i + 1,
                                  row->block, row->pair);
        pair->side[row->side] = row;
    }
    return SUAN_OK;
}

static bool is_whole(const struct pair *pair)
{
    return pair->side[0] != NULL && pair->side[1] != NULL && pair->side[0]->calls == pair->side[1]->calls;
}

static bool is_disturbed(const struct pair *pair)
{
    for (int side = 0; side < 2; side++) {
        const struct suan_row *row = pair->side[side];
        if (row->nivcsw > 0 || row->steal_ns > row->wall_ns / 100)
            return true;
    }
    return false;
}

/* A failed call costs the plugin's time, and the baseline's, which has to do it after all. */
static struct suan_cost cost_of(const struct pair *pair)
{
    const struct suan_row *base = pair->side[SUAN_SIDE_BASELINE], *plugin = pair->side[SUAN_SIDE_PLUGIN];
    __extension__ typedef __int128 wide;
    wide again = ((wide)base->cpu_ns * plugin->failed + plugin->calls - 1) / plugin->calls;
    int64_t cost = plugin->cpu_ns + (int64_t)again;
    if (cost > SUAN_BOOTSTRAP_COST_MAX)
        cost = SUAN_BOOTSTRAP_COST_MAX;
    return (struct suan_cost){.base_ns = base->cpu_ns, .plugin_ns = cost, .jobs = base->calls};
}

static uint32_t count_cell(const struct table *table, uint32_t block, uint32_t group, uint32_t *disturbed)
{
    uint32_t count = 0;
    for (uint32_t i = 0; i < SUAN_ROW_PAIRS_MAX; i++) {
        const struct pair *pair = place_of(table, block, group, i);
        if (!is_whole(pair))
            continue;
        count++;
        *disturbed += is_disturbed(pair);
    }
    return count;
}

static bool is_complete(const struct table *table, uint32_t block, uint32_t *total, uint32_t *disturbed)
{
    uint32_t count = 0;
    for (uint32_t group = 0; group < table->groups; group++) {
        uint32_t cell = count_cell(table, block, group, disturbed);
        if (cell == 0)
            return false;
        count += cell;
    }
    *total += count;
    return true;
}

/* Appends a block's pairs; a cell that the filter would empty keeps all of its pairs. */
static void take_block(const struct table *table, uint32_t block, bool calm, struct suan_costs *out,
                       uint32_t *used)
{
    for (uint32_t group = 0; group < table->groups; group++) {
        uint32_t disturbed = 0, whole = count_cell(table, block, group, &disturbed);
        bool drop = calm && disturbed < whole;
        uint32_t *count = &out->counts[out->blocks * out->groups + group];
        for (uint32_t i = 0; i < SUAN_ROW_PAIRS_MAX; i++) {
            const struct pair *pair = place_of(table, block, group, i);
            if (!is_whole(pair))
                continue;
            if (drop && is_disturbed(pair)) {
                out->dropped++;
                continue;
            }
            out->pairs[(*used)++] = cost_of(pair);
            (*count)++;
        }
    }
    out->blocks++;
}

static enum suan_status take_pairs(const struct table *table, enum suan_costs_filter filter,
                                   struct suan_costs *out, struct suan_error *error)
{
    bool complete[SUAN_ROW_BLOCKS_MAX];
    uint32_t total = 0, disturbed = 0, used = 0;
    for (uint32_t block = 0; block < SUAN_ROW_BLOCKS_MAX; block++) {
        uint32_t here = 0;
        complete[block] = is_complete(table, block, &total, &here);
        disturbed += complete[block] ? here : 0;
    }
    bool calm = filter == SUAN_COSTS_CALM && (uint64_t)disturbed * 20 <= total;
    out->pairs = calloc(total > 0 ? total : 1, sizeof *out->pairs);
    if (out->pairs == NULL)
        return suan_error_set(error, SUAN_E_MEMORY, "memory", NULL, "out of memory");
    for (uint32_t block = 0; block < SUAN_ROW_BLOCKS_MAX; block++) {
        if (complete[block])
            take_block(table, block, calm, out, &used);
    }
    return SUAN_OK;
}

enum suan_status suan_costs_collect(const struct suan_rows *rows, enum suan_row_phase phase,
                                    enum suan_row_state state, const uint64_t *sizes, uint32_t groups,
                                    enum suan_costs_filter filter, struct suan_costs *out,
                                    struct suan_error *error)
{
    *out = (struct suan_costs){.groups = groups};
    memcpy(out->sizes, sizes, groups * sizeof *sizes);
    SUAN_CLEANUP(suan_freep)
    struct pair *cells =
        calloc((size_t)SUAN_ROW_BLOCKS_MAX * SUAN_ROW_PAIRS_MAX * (groups > 0 ? groups : 1), sizeof *cells);
    if (cells == NULL)
        return suan_error_set(error, SUAN_E_MEMORY, "memory", NULL, "out of memory");
    struct table table = {.groups = groups, .cells = cells};
    enum suan_status status = fill_table(&table, rows, phase, state, sizes, error);
    if (status != SUAN_OK)
        return status;
    return take_pairs(&table, filter, out, error);
}

void suan_costs_done(struct suan_costs *costs)
{
    free(costs->pairs);
    costs->pairs = NULL;
    costs->blocks = 0;
}

const struct suan_cost *suan_costs_cell(const struct suan_costs *costs, uint32_t block, uint32_t group,
                                        uint32_t *out_count)
{
    uint32_t first = 0, cell = block * costs->groups + group;
    for (uint32_t i = 0; i < cell; i++)
        first += costs->counts[i];
    *out_count = costs->counts[cell];
    return costs->pairs + first;
}

struct suan_cost suan_costs_sum(const struct suan_costs *costs, uint32_t group, uint32_t first, uint32_t end)
{
    struct suan_cost sum = {0};
    for (uint32_t block = first; block < end; block++) {
        uint32_t count;
        const struct suan_cost *pairs = suan_costs_cell(costs, block, group, &count);
        for (uint32_t i = 0; i < count; i++) {
            sum.base_ns += pairs[i].base_ns;
            sum.plugin_ns += pairs[i].plugin_ns;
            sum.jobs += pairs[i].jobs;
        }
    }
    return sum;
}

struct suan_cost_grid suan_costs_grid(const struct suan_costs *costs)
{
    return (struct suan_cost_grid){
        .blocks = costs->blocks, .groups = costs->groups, .counts = costs->counts, .pairs = costs->pairs};
}
