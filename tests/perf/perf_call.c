/* What a call costs: in process, in a sealed worker, in an unsealed one, and with a large tensor. */
#include <dlfcn.h>
#include <errno.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/file.h"
#include "perf_stand.h"
#include "wire/wire.h"

enum { ROUNDS = 401, CALLS = 250, CALLS_INPROCESS = 4000, HOST_CPU = 0, WORKER_CPU = 1, LARGE = 8 << 20 };

static const struct suan_error no_error;

/* One series: nanoseconds a call, for each round. */
static double round_ns(struct suan_guest *guest, struct perf_tensor *in, struct perf_tensor *out, int calls)
{
    struct suan_error error = no_error;
    uint64_t began = suan_clock_monotonic_ns();
    for (int i = 0; i < calls; i++)
        perf_must(suan_guest_run(guest, &in->tensor, 1, &out->tensor, 1, 0, &error), &error, "a call");
    return (double)(suan_clock_monotonic_ns() - began) / calls;
}

typedef const struct suan_plugin *entry_function(const struct suan_host *host);

static double bare_round_ns(const struct suan_algorithm *algorithm, const struct suan_run *run, int calls)
{
    uint64_t began = suan_clock_monotonic_ns();
    for (int i = 0; i < calls; i++) {
        if (algorithm->run(NULL, run) != SUAN_OK)
            exit(1);
        __asm__ volatile("" : : : "memory");
    }
    return (double)(suan_clock_monotonic_ns() - began) / calls;
}

static void measure_inprocess(struct suan_engine *engine)
{
    static _Alignas(64) double x[8], y[8];
    static const struct suan_host host = {.abi_major = SUAN_ABI_MAJOR};
    double ours[ROUNDS], bare[ROUNDS];
    struct perf_tensor in, out;
    entry_function *entry = NULL;
    struct suan_guest *guest = perf_guest(engine, SUAN_GUEST_INPROCESS, -1, SUAN_ISOLATION_NONE, 0, 0);
    *(void **)&entry = dlsym(dlopen(SUAN_TEST_PLUGIN, RTLD_NOW | RTLD_LOCAL), "suan_plugin_v1");
    perf_vector(&in, x, 8);
    perf_vector(&out, y, 1);
    const struct suan_run run = {
        .struct_size = sizeof run, .n_in = 1, .n_out = 1, .in = &in.tensor, .out = &out.tensor};
    for (int i = 0; i < ROUNDS; i++) {
        ours[i] = round_ns(guest, &in, &out, CALLS_INPROCESS);
        bare[i] = bare_round_ns(entry(&host)->algorithm, &run, CALLS_INPROCESS);
    }
    perf_report("call.inproc", "ns", perf_calm(ours, ROUNDS), "bare function pointer",
                perf_calm(bare, ROUNDS), PERF_DIFFERENCE, 10);
    suan_guest_close(guest);
}

static inline void relax(void)
{
#if defined(__x86_64__)
    __builtin_ia32_pause();
#endif
}

/* Two processes that hand one word to and fro; between rounds the other one sleeps, so that it leaves its CPU
 * alone. */
struct ball {
    _Atomic uint32_t ping;
    char apart[124];
    _Atomic uint32_t pong;
    char apart_too[124];
    _Atomic uint32_t whistle; /* counts rounds, and UINT32_MAX ends the game */
};

static void play_round(struct ball *ball)
{
    for (uint32_t turn = 1; turn <= CALLS; turn++) {
        while (atomic_load_explicit(&ball->ping, memory_order_acquire) != turn)
            relax();
        atomic_store_explicit(&ball->pong, turn, memory_order_release);
    }
}

static _Noreturn void play(struct ball *ball)
{
    perf_pin(WORKER_CPU);
    for (uint32_t round = 0;;) {
        suan_wire_sleep(&ball->whistle, round, UINT64_C(1000000000));
        uint32_t now = atomic_load(&ball->whistle);
        if (now == UINT32_MAX)
            _exit(0);
        if (now == round)
            continue;
        round = now;
        play_round(ball);
    }
}

static double serve_round_ns(struct ball *ball, uint32_t round)
{
    atomic_store(&ball->ping, 0);
    atomic_store(&ball->pong, 0);
    atomic_store(&ball->whistle, round);
    suan_wire_wake(&ball->whistle);
    uint64_t began = 0;
    for (uint32_t turn = 1; turn <= CALLS; turn++) {
        atomic_store_explicit(&ball->ping, turn, memory_order_release);
        while (atomic_load_explicit(&ball->pong, memory_order_acquire) != turn)
            relax();
        if (turn == 1) /* the other side is awake now */
            began = suan_clock_monotonic_ns();
    }
    return (double)(suan_clock_monotonic_ns() - began) / (CALLS - 1);
}

static double staged_round_ns(struct suan_guest *guest)
{
    struct suan_error error = no_error;
    perf_must(suan_guest_run_staged(guest, 0, &error), &error, "a staged call"); /* wakes the worker */
    uint64_t began = suan_clock_monotonic_ns();
    for (int i = 0; i < CALLS; i++)
        perf_must(suan_guest_run_staged(guest, 0, &error), &error, "a staged call");
    return (double)(suan_clock_monotonic_ns() - began) / CALLS;
}

static struct suan_guest *stage(struct suan_engine *engine, enum suan_isolation_level require,
                                struct perf_tensor *in, struct perf_tensor *out)
{
    const struct suan_guest_stage nothing = {0};
    struct suan_error error = no_error;
    struct suan_guest *guest = perf_guest(engine, SUAN_GUEST_SEALED, WORKER_CPU, require, 0, 0);
    perf_must(suan_guest_stage(guest, &in->tensor, 1, &out->tensor, 1, &nothing, &error), &error, "staging");
    return guest;
}

/* All four take turns, so that each meets the same machine. */
static void measure_worker(struct suan_engine *sealed, struct suan_engine *open)
{
    static _Alignas(64) double x[8], y[8];
    double ours[ROUNDS], unsealed[ROUNDS], copying[ROUNDS], bare[ROUNDS];
    struct perf_tensor in, out;
    struct ball *ball = mmap(NULL, sizeof *ball, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    pid_t child = fork();
    if (child == 0)
        play(ball);
    perf_vector(&in, x, 8);
    perf_vector(&out, y, 1);
    struct suan_guest *shut = stage(sealed, SUAN_ISOLATION_NONE, &in, &out);
    struct suan_guest *ajar = stage(open, SUAN_ISOLATION_UNCHECKED, &in, &out);
    struct suan_guest *full = perf_guest(sealed, SUAN_GUEST_SEALED, WORKER_CPU, SUAN_ISOLATION_NONE, 0, 0);
    for (int i = 0; i < ROUNDS; i++) {
        ours[i] = staged_round_ns(shut);
        bare[i] = serve_round_ns(ball, (uint32_t)i + 1);
        unsealed[i] = staged_round_ns(ajar);
        copying[i] = round_ns(full, &in, &out, CALLS);
    }
    atomic_store(&ball->whistle, UINT32_MAX);
    suan_wire_wake(&ball->whistle);
    while (waitpid(child, NULL, 0) < 0 && errno == EINTR)
        ;
    munmap(ball, sizeof *ball);
    suan_guest_close(full);
    suan_guest_close(ajar);
    suan_guest_close(shut);
    double value = perf_calm(ours, ROUNDS), peer = perf_calm(bare, ROUNDS);
    perf_report("call.worker", "ns", value, "bare shared-memory spin ping-pong", peer, PERF_RATIO, 1.5);
    perf_report("call.worker.seal", "ns", value, "the same worker unsealed", perf_calm(unsealed, ROUNDS),
                PERF_RATIO, 1.05);
    perf_report("call.worker.copy", "ns", perf_calm(copying, ROUNDS), "two tensors copied; ping-pong", peer,
                PERF_RATIO, 3);
}

static void measure_large(struct suan_engine *engine)
{
    static _Alignas(64) double y[8];
    double large[ROUNDS], small[ROUNDS];
    struct suan_error error = no_error;
    struct perf_tensor in_large, in_small, out;
    void *buffer = NULL;
    struct suan_guest *guest = perf_guest(engine, SUAN_GUEST_SEALED, WORKER_CPU, SUAN_ISOLATION_NONE, 0, 0);
    perf_must(suan_guest_buffer(guest, LARGE * sizeof(double), &buffer, &error), &error,
              "a buffer of 64 MiB");
    perf_vector(&in_large, buffer, LARGE);
    perf_vector(&in_small, buffer, 8);
    perf_vector(&out, y, 1);
    for (int i = 0; i < ROUNDS; i++) {
        large[i] = round_ns(guest, &in_large, &out, CALLS);
        small[i] = round_ns(guest, &in_small, &out, CALLS);
    }
    perf_report("call.worker.64m", "ns", perf_calm(large, ROUNDS), "64 bytes", perf_calm(small, ROUNDS),
                PERF_RATIO, 1.2);
    suan_guest_close(guest);
}

int main(void)
{
    static const char *const everything_off[] = {
        "--without", "seccomp",   "--without", "root",      "--without", "landlock",  "--without",
        "ns.user",   "--without", "ns.net",    "--without", "ns.ipc",    "--without", "caps",
        "--without", "mdwe",      "--without", "rlimits",   NULL};
    struct suan_engine *sealed = perf_engine(NULL), *open = perf_engine(everything_off);
    perf_pin(HOST_CPU);
    measure_inprocess(sealed);
    measure_worker(sealed, open);
    measure_large(sealed);
    suan_engine_close(open);
    suan_engine_close(sealed);
    return 0;
}
