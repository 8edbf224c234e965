/* The rules of each task that generated jobs seldom meet, on inputs made by hand. */
#include <criterion/criterion.h>
#include <criterion/parameterized.h>
#include <math.h>
#include <zlib.h>

#include "host.h"

static struct suan_verdict verdict_on(const struct referee *referee, const struct tensors *in,
                                      const struct tensors *out)
{
    struct suan_verdict verdict;
    static const uint8_t seed[32];
    cr_assert_eq(host_check(referee, seed, 0, in, out, &verdict), SUAN_OK);
    return verdict;
}

/* --- astro.crossmatch --------------------------------------------------------------------------------- */

enum { OBJECTS = 4, NONE = -1 };

/* A sky of four objects, one observation, and the one right answer. */
struct sighting {
    char what[48];
    double catalogue[OBJECTS][2], observed[2], radius;
    int64_t index;
};

static struct criterion_test_params sighting_rows(void)
{
    static struct sighting rows[] = {
        {"nearest wins", {{10, 10}, {10.001, 10}, {50, 0}, {60, 0}}, {10.0008, 10}, 10, 1},
        {"a tie goes to the lowest index", {{50, 0}, {10, 10}, {10, 10}, {10, 10}}, {10.0001, 10}, 10, 1},
        {"outside the radius", {{10, 10}, {50, 0}, {60, 0}, {70, 0}}, {10, 10.01}, 30, NONE},
        {"radius 0 takes the same position", {{50, 0}, {10, 10}, {60, 0}, {70, 0}}, {10, 10}, 0, 1},
        {"radius 0 takes nothing else", {{50, 0}, {10, 10.0001}, {60, 0}, {70, 0}}, {10, 10}, 0, NONE},
        {"a negative radius takes nothing", {{10, 10}, {50, 0}, {60, 0}, {70, 0}}, {10, 10}, -1, NONE},
        {"a NaN radius takes nothing", {{10, 10}, {50, 0}, {60, 0}, {70, 0}}, {10, 10}, NAN, NONE},
        {"across 0/360 upwards", {{50, 0}, {0.0001, 5}, {60, 0}, {359.99, 5}}, {359.9999, 5}, 2, 1},
        {"across 0/360 downwards", {{50, 0}, {0.01, 5}, {60, 0}, {359.9999, 5}}, {0.0001, 5}, 2, 3},
        {"over the north pole", {{50, 0}, {180, 89.9999}, {60, 0}, {90, 89.9}}, {0, 89.9999}, 2, 1},
        {"over the south pole", {{50, 0}, {270, -89.9999}, {60, 0}, {90, -89.9}}, {90, -89.9999}, 2, 1},
        {"at the pole right ascension is nothing", {{50, 0}, {123, 90}, {60, 0}, {90, 0}}, {7, 90}, 0.01, 1},
        {"right ascension is periodic", {{50, 0}, {10, 10}, {60, 0}, {70, 0}}, {10.0001 - 720, 10}, 10, 1},
        {"declination past the pole", {{50, 0}, {190, 80}, {60, 0}, {70, 0}}, {10, 100.0001}, 10, 1},
        {"an observation that is not finite", {{10, 10}, {50, 0}, {60, 0}, {70, 0}}, {NAN, 10}, 10, NONE},
        {"objects that are not finite", {{NAN, 10}, {10, INFINITY}, {10, 10}, {70, 0}}, {10, 10}, 10, 2},
        {"the whole sphere", {{50, 0}, {60, 0}, {70, 0}, {80, 0}}, {250, 10}, 648000, 0},
        {"half the sky", {{10, -80}, {200, 0}, {210, 0}, {220, 0}}, {10, 10}, 360000, 0},
    };
    return cr_make_param_array(struct sighting, rows, sizeof rows / sizeof *rows);
}

static void sighting_inputs(const struct sighting *row, struct tensors *in)
{
    *in = (struct tensors){.n = 3};
    host_tensor(in, 0, SUAN_TYPE_F64, 2, (const int64_t[]){OBJECTS, 2});
    host_tensor(in, 1, SUAN_TYPE_F64, 2, (const int64_t[]){1, 2});
    host_tensor(in, 2, SUAN_TYPE_F64, 0, NULL);
    memcpy(in->t[0].data, row->catalogue, sizeof row->catalogue);
    memcpy(in->t[1].data, row->observed, sizeof row->observed);
    memcpy(in->t[2].data, &row->radius, sizeof row->radius);
}

static void expect_solved(const struct suan_algorithm *algorithm, const struct referee *referee,
                          const struct sighting *row)
{
    struct tensors in, out;
    sighting_inputs(row, &in);
    struct solver solver = host_solver(algorithm, "astro.crossmatch/1");
    cr_assert_eq(host_prepare(&solver, referee, &in), SUAN_OK);
    cr_assert_eq(host_run(&solver, &in, 2, 0x5a, &out), SUAN_OK);
    int64_t *index = suan_i64(&out.t[0]);
    cr_expect_eq(*index, row->index, "%s: %ld", row->what, (long)*index);
    cr_expect_eq(isnan(*suan_f64(&out.t[1])), row->index == NONE, "%s", row->what);
    struct suan_verdict verdict = verdict_on(referee, &in, &out);
    cr_expect_eq(verdict.pass, 1, "%s: %s", row->what, verdict.reason);
    for (int64_t wrong = NONE; wrong < OBJECTS; wrong++) {
        *index = wrong;
        cr_expect_eq(verdict_on(referee, &in, &out).pass, wrong == row->index, "%s: %ld", row->what,
                     (long)wrong);
    }
    host_tensors_done(&in);
    host_tensors_done(&out);
    host_solver_done(&solver);
}

ParameterizedTestParameters(plugins_contract, crossmatch)
{
    return sighting_rows();
}
ParameterizedTest(struct sighting *row, plugins_contract, crossmatch)
{
    const struct suan_plugin *task = host_load("astro-crossmatch");
    struct referee referee = host_referee(task);
    expect_solved(task->task->incumbent, &referee, row);
    expect_solved(host_load("sky-kdtree")->algorithm, &referee, row);
    expect_solved(host_load("sky-zones")->algorithm, &referee, row);
    host_referee_done(&referee);
}

Test(plugins_contract, crossmatch_holds_separations_to_a_microarcsecond)
{
    struct sighting row = {"", {{10, 10}, {50, 0}, {60, 0}, {70, 0}}, {10.0001, 10}, 10, 0};
    struct referee referee = host_referee(host_load("astro-crossmatch"));
    struct solver solver = host_solver(referee.task->incumbent, "astro.crossmatch/1");
    struct tensors in, out;
    sighting_inputs(&row, &in);
    cr_assert_eq(host_prepare(&solver, &referee, &in), SUAN_OK);
    cr_assert_eq(host_run(&solver, &in, 2, 0, &out), SUAN_OK);
    *suan_f64(&out.t[1]) += 0.5e-6;
    cr_expect_eq(verdict_on(&referee, &in, &out).pass, 1);
    *suan_f64(&out.t[1]) += 1e-6;
    cr_expect_eq(verdict_on(&referee, &in, &out).pass, 0);
    host_tensors_done(&in);
    host_tensors_done(&out);
    host_solver_done(&solver);
    host_referee_done(&referee);
}

/* --- vector.knn.l2.f32 -------------------------------------------------------------------------------- */

/* Forty points on a line, ten queries at 0, the two nearest wanted of each. */
static void line_inputs(struct tensors *in)
{
    *in = (struct tensors){.n = 3};
    host_tensor(in, 0, SUAN_TYPE_F32, 2, (const int64_t[]){40, 1});
    host_tensor(in, 1, SUAN_TYPE_F32, 2, (const int64_t[]){10, 1});
    host_tensor(in, 2, SUAN_TYPE_I64, 0, NULL);
    for (int i = 0; i < 40; i++)
        suan_f32(&in->t[0])[i] = (float)(i + 1);
    *suan_i64(&in->t[2]) = 2;
}

static void line_answer(struct tensors *out)
{
    *out = (struct tensors){.n = 2};
    host_tensor(out, 0, SUAN_TYPE_I64, 2, (const int64_t[]){10, 2});
    host_tensor(out, 1, SUAN_TYPE_F32, 2, (const int64_t[]){10, 2});
    for (int i = 0; i < 20; i++) {
        suan_i64(&out->t[0])[i] = i % 2;
        suan_f32(&out->t[1])[i] = (float)(i % 2 + 1);
    }
}

Test(plugins_contract, knn_recall_of_95_percent_passes_and_less_does_not)
{
    struct referee referee = host_referee(host_load("vector-knn-l2-f32"));
    struct tensors in, out;
    line_inputs(&in);
    line_answer(&out);
    cr_expect_eq(verdict_on(&referee, &in, &out).pass, 1);
    suan_i64(&out.t[0])[7] = 2; /* the third nearest, honestly named */
    suan_f32(&out.t[1])[7] = 3;
    struct suan_verdict verdict = verdict_on(&referee, &in, &out);
    cr_expect_eq(verdict.pass, 1);
    cr_expect_float_eq(verdict.error_max, 0.05, 1e-12);
    suan_i64(&out.t[0])[9] = 2;
    suan_f32(&out.t[1])[9] = 3;
    verdict = verdict_on(&referee, &in, &out);
    cr_expect_eq(verdict.pass, 0);
    cr_expect_float_eq(verdict.error_max, 0.1, 1e-12);
    host_tensors_done(&in);
    host_tensors_done(&out);
    host_referee_done(&referee);
}

Test(plugins_contract, knn_refuses_repetition_order_and_false_distances)
{
    static const struct {
        int64_t index[2];
        float distance[2];
    } wrong[] = {
        {{0, 0}, {1, 1}}, {{1, 0}, {2, 1}}, {{0, 1}, {1, 1.9f}}, {{0, 40}, {1, 41}}, {{-1, 1}, {0, 2}}};
    struct referee referee = host_referee(host_load("vector-knn-l2-f32"));
    struct tensors in, out;
    line_inputs(&in);
    line_answer(&out);
    for (size_t w = 0; w < sizeof wrong / sizeof *wrong; w++) {
        memcpy(suan_i64(&out.t[0]) + 6, wrong[w].index, sizeof wrong[w].index);
        memcpy(suan_f32(&out.t[1]) + 6, wrong[w].distance, sizeof wrong[w].distance);
        struct suan_verdict verdict = verdict_on(&referee, &in, &out);
        cr_expect_eq(verdict.wrong, 1, "row %zu: %s", w, verdict.reason);
        cr_expect_eq(verdict.pass, 0);
    }
    host_tensors_done(&in);
    host_tensors_done(&out);
    host_referee_done(&referee);
}

ParameterizedTestParameters(plugins_contract, knn_refuses_k_out_of_range)
{
    static int64_t rows[] = {0, -1, 41, 1025, INT64_MIN};
    return cr_make_param_array(int64_t, rows, sizeof rows / sizeof *rows);
}
ParameterizedTest(int64_t *k, plugins_contract, knn_refuses_k_out_of_range)
{
    struct tensors in, out;
    line_inputs(&in);
    *suan_i64(&in.t[2]) = *k;
    const struct suan_algorithm *algorithms[] = {host_load("vector-knn-l2-f32")->task->incumbent,
                                                 host_load("knn-openblas")->algorithm,
                                                 host_load("knn-hnsw")->algorithm};
    for (size_t a = 0; a < 3; a++) {
        struct solver solver = host_solver(algorithms[a], "vector.knn.l2.f32/1");
        cr_expect_eq(host_run(&solver, &in, 2, 0, &out), SUAN_E_INVALID);
        host_solver_done(&solver);
    }
    host_tensors_done(&in);
}

/* --- codec.deflate ------------------------------------------------------------------------------------ */

enum { TEXT_BYTES = 5000 };

static void text_input(struct tensors *in)
{
    *in = (struct tensors){.n = 1};
    host_tensor(in, 0, SUAN_TYPE_U8, 1, (const int64_t[]){TEXT_BYTES});
    for (int i = 0; i < TEXT_BYTES; i++)
        suan_u8(&in->t[0])[i] = (uint8_t) "the quick brown fox "[i * i % 20];
}

/* The zlib stream of that level, with so many bytes after it. */
static void pack_input(const struct tensors *in, int level, int64_t surplus, struct tensors *out)
{
    uLongf bytes = compressBound(TEXT_BYTES);
    *out = (struct tensors){.n = 1};
    host_tensor(out, 0, SUAN_TYPE_U8, 1, (const int64_t[]){(int64_t)bytes + surplus});
    cr_assert_eq(compress2(suan_u8(&out->t[0]), &bytes, suan_const_u8(&in->t[0]), TEXT_BYTES, level), Z_OK);
    out->shape[0][0] = (int64_t)bytes + surplus;
}

struct stream {
    int level;
    int64_t surplus;
    int32_t pass;
};

ParameterizedTestParameters(plugins_contract, deflate)
{
    static struct stream rows[] = {
        {6, 0, 1}, {9, 0, 1}, {0, 0, 0} /* stored: far too large */, {6, 1, 0}, {6, -1, 0}};
    return cr_make_param_array(struct stream, rows, sizeof rows / sizeof *rows);
}
ParameterizedTest(struct stream *row, plugins_contract, deflate)
{
    struct referee referee = host_referee(host_load("codec-deflate"));
    struct tensors in, out;
    text_input(&in);
    pack_input(&in, row->level, row->surplus, &out);
    struct suan_verdict verdict = verdict_on(&referee, &in, &out);
    cr_expect_eq(verdict.pass, row->pass, "level %d, surplus %ld: %s", row->level, (long)row->surplus,
                 verdict.reason);
    host_tensors_done(&in);
    host_tensors_done(&out);
    host_referee_done(&referee);
}
