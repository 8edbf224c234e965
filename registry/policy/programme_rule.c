/* Reading predicates, caps and tiers. */
#include <stdio.h>

#include "programme_read.h"

void *programme_take(struct suan_programme *programme, size_t count, size_t size, struct suan_error *error)
{
    void *place = arena_take(&programme->memory->arena, count, size);
    if (place == NULL)
        suan_error_set(error, SUAN_E_MEMORY, "memory", NULL, "out of memory while reading a programme");
    return place;
}

enum suan_status read_source_index(const struct suan_programme *programme, const struct suan_json *rule,
                                   int32_t *out, const char *where, struct suan_error *error)
{
    int64_t index = 0;
    while (index < programme->source_count && programme->sources[index].phrase.size == 0)
        index++;
    if (index == programme->source_count)
        index = 0;
    enum suan_status status = policy_integer(rule, "source", SUAN_JSON_OPTIONAL, 0,
                                             programme->source_count - 1, &index, where, error);
    *out = (int32_t)index;
    return status;
}

enum suan_status read_texts(struct suan_programme *programme, const struct suan_json *object, const char *key,
                            enum suan_json_need need, struct suan_span **out, uint32_t *out_count,
                            const char *where, struct suan_error *error)
{
    const struct suan_json *list;
    enum suan_status status = policy_array(object, key, need, LIST_MAX, &list, where, error);
    if (status != SUAN_OK || list == NULL)
        return status;
    size_t count = suan_json_count(list);
    *out = programme_take(programme, count, sizeof **out, error);
    if (*out == NULL)
        return SUAN_E_MEMORY;
    for (size_t i = 0; i < count; i++) {
        (*out)[i] = policy_line(suan_json_at(list, i));
        if ((*out)[i].size == 0 || (*out)[i].size > POLICY_TEXT_MAX)
            return policy_fail(error, policy_bad_field, where, key, "must hold non-empty texts");
    }
    *out_count = (uint32_t)count;
    return SUAN_OK;
}

enum suan_status read_ratio_value(const struct suan_json *value, struct suan_ratio *out, const char *where,
                                  struct suan_error *error)
{
    static const char *const known[] = {"num", "den", NULL};
    enum { MOST = 1000000 };
    enum suan_status status = policy_only(value, known, where, error);
    if (status == SUAN_OK)
        status = policy_amount(value, "num", SUAN_JSON_REQUIRED, 0, MOST, &out->num, where, error);
    if (status == SUAN_OK)
        status = policy_amount(value, "den", SUAN_JSON_REQUIRED, 1, MOST, &out->den, where, error);
    if (status == SUAN_OK && out->num > out->den)
        status = policy_fail(error, policy_contradiction, where, "", "the ratio is above 1 (num > den)");
    return status;
}

enum suan_status read_ratio(const struct suan_json *object, const char *key, struct suan_ratio *out,
                            const char *where, struct suan_error *error)
{
    char path[PATH_MAX_BYTES];
    const struct suan_json *value;
    enum suan_status status = policy_object(object, key, SUAN_JSON_REQUIRED, &value, where, error);
    if (status != SUAN_OK)
        return status;
    snprintf(path, sizeof path, "%s%s%s", where, where[0] != '\0' ? "." : "", key);
    return read_ratio_value(value, out, path, error);
}

/* --- predicates --------------------------------------------------------------------------------------- */

static enum suan_status read_value(const struct suan_json *value, enum suan_value_type type,
                                   struct suan_value *out, const char *where, struct suan_error *error)
{
    enum suan_json_type have = value != NULL ? suan_json_type(value) : SUAN_JSON_NULL;
    int32_t day;
    out->type = type;
    if (type == SUAN_VALUE_BOOLEAN && have == SUAN_JSON_BOOLEAN) {
        out->integer = suan_json_boolean(value);
        return SUAN_OK;
    }
    if (type == SUAN_VALUE_INTEGER && have == SUAN_JSON_INTEGER) {
        out->integer = suan_json_integer(value);
        return SUAN_OK;
    }
    if (type == SUAN_VALUE_TEXT && have == SUAN_JSON_STRING && policy_line(value).size > 0) {
        out->text = policy_line(value);
        return SUAN_OK;
    }
    if (type == SUAN_VALUE_DAY && have == SUAN_JSON_STRING) {
        if (!suan_day_parse(suan_json_text(value), &day))
            return policy_fail(error, policy_bad_date, where, "value", "not a day of the calendar");
        out->integer = day;
        return SUAN_OK;
    }
    return policy_fail(error, policy_bad_field, where, "value", "not of the field's type");
}

static enum suan_status read_value_list(struct suan_programme *programme, const struct suan_json *list,
                                        struct suan_predicate *out, const char *where,
                                        struct suan_error *error)
{
    size_t count = list != NULL && suan_json_type(list) == SUAN_JSON_ARRAY ? suan_json_count(list) : 0;
    if (count == 0 || count > VALUES_MAX)
        return policy_fail(error, policy_bad_field, where, "value", "must be an array of 1 to 64 values");
    out->values = programme_take(programme, count, sizeof *out->values, error);
    if (out->values == NULL)
        return SUAN_E_MEMORY;
    out->value_count = (uint32_t)count;
    for (size_t i = 0; i < count; i++) {
        enum suan_status status =
            read_value(suan_json_at(list, i), suan_field_type(out->field), &out->values[i], where, error);
        if (status != SUAN_OK)
            return status;
    }
    return SUAN_OK;
}

static enum suan_status read_one_value(struct suan_programme *programme, const struct suan_json *value,
                                       struct suan_predicate *out, const char *where,
                                       struct suan_error *error)
{
    enum suan_value_type type = suan_field_type(out->field);
    bool ordered = out->op == SUAN_OP_GE || out->op == SUAN_OP_LE;
    bool term = out->op == SUAN_OP_WITHIN_ONE_YEAR;
    if (ordered && type != SUAN_VALUE_INTEGER && type != SUAN_VALUE_DAY)
        return policy_fail(error, policy_bad_field, where, "op", "ge and le compare numbers and days");
    if (term != (type == SUAN_VALUE_TERM))
        return policy_fail(error, policy_bad_field, where, "op",
                           "within_one_year asks of a term, and nothing else does");
    out->values = programme_take(programme, 1, sizeof *out->values, error);
    if (out->values == NULL)
        return SUAN_E_MEMORY;
    out->value_count = 1;
    enum suan_status status = read_value(value, term ? SUAN_VALUE_BOOLEAN : type, out->values, where, error);
    if (status == SUAN_OK && term && out->values[0].integer != 1)
        status = policy_fail(error, policy_bad_field, where, "value", "within_one_year takes true");
    return status;
}

static enum suan_status read_predicate(struct suan_programme *programme, const struct suan_json *object,
                                       struct suan_predicate *out, const char *where,
                                       struct suan_error *error)
{
    static const char *const known[] = {"id", "field", "op", "value", "why", "source", NULL};
    static const char *const ops[] = {"eq", "ne", "in", "ge", "le", "within_one_year", NULL};
    struct suan_span field = {NULL, 0};
    int op = 0;
    enum suan_status status = policy_only(object, known, where, error);
    if (status == SUAN_OK)
        status = policy_text(object, "id", SUAN_JSON_REQUIRED, POLICY_ID_MAX, &out->id, where, error);
    if (status == SUAN_OK)
        status = policy_text(object, "field", SUAN_JSON_REQUIRED, POLICY_ID_MAX, &field, where, error);
    if (status == SUAN_OK)
        status = policy_choice(object, "op", SUAN_JSON_REQUIRED, ops, &op, where, error);
    if (status == SUAN_OK)
        status = policy_prose(object, "why", SUAN_JSON_REQUIRED, &out->why, where, error);
    if (status == SUAN_OK)
        status = read_source_index(programme, object, &out->source, where, error);
    if (status != SUAN_OK)
        return status;
    if (!suan_field_find(field, &out->field))
        return suan_error_set(error, SUAN_E_REFUSED, policy_unsupported, "name a field of suan.claim/1",
                              "%s.field: no claim states '%.*s'", where, SUAN_SPAN_PRINTF(field));
    out->op = (enum suan_op)op;
    programme->uses_cumulative_base |= out->field == SUAN_FIELD_CUM_BASE_YEAR;
    const struct suan_json *value = suan_json_find(object, "value");
    return out->op == SUAN_OP_IN ? read_value_list(programme, value, out, where, error)
                                 : read_one_value(programme, value, out, where, error);
}

enum suan_status read_predicates(struct suan_programme *programme, const struct suan_json *object,
                                 const char *key, enum suan_json_need need, size_t max,
                                 struct suan_predicate **out, uint32_t *out_count, const char *where,
                                 struct suan_error *error)
{
    const struct suan_json *list;
    enum suan_status status = policy_array(object, key, need, max, &list, where, error);
    if (status != SUAN_OK || list == NULL)
        return status;
    size_t count = suan_json_count(list);
    *out = programme_take(programme, count, sizeof **out, error);
    if (*out == NULL)
        return SUAN_E_MEMORY;
    *out_count = (uint32_t)count;
    for (size_t i = 0; i < count; i++) {
        char path[PATH_MAX_BYTES];
        snprintf(path, sizeof path, "%.120s%s%s[%zu]", where, where[0] != '\0' ? "." : "", key, i);
        status = read_predicate(programme, suan_json_at(list, i), &(*out)[i], path, error);
        if (status != SUAN_OK)
            return status;
    }
    return SUAN_OK;
}

/* --- caps --------------------------------------------------------------------------------------------- */

static enum suan_status refuse_by_name(struct suan_error *error, const char *where, const char *key,
                                       const char *name)
{
    return suan_error_set(error, SUAN_E_REFUSED, policy_unsupported, "use a rule that the engine evaluates",
                          "%s%s%s: '%s' is not evaluated", where, where[0] != '\0' ? "." : "", key, name);
}

/* Names that the trace gives to limits of its own. */
static bool is_reserved(struct suan_span id)
{
    static const char *const names[] = {"RATE",   "REVIEWER", "REQUESTED", "STACK_CAP",
                                        "BUDGET", "FACE",     "ZERO_AWARD"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        if (suan_span_equal(id, suan_span_text(names[i])))
            return true;
    }
    return false;
}

static enum suan_status read_cap_kind(const struct suan_json *object, struct suan_cap *out, const char *where,
                                      struct suan_error *error)
{
    static const char *const scopes[] = {"claim", "contract", "project", "enterprise", "group", NULL};
    static const char *const periods[] = {"none",        "calendar_year", "programme",
                                          "rolling_365", "support_cycle", NULL};
    static const char *const measures[] = {"issued", "redeemed", NULL};
    int scope = 0, period = 0, measure = 0;
    enum suan_status status =
        policy_choice(object, "scope", SUAN_JSON_REQUIRED, scopes, &scope, where, error);
    if (status == SUAN_OK)
        status = policy_choice(object, "period", SUAN_JSON_REQUIRED, periods, &period, where, error);
    if (status == SUAN_OK)
        status = policy_choice(object, "measure", SUAN_JSON_REQUIRED, measures, &measure, where, error);
    if (status != SUAN_OK)
        return status;
    if (scope > SUAN_SCOPE_ENTERPRISE)
        return refuse_by_name(error, where, "scope", scopes[scope]);
    if (period > SUAN_PERIOD_PROGRAMME)
        return refuse_by_name(error, where, "period", periods[period]);
    out->scope = (enum suan_scope)scope;
    out->period = (enum suan_period)period;
    out->measure = (enum suan_measure)measure;
    return SUAN_OK;
}

static enum suan_status read_cap(struct suan_programme *programme, const struct suan_json *object,
                                 struct suan_cap *out, const char *where, struct suan_error *error)
{
    static const char *const known[] = {"id",         "scope", "period", "measure",
                                        "amount_fen", "when",  "source", NULL};
    enum suan_status status = policy_only(object, known, where, error);
    if (status == SUAN_OK)
        status = policy_text(object, "id", SUAN_JSON_REQUIRED, POLICY_ID_MAX, &out->id, where, error);
    if (status == SUAN_OK && is_reserved(out->id))
        status =
            policy_fail(error, policy_bad_field, where, "id", "this name belongs to a limit of the engine");
    if (status == SUAN_OK)
        status = read_cap_kind(object, out, where, error);
    if (status == SUAN_OK)
        status = policy_amount(object, "amount_fen", SUAN_JSON_REQUIRED, 0, SUAN_JSON_INTEGER_MAX,
                               &out->amount_fen, where, error);
    if (status == SUAN_OK)
        status = read_predicates(programme, object, "when", SUAN_JSON_OPTIONAL, WHEN_MAX, &out->when,
                                 &out->when_count, where, error);
    return status == SUAN_OK ? read_source_index(programme, object, &out->source, where, error) : status;
}

enum suan_status read_caps(struct suan_programme *programme, const struct suan_json *object,
                           struct suan_cap **out, uint32_t *out_count, const char *where,
                           struct suan_error *error)
{
    const struct suan_json *list;
    enum suan_status status =
        policy_array(object, "caps", SUAN_JSON_REQUIRED, SUAN_CAPS_MAX, &list, where, error);
    if (status != SUAN_OK)
        return status;
    size_t count = suan_json_count(list);
    *out = programme_take(programme, count, sizeof **out, error);
    if (*out == NULL)
        return SUAN_E_MEMORY;
    *out_count = (uint32_t)count;
    for (size_t i = 0; i < count; i++) {
        char path[PATH_MAX_BYTES];
        snprintf(path, sizeof path, "%.120s%scaps[%zu]", where, where[0] != '\0' ? "." : "", i);
        status = read_cap(programme, suan_json_at(list, i), &(*out)[i], path, error);
        if (status != SUAN_OK)
            return status;
    }
    return SUAN_OK;
}

/* --- tiers -------------------------------------------------------------------------------------------- */

static enum suan_status read_tier_rate(const struct suan_json *object, struct suan_tier *out,
                                       const char *where, struct suan_error *error)
{
    const struct suan_json *value = NULL;
    const char *key = NULL;
    bool stated = false;
    while ((key = suan_json_next(object, key, &value)) != NULL)
        stated |= strcmp(key, "rate") == 0;
    if (!stated)
        return policy_fail(error, policy_bad_field, where, "rate",
                           "missing (null if a reviewer sets the amount)");
    out->has_rate = suan_json_find(object, "rate") != NULL;
    return out->has_rate ? read_ratio(object, "rate", &out->rate, where, error) : SUAN_OK;
}

static enum suan_status read_tier(struct suan_programme *programme, const struct suan_json *object,
                                  struct suan_tier *out, const char *where, struct suan_error *error)
{
    static const char *const known[] = {"id", "component", "when", "rate", "caps", "source", NULL};
    static const char *const components[] = {"", "local", "nonlocal", NULL};
    int component = SUAN_COMPONENT_NONE;
    enum suan_status status = policy_only(object, known, where, error);
    if (status == SUAN_OK)
        status = policy_text(object, "id", SUAN_JSON_REQUIRED, POLICY_ID_MAX, &out->id, where, error);
    if (status == SUAN_OK)
        status = policy_choice(object, "component", SUAN_JSON_OPTIONAL, components, &component, where, error);
    if (status == SUAN_OK)
        status = read_predicates(programme, object, "when", SUAN_JSON_REQUIRED, WHEN_MAX, &out->when,
                                 &out->when_count, where, error);
    if (status == SUAN_OK)
        status = read_tier_rate(object, out, where, error);
    if (status == SUAN_OK)
        status = read_caps(programme, object, &out->caps, &out->cap_count, where, error);
    out->component = (enum suan_component)component;
    if (status == SUAN_OK && component != SUAN_COMPONENT_NONE && (out->when_count > 0 || out->cap_count > 0))
        status = policy_fail(error, policy_bad_field, where, "component",
                             "a component has neither 'when' nor 'caps'");
    return status == SUAN_OK ? read_source_index(programme, object, &out->source, where, error) : status;
}

static enum suan_status check_components(struct suan_programme *programme, struct suan_error *error)
{
    uint32_t of[3] = {0, 0, 0};
    for (uint32_t i = 0; i < programme->tier_count; i++)
        of[programme->tiers[i].component]++;
    programme->by_component = of[SUAN_COMPONENT_NONE] == 0;
    if (!programme->by_component && of[SUAN_COMPONENT_NONE] != programme->tier_count)
        return policy_fail(error, policy_bad_field, "", "tiers", "all carry a component, or none");
    if (of[SUAN_COMPONENT_LOCAL] > 1 || of[SUAN_COMPONENT_NONLOCAL] > 1)
        return policy_fail(error, policy_bad_field, "", "tiers", "a component has one tier");
    return SUAN_OK;
}

enum suan_status read_tiers(struct suan_programme *programme, const struct suan_json *root,
                            struct suan_error *error)
{
    const struct suan_json *list;
    enum suan_status status =
        policy_array(root, "tiers", SUAN_JSON_REQUIRED, SUAN_TIERS_MAX, &list, "", error);
    if (status != SUAN_OK)
        return status;
    size_t count = suan_json_count(list);
    if (count == 0)
        return policy_fail(error, policy_bad_field, "", "tiers", "at least one is needed");
    programme->tiers = programme_take(programme, count, sizeof *programme->tiers, error);
    if (programme->tiers == NULL)
        return SUAN_E_MEMORY;
    programme->tier_count = (uint32_t)count;
    for (size_t i = 0; i < count; i++) {
        char path[PATH_MAX_BYTES];
        snprintf(path, sizeof path, "tiers[%zu]", i);
        status = read_tier(programme, suan_json_at(list, i), &programme->tiers[i], path, error);
        if (status != SUAN_OK)
            return status;
    }
    return check_components(programme, error);
}

/* --- credit ------------------------------------------------------------------------------------------- */

static enum suan_status read_decay(struct suan_programme *programme, const struct suan_json *object,
                                   struct suan_error *error)
{
    const struct suan_json *list;
    enum suan_status status =
        policy_array(object, "decay", SUAN_JSON_REQUIRED, LIST_MAX, &list, "earn", error);
    if (status != SUAN_OK)
        return status;
    size_t count = suan_json_count(list);
    if (count == 0)
        return policy_fail(error, policy_bad_field, "earn", "decay", "at least one year is needed");
    programme->earn.decay = programme_take(programme, count, sizeof *programme->earn.decay, error);
    if (programme->earn.decay == NULL)
        return SUAN_E_MEMORY;
    programme->earn.decay_count = (uint32_t)count;
    for (size_t i = 0; i < count; i++) {
        char path[PATH_MAX_BYTES];
        snprintf(path, sizeof path, "earn.decay[%zu]", i);
        status = read_ratio_value(suan_json_at(list, i), &programme->earn.decay[i], path, error);
        if (status != SUAN_OK)
            return status;
    }
    return SUAN_OK;
}

enum suan_status read_earn(struct suan_programme *programme, const struct suan_json *root,
                           struct suan_error *error)
{
    static const char *const known[] = {
        "rate", "min_improvement", "min_runs", "algorithm_year_cap_fen", "owner_year_cap_fen", "decay", NULL};
    struct suan_earn_rule *earn = &programme->earn;
    const struct suan_json *object;
    enum suan_status status = policy_object(root, "earn", SUAN_JSON_OPTIONAL, &object, "", error);
    if (status != SUAN_OK || object == NULL)
        return status;
    programme->has_earn = true;
    if (programme->instrument != SUAN_INSTRUMENT_ALGORITHM)
        return policy_fail(error, policy_contradiction, "", "earn",
                           "only an algorithm_voucher programme pays credit");
    status = policy_only(object, known, "earn", error);
    if (status == SUAN_OK)
        status = read_ratio(object, "rate", &earn->rate, "earn", error);
    if (status == SUAN_OK)
        status = read_ratio(object, "min_improvement", &earn->min_improvement, "earn", error);
    if (status == SUAN_OK)
        status = policy_amount(object, "min_runs", SUAN_JSON_REQUIRED, 1, SUAN_JSON_INTEGER_MAX,
                               &earn->min_runs, "earn", error);
    if (status == SUAN_OK)
        status = policy_amount(object, "algorithm_year_cap_fen", SUAN_JSON_REQUIRED, 0, SUAN_JSON_INTEGER_MAX,
                               &earn->algorithm_year_cap_fen, "earn", error);
    if (status == SUAN_OK)
        status = policy_amount(object, "owner_year_cap_fen", SUAN_JSON_REQUIRED, 0, SUAN_JSON_INTEGER_MAX,
                               &earn->owner_year_cap_fen, "earn", error);
    return status == SUAN_OK ? read_decay(programme, object, error) : status;
}
