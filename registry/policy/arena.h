#ifndef SUAN_POLICY_ARENA_H
#define SUAN_POLICY_ARENA_H

/* Inside this folder only: memory that is given back all at once. All zero is an empty arena. */
#include "base/span.h"

struct arena_chunk;
struct arena {
    struct arena_chunk *newest;
    size_t used, capacity; /* of the newest chunk */
};

/* Zeroed and aligned for any type; NULL if out of memory or if the product overflows. A count of 0 gives a
 * valid pointer. */
void *arena_take(struct arena *arena, size_t count, size_t size);
/* A copy of the text; data is NULL if out of memory. */
struct suan_span arena_copy(struct arena *arena, struct suan_span text);
void arena_done(struct arena *arena);

#endif
