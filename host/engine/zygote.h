#ifndef SUAN_ENGINE_ZYGOTE_H
#define SUAN_ENGINE_ZYGOTE_H

/* The process from which workers are cloned, as the host sees it. */
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/error.h"
#include "wire/control.h"

/* A zygote is watched by the engine's reaper, which alone reads its socket; the fields behind `lock` are
   under the engine's lock. */
struct zygote {
    struct zygote *next;
    int pidfd, socket;
    int birth; /* closes when the program runs, or carries the errno of why not */
    pid_t pid;
    bool user_namespace; /* it was born into one, mapped */
    int user_errno;      /* why not */
    /* lock: */
    bool gone, greeted, started;
    int started_errno, started_pidfd;
    uint64_t started_id;
    struct suan_wire_layer_note notes[SUAN_LAYERS];
    /* what its probe worker showed, before any plugin */
    bool probed, probe_landlock, probe_mdwe, probe_filter;
    struct probe *probe; /* under way */
};

/* Clones, and lets the child exec the worker program; does not wait for that. `switches` may be NULL. Errors:
   NOT_FOUND, PERMISSION, IO "engine.worker". */
SUAN_MUST_USE enum suan_status zygote_start(const char *program, const char *const *switches,
                                            struct zygote *out_zygote, struct suan_error *error);
/* Why the program could not be exec'ed; 0 if it was. Waits for that to be known. */
int zygote_birth_failure(struct zygote *zygote);
/* Ends it, and with it all its workers, and waits for that. */
void zygote_end(struct zygote *zygote);

/* Sends START with the five descriptors of the order A, B, C, D, plugin. False: it is gone. */
bool zygote_order(const struct zygote *zygote, const struct suan_control *start, const int *fds);
/* One message, without waiting. Returns its size, 0 at the end, negative if there is none. */
ssize_t zygote_hear(const struct zygote *zygote, struct suan_control *out, int *out_fd);

#endif
