#ifndef SUAN_BASE_SPAN_H
#define SUAN_BASE_SPAN_H

/* Bytes borrowed from somebody: pointer and length, never NUL-ended. A span is a value; it owns nothing. */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct suan_span {
    const uint8_t *data; /* may be NULL when size is 0 */
    size_t size;
};

static inline struct suan_span suan_span(const void *data, size_t size)
{
    return (struct suan_span){(const uint8_t *)data, size};
}

/* The text without its NUL. */
static inline struct suan_span suan_span_text(const char *text)
{
    return suan_span(text, strlen(text));
}

static inline bool suan_span_equal(struct suan_span a, struct suan_span b)
{
    return a.size == b.size && (a.size == 0 || memcmp(a.data, b.data, a.size) == 0);
}

/* Byte order, a prefix before its extensions: negative, zero or positive. */
static inline int suan_span_compare(struct suan_span a, struct suan_span b)
{
    size_t common = a.size < b.size ? a.size : b.size;
    int order = common == 0 ? 0 : memcmp(a.data, b.data, common);
    return order != 0 ? order : (a.size > b.size) - (a.size < b.size);
}

/* For printf("%.*s"): the two arguments. */
#define SUAN_SPAN_PRINTF(s) (int)(s).size, (const char *)(s).data

#endif
