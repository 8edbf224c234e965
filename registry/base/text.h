#ifndef SUAN_BASE_TEXT_H
#define SUAN_BASE_TEXT_H

/* Text for people's eyes. */
#include "buffer.h"

/* Columns the UTF-8 text takes on a terminal, Chinese characters counting two; independent of the locale. */
size_t suan_text_width(struct suan_span text);

/* True if the bytes are well-formed UTF-8: no overlong forms, no surrogates. */
bool suan_text_is_utf8(struct suan_span text);

/* Appends the amount as yuan with two decimals and thousands separators: "-1,234,567.89". */
void suan_text_yuan(struct suan_buffer *out, int64_t fen);

/* Appends the integer with thousands separators. */
void suan_text_grouped(struct suan_buffer *out, int64_t value);

/* Appends the time (ns since 1970) as UTC, "2026-03-01T08:00:00Z". */
void suan_text_time(struct suan_buffer *out, uint64_t time_ns);

/* Appends the letters, marks and digits of the text in form NFKC, upper case, leaving out all else (spaces,
   punctuation, symbols), so that numbers which people type in many ways compare equal. Nothing if it is not UTF-8. */
void suan_text_letters(struct suan_buffer *out, struct suan_span text);

#endif
