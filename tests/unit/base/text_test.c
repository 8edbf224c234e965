#include "base/text.h"

#include <criterion/criterion.h>
#include <criterion/parameterized.h>

#include "base/cleanup.h"

struct width {
    char text[32];
    size_t columns;
};

ParameterizedTestParameters(text, chinese_characters_take_two_columns)
{
    static struct width rows[] = {
        {"", 0},
        {"abc", 3},
        {"\xE7\xAE\x97", 2},
        {"\xE7\xAE\x97\xE6\xB3\x95\xE5\x88\xB8", 6},
        {"\xEF\xBC\x8C", 2}, /* full-width comma */
        {"\xC3\xA9", 1},
        {"e\xCC\x81", 1}, /* a combining accent takes no column */
        {"\xC2\xA5", 1},  /* yen and yuan sign */
        {"\xff\xfe", 2},  /* not text: one column for each byte */
        {"a\xE7", 2},
    };
    return cr_make_param_array(struct width, rows, sizeof rows / sizeof rows[0]);
}

ParameterizedTest(struct width *row, text, chinese_characters_take_two_columns)
{
    cr_assert_eq(suan_text_width(suan_span_text(row->text)), row->columns, "%s: %zu", row->text,
                 suan_text_width(suan_span_text(row->text)));
}

struct amount {
    int64_t value;
    char yuan[40], grouped[40];
};

ParameterizedTestParameters(text, amounts_are_grouped)
{
    static struct amount rows[] = {
        {0, "0.00", "0"},
        {1, "0.01", "1"},
        {-1, "-0.01", "-1"},
        {99, "0.99", "99"},
        {100, "1.00", "100"},
        {-12345, "-123.45", "-12,345"},
        {100000, "1,000.00", "100,000"},
        {123456789, "1,234,567.89", "123,456,789"},
        {INT64_MAX, "92,233,720,368,547,758.07", "9,223,372,036,854,775,807"},
        {INT64_MIN, "-92,233,720,368,547,758.08", "-9,223,372,036,854,775,808"},
    };
    return cr_make_param_array(struct amount, rows, sizeof rows / sizeof rows[0]);
}

ParameterizedTest(struct amount *row, text, amounts_are_grouped)
{
    SUAN_CLEANUP(suan_buffer_done) struct suan_buffer yuan = {0};
    SUAN_CLEANUP(suan_buffer_done) struct suan_buffer grouped = {0};
    suan_text_yuan(&yuan, row->value);
    suan_text_grouped(&grouped, row->value);
    cr_assert_str_eq(suan_buffer_text(&yuan), row->yuan);
    cr_assert_str_eq(suan_buffer_text(&grouped), row->grouped);
}

Test(text, time_is_utc)
{
    static const struct {
        uint64_t time_s;
        const char *text;
    } rows[] = {{0, "1970-01-01T00:00:00Z"},
                {1772352000, "2026-03-01T08:00:00Z"},
                {1709164800, "2024-02-29T00:00:00Z"}};
    for (size_t i = 0; i < 3; i++) {
        SUAN_CLEANUP(suan_buffer_done) struct suan_buffer out = {0};
        suan_text_time(&out, rows[i].time_s * 1000000000 + 999999999);
        cr_assert_str_eq(suan_buffer_text(&out), rows[i].text);
    }
}

Test(text, utf8_has_no_second_spelling)
{
    static const char *const right[] = {
        "", "abc", "\xC3\xA9", "\xE7\xAE\x97", "\xF0\x9F\x8C\x8A", "\xF4\x8F\xBF\xBD"};
    static const char *const wrong[] = {"\x80",
                                        "\xC3",
                                        "\xC0\x80",
                                        "\xE0\x80\x80",
                                        "\xED\xA0\x80",
                                        "\xF0\x80\x80\x80",
                                        "\xF4\x90\x80\x80",
                                        "\xF8\x88\x80\x80\x80",
                                        "a\xE7\xAE",
                                        "\xff"};
    for (size_t i = 0; i < sizeof right / sizeof right[0]; i++)
        cr_assert(suan_text_is_utf8(suan_span_text(right[i])), "row %zu", i);
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
        cr_assert_not(suan_text_is_utf8(suan_span_text(wrong[i])), "row %zu", i);
}
