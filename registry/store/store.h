#ifndef SUAN_STORE_STORE_H
#define SUAN_STORE_STORE_H

/*
 * What is remembered, in one LMDB file beside a folder of packages: two append-only logs with their Merkle
 * hashes and signed checkpoints, blobs by digest, and the tables that are a fold of the logs. The store knows
 * no meaning: keys and values are bytes. Integers in keys are big-endian, so that byte order is number order.
 * Every value carries a check of key and value, verified on each read: SUAN_E_INTEGRITY "store.corrupt",
 * never a wrong answer.
 *
 * One process writes (an exclusive lock for as long as the store is open for writing), any number read. A
 * handle belongs to one thread at a time; a transaction to the thread that began it. After fork() a handle
 * answers SUAN_E_FORKED.
 */
#include "base/buffer.h"
#include "trust/digest.h"
#include "trust/merkle.h"

struct suan_store;
struct suan_txn;

enum suan_store_mode { SUAN_STORE_READ, SUAN_STORE_WRITE };

/* registry: public. ledger: operator and auditors. Numbers are on disk. */
enum suan_log { SUAN_LOG_REGISTRY = 0, SUAN_LOG_LEDGER = 1 };
const char *suan_log_name(enum suan_log log); /* "registry", "ledger" */

/* Every table: constant, name. Rows of the first seven are kept; the others are a fold of the logs and are
   rebuilt by verify. What keys and values mean is stated by the module that writes the table. New ones go to
   the end. */
/* clang-format off */
#define SUAN_STORE_TABLES(T)                                                                                 \
    T(META, "meta") T(EVENT_P, "event_p") T(EVENT_L, "event_l") T(HASH_P, "hash_p") T(HASH_L, "hash_l")      \
    T(CKPT, "ckpt") T(BLOB, "blob") T(EVENT_ID, "event_id") T(IDENT, "ident") T(KEY, "key")                  \
    T(ID_KEY, "id_key") T(MEMBER, "member") T(RECOVER, "recover") T(PKG, "pkg") T(OWNER, "owner")            \
    T(OFFER, "offer") T(OWNER_HIST, "owner_hist") T(REL, "rel") T(BY_DIGEST, "by_digest") T(VET, "vet")      \
    T(POLICY, "policy") T(TASK, "task") T(ATT, "att") T(ACCT, "acct") T(XFER, "xfer")                        \
    T(XFER_ID, "xfer_id") T(PENDING, "pending") T(EXPIRY, "expiry") T(ACCT_HIST, "acct_hist")                \
    T(PROGRAMME, "programme") T(TARIFF, "tariff") T(RECEIPT, "receipt") T(CREDIT, "credit")                  \
    T(EARNED, "earned") T(VOUCHER, "voucher") T(CLAIM, "claim") T(ROOM, "room") T(CASE, "case")              \
    T(FACT, "fact") T(STATE, "state") T(VARIANT, "variant")
/* clang-format on */

enum suan_table {
#define SUAN_STORE_ROW(constant, name) SUAN_TABLE_##constant,
    SUAN_STORE_TABLES(SUAN_STORE_ROW)
#undef SUAN_STORE_ROW
        SUAN_TABLE_COUNT,
    SUAN_TABLE_FIRST_DERIVED = SUAN_TABLE_EVENT_ID
};
const char *suan_table_name(enum suan_table table);

enum {
    SUAN_STORE_KEY_MAX = 511,
    SUAN_STORE_VALUE_MAX = 1048576, /* a blob */
    SUAN_STORE_LEAF_MAX = 65535,
    SUAN_STORE_PACKAGE_MAX = 134217728, /* a package file */
    SUAN_STORE_WAIT_MS = 10000
};

/* --- opening --- */

/* Makes the folder (which must not exist, or be empty: CONFLICT "store.exists") with an empty store, and
   opens it for writing. Errors: IO "store.io", "store.filesystem" (network file systems). */
SUAN_MUST_USE enum suan_status suan_store_create(const char *folder, struct suan_store **out_store,
                                                 struct suan_error *error);
/*
 * Opens a store. Before the file is trusted it is examined in a forked child: size, magic, version, meta
 * rows, and the newest root against the stored hashes. Errors: NOT_FOUND "store.absent"; LOCKED
 * "store.locked" (another writer, after `wait_ms`); INTEGRITY "store.corrupt"; REFUSED "store.version" (made
 * by a newer Suan), "store.foreign" (not a Suan store).
 */
SUAN_MUST_USE enum suan_status suan_store_open(const char *folder, enum suan_store_mode mode,
                                               uint32_t wait_ms, struct suan_store **out_store,
                                               struct suan_error *error);
void suan_store_close(struct suan_store *store); /* takes NULL */
void suan_store_closep(struct suan_store **store);
const char *suan_store_folder(const struct suan_store *store);

/* --- transactions --- */

/* A snapshot. Ends with suan_txn_end; long scans call suan_txn_renew from time to time (old pages pin disk
 * space). */
SUAN_MUST_USE enum suan_status suan_store_begin(struct suan_store *store, struct suan_txn **out_txn,
                                                struct suan_error *error);
SUAN_MUST_USE enum suan_status suan_txn_renew(struct suan_txn *txn, struct suan_error *error);
void suan_txn_end(struct suan_txn *txn); /* takes NULL */
void suan_txn_endp(struct suan_txn **txn);

/*
 * The only way to write: calls `work` in a write transaction, and commits durably if it returns SUAN_OK; else
 * nothing has happened. If the map was full, it is doubled and `work` is called again from the beginning, so
 * `work` must have no other lasting effect; snapshots of the handle have then ended under their owners, who
 * get STATE "store.ended" until they renew. Errors: those of `work`; IO "store.io" (full disk included:
 * everything acknowledged is kept); STATE "store.mode", "store.nested".
 */
SUAN_MUST_USE enum suan_status suan_store_write(struct suan_store *store,
                                                enum suan_status (*work)(void *context, struct suan_txn *txn,
                                                                         struct suan_error *error),
                                                void *context, struct suan_error *error);

/* --- rows --- */
/* Values are borrowed from the transaction: valid until it ends or writes, aligned to nothing. NOT_FOUND
   leaves `error` untouched, so that absence can be an answer. */

SUAN_MUST_USE enum suan_status suan_row_get(struct suan_txn *txn, enum suan_table table, struct suan_span key,
                                            struct suan_span *out_value, struct suan_error *error);
/* Creates or replaces. */
SUAN_MUST_USE enum suan_status suan_row_put(struct suan_txn *txn, enum suan_table table, struct suan_span key,
                                            struct suan_span value, struct suan_error *error);
SUAN_MUST_USE enum suan_status suan_row_delete(struct suan_txn *txn, enum suan_table table,
                                               struct suan_span key, struct suan_error *error);
/* The row with the greatest key that begins with `prefix`. */
SUAN_MUST_USE enum suan_status suan_row_last(struct suan_txn *txn, enum suan_table table,
                                             struct suan_span prefix, struct suan_span *out_key,
                                             struct suan_span *out_value, struct suan_error *error);
SUAN_MUST_USE enum suan_status suan_row_count(struct suan_txn *txn, enum suan_table table,
                                              uint64_t *out_count, struct suan_error *error);

/* Rows whose key begins with `prefix` (which may be empty), ascending. `from`, if not empty, is where to
 * begin. */
struct suan_scan; /* one pass; ends with suan_scan_end before its transaction does */
SUAN_MUST_USE enum suan_status suan_scan_begin(struct suan_txn *txn, enum suan_table table,
                                               struct suan_span prefix, struct suan_span from,
                                               struct suan_scan **out_scan, struct suan_error *error);
/* SUAN_OK and a row, or NOT_FOUND after the last one. */
SUAN_MUST_USE enum suan_status suan_scan_next(struct suan_scan *scan, struct suan_span *out_key,
                                              struct suan_span *out_value, struct suan_error *error);
void suan_scan_end(struct suan_scan *scan); /* takes NULL */
void suan_scan_endp(struct suan_scan **scan);

/* --- logs --- */

SUAN_MUST_USE enum suan_status suan_log_size(struct suan_txn *txn, enum suan_log log, uint64_t *out_size,
                                             struct suan_error *error);
/* Appends a leaf (1 to SUAN_STORE_LEAF_MAX bytes) and its hashes, in the transaction of the tables it
 * changes. */
SUAN_MUST_USE enum suan_status suan_log_append(struct suan_txn *txn, enum suan_log log, struct suan_span leaf,
                                               uint64_t *out_index, struct suan_error *error);
SUAN_MUST_USE enum suan_status suan_log_leaf(struct suan_txn *txn, enum suan_log log, uint64_t index,
                                             struct suan_span *out_leaf, struct suan_error *error);
/* Root of the first `size` leaves. */
SUAN_MUST_USE enum suan_status suan_log_root(struct suan_txn *txn, enum suan_log log, uint64_t size,
                                             struct suan_digest *out_root, struct suan_error *error);
SUAN_MUST_USE enum suan_status suan_log_prove_inclusion(struct suan_txn *txn, enum suan_log log,
                                                        uint64_t size, uint64_t index,
                                                        struct suan_merkle_proof *out,
                                                        struct suan_error *error);
SUAN_MUST_USE enum suan_status suan_log_prove_consistency(struct suan_txn *txn, enum suan_log log,
                                                          uint64_t old_size, uint64_t size,
                                                          struct suan_merkle_proof *out,
                                                          struct suan_error *error);
/* Checkpoints are signed notes, kept by size beside the root that the log has at that size (at each opening
   the newest is held against the log); the note's text is its maker's business. The newest has the greatest
   size; NOT_FOUND before the first. */
SUAN_MUST_USE enum suan_status suan_log_keep_checkpoint(struct suan_txn *txn, enum suan_log log,
                                                        uint64_t size, struct suan_span note,
                                                        struct suan_error *error);
SUAN_MUST_USE enum suan_status suan_log_newest_checkpoint(struct suan_txn *txn, enum suan_log log,
                                                          uint64_t *out_size, struct suan_span *out_note,
                                                          struct suan_error *error);

/* --- blobs and packages --- */

/* Evidence, named by its SHA-256; the same bytes twice are kept once. */
SUAN_MUST_USE enum suan_status suan_blob_put(struct suan_txn *txn, struct suan_span blob,
                                             struct suan_digest *out_digest, struct suan_error *error);
SUAN_MUST_USE enum suan_status suan_blob_get(struct suan_txn *txn, const struct suan_digest *digest,
                                             struct suan_span *out_blob, struct suan_error *error);

/* A package file, named by the digest of its tar: written, synced and renamed before the event that names it
   commits. The bytes are not judged here. Any number of times. */
SUAN_MUST_USE enum suan_status suan_store_keep_package(struct suan_store *store,
                                                       const struct suan_digest *tar, struct suan_span file,
                                                       struct suan_error *error);
/* The file's bytes appended to `out`. NOT_FOUND "store.package". Whoever uses them verifies them. */
SUAN_MUST_USE enum suan_status suan_store_read_package(const struct suan_store *store,
                                                       const struct suan_digest *tar, struct suan_buffer *out,
                                                       struct suan_error *error);
/* Removes package files without a row in table by_digest (a writer was killed before its commit), and
   left-over temporary files. Called by suan_store_open for writing. */
SUAN_MUST_USE enum suan_status suan_store_sweep(struct suan_store *store, struct suan_error *error);

#endif
