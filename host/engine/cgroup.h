#ifndef SUAN_ENGINE_CGROUP_H
#define SUAN_ENGINE_CGROUP_H

/* Control groups, where this account may make some: limits and CPU time of one worker. */
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/error.h"

enum cgroup_kind { CGROUP_NONE, CGROUP_V1, CGROUP_V2 };
enum { CGROUP_PATH = 512 };

/* What the machine allows; found by trying. */
struct cgroup_site {
    enum cgroup_kind kind;
    char parents[3][CGROUP_PATH]; /* v1: cpuacct, memory, pids; v2: one */
    char why[96];                 /* kind NONE: why */
};

struct cgroup {
    enum cgroup_kind kind;
    char paths[3][CGROUP_PATH]; /* "" where that controller is not to be had */
    int cpu_fd;                 /* cpuacct.usage or cpu.stat */
};

/* Also removes groups that engines of processes now dead have left behind. */
void cgroup_find(struct cgroup_site *out);

/* A group for one process and its threads. 0 or an errno value. */
int cgroup_open(const struct cgroup_site *site, uint64_t number, uint64_t memory_bytes, uint32_t tasks,
                struct cgroup *out);
int cgroup_enter(const struct cgroup *group, pid_t pid);
/* Is the process in it, says the kernel? */
bool cgroup_contains(const struct cgroup *group, pid_t pid);
bool cgroup_cpu_ns(const struct cgroup *group, uint64_t *out_ns);
bool cgroup_ran_out_of_memory(const struct cgroup *group);
/* Its process must have been waited for. Takes a group that is all zero. */
void cgroup_close(struct cgroup *group);

#endif
