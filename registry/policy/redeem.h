#ifndef SUAN_POLICY_REDEEM_H
#define SUAN_POLICY_REDEEM_H

/*
 * What may be paid against an issued voucher. A voucher's rate is its tier's; of an award by a reviewer,
 * award/base; of a programme by component, each component's. Rates are taken of the cumulative net payment,
 * so that instalments gain and lose nothing and a refund half-way is set off against later ones. Pure.
 */
#include "claim.h"
#include "history.h"
#include "trace.h"

/* An issued voucher as the ledger holds it. */
struct suan_voucher_state {
    const struct suan_programme *programme; /* as on the day of issue */
    const struct suan_claim *claim;         /* for the `when` of caps; NULL: unknown, so every cap applies */
    struct suan_span enterprise, contract_key, project;
    int32_t issue_day;
    struct suan_span tier; /* of the decision, "BY_COMPONENT" included */
    int64_t face_fen, base_fen, released_fen, redeemed_fen;
};

/* What the claimant has paid in all, net of refunds; by region for a programme by component. */
struct suan_paid {
    bool has_regions;
    int64_t total_fen, local_fen, nonlocal_fen;
};

enum suan_settlement_kind {
    SUAN_SETTLE,
    SUAN_DEFER, /* nothing this year: a calendar-year cap binds */
    SUAN_REJECT_SETTLEMENT,
    SUAN_DEDUCT, /* may be 0 */
};

struct suan_settlement {
    enum suan_settlement_kind kind;
    int64_t amount_fen;
    int64_t pay_fen; /* deduct: what the user pays */
    struct suan_span binding, tight[SUAN_CAPS_MAX * 2 + 8];
    uint32_t tight_count;
    bool is_room; /* refused for no other reason than that a cap has no room */
};

const char *suan_settlement_name(enum suan_settlement_kind kind); /* "SETTLE", "DEFER", "REJECT", "DEDUCT" */

/* Reimburses. Errors: USAGE "policy.bad-field" (regions missing, or stated where there are none); the
 * history's own. */
SUAN_MUST_USE enum suan_status suan_policy_redeem(const struct suan_voucher_state *voucher, int32_t day,
                                                  const struct suan_paid *paid,
                                                  const struct suan_history *history,
                                                  struct suan_settlement *out, struct suan_trace *trace,
                                                  struct suan_error *error);
/* Deducts from one order at use. Errors: CONFLICT "policy.conflict" if the programme reimburses; the
 * history's own. */
SUAN_MUST_USE enum suan_status suan_policy_deduct(const struct suan_voucher_state *voucher, int32_t day,
                                                  int64_t order_fen, const struct suan_history *history,
                                                  struct suan_settlement *out, struct suan_trace *trace,
                                                  struct suan_error *error);
/* What closing releases; 0 the second time. */
int64_t suan_policy_close(const struct suan_voucher_state *voucher);

enum suan_clawback_reason { SUAN_CLAWBACK_FRAUD, SUAN_CLAWBACK_REFUND };
/* What is to be paid back, all earlier claw-backs included. `net_paid` only for a refund. Errors as
 * suan_policy_redeem. */
SUAN_MUST_USE enum suan_status suan_policy_clawback(const struct suan_voucher_state *voucher,
                                                    enum suan_clawback_reason reason,
                                                    const struct suan_paid *net_paid, int64_t *out_fen,
                                                    struct suan_error *error);
/* True on the day of issue + validity_days and before. */
bool suan_voucher_is_valid(const struct suan_voucher_state *voucher, int32_t day);

#endif
