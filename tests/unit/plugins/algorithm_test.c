/* Every algorithm of the library against its task's checker. */
#include <criterion/criterion.h>
#include <criterion/parameterized.h>
#include <math.h>

#include "tables.h"

static struct criterion_test_params algorithm_rows(void)
{
    static struct algorithm_row rows[] = {ALGORITHM_ROWS};
    return cr_make_param_array(struct algorithm_row, rows, sizeof rows / sizeof *rows);
}

struct bout {
    const struct suan_plugin *plugin;
    struct referee referee;
    struct solver solver;
    uint8_t seed[32];
    uint64_t size;
    struct tensors in, out;
};

static void bout_with(struct bout *bout, const struct suan_plugin *plugin, const char *task, uint32_t job,
                      uint64_t size)
{
    *bout = (struct bout){.plugin = plugin, .referee = host_referee(host_load(task)), .size = size};
    bout->solver = host_solver(plugin->algorithm, plugin->descriptor->tasks[0]);
    host_seed(bout->seed, 2, job);
    host_generate(&bout->referee, bout->seed, size, &bout->in);
    cr_assert_eq(host_prepare(&bout->solver, &bout->referee, &bout->in), SUAN_OK, "%s", test_host_error);
    cr_assert_eq(host_run(&bout->solver, &bout->in, bout->referee.task->info->n_out, 0x5a, &bout->out),
                 SUAN_OK, "%s", test_host_error);
}

/* Another job for the same prepared instance. */
static void bout_next(struct bout *bout, uint32_t job, uint64_t size)
{
    host_tensors_done(&bout->in);
    host_tensors_done(&bout->out);
    bout->size = size;
    host_seed(bout->seed, 2, job);
    host_generate(&bout->referee, bout->seed, size, &bout->in);
    cr_assert_eq(host_run(&bout->solver, &bout->in, bout->referee.task->info->n_out, 0x5a, &bout->out),
                 SUAN_OK, "%s", test_host_error);
}

static void bout_begin(struct bout *bout, const struct algorithm_row *row, uint32_t job, uint64_t size)
{
    bout_with(bout, host_load(row->name), row->task, job, size);
}

static void bout_end(struct bout *bout)
{
    host_tensors_done(&bout->in);
    host_tensors_done(&bout->out);
    host_solver_done(&bout->solver);
    host_referee_done(&bout->referee);
}

static void expect_pass(const struct bout *bout)
{
    struct suan_verdict verdict;
    cr_assert_eq(host_check(&bout->referee, bout->seed, bout->size, &bout->in, &bout->out, &verdict),
                 SUAN_OK);
    cr_expect_eq(verdict.pass, 1, "%s, size %lu: %s", bout->plugin->descriptor->id, (unsigned long)bout->size,
                 verdict.reason);
    double bound = bout->plugin->descriptor->error_bound;
    cr_expect(bound < 0 || verdict.error_max <= bound, "%s, size %lu: error %g", bout->plugin->descriptor->id,
              (unsigned long)bout->size, verdict.error_max);
}

static uint64_t stratum_size(const struct suan_task_info *info, uint32_t k)
{
    double share = (double)k / info->n_weights;
    return (uint64_t)((double)info->size_min * pow((double)info->size_max / (double)info->size_min, share));
}

ParameterizedTestParameters(plugins_algorithm, passes_in_every_stratum)
{
    return algorithm_rows();
}
ParameterizedTest(struct algorithm_row *row, plugins_algorithm, passes_in_every_stratum)
{
    struct bout bout;
    bout_begin(&bout, row, 100, 20);
    for (uint32_t k = 0; k <= bout.referee.task->info->n_weights; k++) {
        bout_next(&bout, 100 + k, stratum_size(bout.referee.task->info, k));
        expect_pass(&bout);
    }
    bout_end(&bout);
}

ParameterizedTestParameters(plugins_algorithm, plain_variant_passes)
{
    return algorithm_rows();
}
ParameterizedTest(struct algorithm_row *row, plugins_algorithm, plain_variant_passes)
{
    struct bout bout;
    bout_with(&bout, host_load_plain(row->name), row->task, 200, 20);
    for (uint32_t k = 0; k <= bout.referee.task->info->n_weights; k += 2) {
        bout_next(&bout, 200 + k, stratum_size(bout.referee.task->info, k));
        expect_pass(&bout);
    }
    bout_end(&bout);
}

ParameterizedTestParameters(plugins_algorithm, takes_odd_sizes)
{
    return algorithm_rows();
}
ParameterizedTest(struct algorithm_row *row, plugins_algorithm, takes_odd_sizes)
{
    static const uint64_t sizes[] = {0, 1, 2, 3, 17, 127};
    struct bout bout;
    bout_begin(&bout, row, 300, 20);
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        bout_next(&bout, 300 + (uint32_t)i, sizes[i]);
        expect_pass(&bout);
    }
    bout_end(&bout);
}

ParameterizedTestParameters(plugins_algorithm, run_takes_no_heap)
{
    return algorithm_rows();
}
ParameterizedTest(struct algorithm_row *row, plugins_algorithm, run_takes_no_heap)
{
    struct bout bout;
    bout_begin(&bout, row, 5, 64);
    cr_expect_eq(bout.solver.heap_calls, 0);
    bout_end(&bout);
}

ParameterizedTestParameters(plugins_algorithm, repeats_whatever_lay_in_memory)
{
    return algorithm_rows();
}
ParameterizedTest(struct algorithm_row *row, plugins_algorithm, repeats_whatever_lay_in_memory)
{
    struct bout bout;
    bout_begin(&bout, row, 6, 101);
    struct tensors before, again;
    host_copy(&bout.in, &before);
    cr_assert_eq(host_run(&bout.solver, &bout.in, bout.out.n, 0xc3, &again), SUAN_OK);
    for (uint32_t i = 0; i < again.n; i++) {
        cr_assert_eq(again.shape[i][0], bout.out.shape[i][0]);
        uint64_t bytes = suan_count(&again.t[i]) * again.t[i].dtype.bits / 8;
        cr_expect_arr_eq(again.t[i].data, bout.out.t[i].data, bytes);
    }
    for (uint32_t i = 0; i < before.n; i++)
        cr_expect_arr_eq(before.t[i].data, bout.in.t[i].data, before.capacity[i], "input %u was written", i);
    host_tensors_done(&before);
    host_tensors_done(&again);
    bout_end(&bout);
}

ParameterizedTestParameters(plugins_algorithm, prepares_again)
{
    return algorithm_rows();
}
ParameterizedTest(struct algorithm_row *row, plugins_algorithm, prepares_again)
{
    struct bout bout;
    bout_begin(&bout, row, 7, 50);
    host_tensors_done(&bout.in);
    host_tensors_done(&bout.out);
    host_seed(bout.seed, 99, 1);
    host_generate(&bout.referee, bout.seed, bout.size, &bout.in);
    cr_assert_eq(host_prepare(&bout.solver, &bout.referee, &bout.in), SUAN_OK);
    cr_assert_eq(host_run(&bout.solver, &bout.in, bout.referee.task->info->n_out, 1, &bout.out), SUAN_OK);
    expect_pass(&bout);
    bout_end(&bout);
}

ParameterizedTestParameters(plugins_algorithm, run_before_prepare_is_refused)
{
    return algorithm_rows();
}
ParameterizedTest(struct algorithm_row *row, plugins_algorithm, run_before_prepare_is_refused)
{
    struct bout bout;
    bout_begin(&bout, row, 8, 20);
    struct solver fresh = host_solver(bout.plugin->algorithm, bout.plugin->descriptor->tasks[0]);
    struct tensors out;
    int32_t expected = fresh.algorithm->prepare != NULL ? SUAN_E_STATE : SUAN_OK;
    cr_expect_eq(host_run(&fresh, &bout.in, bout.out.n, 0, &out), expected);
    host_tensors_done(&out);
    host_solver_done(&fresh);
    bout_end(&bout);
}

ParameterizedTestParameters(plugins_algorithm, unknown_task_is_refused)
{
    return algorithm_rows();
}
ParameterizedTest(struct algorithm_row *row, plugins_algorithm, unknown_task_is_refused)
{
    const struct suan_algorithm *algorithm = host_load(row->name)->algorithm;
    struct suan_config config = {.struct_size = sizeof config, .workers = 1, .task = "no.such/1"};
    struct suan_instance *instance = (struct suan_instance *)&config;
    test_host_error[0] = 0;
    cr_expect_eq(algorithm->create(&test_host, NULL, &config, &instance), SUAN_E_TASK);
    cr_expect_null(instance);
    cr_expect(test_host_error[0] != 0);
    algorithm->destroy(NULL);
}

ParameterizedTestParameters(plugins_algorithm, wrong_inputs_are_refused)
{
    return algorithm_rows();
}
ParameterizedTest(struct algorithm_row *row, plugins_algorithm, wrong_inputs_are_refused)
{
    struct bout bout;
    bout_begin(&bout, row, 9, 20);
    uint32_t n_out = bout.out.n;
    struct tensors out;
    for (uint32_t i = 0; i < bout.in.n; i++) {
        struct tensors wrong = bout.in; /* shares the data */
        wrong.t[i].dtype = suan_dtype_of(SUAN_TYPE_C128);
        cr_expect_eq(host_run(&bout.solver, &wrong, n_out, 0, &out), SUAN_E_DTYPE, "input %u", i);
        wrong = bout.in;
        wrong.t[i].ndim = 3;
        wrong.shape[i][2] = wrong.shape[i][1] = 1;
        cr_expect_eq(host_run(&bout.solver, &wrong, n_out, 0, &out), SUAN_E_SHAPE, "input %u", i);
        wrong = bout.in;
        wrong.t[i].device_type = SUAN_DEVICE_CUDA;
        cr_expect_eq(host_run(&bout.solver, &wrong, n_out, 0, &out), SUAN_E_DEVICE, "input %u", i);
    }
    struct tensors fewer = bout.in;
    fewer.n--;
    cr_expect_eq(host_run(&bout.solver, &fewer, n_out, 0, &out), SUAN_E_SHAPE);
    cr_expect_eq(host_run(&bout.solver, &bout.in, n_out + 1, 0, &out), SUAN_E_SHAPE);
    expect_pass(&bout);
    bout_end(&bout);
}
