/* What a worker costs to make, from exec and from a zygote that is there; how soon its end is an error; many at once. */
#include <dlfcn.h>
#include <pthread.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/file.h"
#include "perf_stand.h"

enum { ROUNDS = 31, HANG_MS = 10, GRACE_MS = 50, CALLS = 5000 };

static double since_us(uint64_t began)
{
    return (double)(suan_clock_monotonic_ns() - began) / 1e3;
}

static double start_us(struct suan_engine *engine)
{
    uint64_t began = suan_clock_monotonic_ns();
    struct suan_guest *guest =
        perf_guest(engine, SUAN_GUEST_SEALED, -1, SUAN_ISOLATION_NONE, SUAN_GUEST_ZYGOTE_FRESH, 0);
    double took = since_us(began);
    suan_guest_close(guest);
    return took;
}

static double bubblewrap_us(void)
{
    char name[] = "bwrap", unshare[] = "--unshare-all", bind[] = "--ro-bind", root[] = "/",
         program[] = "/bin/true";
    char *const arguments[] = {name, unshare, bind, root, root, program, NULL};
    static char *const environment[] = {NULL};
    pid_t child;
    int status;
    uint64_t began = suan_clock_monotonic_ns();
    if (posix_spawn(&child, "/usr/bin/bwrap", NULL, NULL, arguments, environment) != 0 ||
        waitpid(child, &status, 0) != child || !WIFEXITED(status) || WEXITSTATUS(status) != 0)
        return -1;
    return since_us(began);
}

static double fork_and_load_us(void)
{
    int status;
    uint64_t began = suan_clock_monotonic_ns();
    pid_t child = fork();
    if (child == 0)
        _exit(dlopen(SUAN_TEST_PLUGIN, RTLD_NOW | RTLD_LOCAL) == NULL);
    if (child < 0 || waitpid(child, &status, 0) != child || status != 0)
        return -1;
    return since_us(began);
}

static enum suan_status touch(struct suan_guest *guest, double *x, uint64_t deadline_ms,
                              struct suan_error *error)
{
    _Alignas(64) double y[8];
    struct perf_tensor in, out;
    perf_vector(&in, x, 8);
    perf_vector(&out, y, 1);
    return suan_guest_run(guest, &in.tensor, 1, &out.tensor, 1, deadline_ms, error);
}

/* The plugin has aborted; the next call, answered by the spare. */
static double take_over_us(struct suan_guest *guest)
{
    static _Alignas(64) double good[8] = {1}, bad[8] = {-1};
    struct suan_error error = {0};
    if (touch(guest, bad, 0, &error) != SUAN_E_WORKER_CRASHED)
        exit(1);
    uint64_t began = suan_clock_monotonic_ns();
    perf_must(touch(guest, good, 0, &error), &error, "a call");
    return since_us(began);
}

/* From a call to its error; the worker is made anew, untimed. */
static double error_ns(struct suan_guest *guest, double x, uint64_t deadline_ms, int status)
{
    static _Alignas(64) double good[8] = {1};
    _Alignas(64) double bad[8] = {x};
    struct suan_error error = {0};
    perf_must(touch(guest, good, 0, &error), &error, "a call");
    uint64_t began = suan_clock_monotonic_ns();
    int found = touch(guest, bad, deadline_ms, &error);
    double took = since_us(began) * 1e3;
    if (found != status)
        exit(1);
    return took;
}

static void measure_errors(struct suan_engine *engine)
{
    double crash[ROUNDS], hang[ROUNDS];
    struct suan_guest *guest = perf_guest(engine, SUAN_GUEST_SEALED, -1, SUAN_ISOLATION_NONE, 0, 0);
    for (int i = 0; i < ROUNDS; i++) {
        crash[i] = error_ns(guest, -1, 0, SUAN_E_WORKER_CRASHED);
        hang[i] = error_ns(guest, -2, HANG_MS, SUAN_E_WORKER_TIMEOUT);
    }
    suan_guest_close(guest);
    perf_calm(crash, ROUNDS); /* sorts them: what is promised are medians */
    perf_calm(hang, ROUNDS);
    perf_report("worker.crash", "ns", crash[ROUNDS / 2], "250 us", 250e3, PERF_RATIO, 1);
    perf_report("worker.hang", "ns", hang[ROUNDS / 2], "deadline and grace", (HANG_MS + GRACE_MS) * 1e6,
                PERF_DIFFERENCE, 5e6);
}

static void *call_on(void *context)
{
    _Alignas(64) double x[8] = {1};
    struct suan_error error = {0};
    for (int i = 0; i < CALLS; i++)
        perf_must(touch(context, x, 0, &error), &error, "a call");
    return NULL;
}

/* Nanoseconds a call with so many workers, each called by a thread of its own. */
static double together_ns(struct suan_engine *engine, int count)
{
    struct suan_guest *guests[4];
    pthread_t threads[4];
    for (int i = 0; i < count; i++) {
        guests[i] = perf_guest(engine, SUAN_GUEST_SEALED, -1, SUAN_ISOLATION_NONE, 0, 0);
        call_on(guests[i]);
    }
    uint64_t began = suan_clock_monotonic_ns();
    for (int i = 0; i < count; i++) {
        if (pthread_create(&threads[i], NULL, call_on, guests[i]) != 0)
            exit(1);
    }
    for (int i = 0; i < count; i++)
        pthread_join(threads[i], NULL);
    double took = since_us(began) * 1e3 / (CALLS * count);
    for (int i = 0; i < count; i++)
        suan_guest_close(guests[i]);
    return took;
}

static void measure_throughput(struct suan_engine *engine)
{
    double one = together_ns(engine, 1);
    perf_report("worker.many.1", "ns", one, "itself", one, PERF_RATIO, 1);
    perf_report("worker.many.2", "ns", together_ns(engine, 2), "one worker", one, PERF_RATIO, 2);
    perf_report("worker.many.4", "ns", together_ns(engine, 4), "one worker", one, PERF_RATIO, 2);
}

int main(void)
{
    struct suan_engine *engine = perf_engine(NULL);
    struct suan_error error = {0};
    double ours[ROUNDS], peer[ROUNDS];
    for (int i = 0; i < ROUNDS; i++) {
        ours[i] = start_us(engine);
        peer[i] = bubblewrap_us();
    }
    double value = perf_calm(ours, ROUNDS), other = perf_calm(peer, ROUNDS);
    if (other > 0)
        perf_report("worker.start", "us", value, "bwrap --unshare-all true", other, PERF_RATIO, 0.6);
    struct suan_guest *guest = perf_guest(engine, SUAN_GUEST_SEALED, -1, SUAN_ISOLATION_NONE, 0, 1);
    for (int i = 0; i < ROUNDS; i++) {
        ours[i] = take_over_us(guest);
        peer[i] = fork_and_load_us();
        perf_must(suan_guest_refill(guest, &error), &error, "refilling");
    }
    perf_report("worker.pool", "us", perf_calm(ours, ROUNDS), "fork + dlopen", perf_calm(peer, ROUNDS),
                PERF_RATIO, 1);
    suan_guest_close(guest);
    measure_errors(engine);
    measure_throughput(engine);
    suan_engine_close(engine);
    return 0;
}
