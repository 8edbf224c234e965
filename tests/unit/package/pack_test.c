#include "package/pack.h"

#include <criterion/criterion.h>
#include <dirent.h>
#include <fcntl.h>
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "fixture.h"
#include "package/unpack.h"

/* A staged folder with everything that a package may hold, and a source file beside it. */
static void stage(char folder[64])
{
    char object[96];
    fixture_make_folder(folder);
    snprintf(object, sizeof object, "variants/%s/plugin.so", fixture_variant);
    fixture_write_file(folder, "suan.json", suan_span_text(fixture_draft));
    fixture_write_file(folder, "LICENSE", suan_span_text("MIT\n"));
    fixture_write_file(folder, "README.md", suan_span_text("# Matching\n"));
    fixture_write_file(folder, "docs/guide.md", suan_span(NULL, 0));
    fixture_write_file(folder, "docs/說明.md", suan_span_text("文"));
    fixture_write_file(folder, object, suan_span_text("the bytes of an object"));
    fixture_write_file(folder, "main.c", suan_span_text("int x;\n"));
}

static void pack(const char *folder, struct suan_buffer *file)
{
    struct suan_error error = {0};
    enum suan_status status = suan_pack_folder(folder, file, NULL, &error);
    cr_assert_eq(status, SUAN_OK, "%s: %s", error.code, error.message);
}

Test(pack, folder_makes_the_very_bytes_that_the_rules_ask_for)
{
    char folder[64];
    SUAN_CLEANUP(suan_buffer_done) struct suan_buffer file = {0}, tar = {0};
    struct suan_digest identity = {{0}};
    stage(folder);
    cr_assert_eq(suan_pack_folder(folder, &file, &identity, NULL), SUAN_OK);
    fixture_good_tar(&tar);
    struct suan_digest expected = suan_sha256(suan_buffer_span(&tar));
    cr_assert(suan_digest_equal(&identity, &expected), "pack and the independent writer disagree");
    fixture_remove_folder(folder);
}

Test(pack, bytes_are_the_same_in_every_locale_and_run)
{
    static const char *const locales[] = {"C", "C.UTF-8", "en_US.UTF-8", "zh_CN.GB18030", "tr_TR.UTF-8"};
    char folder[64];
    SUAN_CLEANUP(suan_buffer_done) struct suan_buffer first = {0};
    stage(folder);
    pack(folder, &first);
    for (size_t i = 0; i < sizeof locales / sizeof locales[0]; i++) {
        SUAN_CLEANUP(suan_buffer_done) struct suan_buffer again = {0};
        setlocale(LC_ALL, locales[i]); /* one that is not installed leaves the one before */
        pack(folder, &again);
        cr_expect(suan_span_equal(suan_buffer_span(&first), suan_buffer_span(&again)), "%s", locales[i]);
    }
    fixture_remove_folder(folder);
}

Test(pack, callers_locale_is_left_as_it_was)
{
    char folder[64];
    SUAN_CLEANUP(suan_buffer_done) struct suan_buffer file = {0};
    locale_t before = uselocale((locale_t)0);
    stage(folder);
    pack(folder, &file);
    cr_assert_eq(uselocale((locale_t)0), before);
    cr_assert_str_eq(setlocale(LC_CTYPE, NULL), "C");
    fixture_remove_folder(folder);
}

static void swap_for_link(const char *folder, const char *name)
{
    char path[512];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    cr_assert_eq(remove(path), 0);
    cr_assert_eq(symlink("/etc/passwd", path), 0);
}

static void link_licence(const char *folder)
{
    swap_for_link(folder, "LICENSE");
}

static void link_document(const char *folder)
{
    swap_for_link(folder, "docs/guide.md");
}

static void pipe_document(const char *folder)
{
    char path[512];
    snprintf(path, sizeof path, "%s/docs/pipe", folder);
    cr_assert_eq(mkfifo(path, 0644), 0);
}

static void link_docs(const char *folder)
{
    char path[512];
    snprintf(path, sizeof path, "%s/docs/inner", folder);
    cr_assert_eq(symlink("/etc", path), 0);
}

static void remove_readme(const char *folder)
{
    char path[512];
    snprintf(path, sizeof path, "%s/README.md", folder);
    cr_assert_eq(remove(path), 0);
}

static void empty_licence(const char *folder)
{
    fixture_write_file(folder, "LICENSE", suan_span(NULL, 0));
}

static void bad_document_name(const char *folder)
{
    fixture_write_file(folder, "docs/a b.md", suan_span(NULL, 0));
}

static void large_document(const char *folder)
{
    char path[512];
    snprintf(path, sizeof path, "%s/docs/large", folder);
    SUAN_CLEANUP(suan_closep) int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
    cr_assert_eq(ftruncate(fd, (off_t)SUAN_PACKAGE_ENTRY_MAX + 1), 0);
}

static void broken_draft(const char *folder)
{
    fixture_write_file(folder, "suan.json", suan_span_text("{\"variants\":[}"));
}

static void unknown_variant(const char *folder)
{
    fixture_write_file(folder, "suan.json", suan_span_text("{\"variants\":[{\"id\":\"../..\"}]}"));
}

static void incomplete_draft(const char *folder)
{
    fixture_write_file(folder, "suan.json", suan_span_text("{\"variants\":[]}"));
}

Test(pack, folders_that_make_no_package_are_refused)
{
    static const struct {
        void (*spoil)(const char *folder);
        int status;
        const char *code;
    } rows[] = {
        {link_licence, SUAN_E_REFUSED, "package.type"},
        {link_document, SUAN_E_REFUSED, "package.type"},
        {pipe_document, SUAN_E_REFUSED, "package.type"},
        {link_docs, SUAN_E_REFUSED, "package.type"},
        {remove_readme, SUAN_E_NOT_FOUND, "package.io"},
        {empty_licence, SUAN_E_REFUSED, "package.content"},
        {bad_document_name, SUAN_E_REFUSED, "package.path"},
        {large_document, SUAN_E_REFUSED, "package.too-large"},
        {broken_draft, SUAN_E_REFUSED, "package.manifest"},
        {unknown_variant, SUAN_E_REFUSED, "package.manifest"},
        {incomplete_draft, SUAN_E_REFUSED, "package.manifest"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char folder[64];
        SUAN_CLEANUP(suan_buffer_done) struct suan_buffer file = {0};
        struct suan_error error = {0};
        stage(folder);
        rows[i].spoil(folder);
        enum suan_status status = suan_pack_folder(folder, &file, NULL, &error);
        cr_expect_eq(status, rows[i].status, "row %zu: %s", i, error.message);
        cr_expect_str_eq(error.code, rows[i].code, "row %zu: %s", i, error.message);
        cr_expect_eq(file.size, 0);
        fixture_remove_folder(folder);
    }
}

/* --- unpacking ---------------------------------------------------------------------------------------- */

static struct suan_package *packed(void)
{
    char folder[64];
    SUAN_CLEANUP(suan_buffer_done) struct suan_buffer file = {0};
    struct suan_package *package = NULL;
    stage(folder);
    pack(folder, &file);
    fixture_remove_folder(folder);
    cr_assert_eq(suan_package_open(suan_buffer_span(&file), &package, NULL), SUAN_OK);
    return package;
}

Test(pack, unpacked_folder_packs_into_the_same_package)
{
    char parent[64], folder[96];
    SUAN_CLEANUP(suan_package_freep) struct suan_package *package = packed();
    SUAN_CLEANUP(suan_buffer_done) struct suan_buffer file = {0};
    struct suan_digest identity = {{0}}, before = suan_package_tar_sha256(package);
    struct suan_error error = {0};
    fixture_make_folder(parent);
    snprintf(folder, sizeof folder, "%s/out", parent);
    cr_assert_eq(suan_package_unpack(package, folder, &error), SUAN_OK, "%s", error.message);
    cr_assert_eq(suan_pack_folder(folder, &file, &identity, &error), SUAN_OK, "%s", error.message);
    cr_assert(suan_digest_equal(&identity, &before));
    fixture_remove_folder(parent);
}

static size_t count_names(const char *folder)
{
    size_t count = 0;
    DIR *stream = opendir(folder);
    cr_assert_not_null(stream);
    for (struct dirent *entry; (entry = readdir(stream)) != NULL;)
        count += strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0;
    closedir(stream);
    return count;
}

Test(pack, unpacking_never_touches_what_is_there)
{
    char parent[64], folder[96], link[96];
    SUAN_CLEANUP(suan_package_freep) struct suan_package *package = packed();
    struct suan_error error = {0};
    fixture_make_folder(parent);
    snprintf(folder, sizeof folder, "%s/there", parent);
    snprintf(link, sizeof link, "%s/link", parent);
    fixture_write_file(parent, "there/mine", suan_span_text("mine"));
    cr_assert_eq(symlink("nowhere", link), 0);
    cr_assert_eq(suan_package_unpack(package, folder, &error), SUAN_E_CONFLICT);
    cr_assert_str_eq(error.code, "package.exists");
    cr_assert_eq(suan_package_unpack(package, link, &error), SUAN_E_CONFLICT);
    cr_assert_eq(count_names(parent), 2, "something was left behind");
    cr_assert_eq(count_names(folder), 1);
    fixture_remove_folder(parent);
}

Test(pack, unpacking_where_there_is_no_parent_fails_cleanly)
{
    SUAN_CLEANUP(suan_package_freep) struct suan_package *package = packed();
    cr_assert_eq(suan_package_unpack(package, "/nonexistent/x", NULL), SUAN_E_NOT_FOUND);
    cr_assert_eq(suan_package_unpack(package, "", NULL), SUAN_E_USAGE);
    cr_assert_eq(suan_package_unpack(package, "/", NULL), SUAN_E_USAGE);
    cr_assert_eq(suan_package_unpack(package, "..", NULL), SUAN_E_USAGE);
}
