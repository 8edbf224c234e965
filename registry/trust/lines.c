/* Lines and numbers in exactly one spelling. */
#include "lines.h"

bool suan_line_take(struct suan_span *text, struct suan_span *out_line)
{
    const uint8_t *end = text->size > 0 ? memchr(text->data, '\n', text->size) : NULL;
    if (end == NULL)
        return false;
    size_t size = (size_t)(end - text->data);
    *out_line = suan_span(text->data, size);
    *text = suan_span(end + 1, text->size - size - 1);
    return true;
}

bool suan_prefix_take(struct suan_span *span, const char *prefix)
{
    size_t size = strlen(prefix);
    if (span->size < size || memcmp(span->data, prefix, size) != 0)
        return false;
    *span = suan_span(span->data + size, span->size - size);
    return true;
}

bool suan_decimal_parse(struct suan_span digits, uint64_t *out)
{
    enum { DIGITS_MAX = 19 };
    uint64_t value = 0;

    if (digits.size == 0 || digits.size > DIGITS_MAX || (digits.size > 1 && digits.data[0] == '0'))
        return false;
    for (size_t i = 0; i < digits.size; i++) {
        if (digits.data[i] < '0' || digits.data[i] > '9')
            return false;
        value = value * 10 + (uint64_t)(digits.data[i] - '0');
    }
    if (value > INT64_MAX)
        return false;
    *out = value;
    return true;
}
