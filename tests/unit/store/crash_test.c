/* Writers and readers that die, and disks that fill. */
#include <criterion/criterion.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mount.h>
#include <sys/pidfd.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "support.h"
#include "trust/draw.h"

enum { KILLS = 25, SOAK_KILLS = 1000 };

static struct fixture f;

static void setup(void)
{
    fixture_make(&f);
}

static void teardown(void)
{
    fixture_remove(&f);
}

TestSuite(crash, .init = setup, .fini = teardown);

/* One event and the row it makes, in one transaction. */
static enum suan_status write_event(void *context, struct suan_txn *txn, struct suan_error *error)
{
    uint64_t *index = context, size;
    uint8_t key[8];
    char text[32];
    enum suan_status status = suan_log_size(txn, SUAN_LOG_REGISTRY, &size, error);
    if (status != SUAN_OK)
        return status;
    suan_put_be64(key, size);
    snprintf(text, sizeof text, "leaf %llu", (unsigned long long)size);
    status = suan_row_put(txn, SUAN_TABLE_FACT, suan_span(key, sizeof key), suan_span_text(text), error);
    return status == SUAN_OK ? suan_log_append(txn, SUAN_LOG_REGISTRY, suan_span_text(text), index, error)
                             : status;
}

/* Writes until it is killed; says through the pipe which event is durable. */
static int write_for_ever(int acknowledge)
{
    struct suan_store *store = NULL;
    uint64_t index;
    if (suan_store_open(f.folder, SUAN_STORE_WRITE, SUAN_STORE_WAIT_MS, &store, NULL) != SUAN_OK)
        return 1;
    while (suan_store_write(store, write_event, &index, NULL) == SUAN_OK) {
        if (write(acknowledge, &index, sizeof index) != (ssize_t)sizeof index)
            return 2;
    }
    return 3;
}

/* Starts a writer, waits for `events` acknowledgements and `us` microseconds more, kills it. Returns the last
   event that it acknowledged. */
static uint64_t kill_writer(uint32_t events, uint32_t us)
{
    int ends[2], status;
    uint64_t index = 0, last = 0;
    cr_assert_eq(pipe(ends), 0);
    pid_t pid = fork();
    cr_assert_geq(pid, 0);
    if (pid == 0)
        _exit(write_for_ever(ends[1]));
    close(ends[1]);
    int pidfd = pidfd_open(pid, 0);
    for (uint32_t i = 0; i < events && read(ends[0], &index, sizeof index) == (ssize_t)sizeof index; i++)
        last = index;
    const struct timespec more = {0, us * 1000L};
    ppoll(NULL, 0, &more, NULL);
    cr_assert_eq(pidfd_send_signal(pidfd, SIGKILL, NULL, 0), 0);
    while (read(ends[0], &index, sizeof index) == (ssize_t)sizeof index)
        last = index;
    cr_assert_eq(waitpid(pid, &status, 0), pid);
    cr_assert(WIFSIGNALED(status), "the writer ended by itself: %d", status);
    close(ends[0]);
    close(pidfd);
    return last;
}

/* Every event has its row, the log its root, and nothing acknowledged is missing. */
static void check_survivors(uint64_t acknowledged)
{
    struct suan_error error = {0};
    struct suan_store *store = NULL;
    struct suan_txn *txn = NULL;
    uint64_t size, rows;
    must(suan_store_open(f.folder, SUAN_STORE_READ, 0, &store, &error), &error);
    must(suan_store_begin(store, &txn, &error), &error);
    must(suan_log_size(txn, SUAN_LOG_REGISTRY, &size, &error), &error);
    must(suan_row_count(txn, SUAN_TABLE_FACT, &rows, &error), &error);
    cr_assert_gt(size, acknowledged, "event %llu was acknowledged, %llu are left",
                 (unsigned long long)acknowledged, (unsigned long long)size);
    cr_assert_eq(rows, size);
    for (uint64_t i = size > 50 ? size - 50 : 0; i < size; i++) {
        struct suan_span leaf, row;
        uint8_t key[8];
        suan_put_be64(key, i);
        must(suan_log_leaf(txn, SUAN_LOG_REGISTRY, i, &leaf, &error), &error);
        must(suan_row_get(txn, SUAN_TABLE_FACT, suan_span(key, sizeof key), &row, &error), &error);
        cr_assert(suan_span_equal(leaf, row));
    }
    suan_txn_end(txn);
    suan_store_close(store);
}

Test(crash, a_killed_writer_loses_nothing_acknowledged)
{
    struct suan_draw draw;
    int kills = getenv("SUAN_SOAK") != NULL ? SOAK_KILLS : KILLS;
    const char *seed = getenv("SUAN_SOAK");
    suan_draw_init(&draw, suan_span_text(seed != NULL ? seed : "1"), "kills");
    suan_store_closep(&f.store);
    for (int i = 0; i < kills; i++)
        check_survivors(kill_writer(1 + suan_draw_below(&draw, 40), suan_draw_below(&draw, 500)));
}

/* --- readers --- */

static int hold_snapshot(void *context)
{
    struct suan_store *store = NULL;
    struct suan_txn *txn = NULL;
    (void)context;
    bool held = suan_store_open(f.folder, SUAN_STORE_READ, 0, &store, NULL) == SUAN_OK &&
                suan_store_begin(store, &txn, NULL) == SUAN_OK;
    return held ? raise(SIGKILL) : 1;
}

static enum suan_status rewrite(void *context, struct suan_txn *txn, struct suan_error *error)
{
    static uint8_t block[100000];
    memset(block, *(int *)context, sizeof block);
    return suan_row_put(txn, SUAN_TABLE_FACT, suan_span_text("block"), suan_span(block, sizeof block), error);
}

Test(crash, a_killed_reader_pins_nothing_for_long)
{
    struct suan_error error = {0};
    struct stat info;
    int status = in_child(hold_snapshot, NULL);
    cr_assert(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
    fixture_reopen(&f, SUAN_STORE_WRITE);
    for (int i = 0; i < 100; i++)
        must(suan_store_write(f.store, rewrite, &i, &error), &error);
    cr_assert_eq(stat(f.file, &info), 0);
    cr_assert_lt(info.st_size, 2 << 20, "a block of 100 kB took %lld bytes", (long long)info.st_size);
}

Test(crash, a_full_reader_table_is_said)
{
    enum { READERS = 510 };
    struct suan_error error = {0};
    static struct suan_txn *txns[READERS];
    struct suan_txn *more = NULL;
    for (int i = 0; i < READERS; i++)
        must(suan_store_begin(f.store, &txns[i], &error), &error);
    cr_assert_eq(suan_store_begin(f.store, &more, &error), SUAN_E_LOCKED);
    cr_assert_str_eq(error.code, "store.readers");
    suan_txn_end(txns[0]);
    must(suan_store_begin(f.store, &more, &error), &error);
    suan_txn_end(more);
    for (int i = 1; i < READERS; i++)
        suan_txn_end(txns[i]);
}

/* --- disk full --- */

static enum suan_status put_numbered(void *context, struct suan_txn *txn, struct suan_error *error)
{
    static const uint8_t block[50000] = {1};
    uint8_t key[8];
    suan_put_be64(key, *(const uint64_t *)context);
    return suan_row_put(txn, SUAN_TABLE_FACT, suan_span(key, sizeof key), suan_span(block, sizeof block),
                        error);
}

static uint64_t rows_left(struct suan_store *store)
{
    struct suan_error error = {0};
    struct suan_txn *txn = NULL;
    uint64_t count;
    must(suan_store_begin(store, &txn, &error), &error);
    must(suan_row_count(txn, SUAN_TABLE_FACT, &count, &error), &error);
    suan_txn_end(txn);
    return count;
}

Test(crash, a_full_disk_keeps_everything_acknowledged)
{
    struct suan_error error = {0};
    struct suan_store *store = NULL;
    char disk[80], folder[96];
    uint64_t written = 0;
    enum suan_status status = SUAN_OK;
    snprintf(disk, sizeof disk, "%s/disk", f.root);
    snprintf(folder, sizeof folder, "%s/registry", disk);
    cr_assert_eq(mkdir(disk, 0755), 0);
    if (unshare(CLONE_NEWNS) != 0 || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) != 0 ||
        mount("tmpfs", disk, "tmpfs", 0, "size=8m") != 0)
        cr_skip_test("mounting a small disk needs root");
    must(suan_store_create(folder, &store, &error), &error);
    while (status == SUAN_OK && written < 1000) {
        status = suan_store_write(store, put_numbered, &written, &error);
        written += status == SUAN_OK;
    }
    cr_assert_eq(status, SUAN_E_IO);
    cr_assert_str_eq(error.code, "store.io");
    cr_assert_gt(written, 50);
    cr_assert_eq(rows_left(store), written);
    suan_store_closep(&store);
    must(suan_store_open(folder, SUAN_STORE_WRITE, 0, &store, &error), &error);
    cr_assert_eq(rows_left(store), written);
    suan_store_close(store);
    umount2(disk, MNT_DETACH);
}
