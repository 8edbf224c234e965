#ifndef SUAN_ENGINE_GUEST_STATE_H
#define SUAN_ENGINE_GUEST_STATE_H

/* A guest's inside, shared by the files that carry out its calls. */
#include "guest.h"
#include "loader/services.h"
#include "machine.h"
#include "resident.h"

enum { LOG_LINES = 16, LOG_PER_SECOND = 100, BAD_ENDS_KEPT = 16 };

/* What is known of a call's outputs, remembered for calls of the same shapes and parameters. */
struct inferred {
    bool valid;
    uint32_t n_in, n_out;
    struct suan_wire_descriptor in[SUAN_MAX_PORTS]; /* offset and bytes are zero */
    uint8_t values[SUAN_MAX_PORTS][16];             /* of rank-0 inputs */
    struct suan_wire_descriptor out[SUAN_MAX_PORTS];
    uint64_t scratch_bytes;
    uint32_t scratch_align;
};

/* A worker that waits, READY and prepared, with a request and reply of its own over the guest's arenas. */
struct spare {
    struct region region;
    struct resident *resident; /* NULL: an empty place */
    uint32_t log_seen;
};

/* A call that has been placed in the arenas. */
struct placement {
    uint32_t n_in, n_out;
    struct suan_wire_descriptor in[SUAN_MAX_PORTS], out[SUAN_MAX_PORTS];
    uint64_t scratch_offset, scratch_bytes;
};

struct suan_guest {
    struct suan_engine *engine;
    enum suan_guest_role role;
    enum suan_guest_home home;
    enum suan_isolation_level require;
    enum suan_guest_group group;
    char *task, *id, *version;
    char **libraries;
    uint32_t n_libraries, isa, workers, own_threads, dynamic_outputs;
    uint64_t flags, cpu_needed, memory_bytes, deadline_ms, seed;
    uint32_t *cpus;
    uint32_t n_cpus;
    struct suan_machine machine;
    int plugin;
    uint64_t plugin_bytes;

    /* sealed */
    struct region region;
    struct zygote *own_zygote; /* NULL: the engine's */
    struct resident *resident; /* NULL: none lives */
    struct spare spares[SUAN_GUEST_SPARES_MAX];
    uint32_t spares_wanted;
    enum suan_isolation_level level;
    uint32_t log_seen;
    bool frozen;
    uint32_t bad_ends_max;
    uint64_t retire_calls, bad_ends;
    uint64_t bad_end_ns[BAD_ENDS_KEPT]; /* the latest, as a ring */
    struct placement
        written; /* what A holds; descriptors that stay need not travel to the worker's CPU again */
    bool is_written;
    uint32_t cpu_hint,
        calls_since_look; /* where the worker was last seen, and how long ago this thread's CPU was */

    /* in process */
    struct suan_services *services;
    const struct suan_plugin *loaded;
    struct suan_instance *instance;
    uint8_t *scratch;
    uint64_t scratch_bytes;
    uint64_t calls, repairs;

    /* both */
    uint32_t n_prepared; /* 0: nothing prepared */
    struct suan_wire_descriptor prepared[SUAN_MAX_PORTS];
    struct inferred inferred;
    struct placement staged;
    bool is_staged, has_run;
    struct suan_wire_descriptor produced[SUAN_MAX_PORTS]; /* outputs of the last staged run */
    _Atomic uint32_t cancel, running;
    struct suan_wire_task task_copy;
    struct suan_task_info info;
    struct suan_port ports_in[SUAN_MAX_PORTS], ports_out[SUAN_MAX_PORTS];

    struct suan_guest_death death;
    pthread_mutex_t log_lock; /* in process the plugin may log from any thread */
    char log[LOG_LINES][SUAN_MAX_LOG_BYTES + 1];
    uint32_t log_count; /* lines ever kept */
    uint32_t log_second_count;
    uint64_t log_second;
};

/* --- guest.c ------------------------------------------------------------------------------------------ */

/* SUAN_E_FORKED in the child of a fork; else sees to it that a worker lives, has the instance, and is
 * prepared. */
SUAN_MUST_USE enum suan_status guest_ready(struct suan_guest *guest, struct suan_error *error);
/* One operation on the living worker. The plugin's own failure becomes this function's, with its text. */
SUAN_MUST_USE enum suan_status guest_request(struct suan_guest *guest, uint16_t op, uint16_t n_out,
                                             uint64_t deadline_ms, struct suan_wire_answer *answer,
                                             struct suan_error *error);
/* Ends the worker; the next call gets a spare, or makes a new one. */
void guest_drop_worker(struct suan_guest *guest);
/* Makes a worker from nothing. */
SUAN_MUST_USE enum suan_status guest_make_worker(struct suan_guest *guest, struct suan_error *error);
void guest_keep_log(struct suan_guest *guest, const char *text);
/* The plugin failed with a status of its own. */
SUAN_MUST_USE enum suan_status guest_plugin_failed(int32_t status, const char *text, const char *stage,
                                                   struct suan_error *error);
/* Makes the host's own suan_task_info of guest->task_copy. */
SUAN_MUST_USE enum suan_status guest_adopt_task(struct suan_guest *guest, struct suan_error *error);

/* --- spare.c ------------------------------------------------------------------------------------------ */

/* Puts a living spare in the place of the worker that is gone. False: there is none. */
bool spare_take_over(struct suan_guest *guest);
/* Ends all spares: arenas or prepared inputs are about to change. */
void spare_drop_all(struct suan_guest *guest);

/* --- wear.c ------------------------------------------------------------------------------------------- */

/* Before an ordinary call: ends a worker that has served long enough, so that what it leaks ends with it. */
void wear_retire(struct suan_guest *guest);
/* A worker came to a bad end. */
void wear_note_end(struct suan_guest *guest);
/* SUAN_E_STATE if that has happened too often lately. */
SUAN_MUST_USE enum suan_status wear_check(const struct suan_guest *guest, struct suan_error *error);

/* --- placing.c ---------------------------------------------------------------------------------------- */

enum placing { PLACE_ALL, PLACE_PARAMETERS }; /* copy every input, or those of rank 0 alone */

/* Checks tensors as the ABI demands; `which` names them in messages. Data is needed unless empty. */
SUAN_MUST_USE enum suan_status placing_measure(const struct suan_tensor *tensors, uint32_t count,
                                               const char *which, uint64_t bytes[SUAN_MAX_PORTS],
                                               struct suan_error *error);
/* Grows the arenas if need be (which ends the worker). */
SUAN_MUST_USE enum suan_status placing_make_room(struct suan_guest *guest, uint64_t input_bytes,
                                                 uint64_t output_bytes, struct suan_error *error);
/* Puts inputs into C: prepared ones and those in kept memory stay where they are. The arena grows if it must.
 */
SUAN_MUST_USE enum suan_status placing_inputs(struct suan_guest *guest, const struct suan_tensor *in,
                                              uint32_t n_in, enum placing placing, uint64_t skew,
                                              struct placement *out, struct suan_error *error);
/* Chooses places in D for outputs and scratch, whose descriptors' shapes are set. */
SUAN_MUST_USE enum suan_status placing_outputs(struct suan_guest *guest, uint64_t skew,
                                               uint32_t scratch_align, struct placement *placement,
                                               struct suan_error *error);
/* Writes the placement into A. */
void placing_write(struct suan_guest *guest, const struct placement *placement);
/* Compact shape and strides of a descriptor into a caller's tensor. */
void placing_describe(const struct suan_wire_descriptor *descriptor, struct suan_tensor *out);

/* --- calling.c ---------------------------------------------------------------------------------------- */

/* Outputs and scratch for inputs that have been placed; asks the plugin unless it is remembered. */
SUAN_MUST_USE enum suan_status calling_infer(struct suan_guest *guest, const struct placement *placement,
                                             uint32_t n_out, struct suan_error *error);
/* Repeats prepare on a new worker. */
SUAN_MUST_USE enum suan_status calling_prepare_again(struct suan_guest *guest, struct suan_error *error);
/* Tensor equals descriptor in type, rank and extents? */
bool calling_same_shape(const struct suan_tensor *tensor, const struct suan_wire_descriptor *descriptor);

/* --- inprocess.c: the same calls in this process ------------------------------------------------------ */

SUAN_MUST_USE enum suan_status inprocess_open(struct suan_guest *guest, struct suan_error *error);
void inprocess_close(struct suan_guest *guest);
SUAN_MUST_USE enum suan_status inprocess_prepare(struct suan_guest *guest, const struct suan_tensor *in,
                                                 uint32_t n_in, struct suan_error *error);
SUAN_MUST_USE enum suan_status inprocess_infer(struct suan_guest *guest, const struct suan_tensor *in,
                                               uint32_t n_in, struct suan_tensor *out, uint32_t n_out,
                                               struct suan_error *error);
SUAN_MUST_USE enum suan_status inprocess_run(struct suan_guest *guest, const struct suan_tensor *in,
                                             uint32_t n_in, struct suan_tensor *out, uint32_t n_out,
                                             struct suan_error *error);
SUAN_MUST_USE enum suan_status inprocess_job(struct suan_guest *guest, uint16_t op,
                                             const struct suan_guest_job *job, struct suan_tensor *in,
                                             uint32_t n_in, const struct suan_tensor *out, uint32_t n_out,
                                             struct suan_verdict *verdict, struct suan_error *error);

#endif
