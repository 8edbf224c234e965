#include "whatif.h"

#include "base/cleanup.h"
#include "base/number.h"
#include "past.h"
#include "reader.h"

struct replay {
    struct suan_programme programme; /* with no end and no beginning */
    struct suan_past *past;
    struct suan_history history;
    struct suan_whatif_summary sums;
};

static enum suan_status add_award(struct replay *replay, const struct suan_whatif_case *one,
                                  const struct suan_decision *decision, struct suan_error *error)
{
    size_t index;
    struct suan_whatif_summary *sums = &replay->sums;
    if (!suan_add_i64(sums->award_before_fen, one->award_fen, &sums->award_before_fen) ||
        !suan_add_i64(sums->award_after_fen, decision->award_fen, &sums->award_after_fen))
        return policy_fail(error, policy_bad_amount, "", "whatif",
                           "the awards are beyond what can be summed");
    sums->outcomes_before[one->outcome]++;
    sums->outcomes_after[decision->outcome]++;
    sums->changed += one->outcome != decision->outcome || one->award_fen != decision->award_fen;
    if (decision->outcome != SUAN_OUTCOME_AWARD)
        return SUAN_OK;
    return suan_past_issue(replay->past, decision, one->claim, decision->day, &index, error);
}

static enum suan_status replay_case(struct replay *replay, const struct suan_whatif_case *one,
                                    struct suan_decision *decision, bool *out_malformed,
                                    struct suan_error *error)
{
    struct suan_request request = {&replay->programme, one->claim, &replay->history, one->issue_day};
    enum suan_status status = suan_policy_evaluate(&request, decision, NULL, error);
    *out_malformed = status == SUAN_E_USAGE;
    replay->sums.cases++;
    replay->sums.errors += *out_malformed;
    if (*out_malformed)
        return SUAN_OK;
    return status == SUAN_OK ? add_award(replay, one, decision, error) : status;
}

enum suan_status
suan_policy_whatif(const struct suan_programme *programme, const struct suan_whatif_case *cases, size_t count,
                   void (*report)(void *context, size_t index, const struct suan_decision *decision),
                   void *context, struct suan_whatif_summary *out, struct suan_error *error)
{
    SUAN_CLEANUP(suan_past_freep) struct suan_past *past = suan_past_new();
    struct replay replay = {.programme = *programme, .past = past};
    if (past == NULL)
        return suan_error_set(error, SUAN_E_MEMORY, "memory", NULL, "out of memory");
    replay.programme.from = INT32_MIN;
    replay.programme.to = INT32_MAX;
    replay.programme.select_by = SUAN_SELECT_APPLY_DATE;
    replay.history = suan_past_history(past);
    for (size_t i = 0; i < count; i++) {
        struct suan_decision decision;
        bool malformed = false;
        enum suan_status status = replay_case(&replay, &cases[i], &decision, &malformed, error);
        if (status != SUAN_OK)
            return status;
        decision.programme = programme;
        if (report != NULL)
            report(context, i, malformed ? NULL : &decision);
    }
    *out = replay.sums;
    return SUAN_OK;
}
