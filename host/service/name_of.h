#ifndef SUAN_SERVICE_NAME_OF_H
#define SUAN_SERVICE_NAME_OF_H

/* Inside this folder only: what people call things. */
#include "catalog/review.h"

/* "NAME@VERSION", "NAME" (its newest version) or the 64 digits of a digest. NOT_FOUND names what was looked
 * for. */
SUAN_MUST_USE enum suan_status service_find_release(struct suan_txn *txn, struct suan_span said,
                                                    struct suan_release *out, struct suan_error *error);

/* {id, version, digest, kind, tasks, standing, signatures, k, n, published_ns} of a release at that time. */
SUAN_MUST_USE enum suan_status service_release_json(struct suan_txn *txn, const struct suan_release *release,
                                                    uint64_t time_ns, struct suan_json **out,
                                                    struct suan_error *error);
/* [{id, bp}] */
SUAN_MUST_USE enum suan_status service_owners_json(struct suan_txn *txn,
                                                   const struct suan_owner_table *owners,
                                                   struct suan_json **out, struct suan_error *error);

/* Puts the array `key` of a document into the order of its rows' "id", then "index": tables are ordered by
 * hash, people read by name. */
SUAN_MUST_USE enum suan_status service_sort_by_id(struct suan_json *result, const char *key,
                                                  struct suan_error *error);

#endif
