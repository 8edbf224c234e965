/*
 * The fixed order of evaluation. Each step either lets the claim pass on or settles the decision; what a step
 * looked at goes into the trace. Shapes that depend on the programme are checked before any step, since an
 * error precedes every decision.
 */
#include <string.h>

#include "evaluation.h"

static void copy_binding(struct suan_decision *d, const char *prefix, struct suan_span id)
{
    size_t used = strlen(prefix);
    size_t more = id.size < sizeof d->binding - used - 1 ? id.size : sizeof d->binding - used - 1;
    memcpy(d->binding, prefix, used);
    if (more > 0)
        memcpy(d->binding + used, id.data, more);
    d->binding[used + more] = '\0';
}

enum step_end settle(struct suan_decision *d, enum suan_outcome outcome, struct suan_span binding)
{
    d->outcome = outcome;
    d->award_fen = 0;
    copy_binding(d, "", binding);
    return STEP_SETTLED;
}

enum step_end reject(struct evaluation *e, const char *binding)
{
    return settle(e->d, SUAN_OUTCOME_REJECT, suan_span_text(binding));
}

enum step_end review(struct evaluation *e, const char *binding)
{
    return settle(e->d, SUAN_OUTCOME_REVIEW, suan_span_text(binding));
}

void add_missing(struct suan_decision *d, struct suan_span id)
{
    if (d->missing_count < SUAN_ELIGIBILITY_MAX)
        d->missing[d->missing_count++] = id;
}

enum step_end review_unknown(struct evaluation *e, struct suan_span id)
{
    settle(e->d, SUAN_OUTCOME_REVIEW, suan_span_text(""));
    copy_binding(e->d, "UNKNOWN:", id);
    if (e->d->missing_count == 0)
        add_missing(e->d, id);
    return STEP_SETTLED;
}

struct suan_value fact(const struct evaluation *e, enum suan_field field)
{
    return fact_of(e->c, e->p, field, e->cumulative_base);
}

enum suan_step_result result_of(enum suan_truth truth)
{
    return truth == SUAN_TRUE    ? SUAN_RESULT_PASS
           : truth == SUAN_FALSE ? SUAN_RESULT_FAIL
                                 : SUAN_RESULT_UNKNOWN;
}

void trace_simple(struct evaluation *e, enum suan_step_kind kind, const char *id, enum suan_truth truth,
                  struct suan_value have)
{
    struct suan_trace_step *step = suan_trace_add(e->trace, kind);
    if (step == NULL)
        return;
    step->id = suan_span_text(id);
    step->result = result_of(truth);
    step->have = have;
}

void trace_amount(struct evaluation *e, enum suan_step_kind kind, const char *id, int64_t amount)
{
    struct suan_trace_step *step = suan_trace_add(e->trace, kind);
    if (step == NULL)
        return;
    step->id = suan_span_text(id);
    step->amount_fen = amount;
}

void begin_decision(struct suan_decision *d, const struct suan_programme *p, int32_t day)
{
    d->outcome = SUAN_OUTCOME_REVIEW;
    d->programme = p;
    d->day = day;
    d->award_fen = 0;
    d->base_fen = SUAN_FEN_ABSENT;
    d->binding[0] = '\0';
    d->is_room = false;
    d->tier = suan_span(NULL, 0);
    d->tight_count = d->missing_count = d->all_failed_count = 0;
}

/* --- step 6: the base --------------------------------------------------------------------------------- */

static void trace_outside(struct evaluation *e)
{
    int64_t outside[SUAN_LINE_KINDS] = {0};
    if (e->trace == NULL)
        return;
    for (uint32_t i = 0; i < e->c->line_count; i++) {
        const struct suan_claim_line *line = &e->c->lines[i];
        if (!e->p->includes[line->kind] && line_amount(e, line) != SUAN_FEN_ABSENT)
            outside[line->kind] += line_amount(e, line);
    }
    for (int kind = 0; kind < SUAN_LINE_KINDS; kind++) {
        if (outside[kind] > 0)
            trace_amount(e, SUAN_STEP_OUTSIDE, suan_line_kind_name((enum suan_line_kind)kind), outside[kind]);
    }
}

static void trace_efficient(struct evaluation *e)
{
    if (!e->p->has_efficient_base || e->c->efficient_benchmark_fen == SUAN_FEN_ABSENT)
        return;
    struct suan_trace_step *step = suan_trace_add(e->trace, SUAN_STEP_EFFICIENT);
    if (step == NULL)
        return;
    step->id = suan_span_text("EFFICIENT_BASE");
    step->amount_fen = e->base;
    step->ratio = e->p->efficient_tolerance;
    step->base_fen = e->c->efficient_benchmark_fen;
    step->have.by_registry = e->c->benchmark_by_registry;
}

static enum step_end find_base(struct evaluation *e)
{
    if (e->base == SUAN_FEN_ABSENT)
        return review_unknown(e, suan_span_text("PAID_FEE"));
    trace_amount(e, SUAN_STEP_BASE, "BASE", e->lines_base);
    trace_outside(e);
    trace_efficient(e);
    if (e->cumulative_base != SUAN_FEN_ABSENT)
        trace_amount(e, SUAN_STEP_CUMULATIVE, suan_field_name(SUAN_FIELD_CUM_BASE_YEAR), e->cumulative_base);
    return STEP_CONTINUE;
}

/* --- steps 7 and 8: tier and rate --------------------------------------------------------------------- */

static enum step_end find_tier(struct evaluation *e)
{
    for (uint32_t i = 0; i < e->p->tier_count; i++) {
        const struct suan_tier *tier = &e->p->tiers[i];
        enum suan_truth truth = all_true(tier->when, tier->when_count, e->c, e->p, e->cumulative_base);
        struct suan_trace_step *step = suan_trace_add(e->trace, SUAN_STEP_TIER);
        if (step != NULL) {
            step->id = tier->id;
            step->result = result_of(truth);
            step->source = tier->source;
        }
        if (truth == SUAN_TRUE) {
            e->tier = tier;
            e->d->tier = tier->id;
            return STEP_CONTINUE;
        }
    }
    return review(e, "NO_TIER");
}

static enum step_end find_rate(struct evaluation *e)
{
    bool has_rate = true;
    if (e->p->by_component) {
        if (!e->has_regions)
            return review_unknown(e, suan_span_text("LINES_BY_REGION"));
        e->d->tier = suan_span_text("BY_COMPONENT");
        for (uint32_t i = 0; i < e->p->tier_count; i++)
            has_rate = has_rate && e->p->tiers[i].has_rate;
    } else {
        if (find_tier(e) == STEP_SETTLED)
            return STEP_SETTLED;
        has_rate = e->tier->has_rate;
    }
    if (!has_rate && e->c->reviewer_fen == SUAN_FEN_ABSENT)
        return review(e, "NEEDS_REVIEWER_RATE");
    if (!has_rate)
        limit_add(&e->limits, suan_span_text("REVIEWER"), e->c->reviewer_fen);
    return STEP_CONTINUE;
}

/* --- step 9: limits ----------------------------------------------------------------------------------- */

static void trace_ratio(struct evaluation *e, enum suan_step_kind kind, struct suan_span id, int64_t amount,
                        struct suan_ratio ratio, int64_t base, int32_t source)
{
    struct suan_trace_step *step = suan_trace_add(e->trace, kind);
    if (step == NULL)
        return;
    step->id = id;
    step->amount_fen = amount;
    step->ratio = ratio;
    step->base_fen = base;
    step->source = source;
}

static int64_t rate_of_components(struct evaluation *e)
{
    int64_t sum = 0;
    for (uint32_t i = 0; i < e->p->tier_count; i++) {
        const struct suan_tier *tier = &e->p->tiers[i];
        int64_t of = tier->component == SUAN_COMPONENT_LOCAL ? e->local_fen : e->nonlocal_fen;
        int64_t part = portion(of, tier->rate.num, tier->rate.den);
        trace_ratio(e, SUAN_STEP_PART, tier->id, part, tier->rate, of, tier->source);
        sum += part;
    }
    return sum;
}

static void limit_by_rate(struct evaluation *e)
{
    struct suan_span id = suan_span_text("RATE");
    if (e->limits.count > 0) {
        trace_amount(e, SUAN_STEP_LIMIT, "REVIEWER", e->limits.rows[0].amount_fen);
    } else if (e->tier == NULL) {
        int64_t sum = rate_of_components(e);
        limit_add(&e->limits, id, sum);
        trace_amount(e, SUAN_STEP_LIMIT, "RATE", sum);
    } else {
        int64_t amount = portion(e->base, e->tier->rate.num, e->tier->rate.den);
        limit_add(&e->limits, id, amount);
        trace_ratio(e, SUAN_STEP_LIMIT, id, amount, e->tier->rate, e->base, e->tier->source);
    }
    if (e->c->requested_fen != SUAN_FEN_ABSENT) {
        limit_add(&e->limits, suan_span_text("REQUESTED"), e->c->requested_fen);
        trace_amount(e, SUAN_STEP_LIMIT, "REQUESTED", e->c->requested_fen);
    }
}

static enum suan_status limit_by_caps(struct evaluation *e, bool *out_no_project, struct suan_error *error)
{
    struct cap_subject subject = {
        .programme = e->p,
        .claim = e->c,
        .history = e->history,
        .enterprise = e->c->enterprise,
        .contract_key = e->c->contract_key,
        .project = e->c->values[SUAN_FIELD_PROJECT_ID].text,
        .year = suan_day_year(e->d->day),
        .cumulative_base = e->cumulative_base,
    };
    enum suan_status status = SUAN_OK;
    if (e->tier != NULL)
        status = limit_add_caps(&e->limits, e->tier->caps, e->tier->cap_count, SUAN_MEASURE_ISSUED, &subject,
                                out_no_project, e->trace, error);
    if (status == SUAN_OK && !*out_no_project)
        status = limit_add_caps(&e->limits, e->p->caps, e->p->cap_count, SUAN_MEASURE_ISSUED, &subject,
                                out_no_project, e->trace, error);
    return status;
}

static void limit_by_stack(struct evaluation *e)
{
    if (e->p->same_contract != SUAN_STACK_CAP)
        return;
    const struct suan_ratio *rate = &e->p->combined_rate;
    int64_t both = e->base + e->other_bases;
    int64_t ceiling = portion(both, rate->num, rate->den);
    int64_t room = rest(ceiling, e->other_awards);
    struct suan_span id = suan_span_text("STACK_CAP");
    limit_add(&e->limits, id, room);
    e->limits.rows[e->limits.count - 1].is_room = true;
    struct suan_trace_step *step = suan_trace_add(e->trace, SUAN_STEP_LIMIT);
    if (step == NULL)
        return;
    step->id = id;
    step->amount_fen = room;
    step->ratio = *rate;
    step->base_fen = both;
    step->ceiling_fen = ceiling;
    step->used_fen = e->other_awards;
}

static enum suan_status budget_room(struct evaluation *e, int64_t *out_room, struct suan_error *error)
{
    const struct suan_budget *budget = &e->p->budget;
    int64_t used = 0;
    struct suan_sum_query query = {
        .of = SUAN_SUM_ISSUED,
        .programme = e->p,
        .within = SUAN_SUM_WHOLE,
        .year = budget->period == SUAN_PERIOD_CALENDAR_YEAR ? suan_day_year(e->d->day) : SUAN_YEAR_EVER,
    };
    enum suan_status status = e->history->sum(e->history->context, &query, &used, error);
    if (status != SUAN_OK)
        return status;
    *out_room = rest(budget->amount_fen, used);
    struct suan_trace_step *step = suan_trace_add(e->trace, SUAN_STEP_LIMIT);
    if (step != NULL) {
        step->id = suan_span_text("BUDGET");
        step->amount_fen = *out_room;
        step->ceiling_fen = budget->amount_fen;
        step->used_fen = used;
        step->source = budget->source;
    }
    return SUAN_OK;
}

/* First come, first served in whole awards: an award that does not fit is refused instead of cut. */
static enum suan_status limit_by_budget(struct evaluation *e, struct suan_error *error)
{
    int64_t room = 0;
    if (e->p->budget.kind != SUAN_BUDGET_CAP)
        return SUAN_OK;
    enum suan_status status = budget_room(e, &room, error);
    if (status != SUAN_OK)
        return status;
    if (e->p->budget.on_exhaustion == SUAN_EXHAUST_REJECT && room < limit_binding(&e->limits)->amount_fen)
        room = 0;
    limit_add(&e->limits, suan_span_text("BUDGET"), room);
    e->limits.rows[e->limits.count - 1].is_room = true;
    return SUAN_OK;
}

/* --- step 10: the award ------------------------------------------------------------------------------- */

static void award(struct evaluation *e)
{
    const struct limit *binding = limit_binding(&e->limits);
    struct suan_decision *d = e->d;
    for (uint32_t i = 0; i < e->limits.count; i++) {
        if (e->limits.rows[i].amount_fen == binding->amount_fen)
            d->tight[d->tight_count++] = e->limits.rows[i].id;
    }
    settle(d, binding->amount_fen > 0 ? SUAN_OUTCOME_AWARD : SUAN_OUTCOME_REJECT, binding->id);
    d->award_fen = binding->amount_fen;
    if (binding->amount_fen == 0) {
        d->is_room = binding->is_room;
        if (suan_span_equal(binding->id, suan_span_text("RATE")))
            copy_binding(d, "ZERO_AWARD", suan_span_text(""));
    }
}

static enum suan_status apply_limits(struct evaluation *e, struct suan_error *error)
{
    bool no_project = false;
    limit_by_rate(e);
    enum suan_status status = limit_by_caps(e, &no_project, error);
    if (status != SUAN_OK)
        return status;
    if (no_project) {
        review_unknown(e, suan_span_text("PROJECT_ID"));
        return SUAN_OK;
    }
    limit_by_stack(e);
    status = limit_by_budget(e, error);
    if (status == SUAN_OK)
        award(e);
    return status;
}

/* What the registry knows better is said first. */
static void trace_known(struct evaluation *e)
{
    for (int field = 0; e->trace != NULL && field < SUAN_FIELD_COUNT; field++) {
        const struct suan_value *value = &e->c->values[field];
        if (value->by_registry)
            trace_simple(e, SUAN_STEP_KNOWN, suan_field_name((enum suan_field)field), SUAN_TRUE, *value);
    }
}

static enum suan_status run_steps(struct evaluation *e, struct suan_error *error)
{
    static enum step_end (*const steps[])(struct evaluation *) = {
        check_force,        check_class, check_eligibility, check_duplicate,
        check_other_awards, find_base,   find_rate};
    trace_known(e);
    for (size_t i = 0; i < sizeof steps / sizeof steps[0]; i++) {
        if (steps[i](e) == STEP_SETTLED)
            return SUAN_OK;
    }
    return apply_limits(e, error);
}

enum suan_status suan_policy_evaluate(const struct suan_request *request, struct suan_decision *out,
                                      struct suan_trace *trace, struct suan_error *error)
{
    struct evaluation e; /* most of it is filled only where it is used */
    e.p = request->programme;
    e.c = request->claim;
    e.history = request->history;
    e.d = out;
    e.trace = trace;
    e.cumulative_base = SUAN_FEN_ABSENT;
    e.local_fen = e.nonlocal_fen = 0;
    e.past_count = 0;
    e.other_awards = e.other_bases = 0;
    e.tier = NULL;
    e.limits.count = 0;
    int32_t day = request->issue_day != SUAN_DAY_NONE ? request->issue_day : e.c->day;
    e.select_day = select_day_of(e.p, e.c, day);
    begin_decision(out, e.p, day);
    enum suan_status status = prepare(&e, error);
    if (status == SUAN_OK)
        status = run_steps(&e, error);
    if (status == SUAN_OK && out->outcome != SUAN_OUTCOME_REVIEW)
        trace_amount(&e, SUAN_STEP_AWARD, "AWARD", out->award_fen);
    return status;
}

const char *suan_policy_outcome_name(enum suan_outcome outcome)
{
    static const char *const names[] = {"AWARD", "REJECT", "REVIEW"};
    return names[outcome];
}
