#ifndef SUAN_POLICY_EXAMPLES_STEP_H
#define SUAN_POLICY_EXAMPLES_STEP_H

/* Inside this folder only: one step of a worked example against the example's own history. */
#include "examples.h"
#include "past.h"

struct named_voucher {
    struct suan_span name;
    size_t index;
};

struct example_state {
    const struct suan_programme *const *programmes;
    size_t programme_count;
    struct suan_past *past;
    struct suan_history history;
    struct suan_claim *claims[SUAN_EXAMPLE_STEPS_MAX]; /* owned: the history points at them */
    size_t claim_count;
    struct named_voucher vouchers[SUAN_EXAMPLE_STEPS_MAX];
    size_t voucher_count;
    struct suan_trace trace;
    struct suan_decision decision; /* of the last `apply` */
    bool has_decision;
};

/* Runs the step. `*out` has every field that may be compared; a malformed step gives {"decision": "ERROR",
   "binding": …}.
   `*out_known` lists the comparable fields, NULL-ended. Errors: MEMORY alone. */
SUAN_MUST_USE enum suan_status example_step(struct example_state *state, const struct suan_json *step,
                                            struct suan_json **out, const char *const **out_known,
                                            struct suan_error *error);

#endif
