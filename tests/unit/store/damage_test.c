/*
 * Damaged files. A store gives the right answer or says that it is corrupt; LMDB by itself, the control,
 * gives wrong answers and dies.
 */
#include <criterion/criterion.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/file.h"
#include "sample.h"
#include "trust/draw.h"

enum { FLIPS = 1000, SOAK_FLIPS = 10000, CONTROL_FLIPS = 400, PAGE = 4096 };

static struct fixture f;

static void setup(void)
{
    fixture_make(&f);
    sample_fill(&f);
}

static void teardown(void)
{
    fixture_remove(&f);
}

TestSuite(damage, .init = setup, .fini = teardown);

static off_t file_size(void)
{
    struct stat info;
    cr_assert_eq(stat(f.file, &info), 0);
    return info.st_size;
}

static void flip(off_t at, int bit)
{
    uint8_t byte;
    int fd = open(f.file, O_RDWR | O_CLOEXEC);
    cr_assert_eq(pread(fd, &byte, 1, at), 1);
    byte ^= (uint8_t)(1 << bit);
    cr_assert_eq(pwrite(fd, &byte, 1, at), 1);
    close(fd);
}

/* The n-th flip of a seeded sequence: which bit of the file. */
static void draw_flip(struct suan_draw *draw, off_t size, off_t *out_at, int *out_bit)
{
    *out_at = (off_t)suan_draw_below(draw, (uint32_t)size);
    *out_bit = (int)suan_draw_below(draw, 8);
}

static int ask_bare(void *context)
{
    signal(SIGABRT, SIG_DFL); /* whatever a sanitizer made of them */
    signal(SIGBUS, SIG_DFL);
    signal(SIGSEGV, SIG_DFL);
    if (freopen("/dev/null", "w", stderr) == NULL) /* LMDB reports failed assertions there */
        return SAMPLE_REPORTED;
    (void)context;
    return (int)sample_ask_bare(f.file);
}

static struct suan_draw seeded(void)
{
    struct suan_draw draw;
    const char *seed = getenv("SUAN_SOAK");
    suan_draw_init(&draw, suan_span_text(seed != NULL ? seed : "1"), "flips");
    return draw;
}

Test(damage, an_undamaged_store_answers_right)
{
    char where[256];
    cr_assert_eq(sample_ask(f.folder, where), SAMPLE_RIGHT, "%s", where);
    cr_assert_eq(in_child(ask_bare, NULL), 0);
}

Test(damage, flipped_bits_give_no_wrong_answer)
{
    struct suan_draw draw = seeded();
    off_t size = file_size(), at;
    int flips = getenv("SUAN_SOAK") != NULL ? SOAK_FLIPS : FLIPS, reported = 0, bit;
    for (int i = 0; i < flips; i++) {
        char where[256];
        draw_flip(&draw, size, &at, &bit);
        flip(at, bit);
        enum sample_answer answer = sample_ask(f.folder, where);
        cr_assert_neq(answer, SAMPLE_WRONG, "flip %d, byte %lld bit %d: %s", i, (long long)at, bit, where);
        reported += answer == SAMPLE_REPORTED;
        flip(at, bit);
    }
    cr_assert_gt(reported, flips / 10, "only %d of %d flips were found", reported, flips);
}

Test(damage, control_without_checks_flipped_bits_give_wrong_answers)
{
    struct suan_draw draw = seeded();
    off_t size = file_size(), at;
    int wrong = 0, bit;
    for (int i = 0; i < CONTROL_FLIPS; i++) {
        draw_flip(&draw, size, &at, &bit);
        flip(at, bit);
        int status = in_child(ask_bare, NULL);
        wrong += WIFEXITED(status) && WEXITSTATUS(status) == SAMPLE_WRONG;
        flip(at, bit);
    }
    cr_assert_gt(wrong, CONTROL_FLIPS / 20);
}

/* The file cut to its first `pages` pages, the whole one kept aside by the caller. */
static void cut(struct suan_span whole, off_t pages)
{
    struct suan_error error = {0};
    must(suan_file_replace(f.file, suan_span(whole.data, (size_t)pages * PAGE), 0644, &error), &error);
}

/* Pages at the very end may be free: without them the answers are right. */
Test(damage, a_file_cut_at_any_page_gives_no_wrong_answer)
{
    struct suan_error error = {0};
    struct suan_buffer whole = {0};
    char where[256];
    off_t reported = 0;
    must(suan_file_read(f.file, 64 << 20, &whole, &error), &error);
    off_t pages = (off_t)whole.size / PAGE;
    for (off_t kept = 0; kept < pages; kept++) {
        cut(suan_buffer_span(&whole), kept);
        enum sample_answer answer = sample_ask(f.folder, where);
        cr_assert_neq(answer, SAMPLE_WRONG, "%lld of %lld pages: %s", (long long)kept, (long long)pages,
                      where);
        reported += answer == SAMPLE_REPORTED;
    }
    cr_assert_geq(reported, pages - pages / 20);
    cut(suan_buffer_span(&whole), pages);
    cr_assert_eq(sample_ask(f.folder, where), SAMPLE_RIGHT, "%s", where);
    suan_buffer_done(&whole);
}

Test(damage, control_without_examination_a_cut_file_kills)
{
    struct suan_error error = {0};
    struct suan_buffer whole = {0};
    must(suan_file_read(f.file, 64 << 20, &whole, &error), &error);
    cut(suan_buffer_span(&whole), (off_t)whole.size / PAGE / 2);
    int status = in_child(ask_bare, NULL);
    cr_assert(WIFSIGNALED(status) && WTERMSIG(status) == SIGBUS);
    suan_buffer_done(&whole);
}

Test(damage, a_store_that_lost_its_last_commit_is_reported)
{
    char where[256];
    off_t txn_of_page_0 = 144; /* the number of the commit that LMDB wrote there last */
    flip(txn_of_page_0, 4);
    cr_assert_eq(sample_ask(f.folder, where), SAMPLE_REPORTED, "%s", where);
}
