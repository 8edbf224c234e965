#ifndef SUAN_POLICY_TRACE_H
#define SUAN_POLICY_TRACE_H

/*
 * Why a decision came out as it did: one step for each rule looked at, with the amounts and the clause it
 * rests on. A trace borrows from the programme and the claim it was made with. All zero is an empty trace.
 */
#include "base/buffer.h"
#include "base/json.h"
#include "programme.h"

struct suan_decision;

enum suan_step_kind {
    SUAN_STEP_FORCE,     /* in force on the day that selects versions */
    SUAN_STEP_KNOWN,     /* a fact that the registry knows better than the claim */
    SUAN_STEP_CLASS,     /* claimant class */
    SUAN_STEP_PREDICATE, /* eligibility */
    SUAN_STEP_DUPLICATE,
    SUAN_STEP_OTHER,      /* awards by other programmes on the same contract */
    SUAN_STEP_BASE,       /* the sum of included lines */
    SUAN_STEP_OUTSIDE,    /* a kind of line outside the base */
    SUAN_STEP_EFFICIENT,  /* the base held to the best vetted algorithm's cost */
    SUAN_STEP_CUMULATIVE, /* bases of this year, this claim included */
    SUAN_STEP_TIER,
    SUAN_STEP_PART, /* one component's share */
    SUAN_STEP_LIMIT,
    SUAN_STEP_SKIPPED, /* a cap that does not apply */
    SUAN_STEP_AWARD,
};

enum suan_step_result { SUAN_RESULT_NONE, SUAN_RESULT_PASS, SUAN_RESULT_FAIL, SUAN_RESULT_UNKNOWN };

struct suan_trace_step {
    enum suan_step_kind kind;
    enum suan_step_result result;
    struct suan_span id;
    const struct suan_predicate *predicate; /* with `have`; NULL when the step is no predicate */
    struct suan_value have;
    int64_t amount_fen;      /* SUAN_STEP_NO_AMOUNT: none */
    struct suan_ratio ratio; /* den 0: none */
    int64_t base_fen;        /* what the ratio was taken of */
    int64_t ceiling_fen,
        used_fen;   /* of a cap or budget: amount_fen is what is left; ceiling SUAN_STEP_NO_AMOUNT: none */
    int32_t source; /* -1: no clause */
};

#define SUAN_STEP_NO_AMOUNT INT64_C(-1)

struct suan_trace {
    struct suan_trace_step *steps;
    size_t count, capacity;
    bool failed; /* out of memory: the trace is incomplete, and writing it fails */
};

void suan_trace_done(struct suan_trace *trace);
void suan_trace_clear(struct suan_trace *trace);
/* The appended step, all empty, or NULL if there is no trace (NULL) or no memory. */
struct suan_trace_step *suan_trace_add(struct suan_trace *trace, enum suan_step_kind kind);

/* `suan.trace/1`, canonical JSON. */
SUAN_MUST_USE enum suan_status suan_trace_format(const struct suan_trace *trace,
                                                 const struct suan_decision *decision,
                                                 struct suan_buffer *out, struct suan_error *error);

enum suan_language { SUAN_LANGUAGE_ENGLISH, SUAN_LANGUAGE_CHINESE };
/* The same for people: one line a step, the binding limit marked, clauses in their own words. */
SUAN_MUST_USE enum suan_status suan_trace_explain(const struct suan_trace *trace,
                                                  const struct suan_decision *decision,
                                                  enum suan_language language, struct suan_buffer *out,
                                                  struct suan_error *error);

#endif
