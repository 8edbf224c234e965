/* Open addressing with linear probing. */
#include "index.h"

#include <stdlib.h>
#include <string.h>

enum { CAPACITY_FIRST = 64 };

void suan_index_done(struct suan_index *index)
{
    free(index->cells);
    *index = (struct suan_index){0};
}

uint64_t suan_index_hash(const uint8_t bytes[16])
{
    uint64_t high, low;
    memcpy(&high, bytes, sizeof high);
    memcpy(&low, bytes + 8, sizeof low);
    high = (high ^ (low << 32 | low >> 32)) * UINT64_C(0x9e3779b97f4a7c15);
    high = (high ^ high >> 29 ^ low) * UINT64_C(0xbf58476d1ce4e5b9);
    return high ^ high >> 32;
}

static void place(struct suan_index_cell *cells, uint32_t capacity, uint64_t hash, uint32_t position)
{
    uint32_t at = (uint32_t)hash & (capacity - 1);
    while (cells[at].used)
        at = (at + 1) & (capacity - 1);
    cells[at] = (struct suan_index_cell){hash, position, 1};
}

static bool grow(struct suan_index *index)
{
    uint32_t capacity = index->capacity == 0 ? CAPACITY_FIRST : index->capacity * 2;
    struct suan_index_cell *cells = calloc(capacity, sizeof *cells);
    if (cells == NULL)
        return false;
    for (uint32_t i = 0; i < index->capacity; i++) {
        if (index->cells[i].used)
            place(cells, capacity, index->cells[i].hash, index->cells[i].position);
    }
    free(index->cells);
    index->cells = cells;
    index->capacity = capacity;
    return true;
}

bool suan_index_put(struct suan_index *index, uint64_t hash, uint32_t position)
{
    if (index->count * 2 >= index->capacity && !grow(index))
        return false;
    place(index->cells, index->capacity, hash, position);
    index->count++;
    return true;
}

bool suan_index_next(const struct suan_index *index, uint64_t hash, uint32_t *probe, uint32_t *out_position)
{
    for (; *probe < index->capacity; ++*probe) {
        const struct suan_index_cell *cell = &index->cells[((uint32_t)hash + *probe) & (index->capacity - 1)];
        if (!cell->used)
            return false;
        if (cell->hash != hash)
            continue;
        *out_position = cell->position;
        ++*probe;
        return true;
    }
    return false;
}

/* Where growth has put cells in another order than they came, the gap could cut a chain of probes: move those
 * behind up. */
void suan_index_drop(struct suan_index *index, uint64_t hash, uint32_t position)
{
    uint32_t mask = index->capacity - 1, at = (uint32_t)hash & mask;
    while (index->cells[at].hash != hash || index->cells[at].position != position)
        at = (at + 1) & mask;
    index->cells[at].used = 0;
    index->count--;
    for (uint32_t next = (at + 1) & mask; index->cells[next].used; next = (next + 1) & mask) {
        struct suan_index_cell cell = index->cells[next];
        index->cells[next].used = 0;
        place(index->cells, index->capacity, cell.hash, cell.position);
    }
}
