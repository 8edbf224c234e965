#ifndef LIBSUAN_SUAN_H
#define LIBSUAN_SUAN_H

/*
 * Run vetted algorithms from your own program. Link with -lsuan.
 *
 *     suan_open      the registry, and whose signatures you trust
 *     suan_load      the best vetted release for a task (or one release), sealed in a worker or in process
 *     suan_call      tensors in, tensors out, before a deadline
 *     suan_receipt   close the metering period: a signed record of what was computed and saved
 *     suan_unload, suan_close
 *
 * suan_find tells what would be loaded, suan_contract_open which tensors a task takes.
 *
 * A plugin is a stranger's code. In a worker it can crash, hang or lie without harm to your program: the call returns a
 * status, your inputs are intact, the next call gets a fresh worker. In process (only where your trust file allows it,
 * and only vetted releases) it is NOT contained: it can do whatever your program can.
 *
 * Handles may be used from several threads, one call at a time on each solver unless its release says otherwise;
 * different handles are independent. No function prints, exits, or installs a signal handler. Text is UTF-8. Option
 * structs begin with struct_size: use their SUAN_…_INIT.
 */
#include <stddef.h>
#include <stdint.h>
#include <suan/abi.h>

#ifdef __cplusplus
extern "C" {
#endif

#if defined(__GNUC__)
#define SUAN_API __attribute__((visibility("default")))
#define SUAN_API_MUST_USE __attribute__((visibility("default"), warn_unused_result))
#else
#define SUAN_API
#define SUAN_API_MUST_USE
#endif

/* --- outcomes ----------------------------------------------------------------------------------------- */

/* Every function returns SUAN_OK (0) or a negative status: one of these, or a plugin's own from <suan/abi.h>. */
#ifndef SUAN_STATUS_DEFINED
#define SUAN_STATUS_DEFINED
enum suan_status {
    SUAN_E_NOT_FOUND = -64,   /* no such thing; exit 5 */
    SUAN_E_CONFLICT = -65,    /* the thing is in another state, or the id was used for another body; exit 6 */
    SUAN_E_LOCKED = -66,      /* another process holds it: try again; exit 6 */
    SUAN_E_USAGE = -67,       /* the request itself is malformed; exit 2 */
    SUAN_E_REFUSED = -68,     /* a judgement went against the input: hostile, unverified, no saving; exit 3 */
    SUAN_E_PERMISSION = -69,  /* signed by the wrong person, or not allowed; exit 4 */
    SUAN_E_UNSTABLE = -70,    /* measurement not stable enough to say; exit 7 */
    SUAN_E_EXHAUSTED = -71,   /* a cap or budget has no room left; exit 8 */
    SUAN_E_INTEGRITY = -72,   /* stored data contradict themselves; exit 9 */
    SUAN_E_INTERRUPTED = -73, /* stopped by the user; exit 130 */
    SUAN_E_IO = -74,          /* the system failed: disk, file, process; exit 1 */
    SUAN_E_FORMAT = -75,      /* an input file is not what it should be; exit 1 */
    SUAN_E_FORKED = -76,      /* handle used in a child of fork(); exit 1 */
    SUAN_E_ISOLATION = -77,   /* requested isolation level not reached; exit 4 */
    SUAN_E_WORKER_CRASHED = -80,
    SUAN_E_WORKER_TIMEOUT = -81,
    SUAN_E_WORKER_VIOLATION = -82,
    SUAN_E_WORKER_PROTOCOL = -83,
    SUAN_E_WORKER_LIMIT = -84,
    SUAN_E_WORKER_LOAD = -85, /* -80 to -85: what a plugin did to its worker; exit 1 */
};
#endif

/* Details of a failure; written only when a function fails. Every function takes NULL in its place. */
#ifndef SUAN_ERROR_DEFINED
#define SUAN_ERROR_DEFINED
struct suan_error {
    int status;        /* same as the returned one */
    const char *code;  /* constant text such as "package.path": stable, for programs */
    char message[512]; /* what, and where; one line */
    char hint[256];    /* what to do about it; may be empty */
};
#endif

/* "NOT_FOUND" for SUAN_E_NOT_FOUND and so on; never NULL. [any thread] */
SUAN_API const char *suan_status_text(int32_t status);

/* --- tensors ------------------------------------------------------------------------------------------ */

#define SUAN_U8 ((struct suan_dtype){SUAN_DTYPE_UINT, 8, 1})
#define SUAN_I32 ((struct suan_dtype){SUAN_DTYPE_INT, 32, 1})
#define SUAN_I64 ((struct suan_dtype){SUAN_DTYPE_INT, 64, 1})
#define SUAN_F32 ((struct suan_dtype){SUAN_DTYPE_FLOAT, 32, 1})
#define SUAN_F64 ((struct suan_dtype){SUAN_DTYPE_FLOAT, 64, 1})

/* Compact row-major views of your own memory, for C (compound literals: they live as long as the enclosing block). */
#define SUAN_VIEW0(type, pointer)                                                                            \
    ((struct suan_tensor){(void *)(pointer), SUAN_DEVICE_CPU, 0, 0, type, NULL, NULL, 0})
#define SUAN_VIEW1(type, pointer, n)                                                                         \
    ((struct suan_tensor){(void *)(pointer), SUAN_DEVICE_CPU, 0, 1, type, (int64_t[8]){n}, (int64_t[8]){1},  \
                          0})
#define SUAN_VIEW2(type, pointer, n, m)                                                                      \
    ((struct suan_tensor){(void *)(pointer), SUAN_DEVICE_CPU, 0, 2, type, (int64_t[8]){n, m},                \
                          (int64_t[8]){m, 1}, 0})

/* --- opening ------------------------------------------------------------------------------------------ */

struct suan_library; /* an open registry with your trust policy and your metering journal */
struct suan_solver;  /* one release, loaded for one task */

#define SUAN_OPEN_INPROCESS                                                                                  \
    UINT64_C(1) /* suan_load may be asked for in-process; the trust file must also allow it */
#define SUAN_ALLOW_REDUCED UINT64_C(2) /* accept workers below STRONG; such use is never credited */

struct suan_open_options {
    size_t struct_size;
    const char *registry; /* folder; NULL: $SUAN_REGISTRY, else the user's data folder */
    const char *trust;    /* trust.json: whose signatures count; NULL: trust.json in the registry folder */
    const char *journal;  /* folder of the metering journal; NULL: "meter" in the user's data folder */
    const char *worker;   /* the suan-worker program; NULL: beside libsuan, else where it was installed */
    uint64_t flags;       /* SUAN_OPEN_INPROCESS, SUAN_ALLOW_REDUCED */
};
#define SUAN_OPEN_OPTIONS_INIT                                                                               \
    {                                                                                                        \
        sizeof(struct suan_open_options), NULL, NULL, NULL, NULL, 0                                          \
    }

/*
 * Opens the registry for reading and checks its newest checkpoint against the trust file. NULL options mean the defaults.
 * Errors: NOT_FOUND, INTEGRITY (the registry contradicts itself or what was seen before), REFUSED (checkpoint not signed
 * as the trust file demands, or too old for it), FORMAT. The library is yours: suan_close. A process may open a registry
 * several times. After fork() the child opens anew; the parent's handles answer SUAN_E_FORKED there and may only be
 * unloaded and closed. [any thread]
 */
SUAN_API_MUST_USE int32_t suan_open(const struct suan_open_options *options,
                                    struct suan_library **out_library, struct suan_error *error);

/* Ends all workers and syncs the journal. Takes NULL. Solvers of this library must have been unloaded. */
SUAN_API void suan_close(struct suan_library *library);

/* --- finding ------------------------------------------------------------------------------------------ */

struct suan_found {
    size_t struct_size;
    char name[65], version[65], task[97], variant[33];
    uint8_t digest[32];      /* SHA-256 of the package's tar: its identity */
    uint8_t measurement[32]; /* digest of the attested measurement that ranks it; zeros if none */
    int64_t credited_ns;     /* credited CPU time saved per unit of jobs; 0 if none */
    int64_t unit_jobs;       /* the task's unit */
    int32_t signatures;      /* bodies that have signed for it, and still do */
    int32_t
        bound_ppm; /* upper bound of its cost relative to the incumbent's at the largest measured size; 0: none */
};
#define SUAN_FOUND_INIT                                                                                      \
    {                                                                                                        \
        .struct_size = sizeof(struct suan_found)                                                             \
    }

/*
 * The vetted release to use on this machine: for a task id, the one with the lowest measured cost that has a variant for
 * this CPU; for "NAME" its newest vetted version; for "NAME@VERSION" that one. Errors: NOT_FOUND (with the reason: none
 * vetted, no variant for this CPU), REFUSED (revoked, or yanked by its owner). "NAME@VERSION" and a digest also find what is
 * yanked or not vetted: the latter runs in workers only, and is not metered. [any thread]
 */
SUAN_API_MUST_USE int32_t suan_find(struct suan_library *library, const char *task_or_id,
                                    struct suan_found *out_found, struct suan_error *error);

/* --- contracts ---------------------------------------------------------------------------------------- */

struct suan_contract; /* a task's ports, sizes and weights, as its plugin states them */

/*
 * The contract of a task, or of the first task of a release (as suan_load takes it). Errors: NOT_FOUND, INTEGRITY, WORKER_….
 * It is yours: suan_contract_free, before suan_close. [any thread]
 */
SUAN_API_MUST_USE int32_t suan_contract_open(struct suan_library *library, const char *task_or_id,
                                             struct suan_contract **out_contract, struct suan_error *error);
SUAN_API void suan_contract_free(struct suan_contract *contract); /* takes NULL */
SUAN_API const char *suan_contract_task(const struct suan_contract *contract);
/* Names, element types, ranks and flags of all inputs and outputs; valid until the contract is freed. */
SUAN_API const struct suan_task_info *suan_contract_info(const struct suan_contract *contract);

/* --- loading ------------------------------------------------------------------------------------------ */

#define SUAN_LEVEL_DEFAULT 0 /* at least STRONG */
#define SUAN_LEVEL_REDUCED 1 /* needs SUAN_ALLOW_REDUCED */
#define SUAN_LEVEL_STRONG 2
#define SUAN_LEVEL_FULL 3
#define SUAN_LEVEL_INPROCESS (-1) /* no containment; see above */

struct suan_load_options {
    size_t struct_size;
    int32_t level;                      /* SUAN_LEVEL_… */
    uint32_t workers;                   /* for parallel_for; 0: 1 */
    const struct suan_tensor *prepared; /* the task's prepared inputs (an index is built once), or NULL */
    uint32_t n_prepared;
    uint32_t reserved;
    uint64_t input_bytes,
        output_bytes;      /* room for tensors of one call; 0: 256 MiB each; larger calls grow it */
    uint64_t memory_bytes; /* the plugin's address space beyond that; 0: 1 GiB */
    uint64_t deadline_ms;  /* of loading, and of calls that state none; 0: 60,000; at most 24 h */
    uint64_t seed;         /* for randomised algorithms */
};
#define SUAN_LOAD_OPTIONS_INIT                                                                               \
    {                                                                                                        \
        .struct_size = sizeof(struct suan_load_options)                                                      \
    }

/*
 * Finds (as suan_find), verifies and loads a release, and prepares it with options->prepared. NULL options mean the
 * defaults. Errors: as suan_find; ISOLATION (names the layer that is missing), PERMISSION (in-process not allowed),
 * INTEGRITY (package altered), WORKER_…; the plugin's own status. The solver is yours: suan_unload. [any thread]
 */
SUAN_API_MUST_USE int32_t suan_load(struct suan_library *library, const char *task_or_id,
                                    const struct suan_load_options *options, struct suan_solver **out_solver,
                                    struct suan_error *error);

/* Ends the solver. Takes NULL. No call may be running on it. */
SUAN_API void suan_unload(struct suan_solver *solver);

/* The release that was loaded. Valid until suan_unload. */
SUAN_API const struct suan_found *suan_solver_release(const struct suan_solver *solver);

/* The verified isolation level: "FULL", "STRONG", "REDUCED" or "NONE (in-process, vetted)". Constant text. */
SUAN_API const char *suan_solver_level(const struct suan_solver *solver);

/* --- calling ------------------------------------------------------------------------------------------ */

/*
 * Writes dtype, ndim and shape of each output for these inputs, so that you can allocate; out[i].shape must have room for
 * 8 extents; for a dynamic output shape[0] is the upper bound. All inputs, prepared ones included. [one thread at a time]
 */
SUAN_API_MUST_USE int32_t suan_infer(struct suan_solver *solver, const struct suan_tensor *in, uint32_t n_in,
                                     struct suan_tensor *out, uint32_t n_out, struct suan_error *error);

/*
 * One job. `in` holds all inputs of the task, the prepared ones again with the same values (they are not copied again).
 * Outputs are written to out[i].data, compact and row-major, which must have the shape that suan_infer states; of a
 * dynamic output shape[0] is set to what was produced. deadline_ms 0: that of suan_load.
 * Errors: the plugin's own status; WORKER_CRASHED, WORKER_TIMEOUT, WORKER_VIOLATION, WORKER_PROTOCOL, WORKER_LIMIT: the
 * worker was replaced, call again if you like. On failure inputs and outputs are as before (in process: undefined).
 */
SUAN_API_MUST_USE int32_t suan_call(struct suan_solver *solver, const struct suan_tensor *in, uint32_t n_in,
                                    struct suan_tensor *out, uint32_t n_out, uint64_t deadline_ms,
                                    struct suan_error *error);

/* Makes a running suan_call on this solver return SUAN_E_CANCELLED soon. [any thread] */
SUAN_API void suan_cancel(struct suan_solver *solver);

/* --- receipts ----------------------------------------------------------------------------------------- */

/*
 * Closes the solver's metering period and writes the signed receipt to `path`: what was computed, by size and CPU time,
 * and what it saved against the attested measurement; never any input data. `key` is an OpenSSH private key file without
 * passphrase, or "agent"; `ident` the identity in the registry that it belongs to. The next period begins. What was counted
 * survives a kill but for the last second, and goes on under the next solver of this release; each signed receipt is kept in
 * the journal, too, so that one that could not be written to `path` is not lost. Close a period at least once a day.
 * Errors: NOT_FOUND (nothing metered, no attested measurement), REFUSED, PERMISSION, IO. [one thread at a time]
 */
SUAN_API_MUST_USE int32_t suan_receipt(struct suan_solver *solver, const char *ident, const char *key,
                                       const char *path, struct suan_error *error);

#ifdef __cplusplus
}
#endif

#endif
