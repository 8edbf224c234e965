#ifndef SUAN_BENCH_STATE_H
#define SUAN_BENCH_STATE_H

/* Inside this folder only: a session while it runs, and its steps. */
#include "derive.h"
#include "session.h"
#include "side.h"

enum bench_series { BENCH_SERIES_GATE, BENCH_SERIES_AA, BENCH_SERIES_MAIN };

enum {
    BENCH_CALLS_MAX = 64,
    BENCH_TURNS = 8, /* of each side, in a pair */
    BENCH_GROUP_WARMUP =
        1000, /* `group` of jobs that warm up, and of cold ones: never those of a measured size */
    BENCH_GROUP_COLD = 2000,
    BENCH_COLD_PAIRS = 3,
    BENCH_WARM_JOBS = 3,
    BENCH_WARM_NS = 200000000, /* of each side, in each block */
};

struct bench_session {
    const struct suan_session_request *request;
    struct suan_measurement *m; /* being filled */
    struct suan_rows *rows;
    struct suan_mode_plan plan; /* with the request's own numbers */
    struct bench_task task;
    struct suan_guest_options load[2]; /* baseline, release: as they are opened */
    struct bench_side sides[2];
    struct bench_cpus cpus;
    struct suan_digest master;
    uint64_t sizes[SUAN_SIZES_MAX];
    uint32_t calls[SUAN_SIZES_MAX];                           /* in a warm batch */
    uint32_t pairs[SUAN_SIZES_MAX], aa_pairs[SUAN_SIZES_MAX]; /* in a block, warm; A/A: 0 for other sizes */
    uint64_t pair_ns[SUAN_SIZES_MAX];       /* what a pair takes, with generating and checking */
    uint64_t essential[SUAN_SIZES_MAX];     /* least bytes that a job must touch, as the checker said */
    double errors[2][SUAN_SIZES_MAX][2][3]; /* state, size, side: worst q50, q99, max */
    uint64_t init_ns[2], init_blocks;
    uint64_t llc_bytes, evict_bytes;
    uint8_t *evict;
    bool has_cold;                /* this session measures with cold caches, too */
    uint64_t open_ns;             /* what opening and preparing both sides takes */
    uint64_t start_ns, budget_ns; /* monotonic */
    bool ended;                   /* the outcome is decided: stop measuring */
};

/* Decides the outcome, once; later calls change nothing. */
void bench_end(struct bench_session *session, enum suan_outcome outcome, const char *reason);
/* True if measuring must stop; looks at the user's wish, too. */
bool bench_is_over(struct bench_session *session);
void bench_report(const struct bench_session *session, const char *phase, uint64_t done, uint64_t total);

/* Opens both sides for a block: fresh workers, one load, frozen. What goes wrong with a plugin ends the
 * session. */
SUAN_MUST_USE enum suan_status bench_open_sides(struct bench_session *session, enum bench_series series,
                                                uint32_t block, struct suan_error *error);
void bench_close_sides(struct bench_session *session);

/* Jobs of one batch: `count` of them, for this size. */
struct bench_jobs {
    struct bench_job *items;
    uint32_t count;
};
SUAN_MUST_USE enum suan_status bench_jobs_make(struct bench_session *session,
                                               const struct suan_job_name *first, uint64_t size,
                                               uint32_t count, struct bench_jobs *out,
                                               struct suan_error *error);
void bench_jobs_done(struct bench_jobs *jobs);
/* Has all answers judged; notes errors, wrong answers and changed outputs in rows (by side) and session. */
SUAN_MUST_USE enum suan_status bench_jobs_judge(struct bench_session *session, struct bench_jobs *jobs,
                                                enum suan_row_state state, uint32_t group,
                                                struct suan_row rows[2], struct suan_error *error);

/* The gate: conformance and audits in workers, and how long jobs take. */
SUAN_MUST_USE enum suan_status bench_gate(struct bench_session *session, struct suan_error *error);
/* One block of a series, `sizes` of its groups; its rows are added whole, or not at all if the session ended.
 */
SUAN_MUST_USE enum suan_status bench_block(struct bench_session *session, enum bench_series series,
                                           uint32_t block, struct suan_error *error);

#endif
