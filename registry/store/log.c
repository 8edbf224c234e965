/* The two logs: leaves, Merkle hashes beside them, and signed checkpoints. */
#include "inside.h"

#include "base/cleanup.h"

struct log_tables {
    const char *name, *edge_key;
    enum suan_table events, hashes;
};

static const struct log_tables logs[SUAN_LOG_COUNT] = {
    [SUAN_LOG_REGISTRY] = {"registry", "store.log.registry", SUAN_TABLE_EVENT_P, SUAN_TABLE_HASH_P},
    [SUAN_LOG_LEDGER] = {"ledger", "store.log.ledger", SUAN_TABLE_EVENT_L, SUAN_TABLE_HASH_L},
};

const char *suan_log_name(enum suan_log log)
{
    return (unsigned)log < SUAN_LOG_COUNT ? logs[log].name : "unknown";
}

static struct suan_span index_key(uint64_t index, uint8_t bytes[8])
{
    suan_put_be64(bytes, index);
    return suan_span(bytes, 8);
}

/* --- the edge: size, and the roots of complete subtrees --- */

static enum suan_status decode_edge(struct suan_span row, struct suan_merkle_edge *out,
                                    struct suan_error *error)
{
    static const char broken[] = "a log's edge has an impossible size";
    if (row.size < 8)
        return suan_store_corrupt(error, broken);
    out->size = suan_be64(row.data);
    if (row.size != 8 + (size_t)__builtin_popcountll(out->size) * SUAN_DIGEST_SIZE)
        return suan_store_corrupt(error, broken);
    const uint8_t *next = row.data + 8;
    for (int level = 0; level < SUAN_MERKLE_DEPTH_MAX; level++) {
        if ((out->size >> level & 1) == 0)
            continue;
        memcpy(out->roots[level].bytes, next, SUAN_DIGEST_SIZE);
        next += SUAN_DIGEST_SIZE;
    }
    return SUAN_OK;
}

static enum suan_status get_edge(struct suan_txn *txn, enum suan_log log, struct suan_merkle_edge **out,
                                 struct suan_error *error)
{
    struct suan_span row;
    enum suan_status status = suan_txn_usable(txn, error);
    *out = &txn->edges[log];
    if (status != SUAN_OK || txn->edge_state[log] != SUAN_EDGE_UNREAD)
        return status;
    memset(*out, 0, sizeof **out);
    status = suan_row_get(txn, SUAN_TABLE_META, suan_span_text(logs[log].edge_key), &row, error);
    if (status == SUAN_OK)
        status = decode_edge(row, *out, error);
    if (status == SUAN_OK || status == SUAN_E_NOT_FOUND)
        txn->edge_state[log] = SUAN_EDGE_READ;
    return status == SUAN_E_NOT_FOUND ? SUAN_OK : status;
}

static enum suan_status put_edge(struct suan_txn *txn, enum suan_log log, struct suan_error *error)
{
    const struct suan_merkle_edge *edge = &txn->edges[log];
    uint8_t row[8 + SUAN_MERKLE_DEPTH_MAX * SUAN_DIGEST_SIZE];
    size_t size = 8;
    suan_put_be64(row, edge->size);
    for (int level = 0; level < SUAN_MERKLE_DEPTH_MAX; level++) {
        if ((edge->size >> level & 1) == 0)
            continue;
        memcpy(row + size, edge->roots[level].bytes, SUAN_DIGEST_SIZE);
        size += SUAN_DIGEST_SIZE;
    }
    return suan_row_put(txn, SUAN_TABLE_META, suan_span_text(logs[log].edge_key), suan_span(row, size),
                        error);
}

enum suan_status suan_log_flush(struct suan_txn *txn, struct suan_error *error)
{
    for (int log = 0; log < SUAN_LOG_COUNT; log++) {
        if (txn->edge_state[log] != SUAN_EDGE_CHANGED)
            continue;
        enum suan_status status = put_edge(txn, (enum suan_log)log, error);
        if (status != SUAN_OK)
            return status;
        txn->edge_state[log] = SUAN_EDGE_READ;
    }
    return SUAN_OK;
}

enum suan_status suan_log_size(struct suan_txn *txn, enum suan_log log, uint64_t *out_size,
                               struct suan_error *error)
{
    struct suan_merkle_edge *edge;
    enum suan_status status = get_edge(txn, log, &edge, error);
    if (status == SUAN_OK)
        *out_size = edge->size;
    return status;
}

/* --- leaves --- */

static enum suan_status put_hashes(struct suan_txn *txn, enum suan_log log, uint64_t first,
                                   const struct suan_digest *hashes, size_t count, struct suan_error *error)
{
    uint8_t key[8];
    for (size_t i = 0; i < count; i++) {
        enum suan_status status = suan_row_put(txn, logs[log].hashes, index_key(first + i, key),
                                               suan_span(hashes[i].bytes, SUAN_DIGEST_SIZE), error);
        if (status != SUAN_OK)
            return status;
    }
    return SUAN_OK;
}

enum suan_status suan_log_append(struct suan_txn *txn, enum suan_log log, struct suan_span leaf,
                                 uint64_t *out_index, struct suan_error *error)
{
    struct suan_digest stored[SUAN_MERKLE_DEPTH_MAX];
    struct suan_merkle_edge *edge;
    uint8_t key[8];

    if (leaf.size == 0 || leaf.size > SUAN_STORE_LEAF_MAX)
        return suan_error_set(error, SUAN_E_REFUSED, "store.too-large", NULL,
                              "a leaf has 1 to %d bytes, not %zu", SUAN_STORE_LEAF_MAX, leaf.size);
    enum suan_status status = get_edge(txn, log, &edge, error);
    if (status != SUAN_OK)
        return status;
    uint64_t index = edge->size, first = suan_merkle_stored_count(index);
    status = suan_row_put(txn, logs[log].events, index_key(index, key), leaf, error);
    if (status != SUAN_OK)
        return status;
    struct suan_digest hash = suan_merkle_leaf(leaf);
    size_t count = suan_merkle_edge_append(edge, &hash, stored);
    txn->edge_state[log] = SUAN_EDGE_CHANGED;
    status = put_hashes(txn, log, first, stored, count, error);
    if (status == SUAN_OK)
        *out_index = index;
    return status;
}

enum suan_status suan_log_leaf(struct suan_txn *txn, enum suan_log log, uint64_t index,
                               struct suan_span *out_leaf, struct suan_error *error)
{
    struct suan_merkle_edge *edge;
    uint8_t key[8];
    enum suan_status status = get_edge(txn, log, &edge, error);
    if (status != SUAN_OK)
        return status;
    if (index >= edge->size)
        return SUAN_E_NOT_FOUND;
    status = suan_row_get(txn, logs[log].events, index_key(index, key), out_leaf, error);
    return status == SUAN_E_NOT_FOUND
               ? suan_row_corrupt(error, logs[log].events, suan_span(key, sizeof key), "the leaf is missing")
               : status;
}

/* --- roots and proofs --- */

struct hash_source {
    struct suan_txn *txn;
    enum suan_table table;
};

static enum suan_status read_hashes(void *context, const uint64_t *indexes, size_t count,
                                    struct suan_digest *out, struct suan_error *error)
{
    const struct hash_source *source = context;
    for (size_t i = 0; i < count; i++) {
        struct suan_span row;
        uint8_t key[8];
        enum suan_status status =
            suan_row_get(source->txn, source->table, index_key(indexes[i], key), &row, error);
        if (status == SUAN_E_NOT_FOUND || (status == SUAN_OK && row.size != SUAN_DIGEST_SIZE))
            return suan_row_corrupt(error, source->table, suan_span(key, sizeof key), "the hash is missing");
        if (status != SUAN_OK)
            return status;
        memcpy(out[i].bytes, row.data, SUAN_DIGEST_SIZE);
    }
    return SUAN_OK;
}

/* Refuses a tree larger than the log. */
static enum suan_status check_size(struct suan_txn *txn, enum suan_log log, uint64_t size,
                                   struct suan_error *error)
{
    struct suan_merkle_edge *edge;
    enum suan_status status = get_edge(txn, log, &edge, error);
    if (status == SUAN_OK && size > edge->size)
        return suan_error_set(error, SUAN_E_USAGE, "proof.range", NULL,
                              "the %s log has %llu leaves, not %llu", suan_log_name(log),
                              (unsigned long long)edge->size, (unsigned long long)size);
    return status;
}

enum suan_status suan_log_root(struct suan_txn *txn, enum suan_log log, uint64_t size,
                               struct suan_digest *out_root, struct suan_error *error)
{
    struct hash_source source = {txn, logs[log].hashes};
    const struct suan_hash_reader reader = {&source, read_hashes};
    enum suan_status status = check_size(txn, log, size, error);
    if (status != SUAN_OK)
        return status;
    if (size != txn->edges[log].size)
        return suan_merkle_root(size, &reader, out_root, error);
    *out_root = suan_merkle_edge_root(&txn->edges[log]);
    return SUAN_OK;
}

enum suan_status suan_log_prove_inclusion(struct suan_txn *txn, enum suan_log log, uint64_t size,
                                          uint64_t index, struct suan_merkle_proof *out,
                                          struct suan_error *error)
{
    struct hash_source source = {txn, logs[log].hashes};
    const struct suan_hash_reader reader = {&source, read_hashes};
    enum suan_status status = check_size(txn, log, size, error);
    return status == SUAN_OK ? suan_merkle_prove_inclusion(size, index, &reader, out, error) : status;
}

enum suan_status suan_log_prove_consistency(struct suan_txn *txn, enum suan_log log, uint64_t old_size,
                                            uint64_t size, struct suan_merkle_proof *out,
                                            struct suan_error *error)
{
    struct hash_source source = {txn, logs[log].hashes};
    const struct suan_hash_reader reader = {&source, read_hashes};
    enum suan_status status = check_size(txn, log, size, error);
    return status == SUAN_OK ? suan_merkle_prove_consistency(old_size, size, &reader, out, error) : status;
}

/* --- checkpoints --- */
/* A row is the root at that size, as the log had it when the note was kept, and the note. */

enum suan_status suan_log_keep_checkpoint(struct suan_txn *txn, enum suan_log log, uint64_t size,
                                          struct suan_span note, struct suan_error *error)
{
    SUAN_CLEANUP(suan_buffer_done) struct suan_buffer row = {0};
    struct suan_digest root;
    uint8_t key[9] = {(uint8_t)log};
    enum suan_status status = suan_log_root(txn, log, size, &root, error);
    if (status != SUAN_OK)
        return status;
    suan_put_be64(key + 1, size);
    suan_buffer_append(&row, root.bytes, SUAN_DIGEST_SIZE);
    suan_buffer_append_span(&row, note);
    status = suan_buffer_check(&row, error);
    if (status != SUAN_OK)
        return status;
    return suan_row_put(txn, SUAN_TABLE_CKPT, suan_span(key, sizeof key), suan_buffer_span(&row), error);
}

static enum suan_status newest_checkpoint(struct suan_txn *txn, enum suan_log log, uint64_t *out_size,
                                          struct suan_span *out_row, struct suan_error *error)
{
    uint8_t prefix[1] = {(uint8_t)log};
    struct suan_span key, row;
    enum suan_status status = suan_row_last(txn, SUAN_TABLE_CKPT, suan_span(prefix, 1), &key, &row, error);
    if (status != SUAN_OK)
        return status;
    if (key.size != 9 || row.size < SUAN_DIGEST_SIZE)
        return suan_row_corrupt(error, SUAN_TABLE_CKPT, key, "no checkpoint");
    *out_size = suan_be64(key.data + 1);
    *out_row = row;
    return SUAN_OK;
}

enum suan_status suan_log_newest_checkpoint(struct suan_txn *txn, enum suan_log log, uint64_t *out_size,
                                            struct suan_span *out_note, struct suan_error *error)
{
    struct suan_span row;
    enum suan_status status = newest_checkpoint(txn, log, out_size, &row, error);
    if (status == SUAN_OK)
        *out_note = suan_span(row.data + SUAN_DIGEST_SIZE, row.size - SUAN_DIGEST_SIZE);
    return status;
}

/* --- examination --- */

static enum suan_status examine_last_leaf(struct suan_txn *txn, enum suan_log log, uint64_t size,
                                          struct suan_error *error)
{
    struct suan_span key, leaf;
    enum suan_status status = suan_row_last(txn, logs[log].events, suan_span(NULL, 0), &key, &leaf, error);
    if (status == SUAN_E_NOT_FOUND && size == 0)
        return SUAN_OK;
    if (status != SUAN_OK && status != SUAN_E_NOT_FOUND)
        return status;
    if (status == SUAN_E_NOT_FOUND || key.size != 8 || suan_be64(key.data) + 1 != size)
        return suan_store_corrupt(error, "a log does not end where its size says");
    return SUAN_OK;
}

static enum suan_status examine_edge(struct suan_txn *txn, enum suan_log log,
                                     const struct suan_merkle_edge *edge, struct suan_error *error)
{
    struct hash_source source = {txn, logs[log].hashes};
    const struct suan_hash_reader reader = {&source, read_hashes};
    struct suan_merkle_edge stored;
    enum suan_status status = suan_merkle_edge_read(edge->size, &reader, &stored, error);
    if (status != SUAN_OK)
        return status;
    struct suan_digest kept = suan_merkle_edge_root(edge), found = suan_merkle_edge_root(&stored);
    return suan_digest_equal(&kept, &found)
               ? SUAN_OK
               : suan_store_corrupt(error, "a log's edge differs from its stored hashes");
}

static enum suan_status examine_checkpoint(struct suan_txn *txn, enum suan_log log, struct suan_error *error)
{
    struct suan_span row;
    struct suan_digest root;
    uint64_t size;
    enum suan_status status = newest_checkpoint(txn, log, &size, &row, error);
    if (status == SUAN_E_NOT_FOUND)
        return SUAN_OK;
    if (status == SUAN_OK)
        status = suan_log_root(txn, log, size, &root, error);
    if (status == SUAN_E_USAGE)
        return suan_store_corrupt(error, "a log is shorter than its newest checkpoint");
    if (status != SUAN_OK)
        return status;
    return memcmp(root.bytes, row.data, SUAN_DIGEST_SIZE) == 0
               ? SUAN_OK
               : suan_store_corrupt(error, "a log's root is not that of its newest checkpoint");
}

enum suan_status suan_log_examine(struct suan_txn *txn, enum suan_log log, struct suan_error *error)
{
    struct suan_merkle_edge *edge;
    enum suan_status status = get_edge(txn, log, &edge, error);
    if (status == SUAN_OK)
        status = examine_last_leaf(txn, log, edge->size, error);
    if (status == SUAN_OK)
        status = examine_edge(txn, log, edge, error);
    return status == SUAN_OK ? examine_checkpoint(txn, log, error) : status;
}
