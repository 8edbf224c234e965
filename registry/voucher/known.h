#ifndef SUAN_VOUCHER_KNOWN_H
#define SUAN_VOUCHER_KNOWN_H

/* Inside this folder only: what the registry knows better than a claim. */
#include "catalog/fold.h"
#include "policy/claim.h"

/* Tied either way at that time: is it, is a member of it, or seconded to or from it. */
SUAN_MUST_USE enum suan_status known_tie(struct suan_txn *txn, const struct suan_id *a,
                                         const struct suan_id *b, uint64_t time_ns, bool *out_tied,
                                         struct suan_error *error);
/* Sets in the claim what is on record: of a licence its release's standing, measurement and owners; of a
 * compute contract a supplier tied to the claimant. */
SUAN_MUST_USE enum suan_status known_to_registry(struct suan_txn *txn, const struct suan_act *act,
                                                 const struct suan_id *claimant, struct suan_claim *claim,
                                                 struct suan_error *error);

#endif
