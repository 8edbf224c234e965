#include "trust/base64.h"

#include <criterion/criterion.h>
#include <criterion/parameterized.h>

#include "base/cleanup.h"

struct pair {
    char plain[8], text[12];
};

/* RFC 4648 section 10. */
ParameterizedTestParameters(base64, gives_and_takes_the_standard_texts)
{
    static struct pair pairs[] = {{"", ""},
                                  {"f", "Zg=="},
                                  {"fo", "Zm8="},
                                  {"foo", "Zm9v"},
                                  {"foob", "Zm9vYg=="},
                                  {"fooba", "Zm9vYmE="},
                                  {"foobar", "Zm9vYmFy"}};
    return cr_make_param_array(struct pair, pairs, sizeof pairs / sizeof pairs[0]);
}

ParameterizedTest(struct pair *row, base64, gives_and_takes_the_standard_texts)
{
    SUAN_CLEANUP(suan_buffer_done) struct suan_buffer text = {0};
    SUAN_CLEANUP(suan_buffer_done) struct suan_buffer plain = {0};
    suan_base64_append(&text, suan_span_text(row->plain));
    cr_assert_str_eq(suan_buffer_text(&text), row->text);
    cr_assert(suan_base64_decode(suan_span_text(row->text), &plain));
    cr_assert_str_eq(suan_buffer_text(&plain), row->plain);
}

struct text {
    char text[16];
};

ParameterizedTestParameters(base64, refuses_a_second_text_for_the_same_bytes)
{
    static struct text texts[] = {{"Zg"},    {"Zg="},        {"Zh=="},     {"Zm9="},      {"Zm9v\n"},
                                  {" Zm9v"}, {"Zm9v===="},   {"===="},     {"Z==="},      {"Zg==Zg=="},
                                  {"Zm-v"},  {"Zm_v"},       {"Zm9v="},    {"Zm 9"},      {"=Zg="},
                                  {"Z"},     {"Zm9vYg==\n"}, {"Zm9v\r\n"}, {"\xc3\xa9gg"}};
    return cr_make_param_array(struct text, texts, sizeof texts / sizeof texts[0]);
}

ParameterizedTest(struct text *row, base64, refuses_a_second_text_for_the_same_bytes)
{
    SUAN_CLEANUP(suan_buffer_done) struct suan_buffer out = {0};
    suan_buffer_append_text(&out, "before");
    cr_assert_not(suan_base64_decode(suan_span_text(row->text), &out), "%s", row->text);
    cr_assert_str_eq(suan_buffer_text(&out), "before");
}

Test(base64, takes_the_bytes_of_its_alphabet_alone)
{
    static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    for (unsigned byte = 0; byte < 256; byte++) {
        uint8_t out[3], text[4] = {'Z', 'm', '9', (uint8_t)byte}, front[4] = {(uint8_t)byte, 'm', '9', 'v'};
        bool expected = memchr(alphabet, (int)byte, sizeof alphabet - 1) != NULL;
        cr_assert_eq(suan_base64_decode_exact(suan_span(text, 4), out, 3), expected, "byte %u", byte);
        cr_assert_eq(suan_base64_decode_exact(suan_span(front, 4), out, 3), expected, "byte %u", byte);
    }
}

Test(base64, exact_size_is_exact)
{
    uint8_t out[4];
    cr_assert(suan_base64_decode_exact(suan_span_text("Zm9v"), out, 3));
    cr_assert_not(suan_base64_decode_exact(suan_span_text("Zm9v"), out, 2));
    cr_assert_not(suan_base64_decode_exact(suan_span_text("Zm9v"), out, 4));
    cr_assert(suan_base64_decode_exact(suan_span(NULL, 0), out, 0));
}

Test(base64, every_byte_survives)
{
    uint8_t all[256];
    SUAN_CLEANUP(suan_buffer_done) struct suan_buffer text = {0};
    SUAN_CLEANUP(suan_buffer_done) struct suan_buffer back = {0};
    for (size_t i = 0; i < sizeof all; i++)
        all[i] = (uint8_t)i;
    suan_base64_append(&text, suan_span(all, sizeof all));
    cr_assert(suan_base64_decode(suan_buffer_span(&text), &back));
    cr_assert(suan_span_equal(suan_buffer_span(&back), suan_span(all, sizeof all)));
}
