/* Redemption, deduction, closing and claw-back assessments. */
#include "redeem.h"

#include "limits.h"
#include "reader.h"

bool suan_voucher_is_valid(const struct suan_voucher_state *voucher, int32_t day)
{
    return day <= voucher->issue_day + voucher->programme->validity_days;
}

const char *suan_settlement_name(enum suan_settlement_kind kind)
{
    static const char *const names[] = {"SETTLE", "DEFER", "REJECT", "DEDUCT"};
    return names[kind];
}

/* --- rates -------------------------------------------------------------------------------------------- */

static const struct suan_tier *tier_of(const struct suan_voucher_state *voucher)
{
    for (uint32_t i = 0; i < voucher->programme->tier_count; i++) {
        if (suan_span_equal(voucher->programme->tiers[i].id, voucher->tier))
            return &voucher->programme->tiers[i];
    }
    return NULL;
}

static bool is_by_component(const struct suan_voucher_state *voucher)
{
    bool rates = voucher->programme->by_component;
    for (uint32_t i = 0; i < voucher->programme->tier_count; i++)
        rates = rates && voucher->programme->tiers[i].has_rate;
    return rates;
}

static int64_t entitled_by_component(const struct suan_voucher_state *voucher, const struct suan_paid *paid)
{
    int64_t sum = 0;
    for (uint32_t i = 0; i < voucher->programme->tier_count; i++) {
        const struct suan_tier *tier = &voucher->programme->tiers[i];
        int64_t of = tier->component == SUAN_COMPONENT_LOCAL ? paid->local_fen : paid->nonlocal_fen;
        sum += portion(of, tier->rate.num, tier->rate.den);
    }
    return sum;
}

/* The rate of what was paid, floored. */
static int64_t entitled(const struct suan_voucher_state *voucher, int64_t paid_fen)
{
    const struct suan_tier *tier = tier_of(voucher);
    int64_t amount = 0;
    if (tier != NULL && tier->has_rate)
        return portion(paid_fen, tier->rate.num, tier->rate.den);
    if (voucher->base_fen <= 0 || !suan_mul_div(paid_fen, voucher->face_fen, voucher->base_fen, &amount))
        return 0;
    return amount;
}

static enum suan_status entitlement(const struct suan_voucher_state *voucher, const struct suan_paid *paid,
                                    int64_t *out, struct suan_error *error)
{
    bool by_component = is_by_component(voucher);
    if (by_component && !paid->has_regions)
        return policy_fail(error, policy_bad_field, "", "paid_by_region",
                           "missing: the rate differs by region");
    *out = by_component        ? entitled_by_component(voucher, paid)
           : paid->has_regions ? entitled(voucher, paid->local_fen + paid->nonlocal_fen)
                               : entitled(voucher, paid->total_fen);
    return SUAN_OK;
}

/* --- limits ------------------------------------------------------------------------------------------- */

static void trace_limit(struct suan_trace *trace, const char *id, int64_t amount, int64_t ceiling,
                        int64_t used)
{
    struct suan_trace_step *step = suan_trace_add(trace, SUAN_STEP_LIMIT);
    if (step == NULL)
        return;
    step->id = suan_span_text(id);
    step->amount_fen = amount;
    step->ceiling_fen = ceiling;
    step->used_fen = used;
}

static int64_t left_of(const struct suan_voucher_state *voucher)
{
    return rest(voucher->face_fen, voucher->released_fen + voucher->redeemed_fen);
}

/* FACE and the caps of measure redeemed, behind the RATE that the caller put first. */
static enum suan_status add_limits(const struct suan_voucher_state *voucher, int32_t day,
                                   const struct suan_history *history, struct limits *limits,
                                   struct suan_trace *trace, struct suan_error *error)
{
    bool no_project = false;
    const struct suan_tier *tier = tier_of(voucher);
    struct cap_subject subject = {.programme = voucher->programme,
                                  .claim = voucher->claim,
                                  .history = history,
                                  .enterprise = voucher->enterprise,
                                  .contract_key = voucher->contract_key,
                                  .project = voucher->project,
                                  .year = suan_day_year(day),
                                  .used_by_claim = voucher->redeemed_fen,
                                  .cumulative_base = SUAN_FEN_ABSENT};
    limit_add(limits, suan_span_text("FACE"), left_of(voucher));
    trace_limit(trace, "FACE", left_of(voucher), voucher->face_fen,
                voucher->released_fen + voucher->redeemed_fen);
    enum suan_status status = SUAN_OK;
    if (tier != NULL)
        status = limit_add_caps(limits, tier->caps, tier->cap_count, SUAN_MEASURE_REDEEMED, &subject,
                                &no_project, trace, error);
    if (status == SUAN_OK && !no_project)
        status = limit_add_caps(limits, voucher->programme->caps, voucher->programme->cap_count,
                                SUAN_MEASURE_REDEEMED, &subject, &no_project, trace, error);
    if (status == SUAN_OK && no_project)
        return policy_fail(error, policy_bad_field, "project", "id",
                           "missing: a project cap limits this voucher");
    return status;
}

static void conclude(const struct limits *limits, struct suan_settlement *out)
{
    const struct limit *binding = limit_binding(limits);
    out->amount_fen = binding->amount_fen;
    out->binding = binding->id;
    out->is_room = binding->amount_fen == 0 && binding->is_room;
    out->kind = binding->amount_fen > 0                        ? SUAN_SETTLE
                : binding->period == SUAN_PERIOD_CALENDAR_YEAR ? SUAN_DEFER
                                                               : SUAN_REJECT_SETTLEMENT;
    out->tight_count = 0;
    for (uint32_t i = 0; i < limits->count; i++) {
        if (limits->rows[i].amount_fen == binding->amount_fen)
            out->tight[out->tight_count++] = limits->rows[i].id;
    }
}

static void expire(struct suan_settlement *out)
{
    *out = (struct suan_settlement){.kind = SUAN_REJECT_SETTLEMENT, .binding = suan_span_text("EXPIRED")};
}

enum suan_status suan_policy_redeem(const struct suan_voucher_state *voucher, int32_t day,
                                    const struct suan_paid *paid, const struct suan_history *history,
                                    struct suan_settlement *out, struct suan_trace *trace,
                                    struct suan_error *error)
{
    int64_t whole = 0;
    struct limits limits = {.count = 0};
    enum suan_status status = entitlement(voucher, paid, &whole, error);
    if (status != SUAN_OK)
        return status;
    if (!suan_voucher_is_valid(voucher, day)) {
        expire(out);
        return SUAN_OK;
    }
    limit_add(&limits, suan_span_text("RATE"), rest(whole, voucher->redeemed_fen));
    trace_limit(trace, "RATE", rest(whole, voucher->redeemed_fen), whole, voucher->redeemed_fen);
    status = add_limits(voucher, day, history, &limits, trace, error);
    if (status != SUAN_OK)
        return status;
    *out = (struct suan_settlement){.kind = SUAN_SETTLE};
    conclude(&limits, out);
    return SUAN_OK;
}

enum suan_status suan_policy_deduct(const struct suan_voucher_state *voucher, int32_t day, int64_t order_fen,
                                    const struct suan_history *history, struct suan_settlement *out,
                                    struct suan_trace *trace, struct suan_error *error)
{
    struct limits limits = {.count = 0};
    if (voucher->programme->mode != SUAN_VOUCHER_DEDUCT_AT_USE)
        return policy_fail(error, policy_conflict, "", "voucher", "is reimbursed, not deducted at use");
    if (!suan_voucher_is_valid(voucher, day)) {
        expire(out);
        out->pay_fen = order_fen;
        return SUAN_OK;
    }
    int64_t rate = entitled(voucher, order_fen);
    limit_add(&limits, suan_span_text("RATE"), rate);
    trace_limit(trace, "RATE", rate, SUAN_STEP_NO_AMOUNT, 0);
    enum suan_status status = add_limits(voucher, day, history, &limits, trace, error);
    if (status != SUAN_OK)
        return status;
    *out = (struct suan_settlement){.kind = SUAN_DEDUCT};
    conclude(&limits, out);
    out->kind = SUAN_DEDUCT;
    out->pay_fen = order_fen - out->amount_fen;
    return SUAN_OK;
}

int64_t suan_policy_close(const struct suan_voucher_state *voucher)
{
    return left_of(voucher);
}

enum suan_status suan_policy_clawback(const struct suan_voucher_state *voucher,
                                      enum suan_clawback_reason reason, const struct suan_paid *net_paid,
                                      int64_t *out_fen, struct suan_error *error)
{
    int64_t whole = 0;
    if (reason == SUAN_CLAWBACK_FRAUD) {
        *out_fen = voucher->redeemed_fen;
        return SUAN_OK;
    }
    enum suan_status status = entitlement(voucher, net_paid, &whole, error);
    if (status == SUAN_OK)
        *out_fen = rest(voucher->redeemed_fen, least(voucher->face_fen, whole));
    return status;
}
