/* Traces as JSON. */
#include "trace.h"

#include <stdlib.h>

#include "base/cleanup.h"
#include "decision.h"

enum { STEPS_MAX = 4096 };

void suan_trace_done(struct suan_trace *trace)
{
    free(trace->steps);
    *trace = (struct suan_trace){0};
}

void suan_trace_clear(struct suan_trace *trace)
{
    trace->count = 0;
    trace->failed = false;
}

static bool grow(struct suan_trace *trace)
{
    size_t capacity = trace->capacity == 0 ? 32 : trace->capacity * 2;
    struct suan_trace_step *steps =
        capacity <= STEPS_MAX ? realloc(trace->steps, capacity * sizeof *steps) : NULL;
    if (steps == NULL) {
        trace->failed = true;
        return false;
    }
    trace->steps = steps;
    trace->capacity = capacity;
    return true;
}

struct suan_trace_step *suan_trace_add(struct suan_trace *trace, enum suan_step_kind kind)
{
    if (trace == NULL || trace->failed || (trace->count == trace->capacity && !grow(trace)))
        return NULL;
    struct suan_trace_step *step = &trace->steps[trace->count++];
    *step = (struct suan_trace_step){
        .kind = kind, .amount_fen = SUAN_STEP_NO_AMOUNT, .ceiling_fen = SUAN_STEP_NO_AMOUNT, .source = -1};
    return step;
}

/* --- JSON --------------------------------------------------------------------------------------------- */

static void set_texts(struct suan_json *object, const char *key, const struct suan_span *texts,
                      uint32_t count)
{
    struct suan_json *array = suan_json_new_array();
    for (uint32_t i = 0; array != NULL && i < count; i++)
        suan_json_add_span(array, texts[i]);
    suan_json_set(object, key, array);
}

struct suan_json *suan_decision_json(const struct suan_decision *d)
{
    struct suan_json *object = suan_json_new_object();
    if (object == NULL)
        return NULL;
    suan_json_set_text(object, "decision", suan_policy_outcome_name(d->outcome));
    if (d->outcome == SUAN_OUTCOME_REVIEW)
        suan_json_set_null(object, "award_fen");
    else
        suan_json_set_integer(object, "award_fen", d->award_fen);
    suan_json_set_text(object, "binding", d->binding);
    if (d->base_fen != SUAN_FEN_ABSENT)
        suan_json_set_integer(object, "base_fen", d->base_fen);
    if (d->tier.size > 0)
        suan_json_set_span(object, "tier", d->tier);
    set_texts(object, "tight", d->tight, d->tight_count);
    set_texts(object, "missing", d->missing, d->missing_count);
    set_texts(object, "all_failed", d->all_failed, d->all_failed_count);
    if (d->programme != NULL)
        suan_json_set_span(object, "programme", d->programme->id);
    else
        suan_json_set_null(object, "programme");
    return object;
}

static void add_day(struct suan_json *array, int64_t day)
{
    char text[11];
    suan_day_format((int32_t)day, text);
    suan_json_add_text(array, text);
}

static void set_day(struct suan_json *object, const char *key, int64_t day)
{
    char text[11];
    suan_day_format((int32_t)day, text);
    suan_json_set_text(object, key, text);
}

static void set_value(struct suan_json *object, const char *key, const struct suan_value *value)
{
    struct suan_json *term;
    switch (value->type) {
    case SUAN_VALUE_ABSENT: break;
    case SUAN_VALUE_TEXT: suan_json_set_span(object, key, value->text); break;
    case SUAN_VALUE_INTEGER: suan_json_set_integer(object, key, value->integer); break;
    case SUAN_VALUE_BOOLEAN: suan_json_set_boolean(object, key, value->integer != 0); break;
    case SUAN_VALUE_DAY: set_day(object, key, value->integer); break;
    case SUAN_VALUE_TERM:
        term = suan_json_new_object();
        if (term != NULL) {
            set_day(term, "start", value->integer);
            set_day(term, "end", value->end);
        }
        suan_json_set(object, key, term);
        break;
    }
}

static void set_want(struct suan_json *object, const struct suan_predicate *predicate)
{
    if (predicate->op != SUAN_OP_IN) {
        set_value(object, "want", &predicate->values[0]);
        return;
    }
    struct suan_json *array = suan_json_new_array();
    for (uint32_t i = 0; array != NULL && i < predicate->value_count; i++) {
        const struct suan_value *value = &predicate->values[i];
        if (value->type == SUAN_VALUE_TEXT)
            suan_json_add_span(array, value->text);
        else if (value->type == SUAN_VALUE_DAY)
            add_day(array, value->integer);
        else
            suan_json_add_integer(array, value->integer);
    }
    suan_json_set(object, "want", array);
}

static const char *kind_name(enum suan_step_kind kind)
{
    static const char *const names[] = {"force", "known", "class",   "eligibility", "duplicate",
                                        "other", "base",  "outside", "efficient",   "cumulative",
                                        "tier",  "part",  "limit",   "skipped",     "award"};
    return names[kind];
}

static struct suan_json *step_json(const struct suan_trace_step *step, const struct suan_programme *programme)
{
    static const char *const results[] = {"", "pass", "fail", "unknown"};
    struct suan_json *object = suan_json_new_object();
    if (object == NULL)
        return NULL;
    suan_json_set_text(object, "step", kind_name(step->kind));
    suan_json_set_span(object, "id", step->id);
    if (step->result != SUAN_RESULT_NONE)
        suan_json_set_text(object, "result", results[step->result]);
    if (step->amount_fen != SUAN_STEP_NO_AMOUNT)
        suan_json_set_integer(object, "amount_fen", step->amount_fen);
    if (step->predicate != NULL) {
        suan_json_set_text(object, "field", suan_field_name(step->predicate->field));
        set_want(object, step->predicate);
    }
    set_value(object, "have", &step->have);
    if (step->have.by_registry)
        suan_json_set_boolean(object, "by_registry", true);
    if (step->ceiling_fen != SUAN_STEP_NO_AMOUNT) {
        suan_json_set_integer(object, "want", step->ceiling_fen);
        suan_json_set_integer(object, "have", step->used_fen);
    }
    if (step->ratio.den != 0) {
        suan_json_set_integer(object, "num", step->ratio.num);
        suan_json_set_integer(object, "den", step->ratio.den);
        suan_json_set_integer(object, "base_fen", step->base_fen);
    }
    if (step->source >= 0 && programme != NULL) {
        suan_json_set_integer(object, "source", step->source);
        suan_json_set_span(object, "clause", suan_programme_clause(programme, step->source));
    }
    return object;
}

static struct suan_json *programme_json(const struct suan_programme *p)
{
    struct suan_json *object = suan_json_new_object();
    if (object == NULL)
        return NULL;
    suan_json_set_span(object, "id", p->id);
    suan_json_set_integer(object, "version", p->version);
    suan_json_set_hex(object, "sha256", p->sha256, sizeof p->sha256);
    return object;
}

enum suan_status suan_trace_format(const struct suan_trace *trace, const struct suan_decision *d,
                                   struct suan_buffer *out, struct suan_error *error)
{
    SUAN_CLEANUP(suan_json_releasep) struct suan_json *root = suan_decision_json(d);
    struct suan_json *steps = suan_json_new_array();
    if (root == NULL || steps == NULL || trace->failed) {
        suan_json_release(steps);
        return suan_error_set(error, SUAN_E_MEMORY, "memory", NULL, "out of memory while tracing a decision");
    }
    suan_json_set_text(root, "schema", "suan.trace/1");
    set_day(root, "date", d->day);
    if (d->programme != NULL)
        suan_json_set(root, "programme", programme_json(d->programme));
    for (size_t i = 0; i < trace->count; i++)
        suan_json_add(steps, step_json(&trace->steps[i], d->programme));
    suan_json_set(root, "steps", steps);
    return suan_json_format(root, SUAN_JSON_STYLE_CANONICAL, out, error);
}
