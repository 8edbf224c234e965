/* The operations of worked examples: one row each. */
#include "examples_step.h"

#include <stdlib.h>

#include "base/cleanup.h"
#include "claim_read.h"
#include "earn.h"
#include "reader.h"
#include "window.h"

typedef enum suan_status step_run(struct example_state *state, const struct suan_json *step,
                                  struct suan_json *out, struct suan_error *error);

static const int64_t most = SUAN_JSON_INTEGER_MAX;

/* --- apply -------------------------------------------------------------------------------------------- */

static enum suan_status find_voucher(const struct example_state *state, struct suan_span name, size_t *out,
                                     struct suan_error *error)
{
    for (size_t i = 0; i < state->voucher_count; i++) {
        if (suan_span_equal(state->vouchers[i].name, name)) {
            *out = state->vouchers[i].index;
            return SUAN_OK;
        }
    }
    return suan_error_set(error, SUAN_E_NOT_FOUND, policy_unknown_voucher, NULL,
                          "voucher '%.*s' was not issued", SUAN_SPAN_PRINTF(name));
}

static enum suan_status decide(struct example_state *state, const struct suan_claim *claim,
                               struct suan_error *error)
{
    const struct suan_programme *programme = NULL;
    enum suan_status status = suan_policy_select(state->programmes, state->programme_count, claim,
                                                 SUAN_DAY_NONE, &programme, error);
    if (status != SUAN_OK)
        return status;
    if (programme == NULL) {
        suan_policy_no_unique(claim, &state->decision);
        return SUAN_OK;
    }
    struct suan_request request = {programme, claim, &state->history, SUAN_DAY_NONE};
    return suan_policy_evaluate(&request, &state->decision, &state->trace, error);
}

static enum suan_status issue(struct example_state *state, struct suan_claim *claim, struct suan_span name,
                              struct suan_error *error)
{
    size_t index = 0;
    enum suan_status status =
        suan_past_issue(state->past, &state->decision, claim, claim->day, &index, error);
    if (status == SUAN_OK && name.size > 0)
        state->vouchers[state->voucher_count++] = (struct named_voucher){name, index};
    return status;
}

static void copy_decision(const struct suan_decision *decision, struct suan_json *out)
{
    const struct suan_json *value = NULL;
    const char *key = NULL;
    SUAN_CLEANUP(suan_json_releasep) struct suan_json *all = suan_decision_json(decision);
    if (all == NULL) {
        suan_json_set(out, "decision", NULL);
        return;
    }
    while ((key = suan_json_next(all, key, &value)) != NULL)
        suan_json_set_copy(out, key, value);
}

static enum suan_status run_apply(struct example_state *state, const struct suan_json *step,
                                  struct suan_json *out, struct suan_error *error)
{
    struct suan_span name = {NULL, 0};
    size_t index = 0;
    struct suan_claim *claim = NULL;
    enum suan_status status =
        policy_text(step, "voucher", SUAN_JSON_OPTIONAL, POLICY_ID_MAX, &name, "", error);
    if (status == SUAN_OK && name.size > 0 && find_voucher(state, name, &index, NULL) == SUAN_OK)
        status = policy_fail(error, policy_conflict, "", "voucher", "this name was given before");
    if (status == SUAN_OK)
        status = claim_read(step, CLAIM_STEP, SUAN_CLAIM_BY_REVIEWER, NULL, &claim, error);
    if (status != SUAN_OK)
        return status;
    state->claims[state->claim_count++] = claim;
    status = decide(state, claim, error);
    if (status == SUAN_OK && state->decision.outcome == SUAN_OUTCOME_AWARD)
        status = issue(state, claim, name, error);
    if (status != SUAN_OK)
        return status;
    state->has_decision = true;
    copy_decision(&state->decision, out);
    return SUAN_OK;
}

/* --- vouchers ----------------------------------------------------------------------------------------- */

static enum suan_status read_voucher(const struct example_state *state, const struct suan_json *step,
                                     size_t *out, struct suan_error *error)
{
    struct suan_span name = {NULL, 0};
    enum suan_status status =
        policy_text(step, "voucher", SUAN_JSON_REQUIRED, POLICY_ID_MAX, &name, "", error);
    return status == SUAN_OK ? find_voucher(state, name, out, error) : status;
}

static enum suan_status read_paid(const struct suan_json *step, const char *total_key, struct suan_paid *out,
                                  struct suan_error *error)
{
    enum suan_status status = claim_read_regions(step, "paid_by_region", &out->has_regions, &out->local_fen,
                                                 &out->nonlocal_fen, error);
    if (status != SUAN_OK)
        return status;
    if (out->has_regions && suan_json_find(step, total_key) != NULL)
        return policy_fail(error, policy_bad_field, "", total_key, "'paid_by_region' is stated, too");
    return out->has_regions
               ? SUAN_OK
               : policy_amount(step, total_key, SUAN_JSON_REQUIRED, 0, most, &out->total_fen, "", error);
}

static void set_settlement(const struct suan_settlement *settlement, const char *amount_key,
                           struct suan_json *out)
{
    suan_json_set_text(out, "decision", suan_settlement_name(settlement->kind));
    suan_json_set_integer(out, amount_key, settlement->amount_fen);
    suan_json_set_span(out, "binding", settlement->binding);
}

static enum suan_status run_redeem(struct example_state *state, const struct suan_json *step,
                                   struct suan_json *out, struct suan_error *error)
{
    size_t index = 0;
    int32_t day = 0;
    struct suan_paid paid = {0};
    struct suan_settlement settlement;
    enum suan_status status = claim_read_day(step, &day, error);
    if (status == SUAN_OK)
        status = read_paid(step, "paid_cum_fen", &paid, error);
    if (status == SUAN_OK)
        status = read_voucher(state, step, &index, error);
    if (status != SUAN_OK)
        return status;
    struct suan_voucher_state voucher = suan_past_voucher(state->past, index);
    status = suan_policy_redeem(&voucher, day, &paid, &state->history, &settlement, NULL, error);
    if (status == SUAN_OK)
        status = suan_past_redeem(state->past, index, day, settlement.amount_fen, error);
    if (status == SUAN_OK)
        set_settlement(&settlement, "redeem_fen", out);
    return status;
}

static enum suan_status run_deduct(struct example_state *state, const struct suan_json *step,
                                   struct suan_json *out, struct suan_error *error)
{
    size_t index = 0;
    int32_t day = 0;
    int64_t order = 0;
    struct suan_settlement settlement;
    enum suan_status status = claim_read_day(step, &day, error);
    if (status == SUAN_OK)
        status = policy_amount(step, "order_fen", SUAN_JSON_REQUIRED, 1, most, &order, "", error);
    if (status == SUAN_OK)
        status = read_voucher(state, step, &index, error);
    if (status != SUAN_OK)
        return status;
    struct suan_voucher_state voucher = suan_past_voucher(state->past, index);
    status = suan_policy_deduct(&voucher, day, order, &state->history, &settlement, NULL, error);
    if (status == SUAN_OK)
        status = suan_past_redeem(state->past, index, day, settlement.amount_fen, error);
    if (status != SUAN_OK)
        return status;
    set_settlement(&settlement, "deduct_fen", out);
    suan_json_set_integer(out, "pay_fen", settlement.pay_fen);
    return SUAN_OK;
}

/* A day may be stated and is then checked; these operations do not depend on it. */
static enum suan_status read_idle_day(const struct suan_json *step, struct suan_error *error)
{
    int32_t day = 0;
    bool stated = suan_json_find(step, "date") != NULL || suan_json_find(step, "at") != NULL;
    return stated ? claim_read_day(step, &day, error) : SUAN_OK;
}

static enum suan_status run_close(struct example_state *state, const struct suan_json *step,
                                  struct suan_json *out, struct suan_error *error)
{
    size_t index = 0;
    enum suan_status status = read_idle_day(step, error);
    if (status == SUAN_OK)
        status = read_voucher(state, step, &index, error);
    if (status != SUAN_OK)
        return status;
    struct suan_voucher_state voucher = suan_past_voucher(state->past, index);
    int64_t released = suan_policy_close(&voucher);
    suan_json_set_text(out, "decision", "CLOSED");
    suan_json_set_integer(out, "released_fen", released);
    return suan_past_release(state->past, index, released, error);
}

static enum suan_status run_clawback(struct example_state *state, const struct suan_json *step,
                                     struct suan_json *out, struct suan_error *error)
{
    static const char *const reasons[] = {"fraud", "refund", NULL};
    size_t index = 0;
    int reason = 0;
    int64_t amount = 0;
    struct suan_paid paid = {0};
    enum suan_status status = read_idle_day(step, error);
    if (status == SUAN_OK)
        status = policy_choice(step, "reason", SUAN_JSON_REQUIRED, reasons, &reason, "", error);
    if (status == SUAN_OK && reason == SUAN_CLAWBACK_REFUND)
        status = read_paid(step, "net_paid_fen", &paid, error);
    if (status == SUAN_OK)
        status = read_voucher(state, step, &index, error);
    if (status != SUAN_OK)
        return status;
    struct suan_voucher_state voucher = suan_past_voucher(state->past, index);
    status = suan_policy_clawback(&voucher, (enum suan_clawback_reason)reason, &paid, &amount, error);
    suan_json_set_text(out, "decision", "CLAWBACK");
    suan_json_set_integer(out, "clawback_fen", amount);
    return status;
}

/* --- sums and shares ---------------------------------------------------------------------------------- */

static enum suan_status find_programme(const struct example_state *state, const struct suan_json *step,
                                       enum suan_json_need need, const struct suan_programme **out,
                                       struct suan_error *error)
{
    struct suan_span id = {NULL, 0};
    enum suan_status status = policy_text(step, "programme", need, POLICY_ID_MAX, &id, "", error);
    *out = NULL;
    for (size_t i = 0; status == SUAN_OK && id.size > 0 && i < state->programme_count; i++) {
        if (suan_span_equal(state->programmes[i]->id, id))
            *out = state->programmes[i];
    }
    if (status == SUAN_OK && id.size > 0 && *out == NULL)
        return suan_error_set(error, SUAN_E_NOT_FOUND, policy_unknown_programme, NULL,
                              "programme '%.*s' is not among those given", SUAN_SPAN_PRINTF(id));
    return status;
}

static enum suan_status read_year(const struct suan_json *step, int32_t *out, struct suan_error *error)
{
    struct suan_span text = {NULL, 0};
    char day[11] = "0000-01-01";
    enum suan_status status = policy_text(step, "year", SUAN_JSON_REQUIRED, 4, &text, "", error);
    if (status != SUAN_OK)
        return status;
    memcpy(day, text.data, text.size);
    int32_t first = 0;
    if (text.size != 4 || !suan_day_parse(suan_span_text(day), &first))
        return policy_fail(error, policy_bad_date, "", "year", "must be four digits");
    *out = suan_day_year(first);
    return SUAN_OK;
}

static enum suan_status run_shortfall(struct example_state *state, const struct suan_json *step,
                                      struct suan_json *out, struct suan_error *error)
{
    const struct suan_programme *programme = NULL;
    int32_t year = 0;
    int64_t shortfall = 0;
    enum suan_status status = read_year(step, &year, error);
    if (status == SUAN_OK)
        status = find_programme(state, step, SUAN_JSON_REQUIRED, &programme, error);
    if (status == SUAN_OK)
        status = suan_policy_shortfall(programme, year, &state->history, &shortfall, error);
    suan_json_set_text(out, "decision", "REPORT");
    suan_json_set_integer(out, "shortfall_fen", shortfall);
    return status;
}

static enum suan_status read_amounts(const struct suan_json *step, const char *key, int64_t *out,
                                     uint32_t *out_count, struct suan_error *error)
{
    const struct suan_json *list;
    enum suan_status status = policy_array(step, key, SUAN_JSON_REQUIRED, SUAN_WINDOW_MAX, &list, "", error);
    if (status != SUAN_OK)
        return status;
    *out_count = (uint32_t)suan_json_count(list);
    for (uint32_t i = 0; i < *out_count; i++) {
        if (!policy_element(list, i, 0, most, &out[i]))
            return policy_fail(error, policy_bad_amount, "", key, "must hold amounts from 0 to 2^53 - 1");
    }
    return SUAN_OK;
}

static void set_amounts(struct suan_json *out, const char *key, const int64_t *amounts, uint32_t count)
{
    struct suan_json *array = suan_json_new_array();
    for (uint32_t i = 0; array != NULL && i < count; i++)
        suan_json_add_integer(array, amounts[i]);
    suan_json_set(out, key, array);
}

static enum suan_status run_prorata(struct example_state *state, const struct suan_json *step,
                                    struct suan_json *out, struct suan_error *error)
{
    int64_t budget = 0, requests[SUAN_WINDOW_MAX], awards[SUAN_WINDOW_MAX];
    uint32_t count = 0;
    enum suan_window_outcome outcome = SUAN_WINDOW_FULL;
    (void)state;
    enum suan_status status =
        policy_amount(step, "budget_fen", SUAN_JSON_REQUIRED, 0, most, &budget, "", error);
    if (status == SUAN_OK)
        status = read_amounts(step, "requests_fen", requests, &count, error);
    if (status == SUAN_OK)
        status = suan_policy_prorata(budget, requests, count, awards, &outcome, error);
    if (status != SUAN_OK)
        return status;
    suan_json_set_text(out, "decision", outcome == SUAN_WINDOW_FULL ? "FULL" : "PRO_RATA");
    set_amounts(out, "awards_fen", awards, count);
    return SUAN_OK;
}

static enum suan_status run_split(struct example_state *state, const struct suan_json *step,
                                  struct suan_json *out, struct suan_error *error)
{
    int64_t total = 0, weights[SUAN_WINDOW_MAX], parts[SUAN_WINDOW_MAX];
    uint32_t count = 0;
    (void)state;
    enum suan_status status =
        policy_amount(step, "total_fen", SUAN_JSON_REQUIRED, 0, most, &total, "", error);
    if (status == SUAN_OK)
        status = read_amounts(step, "weights", weights, &count, error);
    if (status == SUAN_OK)
        status = suan_policy_split(total, weights, count, parts, error);
    if (status != SUAN_OK)
        return status;
    suan_json_set_text(out, "decision", "SPLIT");
    set_amounts(out, "parts_fen", parts, count);
    return SUAN_OK;
}

static enum suan_status run_share(struct example_state *state, const struct suan_json *step,
                                  struct suan_json *out, struct suan_error *error)
{
    int64_t num = 0, den = 1, permille = 0;
    (void)state;
    enum suan_status status = policy_amount(step, "num", SUAN_JSON_REQUIRED, 0, most, &num, "", error);
    if (status == SUAN_OK)
        status = policy_amount(step, "den", SUAN_JSON_REQUIRED, 1, most, &den, "", error);
    if (status == SUAN_OK)
        status = suan_policy_share(num, den, &permille, error);
    suan_json_set_text(out, "decision", "STAT");
    suan_json_set_integer(out, "permille", permille);
    return status;
}

/* --- earn --------------------------------------------------------------------------------------------- */

static enum suan_status read_earn_amounts(const struct suan_json *step, struct suan_earn_claim *out,
                                          int64_t *out_owner_used, struct suan_error *error)
{
    const struct {
        const char *key;
        enum suan_json_need need;
        int64_t least;
        int64_t *place;
    } rows[] = {
        {"ref_ns", SUAN_JSON_REQUIRED, 0, &out->baseline_ns},
        {"cand_ns", SUAN_JSON_REQUIRED, 0, &out->credited_ns},
        {"runs", SUAN_JSON_REQUIRED, 0, &out->runs},
        {"invocations", SUAN_JSON_REQUIRED, 0, &out->invocations},
        {"fen_per_card_hour", SUAN_JSON_REQUIRED, 0, &out->fen_per_hour},
        {"cards", SUAN_JSON_OPTIONAL, 0, &out->cards},
        {"year_index", SUAN_JSON_OPTIONAL, 0, &out->year_index},
        {"algorithm_used_fen", SUAN_JSON_OPTIONAL, 0, &out->algorithm_used_fen},
        {"owner_used_fen", SUAN_JSON_OPTIONAL, 0, out_owner_used},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        enum suan_status status =
            policy_amount(step, rows[i].key, rows[i].need, rows[i].least, most, rows[i].place, "", error);
        if (status != SUAN_OK)
            return status;
    }
    return SUAN_OK;
}

/* The one that is named, else the only one that pays credit. */
static enum suan_status find_earner(const struct example_state *state, const struct suan_json *step,
                                    const struct suan_programme **out, struct suan_error *error)
{
    size_t candidates = 0;
    enum suan_status status = find_programme(state, step, SUAN_JSON_OPTIONAL, out, error);
    if (status != SUAN_OK || *out != NULL)
        return status;
    for (size_t i = 0; i < state->programme_count; i++) {
        if (!state->programmes[i]->has_earn)
            continue;
        *out = state->programmes[i];
        candidates++;
    }
    if (candidates == 1)
        return SUAN_OK;
    return suan_error_set(error, SUAN_E_NOT_FOUND, policy_unknown_programme, "name a programme",
                          "%zu of the programmes given pay contribution credit", candidates);
}

static enum suan_status run_earn(struct example_state *state, const struct suan_json *step,
                                 struct suan_json *out, struct suan_error *error)
{
    struct suan_earn_claim claim = {.cards = 1};
    struct suan_earn_owner owner = {.share_bp = 10000};
    struct suan_earn_decision decision;
    const struct suan_programme *programme = NULL;
    enum suan_status status = read_idle_day(step, error);
    if (status == SUAN_OK)
        status = read_earn_amounts(step, &claim, &owner.used_fen, error);
    if (status == SUAN_OK)
        status = find_earner(state, step, &programme, error);
    if (status != SUAN_OK)
        return status;
    claim.saving_ns = claim.credited_ns = claim.baseline_ns - claim.credited_ns;
    claim.owner_room_fen = suan_earn_owner_room(programme, &owner, 1);
    status = suan_policy_earn(programme, &claim, &decision, error);
    if (status != SUAN_OK)
        return status;
    suan_json_set_text(out, "decision", decision.outcome == SUAN_EARN_CREDIT ? "CREDIT" : "REJECT");
    suan_json_set_integer(out, "saved_fen", decision.saved_fen);
    suan_json_set_integer(out, "credit_fen", decision.credit_fen);
    suan_json_set_text(out, "binding", decision.binding);
    suan_json_set_span(out, "programme", programme->id);
    return SUAN_OK;
}

/* --- the table ---------------------------------------------------------------------------------------- */

enum { KEYS_MAX = 16 };

struct operation {
    const char *name;
    step_run *run;
    const char *inputs[KEYS_MAX];  /* besides `op` and `expect`; none: the reader of claims knows them */
    const char *results[KEYS_MAX]; /* NULL-ended */
};

static const struct operation operations[] = {
    {"apply",
     run_apply,
     {NULL},
     {"decision", "award_fen", "binding", "tier", "tight", "base_fen", "programme", "missing", "all_failed",
      NULL}},
    {"redeem",
     run_redeem,
     {"op", "expect", "voucher", "date", "at", "paid_cum_fen", "paid_by_region", NULL},
     {"decision", "redeem_fen", "binding", NULL}},
    {"deduct",
     run_deduct,
     {"op", "expect", "voucher", "date", "at", "order_fen", NULL},
     {"decision", "deduct_fen", "pay_fen", "binding", NULL}},
    {"close",
     run_close,
     {"op", "expect", "voucher", "date", "at", NULL},
     {"decision", "released_fen", "binding", NULL}},
    {"clawback",
     run_clawback,
     {"op", "expect", "voucher", "date", "at", "reason", "net_paid_fen", "paid_by_region", NULL},
     {"decision", "clawback_fen", "binding", NULL}},
    {"shortfall",
     run_shortfall,
     {"op", "expect", "programme", "year", NULL},
     {"decision", "shortfall_fen", "binding", NULL}},
    {"prorata",
     run_prorata,
     {"op", "expect", "budget_fen", "requests_fen", NULL},
     {"decision", "awards_fen", "binding", NULL}},
    {"split",
     run_split,
     {"op", "expect", "total_fen", "weights", NULL},
     {"decision", "parts_fen", "binding", NULL}},
    {"share", run_share, {"op", "expect", "num", "den", NULL}, {"decision", "permille", "binding", NULL}},
    {"earn",
     run_earn,
     {"op", "expect", "programme", "date", "at", "ref_ns", "cand_ns", "runs", "invocations",
      "fen_per_card_hour", "cards", "year_index", "algorithm_used_fen", "owner_used_fen", NULL},
     {"decision", "saved_fen", "credit_fen", "binding", "programme", NULL}},
};

static const struct operation *find_operation(const struct suan_json *step, struct suan_error *error)
{
    struct suan_span name = {NULL, 0};
    if (policy_text(step, "op", SUAN_JSON_REQUIRED, POLICY_ID_MAX, &name, "", error) != SUAN_OK)
        return NULL;
    for (size_t i = 0; i < sizeof operations / sizeof operations[0]; i++) {
        if (suan_span_equal(name, suan_span_text(operations[i].name)))
            return &operations[i];
    }
    (void)policy_fail(error, policy_bad_field, "", "op", "no such operation");
    return NULL;
}

static enum suan_status run_operation(struct example_state *state, const struct suan_json *step,
                                      const struct operation *operation, struct suan_json *out,
                                      struct suan_error *error)
{
    if (operation->inputs[0] != NULL) {
        enum suan_status status = policy_only(step, operation->inputs, "", error);
        if (status != SUAN_OK)
            return status;
    }
    return operation->run(state, step, out, error);
}

enum suan_status example_step(struct example_state *state, const struct suan_json *step,
                              struct suan_json **out, const char *const **out_known, struct suan_error *error)
{
    static const char *const plain[] = {"decision", "binding", NULL};
    struct suan_error cause = {.code = policy_bad_field};
    SUAN_CLEANUP(suan_json_releasep) struct suan_json *result = suan_json_new_object();
    if (result == NULL)
        return suan_error_set(error, SUAN_E_MEMORY, "memory", NULL, "out of memory while running an example");
    suan_trace_clear(&state->trace);
    state->has_decision = false;
    const struct operation *operation = find_operation(step, &cause);
    *out_known = operation != NULL ? operation->results : plain;
    enum suan_status status =
        operation != NULL ? run_operation(state, step, operation, result, &cause) : SUAN_E_USAGE;
    if (status == SUAN_E_MEMORY) {
        if (error != NULL)
            *error = cause;
        return status;
    }
    if (status != SUAN_OK) {
        suan_json_release(result);
        result = suan_json_new_object();
        if (result == NULL)
            return suan_error_set(error, SUAN_E_MEMORY, "memory", NULL,
                                  "out of memory while running an example");
        suan_json_set_text(result, "decision", "ERROR");
        suan_json_set_text(result, "binding", policy_error_name(cause.code));
        suan_json_set_text(result, "message", cause.message);
    }
    *out = suan_take(&result);
    return SUAN_OK;
}
