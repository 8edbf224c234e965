/* Running a file of worked examples, and saying where results differ. */
#include "examples.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/cleanup.h"
#include "examples_step.h"
#include "reader.h"

struct suan_examples {
    struct suan_json_document *document;
    const struct suan_json *list;
};

enum { PATH_BYTES = 64 };

/* --- reading ------------------------------------------------------------------------------------------ */

static enum suan_status check_example(const struct suan_json *example, const char *where,
                                      struct suan_error *error)
{
    static const char *const known[] = {"id", "title", "steps", NULL};
    struct suan_span text;
    const struct suan_json *steps;
    enum suan_status status = policy_only(example, known, where, error);
    if (status == SUAN_OK)
        status = policy_text(example, "id", SUAN_JSON_REQUIRED, POLICY_ID_MAX, &text, where, error);
    if (status == SUAN_OK)
        status = policy_prose(example, "title", SUAN_JSON_REQUIRED, &text, where, error);
    if (status == SUAN_OK)
        status =
            policy_array(example, "steps", SUAN_JSON_REQUIRED, SUAN_EXAMPLE_STEPS_MAX, &steps, where, error);
    for (size_t i = 0; status == SUAN_OK && i < suan_json_count(steps); i++) {
        const struct suan_json *step = suan_json_at(steps, i), *expect;
        char path[PATH_BYTES * 2];
        snprintf(path, sizeof path, "%s.steps[%zu]", where, i);
        if (suan_json_type(step) != SUAN_JSON_OBJECT)
            return policy_fail(error, policy_bad_field, path, "", "must be an object");
        status = policy_object(step, "expect", SUAN_JSON_REQUIRED, &expect, path, error);
    }
    return status;
}

static enum suan_status check_examples(const struct suan_json *root, const struct suan_json **out,
                                       struct suan_error *error)
{
    static const char *const known[] = {"schema", "unit", "note", "examples", NULL};
    static const char *const schemas[] = {"suan.examples/1", NULL};
    static const char *const units[] = {"fen", NULL};
    struct suan_span note;
    int choice = 0;
    enum suan_status status = policy_only(root, known, "", error);
    if (status == SUAN_OK)
        status = policy_choice(root, "schema", SUAN_JSON_REQUIRED, schemas, &choice, "", error);
    if (status == SUAN_OK)
        status = policy_choice(root, "unit", SUAN_JSON_OPTIONAL, units, &choice, "", error);
    if (status == SUAN_OK)
        status = policy_prose(root, "note", SUAN_JSON_OPTIONAL, &note, "", error);
    if (status == SUAN_OK)
        status = policy_array(root, "examples", SUAN_JSON_REQUIRED, SUAN_EXAMPLES_MAX, out, "", error);
    for (size_t i = 0; status == SUAN_OK && i < suan_json_count(*out); i++) {
        char path[PATH_BYTES];
        snprintf(path, sizeof path, "examples[%zu]", i);
        status = check_example(suan_json_at(*out, i), path, error);
    }
    return status;
}

enum suan_status suan_examples_parse(struct suan_span text, const char *name, struct suan_examples **out,
                                     struct suan_error *error)
{
    SUAN_CLEANUP(suan_json_freep) struct suan_json_document *document = NULL;
    const struct suan_json *list = NULL;
    enum suan_status status = policy_parse(text, name, &document, error);
    if (status != SUAN_OK)
        return status;
    status = check_examples(suan_json_root(document), &list, error);
    if (status != SUAN_OK) {
        suan_error_prefix(error, name);
        return status;
    }
    struct suan_examples *examples = malloc(sizeof *examples);
    if (examples == NULL)
        return suan_error_set(error, SUAN_E_MEMORY, "memory", NULL, "%s: out of memory", name);
    *examples = (struct suan_examples){suan_take(&document), list};
    *out = examples;
    return SUAN_OK;
}

void suan_examples_free(struct suan_examples *examples)
{
    if (examples == NULL)
        return;
    suan_json_free(examples->document);
    free(examples);
}

void suan_examples_freep(struct suan_examples **examples)
{
    suan_examples_free(*examples);
}

/* --- running ------------------------------------------------------------------------------------------ */

static enum suan_status begin_state(struct example_state *state,
                                    const struct suan_programme *const *programmes, size_t count,
                                    struct suan_error *error)
{
    state->programmes = programmes;
    state->programme_count = count;
    state->claim_count = state->voucher_count = 0;
    state->past = suan_past_new();
    if (state->past == NULL)
        return suan_error_set(error, SUAN_E_MEMORY, "memory", NULL, "out of memory while running examples");
    state->history = suan_past_history(state->past);
    return SUAN_OK;
}

static void end_state(struct example_state *state)
{
    for (size_t i = 0; i < state->claim_count; i++)
        suan_claim_free(state->claims[i]);
    state->claim_count = 0;
    suan_past_free(state->past);
    state->past = NULL;
}

static void free_state(struct example_state **state)
{
    if (*state == NULL)
        return;
    end_state(*state);
    suan_trace_done(&(*state)->trace);
    free(*state);
}

/* Appends the value as JSON; an absent one as null. */
static enum suan_status append_value(struct suan_buffer *out, const struct suan_json *value,
                                     struct suan_error *error)
{
    if (value == NULL || suan_json_type(value) == SUAN_JSON_NULL) {
        suan_buffer_append_text(out, "null");
        return suan_buffer_check(out, error);
    }
    return suan_json_format(value, SUAN_JSON_STYLE_CANONICAL, out, error);
}

static bool is_known(const char *key, const char *const *known)
{
    while (*known != NULL && strcmp(*known, key) != 0)
        known++;
    return *known != NULL;
}

/* Says in `out` how the result's field differs from what was expected; nothing if it does not. */
static enum suan_status compare_field(const char *key, const struct suan_json *want,
                                      const struct suan_json *result, struct suan_buffer *out,
                                      struct suan_error *error)
{
    SUAN_CLEANUP(suan_buffer_done) struct suan_buffer wanted = {0}, got = {0};
    enum suan_status status = append_value(&wanted, want, error);
    if (status == SUAN_OK)
        status = append_value(&got, suan_json_find(result, key), error);
    if (status != SUAN_OK || suan_span_equal(suan_buffer_span(&wanted), suan_buffer_span(&got)))
        return status;
    const struct suan_json *message = suan_json_find(result, "message");
    suan_buffer_printf(out, "%s: expected %s, got %s", key, suan_buffer_text(&wanted),
                       suan_buffer_text(&got));
    if (message != NULL)
        suan_buffer_printf(out, " (%.*s)", SUAN_SPAN_PRINTF(suan_json_text(message)));
    return suan_buffer_check(out, error);
}

static enum suan_status compare(const struct suan_json *expect, const struct suan_json *result,
                                const char *const *known, struct suan_buffer *out, struct suan_error *error)
{
    const struct suan_json *want = NULL;
    enum suan_status status = SUAN_OK;
    for (const char *key = suan_json_next(expect, NULL, &want);
         key != NULL && status == SUAN_OK && out->size == 0; key = suan_json_next(expect, key, &want)) {
        if (!is_known(key, known))
            suan_buffer_printf(out, "expect.%s: this operation has no such result", key);
        else
            status = compare_field(key, want, result, out, error);
    }
    return status == SUAN_OK ? suan_buffer_check(out, error) : status;
}

static enum suan_status run_steps(struct example_state *state, const struct suan_json *steps,
                                  uint32_t *out_steps, struct suan_buffer *difference,
                                  struct suan_error *error)
{
    enum suan_status status = SUAN_OK;
    for (size_t i = 0; status == SUAN_OK && difference->size == 0 && i < suan_json_count(steps); i++) {
        SUAN_CLEANUP(suan_json_releasep) struct suan_json *result = NULL;
        SUAN_CLEANUP(suan_buffer_done) struct suan_buffer text = {0};
        const char *const *known = NULL;
        const struct suan_json *step = suan_json_at(steps, i);
        status = example_step(state, step, &result, &known, error);
        if (status == SUAN_OK)
            status = compare(suan_json_find(step, "expect"), result, known, &text, error);
        if (text.size > 0) {
            suan_buffer_printf(difference, "step %zu: ", i + 1);
            suan_buffer_append_span(difference, suan_buffer_span(&text));
        }
        *out_steps = (uint32_t)i + 1;
    }
    return status == SUAN_OK ? suan_buffer_check(difference, error) : status;
}

static enum suan_status run_example(struct example_state *state, const struct suan_json *example,
                                    void (*report)(void *context, const struct suan_example_report *one),
                                    void *context, size_t *failed, struct suan_error *error)
{
    SUAN_CLEANUP(suan_buffer_done) struct suan_buffer difference = {0}, trace = {0};
    struct suan_example_report one = {.id = suan_json_text(suan_json_find(example, "id")),
                                      .title = suan_json_text(suan_json_find(example, "title"))};
    enum suan_status status =
        run_steps(state, suan_json_find(example, "steps"), &one.steps, &difference, error);
    if (status == SUAN_OK && difference.size > 0 && state->has_decision)
        status = suan_trace_explain(&state->trace, &state->decision, SUAN_LANGUAGE_ENGLISH, &trace, error);
    if (status != SUAN_OK)
        return status;
    one.passed = difference.size == 0;
    one.difference = suan_buffer_span(&difference);
    one.trace = suan_buffer_span(&trace);
    *failed += !one.passed;
    if (report != NULL)
        report(context, &one);
    return SUAN_OK;
}

enum suan_status suan_examples_run(const struct suan_examples *examples,
                                   const struct suan_programme *const *programmes, size_t count,
                                   void (*report)(void *context, const struct suan_example_report *one),
                                   void *context, size_t *out_failed, struct suan_error *error)
{
    SUAN_CLEANUP(free_state) struct example_state *state = calloc(1, sizeof *state);
    size_t failed = 0;
    if (state == NULL)
        return suan_error_set(error, SUAN_E_MEMORY, "memory", NULL, "out of memory while running examples");
    for (size_t i = 0; i < suan_json_count(examples->list); i++) {
        enum suan_status status = begin_state(state, programmes, count, error);
        if (status == SUAN_OK)
            status = run_example(state, suan_json_at(examples->list, i), report, context, &failed, error);
        end_state(state);
        if (status != SUAN_OK)
            return status;
    }
    *out_failed = failed;
    return SUAN_OK;
}
