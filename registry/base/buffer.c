/* Growing byte buffers and the fixed integer encodings of everything on disk. */
#include "buffer.h"

#include <stdio.h>
#include <stdlib.h>

void suan_buffer_done(struct suan_buffer *buffer)
{
    if (buffer == NULL)
        return;
    free(buffer->data);
    *buffer = (struct suan_buffer){0};
}

void suan_buffer_clear(struct suan_buffer *buffer)
{
    buffer->size = 0;
    buffer->failed = false;
}

static bool reserve(struct suan_buffer *buffer, size_t more)
{
    if (buffer->failed || more > SIZE_MAX / 2 - buffer->size) {
        buffer->failed = true;
        return false;
    }
    size_t need = buffer->size + more;
    if (need <= buffer->capacity)
        return true;
    size_t capacity = buffer->capacity < 64 ? 64 : buffer->capacity;
    while (capacity < need)
        capacity *= 2;
    uint8_t *data = realloc(buffer->data, capacity);
    if (data == NULL) {
        buffer->failed = true;
        return false;
    }
    buffer->data = data;
    buffer->capacity = capacity;
    return true;
}

uint8_t *suan_buffer_extend(struct suan_buffer *buffer, size_t size)
{
    if (!reserve(buffer, size > 0 ? size : 1))
        return NULL;
    uint8_t *place = buffer->data + buffer->size;
    buffer->size += size;
    return place;
}

void suan_buffer_append(struct suan_buffer *buffer, const void *data, size_t size)
{
    if (size == 0)
        return;
    uint8_t *place = suan_buffer_extend(buffer, size);
    if (place != NULL)
        memcpy(place, data, size);
}

void suan_buffer_append_span(struct suan_buffer *buffer, struct suan_span span)
{
    suan_buffer_append(buffer, span.data, span.size);
}

void suan_buffer_append_text(struct suan_buffer *buffer, const char *text)
{
    suan_buffer_append(buffer, text, strlen(text));
}

void suan_buffer_append_u8(struct suan_buffer *buffer, uint8_t value)
{
    suan_buffer_append(buffer, &value, 1);
}

void suan_buffer_append_be16(struct suan_buffer *buffer, uint16_t value)
{
    uint8_t bytes[2];
    suan_put_be16(bytes, value);
    suan_buffer_append(buffer, bytes, sizeof bytes);
}

void suan_buffer_append_be32(struct suan_buffer *buffer, uint32_t value)
{
    uint8_t bytes[4];
    suan_put_be32(bytes, value);
    suan_buffer_append(buffer, bytes, sizeof bytes);
}

void suan_buffer_append_be64(struct suan_buffer *buffer, uint64_t value)
{
    uint8_t bytes[8];
    suan_put_be64(bytes, value);
    suan_buffer_append(buffer, bytes, sizeof bytes);
}

void suan_buffer_printf(struct suan_buffer *buffer, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    int length = vsnprintf(NULL, 0, format, arguments);
    va_end(arguments);
    if (length < 0 || !reserve(buffer, (size_t)length + 1)) {
        buffer->failed = true;
        return;
    }
    va_start(arguments, format);
    vsnprintf((char *)buffer->data + buffer->size, (size_t)length + 1, format, arguments);
    va_end(arguments);
    buffer->size += (size_t)length;
}

struct suan_span suan_buffer_span(const struct suan_buffer *buffer)
{
    return suan_span(buffer->data, buffer->size);
}

const char *suan_buffer_text(struct suan_buffer *buffer)
{
    if (!reserve(buffer, 1))
        return "";
    buffer->data[buffer->size] = '\0';
    return (const char *)buffer->data;
}

enum suan_status suan_buffer_check(const struct suan_buffer *buffer, struct suan_error *error)
{
    if (buffer->failed)
        return suan_error_set(error, SUAN_E_MEMORY, "memory", NULL, "out of memory");
    return SUAN_OK;
}

uint16_t suan_be16(const uint8_t *p)
{
    return (uint16_t)(p[0] << 8 | p[1]);
}

uint32_t suan_be32(const uint8_t *p)
{
    return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

uint64_t suan_be64(const uint8_t *p)
{
    return (uint64_t)suan_be32(p) << 32 | suan_be32(p + 4);
}

void suan_put_be16(uint8_t *p, uint16_t value)
{
    p[0] = (uint8_t)(value >> 8);
    p[1] = (uint8_t)value;
}

void suan_put_be32(uint8_t *p, uint32_t value)
{
    suan_put_be16(p, (uint16_t)(value >> 16));
    suan_put_be16(p + 2, (uint16_t)value);
}

void suan_put_be64(uint8_t *p, uint64_t value)
{
    suan_put_be32(p, (uint32_t)(value >> 32));
    suan_put_be32(p + 4, (uint32_t)value);
}

void suan_hex(const uint8_t *data, size_t size, char *out)
{
    static const char digits[] = "0123456789abcdef";
    for (size_t i = 0; i < size; i++) {
        out[2 * i] = digits[data[i] >> 4];
        out[2 * i + 1] = digits[data[i] & 15];
    }
    out[2 * size] = '\0';
}

static int digit_value(uint8_t c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    return -1;
}

bool suan_unhex(struct suan_span text, uint8_t *out, size_t size)
{
    if (text.size != 2 * size)
        return false;
    for (size_t i = 0; i < size; i++) {
        int high = digit_value(text.data[2 * i]), low = digit_value(text.data[2 * i + 1]);
        if (high < 0 || low < 0)
            return false;
        out[i] = (uint8_t)(high << 4 | low);
    }
    return true;
}
