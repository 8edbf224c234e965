/* CRC-32C by the SSE 4.2 instruction. */
#include "crc.h"

#include <nmmintrin.h>
#include <string.h>

static inline uint64_t load(const uint8_t *data)
{
    uint64_t word;
    memcpy(&word, data, sizeof word);
    return word;
}

__attribute__((target("sse4.2"))) static uint64_t update(uint64_t lanes, const uint8_t *data, size_t size)
{
    uint64_t high = _mm_crc32_u64(lanes >> 32, size), low = lanes & UINT32_MAX;
    uint64_t tail = 0;

    for (; size >= 16; data += 16, size -= 16) {
        low = _mm_crc32_u64(low, load(data));
        high = _mm_crc32_u64(high, load(data + 8));
    }
    if (size >= 8) {
        low = _mm_crc32_u64(low, load(data));
        if (size > 8) {
            memcpy(&tail, data + 8, size - 8);
            high = _mm_crc32_u64(high, tail);
        }
    } else if (size > 0) {
        memcpy(&tail, data, size);
        low = _mm_crc32_u64(low, tail);
    }
    return high << 32 | low;
}

struct suan_crc suan_crc_native(void)
{
    return (struct suan_crc){__builtin_cpu_supports("sse4.2") ? update : NULL};
}
