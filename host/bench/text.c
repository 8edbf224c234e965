/* Numbers and escapes of the reports. */
#include "text.h"

#include <math.h>

static void significant(struct suan_buffer *out, double value)
{
    int decimals = value >= 99.95 ? 0 : value >= 9.995 ? 1 : value >= 0.9995 ? 2 : value >= 0.09995 ? 3 : 4;
    suan_buffer_printf(out, "%.*f", decimals, value);
}

void bench_text_duration(struct suan_buffer *out, double ns)
{
    static const struct {
        double ns;
        const char *unit;
    } units[] = {{3600e9, "h"}, {1e9, "s"}, {1e6, "ms"}, {1e3, "us"}, {1, "ns"}};
    size_t i = 0;
    if (fabs(ns) < 0.5) {
        suan_buffer_append_text(out, "0");
        return;
    }
    while (i + 1 < sizeof units / sizeof units[0] && fabs(ns) < units[i].ns)
        i++;
    if (ns < 0)
        suan_buffer_append_text(out, "-");
    significant(out, fabs(ns) / units[i].ns);
    suan_buffer_printf(out, " %s", units[i].unit);
}

void bench_text_ratio(struct suan_buffer *out, int64_t ppm)
{
    double ratio = (double)ppm / 1e6;
    suan_buffer_printf(out, "%.*f", ratio < 0.01 ? 5 : ratio < 0.1 ? 4 : ratio < 10 ? 3 : 1, ratio);
}

void bench_text_percent(struct suan_buffer *out, int64_t ppm)
{
    suan_buffer_printf(out, "%.2f %%", (double)ppm / 1e4);
}

void bench_text_p_s(struct suan_buffer *out, int64_t p_us)
{
    if (p_us == 0)
        suan_buffer_append_text(out, "0");
    else
        significant(out, (double)p_us / 1e6);
    suan_buffer_append_text(out, " P·s");
}

void bench_text_html(struct suan_buffer *out, const char *text)
{
    for (; *text != '\0'; text++) {
        switch (*text) {
        case '&': suan_buffer_append_text(out, "&amp;"); break;
        case '<': suan_buffer_append_text(out, "&lt;"); break;
        case '>': suan_buffer_append_text(out, "&gt;"); break;
        case '"': suan_buffer_append_text(out, "&quot;"); break;
        case '\'': suan_buffer_append_text(out, "&#39;"); break;
        case '`': suan_buffer_append_text(out, "&#96;"); break;
        default: suan_buffer_append_u8(out, (uint8_t)*text); break;
        }
    }
}

/* Markdown lets any ASCII punctuation be escaped, but passes HTML through: that is escaped as HTML. */
void bench_text_markdown(struct suan_buffer *out, const char *text)
{
    for (; *text != '\0'; text++) {
        if (strchr("&<>\"'`", *text) != NULL) {
            bench_text_html(out, (const char[]){*text, '\0'});
            continue;
        }
        if (strchr("\\*_{}[]()#+-.!|~:@$^=", *text) != NULL)
            suan_buffer_append_u8(out, '\\');
        suan_buffer_append_u8(out, *text == '\n' ? ' ' : (uint8_t)*text);
    }
}
