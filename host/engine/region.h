#ifndef SUAN_ENGINE_REGION_H
#define SUAN_ENGINE_REGION_H

/*
 * The four shared memories of one guest, mapped in the host, and who holds what part of the input arena. They
 * outlive the worker: its successor maps the same ones, so inputs need not be copied again. Children of a
 * fork do not get them.
 */
#include "base/error.h"
#include "wire/wire.h"

enum { REGION_EXTENTS_MAX = 64 };

struct region_arena {
    int fd;
    uint8_t *base;
    uint64_t bytes;
};

struct region {
    struct suan_wire_request *request;
    struct suan_wire_reply *reply;
    int request_fd, reply_fd;
    struct region_arena input, output;
    struct region_extent {
        uint64_t offset, bytes;
    } kept[REGION_EXTENTS_MAX]; /* parts of the input arena that outlast a call, by offset */
    uint32_t n_kept;
};

/* `region` is all zero. Sizes are rounded up to whole pages. */
SUAN_MUST_USE enum suan_status region_open(struct region *region, uint64_t input_bytes, uint64_t output_bytes,
                                           struct suan_error *error);
void region_done(struct region *region);

/* A second pair of request and reply over the arenas of `owner`, which must outlive it and not grow meanwhile. */
SUAN_MUST_USE enum suan_status region_borrow(const struct region *owner, struct region *out,
                                             struct suan_error *error);
void region_return(struct region *borrower);
/* Exchanges the pairs of request and reply. */
void region_swap(struct region *a, struct region *b);

/* A new arena of at least `bytes`; its worker must be gone. The input arena keeps its content. */
SUAN_MUST_USE enum suan_status region_grow_input(struct region *region, uint64_t bytes,
                                                 struct suan_error *error);
SUAN_MUST_USE enum suan_status region_grow_output(struct region *region, uint64_t bytes,
                                                  struct suan_error *error);

/* First fit for a part that outlasts calls, 64-aligned. False: no room. */
bool region_keep(struct region *region, uint64_t bytes, uint64_t *out_offset);
void region_release(struct region *region, uint64_t offset);
/* Is [offset, offset + bytes) inside one kept part? */
bool region_holds(const struct region *region, uint64_t offset, uint64_t bytes);
/* Where the memory of a single call begins. */
uint64_t region_free_from(const struct region *region);

/* A sealed memfd with these bytes. */
SUAN_MUST_USE enum suan_status region_seal_bytes(struct suan_span bytes, int *out_fd,
                                                 struct suan_error *error);
/* All seals that each memory must have are there: the host's own check of the layer "seals". */
bool region_is_sealed(const struct region *region);

static inline uint64_t region_align(uint64_t value, uint64_t to)
{
    return (value + to - 1) / to * to;
}

#endif
