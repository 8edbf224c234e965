#ifndef SUAN_LOADER_POOL_H
#define SUAN_LOADER_POOL_H

/* The threads of parallel_for. */
#include <stdatomic.h>
#include <stdbool.h>

#include "base/error.h"

struct pool;

SUAN_MUST_USE enum suan_status pool_open(uint32_t workers, struct pool **out_pool, struct suan_error *error);
void pool_close(struct pool *pool); /* takes NULL */

/* Calls `body` for each chunk of [0, n) cut at multiples of `grain` > 0, starting no further one once
   `*cancel` equals `value`. Called from within a body it works in the calling thread alone. */
void pool_run(struct pool *pool, uint64_t n, uint64_t grain,
              void (*body)(void *arg, uint64_t begin, uint64_t end, uint32_t worker), void *arg,
              const _Atomic uint32_t *cancel, uint32_t value);

#endif
