/* Facts first: the machine, the task's contract, the parties, the seed; then memory and workers. */
#include "setup.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "engine/machine.h"
#include "fingerprint.h"
#include "stat.h"

#define EVICT_MAX (UINT64_C(256) << 20)

static enum suan_status read_machine(struct bench_session *session, struct suan_error *error)
{
    struct suan_measurement *m = session->m;
    struct suan_machine machine;
    struct suan_machine_class class;
    struct suan_scores scores;
    struct suan_json *fingerprint = NULL;
    suan_machine_read(&machine);
    enum suan_status status = suan_scores_take(&scores, error);
    if (status == SUAN_OK)
        status = suan_fingerprint_read(machine.isa, &scores, &class, &fingerprint, error);
    if (status != SUAN_OK)
        return status;
    m->machine = suan_json_new_object();
    suan_json_set(m->machine, "machine", fingerprint);
    m->machine_class = suan_class_digest(&class);
    m->rate_mflops = scores.rate_mflops;
    session->llc_bytes = class.llc_bytes;
    return SUAN_OK;
}

static void read_isolation(struct bench_session *session)
{
    struct suan_measurement *m = session->m;
    const struct suan_isolation_report *report = suan_engine_report(session->request->engine);
    const char *why = NULL;
    snprintf(m->level, sizeof m->level, "%s", suan_isolation_level_name(report->level));
    for (int i = 0; i < SUAN_ISOLATION_LAYERS && m->n_layers < SUAN_LAYERS_MAX; i++) {
        if (report->layers[i].name != NULL && report->layers[i].verified)
            snprintf(m->layers[m->n_layers++], sizeof m->layers[0], "%s", report->layers[i].name);
    }
    m->tier[0] = suan_engine_tier(session->request->engine, &why);
    if (m->tier[0] > 'B' && why != NULL && why[0] != '\0')
        suan_measurement_missing(m, why);
    bench_cpus_missing(m);
}

static uint32_t dynamic_outputs(const struct suan_task_info *info)
{
    uint32_t set = 0;
    for (uint32_t i = 0; i < info->n_out; i++)
        set |= (info->out[i].flags & SUAN_PORT_DYNAMIC) != 0 ? 1u << i : 0;
    return set;
}

static enum suan_status check_contract(const struct suan_task_info *info, struct suan_error *error)
{
    if (info->size_min < 1 || info->size_max > SUAN_SIZE_LIMIT || info->n_weights > SUAN_WEIGHTS_MAX ||
        info->unit_jobs < 1 || info->unit_jobs > INT64_C(1) << 40 || info->jobs_per_load < 1 ||
        info->jobs_per_load > INT64_C(1) << 40 || info->n_in < 1 || info->n_in > SUAN_MAX_PORTS ||
        info->n_out < 1 || info->n_out >= SUAN_MAX_PORTS || info->n_prepared > info->n_in ||
        info->cache_mode > SUAN_CACHE_COLD)
        return suan_error_set(error, SUAN_E_FORMAT, "measure.task", "see `suan check` on the task's package",
                              "the task's contract is outside what can be measured");
    return SUAN_OK;
}

static enum suan_status open_task(struct bench_session *session, struct suan_error *error)
{
    struct suan_guest_options options = session->request->task.load;
    options.task = session->request->task_id;
    options.role = SUAN_GUEST_TASK;
    enum suan_status status =
        suan_guest_open(session->request->engine, &options, &session->task.guest, error);
    if (status != SUAN_OK) {
        suan_error_prefix(error, "task");
        return status;
    }
    session->task.info = suan_guest_task_info(session->task.guest);
    return check_contract(session->task.info, error);
}

static void copy_contract(struct bench_session *session)
{
    const struct suan_task_info *info = session->task.info;
    struct suan_task_facts *task = &session->m->task;
    snprintf(task->id, sizeof task->id, "%s", session->request->task_id);
    task->contract = session->request->contract;
    task->size_min = info->size_min;
    task->size_max = info->size_max;
    task->n_weights = info->n_weights;
    memcpy(task->weights_ppm, info->weights_ppm, info->n_weights * sizeof task->weights_ppm[0]);
    task->unit_jobs = (int64_t)info->unit_jobs;
    task->jobs_per_load = (int64_t)info->jobs_per_load;
    task->error_k_ppm = info->error_k_ppm;
    task->cache_mode = info->cache_mode;
}

static void load_parties(struct bench_session *session)
{
    const struct suan_session_request *request = session->request;
    session->load[0] = request->baseline.load;
    session->load[1] = request->release.load;
    session->load[1].role = SUAN_GUEST_ALGORITHM;
    for (int side = 0; side < 2; side++) {
        session->load[side].task = request->task_id;
        session->load[side].dynamic_outputs = dynamic_outputs(session->task.info);
    }
    session->m->baseline = request->baseline.party;
    session->m->release = request->release.party;
    session->m->baseline.threads += session->m->baseline.threads == 0;
    session->m->release.threads += session->m->release.threads == 0;
}

static void plan_of(struct bench_session *session)
{
    const struct suan_session_request *request = session->request;
    struct suan_mode_plan *plan = &session->plan;
    *plan = *suan_mode_plan(request->mode);
    plan->sizes = request->sizes > 0 ? request->sizes : plan->sizes;
    plan->pairs = request->pairs > 0 ? request->pairs : plan->pairs;
    plan->aa_blocks = request->aa_blocks > 0 ? request->aa_blocks : plan->aa_blocks;
    plan->budget_ms = request->budget_ms > 0 ? request->budget_ms : plan->budget_ms;
    if (request->blocks > 0) {
        plan->n_looks = 1;
        plan->looks[0] = request->blocks;
    }
    session->budget_ns = (uint64_t)plan->budget_ms * 1000000;
}

static enum suan_status check_plan(const struct bench_session *session, struct suan_error *error)
{
    const struct suan_mode_plan *plan = &session->plan;
    if (plan->sizes < SUAN_SIZES_MIN || plan->sizes > SUAN_SIZES_MAX || plan->pairs > SUAN_ROW_PAIRS_MAX ||
        plan->looks[plan->n_looks - 1] > SUAN_ROW_BLOCKS_MAX || plan->aa_blocks > SUAN_ROW_BLOCKS_MAX ||
        plan->looks[0] < 2 || plan->aa_blocks < 2 || plan->budget_ms > 86400000)
        return suan_error_set(error, SUAN_E_USAGE, "measure.plan", NULL,
                              "a session of %u sizes, %u pairs and %u blocks is outside the limits",
                              plan->sizes, plan->pairs, plan->looks[plan->n_looks - 1]);
    return SUAN_OK;
}

static void state_session(struct bench_session *session)
{
    const struct suan_session_request *request = session->request;
    struct suan_measurement *m = session->m;
    uint8_t id[16];
    suan_random(id, sizeof id);
    suan_hex(id, sizeof id, m->session.id);
    m->session.start_ns = suan_clock_real_ns();
    snprintf(m->session.host_version, sizeof m->session.host_version, "%s",
             request->host_version != NULL ? request->host_version : "");
    m->session.attempt = request->attempt > 0 ? request->attempt : 1;
    m->session.looks = session->plan.n_looks;
    m->session.sizes = session->plan.sizes;
    m->session.pairs = session->plan.pairs;
    m->mode = request->mode;
    m->flags = request->flags;
    m->seed = request->seed;
    m->seed.commit = suan_seed_commit(m->seed.secret, &m->release.tar);
    m->aa.eps_ppm = suan_stat_eps(NULL, 0);
    if (request->tariff != NULL) {
        snprintf(m->saving.tariff, sizeof m->saving.tariff, "%s", request->tariff);
        m->saving.fen_per_cpu_hour = request->fen_per_cpu_hour;
    }
    for (uint32_t i = 0; i < request->n_checks; i++)
        suan_measurement_check(m, request->checks[i].id, request->checks[i].result,
                               request->checks[i].detail);
}

static enum suan_status check_threads(const struct suan_session_request *request, struct suan_error *error)
{
    if (request->baseline.party.threads <= 1 && request->release.party.threads <= 1)
        return SUAN_OK;
    return suan_error_set(error, SUAN_E_USAGE, "measure.threads",
                          "leave the number out: threads of the plugin's own are billed in any case",
                          "sides are measured on one CPU each, with one thread of parallel_for");
}

static enum suan_status draw_sizes(struct bench_session *session, struct suan_error *error)
{
    const struct suan_measurement *m = session->m;
    session->master = suan_derive_master(m);
    if (suan_stat_rank(m->session.looks, m->session.attempt) == 0)
        return suan_error_set(error, SUAN_E_REFUSED, "measure.attempts",
                              "measure a new version: each retry costs confidence",
                              "%u attempts are too many", m->session.attempt);
    uint32_t weights[SUAN_SIZES_MAX];
    enum suan_status status =
        suan_sizes_weights(m->task.weights_ppm, m->task.n_weights, m->session.sizes, weights, error);
    if (status != SUAN_OK)
        return status;
    return suan_sizes_draw(&session->master, m->task.size_min, m->task.size_max, m->session.sizes,
                           session->sizes, error);
}

/* Memory to evict caches with: for the cold series, if the mode has one, and for the audit of repeated
 * inputs. */
static enum suan_status make_evictor(struct bench_session *session, struct suan_error *error)
{
    uint64_t wanted = 2 * (session->llc_bytes > 0 ? session->llc_bytes : EVICT_MAX / 2);
    session->evict_bytes = wanted < EVICT_MAX ? wanted : EVICT_MAX;
    session->evict = calloc(1, session->evict_bytes);
    if (session->evict == NULL)
        return suan_error_set(error, SUAN_E_MEMORY, "memory", NULL, "out of memory for evicting caches");
    session->has_cold = session->plan.has_cold && session->task.info->cache_mode != SUAN_CACHE_WARM;
    if (session->has_cold && (session->evict_bytes < wanted || session->llc_bytes == 0))
        session->m->flags |= SUAN_REMARK_COLD_PARTIAL;
    return SUAN_OK;
}

enum suan_status bench_setup(struct bench_session *session, const struct suan_session_request *request,
                             struct suan_measurement *measurement, struct suan_rows *rows,
                             struct suan_error *error)
{
    session->request = request;
    session->m = measurement;
    session->rows = rows;
    session->start_ns = suan_clock_monotonic_ns();
    plan_of(session);
    enum suan_status status = check_plan(session, error);
    if (status == SUAN_OK)
        status = check_threads(request, error);
    if (status == SUAN_OK)
        status = bench_cpus_init(&session->cpus, request->cpus, request->n_cpus, error);
    if (status != SUAN_OK)
        return status;
    bench_cpus_choose(&session->cpus, 0);
    status = open_task(session, error);
    if (status == SUAN_OK)
        status = read_machine(session, error);
    if (status != SUAN_OK)
        return status;
    copy_contract(session);
    load_parties(session);
    state_session(session);
    read_isolation(session);
    measurement->flags |= session->cpus.shared ? SUAN_REMARK_ONE_CPU : 0;
    status = draw_sizes(session, error);
    if (status == SUAN_OK)
        status = make_evictor(session, error);
    return status;
}

void bench_teardown(struct bench_session *session)
{
    bench_close_sides(session);
    bench_task_close(&session->task);
    bench_cpus_done(&session->cpus);
    free(session->evict);
    session->evict = NULL;
}
