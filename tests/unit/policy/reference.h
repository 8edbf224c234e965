#ifndef SUAN_TESTS_POLICY_REFERENCE_H
#define SUAN_TESTS_POLICY_REFERENCE_H

/*
 * A second evaluator, written from the rules' page and sharing no code with the first: it walks the JSON
 * documents themselves, keeps every award in a list, sums by looking at all of them, and divides in 128 bits.
 */
#include "base/json.h"

enum { REFERENCE_AWARDS_MAX = 256 };

struct reference_award {
    const struct suan_json *programme;
    char enterprise[32], contract[32], project[32], tier[32];
    int issue_year, issue_day;
    int64_t face, released, redeemed, base;
    struct {
        int year;
        int64_t amount;
    } redemptions[64];
    int redemption_count;
};

struct reference_ledger {
    struct reference_award awards[REFERENCE_AWARDS_MAX];
    int count;
};

struct reference_result {
    char decision[16], binding[96], tier[32];
    char tight[256], missing[512], failed[512]; /* ids, each behind a space */
    int64_t award, base;                        /* base -1: unknown */
};

void reference_decide(const struct reference_ledger *ledger, const struct suan_json *programme,
                      const struct suan_json *claim, struct reference_result *out);
/* Appends the award of that result. */
void reference_issue(struct reference_ledger *ledger, const struct suan_json *programme,
                     const struct suan_json *claim, const struct reference_result *result);
/* SETTLE, DEFER or REJECT of a reimbursement; the paid amounts by region are used with components, else their
 * sum. */
void reference_redeem(struct reference_ledger *ledger, int index, const struct suan_json *claim,
                      const char *date, int64_t paid_local, int64_t paid_nonlocal,
                      struct reference_result *out);
int64_t reference_close(struct reference_ledger *ledger, int index);
int64_t reference_refund(const struct reference_ledger *ledger, int index, int64_t paid_local,
                         int64_t paid_nonlocal);

#endif
