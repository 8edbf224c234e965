/* Building and writing JSON. A failed allocation leaves a mark in the tree that suan_json_format finds. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <utf8proc.h>

#include "json.h"
#include "json_value.h"

static const char mark[] = "!memory";

struct suan_json *suan_json_new_object(void)
{
    return json_of(json_object());
}

struct suan_json *suan_json_new_array(void)
{
    return json_of(json_array());
}

void suan_json_release(struct suan_json *value)
{
    json_decref(value_of(value));
}

void suan_json_releasep(struct suan_json **value)
{
    suan_json_release(*value);
}

static void put(struct suan_json *object, const char *key, json_t *value)
{
    if (value == NULL || json_object_set_new_nocheck(value_of(object), key, value) != 0)
        (void)json_object_set_new_nocheck(value_of(object), mark, json_true());
}

static void push(struct suan_json *array, json_t *value)
{
    if (value != NULL && json_array_append_new(value_of(array), value) == 0)
        return;
    struct suan_json *marked = suan_json_new_object();
    put(marked, mark, json_true());
    (void)json_array_append_new(value_of(array), value_of(marked));
}

/* Text that is not UTF-8 (a file name, say) is carried with U+FFFD in the place of each bad byte. */
static json_t *text_value(struct suan_span text)
{
    json_t *value = json_stringn(text.data != NULL ? (const char *)text.data : "", text.size);
    if (value != NULL)
        return value;
    struct suan_buffer clean = {0};
    for (size_t i = 0; i < text.size;) {
        utf8proc_int32_t c;
        utf8proc_ssize_t used = utf8proc_iterate(text.data + i, (utf8proc_ssize_t)(text.size - i), &c);
        if (used > 0)
            suan_buffer_append(&clean, text.data + i, (size_t)used);
        else
            suan_buffer_append_text(&clean, "\xEF\xBF\xBD");
        i += used > 0 ? (size_t)used : 1;
    }
    value = clean.failed ? NULL : json_stringn((const char *)clean.data, clean.size);
    suan_buffer_done(&clean);
    return value;
}

void suan_json_set(struct suan_json *object, const char *key, struct suan_json *value)
{
    put(object, key, value_of(value));
}

void suan_json_set_copy(struct suan_json *object, const char *key, const struct suan_json *value)
{
    put(object, key, json_incref(value_of(value)));
}

void suan_json_set_integer(struct suan_json *object, const char *key, int64_t value)
{
    put(object, key, json_integer(value));
}

void suan_json_set_boolean(struct suan_json *object, const char *key, bool value)
{
    put(object, key, json_boolean(value));
}

void suan_json_set_null(struct suan_json *object, const char *key)
{
    put(object, key, json_null());
}

void suan_json_set_text(struct suan_json *object, const char *key, const char *value)
{
    put(object, key, text_value(suan_span_text(value)));
}

void suan_json_set_span(struct suan_json *object, const char *key, struct suan_span value)
{
    put(object, key, text_value(value));
}

void suan_json_set_hex(struct suan_json *object, const char *key, const uint8_t *data, size_t size)
{
    char *text = malloc(2 * size + 1);
    if (text != NULL)
        suan_hex(data, size, text);
    put(object, key, text != NULL ? json_stringn(text, 2 * size) : NULL);
    free(text);
}

void suan_json_set_real(struct suan_json *object, const char *key, double value)
{
    char text[40];
    if (isnan(value))
        snprintf(text, sizeof text, "nan");
    else
        snprintf(text, sizeof text, "%.17g", value);
    suan_json_set_text(object, key, text);
}

void suan_json_add(struct suan_json *array, struct suan_json *value)
{
    push(array, value_of(value));
}

void suan_json_add_copy(struct suan_json *array, const struct suan_json *value)
{
    push(array, json_incref(value_of(value)));
}

void suan_json_add_integer(struct suan_json *array, int64_t value)
{
    push(array, json_integer(value));
}

void suan_json_add_text(struct suan_json *array, const char *value)
{
    push(array, text_value(suan_span_text(value)));
}

void suan_json_add_span(struct suan_json *array, struct suan_span value)
{
    push(array, text_value(value));
}

static bool is_marked(json_t *value)
{
    const char *key;
    json_t *member;
    size_t i;

    if (json_is_object(value)) {
        if (json_object_get(value, mark) != NULL)
            return true;
        json_object_foreach(value, key, member)
        {
            if (is_marked(member))
                return true;
        }
    }
    json_array_foreach(value, i, member)
    {
        if (is_marked(member))
            return true;
    }
    return false;
}

static int append(const char *data, size_t size, void *out)
{
    suan_buffer_append(out, data, size);
    return 0;
}

enum suan_status suan_json_format(const struct suan_json *value, enum suan_json_style style,
                                  struct suan_buffer *out, struct suan_error *error)
{
    size_t flags = style == SUAN_JSON_STYLE_CANONICAL ? JSON_SORT_KEYS | JSON_COMPACT : JSON_INDENT(1);
    if (value == NULL || is_marked(value_of(value)) ||
        json_dump_callback(value_of(value), append, out, flags | JSON_ENCODE_ANY) != 0)
        return suan_error_set(error, SUAN_E_MEMORY, "memory", NULL, "out of memory while writing JSON");
    return suan_buffer_check(out, error);
}
