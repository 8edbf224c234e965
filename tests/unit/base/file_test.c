#include "base/file.h"

#include <criterion/criterion.h>
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"

static char folder[64];

static void enter_folder(void)
{
    snprintf(folder, sizeof folder, "/tmp/suan-base-XXXXXX");
    cr_assert_not_null(mkdtemp(folder));
    cr_assert_eq(chdir(folder), 0);
}

static void leave_folder(void)
{
    char command[128];
    snprintf(command, sizeof command, "rm -rf '%s'", folder);
    cr_assert_eq(chdir("/"), 0);
    cr_assert_eq(system(command), 0);
}

TestSuite(file, .init = enter_folder, .fini = leave_folder);

static void put(const char *path, const char *text)
{
    cr_assert_eq(suan_file_replace(path, suan_span_text(text), 0644, NULL), SUAN_OK);
}

static size_t count_entries(void)
{
    size_t count = 0;
    DIR *here = opendir(".");
    cr_assert_not_null(here);
    for (struct dirent *entry; (entry = readdir(here)) != NULL;)
        count += entry->d_name[0] != '.';
    closedir(here);
    return count;
}

Test(file, what_was_written_is_read)
{
    SUAN_CLEANUP(suan_buffer_done) struct suan_buffer out = {0};
    suan_buffer_append_text(&out, "before,");
    put("f", "content");
    cr_assert_eq(suan_file_read("f", 7, &out, NULL), SUAN_OK);
    cr_assert_str_eq(suan_buffer_text(&out), "before,content");
}

Test(file, an_empty_file_is_read)
{
    SUAN_CLEANUP(suan_buffer_done) struct suan_buffer out = {0};
    put("f", "");
    cr_assert_eq(suan_file_read("f", 0, &out, NULL), SUAN_OK);
    cr_assert_eq(out.size, 0u);
}

Test(file, a_file_larger_than_one_step_is_read)
{
    SUAN_CLEANUP(suan_buffer_done) struct suan_buffer in = {0};
    SUAN_CLEANUP(suan_buffer_done) struct suan_buffer out = {0};
    for (uint32_t i = 0; i < 50000; i++)
        suan_buffer_append_be32(&in, i);
    cr_assert_eq(suan_file_replace("f", suan_buffer_span(&in), 0600, NULL), SUAN_OK);
    cr_assert_eq(suan_file_read("f", in.size, &out, NULL), SUAN_OK);
    cr_assert(suan_span_equal(suan_buffer_span(&in), suan_buffer_span(&out)));
}

Test(file, the_limit_is_exact)
{
    SUAN_CLEANUP(suan_buffer_done) struct suan_buffer out = {0};
    struct suan_error error;
    put("f", "12345678");
    cr_assert_eq(suan_file_read("f", 7, &out, &error), SUAN_E_REFUSED);
    cr_assert_str_eq(error.code, "file.too-large");
    cr_assert_eq(out.size, 0u);
    cr_assert_eq(suan_file_read("f", 8, &out, &error), SUAN_OK);
}

/* Files of /proc say they are empty, so the size alone cannot be the limit. */
Test(file, the_limit_holds_for_files_that_hide_their_size)
{
    SUAN_CLEANUP(suan_buffer_done) struct suan_buffer out = {0};
    struct suan_error error;
    cr_assert_eq(suan_file_read("/proc/self/status", 10, &out, &error), SUAN_E_REFUSED);
    cr_assert_str_eq(error.code, "file.too-large");
    cr_assert_eq(out.size, 0u, "a failed read must leave nothing in the buffer");
}

Test(file, only_regular_files_are_read)
{
    SUAN_CLEANUP(suan_buffer_done) struct suan_buffer out = {0};
    struct suan_error error;
    cr_assert_eq(mkfifo("pipe", 0600), 0);
    cr_assert_eq(suan_file_read("pipe", 10, &out, &error), SUAN_E_FORMAT);
    cr_assert_eq(suan_file_read(".", 10, &out, &error), SUAN_E_FORMAT);
    cr_assert_eq(suan_file_read("/dev/zero", 10, &out, &error), SUAN_E_FORMAT);
    cr_assert_eq(suan_file_read("absent", 10, &out, &error), SUAN_E_NOT_FOUND);
}

Test(file, replacing_leaves_one_file_with_the_new_content)
{
    SUAN_CLEANUP(suan_buffer_done) struct suan_buffer out = {0};
    struct stat info;
    put("f", "old");
    cr_assert_eq(suan_file_replace("f", suan_span_text("new"), 0600, NULL), SUAN_OK);
    cr_assert_eq(suan_file_read("f", 10, &out, NULL), SUAN_OK);
    cr_assert_str_eq(suan_buffer_text(&out), "new");
    cr_assert_eq(stat("f", &info), 0);
    cr_assert_eq(info.st_mode & 0777, 0600u);
    cr_assert_eq(count_entries(), 1u);
}

/* A link that a stranger left in the place of the file is replaced, not followed. */
Test(file, replacing_does_not_follow_links)
{
    SUAN_CLEANUP(suan_buffer_done) struct suan_buffer out = {0};
    put("target", "kept");
    cr_assert_eq(symlink("target", "f"), 0);
    put("f", "new");
    cr_assert_eq(suan_file_read("target", 10, &out, NULL), SUAN_OK);
    cr_assert_str_eq(suan_buffer_text(&out), "kept");
}

Test(file, a_failed_replacement_leaves_no_trace)
{
    struct suan_error error;
    cr_assert_eq(mkdir("f", 0700), 0);
    cr_assert_eq(mkdir("f/inner", 0700), 0);
    cr_assert_eq(suan_file_replace("f", suan_span_text("x"), 0600, &error), SUAN_E_IO);
    cr_assert_eq(count_entries(), 1u);
    cr_assert_eq(suan_file_replace("no/such/f", suan_span_text("x"), 0600, &error), SUAN_E_NOT_FOUND);
}

Test(file, folders_are_made_with_their_parents)
{
    struct suan_error error;
    struct stat info;
    cr_assert_eq(suan_folder_make("a/b/c", &error), SUAN_OK);
    cr_assert_eq(suan_folder_make("a/b/c", &error), SUAN_OK);
    cr_assert_eq(suan_folder_make("a/b/d/", &error), SUAN_OK);
    cr_assert_eq(stat("a/b/c", &info), 0);
    cr_assert(S_ISDIR(info.st_mode));
    put("a/file", "x");
    cr_assert_neq(suan_folder_make("a/file", &error), SUAN_OK);
    cr_assert_neq(suan_folder_make("a/file/b", &error), SUAN_OK);
    cr_assert_eq(suan_folder_make("", &error), SUAN_E_NOT_FOUND);
}

Test(file, paths_beyond_the_systems_limit_are_refused)
{
    char path[5000];
    memset(path, 'x', sizeof path - 1);
    path[sizeof path - 1] = '\0';
    cr_assert_neq(suan_folder_make(path, NULL), SUAN_OK);
    cr_assert_neq(suan_file_replace(path, suan_span_text("x"), 0600, NULL), SUAN_OK);
}

Test(file, random_bytes_fill_all_of_the_place)
{
    uint8_t bytes[1000] = {0};
    size_t zeros = 0;
    suan_random(bytes, sizeof bytes);
    for (size_t i = 0; i < sizeof bytes; i++)
        zeros += bytes[i] == 0;
    cr_assert_lt(zeros, 30u);
}

Test(file, clocks_count_nanoseconds)
{
    cr_assert_gt(suan_clock_real_ns(), UINT64_C(1700000000) * 1000000000);
    uint64_t before = suan_clock_monotonic_ns();
    cr_assert_leq(before, suan_clock_monotonic_ns());
}
