#ifndef SUAN_BENCH_ROW_H
#define SUAN_BENCH_ROW_H

/*
 * The raw record of a session: one row for each batch of calls on one side. jobs.csv holds them all,
 * compressed; every number of a measurement is computed from them again by suan_replay.
 */
#include "trust/digest.h"

enum {
    SUAN_ROWS_MAX = 1000000,
    SUAN_ROW_LINE_MAX = 512,
    SUAN_ROWS_CSV_MAX = 268435456, /* bytes, uncompressed */
    SUAN_ROWS_ZST_MAX = 67108864,
    SUAN_ROW_BLOCKS_MAX = 64, /* as in trust/bootstrap.h */
    SUAN_ROW_PAIRS_MAX = 32,
};

enum suan_row_phase { SUAN_PHASE_AA, SUAN_PHASE_WARMUP, SUAN_PHASE_MAIN };
enum suan_row_state { SUAN_STATE_WARM, SUAN_STATE_COLD };
enum suan_row_order { SUAN_ORDER_AB, SUAN_ORDER_BA }; /* baseline first, plugin first */
enum suan_row_side { SUAN_SIDE_BASELINE, SUAN_SIDE_PLUGIN };
enum suan_row_flag { SUAN_ROW_FINE, SUAN_ROW_FAILED, SUAN_ROW_WRONG, SUAN_ROW_CHEAT };

struct suan_row {
    enum suan_row_phase phase;
    uint64_t n; /* the task's size */
    enum suan_row_state state;
    uint32_t block, pair;
    enum suan_row_order order;
    enum suan_row_side side;
    int64_t cpu;              /* that it was pinned to; -1: unknown */
    int64_t calls;            /* in the batch */
    int64_t cpu_ns, wall_ns;  /* of the batch */
    int64_t steal_ns, nivcsw; /* stolen from that CPU, involuntary switches of the worker, meanwhile */
    int64_t rss_kib, failed;  /* peak memory; calls that ended in an error */
    struct suan_digest in_sha, out_sha; /* over the digests of each call's inputs and outputs */
    double err_max;                     /* as the checker judged; 0 is perfect */
    enum suan_row_flag flag;
};

struct suan_rows {
    struct suan_row *items;
    size_t count, capacity;
};
/* Appends a copy; false if out of memory or SUAN_ROWS_MAX would be passed. */
SUAN_MUST_USE bool suan_rows_add(struct suan_rows *rows, const struct suan_row *row);
void suan_rows_done(struct suan_rows *rows);

/* Appends the header line, or a row's line. */
void suan_rows_format_header(struct suan_buffer *out);
void suan_rows_format(struct suan_buffer *out, const struct suan_row *rows, size_t count);

/* All rows of a CSV text that suan_rows_format wrote; any other spelling of a value is refused. Errors:
   FORMAT "csv.field" naming line and column, "csv.line"; REFUSED "csv.too-large". */
SUAN_MUST_USE enum suan_status suan_rows_parse(struct suan_span csv, struct suan_rows *out,
                                               struct suan_error *error);

/* zstd, the file's form. Decompression refuses more than SUAN_ROWS_CSV_MAX bytes and anything after the
 * frame. */
SUAN_MUST_USE enum suan_status suan_rows_compress(struct suan_span csv, struct suan_buffer *out,
                                                  struct suan_error *error);
SUAN_MUST_USE enum suan_status suan_rows_decompress(struct suan_span file, struct suan_buffer *out,
                                                    struct suan_error *error);

#endif
