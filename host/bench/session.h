#ifndef SUAN_BENCH_SESSION_H
#define SUAN_BENCH_SESSION_H

/*
 * One measuring session: plan and plugins in, rows and measurement out. The host judges and keeps time;
 * workers only compute. Baseline and plugin run in fresh sealed workers for each block, pinned in turn to the
 * same CPU, one frozen while the other computes; every timed output is checked by the task in its own worker.
 * README.md has the protocol.
 */
#include "engine/guest.h"
#include "measurement.h"

/* A party as the engine loads it. `load` has the plugin's bytes, expected facts and libraries; task, role,
   CPUs, arenas' home and zygote are the session's to fill in. */
struct suan_session_party {
    struct suan_party party; /* threads 0: 1; more are refused, "measure.threads" */
    struct suan_guest_options load;
};

struct suan_session_progress {
    void (*report)(void *context, const char *phase, uint64_t done, uint64_t total); /* may be NULL */
    void *context;
};

enum { SUAN_SESSION_CPUS_MAX = 64 };

/* What to do when the baseline against itself is not stable: the outcome is NOISY in any case. */
enum suan_session_noise { SUAN_SESSION_NOISE_STOP, SUAN_SESSION_NOISE_GO_ON };

/* Borrowed for the session. */
struct suan_session_request {
    struct suan_engine *engine;
    struct suan_session_party task;     /* the task's package */
    struct suan_session_party baseline; /* its load.role: INCUMBENT (of the task's plugin) or ALGORITHM */
    struct suan_session_party release;
    const char *task_id;
    struct suan_digest contract; /* as task.set recorded it; the task package's tar otherwise */
    enum suan_mode mode;
    uint32_t attempt;                         /* m, from 1 */
    uint32_t sizes, pairs, blocks, aa_blocks; /* 0: the mode's; tests take less */
    enum suan_session_noise on_noise;
    int64_t budget_ms;           /* 0: the mode's */
    struct suan_seed_facts seed; /* secret, and plan, index and root if logged; commit is filled in */
    unsigned flags;              /* SUAN_REMARK_SAME_PARTY, _INFORMATION, _SIMULATED_TIME */
    uint32_t
        cpus[SUAN_SESSION_CPUS_MAX]; /* to measure on, in turn; none: all but one in turn, if there are two */
    uint32_t n_cpus;
    const char *tariff; /* id, with its price; NULL: no yuan */
    int64_t fen_per_cpu_hour;
    const char *sessions;            /* the session log; NULL: none is kept, and eps is the least */
    const struct suan_check *checks; /* what the caller screened already */
    uint32_t n_checks;
    const char *host_version;
    struct suan_session_progress progress;
    const int *interrupted; /* becomes non-zero when the user wants to stop; may be NULL */
};

/*
 * Runs the session and returns whatever came out of it, good or bad, in *out (suan_measurement_free) and its
 * rows in *out_rows (suan_rows_done); how a caller reacts is suan_outcome_status(outcome). An error is
 * returned only when there is nothing to report: the engine failed, the task cannot be loaded, the log is
 * broken, attempts are used up (REFUSED "measure.attempts"), no fitting CPU. All workers are gone at the end.
 * About 30 s in quick mode.
 */
SUAN_MUST_USE enum suan_status suan_session_run(const struct suan_session_request *request,
                                                struct suan_measurement **out, struct suan_rows *out_rows,
                                                struct suan_error *error);

#endif
