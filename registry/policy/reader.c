/* Numbers that are no integers are first turned into strings that begin with a newline, which no reader
 * takes. */
#include "reader.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/cleanup.h"
#include "date.h"

const char policy_bad_amount[] = "policy.bad-amount", policy_bad_date[] = "policy.bad-date",
           policy_bad_field[] = "policy.bad-field", policy_conflict[] = "policy.conflict",
           policy_unsupported[] = "policy.unsupported", policy_contradiction[] = "policy.contradiction",
           policy_unknown_programme[] = "policy.unknown-programme",
           policy_unknown_voucher[] = "policy.unknown-voucher";

const char *policy_error_name(const char *code)
{
    static const char *const names[][2] = {
        {policy_bad_amount, "BAD_AMOUNT"},
        {policy_bad_date, "BAD_DATE"},
        {policy_bad_field, "BAD_FIELD"},
        {policy_conflict, "CONFLICT"},
        {policy_unknown_programme, "UNKNOWN_PROGRAMME"},
        {policy_unknown_voucher, "UNKNOWN_VOUCHER"},
    };
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        if (strcmp(code, names[i][0]) == 0)
            return names[i][1];
    }
    return code;
}

/* --- numbers ------------------------------------------------------------------------------------------ */

static bool is_digit(struct suan_span text, size_t at)
{
    return at < text.size && text.data[at] >= '0' && text.data[at] <= '9';
}

static size_t skip_digits(struct suan_span text, size_t at)
{
    while (is_digit(text, at))
        at++;
    return at;
}

static bool is_at(struct suan_span text, size_t at, const char *any)
{
    return at < text.size && text.data[at] != '\0' && strchr(any, text.data[at]) != NULL;
}

/* The end of the JSON number at `at`, or `at` if none stands there (the parser will say so). `*out_whole` is
   true for an integer within 2^53 - 1 that is not "-0". */
static size_t number_end(struct suan_span text, size_t at, bool *out_whole)
{
    size_t first = at + is_at(text, at, "-");
    if (!is_digit(text, first))
        return at;
    size_t end = text.data[first] == '0' ? first + 1 : skip_digits(text, first);
    bool whole = end - first <= 16 && !(first > at && text.data[first] == '0');
    int64_t value = 0;
    for (size_t i = first; whole && i < end; i++)
        value = value * 10 + (text.data[i] - '0');
    whole = whole && value <= SUAN_JSON_INTEGER_MAX;
    if (is_at(text, end, ".") && is_digit(text, end + 1)) {
        end = skip_digits(text, end + 1);
        whole = false;
    }
    size_t exponent = end + 1 + is_at(text, end + 1, "+-");
    if (is_at(text, end, "eE") && is_digit(text, exponent)) {
        end = skip_digits(text, exponent);
        whole = false;
    }
    *out_whole = whole;
    return end;
}

/* The end of the string that begins at `at`, behind its closing quote. */
static size_t string_end(struct suan_span text, size_t at)
{
    size_t i = at + 1;
    while (i < text.size && text.data[i] != '"')
        i += text.data[i] == '\\' && i + 1 < text.size ? 2 : 1;
    return i < text.size ? i + 1 : i;
}

static void soften_numbers(struct suan_span text, struct suan_buffer *out)
{
    for (size_t at = 0; at < text.size;) {
        bool whole = true;
        size_t end = text.data[at] == '"' ? string_end(text, at) : number_end(text, at, &whole);
        if (end == at)
            end++;
        if (!whole)
            suan_buffer_append_text(out, "\"\\n");
        suan_buffer_append(out, text.data + at, end - at);
        if (!whole)
            suan_buffer_append_u8(out, '"');
        at = end;
    }
}

static enum suan_status recode(enum suan_status status, const char *code, struct suan_error *error)
{
    if (status == SUAN_OK || status == SUAN_E_MEMORY)
        return status;
    if (error != NULL) {
        error->status = SUAN_E_USAGE;
        error->code = code;
    }
    return SUAN_E_USAGE;
}

enum suan_status policy_parse(struct suan_span text, const char *name, struct suan_json_document **out,
                              struct suan_error *error)
{
    if (text.size > POLICY_FILE_MAX)
        return suan_error_set(error, SUAN_E_USAGE, policy_bad_field, NULL, "%s: %zu bytes, the limit is %d",
                              name, text.size, POLICY_FILE_MAX);
    SUAN_CLEANUP(suan_buffer_done) struct suan_buffer soft = {0};
    soften_numbers(text, &soft);
    enum suan_status status = suan_buffer_check(&soft, error);
    if (status != SUAN_OK)
        return status;
    status = suan_json_parse(suan_buffer_span(&soft), (size_t)POLICY_FILE_MAX * 4,
                             SUAN_JSON_NULLS | SUAN_JSON_NEWLINES, name, out, error);
    return recode(status, policy_bad_field, error);
}

/* --- fields ------------------------------------------------------------------------------------------- */

enum suan_status policy_fail(struct suan_error *error, const char *code, const char *where, const char *key,
                             const char *what)
{
    enum suan_status status = code == policy_unsupported || code == policy_contradiction ? SUAN_E_REFUSED
                              : code == policy_conflict                                  ? SUAN_E_CONFLICT
                                                                                         : SUAN_E_USAGE;
    if (code == policy_unknown_programme || code == policy_unknown_voucher)
        status = SUAN_E_NOT_FOUND;
    return suan_error_set(error, status, code, NULL, "%s%s%s: %s", where,
                          where[0] != '\0' && key[0] != '\0' ? "." : "", key, what);
}

enum suan_status policy_only(const struct suan_json *object, const char *const *known, const char *where,
                             struct suan_error *error)
{
    return recode(suan_json_only(object, known, where, error), policy_bad_field, error);
}

enum suan_status policy_object(const struct suan_json *object, const char *key, enum suan_json_need need,
                               const struct suan_json **out, const char *where, struct suan_error *error)
{
    return recode(suan_json_get_object(object, key, need, out, where, error), policy_bad_field, error);
}

enum suan_status policy_array(const struct suan_json *object, const char *key, enum suan_json_need need,
                              size_t max, const struct suan_json **out, const char *where,
                              struct suan_error *error)
{
    return recode(suan_json_get_array(object, key, need, max, out, where, error), policy_bad_field, error);
}

static bool is_one_line(struct suan_span text)
{
    return text.size == 0 ||
           (memchr(text.data, '\n', text.size) == NULL && memchr(text.data, '\t', text.size) == NULL);
}

enum suan_status policy_prose(const struct suan_json *object, const char *key, enum suan_json_need need,
                              struct suan_span *out, const char *where, struct suan_error *error)
{
    struct suan_span text = {NULL, 0};
    enum suan_status status = recode(
        suan_json_get_text(object, key, need, POLICY_TEXT_MAX, &text, where, error), policy_bad_field, error);
    if (status != SUAN_OK || text.data == NULL)
        return status;
    if (!is_one_line(text))
        return policy_fail(error, policy_bad_field, where, key, "must be text on one line");
    *out = text;
    return SUAN_OK;
}

enum suan_status policy_text(const struct suan_json *object, const char *key, enum suan_json_need need,
                             size_t max, struct suan_span *out, const char *where, struct suan_error *error)
{
    struct suan_span text = {NULL, 0};
    enum suan_status status = policy_prose(object, key, need, &text, where, error);
    if (status != SUAN_OK || text.data == NULL)
        return status;
    if (text.size == 0)
        return policy_fail(error, policy_bad_field, where, key, "must not be empty");
    if (text.size > max)
        return policy_fail(error, policy_bad_field, where, key, "too long");
    *out = text;
    return SUAN_OK;
}

enum suan_status policy_amount(const struct suan_json *object, const char *key, enum suan_json_need need,
                               int64_t min, int64_t max, int64_t *out, const char *where,
                               struct suan_error *error)
{
    if (need == SUAN_JSON_REQUIRED && suan_json_find(object, key) == NULL)
        return policy_fail(error, policy_bad_field, where, key, "missing");
    return recode(suan_json_get_integer(object, key, need, min, max, out, where, error), policy_bad_amount,
                  error);
}

enum suan_status policy_integer(const struct suan_json *object, const char *key, enum suan_json_need need,
                                int64_t min, int64_t max, int64_t *out, const char *where,
                                struct suan_error *error)
{
    return recode(suan_json_get_integer(object, key, need, min, max, out, where, error), policy_bad_field,
                  error);
}

enum suan_status policy_boolean(const struct suan_json *object, const char *key, enum suan_json_need need,
                                bool *out, const char *where, struct suan_error *error)
{
    return recode(suan_json_get_boolean(object, key, need, out, where, error), policy_bad_field, error);
}

enum suan_status policy_choice(const struct suan_json *object, const char *key, enum suan_json_need need,
                               const char *const *names, int *out, const char *where,
                               struct suan_error *error)
{
    struct suan_span text = {NULL, 0};
    enum suan_status status = policy_text(object, key, need, POLICY_TEXT_MAX, &text, where, error);
    if (status != SUAN_OK || text.data == NULL)
        return status;
    for (int i = 0; names[i] != NULL; i++) {
        if (suan_span_equal(text, suan_span_text(names[i]))) {
            *out = i;
            return SUAN_OK;
        }
    }
    char what[96];
    snprintf(what, sizeof what, "'%.*s' is not one of %s, …", (int)(text.size < 40 ? text.size : 40),
             (const char *)text.data, names[0]);
    return policy_fail(error, policy_bad_field, where, key, what);
}

enum suan_status policy_day(const struct suan_json *object, const char *key, enum suan_json_need need,
                            int32_t *out, const char *where, struct suan_error *error)
{
    struct suan_span text = {NULL, 0};
    enum suan_status status = policy_prose(object, key, need, &text, where, error);
    if (status != SUAN_OK || text.data == NULL)
        return status;
    if (!suan_day_parse(text, out))
        return policy_fail(error, policy_bad_date, where, key, "not a day of the calendar, YYYY-MM-DD");
    return SUAN_OK;
}

bool policy_element(const struct suan_json *array, size_t index, int64_t min, int64_t max, int64_t *out)
{
    const struct suan_json *value = suan_json_at(array, index);
    if (suan_json_type(value) != SUAN_JSON_INTEGER)
        return false;
    *out = suan_json_integer(value);
    return *out >= min && *out <= max;
}

struct suan_span policy_line(const struct suan_json *value)
{
    struct suan_span text = {NULL, 0};
    if (suan_json_type(value) == SUAN_JSON_STRING && is_one_line(suan_json_text(value)))
        text = suan_json_text(value);
    return text;
}
