/* The LMDB file and its tables; the check under each row. */
#include "inside.h"

#include <errno.h>

static const char *const table_names[SUAN_TABLE_COUNT] = {
#define SUAN_STORE_ROW(constant, name) [SUAN_TABLE_##constant] = name,
    SUAN_STORE_TABLES(SUAN_STORE_ROW)
#undef SUAN_STORE_ROW
};

const char *suan_table_name(enum suan_table table)
{
    return (unsigned)table < SUAN_TABLE_COUNT ? table_names[table] : "unknown";
}

static void seed(struct suan_environment *environment)
{
    environment->crc = suan_crc_choose();
    for (int i = 0; i < SUAN_TABLE_COUNT; i++)
        environment->seeds[i] =
            environment->crc.update(UINT64_MAX, (const uint8_t *)table_names[i], strlen(table_names[i]));
}

uint64_t suan_environment_sum(const struct suan_environment *environment, enum suan_table table,
                              struct suan_span key, const uint8_t *value, size_t size)
{
    uint64_t lanes = environment->crc.update(environment->seeds[table], key.data, key.size);
    return environment->crc.update(lanes, value, size);
}

bool suan_environment_uncover(const struct suan_environment *environment, enum suan_table table,
                              struct suan_span key, MDB_val stored, struct suan_span *out_value)
{
    if (stored.mv_size < SUAN_CHECK_SIZE)
        return false;
    const uint8_t *bytes = stored.mv_data;
    size_t size = stored.mv_size - SUAN_CHECK_SIZE;
    if (suan_be64(bytes + size) != suan_environment_sum(environment, table, key, bytes, size))
        return false;
    *out_value = suan_span(bytes, size);
    return true;
}

static int try_open(struct suan_environment *environment, const char *file, enum suan_environment_use use)
{
    MDB_env *env = NULL;
    int code = mdb_env_create(&env);
    if (code != 0)
        return code;
    unsigned flags = MDB_NOSUBDIR | MDB_NOTLS | (use == SUAN_USE_READ ? MDB_RDONLY : 0);
    if ((code = mdb_env_set_maxdbs(env, SUAN_TABLE_COUNT)) == 0 &&
        (code = mdb_env_set_maxreaders(env, SUAN_READERS_MAX)) == 0 &&
        (code = mdb_env_set_mapsize(env, environment->map_bytes)) == 0)
        code = mdb_env_open(env, file, flags, 0644);
    if (code != 0) {
        mdb_env_close(env);
        return code;
    }
    environment->env = env;
    return 0;
}

/* Where address space is short (limits, sanitizers, valgrind) a smaller map does: it grows when it is full.
 */
static int open_file(struct suan_environment *environment, const char *file, enum suan_environment_use use)
{
    if (environment->map_bytes == 0)
        environment->map_bytes = SUAN_MAP_DEFAULT;
    int code = try_open(environment, file, use);
    while (code == ENOMEM && environment->map_bytes > SUAN_MAP_LEAST) {
        environment->map_bytes /= 4;
        code = try_open(environment, file, use);
    }
    return code;
}

static int open_table(struct suan_environment *environment, MDB_txn *txn, int table,
                      enum suan_environment_use use)
{
    unsigned flags = 0;
    int code = mdb_dbi_open(txn, table_names[table], use == SUAN_USE_CREATE ? MDB_CREATE : 0,
                            &environment->tables[table]);
    environment->present[table] = code == 0;
    if (code == MDB_NOTFOUND)
        return 0;
    if (code == 0)
        code = mdb_dbi_flags(txn, environment->tables[table], &flags);
    return code == 0 && flags != 0 ? MDB_INCOMPATIBLE : code;
}

static int open_tables(struct suan_environment *environment, enum suan_environment_use use)
{
    unsigned flags = use == SUAN_USE_CREATE ? 0 : MDB_RDONLY;
    MDB_txn *txn = NULL;
    int code = mdb_txn_begin(environment->env, NULL, flags, &txn);
    if (code == MDB_MAP_RESIZED && (code = mdb_env_set_mapsize(environment->env, 0)) == 0)
        code = mdb_txn_begin(environment->env, NULL, flags, &txn);
    if (code != 0)
        return code;
    for (int i = 0; i < SUAN_TABLE_COUNT && code == 0; i++)
        code = open_table(environment, txn, i, use);
    if (code == 0)
        return mdb_txn_commit(txn);
    mdb_txn_abort(txn);
    return code;
}

enum suan_status suan_environment_open(struct suan_environment *environment, const char *file,
                                       enum suan_environment_use use, struct suan_error *error)
{
    seed(environment);
    int code = open_file(environment, file, use);
    if (code == 0)
        code = open_tables(environment, use);
    if (code == 0)
        return SUAN_OK;
    suan_environment_close(environment);
    return suan_store_failure(code, file, error);
}

void suan_environment_close(struct suan_environment *environment)
{
    if (environment->env != NULL)
        mdb_env_close(environment->env);
    environment->env = NULL;
}
