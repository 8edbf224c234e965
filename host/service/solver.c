/* suan_load, suan_call, suan_receipt: one release at work, metered. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "align.h"
#include "base/cleanup.h"
#include "base/file.h"
#include "bench/fingerprint.h"
#include "library.h"
#include "shadow.h"
#include "trust/dsse.h"

struct suan_solver {
    struct suan_library *library;
    struct library_choice choice;
    struct service_plugin plugin, task, baseline;
    enum { SOLVER_AGAINST_INCUMBENT, SOLVER_AGAINST_BASELINE, SOLVER_WITHOUT_SHADOWS } shadows;
    struct suan_guest *guest;
    struct suan_found found;
    uint32_t n_in, n_out, n_prepared, size_port, size_dim, dynamic_outputs;
    enum suan_guest_home home;
    struct align *align;   /* in process only */
    struct meter *meter;   /* NULL: nothing attested to meter by */
    struct shadow *shadow; /* NULL: no shadow runs */
};

/* --- loading ------------------------------------------------------------------------------------------ */

/* What the contract says, read from the task's own plugin in a worker of its own. */
static enum suan_status read_contract(struct suan_solver *solver, struct suan_error *error)
{
    SUAN_CLEANUP(suan_guest_closep) struct suan_guest *guest = NULL;
    struct suan_guest_options options;
    service_plugin_options(&solver->task, solver->found.task, SUAN_GUEST_TASK, &options);
    enum suan_status status = suan_guest_open(solver->library->engine, &options, &guest, error);
    if (status != SUAN_OK)
        return status;
    const struct suan_task_info *info = suan_guest_task_info(guest);
    solver->n_in = info->n_in;
    solver->n_out = info->n_out;
    solver->n_prepared = info->n_prepared;
    solver->size_port = info->size_port;
    solver->size_dim = info->size_dim;
    solver->dynamic_outputs = service_dynamic_outputs(info);
    return SUAN_OK;
}

/* What shadows are compared with, if the release was measured against another than the incumbent. That this
   machine cannot run it is no reason not to load: then there are no shadows. */
static enum suan_status load_baseline(struct suan_solver *solver, struct suan_txn *txn,
                                      struct suan_error *error)
{
    static const struct suan_digest nothing;
    struct suan_release baseline;
    if (suan_digest_equal(&solver->choice.baseline, &nothing))
        return SUAN_OK;
    enum suan_status status = suan_release_by_digest(txn, &solver->choice.baseline, &baseline, NULL);
    if (status == SUAN_OK)
        status = service_plugin_load(suan_registry_store(solver->library->registry), &baseline, NULL,
                                     &solver->baseline, NULL);
    solver->shadows = status == SUAN_OK ? SOLVER_AGAINST_BASELINE : SOLVER_WITHOUT_SHADOWS;
    return status == SUAN_E_MEMORY ? suan_error_set(error, status, "memory", NULL, "out of memory") : SUAN_OK;
}

static enum suan_status choose_in(struct suan_solver *solver, struct suan_txn *txn, const char *what,
                                  struct suan_error *error)
{
    struct suan_store *store = suan_registry_store(solver->library->registry);
    enum suan_status status = library_choose(solver->library, txn, what, &solver->choice, error);
    if (status == SUAN_OK)
        status = service_plugin_load(store, &solver->choice.release, NULL, &solver->plugin, error);
    if (status != SUAN_OK)
        return status;
    const char *task = suan_package_is_task(suan_span_text(what)) ? what : solver->choice.release.tasks[0];
    solver->found.struct_size = sizeof solver->found;
    library_describe(&solver->choice, task, solver->plugin.variant_id, &solver->found);
    status = service_task_load(store, txn, suan_span_text(task), &solver->task, error);
    return status != SUAN_OK ? status : load_baseline(solver, txn, error);
}

static enum suan_status choose(struct suan_solver *solver, const char *what, struct suan_error *error)
{
    struct suan_txn *txn = NULL;
    enum suan_status status = library_begin(solver->library, &txn, error);
    if (status != SUAN_OK)
        return status;
    status = choose_in(solver, txn, what, error);
    library_end(solver->library, txn);
    return status;
}

static enum suan_status check_in_process(const struct suan_solver *solver, struct suan_error *error)
{
    const struct suan_library *library = solver->library;
    if ((library->flags & SUAN_OPEN_INPROCESS) == 0)
        return suan_error_set(error, SUAN_E_PERMISSION, "inprocess.flag", "open with SUAN_OPEN_INPROCESS",
                              "in-process loading was not asked for when the library was opened");
    if (library->trust->in_process != SUAN_TRUST_IN_PROCESS_VETTED)
        return suan_error_set(error, SUAN_E_PERMISSION, "inprocess.trust", "let it run in a worker",
                              "the trust file never allows plugins in process");
    if (solver->choice.standing != LIBRARY_VETTED)
        return suan_error_set(error, SUAN_E_PERMISSION, "inprocess.unvetted", "let it run in a worker",
                              "%s@%s is signed by %d bodies of the trust file; in process needs %zu",
                              solver->choice.release.name, solver->choice.release.version,
                              (int)solver->choice.signatures, library->trust->k);
    return SUAN_OK;
}

static enum suan_status check_level(const struct suan_solver *solver, int32_t level, struct suan_error *error)
{
    if (level == SUAN_LEVEL_INPROCESS)
        return check_in_process(solver, error);
    if (level < SUAN_LEVEL_INPROCESS || level > SUAN_LEVEL_FULL)
        return suan_error_set(error, SUAN_E_USAGE, "level", NULL, "no isolation level %d", (int)level);
    if (level == SUAN_LEVEL_REDUCED && (solver->library->flags & SUAN_ALLOW_REDUCED) == 0)
        return suan_error_set(error, SUAN_E_ISOLATION, "level.reduced", "open with SUAN_ALLOW_REDUCED",
                              "workers below STRONG were not allowed when the library was opened");
    return SUAN_OK;
}

static enum suan_status open_guest(struct suan_solver *solver, const struct suan_load_options *load,
                                   struct suan_error *error)
{
    struct suan_guest_options options;
    service_plugin_options(&solver->plugin, solver->found.task, SUAN_GUEST_ALGORITHM, &options);
    solver->home = load->level == SUAN_LEVEL_INPROCESS ? SUAN_GUEST_INPROCESS : SUAN_GUEST_SEALED;
    options.home = solver->home;
    options.require = load->level > 0 ? (enum suan_isolation_level)load->level : SUAN_ISOLATION_NONE;
    options.workers = load->workers;
    options.input_bytes = load->input_bytes;
    options.output_bytes = load->output_bytes;
    options.memory_bytes = load->memory_bytes;
    options.deadline_ms = load->deadline_ms;
    options.seed = load->seed;
    options.dynamic_outputs = solver->dynamic_outputs;
    return suan_guest_open(solver->library->engine, &options, &solver->guest, error);
}

static enum suan_status prepare(struct suan_solver *solver, const struct suan_load_options *load,
                                struct suan_error *error)
{
    if (solver->home == SUAN_GUEST_INPROCESS) {
        uint32_t given = load->prepared != NULL && load->n_prepared <= SUAN_MAX_PORTS ? load->n_prepared : 0;
        enum suan_status opened = align_open(load->prepared, given, &solver->align, error);
        if (opened != SUAN_OK)
            return opened;
    }
    if (load->n_prepared == 0 && solver->n_prepared == 0)
        return SUAN_OK;
    if (load->n_prepared != solver->n_prepared || load->prepared == NULL || load->n_prepared > SUAN_MAX_PORTS)
        return suan_error_set(error, SUAN_E_SHAPE, "load.prepared", "give them in suan_load_options.prepared",
                              "task %s has %u prepared inputs, %u were given", solver->found.task,
                              solver->n_prepared, load->n_prepared);
    if (solver->align == NULL)
        return suan_guest_prepare(solver->guest, load->prepared, load->n_prepared, error);
    struct suan_tensor aligned[SUAN_MAX_PORTS];
    enum suan_status status = align_inputs(solver->align, load->prepared, load->n_prepared, aligned, error);
    return status != SUAN_OK ? status : suan_guest_prepare(solver->guest, aligned, load->n_prepared, error);
}

/* --- metering ----------------------------------------------------------------------------------------- */

/* A worker's clock, or in process that of the calling thread. */
static enum suan_status read_cpu(void *context, struct meter_reading *out, struct suan_error *error)
{
    const struct suan_solver *solver = context;
    struct timespec now;
    if (solver->home == SUAN_GUEST_SEALED) {
        out->source = suan_guest_death(solver->guest)->count;
        return suan_guest_cpu_ns(solver->guest, &out->cpu_ns, error);
    }
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    out->source = (uint64_t)(uintptr_t)pthread_self();
    out->cpu_ns = (uint64_t)now.tv_sec * UINT64_C(1000000000) + (uint64_t)now.tv_nsec;
    return SUAN_OK;
}

static enum suan_status open_shadow(struct suan_solver *solver, const struct suan_load_options *load,
                                    struct suan_error *error)
{
    bool against_baseline = solver->shadows == SOLVER_AGAINST_BASELINE;
    struct shadow_subject shadow = {.engine = solver->library->engine,
                                    .plugin = &solver->plugin,
                                    .task = &solver->task,
                                    .baseline = against_baseline ? &solver->baseline : NULL,
                                    .task_id = solver->found.task,
                                    .dynamic_outputs = solver->dynamic_outputs,
                                    .n_out = solver->n_out,
                                    .n_prepared = solver->n_prepared,
                                    .size_port = solver->size_port,
                                    .size_dim = solver->size_dim,
                                    .prepared = load->prepared,
                                    .memory_bytes = load->memory_bytes,
                                    .seed = load->seed,
                                    .meter = solver->meter};
    return solver->shadows == SOLVER_WITHOUT_SHADOWS ? SUAN_OK : shadow_open(&shadow, &solver->shadow, error);
}

static enum suan_status begin_metering(struct suan_solver *solver, const struct suan_load_options *load,
                                       struct suan_error *error)
{
    struct meter_subject subject = {.id = solver->choice.release.name,
                                    .version = solver->choice.release.version,
                                    .task = solver->found.task,
                                    .level = suan_solver_level(solver),
                                    .home = solver->home == SUAN_GUEST_SEALED ? JOURNAL_SEALED
                                                                              : JOURNAL_INPROCESS,
                                    .tar = solver->choice.release.tar,
                                    .measurement = solver->choice.measurement,
                                    .basis = &solver->choice.basis};
    struct meter_clock clock = {read_cpu, solver};
    if (solver->choice.standing != LIBRARY_VETTED || solver->choice.basis.count == 0)
        return SUAN_OK;
    enum suan_status status = meter_open(solver->library->journal, &subject, &clock, &solver->meter, error);
    return status != SUAN_OK ? status : open_shadow(solver, load, error);
}

static void unloadp(struct suan_solver **solver)
{
    suan_unload(*solver);
}

static enum suan_status load_parts(struct suan_solver *solver, const char *what,
                                   const struct suan_load_options *load, struct suan_error *error)
{
    enum suan_status status = choose(solver, what, error);
    if (status == SUAN_OK)
        status = check_level(solver, load->level, error);
    if (status == SUAN_OK)
        status = read_contract(solver, error);
    if (status == SUAN_OK)
        status = open_guest(solver, load, error);
    if (status == SUAN_OK)
        status = prepare(solver, load, error);
    return status != SUAN_OK ? status : begin_metering(solver, load, error);
}

int32_t suan_load(struct suan_library *library, const char *what, const struct suan_load_options *given,
                  struct suan_solver **out_solver, struct suan_error *error)
{
    SUAN_CLEANUP(unloadp) struct suan_solver *solver = calloc(1, sizeof *solver);
    struct suan_load_options load = SUAN_LOAD_OPTIONS_INIT;
    if (solver == NULL)
        return suan_error_set(error, SUAN_E_MEMORY, "memory", NULL, "out of memory");
    if (given != NULL)
        memcpy(&load, given, given->struct_size < sizeof load ? given->struct_size : sizeof load);
    struct suan_error cause = {0};
    solver->library = library;
    enum suan_status status = load_parts(solver, what, &load, &cause);
    if (status == SUAN_OK)
        *out_solver = suan_take(&solver);
    return library_answer(status, &cause, error);
}

void suan_unload(struct suan_solver *solver)
{
    if (solver == NULL)
        return;
    shadow_close(solver->shadow);
    meter_close(solver->meter);
    suan_guest_close(solver->guest);
    align_close(solver->align);
    service_plugin_done(&solver->plugin);
    service_plugin_done(&solver->task);
    service_plugin_done(&solver->baseline);
    free(solver);
}

const struct suan_found *suan_solver_release(const struct suan_solver *solver)
{
    return &solver->found;
}

const char *suan_solver_level(const struct suan_solver *solver)
{
    return suan_isolation_level_name(suan_guest_level(solver->guest));
}

/* --- calling ------------------------------------------------------------------------------------------ */

static enum suan_status refuse_count(const struct suan_solver *solver, uint32_t n_in, uint32_t n_out,
                                     struct suan_error *error)
{
    return suan_error_set(error, SUAN_E_SHAPE, "call.tensors", "see suan_contract_info",
                          "task %s takes %u inputs and %u outputs; %u and %u were given", solver->found.task,
                          solver->n_in, solver->n_out, n_in, n_out);
}

int32_t suan_infer(struct suan_solver *solver, const struct suan_tensor *in, uint32_t n_in,
                   struct suan_tensor *out, uint32_t n_out, struct suan_error *error)
{
    if (n_in != solver->n_in || n_out != solver->n_out)
        return refuse_count(solver, n_in, n_out, error);
    return suan_guest_infer(solver->guest, in, n_in, out, n_out, error);
}

/* In process, with tensors that a plugin cannot take as they lie. */
static enum suan_status run_aligned(struct suan_solver *solver, const struct suan_tensor *in, uint32_t n_in,
                                    struct suan_tensor *out, uint32_t n_out, uint64_t deadline_ms,
                                    struct suan_error *error)
{
    struct suan_tensor inputs[SUAN_MAX_PORTS], outputs[SUAN_MAX_PORTS];
    enum suan_status status = align_inputs(solver->align, in, n_in, inputs, error);
    if (status == SUAN_OK)
        status = align_outputs(solver->align, out, n_out, outputs, error);
    if (status == SUAN_OK)
        status = suan_guest_run(solver->guest, inputs, n_in, outputs, n_out, deadline_ms, error);
    if (status == SUAN_OK)
        align_results(outputs, out, n_out);
    return status;
}

static enum suan_status run(struct suan_solver *solver, const struct suan_tensor *in, uint32_t n_in,
                            struct suan_tensor *out, uint32_t n_out, uint64_t deadline_ms,
                            struct suan_error *error)
{
    if (n_in != solver->n_in || n_out != solver->n_out)
        return refuse_count(solver, n_in, n_out, error);
    if (solver->align == NULL || (align_fits(in, n_in) && align_fits(out, n_out)))
        return suan_guest_run(solver->guest, in, n_in, out, n_out, deadline_ms, error);
    return run_aligned(solver, in, n_in, out, n_out, deadline_ms, error);
}

/* What the plugin failed at is billed; what the caller or the system did is not. */
static bool is_failed_job(int32_t status)
{
    return (status < 0 && status > SUAN_E_NOT_FOUND && status != SUAN_E_CANCELLED) ||
           (status <= SUAN_E_WORKER_CRASHED && status >= SUAN_E_WORKER_LOAD);
}

int32_t suan_call(struct suan_solver *solver, const struct suan_tensor *in, uint32_t n_in,
                  struct suan_tensor *out, uint32_t n_out, uint64_t deadline_ms, struct suan_error *error)
{
    enum suan_status status = run(solver, in, n_in, out, n_out, deadline_ms, error);
    if (solver->meter == NULL || (status != SUAN_OK && !is_failed_job(status)))
        return status;
    meter_count(solver->meter, shadow_size_of(in, n_in, solver->size_port, solver->size_dim),
                status == SUAN_OK ? METER_DONE : METER_FAILED);
    if (status == SUAN_OK && solver->shadow != NULL && meter_draws(solver->meter))
        shadow_offer(solver->shadow, in, n_in);
    return status;
}

void suan_cancel(struct suan_solver *solver)
{
    suan_guest_cancel(solver->guest);
}

/* --- receipts ----------------------------------------------------------------------------------------- */

/* What machine this is now, as receipts and measurements name it. */
static enum suan_status read_machine(struct suan_digest *out_class, int64_t *scores, size_t *out_count,
                                     struct suan_error *error)
{
    SUAN_CLEANUP(suan_json_releasep) struct suan_json *fingerprint = NULL;
    struct suan_machine machine;
    struct suan_machine_class class;
    struct suan_scores taken;
    suan_machine_read(&machine);
    enum suan_status status = suan_scores_take(&taken, error);
    if (status == SUAN_OK)
        status = suan_fingerprint_read(machine.isa, &taken, &class, &fingerprint, error);
    if (status != SUAN_OK)
        return status;
    const struct suan_json *list = suan_json_find(fingerprint, "scores");
    *out_class = suan_class_digest(&class);
    for (*out_count = 0; *out_count < SUAN_RECEIPT_SCORES_MAX && *out_count < suan_json_count(list);
         (*out_count)++)
        scores[*out_count] = suan_json_integer(suan_json_at(list, *out_count));
    return SUAN_OK;
}

static enum suan_status sign(const struct suan_receipt *receipt, const char *key, struct suan_buffer *out,
                             struct suan_digest *out_digest, struct suan_error *error)
{
    SUAN_CLEANUP(suan_signer_closep) struct suan_signer *signer = NULL;
    SUAN_CLEANUP(suan_buffer_done) struct suan_buffer text = {0};
    enum suan_status status = suan_receipt_format(receipt, &text, error);
    if (status == SUAN_OK)
        status = suan_signer_open(key, &signer, error);
    const struct suan_signer *const signers[] = {signer};
    if (status == SUAN_OK)
        status = suan_dsse_sign(SUAN_RECEIPT_TYPE, suan_buffer_span(&text), signers, 1, out, error);
    *out_digest = suan_sha256(suan_buffer_span(&text));
    return status;
}

/* The envelope stands in the journal before the next period begins: it can neither be lost nor made twice. */
static enum suan_status close_period(struct suan_solver *solver, const char *ident, const char *key,
                                     struct suan_buffer *envelope, struct suan_error *error)
{
    SUAN_CLEANUP(suan_receipt_freep) struct suan_receipt *receipt = NULL;
    struct suan_digest class, digest;
    int64_t scores[SUAN_RECEIPT_SCORES_MAX];
    size_t score_count = 0;
    enum suan_status status = read_machine(&class, scores, &score_count, error);
    if (status == SUAN_OK)
        status = meter_receipt(solver->meter, ident, &class, scores, score_count, &receipt, error);
    if (status == SUAN_OK)
        status = sign(receipt, key, envelope, &digest, error);
    return status != SUAN_OK ? status
                             : meter_next(solver->meter, receipt, &digest, suan_buffer_span(envelope), error);
}

int32_t suan_receipt(struct suan_solver *solver, const char *ident, const char *key, const char *path,
                     struct suan_error *error)
{
    SUAN_CLEANUP(suan_buffer_done) struct suan_buffer envelope = {0};
    enum suan_status status = library_check_process(solver->library, error);
    if (status != SUAN_OK)
        return status;
    if (solver->meter == NULL)
        return suan_error_set(error, SUAN_E_NOT_FOUND, "meter.absent", "have it vetted and measured",
                              "%s@%s is not metered: unvetted, or no attested measurement",
                              solver->found.name, solver->found.version);
    shadow_drain(solver->shadow);
    status = close_period(solver, ident, key, &envelope, error);
    if (status != SUAN_OK)
        return status;
    status = suan_file_replace(path, suan_buffer_span(&envelope), 0644, error);
    if (status != SUAN_OK)
        suan_error_prefix(error, "the period is closed and its receipt kept in the journal");
    return status;
}

/* --- contracts ---------------------------------------------------------------------------------------- */

struct suan_contract {
    struct service_plugin task;
    struct suan_guest *guest; /* keeps the contract's memory */
    char id[SUAN_TASK_ID_MAX + 1];
};

static enum suan_status find_task(struct suan_library *library, struct suan_txn *txn, const char *what,
                                  char *out, struct suan_error *error)
{
    struct library_choice choice;
    if (suan_package_is_task(suan_span_text(what))) {
        snprintf(out, SUAN_TASK_ID_MAX + 1, "%s", what);
        return SUAN_OK;
    }
    enum suan_status status = library_choose(library, txn, what, &choice, error);
    if (status == SUAN_OK)
        snprintf(out, SUAN_TASK_ID_MAX + 1, "%s", choice.release.tasks[0]);
    return status;
}

static void contract_freep(struct suan_contract **contract)
{
    suan_contract_free(*contract);
}

int32_t suan_contract_open(struct suan_library *library, const char *what,
                           struct suan_contract **out_contract, struct suan_error *error)
{
    SUAN_CLEANUP(contract_freep) struct suan_contract *contract = calloc(1, sizeof *contract);
    struct suan_store *store = suan_registry_store(library->registry);
    struct suan_guest_options options;
    struct suan_txn *txn = NULL;
    if (contract == NULL)
        return suan_error_set(error, SUAN_E_MEMORY, "memory", NULL, "out of memory");
    enum suan_status status = library_begin(library, &txn, error);
    if (status != SUAN_OK)
        return status;
    status = find_task(library, txn, what, contract->id, error);
    if (status == SUAN_OK)
        status = service_task_load(store, txn, suan_span_text(contract->id), &contract->task, error);
    library_end(library, txn);
    if (status != SUAN_OK)
        return status;
    service_plugin_options(&contract->task, contract->id, SUAN_GUEST_TASK, &options);
    status = suan_guest_open(library->engine, &options, &contract->guest, error);
    if (status == SUAN_OK)
        *out_contract = suan_take(&contract);
    return status;
}

void suan_contract_free(struct suan_contract *contract)
{
    if (contract == NULL)
        return;
    suan_guest_close(contract->guest);
    service_plugin_done(&contract->task);
    free(contract);
}

const char *suan_contract_task(const struct suan_contract *contract)
{
    return contract->id;
}

const struct suan_task_info *suan_contract_info(const struct suan_contract *contract)
{
    return suan_guest_task_info(contract->guest);
}
