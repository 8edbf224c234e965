/* The table of rows, what they see, and the rows about header, segments and note. */
#include "screen.h"

#include <stdarg.h>
#include <stdio.h>

#include "base/cleanup.h"
#include "screen_rows.h"

/* Symbols and texts of the note are a stranger's bytes: only printable ASCII reaches a terminal. */
static void disarm(char *text)
{
    for (; *text != '\0'; text++) {
        if (*text < 0x20 || *text > 0x7E)
            *text = '?';
    }
}

void suan_screen_put(struct suan_screen_row *row, enum suan_screen_result result, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    row->result = result;
    vsnprintf(row->detail, sizeof row->detail, format, arguments);
    va_end(arguments);
    disarm(row->detail);
}

void suan_screen_add(struct suan_screen_row *row, enum suan_screen_result result, const char *format, ...)
{
    va_list arguments;
    size_t used = strlen(row->detail);
    if (used > 0 && used + 3 < sizeof row->detail)
        used += (size_t)snprintf(row->detail + used, sizeof row->detail - used, "; ");
    va_start(arguments, format);
    vsnprintf(row->detail + used, sizeof row->detail - used, format, arguments);
    va_end(arguments);
    disarm(row->detail + used);
    if (row->result == SUAN_SCREEN_PASS || result == SUAN_SCREEN_FAIL)
        row->result = result;
}

bool suan_screen_has_own_threads(const struct suan_screen_view *view)
{
    return view->note_status == SUAN_OK && (view->note.flags & SUAN_FLAG_OWN_THREADS) != 0;
}

/* --- S01 to S05, S11, S16 ----------------------------------------------------------------------------- */

static void check_identity(const struct suan_screen_view *view, struct suan_screen_row *row)
{
    uint16_t machine = view->elf.header.e_machine;
    if (view->depth < SUAN_SCREEN_HEADER)
        suan_screen_put(row, SUAN_SCREEN_FAIL, "%s", view->fault.message);
    else if (view->elf.header.e_type != ET_DYN)
        suan_screen_put(row, SUAN_SCREEN_FAIL, "not a shared object (type %u)", view->elf.header.e_type);
    else if (machine != EM_X86_64 && machine != EM_AARCH64)
        suan_screen_put(row, SUAN_SCREEN_FAIL, "machine %u is neither x86-64 nor aarch64", machine);
    else if (view->variant != NULL && suan_package_variant_target(view->variant->id).machine != machine)
        suan_screen_put(row, SUAN_SCREEN_FAIL, "machine %u, but the variant is %.*s", machine,
                        SUAN_SPAN_PRINTF(view->variant->id));
    else if (view->depth == SUAN_SCREEN_DYNAMIC && (suan_elf_value(&view->elf, DT_FLAGS_1) & DF_1_PIE) != 0)
        suan_screen_put(row, SUAN_SCREEN_FAIL, "a program, not a shared object");
}

static void check_layout(const struct suan_screen_view *view, struct suan_screen_row *row)
{
    if (view->depth < SUAN_SCREEN_DYNAMIC)
        suan_screen_put(row, SUAN_SCREEN_FAIL, "%s", view->fault.message);
}

static void check_note(const struct suan_screen_view *view, struct suan_screen_row *row)
{
    if (view->note_status != SUAN_OK)
        suan_screen_put(row, SUAN_SCREEN_FAIL, "%s", view->note_fault.message);
}

static void check_abi(const struct suan_screen_view *view, struct suan_screen_row *row)
{
    struct suan_error cause = {0};
    if (suan_plugin_note_check_host(&view->note, &cause) != SUAN_OK)
        suan_screen_put(row, SUAN_SCREEN_FAIL, "%s", cause.message);
}

static void check_claims(const struct suan_screen_view *view, struct suan_screen_row *row)
{
    struct suan_error cause = {0};
    enum suan_status status = suan_plugin_note_check_fields(&view->note, &cause);
    if (status == SUAN_OK && view->manifest != NULL)
        status = suan_plugin_note_check_manifest(&view->note, view->manifest, view->variant, &cause);
    if (status != SUAN_OK)
        suan_screen_put(row, SUAN_SCREEN_FAIL, "%s", cause.message);
    else if (view->note.machine != view->elf.header.e_machine)
        suan_screen_put(row, SUAN_SCREEN_FAIL, "the note says machine %u, the file %u", view->note.machine,
                        view->elf.header.e_machine);
    else if (view->manifest == NULL)
        suan_screen_put(row, SUAN_SCREEN_PASS, "no manifest to compare with");
}

static void check_segments(const struct suan_screen_view *view, struct suan_screen_row *row)
{
    const Elf64_Phdr *stack = suan_elf_find_segment(&view->elf, PT_GNU_STACK);
    if (stack == NULL)
        suan_screen_add(row, SUAN_SCREEN_FAIL, "no PT_GNU_STACK, which means an executable stack");
    else if ((stack->p_flags & PF_X) != 0)
        suan_screen_add(row, SUAN_SCREEN_FAIL, "executable stack");
    for (size_t i = 0; i < view->elf.n_segments; i++) {
        const Elf64_Phdr *segment = &view->elf.segments[i];
        if (segment->p_type == PT_LOAD && (segment->p_flags & (PF_W | PF_X)) == (PF_W | PF_X))
            suan_screen_add(row, SUAN_SCREEN_FAIL, "segment %zu is writable and executable", i);
    }
}

static void check_instructions(const struct suan_screen_view *view, struct suan_screen_row *row)
{
    (void)view;
    suan_screen_put(row, SUAN_SCREEN_SKIP, "needs objdump: a disassembler is not part of this library");
}

/* --- the table ---------------------------------------------------------------------------------------- */

/* What a row must have seen before it can judge. */
enum need { NEED_NOTHING, NEED_SEGMENTS, NEED_DYNAMIC, NEED_NOTE };

static const struct {
    const char *id, *title;
    enum need need;
    suan_screen_check *check;
} table[SUAN_SCREEN_ROWS] = {
    {"S01", "ELF64 shared object for the variant's machine", NEED_NOTHING, check_identity},
    {"S02", "program headers, notes and dynamic section lie within the file", NEED_NOTHING, check_layout},
    {"S03", "exactly one well-formed note", NEED_NOTHING, check_note},
    {"S04", "ABI major, draft and minimum minor suit this host", NEED_NOTE, check_abi},
    {"S05", "note is well-formed and equals the manifest", NEED_NOTE, check_claims},
    {"S06", "suan_plugin_v1 is the only defined dynamic symbol, a function", NEED_DYNAMIC,
     suan_screen_exports},
    {"S07", "needs only allowed libraries", NEED_DYNAMIC, suan_screen_needed},
    {"S08", "imports nothing that leaves a plugin's bounds", NEED_DYNAMIC, suan_screen_imports},
    {"S09", "no RPATH, RUNPATH, AUDIT, FILTER, PT_INTERP", NEED_DYNAMIC, suan_screen_search_paths},
    {"S10", "no text relocations", NEED_DYNAMIC, suan_screen_text_relocations},
    {"S11", "no executable stack, no writable code", NEED_SEGMENTS, check_segments},
    {"S12", "full RELRO and BIND_NOW", NEED_DYNAMIC, suan_screen_relro},
    {"S13", "no static thread-local storage", NEED_DYNAMIC, suan_screen_static_tls},
    {"S14", "no code that runs at load", NEED_DYNAMIC, suan_screen_constructors},
    {"S15", "needs no newer glibc or libstdc++ than Debian 12's", NEED_DYNAMIC, suan_screen_versions},
    {"S16", "instructions within isa and cpu_needed", NEED_NOTHING, check_instructions},
    {"S17", "creates threads only with own-threads", NEED_DYNAMIC, suan_screen_threads},
};

static const char *missing(const struct suan_screen_view *view, enum need need)
{
    if (need == NEED_NOTE)
        return view->note_status == SUAN_OK ? NULL : "S03 failed";
    if (need == NEED_SEGMENTS)
        return view->depth >= SUAN_SCREEN_SEGMENTS ? NULL : "S02 failed";
    return need == NEED_NOTHING || view->depth == SUAN_SCREEN_DYNAMIC ? NULL : "S02 failed";
}

static void look(struct suan_span object, struct suan_screen_view *view)
{
    view->depth = SUAN_SCREEN_NOTHING;
    if (suan_elf_read_header(object, &view->elf, &view->fault) == SUAN_OK)
        view->depth = SUAN_SCREEN_HEADER;
    if (view->depth == SUAN_SCREEN_HEADER && suan_elf_read_segments(&view->elf, &view->fault) == SUAN_OK)
        view->depth = SUAN_SCREEN_SEGMENTS;
    if (view->depth == SUAN_SCREEN_SEGMENTS && suan_elf_read_dynamic(&view->elf, &view->fault) == SUAN_OK)
        view->depth = SUAN_SCREEN_DYNAMIC;
    view->note_status = suan_plugin_note_read(object, &view->note, &view->note_fault);
}

static uint64_t count_bytes(struct suan_span code, const char *pattern, size_t size)
{
    uint64_t count = 0;
    while (code.size >= size) {
        const uint8_t *at = memmem(code.data, code.size, pattern, size);
        if (at == NULL)
            return count;
        count++;
        code = suan_span(at + 1, code.size - (size_t)(at - code.data) - 1);
    }
    return count;
}

static void scan_code(const struct suan_elf *elf, struct suan_screening *out)
{
    if (elf->header.e_machine != EM_X86_64)
        return;
    for (size_t i = 0; i < elf->n_segments; i++) {
        if (elf->segments[i].p_type != PT_LOAD || (elf->segments[i].p_flags & PF_X) == 0)
            continue;
        struct suan_span code = suan_elf_segment(elf, i);
        out->bytes.syscall += count_bytes(code, "\x0F\x05", 2);
        out->bytes.sysenter += count_bytes(code, "\x0F\x34", 2);
        out->bytes.int80 += count_bytes(code, "\xCD\x80", 2);
        out->bytes.wrpkru += count_bytes(code, "\x0F\x01\xEF", 3);
    }
}

void suan_screen(struct suan_span object, const struct suan_manifest *manifest,
                 const struct suan_manifest_variant *variant, struct suan_screening *out)
{
    struct suan_screen_view view = {.manifest = manifest, .variant = variant};
    *out = (struct suan_screening){0};
    look(object, &view);
    for (size_t i = 0; i < SUAN_SCREEN_ROWS; i++) {
        struct suan_screen_row *row = &out->rows[i];
        row->id = table[i].id;
        row->title = table[i].title;
        const char *lack = missing(&view, table[i].need);
        if (lack != NULL)
            suan_screen_put(row, SUAN_SCREEN_SKIP, "%s", lack);
        else
            table[i].check(&view, row);
    }
    if (view.depth >= SUAN_SCREEN_SEGMENTS)
        scan_code(&view.elf, out);
}

bool suan_screen_is_clean(const struct suan_screening *screening)
{
    for (size_t i = 0; i < SUAN_SCREEN_ROWS; i++) {
        if (screening->rows[i].result == SUAN_SCREEN_FAIL)
            return false;
    }
    return true;
}

const char *suan_screen_result_name(enum suan_screen_result result)
{
    static const char *const names[] = {"pass", "warn", "fail", "skip"};
    return names[result];
}

static const char limits_text[] =
    "Static screening is lint: byte scans raise false alarms, ordinary objects have constructors, and code "
    "that imports "
    "only memcpy can reach system calls through libc. A clean result never raises an isolation level.";

struct suan_json *suan_screen_json(const struct suan_screening *screening)
{
    struct suan_json *json = suan_json_new_object(), *bytes = suan_json_new_object(),
                     *checks = suan_json_new_array();
    suan_json_set_integer(bytes, "syscall", (int64_t)screening->bytes.syscall);
    suan_json_set_integer(bytes, "sysenter", (int64_t)screening->bytes.sysenter);
    suan_json_set_integer(bytes, "int80", (int64_t)screening->bytes.int80);
    suan_json_set_integer(bytes, "wrpkru", (int64_t)screening->bytes.wrpkru);
    for (size_t i = 0; i < SUAN_SCREEN_ROWS; i++) {
        const struct suan_screen_row *row = &screening->rows[i];
        struct suan_json *check = suan_json_new_object();
        suan_json_set_text(check, "id", row->id);
        suan_json_set_text(check, "title", row->title);
        suan_json_set_text(check, "result", suan_screen_result_name(row->result));
        suan_json_set_text(check, "detail", row->detail);
        suan_json_add(checks, check);
    }
    suan_json_set(json, "bytes", bytes);
    suan_json_set(json, "checks", checks);
    suan_json_set_boolean(json, "clean", suan_screen_is_clean(screening));
    suan_json_set_text(json, "limits", limits_text);
    return json;
}

enum suan_status suan_package_screen(const struct suan_package *package, struct suan_error *error)
{
    const struct suan_manifest *manifest = suan_package_manifest(package);
    for (size_t i = 0; i < manifest->n_variants; i++) {
        const struct suan_manifest_variant *variant = &manifest->variants[i];
        struct suan_screening screening;
        suan_screen(suan_package_object(package, variant), manifest, variant, &screening);
        for (size_t k = 0; k < SUAN_SCREEN_ROWS; k++) {
            if (screening.rows[k].result == SUAN_SCREEN_FAIL)
                return suan_error_set(error, SUAN_E_REFUSED, "package.elf", "run 'suan check' on it",
                                      "variant %.*s: %s %s", SUAN_SPAN_PRINTF(variant->id),
                                      screening.rows[k].id, screening.rows[k].detail);
        }
    }
    return SUAN_OK;
}
