/* The lines of a claim: an array, or in worked examples sums by kind. */
#include <stdio.h>

#include "claim_read.h"
#include "reader.h"

enum { PATH_BYTES = 96 };

static enum suan_status read_line(const struct suan_json *object, struct suan_claim_line *out,
                                  const char *where, struct suan_error *error)
{
    static const char *const known[] = {"kind", "region_code", "amount_fen", "paid_fen", NULL};
    const char *kinds[SUAN_LINE_KINDS + 1];
    int kind = 0;
    for (int i = 0; i < SUAN_LINE_KINDS; i++)
        kinds[i] = suan_line_kind_name((enum suan_line_kind)i);
    kinds[SUAN_LINE_KINDS] = NULL;
    enum suan_status status = policy_only(object, known, where, error);
    if (status == SUAN_OK)
        status = policy_choice(object, "kind", SUAN_JSON_REQUIRED, kinds, &kind, where, error);
    if (status == SUAN_OK)
        status = policy_text(object, "region_code", SUAN_JSON_OPTIONAL, 6, &out->region_code, where, error);
    if (status == SUAN_OK && out->region_code.size > 0 && !is_region_code(out->region_code))
        status = policy_fail(error, policy_bad_field, where, "region_code", "a division code has six digits");
    if (status == SUAN_OK)
        status = policy_amount(object, "amount_fen", SUAN_JSON_REQUIRED, 0, SUAN_JSON_INTEGER_MAX,
                               &out->amount_fen, where, error);
    out->kind = (enum suan_line_kind)kind;
    out->paid_fen = SUAN_FEN_ABSENT;
    if (status == SUAN_OK)
        status = policy_amount(object, "paid_fen", SUAN_JSON_OPTIONAL, 0, SUAN_JSON_INTEGER_MAX,
                               &out->paid_fen, where, error);
    return status;
}

static enum suan_status read_line_array(struct suan_claim *claim, const struct suan_json *list,
                                        struct suan_error *error)
{
    size_t count = suan_json_count(list);
    if (count > SUAN_CLAIM_LINES_MAX)
        return policy_fail(error, policy_bad_field, "", "lines", "more than 4096 lines");
    claim->lines = claim_take(claim, count, sizeof *claim->lines, error);
    if (claim->lines == NULL)
        return SUAN_E_MEMORY;
    claim->line_count = (uint32_t)count;
    for (size_t i = 0; i < count; i++) {
        char path[PATH_BYTES];
        snprintf(path, sizeof path, "lines[%zu]", i);
        enum suan_status status = read_line(suan_json_at(list, i), &claim->lines[i], path, error);
        if (status != SUAN_OK)
            return status;
    }
    return SUAN_OK;
}

/* {"compute": fen, …}: one line of each kind, paid in full. */
static enum suan_status read_line_sums(struct suan_claim *claim, const struct suan_json *sums,
                                       struct suan_error *error)
{
    const char *kinds[SUAN_LINE_KINDS + 1];
    for (int i = 0; i < SUAN_LINE_KINDS; i++)
        kinds[i] = suan_line_kind_name((enum suan_line_kind)i);
    kinds[SUAN_LINE_KINDS] = NULL;
    claim->lines = claim_take(claim, SUAN_LINE_KINDS, sizeof *claim->lines, error);
    if (claim->lines == NULL)
        return SUAN_E_MEMORY;
    enum suan_status status = policy_only(sums, kinds, "lines", error);
    for (int i = 0; status == SUAN_OK && i < SUAN_LINE_KINDS; i++) {
        int64_t amount = SUAN_FEN_ABSENT;
        status = policy_amount(sums, kinds[i], SUAN_JSON_OPTIONAL, 0, SUAN_JSON_INTEGER_MAX, &amount, "lines",
                               error);
        if (status == SUAN_OK && amount != SUAN_FEN_ABSENT)
            claim->lines[claim->line_count++] =
                (struct suan_claim_line){(enum suan_line_kind)i, {NULL, 0}, amount, amount};
    }
    return status;
}

enum suan_status claim_read_regions(const struct suan_json *object, const char *key, bool *out_stated,
                                    int64_t *out_local, int64_t *out_nonlocal, struct suan_error *error)
{
    static const char *const known[] = {"local", "nonlocal", NULL};
    const struct suan_json *sums;
    enum suan_status status = policy_object(object, key, SUAN_JSON_OPTIONAL, &sums, "", error);
    if (status != SUAN_OK || sums == NULL)
        return status;
    *out_stated = true;
    status = policy_only(sums, known, key, error);
    if (status == SUAN_OK)
        status =
            policy_amount(sums, "local", SUAN_JSON_REQUIRED, 0, SUAN_JSON_INTEGER_MAX, out_local, key, error);
    if (status == SUAN_OK)
        status = policy_amount(sums, "nonlocal", SUAN_JSON_REQUIRED, 0, SUAN_JSON_INTEGER_MAX, out_nonlocal,
                               key, error);
    if (status == SUAN_OK && *out_local + *out_nonlocal > SUAN_JSON_INTEGER_MAX)
        status = policy_fail(error, policy_bad_amount, "", key, "the sum is beyond 2^53 - 1");
    return status;
}

static enum suan_status check_line_sums(const struct suan_claim *claim, struct suan_error *error)
{
    int64_t amount = 0, paid = 0;
    for (uint32_t i = 0; i < claim->line_count; i++) {
        amount += claim->lines[i].amount_fen;
        paid += claim->lines[i].paid_fen == SUAN_FEN_ABSENT ? 0 : claim->lines[i].paid_fen;
        if (amount > SUAN_JSON_INTEGER_MAX || paid > SUAN_JSON_INTEGER_MAX)
            return policy_fail(error, policy_bad_amount, "", "lines", "the sum is beyond 2^53 - 1");
    }
    return SUAN_OK;
}

enum suan_status claim_read_lines(struct suan_claim *claim, const struct suan_json *root,
                                  enum claim_form form, struct suan_error *error)
{
    const struct suan_json *lines = suan_json_find(root, "lines");
    enum suan_status status;
    if (lines == NULL)
        return policy_fail(error, policy_bad_field, "", "lines", "missing");
    if (suan_json_type(lines) == SUAN_JSON_ARRAY)
        status = read_line_array(claim, lines, error);
    else if (form == CLAIM_STEP)
        status = read_line_sums(claim, lines, error);
    else
        status = policy_fail(error, policy_bad_field, "", "lines", "must be an array");
    if (status == SUAN_OK)
        status = check_line_sums(claim, error);
    if (status == SUAN_OK && form == CLAIM_STEP)
        status = claim_read_regions(root, "lines_by_region", &claim->has_regions, &claim->local_fen,
                                    &claim->nonlocal_fen, error);
    return status;
}
