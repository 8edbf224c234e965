#ifndef SUAN_POLICY_EVALUATION_H
#define SUAN_POLICY_EVALUATION_H

/* Inside this folder only: one evaluation under way, its steps, and what steps share. */
#include "decision.h"
#include "limits.h"

struct evaluation {
    const struct suan_programme *p;
    const struct suan_claim *c;
    const struct suan_history *history;
    struct suan_decision *d;
    struct suan_trace *trace;
    int32_t select_day;      /* SUAN_DAY_NONE: not stated */
    int64_t lines_base;      /* SUAN_FEN_ABSENT: not all of what was paid is stated */
    int64_t base;            /* after the efficient base */
    int64_t cumulative_base; /* SUAN_FEN_ABSENT: not asked for, or unknown */
    bool has_regions;
    int64_t local_fen, nonlocal_fen;
    size_t past_count;
    struct suan_past_contract past[SUAN_PAST_CONTRACTS_MAX];
    int64_t other_awards, other_bases;
    const struct suan_tier *tier; /* NULL: by component */
    struct limits limits;
};

/* A step lets the claim pass on, or settles the decision. */
enum step_end { STEP_CONTINUE, STEP_SETTLED };

enum step_end settle(struct suan_decision *d, enum suan_outcome outcome, struct suan_span binding);
enum step_end reject(struct evaluation *e, const char *binding);
enum step_end review(struct evaluation *e, const char *binding);
/* REVIEW "UNKNOWN:id"; the id is missing, unless others were noted before. */
enum step_end review_unknown(struct evaluation *e, struct suan_span id);
void add_missing(struct suan_decision *d, struct suan_span id);
struct suan_value fact(const struct evaluation *e, enum suan_field field);
int64_t line_amount(const struct evaluation *e, const struct suan_claim_line *line);
enum suan_step_result result_of(enum suan_truth truth);
void trace_simple(struct evaluation *e, enum suan_step_kind kind, const char *id, enum suan_truth truth,
                  struct suan_value have);
void trace_amount(struct evaluation *e, enum suan_step_kind kind, const char *id, int64_t amount);

/* The base, regions, bases of this year and past awards; and the shapes that depend on them. */
SUAN_MUST_USE enum suan_status prepare(struct evaluation *e, struct suan_error *error);
/* Steps 1 to 5, in eligible.c. */
enum step_end check_force(struct evaluation *e);
enum step_end check_class(struct evaluation *e);
enum step_end check_eligibility(struct evaluation *e);
enum step_end check_duplicate(struct evaluation *e);
enum step_end check_other_awards(struct evaluation *e);
/* The day that selects a version of this programme for the claim; SUAN_DAY_NONE if it is not stated. */
int32_t select_day_of(const struct suan_programme *p, const struct suan_claim *c, int32_t issue_day);
void begin_decision(struct suan_decision *d, const struct suan_programme *p, int32_t day);

#endif
