#include "base/json.h"

#include <criterion/criterion.h>
#include <criterion/parameterized.h>
#include <stdio.h>

#include "base/cleanup.h"

static enum suan_status parse(const char *text, unsigned flags, struct suan_error *error)
{
    SUAN_CLEANUP(suan_json_freep) struct suan_json_document *document = NULL;
    return suan_json_parse(suan_span_text(text), 4096, flags, "input", &document, error);
}

struct hostile {
    char text[160];
    char code[16];
};

/* --- strictness --------------------------------------------------------------------------------------- */

ParameterizedTestParameters(json, refuses_hostile_inputs)
{
    static struct hostile rows[] = {
        {"", "json.syntax"},
        {" ", "json.syntax"},
        {"[]", "json.syntax"},
        {"1", "json.syntax"},
        {"\"text\"", "json.syntax"},
        {"{\"a\":1}x", "json.syntax"},
        {"{\"a\":1}{}", "json.syntax"},
        {"{\"a\":1,}", "json.syntax"},
        {"{\"a\" 1}", "json.syntax"},
        {"{a:1}", "json.syntax"},
        {"{'a':1}", "json.syntax"},
        {"{\"a\":1}//x", "json.syntax"},
        {"{\"a\":[1,]}", "json.syntax"},
        {"{\"a\":01}", "json.syntax"},
        {"{\"a\":+1}", "json.syntax"},
        {"{\"a\":0x10}", "json.syntax"},
        {"{\"a\":NaN}", "json.syntax"},
        {"{\"a\":Infinity}", "json.syntax"},
        {"{\"a\":tru}", "json.syntax"},
        {"{\"a\":\"\\x41\"}", "json.syntax"},
        {"{\"a\":\"\\ud800\"}", "json.syntax"},
        {"{\"a\":\"\\u0000\"}", "json.syntax"},
        {"{\"a\":\"b", "json.syntax"},
        {"{\"a\":\"\n\"}", "json.syntax"},
        {"\xEF\xBB\xBF{\"a\":1}", "json.syntax"},
        {"{\"a\":\"\xff\"}", "json.syntax"},
        {"{\"a\":\"\xC0\x80\"}", "json.syntax"},
        {"{\"a\":\"\xED\xA0\x80\"}", "json.syntax"},
        {"{\"a\":1,\"a\":2}", "json.duplicate"},
        {"{\"a\":{\"b\":1,\"b\":1}}", "json.duplicate"},
        {"{\"a\":1,\"\\u0061\":2}", "json.duplicate"},
        {"{\"a\":1.0}", "json.number"},
        {"{\"a\":1e3}", "json.number"},
        {"{\"a\":9007199254740992}", "json.number"},
        {"{\"a\":-9007199254740992}", "json.number"},
        {"{\"a\":99999999999999999999}", "json.number"},
        {"{\"a\":null}", "json.null"},
        {"{\"a\":[null]}", "json.null"},
        {"{\"a\":\"\\u0001\"}", "json.text"},
        {"{\"a\":\"\\n\"}", "json.text"},
        {"{\"a\":\"\\t\"}", "json.text"},
        {"{\"a\":\"\\u007f\"}", "json.text"},
        {"{\"a\":\"\\u0085\"}", "json.text"},
        {"{\"a\":\"\xE2\x80\xAE\"}", "json.text"}, /* right-to-left override */
        {"{\"a\":\"\\u2066\"}", "json.text"},
        {"{\"a\":\"\\u200f\"}", "json.text"},
        {"{\"\\u202e\":1}", "json.text"},
        {"{\"a\\n\":1}", "json.text"},
        {"{\"a\":\"e\xCC\x81\"}", "json.text"}, /* not in normal form C */
        {"{\"e\xCC\x81\":1}", "json.text"},
        {"[[[[[[[[[[[[[[[[[", "json.depth"},
        {"{\"a\":[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]}", "json.depth"},
    };
    return cr_make_param_array(struct hostile, rows, sizeof rows / sizeof rows[0]);
}

ParameterizedTest(struct hostile *row, json, refuses_hostile_inputs)
{
    struct suan_error error;
    cr_assert_eq(parse(row->text, 0, &error), SUAN_E_FORMAT, "%s", row->text);
    cr_assert_str_eq(error.code, row->code, "%s: %s: %s", row->text, error.code, error.message);
    cr_assert_eq(strncmp(error.message, "input: ", 7), 0, "%s", error.message);
}

struct good {
    char text[160];
};

ParameterizedTestParameters(json, takes_what_is_strict)
{
    static struct good rows[] = {
        {"{}"},
        {"  {\"a\" : [1, -2, true, false, \"x\", {}]}\n"},
        {"{\"a\":9007199254740991,\"b\":-9007199254740991}"},
        {"{\"a\":\"\xE7\xAE\x97\xE6\xB3\x95\"}"},
        {"{\"a\":\"\\u7b97\"}"},
        {"{\"a\":\"\xC3\xA9\"}"},
        {"{\"a\":\"\\ud83c\\udf0a\"}"},
        {"{\"a\":\"[[[[[[[[[[[[[[[[[[[[[[\"}"},
        {"{\"a\":\"\\\"[[[[[[[[[[[[[[[[[[[[[[\"}"},
        {"{\"a\":[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]}"},
    };
    return cr_make_param_array(struct good, rows, sizeof rows / sizeof rows[0]);
}

ParameterizedTest(struct good *row, json, takes_what_is_strict)
{
    struct suan_error error = {0};
    cr_assert_eq(parse(row->text, 0, &error), SUAN_OK, "%s: %s", row->text, error.message);
}

Test(json, size_is_checked_first)
{
    SUAN_CLEANUP(suan_json_freep) struct suan_json_document *document = NULL;
    struct suan_error error;
    cr_assert_eq(suan_json_parse(suan_span_text("{ this is not JSON }"), 5, 0, "input", &document, &error),
                 SUAN_E_REFUSED);
    cr_assert_str_eq(error.code, "json.too-large");
    cr_assert_null(document);
}

Test(json, a_nul_behind_the_value_is_something_behind_the_value)
{
    SUAN_CLEANUP(suan_json_freep) struct suan_json_document *document = NULL;
    cr_assert_eq(suan_json_parse(suan_span("{}\0", 3), 5, 0, "input", &document, NULL), SUAN_E_FORMAT);
}

Test(json, newlines_and_nulls_are_allowed_where_asked_for)
{
    struct suan_error error = {0};
    cr_assert_eq(parse("{\"a\":\"x\\n\\ty\"}", SUAN_JSON_NEWLINES, &error), SUAN_OK, "%s", error.message);
    cr_assert_eq(parse("{\"a\":\"x\\ny\xE7\xAE\x97\"}", SUAN_JSON_NEWLINES, &error), SUAN_OK, "%s",
                 error.message);
    cr_assert_eq(parse("{\"a\":\"x\\ry\"}", SUAN_JSON_NEWLINES, &error), SUAN_E_FORMAT);
    cr_assert_eq(parse("{\"a\\n\":1}", SUAN_JSON_NEWLINES, &error), SUAN_E_FORMAT);
    cr_assert_eq(parse("{\"a\":null}", SUAN_JSON_NULLS, &error), SUAN_OK, "%s", error.message);
}

/* A message about hostile text goes to a terminal: it must not carry its escape sequences there. */
Test(json, messages_do_not_repeat_control_characters)
{
    struct suan_error error;
    cr_assert_eq(parse("{\"a\":\x1b[31m}", 0, &error), SUAN_E_FORMAT);
    cr_assert_null(strchr(error.message, 0x1b), "%s", error.message);
    cr_assert_eq(parse("{\"a\":1}\x1b[31m", 0, &error), SUAN_E_FORMAT);
    cr_assert_null(strchr(error.message, 0x1b), "%s", error.message);
}

/* --- canonical form ----------------------------------------------------------------------------------- */

ParameterizedTestParameters(json, refuses_what_is_not_canonical)
{
    static struct good rows[] = {
        {"{ }"},
        {"{} "},
        {"{\"b\":1,\"a\":2}"},
        {"{\"a\": 1}"},
        {"{\"a\":\"\\u0041\"}"},
        {"{\"a\":\"\\/\"}"},
        {"{\"a\":-0}"},
        {"{\"a\":\"\\u7b97\"}"},
        {"{\"a\":[1, 2]}"},
        {"\n{}"},
    };
    return cr_make_param_array(struct good, rows, sizeof rows / sizeof rows[0]);
}

ParameterizedTest(struct good *row, json, refuses_what_is_not_canonical)
{
    struct suan_error error = {0};
    cr_assert_eq(parse(row->text, 0, &error), SUAN_OK, "%s: %s", row->text, error.message);
    cr_assert_eq(parse(row->text, SUAN_JSON_CANONICAL, &error), SUAN_E_FORMAT, "%s", row->text);
    cr_assert_str_eq(error.code, "json.canonical");
}

Test(json, takes_what_is_canonical)
{
    struct suan_error error = {0};
    static const char *const rows[] = {"{}", "{\"a\":[1,-2,true,\"\xE7\xAE\x97/\\\"\\\\\"],\"b\":{\"c\":0}}"};
    for (size_t i = 0; i < 2; i++)
        cr_assert_eq(parse(rows[i], SUAN_JSON_CANONICAL, &error), SUAN_OK, "%s: %s", rows[i], error.message);
}

/* --- looking and expecting ---------------------------------------------------------------------------- */

static const char sample[] =
    "{\"n\":7,\"t\":\"text\",\"b\":true,\"h\":\"00ff\",\"l\":[1,2,3],\"o\":{\"x\":1},\"z\":null}";

static struct suan_json_document *document;

static void open_sample(void)
{
    cr_assert_eq(suan_json_parse(suan_span_text(sample), 4096, SUAN_JSON_NULLS, "sample", &document, NULL),
                 SUAN_OK);
}

static void close_sample(void)
{
    suan_json_free(document);
}

static const struct suan_json *root(void)
{
    return suan_json_root(document);
}

Test(json, values_are_found_by_key_and_index, .init = open_sample, .fini = close_sample)
{
    const struct suan_json *list = suan_json_find(root(), "l");
    cr_assert_eq(suan_json_integer(suan_json_find(root(), "n")), 7);
    cr_assert(suan_span_equal(suan_json_text(suan_json_find(root(), "t")), suan_span_text("text")));
    cr_assert(suan_json_boolean(suan_json_find(root(), "b")));
    cr_assert_eq(suan_json_count(list), 3u);
    cr_assert_eq(suan_json_integer(suan_json_at(list, 2)), 3);
    cr_assert_null(suan_json_at(list, 3));
    cr_assert_null(suan_json_find(root(), "absent"));
    cr_assert_null(suan_json_find(root(), "z"));
    cr_assert_eq(suan_json_type(root()), SUAN_JSON_OBJECT);
    cr_assert_eq(suan_json_type(list), SUAN_JSON_ARRAY);
}

Test(json, values_of_another_type_are_empty, .init = open_sample, .fini = close_sample)
{
    cr_assert_eq(suan_json_integer(suan_json_find(root(), "t")), 0);
    cr_assert_eq(suan_json_text(suan_json_find(root(), "n")).size, 0u);
    cr_assert_not(suan_json_boolean(suan_json_find(root(), "n")));
    cr_assert_eq(suan_json_count(suan_json_find(root(), "n")), 0u);
}

Test(json, members_come_in_the_order_of_the_file, .init = open_sample, .fini = close_sample)
{
    char order[16] = "";
    const struct suan_json *value;
    for (const char *key = NULL; (key = suan_json_next(root(), key, &value)) != NULL;)
        strcat(order, key);
    cr_assert_str_eq(order, "ntbhloz");
}

Test(json, expected_fields_are_given, .init = open_sample, .fini = close_sample)
{
    int64_t number = 0;
    bool flag = false;
    uint8_t bytes[2] = {0};
    struct suan_span text = {NULL, 0};
    const struct suan_json *list = NULL, *object = NULL;
    cr_assert_eq(suan_json_get_integer(root(), "n", SUAN_JSON_REQUIRED, 7, 7, &number, "", NULL), SUAN_OK);
    cr_assert_eq(suan_json_get_boolean(root(), "b", SUAN_JSON_REQUIRED, &flag, "", NULL), SUAN_OK);
    cr_assert_eq(suan_json_get_hex(root(), "h", SUAN_JSON_REQUIRED, bytes, 2, "", NULL), SUAN_OK);
    cr_assert_eq(suan_json_get_text(root(), "t", SUAN_JSON_REQUIRED, 4, &text, "", NULL), SUAN_OK);
    cr_assert_eq(suan_json_get_array(root(), "l", SUAN_JSON_REQUIRED, 3, &list, "", NULL), SUAN_OK);
    cr_assert_eq(suan_json_get_object(root(), "o", SUAN_JSON_REQUIRED, &object, "", NULL), SUAN_OK);
    cr_assert(number == 7 && flag && bytes[1] == 0xff && text.size == 4 && list != NULL && object != NULL);
}

Test(json, absent_optional_fields_change_nothing, .init = open_sample, .fini = close_sample)
{
    int64_t number = 42;
    struct suan_span text = suan_span_text("before");
    uint8_t bytes[2] = {1, 2};
    const struct suan_json *list = root();
    cr_assert_eq(suan_json_get_integer(root(), "no", SUAN_JSON_OPTIONAL, 0, 1, &number, "", NULL), SUAN_OK);
    cr_assert_eq(suan_json_get_integer(root(), "z", SUAN_JSON_OPTIONAL, 0, 1, &number, "", NULL), SUAN_OK);
    cr_assert_eq(suan_json_get_text(root(), "no", SUAN_JSON_OPTIONAL, 1, &text, "", NULL), SUAN_OK);
    cr_assert_eq(suan_json_get_hex(root(), "no", SUAN_JSON_OPTIONAL, bytes, 2, "", NULL), SUAN_OK);
    cr_assert_eq(suan_json_get_array(root(), "no", SUAN_JSON_OPTIONAL, 1, &list, "", NULL), SUAN_OK);
    cr_assert(number == 42 && text.size == 6 && bytes[0] == 1);
    cr_assert_null(list);
}

/* An absent optional hexadecimal field differs from an empty one. */
Test(json, an_empty_text_is_not_an_absent_one)
{
    SUAN_CLEANUP(suan_json_freep) struct suan_json_document *empty = NULL;
    uint8_t bytes[2];
    cr_assert_eq(suan_json_parse(suan_span_text("{\"h\":\"\"}"), 99, 0, "x", &empty, NULL), SUAN_OK);
    cr_assert_eq(suan_json_get_hex(suan_json_root(empty), "h", SUAN_JSON_OPTIONAL, bytes, 2, "", NULL),
                 SUAN_E_FORMAT);
}

Test(json, wrong_fields_are_named, .init = open_sample, .fini = close_sample)
{
    struct suan_error error;
    int64_t number;
    bool flag;
    uint8_t bytes[4];
    struct suan_span text;
    const struct suan_json *value;
    cr_assert_eq(suan_json_get_integer(root(), "no", SUAN_JSON_REQUIRED, 0, 9, &number, "a.b", &error),
                 SUAN_E_FORMAT);
    cr_assert_str_eq(error.message, "a.b.no: missing");
    cr_assert_str_eq(error.code, "json.field");
    cr_assert_eq(suan_json_get_integer(root(), "z", SUAN_JSON_REQUIRED, 0, 9, &number, "", &error),
                 SUAN_E_FORMAT);
    cr_assert_eq(suan_json_get_integer(root(), "n", SUAN_JSON_REQUIRED, 0, 6, &number, "", &error),
                 SUAN_E_FORMAT);
    cr_assert_str_eq(error.message, "n: 7 is outside 0 to 6");
    cr_assert_eq(suan_json_get_integer(root(), "t", SUAN_JSON_OPTIONAL, 0, 6, &number, "", &error),
                 SUAN_E_FORMAT);
    cr_assert_eq(suan_json_get_boolean(root(), "n", SUAN_JSON_OPTIONAL, &flag, "", &error), SUAN_E_FORMAT);
    cr_assert_eq(suan_json_get_text(root(), "t", SUAN_JSON_OPTIONAL, 3, &text, "", &error), SUAN_E_FORMAT);
    cr_assert_str_eq(error.message, "t: longer than 3 bytes");
    cr_assert_eq(suan_json_get_text(root(), "n", SUAN_JSON_OPTIONAL, 3, &text, "", &error), SUAN_E_FORMAT);
    cr_assert_eq(suan_json_get_hex(root(), "h", SUAN_JSON_OPTIONAL, bytes, 4, "", &error), SUAN_E_FORMAT);
    cr_assert_eq(suan_json_get_hex(root(), "t", SUAN_JSON_OPTIONAL, bytes, 2, "", &error), SUAN_E_FORMAT);
    cr_assert_eq(suan_json_get_array(root(), "l", SUAN_JSON_OPTIONAL, 2, &value, "", &error), SUAN_E_FORMAT);
    cr_assert_eq(suan_json_get_array(root(), "o", SUAN_JSON_OPTIONAL, 2, &value, "", &error), SUAN_E_FORMAT);
    cr_assert_eq(suan_json_get_object(root(), "l", SUAN_JSON_OPTIONAL, &value, "", &error), SUAN_E_FORMAT);
}

Test(json, unknown_fields_are_refused_with_a_suggestion)
{
    SUAN_CLEANUP(suan_json_freep) struct suan_json_document *wrong = NULL;
    static const char *const known[] = {"title", "version", NULL};
    struct suan_error error;
    cr_assert_eq(
        suan_json_parse(suan_span_text("{\"titel\":{\"x\":1},\"version\":2}"), 99, 0, "x", &wrong, NULL),
        SUAN_OK);
    const struct suan_json *object = suan_json_root(wrong);
    cr_assert_eq(suan_json_only(object, known, "m", &error), SUAN_E_FORMAT);
    cr_assert_str_eq(error.message, "m.titel: unknown field");
    cr_assert_str_eq(error.hint, "did you mean 'title'?");
    cr_assert_eq(suan_json_only(suan_json_find(object, "titel"), known, "m", &error), SUAN_E_FORMAT);
    cr_assert_str_eq(error.hint, "");
    cr_assert_eq(suan_json_only(suan_json_find(object, "version"), known, "m", &error), SUAN_E_FORMAT);
    cr_assert_str_eq(error.message, "m: must be an object");
}
