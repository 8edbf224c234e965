/* Single rows of transfers and of what they reserve. */
#include "batch.h"

#include "base/cleanup.h"

static struct suan_span seq_key(uint64_t seq, uint8_t key[8])
{
    suan_put_be64(key, seq);
    return suan_span(key, 8);
}

static enum suan_status broken_record(struct suan_error *error, uint64_t seq, const char *what)
{
    return suan_error_set(error, SUAN_E_INTEGRITY, "ledger.invariant",
                          "stop, and run 'suan registry verify' on a copy", "record %llu: %s",
                          (unsigned long long)seq, what);
}

enum suan_status suan_ledger_size(struct suan_txn *txn, uint64_t *out_count, struct suan_error *error)
{
    struct suan_span key, row;
    enum suan_status status = suan_row_last(txn, SUAN_TABLE_XFER, suan_span(NULL, 0), &key, &row, error);
    if (status == SUAN_OK && key.size != 8)
        return broken_record(error, 0, "the key has another length");
    if (status == SUAN_OK)
        *out_count = suan_be64(key.data);
    else if (status == SUAN_E_NOT_FOUND)
        *out_count = 0;
    return status == SUAN_E_NOT_FOUND ? SUAN_OK : status;
}

/* A record that must be there. */
enum suan_status suan_transfer_read(struct suan_txn *txn, uint64_t seq, struct suan_transfer *out,
                                    struct suan_error *error)
{
    struct suan_span row;
    uint8_t key[8];
    enum suan_status status = suan_row_get(txn, SUAN_TABLE_XFER, seq_key(seq, key), &row, error);
    if (status == SUAN_E_NOT_FOUND)
        return broken_record(error, seq, "missing");
    if (status != SUAN_OK)
        return status;
    return suan_transfer_decode(row, seq, out) ? SUAN_OK : broken_record(error, seq, "not well-formed");
}

enum suan_status suan_transfer_read_id(struct suan_txn *txn, const struct suan_id *id,
                                       struct suan_transfer *out, struct suan_error *error)
{
    struct suan_span row;
    enum suan_status status =
        suan_row_get(txn, SUAN_TABLE_XFER_ID, suan_span(id->bytes, SUAN_ID_SIZE), &row, error);
    if (status != SUAN_OK)
        return status;
    if (row.size != 8)
        return suan_ledger_broken(error, "an id names no record", id);
    status = suan_transfer_read(txn, suan_be64(row.data), out, error);
    if (status == SUAN_OK && !suan_id_equal(&out->id, id))
        return suan_ledger_broken(error, "an id names another's record", id);
    return status;
}

enum suan_status suan_pending_read(struct suan_txn *txn, uint64_t seq, struct suan_pending *out,
                                   struct suan_error *error)
{
    struct suan_span row;
    uint8_t key[8];
    enum suan_status status = suan_row_get(txn, SUAN_TABLE_PENDING, seq_key(seq, key), &row, error);
    if (status != SUAN_OK)
        return status;
    return suan_pending_decode(row, out) ? SUAN_OK
                                         : broken_record(error, seq, "its pending state is not well-formed");
}

static enum suan_status next_expired(struct suan_scan *scan, uint64_t now_ns, uint64_t *out_seq,
                                     struct suan_error *error)
{
    struct suan_span key, row;
    enum suan_status status = suan_scan_next(scan, &key, &row, error);
    if (status != SUAN_OK)
        return status;
    if (key.size != SUAN_EXPIRY_KEY_SIZE)
        return broken_record(error, 0, "an expiry's key has another length");
    *out_seq = suan_be64(key.data + 8);
    return suan_be64(key.data) <= now_ns ? SUAN_OK : SUAN_E_NOT_FOUND;
}

enum suan_status suan_expired_each(struct suan_txn *txn, uint64_t now_ns,
                                   enum suan_status (*visit)(void *context,
                                                             const struct suan_transfer *transfer,
                                                             struct suan_error *error),
                                   void *context, struct suan_error *error)
{
    SUAN_CLEANUP(suan_scan_endp) struct suan_scan *scan = NULL;
    struct suan_transfer transfer;
    uint64_t seq = 0;
    enum suan_status status =
        suan_scan_begin(txn, SUAN_TABLE_EXPIRY, suan_span(NULL, 0), suan_span(NULL, 0), &scan, error);
    while (status == SUAN_OK && (status = next_expired(scan, now_ns, &seq, error)) == SUAN_OK) {
        status = suan_transfer_read(txn, seq, &transfer, error);
        if (status == SUAN_OK)
            status = visit(context, &transfer, error);
        if (status == SUAN_E_NOT_FOUND)
            return status;
    }
    return status == SUAN_E_NOT_FOUND ? SUAN_OK : status;
}

enum suan_status suan_transfer_get(struct suan_txn *txn, uint64_t seq, struct suan_transfer *out,
                                   struct suan_error *error)
{
    uint64_t count;
    enum suan_status status = suan_ledger_size(txn, &count, error);
    if (status != SUAN_OK)
        return status;
    if (seq == 0 || seq > count)
        return suan_error_set(error, SUAN_E_NOT_FOUND, "ledger.absent", NULL,
                              "no transfer %llu; there are %llu", (unsigned long long)seq,
                              (unsigned long long)count);
    return suan_transfer_read(txn, seq, out, error);
}

static enum suan_status absent(const struct suan_id *id, struct suan_error *error)
{
    char hex[2 * SUAN_ID_SIZE + 1];
    suan_hex(id->bytes, SUAN_ID_SIZE, hex);
    return suan_error_set(error, SUAN_E_NOT_FOUND, "ledger.absent", NULL, "no transfer %s", hex);
}

enum suan_status suan_transfer_find(struct suan_txn *txn, const struct suan_id *id, struct suan_transfer *out,
                                    struct suan_error *error)
{
    enum suan_status status = suan_transfer_read_id(txn, id, out, error);
    return status == SUAN_E_NOT_FOUND ? absent(id, error) : status;
}

enum suan_status suan_pending_get(struct suan_txn *txn, const struct suan_id *id, uint64_t now_ns,
                                  enum suan_pending_state *out_state, struct suan_error *error)
{
    struct suan_transfer transfer;
    struct suan_pending pending;
    enum suan_status status = suan_transfer_read_id(txn, id, &transfer, error);
    if (status == SUAN_OK)
        status = suan_pending_read(txn, transfer.seq, &pending, error);
    if (status != SUAN_OK)
        return status == SUAN_E_NOT_FOUND ? absent(id, error) : status;
    bool is_due = pending.state == SUAN_PENDING_OPEN && pending.expiry_ns != 0 && pending.expiry_ns <= now_ns;
    *out_state = is_due ? SUAN_PENDING_EXPIRED : pending.state;
    return SUAN_OK;
}

enum suan_status suan_ledger_digest(struct suan_txn *txn, uint64_t first, uint64_t count,
                                    struct suan_digest *out_digest, uint64_t *out_failures,
                                    struct suan_error *error)
{
    SUAN_CLEANUP(suan_scan_endp) struct suan_scan *scan = NULL;
    SUAN_CLEANUP(suan_hasher_done) struct suan_hasher hasher;
    struct suan_span key, row;
    struct suan_transfer transfer;
    uint8_t from[8];
    uint64_t failures = 0;

    suan_hasher_init(&hasher);
    enum suan_status status =
        suan_scan_begin(txn, SUAN_TABLE_XFER, suan_span(NULL, 0), seq_key(first, from), &scan, error);
    for (uint64_t seq = first; seq - first < count && status == SUAN_OK; seq++) {
        status = suan_scan_next(scan, &key, &row, error);
        if (status == SUAN_E_NOT_FOUND ||
            (status == SUAN_OK && (key.size != 8 || suan_be64(key.data) != seq)))
            return broken_record(error, seq, "missing");
        if (status == SUAN_OK && !suan_transfer_decode(row, seq, &transfer))
            return broken_record(error, seq, "not well-formed");
        if (status == SUAN_OK) {
            suan_hasher_add(&hasher, row);
            failures += transfer.result != SUAN_TRANSFER_DONE;
        }
    }
    if (status != SUAN_OK)
        return status;
    *out_digest = suan_hasher_finish(&hasher);
    *out_failures = failures;
    return SUAN_OK;
}
