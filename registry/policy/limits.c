/* The room that caps leave, and which of several limits binds. */
#include "limits.h"

static void add_row(struct limits *limits, struct limit row)
{
    if (limits->count < SUAN_LIMITS_MAX)
        limits->rows[limits->count++] = row;
}

void limit_add(struct limits *limits, struct suan_span id, int64_t amount_fen)
{
    add_row(limits, (struct limit){.id = id, .amount_fen = amount_fen});
}

const struct limit *limit_binding(const struct limits *limits)
{
    const struct limit *binding = &limits->rows[0];
    for (uint32_t i = 1; i < limits->count; i++) {
        if (limits->rows[i].amount_fen < binding->amount_fen)
            binding = &limits->rows[i];
    }
    return binding;
}

static struct suan_sum_query cap_query(const struct suan_cap *cap, const struct cap_subject *subject)
{
    struct suan_sum_query query = {
        .of = cap->measure == SUAN_MEASURE_ISSUED ? SUAN_SUM_ISSUED : SUAN_SUM_REDEEMED,
        .programme = subject->programme,
        .year = cap->period == SUAN_PERIOD_CALENDAR_YEAR ? subject->year : SUAN_YEAR_EVER,
    };
    switch (cap->scope) {
    case SUAN_SCOPE_CONTRACT:
        query.within = SUAN_SUM_CONTRACT;
        query.subject = subject->contract_key;
        break;
    case SUAN_SCOPE_PROJECT:
        query.within = SUAN_SUM_PROJECT;
        query.subject = subject->project;
        break;
    default:
        query.within = SUAN_SUM_ENTERPRISE;
        query.subject = subject->enterprise;
        break;
    }
    return query;
}

static enum suan_status cap_used(const struct suan_cap *cap, const struct cap_subject *subject, int64_t *out,
                                 struct suan_error *error)
{
    if (cap->scope == SUAN_SCOPE_CLAIM) {
        *out = subject->used_by_claim;
        return SUAN_OK;
    }
    struct suan_sum_query query = cap_query(cap, subject);
    return subject->history->sum(subject->history->context, &query, out, error);
}

static void trace_cap(struct suan_trace *trace, const struct suan_cap *cap, enum suan_step_kind kind,
                      int64_t used)
{
    struct suan_trace_step *step = suan_trace_add(trace, kind);
    if (step == NULL)
        return;
    step->id = cap->id;
    step->source = cap->source;
    step->ceiling_fen = cap->amount_fen;
    step->used_fen = used;
    if (kind == SUAN_STEP_LIMIT)
        step->amount_fen = rest(cap->amount_fen, used);
}

static enum suan_status add_cap(struct limits *limits, const struct suan_cap *cap,
                                const struct cap_subject *subject, struct suan_trace *trace,
                                struct suan_error *error)
{
    int64_t used = 0;
    enum suan_status status = cap_used(cap, subject, &used, error);
    if (status != SUAN_OK)
        return status;
    trace_cap(trace, cap, SUAN_STEP_LIMIT, used);
    add_row(limits, (struct limit){cap->id, rest(cap->amount_fen, used), cap->period, true});
    return SUAN_OK;
}

enum suan_status limit_add_caps(struct limits *limits, const struct suan_cap *caps, uint32_t count,
                                enum suan_measure measure, const struct cap_subject *subject,
                                bool *out_no_project, struct suan_trace *trace, struct suan_error *error)
{
    for (uint32_t i = 0; i < count; i++) {
        const struct suan_cap *cap = &caps[i];
        if (cap->measure != measure)
            continue;
        if (all_true(cap->when, cap->when_count, subject->claim, subject->programme,
                     subject->cumulative_base) == SUAN_FALSE) {
            trace_cap(trace, cap, SUAN_STEP_SKIPPED, 0);
            continue;
        }
        if (cap->scope == SUAN_SCOPE_PROJECT && subject->project.size == 0) {
            *out_no_project = true;
            return SUAN_OK;
        }
        enum suan_status status = add_cap(limits, cap, subject, trace, error);
        if (status != SUAN_OK)
            return status;
    }
    return SUAN_OK;
}
