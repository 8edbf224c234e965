/* A block: fresh workers, a warm-up, then every size in random order and its pairs in random order of sides.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "state.h"

void bench_end(struct bench_session *session, enum suan_outcome outcome, const char *reason)
{
    if (session->ended)
        return;
    session->ended = true;
    session->m->outcome = outcome;
    suan_measurement_reason(session->m, reason);
}

bool bench_is_over(struct bench_session *session)
{
    const int *interrupted = session->request->interrupted;
    if (interrupted != NULL && *(const volatile int *)interrupted != 0)
        bench_end(session, SUAN_OUTCOME_ABORTED, "interrupted");
    return session->ended;
}

void bench_report(const struct bench_session *session, const char *phase, uint64_t done, uint64_t total)
{
    const struct suan_session_progress *progress = &session->request->progress;
    if (progress->report != NULL)
        progress->report(progress->context, phase, done, total);
}

/* A baseline that fails leaves nothing to measure against; a plugin that fails has failed. */
static void blame(struct bench_session *session, enum bench_series series, int side, const char *what)
{
    char reason[200];
    bool is_base = side == 0 || series == BENCH_SERIES_AA;
    snprintf(reason, sizeof reason, "%s: %.180s", is_base ? "baseline" : "plugin", what);
    bench_end(session, is_base ? SUAN_OUTCOME_UNMEASURED : SUAN_OUTCOME_FAILED, reason);
}

/* --- workers ------------------------------------------------------------------------------------------ */

/* The load of a series and block, made by any one of its jobs. */
static enum suan_status make_load(struct bench_session *session, enum bench_series series, uint32_t block,
                                  struct suan_error *error)
{
    struct suan_job_name name = {
        .series = series, .block = block, .group = BENCH_GROUP_WARMUP, .call = UINT32_MAX};
    SUAN_CLEANUP(bench_job_done) struct bench_job job = {0};
    return bench_job_make(&session->task, &session->master, &name, session->sizes[0], &job, error);
}

/* Which side starts first must favour neither: the sides take turns, from a start that the seed chooses. */
static int first_side(const struct bench_session *session, uint32_t block)
{
    return (int)((session->master.bytes[0] ^ block) & 1);
}

enum suan_status bench_open_sides(struct bench_session *session, enum bench_series series, uint32_t block,
                                  struct suan_error *error)
{
    bench_cpus_choose(&session->cpus, block);
    enum suan_status status = suan_guest_pin(session->task.guest, session->cpus.host, error);
    if (status == SUAN_OK)
        status = make_load(session, series, block, error);
    for (int turn = 0; turn < 2 && status == SUAN_OK; turn++) {
        int side = first_side(session, block) ^ turn;
        struct suan_error failure = {0};
        const struct suan_guest_options *load = &session->load[series == BENCH_SERIES_AA ? 0 : side];
        status = bench_side_open(&session->sides[side], session->request->engine, load, session->cpus.here,
                                 &session->task, &failure);
        if (status != SUAN_OK && (bench_is_plugins_fault(status) || status == SUAN_E_REFUSED)) {
            blame(session, series, side, failure.message);
            return SUAN_OK;
        }
        if (status != SUAN_OK && error != NULL)
            *error = failure;
    }
    return status;
}

void bench_close_sides(struct bench_session *session)
{
    bench_cpus_yield(&session->cpus);
    bench_side_close(&session->sides[0]);
    bench_side_close(&session->sides[1]);
    session->task.has_load = false;
}

/* --- jobs --------------------------------------------------------------------------------------------- */

enum suan_status bench_jobs_make(struct bench_session *session, const struct suan_job_name *first,
                                 uint64_t size, uint32_t count, struct bench_jobs *out,
                                 struct suan_error *error)
{
    struct suan_job_name name = *first;
    out->items = calloc(count, sizeof *out->items);
    if (out->items == NULL)
        return suan_error_set(error, SUAN_E_MEMORY, "memory", NULL, "out of memory");
    for (out->count = 0; out->count < count; out->count++, name.call++) {
        enum suan_status status =
            bench_job_make(&session->task, &session->master, &name, size, &out->items[out->count], error);
        if (status != SUAN_OK)
            return status;
    }
    return SUAN_OK;
}

void bench_jobs_done(struct bench_jobs *jobs)
{
    for (uint32_t i = 0; i < jobs->count; i++)
        bench_job_done(&jobs->items[i]);
    free(jobs->items);
    *jobs = (struct bench_jobs){0};
}

static void note_error(double *worst, double error)
{
    if (isnan(error) || error > *worst)
        *worst = isnan(*worst) ? *worst : error;
}

static void judge_answer(struct bench_session *session, const struct bench_job *job, int side,
                         enum suan_row_state state, uint32_t group, struct suan_row *row)
{
    const struct suan_verdict *verdict = &job->verdict[side];
    double *errors = session->errors[state][group][row->phase == SUAN_PHASE_AA ? 0 : side];
    char reason[200];
    if (job->answer[side] != BENCH_ANSWERED)
        return;
    note_error(&errors[0], verdict->error_q50);
    note_error(&errors[1], verdict->error_q99);
    note_error(&errors[2], verdict->error_max);
    note_error(&row->err_max, verdict->error_max);
    if (verdict->essential_bytes > session->essential[group])
        session->essential[group] = verdict->essential_bytes;
    if (verdict->pass == 1 || row->flag == SUAN_ROW_CHEAT)
        return;
    row->flag = SUAN_ROW_WRONG;
    snprintf(reason, sizeof reason, "size %llu: %.170s", (unsigned long long)job->task_job.size,
             verdict->reason);
    if (row->phase == SUAN_PHASE_AA || side == 0)
        blame(session, BENCH_SERIES_AA, side, reason);
    else
        bench_end(session, SUAN_OUTCOME_WRONG, reason);
}

enum suan_status bench_jobs_judge(struct bench_session *session, struct bench_jobs *jobs,
                                  enum suan_row_state state, uint32_t group, struct suan_row rows[2],
                                  struct suan_error *error)
{
    for (uint32_t i = 0; i < jobs->count; i++) {
        enum suan_status status = bench_job_check(&session->task, &jobs->items[i], error);
        if (status != SUAN_OK)
            return status;
        judge_answer(session, &jobs->items[i], 0, state, group, &rows[0]);
        judge_answer(session, &jobs->items[i], 1, state, group, &rows[1]);
    }
    if (rows[1].flag == SUAN_ROW_CHEAT)
        bench_end(session, SUAN_OUTCOME_CHEAT, "an output changed after the call had returned");
    for (int side = 0; side < 2; side++) {
        bool is_base = side == 0 || rows[side].phase == SUAN_PHASE_AA;
        if (session->sides[side].broken || (is_base && rows[side].failed > 0))
            blame(session, is_base ? BENCH_SERIES_AA : BENCH_SERIES_MAIN, side, session->sides[side].failure);
    }
    return SUAN_OK;
}

/* --- warming up --------------------------------------------------------------------------------------- */

static enum suan_row_phase phase_of(enum bench_series series)
{
    return series == BENCH_SERIES_AA ? SUAN_PHASE_AA : SUAN_PHASE_MAIN;
}

static enum suan_status warm_up(struct bench_session *session, enum bench_series series, uint32_t block,
                                struct suan_rows *rows, struct suan_error *error)
{
    uint32_t group = session->plan.sizes / 2;
    struct suan_job_name name = {.series = series, .block = block, .group = BENCH_GROUP_WARMUP};
    SUAN_CLEANUP(bench_jobs_done) struct bench_jobs jobs = {0};
    enum suan_status status =
        bench_jobs_make(session, &name, session->sizes[group], BENCH_WARM_JOBS, &jobs, error);
    for (int turn = 0; turn < 2; turn++) {
        int side = first_side(session, block) ^ turn;
        for (uint32_t i = 0; i < BENCH_WARM_JOBS && status == SUAN_OK; i++) {
            struct bench_batch batch = {
                .master = &session->master, .cpus = &session->cpus, .side = (enum suan_row_side)side};
            struct suan_row row = {.phase = SUAN_PHASE_WARMUP,
                                   .n = session->sizes[group],
                                   .block = block,
                                   .pair = i,
                                   .side = batch.side};
            status = bench_side_warm(&session->sides[side], &batch, &jobs.items[i],
                                     BENCH_WARM_NS / BENCH_WARM_JOBS, &row, error);
            if (status == SUAN_OK && row.calls > 0 && !suan_rows_add(rows, &row))
                return suan_error_set(error, SUAN_E_MEMORY, "memory", NULL, "out of memory for rows");
        }
    }
    return status;
}

/* --- pairs -------------------------------------------------------------------------------------------- */

struct pair_place {
    enum bench_series series;
    enum suan_row_state state;
    uint32_t block, group, pair, calls;
    bool plugin_first;
};

static struct suan_row row_of(const struct bench_session *session, const struct pair_place *place, int side)
{
    return (struct suan_row){.phase = phase_of(place->series),
                             .n = session->sizes[place->group],
                             .state = place->state,
                             .block = place->block,
                             .pair = place->pair,
                             .order = place->plugin_first ? SUAN_ORDER_BA : SUAN_ORDER_AB,
                             .side = (enum suan_row_side)side};
}

static enum suan_status run_turn(struct bench_session *session, const struct pair_place *place, int side,
                                 struct bench_job *jobs, uint32_t count, struct suan_row rows[2],
                                 struct suan_error *error)
{
    struct bench_batch batch = {.master = &session->master,
                                .cpus = &session->cpus,
                                .side = (enum suan_row_side)side,
                                .evict_bytes = place->state == SUAN_STATE_COLD ? session->evict_bytes : 0,
                                .evict = session->evict};
    return bench_side_turn(&session->sides[side], &batch, jobs, count, &rows[side], error);
}

/* A machine that grows slower for a while must slow both sides alike. So the sides take turns of a few jobs, always
   AB AB AB: a turn after one of the same side would find warmer caches than the other's. */
static enum suan_status run_sides(struct bench_session *session, const struct pair_place *place,
                                  struct bench_jobs *jobs, struct suan_row rows[2], struct suan_error *error)
{
    uint32_t length = (jobs->count + BENCH_TURNS - 1) / BENCH_TURNS;
    int first = place->plugin_first ? 1 : 0;
    enum suan_status status = SUAN_OK;
    for (uint32_t from = 0; from < jobs->count && status == SUAN_OK; from += length) {
        uint32_t count = jobs->count - from < length ? jobs->count - from : length;
        status = run_turn(session, place, first, jobs->items + from, count, rows, error);
        if (status == SUAN_OK)
            status = run_turn(session, place, 1 - first, jobs->items + from, count, rows, error);
    }
    bench_side_finish(jobs->items, jobs->count, &rows[0]);
    bench_side_finish(jobs->items, jobs->count, &rows[1]);
    return status;
}

static enum suan_status run_pair(struct bench_session *session, const struct pair_place *place,
                                 struct suan_rows *rows, struct suan_error *error)
{
    uint32_t group = place->group + (place->state == SUAN_STATE_COLD ? BENCH_GROUP_COLD : 0);
    struct suan_job_name name = {
        .series = place->series, .block = place->block, .group = group, .pair = place->pair};
    struct suan_row pair[2] = {row_of(session, place, 0), row_of(session, place, 1)};
    SUAN_CLEANUP(bench_jobs_done) struct bench_jobs jobs = {0};
    enum suan_status status =
        bench_jobs_make(session, &name, session->sizes[place->group], place->calls, &jobs, error);
    if (status == SUAN_OK)
        status = run_sides(session, place, &jobs, pair, error);
    if (status == SUAN_OK)
        status = bench_jobs_judge(session, &jobs, place->state, place->group, pair, error);
    if (status != SUAN_OK)
        return status;
    if (pair[0].calls < place->calls || pair[1].calls < place->calls)
        return SUAN_OK; /* a side broke: the session is over */
    if (!suan_rows_add(rows, &pair[0]) || !suan_rows_add(rows, &pair[1]))
        return suan_error_set(error, SUAN_E_MEMORY, "memory", NULL, "out of memory for rows");
    return SUAN_OK;
}

static uint32_t count_pairs(const struct bench_session *session, enum bench_series series, bool cold,
                            uint32_t group)
{
    if (series == BENCH_SERIES_AA)
        return session->aa_pairs[group];
    return cold ? BENCH_COLD_PAIRS : session->pairs[group];
}

static enum suan_status run_sizes(struct bench_session *session, enum bench_series series,
                                  enum suan_row_state state, uint32_t block, struct suan_rows *rows,
                                  struct suan_error *error)
{
    uint32_t groups[SUAN_SIZES_MAX], plugin_first[SUAN_SIZES_MAX];
    bool cold = state == SUAN_STATE_COLD;
    suan_seed_order(&session->master, series + (cold ? BENCH_GROUP_COLD : 0), block, session->plan.sizes,
                    SUAN_ROW_PAIRS_MAX, groups, plugin_first);
    for (uint32_t i = 0; i < session->plan.sizes; i++) {
        uint32_t group = groups[i];
        uint32_t pairs = count_pairs(session, series, cold, group);
        for (uint32_t pair = 0; pair < pairs; pair++) {
            struct pair_place place = {.series = series,
                                       .state = state,
                                       .block = block,
                                       .group = group,
                                       .pair = pair,
                                       .calls = cold ? 1 : session->calls[group],
                                       .plugin_first = (plugin_first[group] >> pair & 1) != 0};
            if (bench_is_over(session))
                return SUAN_OK;
            enum suan_status status = run_pair(session, &place, rows, error);
            if (status != SUAN_OK)
                return status;
        }
    }
    return SUAN_OK;
}

static void note_init(struct bench_session *session)
{
    session->init_ns[0] += session->sides[0].init_cpu_ns;
    session->init_ns[1] += session->sides[1].init_cpu_ns;
    session->init_blocks++;
}

static enum suan_status run_block(struct bench_session *session, enum bench_series series, uint32_t block,
                                  struct suan_rows *rows, struct suan_error *error)
{
    enum suan_status status = bench_open_sides(session, series, block, error);
    if (status != SUAN_OK || bench_is_over(session))
        return status;
    if (series == BENCH_SERIES_MAIN)
        note_init(session);
    status = warm_up(session, series, block, rows, error);
    if (status == SUAN_OK)
        status = run_sizes(session, series, SUAN_STATE_WARM, block, rows, error);
    if (status == SUAN_OK && series == BENCH_SERIES_MAIN && session->has_cold)
        status = run_sizes(session, series, SUAN_STATE_COLD, block, rows, error);
    return status;
}

/* Rows of a block that the user interrupted are not kept; those that show why the session ended are. */
enum suan_status bench_block(struct bench_session *session, enum bench_series series, uint32_t block,
                             struct suan_error *error)
{
    SUAN_CLEANUP(suan_rows_done) struct suan_rows rows = {0};
    enum suan_status status = run_block(session, series, block, &rows, error);
    bench_close_sides(session);
    if (status != SUAN_OK || (session->ended && session->m->outcome == SUAN_OUTCOME_ABORTED))
        return status;
    for (size_t i = 0; i < rows.count; i++) {
        if (!suan_rows_add(session->rows, &rows.items[i]))
            return suan_error_set(error, SUAN_E_MEMORY, "memory", NULL, "out of memory for rows");
    }
    return SUAN_OK;
}
