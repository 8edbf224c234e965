#ifndef SUAN_BASE_BUFFER_H
#define SUAN_BASE_BUFFER_H

/*
 * Growing bytes with one owner. All zero is an empty buffer. A failed allocation sets `failed` and drops all further
 * appends, so that a writer checks once, at the end.
 */
#include <stdarg.h>
#include <stdbool.h>

#include "error.h"
#include "span.h"

struct suan_buffer {
    uint8_t *data;
    size_t size, capacity;
    bool failed;
};

void suan_buffer_done(struct suan_buffer *buffer);
void suan_buffer_clear(struct suan_buffer *buffer); /* size 0; keeps the memory */
void suan_buffer_append(struct suan_buffer *buffer, const void *data, size_t size);
void suan_buffer_append_span(struct suan_buffer *buffer, struct suan_span span);
void suan_buffer_append_text(struct suan_buffer *buffer, const char *text);
void suan_buffer_append_u8(struct suan_buffer *buffer, uint8_t value);
void suan_buffer_append_be16(struct suan_buffer *buffer, uint16_t value);
void suan_buffer_append_be32(struct suan_buffer *buffer, uint32_t value);
void suan_buffer_append_be64(struct suan_buffer *buffer, uint64_t value);
__attribute__((format(printf, 2, 3))) void suan_buffer_printf(struct suan_buffer *buffer, const char *format,
                                                              ...);
/* Room for `size` more bytes, counted as appended and not initialised; NULL if out of memory. */
uint8_t *suan_buffer_extend(struct suan_buffer *buffer, size_t size);
/* The bytes, valid until the next change. */
struct suan_span suan_buffer_span(const struct suan_buffer *buffer);
/* The bytes as text with a NUL behind them (not counted); "" if out of memory. */
const char *suan_buffer_text(struct suan_buffer *buffer);
/* SUAN_E_MEMORY if any append failed. */
SUAN_MUST_USE enum suan_status suan_buffer_check(const struct suan_buffer *buffer, struct suan_error *error);

/* Big-endian integers at `p`, which need not be aligned. */
uint16_t suan_be16(const uint8_t *p);
uint32_t suan_be32(const uint8_t *p);
uint64_t suan_be64(const uint8_t *p);
void suan_put_be16(uint8_t *p, uint16_t value);
void suan_put_be32(uint8_t *p, uint32_t value);
void suan_put_be64(uint8_t *p, uint64_t value);

/* Lower-case hexadecimal; `out` takes 2 * size + 1 bytes. */
void suan_hex(const uint8_t *data, size_t size, char *out);
/* Exactly 2 * size lower-case digits into `out`; false otherwise. */
bool suan_unhex(struct suan_span text, uint8_t *out, size_t size);

#endif
