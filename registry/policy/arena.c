#include "arena.h"

#include <stdalign.h>
#include <stdlib.h>

struct arena_chunk {
    alignas(max_align_t) struct arena_chunk *older;
};

enum { CHUNK = 8192 };

static void *take_chunk(struct arena *arena, size_t size)
{
    size_t capacity = size > CHUNK ? size : CHUNK;
    struct arena_chunk *chunk = calloc(1, sizeof *chunk + capacity);
    if (chunk == NULL)
        return NULL;
    chunk->older = arena->newest;
    arena->newest = chunk;
    arena->used = size;
    arena->capacity = capacity;
    return chunk + 1;
}

void *arena_take(struct arena *arena, size_t count, size_t size)
{
    const size_t align = alignof(max_align_t);
    size_t bytes;
    if (__builtin_mul_overflow(count, size, &bytes) || bytes > SIZE_MAX / 2)
        return NULL;
    bytes = (bytes + align - 1) / align * align;
    if (arena->newest == NULL || bytes > arena->capacity - arena->used)
        return take_chunk(arena, bytes);
    void *place = (uint8_t *)(arena->newest + 1) + arena->used;
    arena->used += bytes;
    return place;
}

struct suan_span arena_copy(struct arena *arena, struct suan_span text)
{
    uint8_t *copy = arena_take(arena, text.size + 1, 1);
    if (copy == NULL)
        return suan_span(NULL, 0);
    if (text.size > 0)
        memcpy(copy, text.data, text.size);
    return suan_span(copy, text.size);
}

void arena_done(struct arena *arena)
{
    struct arena_chunk *chunk = arena->newest;
    while (chunk != NULL) {
        struct arena_chunk *older = chunk->older;
        free(chunk);
        chunk = older;
    }
    *arena = (struct arena){0};
}
