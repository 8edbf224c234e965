/* The order of a session: log, gate, A/A, blocks until the bound is narrow or time is up, verdict. */
#include "session.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "folder.h"
#include "gate.h"
#include "sessions.h"
#include "setup.h"

enum { WIDE_PPM = 10000, PATH_LIMIT = 4096 };

/* --- the log, and rows that survive a kill ------------------------------------------------------------ */

static enum suan_status begin_log(struct bench_session *session, struct suan_error *error)
{
    struct suan_measurement *m = session->m;
    struct suan_sessions_state state;
    if (session->request->sessions == NULL)
        return SUAN_OK;
    enum suan_status status =
        suan_sessions_read(session->request->sessions, &m->machine_class, &state, error);
    if (status != SUAN_OK)
        return status;
    struct suan_session_begin begin = {.release = m->release.tar,
                                       .task = m->task.contract,
                                       .class = m->machine_class,
                                       .mode = m->mode,
                                       .time_ns = m->session.start_ns};
    memcpy(begin.id, m->session.id, sizeof begin.id);
    if (m->seed.logged)
        begin.plan = m->seed.plan;
    m->aa.eps_ppm = state.eps_ppm;
    m->aa.count = state.aa_count;
    return suan_sessions_begin(session->request->sessions, &begin, &m->session.log_prev, error);
}

static enum suan_status end_log(struct bench_session *session, bool has_aa, struct suan_error *error)
{
    const struct suan_measurement *m = session->m;
    if (session->request->sessions == NULL)
        return SUAN_OK;
    struct suan_session_end end = {.outcome = m->outcome,
                                   .has_aa = has_aa,
                                   .aa_ratio_ppm = 1000000 + m->aa.bias_ppm,
                                   .class = m->machine_class,
                                   .raw = m->raw.sha256,
                                   .time_ns = m->session.end_ns};
    memcpy(end.id, m->session.id, sizeof end.id);
    return suan_sessions_end(session->request->sessions, &end, error);
}

/* The rows so far lie beside the session log as ID.csv until the session has ended. */
static bool rows_path(const struct bench_session *session, char out[PATH_LIMIT])
{
    const char *log = session->request->sessions;
    if (log == NULL)
        return false;
    const char *slash = strrchr(log, '/');
    int folder = slash != NULL ? (int)(slash - log + 1) : 0;
    return snprintf(out, PATH_LIMIT, "%.*s%s.csv", folder, log, session->m->session.id) < PATH_LIMIT;
}

static enum suan_status keep_rows(const struct bench_session *session, struct suan_error *error)
{
    char path[PATH_LIMIT];
    SUAN_CLEANUP(suan_buffer_done) struct suan_buffer csv = {0};
    if (!rows_path(session, path))
        return SUAN_OK;
    suan_rows_format_header(&csv);
    suan_rows_format(&csv, session->rows->items, session->rows->count);
    enum suan_status status = suan_buffer_check(&csv, error);
    return status == SUAN_OK ? suan_file_replace(path, suan_buffer_span(&csv), 0644, error) : status;
}

/* Rows of an aborted session stay where they are. */
static void drop_rows(const struct bench_session *session)
{
    char path[PATH_LIMIT];
    if (session->m->outcome != SUAN_OUTCOME_ABORTED && rows_path(session, path))
        (void)unlink(path);
}

/* --- measuring ---------------------------------------------------------------------------------------- */

/* Room for one more block like the one that began at `start_ns`? */
static bool has_time(const struct bench_session *session, uint64_t start_ns)
{
    uint64_t now = suan_clock_monotonic_ns(), used = now - session->start_ns;
    return used + (now - start_ns) <= session->budget_ns;
}

static enum suan_status run_blocks(struct bench_session *session, enum bench_series series, uint32_t first,
                                   uint32_t end, uint32_t *out_done, struct suan_error *error)
{
    const char *phase = series == BENCH_SERIES_AA ? "A/A" : "blocks";
    for (*out_done = first; *out_done < end && !bench_is_over(session); (*out_done)++) {
        uint64_t start = suan_clock_monotonic_ns();
        bench_report(session, phase, *out_done, end);
        enum suan_status status = bench_block(session, series, *out_done, error);
        if (status == SUAN_OK)
            status = keep_rows(session, error);
        if (status != SUAN_OK)
            return status;
        if (*out_done >= 1 && !has_time(session, start)) {
            (*out_done)++;
            return SUAN_OK;
        }
    }
    return SUAN_OK;
}

static enum suan_status run_aa(struct bench_session *session, bool *out_stable, struct suan_error *error)
{
    uint32_t done = 0;
    *out_stable = false;
    enum suan_status status = run_blocks(session, BENCH_SERIES_AA, 0, session->plan.aa_blocks, &done, error);
    if (status != SUAN_OK || bench_is_over(session))
        return status;
    return suan_derive_aa(session->m, session->rows, out_stable, error);
}

static enum suan_status run_looks(struct bench_session *session, struct suan_error *error)
{
    uint32_t done = 0;
    for (uint32_t look = 0; look < session->plan.n_looks && !bench_is_over(session); look++) {
        uint32_t first = done;
        int64_t width;
        enum suan_status status =
            run_blocks(session, BENCH_SERIES_MAIN, first, session->plan.looks[look], &done, error);
        if (status != SUAN_OK || bench_is_over(session))
            return status;
        status = suan_derive_width(session->m, session->rows, &width, error);
        if (status != SUAN_OK || width <= WIDE_PPM || done < session->plan.looks[look])
            return status;
    }
    return SUAN_OK;
}

/* --- the verdict -------------------------------------------------------------------------------------- */

static void state_init(struct bench_session *session)
{
    uint64_t blocks = session->init_blocks;
    if (blocks == 0)
        return;
    session->m->init_b_ns = (int64_t)(session->init_ns[0] / blocks);
    session->m->init_p_ns = (int64_t)((session->init_ns[1] + blocks - 1) / blocks);
}

/* Places for what was observed by size; suan_derive keeps the error quantiles that it finds here. */
static void state_errors(struct bench_session *session)
{
    struct suan_measurement *m = session->m;
    m->n_grid = 0;
    for (int state = 0; state < 2; state++) {
        for (uint32_t g = 0; g < session->plan.sizes; g++) {
            struct suan_grid_row *row = &m->grid[m->n_grid++];
            *row = (struct suan_grid_row){.n = session->sizes[g], .state = (enum suan_row_state)state};
            memcpy(row->err_b, session->errors[state][g][0], sizeof row->err_b);
            memcpy(row->err_p, session->errors[state][g][1], sizeof row->err_p);
        }
    }
}

/* Every error quantile within k times the incumbent's, or the task's floor. */
static void judge_errors(struct bench_session *session)
{
    const struct suan_task_info *info = session->task.info;
    static const char *const names[] = {"q50", "q99", "max"};
    char reason[200];
    for (int state = 0; state < 2; state++) {
        for (uint32_t g = 0; g < session->plan.sizes; g++) {
            for (int q = 0; q < 3; q++) {
                double base = session->errors[state][g][0][q], plugin = session->errors[state][g][1][q];
                double limit = fmax(base * info->error_k_ppm / 1e6, info->error_floor);
                if (plugin <= limit || (isnan(plugin) && isnan(base)))
                    continue;
                snprintf(reason, sizeof reason, "size %llu: error %s is %.6g, allowed are %.6g",
                         (unsigned long long)session->sizes[g], names[q], plugin, limit);
                bench_end(session, SUAN_OUTCOME_WRONG, reason);
                suan_measurement_check(session->m, "errors", SUAN_CHECK_FAIL, reason);
                return;
            }
        }
    }
    suan_measurement_check(session->m, "errors", SUAN_CHECK_PASS,
                           "all error quantiles within the task's bounds");
}

/* Nobody reads memory four times faster than this machine copies it. */
static void judge_floor(struct bench_session *session)
{
    struct suan_measurement *m = session->m;
    const struct suan_json *scores = suan_json_find(suan_json_find(m->machine, "machine"), "scores");
    double bytes_per_ns = 4 * (double)suan_json_integer(suan_json_at(scores, 1)) * 1048576 / 1e9;
    for (uint32_t i = 0; i < m->n_grid; i++) {
        const struct suan_grid_row *row = &m->grid[i];
        for (uint32_t g = 0; g < session->plan.sizes; g++) {
            double least = (double)session->essential[g] / bytes_per_ns;
            if (row->n == session->sizes[g] && row->calls > 0 &&
                (double)row->cpu_p_ns / (double)row->calls < least)
                m->flags |= SUAN_REMARK_FLOOR;
        }
    }
}

static enum suan_status conclude(struct bench_session *session, struct suan_error *error)
{
    struct suan_measurement *m = session->m;
    SUAN_CLEANUP(suan_buffer_done) struct suan_buffer packed = {0};
    state_init(session);
    state_errors(session);
    if (!session->ended)
        judge_errors(session);
    enum suan_status status = suan_derive(m, session->rows, error);
    if (status != SUAN_OK)
        return status;
    judge_floor(session);
    if ((m->flags & SUAN_REMARK_FLOOR) != 0)
        status = suan_derive(m, session->rows, error);
    if (status == SUAN_OK)
        status = suan_folder_pack_rows(session->rows, m, &packed, error);
    m->session.end_ns = suan_clock_real_ns();
    return status;
}

static void explain_noise(struct bench_session *session)
{
    const struct suan_mode_plan *plan = suan_mode_plan(session->m->mode);
    char reason[200];
    snprintf(reason, sizeof reason,
             "the baseline against its own copy: bias %+.2f %%, half-width %.2f %%; allowed are %.1f %% and "
             "%.1f %%",
             (double)session->m->aa.bias_ppm / 1e4, (double)session->m->aa.halfwidth_ppm / 1e4,
             (double)plan->aa_bias_ppm / 1e4, (double)plan->aa_halfwidth_ppm / 1e4);
    suan_measurement_reason(session->m, reason);
}

static enum suan_status measure(struct bench_session *session, struct suan_error *error)
{
    bool stable = false;
    enum suan_status status = bench_gate(session, error);
    if (status != SUAN_OK)
        return status;
    if (!bench_is_over(session))
        status = run_aa(session, &stable, error);
    if (status != SUAN_OK)
        return status;
    if (!bench_is_over(session) && !stable)
        explain_noise(session);
    if (!bench_is_over(session) && (stable || session->request->on_noise == SUAN_SESSION_NOISE_GO_ON))
        status = run_looks(session, error);
    if (status == SUAN_OK)
        status = conclude(session, error);
    return status;
}

enum suan_status suan_session_run(const struct suan_session_request *request, struct suan_measurement **out,
                                  struct suan_rows *out_rows, struct suan_error *error)
{
    SUAN_CLEANUP(suan_measurement_freep) struct suan_measurement *measurement = suan_measurement_new();
    SUAN_CLEANUP(suan_freep) struct bench_session *memory = calloc(1, sizeof *memory);
    SUAN_CLEANUP(suan_rows_done) struct suan_rows rows = {0};
    if (measurement == NULL || memory == NULL)
        return suan_error_set(error, SUAN_E_MEMORY, "memory", NULL, "out of memory");
    enum suan_status status = bench_setup(memory, request, measurement, &rows, error);
    if (status == SUAN_OK)
        status = begin_log(memory, error);
    if (status == SUAN_OK) {
        status = measure(memory, error);
        if (status != SUAN_OK)
            bench_end(memory, SUAN_OUTCOME_ABORTED, "the machinery failed");
        struct suan_error *place = status == SUAN_OK ? error : NULL;
        enum suan_status logged = end_log(memory, measurement->aa.halfwidth_ppm > 0, place);
        status = status == SUAN_OK ? logged : status;
        drop_rows(memory);
    }
    bench_teardown(memory);
    if (status != SUAN_OK)
        return status;
    *out = suan_take(&measurement);
    *out_rows = rows;
    rows = (struct suan_rows){0};
    return SUAN_OK;
}

enum suan_status suan_gate_run(const struct suan_session_request *request, struct suan_measurement **out,
                               struct suan_error *error)
{
    SUAN_CLEANUP(suan_measurement_freep) struct suan_measurement *measurement = suan_measurement_new();
    SUAN_CLEANUP(suan_freep) struct bench_session *memory = calloc(1, sizeof *memory);
    SUAN_CLEANUP(suan_rows_done) struct suan_rows rows = {0};
    if (measurement == NULL || memory == NULL)
        return suan_error_set(error, SUAN_E_MEMORY, "memory", NULL, "out of memory");
    enum suan_status status = bench_setup(memory, request, measurement, &rows, error);
    if (status == SUAN_OK)
        status = bench_gate(memory, error);
    bench_teardown(memory);
    if (status == SUAN_OK)
        *out = suan_take(&measurement);
    return status;
}
