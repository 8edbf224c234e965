#include "bench/row.h"

#include <criterion/criterion.h>
#include <criterion/parameterized.h>
#include <stdio.h>

#include "base/cleanup.h"

static struct suan_row example(void)
{
    return (struct suan_row){.phase = SUAN_PHASE_MAIN,
                             .n = 97,
                             .state = SUAN_STATE_COLD,
                             .block = 3,
                             .pair = 4,
                             .order = SUAN_ORDER_BA,
                             .side = SUAN_SIDE_PLUGIN,
                             .cpu = 1,
                             .calls = 20,
                             .cpu_ns = 123456,
                             .wall_ns = 234567,
                             .nivcsw = 1,
                             .rss_kib = 2048,
                             .in_sha = {{1}},
                             .out_sha = {{2}},
                             .err_max = 0.1,
                             .flag = SUAN_ROW_FAILED,
                             .failed = 2};
}

static void text_of(const struct suan_row *row, struct suan_buffer *out)
{
    suan_rows_format_header(out);
    suan_rows_format(out, row, 1);
}

Test(row, text_and_rows_are_the_same_thing)
{
    struct suan_row row = example();
    SUAN_CLEANUP(suan_buffer_done) struct suan_buffer text = {0};
    SUAN_CLEANUP(suan_buffer_done) struct suan_buffer again = {0};
    SUAN_CLEANUP(suan_rows_done) struct suan_rows rows = {0};
    text_of(&row, &text);
    cr_assert_eq(suan_rows_parse(suan_buffer_span(&text), &rows, NULL), SUAN_OK);
    cr_assert_eq(rows.count, 1);
    text_of(&rows.items[0], &again);
    cr_assert(suan_span_equal(suan_buffer_span(&text), suan_buffer_span(&again)));
}

struct swap_row {
    char from[24], to[24], code[24];
};
ParameterizedTestParameters(row, other_spellings_are_refused)
{
    static struct swap_row rows[] = {
        {"main,97", "main,+97", "csv.field"},     {"main,97", "main,097", "csv.field"},
        {"main,", "mains,", "csv.field"},         {"cold", "hot", "csv.field"},
        {",123456", ",-1", "csv.field"},          {",123456", ",9999999999999999", "csv.field"},
        {"0.1000", "0.10000", "csv.field"},       {",failed\n", "\n", "csv.field"},
        {",failed\n", ",failed,\n", "csv.field"}, {",failed\n", ",failed", "csv.line"},
        {"phase,n", "phase,N", "csv.line"},       {",20,", ",1,", "csv.field"},
    };
    return cr_make_param_array(struct swap_row, rows, sizeof rows / sizeof rows[0]);
}
ParameterizedTest(struct swap_row *swap, row, other_spellings_are_refused)
{
    struct suan_row row = example();
    SUAN_CLEANUP(suan_buffer_done) struct suan_buffer text = {0};
    SUAN_CLEANUP(suan_buffer_done) struct suan_buffer spoiled = {0};
    SUAN_CLEANUP(suan_rows_done) struct suan_rows rows = {0};
    struct suan_error error = {0};
    text_of(&row, &text);
    const char *all = suan_buffer_text(&text), *place = strstr(all, swap->from);
    cr_assert_not_null(place, "%s", swap->from);
    suan_buffer_append(&spoiled, all, (size_t)(place - all));
    suan_buffer_append_text(&spoiled, swap->to);
    suan_buffer_append_text(&spoiled, place + strlen(swap->from));
    cr_assert_eq(suan_rows_parse(suan_buffer_span(&spoiled), &rows, &error), SUAN_E_FORMAT);
    cr_assert_str_eq(error.code, swap->code);
}

Test(row, compression_goes_both_ways_and_damage_is_seen)
{
    struct suan_row row = example();
    SUAN_CLEANUP(suan_buffer_done) struct suan_buffer text = {0};
    SUAN_CLEANUP(suan_buffer_done) struct suan_buffer packed = {0};
    SUAN_CLEANUP(suan_buffer_done) struct suan_buffer again = {0};
    text_of(&row, &text);
    cr_assert_eq(suan_rows_compress(suan_buffer_span(&text), &packed, NULL), SUAN_OK);
    cr_assert_eq(suan_rows_decompress(suan_buffer_span(&packed), &again, NULL), SUAN_OK);
    cr_assert(suan_span_equal(suan_buffer_span(&text), suan_buffer_span(&again)));
    suan_buffer_append_u8(&packed, 0);
    cr_assert_eq(suan_rows_decompress(suan_buffer_span(&packed), &again, NULL), SUAN_E_FORMAT);
    packed.size -= 3;
    cr_assert_eq(suan_rows_decompress(suan_buffer_span(&packed), &again, NULL), SUAN_E_FORMAT);
}

/* A frame that claims a gigabyte is refused before memory is taken. */
Test(row, a_bomb_is_refused_by_its_header)
{
    const uint8_t frame[] = {0x28, 0xB5, 0x2F, 0xFD, 0xA0, 0x00, 0x00, 0x00, 0x40, 0x01, 0x00, 0x00};
    SUAN_CLEANUP(suan_buffer_done) struct suan_buffer out = {0};
    struct suan_error error = {0};
    cr_assert_eq(suan_rows_decompress(suan_span(frame, sizeof frame), &out, &error), SUAN_E_REFUSED);
    cr_assert_str_eq(error.code, "csv.too-large");
}
