/* Generating a session's inputs again. */
#include <string.h>

#include "base/cleanup.h"
#include "derive.h"
#include "replay.h"
#include "state.h"

static bool find_group(const uint64_t *sizes, uint32_t count, uint64_t n, uint32_t *out_group)
{
    for (*out_group = 0; *out_group < count; (*out_group)++) {
        if (sizes[*out_group] == n)
            return true;
    }
    return false;
}

/* The digest over all calls' inputs, as a batch states it. */
static enum suan_status hash_inputs(struct bench_task *task, const struct suan_digest *master,
                                    const struct suan_row *row, uint32_t group, struct suan_digest *out,
                                    struct suan_error *error)
{
    struct suan_job_name name = {.series = row->phase == SUAN_PHASE_AA ? BENCH_SERIES_AA : BENCH_SERIES_MAIN,
                                 .block = row->block,
                                 .pair = row->pair,
                                 .group = group + (row->state == SUAN_STATE_COLD ? BENCH_GROUP_COLD : 0)};
    struct suan_hasher hasher;
    enum suan_status status = SUAN_OK;
    suan_hasher_init(&hasher);
    for (int64_t i = 0; i < row->calls && status == SUAN_OK; i++, name.call++) {
        SUAN_CLEANUP(bench_job_done) struct bench_job job = {0};
        status = bench_job_make(task, master, &name, row->n, &job, error);
        if (status == SUAN_OK)
            suan_hasher_add(&hasher, suan_span(job.in_sha.bytes, sizeof job.in_sha.bytes));
    }
    *out = suan_hasher_finish(&hasher);
    suan_hasher_done(&hasher);
    return status;
}

static enum suan_status compare_row(struct bench_task *task, const struct suan_digest *master,
                                    const struct suan_row *row, size_t number, uint32_t group,
                                    struct suan_error *error)
{
    struct suan_digest digest;
    if (row->calls > BENCH_CALLS_MAX)
        return suan_error_set(error, SUAN_E_INTEGRITY, "replay.difference", NULL,
                              "jobs.csv row %zu: too many calls", number);
    enum suan_status status = hash_inputs(task, master, row, group, &digest, error);
    if (status != SUAN_OK || suan_digest_equal(&digest, &row->in_sha))
        return status;
    return suan_error_set(error, SUAN_E_INTEGRITY, "replay.difference", "do not rely on this measurement",
                          "jobs.csv row %zu: in_sha: other inputs follow from the seed", number);
}

static enum suan_status compare_rows(const struct suan_measurement *m, const struct suan_rows *rows,
                                     struct bench_task *task, struct suan_error *error)
{
    uint64_t sizes[SUAN_SIZES_MAX];
    struct suan_digest master = suan_derive_master(m);
    enum suan_status status =
        suan_sizes_draw(&master, m->task.size_min, m->task.size_max, m->session.sizes, sizes, error);
    for (size_t i = 0; i < rows->count && status == SUAN_OK; i++) {
        uint32_t group;
        const struct suan_row *row = &rows->items[i];
        bool has_twin = i > 0 && rows->items[i - 1].pair == row->pair &&
                        rows->items[i - 1].side != row->side &&
                        suan_digest_equal(&rows->items[i - 1].in_sha, &row->in_sha);
        if (row->phase == SUAN_PHASE_WARMUP || has_twin ||
            !find_group(sizes, m->session.sizes, row->n, &group))
            continue;
        status = compare_row(task, &master, row, i + 1, group, error);
    }
    return status;
}

enum suan_status suan_replay_inputs(const struct suan_measurement *measurement, const struct suan_rows *rows,
                                    struct suan_engine *engine, const struct suan_session_party *task,
                                    struct suan_error *error)
{
    SUAN_CLEANUP(bench_task_close) struct bench_task own = {0};
    struct suan_guest_options options = task->load;
    options.task = measurement->task.id;
    options.role = SUAN_GUEST_TASK;
    enum suan_status status = suan_guest_open(engine, &options, &own.guest, error);
    if (status != SUAN_OK)
        return status;
    own.info = suan_guest_task_info(own.guest);
    if (own.info->n_in < 1 || own.info->n_in > SUAN_MAX_PORTS || own.info->n_prepared > own.info->n_in)
        return suan_error_set(error, SUAN_E_FORMAT, "measure.task", NULL, "the task's contract is malformed");
    return compare_rows(measurement, rows, &own, error);
}
