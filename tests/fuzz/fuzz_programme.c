/* Voucher programmes. One that is accepted can be checked, decided under, traced and asked for its clauses.
 */
#include <stdlib.h>

#include "base/cleanup.h"
#include "policy/check.h"
#include "policy/past.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char claim_text[] =
    "{\"schema\":\"suan.claim/"
    "1\",\"instrument\":\"compute_voucher\",\"date\":\"2024-03-01\",\"enterprise\":\"A\","
    "\"contract_id\":\"c\",\"claimant\":{\"class\":\"enterprise\",\"size\":\"sme\",\"region_code\":"
    "\"330109\","
    "\"support_year\":1},\"contract\":{\"purpose\":\"training\",\"signed\":\"2024-02-29\",\"related\":false,"
    "\"term\":{"
    "\"start\":\"2024-03-01\",\"end\":\"2025-02-28\"}},\"lines\":[{\"kind\":\"compute\",\"region_code\":"
    "\"330109\","
    "\"amount_fen\":9007199254740991,\"paid_fen\":5000}],\"project\":{\"id\":\"p\"},\"reviewer_fen\":7,"
    "\"requested_fen\":"
    "6000,\"efficient_benchmark_fen\":4000}";

static void decide(const struct suan_programme *programme)
{
    SUAN_CLEANUP(suan_claim_freep) struct suan_claim *claim = NULL;
    SUAN_CLEANUP(suan_past_freep) struct suan_past *past = suan_past_new();
    SUAN_CLEANUP(suan_trace_done) struct suan_trace trace = {0};
    SUAN_CLEANUP(suan_buffer_done) struct suan_buffer text = {0};
    struct suan_decision decision;
    if (past == NULL || suan_claim_parse(suan_span_text(claim_text), SUAN_CLAIM_BY_REVIEWER, "claim", &claim,
                                         NULL) != SUAN_OK)
        abort();
    struct suan_history history = suan_past_history(past);
    struct suan_request request = {programme, claim, &history, SUAN_DAY_NONE};
    if (suan_policy_evaluate(&request, &decision, &trace, NULL) != SUAN_OK)
        return;
    if (decision.award_fen < 0 || (decision.outcome == SUAN_OUTCOME_AWARD) != (decision.award_fen > 0) ||
        (decision.outcome == SUAN_OUTCOME_AWARD && decision.award_fen > decision.base_fen))
        abort();
    if (suan_trace_format(&trace, &decision, &text, NULL) != SUAN_OK ||
        suan_trace_explain(&trace, &decision, SUAN_LANGUAGE_CHINESE, &text, NULL) != SUAN_OK)
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    SUAN_CLEANUP(suan_programme_freep) struct suan_programme *programme = NULL;
    static const uint8_t digest[32];
    struct suan_error error = {0};
    enum suan_status status = suan_programme_parse(suan_span(data, size), digest, "fuzz", &programme, &error);
    if (status != SUAN_OK) {
        if (status != error.status || error.code == NULL || programme != NULL)
            abort();
        return 0;
    }
    const struct suan_programme *library[] = {programme};
    (void)suan_programme_check(programme, library, 1, NULL, NULL);
    decide(programme);
    return 0;
}
