/* Base 64 through libsodium, whose decoder is strict about padding and stray bits, though not about its
 * alphabet. */
#include "base64.h"

#include <sodium.h>

enum { VARIANT = sodium_base64_VARIANT_ORIGINAL };

void suan_base64_append(struct suan_buffer *out, struct suan_span data)
{
    if (data.size == 0)
        return;
    if (data.size > SIZE_MAX / 4) {
        out->failed = true;
        return;
    }
    size_t with_nul = sodium_base64_encoded_len(data.size, VARIANT);
    uint8_t *place = suan_buffer_extend(out, with_nul);
    if (place == NULL)
        return;
    sodium_bin2base64((char *)place, with_nul, data.data, data.size, VARIANT);
    out->size--;
}

/* The size of what such a text stands for; false if no text of that size is right. */
static bool decoded_size(struct suan_span text, size_t *out)
{
    if (text.size % 4 != 0)
        return false;
    size_t size = text.size / 4 * 3;
    if (text.size > 0)
        size -= (text.data[text.size - 1] == '=') + (size_t)(text.data[text.size - 2] == '=');
    *out = size;
    return true;
}

/* libsodium 1.0.18 takes some bytes from 0x80 on for letters, as "\xc3\xa9gg", so they are refused before it
 * sees them. */
static bool is_ascii(struct suan_span text)
{
    uint8_t all = 0;
    for (size_t i = 0; i < text.size; i++)
        all |= text.data[i];
    return all < 0x80;
}

bool suan_base64_decode_exact(struct suan_span text, uint8_t *out, size_t size)
{
    size_t expected, used;
    if (!decoded_size(text, &expected) || expected != size || !is_ascii(text))
        return false;
    if (size == 0)
        return text.size == 0;
    return sodium_base642bin(out, size, (const char *)text.data, text.size, NULL, &used, NULL, VARIANT) ==
               0 &&
           used == size;
}

bool suan_base64_decode(struct suan_span text, struct suan_buffer *out)
{
    size_t size;
    if (!decoded_size(text, &size))
        return false;
    if (size == 0)
        return text.size == 0;
    uint8_t *place = suan_buffer_extend(out, size);
    if (place == NULL)
        return true;
    if (suan_base64_decode_exact(text, place, size))
        return true;
    out->size -= size;
    return false;
}
