/* The family of rules from metered use to money. */
#include "voucher.h"

#include "record.h"

static const char *const file_fields[] = {"file", NULL};
static const char *const receipt_fields[] = {"receipt", NULL};
static const char *const earn_fields[] = {"programme", "receipt", NULL};
static const char *const settle_fields[] = {"amount_fen", "owner", "programme", "reference", NULL};

static const char *const apply_fields[] = {"claim", NULL};
static const char *const review_fields[] = {"claim", "reason", "step", "voucher", NULL};
static const char *const voucher_fields[] = {"voucher", NULL};
static const char *const reserve_fields[] = {"order_fen", "supplier", "until", "voucher", NULL};
static const char *const redeem_fields[] = {"evidence",          "paid_fen", "paid_local_fen",
                                            "paid_nonlocal_fen", "voucher",  NULL};
static const char *const clawback_fields[] = {
    "evidence", "net_paid_fen", "net_paid_local_fen", "net_paid_nonlocal_fen", "reason", "voucher", NULL};
static const char *const recover_fields[] = {"amount_fen", "reference", "step", "voucher", NULL};

static const struct suan_rule rules[] = {
    {SUAN_EVENT_PROGRAMME_INSTALL, file_fields, check_programme, apply_programme, SUAN_RULE_SIGNED},
    {SUAN_EVENT_TARIFF_INSTALL, file_fields, check_tariff, apply_tariff, SUAN_RULE_SIGNED},
    {SUAN_EVENT_RECEIPT_SUBMIT, receipt_fields, check_receipt, apply_receipt, SUAN_RULE_SIGNED},
    {SUAN_EVENT_CREDIT_EARN, earn_fields, check_earn, apply_earn, SUAN_RULE_SIGNED},
    {SUAN_EVENT_VOUCHER_APPLY, apply_fields, check_apply, apply_apply, SUAN_RULE_SIGNED},
    {SUAN_EVENT_VOUCHER_REVIEW, review_fields, check_review, apply_review, SUAN_RULE_SIGNED},
    {SUAN_EVENT_VOUCHER_ISSUE, voucher_fields, check_issue, apply_issue, SUAN_RULE_SIGNED},
    {SUAN_EVENT_VOUCHER_RESERVE, reserve_fields, check_reserve, apply_reserve, SUAN_RULE_SIGNED},
    {SUAN_EVENT_VOUCHER_UNRESERVE, voucher_fields, check_unreserve, apply_unreserve, SUAN_RULE_SIGNED},
    {SUAN_EVENT_VOUCHER_REDEEM, redeem_fields, check_redeem, apply_redeem, SUAN_RULE_SIGNED},
    {SUAN_EVENT_VOUCHER_CLOSE, voucher_fields, check_close, apply_close, SUAN_RULE_SIGNED},
    {SUAN_EVENT_VOUCHER_EXPIRE, voucher_fields, check_expire, apply_expire, SUAN_RULE_SIGNED},
    {SUAN_EVENT_VOUCHER_CLAWBACK, clawback_fields, check_clawback, apply_clawback, SUAN_RULE_SIGNED},
    {SUAN_EVENT_VOUCHER_RECOVER, recover_fields, check_recover, apply_recover, SUAN_RULE_SIGNED},
    {SUAN_EVENT_CREDIT_SETTLE, settle_fields, check_settle, apply_settle, SUAN_RULE_SIGNED},
};

const struct suan_family suan_family_voucher = {rules, sizeof rules / sizeof rules[0], NULL};
