#ifndef SUAN_ENGINE_ENGINE_H
#define SUAN_ENGINE_ENGINE_H

/*
 * Runs plugins in sealed workers. An engine has one zygote process, from which workers are made, and one
 * thread, which notices their deaths. It installs no signal handler. After fork(2) the child's copies of an
 * engine and of its guests answer SUAN_E_FORKED to everything and may only be closed there.
 */
#include "base/error.h"
#include "base/json.h"

struct suan_engine;

/* How well a worker is contained. The numbers are those of <libsuan/suan.h>. */
enum suan_isolation_level {
    SUAN_ISOLATION_UNCHECKED = -2, /* a request of tests alone: any level, and only from suan-worker-open */
    SUAN_ISOLATION_INPROCESS = -1, /* no containment */
    SUAN_ISOLATION_NONE = 0,
    SUAN_ISOLATION_REDUCED = 1, /* seccomp, but no file-system layer */
    SUAN_ISOLATION_STRONG = 2,
    SUAN_ISOLATION_FULL = 3,
};
/* "FULL", "STRONG", "REDUCED", "NONE", "NONE (in-process, vetted)". */
const char *suan_isolation_level_name(enum suan_isolation_level level);

/* One layer as the host found it. Only `verified` counts toward a level. */
struct suan_isolation_layer {
    const char *name; /* "seccomp", "ns.pid" … */
    bool attempted, active, verified;
    int errno_value;
    char why[96]; /* why it is not active or not verified; empty if it is */
};

enum { SUAN_ISOLATION_LAYERS = 12 };
struct suan_isolation_report {
    enum suan_isolation_level level;
    const char *arch;
    char kernel[64];
    int landlock_abi;          /* 0: none */
    const char *cgroup;        /* "v2", "v1", "none" */
    uint64_t worst_case_bytes; /* address space and output arena of a default worker */
    struct suan_isolation_layer layers[SUAN_ISOLATION_LAYERS];
};

struct suan_engine_options {
    const char *worker; /* the suan-worker program */
    const char *const
        *switches; /* NULL-ended, or NULL: passed to suan-worker-open by tests; suan-worker refuses any */
};

/* Starts the zygote and verifies a probe worker. Errors: NOT_FOUND or PERMISSION (the worker program), IO. A
   machine that cannot isolate is not an error here: guests that require a level are then refused. Yours:
   suan_engine_close. */
SUAN_MUST_USE enum suan_status suan_engine_open(const struct suan_engine_options *options,
                                                struct suan_engine **out_engine, struct suan_error *error);
/* Ends all workers and the zygote, and joins the thread. Its guests must have been closed. Takes NULL. */
void suan_engine_close(struct suan_engine *engine);
void suan_engine_closep(struct suan_engine **engine);

/* What the probe worker showed. Valid until the engine is closed. [any thread] */
const struct suan_isolation_report *suan_engine_report(const struct suan_engine *engine);
/* The report as the document of `suan isolation --json`; NULL if out of memory. The caller's:
 * suan_json_release. */
struct suan_json *suan_isolation_document(const struct suan_isolation_report *report,
                                          enum suan_isolation_level requested);

/* How CPU time is taken on this machine: 'B' by a writable cgroup with freezer, 'C' by the process clock of a
   stopped worker, 'D' if not even STRONG is reached; `why` (may be NULL) says what a better tier lacks. [any
   thread] */
char suan_engine_tier(const struct suan_engine *engine, const char **out_why);

#endif
