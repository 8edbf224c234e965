#ifndef SUAN_POLICY_WINDOW_H
#define SUAN_POLICY_WINDOW_H

/* Sharing one sum among many, and figures for reports. Pure. */
#include "history.h"

enum { SUAN_WINDOW_MAX = 4096 }; /* requests in a window, parts of a bill */

enum suan_window_outcome { SUAN_WINDOW_FULL, SUAN_WINDOW_PRO_RATA };

/*
 * The entitlements of a window at its close: in full if the budget holds them all, else in proportion, by
 * largest remainder, ties to the earlier. Errors: USAGE "policy.bad-amount" (a negative amount, a sum beyond
 * 2^53 - 1, too many).
 */
SUAN_MUST_USE enum suan_status suan_policy_prorata(int64_t budget_fen, const int64_t *requests_fen,
                                                   uint32_t count, int64_t *out_awards_fen,
                                                   enum suan_window_outcome *out, struct suan_error *error);
/* A bill by weights (metered card-seconds), by largest remainder; parts sum to the bill. Errors as above;
   also if all weights are 0. */
SUAN_MUST_USE enum suan_status suan_policy_split(int64_t total_fen, const int64_t *weights, uint32_t count,
                                                 int64_t *out_parts_fen, struct suan_error *error);
/* num/den in permille, half up. Errors: USAGE "policy.bad-amount" (den 0, a negative number, a share above
 * 1). */
SUAN_MUST_USE enum suan_status suan_policy_share(int64_t num, int64_t den, int64_t *out_permille,
                                                 struct suan_error *error);
/* How far net issue in that year stays below a budget that is a floor; 0 for other budgets. Errors: the
 * history's. */
SUAN_MUST_USE enum suan_status suan_policy_shortfall(const struct suan_programme *programme, int32_t year,
                                                     const struct suan_history *history, int64_t *out_fen,
                                                     struct suan_error *error);

#endif
