/* What every task must offer: rows T56 to T63, on each task of the library. */
#include <criterion/criterion.h>
#include <criterion/parameterized.h>
#include <math.h>

#include "tables.h"

enum { SEEDS = 200, RANDOM_OUTPUTS = 200, N_STRATA_MAX = 16 };

static struct criterion_test_params task_rows(void)
{
    static struct algorithm_row rows[] = {TASK_ROWS};
    return cr_make_param_array(struct algorithm_row, rows, sizeof rows / sizeof *rows);
}

/* A task, its incumbent, one job and the incumbent's answer to it. */
struct bout {
    struct referee referee;
    struct solver incumbent;
    uint8_t seed[32];
    uint64_t size;
    struct tensors in, out;
};

static void bout_begin(struct bout *bout, const char *task, uint32_t job, uint64_t size)
{
    const struct suan_plugin *plugin = host_load(task);
    *bout = (struct bout){.referee = host_referee(plugin), .size = size};
    bout->incumbent = host_solver(plugin->task->incumbent, plugin->descriptor->tasks[0]);
    host_seed(bout->seed, 1, job);
    host_generate(&bout->referee, bout->seed, size, &bout->in);
    cr_assert_eq(host_prepare(&bout->incumbent, &bout->referee, &bout->in), SUAN_OK);
    cr_assert_eq(host_run(&bout->incumbent, &bout->in, plugin->task->info->n_out, 0x5a, &bout->out), SUAN_OK);
}

static void bout_end(struct bout *bout)
{
    host_tensors_done(&bout->in);
    host_tensors_done(&bout->out);
    host_solver_done(&bout->incumbent);
    host_referee_done(&bout->referee);
}

static struct suan_verdict verdict_on(const struct bout *bout, const struct tensors *out)
{
    struct suan_verdict verdict;
    cr_assert_eq(host_check(&bout->referee, bout->seed, bout->size, &bout->in, out, &verdict), SUAN_OK);
    return verdict;
}

static uint64_t small_size(const char *task)
{
    const struct suan_task_info *info = host_load(task)->task->info;
    return (uint64_t)sqrt((double)info->size_min * (double)info->size_max);
}

static uint64_t fingerprint(const struct tensors *tensors, uint32_t first, uint32_t end)
{
    uint64_t hash = UINT64_C(1469598103934665603);
    for (uint32_t i = first; i < end; i++)
        for (uint64_t b = 0; b < tensors->capacity[i]; b++)
            hash = (hash ^ ((const uint8_t *)tensors->t[i].data)[b]) * UINT64_C(1099511628211);
    return hash;
}

ParameterizedTestParameters(plugins_task, info_is_valid)
{
    return task_rows();
}
ParameterizedTest(struct algorithm_row *row, plugins_task, info_is_valid)
{
    const struct suan_task_info *info = host_load(row->name)->task->info;
    uint64_t sum = 0;
    for (uint32_t i = 0; i < info->n_weights; i++)
        sum += info->weights_ppm[i];
    cr_expect_eq(sum, 1000000);
    cr_expect(info->size_max >= 100 * info->size_min);
    cr_expect(info->size_port < info->n_in && info->n_prepared < info->n_in);
    cr_expect(info->n_in <= SUAN_MAX_PORTS && info->n_out >= 1 && info->n_out <= SUAN_MAX_PORTS);
    cr_expect(info->unit_jobs > 0 && info->jobs_per_load > 0);
}

ParameterizedTestParameters(plugins_task, same_seed_gives_same_bytes)
{
    return task_rows();
}
ParameterizedTest(struct algorithm_row *row, plugins_task, same_seed_gives_same_bytes)
{
    struct referee one = host_referee(host_load(row->name)), two = host_referee(host_load_plain(row->name));
    uint8_t seed[32], other[32];
    host_seed(seed, 3, 4);
    host_seed(other, 5, 6);
    uint64_t size = small_size(row->name);
    struct tensors first, between, second;
    host_generate(&one, seed, size, &first);
    host_generate(&two, other, size + 1, &between);
    host_generate(&two, seed, size, &second);
    for (uint32_t i = 0; i < first.n; i++) {
        cr_assert_eq(first.capacity[i], second.capacity[i]);
        cr_expect_arr_eq(first.t[i].data, second.t[i].data, first.capacity[i]);
    }
    host_tensors_done(&first);
    host_tensors_done(&second);
    host_tensors_done(&between);
    host_referee_done(&one);
    host_referee_done(&two);
}

ParameterizedTestParameters(plugins_task, load_part_alone_decides_what_is_prepared)
{
    return task_rows();
}
ParameterizedTest(struct algorithm_row *row, plugins_task, load_part_alone_decides_what_is_prepared)
{
    struct referee referee = host_referee(host_load(row->name));
    uint32_t n = referee.task->info->n_prepared;
    uint8_t seed[32], same_load[32];
    host_seed(seed, 3, 4);
    memcpy(same_load, seed, 16);
    memset(same_load + 16, 0x77, 16);
    struct tensors a;
    host_generate(&referee, seed, small_size(row->name), &a);
    struct tensors b;
    host_generate(&referee, same_load, small_size(row->name) / 2, &b);
    cr_expect_eq(fingerprint(&a, 0, n), fingerprint(&b, 0, n));
    cr_expect_neq(fingerprint(&a, n, a.n), fingerprint(&b, n, b.n));
    host_tensors_done(&a);
    host_tensors_done(&b);
    host_referee_done(&referee);
}

ParameterizedTestParameters(plugins_task, no_two_seeds_give_one_input)
{
    return task_rows();
}
ParameterizedTest(struct algorithm_row *row, plugins_task, no_two_seeds_give_one_input)
{
    struct referee referee = host_referee(host_load(row->name));
    uint64_t seen[SEEDS];
    for (uint32_t s = 0; s < SEEDS; s++) {
        uint8_t seed[32];
        host_seed(seed, 1, s);
        struct tensors in;
        host_generate(&referee, seed, referee.task->info->size_min, &in);
        seen[s] = fingerprint(&in, referee.task->info->n_prepared, in.n);
        host_tensors_done(&in);
        for (uint32_t t = 0; t < s; t++)
            cr_assert_neq(seen[s], seen[t], "seeds %u and %u", t, s);
    }
    host_referee_done(&referee);
}

ParameterizedTestParameters(plugins_task, incumbent_passes_in_every_stratum)
{
    return task_rows();
}
ParameterizedTest(struct algorithm_row *row, plugins_task, incumbent_passes_in_every_stratum)
{
    const struct suan_task_info *info = host_load(row->name)->task->info;
    for (uint32_t k = 0; k <= info->n_weights; k++) {
        double share = (double)k / info->n_weights;
        uint64_t size =
            (uint64_t)((double)info->size_min * pow((double)info->size_max / (double)info->size_min, share));
        struct bout bout;
        bout_begin(&bout, row->name, 100 + k, size);
        struct suan_verdict verdict = verdict_on(&bout, &bout.out);
        cr_expect_eq(verdict.pass, 1, "size %lu: %s", (unsigned long)size, verdict.reason);
        cr_expect(verdict.wrong == 0 && verdict.checked > 0 && verdict.essential_bytes > 0 &&
                  verdict.reason[0] == 0);
        cr_expect(verdict.error_q50 <= verdict.error_max && verdict.error_q99 <= verdict.error_max);
        cr_expect(verdict.error_max <= info->error_floor, "%g", verdict.error_max);
        cr_expect_eq(bout.incumbent.heap_calls, 0);
        bout_end(&bout);
    }
}

/* --- answers that must be refused --------------------------------------------------------------------- */

static double element(const struct suan_tensor *tensor, uint64_t i)
{
    switch (suan_type_of(&tensor->dtype)) {
    case SUAN_TYPE_F64: return ((const double *)tensor->data)[i];
    case SUAN_TYPE_F32: return (double)((const float *)tensor->data)[i];
    case SUAN_TYPE_I64: return (double)((const int64_t *)tensor->data)[i];
    default: return (double)((const uint8_t *)tensor->data)[i];
    }
}

static void set_element(struct suan_tensor *tensor, uint64_t i, double value)
{
    switch (suan_type_of(&tensor->dtype)) {
    case SUAN_TYPE_F64: ((double *)tensor->data)[i] = value; break;
    case SUAN_TYPE_F32: ((float *)tensor->data)[i] = (float)value; break;
    case SUAN_TYPE_I64: ((int64_t *)tensor->data)[i] = isnan(value) ? -1 : (int64_t)value; break;
    default: ((uint8_t *)tensor->data)[i] = isnan(value) ? 0xff : (uint8_t)value; break;
    }
}

static void fill(struct tensors *out, double value)
{
    for (uint32_t i = 0; i < out->n; i++)
        for (uint64_t e = 0; e < suan_count(&out->t[i]); e++)
            set_element(&out->t[i], e, value);
}

static void make_zeros(const struct bout *bout, struct tensors *out)
{
    (void)bout;
    fill(out, 0);
}

static void make_nan(const struct bout *bout, struct tensors *out)
{
    (void)bout;
    fill(out, NAN);
}

static void make_mean(const struct bout *bout, struct tensors *out)
{
    (void)bout;
    for (uint32_t i = 0; i < out->n; i++) {
        uint64_t count = suan_count(&out->t[i]), used = 0;
        double sum = 0;
        for (uint64_t e = 0; e < count; e++) {
            double value = element(&out->t[i], e);
            sum += isfinite(value) ? value : 0;
            used += isfinite(value) ? 1 : 0;
        }
        for (uint64_t e = 0; e < count; e++)
            set_element(&out->t[i], e, used > 0 ? sum / (double)used : 0);
    }
}

static void make_input_copy(const struct bout *bout, struct tensors *out)
{
    uint32_t from = bout->referee.task->info->n_prepared;
    for (uint32_t i = 0; i < out->n; i++)
        for (uint64_t b = 0; b < suan_bytes(&out->t[i]); b++)
            ((uint8_t *)out->t[i].data)[b] =
                ((const uint8_t *)bout->in.t[from].data)[b % bout->in.capacity[from]];
}

static void make_previous(const struct bout *bout, struct tensors *out)
{
    struct solver incumbent = bout->incumbent;
    uint8_t seed[32];
    host_seed(seed, 1, 4242);
    struct tensors in, other;
    host_generate(&bout->referee, seed, bout->size, &in);
    cr_assert_eq(host_run(&incumbent, &in, out->n, 0, &other), SUAN_OK);
    host_tensors_done(out);
    host_tensors_done(&in);
    host_copy(&other, out);
    host_tensors_done(&other);
}

/* Rows moved round by one. */
static void make_shuffled(const struct bout *bout, struct tensors *out)
{
    (void)bout;
    for (uint32_t i = 0; i < out->n; i++) {
        uint64_t bytes = suan_bytes(&out->t[i]), row = bytes / (uint64_t)out->shape[i][0];
        uint8_t *data = out->t[i].data, first[4096];
        cr_assert(row <= sizeof first);
        memcpy(first, data, row);
        memmove(data, data + row, bytes - row);
        memcpy(data + bytes - row, first, row);
    }
}

static void (*const forgeries[])(const struct bout *, struct tensors *) = {
    make_zeros, make_nan, make_mean, make_input_copy, make_previous, make_shuffled};

ParameterizedTestParameters(plugins_task, refuses_lazy_answers)
{
    return task_rows();
}
ParameterizedTest(struct algorithm_row *row, plugins_task, refuses_lazy_answers)
{
    struct bout bout;
    bout_begin(&bout, row->name, 7, small_size(row->name));
    for (size_t f = 0; f < sizeof forgeries / sizeof *forgeries; f++) {
        struct tensors out;
        host_copy(&bout.out, &out);
        forgeries[f](&bout, &out);
        struct suan_verdict verdict = verdict_on(&bout, &out);
        cr_expect_eq(verdict.pass, 0, "forgery %zu", f);
        cr_expect(verdict.reason[0] != 0);
        host_tensors_done(&out);
    }
    cr_expect_eq(verdict_on(&bout, &bout.out).pass, 1, "and after all of them, the right answer");
    bout_end(&bout);
}

static void spoil(struct suan_tensor *tensor, uint64_t at)
{
    double value = element(tensor, at);
    if (suan_type_of(&tensor->dtype) == SUAN_TYPE_U8)
        ((uint8_t *)tensor->data)[at] ^= 0x10;
    else
        set_element(tensor, at, isfinite(value) ? value + 1 : 0);
}

ParameterizedTestParameters(plugins_task, refuses_one_wrong_element)
{
    return task_rows();
}
ParameterizedTest(struct algorithm_row *row, plugins_task, refuses_one_wrong_element)
{
    struct bout bout;
    bout_begin(&bout, row->name, 8, small_size(row->name));
    for (uint32_t i = 0; i < bout.out.n; i++) {
        uint64_t count = suan_count(&bout.out.t[i]);
        for (uint64_t step = 0; step <= 20; step++) {
            uint64_t at = (count - 1) * step / 20;
            struct tensors out;
            host_copy(&bout.out, &out);
            spoil(&out.t[i], at);
            cr_expect_eq(verdict_on(&bout, &out).pass, 0, "output %u, element %lu", i, (unsigned long)at);
            host_tensors_done(&out);
        }
    }
    bout_end(&bout);
}

ParameterizedTestParameters(plugins_task, judges_any_bytes)
{
    return task_rows();
}
ParameterizedTest(struct algorithm_row *row, plugins_task, judges_any_bytes)
{
    struct bout bout;
    bout_begin(&bout, row->name, 9, host_load(row->name)->task->info->size_min);
    uint64_t state = 1;
    for (uint32_t round = 0; round < RANDOM_OUTPUTS; round++) {
        struct tensors out;
        host_copy(&bout.out, &out);
        for (uint32_t i = 0; i < out.n; i++)
            for (uint64_t b = 0; b < out.capacity[i]; b++) {
                state = state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
                ((uint8_t *)out.t[i].data)[b] = (uint8_t)(state >> 56);
            }
        cr_expect_eq(verdict_on(&bout, &out).pass, 0);
        host_tensors_done(&out);
    }
    bout_end(&bout);
}

ParameterizedTestParameters(plugins_task, judges_wrong_shapes)
{
    return task_rows();
}
ParameterizedTest(struct algorithm_row *row, plugins_task, judges_wrong_shapes)
{
    struct bout bout;
    bout_begin(&bout, row->name, 10, small_size(row->name));
    struct tensors fewer, shorter, other;
    host_copy(&bout.out, &fewer);
    host_copy(&bout.out, &shorter);
    host_copy(&bout.out, &other);
    fewer.n -= 1;
    cr_expect_eq(verdict_on(&bout, &fewer).pass, 0);
    shorter.shape[0][0] -= 1;
    cr_expect_eq(verdict_on(&bout, &shorter).pass, 0);
    other.t[0].dtype.bits = 16;
    cr_expect_eq(verdict_on(&bout, &other).pass, 0);
    fewer.n += 1;
    host_tensors_done(&fewer);
    host_tensors_done(&shorter);
    host_tensors_done(&other);
    bout_end(&bout);
}

ParameterizedTestParameters(plugins_task, verdict_does_not_depend_on_earlier_jobs)
{
    return task_rows();
}
ParameterizedTest(struct algorithm_row *row, plugins_task, verdict_does_not_depend_on_earlier_jobs)
{
    struct bout one, two;
    bout_begin(&one, row->name, 11, small_size(row->name));
    bout_begin(&two, row->name, 12, 3);
    struct suan_verdict before = verdict_on(&one, &one.out);
    struct referee kept = two.referee;
    two.referee = one.referee; /* one checker sees both jobs */
    (void)verdict_on(&two, &two.out);
    two.referee = kept;
    struct suan_verdict after = verdict_on(&one, &one.out);
    cr_expect_arr_eq(&before, &after, sizeof before);
    bout_end(&one);
    bout_end(&two);
}
