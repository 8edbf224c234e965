/* Widths, amounts and times as people read them. */
#include "text.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <utf8proc.h>

size_t suan_text_width(struct suan_span text)
{
    size_t width = 0;
    for (size_t i = 0; i < text.size;) {
        utf8proc_int32_t c;
        utf8proc_ssize_t used = utf8proc_iterate(text.data + i, (utf8proc_ssize_t)(text.size - i), &c);
        if (used <= 0) {
            width++;
            i++;
            continue;
        }
        int columns = utf8proc_charwidth(c);
        width += columns > 0 ? (size_t)columns : 0;
        i += (size_t)used;
    }
    return width;
}

bool suan_text_is_utf8(struct suan_span text)
{
    for (size_t i = 0; i < text.size;) {
        utf8proc_int32_t c;
        utf8proc_ssize_t used = utf8proc_iterate(text.data + i, (utf8proc_ssize_t)(text.size - i), &c);
        if (used <= 0)
            return false;
        i += (size_t)used;
    }
    return true;
}

static void append_grouped(struct suan_buffer *out, uint64_t value)
{
    char digits[24];
    int length = snprintf(digits, sizeof digits, "%" PRIu64, value);
    for (int i = 0; i < length; i++) {
        if (i > 0 && (length - i) % 3 == 0)
            suan_buffer_append_u8(out, ',');
        suan_buffer_append_u8(out, (uint8_t)digits[i]);
    }
}

static uint64_t magnitude(struct suan_buffer *out, int64_t value)
{
    if (value >= 0)
        return (uint64_t)value;
    suan_buffer_append_u8(out, '-');
    return -(uint64_t)value;
}

void suan_text_grouped(struct suan_buffer *out, int64_t value)
{
    uint64_t size = magnitude(out, value);
    append_grouped(out, size);
}

void suan_text_yuan(struct suan_buffer *out, int64_t fen)
{
    uint64_t size = magnitude(out, fen);
    append_grouped(out, size / 100);
    suan_buffer_printf(out, ".%02u", (unsigned)(size % 100));
}

void suan_text_time(struct suan_buffer *out, uint64_t time_ns)
{
    time_t seconds = (time_t)(time_ns / UINT64_C(1000000000));
    struct tm parts;
    if (gmtime_r(&seconds, &parts) == NULL) {
        suan_buffer_append_text(out, "?");
        return;
    }
    suan_buffer_printf(out, "%04d-%02d-%02dT%02d:%02d:%02dZ", parts.tm_year + 1900, parts.tm_mon + 1,
                       parts.tm_mday, parts.tm_hour, parts.tm_min, parts.tm_sec);
}

static void append_letter(struct suan_buffer *out, utf8proc_int32_t c)
{
    utf8proc_uint8_t bytes[4];
    utf8proc_category_t category = utf8proc_category(c);
    bool kept = category >= UTF8PROC_CATEGORY_LU && category <= UTF8PROC_CATEGORY_NO;
    if (kept)
        suan_buffer_append(out, bytes, (size_t)utf8proc_encode_char(utf8proc_toupper(c), bytes));
}

void suan_text_letters(struct suan_buffer *out, struct suan_span text)
{
    utf8proc_uint8_t *composed = NULL;
    utf8proc_ssize_t size = utf8proc_map(text.data, (utf8proc_ssize_t)text.size, &composed,
                                         UTF8PROC_STABLE | UTF8PROC_COMPOSE | UTF8PROC_COMPAT);
    if (size == UTF8PROC_ERROR_NOMEM)
        out->failed = true;
    for (utf8proc_ssize_t i = 0; i < size;) {
        utf8proc_int32_t c;
        utf8proc_ssize_t used = utf8proc_iterate(composed + i, size - i, &c);
        if (used > 0)
            append_letter(out, c);
        i += used > 0 ? used : 1;
    }
    free(composed);
}
