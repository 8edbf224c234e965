#ifndef SUAN_STORE_INSIDE_H
#define SUAN_STORE_INSIDE_H

/* Inside this folder only: what the handles hold, and what its files offer each other. */
#include <lmdb.h>

#include "crc.h"
#include "store.h"

enum {
    SUAN_CHECK_SIZE = 8,
    SUAN_SCHEMA_MAJOR = 1,
    SUAN_SCHEMA_MINOR = 0,
    SUAN_LOG_COUNT = 2,
    SUAN_READERS_MAX = 510
};
#define SUAN_MAP_DEFAULT (UINT64_C(64) << 30)
#define SUAN_MAP_LEAST (UINT64_C(1) << 30)

/* The open LMDB file with its tables. */
struct suan_environment {
    MDB_env *env; /* NULL: closed, after a failure; opened again at the next use */
    MDB_dbi tables[SUAN_TABLE_COUNT];
    bool present[SUAN_TABLE_COUNT]; /* false: a table that this file, of an older minor version, does not have
                                     */
    uint64_t seeds[SUAN_TABLE_COUNT];
    struct suan_crc crc;
    uint64_t map_bytes;
};

struct suan_scan {
    struct suan_txn *txn;
    struct suan_scan *next;
    enum suan_table table;
    MDB_cursor *cursor; /* NULL: to be opened, and placed behind `last` */
    uint64_t version;   /* of the transaction when the cursor was placed */
    size_t prefix_size, last_size;
    enum { SUAN_SCAN_FRESH, SUAN_SCAN_BEHIND, SUAN_SCAN_ENDED } place;
    uint8_t prefix[SUAN_STORE_KEY_MAX], last[SUAN_STORE_KEY_MAX]; /* `last` is where to begin while FRESH */
};

struct suan_txn {
    struct suan_store *store;
    struct suan_txn *next;
    MDB_txn *handle; /* NULL: ended under its owner, by growth or a failed commit */
    enum { SUAN_TXN_READ, SUAN_TXN_WRITE } kind;
    uint64_t version; /* grows with each write and renewal: cursors placed before are stale */
    bool map_full;
    struct suan_scan *scans;
    MDB_cursor
        *writers[SUAN_TABLE_COUNT]; /* kept between puts: ascending keys then find their page at once */
    enum { SUAN_EDGE_UNREAD, SUAN_EDGE_READ, SUAN_EDGE_CHANGED } edge_state[SUAN_LOG_COUNT];
    struct suan_merkle_edge edges[SUAN_LOG_COUNT];
};

struct suan_store {
    char *folder, *file;
    enum suan_store_mode mode;
    struct suan_environment environment;
    int lock;                      /* descriptor of writer.lock, or -1 */
    const volatile uint8_t *birth; /* a page that a forked child finds empty */
    uint64_t readers_checked_ns;
    bool writing;          /* inside suan_store_write */
    struct suan_txn *txns; /* live snapshots */
};

/* --- failure.c: what LMDB says, in our words --- */

/* The status of an LMDB or errno code other than 0; `what` was being done. */
SUAN_MUST_USE enum suan_status suan_store_failure(int code, const char *what, struct suan_error *error);
SUAN_MUST_USE enum suan_status suan_store_corrupt(struct suan_error *error, const char *what);
SUAN_MUST_USE enum suan_status suan_row_corrupt(struct suan_error *error, enum suan_table table,
                                                struct suan_span key, const char *what);

/* --- environment.c --- */

enum suan_environment_use { SUAN_USE_READ, SUAN_USE_WRITE, SUAN_USE_CREATE };
/* Opens the file with its tables; CREATE makes both. Without trust in the file: examine it first. */
SUAN_MUST_USE enum suan_status suan_environment_open(struct suan_environment *environment, const char *file,
                                                     enum suan_environment_use use, struct suan_error *error);
void suan_environment_close(struct suan_environment *environment);
/* The sum of a row, from its table's seed. */
uint64_t suan_environment_sum(const struct suan_environment *environment, enum suan_table table,
                              struct suan_span key, const uint8_t *value, size_t size);
/* The value without its check; false if that is not right. */
bool suan_environment_uncover(const struct suan_environment *environment, enum suan_table table,
                              struct suan_span key, MDB_val stored, struct suan_span *out_value);

/* --- examine.c, walk.c --- */

/* Everything that must hold before this process maps the file, found out in a child of its own. */
SUAN_MUST_USE enum suan_status suan_store_examine(const char *file, struct suan_error *error);
/* The child's part once LMDB has opened the file: meta rows and logs; with `whole`, every row of every table.
 */
enum suan_walk { SUAN_WALK_ROOTS, SUAN_WALK_WHOLE };
SUAN_MUST_USE enum suan_status suan_store_walk(struct suan_store *store, enum suan_walk walk,
                                               struct suan_error *error);

/* --- txn.c --- */

/* SUAN_OK if the handle may be used here: not in a forked child. */
SUAN_MUST_USE enum suan_status suan_store_usable(const struct suan_store *store, struct suan_error *error);
/* SUAN_OK if the transaction still has its snapshot. */
SUAN_MUST_USE enum suan_status suan_txn_usable(const struct suan_txn *txn, struct suan_error *error);
/* Ends the snapshots under their owners, who may renew them. */
void suan_store_detach(struct suan_store *store);

/* --- scan.c --- */

void suan_scan_detach(struct suan_scan *scan); /* closes the cursor, keeps the place */

/* --- log.c --- */

SUAN_MUST_USE enum suan_status suan_log_flush(struct suan_txn *txn, struct suan_error *error);
SUAN_MUST_USE enum suan_status suan_log_examine(struct suan_txn *txn, enum suan_log log,
                                                struct suan_error *error);

/* --- row.c --- */

/* "1.0" and so on, the schema that the file says it has. */
SUAN_MUST_USE enum suan_status suan_schema_get(struct suan_txn *txn, unsigned *out_major, unsigned *out_minor,
                                               struct suan_error *error);
SUAN_MUST_USE enum suan_status suan_schema_put(struct suan_txn *txn, struct suan_error *error);

#endif
