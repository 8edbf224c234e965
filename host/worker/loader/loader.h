#ifndef SUAN_LOADER_LOADER_H
#define SUAN_LOADER_LOADER_H

/*
 * Loads a plugin into this process: a sealed worker, or (in-process mode) the firm's own program. The only
 * place that knows dlopen. What was loaded stays until the process ends: a library unloaded while its threads
 * live is a crash.
 */
#include <stdbool.h>

#include "base/error.h"

/* What the manifest says of the plugin; `id` NULL: nothing. */
struct suan_loader_facts {
    int32_t kind; /* checked always */
    uint32_t isa;
    uint64_t flags, cpu_needed;
    const char *id, *version;
};

/* Loads a shared library that plugins need, by its soname, through the system's own search. */
SUAN_MUST_USE enum suan_status suan_loader_library(const char *soname, struct suan_error *error);

/* Runs the plugin's constructors and its entry, and holds its descriptor against `facts`. Errors:
   SUAN_E_WORKER_LOAD "plugin.load", "plugin.abi", "plugin.descriptor" with both values named. [setup] */
SUAN_MUST_USE enum suan_status suan_loader_open(const char *path, const struct suan_loader_facts *facts,
                                                const struct suan_host *host,
                                                const struct suan_plugin **out_plugin,
                                                struct suan_error *error);

#endif
