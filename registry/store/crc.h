#ifndef SUAN_STORE_CRC_H
#define SUAN_STORE_CRC_H

/*
 * Inside this folder only: the sum under each row. Two CRC-32C lanes (Castagnoli, RFC 3720) side by side in
 * 64 bits: the high half takes the length and every second 8-byte word after it, the low half the words
 * between; words are little-endian, the last one is filled up with zeros. Two lanes keep two of the
 * processor's CRC steps in flight, and any burst of up to 32 bits within a lane is found for certain.
 */
#include <stddef.h>
#include <stdint.h>

/* Takes the bytes into the lanes. Bytes taken in two calls are not the same as in one: each call adds its
 * length. */
struct suan_crc {
    uint64_t (*update)(uint64_t lanes, const uint8_t *data, size_t size);
};

/* The fastest that this processor has; all give the same numbers. */
struct suan_crc suan_crc_choose(void);

/* In tables: for every processor. */
uint64_t suan_crc_update_plain(uint64_t lanes, const uint8_t *data, size_t size);
/* With the processor's own instruction; `update` is NULL where it has none. One file per architecture. */
struct suan_crc suan_crc_native(void);

#endif
