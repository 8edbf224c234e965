/* CRC-32C without help of the processor, and the choice between this and the native one. */
#include "crc.h"

#include <string.h>

enum { POLYNOMIAL_BITS = 8 };

/* One step of the reflected polynomial 0x82f63b78 for each bit of the byte. */
static uint32_t take_byte(uint32_t crc, uint8_t byte)
{
    crc ^= byte;
    for (int i = 0; i < POLYNOMIAL_BITS; i++)
        crc = (crc >> 1) ^ (UINT32_C(0x82f63b78) & (0 - (crc & 1)));
    return crc;
}

static uint32_t take_word(uint32_t crc, const uint8_t word[8])
{
    for (int i = 0; i < 8; i++)
        crc = take_byte(crc, word[i]);
    return crc;
}

uint64_t suan_crc_update_plain(uint64_t lanes, const uint8_t *data, size_t size)
{
    uint32_t crc[2] = {(uint32_t)(lanes >> 32), (uint32_t)lanes};
    uint8_t word[8];

    for (int i = 0; i < 8; i++)
        word[i] = (uint8_t)((uint64_t)size >> (8 * i));
    crc[0] = take_word(crc[0], word);
    for (size_t at = 0, lane = 1; at < size; at += 8, lane ^= 1) {
        size_t have = size - at < 8 ? size - at : 8;
        memset(word, 0, sizeof word);
        memcpy(word, data + at, have);
        crc[lane] = take_word(crc[lane], word);
    }
    return (uint64_t)crc[0] << 32 | crc[1];
}

struct suan_crc suan_crc_choose(void)
{
    struct suan_crc native = suan_crc_native();
    return native.update != NULL ? native : (struct suan_crc){suan_crc_update_plain};
}
