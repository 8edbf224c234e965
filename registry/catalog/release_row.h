#ifndef SUAN_CATALOG_RELEASE_ROW_H
#define SUAN_CATALOG_RELEASE_ROW_H

/* Inside this folder only: what the rules of releases and reviews share. */
#include "fold.h"
#include "release.h"

/* Writes the release's row and its entry by digest. */
SUAN_MUST_USE enum suan_status release_put(struct suan_txn *txn, const struct suan_release *release,
                                           struct suan_error *error);
/* The release whose digest the command's field `tar` holds. */
SUAN_MUST_USE enum suan_status release_named(struct suan_txn *txn, const struct suan_act *act,
                                             struct suan_release *out, struct suan_error *error);
/* That the command says why, in the field `key`. */
SUAN_MUST_USE enum suan_status release_read_reason(const struct suan_act *act, const char *key,
                                                   struct suan_error *error);

/* SUAN_OK if an owner of the algorithm signed, or a member of one with the role RELEASE. */
SUAN_MUST_USE enum suan_status release_require_owner(struct suan_txn *txn, const struct suan_act *act,
                                                     const struct suan_id *algorithm,
                                                     struct suan_error *error);

#endif
