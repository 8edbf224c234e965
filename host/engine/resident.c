/* One worker: ordered, watched while it seals itself, asked, and ended. */
#include "resident.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/file.h"

static const char code[] = "engine.start";

/* The process number behind a pidfd, as this process' /proc names it; 0 if it has ended. */
static pid_t pid_of(int pidfd)
{
    char path[64], text[1024];
    snprintf(path, sizeof path, "/proc/self/fdinfo/%d", pidfd);
    SUAN_CLEANUP(suan_closep) int fd = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t got = fd < 0 ? -1 : read(fd, text, sizeof text - 1);
    if (got <= 0)
        return 0;
    text[got] = '\0';
    const char *hit = strstr(text, "\nPid:");
    long pid = hit == NULL ? 0 : strtol(hit + 5, NULL, 10);
    return pid > 0 ? (pid_t)pid : 0;
}

static void fill_order(const struct resident *resident, const struct resident_plan *plan,
                       struct suan_control *out)
{
    *out = (struct suan_control){.magic = SUAN_CONTROL_MAGIC,
                                 .kind = SUAN_CONTROL_START,
                                 .worker_id = resident->id,
                                 .flags = plan->flags,
                                 .input_bytes = resident->region->input.bytes,
                                 .output_bytes = resident->region->output.bytes,
                                 .memory_bytes = plan->memory_bytes,
                                 .plugin_bytes = plan->plugin_bytes,
                                 .threads = plan->threads,
                                 .own_threads = plan->own_threads,
                                 .n_libraries = plan->n_libraries};
    for (uint32_t i = 0; i < plan->n_libraries; i++)
        snprintf(out->libraries[i], SUAN_CONTROL_SONAME, "%s", plan->libraries[i]);
    if (plan->n_cpus != 0)
        out->n_cpu_words = SUAN_CONTROL_CPU_WORDS;
    for (uint32_t i = 0; i < plan->n_cpus; i++)
        out->cpus[plan->cpus[i] / 64] |= UINT64_C(1) << plan->cpus[i] % 64;
}

static void fill_request(const struct resident *resident, const struct resident_plan *plan)
{
    struct suan_wire_request *request = resident->region->request;
    memset(resident->region->reply, 0, SUAN_WIRE_PAGE);
    memset(request, 0, SUAN_WIRE_PAGE);
    request->magic = SUAN_WIRE_MAGIC;
    request->major = SUAN_WIRE_MAJOR;
    request->minor = SUAN_WIRE_MINOR;
    request->input_bytes = resident->region->input.bytes;
    request->output_bytes = resident->region->output.bytes;
    request->worker_id = resident->id;
    request->spin_ns = plan->spin_ns;
    request->thread_limit = plan->threads;
}

static void deadline_of(uint64_t at_ns, struct timespec *out)
{
    *out = (struct timespec){(time_t)(at_ns / 1000000000), (long)(at_ns % 1000000000)};
}

/* Sends the order and waits for the zygote's answer, one order at a time. Called and left with the lock held.
 */
static int order_locked(struct resident *resident, const struct suan_control *start, const int *fds)
{
    struct suan_engine *engine = resident->engine;
    struct zygote *zygote = resident->zygote;
    struct timespec until;
    int cause = 0;

    deadline_of(suan_clock_monotonic_ns() + RESIDENT_START_NS, &until);
    while (zygote->started && cause == 0) /* another thread's order is on its way */
        cause = pthread_cond_timedwait(&engine->changed, &engine->lock, &until);
    if (cause != 0 || zygote->gone)
        return ECHILD;
    zygote->started = true;
    zygote->started_id = 0;
    zygote->started_pidfd = -1;
    if (!zygote_order(zygote, start, fds))
        zygote->gone = true;
    while (zygote->started_id != start->worker_id && !zygote->gone && cause == 0)
        cause = pthread_cond_timedwait(&engine->changed, &engine->lock, &until);
    cause = zygote->started_id != start->worker_id ? ECHILD : zygote->started_errno;
    resident->pidfd = zygote->started_pidfd;
    zygote->started_pidfd = -1;
    zygote->started = false;
    pthread_cond_broadcast(&engine->changed);
    return cause;
}

static enum suan_status order(struct resident *resident, const struct resident_plan *plan,
                              struct suan_error *error)
{
    struct suan_engine *engine = resident->engine;
    const struct region *region = resident->region;
    struct suan_control start;
    const int fds[SUAN_CONTROL_FDS] = {region->request_fd, region->reply_fd, region->input.fd,
                                       region->output.fd, plan->plugin};
    fill_order(resident, plan, &start);
    pthread_mutex_lock(&engine->lock);
    int cause = order_locked(resident, &start, fds);
    if (cause == 0) {
        resident->next = engine->residents;
        engine->residents = resident;
    }
    pthread_mutex_unlock(&engine->lock);
    if (cause != 0)
        return suan_error_errno(error, code, cause, "making a worker");
    engine_ring(engine);
    resident->pid = pid_of(resident->pidfd);
    return SUAN_OK;
}

static enum suan_status failed_to_seal(struct resident *resident, struct suan_error *error)
{
    char copy[sizeof resident->region->reply->error], text[sizeof copy + 1];
    memcpy(copy, resident->region->reply->error, sizeof copy);
    suan_wire_clean_text(copy, sizeof copy, text);
    return suan_error_set(error, SUAN_E_WORKER_LOAD, code, "see 'suan isolation'",
                          "the worker could not be made: %s", text);
}

/* Waits for the state to become `wanted`. */
static enum suan_status await_state(struct resident *resident, uint32_t wanted, struct suan_error *error)
{
    _Atomic uint32_t *state = &resident->region->reply->state;
    uint64_t until = suan_clock_monotonic_ns() + RESIDENT_START_NS;
    for (;;) {
        uint32_t now = atomic_load(state);
        if (now == wanted)
            return SUAN_OK;
        if (now == SUAN_WIRE_FAILED)
            return failed_to_seal(resident, error);
        if (atomic_load(&resident->dead) != 0 && atomic_load(state) == now)
            return suan_error_set(error, SUAN_E_WORKER_CRASHED, code, "see 'suan isolation'",
                                  "the worker ended before it was sealed");
        if (suan_clock_monotonic_ns() >= until)
            return suan_error_set(error, SUAN_E_WORKER_TIMEOUT, code, NULL,
                                  "the worker did not get ready in time");
        suan_wire_sleep(state, now, SUAN_WIRE_FUTEX_NS);
    }
}

static void enter_cgroup(struct resident *resident, const struct resident_plan *plan)
{
    struct suan_engine *engine = resident->engine;
    uint64_t memory = plan->memory_bytes + resident->region->output.bytes + RESIDENT_LIBRARY_BYTES;
    if (engine->site.kind == CGROUP_NONE || !plan->grouped)
        return;
    pthread_mutex_lock(&engine->lock);
    uint64_t number = engine->next_number++;
    pthread_mutex_unlock(&engine->lock);
    int cause =
        cgroup_open(&engine->site, number, memory, plan->threads + plan->own_threads, &resident->cgroup);
    if (cause == 0 && cgroup_enter(&resident->cgroup, resident->pid) != 0)
        cgroup_close(&resident->cgroup);
}

static void look_at(struct resident *resident, const struct resident_plan *plan)
{
    uint64_t arenas = resident->region->input.bytes + resident->region->output.bytes;
    struct verify_subject subject = {.pid = resident->pid,
                                     .zygote = resident->zygote,
                                     .region = resident->region,
                                     .cgroup = &resident->cgroup,
                                     .address_space_min = plan->memory_bytes,
                                     .address_space_max = plan->memory_bytes + arenas + (UINT64_C(4) << 30),
                                     .threads = plan->threads + plan->own_threads,
                                     .plugin_bytes = plan->plugin_bytes};
    memcpy(subject.notes, resident->region->reply->layers, sizeof subject.notes);
    resident->report = resident->engine->report;
    verify_worker(&subject, &resident->report);
}

enum suan_status resident_order(struct suan_engine *engine, struct zygote *zygote, struct region *region,
                                const struct resident_plan *plan, struct resident **out_resident,
                                struct suan_error *error)
{
    struct resident *resident = calloc(1, sizeof *resident);
    if (resident == NULL)
        return suan_error_set(error, SUAN_E_MEMORY, "memory", NULL, "out of memory");
    resident->engine = engine;
    resident->zygote = zygote;
    resident->region = region;
    resident->pidfd = -1;
    resident->cgroup.cpu_fd = -1;
    resident->born_ns = suan_clock_monotonic_ns();
    resident->threads_allowed = plan->threads + plan->own_threads;
    suan_random(&resident->id, sizeof resident->id);
    suan_random(&resident->call_id, sizeof resident->call_id);
    resident->id |= 1; /* 0 means none */
    fill_request(resident, plan);
    enum suan_status status = order(resident, plan, error);
    if (status != SUAN_OK)
        resident_end(resident);
    else
        *out_resident = resident;
    return status;
}

enum suan_status resident_verify(struct resident *resident, const struct resident_plan *plan,
                                 struct suan_error *error)
{
    enum suan_status status = await_state(resident, SUAN_WIRE_SEALED, error);
    if (status != SUAN_OK)
        return status;
    enter_cgroup(resident, plan);
    look_at(resident, plan);
    return SUAN_OK;
}

void resident_kill(struct resident *resident, enum resident_reason reason)
{
    if (resident->reason == RESIDENT_RUNNING)
        resident->reason = reason;
    if (resident->pidfd >= 0)
        syscall(SYS_pidfd_send_signal, resident->pidfd, SIGKILL, NULL, 0);
}

void resident_await_death(struct resident *resident)
{
    struct suan_engine *engine = resident->engine;
    struct timespec until;
    int cause = 0;
    deadline_of(suan_clock_monotonic_ns() + UINT64_C(1000000000), &until);
    pthread_mutex_lock(&engine->lock);
    while (!resident->detailed && !resident->zygote->gone && cause == 0)
        cause = pthread_cond_timedwait(&engine->changed, &engine->lock, &until);
    pthread_mutex_unlock(&engine->lock);
}

void resident_end(struct resident *resident)
{
    if (resident == NULL)
        return;
    struct suan_engine *engine = resident->engine;
    if (resident->pidfd >= 0) {
        struct pollfd gone = {resident->pidfd, POLLIN, 0};
        resident_kill(resident, RESIDENT_KILLED_END);
        while (poll(&gone, 1, 5000) < 0 && errno == EINTR)
            ;
        resident_await_death(resident);
    }
    pthread_mutex_lock(&engine->lock);
    for (struct resident **place = &engine->residents; *place != NULL; place = &(*place)->next) {
        if (*place == resident) {
            *place = resident->next;
            break;
        }
    }
    pthread_mutex_unlock(&engine->lock);
    cgroup_close(&resident->cgroup);
    if (resident->pidfd >= 0)
        close(resident->pidfd);
    free(resident);
}

/* --- a request ---------------------------------------------------------------------------------------- */

/* Where the wait for an answer stands. */
struct wait {
    uint32_t before, wanted;
    bool swift; /* answered before the clock was looked at, in well under a microsecond's spinning */
    uint64_t deadline_ns;
    enum suan_status ending; /* SUAN_OK; else TIMEOUT or CANCELLED: the grace time runs */
};

static void submit(struct resident *resident, const struct resident_call *call, struct wait *wait)
{
    struct suan_wire_request *request = resident->region->request;
    struct suan_wire_reply *reply = resident->region->reply;
    wait->before = atomic_load(&reply->head.rep_seq);
    if (++resident->sequence == 0)
        resident->sequence = 1;
    wait->wanted = resident->sequence;
    wait->deadline_ns = call->deadline_ns;
    request->op = call->op;
    request->n_out = call->n_out;
    request->call_id = ++resident->call_id;
    request->deadline_ns = call->deadline_ns;
    if (call->running != NULL)
        atomic_store_explicit(call->running, wait->wanted, memory_order_release);
    atomic_store(&request->req_seq, wait->wanted);
    if (atomic_load(&reply->worker_sleeping) != 0)
        suan_wire_wake(&request->req_seq);
}

/* The caller gave up, or the deadline passed: tell the plugin, and wait a little longer. */
static void begin_ending(struct resident *resident, struct wait *wait, enum suan_status ending, uint64_t now)
{
    wait->ending = ending;
    wait->deadline_ns = now + RESIDENT_GRACE_NS;
    atomic_store(&resident->region->request->cancel_seq, wait->wanted);
}

static void sleep_on_reply(struct resident *resident, const struct wait *wait, uint64_t now)
{
    _Atomic uint32_t *sleeping = &resident->region->request->host_sleeping;
    _Atomic uint32_t *reply = &resident->region->reply->head.rep_seq;
    uint64_t left = wait->deadline_ns - now;
    atomic_store(sleeping, 1);
    if (atomic_load(reply) == wait->before && atomic_load(&resident->dead) == 0)
        suan_wire_sleep(reply, wait->before, left < SUAN_WIRE_FUTEX_NS ? left : SUAN_WIRE_FUTEX_NS);
    atomic_store(sleeping, 0);
}

enum outcome { ANSWERED, DIED, OVERDUE, NONSENSE };

static enum outcome await_answer(struct resident *resident, const struct resident_call *call,
                                 struct wait *wait)
{
    _Atomic uint32_t *reply = &resident->region->reply->head.rep_seq;
    wait->swift = suan_wire_glance(reply, wait->before);
    if (!wait->swift)
        suan_wire_spin(reply, wait->before, resident->region->request->spin_ns);
    for (;;) {
        uint32_t now = atomic_load(reply);
        if (atomic_load(&resident->dead) != 0)
            return DIED;
        if (now == wait->wanted)
            return ANSWERED;
        if (now != wait->before)
            return NONSENSE;
        uint64_t time = suan_clock_monotonic_ns();
        if (wait->ending == SUAN_OK && call->cancel != NULL && atomic_load(call->cancel) != 0)
            begin_ending(resident, wait, (enum suan_status)SUAN_E_CANCELLED, time);
        else if (wait->ending == SUAN_OK && time >= wait->deadline_ns)
            begin_ending(resident, wait, SUAN_E_WORKER_TIMEOUT, time);
        else if (time >= wait->deadline_ns)
            return OVERDUE;
        sleep_on_reply(resident, wait, time);
    }
}

/* What a signal or status says about who is to blame. */
static enum suan_status classify(const struct resident *resident, struct suan_error *error)
{
    static const char hint[] = "the worker was replaced; report the plugin to its owner";
    int number = resident->exit_status;
    bool killed = resident->exit_code == CLD_KILLED || resident->exit_code == CLD_DUMPED;
    if (!resident->detailed)
        return suan_error_set(error, SUAN_E_WORKER_CRASHED, "worker.crashed", hint, "the worker ended");
    if (killed && number == SIGSYS)
        return suan_error_set(error, SUAN_E_WORKER_VIOLATION, "worker.violation", hint,
                              "the plugin made a forbidden system call");
    if (killed && number == SIGKILL && cgroup_ran_out_of_memory(&resident->cgroup))
        return suan_error_set(error, SUAN_E_WORKER_LIMIT, "worker.limit",
                              "give it more memory, or a smaller job", "the plugin used up its memory");
    if (killed)
        return suan_error_set(error, SUAN_E_WORKER_CRASHED, "worker.crashed", hint,
                              "the plugin crashed: signal %d (%s)", number,
                              sigabbrev_np(number) == NULL ? "unknown" : sigabbrev_np(number));
    bool aborted = atomic_load(&resident->region->reply->state) == SUAN_WIRE_ABORTED;
    return suan_error_set(error, SUAN_E_WORKER_CRASHED, "worker.crashed", hint,
                          aborted ? "the plugin called abort" : "the plugin called exit(%d)", number);
}

static enum suan_status died(struct resident *resident, struct suan_error *error)
{
    resident_await_death(resident);
    switch (resident->reason) {
    case RESIDENT_KILLED_DEADLINE:
        return suan_error_set(error, SUAN_E_WORKER_TIMEOUT, "worker.timeout",
                              "give it a longer deadline, or a smaller job",
                              "the deadline passed; the worker was ended");
    case RESIDENT_KILLED_CANCEL:
        return suan_error_set(error, SUAN_E_CANCELLED, "worker.cancelled", NULL,
                              "cancelled; the worker was ended");
    case RESIDENT_KILLED_THREADS:
        return suan_error_set(error, SUAN_E_WORKER_VIOLATION, "worker.threads",
                              "a plugin that makes threads must declare OWN_THREADS",
                              "the plugin left a thread behind");
    case RESIDENT_KILLED_PROTOCOL:
        return suan_error_set(error, SUAN_E_WORKER_PROTOCOL, "worker.protocol",
                              "the plugin corrupts its worker; report it to its owner",
                              "invalid reply: sequence number");
    case RESIDENT_RUNNING:
    case RESIDENT_KILLED_END: break;
    }
    return classify(resident, error);
}

/* Plugins that declare no threads cannot make any, once loaded; this catches those that slipped in before, or
   stayed. Looked at after calls of a millisecond or more, and every tenth of a second. */
static enum suan_status check_threads(struct resident *resident, const struct resident_call *call,
                                      const struct wait *wait, struct suan_error *error)
{
    uint64_t now = wait->swift ? call->began_ns : suan_clock_monotonic_ns();
    if (now - call->began_ns < 1000000 && now - resident->threads_checked_ns < 100000000)
        return SUAN_OK;
    resident->threads_checked_ns = now;
    if (verify_threads(resident->pid) <= resident->threads_allowed)
        return SUAN_OK;
    resident_kill(resident, RESIDENT_KILLED_THREADS);
    return died(resident, error);
}

static enum suan_status conclude(struct resident *resident, const struct resident_call *call,
                                 const struct wait *wait, struct suan_wire_answer *out,
                                 struct suan_error *error)
{
    const struct suan_wire_expect expect = {.seq = wait->wanted,
                                            .op = call->op,
                                            .n_out = call->n_out,
                                            .call_id = resident->call_id,
                                            .worker_id = resident->id,
                                            .out = resident->region->request->out,
                                            .dynamic = call->dynamic};
    enum suan_status status = suan_wire_take(resident->region->reply, &expect, out, error);
    if (status != SUAN_OK)
        resident_kill(resident, RESIDENT_KILLED_PROTOCOL);
    if (status != SUAN_OK || wait->ending == SUAN_OK)
        return status;
    if (wait->ending == (enum suan_status)SUAN_E_CANCELLED)
        return suan_error_set(error, SUAN_E_CANCELLED, "worker.cancelled", NULL, "cancelled");
    return suan_error_set(error, SUAN_E_WORKER_TIMEOUT, "worker.timeout",
                          "give it a longer deadline, or a smaller job", "the deadline passed");
}

enum suan_status resident_request(struct resident *resident, const struct resident_call *call,
                                  struct suan_wire_answer *out_answer, struct suan_error *error)
{
    struct wait wait = {0};
    submit(resident, call, &wait);
    enum outcome outcome = await_answer(resident, call, &wait);
    if (call->running != NULL)
        atomic_store_explicit(call->running, 0, memory_order_release);
    if (outcome == OVERDUE)
        resident_kill(resident, wait.ending == SUAN_E_WORKER_TIMEOUT ? RESIDENT_KILLED_DEADLINE
                                                                     : RESIDENT_KILLED_CANCEL);
    if (outcome == NONSENSE)
        resident_kill(resident, RESIDENT_KILLED_PROTOCOL);
    if (outcome != ANSWERED)
        return died(resident, error);
    enum suan_status status = conclude(resident, call, &wait, out_answer, error);
    return status == SUAN_OK && call->op != SUAN_WIRE_LOAD ? check_threads(resident, call, &wait, error)
                                                           : status;
}
