/* A stranger's text made harmless. */
#include "wire.h"

/* Length of the UTF-8 sequence at `p` (at most `left` bytes), 0 if it is not one: overlong forms, surrogates
   and numbers beyond U+10FFFF are not. */
static size_t sequence_length(const uint8_t *p, size_t left)
{
    static const uint32_t least[5] = {0, 0, 0x80, 0x800, 0x10000};
    size_t length = p[0] < 0x80   ? 1
                    : p[0] < 0xC2 ? 0
                    : p[0] < 0xE0 ? 2
                    : p[0] < 0xF0 ? 3
                    : p[0] < 0xF5 ? 4
                                  : 0;
    if (length == 0 || length > left)
        return 0;
    if (length == 1)
        return 1;
    uint32_t value = p[0] & (0x7Fu >> length);
    for (size_t i = 1; i < length; i++) {
        if ((p[i] & 0xC0) != 0x80)
            return 0;
        value = value << 6 | (p[i] & 0x3F);
    }
    bool surrogate = value >= 0xD800 && value < 0xE000;
    bool control =
        value < 0xA0 || (value >= 0x202A && value <= 0x202E) || (value >= 0x2066 && value <= 0x2069);
    return value < least[length] || value > 0x10FFFF || surrogate || control ? 0 : length;
}

void suan_wire_clean_text(const char *text, size_t size, char *out)
{
    const uint8_t *p = (const uint8_t *)text;
    size_t end = strnlen(text, size);
    for (size_t i = 0; i < end;) {
        size_t length = sequence_length(p + i, end - i);
        bool plain = length > 1 || (length == 1 && p[i] >= 0x20 && p[i] != 0x7F);
        if (plain) {
            memcpy(out + i, p + i, length);
            i += length;
        } else {
            out[i++] = '?';
        }
    }
    out[end] = '\0';
}
