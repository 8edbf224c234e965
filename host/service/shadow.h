#ifndef SUAN_SERVICE_SHADOW_H
#define SUAN_SERVICE_SHADOW_H

/*
 * Inside this folder only: shadow runs. A few inputs of production, drawn by the meter, are computed again by
 * the plugin and by what people used before, in sealed workers on one CPU, and checked. They run on a thread
 * of their own, so that the caller never waits for them; an input that comes while the queue is full is let
 * go.
 */
#include "engine/guest.h"
#include "meter.h"
#include "plugin.h"

struct shadow;

struct shadow_subject {
    struct suan_engine *engine; /* borrowed, as all below */
    const struct service_plugin *plugin, *task;
    const struct service_plugin *baseline; /* NULL: the incumbent that the task carries */
    const char *task_id;
    uint32_t dynamic_outputs, n_out, n_prepared, size_port, size_dim;
    const struct suan_tensor *prepared; /* copied */
    uint64_t memory_bytes, seed;        /* of production */
    struct meter *meter;
};
SUAN_MUST_USE enum suan_status shadow_open(const struct shadow_subject *subject, struct shadow **out,
                                           struct suan_error *error);
/* Copies the inputs that are not prepared ones, and returns. */
void shadow_offer(struct shadow *shadow, const struct suan_tensor *in, uint32_t n_in);
/* Waits until all offered inputs are through. Takes NULL. */
void shadow_drain(struct shadow *shadow);
/* Lets go what waits, ends the thread and its workers. Takes NULL. */
void shadow_close(struct shadow *shadow);

/* The metered size of a job: an extent of one input, or its number of elements. */
int64_t shadow_size_of(const struct suan_tensor *in, uint32_t n_in, uint32_t size_port, uint32_t size_dim);

#endif
