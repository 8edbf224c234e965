#include <criterion/criterion.h>
#include <math.h>

#include "base/cleanup.h"
#include "base/json.h"

static void assert_form(const struct suan_json *value, enum suan_json_style style, const char *expected)
{
    SUAN_CLEANUP(suan_buffer_done) struct suan_buffer out = {0};
    cr_assert_eq(suan_json_format(value, style, &out, NULL), SUAN_OK);
    cr_assert_str_eq(suan_buffer_text(&out), expected);
}

static struct suan_json *build_sample(void)
{
    struct suan_json *object = suan_json_new_object(), *list = suan_json_new_array();
    static const uint8_t bytes[] = {0x0a, 0xff};
    suan_json_add_integer(list, 1);
    suan_json_add_text(list, "\xE7\xAE\x97");
    suan_json_add_span(list, suan_span("xyz", 2));
    suan_json_set(object, "list", list);
    suan_json_set_integer(object, "int", -5);
    suan_json_set_boolean(object, "bool", false);
    suan_json_set_null(object, "null");
    suan_json_set_hex(object, "hex", bytes, 2);
    suan_json_set_real(object, "real", 0.1);
    return object;
}

Test(json_build, canonical_form_is_sorted_and_compact)
{
    SUAN_CLEANUP(suan_json_releasep) struct suan_json *object = build_sample();
    assert_form(
        object, SUAN_JSON_STYLE_CANONICAL,
        "{\"bool\":false,\"hex\":\"0aff\",\"int\":-5,\"list\":[1,\"\xE7\xAE\x97\",\"xy\"],\"null\":null,"
        "\"real\":\"0.10000000000000001\"}");
}

Test(json_build, indented_form_keeps_the_order_of_insertion)
{
    SUAN_CLEANUP(suan_json_releasep) struct suan_json *object = suan_json_new_object();
    suan_json_set_integer(object, "b", 1);
    suan_json_set_integer(object, "a", 2);
    assert_form(object, SUAN_JSON_STYLE_INDENTED, "{\n \"b\": 1,\n \"a\": 2\n}");
}

Test(json_build, setting_again_replaces)
{
    SUAN_CLEANUP(suan_json_releasep) struct suan_json *object = suan_json_new_object();
    suan_json_set_integer(object, "a", 1);
    suan_json_set_text(object, "a", "x");
    assert_form(object, SUAN_JSON_STYLE_CANONICAL, "{\"a\":\"x\"}");
}

Test(json_build, reals_survive_as_text)
{
    SUAN_CLEANUP(suan_json_releasep) struct suan_json *object = suan_json_new_object();
    suan_json_set_real(object, "a", -NAN);
    suan_json_set_real(object, "b", HUGE_VAL);
    suan_json_set_real(object, "c", -HUGE_VAL);
    suan_json_set_real(object, "d", -0.0);
    suan_json_set_real(object, "e", 1e300);
    assert_form(
        object, SUAN_JSON_STYLE_CANONICAL,
        "{\"a\":\"nan\",\"b\":\"inf\",\"c\":\"-inf\",\"d\":\"-0\",\"e\":\"1.0000000000000001e+300\"}");
}

Test(json_build, bytes_that_are_no_text_are_replaced_one_by_one)
{
    SUAN_CLEANUP(suan_json_releasep) struct suan_json *object = suan_json_new_object();
    suan_json_set_text(object, "a", "x\xff\xC3\xA9\xE7");
    assert_form(object, SUAN_JSON_STYLE_CANONICAL, "{\"a\":\"x\xEF\xBF\xBD\xC3\xA9\xEF\xBF\xBD\"}");
}

Test(json_build, a_child_that_could_not_be_made_fails_the_whole)
{
    SUAN_CLEANUP(suan_json_releasep) struct suan_json *object = suan_json_new_object();
    SUAN_CLEANUP(suan_buffer_done) struct suan_buffer out = {0};
    struct suan_json *inner = suan_json_new_object(), *list = suan_json_new_array();
    struct suan_error error;
    suan_json_set(object, "fine", NULL);
    cr_assert_eq(suan_json_format(object, SUAN_JSON_STYLE_CANONICAL, &out, &error), SUAN_E_MEMORY);
    SUAN_CLEANUP(suan_json_releasep) struct suan_json *outer = suan_json_new_object();
    suan_json_add(list, NULL);
    suan_json_set(inner, "list", list);
    suan_json_set(outer, "inner", inner);
    cr_assert_eq(suan_json_format(outer, SUAN_JSON_STYLE_CANONICAL, &out, &error), SUAN_E_MEMORY);
    cr_assert_eq(suan_json_format(NULL, SUAN_JSON_STYLE_CANONICAL, &out, &error), SUAN_E_MEMORY);
    suan_json_set_integer(NULL, "a", 1);
    suan_json_release(NULL);
}

Test(json_build, parsed_values_can_be_shared)
{
    SUAN_CLEANUP(suan_json_releasep) struct suan_json *object = suan_json_new_object();
    struct suan_json_document *document = NULL;
    cr_assert_eq(suan_json_parse(suan_span_text("{\"x\":[1]}"), 99, 0, "d", &document, NULL), SUAN_OK);
    suan_json_set_copy(object, "copy", suan_json_find(suan_json_root(document), "x"));
    suan_json_free(document);
    assert_form(object, SUAN_JSON_STYLE_CANONICAL, "{\"copy\":[1]}");
}
