#ifndef SUAN_CLI_OUTPUT_H
#define SUAN_CLI_OUTPUT_H

/* What people see: aligned tables, amounts, times. All of it goes to standard output. */
#include "cli.h"

/* A column of a table over an array of objects. */
enum column_kind {
    COLUMN_TEXT,
    COLUMN_INTEGER,
    COLUMN_YUAN,
    COLUMN_TIME,
    COLUMN_PERCENT_BP,
    COLUMN_SHORT_HEX,
    COLUMN_CPU_NS,
    COLUMN_SHARES /* an array of {id, bp} */
};
struct column {
    const char *title, *key; /* a NULL title ends the list */
    enum column_kind kind;
};

/* One row per object of `rows`, aligned by display width; "nothing" when there are none. */
void output_table(const struct column *columns, const struct suan_json *rows);

/* "title  value" for each column, one a line, of one object; absent members are passed over. */
void output_fields(const struct column *columns, const struct suan_json *object);

/* The member as the column shows it, into `out`. "–" when absent. */
void output_cell(const struct column *column, const struct suan_json *object, struct suan_buffer *out);

/* CPU time with a sensible unit: "18.1 ms", "4.12 CPU-h". */
void output_cpu_time(struct suan_buffer *out, int64_t ns);

#endif
