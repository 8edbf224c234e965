/* Facts of a claim as a programme sees them: what is local depends on the issuer's division code. */
#include "limits.h"

bool is_local(const struct suan_programme *programme, struct suan_span region_code)
{
    struct suan_span code = programme->jurisdiction_code;
    while (code.size >= 2 && code.data[code.size - 1] == '0' && code.data[code.size - 2] == '0')
        code.size -= 2;
    return region_code.size >= code.size &&
           (code.size == 0 || memcmp(region_code.data, code.data, code.size) == 0);
}

static struct suan_value text_value(const char *text)
{
    return (struct suan_value){.type = SUAN_VALUE_TEXT, .text = suan_span_text(text)};
}

static struct suan_value claimant_region(const struct suan_claim *claim,
                                         const struct suan_programme *programme)
{
    const struct suan_value *code = &claim->values[SUAN_FIELD_CLAIMANT_REGION_CODE];
    if (code->type != SUAN_VALUE_TEXT)
        return (struct suan_value){.type = SUAN_VALUE_ABSENT};
    struct suan_value region = text_value(is_local(programme, code->text) ? "local" : "nonlocal");
    region.by_registry = code->by_registry;
    return region;
}

/* Of the lines in the base; "mixed" if they lie on both sides; absent if a line's place is not stated. */
static struct suan_value contract_region(const struct suan_claim *claim,
                                         const struct suan_programme *programme)
{
    uint32_t local = 0, nonlocal = 0, silent = 0;
    for (uint32_t i = 0; i < claim->line_count; i++) {
        const struct suan_claim_line *line = &claim->lines[i];
        if (!programme->includes[line->kind])
            continue;
        if (line->region_code.size == 0)
            silent++;
        else if (is_local(programme, line->region_code))
            local++;
        else
            nonlocal++;
    }
    if (local > 0 && nonlocal > 0)
        return text_value("mixed");
    if (silent > 0 || local + nonlocal == 0)
        return (struct suan_value){.type = SUAN_VALUE_ABSENT};
    return text_value(local > 0 ? "local" : "nonlocal");
}

struct suan_value fact_of(const struct suan_claim *claim, const struct suan_programme *programme,
                          enum suan_field field, int64_t cumulative_base)
{
    const struct suan_value *stated = &claim->values[field];
    if (field == SUAN_FIELD_CUM_BASE_YEAR && cumulative_base != SUAN_FEN_ABSENT)
        return (struct suan_value){.type = SUAN_VALUE_INTEGER, .integer = cumulative_base};
    if (stated->type != SUAN_VALUE_ABSENT)
        return *stated;
    if (field == SUAN_FIELD_CLAIMANT_REGION)
        return claimant_region(claim, programme);
    if (field == SUAN_FIELD_CONTRACT_REGION)
        return contract_region(claim, programme);
    return *stated;
}

enum suan_truth all_true(const struct suan_predicate *predicates, uint32_t count,
                         const struct suan_claim *claim, const struct suan_programme *programme,
                         int64_t cumulative_base)
{
    enum suan_truth all = SUAN_TRUE;
    for (uint32_t i = 0; i < count; i++) {
        struct suan_value have = {.type = SUAN_VALUE_ABSENT};
        if (claim != NULL)
            have = fact_of(claim, programme, predicates[i].field, cumulative_base);
        enum suan_truth one = claim != NULL ? suan_predicate_test(&predicates[i], &have) : SUAN_UNKNOWN;
        if (one == SUAN_FALSE)
            return SUAN_FALSE;
        if (one == SUAN_UNKNOWN)
            all = SUAN_UNKNOWN;
    }
    return all;
}
