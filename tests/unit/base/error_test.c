#include "base/error.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"

Test(error, carries_status_code_message_and_hint)
{
    struct suan_error error;
    enum suan_status status =
        suan_error_set(&error, SUAN_E_REFUSED, "package.path", "rename it", "entry '%s': %d", "x", 7);
    cr_assert_eq(status, SUAN_E_REFUSED);
    cr_assert_eq(error.status, SUAN_E_REFUSED);
    cr_assert_str_eq(error.code, "package.path");
    cr_assert_str_eq(error.message, "entry 'x': 7");
    cr_assert_str_eq(error.hint, "rename it");
}

Test(error, may_be_absent)
{
    cr_assert_eq(suan_error_set(NULL, SUAN_E_IO, "file.io", NULL, "x"), SUAN_E_IO);
    cr_assert_eq(suan_error_errno(NULL, "file.io", ENOENT, "x"), SUAN_E_NOT_FOUND);
    suan_error_prefix(NULL, "x");
}

Test(error, a_hint_left_out_is_empty)
{
    struct suan_error error;
    memset(&error, 'x', sizeof error);
    cr_assert_eq(suan_error_set(&error, SUAN_E_IO, "c", NULL, "m"), SUAN_E_IO);
    cr_assert_str_eq(error.hint, "");
}

/* Wherever the cut falls in text of 1 to 4 bytes a character, what is left is whole characters. */
Test(error, text_that_does_not_fit_is_cut_between_characters)
{
    static const char *const characters[] = {"a", "\xC3\xA9", "\xE7\xAE\x97", "\xF0\x9F\x8C\x8A"};
    for (size_t kind = 0; kind < 4; kind++) {
        for (size_t shift = 0; shift < 4; shift++) {
            char text[2048] = "";
            memset(text, 'x', shift);
            for (size_t at = shift; at + 5 < 900; at += strlen(characters[kind]))
                strcpy(text + at, characters[kind]);
            struct suan_error error;
            (void)suan_error_set(&error, SUAN_E_IO, "c", text, "%s", text);
            cr_assert(suan_text_is_utf8(suan_span_text(error.message)));
            cr_assert(suan_text_is_utf8(suan_span_text(error.hint)));
            cr_assert_geq(strlen(error.message), sizeof error.message - 5);
            cr_assert_geq(strlen(error.hint), sizeof error.hint - 5);
            suan_error_prefix(&error, "\xE7\xAE\x97\xE7");
            cr_assert_lt(strlen(error.message), sizeof error.message);
        }
    }
}

Test(error, a_message_may_be_built_from_the_one_before)
{
    struct suan_error error;
    (void)suan_error_set(&error, SUAN_E_IO, "c", "h", "inner");
    (void)suan_error_set(&error, SUAN_E_IO, "c", error.hint, "outer: %s", error.message);
    cr_assert_str_eq(error.message, "outer: inner");
    cr_assert_str_eq(error.hint, "h");
}

Test(error, a_prefix_goes_before_the_message)
{
    struct suan_error error;
    (void)suan_error_set(&error, SUAN_E_FORMAT, "json.syntax", NULL, "line 1");
    suan_error_prefix(&error, "trust.json");
    cr_assert_str_eq(error.message, "trust.json: line 1");
    cr_assert_str_eq(error.code, "json.syntax");
}

/* Messages quote strangers' bytes and end on terminals. */
Test(error, a_message_is_one_line_without_control_characters)
{
    struct suan_error error;
    (void)suan_error_set(&error, SUAN_E_FORMAT, "c", "a\nb", "x\x1b[31m\ny\tz\x7f\xC2\x9B%s", "\xE7\xAE\x97");
    cr_assert_str_eq(error.message, "x?[31m?y?z?\?\?\xE7\xAE\x97");
    cr_assert_str_eq(error.hint, "a?b");
    suan_error_prefix(&error, "p\x1b");
    cr_assert_eq(strncmp(error.message, "p?: x", 5), 0, "%s", error.message);
}

Test(error, errno_decides_the_status)
{
    static const struct {
        int errno_value, status;
    } rows[] = {{ENOMEM, SUAN_E_MEMORY},    {ENOENT, SUAN_E_NOT_FOUND}, {EACCES, SUAN_E_PERMISSION},
                {EPERM, SUAN_E_PERMISSION}, {ENOSPC, SUAN_E_IO},        {EIO, SUAN_E_IO}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct suan_error error;
        cr_assert_eq(suan_error_errno(&error, "file.io", rows[i].errno_value, "the file"), rows[i].status);
        cr_assert_eq(strncmp(error.message, "the file: ", 10), 0);
    }
}
