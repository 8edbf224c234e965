#ifndef SUAN_POLICY_EARN_H
#define SUAN_POLICY_EARN_H

/*
 * The contribution credit, supply side:
 *     saved  = floor(saving_ns * invocations * cards * fen_per_hour / (3.6 * 10^12))     one floor, 128 bits
 *     credit = min(floor(saved * rate * decay[min(year, last)]), algorithm-year room, owner-year room)   one
 * division Pure: anyone can recompute a credit from a signed measurement, a signed receipt, a tariff and the
 * programme file.
 */
#include "base/json.h"
#include "programme.h"

struct suan_earn_claim {
    int64_t saving_ns;   /* the receipt's saving; negative counts as none */
    int64_t invocations; /* 1 for a receipt, whose saving is a total */
    int64_t cards;       /* 1 for a receipt; a card is a core for CPU tasks */
    int64_t fen_per_hour;
    int64_t baseline_ns, credited_ns; /* of the measurement: the improvement is their ratio */
    int64_t runs;                     /* blocks measured */
    int64_t year_index;               /* whole years since vetting */
    int64_t algorithm_used_fen;       /* credited this year for the algorithm */
    int64_t owner_room_fen;           /* what owners may still earn this year: suan_earn_owner_room */
};

enum suan_earn_outcome { SUAN_EARN_CREDIT, SUAN_EARN_REJECT };

struct suan_earn_decision {
    enum suan_earn_outcome outcome;
    int64_t saved_fen, credit_fen; /* credit 0 on REJECT */
    const char
        *binding; /* MIN_RUNS, MIN_IMPROVEMENT, RATE (also when it gives 0), ALGORITHM_YEAR, OWNER_YEAR */
    int64_t rate_fen, algorithm_room_fen, owner_room_fen; /* the three limits */
    bool is_room;                                         /* REJECT for no other reason than room */
};

/* Errors: USAGE "policy.bad-amount": a negative quantity, a product of 2^127 or more, an amount beyond 2^53 -
   1; "policy.bad-field": the programme pays no credit. */
SUAN_MUST_USE enum suan_status suan_policy_earn(const struct suan_programme *programme,
                                                const struct suan_earn_claim *claim,
                                                struct suan_earn_decision *out, struct suan_error *error);

/* An owner of the release, as of the receipt's place in the log. */
struct suan_earn_owner {
    int64_t share_bp; /* 1 to 10,000; all sum to 10,000 */
    int64_t used_fen; /* credited to this owner this year */
};
/* The largest credit of which no owner's share passes that owner's yearly ceiling. */
int64_t suan_earn_owner_room(const struct suan_programme *programme, const struct suan_earn_owner *owners,
                             uint32_t count);
/* The credit by basis points: largest remainder, ties to the earlier owner, so sort them by identity. */
bool suan_earn_split(int64_t credit_fen, const struct suan_earn_owner *owners, uint32_t count,
                     int64_t *out_parts);

/* {decision, saved_fen, credit_fen, binding, programme, limits: {…}}: why, for the record; NULL if out of
 * memory. */
struct suan_json *suan_earn_json(const struct suan_programme *programme, const struct suan_earn_claim *claim,
                                 const struct suan_earn_decision *decision);

#endif
