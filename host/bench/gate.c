/* What a plugin must show before it is timed, and how long its jobs take. */
#include "gate.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "state.h"

enum {
    REPEAT_JOBS = 4,
    REPEAT_TRIES = 3,
    BATCH_QUICK_NS = 10000000,
    BATCH_FULL_NS = 20000000,
    AA_QUICK_NS = 500000000, /* of a block, for each size */
    AA_FULL_NS = 2000000000,
    PAIRS_MIN = 2
};

static struct bench_batch batch_of(struct bench_session *session, int side)
{
    return (struct bench_batch){
        .master = &session->master, .cpus = &session->cpus, .side = (enum suan_row_side)side};
}

static struct suan_row row_of(const struct bench_session *session, uint32_t group, int side)
{
    return (struct suan_row){
        .phase = SUAN_PHASE_MAIN, .n = session->sizes[group], .side = (enum suan_row_side)side};
}

/* --- R29, and timing ---------------------------------------------------------------------------------- */

/* What one job costs each party, wall time. */
struct timing {
    uint64_t make_ns, side_ns[2], check_ns;
};

static void plan_batches(struct bench_session *session, uint32_t group, const struct timing *timing)
{
    uint64_t slower = timing->side_ns[0] > timing->side_ns[1] ? timing->side_ns[0] : timing->side_ns[1];
    uint64_t target = session->m->mode == SUAN_MODE_QUICK ? BATCH_QUICK_NS : BATCH_FULL_NS;
    uint64_t calls = slower > 0 ? (target + slower - 1) / slower : BENCH_CALLS_MAX;
    session->calls[group] = (uint32_t)(calls < 1 ? 1 : calls > BENCH_CALLS_MAX ? BENCH_CALLS_MAX : calls);
    session->pair_ns[group] = session->calls[group] *
                              (timing->make_ns + timing->side_ns[0] + timing->side_ns[1] + timing->check_ns);
}

/* Two jobs on each side; then their answers are judged. The second is timed: the first touches memory anew. */
static enum suan_status probe(struct bench_session *session, uint32_t group, struct timing *out,
                              struct suan_error *error)
{
    struct suan_job_name name = {.series = BENCH_SERIES_GATE, .group = group};
    struct suan_row rows[2] = {row_of(session, group, 0), row_of(session, group, 1)};
    SUAN_CLEANUP(bench_jobs_done) struct bench_jobs jobs = {0};
    uint64_t start = suan_clock_monotonic_ns();
    enum suan_status status = bench_jobs_make(session, &name, session->sizes[group], 2, &jobs, error);
    out->make_ns = (suan_clock_monotonic_ns() - start) / 2;
    for (int side = 0; side < 2 && status == SUAN_OK; side++) {
        struct bench_batch batch = batch_of(session, side);
        for (int turn = 0; turn < 2 && status == SUAN_OK; turn++) {
            int64_t before = rows[side].wall_ns;
            status = bench_side_turn(&session->sides[side], &batch, &jobs.items[turn], 1, &rows[side], error);
            out->side_ns[side] = (uint64_t)(rows[side].wall_ns - before);
        }
    }
    if (status != SUAN_OK)
        return status;
    for (uint32_t i = 0; i < jobs.count && status == SUAN_OK; i++) {
        struct bench_jobs one = {.items = &jobs.items[i], .count = 1};
        start = suan_clock_monotonic_ns();
        status = bench_jobs_judge(session, &one, SUAN_STATE_WARM, group, rows, error);
        out->check_ns = suan_clock_monotonic_ns() - start;
    }
    if (status == SUAN_OK && rows[1].failed > 0)
        bench_end(session, SUAN_OUTCOME_FAILED, session->sides[1].failure);
    return status;
}

static enum suan_status check_sizes(struct bench_session *session, struct suan_error *error)
{
    char detail[200];
    for (uint32_t group = 0; group < session->plan.sizes; group++) {
        struct timing timing = {0};
        enum suan_status status = probe(session, group, &timing, error);
        if (status != SUAN_OK)
            return status;
        if (session->ended) {
            suan_measurement_check(session->m, "R29", SUAN_CHECK_FAIL, session->m->reason);
            return SUAN_OK;
        }
        plan_batches(session, group, &timing);
    }
    snprintf(detail, sizeof detail, "right in %u sizes from %llu to %llu", session->plan.sizes,
             (unsigned long long)session->sizes[0],
             (unsigned long long)session->sizes[session->plan.sizes - 1]);
    suan_measurement_check(session->m, "R29", SUAN_CHECK_PASS, detail);
    return SUAN_OK;
}

/* As many as fill AA_NS of a block, but not fewer than the main series has, nor more than four times as many. */
static uint32_t aa_pairs(const struct bench_session *session, uint32_t group)
{
    uint64_t span = session->m->mode == SUAN_MODE_QUICK ? AA_QUICK_NS : AA_FULL_NS;
    uint64_t fill = session->pair_ns[group] > 0 ? span / session->pair_ns[group] : SUAN_ROW_PAIRS_MAX;
    uint32_t least = session->plan.pairs, most = 4 * least;
    most = most < SUAN_ROW_PAIRS_MAX ? most : SUAN_ROW_PAIRS_MAX;
    return fill < least ? least : fill > most ? most : (uint32_t)fill;
}

/* What the session takes with the pairs so far; `out_longest` are the pairs to take one from, if there are any. */
static uint64_t session_cost(struct bench_session *session, uint32_t **out_longest)
{
    const uint64_t blocks[2] = {session->plan.looks[0], session->plan.aa_blocks};
    uint64_t total = (blocks[0] + blocks[1]) * (session->open_ns + 2 * (uint64_t)BENCH_WARM_NS);
    uint64_t most = 0;
    *out_longest = NULL;
    for (uint32_t i = 0; i < 2 * session->plan.sizes; i++) {
        uint32_t group = i / 2;
        uint32_t *pairs = i % 2 == 0 ? &session->pairs[group] : &session->aa_pairs[group];
        uint64_t cost = blocks[i % 2] * *pairs * session->pair_ns[group];
        total += cost;
        if (cost > most && *pairs > PAIRS_MIN) {
            most = cost;
            *out_longest = pairs;
        }
    }
    return total;
}

/* Long jobs get fewer pairs in a block, so that a session reaches its first look in time: with room for more looks,
   if it may have more. */
static void plan_pairs(struct bench_session *session)
{
    uint64_t room = session->plan.n_looks > 1 ? session->budget_ns / 2 : session->budget_ns / 6 * 5;
    uint32_t *longest, places[2];
    suan_derive_aa_sizes(session->plan.sizes, places);
    for (uint32_t g = 0; g < session->plan.sizes; g++)
        session->pairs[g] = session->plan.pairs;
    for (int i = 0; i < 2; i++)
        session->aa_pairs[places[i]] = aa_pairs(session, places[i]);
    while (session_cost(session, &longest) > room && longest != NULL)
        (*longest)--;
}

/* --- R36, R37, R39 ------------------------------------------------------------------------------------ */

static void check_read_only(struct bench_session *session)
{
    const struct suan_isolation_report *report = suan_engine_report(session->request->engine);
    for (int i = 0; i < SUAN_ISOLATION_LAYERS; i++) {
        if (report->layers[i].name == NULL || strcmp(report->layers[i].name, "seals") != 0)
            continue;
        bool verified = report->layers[i].verified;
        suan_measurement_check(session->m, "R36", verified ? SUAN_CHECK_PASS : SUAN_CHECK_SKIP,
                               verified ? "inputs lie in sealed memory that the worker maps read-only"
                                        : "sealing could not be verified");
        return;
    }
    suan_measurement_check(session->m, "R36", SUAN_CHECK_SKIP, "the engine reports no sealing layer");
}

/* The same inputs under two poisons; both outputs must pass. The second job differs in its call number alone.
 */
static enum suan_status check_poison(struct bench_session *session, struct suan_error *error)
{
    uint32_t group = session->plan.sizes / 2;
    struct suan_job_name name = {.series = BENCH_SERIES_GATE, .group = group, .pair = 1};
    struct bench_batch batch = batch_of(session, 1);
    struct suan_row rows[2] = {row_of(session, group, 0), row_of(session, group, 1)};
    bool equal = true, was_over = session->ended;
    struct suan_digest first = {{0}};
    for (uint32_t turn = 0; turn < 2 && !session->ended; turn++) {
        SUAN_CLEANUP(bench_jobs_done) struct bench_jobs jobs = {0};
        enum suan_status status = bench_jobs_make(session, &name, session->sizes[group], 1, &jobs, error);
        if (status != SUAN_OK)
            return status;
        jobs.items[0].name.call = turn;
        status = bench_side_turn(&session->sides[1], &batch, jobs.items, 1, &rows[1], error);
        if (status == SUAN_OK)
            status = bench_jobs_judge(session, &jobs, SUAN_STATE_WARM, group, rows, error);
        if (status != SUAN_OK)
            return status;
        equal &= turn == 0 || suan_digest_equal(&first, &jobs.items[0].out_sha[1]);
        first = jobs.items[0].out_sha[1];
    }
    bool failed = !was_over && (session->ended || rows[1].failed > 0);
    suan_measurement_check(session->m, "R37", failed ? SUAN_CHECK_FAIL : SUAN_CHECK_PASS,
                           failed  ? "an answer depends on what the output held before"
                           : equal ? "two poisons, the same bytes"
                                   : "two poisons, both answers right");
    if (rows[1].failed > 0)
        bench_end(session, SUAN_OUTCOME_FAILED, session->sides[1].failure);
    return SUAN_OK;
}

enum spoil { SPOIL_DTYPE, SPOIL_RANK, SPOIL_COUNT, SPOILS };

/* True if the plugin, or the host before it, refuses the spoiled inputs with a status and the worker lives.
 */
static bool refuses(struct bench_session *session, struct bench_job *job, enum spoil spoil)
{
    struct suan_guest *guest = session->sides[1].guest;
    struct suan_tensor in[SUAN_MAX_PORTS];
    struct suan_error failure = {0};
    struct suan_guest_stage place = {0};
    struct bench_tensors out;
    int64_t shape[SUAN_MAX_RANK + 1] = {0}, strides[SUAN_MAX_RANK + 1] = {0};
    uint32_t which = session->task.info->n_prepared < job->in.count ? session->task.info->n_prepared : 0;
    uint32_t count = job->in.count - (spoil == SPOIL_COUNT ? 1 : 0);
    memcpy(in, job->in.items, sizeof in);
    if (spoil == SPOIL_DTYPE)
        in[which].dtype = (struct suan_dtype){.code = SUAN_DTYPE_INT, .bits = 8, .lanes = 1};
    if (spoil == SPOIL_RANK) {
        memcpy(shape + 1, job->in.shapes[which], SUAN_MAX_RANK * sizeof shape[0]);
        memcpy(strides + 1, job->in.strides[which], SUAN_MAX_RANK * sizeof strides[0]);
        shape[0] = 1;
        strides[0] = (int64_t)(bench_tensor_bytes(&in[which]) / (in[which].dtype.bits / 8));
        in[which].shape = shape;
        in[which].strides = strides;
        in[which].ndim++;
    }
    bench_tensors_init(&out, session->task.info->n_out);
    enum suan_status status = suan_guest_stage(guest, in, count, out.items, out.count, &place, &failure);
    if (status == SUAN_OK)
        status = suan_guest_run_staged(guest, 0, &failure);
    return status != SUAN_OK && status > SUAN_E_WORKER_CRASHED;
}

static enum suan_status check_refusals(struct bench_session *session, struct suan_error *error)
{
    static const char *const names[SPOILS] = {"a wrong element type", "a wrong rank", "a missing input"};
    struct suan_job_name name = {.series = BENCH_SERIES_GATE, .pair = 2};
    SUAN_CLEANUP(bench_jobs_done) struct bench_jobs jobs = {0};
    char detail[128] = "wrong type, rank and count are refused with a status";
    enum suan_check_result result = SUAN_CHECK_PASS;
    enum suan_status status = bench_jobs_make(session, &name, session->sizes[0], 1, &jobs, error);
    if (status == SUAN_OK)
        status = bench_side_thaw(&session->sides[1], &session->cpus, error);
    if (status != SUAN_OK)
        return status;
    for (int spoil = 0; spoil < SPOILS && result == SUAN_CHECK_PASS; spoil++) {
        if (refuses(session, &jobs.items[0], (enum spoil)spoil))
            continue;
        result = SUAN_CHECK_FAIL;
        snprintf(detail, sizeof detail, "%s is not refused", names[spoil]);
        bench_end(session, SUAN_OUTCOME_FAILED, detail);
    }
    suan_measurement_check(session->m, "R39", result, detail);
    return bench_side_freeze(&session->sides[1], &session->cpus, error);
}

/* --- repeated inputs ---------------------------------------------------------------------------------- */

/* Costs of answering the jobs for the first time, and again. Caches are evicted before each call: that the
   processor is quicker the second time is no fault. */
static enum suan_status time_repeat(struct bench_session *session, uint32_t turn, int64_t *out_first,
                                    int64_t *out_again, struct suan_error *error)
{
    uint32_t group = session->plan.sizes / 2;
    struct suan_job_name name = {.series = BENCH_SERIES_GATE, .group = group, .pair = 10 + turn};
    struct bench_batch batch = batch_of(session, 1);
    struct suan_row rows[2] = {row_of(session, group, 1), row_of(session, group, 1)};
    batch.evict_bytes = session->evict_bytes;
    batch.evict = session->evict;
    for (int again = 0; again < 2; again++) {
        SUAN_CLEANUP(bench_jobs_done) struct bench_jobs jobs = {0};
        enum suan_status status =
            bench_jobs_make(session, &name, session->sizes[group], REPEAT_JOBS, &jobs, error);
        if (status == SUAN_OK)
            status =
                bench_side_turn(&session->sides[1], &batch, jobs.items, REPEAT_JOBS, &rows[again], error);
        if (status != SUAN_OK)
            return status;
    }
    *out_first = rows[0].cpu_ns;
    *out_again = rows[1].cpu_ns;
    return SUAN_OK;
}

/* Chance may slow one first round down; it will hardly do so three times. */
static enum suan_status check_repeat(struct bench_session *session, struct suan_error *error)
{
    char detail[128];
    int64_t first = 0, again = 0;
    bool faster = true;
    for (uint32_t turn = 0; turn < REPEAT_TRIES && faster; turn++) {
        enum suan_status status = time_repeat(session, turn, &first, &again, error);
        if (status != SUAN_OK)
            return status;
        faster = again < first - first / 10;
    }
    snprintf(detail, sizeof detail, "%d inputs: %lld ns at first, %lld ns again", REPEAT_JOBS,
             (long long)first, (long long)again);
    suan_measurement_check(session->m, "repeat", faster ? SUAN_CHECK_FAIL : SUAN_CHECK_PASS, detail);
    if (faster)
        session->m->flags |= SUAN_REMARK_STATEFUL;
    return SUAN_OK;
}

typedef enum suan_status step(struct bench_session *session, struct suan_error *error);

enum suan_status bench_gate(struct bench_session *session, struct suan_error *error)
{
    static step *const steps[] = {check_sizes, check_poison, check_refusals, check_repeat};
    uint64_t start = suan_clock_monotonic_ns();
    enum suan_status status = bench_open_sides(session, BENCH_SERIES_GATE, 0, error);
    session->open_ns = suan_clock_monotonic_ns() - start;
    check_read_only(session);
    for (size_t i = 0; i < sizeof steps / sizeof steps[0] && status == SUAN_OK && !bench_is_over(session);
         i++) {
        bench_report(session, "gate", i, sizeof steps / sizeof steps[0]);
        status = steps[i](session, error);
    }
    bench_close_sides(session);
    plan_pairs(session);
    return status;
}
