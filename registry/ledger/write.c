/* A batch into the tables, one table after the other. */
#include "batch.h"

static struct suan_span seq_key(uint64_t seq, uint8_t key[8])
{
    suan_put_be64(key, seq);
    return suan_span(key, 8);
}

static bool moved(const struct suan_entry *entry)
{
    return entry->transfer.result == SUAN_TRANSFER_DONE;
}

static enum suan_status write_records(const struct suan_batch *batch, struct suan_error *error)
{
    uint8_t key[8], row[SUAN_TRANSFER_SIZE];
    for (uint32_t i = 0; i < batch->entry_count; i++) {
        const struct suan_transfer *transfer = &batch->entries[i].transfer;
        suan_transfer_encode(transfer, row);
        enum suan_status status = suan_row_put(batch->txn, SUAN_TABLE_XFER, seq_key(transfer->seq, key),
                                               suan_span(row, sizeof row), error);
        if (status != SUAN_OK)
            return status;
    }
    return SUAN_OK;
}

static enum suan_status write_ids(const struct suan_batch *batch, struct suan_error *error)
{
    uint8_t seq[8];
    for (uint32_t i = 0; i < batch->entry_count; i++) {
        const struct suan_transfer *transfer = &batch->entries[i].transfer;
        if ((transfer->flags & SUAN_TRANSFER_EXPIRE) != 0)
            continue;
        enum suan_status status =
            suan_row_put(batch->txn, SUAN_TABLE_XFER_ID, suan_span(transfer->id.bytes, SUAN_ID_SIZE),
                         seq_key(transfer->seq, seq), error);
        if (status != SUAN_OK)
            return status;
    }
    return SUAN_OK;
}

static enum suan_status write_history_row(const struct suan_batch *batch, const struct suan_id *account,
                                          uint64_t seq, const uint8_t *row, struct suan_error *error)
{
    uint8_t key[SUAN_HISTORY_KEY_SIZE];
    suan_history_key(account, seq, key);
    return suan_row_put(batch->txn, SUAN_TABLE_ACCT_HIST, suan_span(key, sizeof key),
                        suan_span(row, SUAN_HISTORY_ROW_SIZE), error);
}

static enum suan_status write_history(const struct suan_batch *batch, struct suan_error *error)
{
    for (uint32_t i = 0; i < batch->entry_count; i++) {
        const struct suan_entry *entry = &batch->entries[i];
        const struct suan_transfer *transfer = &entry->transfer;
        if (!moved(entry))
            continue;
        enum suan_status status =
            write_history_row(batch, &transfer->debit, transfer->seq, entry->debit_after, error);
        if (status == SUAN_OK)
            status = write_history_row(batch, &transfer->credit, transfer->seq, entry->credit_after, error);
        if (status != SUAN_OK)
            return status;
    }
    return SUAN_OK;
}

static enum suan_status write_pending(const struct suan_batch *batch, uint64_t seq,
                                      const struct suan_pending *pending, struct suan_error *error)
{
    uint8_t key[8], row[SUAN_PENDING_ROW_SIZE], expiry[SUAN_EXPIRY_KEY_SIZE];
    suan_pending_encode(pending, row);
    enum suan_status status =
        suan_row_put(batch->txn, SUAN_TABLE_PENDING, seq_key(seq, key), suan_span(row, sizeof row), error);
    if (status != SUAN_OK || pending->expiry_ns == 0)
        return status;
    suan_expiry_key(pending->expiry_ns, seq, expiry);
    struct suan_span due = suan_span(expiry, sizeof expiry);
    if (pending->state == SUAN_PENDING_OPEN)
        return suan_row_put(batch->txn, SUAN_TABLE_EXPIRY, due, suan_span(NULL, 0), error);
    status = suan_row_delete(batch->txn, SUAN_TABLE_EXPIRY, due, error);
    return status == SUAN_E_NOT_FOUND
               ? suan_error_set(error, SUAN_E_INTEGRITY, "ledger.invariant", NULL,
                                "the expiry of pending transfer %llu is missing", (unsigned long long)seq)
               : status;
}

static enum suan_status write_reserved(const struct suan_batch *batch, struct suan_error *error)
{
    for (uint32_t i = 0; i < batch->entry_count; i++) {
        const struct suan_transfer *transfer = &batch->entries[i].transfer;
        struct suan_pending pending = {.state = SUAN_PENDING_OPEN};
        if ((transfer->flags & SUAN_TRANSFER_PENDING) == 0 || !moved(&batch->entries[i]))
            continue;
        if (!suan_pending_expiry(transfer, &pending.expiry_ns))
            return suan_ledger_broken(error, "a pending transfer expires beyond time", &transfer->id);
        enum suan_status status = write_pending(batch, transfer->seq, &pending, error);
        if (status != SUAN_OK)
            return status;
    }
    return SUAN_OK;
}

static enum suan_status write_resolved(const struct suan_batch *batch, struct suan_error *error)
{
    for (uint32_t i = 0; i < batch->resolution_count; i++) {
        const struct suan_resolution *resolution = &batch->resolutions[i];
        enum suan_status status = write_pending(batch, resolution->seq, &resolution->pending, error);
        if (status != SUAN_OK)
            return status;
    }
    return SUAN_OK;
}

enum suan_status suan_batch_write(struct suan_batch *batch, struct suan_error *error)
{
    if (batch->entry_count == 0)
        return SUAN_OK;
    enum suan_status status = write_records(batch, error);
    if (status == SUAN_OK)
        status = write_ids(batch, error);
    if (status == SUAN_OK)
        status = write_history(batch, error);
    if (status == SUAN_OK)
        status = write_reserved(batch, error);
    if (status == SUAN_OK)
        status = write_resolved(batch, error);
    return status == SUAN_OK ? suan_accounts_write(&batch->accounts, batch->txn, error) : status;
}
