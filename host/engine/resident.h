#ifndef SUAN_ENGINE_RESIDENT_H
#define SUAN_ENGINE_RESIDENT_H

/*
 * The engine's inside: its list of zygotes and workers, the thread that watches them, and one worker's life
 * from START to its end. `struct resident` is the host's side of a worker.
 */
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "cgroup.h"
#include "engine.h"
#include "region.h"
#include "verify.h"
#include "zygote.h"

#define RESIDENT_START_NS                                                                                    \
    UINT64_C(5000000000) /* from order to sealed, and for loading, if no shorter deadline applies */
#define RESIDENT_GRACE_NS UINT64_C(50000000)
#define RESIDENT_SPIN_NS UINT32_C(20000)
#define RESIDENT_LIBRARY_BYTES                                                                               \
    (UINT64_C(256) << 20) /* what a group may hold beside the plugin's own memory */

struct suan_engine {
    uint8_t *alive; /* a page that reads 0 in the child of a fork */
    pthread_mutex_t lock;
    pthread_cond_t changed;
    pthread_t reaper;
    bool reaping, ending;
    int bell; /* eventfd: the lists have changed */
    char *program;
    char **switches;
    struct zygote *zygotes;     /* lock */
    struct resident *residents; /* lock */
    struct zygote *shared;
    uint64_t next_number; /* lock */
    struct cgroup_site site;
    struct suan_isolation_report report;
    char tier;
    char tier_why[160];
};

/* What to make a worker of. */
struct resident_plan {
    int plugin;
    uint64_t plugin_bytes, memory_bytes;
    uint32_t threads, own_threads; /* of parallel_for; of the plugin's own */
    const char *const *libraries;
    uint32_t n_libraries;
    const uint32_t *cpus;
    uint32_t n_cpus;
    uint32_t flags; /* SUAN_CONTROL_PROBE */
    bool grouped;
    uint32_t spin_ns;
};

enum resident_reason {
    RESIDENT_RUNNING,
    RESIDENT_KILLED_DEADLINE,
    RESIDENT_KILLED_CANCEL,
    RESIDENT_KILLED_THREADS,
    RESIDENT_KILLED_PROTOCOL,
    RESIDENT_KILLED_END
};

struct resident {
    struct resident *next;
    struct suan_engine *engine;
    struct zygote *zygote;
    struct region *region;
    uint64_t id;
    int pidfd;
    pid_t pid;
    uint32_t sequence, threads_allowed;
    uint64_t call_id, threads_checked_ns;
    uint64_t calls, born_ns, looked_ns,
        settled_kib; /* wear: settled_kib is what it held after its first calls */
    struct cgroup cgroup;
    struct suan_isolation_report report;
    enum resident_reason reason;
    _Atomic uint32_t dead;      /* set by the reaper before it changes rep_seq */
    bool detailed;              /* lock: the zygote has waited for it */
    int exit_code, exit_status; /* lock */
};

/* A fresh zygote in the engine's list. Its probe worker is under way: engine_finish_probe must follow before any level is
   judged, and may wait until another worker has been ordered. */
SUAN_MUST_USE enum suan_status engine_add_zygote(struct suan_engine *engine, struct zygote **out_zygote,
                                                 struct suan_error *error);
/* Does nothing if that has been done. */
SUAN_MUST_USE enum suan_status engine_finish_probe(struct suan_engine *engine, struct zygote *zygote,
                                                   struct suan_error *error);
void engine_remove_zygote(struct suan_engine *engine, struct zygote *zygote); /* takes NULL */
bool engine_is_forked(const struct suan_engine *engine);
void engine_ring(struct suan_engine *engine);

/* Orders a worker, which then seals itself. Errors: SUAN_E_IO. */
SUAN_MUST_USE enum suan_status resident_order(struct suan_engine *engine, struct zygote *zygote,
                                              struct region *region, const struct resident_plan *plan,
                                              struct resident **out_resident, struct suan_error *error);
/* Waits until it is sealed, and looks at it. Its report says what was found; nothing of the plugin has run. On failure it
   must still be ended. Errors: SUAN_E_WORKER_LOAD (a library), SUAN_E_WORKER_CRASHED, SUAN_E_WORKER_TIMEOUT. */
SUAN_MUST_USE enum suan_status resident_verify(struct resident *resident, const struct resident_plan *plan,
                                               struct suan_error *error);
/* Kills it if it lives, waits for its end, forgets it. Takes NULL. */
void resident_end(struct resident *resident);
void resident_kill(struct resident *resident, enum resident_reason reason);
/* Waits until the reaper has noticed its death, and the zygote has told how; at most a second. */
void resident_await_death(struct resident *resident);

/* One request to a living worker, whose A has been filled but for op, sequence, call id and deadline. */
struct resident_call {
    uint16_t op, n_out;
    uint32_t dynamic;
    uint64_t began_ns, deadline_ns; /* CLOCK_MONOTONIC */
    const _Atomic uint32_t *cancel; /* non-zero: the caller wants it to end */
    _Atomic uint32_t *running;      /* the sequence number while the call runs, for who cancels; else 0 */
};
/*
 * SUAN_OK: *out_answer is valid (its status may be a failure). SUAN_E_WORKER_TIMEOUT and SUAN_E_CANCELLED:
 * the worker answered within the grace time and lives, or was killed. Others: it is dead. resident->dead
 * tells.
 */
SUAN_MUST_USE enum suan_status resident_request(struct resident *resident, const struct resident_call *call,
                                                struct suan_wire_answer *out_answer,
                                                struct suan_error *error);

#endif
