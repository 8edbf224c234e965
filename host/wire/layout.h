#ifndef SUAN_WIRE_LAYOUT_H
#define SUAN_WIRE_LAYOUT_H

/*
 * The shared-memory protocol between host and worker, version 1, little-endian: README.md is its page. Four
 * memfds: A request (the worker may only read it), B reply, C input arena (only read), D output arena.
 * Whatever lies in B and D is a stranger's: it is copied, then the copy is validated, and nothing from there
 * is an index, a length or a pointer before. Everything here is pure or works on memory it is given; any
 * thread.
 */
#include <stdatomic.h>

#include <suan/abi.h>

#define SUAN_WIRE_MAGIC UINT32_C(0x31575553) /* "SUW1" */
#define SUAN_WIRE_MAJOR 1
#define SUAN_WIRE_MINOR 0
#define SUAN_WIRE_PAGE 8192                      /* bytes of A, and of B */
#define SUAN_WIRE_ARENA_MAX (UINT64_C(64) << 30) /* bytes of C, and of D */
#define SUAN_WIRE_LOG_SLOTS 16
#define SUAN_WIRE_FUTEX_NS UINT64_C(10000000) /* no wait sleeps longer without looking again */

enum suan_wire_op {
    SUAN_WIRE_LOAD = 1,
    SUAN_WIRE_CREATE,
    SUAN_WIRE_PREPARE,
    SUAN_WIRE_INFER,
    SUAN_WIRE_WORKSPACE,
    SUAN_WIRE_RUN,
    SUAN_WIRE_DESTROY,
    SUAN_WIRE_PLAN,
    SUAN_WIRE_GENERATE,
    SUAN_WIRE_CHECK,
};

/* request.flags */
enum {
    SUAN_WIRE_INCUMBENT = 1, /* CREATE: the algorithm that the task plugin carries */
    SUAN_WIRE_TASK = 2,      /* CREATE: the task itself, for PLAN, GENERATE and CHECK */
};

/* reply.state, for diagnosis only */
enum suan_wire_state {
    SUAN_WIRE_STARTING,
    SUAN_WIRE_SEALED, /* every layer is on; no byte of the plugin has run */
    SUAN_WIRE_LOADING,
    SUAN_WIRE_READY,
    SUAN_WIRE_RUNNING,
    SUAN_WIRE_FAILED,  /* sealing or loading failed; error text says why */
    SUAN_WIRE_ABORTED, /* the plugin called abort */
    SUAN_WIRE_EXITED,  /* the plugin called exit */
    SUAN_WIRE_PROBED,  /* a probe worker tried its attempts; the next one must kill it */
};

/* The layers of isolation, in the order in which reports name them. */
enum suan_wire_layer {
    SUAN_LAYER_SECCOMP,
    SUAN_LAYER_ROOT,
    SUAN_LAYER_LANDLOCK,
    SUAN_LAYER_NS_USER,
    SUAN_LAYER_NS_PID,
    SUAN_LAYER_NS_NET,
    SUAN_LAYER_NS_IPC,
    SUAN_LAYER_CAPS,
    SUAN_LAYER_MDWE,
    SUAN_LAYER_SEALS,
    SUAN_LAYER_RLIMITS,
    SUAN_LAYER_CGROUP,
    SUAN_LAYERS
};

struct suan_wire_descriptor {
    uint64_t offset, bytes;
    uint8_t code, bits;
    uint16_t lanes;
    uint8_t rank, flags; /* flags: SUAN_WIRE_DYNAMIC */
    uint16_t zero;
    uint64_t shape[8];
    uint8_t pad[40];
};
#define SUAN_WIRE_DYNAMIC 1

/* The 256 bytes at 4288 of A, by operation. */
struct suan_wire_create {
    uint32_t isa, workers;
    uint64_t cpu_features, memory_bytes, seed;
    char task[100];
};
struct suan_wire_job {
    uint8_t seed[32];
    uint64_t size;
};
struct suan_wire_load { /* what the manifest says; id "" means unchecked */
    int32_t kind;
    uint32_t isa;
    uint64_t flags, cpu_needed;
    char id[80], version[80];
};

struct suan_wire_request { /* A */
    uint32_t magic;
    uint16_t major, minor;
    uint64_t input_bytes, output_bytes, worker_id;
    uint32_t spin_ns, thread_limit;
    uint8_t zero0[24];
    _Atomic uint32_t host_sleeping;
    _Atomic uint32_t cancel_seq;
    uint8_t zero1[56];
    _Atomic uint32_t req_seq;
    uint16_t op, instance;
    uint64_t call_id, deadline_ns;
    uint64_t scratch_offset, scratch_bytes;
    uint16_t n_in, n_out;
    uint32_t flags;
    uint8_t zero2[16];
    struct suan_wire_descriptor in[16];
    struct suan_wire_descriptor out[16];
    union {
        uint8_t bytes[256];
        struct suan_wire_create create;
        struct suan_wire_job job;
        struct suan_wire_load load;
    } extra;
    uint8_t zero3[3648];
};

struct suan_wire_log {
    uint32_t seq, level, length;
    char text[244];
};

struct suan_wire_layer_note { /* a layer as the worker saw it while sealing itself; diagnosis only */
    uint16_t attempted, active;
    int32_t errno_value;
};

struct suan_wire_head { /* the first cache line of B */
    _Atomic uint32_t rep_seq;
    int32_t status;
    uint64_t call_id, worker_id;
    uint16_t n_out, error_length;
    uint32_t zero0;
    uint64_t scratch_bytes;
    uint32_t scratch_align;
    uint32_t cpu_hint; /* CPU the worker answered from, plus one; 0: unknown */
    uint8_t zero1[16];
};

struct suan_wire_reply { /* B */
    struct suan_wire_head head;
    _Atomic uint32_t worker_sleeping;
    uint8_t zero2[60];
    _Atomic uint32_t state;
    int32_t errno_value;
    _Atomic uint32_t progress;
    uint8_t zero3[52];
    char error[256];
    uint8_t zero4[64];
    struct suan_wire_descriptor out[16];
    struct suan_wire_log log[SUAN_WIRE_LOG_SLOTS];
    struct suan_wire_layer_note layers[SUAN_LAYERS];
    uint8_t zero5[1440];
};

/* What a task plugin says of itself, as LOAD leaves it at the start of D. */
struct suan_wire_port {
    char name[64];
    uint64_t dtypes;
    int32_t rank;
    uint32_t flags;
};
struct suan_wire_task {
    uint32_t n_in, n_out, n_prepared, n_weights, cache_mode, size_port, size_dim, error_k_ppm;
    uint64_t size_min, size_max, unit_jobs, jobs_per_load;
    double error_floor;
    char error_name[64], error_unit[32];
    uint32_t weights_ppm[64];
    struct suan_wire_port in[16], out[16];
};
enum { SUAN_WIRE_WEIGHTS_MAX = 64 };

#endif
