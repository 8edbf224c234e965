#ifndef SUAN_ENGINE_VERIFY_H
#define SUAN_ENGINE_VERIFY_H

/*
 * The host looks for itself, through /proc and by its own memory, at a worker that has sealed itself and
 * waits. Nothing that the worker says counts, but for the reasons of layers that are not there.
 */
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "cgroup.h"
#include "engine.h"
#include "region.h"
#include "zygote.h"

struct verify_subject {
    pid_t pid;
    const struct zygote *zygote;
    const struct region *region;
    const struct cgroup *cgroup;
    uint64_t address_space_min, address_space_max; /* between which the limit must lie */
    uint32_t threads;                              /* that the limit must name */
    uint64_t plugin_bytes;
    struct suan_wire_layer_note notes[SUAN_LAYERS]; /* copied from the reply region */
};

/* Fills layers and level. */
void verify_worker(const struct verify_subject *subject, struct suan_isolation_report *out);

/* Takes back what the zygote's probe worker has shown not to hold. */
void verify_probe(const struct zygote *zygote, struct suan_isolation_report *report);

/* Threads of a process by its status; 0 if it cannot be read. */
uint32_t verify_threads(pid_t pid);
/* All threads of the process are stopped. */
bool verify_stopped(pid_t pid);

#endif
