#ifndef SUAN_ENGINE_GUEST_H
#define SUAN_ENGINE_GUEST_H

/*
 * A guest is one plugin with one instance, in a sealed worker or in process. One call at a time on each
 * guest; different guests are independent; suan_guest_cancel from any thread.
 *
 * Errors of every call: the plugin's own status (SUAN_E_INVALID … SUAN_E_INTERNAL, with its text); what it did to its worker:
 *   SUAN_E_WORKER_CRASHED    fatal signal, abort, exit: message names it, the stage and the last log line
 *   SUAN_E_WORKER_TIMEOUT    the deadline passed
 *   SUAN_E_WORKER_VIOLATION  killed by the filter, or a thread was left behind
 *   SUAN_E_WORKER_PROTOCOL   the reply is invalid; the field is named
 *   SUAN_E_WORKER_LIMIT      out of its memory or process limit
 *   SUAN_E_WORKER_LOAD       not loadable, or not what the manifest says
 * and SUAN_E_CANCELLED, SUAN_E_ISOLATION (layer and errno), SUAN_E_FORKED, SUAN_E_STATE (three bad ends in ten minutes).
 * After each of them inputs are intact, outputs untouched, and the next call gets a fresh worker, prepared again.
 */
#include "engine.h"

struct suan_guest;

enum suan_guest_role {
    SUAN_GUEST_ALGORITHM, /* the plugin is an algorithm */
    SUAN_GUEST_INCUMBENT, /* the plugin is a task: use the algorithm it carries */
    SUAN_GUEST_TASK,      /* the plugin is a task: plan, generate, check */
};
enum suan_guest_home { SUAN_GUEST_SEALED, SUAN_GUEST_INPROCESS };
/* Fresh: its own address layout, for measuring. */
enum suan_guest_zygote { SUAN_GUEST_ZYGOTE_SHARED, SUAN_GUEST_ZYGOTE_FRESH };

/* A control group for the worker, where the machine has them: limits beside those of the process, and exact
   CPU time. Entering one can take the kernel 10 ms. */
enum suan_guest_group { SUAN_GUEST_GROUPED, SUAN_GUEST_UNGROUPED };

enum { SUAN_GUEST_CPUS_MAX = 1024, SUAN_GUEST_LIBRARIES_MAX = 16, SUAN_GUEST_SPARES_MAX = 4 };
#define SUAN_GUEST_DEADLINE_MS UINT64_C(60000)
#define SUAN_GUEST_DEADLINE_MAX_MS UINT64_C(86400000)

/* All zero is a default, but for `plugin` and `task`. Everything is copied. */
struct suan_guest_options {
    struct suan_span plugin; /* bytes of plugin.so; the caller has checked their digest and screened them */
    const char *task;        /* config.task */
    enum suan_guest_role role;
    enum suan_guest_home home;
    enum suan_isolation_level require; /* NONE (0) means STRONG; REDUCED must be asked for */
    enum suan_guest_zygote zygote;
    enum suan_guest_group group;
    const char *id, *version; /* what the manifest says; NULL: not compared */
    uint32_t isa;
    uint64_t flags,
        cpu_needed; /* compared with the descriptor if `id` is set. OWN_THREADS counts in any case */
    const char *const *libraries; /* sonames to load beside those that the plugin itself names */
    uint32_t n_libraries;
    uint32_t spares;                    /* READY workers kept to take over at once when one dies; at most 4 */
    uint32_t workers;                   /* of parallel_for; 0: 1 */
    uint64_t input_bytes, output_bytes; /* arenas; 0: 256 MiB; they grow when a call needs more */
    uint64_t memory_bytes;              /* address space beyond libraries and arenas; 0: 1 GiB */
    uint64_t deadline_ms;               /* of opening, and of calls that state none; 0: 60 s; at most 24 h */
    uint64_t seed;
    uint32_t dynamic_outputs; /* set of outputs that the task marks DYNAMIC: bit i for output i */
    uint32_t bad_ends;        /* so many in ten minutes suspend the guest; 0: 3 */
    uint64_t retire_calls;    /* a worker is replaced after so many; 0: 1,000,000 */
    const uint32_t *cpus;     /* pin the worker to these; none: not pinned */
    uint32_t n_cpus;
};

/* Loads the plugin, checks its descriptor, creates the instance. The guest is yours: suan_guest_close. [any
 * thread] */
SUAN_MUST_USE enum suan_status suan_guest_open(struct suan_engine *engine,
                                               const struct suan_guest_options *options,
                                               struct suan_guest **out_guest, struct suan_error *error);
void suan_guest_close(struct suan_guest *guest); /* takes NULL; no call may be running */
void suan_guest_closep(struct suan_guest **guest);

enum suan_isolation_level
suan_guest_level(const struct suan_guest *guest); /* verified, of the current worker */

/* --- algorithms and incumbents ------------------------------------------------------------------------ */

/* Hands over the task's prepared inputs (copied once; kept for later workers). */
SUAN_MUST_USE enum suan_status suan_guest_prepare(struct suan_guest *guest, const struct suan_tensor *in,
                                                  uint32_t n_in, struct suan_error *error);
/* Writes dtype, ndim, shape and compact strides (room for 8 each; strides may be NULL) of each output. All
   inputs, prepared ones first; answers are remembered. */
SUAN_MUST_USE enum suan_status suan_guest_infer(struct suan_guest *guest, const struct suan_tensor *in,
                                                uint32_t n_in, struct suan_tensor *out, uint32_t n_out,
                                                struct suan_error *error);
/*
 * One job. Inputs that were prepared are named again and not copied again; those that lie in memory of
 * suan_guest_buffer are not copied at all. Outputs have the shape that infer states, compact; their bytes are
 * copied to out[i].data, and shape[0] of a dynamic one is set. deadline_ms 0: that of the options.
 */
SUAN_MUST_USE enum suan_status suan_guest_run(struct suan_guest *guest, const struct suan_tensor *in,
                                              uint32_t n_in, struct suan_tensor *out, uint32_t n_out,
                                              uint64_t deadline_ms, struct suan_error *error);

enum suan_guest_output_mode { SUAN_GUEST_FREEZE, SUAN_GUEST_LIVE };
/* suan_guest_run without copying: writes dtype, shape and compact strides of outputs as infer does, and points data into shared
   memory, valid until the next call. FREEZE: the worker stands still until suan_guest_thaw, so the bytes do too. LIVE: they may
   change under you. */
SUAN_MUST_USE enum suan_status suan_guest_view(struct suan_guest *guest, const struct suan_tensor *in,
                                               uint32_t n_in, struct suan_tensor *out, uint32_t n_out,
                                               enum suan_guest_output_mode mode, uint64_t deadline_ms,
                                               struct suan_error *error);
/* Makes up for spares that have taken over, as opening and preparing do: when there is time for it. No spares: SUAN_OK. */
SUAN_MUST_USE enum suan_status suan_guest_refill(struct suan_guest *guest, struct suan_error *error);
/* Makes the running call, if any, end with SUAN_E_CANCELLED soon. [any thread] */
void suan_guest_cancel(struct suan_guest *guest);

/* Memory for inputs that need no copy, 64-aligned, zeroed; the guest's until freed or closed. While one
   exists the input arena cannot grow. */
SUAN_MUST_USE enum suan_status suan_guest_buffer(struct suan_guest *guest, uint64_t bytes, void **out_buffer,
                                                 struct suan_error *error);
void suan_guest_buffer_free(struct suan_guest *guest, void *buffer); /* takes NULL */

/* --- tasks -------------------------------------------------------------------------------------------- */

struct suan_guest_job {
    uint8_t seed[32];
    uint64_t size;
};

/* The task's contract, in the host's own memory; NULL unless the plugin is a task. Valid until close. */
const struct suan_task_info *suan_guest_task_info(const struct suan_guest *guest);
/* Writes dtype, ndim, shape and compact strides (room for 8 each) of every input of the job. */
SUAN_MUST_USE enum suan_status suan_guest_plan(struct suan_guest *guest, const struct suan_guest_job *job,
                                               struct suan_tensor *in, uint32_t n_in,
                                               struct suan_error *error);
/* Fills in[i].data; the tensors are as plan states them. */
SUAN_MUST_USE enum suan_status suan_guest_generate(struct suan_guest *guest, const struct suan_guest_job *job,
                                                   struct suan_tensor *in, uint32_t n_in,
                                                   struct suan_error *error);
/* Judges a candidate's outputs (at most 15). SUAN_OK: the judgement is in the verdict, whose text is clean.
 */
SUAN_MUST_USE enum suan_status suan_guest_check(struct suan_guest *guest, const struct suan_guest_job *job,
                                                const struct suan_tensor *in, uint32_t n_in,
                                                const struct suan_tensor *out, uint32_t n_out,
                                                struct suan_verdict *out_verdict, struct suan_error *error);

/* --- measuring: sealed guests only -------------------------------------------------------------------- */

/* Where a staged call's tensors lie (the skews are rounded down to multiples of 64, below 1 MiB), and what
   its outputs and scratch hold before: `poison` repeated. */
struct suan_guest_stage {
    uint64_t input_skew, output_skew;
    struct suan_span poison; /* empty: leave the memory as it is */
};

/* Everything of a run but the run: infers, copies inputs (prepared ones are there), poisons. Writes the
   outputs' dtype, ndim and shape, as infer does. The worker must not be frozen. */
SUAN_MUST_USE enum suan_status suan_guest_stage(struct suan_guest *guest, const struct suan_tensor *in,
                                                uint32_t n_in, struct suan_tensor *out, uint32_t n_out,
                                                const struct suan_guest_stage *stage,
                                                struct suan_error *error);
/* The staged call and nothing else: no copying on either side. May be repeated. */
SUAN_MUST_USE enum suan_status suan_guest_run_staged(struct suan_guest *guest, uint64_t deadline_ms,
                                                     struct suan_error *error);
/* The bytes of an output of the last staged run as they lie in shared memory (frozen: they cannot change),
   cut to what a dynamic one holds; `out_shape0` (may be NULL) its first extent. */
SUAN_MUST_USE enum suan_status suan_guest_output(struct suan_guest *guest, uint32_t index,
                                                 struct suan_span *out_bytes, int64_t *out_shape0,
                                                 struct suan_error *error);
/* Stops every thread of the worker and returns when that is confirmed; thaw lets it go on. Both are
 * idempotent. */
SUAN_MUST_USE enum suan_status suan_guest_freeze(struct suan_guest *guest, struct suan_error *error);
SUAN_MUST_USE enum suan_status suan_guest_thaw(struct suan_guest *guest, struct suan_error *error);

struct suan_guest_usage {
    uint64_t cpu_ns;  /* user and system time of everything the worker ran since it was made */
    uint64_t rss_kib; /* resident now */
    uint64_t peak_kib;
    uint64_t involuntary; /* context switches of its main thread */
};
/* Freeze first: time of a running worker is not exact. */
SUAN_MUST_USE enum suan_status suan_guest_usage(struct suan_guest *guest, struct suan_guest_usage *out,
                                                struct suan_error *error);
/* The field cpu_ns alone. */
SUAN_MUST_USE enum suan_status suan_guest_cpu_ns(struct suan_guest *guest, uint64_t *out_ns,
                                                 struct suan_error *error);
/* Moves the worker to one CPU (it must be one of those it was opened with, if any were given). */
SUAN_MUST_USE enum suan_status suan_guest_pin(struct suan_guest *guest, uint32_t cpu,
                                              struct suan_error *error);
/* Ends the worker and starts a fresh one, prepared again, as if it had died. */
SUAN_MUST_USE enum suan_status suan_guest_restart(struct suan_guest *guest, struct suan_error *error);

/* --- diagnosis ---------------------------------------------------------------------------------------- */

struct suan_guest_death {
    enum suan_status status;          /* SUAN_OK: no worker of this guest has died */
    int signal, exit_status;          /* whichever applies, else 0 */
    char stage[32];                   /* "load", "create", "prepare", "run" … */
    char log[SUAN_MAX_LOG_BYTES + 1]; /* the last line it logged */
    uint32_t count;                   /* bad ends of this guest so far */
};
/* The last bad end. Valid until the next call. */
const struct suan_guest_death *suan_guest_death(const struct suan_guest *guest);
/* What the plugin logged, newest first: index 0 to 15; NULL beyond. Valid until the next call. */
const char *suan_guest_log(const struct suan_guest *guest, uint32_t index);

#endif
