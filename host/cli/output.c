/* Tables and fields for people, from the same documents that --json prints. */
#include "output.h"

#include <inttypes.h>
#include <stdio.h>

#include "base/text.h"

enum { COLUMNS_MAX = 16 };

void output_cpu_time(struct suan_buffer *out, int64_t ns)
{
    static const struct {
        double scale;
        const char *unit;
    } units[] = {{3.6e12, "CPU-h"}, {6e10, "CPU-min"}, {1e9, "CPU-s"}, {1e6, "ms"}, {1e3, "µs"}, {1, "ns"}};
    size_t i = 0;
    while (i < sizeof units / sizeof units[0] - 1 && (double)ns < units[i].scale)
        i++;
    suan_buffer_printf(out, "%.3g %s", (double)ns / units[i].scale, units[i].unit);
}

static void append_percent(struct suan_buffer *out, int64_t bp)
{
    suan_buffer_printf(out, "%" PRId64 ".%02d %%", bp / 100, (int)(bp % 100));
}

static void append_shares(const struct suan_json *shares, struct suan_buffer *out)
{
    for (size_t i = 0; i < suan_json_count(shares); i++) {
        const struct suan_json *share = suan_json_at(shares, i);
        struct suan_span id = suan_json_text(suan_json_find(share, "id"));
        suan_buffer_printf(out, "%s%.*s ", i > 0 ? ", " : "", SUAN_SPAN_PRINTF(id));
        append_percent(out, suan_json_integer(suan_json_find(share, "bp")));
    }
}

static void append_value(const struct column *column, const struct suan_json *value, struct suan_buffer *out)
{
    struct suan_span text = suan_json_text(value);
    int64_t number = suan_json_integer(value);

    switch (suan_json_type(value)) {
    case SUAN_JSON_STRING:
        suan_buffer_append(out, text.data,
                           column->kind == COLUMN_SHORT_HEX && text.size > 16 ? 16 : text.size);
        return;
    case SUAN_JSON_BOOLEAN: suan_buffer_append_text(out, suan_json_boolean(value) ? "yes" : "no"); return;
    case SUAN_JSON_INTEGER: break;
    case SUAN_JSON_ARRAY:
        for (size_t i = 0; i < suan_json_count(value); i++) {
            suan_buffer_append_text(out, i > 0 ? ", " : "");
            append_value(column, suan_json_at(value, i), out);
        }
        return;
    default: (void)!suan_json_format(value, SUAN_JSON_STYLE_CANONICAL, out, NULL); return;
    }
    switch (column->kind) {
    case COLUMN_YUAN:
        suan_buffer_append_text(out, "¥");
        suan_text_yuan(out, number);
        return;
    case COLUMN_TIME: suan_text_time(out, (uint64_t)number); return;
    case COLUMN_PERCENT_BP: append_percent(out, number); return;
    case COLUMN_CPU_NS: output_cpu_time(out, number); return;
    default: suan_text_grouped(out, number); return;
    }
}

void output_cell(const struct column *column, const struct suan_json *object, struct suan_buffer *out)
{
    const struct suan_json *value = suan_json_find(object, column->key);
    if (value == NULL)
        suan_buffer_append_text(out, "–");
    else if (column->kind == COLUMN_SHARES)
        append_shares(value, out);
    else
        append_value(column, value, out);
}

static bool is_number(enum column_kind kind)
{
    return kind == COLUMN_INTEGER || kind == COLUMN_YUAN || kind == COLUMN_PERCENT_BP ||
           kind == COLUMN_CPU_NS;
}

static void print_padded(struct suan_span text, size_t width, bool right)
{
    size_t have = suan_text_width(text);
    int pad = have < width ? (int)(width - have) : 0;
    printf("%*s%.*s%*s", right ? pad : 0, "", SUAN_SPAN_PRINTF(text), right ? 0 : pad, "");
}

static void print_row(const struct column *columns, const struct suan_json *row, const size_t *widths)
{
    struct suan_buffer cell = {0};
    for (size_t c = 0; columns[c].title != NULL && c < COLUMNS_MAX; c++) {
        suan_buffer_clear(&cell);
        if (row != NULL)
            output_cell(&columns[c], row, &cell);
        else
            suan_buffer_append_text(&cell, columns[c].title);
        fputs(c > 0 ? "  " : "", stdout);
        bool last = columns[c + 1].title == NULL && !is_number(columns[c].kind);
        print_padded(suan_buffer_span(&cell), last ? 0 : widths[c], is_number(columns[c].kind));
    }
    putchar('\n');
    suan_buffer_done(&cell);
}

void output_table(const struct column *columns, const struct suan_json *rows)
{
    size_t widths[COLUMNS_MAX] = {0};
    struct suan_buffer cell = {0};

    if (rows == NULL || suan_json_count(rows) == 0) {
        puts("nothing");
        return;
    }
    for (size_t c = 0; columns[c].title != NULL && c < COLUMNS_MAX; c++) {
        widths[c] = suan_text_width(suan_span_text(columns[c].title));
        for (size_t r = 0; r < suan_json_count(rows); r++) {
            suan_buffer_clear(&cell);
            output_cell(&columns[c], suan_json_at(rows, r), &cell);
            size_t width = suan_text_width(suan_buffer_span(&cell));
            widths[c] = width > widths[c] ? width : widths[c];
        }
    }
    suan_buffer_done(&cell);
    print_row(columns, NULL, widths);
    for (size_t r = 0; r < suan_json_count(rows); r++)
        print_row(columns, suan_json_at(rows, r), widths);
}

void output_fields(const struct column *columns, const struct suan_json *object)
{
    size_t widest = 0;
    struct suan_buffer cell = {0};
    for (size_t c = 0; columns[c].title != NULL; c++) {
        size_t width = suan_text_width(suan_span_text(columns[c].title));
        widest = width > widest ? width : widest;
    }
    for (size_t c = 0; columns[c].title != NULL; c++) {
        if (suan_json_find(object, columns[c].key) == NULL)
            continue;
        suan_buffer_clear(&cell);
        output_cell(&columns[c], object, &cell);
        print_padded(suan_span_text(columns[c].title), widest + 2, false);
        printf("%s\n", suan_buffer_text(&cell));
    }
    suan_buffer_done(&cell);
}
