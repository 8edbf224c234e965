#ifndef SUAN_WIRE_CONTROL_H
#define SUAN_WIRE_CONTROL_H

/*
 * What host and zygote tell each other over their SOCK_SEQPACKET pair: fixed structs, one a message. Both
 * ends are Suan's own programs; the sizes and the magic catch a worker program of another build.
 */
#include "layout.h"

#define SUAN_CONTROL_MAGIC UINT32_C(0x315A5553) /* "SUZ1" */
enum {
    SUAN_CONTROL_FDS = 5,        /* with START: A, B, C, D, plugin */
    SUAN_CONTROL_LIBRARIES = 16, /* preloaded for one worker */
    SUAN_CONTROL_SONAME = 64,
    SUAN_CONTROL_CPU_WORDS = 16, /* 1,024 CPUs */
};

enum suan_control_kind {
    SUAN_CONTROL_HELLO = 1, /* zygote to host, once: what it could set up for all workers */
    SUAN_CONTROL_START,     /* host to zygote, with SUAN_CONTROL_FDS descriptors */
    SUAN_CONTROL_STARTED,   /* zygote to host, with the worker's pidfd unless errno_value is set */
    SUAN_CONTROL_DIED,      /* zygote to host: a worker has been waited for */
};

enum { SUAN_CONTROL_PROBE = 1 }; /* START flags: seal, try what must fail, die; no plugin */

struct suan_control {
    uint32_t magic, kind;
    uint64_t worker_id;
    int32_t errno_value; /* STARTED: why not */
    int32_t exit_code;   /* DIED: as siginfo: CLD_EXITED, CLD_KILLED, CLD_DUMPED … */
    int32_t exit_status; /* DIED: status or signal */
    uint32_t flags;
    uint64_t input_bytes, output_bytes, memory_bytes, plugin_bytes;
    uint32_t threads;     /* of parallel_for, the calling one included */
    uint32_t own_threads; /* threads that the plugin may have beside those */
    uint32_t n_libraries;
    uint32_t n_cpu_words; /* 0: leave the affinity alone */
    uint64_t cpus[SUAN_CONTROL_CPU_WORDS];
    char libraries[SUAN_CONTROL_LIBRARIES][SUAN_CONTROL_SONAME];
    struct suan_wire_layer_note layers[SUAN_LAYERS]; /* HELLO */
};

#endif
