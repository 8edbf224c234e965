/* Reading a programme file: the head and its plain sections. Predicates, caps and tiers are read in
 * programme_rule.c. */
#include "programme.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/cleanup.h"
#include "programme_read.h"

static const char *const instruments[] = {"compute_voucher", "algorithm_voucher", NULL};
static const char *const line_kinds[] = {"compute",    "storage", "network", "security",
                                         "consulting", "licence", "other",   NULL};

static enum suan_status expect_text(const struct suan_json *object, const char *key, const char *want,
                                    struct suan_error *error)
{
    struct suan_span text = {NULL, 0};
    enum suan_status status = policy_text(object, key, SUAN_JSON_REQUIRED, POLICY_TEXT_MAX, &text, "", error);
    if (status == SUAN_OK && !suan_span_equal(text, suan_span_text(want))) {
        char what[64];
        snprintf(what, sizeof what, "must be '%s'", want);
        return policy_fail(error, policy_bad_field, "", key, what);
    }
    return status;
}

static bool is_id(struct suan_span text)
{
    for (size_t i = 0; i < text.size; i++) {
        uint8_t c = text.data[i];
        if (!(c >= 'a' && c <= 'z') && !(c >= '0' && c <= '9') && c != '-')
            return false;
    }
    return text.size > 0;
}

static enum suan_status read_id(const struct suan_json *root, const char *key, enum suan_json_need need,
                                struct suan_span *out, struct suan_error *error)
{
    enum suan_status status = policy_text(root, key, need, POLICY_ID_MAX, out, "", error);
    if (status == SUAN_OK && out->data != NULL && !is_id(*out))
        return policy_fail(error, policy_bad_field, "", key, "takes a-z, 0-9 and '-'");
    return status;
}

static enum suan_status read_jurisdiction(struct suan_programme *p, const struct suan_json *root,
                                          struct suan_error *error)
{
    static const char *const known[] = {"level", "code", "name", NULL};
    const struct suan_json *object;
    struct suan_span level;
    enum suan_status status = policy_object(root, "jurisdiction", SUAN_JSON_REQUIRED, &object, "", error);
    if (status == SUAN_OK)
        status = policy_only(object, known, "jurisdiction", error);
    if (status == SUAN_OK)
        status =
            policy_text(object, "level", SUAN_JSON_REQUIRED, POLICY_ID_MAX, &level, "jurisdiction", error);
    if (status == SUAN_OK)
        status =
            policy_text(object, "code", SUAN_JSON_REQUIRED, 6, &p->jurisdiction_code, "jurisdiction", error);
    if (status == SUAN_OK)
        status = policy_text(object, "name", SUAN_JSON_REQUIRED, POLICY_TEXT_MAX, &p->jurisdiction_name,
                             "jurisdiction", error);
    if (status != SUAN_OK)
        return status;
    for (size_t i = 0; i < 6; i++) {
        if (p->jurisdiction_code.size != 6 || p->jurisdiction_code.data[i] < '0' ||
            p->jurisdiction_code.data[i] > '9')
            return policy_fail(error, policy_bad_field, "jurisdiction", "code",
                               "a division code has six digits");
    }
    return SUAN_OK;
}

static enum suan_status read_head(struct suan_programme *p, const struct suan_json *root,
                                  struct suan_error *error)
{
    static const char *const statuses[] = {
        "article", "article+published", "published", "published-partial", "design", NULL};
    int instrument = 0, provenance = 0;
    enum suan_status status = expect_text(root, "schema", "suan.programme/1", error);
    if (status == SUAN_OK)
        status = read_id(root, "id", SUAN_JSON_REQUIRED, &p->id, error);
    if (status == SUAN_OK)
        status = policy_integer(root, "version", SUAN_JSON_REQUIRED, 1, SUAN_JSON_INTEGER_MAX, &p->version,
                                "", error);
    if (status == SUAN_OK)
        status = read_id(root, "supersedes", SUAN_JSON_OPTIONAL, &p->supersedes, error);
    if (status == SUAN_OK)
        status = policy_choice(root, "instrument", SUAN_JSON_REQUIRED, instruments, &instrument, "", error);
    if (status == SUAN_OK)
        status = policy_choice(root, "status", SUAN_JSON_REQUIRED, statuses, &provenance, "", error);
    if (status == SUAN_OK)
        status = policy_text(root, "issuer", SUAN_JSON_REQUIRED, POLICY_TEXT_MAX, &p->issuer, "", error);
    if (status == SUAN_OK)
        status = expect_text(root, "currency", "CNY", error);
    if (status == SUAN_OK)
        status = expect_text(root, "unit", "fen", error);
    if (status == SUAN_OK)
        status = expect_text(root, "tz", "Asia/Shanghai", error);
    p->instrument = (enum suan_instrument)instrument;
    p->status = suan_span_text(statuses[provenance]);
    return status == SUAN_OK ? read_jurisdiction(p, root, error) : status;
}

static enum suan_status read_effective(struct suan_programme *p, const struct suan_json *root,
                                       struct suan_error *error)
{
    static const char *const known[] = {"from", "to", "select_by", NULL};
    static const char *const selects[] = {"apply_date", "contract_signed", "issue_date", NULL};
    const struct suan_json *object;
    int select = 0;
    p->to = INT32_MAX;
    enum suan_status status = policy_object(root, "effective", SUAN_JSON_REQUIRED, &object, "", error);
    if (status == SUAN_OK)
        status = policy_only(object, known, "effective", error);
    if (status == SUAN_OK)
        status = policy_day(object, "from", SUAN_JSON_REQUIRED, &p->from, "effective", error);
    if (status == SUAN_OK)
        status = policy_day(object, "to", SUAN_JSON_OPTIONAL, &p->to, "effective", error);
    if (status == SUAN_OK)
        status = policy_choice(object, "select_by", SUAN_JSON_REQUIRED, selects, &select, "effective", error);
    p->select_by = (enum suan_select_by)select;
    if (status == SUAN_OK && p->to < p->from)
        return policy_fail(error, policy_bad_date, "effective", "to", "ends before it starts");
    return status;
}

static enum suan_status read_claimants(struct suan_programme *p, const struct suan_json *root,
                                       struct suan_error *error)
{
    static const char *const classes[] = {"enterprise", "institution", "university",
                                          "research",   "maker",       "opc"};
    enum suan_status status =
        read_texts(p, root, "claimants", SUAN_JSON_REQUIRED, &p->claimants, &p->claimant_count, "", error);
    if (status == SUAN_OK)
        status =
            read_texts(p, root, "priority", SUAN_JSON_OPTIONAL, &p->priority, &p->priority_count, "", error);
    if (status != SUAN_OK)
        return status;
    if (p->claimant_count == 0)
        return policy_fail(error, policy_bad_field, "", "claimants", "at least one class is needed");
    for (uint32_t i = 0; i < p->claimant_count; i++) {
        size_t k = 0;
        while (k < 6 && !suan_span_equal(p->claimants[i], suan_span_text(classes[k])))
            k++;
        if (k == 6)
            return policy_fail(error, policy_bad_field, "", "claimants",
                               "names a class that claims do not know");
    }
    return SUAN_OK;
}

static enum suan_status read_kinds(const struct suan_json *object, const char *key, bool *out,
                                   struct suan_error *error)
{
    const struct suan_json *list;
    enum suan_status status =
        policy_array(object, key, SUAN_JSON_REQUIRED, SUAN_LINE_KINDS, &list, "base", error);
    if (status != SUAN_OK)
        return status;
    for (size_t i = 0; i < suan_json_count(list); i++) {
        int kind = 0;
        struct suan_span name = policy_line(suan_json_at(list, i));
        while (line_kinds[kind] != NULL && !suan_span_equal(name, suan_span_text(line_kinds[kind])))
            kind++;
        if (line_kinds[kind] == NULL)
            return policy_fail(error, policy_bad_field, "base", key,
                               "names a kind of line that claims do not know");
        out[kind] = true;
    }
    return SUAN_OK;
}

static enum suan_status read_base(struct suan_programme *p, const struct suan_json *root,
                                  struct suan_error *error)
{
    static const char *const known[] = {"kind", "include_lines", "exclude_lines", NULL};
    static const char *const kinds[] = {
        "contract_fee", "contract_total", "compute_cost", "paid_fee", "order_fee", "licence_fee", NULL};
    const struct suan_json *object;
    int kind = 0;
    enum suan_status status = policy_object(root, "base", SUAN_JSON_REQUIRED, &object, "", error);
    if (status == SUAN_OK)
        status = policy_only(object, known, "base", error);
    if (status == SUAN_OK)
        status = policy_choice(object, "kind", SUAN_JSON_REQUIRED, kinds, &kind, "base", error);
    if (status == SUAN_OK)
        status = read_kinds(object, "include_lines", p->includes, error);
    if (status == SUAN_OK)
        status = read_kinds(object, "exclude_lines", p->excludes, error);
    p->base = (enum suan_base_kind)kind;
    return status;
}

static enum suan_status read_efficient(struct suan_programme *p, const struct suan_json *root,
                                       struct suan_error *error)
{
    static const char *const known[] = {"enabled", "tolerance", "why", NULL};
    const struct suan_json *object;
    struct suan_span why;
    bool enabled = false;
    enum suan_status status = policy_object(root, "efficient_base", SUAN_JSON_OPTIONAL, &object, "", error);
    if (status != SUAN_OK || object == NULL)
        return status;
    status = policy_only(object, known, "efficient_base", error);
    if (status == SUAN_OK)
        status = policy_boolean(object, "enabled", SUAN_JSON_REQUIRED, &enabled, "efficient_base", error);
    if (status == SUAN_OK)
        status = read_ratio(object, "tolerance", &p->efficient_tolerance, "efficient_base", error);
    if (status == SUAN_OK)
        status = policy_prose(object, "why", SUAN_JSON_OPTIONAL, &why, "efficient_base", error);
    p->has_efficient_base = enabled;
    if (status == SUAN_OK && enabled && (p->instrument != SUAN_INSTRUMENT_COMPUTE || p->by_component))
        return policy_fail(error, policy_unsupported, "", "efficient_base",
                           "is evaluated for compute programmes without components only");
    return status;
}

static enum suan_status read_stacking(struct suan_programme *p, const struct suan_json *root,
                                      struct suan_error *error)
{
    static const char *const known[] = {"group", "same_contract", "combined_rate", "with", NULL};
    static const char *const rules[] = {"forbid", "cap", "allow", NULL};
    const struct suan_json *object;
    int rule = 0;
    enum suan_status status = policy_object(root, "stacking", SUAN_JSON_REQUIRED, &object, "", error);
    if (status == SUAN_OK)
        status = policy_only(object, known, "stacking", error);
    if (status == SUAN_OK)
        status =
            policy_text(object, "group", SUAN_JSON_REQUIRED, POLICY_ID_MAX, &p->group, "stacking", error);
    if (status == SUAN_OK)
        status = policy_choice(object, "same_contract", SUAN_JSON_REQUIRED, rules, &rule, "stacking", error);
    p->same_contract = (enum suan_same_contract)rule;
    if (status == SUAN_OK && (rule == SUAN_STACK_CAP || suan_json_find(object, "combined_rate") != NULL))
        status = read_ratio(object, "combined_rate", &p->combined_rate, "stacking", error);
    if (status == SUAN_OK)
        status =
            read_texts(p, object, "with", SUAN_JSON_OPTIONAL, &p->with, &p->with_count, "stacking", error);
    return status;
}

static enum suan_status read_duplicate(struct suan_programme *p, const struct suan_json *root,
                                       struct suan_error *error)
{
    static const char *const rules[] = {"reject", "allow", NULL};
    int rule = 0;
    enum suan_status status =
        policy_choice(root, "duplicate_contract", SUAN_JSON_REQUIRED, rules, &rule, "", error);
    p->duplicate_contract = (enum suan_duplicate)rule;
    return status;
}

static enum suan_status refuse(struct suan_error *error, const char *where, const char *key, const char *name)
{
    char what[96];
    snprintf(what, sizeof what, "'%s' is not evaluated", name);
    return policy_fail(error, policy_unsupported, where, key, what);
}

static enum suan_status read_budget_rules(struct suan_programme *p, const struct suan_json *object,
                                          struct suan_error *error)
{
    static const char *const charges[] = {"issue", "redeem", NULL};
    static const char *const periods[] = {"calendar_year", "fund", NULL};
    static const char *const ends[] = {"first_come_partial", "first_come_reject", "pro_rata", "none",
                                       "queue_next_period",  "merit_rank",        NULL};
    enum suan_json_need need = p->budget.kind == SUAN_BUDGET_NONE ? SUAN_JSON_OPTIONAL : SUAN_JSON_REQUIRED;
    int charge = 0, period = 0, end = SUAN_EXHAUST_NONE;
    enum suan_status status = policy_amount(object, "amount_fen", need, 0, SUAN_JSON_INTEGER_MAX,
                                            &p->budget.amount_fen, "budget", error);
    if (status == SUAN_OK)
        status = policy_choice(object, "period", need, periods, &period, "budget", error);
    if (status == SUAN_OK)
        status = policy_choice(object, "charge_on", SUAN_JSON_OPTIONAL, charges, &charge, "budget", error);
    if (status == SUAN_OK)
        status = policy_choice(object, "on_exhaustion",
                               p->budget.kind == SUAN_BUDGET_CAP ? need : SUAN_JSON_OPTIONAL, ends, &end,
                               "budget", error);
    if (status != SUAN_OK)
        return status;
    if (charge != 0)
        return refuse(error, "budget", "charge_on", charges[charge]);
    if (end > SUAN_EXHAUST_NONE)
        return refuse(error, "budget", "on_exhaustion", ends[end]);
    p->budget.period = period == 0 ? SUAN_PERIOD_CALENDAR_YEAR : SUAN_PERIOD_PROGRAMME;
    p->budget.on_exhaustion = (enum suan_exhaustion)end;
    return SUAN_OK;
}

static enum suan_status read_budget(struct suan_programme *p, const struct suan_json *root,
                                    struct suan_error *error)
{
    static const char *const known[] = {"kind",          "amount_fen", "period", "charge_on",
                                        "on_exhaustion", "source",     NULL};
    static const char *const kinds[] = {"none", "cap", "floor", NULL};
    const struct suan_json *object;
    int kind = 0;
    enum suan_status status = policy_object(root, "budget", SUAN_JSON_REQUIRED, &object, "", error);
    if (status == SUAN_OK)
        status = policy_only(object, known, "budget", error);
    if (status == SUAN_OK)
        status = policy_choice(object, "kind", SUAN_JSON_REQUIRED, kinds, &kind, "budget", error);
    p->budget.kind = (enum suan_budget_kind)kind;
    if (status == SUAN_OK)
        status = read_budget_rules(p, object, error);
    return status == SUAN_OK ? read_source_index(p, object, &p->budget.source, "budget", error) : status;
}

static enum suan_status read_rounding(struct suan_programme *p, const struct suan_json *root,
                                      struct suan_error *error)
{
    static const char *const known[] = {"mode", "unit_fen", "per", "why", NULL};
    static const char *const modes[] = {"floor", NULL};
    static const char *const pers[] = {"component", "total", NULL};
    const struct suan_json *object;
    struct suan_span why;
    int64_t unit = 0;
    int mode = 0, per = 0;
    enum suan_status status = policy_object(root, "rounding", SUAN_JSON_REQUIRED, &object, "", error);
    if (status == SUAN_OK)
        status = policy_only(object, known, "rounding", error);
    if (status == SUAN_OK)
        status = policy_choice(object, "mode", SUAN_JSON_REQUIRED, modes, &mode, "rounding", error);
    if (status == SUAN_OK)
        status = policy_amount(object, "unit_fen", SUAN_JSON_REQUIRED, 1, SUAN_JSON_INTEGER_MAX, &unit,
                               "rounding", error);
    if (status == SUAN_OK)
        status = policy_choice(object, "per", SUAN_JSON_REQUIRED, pers, &per, "rounding", error);
    if (status == SUAN_OK)
        status = policy_prose(object, "why", SUAN_JSON_OPTIONAL, &why, "rounding", error);
    if (status != SUAN_OK)
        return status;
    if (unit != 1)
        return policy_fail(error, policy_unsupported, "rounding", "unit_fen", "only 1 is evaluated");
    if (p->by_component && per != 0)
        return refuse(error, "rounding", "per", pers[per]);
    return SUAN_OK;
}

static enum suan_status read_voucher(struct suan_programme *p, const struct suan_json *root,
                                     struct suan_error *error)
{
    static const char *const known[] = {"validity_days", "transferable", "divisible",
                                        "mode",          "on_expiry",    NULL};
    static const char *const modes[] = {"reimburse", "deduct_at_use", NULL};
    static const char *const expiries[] = {"release_to_budget_period_of_issue", NULL};
    const struct suan_json *object;
    bool transferable = false, divisible = true;
    int mode = 0, expiry = 0;
    enum suan_status status = policy_object(root, "voucher", SUAN_JSON_REQUIRED, &object, "", error);
    if (status == SUAN_OK)
        status = policy_only(object, known, "voucher", error);
    if (status == SUAN_OK)
        status = policy_integer(object, "validity_days", SUAN_JSON_REQUIRED, 1, 36525, &p->validity_days,
                                "voucher", error);
    if (status == SUAN_OK)
        status = policy_boolean(object, "transferable", SUAN_JSON_REQUIRED, &transferable, "voucher", error);
    if (status == SUAN_OK)
        status = policy_boolean(object, "divisible", SUAN_JSON_REQUIRED, &divisible, "voucher", error);
    if (status == SUAN_OK)
        status = policy_choice(object, "mode", SUAN_JSON_REQUIRED, modes, &mode, "voucher", error);
    if (status == SUAN_OK)
        status = policy_choice(object, "on_expiry", SUAN_JSON_OPTIONAL, expiries, &expiry, "voucher", error);
    p->mode = (enum suan_voucher_mode)mode;
    if (status != SUAN_OK)
        return status;
    if (transferable)
        return policy_fail(error, policy_unsupported, "voucher", "transferable",
                           "a voucher never changes its owner");
    if (!divisible)
        return policy_fail(error, policy_unsupported, "voucher", "divisible",
                           "vouchers are redeemed in parts");
    if (p->by_component && p->mode == SUAN_VOUCHER_DEDUCT_AT_USE)
        return policy_fail(error, policy_unsupported, "voucher", "mode",
                           "an order states no components to deduct from");
    return SUAN_OK;
}

static enum suan_status read_workflow(struct suan_programme *p, const struct suan_json *root,
                                      struct suan_error *error)
{
    static const char *const known[] = {"register",       "screen_days", "review",
                                        "publicity_days", "provenance",  NULL};
    static const char *const papers[] = {"apply", "redeem", NULL};
    const struct suan_json *object;
    enum suan_status status = policy_object(root, "workflow", SUAN_JSON_REQUIRED, &object, "", error);
    if (status == SUAN_OK)
        status = policy_only(object, known, "workflow", error);
    if (status == SUAN_OK)
        status = policy_integer(object, "screen_days", SUAN_JSON_OPTIONAL, 0, 36525, &p->screen_days,
                                "workflow", error);
    if (status == SUAN_OK)
        status = policy_integer(object, "publicity_days", SUAN_JSON_OPTIONAL, 0, 36525, &p->publicity_days,
                                "workflow", error);
    if (status == SUAN_OK)
        status = policy_object(root, "documents", SUAN_JSON_REQUIRED, &object, "", error);
    if (status == SUAN_OK)
        status = policy_only(object, papers, "documents", error);
    if (status == SUAN_OK)
        status = read_texts(p, object, "apply", SUAN_JSON_OPTIONAL, &p->apply_documents,
                            &p->apply_document_count, "documents", error);
    if (status == SUAN_OK)
        status = read_texts(p, object, "redeem", SUAN_JSON_OPTIONAL, &p->redeem_documents,
                            &p->redeem_document_count, "documents", error);
    return status;
}

static enum suan_status read_clawback(const struct suan_json *root, struct suan_error *error)
{
    static const char *const known[] = {"triggers", "fraud", "refund", "ban_years", "provenance", NULL};
    static const char *const frauds[] = {"full", NULL};
    static const char *const refunds[] = {"recompute", NULL};
    const struct suan_json *object;
    int choice = 0;
    enum suan_status status = policy_object(root, "clawback", SUAN_JSON_REQUIRED, &object, "", error);
    if (status == SUAN_OK)
        status = policy_only(object, known, "clawback", error);
    if (status == SUAN_OK)
        status = policy_choice(object, "fraud", SUAN_JSON_OPTIONAL, frauds, &choice, "clawback", error);
    if (status == SUAN_OK)
        status = policy_choice(object, "refund", SUAN_JSON_OPTIONAL, refunds, &choice, "clawback", error);
    return status;
}

static enum suan_status read_source(const struct suan_json *object, struct suan_source *out,
                                    const char *where, struct suan_error *error)
{
    static const char *const known[] = {"kind", "phrase", "url", "note", NULL};
    static const char *const kinds[] = {"article", "web", "assumed", "design", NULL};
    int kind = 0;
    enum suan_status status = policy_only(object, known, where, error);
    if (status == SUAN_OK)
        status = policy_choice(object, "kind", SUAN_JSON_REQUIRED, kinds, &kind, where, error);
    if (status == SUAN_OK)
        status = policy_prose(object, "phrase", SUAN_JSON_OPTIONAL, &out->phrase, where, error);
    if (status == SUAN_OK)
        status = policy_prose(object, "url", SUAN_JSON_OPTIONAL, &out->url, where, error);
    if (status == SUAN_OK)
        status = policy_prose(object, "note", SUAN_JSON_OPTIONAL, &out->note, where, error);
    out->kind = suan_span_text(kinds[kind]);
    return status;
}

static enum suan_status read_sources(struct suan_programme *p, const struct suan_json *root,
                                     struct suan_error *error)
{
    const struct suan_json *list;
    enum suan_status status = policy_array(root, "sources", SUAN_JSON_REQUIRED, LIST_MAX, &list, "", error);
    if (status != SUAN_OK)
        return status;
    size_t count = suan_json_count(list);
    if (count == 0)
        return policy_fail(error, policy_bad_field, "", "sources", "at least one is needed");
    p->sources = programme_take(p, count, sizeof *p->sources, error);
    if (p->sources == NULL)
        return SUAN_E_MEMORY;
    p->source_count = (uint32_t)count;
    for (size_t i = 0; i < count; i++) {
        char path[PATH_MAX_BYTES];
        snprintf(path, sizeof path, "sources[%zu]", i);
        status = read_source(suan_json_at(list, i), &p->sources[i], path, error);
        if (status != SUAN_OK)
            return status;
    }
    return read_texts(p, root, "unknown", SUAN_JSON_REQUIRED, &p->unknown, &p->unknown_count, "", error);
}

/* Sources come before the rules that point at them; tiers before what is refused with components. */
static enum suan_status read_sections(struct suan_programme *p, const struct suan_json *root,
                                      struct suan_error *error)
{
    typedef enum suan_status section(struct suan_programme *, const struct suan_json *, struct suan_error *);
    static section *const sections[] = {
        read_head,     read_effective, read_sources, read_claimants, read_base,    read_tiers, read_efficient,
        read_stacking, read_duplicate, read_budget,  read_rounding,  read_voucher, read_earn,  read_workflow};
    static const char *const known[] = {"schema",
                                        "id",
                                        "version",
                                        "supersedes",
                                        "instrument",
                                        "status",
                                        "jurisdiction",
                                        "issuer",
                                        "currency",
                                        "unit",
                                        "tz",
                                        "effective",
                                        "claimants",
                                        "priority",
                                        "eligibility",
                                        "base",
                                        "efficient_base",
                                        "tiers",
                                        "caps",
                                        "stacking",
                                        "duplicate_contract",
                                        "budget",
                                        "rounding",
                                        "voucher",
                                        "earn",
                                        "workflow",
                                        "documents",
                                        "clawback",
                                        "sources",
                                        "unknown",
                                        NULL};
    enum suan_status status = policy_only(root, known, "", error);
    for (size_t i = 0; status == SUAN_OK && i < sizeof sections / sizeof sections[0]; i++)
        status = sections[i](p, root, error);
    if (status == SUAN_OK)
        status = read_clawback(root, error);
    if (status == SUAN_OK)
        status = read_predicates(p, root, "eligibility", SUAN_JSON_REQUIRED, SUAN_ELIGIBILITY_MAX,
                                 &p->eligibility, &p->eligibility_count, "", error);
    return status == SUAN_OK ? read_caps(p, root, &p->caps, &p->cap_count, "", error) : status;
}

static struct suan_programme *new_programme(const uint8_t sha256[32])
{
    struct suan_programme *p = calloc(1, sizeof *p);
    if (p != NULL)
        p->memory = calloc(1, sizeof *p->memory);
    if (p == NULL || p->memory == NULL) {
        free(p);
        return NULL;
    }
    memcpy(p->sha256, sha256, sizeof p->sha256);
    return p;
}

enum suan_status suan_programme_parse(struct suan_span text, const uint8_t sha256[32], const char *name,
                                      struct suan_programme **out, struct suan_error *error)
{
    SUAN_CLEANUP(suan_programme_freep) struct suan_programme *p = new_programme(sha256);
    if (p == NULL)
        return suan_error_set(error, SUAN_E_MEMORY, "memory", NULL, "%s: out of memory", name);
    enum suan_status status = policy_parse(text, name, &p->memory->document, error);
    if (status != SUAN_OK)
        return status;
    status = read_sections(p, suan_json_root(p->memory->document), error);
    if (status != SUAN_OK) {
        suan_error_prefix(error, name);
        return status;
    }
    *out = suan_take(&p);
    return SUAN_OK;
}

void suan_programme_free(struct suan_programme *programme)
{
    if (programme == NULL)
        return;
    suan_json_free(programme->memory->document);
    arena_done(&programme->memory->arena);
    free(programme->memory);
    free(programme);
}

void suan_programme_freep(struct suan_programme **programme)
{
    suan_programme_free(*programme);
}

bool suan_programme_in_force(const struct suan_programme *programme, int32_t day)
{
    return day >= programme->from && day <= programme->to;
}

struct suan_span suan_programme_clause(const struct suan_programme *programme, int32_t source)
{
    const struct suan_source *clause = &programme->sources[source];
    if (clause->phrase.size > 0)
        return clause->phrase;
    return clause->note.size > 0 ? clause->note : clause->url;
}

const char *suan_instrument_name(enum suan_instrument instrument)
{
    return instruments[instrument];
}

const char *suan_line_kind_name(enum suan_line_kind kind)
{
    return line_kinds[kind];
}
