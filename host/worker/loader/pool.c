/* A region of work is published under the lock; threads then take chunks from one counter, and the caller
 * waits for all. */
#include "pool.h"

#include <pthread.h>
#include <signal.h>
#include <stdlib.h>

struct job {
    uint64_t n, grain, chunks;
    void (*body)(void *arg, uint64_t begin, uint64_t end, uint32_t worker);
    void *arg;
    const _Atomic uint32_t *cancel;
    uint32_t value;
    _Atomic uint64_t next;
};

struct pool {
    pthread_mutex_t region; /* held by the thread whose job runs */
    pthread_mutex_t lock;   /* what follows, but for job.next */
    pthread_cond_t start, done;
    uint64_t generation;
    uint32_t workers, threads, active, ready;
    bool ending;
    pthread_t caller; /* valid while busy */
    _Atomic bool busy;
    struct job job;
    struct member {
        struct pool *pool;
        pthread_t thread;
        uint32_t worker;
    } member[];
};

static void take_chunks(struct job *job, uint32_t worker)
{
    while (atomic_load_explicit(job->cancel, memory_order_relaxed) != job->value) {
        uint64_t chunk = atomic_fetch_add_explicit(&job->next, 1, memory_order_relaxed);
        if (chunk >= job->chunks)
            return;
        uint64_t begin = chunk * job->grain;
        uint64_t end = job->n - begin < job->grain ? job->n : begin + job->grain;
        job->body(job->arg, begin, end, worker);
    }
}

static void *serve(void *context)
{
    struct member *member = context;
    struct pool *pool = member->pool;
    uint64_t seen = 0;

    pthread_mutex_lock(&pool->lock);
    pool->ready++;
    pthread_cond_signal(&pool->done);
    for (;;) {
        while (!pool->ending && pool->generation == seen)
            pthread_cond_wait(&pool->start, &pool->lock);
        if (pool->ending)
            break;
        seen = pool->generation;
        pthread_mutex_unlock(&pool->lock);
        take_chunks(&pool->job, member->worker);
        pthread_mutex_lock(&pool->lock);
        if (--pool->active == 0)
            pthread_cond_signal(&pool->done);
    }
    pthread_mutex_unlock(&pool->lock);
    return NULL;
}

/* Starts the threads with all signals blocked: they belong to the program's own threads. Returns once each
   has begun its own work: what a new thread asks of the kernel, a worker's second filter forbids. */
static int start_threads(struct pool *pool)
{
    sigset_t all, before;
    int cause = 0;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    while (cause == 0 && pool->threads + 1 < pool->workers) {
        struct member *member = &pool->member[pool->threads];
        *member = (struct member){.pool = pool, .worker = pool->threads + 1};
        cause = pthread_create(&member->thread, NULL, serve, member);
        pool->threads += cause == 0;
    }
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    pthread_mutex_lock(&pool->lock);
    while (pool->ready < pool->threads)
        pthread_cond_wait(&pool->done, &pool->lock);
    pthread_mutex_unlock(&pool->lock);
    return cause;
}

enum suan_status pool_open(uint32_t workers, struct pool **out_pool, struct suan_error *error)
{
    struct pool *pool = calloc(1, sizeof *pool + workers * sizeof pool->member[0]);
    if (pool == NULL)
        return suan_error_set(error, SUAN_E_MEMORY, "memory", NULL, "out of memory");
    pthread_mutex_init(&pool->region, NULL);
    pthread_mutex_init(&pool->lock, NULL);
    pthread_cond_init(&pool->start, NULL);
    pthread_cond_init(&pool->done, NULL);
    pool->workers = workers;
    int cause = start_threads(pool);
    if (cause != 0) {
        pool_close(pool);
        return suan_error_errno(error, "pool.thread", cause, "starting a thread for parallel_for");
    }
    *out_pool = pool;
    return SUAN_OK;
}

void pool_close(struct pool *pool)
{
    if (pool == NULL)
        return;
    pthread_mutex_lock(&pool->lock);
    pool->ending = true;
    pthread_cond_broadcast(&pool->start);
    pthread_mutex_unlock(&pool->lock);
    for (uint32_t i = 0; i < pool->threads; i++)
        pthread_join(pool->member[i].thread, NULL);
    pthread_cond_destroy(&pool->done);
    pthread_cond_destroy(&pool->start);
    pthread_mutex_destroy(&pool->lock);
    pthread_mutex_destroy(&pool->region);
    free(pool);
}

/* The worker number of this thread if it is inside the running job, else -1. */
static int64_t number_of_self(struct pool *pool)
{
    pthread_t self = pthread_self();
    if (!atomic_load(&pool->busy))
        return -1;
    for (uint32_t i = 0; i < pool->threads; i++) {
        if (pthread_equal(pool->member[i].thread, self))
            return pool->member[i].worker;
    }
    return pthread_equal(pool->caller, self) ? 0 : -1;
}

static void run_region(struct pool *pool, struct job *shared)
{
    pthread_mutex_lock(&pool->lock);
    pool->active = pool->threads;
    pool->generation++;
    pthread_cond_broadcast(&pool->start);
    pthread_mutex_unlock(&pool->lock);
    take_chunks(shared, 0);
    pthread_mutex_lock(&pool->lock);
    while (pool->active != 0)
        pthread_cond_wait(&pool->done, &pool->lock);
    pthread_mutex_unlock(&pool->lock);
}

void pool_run(struct pool *pool, uint64_t n, uint64_t grain,
              void (*body)(void *arg, uint64_t begin, uint64_t end, uint32_t worker), void *arg,
              const _Atomic uint32_t *cancel, uint32_t value)
{
    struct job job = {n, grain, n / grain + (n % grain != 0), body, arg, cancel, value, 0};
    int64_t nested = number_of_self(pool);
    if (nested >= 0) {
        take_chunks(&job, (uint32_t)nested);
        return;
    }
    pthread_mutex_lock(&pool->region);
    pool->caller = pthread_self();
    atomic_store(&pool->busy, true);
    if (pool->threads == 0 || job.chunks < 2) {
        take_chunks(&job, 0);
    } else {
        pool->job.n = n;
        pool->job.grain = grain;
        pool->job.chunks = job.chunks;
        pool->job.body = body;
        pool->job.arg = arg;
        pool->job.cancel = cancel;
        pool->job.value = value;
        atomic_store(&pool->job.next, 0);
        run_region(pool, &pool->job);
    }
    atomic_store(&pool->busy, false);
    pthread_mutex_unlock(&pool->region);
}
