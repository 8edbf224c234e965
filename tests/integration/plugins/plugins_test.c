/* The library's plugins, C, C++ and third-party libraries among them, in sealed workers and in process: both pass the task's
   checker, and give equal bytes. */
#include <criterion/criterion.h>
#include <criterion/parameterized.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "engine/guest.h"
#include "engine/machine.h"
#include "package/note.h"

struct plugin_row {
    char task_folder[32], task[32], algorithm[32];
};

ParameterizedTestParameters(plugins, run_sealed_and_in_process)
{
    static struct plugin_row rows[] = {
        {"astro-crossmatch", "astro.crossmatch/1", "sky-kdtree"},
        {"astro-crossmatch", "astro.crossmatch/1", "sky-zones"},
        {"vector-knn-l2-f32", "vector.knn.l2.f32/1", "knn-openblas"},
        {"vector-knn-l2-f32", "vector.knn.l2.f32/1", "knn-hnsw"},
        {"codec-deflate", "codec.deflate/1", "deflate-libdeflate"},
        {"codec-deflate", "codec.deflate/1", "deflate-isal"},
    };
    return cr_make_param_array(struct plugin_row, rows, sizeof rows / sizeof rows[0]);
}

static bool is_built(const char *folder)
{
    char path[512];
    snprintf(path, sizeof path, "%s/%s/suan.json", SUAN_TEST_PLUGINS, folder);
    return access(path, F_OK) == 0;
}

/* One side of a job: tensors with memory of their own. */
struct side {
    struct suan_tensor tensors[SUAN_MAX_PORTS];
    int64_t shapes[SUAN_MAX_PORTS][8], strides[SUAN_MAX_PORTS][8];
    size_t bytes[SUAN_MAX_PORTS];
};

static void make_blank(struct side *side)
{
    for (int i = 0; i < SUAN_MAX_PORTS; i++)
        side->tensors[i] = (struct suan_tensor){.shape = side->shapes[i], .strides = side->strides[i]};
}

static void give_memory(struct side *side, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        size_t bytes = side->tensors[i].dtype.bits / 8;
        for (int32_t k = 0; k < side->tensors[i].ndim; k++)
            bytes *= (size_t)side->tensors[i].shape[k];
        side->bytes[i] = bytes;
        side->tensors[i].data = aligned_alloc(64, (bytes + 64) / 64 * 64);
        memset(side->tensors[i].data, 0, bytes);
    }
}

static void take_memory(struct side *side, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++)
        free(side->tensors[i].data);
}

static struct suan_guest *load(struct suan_engine *engine, const char *folder, const char *task,
                               enum suan_guest_role role, enum suan_guest_home home, uint32_t dynamic)
{
    SUAN_CLEANUP(suan_buffer_done) struct suan_buffer bytes = {0};
    struct suan_machine machine;
    struct suan_plugin_note note;
    struct suan_guest *guest = NULL;
    struct suan_error error = {0};
    char path[512];
    suan_machine_read(&machine);
    uint32_t isa = machine.kind == SUAN_MACHINE_X86_64 ? 2 : 0;
    snprintf(path, sizeof path, "%s/%s/variants/%s/plugin.so", SUAN_TEST_PLUGINS, folder,
             suan_variant_name(machine.kind, isa));
    cr_assert_eq(suan_file_read(path, 256 << 20, &bytes, &error), SUAN_OK, "%s", error.message);
    cr_assert_eq(suan_plugin_note_read(suan_buffer_span(&bytes), &note, &error), SUAN_OK, "%s",
                 error.message);
    const struct suan_guest_options options = {.plugin = suan_buffer_span(&bytes),
                                               .task = task,
                                               .role = role,
                                               .home = home,
                                               .id = note.id,
                                               .version = note.version,
                                               .isa = note.isa,
                                               .flags = note.flags,
                                               .cpu_needed = note.cpu_needed,
                                               .dynamic_outputs = dynamic};
    cr_assert_eq(suan_guest_open(engine, &options, &guest, &error), SUAN_OK, "%s: %s", folder, error.message);
    return guest;
}

static void run(struct suan_guest *guest, const struct suan_task_info *info, struct side *in,
                struct side *out)
{
    struct suan_error error = {0};
    cr_assert_eq(suan_guest_prepare(guest, in->tensors, info->n_prepared, &error), SUAN_OK, "%s",
                 error.message);
    cr_assert_eq(suan_guest_infer(guest, in->tensors, info->n_in, out->tensors, info->n_out, &error), SUAN_OK,
                 "%s", error.message);
    give_memory(out, info->n_out);
    cr_assert_eq(suan_guest_run(guest, in->tensors, info->n_in, out->tensors, info->n_out, 0, &error),
                 SUAN_OK, "%s", error.message);
}

static void expect_pass(struct suan_guest *judge, const struct suan_guest_job *job,
                        const struct suan_task_info *info, struct side *in, struct side *out)
{
    struct suan_verdict verdict;
    struct suan_error error = {0};
    cr_assert_eq(
        suan_guest_check(judge, job, in->tensors, info->n_in, out->tensors, info->n_out, &verdict, &error),
        SUAN_OK, "%s", error.message);
    cr_assert_eq(verdict.pass, 1, "%s", verdict.reason);
    cr_assert_gt(verdict.checked, 0);
}

ParameterizedTest(struct plugin_row *row, plugins, run_sealed_and_in_process)
{
    static struct side in, sealed_out, inprocess_out;
    struct suan_engine *engine = NULL;
    struct suan_error error = {0};
    const struct suan_engine_options options = {.worker = SUAN_TEST_WORKER};
    uint32_t dynamic = 0;
    if (!is_built(row->task_folder) || !is_built(row->algorithm))
        cr_skip_test("%s is not built here", row->algorithm);
    cr_assert_eq(suan_engine_open(&options, &engine, &error), SUAN_OK, "%s", error.message);
    struct suan_guest *judge =
        load(engine, row->task_folder, row->task, SUAN_GUEST_TASK, SUAN_GUEST_SEALED, 0);
    const struct suan_task_info *info = suan_guest_task_info(judge);
    const struct suan_guest_job job = {.seed = {1, 2, 3}, .size = info->size_min + 3};
    for (uint32_t i = 0; i < info->n_out; i++)
        dynamic |= (info->out[i].flags & SUAN_PORT_DYNAMIC) != 0 ? 1u << i : 0;
    make_blank(&in);
    make_blank(&sealed_out);
    make_blank(&inprocess_out);
    cr_assert_eq(suan_guest_plan(judge, &job, in.tensors, info->n_in, &error), SUAN_OK, "%s", error.message);
    give_memory(&in, info->n_in);
    cr_assert_eq(suan_guest_generate(judge, &job, in.tensors, info->n_in, &error), SUAN_OK, "%s",
                 error.message);
    struct suan_guest *sealed =
        load(engine, row->algorithm, row->task, SUAN_GUEST_ALGORITHM, SUAN_GUEST_SEALED, dynamic);
    run(sealed, info, &in, &sealed_out);
    expect_pass(judge, &job, info, &in, &sealed_out);
    struct suan_guest *inprocess =
        load(engine, row->algorithm, row->task, SUAN_GUEST_ALGORITHM, SUAN_GUEST_INPROCESS, dynamic);
    run(inprocess, info, &in, &inprocess_out);
    for (uint32_t i = 0; i < info->n_out; i++) {
        cr_assert_eq(sealed_out.tensors[i].shape[0], inprocess_out.tensors[i].shape[0]);
        cr_assert_arr_eq(sealed_out.tensors[i].data, inprocess_out.tensors[i].data, sealed_out.bytes[i]);
    }
    suan_guest_close(inprocess);
    suan_guest_close(sealed);
    take_memory(&in, info->n_in);
    take_memory(&sealed_out, info->n_out);
    take_memory(&inprocess_out, info->n_out);
    suan_guest_close(judge);
    suan_engine_close(engine);
}
