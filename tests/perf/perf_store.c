/*
 * What the store costs beside its peers: one look-up beside a bare mdb_get of the same row of the same file,
 * and durable appends of events with their Merkle hashes beside SQLite (WAL, synchronous=FULL) taking the
 * same rows. Both sides take turns in one run; figures are medians of the rounds.
 */
#include <ftw.h>
#include <lmdb.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/file.h"
#include "store/store.h"
#include "trust/draw.h"

enum {
    RELEASES = 100000,
    VALUE_SIZE = 300,
    KEY_SIZE = 32,
    GETS = 200000,
    ROUNDS = 9,
    BATCH = 8190,
    LEAF_SIZE = 400,
    LMDB_TABLES = 64
};

static void die(const char *what)
{
    fprintf(stderr, "perf_store: %s\n", what);
    exit(1);
}

static void need(enum suan_status status, const struct suan_error *error)
{
    if (status != SUAN_OK)
        die(error->message);
}

static int by_value(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static double median(double values[ROUNDS])
{
    qsort(values, ROUNDS, sizeof values[0], by_value);
    return values[ROUNDS / 2];
}

static int remove_entry(const char *path, const struct stat *info, int type, struct FTW *where)
{
    (void)info;
    (void)type;
    (void)where;
    return remove(path);
}

/* --- store.get --- */

static void make_key(uint32_t n, uint8_t key[KEY_SIZE])
{
    struct suan_digest digest = suan_sha256(suan_span(&n, sizeof n));
    memcpy(key, digest.bytes, KEY_SIZE);
}

static uint8_t (*make_keys(void))[KEY_SIZE]
{
    uint8_t(*keys)[KEY_SIZE] = calloc(RELEASES, KEY_SIZE);
    if (keys == NULL)
        die("out of memory");
    for (uint32_t n = 0; n < RELEASES; n++)
        make_key(n, keys[n]);
    return keys;
}

static enum suan_status fill_releases(void *context, struct suan_txn *txn, struct suan_error *error)
{
    uint8_t value[VALUE_SIZE] = {1};
    uint8_t(*keys)[KEY_SIZE] = context;
    enum suan_status status = SUAN_OK;
    for (uint32_t n = 0; n < RELEASES && status == SUAN_OK; n++) {
        suan_put_be32(value, n);
        status = suan_row_put(txn, SUAN_TABLE_REL, suan_span(keys[n], KEY_SIZE), suan_span(value, VALUE_SIZE),
                              error);
    }
    return status;
}

static uint32_t *draw_order(void)
{
    struct suan_draw draw;
    uint32_t *order = malloc(GETS * sizeof *order);
    if (order == NULL)
        die("out of memory");
    suan_draw_init(&draw, suan_span_text("1"), "order");
    for (uint32_t i = 0; i < GETS; i++)
        order[i] = suan_draw_below(&draw, RELEASES);
    return order;
}

static double time_gets(struct suan_store *store, uint8_t (*keys)[KEY_SIZE], const uint32_t *order)
{
    struct suan_error error = {0};
    struct suan_txn *txn = NULL;
    struct suan_span value;
    need(suan_store_begin(store, &txn, &error), &error);
    uint64_t start = suan_clock_monotonic_ns();
    for (uint32_t i = 0; i < GETS; i++) {
        need(suan_row_get(txn, SUAN_TABLE_REL, suan_span(keys[order[i]], KEY_SIZE), &value, &error), &error);
        if (suan_be32(value.data) != order[i])
            die("another row");
    }
    double ns = (double)(suan_clock_monotonic_ns() - start) / GETS;
    suan_txn_end(txn);
    return ns;
}

struct bare {
    MDB_env *env;
    MDB_dbi table;
};

static void open_bare(struct bare *bare, const char *file)
{
    MDB_txn *txn = NULL;
    if (mdb_env_create(&bare->env) != 0 || mdb_env_set_maxdbs(bare->env, LMDB_TABLES) != 0 ||
        mdb_env_set_mapsize(bare->env, (size_t)64 << 30) != 0 ||
        mdb_env_open(bare->env, file, MDB_NOSUBDIR | MDB_NOTLS | MDB_RDONLY, 0644) != 0 ||
        mdb_txn_begin(bare->env, NULL, MDB_RDONLY, &txn) != 0 ||
        mdb_dbi_open(txn, suan_table_name(SUAN_TABLE_REL), 0, &bare->table) != 0 || mdb_txn_commit(txn) != 0)
        die("the copy does not open");
}

static double time_bare(const struct bare *bare, uint8_t (*keys)[KEY_SIZE], const uint32_t *order)
{
    MDB_txn *txn = NULL;
    if (mdb_txn_begin(bare->env, NULL, MDB_RDONLY, &txn) != 0)
        die("mdb_txn_begin");
    uint64_t start = suan_clock_monotonic_ns();
    for (uint32_t i = 0; i < GETS; i++) {
        MDB_val key = {KEY_SIZE, keys[order[i]]}, value;
        if (mdb_get(txn, bare->table, &key, &value) != 0 || suan_be32(value.mv_data) != order[i])
            die("another row");
    }
    double ns = (double)(suan_clock_monotonic_ns() - start) / GETS;
    mdb_txn_abort(txn);
    return ns;
}

static void measure_get(struct suan_store *store, const char *folder)
{
    struct suan_error error = {0};
    struct suan_buffer copy = {0};
    struct bare bare;
    double ours[ROUNDS], theirs[ROUNDS];
    char path[256];
    uint8_t(*keys)[KEY_SIZE] = make_keys();
    uint32_t *order = draw_order();
    need(suan_store_write(store, fill_releases, keys, &error), &error);
    snprintf(path, sizeof path, "%s/store.mdb", folder);
    need(suan_file_read(path, SIZE_MAX / 4, &copy, &error), &error);
    snprintf(path, sizeof path, "%s/bare.mdb", folder);
    need(suan_file_replace(path, suan_buffer_span(&copy), 0644, &error), &error);
    open_bare(&bare, path);
    for (int round = 0; round < ROUNDS; round++) {
        ours[round] = time_gets(store, keys, order);
        theirs[round] = time_bare(&bare, keys, order);
    }
    double value = median(ours), peer = median(theirs), ratio = value / peer;
    printf(
        "{\"id\":\"store.get\",\"value\":%.1f,\"unit\":\"ns\",\"peer\":\"bare mdb_get\",\"peer_value\":%.1f,"
        "\"ratio\":%.2f,\"better\":\"lower\",\"goal\":\"<= 1.5x\",\"ok\":%s}\n",
        value, peer, ratio, ratio <= 1.5 ? "true" : "false");
    mdb_env_close(bare.env);
    suan_buffer_done(&copy);
    free(keys);
    free(order);
}

/* --- log.append --- */

static void make_leaf(uint64_t index, uint8_t leaf[LEAF_SIZE])
{
    memset(leaf, 'x', LEAF_SIZE);
    suan_put_be64(leaf, index);
}

static enum suan_status append_batch(void *context, struct suan_txn *txn, struct suan_error *error)
{
    uint8_t leaf[LEAF_SIZE];
    uint64_t index = 0;
    enum suan_status status = suan_log_size(txn, SUAN_LOG_REGISTRY, &index, error);
    (void)context;
    for (int i = 0; i < BATCH && status == SUAN_OK; i++) {
        make_leaf(index + 1, leaf);
        status = suan_log_append(txn, SUAN_LOG_REGISTRY, suan_span(leaf, LEAF_SIZE), &index, error);
    }
    return status;
}

struct peer {
    sqlite3 *db;
    sqlite3_stmt *event, *hash;
    struct suan_merkle_edge edge;
};

static void run(sqlite3 *db, const char *sql)
{
    if (sqlite3_exec(db, sql, NULL, NULL, NULL) != SQLITE_OK)
        die(sqlite3_errmsg(db));
}

static void open_peer(struct peer *peer, const char *folder)
{
    char path[256];
    snprintf(path, sizeof path, "%s/peer.sqlite", folder);
    if (sqlite3_open(path, &peer->db) != SQLITE_OK)
        die("SQLite does not open");
    run(peer->db, "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA cache_size=-65536;"
                  "CREATE TABLE event (idx INTEGER PRIMARY KEY, leaf BLOB);"
                  "CREATE TABLE hash (idx INTEGER PRIMARY KEY, hash BLOB);");
    sqlite3_prepare_v2(peer->db, "INSERT INTO event VALUES (?, ?)", -1, &peer->event, NULL);
    sqlite3_prepare_v2(peer->db, "INSERT INTO hash VALUES (?, ?)", -1, &peer->hash, NULL);
}

static void insert(sqlite3_stmt *statement, uint64_t index, const void *data, int size)
{
    sqlite3_bind_int64(statement, 1, (sqlite3_int64)index);
    sqlite3_bind_blob(statement, 2, data, size, SQLITE_STATIC);
    if (sqlite3_step(statement) != SQLITE_DONE)
        die("SQLite does not insert");
    sqlite3_reset(statement);
}

static void append_peer(struct peer *peer)
{
    uint8_t leaf[LEAF_SIZE];
    struct suan_digest stored[SUAN_MERKLE_DEPTH_MAX];
    run(peer->db, "BEGIN IMMEDIATE");
    for (int i = 0; i < BATCH; i++) {
        uint64_t index = peer->edge.size, first = suan_merkle_stored_count(index);
        make_leaf(index, leaf);
        insert(peer->event, index, leaf, LEAF_SIZE);
        struct suan_digest hash = suan_merkle_leaf(suan_span(leaf, LEAF_SIZE));
        size_t count = suan_merkle_edge_append(&peer->edge, &hash, stored);
        for (size_t k = 0; k < count; k++)
            insert(peer->hash, first + k, stored[k].bytes, SUAN_DIGEST_SIZE);
    }
    run(peer->db, "COMMIT");
}

static double per_second(uint64_t start_ns)
{
    return BATCH * 1e9 / (double)(suan_clock_monotonic_ns() - start_ns);
}

static void measure_append(struct suan_store *store, const char *folder)
{
    struct suan_error error = {0};
    struct peer peer = {0};
    double ours[ROUNDS], theirs[ROUNDS];
    open_peer(&peer, folder);
    need(suan_store_write(store, append_batch, NULL, &error), &error);
    append_peer(&peer);
    for (int round = 0; round < ROUNDS; round++) {
        uint64_t start = suan_clock_monotonic_ns();
        need(suan_store_write(store, append_batch, NULL, &error), &error);
        ours[round] = per_second(start);
        start = suan_clock_monotonic_ns();
        append_peer(&peer);
        theirs[round] = per_second(start);
    }
    double value = median(ours), peer_value = median(theirs), ratio = value / peer_value;
    printf("{\"id\":\"log.append\",\"value\":%.0f,\"unit\":\"1/s\",\"peer\":\"SQLite WAL FULL, same rows\","
           "\"peer_value\":%.0f,\"ratio\":%.2f,\"better\":\"higher\",\"goal\":\">= 1.2x\",\"ok\":%s}\n",
           value, peer_value, ratio, ratio >= 1.2 ? "true" : "false");
    sqlite3_finalize(peer.event);
    sqlite3_finalize(peer.hash);
    sqlite3_close(peer.db);
}

int main(void)
{
    struct suan_error error = {0};
    struct suan_store *store = NULL;
    char root[] = "/var/tmp/suan-perf-XXXXXX", folder[64];
    if (mkdtemp(root) == NULL)
        die("no temporary folder");
    snprintf(folder, sizeof folder, "%s/registry", root);
    need(suan_store_create(folder, &store, &error), &error);
    measure_get(store, folder);
    measure_append(store, folder);
    suan_store_close(store);
    nftw(root, remove_entry, 16, FTW_DEPTH | FTW_PHYS);
    return 0;
}
