#ifndef SUAN_LEDGER_INDEX_H
#define SUAN_LEDGER_INDEX_H

/*
 * Inside this folder only: a hash index from 64-bit hashes to positions in an array of the caller's, who
 * compares what is found with what is sought. What was put last can be taken back. All zero is an empty
 * index.
 */
#include <stdbool.h>
#include <stdint.h>

struct suan_index_cell {
    uint64_t hash;
    uint32_t position, used;
};

struct suan_index {
    struct suan_index_cell *cells;
    uint32_t capacity, count; /* capacity: 0 or a power of two, at least twice the count */
};

void suan_index_done(struct suan_index *index);
/* False if out of memory. */
bool suan_index_put(struct suan_index *index, uint64_t hash, uint32_t position);
/* Positions under `hash`, one per call; *probe is 0 at first. False when there are no more. */
bool suan_index_next(const struct suan_index *index, uint64_t hash, uint32_t *probe, uint32_t *out_position);
/* Takes back the put that was the last one. */
void suan_index_drop(struct suan_index *index, uint64_t hash, uint32_t position);
/* Spreads 16 bytes over 64 bits. */
uint64_t suan_index_hash(const uint8_t bytes[16]);

#endif
