#ifndef SUAN_POLICY_WHATIF_H
#define SUAN_POLICY_WHATIF_H

/*
 * What another version of the rules would have done with past claims: each is decided again, in order,
 * against a history that grows by the new awards alone. Pure but for memory.
 */
#include "decision.h"

struct suan_whatif_case {
    const struct suan_claim *claim;
    int32_t issue_day;         /* SUAN_DAY_NONE: the day of the claim */
    enum suan_outcome outcome; /* what was decided then */
    int64_t award_fen;
};

struct suan_whatif_summary {
    uint64_t cases, changed, errors;
    uint64_t outcomes_before[3], outcomes_after[3]; /* by suan_outcome */
    int64_t award_before_fen, award_after_fen;
};

/*
 * `report` (NULL: nobody) hears of each case; a claim that is malformed under these rules has `decision` NULL
 * and counts under errors. The programme need not be in force: `effective` is not asked, only its rules.
 * Errors: MEMORY; USAGE "policy.bad-amount" if sums leave 2^53 - 1.
 */
SUAN_MUST_USE enum suan_status
suan_policy_whatif(const struct suan_programme *programme, const struct suan_whatif_case *cases, size_t count,
                   void (*report)(void *context, size_t index, const struct suan_decision *decision),
                   void *context, struct suan_whatif_summary *out, struct suan_error *error);

#endif
