/* Numbers from a ChaCha20 stream: exactly the bytes of libsodium's randombytes_buf_deterministic, taken in
 * pieces. */
#include "draw.h"

#include <sodium.h>

#include "base/buffer.h"
#include "digest.h"

enum { BLOCK_SIZE = 64 };

/* The nonce that libsodium fixes for deterministic bytes; part of the promise that draws never change. */
static const uint8_t nonce[crypto_stream_chacha20_ietf_NONCEBYTES] = {'L', 'i', 'b', 's', 'o', 'd',
                                                                      'i', 'u', 'm', 'D', 'R', 'G'};

/* Lets libsodium pick its fastest implementation; if it cannot, the numbers are the same, only later. */
static void choose_fast(void)
{
    if (sodium_init() < 0)
        return;
}

void suan_draw_init(struct suan_draw *draw, struct suan_span seed, const char *label)
{
    choose_fast();
    struct suan_digest key = suan_hmac_sha256(seed, suan_span_text(label));
    memcpy(draw->key, key.bytes, sizeof draw->key);
    draw->block = 0;
    draw->used = sizeof draw->bytes;
}

static void refill(struct suan_draw *draw)
{
    memset(draw->bytes, 0, sizeof draw->bytes);
    crypto_stream_chacha20_ietf_xor_ic(draw->bytes, draw->bytes, sizeof draw->bytes, nonce, draw->block,
                                       draw->key);
    draw->block += sizeof draw->bytes / BLOCK_SIZE;
    draw->used = 0;
}

uint32_t suan_draw_u32(struct suan_draw *draw)
{
    if (draw->used == sizeof draw->bytes)
        refill(draw);
    const uint8_t *p = draw->bytes + draw->used;
    draw->used += 4;
    return (uint32_t)p[3] << 24 | (uint32_t)p[2] << 16 | (uint32_t)p[1] << 8 | p[0];
}

uint64_t suan_draw_u64(struct suan_draw *draw)
{
    uint64_t high = suan_draw_u32(draw);
    return high << 32 | suan_draw_u32(draw);
}

uint32_t suan_draw_below(struct suan_draw *draw, uint32_t bound)
{
    uint64_t product = (uint64_t)suan_draw_u32(draw) * bound;
    if ((uint32_t)product < bound) {
        uint32_t threshold = (0u - bound) % bound;
        while ((uint32_t)product < threshold)
            product = (uint64_t)suan_draw_u32(draw) * bound;
    }
    return (uint32_t)(product >> 32);
}

uint64_t suan_draw_below64(struct suan_draw *draw, uint64_t bound)
{
    __extension__ typedef unsigned __int128 wide;
    wide product = (wide)suan_draw_u64(draw) * bound;
    if ((uint64_t)product < bound) {
        uint64_t threshold = (UINT64_C(0) - bound) % bound;
        while ((uint64_t)product < threshold)
            product = (wide)suan_draw_u64(draw) * bound;
    }
    return (uint64_t)(product >> 64);
}

void suan_draw_bytes(struct suan_draw *draw, void *out, size_t size)
{
    uint8_t *place = out;
    while (size > 0) {
        if (draw->used == sizeof draw->bytes)
            refill(draw);
        size_t step = sizeof draw->bytes - draw->used;
        if (step > size)
            step = size;
        memcpy(place, draw->bytes + draw->used, step);
        draw->used += (uint32_t)((step + 3) / 4 * 4);
        place += step;
        size -= step;
    }
}

void suan_draw_shuffle(struct suan_draw *draw, uint32_t *items, uint32_t count)
{
    for (uint32_t left = count; left > 1; left--) {
        uint32_t chosen = suan_draw_below(draw, left);
        uint32_t item = items[chosen];
        items[chosen] = items[left - 1];
        items[left - 1] = item;
    }
}
