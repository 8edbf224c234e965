/* Note, descriptor and manifest of every staged plugin say the same. */
#include <criterion/criterion.h>
#include <criterion/parameterized.h>
#include <stdio.h>

#include "base/buffer.h"
#include "package/note.h"
#include "package/pack.h"
#include "package/screen.h"
#include "tables.h"

static struct criterion_test_params plugin_rows(void)
{
    static struct algorithm_row rows[] = {TASK_ROWS, ALGORITHM_ROWS};
    return cr_make_param_array(struct algorithm_row, rows, sizeof rows / sizeof *rows);
}

/* The package made of the staged folder. */
static struct suan_package *pack(const char *name)
{
    char folder[4096];
    snprintf(folder, sizeof folder, "%s/%s", SUAN_PLUGIN_STAGE, name);
    struct suan_buffer file = {0};
    struct suan_error error;
    struct suan_package *package = NULL;
    cr_assert_eq(suan_pack_folder(folder, &file, NULL, &error), SUAN_OK, "%s", error.message);
    cr_assert_eq(suan_package_open(suan_span(file.data, file.size), &package, &error), SUAN_OK, "%s",
                 error.message);
    suan_buffer_done(&file);
    return package;
}

static void expect_note_of(const struct suan_plugin_note *note, const struct suan_descriptor *descriptor)
{
    cr_expect_str_eq(note->id, descriptor->id);
    cr_expect_str_eq(note->version, descriptor->version);
    cr_expect_eq(note->kind, descriptor->kind);
    cr_expect_eq(note->flags, descriptor->flags);
    cr_expect_eq(note->cpu_needed, descriptor->cpu_needed);
    cr_expect_eq(note->isa, descriptor->isa);
    cr_expect_eq(note->abi_draft, descriptor->abi_draft);
    cr_expect_eq(note->min_host_minor, descriptor->min_host_minor);
    cr_assert_eq(note->n_tasks, descriptor->n_tasks);
    for (uint32_t i = 0; i < descriptor->n_tasks; i++)
        cr_expect_str_eq(note->tasks[i], descriptor->tasks[i]);
}

static void expect_clean(const struct suan_screening *screening)
{
    for (size_t r = 0; r < SUAN_SCREEN_ROWS; r++)
        cr_expect(screening->rows[r].result == SUAN_SCREEN_PASS ||
                      screening->rows[r].result == SUAN_SCREEN_SKIP,
                  "%s: %s", screening->rows[r].id, screening->rows[r].detail);
}

ParameterizedTestParameters(library, note_manifest_and_screening_agree)
{
    return plugin_rows();
}
ParameterizedTest(struct algorithm_row *row, library, note_manifest_and_screening_agree)
{
    struct suan_package *package = pack(row->name);
    const struct suan_manifest *manifest = suan_package_manifest(package);
    struct suan_error error;
    struct suan_plugin_note note;
    for (size_t i = manifest->n_variants; i-- > 0;) { /* the plainest last, for the descriptor */
        struct suan_span object = suan_package_object(package, &manifest->variants[i]);
        struct suan_screening screening;
        cr_assert_eq(suan_plugin_note_read(object, &note, &error), SUAN_OK, "%s", error.message);
        cr_expect_eq(suan_plugin_note_check_manifest(&note, manifest, &manifest->variants[i], &error),
                     SUAN_OK, "%s", error.message);
        suan_screen(object, manifest, &manifest->variants[i], &screening);
        expect_clean(&screening);
    }
    const struct suan_descriptor *descriptor = host_load_plain(row->name)->descriptor;
    expect_note_of(&note, descriptor);
    cr_expect(suan_span_equal(manifest->licence, suan_span_text(descriptor->licence)));
    suan_package_free(package);
}
