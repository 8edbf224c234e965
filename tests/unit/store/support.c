#include "support.h"

#include <criterion/criterion.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

void must(enum suan_status status, const struct suan_error *error)
{
    cr_assert_eq(status, SUAN_OK, "%s: %s", error->code, error->message);
}

void fixture_make(struct fixture *fixture)
{
    struct suan_error error = {0};
    bool in_memory = access("/dev/shm", W_OK) == 0; /* no test here is about the disk itself */
    *fixture = (struct fixture){0};
    snprintf(fixture->root, sizeof fixture->root, "%s/suan-store-XXXXXX", in_memory ? "/dev/shm" : "/tmp");
    cr_assert_not_null(mkdtemp(fixture->root));
    snprintf(fixture->folder, sizeof fixture->folder, "%s/registry", fixture->root);
    snprintf(fixture->file, sizeof fixture->file, "%s/store.mdb", fixture->folder);
    must(suan_store_create(fixture->folder, &fixture->store, &error), &error);
}

void fixture_reopen(struct fixture *fixture, enum suan_store_mode mode)
{
    struct suan_error error = {0};
    suan_store_closep(&fixture->store);
    must(suan_store_open(fixture->folder, mode, 0, &fixture->store, &error), &error);
}

static int remove_entry(const char *path, const struct stat *info, int type, struct FTW *where)
{
    (void)info;
    (void)type;
    (void)where;
    return remove(path);
}

void fixture_remove(struct fixture *fixture)
{
    suan_store_closep(&fixture->store);
    nftw(fixture->root, remove_entry, 16, FTW_DEPTH | FTW_PHYS);
}

struct row {
    enum suan_table table;
    const char *key, *value;
};

static enum suan_status put_row(void *context, struct suan_txn *txn, struct suan_error *error)
{
    const struct row *row = context;
    return suan_row_put(txn, row->table, suan_span_text(row->key), suan_span_text(row->value), error);
}

static enum suan_status delete_row(void *context, struct suan_txn *txn, struct suan_error *error)
{
    const struct row *row = context;
    return suan_row_delete(txn, row->table, suan_span_text(row->key), error);
}

void put(struct suan_store *store, enum suan_table table, const char *key, const char *value)
{
    struct suan_error error = {0};
    must(suan_store_write(store, put_row, &(struct row){table, key, value}, &error), &error);
}

void drop(struct suan_store *store, enum suan_table table, const char *key)
{
    struct suan_error error = {0};
    must(suan_store_write(store, delete_row, &(struct row){table, key, NULL}, &error), &error);
}

enum suan_status get(struct suan_store *store, enum suan_table table, const char *key, char out[256],
                     struct suan_error *error)
{
    struct suan_txn *txn = NULL;
    struct suan_span value;
    enum suan_status status = suan_store_begin(store, &txn, error);
    if (status == SUAN_OK)
        status = suan_row_get(txn, table, suan_span_text(key), &value, error);
    if (status == SUAN_OK)
        snprintf(out, 256, "%.*s", SUAN_SPAN_PRINTF(value));
    suan_txn_end(txn);
    return status;
}

struct leaves {
    enum suan_log log;
    uint64_t count;
};

static enum suan_status append(void *context, struct suan_txn *txn, struct suan_error *error)
{
    const struct leaves *leaves = context;
    uint64_t size, index;
    enum suan_status status = suan_log_size(txn, leaves->log, &size, error);
    for (uint64_t i = 0; i < leaves->count && status == SUAN_OK; i++) {
        char text[32];
        snprintf(text, sizeof text, "leaf %llu", (unsigned long long)(size + i));
        status = suan_log_append(txn, leaves->log, suan_span_text(text), &index, error);
    }
    return status;
}

void append_leaves(struct suan_store *store, enum suan_log log, uint64_t count)
{
    struct suan_error error = {0};
    must(suan_store_write(store, append, &(struct leaves){log, count}, &error), &error);
}

int in_child(int (*work)(void *context), void *context)
{
    int status = 0;
    pid_t pid = fork();
    cr_assert_geq(pid, 0);
    if (pid == 0)
        _exit(work(context));
    cr_assert_eq(waitpid(pid, &status, 0), pid);
    return status;
}
