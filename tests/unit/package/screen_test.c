#include "package/screen.h"

#include <criterion/criterion.h>
#include <elf.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "fixture.h"
#include "package/note.h"

/* A package's manifest for the plugins of this test, with needs or features added. */
static struct suan_package *describe(const char *more, const char *features)
{
    SUAN_CLEANUP(suan_buffer_done) struct suan_buffer draft = {0}, file = {0};
    char path[96];
    struct suan_package *package = NULL;
    struct suan_error error = {0};
    suan_buffer_printf(
        &draft,
        "{\"format\":1,\"kind\":\"algorithm\",\"name\":\"kd-match\",\"version\":\"1.2.0\","
        "\"tasks\":[\"astro.crossmatch/1\"],\"title\":{\"en\":\"x\"},\"licence\":\"MIT\","
        "\"authors\":[{\"name\":\"Li\"}],\"abi\":{\"major\":1,\"min_minor\":0},%s"
        "\"variants\":[{\"id\":\"%s\",\"device\":\"cpu\",\"concurrency\":\"runs\",\"deterministic\":true,"
        "\"features\":[%s]}]}",
        more, fixture_variant, features);
    snprintf(path, sizeof path, "variants/%s/plugin.so", fixture_variant);
    const struct suan_tar_entry files[] = {
        {suan_span_text("LICENSE"), suan_span_text("MIT")},
        {suan_span_text("README.md"), suan_span_text("x")},
        {suan_span_text(path), suan_span_text("x")},
    };
    cr_assert_eq(suan_pack_files(suan_buffer_span(&draft), files, 3, &file, NULL, &error), SUAN_OK, "%s",
                 error.message);
    cr_assert_eq(suan_package_open(suan_buffer_span(&file), &package, &error), SUAN_OK);
    return package;
}

static void load(const char *name, struct suan_buffer *object)
{
    char path[512];
    struct suan_error error = {0};
    snprintf(path, sizeof path, "%s/package_plugin_%s.so", SUAN_TEST_PLUGINS, name);
    cr_assert_eq(suan_file_read(path, 1 << 20, object, &error), SUAN_OK, "%s", error.message);
}

/* --- faults that no linker makes: bytes of a good object changed -------------------------------------- */

static Elf64_Ehdr *header_of(struct suan_buffer *object)
{
    return (Elf64_Ehdr *)(void *)object->data;
}

static Elf64_Phdr *segment_of(struct suan_buffer *object, uint32_t type)
{
    Elf64_Phdr *segments = (Elf64_Phdr *)(void *)(object->data + header_of(object)->e_phoff);
    for (size_t i = 0; i < header_of(object)->e_phnum; i++) {
        if (segments[i].p_type == type)
            return &segments[i];
    }
    cr_assert_fail("no such segment");
    return NULL;
}

static Elf64_Dyn *tag_of(struct suan_buffer *object, int64_t tag)
{
    Elf64_Dyn *entry = (Elf64_Dyn *)(void *)(object->data + segment_of(object, PT_DYNAMIC)->p_offset);
    while (entry->d_tag != tag && entry->d_tag != DT_NULL)
        entry++;
    cr_assert_eq(entry->d_tag, tag, "the object has no tag %lld", (long long)tag);
    return entry;
}

static void other_machine(struct suan_buffer *object)
{
    header_of(object)->e_machine = EM_RISCV;
}

static void executable_type(struct suan_buffer *object)
{
    header_of(object)->e_type = ET_EXEC;
}

static void class_32(struct suan_buffer *object)
{
    object->data[EI_CLASS] = ELFCLASS32;
}

static void program(struct suan_buffer *object)
{
    tag_of(object, DT_FLAGS_1)->d_un.d_val |= DF_1_PIE;
}

static void headers_outside(struct suan_buffer *object)
{
    header_of(object)->e_phoff = object->size - 8;
}

static void segment_outside(struct suan_buffer *object)
{
    segment_of(object, PT_NOTE)->p_offset = object->size - 1;
}

static void overlapping_segments(struct suan_buffer *object)
{
    segment_of(object, PT_LOAD)->p_memsz += 1 << 20;
}

static void dynamic_elsewhere(struct suan_buffer *object)
{
    segment_of(object, PT_DYNAMIC)->p_vaddr += 8;
}

static void strings_outside(struct suan_buffer *object)
{
    tag_of(object, DT_STRSZ)->d_un.d_val = UINT64_MAX;
}

static void symbols_outside(struct suan_buffer *object)
{
    tag_of(object, DT_SYMTAB)->d_un.d_val = UINT64_C(1) << 40;
}

static void hash_outside(struct suan_buffer *object)
{
    tag_of(object, DT_GNU_HASH)->d_un.d_val = 0x7FFFFFF0;
}

static void tag_twice(struct suan_buffer *object)
{
    tag_of(object, DT_SYMENT)->d_tag = DT_STRSZ;
}

static void hidden_library(struct suan_buffer *object)
{
    tag_of(object, DT_NEEDED)->d_un.d_val = UINT64_C(1) << 33;
}

static void writable_code(struct suan_buffer *object)
{
    Elf64_Phdr *segment = segment_of(object, PT_LOAD);
    while (segment->p_type != PT_LOAD || (segment->p_flags & PF_X) == 0)
        segment++;
    segment->p_flags |= PF_W;
}

static void no_stack_header(struct suan_buffer *object)
{
    segment_of(object, PT_GNU_STACK)->p_type = PT_NULL;
}

static void newer_glibc(struct suan_buffer *object)
{
    static const char needle[] = "GLIBC_2.";
    char *at = memmem(object->data, object->size, needle, strlen(needle));
    cr_assert_not_null(at);
    at[6] = '3';
}

static void note_size(struct suan_buffer *object)
{
    static const uint8_t start[] = {5, 0, 0, 0, 0, 4, 0, 0, 1, 0, 0, 0, 'S', 'u', 'a', 'n'};
    uint8_t *at = memmem(object->data, object->size, start, sizeof start);
    cr_assert_not_null(at);
    at[4] = 4;
    at[5] = 0;
}

static const struct row {
    const char *plugin;
    void (*spoil)(struct suan_buffer *object); /* may be NULL */
    const char *id;                            /* the row that must catch it */
    enum suan_screen_result result;
    const char *word; /* in the row's detail */
} rows[] = {
    {"clean", other_machine, "S01", SUAN_SCREEN_FAIL, "243"},
    {"clean", executable_type, "S01", SUAN_SCREEN_FAIL, "shared object"},
    {"clean", class_32, "S01", SUAN_SCREEN_FAIL, "64-bit"},
    {"clean", program, "S01", SUAN_SCREEN_FAIL, "program"},
    {"clean", headers_outside, "S02", SUAN_SCREEN_FAIL, "outside"},
    {"clean", segment_outside, "S02", SUAN_SCREEN_FAIL, "outside"},
    {"clean", overlapping_segments, "S02", SUAN_SCREEN_FAIL, "overlap"},
    {"clean", dynamic_elsewhere, "S02", SUAN_SCREEN_FAIL, "address"},
    {"clean", strings_outside, "S02", SUAN_SCREEN_FAIL, "string"},
    {"clean", symbols_outside, "S02", SUAN_SCREEN_FAIL, "symbol"},
    {"clean", hash_outside, "S02", SUAN_SCREEN_FAIL, "hash"},
    {"clean", tag_twice, "S02", SUAN_SCREEN_FAIL, "twice"},
    {"no_note", NULL, "S03", SUAN_SCREEN_FAIL, "no note"},
    {"two_notes", NULL, "S03", SUAN_SCREEN_FAIL, "2 notes"},
    {"reserved", NULL, "S03", SUAN_SCREEN_FAIL, "reserved"},
    {"clean", note_size, "S03", SUAN_SCREEN_FAIL, "note"},
    {"major", NULL, "S04", SUAN_SCREEN_FAIL, "major 9"},
    {"draft", NULL, "S04", SUAN_SCREEN_FAIL, "draft 99"},
    {"version", NULL, "S05", SUAN_SCREEN_FAIL, "1.2.1"},
    {"flags", NULL, "S05", SUAN_SCREEN_FAIL, "unknown flags"},
    {"runs_alone", NULL, "S05", SUAN_SCREEN_FAIL, "CONCURRENT_RUNS"},
    {"other_flags", NULL, "S05", SUAN_SCREEN_FAIL, "concurrency"},
    {"export", NULL, "S06", SUAN_SCREEN_FAIL, "another"},
    {"no_entry", NULL, "S06", SUAN_SCREEN_FAIL, "suan_plugin_v1"},
    {"sodium", NULL, "S07", SUAN_SCREEN_FAIL, "libsodium"},
    {"clean", hidden_library, "S07", SUAN_SCREEN_FAIL, "outside"},
    {"unlisted", NULL, "S07", SUAN_SCREEN_FAIL, "libz.so.1"},
    {"import_system", NULL, "S08", SUAN_SCREEN_FAIL, "system"},
    {"import_dlopen", NULL, "S08", SUAN_SCREEN_FAIL, "dlopen"},
    {"import_exit", NULL, "S08", SUAN_SCREEN_FAIL, "exit"},
    {"import_setenv", NULL, "S08", SUAN_SCREEN_FAIL, "setenv"},
    {"import_open", NULL, "S08", SUAN_SCREEN_WARN, "open"},
    {"runpath", NULL, "S09", SUAN_SCREEN_FAIL, "RUNPATH"},
    {"rpath", NULL, "S09", SUAN_SCREEN_FAIL, "RPATH"},
    {"audit", NULL, "S09", SUAN_SCREEN_FAIL, "AUDIT"},
    {"filter", NULL, "S09", SUAN_SCREEN_FAIL, "FILTER"},
    {"interp", NULL, "S09", SUAN_SCREEN_FAIL, "PT_INTERP"},
    {"textrel", NULL, "S10", SUAN_SCREEN_FAIL, "text"},
    {"execstack", NULL, "S11", SUAN_SCREEN_FAIL, "stack"},
    {"clean", no_stack_header, "S11", SUAN_SCREEN_FAIL, "PT_GNU_STACK"},
    {"clean", writable_code, "S11", SUAN_SCREEN_FAIL, "writable"},
    {"norelro", NULL, "S12", SUAN_SCREEN_FAIL, "RELRO"},
    {"lazy", NULL, "S12", SUAN_SCREEN_FAIL, "BIND_NOW"},
    {"static_tls", NULL, "S13", SUAN_SCREEN_WARN, "thread-local"},
    {"constructor", NULL, "S14", SUAN_SCREEN_WARN, "1 constructors"},
    {"ifunc", NULL, "S14", SUAN_SCREEN_WARN, "IRELATIVE"},
    {"clean", newer_glibc, "S15", SUAN_SCREEN_FAIL, "GLIBC_3"},
    {"import_pthread_create", NULL, "S17", SUAN_SCREEN_FAIL, "pthread_create"},
};
enum { N_ROWS = sizeof rows / sizeof rows[0] };

static const struct suan_screen_row *find_row(const struct suan_screening *screening, const char *id)
{
    for (size_t i = 0; i < SUAN_SCREEN_ROWS; i++) {
        if (strcmp(screening->rows[i].id, id) == 0)
            return &screening->rows[i];
    }
    cr_assert_fail("no row %s", id);
    return NULL;
}

static void screen_object(struct suan_span object, const struct suan_package *package,
                          struct suan_screening *out)
{
    const struct suan_manifest *manifest = suan_package_manifest(package);
    suan_screen(object, manifest, &manifest->variants[0], out);
}

Test(screen, clean_plugin_passes_every_row_but_the_one_for_a_disassembler)
{
    SUAN_CLEANUP(suan_package_freep) struct suan_package *package = describe("", "");
    SUAN_CLEANUP(suan_buffer_done) struct suan_buffer object = {0};
    struct suan_screening screening;
    load("clean", &object);
    screen_object(suan_buffer_span(&object), package, &screening);
    for (size_t i = 0; i < SUAN_SCREEN_ROWS; i++) {
        const struct suan_screen_row *row = &screening.rows[i];
        cr_expect_eq(row->result, strcmp(row->id, "S16") == 0 ? SUAN_SCREEN_SKIP : SUAN_SCREEN_PASS, "%s: %s",
                     row->id, row->detail);
    }
    cr_assert(suan_screen_is_clean(&screening));
}

Test(screen, each_fault_is_caught_by_its_row, .timeout = 120)
{
    SUAN_CLEANUP(suan_package_freep) struct suan_package *package = describe("", "");
    SUAN_CLEANUP(suan_buffer_done) struct suan_buffer table = {0};
    suan_buffer_append_text(&table, "[");
    for (size_t i = 0; i < N_ROWS; i++) {
        SUAN_CLEANUP(suan_buffer_done) struct suan_buffer object = {0};
        struct suan_screening screening;
        load(rows[i].plugin, &object);
        if (rows[i].spoil != NULL)
            rows[i].spoil(&object);
        screen_object(suan_buffer_span(&object), package, &screening);
        const struct suan_screen_row *row = find_row(&screening, rows[i].id);
        bool caught = row->result == rows[i].result && strstr(row->detail, rows[i].word) != NULL;
        cr_expect(caught, "row %zu, %s: %s %s '%s'", i, rows[i].plugin, row->id,
                  suan_screen_result_name(row->result), row->detail);
        suan_buffer_printf(
            &table,
            "%s\n{\"id\":\"%s\",\"name\":\"%s\",\"control\":\"the clean plugin passes\",\"result\":\"%s\"}",
            i == 0 ? "" : ",", rows[i].id, rows[i].word, caught ? "pass" : "fail");
    }
    suan_buffer_append_text(&table, "\n]\n");
    cr_assert_eq(suan_folder_make(SUAN_TEST_OUT, NULL), SUAN_OK);
    cr_assert_eq(suan_file_replace(SUAN_TEST_OUT "/screen.json", suan_buffer_span(&table), 0644, NULL),
                 SUAN_OK);
}

Test(screen, a_fault_fails_no_other_row)
{
    SUAN_CLEANUP(suan_package_freep) struct suan_package *package = describe("", "");
    for (size_t i = 0; i < N_ROWS; i++) {
        SUAN_CLEANUP(suan_buffer_done) struct suan_buffer object = {0};
        struct suan_screening screening;
        load(rows[i].plugin, &object);
        if (rows[i].spoil != NULL)
            rows[i].spoil(&object);
        screen_object(suan_buffer_span(&object), package, &screening);
        /* A broken layout (S01, S02) also hides the note; another ABI major differs from the manifest, too.
         */
        bool hides_note = rows[i].id[2] <= '2' || strcmp(rows[i].plugin, "major") == 0;
        for (size_t k = 0; k < SUAN_SCREEN_ROWS; k++) {
            const struct suan_screen_row *row = &screening.rows[k];
            bool own = strcmp(row->id, rows[i].id) == 0 || (hides_note && k < 5);
            bool threads = strcmp(rows[i].id, "S17") == 0;
            cr_expect(own || threads || row->result != SUAN_SCREEN_FAIL, "%s for %s: also %s %s",
                      rows[i].plugin, rows[i].id, row->id, row->detail);
        }
    }
}

Test(screen, listed_library_passes_and_own_threads_allow_threads)
{
    static const struct {
        const char *plugin, *more, *features, *id;
    } cases[] = {
        {"unlisted", "\"needs\":[{\"package\":\"zlib1g\",\"soname\":\"libz.so.1\"}],", "", "S07"},
        {"threads", "", "\"own-threads\"", "S17"},
        {"threads", "", "\"own-threads\"", "S05"},
        {"openmp", "", "\"own-threads\"", "S07"},
        {"openmp", "", "\"own-threads\"", "S17"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        SUAN_CLEANUP(suan_package_freep)
        struct suan_package *package = describe(cases[i].more, cases[i].features);
        SUAN_CLEANUP(suan_buffer_done) struct suan_buffer object = {0};
        struct suan_screening screening;
        load(cases[i].plugin, &object);
        screen_object(suan_buffer_span(&object), package, &screening);
        const struct suan_screen_row *row = find_row(&screening, cases[i].id);
        cr_expect_eq(row->result, SUAN_SCREEN_PASS, "%s %s: %s", cases[i].plugin, row->id, row->detail);
    }
}

Test(screen, openmp_without_own_threads_is_refused_by_both_rows)
{
    SUAN_CLEANUP(suan_package_freep) struct suan_package *package = describe("", "");
    SUAN_CLEANUP(suan_buffer_done) struct suan_buffer object = {0};
    struct suan_screening screening;
    load("openmp_silent", &object);
    screen_object(suan_buffer_span(&object), package, &screening);
    cr_assert_eq(find_row(&screening, "S07")->result, SUAN_SCREEN_FAIL);
    cr_assert_eq(find_row(&screening, "S17")->result, SUAN_SCREEN_FAIL);
}

Test(screen, bare_object_is_screened_without_a_manifest)
{
    SUAN_CLEANUP(suan_buffer_done) struct suan_buffer object = {0};
    struct suan_screening screening;
    load("clean", &object);
    suan_screen(suan_buffer_span(&object), NULL, NULL, &screening);
    cr_assert(suan_screen_is_clean(&screening));
}

Test(screen, instruction_bytes_are_reported_and_not_judged)
{
    SUAN_CLEANUP(suan_buffer_done) struct suan_buffer object = {0};
    struct suan_screening screening;
    load("syscall", &object);
    suan_screen(suan_buffer_span(&object), NULL, NULL, &screening);
    cr_assert(suan_screen_is_clean(&screening));
    cr_assert(header_of(&object)->e_machine != EM_X86_64 || screening.bytes.syscall > 0);
}

Test(screen, report_is_json_with_every_row_and_the_limits_of_screening)
{
    SUAN_CLEANUP(suan_buffer_done) struct suan_buffer object = {0};
    struct suan_screening screening;
    load("export", &object);
    suan_screen(suan_buffer_span(&object), NULL, NULL, &screening);
    SUAN_CLEANUP(suan_json_releasep) struct suan_json *json = suan_screen_json(&screening);
    const struct suan_json *checks = suan_json_find(json, "checks");
    cr_assert_eq(suan_json_count(checks), SUAN_SCREEN_ROWS);
    cr_assert(suan_span_equal(suan_json_text(suan_json_find(suan_json_at(checks, 5), "result")),
                              suan_span_text("fail")));
    cr_assert_not(suan_json_boolean(suan_json_find(json, "clean")));
    cr_assert_gt(suan_json_text(suan_json_find(json, "limits")).size, 0);
}

Test(screen, package_with_a_faulty_object_is_refused_as_a_whole)
{
    SUAN_CLEANUP(suan_package_freep) struct suan_package *package = describe("", "");
    struct suan_error error = {0};
    cr_assert_eq(suan_package_screen(package, &error), SUAN_E_REFUSED);
    cr_assert_str_eq(error.code, "package.elf");
}

Test(screen, any_cut_of_an_object_gives_rows_and_no_crash)
{
    SUAN_CLEANUP(suan_buffer_done) struct suan_buffer object = {0};
    load("clean", &object);
    for (size_t size = 0; size < object.size; size += size < 1200 ? 1 : 61) {
        struct suan_screening screening;
        SUAN_CLEANUP(suan_freep) uint8_t *copy = malloc(size + 1);
        memcpy(copy, object.data, size);
        suan_screen(suan_span(copy, size), NULL, NULL, &screening);
        cr_assert(size > 8192 || !suan_screen_is_clean(&screening), "%zu bytes", size);
    }
}

/* --- the note by itself ------------------------------------------------------------------------------- */

Test(screen, note_is_read_in_host_order)
{
    SUAN_CLEANUP(suan_buffer_done) struct suan_buffer object = {0};
    struct suan_plugin_note note;
    struct suan_error error = {0};
    load("clean", &object);
    cr_assert_eq(suan_plugin_note_read(suan_buffer_span(&object), &note, &error), SUAN_OK, "%s",
                 error.message);
    cr_assert(note.kind == 1 && note.abi_major == SUAN_ABI_MAJOR && note.flags == 0x23 && note.n_tasks == 1);
    cr_assert_str_eq(note.id, "kd-match");
    cr_assert_str_eq(note.tasks[0], "astro.crossmatch/1");
}

Test(screen, note_text_must_be_closed_and_padded)
{
    uint8_t bytes[SUAN_NOTE_BYTES] = "Suan\1";
    struct suan_plugin_note note;
    cr_assert_eq(suan_plugin_note_decode(suan_span(bytes, sizeof bytes), &note, NULL), SUAN_OK);
    bytes[40 + 79] = 'x';
    cr_assert_eq(suan_plugin_note_decode(suan_span(bytes, sizeof bytes), &note, NULL), SUAN_E_REFUSED);
    bytes[40 + 79] = 0;
    memset(bytes + 120, 'v', 80);
    cr_assert_eq(suan_plugin_note_decode(suan_span(bytes, sizeof bytes), &note, NULL), SUAN_E_REFUSED);
    memset(bytes + 120, 0, 80);
    bytes[1023] = 1;
    cr_assert_eq(suan_plugin_note_decode(suan_span(bytes, sizeof bytes), &note, NULL), SUAN_E_REFUSED);
    cr_assert_eq(suan_plugin_note_decode(suan_span(bytes, sizeof bytes - 1), &note, NULL), SUAN_E_REFUSED);
}
