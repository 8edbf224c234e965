/* Affinity of the host's thread, and what the machine lacks for a better tier. */
#include "cpus.h"

#include <errno.h>
#include <linux/perf_event.h>
#include <stdio.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/cleanup.h"

enum { NICE = -15 };

static bool is_wanted(const uint32_t *wanted, uint32_t n_wanted, uint32_t cpu)
{
    for (uint32_t i = 0; i < n_wanted; i++) {
        if (wanted[i] == cpu)
            return true;
    }
    return n_wanted == 0;
}

enum suan_status bench_cpus_init(struct bench_cpus *cpus, const uint32_t *wanted, uint32_t n_wanted,
                                 struct suan_error *error)
{
    *cpus = (struct bench_cpus){0};
    if (sched_getaffinity(0, sizeof cpus->before, &cpus->before) != 0)
        return suan_error_errno(error, "measure.cpu", errno, "sched_getaffinity");
    for (uint32_t cpu = 0; cpu < CPU_SETSIZE && cpus->n_usable < SUAN_SESSION_CPUS_MAX; cpu++) {
        if (!CPU_ISSET(cpu, &cpus->before))
            continue;
        cpus->usable[cpus->n_usable++] = cpu;
        if (is_wanted(wanted, n_wanted, cpu))
            cpus->measure[cpus->n_measure++] = cpu;
    }
    if (cpus->n_measure == 0)
        return suan_error_set(error, SUAN_E_USAGE, "measure.cpu",
                              "see which CPUs are online, or leave --cpu out",
                              "none of the %u CPUs to measure on can be used by this process", n_wanted);
    cpus->shared = cpus->n_usable < 2;
    cpus->nice = getpriority(PRIO_PROCESS, 0);
    (void)setpriority(PRIO_PROCESS, 0, NICE);
    return cpus->shared ? SUAN_OK : bench_awake_start(&cpus->awake, error);
}

/* Every usable CPU but the measured one. */
static void host_set(const struct bench_cpus *cpus, cpu_set_t *out)
{
    CPU_ZERO(out);
    for (uint32_t i = 0; i < cpus->n_usable; i++) {
        if (cpus->usable[i] != cpus->here || cpus->shared)
            CPU_SET(cpus->usable[i], out);
    }
}

void bench_cpus_choose(struct bench_cpus *cpus, uint32_t block)
{
    cpus->here = cpus->measure[cpus->n_measure - 1 - block % cpus->n_measure];
    cpus->host = cpus->here;
    for (uint32_t i = 0; i < cpus->n_usable && cpus->host == cpus->here; i++)
        cpus->host = cpus->usable[i];
    bench_cpus_leave(cpus);
    bench_awake_move(cpus->awake, cpus->here);
}

void bench_cpus_yield(const struct bench_cpus *cpus)
{
    bench_awake_rest(cpus->awake);
}

void bench_cpus_hold(const struct bench_cpus *cpus)
{
    bench_awake_spin(cpus->awake);
}

void bench_cpus_visit(const struct bench_cpus *cpus)
{
    cpu_set_t one;
    CPU_ZERO(&one);
    CPU_SET(cpus->here, &one);
    (void)sched_setaffinity(0, sizeof one, &one);
}

void bench_cpus_leave(const struct bench_cpus *cpus)
{
    cpu_set_t rest;
    host_set(cpus, &rest);
    (void)sched_setaffinity(0, sizeof rest, &rest);
}

void bench_cpus_done(struct bench_cpus *cpus)
{
    if (cpus->n_measure == 0)
        return;
    bench_awake_stop(cpus->awake);
    cpus->awake = NULL;
    (void)sched_setaffinity(0, sizeof cpus->before, &cpus->before);
    (void)setpriority(PRIO_PROCESS, 0, cpus->nice);
    cpus->n_measure = 0;
}

static const char *errno_word(int value)
{
    const char *name = strerrorname_np(value);
    return name != NULL ? name : "error";
}

void bench_cpus_missing(struct suan_measurement *measurement)
{
    struct perf_event_attr counter = {.type = PERF_TYPE_HARDWARE,
                                      .size = sizeof counter,
                                      .config = PERF_COUNT_HW_CPU_CYCLES,
                                      .disabled = 1,
                                      .exclude_kernel = 1};
    char line[96], isolated[64] = "";
    SUAN_CLEANUP(suan_closep)
    int fd = (int)syscall(SYS_perf_event_open, &counter, 0, -1, -1, PERF_FLAG_FD_CLOEXEC);
    if (fd < 0) {
        snprintf(line, sizeof line, "hardware counters (%s)", errno_word(errno));
        suan_measurement_missing(measurement, line);
    }
    if (access("/sys/class/powercap/intel-rapl:0/energy_uj", R_OK) != 0) {
        snprintf(line, sizeof line, "energy counters (%s)", errno_word(errno));
        suan_measurement_missing(measurement, line);
    }
    FILE *file = fopen("/sys/devices/system/cpu/isolated", "re");
    if (file == NULL || fgets(isolated, sizeof isolated, file) == NULL || isolated[0] == '\n')
        suan_measurement_missing(measurement, "isolated CPUs");
    if (file != NULL)
        (void)fclose(file);
}
