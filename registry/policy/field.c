/* Names and types of the facts that predicates ask for: one row each, in the order of the enumeration. */
#include "field.h"

struct row {
    const char *name;
    enum suan_value_type type;
};

static const struct row rows[SUAN_FIELD_COUNT] = {
    [SUAN_FIELD_CLAIMANT_CLASS] = {"claimant.class", SUAN_VALUE_TEXT},
    [SUAN_FIELD_CLAIMANT_SIZE] = {"claimant.size", SUAN_VALUE_TEXT},
    [SUAN_FIELD_CLAIMANT_REGION_CODE] = {"claimant.region_code", SUAN_VALUE_TEXT},
    [SUAN_FIELD_CLAIMANT_SECTOR] = {"claimant.sector", SUAN_VALUE_TEXT},
    [SUAN_FIELD_CLAIMANT_BLACKLISTED] = {"claimant.blacklisted", SUAN_VALUE_BOOLEAN},
    [SUAN_FIELD_CLAIMANT_SUPPORT_YEAR] = {"claimant.support_year", SUAN_VALUE_INTEGER},
    [SUAN_FIELD_CLAIMANT_MULTIMODAL_FOUNDATION] = {"claimant.multimodal_foundation", SUAN_VALUE_BOOLEAN},
    [SUAN_FIELD_CLAIMANT_OWNERSHIP] = {"claimant.ownership", SUAN_VALUE_TEXT},
    [SUAN_FIELD_CLAIMANT_DISTRICT] = {"claimant.district", SUAN_VALUE_TEXT},
    [SUAN_FIELD_CONTRACT_NUMBER] = {"contract.number", SUAN_VALUE_TEXT},
    [SUAN_FIELD_CONTRACT_SUPPLIER] = {"contract.supplier", SUAN_VALUE_TEXT},
    [SUAN_FIELD_CONTRACT_SIGNED] = {"contract.signed", SUAN_VALUE_DAY},
    [SUAN_FIELD_CONTRACT_TERM] = {"contract.term", SUAN_VALUE_TERM},
    [SUAN_FIELD_CONTRACT_PURPOSE] = {"contract.purpose", SUAN_VALUE_TEXT},
    [SUAN_FIELD_CONTRACT_FACILITY] = {"contract.facility", SUAN_VALUE_TEXT},
    [SUAN_FIELD_CONTRACT_RELATED] = {"contract.related", SUAN_VALUE_BOOLEAN},
    [SUAN_FIELD_PROJECT_ID] = {"project.id", SUAN_VALUE_TEXT},
    [SUAN_FIELD_PROJECT_LEVEL] = {"project.level", SUAN_VALUE_TEXT},
    [SUAN_FIELD_ATTEST_BENEFIT] = {"attest.benefit", SUAN_VALUE_BOOLEAN},
    [SUAN_FIELD_CLAIM_OTHER_SAME_LEVEL_SUBSIDY] = {"claim.other_same_level_subsidy", SUAN_VALUE_BOOLEAN},
    [SUAN_FIELD_ALGORITHM_RELEASE] = {"algorithm.release", SUAN_VALUE_TEXT},
    [SUAN_FIELD_ALGORITHM_STATUS] = {"algorithm.status", SUAN_VALUE_TEXT},
    [SUAN_FIELD_ALGORITHM_BENCHMARK_VALID] = {"algorithm.benchmark_valid", SUAN_VALUE_BOOLEAN},
    [SUAN_FIELD_CLAIMANT_REGION] = {"claimant.region", SUAN_VALUE_TEXT},
    [SUAN_FIELD_CONTRACT_REGION] = {"contract.region", SUAN_VALUE_TEXT},
    [SUAN_FIELD_CUM_BASE_YEAR] = {"cum.base_year_incl_fen", SUAN_VALUE_INTEGER},
};

const char *suan_field_name(enum suan_field field)
{
    return rows[field].name;
}

const char *suan_field_key(enum suan_field field)
{
    return strchr(rows[field].name, '.') + 1;
}

enum suan_value_type suan_field_type(enum suan_field field)
{
    return rows[field].type;
}

bool suan_field_find(struct suan_span name, enum suan_field *out)
{
    for (int i = 0; i < SUAN_FIELD_COUNT; i++) {
        if (suan_span_equal(name, suan_span_text(rows[i].name))) {
            *out = (enum suan_field)i;
            return true;
        }
    }
    return false;
}
