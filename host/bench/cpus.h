#ifndef SUAN_BENCH_CPUS_H
#define SUAN_BENCH_CPUS_H

/* Inside this folder only: where a block is measured, and where the host stays meanwhile. */
#include <sched.h>

#include "awake.h"
#include "measurement.h"
#include "session.h"

struct bench_cpus {
    cpu_set_t before; /* what the calling thread was allowed; restored at the end */
    uint32_t usable[SUAN_SESSION_CPUS_MAX], n_usable;
    uint32_t measure[SUAN_SESSION_CPUS_MAX], n_measure;
    uint32_t here;             /* of the current block */
    uint32_t host;             /* one that the host may use */
    bool shared;               /* there is only one CPU for both */
    int nice;                  /* of the calling thread before */
    struct bench_awake *awake; /* of `here`; NULL if shared */
};

/* Also raises the calling thread's priority, where that is allowed: workers inherit it, and are disturbed
   less by what else runs on the machine. Errors: USAGE "measure.cpu" if none of the wanted CPUs can be used,
   those of bench_awake_start. */
SUAN_MUST_USE enum suan_status bench_cpus_init(struct bench_cpus *cpus, const uint32_t *wanted,
                                               uint32_t n_wanted, struct suan_error *error);
/* Takes the next CPU for this block and moves the calling thread off it, if there is another. */
void bench_cpus_choose(struct bench_cpus *cpus, uint32_t block);
/* The calling thread to one CPU, and back off the measured one: for evicting caches. */
void bench_cpus_visit(const struct bench_cpus *cpus);
void bench_cpus_leave(const struct bench_cpus *cpus);
/* Leaves the CPU to a worker, and keeps it awake while none runs there; at first it is left alone. */
void bench_cpus_yield(const struct bench_cpus *cpus);
void bench_cpus_hold(const struct bench_cpus *cpus);
void bench_cpus_done(struct bench_cpus *cpus);

/* What tier A would need and this machine lacks, as lines of measurement->missing. */
void bench_cpus_missing(struct suan_measurement *measurement);

#endif
