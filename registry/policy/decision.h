#ifndef SUAN_POLICY_DECISION_H
#define SUAN_POLICY_DECISION_H

/*
 * Programme + claim + history -> decision, in the fixed order of the README. Pure: the same inputs give the
 * same decision and the same trace, anywhere, at any time. No step allocates unless a trace is wanted.
 */
#include "claim.h"
#include "history.h"
#include "programme.h"
#include "trace.h"

enum suan_outcome { SUAN_OUTCOME_AWARD, SUAN_OUTCOME_REJECT, SUAN_OUTCOME_REVIEW };

enum { SUAN_LIMITS_MAX = 2 * SUAN_CAPS_MAX + 8, SUAN_BINDING_MAX = 96 };

struct suan_request {
    const struct suan_programme *programme;
    const struct suan_claim *claim;
    const struct suan_history *history;
    int32_t issue_day; /* the day of issue when an award is evaluated again; SUAN_DAY_NONE: the day of the
                          claim */
};

/* Spans are borrowed from the programme. */
struct suan_decision {
    enum suan_outcome outcome;
    const struct suan_programme *programme; /* NULL: no unique one was in force */
    int32_t day;                            /* decision day: fixes the year of caps and budget */
    int64_t award_fen;                      /* 0 unless AWARD; not known on REVIEW */
    int64_t base_fen;                       /* SUAN_FEN_ABSENT while unknown */
    char binding[SUAN_BINDING_MAX];
    bool is_room;          /* REJECT for no other reason than that a cap or the budget has no room left */
    struct suan_span tier; /* empty: none was reached; "BY_COMPONENT" */
    struct suan_span tight[SUAN_LIMITS_MAX];
    uint32_t tight_count;
    struct suan_span missing[SUAN_ELIGIBILITY_MAX], all_failed[SUAN_ELIGIBILITY_MAX];
    uint32_t missing_count, all_failed_count;
};

/*
 * Decides. `trace` may be NULL. Errors: USAGE "policy.bad-amount" (reviewer_fen above the base),
 * "policy.bad-field" (regions that do not sum to the base; a claim for another instrument); the history's
 * own.
 */
SUAN_MUST_USE enum suan_status suan_policy_evaluate(const struct suan_request *request,
                                                    struct suan_decision *out, struct suan_trace *trace,
                                                    struct suan_error *error);

/*
 * The programme that a claim names: by id, or the one of its family (a prefix of ids) in force on its own
 * select_by day. NULL if of a family none or several are in force. Errors: NOT_FOUND
 * "policy.unknown-programme".
 */
SUAN_MUST_USE enum suan_status suan_policy_select(const struct suan_programme *const *programmes,
                                                  size_t count, const struct suan_claim *claim,
                                                  int32_t issue_day, const struct suan_programme **out,
                                                  struct suan_error *error);
/* The decision for a claim whose family has no unique programme in force: REVIEW NO_UNIQUE_PROGRAMME. */
void suan_policy_no_unique(const struct suan_claim *claim, struct suan_decision *out);

const char *suan_policy_outcome_name(enum suan_outcome outcome); /* "AWARD", "REJECT", "REVIEW" */
/* {decision, award_fen (null on REVIEW), binding, base_fen, tier, tight[], missing[], all_failed[],
   programme}; NULL if out of memory. */
struct suan_json *suan_decision_json(const struct suan_decision *decision);

#endif
