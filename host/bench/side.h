#ifndef SUAN_BENCH_SIDE_H
#define SUAN_BENCH_SIDE_H

/*
 * Inside this folder only: one side of a block, a guest that is frozen whenever its turn is over. What the
 * plugin does wrong is recorded in job and row; a status other than SUAN_OK means that the machinery failed.
 */
#include "cpus.h"
#include "job.h"
#include "row.h"

struct bench_side {
    struct suan_guest *guest; /* NULL: closed */
    uint64_t init_cpu_ns;     /* from exec to ready, with prepare */
    char failure[256];        /* the plugin's last failure, for the report */
    bool broken;              /* died, and could not be started again */
};

/* What a plugin, rather than the machinery, can be blamed for: ABI statuses and those of a worker. */
bool bench_is_plugins_fault(enum suan_status status);

/* Opens a fresh worker behind a fresh zygote on the block's CPU, prepares it with the load and freezes it.
   The status may be the plugin's. */
SUAN_MUST_USE enum suan_status bench_side_open(struct bench_side *side, struct suan_engine *engine,
                                               const struct suan_guest_options *options, uint32_t cpu,
                                               const struct bench_task *task, struct suan_error *error);
void bench_side_close(struct bench_side *side);

/* The CPU is a worker's alone from thawing to freezing; between turns it is kept awake. */
SUAN_MUST_USE enum suan_status bench_side_thaw(struct bench_side *side, const struct bench_cpus *cpus,
                                               struct suan_error *error);
SUAN_MUST_USE enum suan_status bench_side_freeze(struct bench_side *side, const struct bench_cpus *cpus,
                                                 struct suan_error *error);

struct bench_batch {
    const struct suan_digest *master;
    const struct bench_cpus *cpus;
    enum suan_row_side side;
    uint64_t evict_bytes; /* before each call; 0: warm */
    uint8_t *evict;       /* that much memory */
};
/* A turn: runs the jobs one after another and adds their costs to the row. The guest is frozen before and after.
 * A side that is broken runs nothing. */
SUAN_MUST_USE enum suan_status bench_side_turn(struct bench_side *side, const struct bench_batch *batch,
                                               struct bench_job *jobs, uint32_t count, struct suan_row *row,
                                               struct suan_error *error);
/* After the last turn: the row's digests, over all the jobs of its batch, and its flag. */
void bench_side_finish(const struct bench_job *jobs, uint32_t count, struct suan_row *row);
/* The same staged job again and again for at least `wall_ns`; counts calls. For warming up: outputs are not
 * taken. */
SUAN_MUST_USE enum suan_status bench_side_warm(struct bench_side *side, const struct bench_batch *batch,
                                               struct bench_job *job, uint64_t wall_ns, struct suan_row *row,
                                               struct suan_error *error);

#endif
