/* Which version of a family's rules a claim falls under. */
#include <string.h>

#include "evaluation.h"
#include "reader.h"

int32_t select_day_of(const struct suan_programme *p, const struct suan_claim *c, int32_t issue_day)
{
    const struct suan_value *is_signed = &c->values[SUAN_FIELD_CONTRACT_SIGNED];
    switch (p->select_by) {
    case SUAN_SELECT_APPLY_DATE: return c->day;
    case SUAN_SELECT_ISSUE_DATE: return issue_day;
    case SUAN_SELECT_CONTRACT_SIGNED:
        return is_signed->type == SUAN_VALUE_DAY ? (int32_t)is_signed->integer : SUAN_DAY_NONE;
    }
    return SUAN_DAY_NONE;
}

static bool is_candidate(const struct suan_programme *p, const struct suan_claim *claim, int32_t issue_day)
{
    struct suan_span family = claim->family;
    if (claim->has_instrument && p->instrument != claim->instrument)
        return false;
    if (p->id.size < family.size || memcmp(p->id.data, family.data, family.size) != 0)
        return false;
    int32_t day = select_day_of(p, claim, issue_day != SUAN_DAY_NONE ? issue_day : claim->day);
    return day != SUAN_DAY_NONE && suan_programme_in_force(p, day);
}

enum suan_status suan_policy_select(const struct suan_programme *const *programmes, size_t count,
                                    const struct suan_claim *claim, int32_t issue_day,
                                    const struct suan_programme **out, struct suan_error *error)
{
    const struct suan_programme *found = NULL;
    size_t candidates = 0;
    for (size_t i = 0; claim->programme.size > 0 && i < count; i++) {
        if (suan_span_equal(programmes[i]->id, claim->programme))
            found = programmes[i];
    }
    if (claim->programme.size > 0 && found == NULL)
        return suan_error_set(error, SUAN_E_NOT_FOUND, policy_unknown_programme, "see 'suan programme list'",
                              "programme '%.*s' is not installed", SUAN_SPAN_PRINTF(claim->programme));
    if (claim->programme.size == 0 && claim->family.size == 0)
        return policy_fail(error, policy_bad_field, "", "programme", "missing, as is 'family'");
    for (size_t i = 0; claim->programme.size == 0 && i < count; i++) {
        if (!is_candidate(programmes[i], claim, issue_day))
            continue;
        found = programmes[i];
        candidates++;
    }
    *out = candidates > 1 ? NULL : found;
    return SUAN_OK;
}

void suan_policy_no_unique(const struct suan_claim *claim, struct suan_decision *out)
{
    begin_decision(out, NULL, claim->day);
    settle(out, SUAN_OUTCOME_REVIEW, suan_span_text("NO_UNIQUE_PROGRAMME"));
}
