#ifndef SUAN_POLICY_LIMITS_H
#define SUAN_POLICY_LIMITS_H

/* Inside this folder only: an amount is the least of a row of limits; the first that equals it binds, all
   that do are tight. */
#include "amount.h"
#include "claim.h"
#include "decision.h"

struct limit {
    struct suan_span id;
    int64_t amount_fen;
    enum suan_period period; /* of a cap */
    bool is_room;            /* a cap, a budget */
};

struct limits {
    struct limit rows[SUAN_LIMITS_MAX];
    uint32_t count;
};

/* Whose room caps are measured in. */
struct cap_subject {
    const struct suan_programme *programme;
    const struct suan_claim *claim; /* NULL: every `when` is unknown, so every cap applies */
    const struct suan_history *history;
    struct suan_span enterprise, contract_key, project; /* project empty: unknown */
    int32_t year;
    int64_t used_by_claim;   /* what this voucher itself already used (scope claim) */
    int64_t cumulative_base; /* for predicates; SUAN_FEN_ABSENT: unknown */
};

void limit_add(struct limits *limits, struct suan_span id, int64_t amount_fen);
/* The row that binds: the first of the least. There is at least one row. */
const struct limit *limit_binding(const struct limits *limits);

/* Adds the caps of that measure; a project cap without a project sets *out_no_project and stops. */
SUAN_MUST_USE enum suan_status limit_add_caps(struct limits *limits, const struct suan_cap *caps,
                                              uint32_t count, enum suan_measure measure,
                                              const struct cap_subject *subject, bool *out_no_project,
                                              struct suan_trace *trace, struct suan_error *error);

/* The fact as this programme sees it: regions by its jurisdiction. */
struct suan_value fact_of(const struct suan_claim *claim, const struct suan_programme *programme,
                          enum suan_field field, int64_t cumulative_base);
/* "local" if the code starts with the jurisdiction's, whose trailing zero pairs are cut. */
bool is_local(const struct suan_programme *programme, struct suan_span region_code);

/* SUAN_TRUE if all are true; SUAN_FALSE if one is false; else unknown. */
enum suan_truth all_true(const struct suan_predicate *predicates, uint32_t count,
                         const struct suan_claim *claim, const struct suan_programme *programme,
                         int64_t cumulative_base);

#endif
