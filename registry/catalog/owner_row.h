#ifndef SUAN_CATALOG_OWNER_ROW_H
#define SUAN_CATALOG_OWNER_ROW_H

/* Inside this folder only: what the rules of owners and of offers share. */
#include "fold.h"
#include "owner.h"

/* What that owner holds; 0 if nothing. */
uint32_t owner_share_of(const struct suan_owner_table *table, const struct suan_id *owner);
/* For qsort: shares by owner id. */
int owner_by_id(const void *a, const void *b);
/* Removes the rows of `before`, writes those of `after` (keeping the time since when a share is held), and the history. */
SUAN_MUST_USE enum suan_status owner_replace(struct suan_txn *txn, const struct suan_act *act,
                                             const struct suan_id *algorithm,
                                             const struct suan_owner_table *before,
                                             const struct suan_owner_table *after, struct suan_error *error);
/* That this owner signed, or an administrator of it; `what` says why that is needed. */
SUAN_MUST_USE enum suan_status owner_require(struct suan_txn *txn, const struct suan_act *act,
                                             const struct suan_id *owner, const char *what,
                                             struct suan_error *error);
/* The algorithm that the command's field of that name means. */
SUAN_MUST_USE enum suan_status owner_read_algorithm(struct suan_txn *txn, const struct suan_json *body,
                                                    struct suan_algorithm_record *out,
                                                    struct suan_error *error);

#endif
