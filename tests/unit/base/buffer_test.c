#include "base/buffer.h"

#include <criterion/criterion.h>

#include "base/cleanup.h"

Test(buffer, grows_with_what_is_appended)
{
    SUAN_CLEANUP(suan_buffer_done) struct suan_buffer buffer = {0};
    for (int i = 0; i < 1000; i++)
        suan_buffer_printf(&buffer, "%03d,", i);
    cr_assert_eq(buffer.size, 4000u);
    cr_assert_eq(memcmp(buffer.data + 3996, "999,", 4), 0);
    cr_assert_eq(suan_buffer_check(&buffer, NULL), SUAN_OK);
}

Test(buffer, integers_are_big_endian)
{
    SUAN_CLEANUP(suan_buffer_done) struct suan_buffer buffer = {0};
    static const uint8_t expected[] = {0xFE, 0x01, 0x02, 0x01, 0x02, 0x03, 0x04, 1, 2, 3, 4, 5, 6, 7, 8};
    suan_buffer_append_u8(&buffer, 0xFE);
    suan_buffer_append_be16(&buffer, 0x0102);
    suan_buffer_append_be32(&buffer, UINT32_C(0x01020304));
    suan_buffer_append_be64(&buffer, UINT64_C(0x0102030405060708));
    cr_assert(suan_span_equal(suan_buffer_span(&buffer), suan_span(expected, sizeof expected)));
    cr_assert_eq(suan_be16(expected + 1), 0x0102);
    cr_assert_eq(suan_be32(expected + 3), UINT32_C(0x01020304));
    cr_assert_eq(suan_be64(expected + 7), UINT64_C(0x0102030405060708));
    uint8_t high[8];
    suan_put_be64(high, UINT64_MAX - 1);
    cr_assert_eq(suan_be64(high), UINT64_MAX - 1);
}

Test(buffer, text_ends_with_a_nul_that_is_not_counted)
{
    SUAN_CLEANUP(suan_buffer_done) struct suan_buffer buffer = {0};
    cr_assert_str_eq(suan_buffer_text(&buffer), "");
    suan_buffer_append_text(&buffer, "ab");
    cr_assert_str_eq(suan_buffer_text(&buffer), "ab");
    suan_buffer_append_u8(&buffer, 'c');
    cr_assert_str_eq(suan_buffer_text(&buffer), "abc");
    cr_assert_eq(buffer.size, 3u);
}

Test(buffer, failure_is_kept_and_drops_what_follows)
{
    SUAN_CLEANUP(suan_buffer_done) struct suan_buffer buffer = {0};
    struct suan_error error;
    suan_buffer_append_text(&buffer, "kept");
    cr_assert_null(suan_buffer_extend(&buffer, SIZE_MAX / 2));
    suan_buffer_append_text(&buffer, "dropped");
    cr_assert_eq(buffer.size, 4u);
    cr_assert_eq(suan_buffer_check(&buffer, &error), SUAN_E_MEMORY);
    cr_assert_str_eq(error.code, "memory");
}

/* NULL means out of memory, and nothing else. */
Test(buffer, room_for_nothing_is_no_failure)
{
    SUAN_CLEANUP(suan_buffer_done) struct suan_buffer buffer = {0};
    cr_assert_not_null(suan_buffer_extend(&buffer, 0));
    cr_assert_eq(buffer.size, 0u);
}

Test(buffer, clearing_forgets_content_and_failure)
{
    SUAN_CLEANUP(suan_buffer_done) struct suan_buffer buffer = {0};
    suan_buffer_append_text(&buffer, "x");
    cr_assert_null(suan_buffer_extend(&buffer, SIZE_MAX / 2));
    suan_buffer_clear(&buffer);
    suan_buffer_append_text(&buffer, "y");
    cr_assert_str_eq(suan_buffer_text(&buffer), "y");
}

Test(buffer, done_takes_anything)
{
    struct suan_buffer buffer = {0};
    suan_buffer_done(NULL);
    suan_buffer_done(&buffer);
    suan_buffer_append_text(&buffer, "x");
    suan_buffer_done(&buffer);
    suan_buffer_done(&buffer);
}

Test(buffer, hexadecimal_is_lower_case_and_exact)
{
    static const uint8_t bytes[] = {0x00, 0x9f, 0xff};
    static const char *const refused[] = {"",       "009ff",  "009fff0", "009FFF",
                                          "009ffg", "0x9fff", "009ff ",  "00 9fff"};
    char text[7];
    uint8_t back[3];
    suan_hex(bytes, sizeof bytes, text);
    cr_assert_str_eq(text, "009fff");
    cr_assert(suan_unhex(suan_span_text(text), back, sizeof back));
    cr_assert_arr_eq(back, bytes, 3);
    for (size_t i = 0; i < sizeof refused / sizeof refused[0]; i++)
        cr_assert_not(suan_unhex(suan_span_text(refused[i]), back, sizeof back), "%s", refused[i]);
}

Test(buffer, spans_compare_by_bytes_then_length)
{
    cr_assert_eq(suan_span_compare(suan_span_text("a"), suan_span_text("a")), 0);
    cr_assert_lt(suan_span_compare(suan_span_text("a"), suan_span_text("ab")), 0);
    cr_assert_gt(suan_span_compare(suan_span_text("b"), suan_span_text("ab")), 0);
    cr_assert_gt(suan_span_compare(suan_span_text("\x80"), suan_span_text("a")), 0);
    cr_assert_lt(suan_span_compare(suan_span(NULL, 0), suan_span_text("a")), 0);
    cr_assert(suan_span_equal(suan_span(NULL, 0), suan_span_text("")));
}

Test(buffer, taking_leaves_nothing_behind)
{
    int value = 7, *place = &value;
    cr_assert_eq(suan_take(&place), &value);
    cr_assert_null(place);
}
