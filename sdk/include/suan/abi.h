#ifndef SUAN_ABI_H
#define SUAN_ABI_H

/*
 * The binary interface between a Suan host and a plugin. A plugin is one shared object that exports one function,
 * suan_plugin_v1, and carries one ELF note; it imports nothing of the host. What a plugin built against 1.0 relies on
 * here never changes: tables of functions, suan_tensor, suan_dtype, suan_port and the note are fixed; structs that begin
 * with struct_size grow at their tail only; enumerators are added, never renumbered; other abilities come through
 * get_interface. While SUAN_ABI_DRAFT is not 0 the interface is not frozen, and a host accepts its own draft alone.
 *
 * Rules that hold everywhere
 *   Text     is UTF-8, NUL-terminated, owned by whoever states it here.
 *   Memory   is never allocated on one side and freed on the other.
 *   Status   is an int32_t: SUAN_OK or a negative SUAN_E_…; any other value counts as SUAN_E_INTERNAL.
 *   Escape   no exception, longjmp, exit, signal handler, changed floating-point mode, locale, environment, directory
 *            or signal mask may leave a plugin, and no work may go on after a function has returned.
 *
 * Thread tags, at the end of each function's comment
 *   [setup]     one thread; no other call in this plugin runs meanwhile
 *   [instance]  any one thread; no other call on this instance runs meanwhile
 *   [shared]    any thread, at the same time as others
 *   [body]      inside a parallel_for body
 *   [any]       any thread that the call runs on
 */
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define SUAN_ABI_MAJOR 1
#define SUAN_ABI_MINOR 0
#define SUAN_ABI_DRAFT 1

/* --- numbers ------------------------------------------------------------------------------------------ */

/* Status. -1 to -63 are defined here or reserved; -64 and below belong to libsuan and never come from a plugin. */
#define SUAN_OK 0
#define SUAN_E_INVALID (-1) /* an argument is wrong in a way no other status names */
#define SUAN_E_DTYPE (-2)   /* a tensor's element type */
#define SUAN_E_SHAPE (-3)   /* a tensor's rank or extents, or the number of tensors */
#define SUAN_E_MEMORY (-4)
#define SUAN_E_CANCELLED (-5)
#define SUAN_E_UNSUPPORTED (-6)
#define SUAN_E_TASK (-7)     /* the task asked for is not one of the plugin's */
#define SUAN_E_CAPACITY (-8) /* a dynamic output would pass its bound */
#define SUAN_E_NUMERIC (-9)  /* singular, no convergence */
#define SUAN_E_STATE (-10)   /* called in the wrong order */
#define SUAN_E_DEVICE (-11)
#define SUAN_E_INTERNAL (-12)

/* suan_descriptor.kind */
#define SUAN_KIND_ALGORITHM 1
#define SUAN_KIND_TASK 2

/* suan_descriptor.flags: promises. Other bits: "needs a newer host". */
#define SUAN_FLAG_CONCURRENT_INSTANCES (UINT64_C(1) << 0) /* different instances may run at once */
#define SUAN_FLAG_CONCURRENT_RUNS (UINT64_C(1) << 1)      /* one instance may run at once; implies bit 0 */
#define SUAN_FLAG_OWN_THREADS (UINT64_C(1) << 2)          /* creates threads itself; they are billed */
#define SUAN_FLAG_STRIDED_INPUTS (UINT64_C(1) << 3)       /* takes inputs that are not compact */
#define SUAN_FLAG_IN_PLACE (UINT64_C(1) << 4) /* output 0 may be the memory of input 0 (in process only) */
#define SUAN_FLAG_BIT_REPEATABLE (UINT64_C(1) << 5)   /* same bits for same input, seed and workers */
#define SUAN_FLAG_THREAD_INVARIANT (UINT64_C(1) << 6) /* same bits for any worker count */
#define SUAN_FLAG_STATEFUL (UINT64_C(1) << 7)         /* cost or result depends on earlier runs */
#define SUAN_FLAG_RANDOMISED (UINT64_C(1) << 8)       /* uses config.seed */
#define SUAN_FLAGS_KNOWN UINT64_C(0x1ff)

/* suan_dtype.code, in DLPack's numbering. A complex number's bits count both parts, real part first. */
#define SUAN_DTYPE_INT 0
#define SUAN_DTYPE_UINT 1
#define SUAN_DTYPE_FLOAT 2
#define SUAN_DTYPE_BFLOAT 4
#define SUAN_DTYPE_COMPLEX 5

/* Sets of element types (suan_port.dtypes, suan_descriptor.dtypes). */
#define SUAN_TYPE_I8 (UINT64_C(1) << 0)
#define SUAN_TYPE_I16 (UINT64_C(1) << 1)
#define SUAN_TYPE_I32 (UINT64_C(1) << 2)
#define SUAN_TYPE_I64 (UINT64_C(1) << 3)
#define SUAN_TYPE_U8 (UINT64_C(1) << 4)
#define SUAN_TYPE_U16 (UINT64_C(1) << 5)
#define SUAN_TYPE_U32 (UINT64_C(1) << 6)
#define SUAN_TYPE_U64 (UINT64_C(1) << 7)
#define SUAN_TYPE_F16 (UINT64_C(1) << 8)
#define SUAN_TYPE_F32 (UINT64_C(1) << 9)
#define SUAN_TYPE_F64 (UINT64_C(1) << 10)
#define SUAN_TYPE_BF16 (UINT64_C(1) << 11)
#define SUAN_TYPE_C64 (UINT64_C(1) << 12)
#define SUAN_TYPE_C128 (UINT64_C(1) << 13)

/* suan_tensor.device_type. Version 1 runs on the CPU; all else is refused with SUAN_E_DEVICE. */
#define SUAN_DEVICE_CPU 1
#define SUAN_DEVICE_CUDA 2

/* suan_port.flags */
#define SUAN_PORT_PARAM 1u   /* a rank-0 input that infer and workspace may read */
#define SUAN_PORT_DYNAMIC 2u /* an output whose first extent run decides */

/* suan_task_info.cache_mode */
#define SUAN_CACHE_BOTH 0 /* credit the lower saving of warm and cold */
#define SUAN_CACHE_WARM 1
#define SUAN_CACHE_COLD 2

/* suan_host.log levels */
#define SUAN_LOG_DEBUG 0
#define SUAN_LOG_INFO 1
#define SUAN_LOG_WARNING 2
#define SUAN_LOG_ERROR 3

/* isa: the instruction set level a variant is built for. x86-64: 2, 3, 4 (x86-64-v2 …). aarch64: 0, or 1 with SVE. */

/* cpu_features and cpu_needed on x86-64: what the CPU and the system offer beyond what isa already implies. */
#define SUAN_X86_AVX (UINT64_C(1) << 0)
#define SUAN_X86_AVX2 (UINT64_C(1) << 1)
#define SUAN_X86_FMA (UINT64_C(1) << 2)
#define SUAN_X86_F16C (UINT64_C(1) << 3)
#define SUAN_X86_BMI1 (UINT64_C(1) << 4)
#define SUAN_X86_BMI2 (UINT64_C(1) << 5)
#define SUAN_X86_LZCNT (UINT64_C(1) << 6)
#define SUAN_X86_MOVBE (UINT64_C(1) << 7)
#define SUAN_X86_AVX512F (UINT64_C(1) << 8)
#define SUAN_X86_AVX512DQ (UINT64_C(1) << 9)
#define SUAN_X86_AVX512CD (UINT64_C(1) << 10)
#define SUAN_X86_AVX512BW (UINT64_C(1) << 11)
#define SUAN_X86_AVX512VL (UINT64_C(1) << 12)
#define SUAN_X86_AVX512IFMA (UINT64_C(1) << 13)
#define SUAN_X86_AVX512VBMI (UINT64_C(1) << 14)
#define SUAN_X86_AVX512VBMI2 (UINT64_C(1) << 15)
#define SUAN_X86_AVX512VNNI (UINT64_C(1) << 16)
#define SUAN_X86_AVX512BITALG (UINT64_C(1) << 17)
#define SUAN_X86_AVX512VPOPCNTDQ (UINT64_C(1) << 18)
#define SUAN_X86_AVX512BF16 (UINT64_C(1) << 19)
#define SUAN_X86_AVX512FP16 (UINT64_C(1) << 20)
#define SUAN_X86_AES (UINT64_C(1) << 21)
#define SUAN_X86_PCLMUL (UINT64_C(1) << 22)
#define SUAN_X86_SHA (UINT64_C(1) << 23)
#define SUAN_X86_VAES (UINT64_C(1) << 24)
#define SUAN_X86_VPCLMUL (UINT64_C(1) << 25)
#define SUAN_X86_GFNI (UINT64_C(1) << 26)
#define SUAN_X86_AVXVNNI (UINT64_C(1) << 27)
#define SUAN_X86_SSE4_2 (UINT64_C(1) << 28)
#define SUAN_X86_POPCNT (UINT64_C(1) << 29)

/* The same on aarch64. */
#define SUAN_ARM_DOTPROD (UINT64_C(1) << 0)
#define SUAN_ARM_SVE (UINT64_C(1) << 1)
#define SUAN_ARM_SVE2 (UINT64_C(1) << 2)
#define SUAN_ARM_AES (UINT64_C(1) << 3)
#define SUAN_ARM_PMULL (UINT64_C(1) << 4)
#define SUAN_ARM_SHA2 (UINT64_C(1) << 5)
#define SUAN_ARM_CRC32 (UINT64_C(1) << 6)
#define SUAN_ARM_ATOMICS (UINT64_C(1) << 7)
#define SUAN_ARM_FP16 (UINT64_C(1) << 8)
#define SUAN_ARM_BF16 (UINT64_C(1) << 9)
#define SUAN_ARM_I8MM (UINT64_C(1) << 10)

/* Limits. They may rise, never fall. */
#define SUAN_MAX_RANK 8
#define SUAN_MAX_PORTS 16     /* inputs, and outputs */
#define SUAN_MAX_INSTANCES 16 /* per worker */
#define SUAN_MAX_TENSOR_BYTES (UINT64_C(64) << 30)
#define SUAN_MAX_TASKS 8
#define SUAN_MAX_LOG_BYTES 244 /* longer text is cut at a character */
#define SUAN_MAX_ERROR_BYTES 256
#define SUAN_TENSOR_ALIGN 64 /* compact data is aligned so */
#define SUAN_MAX_SCRATCH_ALIGN 4096

/* --- tensors ------------------------------------------------------------------------------------------ */

struct suan_ctx;      /* one call, as the host sees it; valid during that call, [any] */
struct suan_instance; /* the plugin's own, from create to destroy */

struct suan_dtype {
    uint8_t code;   /* SUAN_DTYPE_… */
    uint8_t bits;   /* of one element */
    uint16_t lanes; /* 1 */
};

/*
 * A view of n-dimensional data in the layout of DLPack's DLTensor. Rank at most 8, extents >= 0, at most 64 GiB.
 * Strides count elements, are >= 0 and never NULL for rank > 0. Inputs are compact and row-major unless the plugin
 * declares STRIDED_INPUTS; outputs always are. Compact data is aligned to 64 bytes with byte_offset 0. The data of an
 * empty tensor may be NULL. The host refuses anything else before a plugin sees it. Inputs are read-only.
 */
struct suan_tensor {
    void *data;
    int32_t device_type; /* SUAN_DEVICE_CPU */
    int32_t device_id;   /* 0 */
    int32_t ndim;
    struct suan_dtype dtype;
    int64_t *shape;
    int64_t *strides;
    uint64_t byte_offset;
};

/* --- what the host offers ----------------------------------------------------------------------------- */

/* Constant, valid until the process ends; every slot is set. */
struct suan_host {
    uint32_t abi_major, abi_minor;
    /* An extension by id ("suan.NAME/REV"), or NULL if the host does not know it. [setup] */
    const void *(*get_interface)(const struct suan_host *host, const char *id);
    /* A line for the host's log, copied, cut after 244 bytes; at most 100 a second are kept, the rest is counted. [any] */
    void (*log)(struct suan_ctx *ctx, int32_t level, const char *text);
    /* Says why the call is about to fail; copied, cut after 256 bytes; the last one counts. [any] */
    void (*set_error)(struct suan_ctx *ctx, int32_t code, const char *text);
    /* Non-zero once the caller wants the call to end: return SUAN_E_CANCELLED soon. One relaxed load; ask at least every
       10 ms of work. [any] */
    int32_t (*cancelled)(struct suan_ctx *ctx);
    /* Progress in parts of 10,000, for display only. [any] */
    void (*progress)(struct suan_ctx *ctx, uint32_t parts_of_10000);
    /* Calls body(arg, begin, end, worker) once for each chunk of [0, n), cut at multiples of grain whatever the number of
       workers, in any order and perhaps serially; worker < config.workers. Returns when all are done: SUAN_OK,
       SUAN_E_INVALID for grain 0, or SUAN_E_CANCELLED without starting the rest. Nested calls run in the calling worker.
       The body is [body]. [any] */
    int32_t (*parallel_for)(struct suan_ctx *ctx, uint64_t n, uint64_t grain,
                            void (*body)(void *arg, uint64_t begin, uint64_t end, uint32_t worker),
                            void *arg);
};

/* --- an algorithm ------------------------------------------------------------------------------------- */

/* How an instance will be used. Host's, valid during create. */
struct suan_config {
    uint32_t struct_size;
    uint32_t isa;          /* level of the variant that was loaded */
    uint64_t cpu_features; /* SUAN_X86_… or SUAN_ARM_…: trust this, not CPUID, which a worker may deny */
    uint64_t memory_bytes; /* what the instance may use */
    uint64_t seed;         /* for RANDOMISED algorithms */
    uint32_t workers;      /* of parallel_for; >= 1 */
    uint32_t reserved;     /* 0 */
    const char *task;      /* id of the task to solve */
};

/* One call of run. Everything in it is the host's and valid during that call. */
struct suan_run {
    uint32_t struct_size;
    uint32_t n_in, n_out;
    uint32_t reserved; /* 0 */
    struct suan_ctx *ctx;
    const struct suan_tensor *in;
    const struct suan_tensor *out; /* data is the plugin's to write; a DYNAMIC output's shape[0], too */
    void *scratch;                 /* as workspace asked; content undefined */
    uint64_t scratch_bytes;
    void *stream; /* NULL on the CPU */
};

/*
 * An instance is CREATED by create, READY after prepare (at once, if there is no prepare), gone after destroy. A failed or
 * cancelled run leaves it READY; prepare in READY replaces what was prepared; a failed prepare leaves it CREATED.
 */
struct suan_algorithm {
    /* Makes an instance. On failure *out_instance is NULL. Unknown config->task: SUAN_E_TASK. May allocate.
       [setup]; [instance] with CONCURRENT_INSTANCES */
    int32_t (*create)(const struct suan_host *host, struct suan_ctx *ctx, const struct suan_config *config,
                      struct suan_instance **out_instance);
    /* Takes the task's first n_prepared inputs, to do once what many runs share (an index). run gets all inputs again,
       these with the same values. May allocate. May be NULL. [instance] */
    int32_t (*prepare)(struct suan_instance *instance, struct suan_ctx *ctx, const struct suan_tensor *in,
                       uint32_t n_in);
    /* Writes dtype, ndim and shape (room for 8 extents) of every output. Depends on dtypes, shapes and PARAM inputs only.
       For a DYNAMIC output shape[0] is an upper bound. [instance]; [shared] with CONCURRENT_RUNS */
    int32_t (*infer)(struct suan_instance *instance, struct suan_ctx *ctx, const struct suan_tensor *in,
                     uint32_t n_in, struct suan_tensor *out, uint32_t n_out);
    /* Bytes and alignment (power of two, 64 to 4,096; 0 means 64) of the scratch that run needs, from the same things.
       May be NULL: none. [instance]; [shared] with CONCURRENT_RUNS */
    int32_t (*workspace)(struct suan_instance *instance, struct suan_ctx *ctx, const struct suan_tensor *in,
                         uint32_t n_in, uint64_t *out_bytes, uint64_t *out_align);
    /* Computes all outputs. Does not allocate. [instance]; [shared] with CONCURRENT_RUNS */
    int32_t (*run)(struct suan_instance *instance, const struct suan_run *run);
    /* Frees the instance; takes NULL; cannot fail. [instance] */
    void (*destroy)(struct suan_instance *instance);
};

/* --- a task ------------------------------------------------------------------------------------------- */

/* One input or output of a task. */
struct suan_port {
    const char *name;
    uint64_t dtypes; /* set of SUAN_TYPE_… */
    int32_t rank;    /* -1: any */
    uint32_t flags;  /* SUAN_PORT_… */
};

/* The task's contract; constant. */
struct suan_task_info {
    uint32_t struct_size;
    uint32_t n_in, n_out;
    uint32_t n_prepared; /* the first so many inputs go to prepare */
    const struct suan_port *in, *out;
    uint64_t size_min, size_max; /* of the metered size; at least two decades apart */
    uint32_t size_port;          /* metered size = extent size_dim of input size_port … */
    uint32_t size_dim;           /* … or its number of elements, if 2^32 - 1 */
    uint32_t n_weights;
    uint32_t cache_mode; /* SUAN_CACHE_… */
    const uint32_t *
        weights_ppm; /* workload: shares of equal logarithmic strata of [size_min, size_max]; sum 1,000,000 */
    uint64_t unit_jobs;     /* savings are stated per so many jobs */
    uint64_t jobs_per_load; /* jobs over which one load and prepare is spread */
    uint32_t error_k_ppm;   /* an error up to max(incumbent's * error_k_ppm / 10^6, error_floor) passes */
    uint32_t reserved;      /* 0 */
    double error_floor;
    const char *error_name, *error_unit;
};

/*
 * One job. Everything in it is the host's and valid during that call. The job is a function of seed and size alone. The seed
 * has two parts: bytes 0 to 15, the load part, alone decide the prepared inputs (their shapes, too, whatever the size), so
 * that one prepared instance serves many jobs; all other inputs are a function of the whole seed, load part and job part
 * (bytes 16 to 31), and of the size.
 */
struct suan_job {
    uint32_t struct_size;
    uint32_t n_in, n_out;
    uint32_t reserved; /* 0 */
    uint8_t seed[32];  /* load part, then job part */
    uint64_t size;
    struct suan_ctx *ctx;
    const struct suan_tensor *in;  /* generate writes their data; check reads the host's own copy */
    const struct suan_tensor *out; /* check: the candidate's outputs; else NULL */
};

/* What check found. */
struct suan_verdict {
    uint32_t struct_size;
    int32_t pass;                           /* 1 or 0 */
    uint64_t checked, wrong;                /* elements */
    uint64_t essential_bytes;               /* the least any method must touch for this job */
    double error_q50, error_q99, error_max; /* 0 is perfect; NaN fails */
    char reason[256];                       /* why not, with the first wrong element; empty if pass */
};

/* A task plugin is trusted and signed by the bodies; it alone ever sees expected answers. */
struct suan_task {
    const struct suan_task_info *info;
    const struct suan_algorithm *incumbent; /* the honest thing people use today */
    /* As suan_algorithm.create. [setup] */
    int32_t (*create)(const struct suan_host *host, struct suan_ctx *ctx, const struct suan_config *config,
                      struct suan_instance **out_instance);
    /* Writes dtype, ndim and shape (room for 8 extents) of every input of the job. [instance] */
    int32_t (*plan)(struct suan_instance *instance, const struct suan_job *job, struct suan_tensor *in,
                    uint32_t n_in);
    /* Fills the inputs that the host allocated: the same bytes in every process. [instance] */
    int32_t (*generate)(struct suan_instance *instance, const struct suan_job *job);
    /* Judges job->out. SUAN_OK whenever it could judge; an error status voids the job and credits nobody. [instance] */
    int32_t (*check)(struct suan_instance *instance, const struct suan_job *job,
                     struct suan_verdict *verdict);
    /* Takes NULL; cannot fail. [instance] */
    void (*destroy)(struct suan_instance *instance);
};

/* --- the plugin --------------------------------------------------------------------------------------- */

/* What the plugin says of itself; equal to its note and its package's manifest, or the load is refused. Constant. */
struct suan_descriptor {
    uint32_t struct_size;
    int32_t kind; /* SUAN_KIND_… */
    const char *id, *version, *licence, *authors;
    const char *const *tasks;
    uint32_t n_tasks;        /* 1 to 8; a task plugin names its own one */
    uint32_t isa;            /* level this variant was built for */
    uint32_t min_host_minor; /* what it needs, not what it was built with */
    uint32_t abi_draft;      /* SUAN_ABI_DRAFT */
    uint64_t flags;          /* SUAN_FLAG_… */
    uint64_t cpu_needed;     /* beyond isa */
    uint64_t dtypes;         /* element types it takes */
    double error_bound;      /* largest error_max claimed; 0: exact; -1: none claimed */
};

/* Constant data of the plugin, valid until the process ends. Exactly one of algorithm and task is set. */
struct suan_plugin {
    const struct suan_descriptor *descriptor;
    const struct suan_algorithm *algorithm;
    const struct suan_task *task;
    /* The plugin's extensions; NULL for unknown ids. May itself be NULL. [setup] */
    const void *(*get_interface)(const char *id);
};

#if defined(__GNUC__)
#define SUAN_EXPORT __attribute__((visibility("default")))
#else
#define SUAN_EXPORT
#endif

/* The one symbol a plugin exports. Does no work, may be called again, returns the same pointer each time; NULL refuses
   the host. [setup] */
SUAN_EXPORT const struct suan_plugin *suan_plugin_v1(const struct suan_host *host);

/* --- the note ----------------------------------------------------------------------------------------- */

/*
 * The descriptor of the ELF note ".note.suan" (type 1, name "Suan"), 1,024 bytes, little-endian, in a PT_NOTE segment.
 * The host reads it before any code of the plugin runs. Text is NUL-terminated and padded with zeros.
 */
#define SUAN_NOTE_NAME "Suan"
#define SUAN_NOTE_TYPE 1
#define SUAN_NOTE_VERSION 1
#define SUAN_NOTE_BYTES 1024

struct suan_note {
    uint8_t magic[4]; /* "Suan" */
    uint16_t version, kind;
    uint16_t abi_major, min_host_minor;
    uint16_t machine; /* ELF: 62 x86-64, 183 aarch64 */
    uint16_t isa;
    uint32_t flags[2]; /* low word first: the u64 fields are only 4-aligned in a note */
    uint32_t cpu_needed[2];
    uint32_t abi_draft;
    uint16_t device_type, n_tasks;
    char id[80];
    char plugin_version[80];
    char tasks[8][100];
    uint8_t zero[24];
};

#ifdef __cplusplus
}
#endif

#endif
