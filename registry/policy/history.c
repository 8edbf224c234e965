/* Which sums a programme's rules ask for, each kind once. */
#include "history.h"

enum { OFS = 3, WITHINS = 4, YEARS = 2 };

struct wanted {
    bool marks[OFS][WITHINS][YEARS];
};

static void mark_caps(struct wanted *wanted, const struct suan_cap *caps, uint32_t count)
{
    static const uint8_t withins[] = {[SUAN_SCOPE_CLAIM] = SUAN_SUM_WHOLE,
                                      [SUAN_SCOPE_CONTRACT] = SUAN_SUM_CONTRACT,
                                      [SUAN_SCOPE_PROJECT] = SUAN_SUM_PROJECT,
                                      [SUAN_SCOPE_ENTERPRISE] = SUAN_SUM_ENTERPRISE};
    for (uint32_t i = 0; i < count; i++) {
        if (caps[i].scope == SUAN_SCOPE_CLAIM)
            continue;
        int of = caps[i].measure == SUAN_MEASURE_ISSUED ? SUAN_SUM_ISSUED : SUAN_SUM_REDEEMED;
        wanted->marks[of][withins[caps[i].scope]][caps[i].period == SUAN_PERIOD_CALENDAR_YEAR] = true;
    }
}

static void mark_all(struct wanted *wanted, const struct suan_programme *programme)
{
    mark_caps(wanted, programme->caps, programme->cap_count);
    for (uint32_t i = 0; i < programme->tier_count; i++)
        mark_caps(wanted, programme->tiers[i].caps, programme->tiers[i].cap_count);
    if (programme->budget.kind != SUAN_BUDGET_NONE)
        wanted
            ->marks[SUAN_SUM_ISSUED][SUAN_SUM_WHOLE][programme->budget.period == SUAN_PERIOD_CALENDAR_YEAR] =
            true;
    if (programme->uses_cumulative_base)
        wanted->marks[SUAN_SUM_BASE][SUAN_SUM_ENTERPRISE][1] = true;
}

void suan_history_wants(const struct suan_programme *programme,
                        void (*want)(void *context, const struct suan_sum_query *kind), void *context)
{
    struct wanted wanted = {0};
    mark_all(&wanted, programme);
    for (int of = 0; of < OFS; of++) {
        for (int within = 0; within < WITHINS; within++) {
            for (int yearly = 0; yearly < YEARS; yearly++) {
                struct suan_sum_query kind = {
                    .of = (enum suan_sum_of)of, .programme = programme, .year = yearly};
                kind.within = within;
                if (wanted.marks[of][within][yearly])
                    want(context, &kind);
            }
        }
    }
}
