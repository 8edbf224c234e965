#include <criterion/criterion.h>
#include <signal.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/file.h"
#include "store/tuning.h"
#include "support.h"

static struct fixture f;

static void setup(void)
{
    fixture_make(&f);
}

static void teardown(void)
{
    fixture_remove(&f);
}

TestSuite(open, .init = setup, .fini = teardown);

/* Opens the fixture's folder and says how that went. */
static enum suan_status try_open(enum suan_store_mode mode, struct suan_error *error)
{
    struct suan_store *store = NULL;
    enum suan_status status = suan_store_open(f.folder, mode, 0, &store, error);
    suan_store_close(store);
    return status;
}

Test(open, creates_only_in_an_empty_folder)
{
    struct suan_error error = {0};
    struct suan_store *store = NULL;
    cr_assert_eq(suan_store_create(f.folder, &store, &error), SUAN_E_CONFLICT);
    cr_assert_str_eq(error.code, "store.exists");
}

Test(open, names_an_absent_store)
{
    struct suan_error error = {0};
    struct suan_store *store = NULL;
    cr_assert_eq(suan_store_open(f.root, SUAN_STORE_READ, 0, &store, &error), SUAN_E_NOT_FOUND);
    cr_assert_str_eq(error.code, "store.absent");
}

Test(open, a_second_writer_is_locked_out)
{
    struct suan_error error = {0};
    cr_assert_eq(try_open(SUAN_STORE_WRITE, &error), SUAN_E_LOCKED);
    cr_assert_str_eq(error.code, "store.locked");
    suan_store_closep(&f.store);
    cr_assert_eq(try_open(SUAN_STORE_WRITE, &error), SUAN_OK);
}

static int write_in_child(void *context)
{
    struct suan_error error = {0};
    (void)context;
    return try_open(SUAN_STORE_WRITE, &error) == SUAN_E_LOCKED && strcmp(error.code, "store.locked") == 0 ? 0
                                                                                                          : 1;
}

Test(open, a_second_writer_process_is_locked_out)
{
    cr_assert_eq(in_child(write_in_child, NULL), 0);
}

Test(open, a_foreign_file_is_refused)
{
    struct suan_error error = {0};
    suan_store_closep(&f.store);
    must(suan_file_replace(f.file,
                           suan_span_text("SQLite format 3, or some other file that is long enough to hold "
                                          "all that is looked at in the first page of an LMDB file, which is "
                                          "some 152 bytes, and a little more"),
                           0644, &error),
         &error);
    cr_assert_eq(try_open(SUAN_STORE_READ, &error), SUAN_E_REFUSED);
    cr_assert_str_eq(error.code, "store.foreign");
}

/* Each of the first pages says which format the file has. */
static void set_format(int pages, uint32_t format)
{
    FILE *file = fopen(f.file, "r+b");
    cr_assert_not_null(file);
    for (int page = 0; page < pages; page++) {
        fseek(file, page * sysconf(_SC_PAGESIZE) + 20, SEEK_SET);
        fwrite(&format, sizeof format, 1, file);
    }
    fclose(file);
}

Test(open, an_lmdb_file_of_another_format_is_refused)
{
    struct suan_error error = {0};
    suan_store_closep(&f.store);
    set_format(2, 2);
    cr_assert_eq(try_open(SUAN_STORE_READ, &error), SUAN_E_REFUSED);
    cr_assert_str_eq(error.code, "store.version");
}

Test(open, a_first_page_that_contradicts_the_second_is_damage)
{
    struct suan_error error = {0};
    suan_store_closep(&f.store);
    set_format(1, 2);
    cr_assert_eq(try_open(SUAN_STORE_READ, &error), SUAN_E_INTEGRITY);
    cr_assert_str_eq(error.code, "store.corrupt");
}

static void set_schema(const char *version)
{
    put(f.store, SUAN_TABLE_META, "store.schema", version);
    suan_store_closep(&f.store);
}

Test(open, a_newer_schema_is_refused)
{
    struct suan_error error = {0};
    set_schema("2.0");
    cr_assert_eq(try_open(SUAN_STORE_READ, &error), SUAN_E_REFUSED);
    cr_assert_str_eq(error.code, "store.version");
}

Test(open, an_older_schema_is_read_and_not_written)
{
    struct suan_error error = {0};
    set_schema("0.9");
    cr_assert_eq(try_open(SUAN_STORE_READ, &error), SUAN_OK);
    cr_assert_eq(try_open(SUAN_STORE_WRITE, &error), SUAN_E_REFUSED);
    cr_assert_str_eq(error.code, "store.version");
}

static int use_after_fork(void *context)
{
    struct suan_error error = {0};
    struct suan_txn *txn = context, *other = NULL;
    struct suan_span value;
    bool refused =
        suan_row_get(txn, SUAN_TABLE_IDENT, suan_span_text("a"), &value, &error) == SUAN_E_FORKED &&
        strcmp(error.code, "store.fork") == 0 && suan_store_begin(f.store, &other, &error) == SUAN_E_FORKED &&
        suan_store_write(f.store, NULL, NULL, &error) == SUAN_E_FORKED;
    suan_txn_end(txn);
    suan_store_close(f.store);
    return refused ? 0 : 1;
}

Test(open, a_handle_is_useless_after_fork)
{
    struct suan_error error = {0};
    struct suan_txn *txn = NULL;
    char value[256];
    put(f.store, SUAN_TABLE_IDENT, "a", "b");
    must(suan_store_begin(f.store, &txn, &error), &error);
    cr_assert_eq(in_child(use_after_fork, txn), 0);
    suan_txn_end(txn);
    put(f.store, SUAN_TABLE_IDENT, "a", "c");
    cr_assert_eq(get(f.store, SUAN_TABLE_IDENT, "a", value, &error), SUAN_OK);
    cr_assert_str_eq(value, "c");
}

/* --- growth --- */

static enum suan_status put_much(void *context, struct suan_txn *txn, struct suan_error *error)
{
    static const uint8_t block[60000] = {7};
    uint8_t key[8];
    int *runs = context;
    enum suan_status status = SUAN_OK;
    ++*runs;
    for (uint64_t i = 0; i < 100 && status == SUAN_OK; i++) {
        suan_put_be64(key, i);
        status = suan_row_put(txn, SUAN_TABLE_FACT, suan_span(key, sizeof key),
                              suan_span(block, sizeof block), error);
    }
    return status;
}

Test(open, a_full_map_grows)
{
    struct suan_error error = {0};
    struct suan_txn *txn = NULL;
    struct suan_span value;
    uint64_t count;
    int runs = 0;
    must(suan_store_set_map(f.store, 1 << 20, &error), &error);
    must(suan_store_begin(f.store, &txn, &error), &error);
    must(suan_store_write(f.store, put_much, &runs, &error), &error);
    cr_assert_eq(runs, 4, "6 MB into 1, 2, 4, 8 MiB: %d runs", runs);
    cr_assert_eq(suan_store_map(f.store), 8 << 20);
    cr_assert_eq(suan_row_get(txn, SUAN_TABLE_FACT, suan_span_text("x"), &value, &error), SUAN_E_STATE);
    cr_assert_str_eq(error.code, "store.ended");
    must(suan_txn_renew(txn, &error), &error);
    must(suan_row_count(txn, SUAN_TABLE_FACT, &count, &error), &error);
    cr_assert_eq(count, 100);
    suan_txn_end(txn);
}

/* A reader with a small map of its own, which reads before and after the writer's growth. Pipes set the pace.
 */
struct pace {
    int to_child[2], to_parent[2];
};

static bool counts(struct suan_store *store, uint64_t expected)
{
    struct suan_txn *txn = NULL;
    uint64_t count = 0;
    bool right = suan_store_begin(store, &txn, NULL) == SUAN_OK &&
                 suan_row_count(txn, SUAN_TABLE_FACT, &count, NULL) == SUAN_OK && count == expected;
    suan_txn_end(txn);
    return right;
}

static int read_through_growth(void *context)
{
    struct pace *pace = context;
    struct suan_store *store = NULL;
    char token = 0;
    if (suan_store_open(f.folder, SUAN_STORE_READ, 0, &store, NULL) != SUAN_OK ||
        suan_store_set_map(store, 1 << 20, NULL) != SUAN_OK || !counts(store, 0))
        return 1;
    if (write(pace->to_parent[1], &token, 1) != 1 || read(pace->to_child[0], &token, 1) != 1)
        return 2;
    if (!counts(store, 100))
        return 3;
    suan_store_close(store);
    return 0;
}

Test(open, the_map_grows_under_another_reader)
{
    struct suan_error error = {0};
    struct pace pace;
    char token = 0;
    int runs = 0, status;
    cr_assert_eq(pipe(pace.to_child), 0);
    cr_assert_eq(pipe(pace.to_parent), 0);
    pid_t pid = fork();
    cr_assert_geq(pid, 0);
    if (pid == 0)
        _exit(read_through_growth(&pace));
    cr_assert_eq(read(pace.to_parent[0], &token, 1), 1);
    must(suan_store_write(f.store, put_much, &runs, &error), &error);
    cr_assert_eq(write(pace.to_child[1], &token, 1), 1);
    cr_assert_eq(waitpid(pid, &status, 0), pid);
    cr_assert_eq(status, 0);
}
