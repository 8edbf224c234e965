/* What a metered call costs through libsuan: in process beside a bare function pointer, sealed beside the engine alone. */
#include <dlfcn.h>
#include <libsuan/suan.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "perf_stand.h"

enum { ROUNDS = 401, CALLS = 250, CALLS_INPROCESS = 4000, N = 8, TABLE = 16 };
#define TASK "toy.sums/1"
#define RELEASE "toy-fast"

extern char **environ;
static _Alignas(64) int64_t table[TABLE], data[N], sums[N];

typedef const struct suan_plugin *entry_function(const struct suan_host *host);

/* The two inputs and the output of a call. */
struct call {
    struct suan_tensor in[2], out[1];
    int64_t shapes[3][SUAN_MAX_RANK], strides[3][SUAN_MAX_RANK];
};

static struct suan_tensor vector(struct call *call, int which, int64_t *place, int64_t count)
{
    call->shapes[which][0] = count;
    call->strides[which][0] = 1;
    return (struct suan_tensor){
        place, SUAN_DEVICE_CPU, 0, 1, SUAN_I64, call->shapes[which], call->strides[which], 0};
}

static void make_call(struct call *out)
{
    out->in[0] = vector(out, 0, table, TABLE);
    out->in[1] = vector(out, 1, data, N);
    out->out[0] = vector(out, 2, sums, N);
}

static void make_world(void)
{
    char *const arguments[] = {(char *)SUAN_TEST_WORLD_PROGRAM, (char *)SUAN_TEST_WORLD, NULL};
    pid_t child = 0;
    if (access(SUAN_TEST_WORLD "/trust.json", R_OK) == 0)
        return;
    if (posix_spawn(&child, arguments[0], NULL, NULL, arguments, environ) != 0 || waitpid(child, NULL, 0) < 0)
        exit(1);
}

static struct suan_library *open_library(const char *journal)
{
    struct suan_open_options options = SUAN_OPEN_OPTIONS_INIT;
    struct suan_library *library = NULL;
    struct suan_error error = {0};
    options.registry = SUAN_TEST_WORLD "/registry";
    options.trust = SUAN_TEST_WORLD "/trust.json";
    options.journal = journal;
    options.worker = SUAN_TEST_WORKER;
    options.flags = SUAN_OPEN_INPROCESS;
    perf_must((enum suan_status)suan_open(&options, &library, &error), &error, "open");
    return library;
}

static struct suan_solver *load(struct suan_library *library, int32_t level, struct call *call)
{
    struct suan_load_options options = SUAN_LOAD_OPTIONS_INIT;
    struct suan_solver *solver = NULL;
    struct suan_error error = {0};
    options.level = level;
    options.prepared = call->in;
    options.n_prepared = 1;
    perf_must((enum suan_status)suan_load(library, RELEASE, &options, &solver, &error), &error, "load");
    return solver;
}

static double round_ns(struct suan_solver *solver, struct call *call, int calls)
{
    struct suan_error error = {0};
    uint64_t began = suan_clock_monotonic_ns();
    for (int i = 0; i < calls; i++) {
        if (suan_call(solver, call->in, 2, call->out, 1, 0, &error) != SUAN_OK)
            perf_must((enum suan_status)error.status, &error, "call");
    }
    return (double)(suan_clock_monotonic_ns() - began) / calls;
}

static void measure_inprocess(struct suan_library *library, struct call *call)
{
    static const struct suan_host host = {.abi_major = SUAN_ABI_MAJOR};
    const struct suan_config config = {.struct_size = sizeof config, .task = TASK, .workers = 1};
    double ours[ROUNDS], bare[ROUNDS];
    struct suan_instance *instance = NULL;
    entry_function *entry = NULL;
    struct suan_solver *solver = load(library, SUAN_LEVEL_INPROCESS, call);
    *(void **)&entry = dlsym(dlopen(SUAN_TEST_PLUGIN, RTLD_NOW | RTLD_LOCAL), "suan_plugin_v1");
    const struct suan_algorithm *algorithm = entry(&host)->algorithm;
    if (algorithm->create(&host, NULL, &config, &instance) != SUAN_OK ||
        algorithm->prepare(instance, NULL, call->in, 1) != SUAN_OK)
        exit(1);
    const struct suan_run run = {
        .struct_size = sizeof run, .n_in = 2, .n_out = 1, .in = call->in, .out = call->out};
    for (int i = 0; i < ROUNDS; i++) {
        ours[i] = round_ns(solver, call, CALLS_INPROCESS);
        uint64_t began = suan_clock_monotonic_ns();
        for (int one = 0; one < CALLS_INPROCESS; one++) {
            if (algorithm->run(instance, &run) != SUAN_OK)
                exit(1);
        }
        bare[i] = (double)(suan_clock_monotonic_ns() - began) / CALLS_INPROCESS;
    }
    suan_unload(solver);
    perf_report("call.inproc.libsuan", "ns", perf_calm(ours, ROUNDS), "bare function pointer",
                perf_calm(bare, ROUNDS), PERF_DIFFERENCE, 10);
}

static struct suan_guest *open_guest(struct suan_engine *engine, struct call *call)
{
    SUAN_CLEANUP(suan_buffer_done) struct suan_buffer object = {0};
    struct suan_guest *guest = NULL;
    struct suan_error error = {0};
    perf_must(suan_file_read(SUAN_TEST_PLUGIN, 1 << 26, &object, &error), &error, "the plugin");
    struct suan_guest_options options = {.plugin = suan_buffer_span(&object), .task = TASK};
    perf_must(suan_guest_open(engine, &options, &guest, &error), &error, "a guest");
    perf_must(suan_guest_prepare(guest, call->in, 1, &error), &error, "prepare");
    return guest;
}

static void measure_worker(struct suan_library *library, struct call *call)
{
    double ours[ROUNDS], bare[ROUNDS];
    struct suan_error error = {0};
    struct suan_engine *engine = perf_engine(NULL);
    struct suan_guest *guest = open_guest(engine, call);
    struct suan_solver *solver = load(library, SUAN_LEVEL_DEFAULT, call);
    perf_pin(0); /* the workers, which are there already, find another CPU */
    for (int i = 0; i < ROUNDS; i++) {
        ours[i] = round_ns(solver, call, CALLS);
        uint64_t began = suan_clock_monotonic_ns();
        for (int one = 0; one < CALLS; one++)
            perf_must(suan_guest_run(guest, call->in, 2, call->out, 1, 0, &error), &error, "a call");
        bare[i] = (double)(suan_clock_monotonic_ns() - began) / CALLS;
    }
    suan_unload(solver);
    suan_guest_close(guest);
    suan_engine_close(engine);
    perf_report("call.worker.libsuan", "ns", perf_calm(ours, ROUNDS), "the same call, not metered",
                perf_calm(bare, ROUNDS), PERF_RATIO, 1.1);
}

int main(void)
{
    char journal[] = "/tmp/suan-perf-libsuan-XXXXXX";
    struct call call;
    make_world();
    make_call(&call);
    if (mkdtemp(journal) == NULL)
        return 1;
    struct suan_library *library = open_library(journal);
    measure_inprocess(library, &call);
    measure_worker(library, &call);
    suan_close(library);
    return 0;
}
