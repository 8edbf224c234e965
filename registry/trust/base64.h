#ifndef SUAN_TRUST_BASE64_H
#define SUAN_TRUST_BASE64_H

/* Standard Base 64 with padding (RFC 4648 section 4); strict: one text for each sequence of bytes, no line
 * breaks. */
#include "base/buffer.h"

void suan_base64_append(struct suan_buffer *out, struct suan_span data);
/* Appends the decoded bytes; false, with nothing appended, for other alphabets, padding or stray bits. */
bool suan_base64_decode(struct suan_span text, struct suan_buffer *out);
/* Exactly `size` bytes into `out`. */
bool suan_base64_decode_exact(struct suan_span text, uint8_t *out, size_t size);

#endif
