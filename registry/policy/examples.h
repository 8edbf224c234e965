#ifndef SUAN_POLICY_EXAMPLES_H
#define SUAN_POLICY_EXAMPLES_H

/*
 * Worked examples, `suan.examples/1`: claims and redemptions with the results that the rules must give. Each
 * example starts from an empty history of its own; its steps run in order. A step whose input is malformed
 * has the decision ERROR and changes nothing.
 */
#include "base/json.h"
#include "programme.h"

enum {
    SUAN_EXAMPLES_FILE_MAX = 1 << 20, /* bytes */
    SUAN_EXAMPLES_MAX = 4096,
    SUAN_EXAMPLE_STEPS_MAX = 4096,
};

struct suan_examples;

/* The text need not outlive the call. Errors: USAGE "policy.bad-field", naming the JSON path. */
SUAN_MUST_USE enum suan_status suan_examples_parse(struct suan_span text, const char *name,
                                                   struct suan_examples **out, struct suan_error *error);
void suan_examples_free(struct suan_examples *examples); /* takes NULL */
void suan_examples_freep(struct suan_examples **examples);

struct suan_example_report {
    struct suan_span id, title;
    uint32_t steps; /* how many ran */
    bool passed;
    struct suan_span difference; /* "step 2: award_fen: expected 5, got 4"; empty if passed */
    struct suan_span trace;      /* why, as text; may be empty */
};

/* Runs all, reporting each as it ends. Errors: MEMORY alone. */
SUAN_MUST_USE enum suan_status
suan_examples_run(const struct suan_examples *examples, const struct suan_programme *const *programmes,
                  size_t count, void (*report)(void *context, const struct suan_example_report *one),
                  void *context, size_t *out_failed, struct suan_error *error);

#endif
