/* jobs.csv: strict both ways, so that one set of rows has one text. */
#include "row.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <zstd.h>

#include "base/cleanup.h"
#include "base/number.h"

static const char header[] =
    "phase,n,state,block,pair,order,side,cpu,calls,cpu_ns,wall_ns,steal,nivcsw,rss_kib,failed,"
    "in_sha,out_sha,err_max,flag\n";

static const char *const phase_names[] = {"aa", "warmup", "main", NULL};
static const char *const state_names[] = {"warm", "cold", NULL};
static const char *const order_names[] = {"ab", "ba", NULL};
static const char *const side_names[] = {"b", "p", NULL};
static const char *const flag_names[] = {"", "failed", "wrong", "cheat", NULL};

bool suan_rows_add(struct suan_rows *rows, const struct suan_row *row)
{
    if (rows->count == SUAN_ROWS_MAX)
        return false;
    if (rows->count == rows->capacity) {
        size_t capacity = rows->capacity == 0 ? 256 : 2 * rows->capacity;
        struct suan_row *items = realloc(rows->items, capacity * sizeof *items);
        if (items == NULL)
            return false;
        rows->items = items;
        rows->capacity = capacity;
    }
    rows->items[rows->count++] = *row;
    return true;
}

void suan_rows_done(struct suan_rows *rows)
{
    free(rows->items);
    *rows = (struct suan_rows){0};
}

void suan_rows_format_header(struct suan_buffer *out)
{
    suan_buffer_append_text(out, header);
}

static void format_row(struct suan_buffer *out, const struct suan_row *row)
{
    char in[2 * SUAN_DIGEST_SIZE + 1], answer[2 * SUAN_DIGEST_SIZE + 1], error[32];
    suan_hex(row->in_sha.bytes, SUAN_DIGEST_SIZE, in);
    suan_hex(row->out_sha.bytes, SUAN_DIGEST_SIZE, answer);
    if (isnan(row->err_max))
        snprintf(error, sizeof error, "nan");
    else
        snprintf(error, sizeof error, "%.17g", row->err_max);
    suan_buffer_printf(
        out, "%s,%llu,%s,%u,%u,%s,%s,%lld,%lld,%lld,%lld,%lld,%lld,%lld,%lld,%s,%s,%s,%s\n",
        phase_names[row->phase], (unsigned long long)row->n, state_names[row->state], row->block, row->pair,
        order_names[row->order], side_names[row->side], (long long)row->cpu, (long long)row->calls,
        (long long)row->cpu_ns, (long long)row->wall_ns, (long long)row->steal_ns, (long long)row->nivcsw,
        (long long)row->rss_kib, (long long)row->failed, in, answer, error, flag_names[row->flag]);
}

void suan_rows_format(struct suan_buffer *out, const struct suan_row *rows, size_t count)
{
    for (size_t i = 0; i < count; i++)
        format_row(out, &rows[i]);
}

/* --- reading ------------------------------------------------------------------------------------------ */

struct reader {
    char line[SUAN_ROW_LINE_MAX];
    char *rest; /* NULL behind the last column */
    size_t number;
    struct suan_error *error;
};

static enum suan_status bad_field(const struct reader *reader, const char *column)
{
    return suan_error_set(reader->error, SUAN_E_FORMAT, "csv.field", NULL, "jobs.csv line %zu: bad %s",
                          reader->number, column);
}

static enum suan_status next_field(struct reader *reader, const char *column, const char **out)
{
    if (reader->rest == NULL)
        return bad_field(reader, column);
    *out = reader->rest;
    char *comma = strchr(reader->rest, ',');
    reader->rest = comma != NULL ? comma + 1 : NULL;
    if (comma != NULL)
        *comma = '\0';
    return SUAN_OK;
}

static enum suan_status read_word(struct reader *reader, const char *column, const char *const *names,
                                  int *out)
{
    const char *text = "";
    enum suan_status status = next_field(reader, column, &text);
    if (status != SUAN_OK)
        return status;
    for (int i = 0; names[i] != NULL; i++) {
        if (strcmp(text, names[i]) == 0) {
            *out = i;
            return SUAN_OK;
        }
    }
    return bad_field(reader, column);
}

static enum suan_status read_integer(struct reader *reader, const char *column, int64_t min, int64_t max,
                                     int64_t *out)
{
    const char *text = "";
    char again[24], *end;
    enum suan_status status = next_field(reader, column, &text);
    if (status != SUAN_OK)
        return status;
    errno = 0;
    long long value = strtoll(text, &end, 10);
    snprintf(again, sizeof again, "%lld", value);
    if (errno != 0 || *end != '\0' || strcmp(again, text) != 0 || value < min || value > max)
        return bad_field(reader, column);
    *out = value;
    return SUAN_OK;
}

static enum suan_status read_digest(struct reader *reader, const char *column, struct suan_digest *out)
{
    const char *text = "";
    enum suan_status status = next_field(reader, column, &text);
    if (status != SUAN_OK)
        return status;
    if (!suan_unhex(suan_span_text(text), out->bytes, sizeof out->bytes))
        return bad_field(reader, column);
    return SUAN_OK;
}

static enum suan_status read_real(struct reader *reader, const char *column, double *out)
{
    const char *text = "";
    char again[40], *end;
    enum suan_status status = next_field(reader, column, &text);
    if (status != SUAN_OK)
        return status;
    if (strcmp(text, "nan") == 0) {
        *out = (double)NAN;
        return SUAN_OK;
    }
    *out = strtod(text, &end);
    snprintf(again, sizeof again, "%.17g", *out);
    if (*end != '\0' || strcmp(again, text) != 0)
        return bad_field(reader, column);
    return SUAN_OK;
}

struct integer_column {
    const char *name;
    int64_t min, max;
    size_t offset; /* of an int64_t in struct suan_row */
};

static const struct integer_column costs[] = {
    {"cpu", -1, 65535, offsetof(struct suan_row, cpu)},
    {"calls", 1, 1000000000, offsetof(struct suan_row, calls)},
    {"cpu_ns", 0, INT64_C(1) << 46, offsetof(struct suan_row, cpu_ns)},
    {"wall_ns", 0, INT64_C(1) << 46, offsetof(struct suan_row, wall_ns)},
    {"steal", 0, INT64_C(1) << 46, offsetof(struct suan_row, steal_ns)},
    {"nivcsw", 0, SUAN_JSON_INTEGER_MAX, offsetof(struct suan_row, nivcsw)},
    {"rss_kib", 0, SUAN_JSON_INTEGER_MAX, offsetof(struct suan_row, rss_kib)},
    {"failed", 0, 1000000000, offsetof(struct suan_row, failed)},
};

static enum suan_status read_costs(struct reader *reader, struct suan_row *row)
{
    enum suan_status status = SUAN_OK;
    for (size_t i = 0; i < sizeof costs / sizeof costs[0] && status == SUAN_OK; i++) {
        int64_t value = 0;
        status = read_integer(reader, costs[i].name, costs[i].min, costs[i].max, &value);
        memcpy((uint8_t *)row + costs[i].offset, &value, sizeof value);
    }
    if (status == SUAN_OK && row->failed > row->calls)
        return bad_field(reader, "failed");
    return status;
}

static enum suan_status read_place(struct reader *reader, struct suan_row *row)
{
    int phase = 0, state = 0, order = 0, side = 0;
    int64_t n = 0, block = 0, pair = 0;
    enum suan_status status = read_word(reader, "phase", phase_names, &phase);
    if (status == SUAN_OK)
        status = read_integer(reader, "n", 0, SUAN_JSON_INTEGER_MAX, &n);
    if (status == SUAN_OK)
        status = read_word(reader, "state", state_names, &state);
    if (status == SUAN_OK)
        status = read_integer(reader, "block", 0, SUAN_ROW_BLOCKS_MAX - 1, &block);
    if (status == SUAN_OK)
        status = read_integer(reader, "pair", 0, SUAN_ROW_PAIRS_MAX - 1, &pair);
    if (status == SUAN_OK)
        status = read_word(reader, "order", order_names, &order);
    if (status == SUAN_OK)
        status = read_word(reader, "side", side_names, &side);
    row->phase = (enum suan_row_phase)phase;
    row->n = (uint64_t)n;
    row->state = (enum suan_row_state)state;
    row->block = (uint32_t)block;
    row->pair = (uint32_t)pair;
    row->order = (enum suan_row_order)order;
    row->side = (enum suan_row_side)side;
    return status;
}

static enum suan_status read_row(struct reader *reader, struct suan_row *row)
{
    int flag = 0;
    enum suan_status status = read_place(reader, row);
    if (status == SUAN_OK)
        status = read_costs(reader, row);
    if (status == SUAN_OK)
        status = read_digest(reader, "in_sha", &row->in_sha);
    if (status == SUAN_OK)
        status = read_digest(reader, "out_sha", &row->out_sha);
    if (status == SUAN_OK)
        status = read_real(reader, "err_max", &row->err_max);
    if (status == SUAN_OK)
        status = read_word(reader, "flag", flag_names, &flag);
    row->flag = (enum suan_row_flag)flag;
    if (status == SUAN_OK && reader->rest != NULL)
        return bad_field(reader, "number of columns");
    return status;
}

/* Moves the next line, without its end, into the reader. */
static enum suan_status next_line(struct reader *reader, struct suan_span *csv)
{
    const uint8_t *end = memchr(csv->data, '\n', csv->size);
    size_t length = end != NULL ? (size_t)(end - csv->data) : csv->size;
    reader->number++;
    if (end == NULL || length >= sizeof reader->line || memchr(csv->data, '\0', length) != NULL)
        return suan_error_set(reader->error, SUAN_E_FORMAT, "csv.line", NULL,
                              "jobs.csv line %zu: too long, or without its end", reader->number);
    memcpy(reader->line, csv->data, length);
    reader->line[length] = '\0';
    reader->rest = reader->line;
    *csv = suan_span(csv->data + length + 1, csv->size - length - 1);
    return SUAN_OK;
}

enum suan_status suan_rows_parse(struct suan_span csv, struct suan_rows *out, struct suan_error *error)
{
    struct reader reader = {.error = error, .number = 1};
    if (csv.size > SUAN_ROWS_CSV_MAX)
        return suan_error_set(error, SUAN_E_REFUSED, "csv.too-large", NULL,
                              "jobs.csv: %zu bytes, the limit is %d", csv.size, SUAN_ROWS_CSV_MAX);
    size_t length = sizeof header - 1;
    if (csv.size < length || memcmp(csv.data, header, length) != 0)
        return suan_error_set(error, SUAN_E_FORMAT, "csv.line", NULL,
                              "jobs.csv line 1: not the known columns");
    csv = suan_span(csv.data + length, csv.size - length);
    while (csv.size > 0) {
        struct suan_row row = {0};
        enum suan_status status = next_line(&reader, &csv);
        if (status == SUAN_OK)
            status = read_row(&reader, &row);
        if (status != SUAN_OK)
            return status;
        if (!suan_rows_add(out, &row))
            return suan_error_set(error, SUAN_E_REFUSED, "csv.too-large", NULL, "jobs.csv: more than %d rows",
                                  SUAN_ROWS_MAX);
    }
    return SUAN_OK;
}

enum suan_status suan_rows_compress(struct suan_span csv, struct suan_buffer *out, struct suan_error *error)
{
    size_t start = out->size, bound = ZSTD_compressBound(csv.size);
    uint8_t *place = suan_buffer_extend(out, bound);
    if (place == NULL)
        return suan_buffer_check(out, error);
    size_t size = ZSTD_compress(place, bound, csv.data, csv.size, 6);
    if (ZSTD_isError(size))
        return suan_error_set(error, SUAN_E_MEMORY, "csv.zstd", NULL, "jobs.csv: %s",
                              ZSTD_getErrorName(size));
    out->size = start + size;
    return SUAN_OK;
}

enum suan_status suan_rows_decompress(struct suan_span file, struct suan_buffer *out,
                                      struct suan_error *error)
{
    unsigned long long size = ZSTD_getFrameContentSize(file.data, file.size);
    if (file.size > SUAN_ROWS_ZST_MAX || size == ZSTD_CONTENTSIZE_ERROR || size == ZSTD_CONTENTSIZE_UNKNOWN)
        return suan_error_set(error, SUAN_E_FORMAT, "csv.zstd", NULL,
                              "jobs.csv.zst: not one zstd frame of known size");
    if (size > SUAN_ROWS_CSV_MAX)
        return suan_error_set(error, SUAN_E_REFUSED, "csv.too-large", NULL,
                              "jobs.csv.zst: unpacks to %llu bytes", size);
    if (ZSTD_findFrameCompressedSize(file.data, file.size) != file.size)
        return suan_error_set(error, SUAN_E_FORMAT, "csv.zstd", NULL, "jobs.csv.zst: bytes after the frame");
    size_t start = out->size;
    uint8_t *place = suan_buffer_extend(out, (size_t)size);
    if (place == NULL)
        return suan_buffer_check(out, error);
    size_t got = ZSTD_decompress(place, (size_t)size, file.data, file.size);
    if (ZSTD_isError(got) || got != size) {
        out->size = start;
        return suan_error_set(error, SUAN_E_FORMAT, "csv.zstd", NULL, "jobs.csv.zst: damaged");
    }
    return SUAN_OK;
}
