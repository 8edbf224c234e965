#include "perf_stand.h"

#include <sched.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/cleanup.h"
#include "base/file.h"

void perf_must(enum suan_status status, const struct suan_error *error, const char *what)
{
    if (status == SUAN_OK)
        return;
    fprintf(stderr, "%s: %s: %s\n", what, suan_status_name(status), error->message);
    exit(1);
}

struct suan_engine *perf_engine(const char *const *switches)
{
    const struct suan_engine_options options = {
        .worker = switches == NULL ? SUAN_TEST_WORKER : SUAN_TEST_WORKER_OPEN, .switches = switches};
    struct suan_engine *engine = NULL;
    struct suan_error error = {0};
    perf_must(suan_engine_open(&options, &engine, &error), &error, "opening the engine");
    return engine;
}

struct suan_guest *perf_guest(struct suan_engine *engine, enum suan_guest_home home, int cpu,
                              enum suan_isolation_level require, enum suan_guest_zygote zygote,
                              uint32_t spares)
{
    SUAN_CLEANUP(suan_buffer_done) struct suan_buffer plugin = {0};
    struct suan_error error = {0};
    struct suan_guest *guest = NULL;
    const uint32_t cpus[1] = {(uint32_t)cpu};
    perf_must(suan_file_read(SUAN_TEST_PLUGIN, 1 << 24, &plugin, &error), &error, SUAN_TEST_PLUGIN);
    const struct suan_guest_options options = {.plugin = suan_buffer_span(&plugin),
                                               .task = "test.touch/1",
                                               .home = home,
                                               .require = require,
                                               .zygote = zygote,
                                               .group = SUAN_GUEST_UNGROUPED,
                                               .spares = spares,
                                               .bad_ends = UINT32_MAX,
                                               .cpus = cpus,
                                               .n_cpus = cpu < 0 ? 0 : 1};
    perf_must(suan_guest_open(engine, &options, &guest, &error), &error, "opening a guest");
    return guest;
}

void perf_pin(int cpu)
{
    cpu_set_t set;
    CPU_ZERO(&set);
    CPU_SET((size_t)cpu, &set);
    sched_setaffinity(0, sizeof set, &set);
}

static int compare(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

double perf_calm(double *values, size_t count)
{
    qsort(values, count, sizeof *values, compare);
    return values[count / 10];
}

void perf_report(const char *id, const char *unit, double value, const char *peer, double peer_value,
                 enum perf_goal goal, double most)
{
    double reached = goal == PERF_RATIO ? value / peer_value : value - peer_value;
    char text[64];
    snprintf(text, sizeof text, goal == PERF_RATIO ? "<= %.2fx" : "<= %.0f ns more", most);
    printf("{\"id\":\"%s\",\"value\":%.1f,\"unit\":\"%s\",\"peer\":\"%s\",\"peer_value\":%.1f,\"ratio\":%.3f,"
           "\"better\":\"lower\",\"goal\":\"%s\",\"ok\":%s}\n",
           id, value, unit, peer, peer_value, value / peer_value, text, reached <= most ? "true" : "false");
    fflush(stdout);
}

void perf_vector(struct perf_tensor *out, void *data, int64_t n)
{
    out->shape[0] = n;
    out->strides[0] = 1;
    out->tensor = (struct suan_tensor){.data = data,
                                       .device_type = SUAN_DEVICE_CPU,
                                       .ndim = 1,
                                       .dtype = {SUAN_DTYPE_FLOAT, 64, 1},
                                       .shape = out->shape,
                                       .strides = out->strides};
}
