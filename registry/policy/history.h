#ifndef SUAN_POLICY_HISTORY_H
#define SUAN_POLICY_HISTORY_H

/*
 * What a decision asks of the past. Policy holds no ledger: the caller answers these questions from its own
 * sums, so that a claim is decided in the same time whether ten vouchers were issued before it or ten
 * million. Only vouchers that were issued count. past.h answers them from memory.
 */
#include "base/error.h"
#include "programme.h"

enum suan_sum_of {
    SUAN_SUM_ISSUED,   /* sum of face - released over vouchers issued in the period */
    SUAN_SUM_REDEEMED, /* sum of what was redeemed in the period, by the day of redemption */
    SUAN_SUM_BASE,     /* sum of the bases of awards issued in the period, released ones included */
};

enum { SUAN_YEAR_EVER = 0 };

/* All sums are of one programme (its id, any version). */
struct suan_sum_query {
    enum suan_sum_of of;
    const struct suan_programme *programme;
    enum { SUAN_SUM_WHOLE, SUAN_SUM_CONTRACT, SUAN_SUM_PROJECT, SUAN_SUM_ENTERPRISE } within;
    struct suan_span subject; /* contract key, project id or enterprise; empty for the whole programme */
    int32_t year;             /* UTC+8 calendar year, or SUAN_YEAR_EVER */
};

/* All awards that one contract ever received under one programme. */
struct suan_past_contract {
    struct suan_span programme, group; /* borrowed until the next call */
    enum suan_same_contract same_contract;
    int64_t live_fen;      /* sum of face - released */
    int64_t live_base_fen; /* sum of the bases of those whose face - released is above 0 */
};

enum { SUAN_PAST_CONTRACTS_MAX = 64 }; /* programmes under which one contract may have received awards */

struct suan_history {
    void *context;
    enum suan_status (*sum)(void *context, const struct suan_sum_query *query, int64_t *out_fen,
                            struct suan_error *error);
    /* One entry for each programme under which the contract received an award, even if all was released
     * since. */
    enum suan_status (*contract)(void *context, struct suan_span contract_key,
                                 struct suan_past_contract out[SUAN_PAST_CONTRACTS_MAX], size_t *out_count,
                                 struct suan_error *error);
};

/*
 * Which sums decisions under this programme ever ask for: a ledger that keeps just these can answer every
 * query. Calls `want` once for each distinct kind of sum, with an empty subject and `year` 1 for sums by
 * calendar year.
 */
void suan_history_wants(const struct suan_programme *programme,
                        void (*want)(void *context, const struct suan_sum_query *kind), void *context);

#endif
