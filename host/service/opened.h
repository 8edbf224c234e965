#ifndef SUAN_SERVICE_OPENED_H
#define SUAN_SERVICE_OPENED_H

/*
 * Inside this folder only: registries that are open for reading in this process. LMDB's locks belong to the
 * process, not to the handle: a file that is opened twice loses the locks of both when one is closed. So all
 * libraries of one process that read the same registry share one handle. The list of them is the library's
 * only state outside its handles.
 */
#include <pthread.h>

#include "catalog/registry.h"

struct opened {
    struct suan_registry *registry;
    pthread_mutex_t lock; /* over the registry, which is one thread's at a time */
};

/* Opens the registry, or joins who has it open in this process. Errors: those of suan_registry_open. */
SUAN_MUST_USE enum suan_status opened_join(const char *folder, struct opened **out, struct suan_error *error);
void opened_leave(struct opened *opened); /* takes NULL; the last one closes the registry */

#endif
