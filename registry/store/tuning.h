#ifndef SUAN_STORE_TUNING_H
#define SUAN_STORE_TUNING_H

/* Knobs of a store that nobody needs in ordinary use; tests and measurements do. */
#include "store.h"

/*
 * How much address space the file is mapped into (rounded up to pages, and to what the file already needs).
 * The default is 64 GiB, or less where the system refuses that much; a full map grows by itself. Ends all
 * transactions of the handle. IO.
 */
SUAN_MUST_USE enum suan_status suan_store_set_map(struct suan_store *store, uint64_t map_bytes,
                                                  struct suan_error *error);
uint64_t suan_store_map(const struct suan_store *store); /* bytes, as last set or grown to */

#endif
