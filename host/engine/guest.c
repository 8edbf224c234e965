/* A guest's life: options, workers that come and go, logs and deaths. */
#include "guest.h"

#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "guest_state.h"
#include "package/needed.h"

#define DEFAULT_ARENA (UINT64_C(256) << 20)
#define DEFAULT_MEMORY (UINT64_C(1) << 30)
enum { TASK_ID_MAX = 99, NAME_MAX_BYTES = 79, BAD_ENDS = 3, RETIRE_CALLS = 1000000 };

/* --- options ------------------------------------------------------------------------------------------ */

static enum suan_status usage(struct suan_error *error, const char *message)
{
    return suan_error_set(error, SUAN_E_USAGE, "guest.options", NULL, "%s", message);
}

static enum suan_status check_options(const struct suan_guest_options *options, struct suan_error *error)
{
    if (options->plugin.size == 0 || options->plugin.size > (size_t)1 << 30)
        return usage(error, "the plugin is empty or larger than 1 GiB");
    if (options->task == NULL || strlen(options->task) > TASK_ID_MAX)
        return usage(error, "no task, or too long an id");
    if ((options->id != NULL && strlen(options->id) > NAME_MAX_BYTES) ||
        (options->version != NULL && strlen(options->version) > NAME_MAX_BYTES))
        return usage(error, "the plugin's id or version is too long");
    if (options->n_libraries > SUAN_GUEST_LIBRARIES_MAX)
        return usage(error, "too many libraries");
    for (uint32_t i = 0; i < options->n_libraries; i++) {
        if (strlen(options->libraries[i]) >= SUAN_CONTROL_SONAME)
            return usage(error, "a library's name is too long");
    }
    for (uint32_t i = 0; i < options->n_cpus; i++) {
        if (options->n_cpus > SUAN_GUEST_CPUS_MAX || options->cpus[i] >= SUAN_GUEST_CPUS_MAX)
            return usage(error, "a CPU number is out of range");
    }
    if (options->workers > SUAN_SERVICES_WORKERS_MAX)
        return usage(error, "too many workers");
    if (options->spares > SUAN_GUEST_SPARES_MAX)
        return usage(error, "at most 4 spares are kept");
    if (options->deadline_ms > SUAN_GUEST_DEADLINE_MAX_MS)
        return usage(error, "a deadline is at most 24 hours");
    return SUAN_OK;
}

static char *copy_text(const char *text, bool *complete)
{
    char *copy = text == NULL ? NULL : strdup(text);
    *complete &= text == NULL || copy != NULL;
    return copy;
}

static bool copy_lists(struct suan_guest *guest, const struct suan_guest_options *options)
{
    bool complete = true;
    guest->libraries = calloc(SUAN_CONTROL_LIBRARIES, sizeof *guest->libraries);
    guest->cpus = calloc(options->n_cpus + 1, sizeof *guest->cpus);
    if (guest->libraries == NULL || guest->cpus == NULL)
        return false;
    for (uint32_t i = 0; i < options->n_libraries; i++)
        guest->libraries[guest->n_libraries++] = copy_text(options->libraries[i], &complete);
    for (uint32_t i = 0; i < options->n_cpus; i++)
        guest->cpus[guest->n_cpus++] = options->cpus[i];
    guest->task = copy_text(options->task, &complete);
    guest->id = copy_text(options->id, &complete);
    guest->version = copy_text(options->version, &complete);
    return complete;
}

static bool is_listed(const struct suan_guest *guest, const char *soname)
{
    for (uint32_t i = 0; i < guest->n_libraries; i++) {
        if (strcmp(guest->libraries[i], soname) == 0)
            return true;
    }
    return false;
}

/* What the plugin's dynamic section names is loaded before the worker is sealed, beside what the caller asks
 * for. */
static enum suan_status add_needed(struct suan_guest *guest, struct suan_span plugin,
                                   struct suan_error *error)
{
    const char *names[SUAN_NEEDED_MAX];
    uint32_t count = 0;
    bool complete = true;
    enum suan_status status = suan_plugin_needed(plugin, names, &count, error);
    for (uint32_t i = 0; status == SUAN_OK && i < count; i++) {
        if (is_listed(guest, names[i]))
            continue;
        if (guest->n_libraries == SUAN_CONTROL_LIBRARIES || strlen(names[i]) >= SUAN_CONTROL_SONAME)
            return usage(error, "the plugin needs too many libraries");
        guest->libraries[guest->n_libraries++] = copy_text(names[i], &complete);
        if (!complete)
            return suan_error_set(error, SUAN_E_MEMORY, "memory", NULL, "out of memory");
    }
    return status;
}

static bool copy_options(struct suan_guest *guest, const struct suan_guest_options *options)
{
    guest->role = options->role;
    guest->home = options->home;
    guest->require = options->require == SUAN_ISOLATION_NONE ? SUAN_ISOLATION_STRONG : options->require;
    guest->group = options->group;
    guest->spares_wanted = options->spares;
    guest->bad_ends_max = options->bad_ends == 0 ? BAD_ENDS : options->bad_ends;
    guest->retire_calls = options->retire_calls == 0 ? RETIRE_CALLS : options->retire_calls;
    guest->isa = options->isa;
    guest->flags = options->flags;
    guest->cpu_needed = options->cpu_needed;
    guest->workers = options->workers == 0 ? 1 : options->workers;
    guest->own_threads = (options->flags & SUAN_FLAG_OWN_THREADS) != 0 ? guest->workers : 0;
    guest->memory_bytes = options->memory_bytes == 0 ? DEFAULT_MEMORY : options->memory_bytes;
    guest->deadline_ms = options->deadline_ms == 0 ? SUAN_GUEST_DEADLINE_MS : options->deadline_ms;
    guest->seed = options->seed;
    guest->dynamic_outputs = options->dynamic_outputs;
    guest->plugin_bytes = options->plugin.size;
    suan_machine_read(&guest->machine);
    return copy_lists(guest, options);
}

/* --- logs and deaths ---------------------------------------------------------------------------------- */

void guest_keep_log(struct suan_guest *guest, const char *text)
{
    uint64_t second = suan_clock_monotonic_ns() / 1000000000;
    pthread_mutex_lock(&guest->log_lock);
    if (second != guest->log_second) {
        guest->log_second = second;
        guest->log_second_count = 0;
    }
    if (guest->log_second_count++ < LOG_PER_SECOND)
        snprintf(guest->log[guest->log_count++ % LOG_LINES], sizeof guest->log[0], "%s", text);
    pthread_mutex_unlock(&guest->log_lock);
}

/* The worker's ring holds 16 lines; what it has overwritten since is skipped. */
static void collect_log(struct suan_guest *guest)
{
    char text[SUAN_MAX_LOG_BYTES + 1];
    uint32_t level;
    while (suan_wire_take_log(guest->region.reply, guest->log_seen, &level, text)) {
        guest->log_seen++;
        guest_keep_log(guest, text);
    }
    uint32_t newest = guest->region.reply->log[guest->log_seen % LOG_LINES].seq;
    bool overrun = newest > guest->log_seen + 1 && newest - guest->log_seen < UINT32_MAX / 2 &&
                   newest % LOG_LINES == (guest->log_seen + 1) % LOG_LINES;
    if (overrun)
        guest->log_seen = newest - 1;
}

static const char *stage_name(uint16_t op)
{
    static const char *const names[] = {"start", "load",    "create", "prepare",  "infer", "workspace",
                                        "run",   "destroy", "plan",   "generate", "check"};
    return op < sizeof names / sizeof names[0] ? names[op] : "start";
}

static void record_death(struct suan_guest *guest, enum suan_status status, uint16_t op)
{
    const struct resident *resident = guest->resident;
    struct suan_guest_death *death = &guest->death;
    const char *line = suan_guest_log(guest, 0);
    death->status = status;
    death->signal = death->exit_status = 0;
    if (resident->detailed && resident->exit_code == CLD_EXITED)
        death->exit_status = resident->exit_status;
    else if (resident->detailed)
        death->signal = resident->exit_status;
    snprintf(death->stage, sizeof death->stage, "%s", stage_name(op));
    snprintf(death->log, sizeof death->log, "%s", line == NULL ? "" : line);
    death->count++;
    if (status != (enum suan_status)SUAN_E_CANCELLED)
        wear_note_end(guest);
}

/* Adds where it happened, and the plugin's last words. */
static void decorate(const struct suan_guest *guest, struct suan_error *error)
{
    if (error == NULL)
        return;
    size_t used = strlen(error->message);
    snprintf(error->message + used, sizeof error->message - used, " (during %s)%s%s", guest->death.stage,
             guest->death.log[0] == '\0' ? "" : "; it last said: ", guest->death.log);
}

const struct suan_guest_death *suan_guest_death(const struct suan_guest *guest)
{
    return &guest->death;
}

const char *suan_guest_log(const struct suan_guest *guest, uint32_t index)
{
    if (index >= LOG_LINES || index >= guest->log_count)
        return NULL;
    return guest->log[(guest->log_count - 1 - index) % LOG_LINES];
}

/* --- requests ----------------------------------------------------------------------------------------- */

void guest_drop_worker(struct suan_guest *guest)
{
    if (guest->resident == NULL)
        return;
    resident_end(guest->resident);
    guest->resident = NULL;
    guest->frozen = false;
    guest->is_staged = false;
}

enum suan_status guest_plugin_failed(int32_t status, const char *text, const char *stage,
                                     struct suan_error *error)
{
    bool known = status < 0 && (status >= -63 || status == SUAN_E_WORKER_LOAD);
    int reported = known ? status : SUAN_E_INTERNAL;
    return suan_error_set(error, reported, status == SUAN_E_WORKER_LOAD ? "worker.load" : "plugin.failed",
                          NULL, "%s: %s", stage, text[0] != '\0' ? text : suan_status_name(reported));
}

/* The host and a worker on one CPU must not spin: each would only keep the other from running. Looked at
   whenever the worker has moved, and now and then, as this thread may have. */
static void choose_spin(struct suan_guest *guest, uint32_t cpu_hint)
{
    enum { LOOK_EVERY = 256 };
    struct suan_wire_request *request = guest->region.request;
    if (cpu_hint == guest->cpu_hint && ++guest->calls_since_look < LOOK_EVERY)
        return;
    guest->cpu_hint = cpu_hint;
    guest->calls_since_look = 0;
    int cpu = sched_getcpu();
    bool shared = guest->machine.online_cpus < 2 || (cpu >= 0 && cpu_hint == (uint32_t)cpu + 1);
    uint32_t spin_ns = shared ? 0 : RESIDENT_SPIN_NS;
    if (request->spin_ns != spin_ns)
        request->spin_ns = spin_ns;
}

enum suan_status guest_request(struct suan_guest *guest, uint16_t op, uint16_t n_out, uint64_t deadline_ms,
                               struct suan_wire_answer *answer, struct suan_error *error)
{
    uint64_t limit_ms = deadline_ms == 0 ? guest->deadline_ms : deadline_ms;
    if (limit_ms > SUAN_GUEST_DEADLINE_MAX_MS)
        limit_ms = SUAN_GUEST_DEADLINE_MAX_MS;
    uint64_t limit_ns = limit_ms * 1000000;
    if (op == SUAN_WIRE_LOAD && limit_ns > RESIDENT_START_NS)
        limit_ns = RESIDENT_START_NS;
    const uint64_t now_ns = suan_clock_monotonic_ns();
    const struct resident_call call = {.op = op,
                                       .n_out = n_out,
                                       .dynamic = op == SUAN_WIRE_RUN ? guest->dynamic_outputs : 0,
                                       .began_ns = now_ns,
                                       .deadline_ns = now_ns + limit_ns,
                                       .cancel = &guest->cancel,
                                       .running = &guest->running};
    atomic_store_explicit(&guest->cancel, 0, memory_order_relaxed);
    enum suan_status status = resident_request(guest->resident, &call, answer, error);
    if (guest->region.reply->log[guest->log_seen % LOG_LINES].seq != 0)
        collect_log(guest);
    if (status == SUAN_OK) {
        choose_spin(guest, answer->cpu_hint);
        if (answer->status == SUAN_OK)
            return SUAN_OK;
        return guest_plugin_failed(answer->status, answer->error, stage_name(op), error);
    }
    if (atomic_load(&guest->resident->dead) != 0 || guest->resident->reason != RESIDENT_RUNNING) {
        resident_await_death(guest->resident);
        record_death(guest, status, op);
        decorate(guest, error);
        guest_drop_worker(guest);
    }
    return status;
}

/* --- making workers ----------------------------------------------------------------------------------- */

static enum suan_status refuse_level(const struct suan_guest *guest,
                                     const struct suan_isolation_report *report, struct suan_error *error)
{
    char missing[256] = "";
    size_t used = 0;
    int cause = 0;
    for (int i = 0; i < SUAN_ISOLATION_LAYERS && used < sizeof missing; i++) {
        const struct suan_isolation_layer *layer = &report->layers[i];
        if (layer->verified || i == SUAN_LAYER_CGROUP || i == SUAN_LAYER_MDWE || i == SUAN_LAYER_NS_USER)
            continue;
        cause = cause == 0 ? layer->errno_value : cause;
        used += (size_t)snprintf(missing + used, sizeof missing - used, "%s%s: %s (errno %d)",
                                 used == 0 ? "" : ", ", layer->name, layer->why, layer->errno_value);
    }
    return suan_error_set(error, SUAN_E_ISOLATION, "isolation.level", "see 'suan isolation'",
                          "isolation %s is required, %s is reached; not verified: %s",
                          suan_isolation_level_name(guest->require), suan_isolation_level_name(report->level),
                          missing);
}

static enum suan_status request_load(struct suan_guest *guest, struct suan_error *error)
{
    struct suan_wire_answer answer;
    struct suan_wire_load *place = &guest->region.request->extra.load;
    memset(&guest->region.request->extra, 0, sizeof guest->region.request->extra);
    place->kind = guest->role == SUAN_GUEST_ALGORITHM ? SUAN_KIND_ALGORITHM : SUAN_KIND_TASK;
    place->isa = guest->isa;
    place->flags = guest->flags;
    place->cpu_needed = guest->cpu_needed;
    snprintf(place->id, sizeof place->id, "%s", guest->id == NULL ? "" : guest->id);
    snprintf(place->version, sizeof place->version, "%s", guest->version == NULL ? "" : guest->version);
    enum suan_status status = guest_request(guest, SUAN_WIRE_LOAD, 0, 0, &answer, error);
    if (status != SUAN_OK || place->kind != SUAN_KIND_TASK)
        return status;
    memcpy(&guest->task_copy, guest->region.output.base, sizeof guest->task_copy);
    __asm__ volatile("" : : : "memory");
    return guest_adopt_task(guest, error);
}

static enum suan_status request_create(struct suan_guest *guest, struct suan_error *error)
{
    struct suan_wire_answer answer;
    struct suan_wire_request *request = guest->region.request;
    memset(&request->extra, 0, sizeof request->extra);
    request->extra.create =
        (struct suan_wire_create){.isa = guest->isa == 0 ? guest->machine.isa : guest->isa,
                                  .workers = guest->workers,
                                  .cpu_features = guest->machine.cpu_features,
                                  .memory_bytes = guest->memory_bytes,
                                  .seed = guest->seed};
    snprintf(request->extra.create.task, sizeof request->extra.create.task, "%s", guest->task);
    request->flags = guest->role == SUAN_GUEST_INCUMBENT ? SUAN_WIRE_INCUMBENT
                     : guest->role == SUAN_GUEST_TASK    ? SUAN_WIRE_TASK
                                                         : 0;
    enum suan_status status = guest_request(guest, SUAN_WIRE_CREATE, 0, 0, &answer, error);
    request->flags = 0;
    return status;
}

static enum suan_status check_loaded_threads(struct suan_guest *guest, struct suan_error *error)
{
    if (verify_threads(guest->resident->pid) <= guest->resident->threads_allowed)
        return SUAN_OK;
    resident_kill(guest->resident, RESIDENT_KILLED_THREADS);
    return suan_error_set(error, SUAN_E_WORKER_VIOLATION, "worker.threads",
                          "a plugin that makes threads must declare OWN_THREADS",
                          "the plugin started a thread while it was loaded");
}

/* A zygote that died has been killed by somebody: the next worker gets a new one. */
static enum suan_status find_zygote(struct suan_guest *guest, struct zygote **out, struct suan_error *error)
{
    struct suan_engine *engine = guest->engine;
    struct zygote **place = guest->own_zygote != NULL ? &guest->own_zygote : &engine->shared;
    pthread_mutex_lock(&engine->lock);
    bool gone = *place == NULL || (*place)->gone;
    pthread_mutex_unlock(&engine->lock);
    if (gone && guest->own_zygote == NULL)
        return suan_error_set(error, SUAN_E_IO, "engine.worker", "open the engine again",
                              "the engine's zygote has ended");
    if (gone) {
        struct zygote *fresh = NULL;
        enum suan_status status = engine_add_zygote(engine, &fresh, error);
        if (status != SUAN_OK)
            return status;
        engine_remove_zygote(engine, guest->own_zygote);
        guest->own_zygote = fresh;
    }
    *out = *place;
    return SUAN_OK;
}

static enum suan_status settle_in(struct suan_guest *guest, struct suan_error *error)
{
    const struct suan_isolation_report *report = &guest->resident->report;
    guest->level = report->level;
    bool open_worker =
        guest->engine->switches[0] != NULL; /* suan-worker accepts no switches, so this is not it */
    bool unchecked = guest->require == SUAN_ISOLATION_UNCHECKED && open_worker;
    if (!unchecked && (report->level < guest->require || report->level < SUAN_ISOLATION_REDUCED))
        return refuse_level(guest, report, error);
    enum suan_status status = request_load(guest, error);
    if (status == SUAN_OK)
        status = check_loaded_threads(guest, error);
    if (status == SUAN_OK)
        status = request_create(guest, error);
    return status == SUAN_OK ? calling_prepare_again(guest, error) : status;
}

enum suan_status guest_make_worker(struct suan_guest *guest, struct suan_error *error)
{
    struct zygote *zygote = NULL;
    enum suan_status status = find_zygote(guest, &zygote, error);
    if (status != SUAN_OK)
        return status;
    const struct resident_plan plan = {.plugin = guest->plugin,
                                       .plugin_bytes = guest->plugin_bytes,
                                       .memory_bytes = guest->memory_bytes,
                                       .threads = guest->workers,
                                       .own_threads = guest->own_threads,
                                       .libraries = (const char *const *)guest->libraries,
                                       .n_libraries = guest->n_libraries,
                                       .cpus = guest->cpus,
                                       .n_cpus = guest->n_cpus,
                                       .grouped = guest->group == SUAN_GUEST_GROUPED,
                                       .spin_ns = guest->machine.online_cpus < 2 ? 0 : RESIDENT_SPIN_NS};
    guest->log_seen = 0;
    guest->is_written = false;
    status = resident_order(guest->engine, zygote, &guest->region, &plan, &guest->resident, error);
    if (status == SUAN_OK)
        status = engine_finish_probe(guest->engine, zygote, error); /* while this worker seals itself */
    if (status == SUAN_OK)
        status = resident_verify(guest->resident, &plan, error);
    if (status == SUAN_OK)
        status = settle_in(guest, error);
    if (status != SUAN_OK)
        guest_drop_worker(guest);
    return status;
}

enum suan_status guest_ready(struct suan_guest *guest, struct suan_error *error)
{
    if (engine_is_forked(guest->engine))
        return suan_error_set(error, SUAN_E_FORKED, "guest.forked", "open the engine again in the child",
                              "this guest belongs to the parent of a fork");
    if (guest->home == SUAN_GUEST_INPROCESS)
        return SUAN_OK;
    if (guest->frozen)
        return suan_error_set(error, SUAN_E_STATE, "guest.frozen", "thaw it first", "the worker is frozen");
    if (guest->resident != NULL && atomic_load(&guest->resident->dead) != 0) { /* it died between calls */
        resident_await_death(guest->resident);
        record_death(guest, SUAN_E_WORKER_CRASHED, 0);
        guest_drop_worker(guest);
    }
    if (guest->resident != NULL)
        return SUAN_OK;
    enum suan_status status = wear_check(guest, error);
    if (status != SUAN_OK || spare_take_over(guest))
        return status;
    return guest_make_worker(guest, error);
}

/* --- the task's description --------------------------------------------------------------------------- */

static void adopt_ports(const struct suan_wire_port *said, uint32_t count, struct suan_port *out)
{
    for (uint32_t i = 0; i < count; i++)
        out[i] = (struct suan_port){said[i].name, said[i].dtypes, said[i].rank, said[i].flags};
}

enum suan_status guest_adopt_task(struct suan_guest *guest, struct suan_error *error)
{
    const struct suan_wire_task *said = &guest->task_copy;
    const char *field = suan_wire_check_task(said);
    if (field != NULL) {
        guest->info.struct_size = 0;
        return suan_error_set(error, SUAN_E_WORKER_LOAD, "plugin.task", NULL,
                              "the task's description is invalid: %s", field);
    }
    adopt_ports(said->in, said->n_in, guest->ports_in);
    adopt_ports(said->out, said->n_out, guest->ports_out);
    guest->info = (struct suan_task_info){.struct_size = sizeof guest->info,
                                          .n_in = said->n_in,
                                          .n_out = said->n_out,
                                          .n_prepared = said->n_prepared,
                                          .in = guest->ports_in,
                                          .out = guest->ports_out,
                                          .size_min = said->size_min,
                                          .size_max = said->size_max,
                                          .size_port = said->size_port,
                                          .size_dim = said->size_dim,
                                          .n_weights = said->n_weights,
                                          .cache_mode = said->cache_mode,
                                          .weights_ppm = said->weights_ppm,
                                          .unit_jobs = said->unit_jobs,
                                          .jobs_per_load = said->jobs_per_load,
                                          .error_k_ppm = said->error_k_ppm,
                                          .error_floor = said->error_floor,
                                          .error_name = said->error_name,
                                          .error_unit = said->error_unit};
    return SUAN_OK;
}

/* --- open and close ----------------------------------------------------------------------------------- */

static enum suan_status open_sealed(struct suan_guest *guest, const struct suan_guest_options *options,
                                    struct suan_error *error)
{
    uint64_t input = options->input_bytes == 0 ? DEFAULT_ARENA : options->input_bytes;
    uint64_t output = options->output_bytes == 0 ? DEFAULT_ARENA : options->output_bytes;
    output = output < sizeof(struct suan_wire_task) ? sizeof(struct suan_wire_task) : output;
    enum suan_status status = region_open(&guest->region, input, output, error);
    if (status == SUAN_OK && options->zygote == SUAN_GUEST_ZYGOTE_FRESH)
        status = engine_add_zygote(guest->engine, &guest->own_zygote, error);
    return status == SUAN_OK ? suan_guest_refill(guest, error) : status;
}

enum suan_status suan_guest_open(struct suan_engine *engine, const struct suan_guest_options *options,
                                 struct suan_guest **out_guest, struct suan_error *error)
{
    enum suan_status status = check_options(options, error);
    if (status != SUAN_OK)
        return status;
    SUAN_CLEANUP(suan_guest_closep) struct suan_guest *guest = calloc(1, sizeof *guest);
    if (guest == NULL)
        return suan_error_set(error, SUAN_E_MEMORY, "memory", NULL, "out of memory");
    guest->engine = engine;
    guest->plugin = -1;
    pthread_mutex_init(&guest->log_lock, NULL);
    if (!copy_options(guest, options))
        return suan_error_set(error, SUAN_E_MEMORY, "memory", NULL, "out of memory");
    if (engine_is_forked(engine))
        return guest_ready(guest, error);
    status = add_needed(guest, options->plugin, error);
    if (status == SUAN_OK)
        status = region_seal_bytes(options->plugin, &guest->plugin, error);
    if (status == SUAN_OK)
        status = guest->home == SUAN_GUEST_INPROCESS ? inprocess_open(guest, error)
                                                     : open_sealed(guest, options, error);
    if (status == SUAN_OK)
        *out_guest = suan_take(&guest);
    return status;
}

static void free_texts(struct suan_guest *guest)
{
    for (uint32_t i = 0; i < guest->n_libraries; i++)
        free(guest->libraries[i]);
    free(guest->libraries);
    free(guest->cpus);
    free(guest->task);
    free(guest->id);
    free(guest->version);
}

void suan_guest_close(struct suan_guest *guest)
{
    if (guest == NULL)
        return;
    bool forked = engine_is_forked(guest->engine);
    if (!forked) {
        guest_drop_worker(guest);
        spare_drop_all(guest);
        engine_remove_zygote(guest->engine, guest->own_zygote);
        inprocess_close(guest);
        if (guest->region.request != NULL)
            region_done(&guest->region);
        /* What was loaded in process keeps its file open: another plugin under the same number would be taken
         * for it. */
        if (guest->plugin >= 0 && guest->loaded == NULL)
            close(guest->plugin);
    }
    pthread_mutex_destroy(&guest->log_lock);
    free_texts(guest);
    free(guest);
}

void suan_guest_closep(struct suan_guest **guest)
{
    suan_guest_close(*guest);
}

enum suan_isolation_level suan_guest_level(const struct suan_guest *guest)
{
    return guest->home == SUAN_GUEST_INPROCESS ? SUAN_ISOLATION_INPROCESS : guest->level;
}

void suan_guest_cancel(struct suan_guest *guest)
{
    if (atomic_load(&guest->running) == 0)
        return;
    atomic_store(&guest->cancel, 1);
    if (guest->home == SUAN_GUEST_SEALED)
        suan_wire_wake(&guest->region.reply->head.rep_seq);
}
