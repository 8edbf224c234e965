/* What a measurement needs of a worker: calls without copies, stopping it, and its costs. */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "guest_state.h"

static enum suan_status need_sealed(const struct suan_guest *guest, struct suan_error *error)
{
    if (guest->home == SUAN_GUEST_SEALED)
        return SUAN_OK;
    return suan_error_set(error, SUAN_E_STATE, "guest.home", NULL, "only a sealed guest can be measured");
}

static void poison(uint8_t *place, uint64_t bytes, struct suan_span pattern)
{
    uint64_t done = 0;
    while (done < bytes) {
        uint64_t step = bytes - done < pattern.size ? bytes - done : pattern.size;
        memcpy(place + done, pattern.data, step);
        done += step;
    }
}

static void poison_outputs(struct suan_guest *guest, const struct placement *placement,
                           struct suan_span pattern)
{
    uint8_t *base = guest->region.output.base;
    if (pattern.size == 0)
        return;
    for (uint32_t i = 0; i < placement->n_out; i++)
        poison(base + placement->out[i].offset, placement->out[i].bytes, pattern);
    poison(base + placement->scratch_offset, placement->scratch_bytes, pattern);
}

enum suan_status suan_guest_stage(struct suan_guest *guest, const struct suan_tensor *in, uint32_t n_in,
                                  struct suan_tensor *out, uint32_t n_out,
                                  const struct suan_guest_stage *stage, struct suan_error *error)
{
    struct placement placement = {0};
    enum suan_status status = need_sealed(guest, error);
    if (status == SUAN_OK)
        status = guest_ready(guest, error);
    guest->is_staged = guest->has_run = false;
    if (status == SUAN_OK)
        status = placing_inputs(guest, in, n_in, PLACE_ALL, stage->input_skew, &placement, error);
    if (status == SUAN_OK)
        status = calling_infer(guest, &placement, n_out, error);
    if (status != SUAN_OK)
        return status;
    placement.n_out = n_out;
    placement.scratch_bytes = guest->inferred.scratch_bytes;
    memcpy(placement.out, guest->inferred.out, sizeof placement.out);
    status = placing_outputs(guest, stage->output_skew, guest->inferred.scratch_align, &placement, error);
    if (status == SUAN_OK)
        status = guest_ready(guest, error);
    if (status != SUAN_OK)
        return status;
    for (uint32_t i = 0; i < n_out; i++)
        placing_describe(&placement.out[i], &out[i]);
    poison_outputs(guest, &placement, stage->poison);
    placing_write(guest, &placement);
    guest->staged = placement;
    guest->is_staged = true;
    return SUAN_OK;
}

enum suan_status suan_guest_run_staged(struct suan_guest *guest, uint64_t deadline_ms,
                                       struct suan_error *error)
{
    struct suan_wire_answer answer;
    if (engine_is_forked(guest->engine) || guest->frozen)
        return guest_ready(guest, error);
    if (!guest->is_staged || guest->resident == NULL)
        return suan_error_set(error, SUAN_E_STATE, "guest.stage", "stage a call first", "no call is staged");
    guest->has_run = false;
    enum suan_status status =
        guest_request(guest, SUAN_WIRE_RUN, (uint16_t)guest->staged.n_out, deadline_ms, &answer, error);
    if (status != SUAN_OK)
        return status;
    for (uint32_t i = 0; i < guest->staged.n_out; i++)
        guest->produced[i] = guest->staged.out[i].flags != 0 ? answer.out[i] : guest->staged.out[i];
    guest->has_run = true;
    return SUAN_OK;
}

enum suan_status suan_guest_output(struct suan_guest *guest, uint32_t index, struct suan_span *out_bytes,
                                   int64_t *out_shape0, struct suan_error *error)
{
    if (!guest->is_staged || !guest->has_run || index >= guest->staged.n_out)
        return suan_error_set(error, SUAN_E_STATE, "guest.stage", NULL,
                              "no staged call has produced output %u", index);
    const struct suan_wire_descriptor *produced = &guest->produced[index];
    *out_bytes = suan_span(guest->region.output.base + guest->staged.out[index].offset, produced->bytes);
    if (out_shape0 != NULL)
        *out_shape0 = produced->rank == 0 ? 1 : (int64_t)produced->shape[0];
    return SUAN_OK;
}

/* --- stopping ----------------------------------------------------------------------------------------- */

static enum suan_status signal_worker(struct suan_guest *guest, int number, struct suan_error *error)
{
    if (guest->resident == NULL)
        return suan_error_set(error, SUAN_E_STATE, "guest.freeze", NULL, "no worker is alive");
    if (syscall(SYS_pidfd_send_signal, guest->resident->pidfd, number, NULL, 0) != 0)
        return suan_error_errno(error, "guest.freeze", errno, "stopping the worker");
    return SUAN_OK;
}

enum suan_status suan_guest_freeze(struct suan_guest *guest, struct suan_error *error)
{
    const struct timespec moment = {0, 20000};
    uint64_t until = suan_clock_monotonic_ns() + UINT64_C(1000000000);
    enum suan_status status = need_sealed(guest, error);
    if (status != SUAN_OK || guest->frozen)
        return status;
    status = signal_worker(guest, SIGSTOP, error);
    while (status == SUAN_OK && !verify_stopped(guest->resident->pid)) {
        if (suan_clock_monotonic_ns() > until)
            return suan_error_set(error, SUAN_E_IO, "guest.freeze", NULL,
                                  "the worker did not stop within a second");
        nanosleep(&moment, NULL);
    }
    guest->frozen = status == SUAN_OK;
    return status;
}

enum suan_status suan_guest_thaw(struct suan_guest *guest, struct suan_error *error)
{
    enum suan_status status = need_sealed(guest, error);
    if (status != SUAN_OK || !guest->frozen)
        return status;
    status = signal_worker(guest, SIGCONT, error);
    guest->frozen = status != SUAN_OK;
    return status;
}

/* --- costs -------------------------------------------------------------------------------------------- */

/* The kernel's clock of all CPU time of a process, its dead threads included: see clock_getcpuclockid(3). */
static bool process_cpu_ns(pid_t pid, uint64_t *out_ns)
{
    clockid_t clock;
    struct timespec time;
    if (clock_getcpuclockid(pid, &clock) != 0 || clock_gettime(clock, &time) != 0)
        return false;
    *out_ns = (uint64_t)time.tv_sec * UINT64_C(1000000000) + (uint64_t)time.tv_nsec;
    return true;
}

enum suan_status suan_guest_cpu_ns(struct suan_guest *guest, uint64_t *out_ns, struct suan_error *error)
{
    const struct resident *resident = guest->resident;
    enum suan_status status = need_sealed(guest, error);
    if (status != SUAN_OK)
        return status;
    if (resident != NULL &&
        (cgroup_cpu_ns(&resident->cgroup, out_ns) || process_cpu_ns(resident->pid, out_ns)))
        return SUAN_OK;
    return suan_error_set(error, SUAN_E_STATE, "guest.cpu", NULL, "no worker is alive");
}

static uint64_t field_of(const char *status, const char *name)
{
    const char *hit = strstr(status, name);
    return hit == NULL ? 0 : strtoull(hit + strlen(name), NULL, 10);
}

enum suan_status suan_guest_usage(struct suan_guest *guest, struct suan_guest_usage *out,
                                  struct suan_error *error)
{
    char path[64], text[4096];
    uint64_t cpu_ns = 0;
    enum suan_status status = suan_guest_cpu_ns(guest, &cpu_ns, error);
    if (status != SUAN_OK)
        return status;
    snprintf(path, sizeof path, "/proc/%d/status", (int)guest->resident->pid);
    SUAN_CLEANUP(suan_closep) int fd = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t got = fd < 0 ? -1 : read(fd, text, sizeof text - 1);
    if (got <= 0)
        return suan_error_errno(error, "guest.usage", fd < 0 ? errno : EIO, path);
    text[got] = '\0';
    *out = (struct suan_guest_usage){.cpu_ns = cpu_ns,
                                     .rss_kib = field_of(text, "\nVmRSS:"),
                                     .peak_kib = field_of(text, "\nVmHWM:"),
                                     .involuntary = field_of(text, "\nnonvoluntary_ctxt_switches:")};
    return SUAN_OK;
}

enum suan_status suan_guest_pin(struct suan_guest *guest, uint32_t cpu, struct suan_error *error)
{
    uint64_t mask[SUAN_CONTROL_CPU_WORDS] = {0};
    enum suan_status status = need_sealed(guest, error);
    if (status != SUAN_OK)
        return status;
    if (cpu >= SUAN_GUEST_CPUS_MAX || guest->resident == NULL)
        return suan_error_set(error, SUAN_E_USAGE, "guest.cpu", NULL, "no worker is alive, or no CPU %u",
                              cpu);
    mask[cpu / 64] = UINT64_C(1) << cpu % 64;
    if (syscall(SYS_sched_setaffinity, guest->resident->pid, sizeof mask, mask) != 0)
        return suan_error_errno(error, "guest.cpu", errno, "pinning the worker");
    return SUAN_OK;
}

enum suan_status suan_guest_restart(struct suan_guest *guest, struct suan_error *error)
{
    enum suan_status status = need_sealed(guest, error);
    if (status != SUAN_OK || engine_is_forked(guest->engine))
        return status == SUAN_OK ? guest_ready(guest, error) : status;
    guest_drop_worker(guest);
    return guest_ready(guest, error);
}
