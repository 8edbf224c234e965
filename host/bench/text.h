#ifndef SUAN_BENCH_TEXT_H
#define SUAN_BENCH_TEXT_H

/* Inside this folder only: numbers as people read them, and text made harmless. Each appends to `out`. */
#include "base/buffer.h"
#include "base/text.h"

void bench_text_duration(struct suan_buffer *out, double ns);  /* "18.1 ms", "4.12 h" */
void bench_text_ratio(struct suan_buffer *out, int64_t ppm);   /* "0.333", "0.0123" */
void bench_text_percent(struct suan_buffer *out, int64_t ppm); /* "0.21 %" */
void bench_text_p_s(struct suan_buffer *out, int64_t p_us);    /* "0.0816 P·s" */
void bench_text_html(struct suan_buffer *out, const char *text);
void bench_text_markdown(struct suan_buffer *out, const char *text);

#endif
