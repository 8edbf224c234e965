#ifndef SUAN_VOUCHER_REPLAY_H
#define SUAN_VOUCHER_REPLAY_H

/* An award computed again from what is on record. */
#include "life.h"
#include "policy/decision.h"

/*
 * Decides an issued voucher's claim again, with the past as it was before its issue: what anybody who holds the
 * log can recompute. The decision and the trace borrow from the replay.
 */
struct suan_replay;
SUAN_MUST_USE enum suan_status suan_voucher_replay(struct suan_txn *txn,
                                                   const struct suan_voucher_record *voucher,
                                                   struct suan_trace *trace,
                                                   struct suan_decision *out_decision,
                                                   struct suan_replay **out_replay, struct suan_error *error);
void suan_replay_freep(struct suan_replay **replay); /* takes NULL */

#endif
