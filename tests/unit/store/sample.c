#include "sample.h"

#include <criterion/criterion.h>
#include <lmdb.h>
#include <stdio.h>

static const enum suan_table tables[] = {SUAN_TABLE_IDENT, SUAN_TABLE_REL, SUAN_TABLE_OWNER};
enum { TABLES = sizeof tables / sizeof tables[0], VALUE_MAX = 400 };

static size_t make_row(int i, char key[32], char value[VALUE_MAX])
{
    snprintf(key, 32, "row %05d of some table", i * 7 % SAMPLE_ROWS);
    size_t size = (size_t)(20 + i * 13 % 300);
    for (size_t at = 0; at < size; at++)
        value[at] = (char)('a' + (size_t)i * 31 % 23 + at % 3);
    return size;
}

static enum suan_status fill(void *context, struct suan_txn *txn, struct suan_error *error)
{
    int third = *(int *)context;
    char key[32], value[VALUE_MAX];
    enum suan_status status = SUAN_OK;
    for (int i = third; i < SAMPLE_ROWS && status == SUAN_OK; i += 3) {
        size_t size = make_row(i, key, value);
        status = suan_row_put(txn, tables[i % TABLES], suan_span_text(key), suan_span(value, size), error);
    }
    return status;
}

static enum suan_status keep_checkpoint(void *context, struct suan_txn *txn, struct suan_error *error)
{
    (void)context;
    return suan_log_keep_checkpoint(txn, SUAN_LOG_REGISTRY, SAMPLE_LEAVES, suan_span_text("note"), error);
}

void sample_fill(struct fixture *fixture)
{
    struct suan_error error = {0};
    for (int third = 0; third < 3; third++)
        must(suan_store_write(fixture->store, fill, &third, &error), &error);
    append_leaves(fixture->store, SUAN_LOG_REGISTRY, SAMPLE_LEAVES);
    append_leaves(fixture->store, SUAN_LOG_LEDGER, SAMPLE_LEAVES);
    must(suan_store_write(fixture->store, keep_checkpoint, NULL, &error), &error);
    suan_store_closep(&fixture->store);
}

static enum sample_answer judge(enum suan_status status, struct suan_span found, struct suan_span expected,
                                const char *what, char where[256])
{
    if (status == SUAN_E_INTEGRITY)
        return SAMPLE_REPORTED;
    if (status == SUAN_OK && suan_span_equal(found, expected))
        return SAMPLE_RIGHT;
    snprintf(where, 256, "%s: %s", what, suan_status_name(status));
    return SAMPLE_WRONG;
}

static enum sample_answer ask_leaves(struct suan_txn *txn, enum suan_log log, char where[256])
{
    enum sample_answer answer = SAMPLE_RIGHT;
    for (uint64_t i = 0; i < SAMPLE_LEAVES && answer == SAMPLE_RIGHT; i++) {
        char text[32];
        struct suan_span leaf = {0};
        snprintf(text, sizeof text, "leaf %llu", (unsigned long long)i);
        enum suan_status status = suan_log_leaf(txn, log, i, &leaf, NULL);
        answer = judge(status, leaf, suan_span_text(text), text, where);
    }
    return answer;
}

static enum sample_answer ask_rows(struct suan_txn *txn, char where[256])
{
    enum sample_answer answer = SAMPLE_RIGHT;
    for (int i = 0; i < SAMPLE_ROWS && answer == SAMPLE_RIGHT; i++) {
        char key[32], value[VALUE_MAX];
        struct suan_span found = {0};
        size_t size = make_row(i, key, value);
        enum suan_status status = suan_row_get(txn, tables[i % TABLES], suan_span_text(key), &found, NULL);
        answer = judge(status, found, suan_span(value, size), key, where);
    }
    return answer;
}

enum sample_answer sample_ask(const char *folder, char where[256])
{
    struct suan_store *store = NULL;
    struct suan_txn *txn = NULL;
    struct suan_error error = {0};
    enum suan_status status = suan_store_open(folder, SUAN_STORE_READ, 0, &store, &error);
    snprintf(where, 256, "opening: %.200s", error.message);
    if (status != SUAN_OK)
        return status == SUAN_E_INTEGRITY || status == SUAN_E_REFUSED ? SAMPLE_REPORTED : SAMPLE_WRONG;
    enum sample_answer answer = suan_store_begin(store, &txn, NULL) == SUAN_OK ? SAMPLE_RIGHT : SAMPLE_WRONG;
    if (answer == SAMPLE_RIGHT)
        answer = ask_rows(txn, where);
    if (answer == SAMPLE_RIGHT)
        answer = ask_leaves(txn, SUAN_LOG_REGISTRY, where);
    if (answer == SAMPLE_RIGHT)
        answer = ask_leaves(txn, SUAN_LOG_LEDGER, where);
    suan_txn_end(txn);
    suan_store_close(store);
    return answer;
}

static enum sample_answer ask_bare_rows(MDB_env *env)
{
    MDB_txn *txn = NULL;
    MDB_dbi handles[TABLES];
    if (mdb_txn_begin(env, NULL, MDB_RDONLY, &txn) != 0)
        return SAMPLE_REPORTED;
    for (int i = 0; i < TABLES; i++) {
        if (mdb_dbi_open(txn, suan_table_name(tables[i]), 0, &handles[i]) != 0)
            return SAMPLE_REPORTED;
    }
    for (int i = 0; i < SAMPLE_ROWS; i++) {
        char key[32], value[VALUE_MAX];
        size_t size = make_row(i, key, value);
        MDB_val name = {strlen(key), key}, found;
        if (mdb_get(txn, handles[i % TABLES], &name, &found) != 0 || found.mv_size < size ||
            memcmp(found.mv_data, value, size) != 0)
            return SAMPLE_WRONG;
    }
    return SAMPLE_RIGHT;
}

enum sample_answer sample_ask_bare(const char *file)
{
    MDB_env *env = NULL;
    enum sample_answer answer = SAMPLE_REPORTED;
    if (mdb_env_create(&env) == 0 && mdb_env_set_maxdbs(env, 64) == 0 &&
        mdb_env_set_mapsize(env, (size_t)1 << 30) == 0 &&
        mdb_env_open(env, file, MDB_RDONLY | MDB_NOSUBDIR | MDB_NOLOCK, 0644) == 0)
        answer = ask_bare_rows(env);
    return answer;
}
