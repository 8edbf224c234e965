#ifndef SUAN_SERVICE_THREAD_H
#define SUAN_SERVICE_THREAD_H

/* Inside this folder only: threads of the library's own, on which no signal of the caller's program lands. */
#include <pthread.h>

#include "base/error.h"

/* IO "thread" if the system gives none. */
SUAN_MUST_USE enum suan_status thread_start(pthread_t *out, void *(*work)(void *context), void *context,
                                            struct suan_error *error);

#endif
