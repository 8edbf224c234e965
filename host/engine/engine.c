/* The engine: its zygotes and workers in two lists, and one thread that notices their deaths. */
#include "engine.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <time.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "resident.h"
#include "wire/wire.h"

enum { WATCHED_MAX = 512, SWITCHES_MAX = 24 };
#define DEFAULT_ARENA (UINT64_C(256) << 20)
#define DEFAULT_MEMORY (UINT64_C(1) << 30)

/* --- the reaper --------------------------------------------------------------------------------------- */

/* Tells whoever waits for this worker. It is gone, so nothing else writes there: no wake can be lost. */
static void announce(struct resident *resident)
{
    struct suan_wire_reply *reply = resident->region->reply;
    if (atomic_exchange(&resident->dead, 1) != 0)
        return;
    atomic_fetch_add(&reply->head.rep_seq, 1);
    suan_wire_wake(&reply->head.rep_seq);
    suan_wire_wake(&reply->state);
}

static struct resident *find_resident(struct suan_engine *engine, uint64_t id)
{
    struct resident *resident = engine->residents;
    while (resident != NULL && resident->id != id)
        resident = resident->next;
    return resident;
}

static void take_message(struct suan_engine *engine, struct zygote *zygote,
                         const struct suan_control *message, int fd)
{
    struct resident *resident;
    switch (message->kind) {
    case SUAN_CONTROL_HELLO:
        zygote->greeted = true;
        memcpy(zygote->notes, message->layers, sizeof zygote->notes);
        break;
    case SUAN_CONTROL_STARTED:
        zygote->started_id = message->worker_id;
        zygote->started_errno = message->errno_value == 0 && fd < 0 ? EBADF : message->errno_value;
        zygote->started_pidfd = fd;
        return;
    case SUAN_CONTROL_DIED:
        resident = find_resident(engine, message->worker_id);
        if (resident != NULL) {
            resident->detailed = true;
            resident->exit_code = message->exit_code;
            resident->exit_status = message->exit_status;
            announce(resident);
        }
        break;
    default: break;
    }
    if (fd >= 0)
        close(fd);
}

static void hear_zygote(struct suan_engine *engine, struct zygote *zygote)
{
    struct suan_control message;
    int fd = -1;
    ssize_t got;
    while ((got = zygote_hear(zygote, &message, &fd)) == (ssize_t)sizeof message) {
        if (message.magic == SUAN_CONTROL_MAGIC)
            take_message(engine, zygote, &message, fd);
    }
    if (got < 0 && (errno == EAGAIN || errno == EINTR))
        return;
    zygote->gone = true;
    for (struct resident *resident = engine->residents; resident != NULL; resident = resident->next) {
        if (resident->zygote == zygote)
            announce(resident);
    }
}

/* Fills what to watch; called with the lock held. The numbers identify workers even if one has been freed
 * meanwhile. */
static nfds_t list_watched(struct suan_engine *engine, struct pollfd *watched, uint64_t *ids)
{
    nfds_t count = 0;
    watched[count++] = (struct pollfd){engine->bell, POLLIN, 0};
    for (struct zygote *zygote = engine->zygotes; zygote != NULL && count < WATCHED_MAX;
         zygote = zygote->next) {
        if (!zygote->gone)
            watched[count++] = (struct pollfd){zygote->socket, POLLIN, 0};
    }
    for (struct resident *resident = engine->residents; resident != NULL && count < WATCHED_MAX;
         resident = resident->next) {
        if (atomic_load(&resident->dead) != 0)
            continue;
        ids[count] = resident->id;
        watched[count++] = (struct pollfd){resident->pidfd, POLLIN, 0};
    }
    return count;
}

static void handle_events(struct suan_engine *engine, const struct pollfd *watched, const uint64_t *ids,
                          nfds_t count)
{
    uint64_t rung;
    if (watched[0].revents != 0 && read(engine->bell, &rung, sizeof rung) < 0)
        rung = 0;
    for (struct zygote *zygote = engine->zygotes; zygote != NULL; zygote = zygote->next) {
        if (!zygote->gone)
            hear_zygote(engine, zygote);
    }
    for (nfds_t i = 1; i < count; i++) {
        struct resident *resident =
            ids[i] != 0 && watched[i].revents != 0 ? find_resident(engine, ids[i]) : NULL;
        if (resident != NULL)
            announce(resident);
    }
    pthread_cond_broadcast(&engine->changed);
}

static void *reap(void *context)
{
    struct suan_engine *engine = context;
    struct pollfd watched[WATCHED_MAX];
    uint64_t ids[WATCHED_MAX];

    pthread_mutex_lock(&engine->lock);
    while (!engine->ending) {
        memset(ids, 0, sizeof ids);
        nfds_t count = list_watched(engine, watched, ids);
        pthread_mutex_unlock(&engine->lock);
        int ready = poll(watched, count, -1);
        pthread_mutex_lock(&engine->lock);
        if (ready > 0)
            handle_events(engine, watched, ids, count);
    }
    pthread_mutex_unlock(&engine->lock);
    return NULL;
}

void engine_ring(struct suan_engine *engine)
{
    const uint64_t one = 1;
    while (write(engine->bell, &one, sizeof one) < 0 && errno == EINTR)
        ;
}

bool engine_is_forked(const struct suan_engine *engine)
{
    return *engine->alive == 0;
}

/* --- zygotes ------------------------------------------------------------------------------------------ */

static void unlink_zygote(struct suan_engine *engine, struct zygote *zygote)
{
    pthread_mutex_lock(&engine->lock);
    for (struct zygote **place = &engine->zygotes; *place != NULL; place = &(*place)->next) {
        if (*place == zygote) {
            *place = zygote->next;
            break;
        }
    }
    pthread_mutex_unlock(&engine->lock);
}

/* The first worker of a zygote, with memories of its own. */
struct probe {
    struct region region;
    int nothing; /* a plugin that is never loaded */
    struct resident *resident;
    struct resident_plan plan;
};

static void end_probe(struct zygote *zygote)
{
    struct probe *probe = zygote->probe;
    zygote->probe = NULL;
    if (probe == NULL)
        return;
    resident_end(probe->resident);
    if (probe->region.request != NULL)
        region_done(&probe->region);
    if (probe->nothing >= 0)
        close(probe->nothing);
    free(probe);
}

void engine_remove_zygote(struct suan_engine *engine, struct zygote *zygote)
{
    if (zygote == NULL)
        return;
    end_probe(zygote);
    unlink_zygote(engine, zygote);
    engine_ring(engine);
    zygote_end(zygote);
    free(zygote);
}

/* Lets the probe worker try its attempts, and learns from them and from its death. */
static void learn(struct zygote *zygote, struct resident *probe)
{
    struct suan_wire_request *request = probe->region->request;
    const struct suan_wire_reply *reply = probe->region->reply;
    atomic_store(&request->req_seq, 1);
    suan_wire_wake(&request->req_seq);
    resident_await_death(probe);
    int opened = reply->layers[SUAN_LAYER_LANDLOCK].errno_value,
        mapped = reply->layers[SUAN_LAYER_MDWE].errno_value;
    bool tried = atomic_load(&reply->state) == SUAN_WIRE_PROBED;
    zygote->probe_landlock = tried && opened == EACCES;
    zygote->probe_mdwe = tried && (mapped == EACCES || mapped == EPERM);
    zygote->probe_filter = probe->detailed && probe->exit_code != CLD_EXITED && probe->exit_status == SIGSYS;
    zygote->probed = true;
}

static enum suan_status begin_probe(struct suan_engine *engine, struct zygote *zygote,
                                    struct suan_error *error)
{
    struct probe *probe = calloc(1, sizeof *probe);
    if (probe == NULL)
        return suan_error_set(error, SUAN_E_MEMORY, "memory", NULL, "out of memory");
    probe->nothing = -1;
    zygote->probe = probe;
    enum suan_status status = region_seal_bytes(suan_span("", 1), &probe->nothing, error);
    if (status == SUAN_OK)
        status = region_open(&probe->region, SUAN_WIRE_PAGE, SUAN_WIRE_PAGE, error);
    if (status != SUAN_OK)
        return status;
    probe->plan = (struct resident_plan){.plugin = probe->nothing,
                                         .plugin_bytes = 1,
                                         .memory_bytes = DEFAULT_MEMORY,
                                         .threads = 1,
                                         .flags = SUAN_CONTROL_PROBE,
                                         .grouped = engine->shared == NULL};
    return resident_order(engine, zygote, &probe->region, &probe->plan, &probe->resident, error);
}

enum suan_status engine_finish_probe(struct suan_engine *engine, struct zygote *zygote,
                                     struct suan_error *error)
{
    struct probe *probe = zygote->probe;
    if (probe == NULL)
        return SUAN_OK;
    enum suan_status status = resident_verify(probe->resident, &probe->plan, error);
    if (status != SUAN_OK)
        return status;
    learn(zygote, probe->resident);
    verify_probe(zygote, &probe->resident->report);
    if (engine->shared == NULL) { /* the first, whose findings are the engine's report */
        memcpy(engine->report.layers, probe->resident->report.layers, sizeof engine->report.layers);
        engine->report.level = probe->resident->report.level;
    }
    end_probe(zygote);
    return SUAN_OK;
}

/* The zygote took no order: was the program there, and was it a worker? */
static enum suan_status explain_birth(struct suan_engine *engine, struct zygote *zygote,
                                      enum suan_status status, struct suan_error *error)
{
    int cause = zygote_birth_failure(zygote);
    if (cause != 0)
        return suan_error_errno(error, "engine.worker", cause, engine->program);
    if (zygote->greeted)
        return status;
    return suan_error_set(error, SUAN_E_IO, "engine.worker", "check the program's path and version",
                          "%s did not start as a worker of this version", engine->program);
}

enum suan_status engine_add_zygote(struct suan_engine *engine, struct zygote **out_zygote,
                                   struct suan_error *error)
{
    struct zygote *zygote = calloc(1, sizeof *zygote);
    if (zygote == NULL)
        return suan_error_set(error, SUAN_E_MEMORY, "memory", NULL, "out of memory");
    enum suan_status status =
        zygote_start(engine->program, (const char *const *)engine->switches, zygote, error);
    if (status != SUAN_OK) {
        free(zygote);
        return status;
    }
    pthread_mutex_lock(&engine->lock);
    zygote->next = engine->zygotes;
    engine->zygotes = zygote;
    pthread_mutex_unlock(&engine->lock);
    engine_ring(engine);
    status = begin_probe(engine, zygote, error);
    if (status != SUAN_OK) {
        status = explain_birth(engine, zygote, status, error);
        engine_remove_zygote(engine, zygote);
    } else {
        *out_zygote = zygote;
    }
    return status;
}

/* --- open and close ----------------------------------------------------------------------------------- */

static bool copy_options(struct suan_engine *engine, const struct suan_engine_options *options)
{
    uint32_t count = 0;
    while (options->switches != NULL && options->switches[count] != NULL && count < SWITCHES_MAX)
        count++;
    engine->program = strdup(options->worker);
    engine->switches = calloc(count + 1, sizeof *engine->switches);
    for (uint32_t i = 0; i < count && engine->switches != NULL; i++) {
        engine->switches[i] = strdup(options->switches[i]);
        if (engine->switches[i] == NULL)
            return false;
    }
    return engine->program != NULL && engine->switches != NULL;
}

static bool make_fork_mark(struct suan_engine *engine)
{
    long page = sysconf(_SC_PAGESIZE);
    void *place = mmap(NULL, (size_t)page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (place == MAP_FAILED)
        return false;
    engine->alive = place;
    *engine->alive = 1;
    return madvise(place, (size_t)page, MADV_WIPEONFORK) == 0;
}

static int start_reaper(struct suan_engine *engine)
{
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    int cause = pthread_create(&engine->reaper, NULL, reap, engine);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    engine->reaping = cause == 0;
    return cause;
}

static void describe_machine(struct suan_engine *engine)
{
    static const char *const kinds[] = {"none", "v1", "v2"};
    struct utsname name;
    struct suan_isolation_report *report = &engine->report;
    long abi = syscall(444, NULL, 0, 1); /* landlock_create_ruleset: its version */
#if defined(__x86_64__)
    report->arch = "x86_64";
#else
    report->arch = "aarch64";
#endif
    if (uname(&name) == 0)
        snprintf(report->kernel, sizeof report->kernel, "%.63s", name.release);
    report->landlock_abi = abi > 0 ? (int)abi : 0;
    report->cgroup = kinds[engine->site.kind];
    report->worst_case_bytes = DEFAULT_MEMORY + 2 * DEFAULT_ARENA + DEFAULT_ARENA;
}

static void choose_tier(struct suan_engine *engine)
{
    const struct suan_isolation_report *report = &engine->report;
    if (report->level < SUAN_ISOLATION_STRONG) {
        engine->tier = 'D';
        snprintf(engine->tier_why, sizeof engine->tier_why, "isolation is %s only",
                 suan_isolation_level_name(report->level));
    } else if (!report->layers[SUAN_LAYER_CGROUP].verified) {
        engine->tier = 'C';
        snprintf(engine->tier_why, sizeof engine->tier_why, "missing: %s",
                 engine->site.why[0] != '\0' ? engine->site.why : report->layers[SUAN_LAYER_CGROUP].why);
    } else {
        engine->tier = 'B';
        snprintf(engine->tier_why, sizeof engine->tier_why,
                 "missing: hardware counters, energy counters, isolated CPUs");
    }
}

static enum suan_status set_up(struct suan_engine *engine, struct suan_error *error)
{
    engine->bell = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (!make_fork_mark(engine) || engine->bell < 0)
        return suan_error_errno(error, "engine.open", errno, "opening the engine");
    cgroup_find(&engine->site);
    describe_machine(engine);
    int cause = start_reaper(engine);
    if (cause != 0)
        return suan_error_errno(error, "engine.open", cause, "starting the engine's thread");
    struct zygote *first = NULL;
    enum suan_status status = engine_add_zygote(engine, &first, error);
    if (status != SUAN_OK)
        return status;
    status = engine_finish_probe(engine, first, error);
    engine->shared = first;
    return status;
}

enum suan_status suan_engine_open(const struct suan_engine_options *options, struct suan_engine **out_engine,
                                  struct suan_error *error)
{
    pthread_condattr_t monotonic;
    struct suan_engine *engine = calloc(1, sizeof *engine);
    if (engine == NULL)
        return suan_error_set(error, SUAN_E_MEMORY, "memory", NULL, "out of memory");
    engine->bell = -1;
    pthread_mutex_init(&engine->lock, NULL);
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_cond_init(&engine->changed, &monotonic);
    pthread_condattr_destroy(&monotonic);
    enum suan_status status = copy_options(engine, options)
                                  ? set_up(engine, error)
                                  : suan_error_set(error, SUAN_E_MEMORY, "memory", NULL, "out of memory");
    if (status != SUAN_OK) {
        suan_engine_close(engine);
        return status;
    }
    choose_tier(engine);
    *out_engine = engine;
    return SUAN_OK;
}

static void stop_reaper(struct suan_engine *engine)
{
    if (!engine->reaping)
        return;
    pthread_mutex_lock(&engine->lock);
    engine->ending = true;
    pthread_mutex_unlock(&engine->lock);
    engine_ring(engine);
    pthread_join(engine->reaper, NULL);
}

/* In the child of a fork the processes belong to the parent, and the thread is not there. */
static void release(struct suan_engine *engine)
{
    for (char **place = engine->switches; place != NULL && *place != NULL; place++)
        free(*place);
    free(engine->switches);
    free(engine->program);
    if (engine->alive != NULL)
        munmap(engine->alive, (size_t)sysconf(_SC_PAGESIZE));
    if (engine->bell >= 0)
        close(engine->bell);
    free(engine);
}

void suan_engine_close(struct suan_engine *engine)
{
    if (engine == NULL)
        return;
    if (engine->alive == NULL || !engine_is_forked(engine)) {
        engine_remove_zygote(engine, engine->shared);
        stop_reaper(engine);
        pthread_cond_destroy(&engine->changed);
        pthread_mutex_destroy(&engine->lock);
    }
    release(engine);
}

void suan_engine_closep(struct suan_engine **engine)
{
    suan_engine_close(*engine);
}

const struct suan_isolation_report *suan_engine_report(const struct suan_engine *engine)
{
    return &engine->report;
}

char suan_engine_tier(const struct suan_engine *engine, const char **out_why)
{
    if (out_why != NULL)
        *out_why = engine->tier_why;
    return engine->tier;
}
