/* The family of rules from metered use to money. */
#include "voucher.h"

#include "record.h"

static const char *const file_fields[] = {"file", NULL};
static const char *const receipt_fields[] = {"receipt", NULL};
static const char *const earn_fields[] = {"programme", "receipt", NULL};
static const char *const settle_fields[] = {"amount_fen", "owner", "programme", "reference", NULL};

static const struct suan_rule rules[] = {
    {SUAN_EVENT_PROGRAMME_INSTALL, file_fields, check_programme, apply_programme, SUAN_RULE_SIGNED},
    {SUAN_EVENT_TARIFF_INSTALL, file_fields, check_tariff, apply_tariff, SUAN_RULE_SIGNED},
    {SUAN_EVENT_RECEIPT_SUBMIT, receipt_fields, check_receipt, apply_receipt, SUAN_RULE_SIGNED},
    {SUAN_EVENT_CREDIT_EARN, earn_fields, check_earn, apply_earn, SUAN_RULE_SIGNED},
    {SUAN_EVENT_CREDIT_SETTLE, settle_fields, check_settle, apply_settle, SUAN_RULE_SIGNED},
};

const struct suan_family suan_family_voucher = {rules, sizeof rules / sizeof rules[0], NULL};
