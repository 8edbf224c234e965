/* CRC-32C by the instruction of ARMv8.1 (optional in 8.0). */
#include "crc.h"

#include <arm_acle.h>
#include <asm/hwcap.h>
#include <string.h>
#include <sys/auxv.h>

static inline uint64_t load(const uint8_t *data)
{
    uint64_t word;
    memcpy(&word, data, sizeof word);
    return word;
}

__attribute__((target("+crc"))) static uint64_t update(uint64_t lanes, const uint8_t *data, size_t size)
{
    uint32_t high = __crc32cd((uint32_t)(lanes >> 32), size), low = (uint32_t)lanes;
    uint64_t tail = 0;

    for (; size >= 16; data += 16, size -= 16) {
        low = __crc32cd(low, load(data));
        high = __crc32cd(high, load(data + 8));
    }
    if (size >= 8) {
        low = __crc32cd(low, load(data));
        if (size > 8) {
            memcpy(&tail, data + 8, size - 8);
            high = __crc32cd(high, tail);
        }
    } else if (size > 0) {
        memcpy(&tail, data, size);
        low = __crc32cd(low, tail);
    }
    return (uint64_t)high << 32 | low;
}

struct suan_crc suan_crc_native(void)
{
    return (struct suan_crc){(getauxval(AT_HWCAP) & HWCAP_CRC32) != 0 ? update : NULL};
}
