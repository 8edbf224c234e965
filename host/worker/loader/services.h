#ifndef SUAN_LOADER_SERVICES_H
#define SUAN_LOADER_SERVICES_H

/*
 * What the host offers a plugin: the table of <suan/abi.h> and the context behind a call. One for each
 * plugin; one call at a time. Its threads are made in suan_services_open and joined in suan_services_close,
 * block all signals, and sleep between calls.
 */
#include <stdatomic.h>
#include <stdbool.h>

#include "base/error.h"

struct suan_services;

struct suan_services_options {
    uint32_t workers; /* of parallel_for, the calling thread included; 1 to SUAN_SERVICES_WORKERS_MAX */
    void *context;    /* of the two below, which may be called from any thread and must not block */
    void (*log)(void *context, int32_t level, const char *text);
    void (*progress)(void *context, uint32_t parts_of_10000);
};
enum { SUAN_SERVICES_WORKERS_MAX = 256 };

SUAN_MUST_USE enum suan_status suan_services_open(const struct suan_services_options *options,
                                                  struct suan_services **out_services,
                                                  struct suan_error *error);
void suan_services_close(struct suan_services *services); /* takes NULL */

/* The table to give to the plugin; constant. */
const struct suan_host *suan_services_host(void);

/* Begins a call and returns its context: it counts as cancelled once `*cancel` equals `value`. Forgets the
 * last error. */
struct suan_ctx *suan_services_begin(struct suan_services *services, const _Atomic uint32_t *cancel,
                                     uint32_t value);
/* What the plugin said last through set_error in this call; "" if nothing. Valid until the next begin. */
const char *suan_services_error(const struct suan_services *services);

#endif
