/* What a predicate says of a value, and the names of a rule's parts. */
#include "rule.h"

#include "date.h"

bool suan_value_equal(const struct suan_value *a, const struct suan_value *b)
{
    if (a->type != b->type)
        return false;
    if (a->type == SUAN_VALUE_TEXT)
        return suan_span_equal(a->text, b->text);
    return a->integer == b->integer && (a->type != SUAN_VALUE_TERM || a->end == b->end);
}

static bool is_among(const struct suan_predicate *predicate, const struct suan_value *have)
{
    for (uint32_t i = 0; i < predicate->value_count; i++) {
        if (suan_value_equal(&predicate->values[i], have))
            return true;
    }
    return false;
}

static bool holds(const struct suan_predicate *predicate, const struct suan_value *have)
{
    switch (predicate->op) {
    case SUAN_OP_EQ:
    case SUAN_OP_IN: return is_among(predicate, have);
    case SUAN_OP_NE: return !is_among(predicate, have);
    case SUAN_OP_GE: return have->integer >= predicate->values[0].integer;
    case SUAN_OP_LE: return have->integer <= predicate->values[0].integer;
    case SUAN_OP_WITHIN_ONE_YEAR: return suan_day_within_one_year((int32_t)have->integer, (int32_t)have->end);
    }
    return false;
}

enum suan_truth suan_predicate_test(const struct suan_predicate *predicate, const struct suan_value *have)
{
    if (have->type == SUAN_VALUE_ABSENT)
        return predicate->op == SUAN_OP_NE ? SUAN_TRUE : SUAN_UNKNOWN;
    return holds(predicate, have) ? SUAN_TRUE : SUAN_FALSE;
}

const char *suan_op_name(enum suan_op op)
{
    static const char *const names[] = {"eq", "ne", "in", "ge", "le", "within_one_year"};
    return names[op];
}

const char *suan_scope_name(enum suan_scope scope)
{
    static const char *const names[] = {"claim", "contract", "project", "enterprise"};
    return names[scope];
}

const char *suan_period_name(enum suan_period period)
{
    static const char *const names[] = {"none", "calendar_year", "programme"};
    return names[period];
}

const char *suan_measure_name(enum suan_measure measure)
{
    static const char *const names[] = {"issued", "redeemed"};
    return names[measure];
}
