/*
 * Durable transfers beside SQLite (WAL, synchronous=FULL) with the same rows: in batches of 8,190, and by 64
 * writers that each wait for their own transfer. Both sides take turns in one run; figures are medians of the
 * rounds.
 */
#include <ftw.h>
#include <pthread.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/file.h"
#include "ledger/ledger.h"
#include "store/group.h"
#include "trust/draw.h"

enum { ACCOUNTS = 1000, ROUNDS = 9, WRITERS = 64, WRITES = 60, GROUP_ROUNDS = 3 };

static void die(const char *what)
{
    fprintf(stderr, "perf_ledger: %s\n", what);
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

static double median(double *values, size_t count)
{
    qsort(values, count, sizeof values[0], by_value);
    return values[count / 2];
}

static int remove_entry(const char *path, const struct stat *info, int type, struct FTW *where)
{
    (void)info;
    (void)type;
    (void)where;
    return remove(path);
}

/* --- the transfers of both sides --- */

static struct suan_id account_id(uint32_t n)
{
    return suan_account_id(suan_span(&n, sizeof n));
}

struct accounts {
    struct suan_id ids[ACCOUNTS]; /* the first is the issuer */
};

static void make_accounts(struct accounts *accounts)
{
    for (uint32_t n = 0; n < ACCOUNTS; n++)
        accounts->ids[n] = account_id(n);
}

/* Half come from the issuer, half go between holders. Ids ascend, as ULIDs do. */
static struct suan_transfer make_transfer(const struct accounts *accounts, struct suan_draw *draw,
                                          uint64_t number)
{
    struct suan_transfer transfer = {
        .amount_fen = 1 + suan_draw_below(draw, 9), .ledger = SUAN_LEDGER_COMPUTE, .code = 1};
    uint32_t from = suan_draw_below(draw, 2) == 0 ? 0 : suan_draw_below(draw, ACCOUNTS),
             to = 1 + suan_draw_below(draw, ACCOUNTS - 1);
    suan_put_be64(transfer.id.bytes, number);
    suan_put_be64(transfer.id.bytes + 8, number * UINT64_C(0x9e3779b97f4a7c15));
    transfer.debit = accounts->ids[from == to ? 0 : from];
    transfer.credit = accounts->ids[to];
    return transfer;
}

/* --- ours --- */

static enum suan_status open_accounts(void *context, struct suan_txn *txn, struct suan_error *error)
{
    const struct accounts *accounts = context;
    enum suan_status status = SUAN_OK;
    for (uint32_t n = 0; n < ACCOUNTS && status == SUAN_OK; n++) {
        struct suan_account account = {.id = accounts->ids[n],
                                       .ledger = SUAN_LEDGER_COMPUTE,
                                       .flags = n == 0 ? SUAN_ACCOUNT_ISSUER : SUAN_ACCOUNT_HOLDER};
        status = suan_account_open(txn, &account, (struct suan_occasion){1, 0}, error);
    }
    return status;
}

static enum suan_status post_batch(void *context, struct suan_txn *txn, struct suan_error *error)
{
    return suan_ledger_post_batch(txn, context, SUAN_TRANSFERS_MAX, (struct suan_occasion){1, 1}, error);
}

static enum suan_status post_one(void *context, struct suan_txn *txn, struct suan_error *error)
{
    return suan_ledger_post_batch(txn, context, 1, (struct suan_occasion){1, 1}, error);
}

/* --- SQLite --- */

struct peer {
    sqlite3 *db;
    sqlite3_stmt *begin, *commit, *newest, *known, *read, *record, *write, *history;
    uint64_t seq;
};

static void run(sqlite3 *db, const char *sql)
{
    if (sqlite3_exec(db, sql, NULL, NULL, NULL) != SQLITE_OK)
        die(sqlite3_errmsg(db));
}

static sqlite3_stmt *prepare(sqlite3 *db, const char *sql)
{
    sqlite3_stmt *statement = NULL;
    if (sqlite3_prepare_v2(db, sql, -1, &statement, NULL) != SQLITE_OK)
        die(sqlite3_errmsg(db));
    return statement;
}

static void open_peer(struct peer *peer, const char *path)
{
    if (sqlite3_open(path, &peer->db) != SQLITE_OK)
        die("SQLite does not open");
    sqlite3_busy_timeout(peer->db, 60000);
    run(peer->db, "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA cache_size=-65536;");
    run(peer->db, "CREATE TABLE IF NOT EXISTS acct (id BLOB PRIMARY KEY, dr INTEGER, cr INTEGER, row BLOB) "
                  "WITHOUT ROWID;"
                  "CREATE TABLE IF NOT EXISTS xfer (seq INTEGER PRIMARY KEY, row BLOB);"
                  "CREATE TABLE IF NOT EXISTS xfer_id (id BLOB PRIMARY KEY, seq INTEGER) WITHOUT ROWID;"
                  "CREATE TABLE IF NOT EXISTS hist (acct BLOB, seq INTEGER, dr INTEGER, cr INTEGER, PRIMARY "
                  "KEY (acct, seq))"
                  " WITHOUT ROWID;");
    peer->begin = prepare(peer->db, "BEGIN IMMEDIATE");
    peer->commit = prepare(peer->db, "COMMIT");
    peer->newest = prepare(peer->db, "SELECT max(seq) FROM xfer");
    peer->known = prepare(peer->db, "INSERT INTO xfer_id VALUES (?, ?)");
    peer->read = prepare(peer->db, "SELECT dr, cr FROM acct WHERE id = ?");
    peer->record = prepare(peer->db, "INSERT INTO xfer VALUES (?, ?)");
    peer->write = prepare(peer->db, "UPDATE acct SET dr = ?, cr = ? WHERE id = ?");
    peer->history = prepare(peer->db, "INSERT INTO hist VALUES (?, ?, ?, ?)");
}

static void close_peer(struct peer *peer)
{
    sqlite3_stmt *statements[] = {peer->begin, peer->commit, peer->newest, peer->known,
                                  peer->read,  peer->record, peer->write,  peer->history};
    for (size_t i = 0; i < sizeof statements / sizeof statements[0]; i++)
        sqlite3_finalize(statements[i]);
    sqlite3_close(peer->db);
}

static int step(sqlite3_stmt *statement)
{
    int code = sqlite3_step(statement);
    if (code != SQLITE_DONE && code != SQLITE_ROW)
        die(sqlite3_errmsg(sqlite3_db_handle(statement)));
    return code;
}

static void finish(sqlite3_stmt *statement)
{
    step(statement);
    sqlite3_reset(statement);
}

static void bind_id(sqlite3_stmt *statement, int place, const struct suan_id *id)
{
    sqlite3_bind_blob(statement, place, id->bytes, SUAN_ID_SIZE, SQLITE_STATIC);
}

static void peer_account(struct peer *peer, const struct suan_id *id, int64_t debit, int64_t credit,
                         uint64_t seq)
{
    bind_id(peer->read, 1, id);
    step(peer->read);
    int64_t dr = sqlite3_column_int64(peer->read, 0) + debit,
            cr = sqlite3_column_int64(peer->read, 1) + credit;
    sqlite3_reset(peer->read);
    sqlite3_bind_int64(peer->write, 1, dr);
    sqlite3_bind_int64(peer->write, 2, cr);
    bind_id(peer->write, 3, id);
    finish(peer->write);
    bind_id(peer->history, 1, id);
    sqlite3_bind_int64(peer->history, 2, (sqlite3_int64)seq);
    sqlite3_bind_int64(peer->history, 3, dr);
    sqlite3_bind_int64(peer->history, 4, cr);
    finish(peer->history);
}

static void peer_transfer(struct peer *peer, const struct suan_transfer *transfer)
{
    uint64_t seq = ++peer->seq;
    bind_id(peer->known, 1, &transfer->id);
    sqlite3_bind_int64(peer->known, 2, (sqlite3_int64)seq);
    finish(peer->known);
    sqlite3_bind_int64(peer->record, 1, (sqlite3_int64)seq);
    sqlite3_bind_blob(peer->record, 2, transfer, SUAN_TRANSFER_SIZE, SQLITE_STATIC);
    finish(peer->record);
    peer_account(peer, &transfer->debit, transfer->amount_fen, 0, seq);
    peer_account(peer, &transfer->credit, 0, transfer->amount_fen, seq);
}

static void peer_batch(struct peer *peer, const struct suan_transfer *transfers, size_t count)
{
    finish(peer->begin);
    step(peer->newest);
    peer->seq = (uint64_t)sqlite3_column_int64(peer->newest, 0);
    sqlite3_reset(peer->newest);
    for (size_t i = 0; i < count; i++)
        peer_transfer(peer, &transfers[i]);
    finish(peer->commit);
}

static void peer_accounts(struct peer *peer, const struct accounts *accounts)
{
    sqlite3_stmt *insert = prepare(peer->db, "INSERT INTO acct VALUES (?, 0, 0, zeroblob(48))");
    run(peer->db, "BEGIN");
    for (uint32_t n = 0; n < ACCOUNTS; n++) {
        bind_id(insert, 1, &accounts->ids[n]);
        finish(insert);
    }
    run(peer->db, "COMMIT");
    sqlite3_finalize(insert);
}

static void report(const char *id, double value, double peer, double goal)
{
    printf("{\"id\":\"%s\",\"value\":%.0f,\"unit\":\"1/s\",\"peer\":\"SQLite WAL FULL, same "
           "rows\",\"peer_value\":%.0f,"
           "\"ratio\":%.2f,\"better\":\"higher\",\"goal\":\">= %.1fx\",\"ok\":%s}\n",
           id, value, peer, value / peer, goal, value / peer >= goal ? "true" : "false");
}

static double rate(size_t count, uint64_t start_ns)
{
    return (double)count * 1e9 / (double)(suan_clock_monotonic_ns() - start_ns);
}

/* --- ledger.batch --- */

static void measure_batch(struct suan_store *store, const char *path, const struct accounts *accounts,
                          struct suan_draw *draw)
{
    static struct suan_transfer transfers[SUAN_TRANSFERS_MAX];
    struct suan_error error = {0};
    struct peer peer = {0};
    double ours[ROUNDS], theirs[ROUNDS];
    open_peer(&peer, path);
    peer_accounts(&peer, accounts);
    for (int round = -1; round < ROUNDS; round++) {
        for (uint64_t i = 0; i < SUAN_TRANSFERS_MAX; i++)
            transfers[i] = make_transfer(accounts, draw, (uint64_t)(round + 2) * SUAN_TRANSFERS_MAX + i);
        uint64_t start = suan_clock_monotonic_ns();
        peer_batch(&peer, transfers, SUAN_TRANSFERS_MAX);
        double peer_rate = rate(SUAN_TRANSFERS_MAX, start);
        start = suan_clock_monotonic_ns();
        need(suan_store_write(store, post_batch, transfers, &error), &error);
        if (round < 0)
            continue; /* the first one finds both sides cold */
        ours[round] = rate(SUAN_TRANSFERS_MAX, start);
        theirs[round] = peer_rate;
    }
    close_peer(&peer);
    report("ledger.batch", median(ours, ROUNDS), median(theirs, ROUNDS), 2.5);
}

/* --- ledger.group --- */

struct writer {
    pthread_t thread;
    struct suan_group *group; /* NULL: SQLite */
    const char *path;
    struct suan_transfer transfers[WRITES];
};

static void *write_ours(struct writer *writer)
{
    struct suan_error error = {0};
    for (int i = 0; i < WRITES; i++)
        need(suan_group_write(writer->group, post_one, &writer->transfers[i], &error), &error);
    return NULL;
}

static void *write_theirs(struct writer *writer)
{
    struct peer peer = {0};
    open_peer(&peer, writer->path);
    for (int i = 0; i < WRITES; i++)
        peer_batch(&peer, &writer->transfers[i], 1);
    close_peer(&peer);
    return NULL;
}

static void *write_all(void *context)
{
    struct writer *writer = context;
    return writer->group != NULL ? write_ours(writer) : write_theirs(writer);
}

static double time_writers(struct writer *writers)
{
    uint64_t start = suan_clock_monotonic_ns();
    for (int i = 0; i < WRITERS; i++) {
        if (pthread_create(&writers[i].thread, NULL, write_all, &writers[i]) != 0)
            die("no thread");
    }
    for (int i = 0; i < WRITERS; i++)
        pthread_join(writers[i].thread, NULL);
    return rate((size_t)WRITERS * WRITES, start);
}

static void measure_group(struct suan_store *store, const char *path, const struct accounts *accounts,
                          struct suan_draw *draw)
{
    static struct writer writers[WRITERS];
    struct suan_error error = {0};
    struct suan_group *group = NULL;
    double ours[GROUP_ROUNDS], theirs[GROUP_ROUNDS];
    uint64_t number = UINT64_C(1) << 40;
    need(suan_group_start(store, &group, &error), &error);
    for (int round = 0; round < GROUP_ROUNDS; round++) {
        for (int i = 0; i < WRITERS * WRITES; i++)
            writers[i % WRITERS].transfers[i / WRITERS] = make_transfer(accounts, draw, number++);
        for (int i = 0; i < WRITERS; i++)
            writers[i].group = NULL, writers[i].path = path;
        theirs[round] = time_writers(writers);
        for (int i = 0; i < WRITERS; i++)
            writers[i].group = group;
        ours[round] = time_writers(writers);
    }
    suan_group_stop(group);
    report("ledger.group", median(ours, GROUP_ROUNDS), median(theirs, GROUP_ROUNDS), 3.0);
}

int main(void)
{
    static struct accounts accounts;
    struct suan_error error = {0};
    struct suan_store *store = NULL;
    struct suan_draw draw;
    char root[] = "/var/tmp/suan-perf-XXXXXX", folder[64], path[64];
    if (mkdtemp(root) == NULL)
        die("no temporary folder");
    snprintf(folder, sizeof folder, "%s/registry", root);
    snprintf(path, sizeof path, "%s/peer.sqlite", root);
    make_accounts(&accounts);
    suan_draw_init(&draw, suan_span_text("1"), "transfers");
    need(suan_store_create(folder, &store, &error), &error);
    need(suan_store_write(store, open_accounts, &accounts, &error), &error);
    measure_batch(store, path, &accounts, &draw);
    measure_group(store, path, &accounts, &draw);
    suan_store_close(store);
    nftw(root, remove_entry, 16, FTW_DEPTH | FTW_PHYS);
    return 0;
}
