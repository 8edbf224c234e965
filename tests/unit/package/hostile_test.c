/* One fixture for each way in which a package can be hostile; the control is that stock tar takes it. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <zstd.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "fixture.h"
#include "package/package.h"

/* What stock tar does with the file. */
enum control {
    TAR_UNPACKS, /* into an empty folder, without complaint */
    TAR_LISTS,   /* unpacking would need root or leave the folder; listing succeeds */
    UNDAMAGED,   /* tar does not read it either; the same file without the damage is accepted */
};

static void write_tar(struct suan_buffer *file, const struct fixture_entry *entries, size_t count)
{
    SUAN_CLEANUP(suan_buffer_done) struct suan_buffer tar = {0};
    for (size_t i = 0; i < count; i++)
        fixture_append(&tar, &entries[i]);
    fixture_end(&tar);
    fixture_compress(suan_buffer_span(&tar), FIXTURE_SIZE_DECLARED, file);
}

static int by_path(const void *a, const void *b)
{
    return strcmp(((const struct fixture_entry *)a)->path, ((const struct fixture_entry *)b)->path);
}

/* A good package with one more entry, at its place or behind all others. */
enum place { IN_ORDER, AT_THE_END };

static void with_entry_at(struct suan_buffer *file, struct fixture_entry entry, enum place place)
{
    struct fixture_files files;
    struct fixture_entry entries[FIXTURE_FILES + 1];
    fixture_good_files(&files);
    memcpy(entries, files.entries, sizeof files.entries);
    entries[FIXTURE_FILES] = entry;
    if (place == IN_ORDER)
        qsort(entries + 1, FIXTURE_FILES, sizeof entries[0], by_path);
    write_tar(file, entries, FIXTURE_FILES + 1);
    fixture_done(&files);
}

static void with_entry(struct suan_buffer *file, struct fixture_entry entry)
{
    with_entry_at(file, entry, IN_ORDER);
}

/* A good package of which one entry was changed. */
static void with_changed(struct suan_buffer *file, size_t index, void (*change)(struct fixture_entry *entry))
{
    struct fixture_files files;
    fixture_good_files(&files);
    change(&files.entries[index]);
    write_tar(file, files.entries, FIXTURE_FILES);
    fixture_done(&files);
}

static void good_file(struct suan_buffer *file)
{
    SUAN_CLEANUP(suan_buffer_done) struct suan_buffer tar = {0};
    fixture_good_tar(&tar);
    fixture_compress(suan_buffer_span(&tar), FIXTURE_SIZE_DECLARED, file);
}

/* --- too large ---------------------------------------------------------------------------------------- */

static void large_content(struct suan_buffer *file, const char *path, size_t size)
{
    void *content = calloc(1, size);
    cr_assert_not_null(content);
    with_entry(file, (struct fixture_entry){.path = path, .content = content, .content_size = size});
    free(content);
}

static void bomb(struct suan_buffer *file, enum fixture_size form)
{
    SUAN_CLEANUP(suan_buffer_done) struct suan_buffer tar = {0};
    size_t size = SUAN_PACKAGE_TAR_MAX + 1024;
    fixture_good_tar(&tar);
    size_t used = tar.size;
    uint8_t *place = suan_buffer_extend(&tar, size - used);
    cr_assert_not_null(place);
    memset(place, 0, size - used);
    fixture_compress(suan_buffer_span(&tar), form, file);
}

static void bomb_declared(struct suan_buffer *file)
{
    bomb(file, FIXTURE_SIZE_DECLARED);
}

static void bomb_streaming(struct suan_buffer *file)
{
    bomb(file, FIXTURE_SIZE_UNKNOWN);
}

/* A frame header that promises a terabyte, and nothing behind it. */
static void huge_promise(struct suan_buffer *file)
{
    static const uint8_t frame[] = {0x28, 0xB5, 0x2F, 0xFD, 0xE0, 0, 0, 0, 0, 0, 1, 0, 0, 1, 0, 0};
    suan_buffer_append(file, frame, sizeof frame);
}

static void huge_size_field(struct suan_buffer *file)
{
    with_entry(file, (struct fixture_entry){.path = "docs/說x.md",
                                            .records = "path=docs/說x.md\n",
                                            .size_field = "77777777777 "});
}

static void large_docs(struct suan_buffer *file)
{
    large_content(file, "docs/z", SUAN_PACKAGE_DOCS_MAX + 1);
}

static void large_entry(struct suan_buffer *file)
{
    large_content(file, "docs/z", SUAN_PACKAGE_ENTRY_MAX + 1);
}

static void make_manifest_long(struct fixture_entry *entry)
{
    static char spaces[SUAN_MANIFEST_MAX + 1];
    memset(spaces, ' ', sizeof spaces);
    memcpy(spaces, entry->content, entry->content_size);
    entry->content = spaces;
    entry->content_size = sizeof spaces;
}

static void large_manifest(struct suan_buffer *file)
{
    with_changed(file, 0, make_manifest_long);
}

static void many_entries(struct suan_buffer *file)
{
    enum { COUNT = SUAN_PACKAGE_ENTRIES_MAX + 1 };
    static char names[COUNT][16];
    struct fixture_entry *entries = calloc(COUNT, sizeof *entries);
    struct fixture_files files;
    fixture_good_files(&files);
    memcpy(entries, files.entries, 3 * sizeof entries[0]);
    for (size_t i = 3; i < COUNT; i++) {
        snprintf(names[i], sizeof names[i], "docs/%03zu", i);
        entries[i].path = names[i];
    }
    write_tar(file, entries, COUNT);
    free(entries);
    fixture_done(&files);
}

#define LETTERS_60 "abcdefghijabcdefghijabcdefghijabcdefghijabcdefghijabcdefghij"

static void long_path(struct suan_buffer *file)
{
    with_entry(file, (struct fixture_entry){.path = "docs/" LETTERS_60 "/" LETTERS_60 "/" LETTERS_60
                                                    "/abcdefghijabc"});
}

static void long_component(struct suan_buffer *file)
{
    with_entry(file, (struct fixture_entry){.path = "docs/" LETTERS_60 "abcde"});
}

static void deep_path(struct suan_buffer *file)
{
    with_entry(file, (struct fixture_entry){.path = "docs/i/j/k/l/m/n"});
}

/* --- compression -------------------------------------------------------------------------------------- */

static void plain_tar(struct suan_buffer *file)
{
    fixture_good_tar(file);
}

static void cut_frame(struct suan_buffer *file)
{
    good_file(file);
    file->size -= 7;
}

static void corrupt_frame(struct suan_buffer *file)
{
    good_file(file);
    file->data[file->size / 2] ^= 0x55;
}

static void second_frame(struct suan_buffer *file)
{
    good_file(file);
    fixture_compress(suan_span("behind", 6), FIXTURE_SIZE_DECLARED, file);
}

static void skippable_frame(struct suan_buffer *file)
{
    static const uint8_t frame[] = {0x50, 0x2A, 0x4D, 0x18, 4, 0, 0, 0, 'd', 'a', 't', 'a'};
    good_file(file);
    suan_buffer_append(file, frame, sizeof frame);
}

static void leading_skippable_frame(struct suan_buffer *file)
{
    static const uint8_t frame[] = {0x50, 0x2A, 0x4D, 0x18, 4, 0, 0, 0, 'd', 'a', 't', 'a'};
    suan_buffer_append(file, frame, sizeof frame);
    good_file(file);
}

static void left_over(struct suan_buffer *file)
{
    good_file(file);
    suan_buffer_append(file, "", 1);
}

/* --- paths -------------------------------------------------------------------------------------------- */

static void absolute_path(struct suan_buffer *file)
{
    with_entry(file, (struct fixture_entry){.path = "/tmp/suan-absolute"});
}

static void parent_path(struct suan_buffer *file)
{
    with_entry(file, (struct fixture_entry){.path = "docs/../../x"});
}

static void dot_path(struct suan_buffer *file)
{
    with_entry(file, (struct fixture_entry){.path = "docs/./x"});
}

static void double_slash(struct suan_buffer *file)
{
    with_entry(file, (struct fixture_entry){.path = "docs/i//x"});
}

static void empty_path(struct suan_buffer *file)
{
    with_entry(file, (struct fixture_entry){.path = ""});
}

static void backslash(struct suan_buffer *file)
{
    with_entry(file, (struct fixture_entry){.path = "docs/i\\x"});
}

static void nul_in_header(struct suan_buffer *file)
{
    with_entry(file, (struct fixture_entry){.path = "docs/i\0.md", .path_size = 10});
}

static void nul_in_record(struct suan_buffer *file)
{
    with_entry(file, (struct fixture_entry){.path = "docs/說y.md", .records = "path=docs/說y.md\1x\n"});
}

static void not_nfc_in_header(struct suan_buffer *file)
{
    with_entry(file, (struct fixture_entry){.path = "docs/ze\xCC\x81"});
}

static void not_nfc_in_record(struct suan_buffer *file)
{
    with_entry(file, (struct fixture_entry){.path = "docs/ze\xCC\x81", .records = "path=docs/ze\xCC\x81\n"});
}

static void not_utf8(struct suan_buffer *file)
{
    with_entry(file, (struct fixture_entry){.path = "docs/i\xFF"});
}

static void symbol_in_path(struct suan_buffer *file)
{
    with_entry(file, (struct fixture_entry){.path = "docs/☃", .records = "path=docs/☃\n"});
}

static void letters_outside_docs(struct suan_buffer *file)
{
    with_entry(file, (struct fixture_entry){.path = "資料", .records = "path=資料\n"});
}

static void case_clash(struct suan_buffer *file)
{
    with_entry(file, (struct fixture_entry){.path = "docs/GUIDE.md"});
}

static void folder_case_clash(struct suan_buffer *file)
{
    with_entry(file, (struct fixture_entry){.path = "Docs/other.md"});
}

static void repeated_path(struct suan_buffer *file)
{
    with_entry(file, (struct fixture_entry){.path = "docs/guide.md"});
}

static void file_and_folder(struct suan_buffer *file)
{
    with_entry(file, (struct fixture_entry){.path = "LICENSE/x"});
}

/* --- types -------------------------------------------------------------------------------------------- */

static void symbolic_link(struct suan_buffer *file)
{
    with_entry(file, (struct fixture_entry){.path = "docs/z", .type = '2', .link = "/etc/passwd"});
}

static void hard_link(struct suan_buffer *file)
{
    with_entry(file, (struct fixture_entry){.path = "docs/z", .type = '1', .link = "LICENSE"});
}

static void fifo(struct suan_buffer *file)
{
    with_entry(file, (struct fixture_entry){.path = "docs/z", .type = '6'});
}

static void character_device(struct suan_buffer *file)
{
    with_entry(file, (struct fixture_entry){.path = "docs/z", .type = '3'});
}

static void folder_entry(struct suan_buffer *file)
{
    with_entry(file, (struct fixture_entry){.path = "docs/z/", .type = '5', .mode_field = "000755 "});
}

static void sparse_file(struct suan_buffer *file)
{
    with_entry(file, (struct fixture_entry){.path = "docs/z",
                                            .content = "x",
                                            .content_size = 1,
                                            .records = "GNU.sparse.size=4096\nGNU.sparse.numblocks=1\n"
                                                       "GNU.sparse.map=4095,1\nGNU.sparse.name=docs/z\n"});
}

static void extended_attribute(struct suan_buffer *file)
{
    with_entry(file, (struct fixture_entry){.path = "docs/z", .records = "SCHILY.xattr.user.x=ab\n"});
}

static void access_list(struct suan_buffer *file)
{
    with_entry(file, (struct fixture_entry){
                         .path = "docs/z",
                         .records = "SCHILY.acl.access=user::rw-,user:bin:rwx,group::r--,mask::rwx\n"});
}

/* --- form --------------------------------------------------------------------------------------------- */

static void wrong_order(struct suan_buffer *file)
{
    with_entry_at(file, (struct fixture_entry){.path = "docs/a.md"}, AT_THE_END);
}

static void make_executable(struct fixture_entry *entry)
{
    entry->mode_field = "000755 ";
}

static void wrong_mode(struct suan_buffer *file)
{
    with_changed(file, FIXTURE_FILES - 1, make_executable);
}

static void make_recent(struct fixture_entry *entry)
{
    entry->mtime = 1700000000;
}

static void wrong_time(struct suan_buffer *file)
{
    with_changed(file, 1, make_recent);
}

static void make_owned(struct fixture_entry *entry)
{
    entry->uid = 1000;
}

static void wrong_owner(struct suan_buffer *file)
{
    with_changed(file, 1, make_owned);
}

static void make_named(struct fixture_entry *entry)
{
    entry->owner = "root";
}

static void owner_name(struct suan_buffer *file)
{
    with_changed(file, 1, make_named);
}

static void make_commented(struct fixture_entry *entry)
{
    entry->records = "comment=hello\n";
}

static void odd_record(struct suan_buffer *file)
{
    with_changed(file, 1, make_commented);
}

static void make_old_type(struct fixture_entry *entry)
{
    entry->type = '7';
}

static void contiguous_type(struct suan_buffer *file)
{
    with_changed(file, 1, make_old_type);
}

static void global_record(struct suan_buffer *file)
{
    with_entry(file,
               (struct fixture_entry){
                   .path = "docs/global", .type = 'g', .content = "17 comment=hello\n", .content_size = 17});
}

static void behind_the_end(struct suan_buffer *file)
{
    SUAN_CLEANUP(suan_buffer_done) struct suan_buffer tar = {0};
    fixture_good_tar(&tar);
    fixture_end(&tar);
    fixture_compress(suan_buffer_span(&tar), FIXTURE_SIZE_DECLARED, file);
}

static void hidden_behind_the_end(struct suan_buffer *file)
{
    SUAN_CLEANUP(suan_buffer_done) struct suan_buffer tar = {0};
    fixture_good_tar(&tar);
    fixture_append(&tar, &(struct fixture_entry){.path = "hidden"});
    fixture_end(&tar);
    fixture_compress(suan_buffer_span(&tar), FIXTURE_SIZE_DECLARED, file);
}

static void data_in_padding(struct suan_buffer *file)
{
    SUAN_CLEANUP(suan_buffer_done) struct suan_buffer tar = {0};
    fixture_good_tar(&tar);
    tar.data[tar.size - 1024 - 1] = 'x';
    fixture_compress(suan_buffer_span(&tar), FIXTURE_SIZE_DECLARED, file);
}

/* --- manifest and content ----------------------------------------------------------------------------- */

static void drop_entry(struct suan_buffer *file, size_t index)
{
    struct fixture_files files;
    struct fixture_entry entries[FIXTURE_FILES];
    size_t count = 0;
    fixture_good_files(&files);
    for (size_t i = 0; i < FIXTURE_FILES; i++) {
        if (i != index)
            entries[count++] = files.entries[i];
    }
    write_tar(file, entries, count);
    fixture_done(&files);
}

static void no_manifest(struct suan_buffer *file)
{
    drop_entry(file, 0);
}

static void manifest_second(struct suan_buffer *file)
{
    struct fixture_files files;
    fixture_good_files(&files);
    struct fixture_entry first = files.entries[0];
    files.entries[0] = files.entries[1];
    files.entries[1] = first;
    write_tar(file, files.entries, FIXTURE_FILES);
    fixture_done(&files);
}

static void make_json_loose(struct fixture_entry *entry)
{
    static char text[SUAN_MANIFEST_MAX];
    memcpy(text, entry->content, entry->content_size);
    text[entry->content_size] = '\n';
    entry->content = text;
    entry->content_size++;
}

static void loose_manifest(struct suan_buffer *file)
{
    with_changed(file, 0, make_json_loose);
}

static void no_object(struct suan_buffer *file)
{
    drop_entry(file, FIXTURE_FILES - 1);
}

static void no_licence(struct suan_buffer *file)
{
    drop_entry(file, 1);
}

static void no_readme(struct suan_buffer *file)
{
    drop_entry(file, 2);
}

static void unlisted_entry(struct suan_buffer *file)
{
    with_entry(file, (struct fixture_entry){.path = "extra.txt"});
}

static void unlisted_object(struct suan_buffer *file)
{
    with_entry(file, (struct fixture_entry){.path = "variants/aarch64-sve/plugin.so"});
}

static void make_other_bytes(struct fixture_entry *entry)
{
    entry->content = "THE bytes of an object";
}

static void other_digest(struct suan_buffer *file)
{
    with_changed(file, FIXTURE_FILES - 1, make_other_bytes);
}

static void make_longer(struct fixture_entry *entry)
{
    entry->content = "the bytes of an object, and more";
    entry->content_size = strlen(entry->content);
}

static void other_size(struct suan_buffer *file)
{
    with_changed(file, FIXTURE_FILES - 1, make_longer);
}

static const struct row {
    const char *name, *code;
    enum control control;
    void (*build)(struct suan_buffer *file);
} rows[] = {
    {"bomb of declared size", "package.too-large", TAR_UNPACKS, bomb_declared},
    {"bomb of unknown size", "package.too-large", TAR_UNPACKS, bomb_streaming},
    {"frame that promises a terabyte", "package.too-large", UNDAMAGED, huge_promise},
    {"entry that declares 8 GiB", "package.too-large", UNDAMAGED, huge_size_field},
    {"documentation over 16 MiB", "package.too-large", TAR_UNPACKS, large_docs},
    {"file over 128 MiB", "package.too-large", TAR_UNPACKS, large_entry},
    {"suan.json over 32 KiB", "package.too-large", TAR_UNPACKS, large_manifest},
    {"257 entries", "package.too-large", TAR_UNPACKS, many_entries},
    {"path over 200 bytes", "package.too-large", TAR_UNPACKS, long_path},
    {"component over 64 bytes", "package.too-large", TAR_UNPACKS, long_component},
    {"seven components", "package.too-large", TAR_UNPACKS, deep_path},
    {"not compressed", "package.compression", TAR_UNPACKS, plain_tar},
    {"truncated", "package.compression", UNDAMAGED, cut_frame},
    {"corrupt", "package.compression", UNDAMAGED, corrupt_frame},
    {"second frame", "package.compression", TAR_UNPACKS, second_frame},
    {"skippable frame behind", "package.compression", TAR_UNPACKS, skippable_frame},
    {"skippable frame before", "package.compression", UNDAMAGED, leading_skippable_frame},
    {"a byte left over", "package.compression", UNDAMAGED, left_over},
    {"absolute path", "package.path", TAR_LISTS, absolute_path},
    {"path with ..", "package.path", TAR_LISTS, parent_path},
    {"path with .", "package.path", TAR_UNPACKS, dot_path},
    {"path with //", "package.path", TAR_UNPACKS, double_slash},
    {"empty path", "package.path", TAR_LISTS, empty_path},
    {"path with backslash", "package.path", TAR_UNPACKS, backslash},
    {"path field with NUL", "package.path", TAR_UNPACKS, nul_in_header},
    {"path record with NUL", "package.path", UNDAMAGED, nul_in_record},
    {"path not in normal form C", "package.path", TAR_UNPACKS, not_nfc_in_header},
    {"path record not in normal form C", "package.path", TAR_UNPACKS, not_nfc_in_record},
    {"path not UTF-8", "package.path", TAR_UNPACKS, not_utf8},
    {"symbol in a path", "package.path", TAR_UNPACKS, symbol_in_path},
    {"Chinese outside docs", "package.path", TAR_UNPACKS, letters_outside_docs},
    {"paths that differ by case", "package.path", TAR_UNPACKS, case_clash},
    {"folders that differ by case", "package.path", TAR_UNPACKS, folder_case_clash},
    {"path twice", "package.path", TAR_UNPACKS, repeated_path},
    {"file and folder of one name", "package.path", TAR_LISTS, file_and_folder},
    {"symbolic link", "package.type", TAR_UNPACKS, symbolic_link},
    {"hard link", "package.type", TAR_UNPACKS, hard_link},
    {"pipe", "package.type", TAR_UNPACKS, fifo},
    {"device", "package.type", TAR_LISTS, character_device},
    {"folder", "package.type", TAR_UNPACKS, folder_entry},
    {"sparse file", "package.type", TAR_UNPACKS, sparse_file},
    {"extended attribute", "package.type", TAR_UNPACKS, extended_attribute},
    {"access control list", "package.type", TAR_UNPACKS, access_list},
    {"wrong order", "package.not-canonical", TAR_UNPACKS, wrong_order},
    {"wrong mode", "package.not-canonical", TAR_UNPACKS, wrong_mode},
    {"wrong time", "package.not-canonical", TAR_UNPACKS, wrong_time},
    {"wrong owner", "package.not-canonical", TAR_UNPACKS, wrong_owner},
    {"owner's name", "package.not-canonical", TAR_UNPACKS, owner_name},
    {"odd pax record", "package.not-canonical", TAR_UNPACKS, odd_record},
    {"global pax record", "package.not-canonical", TAR_UNPACKS, global_record},
    {"contiguous file type", "package.not-canonical", TAR_UNPACKS, contiguous_type},
    {"zeros behind the end", "package.not-canonical", TAR_UNPACKS, behind_the_end},
    {"entry behind the end", "package.not-canonical", TAR_UNPACKS, hidden_behind_the_end},
    {"data in the padding", "package.not-canonical", TAR_UNPACKS, data_in_padding},
    {"no suan.json", "package.manifest", TAR_UNPACKS, no_manifest},
    {"suan.json second", "package.manifest", TAR_UNPACKS, manifest_second},
    {"suan.json not canonical", "package.manifest", TAR_UNPACKS, loose_manifest},
    {"object absent", "package.content", TAR_UNPACKS, no_object},
    {"LICENSE absent", "package.content", TAR_UNPACKS, no_licence},
    {"README.md absent", "package.content", TAR_UNPACKS, no_readme},
    {"unlisted file", "package.content", TAR_UNPACKS, unlisted_entry},
    {"unlisted object", "package.content", TAR_UNPACKS, unlisted_object},
    {"object of another digest", "package.content", TAR_UNPACKS, other_digest},
    {"object of another size", "package.content", TAR_UNPACKS, other_size},
};
enum { N_ROWS = sizeof rows / sizeof rows[0] };

static bool is_control_good(const struct row *row, struct suan_span file)
{
    if (row->control == UNDAMAGED)
        return true; /* the first test of this suite shows that the undamaged file is accepted */
    char folder[64], path[96];
    fixture_make_folder(folder);
    fixture_write_file(folder, "p.suan", file);
    snprintf(path, sizeof path, "%s/p.suan", folder);
    const char *const unpack[] = {"tar", "--zstd", "-x", "-f", path, "-C", folder, NULL};
    const char *const unpack_plain[] = {"tar", "-x", "-f", path, "-C", folder, NULL};
    const char *const list[] = {"tar", "--zstd", "-t", "-f", path, NULL};
    int exit_status = fixture_run(row->control == TAR_LISTS ? list
                                  : row->build == plain_tar ? unpack_plain
                                                            : unpack);
    fixture_remove_folder(folder);
    return exit_status == 0;
}

Test(hostile, undamaged_package_is_accepted_by_suan_and_tar)
{
    SUAN_CLEANUP(suan_buffer_done) struct suan_buffer file = {0};
    SUAN_CLEANUP(suan_package_freep) struct suan_package *package = NULL;
    struct row good = {"good", "", TAR_UNPACKS, good_file};
    good_file(&file);
    cr_assert_eq(suan_package_open(suan_buffer_span(&file), &package, NULL), SUAN_OK);
    cr_assert(is_control_good(&good, suan_buffer_span(&file)));
}

Test(hostile, each_row_is_refused_with_its_code_though_tar_takes_it, .timeout = 240)
{
    static const char *const controls[] = {"tar unpacks it", "tar lists it", "undamaged file accepted"};
    SUAN_CLEANUP(suan_buffer_done) struct suan_buffer table = {0};
    suan_buffer_append_text(&table, "[");
    for (size_t i = 0; i < N_ROWS; i++) {
        SUAN_CLEANUP(suan_buffer_done) struct suan_buffer file = {0};
        struct suan_package *package = NULL;
        struct suan_error error = {0};
        rows[i].build(&file);
        enum suan_status status = suan_package_open(suan_buffer_span(&file), &package, &error);
        suan_package_free(package);
        bool refused = status == SUAN_E_REFUSED && strcmp(error.code, rows[i].code) == 0;
        bool control = is_control_good(&rows[i], suan_buffer_span(&file));
        cr_expect(refused, "%s: status %d, %s, %s", rows[i].name, status, error.code, error.message);
        cr_expect(control, "%s: the control failed, %s", rows[i].name, controls[rows[i].control]);
        suan_buffer_printf(
            &table, "%s\n{\"id\":%zu,\"name\":\"%s\",\"code\":\"%s\",\"control\":\"%s\",\"result\":\"%s\"}",
            i == 0 ? "" : ",", i + 1, rows[i].name, rows[i].code, controls[rows[i].control],
            refused && control ? "pass" : "fail");
    }
    suan_buffer_append_text(&table, "\n]\n");
    cr_assert_eq(suan_folder_make(SUAN_TEST_OUT, NULL), SUAN_OK);
    cr_assert_eq(suan_file_replace(SUAN_TEST_OUT "/package.json", suan_buffer_span(&table), 0644, NULL),
                 SUAN_OK);
}
