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
    struct suan_guest *guest = perf_guest(engine, SUAN_GUEST_INPROCESS, -1, SUAN_ISOLATION_NONE, 0);
    *(void **)&entry = dlsym(dlopen(SUAN_TEST_PLUGIN, RTLD_NOW | RTLD_LOCAL), "suan_plugin_v1");
    perf_vector(&in, x, 8);
    perf_vector(&out, y, 1);
    const struct suan_run run = {
        .struct_size = sizeof run, .n_in = 1, .n_out = 1, .in = &in.tensor, .out = &out.tensor};
    for (int i = 0; i < ROUNDS; i++) {
        ours[i] = round_ns(guest, &in, &out, CALLS_INPROCESS);
        bare[i] = bare_round_ns(entry(&host)->algorithm, &run, CALLS_INPROCESS);
    }
    perf_report("call.inproc", "ns", perf_median(ours, ROUNDS), "bare function pointer",
                perf_median(bare, ROUNDS), PERF_DIFFERENCE, 10);
    suan_guest_close(guest);
}

static inline void relax(void)
{
#if defined(__x86_64__)
    __builtin_ia32_pause();
#endif
}

/* Two processes that hand one word to and fro. */
struct ball {
    _Atomic uint32_t ping;
    char apart[124];
    _Atomic uint32_t pong;
};

/* Until the other side says UINT32_MAX. */
static void play(struct ball *ball)
{
    uint32_t turn = 0, now = 0;
    perf_pin(WORKER_CPU);
    while (now != UINT32_MAX) {
        now = atomic_load_explicit(&ball->ping, memory_order_acquire);
        if (now == turn) {
            relax();
            continue;
        }
        turn = now;
        atomic_store_explicit(&ball->pong, turn, memory_order_release);
    }
}

static void measure_ping_pong(double *rounds)
{
    struct ball *ball = mmap(NULL, sizeof *ball, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    uint32_t turn = 0;
    pid_t child = fork();
    if (child == 0) {
        play(ball);
        _exit(0);
    }
    for (int i = 0; i < ROUNDS; i++) {
        uint64_t began = suan_clock_monotonic_ns();
        for (int call = 0; call < CALLS; call++) {
            atomic_store_explicit(&ball->ping, ++turn, memory_order_release);
            while (atomic_load_explicit(&ball->pong, memory_order_acquire) != turn)
                relax();
        }
        rounds[i] = (double)(suan_clock_monotonic_ns() - began) / CALLS;
    }
    atomic_store(&ball->ping, UINT32_MAX);
    while (waitpid(child, NULL, 0) < 0 && errno == EINTR)
        ;
    munmap(ball, sizeof *ball);
}

static void measure_worker(struct suan_engine *sealed, struct suan_engine *open)
{
    static _Alignas(64) double x[8], y[8];
    double ours[ROUNDS], unsealed[ROUNDS], bare[ROUNDS];
    struct perf_tensor in, out;
    perf_vector(&in, x, 8);
    perf_vector(&out, y, 1);
    struct suan_guest *guest = perf_guest(sealed, SUAN_GUEST_SEALED, WORKER_CPU, SUAN_ISOLATION_NONE, 0);
    for (int i = 0; i < ROUNDS; i++)
        ours[i] = round_ns(guest, &in, &out, CALLS);
    suan_guest_close(guest);
    guest = perf_guest(open, SUAN_GUEST_SEALED, WORKER_CPU, SUAN_ISOLATION_UNCHECKED, 0);
    for (int i = 0; i < ROUNDS; i++)
        unsealed[i] = round_ns(guest, &in, &out, CALLS);
    suan_guest_close(guest);
    measure_ping_pong(bare);
    double value = perf_median(ours, ROUNDS);
    perf_report("call.worker", "ns", value, "bare shared-memory spin ping-pong", perf_median(bare, ROUNDS),
                PERF_RATIO, 1.5);
    perf_report("call.worker.seal", "ns", value, "the same worker unsealed", perf_median(unsealed, ROUNDS),
                PERF_RATIO, 1.05);
}

static void measure_large(struct suan_engine *engine)
{
    static _Alignas(64) double y[8];
    double large[ROUNDS], small[ROUNDS];
    struct suan_error error = no_error;
    struct perf_tensor in_large, in_small, out;
    void *buffer = NULL;
    struct suan_guest *guest = perf_guest(engine, SUAN_GUEST_SEALED, WORKER_CPU, SUAN_ISOLATION_NONE, 0);
    perf_must(suan_guest_buffer(guest, LARGE * sizeof(double), &buffer, &error), &error,
              "a buffer of 64 MiB");
    perf_vector(&in_large, buffer, LARGE);
    perf_vector(&in_small, buffer, 8);
    perf_vector(&out, y, 1);
    for (int i = 0; i < ROUNDS; i++) {
        large[i] = round_ns(guest, &in_large, &out, CALLS);
        small[i] = round_ns(guest, &in_small, &out, CALLS);
    }
    perf_report("call.worker.64m", "ns", perf_median(large, ROUNDS), "64 bytes", perf_median(small, ROUNDS),
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
