/* Claims. One that is accepted is decided under every programme, and no award passes its base. */
#include <stdlib.h>

#include "base/cleanup.h"
#include "policy/past.h"
#include "policy_rules.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { RULES = sizeof fuzz_rules / sizeof fuzz_rules[0] };

static void decide(const struct suan_programme *programme, struct suan_claim *claim, struct suan_past *past)
{
    struct suan_decision decision;
    struct suan_history history = suan_past_history(past);
    struct suan_request request = {programme, claim, &history, SUAN_DAY_NONE};
    size_t index;
    for (int again = 0; again < 2; again++) {
        if (suan_policy_evaluate(&request, &decision, NULL, NULL) != SUAN_OK ||
            decision.outcome != SUAN_OUTCOME_AWARD)
            return;
        if (decision.award_fen <= 0 || decision.award_fen > decision.base_fen)
            abort();
        if (suan_past_issue(past, &decision, claim, decision.day, &index, NULL) != SUAN_OK)
            abort();
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    SUAN_CLEANUP(suan_claim_freep) struct suan_claim *claim = NULL;
    static const uint8_t digest[32];
    struct suan_programme *programmes[RULES];
    struct suan_error error = {0};
    enum suan_status status =
        suan_claim_parse(suan_span(data, size), SUAN_CLAIM_BY_REVIEWER, "fuzz", &claim, &error);
    if (status != SUAN_OK) {
        if (status != error.status || error.code == NULL || claim != NULL)
            abort();
        return 0;
    }
    SUAN_CLEANUP(suan_past_freep) struct suan_past *past = suan_past_new();
    for (size_t i = 0; i < RULES; i++) {
        if (suan_programme_parse(suan_span_text(fuzz_rules[i]), digest, "rules", &programmes[i], NULL) !=
            SUAN_OK)
            abort();
        decide(programmes[i], claim, past);
    }
    for (size_t i = 0; i < RULES; i++)
        suan_programme_free(programmes[i]);
    return 0;
}
