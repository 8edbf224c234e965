#ifndef SUAN_POLICY_FIELD_H
#define SUAN_POLICY_FIELD_H

/*
 * The named facts of a claim on which a programme's predicates may ask, and values of them. The list is
 * closed: a programme that asks for anything else is refused when it is read, so that no rule is silently
 * left unevaluated.
 */
#include "base/span.h"

enum suan_value_type {
    SUAN_VALUE_ABSENT, /* not stated: neither true nor false of anything */
    SUAN_VALUE_TEXT,
    SUAN_VALUE_INTEGER,
    SUAN_VALUE_BOOLEAN,
    SUAN_VALUE_DAY,
    SUAN_VALUE_TERM,
};

struct suan_value {
    enum suan_value_type type;
    bool by_registry; /* overrides what the claimant stated */
    int64_t integer;  /* an integer; 0 or 1; a day; the first day of a term */
    int64_t end;      /* the last day of a term */
    struct suan_span text;
};

enum suan_field {
    SUAN_FIELD_CLAIMANT_CLASS,
    SUAN_FIELD_CLAIMANT_SIZE,
    SUAN_FIELD_CLAIMANT_REGION_CODE,
    SUAN_FIELD_CLAIMANT_SECTOR,
    SUAN_FIELD_CLAIMANT_BLACKLISTED,
    SUAN_FIELD_CLAIMANT_SUPPORT_YEAR,
    SUAN_FIELD_CLAIMANT_MULTIMODAL_FOUNDATION,
    SUAN_FIELD_CLAIMANT_OWNERSHIP,
    SUAN_FIELD_CLAIMANT_DISTRICT,
    SUAN_FIELD_CONTRACT_NUMBER,
    SUAN_FIELD_CONTRACT_SUPPLIER,
    SUAN_FIELD_CONTRACT_SIGNED,
    SUAN_FIELD_CONTRACT_TERM,
    SUAN_FIELD_CONTRACT_PURPOSE,
    SUAN_FIELD_CONTRACT_FACILITY,
    SUAN_FIELD_CONTRACT_RELATED,
    SUAN_FIELD_PROJECT_ID,
    SUAN_FIELD_PROJECT_LEVEL,
    SUAN_FIELD_ATTEST_BENEFIT,
    SUAN_FIELD_CLAIM_OTHER_SAME_LEVEL_SUBSIDY,
    SUAN_FIELD_ALGORITHM_RELEASE,
    SUAN_FIELD_ALGORITHM_STATUS,
    SUAN_FIELD_ALGORITHM_BENCHMARK_VALID,
    /* Derived for a programme's jurisdiction ("local", "nonlocal", for a contract also "mixed") and from its
       history; worked examples state the regions. */
    SUAN_FIELD_CLAIMANT_REGION,
    SUAN_FIELD_CONTRACT_REGION,
    SUAN_FIELD_CUM_BASE_YEAR,
    SUAN_FIELD_COUNT,
};

/* "claimant.class"; never NULL. */
const char *suan_field_name(enum suan_field field);
/* The key inside its object: "class". */
const char *suan_field_key(enum suan_field field);
enum suan_value_type suan_field_type(enum suan_field field);
/* False for a name that is no field. */
bool suan_field_find(struct suan_span name, enum suan_field *out);

#endif
