/* One side at a time: stage, run, freeze, take the output, hash it twice. */
#include "side.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "fingerprint.h"

enum { SKEW_LIMIT = 65536 };

bool bench_is_plugins_fault(enum suan_status status)
{
    return (status < 0 && status > SUAN_E_NOT_FOUND) ||
           (status <= SUAN_E_WORKER_CRASHED && status >= SUAN_E_WORKER_LOAD);
}

enum suan_status bench_side_open(struct bench_side *side, struct suan_engine *engine,
                                 const struct suan_guest_options *options, uint32_t cpu,
                                 const struct bench_task *task, struct suan_error *error)
{
    struct suan_guest_options own = *options;
    struct suan_guest_usage usage;
    own.zygote = SUAN_GUEST_ZYGOTE_FRESH;
    own.home = SUAN_GUEST_SEALED;
    own.cpus = &cpu;
    own.n_cpus = 1;
    enum suan_status status = suan_guest_open(engine, &own, &side->guest, error);
    if (status == SUAN_OK && task->info->n_prepared > 0)
        status = suan_guest_prepare(side->guest, task->prepared.items, task->prepared.count, error);
    if (status == SUAN_OK)
        status = suan_guest_freeze(side->guest, error);
    if (status == SUAN_OK)
        status = suan_guest_usage(side->guest, &usage, error);
    if (status == SUAN_OK)
        side->init_cpu_ns = usage.cpu_ns;
    return status;
}

void bench_side_close(struct bench_side *side)
{
    suan_guest_close(side->guest);
    *side = (struct bench_side){0};
}

static void note_failure(struct bench_side *side, const struct suan_error *failure)
{
    snprintf(side->failure, sizeof side->failure, "%.250s", failure->message);
}

enum suan_status bench_side_thaw(struct bench_side *side, const struct bench_cpus *cpus,
                                 struct suan_error *error)
{
    bench_cpus_yield(cpus);
    return suan_guest_thaw(side->guest, error);
}

enum suan_status bench_side_freeze(struct bench_side *side, const struct bench_cpus *cpus,
                                   struct suan_error *error)
{
    enum suan_status status = suan_guest_freeze(side->guest, error);
    bench_cpus_hold(cpus);
    return status;
}

/* --- outputs ------------------------------------------------------------------------------------------ */

static enum suan_status hash_outputs(struct suan_guest *guest, uint32_t count, struct suan_digest *out,
                                     struct suan_error *error)
{
    struct suan_hasher hasher;
    enum suan_status status = SUAN_OK;
    suan_hasher_init(&hasher);
    for (uint32_t i = 0; i < count && status == SUAN_OK; i++) {
        struct suan_span bytes;
        status = suan_guest_output(guest, i, &bytes, NULL, error);
        if (status == SUAN_OK)
            suan_hasher_add(&hasher, bytes);
    }
    *out = suan_hasher_finish(&hasher);
    suan_hasher_done(&hasher);
    return status;
}

static enum suan_status take_output(struct suan_guest *guest, struct bench_tensors *out, uint32_t index,
                                    struct suan_error *error)
{
    struct suan_span bytes;
    int64_t shape0 = 0;
    enum suan_status status = suan_guest_output(guest, index, &bytes, &shape0, error);
    if (status != SUAN_OK)
        return status;
    size_t room = (bytes.size + 63) / 64 * 64;
    out->owned[index] = aligned_alloc(64, room > 0 ? room : 64);
    if (out->owned[index] == NULL)
        return suan_error_set(error, SUAN_E_MEMORY, "memory", NULL, "out of memory for outputs");
    if (bytes.size > 0)
        memcpy(out->owned[index], bytes.data, bytes.size);
    out->items[index].data = out->owned[index];
    if (out->items[index].ndim > 0)
        out->items[index].shape[0] = shape0;
    return SUAN_OK;
}

/* The worker is frozen: nothing can change while the host copies, hashes its copy, and reads the memory once
 * more. */
static enum suan_status take_outputs(struct suan_guest *guest, struct bench_job *job, int side,
                                     struct suan_error *error)
{
    struct bench_tensors *out = &job->out[side];
    struct suan_hasher hasher;
    enum suan_status status = SUAN_OK;
    suan_hasher_init(&hasher);
    for (uint32_t i = 0; i < out->count && status == SUAN_OK; i++) {
        status = take_output(guest, out, i, error);
        if (status == SUAN_OK)
            suan_hasher_add(&hasher, suan_span(out->items[i].data, bench_tensor_bytes(&out->items[i])));
    }
    job->out_sha[side] = suan_hasher_finish(&hasher);
    suan_hasher_done(&hasher);
    if (status == SUAN_OK)
        job->answer[side] = BENCH_ANSWERED;
    return status;
}

/* --- calls -------------------------------------------------------------------------------------------- */

static enum suan_status stage(struct bench_side *side, const struct bench_batch *batch, struct bench_job *job,
                              struct suan_error *error)
{
    struct suan_job_name other = job->name;
    struct suan_digest poison = suan_seed_poison(batch->master, &job->name, batch->side);
    struct bench_tensors *out = &job->out[batch->side];
    other.call ^= UINT32_C(1) << 31;
    struct suan_guest_stage place = {.input_skew = suan_seed_offset(batch->master, &job->name, SKEW_LIMIT),
                                     .output_skew = suan_seed_offset(batch->master, &other, SKEW_LIMIT),
                                     .poison = suan_span(poison.bytes, sizeof poison.bytes)};
    return suan_guest_stage(side->guest, job->in.items, job->in.count, out->items, out->count, &place, error);
}

/* Walks over more memory than the caches hold, on the CPU that will run the call. */
static void evict(const struct bench_batch *batch)
{
    bench_cpus_visit(batch->cpus);
    for (uint64_t i = 0; i < batch->evict_bytes; i += 64)
        batch->evict[i]++;
    bench_cpus_leave(batch->cpus);
}

struct turn {
    int64_t wall_ns; /* of its calls */
    bool died;       /* the worker, in one of them */
};

/* One call. A plugin's failure is recorded, and is no failure here. */
static enum suan_status call(struct bench_side *side, const struct bench_batch *batch, struct bench_job *job,
                             struct suan_row *row, struct turn *turn, struct suan_error *error)
{
    struct suan_error failure = {0};
    enum suan_status status = stage(side, batch, job, &failure);
    if (batch->evict_bytes > 0)
        evict(batch);
    uint64_t start = suan_clock_monotonic_ns();
    if (status == SUAN_OK)
        status = suan_guest_run_staged(side->guest, 0, &failure);
    turn->wall_ns += (int64_t)(suan_clock_monotonic_ns() - start);
    if (status == SUAN_OK) {
        status = bench_side_freeze(side, batch->cpus, error);
        if (status == SUAN_OK)
            status = take_outputs(side->guest, job, batch->side, error);
        return status == SUAN_OK ? bench_side_thaw(side, batch->cpus, error) : status;
    }
    if (!bench_is_plugins_fault(status)) {
        if (error != NULL)
            *error = failure;
        return status;
    }
    turn->died |= status <= SUAN_E_WORKER_CRASHED;
    job->answer[batch->side] = BENCH_FAILED;
    row->failed++;
    note_failure(side, &failure);
    return SUAN_OK;
}

/* Between reply and next call nothing may have touched the output any more. */
static enum suan_status look_again(struct bench_side *side, struct bench_job *job, int which,
                                   struct suan_row *row, struct suan_error *error)
{
    struct suan_digest again;
    if (job->answer[which] != BENCH_ANSWERED)
        return SUAN_OK;
    enum suan_status status = hash_outputs(side->guest, job->out[which].count, &again, error);
    if (status != SUAN_OK || suan_digest_equal(&again, &job->out_sha[which]))
        return status;
    job->answer[which] = BENCH_CHANGED;
    row->flag = SUAN_ROW_CHEAT;
    return SUAN_OK;
}

static void hash_row(const struct bench_job *jobs, uint32_t count, int side, struct suan_row *row)
{
    struct suan_hasher in, out;
    suan_hasher_init(&in);
    suan_hasher_init(&out);
    for (uint32_t i = 0; i < count; i++) {
        suan_hasher_add(&in, suan_span(jobs[i].in_sha.bytes, SUAN_DIGEST_SIZE));
        suan_hasher_add(&out, suan_span(jobs[i].out_sha[side].bytes, SUAN_DIGEST_SIZE));
    }
    row->in_sha = suan_hasher_finish(&in);
    row->out_sha = suan_hasher_finish(&out);
    suan_hasher_done(&in);
    suan_hasher_done(&out);
}

struct interval {
    struct suan_guest_usage usage;
    uint64_t steal_ns;
};

static enum suan_status read_interval(struct bench_side *side, uint32_t cpu, struct interval *out,
                                      struct suan_error *error)
{
    out->steal_ns = suan_steal_ns(cpu);
    return suan_guest_usage(side->guest, &out->usage, error);
}

/* Adds what a turn took. A worker that died took its clock with it: the wall time of the turn stands in, which
   is never less. */
static void bill(const struct interval *before, const struct interval *after, bool died, int64_t wall_ns,
                 uint32_t cpu, struct suan_row *row)
{
    bool counted = !died && after->usage.cpu_ns >= before->usage.cpu_ns;
    bool same = !died && after->usage.involuntary >= before->usage.involuntary;
    row->cpu = cpu;
    row->wall_ns += wall_ns;
    row->cpu_ns += counted ? (int64_t)(after->usage.cpu_ns - before->usage.cpu_ns) : wall_ns;
    row->steal_ns += (int64_t)(after->steal_ns - before->steal_ns);
    row->nivcsw += same ? (int64_t)(after->usage.involuntary - before->usage.involuntary) : 0;
    row->rss_kib =
        (int64_t)after->usage.peak_kib > row->rss_kib ? (int64_t)after->usage.peak_kib : row->rss_kib;
}

/* The end of a side's turn: frozen. A worker that died is replaced first, unless its plugin does not let it.
 */
static enum suan_status end_turn(struct bench_side *side, const struct bench_batch *batch, bool died,
                                 struct interval *out_after, struct suan_error *error)
{
    struct suan_error failure = {0};
    enum suan_status status = died ? suan_guest_restart(side->guest, &failure) : SUAN_OK;
    if (status == SUAN_OK)
        status = bench_side_freeze(side, batch->cpus, &failure);
    if (status == SUAN_OK)
        status = read_interval(side, batch->cpus->here, out_after, &failure);
    if (status == SUAN_OK)
        return SUAN_OK;
    if (died && bench_is_plugins_fault(status)) {
        note_failure(side, &failure);
        side->broken = true;
        return SUAN_OK;
    }
    if (error != NULL)
        *error = failure;
    return status;
}

enum suan_status bench_side_turn(struct bench_side *side, const struct bench_batch *batch,
                                 struct bench_job *jobs, uint32_t count, struct suan_row *row,
                                 struct suan_error *error)
{
    struct interval before, after = {0};
    struct turn turn = {0};
    if (side->broken)
        return SUAN_OK;
    enum suan_status status = read_interval(side, batch->cpus->here, &before, error);
    if (status == SUAN_OK)
        status = bench_side_thaw(side, batch->cpus, error);
    for (uint32_t i = 0; i < count && status == SUAN_OK; i++) {
        status = call(side, batch, &jobs[i], row, &turn, error);
        if (status == SUAN_OK)
            status = look_again(side, &jobs[i], batch->side, row, error);
    }
    if (status == SUAN_OK)
        status = end_turn(side, batch, turn.died, &after, error);
    if (status != SUAN_OK)
        return status;
    row->calls += count;
    bill(&before, &after, turn.died, turn.wall_ns, batch->cpus->here, row);
    return SUAN_OK;
}

void bench_side_finish(const struct bench_job *jobs, uint32_t count, struct suan_row *row)
{
    if (row->failed > 0 && row->flag == SUAN_ROW_FINE)
        row->flag = SUAN_ROW_FAILED;
    hash_row(jobs, count, row->side, row);
}

enum suan_status bench_side_warm(struct bench_side *side, const struct bench_batch *batch,
                                 struct bench_job *job, uint64_t wall_ns, struct suan_row *row,
                                 struct suan_error *error)
{
    struct interval before, after = {0};
    struct suan_error failure = {0};
    if (side->broken)
        return SUAN_OK;
    enum suan_status status = read_interval(side, batch->cpus->here, &before, error);
    if (status == SUAN_OK)
        status = bench_side_thaw(side, batch->cpus, error);
    if (status != SUAN_OK)
        return status;
    uint64_t start = suan_clock_monotonic_ns(), now = start;
    status = stage(side, batch, job, &failure);
    do {
        if (status == SUAN_OK)
            status = suan_guest_run_staged(side->guest, 0, &failure);
        row->calls++;
        now = suan_clock_monotonic_ns();
    } while (status == SUAN_OK && now - start < wall_ns);
    bool failed = bench_is_plugins_fault(status);
    if (status != SUAN_OK && !failed) {
        if (error != NULL)
            *error = failure;
        return status;
    }
    if (failed) {
        note_failure(side, &failure);
        row->failed = row->calls;
        row->flag = SUAN_ROW_FAILED;
    }
    bool died = status <= SUAN_E_WORKER_CRASHED;
    status = end_turn(side, batch, died, &after, error);
    if (status != SUAN_OK)
        return status;
    hash_row(job, 1, batch->side, row);
    bill(&before, &after, died, (int64_t)(now - start), batch->cpus->here, row);
    return SUAN_OK;
}
