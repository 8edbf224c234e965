#ifndef SUAN_TRUST_LINES_H
#define SUAN_TRUST_LINES_H

/* Inside this folder only: text formats whose every line ends with a newline, and numbers in them. */
#include "base/span.h"

/* Takes the first line, without its newline, off the text; false if no newline is left. */
bool suan_line_take(struct suan_span *text, struct suan_span *out_line);
/* Takes the prefix off the span; false, and nothing taken, if it is not there. */
bool suan_prefix_take(struct suan_span *span, const char *prefix);
/* A decimal of at most 2^63 - 1 in its one form: no sign, no leading zero. */
bool suan_decimal_parse(struct suan_span digits, uint64_t *out);

#endif
