#include "window.h"

#include "amount.h"
#include "reader.h"

static enum suan_status bad_amount(struct suan_error *error, const char *what)
{
    return suan_error_set(error, SUAN_E_USAGE, policy_bad_amount, NULL, "%s", what);
}

static bool sum_of(const int64_t *amounts, uint32_t count, int64_t *out)
{
    int64_t sum = 0;
    for (uint32_t i = 0; i < count; i++) {
        if (amounts[i] < 0 || amounts[i] > SUAN_FEN_MAX - sum)
            return false;
        sum += amounts[i];
    }
    *out = sum;
    return true;
}

enum suan_status suan_policy_prorata(int64_t budget_fen, const int64_t *requests_fen, uint32_t count,
                                     int64_t *out_awards_fen, enum suan_window_outcome *out,
                                     struct suan_error *error)
{
    int64_t sum = 0;
    if (budget_fen < 0 || budget_fen > SUAN_FEN_MAX || count > SUAN_WINDOW_MAX ||
        !sum_of(requests_fen, count, &sum))
        return bad_amount(error, "a window takes up to 4096 requests, 0 to 2^53 - 1 fen in all");
    *out = sum <= budget_fen ? SUAN_WINDOW_FULL : SUAN_WINDOW_PRO_RATA;
    if (*out == SUAN_WINDOW_FULL) {
        for (uint32_t i = 0; i < count; i++)
            out_awards_fen[i] = requests_fen[i];
        return SUAN_OK;
    }
    return suan_split(budget_fen, requests_fen, out_awards_fen, count) ? SUAN_OK
                                                                       : bad_amount(error, "cannot be split");
}

enum suan_status suan_policy_split(int64_t total_fen, const int64_t *weights, uint32_t count,
                                   int64_t *out_parts_fen, struct suan_error *error)
{
    int64_t sum = 0;
    if (total_fen < 0 || total_fen > SUAN_FEN_MAX || count > SUAN_WINDOW_MAX ||
        !sum_of(weights, count, &sum) || sum == 0)
        return bad_amount(error, "a bill is split by up to 4096 weights, 1 to 2^53 - 1 in all");
    return suan_split(total_fen, weights, out_parts_fen, count) ? SUAN_OK
                                                                : bad_amount(error, "cannot be split");
}

enum suan_status suan_policy_share(int64_t num, int64_t den, int64_t *out_permille, struct suan_error *error)
{
    __extension__ typedef __int128 wide;
    if (num < 0 || den <= 0 || num > den)
        return bad_amount(error, "a share is num/den with 0 <= num <= den and den > 0");
    *out_permille = (int64_t)(((wide)num * 2000 + den) / ((wide)den * 2));
    return SUAN_OK;
}

enum suan_status suan_policy_shortfall(const struct suan_programme *programme, int32_t year,
                                       const struct suan_history *history, int64_t *out_fen,
                                       struct suan_error *error)
{
    const struct suan_budget *budget = &programme->budget;
    int64_t issued = 0;
    *out_fen = 0;
    if (budget->kind != SUAN_BUDGET_FLOOR)
        return SUAN_OK;
    struct suan_sum_query query = {.of = SUAN_SUM_ISSUED,
                                   .programme = programme,
                                   .within = SUAN_SUM_WHOLE,
                                   .year =
                                       budget->period == SUAN_PERIOD_CALENDAR_YEAR ? year : SUAN_YEAR_EVER};
    enum suan_status status = history->sum(history->context, &query, &issued, error);
    if (status == SUAN_OK)
        *out_fen = rest(budget->amount_fen, issued);
    return status;
}
