/* The thread that keeps a CPU awake. */
#include "awake.h"

#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "base/cleanup.h"

/* Looks in between: few enough to stop at once, enough that a hypervisor sees no wait loop to punish. */
enum { STEPS = 64 };

enum wish { WISH_REST, WISH_SPIN, WISH_END };

struct bench_awake {
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t changed;
    atomic_int wish;
};

static void spin(const struct bench_awake *awake)
{
    volatile uint32_t steps = 0;
    while (atomic_load_explicit(&awake->wish, memory_order_relaxed) == WISH_SPIN) {
        for (int i = 0; i < STEPS; i++)
            steps = steps + 1;
    }
}

/* A thread that could not get the lowest priority would disturb what it is meant to steady: it ends. */
static void *keep_awake(void *context)
{
    struct bench_awake *awake = context;
    struct sched_param none = {0};
    if (sched_setscheduler(0, SCHED_IDLE, &none) != 0)
        return NULL;
    pthread_mutex_lock(&awake->lock);
    while (atomic_load(&awake->wish) != WISH_END) {
        if (atomic_load(&awake->wish) == WISH_REST) {
            pthread_cond_wait(&awake->changed, &awake->lock);
            continue;
        }
        pthread_mutex_unlock(&awake->lock);
        spin(awake);
        pthread_mutex_lock(&awake->lock);
    }
    pthread_mutex_unlock(&awake->lock);
    return NULL;
}

static int start_thread(struct bench_awake *awake)
{
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    int code = pthread_create(&awake->thread, NULL, keep_awake, awake);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return code;
}

enum suan_status bench_awake_start(struct bench_awake **out, struct suan_error *error)
{
    SUAN_CLEANUP(suan_freep) struct bench_awake *awake = calloc(1, sizeof *awake);
    if (awake == NULL)
        return suan_error_set(error, SUAN_E_MEMORY, "memory", NULL, "out of memory");
    pthread_mutex_init(&awake->lock, NULL);
    pthread_cond_init(&awake->changed, NULL);
    int code = start_thread(awake);
    if (code != 0)
        return suan_error_errno(error, "measure.cpu", code, "pthread_create");
    *out = suan_take(&awake);
    return SUAN_OK;
}

void bench_awake_move(struct bench_awake *awake, uint32_t cpu)
{
    cpu_set_t one;
    if (awake == NULL)
        return;
    CPU_ZERO(&one);
    CPU_SET(cpu, &one);
    (void)pthread_setaffinity_np(awake->thread, sizeof one, &one);
}

static void tell(struct bench_awake *awake, enum wish wish)
{
    pthread_mutex_lock(&awake->lock);
    atomic_store(&awake->wish, wish);
    pthread_cond_signal(&awake->changed);
    pthread_mutex_unlock(&awake->lock);
}

void bench_awake_spin(struct bench_awake *awake)
{
    if (awake != NULL)
        tell(awake, WISH_SPIN);
}

/* No lock: a thread that spins sees it, and one that rests need not. */
void bench_awake_rest(struct bench_awake *awake)
{
    if (awake != NULL)
        atomic_store(&awake->wish, WISH_REST);
}

void bench_awake_stop(struct bench_awake *awake)
{
    if (awake == NULL)
        return;
    tell(awake, WISH_END);
    pthread_join(awake->thread, NULL);
    pthread_cond_destroy(&awake->changed);
    pthread_mutex_destroy(&awake->lock);
    free(awake);
}
