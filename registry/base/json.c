/* Reading strict JSON: a pre-scan bounds depth and alphabet, jansson parses, a walk checks every value. */
#include "json.h"

#include <stdio.h>
#include <stdlib.h>
#include <utf8proc.h>

#include "json_value.h"

struct suan_json_document {
    json_t *root;
};

static const char code_syntax[] = "json.syntax";
static const char code_field[] = "json.field";

/* Depth is bounded before jansson recurses. Brackets inside strings do not count. */
static enum suan_status check_depth(struct suan_span text, const char *name, struct suan_error *error)
{
    int depth = 0;
    bool inside = false;
    for (size_t i = 0; i < text.size; i++) {
        uint8_t c = text.data[i];
        if (inside) {
            if (c == '\\')
                i++;
            else if (c == '"')
                inside = false;
        } else if (c == '"') {
            inside = true;
        } else if (c == '{' || c == '[') {
            if (++depth > SUAN_JSON_DEPTH_MAX)
                return suan_error_set(error, SUAN_E_FORMAT, "json.depth", NULL,
                                      "%s: nested deeper than %d at byte %zu", name, SUAN_JSON_DEPTH_MAX, i);
        } else if (c == '}' || c == ']') {
            depth--;
        }
    }
    return SUAN_OK;
}

static bool is_bidi_control(utf8proc_int32_t c)
{
    return (c >= 0x202A && c <= 0x202E) || (c >= 0x2066 && c <= 0x2069) || c == 0x200E || c == 0x200F ||
           c == 0x061C;
}

static bool is_plain_ascii(struct suan_span text)
{
    for (size_t i = 0; i < text.size; i++) {
        if (text.data[i] < 0x20 || text.data[i] > 0x7E)
            return false;
    }
    return true;
}

static enum suan_status check_characters(struct suan_span text, unsigned flags, const char *name,
                                         struct suan_error *error)
{
    const utf8proc_uint8_t *p = text.data;
    utf8proc_ssize_t left = (utf8proc_ssize_t)text.size;
    while (left > 0) {
        utf8proc_int32_t c;
        utf8proc_ssize_t used = utf8proc_iterate(p, left, &c);
        if (used <= 0)
            return suan_error_set(error, SUAN_E_FORMAT, "json.text", NULL, "%s: text is not valid UTF-8",
                                  name);
        bool newline = (flags & SUAN_JSON_NEWLINES) != 0 && (c == '\n' || c == '\t');
        if ((c < 0x20 && !newline) || (c >= 0x7F && c < 0xA0) || is_bidi_control(c))
            return suan_error_set(error, SUAN_E_FORMAT, "json.text", "remove the control character",
                                  "%s: character U+%04X is not allowed in text", name, (unsigned)c);
        p += used;
        left -= used;
    }
    return SUAN_OK;
}

static enum suan_status check_text(struct suan_span text, unsigned flags, const char *name,
                                   struct suan_error *error)
{
    if (is_plain_ascii(text))
        return SUAN_OK;
    enum suan_status status = check_characters(text, flags, name, error);
    if (status != SUAN_OK)
        return status;
    utf8proc_uint8_t *composed = NULL;
    utf8proc_ssize_t size =
        utf8proc_map(text.data, (utf8proc_ssize_t)text.size, &composed, UTF8PROC_STABLE | UTF8PROC_COMPOSE);
    bool normal = size >= 0 && suan_span_equal(text, suan_span(composed, (size_t)size));
    free(composed);
    if (!normal)
        return suan_error_set(error, SUAN_E_FORMAT, "json.text", "normalise the text to form C",
                              "%s: text is not in Unicode normal form C", name);
    return SUAN_OK;
}

static enum suan_status check_value(json_t *value, unsigned flags, const char *name,
                                    struct suan_error *error);

static enum suan_status check_members(json_t *object, unsigned flags, const char *name,
                                      struct suan_error *error)
{
    const char *key;
    json_t *member;
    json_object_foreach(object, key, member)
    {
        enum suan_status status = check_text(suan_span_text(key), 0, name, error);
        if (status == SUAN_OK)
            status = check_value(member, flags, name, error);
        if (status != SUAN_OK)
            return status;
    }
    return SUAN_OK;
}

static enum suan_status check_value(json_t *value, unsigned flags, const char *name, struct suan_error *error)
{
    switch (json_typeof(value)) {
    case JSON_OBJECT: return check_members(value, flags, name, error);
    case JSON_ARRAY:
        for (size_t i = 0; i < json_array_size(value); i++) {
            enum suan_status status = check_value(json_array_get(value, i), flags, name, error);
            if (status != SUAN_OK)
                return status;
        }
        return SUAN_OK;
    case JSON_STRING:
        return check_text(suan_span(json_string_value(value), json_string_length(value)), flags, name, error);
    case JSON_INTEGER: {
        json_int_t number = json_integer_value(value);
        if (number > INT64_C(9007199254740991) || number < -INT64_C(9007199254740991))
            return suan_error_set(error, SUAN_E_FORMAT, "json.number", NULL, "%s: %lld is beyond 2^53 - 1",
                                  name, (long long)number);
        return SUAN_OK;
    }
    case JSON_REAL:
        return suan_error_set(error, SUAN_E_FORMAT, "json.number", "use an integer in the smallest unit",
                              "%s: %.17g is not an integer", name, json_real_value(value));
    case JSON_NULL:
        if ((flags & SUAN_JSON_NULLS) != 0)
            return SUAN_OK;
        return suan_error_set(error, SUAN_E_FORMAT, "json.null", "leave the field out",
                              "%s: null is not allowed", name);
    default: return SUAN_OK;
    }
}

static enum suan_status check_canonical(struct suan_span text, const json_t *root, const char *name,
                                        struct suan_error *error)
{
    struct suan_buffer again = {0};
    enum suan_status status = suan_json_format(json_of(root), SUAN_JSON_STYLE_CANONICAL, &again, error);
    if (status == SUAN_OK && !suan_span_equal(text, suan_buffer_span(&again)))
        status = suan_error_set(error, SUAN_E_FORMAT, "json.canonical", "write sorted keys without spaces",
                                "%s: not in canonical form", name);
    suan_buffer_done(&again);
    return status;
}

static enum suan_status explain_syntax(const json_error_t *cause, const char *name, struct suan_error *error)
{
    enum json_error_code kind = json_error_code(cause);
    const char *code = kind == json_error_duplicate_key      ? "json.duplicate"
                       : kind == json_error_numeric_overflow ? "json.number"
                       : kind == json_error_out_of_memory    ? "memory"
                                                             : code_syntax;
    int status = kind == json_error_out_of_memory ? SUAN_E_MEMORY : SUAN_E_FORMAT;
    return suan_error_set(error, status, code, NULL, "%s: line %d, column %d: %s", name, cause->line,
                          cause->column, cause->text);
}

enum suan_status suan_json_parse(struct suan_span text, size_t limit, unsigned flags, const char *name,
                                 struct suan_json_document **out_document, struct suan_error *error)
{
    if (text.size > limit)
        return suan_error_set(error, SUAN_E_REFUSED, "json.too-large", NULL,
                              "%s: %zu bytes, the limit is %zu", name, text.size, limit);
    enum suan_status status = check_depth(text, name, error);
    if (status != SUAN_OK)
        return status;
    json_error_t cause;
    json_t *root = json_loadb((const char *)text.data, text.size, JSON_REJECT_DUPLICATES, &cause);
    if (root == NULL)
        return explain_syntax(&cause, name, error);
    status = json_is_object(root)
                 ? check_value(root, flags, name, error)
                 : suan_error_set(error, SUAN_E_FORMAT, code_syntax, NULL, "%s: not an object", name);
    if (status == SUAN_OK && (flags & SUAN_JSON_CANONICAL) != 0)
        status = check_canonical(text, root, name, error);
    struct suan_json_document *document = status == SUAN_OK ? malloc(sizeof *document) : NULL;
    if (document == NULL) {
        json_decref(root);
        return status != SUAN_OK
                   ? status
                   : suan_error_set(error, SUAN_E_MEMORY, "memory", NULL, "%s: out of memory", name);
    }
    document->root = root;
    *out_document = document;
    return SUAN_OK;
}

void suan_json_free(struct suan_json_document *document)
{
    if (document == NULL)
        return;
    json_decref(document->root);
    free(document);
}

void suan_json_freep(struct suan_json_document **document)
{
    suan_json_free(*document);
}

const struct suan_json *suan_json_root(const struct suan_json_document *document)
{
    return json_of(document->root);
}

enum suan_json_type suan_json_type(const struct suan_json *value)
{
    switch (json_typeof(value_of(value))) {
    case JSON_OBJECT: return SUAN_JSON_OBJECT;
    case JSON_ARRAY: return SUAN_JSON_ARRAY;
    case JSON_STRING: return SUAN_JSON_STRING;
    case JSON_INTEGER: return SUAN_JSON_INTEGER;
    case JSON_TRUE:
    case JSON_FALSE: return SUAN_JSON_BOOLEAN;
    default: return SUAN_JSON_NULL;
    }
}

const struct suan_json *suan_json_find(const struct suan_json *object, const char *key)
{
    json_t *value = json_object_get(value_of(object), key);
    return json_is_null(value) ? NULL : json_of(value);
}

size_t suan_json_count(const struct suan_json *array_or_object)
{
    json_t *value = value_of(array_or_object);
    return json_is_array(value) ? json_array_size(value) : json_object_size(value);
}

const struct suan_json *suan_json_at(const struct suan_json *array, size_t index)
{
    return json_of(json_array_get(value_of(array), index));
}

int64_t suan_json_integer(const struct suan_json *value)
{
    return json_integer_value(value_of(value));
}

bool suan_json_boolean(const struct suan_json *value)
{
    return json_is_true(value_of(value));
}

struct suan_span suan_json_text(const struct suan_json *value)
{
    const json_t *text = value_of(value);
    return suan_span(json_string_value(text), json_string_length(text));
}

const char *suan_json_next(const struct suan_json *object, const char *key,
                           const struct suan_json **out_value)
{
    json_t *members = value_of(object);
    void *place = key == NULL ? json_object_iter(members)
                              : json_object_iter_next(members, json_object_iter_at(members, key));
    if (place == NULL)
        return NULL;
    *out_value = json_of(json_object_iter_value(place));
    return json_object_iter_key(place);
}

/* --- expecting ---------------------------------------------------------------------------------------- */

static enum suan_status field_error(struct suan_error *error, const char *where, const char *key,
                                    const char *what)
{
    const char *dot = where[0] != '\0' && key[0] != '\0' ? "." : "";
    return suan_error_set(error, SUAN_E_FORMAT, code_field, NULL, "%s%s%s: %s", where, dot, key, what);
}

/* Edit distance at most 2, enough to find a slip of the finger; both texts are short field names. */
static bool is_near(const char *a, const char *b)
{
    enum { MOST = 32 };
    size_t n = strlen(a), m = strlen(b);
    unsigned row[MOST + 1];
    if (n > MOST || m > MOST)
        return false;
    for (size_t j = 0; j <= m; j++)
        row[j] = (unsigned)j;
    for (size_t i = 1; i <= n; i++) {
        unsigned diagonal = row[0];
        row[0] = (unsigned)i;
        for (size_t j = 1; j <= m; j++) {
            unsigned change = diagonal + (a[i - 1] != b[j - 1]);
            diagonal = row[j];
            unsigned least = row[j] < row[j - 1] ? row[j] + 1 : row[j - 1] + 1;
            row[j] = change < least ? change : least;
        }
    }
    return row[m] <= 2;
}

enum suan_status suan_json_only(const struct suan_json *object, const char *const *known, const char *where,
                                struct suan_error *error)
{
    if (!json_is_object(value_of(object)))
        return field_error(error, where, "", "must be an object");
    const char *key;
    json_t *member;
    json_object_foreach(value_of(object), key, member)
    {
        const char *near = NULL;
        const char *const *name = known;
        for (; *name != NULL && strcmp(*name, key) != 0; name++) {
            if (is_near(key, *name))
                near = *name;
        }
        if (*name != NULL)
            continue;
        char hint[96] = "";
        if (near != NULL)
            snprintf(hint, sizeof hint, "did you mean '%s'?", near);
        return suan_error_set(error, SUAN_E_FORMAT, code_field, hint, "%s%s%.64s: unknown field", where,
                              where[0] != '\0' ? "." : "", key);
    }
    return SUAN_OK;
}

/* The member, or an error when it is required; *out is NULL when it is absent and may be. */
static enum suan_status find_member(const struct suan_json *object, const char *key, enum suan_json_need need,
                                    const struct suan_json **out, const char *where, struct suan_error *error)
{
    *out = suan_json_find(object, key);
    if (*out == NULL && need == SUAN_JSON_REQUIRED)
        return field_error(error, where, key, "missing");
    return SUAN_OK;
}

enum suan_status suan_json_get_integer(const struct suan_json *object, const char *key,
                                       enum suan_json_need need, int64_t min, int64_t max, int64_t *out,
                                       const char *where, struct suan_error *error)
{
    const struct suan_json *member;
    enum suan_status status = find_member(object, key, need, &member, where, error);
    if (status != SUAN_OK || member == NULL)
        return status;
    if (!json_is_integer(value_of(member)))
        return field_error(error, where, key, "must be an integer");
    int64_t value = suan_json_integer(member);
    if (value < min || value > max) {
        char what[96];
        snprintf(what, sizeof what, "%lld is outside %lld to %lld", (long long)value, (long long)min,
                 (long long)max);
        return field_error(error, where, key, what);
    }
    *out = value;
    return SUAN_OK;
}

enum suan_status suan_json_get_text(const struct suan_json *object, const char *key, enum suan_json_need need,
                                    size_t max_bytes, struct suan_span *out, const char *where,
                                    struct suan_error *error)
{
    const struct suan_json *member;
    enum suan_status status = find_member(object, key, need, &member, where, error);
    if (status != SUAN_OK || member == NULL)
        return status;
    if (!json_is_string(value_of(member)))
        return field_error(error, where, key, "must be a string");
    struct suan_span text = suan_json_text(member);
    if (text.size > max_bytes) {
        char what[64];
        snprintf(what, sizeof what, "longer than %zu bytes", max_bytes);
        return field_error(error, where, key, what);
    }
    *out = text;
    return SUAN_OK;
}

enum suan_status suan_json_get_boolean(const struct suan_json *object, const char *key,
                                       enum suan_json_need need, bool *out, const char *where,
                                       struct suan_error *error)
{
    const struct suan_json *member;
    enum suan_status status = find_member(object, key, need, &member, where, error);
    if (status != SUAN_OK || member == NULL)
        return status;
    if (!json_is_boolean(value_of(member)))
        return field_error(error, where, key, "must be true or false");
    *out = suan_json_boolean(member);
    return SUAN_OK;
}

enum suan_status suan_json_get_hex(const struct suan_json *object, const char *key, enum suan_json_need need,
                                   uint8_t *out, size_t size, const char *where, struct suan_error *error)
{
    struct suan_span text = {NULL, 0};
    enum suan_status status = suan_json_get_text(object, key, need, 2 * size, &text, where, error);
    if (status != SUAN_OK || text.data == NULL)
        return status;
    if (!suan_unhex(text, out, size)) {
        char what[64];
        snprintf(what, sizeof what, "must be %zu lower-case hexadecimal digits", 2 * size);
        return field_error(error, where, key, what);
    }
    return SUAN_OK;
}

enum suan_status suan_json_get_array(const struct suan_json *object, const char *key,
                                     enum suan_json_need need, size_t max_count, const struct suan_json **out,
                                     const char *where, struct suan_error *error)
{
    const struct suan_json *member;
    enum suan_status status = find_member(object, key, need, &member, where, error);
    if (status != SUAN_OK)
        return status;
    if (member != NULL && !json_is_array(value_of(member)))
        return field_error(error, where, key, "must be an array");
    if (member != NULL && suan_json_count(member) > max_count) {
        char what[64];
        snprintf(what, sizeof what, "more than %zu elements", max_count);
        return field_error(error, where, key, what);
    }
    *out = member;
    return SUAN_OK;
}

enum suan_status suan_json_get_object(const struct suan_json *object, const char *key,
                                      enum suan_json_need need, const struct suan_json **out,
                                      const char *where, struct suan_error *error)
{
    const struct suan_json *member;
    enum suan_status status = find_member(object, key, need, &member, where, error);
    if (status != SUAN_OK)
        return status;
    if (member != NULL && !json_is_object(value_of(member)))
        return field_error(error, where, key, "must be an object");
    *out = member;
    return SUAN_OK;
}
