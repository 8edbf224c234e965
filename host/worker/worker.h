#ifndef SUAN_WORKER_WORKER_H
#define SUAN_WORKER_WORKER_H

/* From a zygote's START to a plugin at work: inside suan-worker only. */
#include <stdbool.h>

#include "sandbox/sandbox.h"
#include "wire/control.h"
#include "wire/layout.h"

enum { WORKER_FD_A, WORKER_FD_B, WORKER_FD_C, WORKER_FD_D, WORKER_FD_PLUGIN };

/* What the zygote has when it clones a worker. */
struct worker_order {
    struct suan_control start;
    int fds[SUAN_CONTROL_FDS];
    const struct suan_filter *filters[SUAN_FILTERS];
    unsigned clone_flags; /* namespaces the worker was born into */
    int zygote_pid;
};

/* The four regions as the worker sees them. */
struct worker_memory {
    const struct suan_wire_request *request;
    struct suan_wire_reply *reply;
    uint8_t *input; /* mapped read-only */
    uint8_t *output;
    const char *plugin; /* where dlopen finds it */
};

/* The child's life: seals itself, tells the host, serves it. */
_Noreturn void worker_main(const struct worker_order *order);

/* Maps the regions, loads libraries, and puts on every layer. Ends the process, with the reason in the reply
   region, if what every level needs cannot be had. */
void worker_seal(const struct worker_order *order, struct worker_memory *memory);

/* Tries what must fail, and dies of it. */
_Noreturn void worker_probe(const struct worker_memory *memory);

/* Answers requests until killed. */
_Noreturn void worker_serve(const struct worker_order *order, const struct worker_memory *memory);

/* Where abort and exit leave their mark; NULL before. */
void worker_set_reply(struct suan_wire_reply *reply);

#endif
