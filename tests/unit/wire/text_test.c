/* Text from a stranger is one harmless line of UTF-8. */
#include <criterion/criterion.h>
#include <criterion/parameterized.h>

#include "wire/wire.h"

struct text_row {
    char in[24], out[24];
};

ParameterizedTestParameters(wire_text, clean)
{
    static struct text_row rows[] = {
        {"plain", "plain"},    {"算法 ok", "算法 ok"},  {"a\nb\tc", "a?b?c"},
        {"\x1b[31m", "?[31m"}, {"\x7f", "?"},           {"cut \xe7\xae", "cut ??"},
        {"\xc0\xaf", "??"},    {"\xed\xa0\x80", "???"}, {"\xf4\x90\x80\x80", "????"},
        {"\xc2\x85", "??"},    {"\xe2\x80\xae", "???"}, {"\xff\xfe", "??"},
    };
    return cr_make_param_array(struct text_row, rows, sizeof rows / sizeof rows[0]);
}

ParameterizedTest(struct text_row *row, wire_text, clean)
{
    char out[25];
    suan_wire_clean_text(row->in, sizeof row->in, out);
    cr_assert_str_eq(out, row->out);
}

Test(wire_text, needs_no_end)
{
    char out[5];
    suan_wire_clean_text("abcdefgh", 4, out);
    cr_assert_str_eq(out, "abcd");
}
