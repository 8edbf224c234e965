/* Threads that take no signals. */
#include "thread.h"

#include <errno.h>
#include <signal.h>

enum suan_status thread_start(pthread_t *out, void *(*work)(void *context), void *context,
                              struct suan_error *error)
{
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    int code = pthread_create(out, NULL, work, context);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return code == 0 ? SUAN_OK : suan_error_errno(error, "thread", code, "a thread");
}
