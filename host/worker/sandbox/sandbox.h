#ifndef SUAN_SANDBOX_SANDBOX_H
#define SUAN_SANDBOX_SANDBOX_H

/*
 * The layers of isolation that a process puts on itself, one function each. All return 0 or an errno value,
 * so that the report can carry it. None prints; none can be undone. The order in which a worker calls them is
 * in worker/seal.c.
 */
#include <stdint.h>

#include <stdbool.h>

#include "base/error.h"

/* --- seccomp ------------------------------------------------------------------------------------------ */

enum suan_filter_stage {
    SUAN_FILTER_LOADING,         /* stage 1: what dlopen and making threads need; the boundary */
    SUAN_FILTER_RUNNING,         /* stage 2 for plugins that make no threads */
    SUAN_FILTER_RUNNING_THREADS, /* stage 2 for those that declare OWN_THREADS */
    SUAN_FILTERS
};

enum { SUAN_FILTER_INSTRUCTIONS_MAX = 4096 };

struct suan_filter; /* a BPF program */

/* Builds the filter for this machine. */
SUAN_MUST_USE enum suan_status suan_filter_build(enum suan_filter_stage stage,
                                                 struct suan_filter **out_filter, struct suan_error *error);
void suan_filter_free(struct suan_filter *filter); /* takes NULL */
/* On every thread of the process. Needs no_new_privs. */
SUAN_MUST_USE int suan_filter_install(const struct suan_filter *filter);

/* --- the rest ----------------------------------------------------------------------------------------- */

/* Makes this process inner id 0 of the user namespace it has just been born into. */
SUAN_MUST_USE int suan_sandbox_map_self(void);
/* A file system of its own that holds /p.so (a copy of `size` bytes of `plugin`) and nothing else, read-only.
   Needs a mount namespace of its own. */
SUAN_MUST_USE int suan_sandbox_root(int plugin, uint64_t size);
/* Handles every right the kernel knows and grants reading the file `path` alone, or nothing if that is NULL.
   ENOSYS or EOPNOTSUPP: the kernel has no Landlock. */
SUAN_MUST_USE int suan_sandbox_landlock(const char *path);
int suan_sandbox_landlock_abi(void); /* 0: none */
/* Empty bounding set, no capability, no_new_privs. */
SUAN_MUST_USE int suan_sandbox_drop_capabilities(void);
/* No writable page becomes executable. */
SUAN_MUST_USE int suan_sandbox_refuse_writable_code(void);

struct suan_sandbox_limits {
    uint64_t address_space;
    uint64_t threads;
};
/* Address space, processes and threads, no core, no file growth, 8 descriptors, no locked memory, no queues,
   8 MiB stack; not dumpable. */
SUAN_MUST_USE int suan_sandbox_limit(const struct suan_sandbox_limits *limits);

#endif
