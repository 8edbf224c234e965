#ifndef SUAN_POLICY_PROGRAMME_H
#define SUAN_POLICY_PROGRAMME_H

/*
 * One version of one issuer's rules, `suan.programme/1`, read strictly: unknown keys are errors, and what the
 * engine does not evaluate is refused by name. A programme is immutable once parsed and may be read from any
 * thread.
 */
#include "base/json.h"
#include "date.h"
#include "rule.h"

enum {
    SUAN_PROGRAMME_FILE_MAX = 1 << 20, /* bytes */
    SUAN_ELIGIBILITY_MAX = 64,
    SUAN_TIERS_MAX = 32,
    SUAN_CAPS_MAX = 16, /* of a tier; of a programme */
};

enum suan_instrument { SUAN_INSTRUMENT_COMPUTE, SUAN_INSTRUMENT_ALGORITHM };
enum suan_select_by { SUAN_SELECT_APPLY_DATE, SUAN_SELECT_CONTRACT_SIGNED, SUAN_SELECT_ISSUE_DATE };
enum suan_line_kind {
    SUAN_LINE_COMPUTE,
    SUAN_LINE_STORAGE,
    SUAN_LINE_NETWORK,
    SUAN_LINE_SECURITY,
    SUAN_LINE_CONSULTING,
    SUAN_LINE_LICENCE,
    SUAN_LINE_OTHER,
    SUAN_LINE_KINDS,
};
enum suan_base_kind {
    SUAN_BASE_CONTRACT_FEE,
    SUAN_BASE_CONTRACT_TOTAL,
    SUAN_BASE_COMPUTE_COST,
    SUAN_BASE_PAID_FEE, /* what was paid; the others: the contract amount */
    SUAN_BASE_ORDER_FEE,
    SUAN_BASE_LICENCE_FEE,
};
enum suan_same_contract { SUAN_STACK_FORBID, SUAN_STACK_CAP, SUAN_STACK_ALLOW };
enum suan_duplicate { SUAN_DUPLICATE_REJECT, SUAN_DUPLICATE_ALLOW };
enum suan_budget_kind { SUAN_BUDGET_NONE, SUAN_BUDGET_CAP, SUAN_BUDGET_FLOOR };
enum suan_exhaustion { SUAN_EXHAUST_PARTIAL, SUAN_EXHAUST_REJECT, SUAN_EXHAUST_PRO_RATA, SUAN_EXHAUST_NONE };
enum suan_voucher_mode { SUAN_VOUCHER_REIMBURSE, SUAN_VOUCHER_DEDUCT_AT_USE };

struct suan_source {
    struct suan_span kind, phrase, url, note; /* empty when not stated */
};

/* How an owner earns credit from verified savings. */
struct suan_earn_rule {
    struct suan_ratio rate, min_improvement;
    int64_t min_runs;
    int64_t algorithm_year_cap_fen, owner_year_cap_fen;
    struct suan_ratio *decay; /* by year since vetting; the last one goes on */
    uint32_t decay_count;     /* at least 1 */
};

struct suan_budget {
    enum suan_budget_kind kind;
    enum suan_exhaustion on_exhaustion;
    enum suan_period period; /* SUAN_PERIOD_CALENDAR_YEAR, or SUAN_PERIOD_PROGRAMME for one fund */
    int64_t amount_fen;
    int32_t source; /* resolved: always an index into sources */
};

struct suan_programme {
    struct suan_span id, supersedes /* empty: none */, issuer, status;
    int64_t version;
    uint8_t sha256[32]; /* of the file, as given to suan_programme_parse */
    enum suan_instrument instrument;
    struct suan_span jurisdiction_code, jurisdiction_name;
    int32_t from, to; /* inclusive; `to` is INT32_MAX when open */
    enum suan_select_by select_by;
    struct suan_span *claimants;
    uint32_t claimant_count;
    struct suan_span *priority;
    uint32_t priority_count;
    struct suan_predicate *eligibility;
    uint32_t eligibility_count;
    enum suan_base_kind base;
    bool includes[SUAN_LINE_KINDS], excludes[SUAN_LINE_KINDS];
    bool has_efficient_base;
    struct suan_ratio efficient_tolerance;
    struct suan_tier *tiers;
    uint32_t tier_count;
    bool by_component; /* all tiers carry a component, at most one each */
    struct suan_cap *caps;
    uint32_t cap_count;
    struct suan_span group;
    enum suan_same_contract same_contract;
    struct suan_ratio combined_rate; /* only with SUAN_STACK_CAP */
    struct suan_span *with;          /* other groups counted */
    uint32_t with_count;
    enum suan_duplicate duplicate_contract;
    struct suan_budget budget;
    int64_t validity_days;
    enum suan_voucher_mode mode;
    bool has_earn;
    struct suan_earn_rule earn;
    int64_t screen_days, publicity_days; /* 0 when not stated */
    struct suan_span *apply_documents, *redeem_documents;
    uint32_t apply_document_count, redeem_document_count;
    struct suan_source *sources; /* at least one */
    uint32_t source_count;
    struct suan_span *unknown; /* open questions, shown to users */
    uint32_t unknown_count;
    bool uses_cumulative_base; /* some predicate asks for cum.base_year_incl_fen */
    struct suan_programme_memory *memory;
};

/*
 * Reads a programme file. `sha256` is the digest of these bytes (32), kept for traces. The text need not
 * outlive the call. Errors: USAGE "policy.bad-field", "policy.bad-amount", "policy.bad-date" naming the JSON
 * path; REFUSED "policy.unsupported" for what the engine does not evaluate and "policy.contradiction" for a
 * ratio above 1.
 */
SUAN_MUST_USE enum suan_status suan_programme_parse(struct suan_span text, const uint8_t sha256[32],
                                                    const char *name, struct suan_programme **out,
                                                    struct suan_error *error);
void suan_programme_free(struct suan_programme *programme); /* takes NULL */
void suan_programme_freep(struct suan_programme **programme);

bool suan_programme_in_force(const struct suan_programme *programme, int32_t day);
/* The words of a clause: its phrase, else its note, else its address. */
struct suan_span suan_programme_clause(const struct suan_programme *programme, int32_t source);
const char *
suan_instrument_name(enum suan_instrument instrument); /* "compute_voucher", "algorithm_voucher" */
const char *suan_line_kind_name(enum suan_line_kind kind);

#endif
