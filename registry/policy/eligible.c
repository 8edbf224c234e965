/* Before any step: the base. Steps 1 to 5: in force, claimant, eligibility, the same contract before. */
#include "evaluation.h"
#include "reader.h"

/* --- before any step: the base, and shapes that depend on it ------------------------------------------ */

int64_t line_amount(const struct evaluation *e, const struct suan_claim_line *line)
{
    return e->p->base == SUAN_BASE_PAID_FEE ? line->paid_fen : line->amount_fen;
}

static void sum_base(struct evaluation *e)
{
    e->has_regions = true;
    e->lines_base = 0;
    for (uint32_t i = 0; i < e->c->line_count; i++) {
        const struct suan_claim_line *line = &e->c->lines[i];
        int64_t amount = line_amount(e, line);
        if (!e->p->includes[line->kind])
            continue;
        if (amount == SUAN_FEN_ABSENT) {
            e->lines_base = SUAN_FEN_ABSENT;
            break;
        }
        e->lines_base += amount;
        if (line->region_code.size == 0)
            e->has_regions = false;
        else if (is_local(e->p, line->region_code))
            e->local_fen += amount;
        else
            e->nonlocal_fen += amount;
    }
    e->has_regions = e->has_regions && e->lines_base != SUAN_FEN_ABSENT;
}

static void hold_to_efficient(struct evaluation *e)
{
    e->base = e->lines_base;
    if (!e->p->has_efficient_base || e->base == SUAN_FEN_ABSENT ||
        e->c->efficient_benchmark_fen == SUAN_FEN_ABSENT)
        return;
    int64_t benchmark = e->c->efficient_benchmark_fen;
    const struct suan_ratio *tolerance = &e->p->efficient_tolerance;
    e->base = least(e->base, benchmark + portion(benchmark, tolerance->num, tolerance->den));
}

static enum suan_status prepare_base(struct evaluation *e, struct suan_error *error)
{
    sum_base(e);
    hold_to_efficient(e);
    e->d->base_fen = e->base;
    if (e->c->has_regions) {
        e->has_regions = true;
        e->local_fen = e->c->local_fen;
        e->nonlocal_fen = e->c->nonlocal_fen;
        if (e->lines_base != SUAN_FEN_ABSENT && e->local_fen + e->nonlocal_fen != e->lines_base)
            return policy_fail(error, policy_bad_field, "", "lines_by_region",
                               "the regions do not sum to the base");
    }
    if (e->base != SUAN_FEN_ABSENT && e->c->reviewer_fen > e->base)
        return policy_fail(error, policy_bad_amount, "", "reviewer_fen", "is above the base");
    if (e->c->has_instrument && e->c->instrument != e->p->instrument)
        return policy_fail(error, policy_bad_field, "", "instrument",
                           "the programme issues the other instrument");
    return SUAN_OK;
}

/* Bases of the claimant's earlier awards here this year, and this one. */
static enum suan_status prepare_cumulative(struct evaluation *e, struct suan_error *error)
{
    int64_t earlier = 0;
    if (!e->p->uses_cumulative_base || e->base == SUAN_FEN_ABSENT)
        return SUAN_OK;
    struct suan_sum_query query = {.of = SUAN_SUM_BASE,
                                   .programme = e->p,
                                   .within = SUAN_SUM_ENTERPRISE,
                                   .subject = e->c->enterprise,
                                   .year = suan_day_year(e->d->day)};
    enum suan_status status = e->history->sum(e->history->context, &query, &earlier, error);
    if (status == SUAN_OK)
        e->cumulative_base = earlier + e->base;
    return status;
}

enum suan_status prepare(struct evaluation *e, struct suan_error *error)
{
    enum suan_status status = prepare_base(e, error);
    if (status == SUAN_OK)
        status = prepare_cumulative(e, error);
    if (status == SUAN_OK)
        status =
            e->history->contract(e->history->context, e->c->contract_key, e->past, &e->past_count, error);
    return status;
}

/* --- steps 1 to 3: in force, claimant, eligibility ---------------------------------------------------- */

enum step_end check_force(struct evaluation *e)
{
    enum suan_truth truth = e->select_day == SUAN_DAY_NONE                 ? SUAN_UNKNOWN
                            : suan_programme_in_force(e->p, e->select_day) ? SUAN_TRUE
                                                                           : SUAN_FALSE;
    struct suan_value have = {.type = SUAN_VALUE_ABSENT};
    if (truth != SUAN_UNKNOWN)
        have = (struct suan_value){.type = SUAN_VALUE_DAY, .integer = e->select_day};
    trace_simple(e, SUAN_STEP_FORCE, "IN_FORCE", truth, have);
    if (truth == SUAN_UNKNOWN)
        return review_unknown(e, suan_span_text("CONTRACT_SIGNED"));
    return truth == SUAN_TRUE ? STEP_CONTINUE : reject(e, "NOT_IN_FORCE");
}

enum step_end check_class(struct evaluation *e)
{
    struct suan_value have = fact(e, SUAN_FIELD_CLAIMANT_CLASS);
    enum suan_truth truth = have.type == SUAN_VALUE_ABSENT ? SUAN_UNKNOWN : SUAN_FALSE;
    for (uint32_t i = 0; truth == SUAN_FALSE && i < e->p->claimant_count; i++) {
        if (suan_span_equal(have.text, e->p->claimants[i]))
            truth = SUAN_TRUE;
    }
    trace_simple(e, SUAN_STEP_CLASS, "CLAIMANT_CLASS", truth, have);
    if (truth == SUAN_UNKNOWN)
        return review_unknown(e, suan_span_text("CLAIMANT_CLASS"));
    return truth == SUAN_TRUE ? STEP_CONTINUE : reject(e, "CLAIMANT_CLASS");
}

static void trace_predicate(struct evaluation *e, const struct suan_predicate *predicate,
                            const struct suan_value *have, enum suan_truth truth)
{
    struct suan_trace_step *step = suan_trace_add(e->trace, SUAN_STEP_PREDICATE);
    if (step == NULL)
        return;
    step->id = predicate->id;
    step->predicate = predicate;
    step->have = *have;
    step->result = result_of(truth);
    step->source = predicate->source;
}

enum step_end check_eligibility(struct evaluation *e)
{
    struct suan_decision *d = e->d;
    for (uint32_t i = 0; i < e->p->eligibility_count; i++) {
        const struct suan_predicate *predicate = &e->p->eligibility[i];
        struct suan_value have = fact(e, predicate->field);
        enum suan_truth truth = suan_predicate_test(predicate, &have);
        trace_predicate(e, predicate, &have, truth);
        if (truth == SUAN_FALSE)
            d->all_failed[d->all_failed_count++] = predicate->id;
        else if (truth == SUAN_UNKNOWN)
            add_missing(d, predicate->id);
    }
    if (d->all_failed_count > 0)
        return settle(d, SUAN_OUTCOME_REJECT, d->all_failed[0]);
    if (d->missing_count == 0)
        return STEP_CONTINUE;
    return review_unknown(e, d->missing[0]);
}

/* --- steps 4 and 5: the same contract before ---------------------------------------------------------- */

enum step_end check_duplicate(struct evaluation *e)
{
    bool seen = false;
    for (size_t i = 0; i < e->past_count; i++)
        seen |= suan_span_equal(e->past[i].programme, e->p->id);
    bool refused = seen && e->p->duplicate_contract == SUAN_DUPLICATE_REJECT;
    trace_simple(e, SUAN_STEP_DUPLICATE, "DUPLICATE_CONTRACT", refused ? SUAN_FALSE : SUAN_TRUE,
                 (struct suan_value){.type = SUAN_VALUE_BOOLEAN, .integer = seen});
    return refused ? reject(e, "DUPLICATE_CONTRACT") : STEP_CONTINUE;
}

static bool counts_group(const struct suan_programme *p, struct suan_span group)
{
    for (uint32_t i = 0; i < p->with_count; i++) {
        if (suan_span_equal(p->with[i], group))
            return true;
    }
    return false;
}

enum step_end check_other_awards(struct evaluation *e)
{
    bool forbidden = false;
    e->other_awards = e->c->other_awards_fen;
    for (size_t i = 0; i < e->past_count; i++) {
        const struct suan_past_contract *past = &e->past[i];
        bool ours = suan_span_equal(past->group, e->p->group);
        if (suan_span_equal(past->programme, e->p->id) || past->live_fen <= 0 ||
            !(ours || counts_group(e->p, past->group)))
            continue;
        e->other_awards += past->live_fen;
        forbidden |= ours && past->same_contract == SUAN_STACK_FORBID;
        if (!ours)
            e->other_bases += past->live_base_fen;
    }
    forbidden |= e->p->same_contract == SUAN_STACK_FORBID && e->other_awards > 0;
    struct suan_trace_step *step = suan_trace_add(e->trace, SUAN_STEP_OTHER);
    if (step != NULL) {
        step->id = suan_span_text("OTHER_AWARDS");
        step->result = forbidden ? SUAN_RESULT_FAIL : SUAN_RESULT_PASS;
        step->amount_fen = e->other_awards;
    }
    return forbidden ? reject(e, "DOUBLE_SUBSIDY") : STEP_CONTINUE;
}
