/* Loading and calling: in a worker and in process, with every kind of tensor, and through every bad end. */
#include <criterion/criterion.h>
#include <pthread.h>
#include <stdatomic.h>
#include <string.h>

#include "stand.h"

static struct stand stand;

static void begin(void)
{
    stand_new(&stand);
}

static void end(void)
{
    stand_done(&stand);
}

TestSuite(call, .init = begin, .fini = end);

static const int32_t levels[] = {SUAN_LEVEL_DEFAULT, SUAN_LEVEL_INPROCESS};

Test(call, answers_in_a_worker_and_in_process_alike)
{
    stand_must_open(&stand);
    for (size_t i = 0; i < 2; i++) {
        struct suan_solver *solver = stand_must_load(&stand, TASK, levels[i], 0);
        cr_expect_str_eq(suan_solver_release(solver)->name, "toy-next");
        for (int64_t n = 1; n <= 300; n += 37)
            cr_expect_eq(stand_call(&stand, solver, n, 0), SUAN_OK, "%s", stand.error.message);
        cr_expect_eq(strncmp(suan_solver_level(solver), "NONE", 4) == 0, i == 1);
        suan_unload(solver);
    }
}

/* --- tensors ------------------------------------------------------------------------------------------ */

/* Data 0, 1, 2 … that lies at any offset and stride. */
struct layout {
    size_t bytes_off; /* of `data` from an aligned place */
    uint64_t byte_offset;
    int64_t stride;
    size_t out_off; /* of the output, in items */
};
static const struct layout layouts[] = {
    {0, 0, 1, 0}, {8, 0, 1, 0}, {0, 24, 1, 1}, {8, 8, 3, 0}, {0, 0, 2, 3}};

static int32_t call_laid_out(struct suan_solver *solver, const struct layout *layout, bool *out_right)
{
    enum { N = 100, ROOM = 4 * N + 64 };
    _Alignas(64) char memory[ROOM * 8];
    _Alignas(64) int64_t sums[N + 8];
    int64_t shape[] = {N}, strides[] = {layout->stride};
    memset(sums, 0x77, sizeof sums);
    for (int64_t i = 0; i < N; i++)
        memcpy(memory + layout->bytes_off + layout->byte_offset + 8 * i * layout->stride, &i, 8);
    struct suan_tensor in[] = {
        SUAN_VIEW1(SUAN_I64, stand_table(), TABLE_SIZE),
        {memory + layout->bytes_off, SUAN_DEVICE_CPU, 0, 1, SUAN_I64, shape, strides, layout->byte_offset}};
    struct suan_tensor out[] = {SUAN_VIEW1(SUAN_I64, sums, N)};
    out[0].byte_offset = 8 * layout->out_off;
    int32_t status = suan_call(solver, in, 2, out, 1, 0, &stand.error);
    *out_right = stand_is_right(sums + layout->out_off, N);
    for (size_t i = 0; i < N + 8; i++) /* nothing beside the output was touched */
        *out_right &= (i >= layout->out_off && i < layout->out_off + N) || sums[i] == 0x7777777777777777;
    return status;
}

Test(call, tensors_may_lie_anyhow)
{
    stand_must_open(&stand);
    for (size_t i = 0; i < 2; i++) {
        struct suan_solver *solver = stand_must_load(&stand, "toy-fast", levels[i], 0);
        for (size_t row = 0; row < sizeof layouts / sizeof layouts[0]; row++) {
            bool right = false;
            cr_expect_eq(call_laid_out(solver, &layouts[row], &right), SUAN_OK, "level %d row %zu: %s",
                         levels[i], row, stand.error.message);
            cr_expect(right, "level %d row %zu", levels[i], row);
        }
        suan_unload(solver);
    }
}

Test(call, prepared_tensors_may_lie_anyhow)
{
    _Alignas(64) int64_t room[2 * TABLE_SIZE + 1], data[] = {0, 1, 2, 3}, sums[4];
    stand_must_open(&stand);
    for (int64_t stride = 1; stride <= 2; stride++) {
        struct suan_tensor in[] = {SUAN_VIEW1(SUAN_I64, room + 1, TABLE_SIZE), SUAN_VIEW1(SUAN_I64, data, 4)};
        struct suan_tensor out[] = {SUAN_VIEW1(SUAN_I64, sums, 4)};
        struct suan_load_options options = SUAN_LOAD_OPTIONS_INIT;
        struct suan_solver *solver = NULL;
        in[0].strides[0] = stride;
        for (int i = 0; i < TABLE_SIZE; i++)
            room[1 + i * stride] = stand_table()[i];
        options.level = SUAN_LEVEL_INPROCESS;
        options.prepared = in;
        options.n_prepared = 1;
        cr_assert_eq(suan_load(stand.library, TASK, &options, &solver, &stand.error), SUAN_OK, "%s",
                     stand.error.message);
        cr_expect_eq(suan_call(solver, in, 2, out, 1, 0, &stand.error), SUAN_OK, "%s", stand.error.message);
        cr_expect(stand_is_right(sums, 4));
        suan_unload(solver);
    }
}

Test(call, impossible_tensors_are_refused)
{
    _Alignas(64) int64_t data[4] = {0}, sums[4];
    stand_must_open(&stand);
    for (size_t i = 0; i < 2; i++) {
        struct suan_solver *solver = stand_must_load(&stand, TASK, levels[i], 0);
        struct suan_tensor in[] = {SUAN_VIEW1(SUAN_I64, stand_table(), TABLE_SIZE),
                                   SUAN_VIEW1(SUAN_I64, data, 4)};
        struct suan_tensor out[] = {SUAN_VIEW1(SUAN_I64, sums, 4)};
        cr_expect_eq(suan_call(solver, in, 1, out, 1, 0, NULL), SUAN_E_SHAPE);
        cr_expect_eq(suan_call(solver, in, 2, out, 0, 0, NULL), SUAN_E_SHAPE);
        cr_expect_eq(suan_call(solver, in, 99, out, 1, 0, NULL), SUAN_E_SHAPE);
        in[1].shape[0] = -1;
        cr_expect_eq(suan_call(solver, in, 2, out, 1, 0, NULL), SUAN_E_SHAPE);
        in[1].shape[0] = INT64_MAX;
        cr_expect_eq(suan_call(solver, in, 2, out, 1, 0, NULL), SUAN_E_SHAPE);
        in[1].shape[0] = 4;
        in[1].ndim = 9;
        cr_expect_eq(suan_call(solver, in, 2, out, 1, 0, NULL), SUAN_E_SHAPE);
        in[1].ndim = 1;
        in[1].dtype = SUAN_F64;
        cr_expect_neq(suan_call(solver, in, 2, out, 1, 0, NULL), SUAN_OK);
        in[1].dtype = SUAN_I64;
        out[0].shape[0] = 3;
        cr_expect_eq(suan_call(solver, in, 2, out, 1, 0, NULL), SUAN_E_SHAPE);
        out[0].shape[0] = 4;
        cr_expect_eq(suan_call(solver, in, 2, out, 1, 0, &stand.error), SUAN_OK, "%s", stand.error.message);
        suan_unload(solver);
    }
}

Test(call, infer_states_the_shapes)
{
    int64_t data[5] = {0}, shape[8] = {0};
    struct suan_tensor in[] = {SUAN_VIEW1(SUAN_I64, stand_table(), TABLE_SIZE),
                               SUAN_VIEW1(SUAN_I64, data, 5)};
    struct suan_tensor out[] = {{.shape = shape}};
    stand_must_open(&stand);
    for (size_t i = 0; i < 2; i++) {
        struct suan_solver *solver = stand_must_load(&stand, TASK, levels[i], 0);
        memset(shape, 0, sizeof shape);
        cr_expect_eq(suan_infer(solver, in, 2, out, 1, &stand.error), SUAN_OK, "%s", stand.error.message);
        cr_expect_eq(out[0].ndim, 1);
        cr_expect_eq(shape[0], 5);
        cr_expect_eq(suan_infer(solver, in, 0, out, 1, NULL), SUAN_E_SHAPE);
        suan_unload(solver);
    }
}

/* --- loading ------------------------------------------------------------------------------------------ */

Test(call, what_is_prepared_must_be_given)
{
    struct suan_tensor tensors[] = {SUAN_VIEW1(SUAN_I64, stand_table(), TABLE_SIZE),
                                    SUAN_VIEW1(SUAN_I64, stand_table(), TABLE_SIZE)};
    struct suan_load_options options = SUAN_LOAD_OPTIONS_INIT;
    struct suan_solver *solver = NULL;
    stand_must_open(&stand);
    for (size_t i = 0; i < 2; i++) {
        options.level = levels[i];
        options.prepared = NULL;
        options.n_prepared = 0;
        cr_expect_eq(suan_load(stand.library, TASK, &options, &solver, NULL), SUAN_E_SHAPE);
        options.prepared = tensors;
        options.n_prepared = 2;
        cr_expect_eq(suan_load(stand.library, TASK, &options, &solver, NULL), SUAN_E_SHAPE);
        options.n_prepared = 99;
        cr_expect_eq(suan_load(stand.library, TASK, &options, &solver, NULL), SUAN_E_SHAPE);
    }
}

static const struct {
    const char *what, *trust_from, *trust_to;
    uint64_t flags;
    int32_t level, status;
    const char *code;
} refusals[] = {
    {"toy-fast", NULL, NULL, SUAN_OPEN_INPROCESS, SUAN_LEVEL_INPROCESS, SUAN_OK, ""},
    {"toy-fast", NULL, NULL, 0, SUAN_LEVEL_INPROCESS, SUAN_E_PERMISSION, "inprocess.flag"},
    {"toy-fast", "\"vetted\"", "\"never\"", SUAN_OPEN_INPROCESS, SUAN_LEVEL_INPROCESS, SUAN_E_PERMISSION,
     "inprocess.trust"},
    {"toy-thin@1.0.0", NULL, NULL, SUAN_OPEN_INPROCESS, SUAN_LEVEL_INPROCESS, SUAN_E_PERMISSION,
     "inprocess.unvetted"},
    {"toy-thin@1.0.0", NULL, NULL, 0, SUAN_LEVEL_DEFAULT, SUAN_OK, ""},
    {"toy-gone@1.0.0", NULL, NULL, 0, SUAN_LEVEL_DEFAULT, SUAN_E_REFUSED, "release.revoked"},
    {"toy-fast", NULL, NULL, 0, SUAN_LEVEL_REDUCED, SUAN_E_ISOLATION, "level.reduced"},
    {"toy-fast", NULL, NULL, 0, 7, SUAN_E_USAGE, "level"},
    {"toy-fast", NULL, NULL, 0, -2, SUAN_E_USAGE, "level"},
};

Test(call, who_may_be_loaded_where)
{
    for (size_t i = 0; i < sizeof refusals / sizeof refusals[0]; i++) {
        struct stand one;
        struct suan_solver *solver = NULL;
        stand_new(&one);
        if (refusals[i].trust_from != NULL)
            stand_change_trust(&one, refusals[i].trust_from, refusals[i].trust_to);
        cr_assert_eq(stand_open(&one, refusals[i].flags), SUAN_OK, "%s", one.error.message);
        cr_expect_eq(stand_load(&one, refusals[i].what, refusals[i].level, 0, &solver), refusals[i].status,
                     "row %zu: %s", i, one.error.message);
        cr_expect_str_eq(one.error.code != NULL ? one.error.code : "", refusals[i].code, "row %zu", i);
        suan_unload(solver);
        stand_done(&one);
    }
}

Test(call, the_contract_says_what_a_task_takes)
{
    struct suan_contract *contract = NULL;
    stand_must_open(&stand);
    cr_assert_eq(suan_contract_open(stand.library, TASK, &contract, &stand.error), SUAN_OK, "%s",
                 stand.error.message);
    cr_expect_str_eq(suan_contract_task(contract), TASK);
    cr_expect_eq(suan_contract_info(contract)->n_in, 2);
    cr_expect_str_eq(suan_contract_info(contract)->in[1].name, "data");
    suan_contract_free(contract);
    cr_expect_eq(suan_contract_open(stand.library, "no.such-task/1", &contract, NULL), SUAN_E_NOT_FOUND);
    cr_expect_eq(suan_contract_open(stand.library, "nobody", &contract, NULL), SUAN_E_NOT_FOUND);
}

/* --- bad ends ----------------------------------------------------------------------------------------- */

enum { CRASH = 1, HANG, LEAVE, WRONG, FAIL };
static const struct {
    uint64_t seed;
    int32_t status;
} ends[] = {{CRASH, SUAN_E_WORKER_CRASHED},
            {HANG, SUAN_E_WORKER_TIMEOUT},
            {LEAVE, SUAN_E_WORKER_CRASHED},
            {FAIL, SUAN_E_NUMERIC}};

Test(call, survives_what_a_plugin_does_and_goes_on)
{
    stand_must_open(&stand);
    for (size_t i = 0; i < sizeof ends / sizeof ends[0]; i++) {
        struct suan_solver *bad = stand_must_load(&stand, "toy-fast", SUAN_LEVEL_DEFAULT, ends[i].seed);
        struct suan_solver *good = stand_must_load(&stand, "toy-fast", SUAN_LEVEL_DEFAULT, 0);
        for (int again = 0; again < 2; again++) { /* the second time by a fresh worker */
            cr_expect_eq(stand_call(&stand, bad, 20, 400), ends[i].status, "end %zu: %s", i,
                         stand.error.message);
            cr_expect_eq(stand_call(&stand, good, 20, 0), SUAN_OK, "%s", stand.error.message);
        }
        suan_unload(bad);
        suan_unload(good);
    }
}

static atomic_bool returned;

static void *cancel_until_returned(void *context)
{
    while (!atomic_load(&returned))
        suan_cancel(context);
    return NULL;
}

Test(call, is_cancelled_from_another_thread)
{
    pthread_t thread;
    stand_must_open(&stand);
    struct suan_solver *solver = stand_must_load(&stand, "toy-fast", SUAN_LEVEL_DEFAULT, HANG);
    cr_assert_eq(pthread_create(&thread, NULL, cancel_until_returned, solver), 0);
    cr_expect_eq(stand_call(&stand, solver, 20, 20000), SUAN_E_CANCELLED, "%s", stand.error.message);
    atomic_store(&returned, true);
    pthread_join(thread, NULL);
    suan_unload(solver);
}
