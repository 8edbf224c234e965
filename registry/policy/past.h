#ifndef SUAN_POLICY_PAST_H
#define SUAN_POLICY_PAST_H

/*
 * A history in memory: awards and what became of them, with every sum kept ready. Serves worked examples,
 * what-if replays, tests and tools; the registry answers from its ledger. One thread at a time.
 */
#include "decision.h"
#include "history.h"
#include "redeem.h"

struct suan_past;

/* NULL if out of memory. */
struct suan_past *suan_past_new(void);
void suan_past_free(struct suan_past *past); /* takes NULL */
void suan_past_freep(struct suan_past **past);
struct suan_history suan_past_history(struct suan_past *past);

/* Records the award of `decision` (AWARD) to `claim`, issued on `issue_day`. Keeps pointers to programme and
   claim, which must outlive it. */
SUAN_MUST_USE enum suan_status suan_past_issue(struct suan_past *past, const struct suan_decision *decision,
                                               const struct suan_claim *claim, int32_t issue_day,
                                               size_t *out_index, struct suan_error *error);
/* The award as redeem.h takes it. */
struct suan_voucher_state suan_past_voucher(const struct suan_past *past, size_t index);
/* Moves available money of the award to redeemed (on that day), or releases it. */
SUAN_MUST_USE enum suan_status suan_past_redeem(struct suan_past *past, size_t index, int32_t day,
                                                int64_t amount_fen, struct suan_error *error);
SUAN_MUST_USE enum suan_status suan_past_release(struct suan_past *past, size_t index, int64_t amount_fen,
                                                 struct suan_error *error);
size_t suan_past_count(const struct suan_past *past);

#endif
