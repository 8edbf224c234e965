/* The rows that read the dynamic section: what the object exports, imports, needs and does at load. */
#include "screen_rows.h"

#include <stdlib.h>

#include "allowed.h"
#include "imports.h"

static bool is_visible(const struct suan_elf_symbol *symbol)
{
    return symbol->defined && symbol->bind != STB_LOCAL &&
           (symbol->visibility == STV_DEFAULT || symbol->visibility == STV_PROTECTED);
}

static bool is_imported(const struct suan_elf_symbol *symbol)
{
    return !symbol->defined && symbol->name[0] != '\0';
}

void suan_screen_exports(const struct suan_screen_view *view, struct suan_screen_row *row)
{
    bool found = false;
    for (size_t i = 1; i < view->elf.n_symbols; i++) {
        struct suan_elf_symbol symbol = suan_elf_symbol(&view->elf, i);
        if (!is_visible(&symbol))
            continue;
        bool entry = strcmp(symbol.name, "suan_plugin_v1") == 0;
        found = found || entry;
        if (!entry)
            suan_screen_add(row, SUAN_SCREEN_FAIL, "exports '%.64s'", symbol.name);
        else if (symbol.type != STT_FUNC)
            suan_screen_add(row, SUAN_SCREEN_FAIL, "suan_plugin_v1 is not a function");
    }
    if (!found)
        suan_screen_add(row, SUAN_SCREEN_FAIL, "does not export suan_plugin_v1");
}

/* --- libraries ---------------------------------------------------------------------------------------- */

static bool is_listed(const struct suan_manifest *manifest, const char *soname)
{
    for (size_t i = 0; i < manifest->n_needs; i++) {
        if (suan_span_equal(manifest->needs[i].soname, suan_span_text(soname)))
            return true;
    }
    return false;
}

static void judge_library(const struct suan_screen_view *view, const char *soname,
                          struct suan_screen_row *row)
{
    const struct suan_library *library = suan_library_find(soname);
    if (library == NULL) {
        suan_screen_add(row, SUAN_SCREEN_FAIL, "needs %.64s, which is not on the list", soname);
        return;
    }
    bool threads =
        library->kind == SUAN_LIBRARY_SYSTEM_THREADS || library->kind == SUAN_LIBRARY_ADMITTED_THREADS;
    bool admitted = library->kind == SUAN_LIBRARY_ADMITTED || library->kind == SUAN_LIBRARY_ADMITTED_THREADS;
    if (threads && !suan_screen_has_own_threads(view))
        suan_screen_add(row, SUAN_SCREEN_FAIL, "needs %s, which creates threads, without own-threads",
                        soname);
    if (admitted && view->manifest != NULL && !is_listed(view->manifest, soname))
        suan_screen_add(row, SUAN_SCREEN_FAIL,
                        "needs %s (Debian package %s), not listed in the manifest's needs", soname,
                        library->package);
}

void suan_screen_needed(const struct suan_screen_view *view, struct suan_screen_row *row)
{
    size_t count = 0;
    for (size_t i = 0; i < view->elf.n_dynamic; i++) {
        if (view->elf.dynamic[i].d_tag != DT_NEEDED)
            continue;
        const char *soname = suan_elf_text(&view->elf, view->elf.dynamic[i].d_un.d_val);
        if (soname == NULL || ++count > SUAN_ELF_NEEDED_MAX) {
            suan_screen_add(row, SUAN_SCREEN_FAIL,
                            "a library's name lies outside the file, or there are too many");
            return;
        }
        judge_library(view, soname, row);
    }
}

/* --- imports ------------------------------------------------------------------------------------------ */

void suan_screen_imports(const struct suan_screen_view *view, struct suan_screen_row *row)
{
    for (size_t i = 1; i < view->elf.n_symbols; i++) {
        struct suan_elf_symbol symbol = suan_elf_symbol(&view->elf, i);
        if (!is_imported(&symbol))
            continue;
        enum suan_import_verdict verdict = suan_import_judge(symbol.name);
        if (verdict == SUAN_IMPORT_FORBIDDEN)
            suan_screen_add(row, SUAN_SCREEN_FAIL, "imports %s", symbol.name);
        else if (verdict == SUAN_IMPORT_WATCHED)
            suan_screen_add(row, SUAN_SCREEN_WARN, "imports %s", symbol.name);
    }
}

void suan_screen_threads(const struct suan_screen_view *view, struct suan_screen_row *row)
{
    if (suan_screen_has_own_threads(view))
        return;
    for (size_t i = 1; i < view->elf.n_symbols; i++) {
        struct suan_elf_symbol symbol = suan_elf_symbol(&view->elf, i);
        if (is_imported(&symbol) && suan_import_makes_threads(symbol.name))
            suan_screen_add(row, SUAN_SCREEN_FAIL, "imports %.64s without own-threads", symbol.name);
    }
}

/* --- flags and tags ----------------------------------------------------------------------------------- */

void suan_screen_search_paths(const struct suan_screen_view *view, struct suan_screen_row *row)
{
    static const struct {
        int64_t tag;
        const char *name;
    } tags[] = {
        {DT_RPATH, "RPATH"},       {DT_RUNPATH, "RUNPATH"}, {DT_AUDIT, "AUDIT"},
        {DT_DEPAUDIT, "DEPAUDIT"}, {DT_FILTER, "FILTER"},   {DT_AUXILIARY, "AUXILIARY"},
    };
    for (size_t i = 0; i < sizeof tags / sizeof tags[0]; i++) {
        if (suan_elf_has(&view->elf, tags[i].tag))
            suan_screen_add(row, SUAN_SCREEN_FAIL, "has %s", tags[i].name);
    }
    if (suan_elf_find_segment(&view->elf, PT_INTERP) != NULL)
        suan_screen_add(row, SUAN_SCREEN_FAIL, "has PT_INTERP");
}

void suan_screen_text_relocations(const struct suan_screen_view *view, struct suan_screen_row *row)
{
    if (suan_elf_has(&view->elf, DT_TEXTREL) || (suan_elf_value(&view->elf, DT_FLAGS) & DF_TEXTREL) != 0)
        suan_screen_put(row, SUAN_SCREEN_FAIL, "has text relocations: compile with -fPIC");
}

void suan_screen_relro(const struct suan_screen_view *view, struct suan_screen_row *row)
{
    if (suan_elf_find_segment(&view->elf, PT_GNU_RELRO) == NULL)
        suan_screen_add(row, SUAN_SCREEN_FAIL, "no RELRO: link with -Wl,-z,relro");
    if (!suan_elf_has(&view->elf, DT_BIND_NOW) && (suan_elf_value(&view->elf, DT_FLAGS) & DF_BIND_NOW) == 0 &&
        (suan_elf_value(&view->elf, DT_FLAGS_1) & DF_1_NOW) == 0)
        suan_screen_add(row, SUAN_SCREEN_FAIL, "no BIND_NOW: link with -Wl,-z,now");
}

/* Relocations that matter, by machine. */
struct tally {
    uint16_t machine;
    uint64_t copy, irelative, static_tls;
};

static void count_relocation(void *context, uint32_t type)
{
    struct tally *tally = context;
    bool arm = tally->machine == EM_AARCH64;
    tally->copy += type == (arm ? R_AARCH64_COPY : R_X86_64_COPY);
    tally->irelative += type == (arm ? R_AARCH64_IRELATIVE : R_X86_64_IRELATIVE);
    tally->static_tls += type == (arm ? R_AARCH64_TLS_TPREL : R_X86_64_TPOFF64);
}

static struct tally count_relocations(const struct suan_elf *elf)
{
    struct tally tally = {.machine = elf->header.e_machine};
    suan_elf_visit_relocations(elf, count_relocation, &tally);
    return tally;
}

void suan_screen_static_tls(const struct suan_screen_view *view, struct suan_screen_row *row)
{
    if ((suan_elf_value(&view->elf, DT_FLAGS) & DF_STATIC_TLS) != 0 ||
        count_relocations(&view->elf).static_tls > 0)
        suan_screen_put(row, SUAN_SCREEN_WARN,
                        "uses static thread-local storage, of which a process has little");
}

void suan_screen_constructors(const struct suan_screen_view *view, struct suan_screen_row *row)
{
    const struct suan_elf *elf = &view->elf;
    uint64_t before = suan_elf_value(elf, DT_INIT_ARRAYSZ) / 8,
             after = suan_elf_value(elf, DT_FINI_ARRAYSZ) / 8;
    /* The compiler's start files bring one entry each. */
    if (before > 1)
        suan_screen_add(row, SUAN_SCREEN_WARN, "%llu constructors", (unsigned long long)(before - 1));
    if (after > 1)
        suan_screen_add(row, SUAN_SCREEN_WARN, "%llu destructors", (unsigned long long)(after - 1));
    if (suan_elf_has(elf, DT_PREINIT_ARRAY))
        suan_screen_add(row, SUAN_SCREEN_WARN, "a pre-initialisation array");
    struct tally tally = count_relocations(elf);
    if (tally.irelative > 0)
        suan_screen_add(row, SUAN_SCREEN_WARN, "%llu IRELATIVE relocations",
                        (unsigned long long)tally.irelative);
    if (tally.copy > 0)
        suan_screen_add(row, SUAN_SCREEN_WARN, "%llu COPY relocations", (unsigned long long)tally.copy);
    uint64_t ifuncs = 0;
    for (size_t i = 1; i < elf->n_symbols; i++)
        ifuncs += suan_elf_symbol(elf, i).type == STT_GNU_IFUNC;
    if (ifuncs > 0)
        suan_screen_add(row, SUAN_SCREEN_WARN, "%llu IFUNC symbols", (unsigned long long)ifuncs);
}

/* --- versions ----------------------------------------------------------------------------------------- */

/* Dotted numbers, "2.36" after "2.4". */
static int compare_dotted(const char *a, const char *b)
{
    while (*a != '\0' || *b != '\0') {
        char *end_a, *end_b;
        unsigned long first = strtoul(a, &end_a, 10), second = strtoul(b, &end_b, 10);
        if (first != second)
            return first < second ? -1 : 1;
        if ((end_a == a && *a != '\0') || (end_b == b && *b != '\0'))
            return 1; /* no number: what it is, is not known to be old */
        a = *end_a == '.' ? end_a + 1 : end_a;
        b = *end_b == '.' ? end_b + 1 : end_b;
    }
    return 0;
}

static void judge_version(void *context, const char *version)
{
    /* The newest of Debian 12: glibc 2.36, gcc 12.2. */
    static const struct {
        const char *prefix, *newest;
    } families[] = {
        {"GLIBC_", "2.36"},  {"GLIBCXX_", "3.4.30"}, {"CXXABI_", "1.3.13"}, {"GCC_", "12.0.0"},
        {"GFORTRAN_", "12"}, {"QUADMATH_", "1.2"},   {"GOMP_", "5.0.1"},    {"OMP_", "5.1"},
    };
    struct suan_screen_row *row = context;
    if (strcmp(version, "GLIBC_PRIVATE") == 0)
        suan_screen_add(row, SUAN_SCREEN_FAIL, "needs %s", version);
    for (size_t i = 0; i < sizeof families / sizeof families[0]; i++) {
        size_t size = strlen(families[i].prefix);
        if (strncmp(version, families[i].prefix, size) == 0 && version[size] >= '0' && version[size] <= '9' &&
            compare_dotted(version + size, families[i].newest) > 0)
            suan_screen_add(row, SUAN_SCREEN_FAIL, "needs %.64s, Debian 12 has %s", version,
                            families[i].newest);
    }
}

void suan_screen_versions(const struct suan_screen_view *view, struct suan_screen_row *row)
{
    if (!suan_elf_visit_versions(&view->elf, judge_version, row))
        suan_screen_add(row, SUAN_SCREEN_FAIL, "the table of needed versions is malformed");
}
