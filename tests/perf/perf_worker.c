/* What a worker costs to make: from exec, and from a zygote that is there. */
#include <dlfcn.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/file.h"
#include "perf_stand.h"

enum { ROUNDS = 31 };

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

static enum suan_status touch(struct suan_guest *guest, double *x, struct suan_error *error)
{
    static _Alignas(64) double y[8];
    struct perf_tensor in, out;
    perf_vector(&in, x, 8);
    perf_vector(&out, y, 1);
    return suan_guest_run(guest, &in.tensor, 1, &out.tensor, 1, 0, error);
}

/* The plugin has aborted; the next call, answered by the spare. */
static double take_over_us(struct suan_guest *guest)
{
    static _Alignas(64) double good[8] = {1}, bad[8] = {-1};
    struct suan_error error = {0};
    if (touch(guest, bad, &error) != SUAN_E_WORKER_CRASHED)
        exit(1);
    uint64_t began = suan_clock_monotonic_ns();
    perf_must(touch(guest, good, &error), &error, "a call");
    return since_us(began);
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
    suan_engine_close(engine);
    return 0;
}
