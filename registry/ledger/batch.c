/* Trying transfers against the working set, and taking back chains that fail. */
#include "batch.h"

#include <stdlib.h>

static enum suan_status out_of_memory(struct suan_error *error)
{
    return suan_error_set(error, SUAN_E_MEMORY, "memory", NULL, "out of memory");
}

/* Makes room for one more element of an array that doubles. */
static bool reserve(void *array, uint32_t count, uint32_t *capacity, size_t size)
{
    if (count < *capacity)
        return true;
    uint32_t larger = *capacity == 0 ? 16 : *capacity * 2;
    void *data = realloc(*(void **)array, larger * size);
    if (data == NULL)
        return false;
    *(void **)array = data;
    *capacity = larger;
    return true;
}

static uint64_t seq_hash(uint64_t seq)
{
    return seq * UINT64_C(0x9e3779b97f4a7c15);
}

/* --- marks --- */

struct suan_batch_mark suan_batch_mark(struct suan_batch *batch)
{
    batch->undo_count = 0;
    return (struct suan_batch_mark){batch->entry_count, batch->resolution_count, batch->last_seq,
                                    batch->last_ns};
}

void suan_batch_take_back(struct suan_batch *batch, struct suan_batch_mark mark)
{
    while (batch->undo_count > 0) {
        const struct suan_undo *undo = &batch->undos[--batch->undo_count];
        batch->accounts.slots[undo->slot].account = undo->account;
        batch->accounts.slots[undo->slot].changed = undo->changed;
    }
    while (batch->entry_count > mark.entry_count) {
        batch->entry_count--;
        suan_index_drop(&batch->ids, suan_index_hash(batch->entries[batch->entry_count].transfer.id.bytes),
                        batch->entry_count);
    }
    while (batch->resolution_count > mark.resolution_count) {
        batch->resolution_count--;
        suan_index_drop(&batch->resolved, seq_hash(batch->resolutions[batch->resolution_count].seq),
                        batch->resolution_count);
    }
    batch->last_seq = mark.last_seq;
    batch->last_ns = mark.last_ns;
}

static bool remember(struct suan_batch *batch, uint32_t slot)
{
    if (!reserve(&batch->undos, batch->undo_count, &batch->undo_capacity, sizeof *batch->undos))
        return false;
    const struct suan_account_slot *place = &batch->accounts.slots[slot];
    batch->undos[batch->undo_count++] = (struct suan_undo){slot, place->changed, place->account};
    return true;
}

/* --- entering --- */

/* Keeps a record that has its number and time. */
static enum suan_status enter(struct suan_batch *batch, struct suan_transfer *transfer, uint32_t debit,
                              uint32_t credit, struct suan_error *error)
{
    if (!reserve(&batch->entries, batch->entry_count, &batch->entry_capacity, sizeof *batch->entries) ||
        !suan_index_put(&batch->ids, suan_index_hash(transfer->id.bytes), batch->entry_count))
        return out_of_memory(error);
    struct suan_entry *entry = &batch->entries[batch->entry_count++];
    entry->transfer = *transfer;
    if (transfer->result == SUAN_TRANSFER_DONE) {
        suan_history_encode(&batch->accounts.slots[debit].account, entry->debit_after);
        suan_history_encode(&batch->accounts.slots[credit].account, entry->credit_after);
    }
    batch->last_seq = transfer->seq;
    batch->last_ns = transfer->time_ns;
    return SUAN_OK;
}

static void stamp(const struct suan_batch *batch, struct suan_transfer *transfer)
{
    transfer->seq = batch->last_seq + 1;
    transfer->time_ns =
        batch->occasion.time_ns > batch->last_ns ? batch->occasion.time_ns : batch->last_ns + 1;
    transfer->cause = batch->occasion.cause;
}

static enum suan_status resolve(struct suan_batch *batch, uint64_t seq, struct suan_pending pending,
                                struct suan_error *error)
{
    if (!reserve(&batch->resolutions, batch->resolution_count, &batch->resolution_capacity,
                 sizeof *batch->resolutions) ||
        !suan_index_put(&batch->resolved, seq_hash(seq), batch->resolution_count))
        return out_of_memory(error);
    batch->resolutions[batch->resolution_count++] = (struct suan_resolution){seq, pending};
    return SUAN_OK;
}

/* Moves the balances; the outcome is the transfer's result. */
static enum suan_status move(struct suan_batch *batch, struct suan_transfer *transfer, uint32_t debit,
                             uint32_t credit, int64_t reserved, struct suan_error *error)
{
    if (!remember(batch, debit) || !remember(batch, credit))
        return out_of_memory(error);
    struct suan_account_slot *from = &batch->accounts.slots[debit], *to = &batch->accounts.slots[credit];
    transfer->result = (uint16_t)suan_core_move(&from->account, &to->account, suan_core_move_of(transfer),
                                                reserved, transfer->amount_fen);
    if (transfer->result != SUAN_TRANSFER_DONE)
        return SUAN_OK;
    from->changed = to->changed = true;
    return enter(batch, transfer, debit, credit, error);
}

/* --- looking up --- */

static const struct suan_entry *find_entry(const struct suan_batch *batch, const struct suan_id *id)
{
    uint64_t hash = suan_index_hash(id->bytes);
    uint32_t position;
    for (uint32_t probe = 0; suan_index_next(&batch->ids, hash, &probe, &position);) {
        const struct suan_entry *entry = &batch->entries[position];
        if (suan_id_equal(&entry->transfer.id, id) && (entry->transfer.flags & SUAN_TRANSFER_EXPIRE) == 0)
            return entry;
    }
    return NULL;
}

/* The record with that id, here or in the tables. */
static enum suan_status find(const struct suan_batch *batch, const struct suan_id *id,
                             struct suan_transfer *out, struct suan_error *error)
{
    const struct suan_entry *entry = find_entry(batch, id);
    if (entry != NULL) {
        *out = entry->transfer;
        return SUAN_OK;
    }
    if (!batch->any_ids || memcmp(id->bytes, batch->greatest.bytes, SUAN_ID_SIZE) > 0)
        return SUAN_E_NOT_FOUND;
    return suan_transfer_read_id(batch->txn, id, out, error);
}

static enum suan_status find_pending(const struct suan_batch *batch, const struct suan_transfer *reserved,
                                     struct suan_pending *out, struct suan_error *error)
{
    uint32_t position;
    for (uint32_t probe = 0; suan_index_next(&batch->resolved, seq_hash(reserved->seq), &probe, &position);) {
        if (batch->resolutions[position].seq == reserved->seq) {
            *out = batch->resolutions[position].pending;
            return SUAN_OK;
        }
    }
    if (find_entry(batch, &reserved->id) == NULL)
        return suan_pending_read(batch->txn, reserved->seq, out, error);
    out->state = SUAN_PENDING_OPEN;
    return suan_pending_expiry(reserved, &out->expiry_ns) ? SUAN_OK : SUAN_E_NOT_FOUND;
}

/* --- trying --- */

static enum suan_status refuse(struct suan_transfer *transfer, enum suan_transfer_result result)
{
    transfer->result = (uint16_t)result;
    return SUAN_OK;
}

static bool fits(const struct suan_id *asked, const struct suan_id *has)
{
    return suan_id_is_zero(asked) || suan_id_equal(asked, has);
}

/* Whether a request asks for what the record did. POST and VOID may leave out what their pending transfer
   says; an amount left out means `whole`. */
static bool is_same_body(const struct suan_transfer *request, const struct suan_transfer *record,
                         int64_t whole)
{
    int64_t amount = request->amount_fen == 0 ? whole : request->amount_fen;
    bool resolves = (request->flags & (SUAN_TRANSFER_POST | SUAN_TRANSFER_VOID)) != 0;
    bool same_place =
        resolves ? fits(&request->debit, &record->debit) && fits(&request->credit, &record->credit) &&
                       (request->ledger == 0 || request->ledger == record->ledger)
                 : suan_id_equal(&request->debit, &record->debit) &&
                       suan_id_equal(&request->credit, &record->credit) && request->ledger == record->ledger;
    return same_place && suan_id_equal(&request->pending, &record->pending) && amount == record->amount_fen &&
           request->timeout_s == record->timeout_s && request->code == record->code &&
           request->flags == record->flags && suan_id_equal(&request->ref, &record->ref);
}

static enum suan_status answer_known(const struct suan_batch *batch, struct suan_transfer *transfer,
                                     const struct suan_transfer *record, struct suan_error *error)
{
    struct suan_transfer reserved = {.amount_fen = record->amount_fen};
    enum suan_status status = SUAN_OK;
    if (transfer->amount_fen == 0)
        status = find(batch, &transfer->pending, &reserved, error);
    if (status != SUAN_OK && status != SUAN_E_NOT_FOUND)
        return status;
    if (status == SUAN_E_NOT_FOUND || !is_same_body(transfer, record, reserved.amount_fen))
        return refuse(transfer, SUAN_TRANSFER_OTHER_BODY);
    *transfer = *record;
    return SUAN_OK;
}

/* Both accounts, of the transfer's ledger. */
static enum suan_status take_accounts(struct suan_batch *batch, struct suan_transfer *transfer,
                                      uint32_t *out_debit, uint32_t *out_credit, struct suan_error *error)
{
    enum suan_status status =
        suan_accounts_take(&batch->accounts, batch->txn, &transfer->debit, out_debit, error);
    if (status == SUAN_OK)
        status = suan_accounts_take(&batch->accounts, batch->txn, &transfer->credit, out_credit, error);
    if (status == SUAN_E_NOT_FOUND)
        return refuse(transfer, SUAN_TRANSFER_NO_ACCOUNT);
    if (status != SUAN_OK)
        return status;
    if (batch->accounts.slots[*out_debit].account.ledger != transfer->ledger ||
        batch->accounts.slots[*out_credit].account.ledger != transfer->ledger)
        return refuse(transfer, SUAN_TRANSFER_OTHER_LEDGER);
    return refuse(transfer, SUAN_TRANSFER_DONE);
}

static enum suan_status try_plain(struct suan_batch *batch, struct suan_transfer *transfer,
                                  struct suan_error *error)
{
    uint32_t debit, credit;
    uint64_t expiry_ns;
    enum suan_status status = take_accounts(batch, transfer, &debit, &credit, error);
    if (status != SUAN_OK || transfer->result != SUAN_TRANSFER_DONE)
        return status;
    if (!suan_pending_expiry(transfer, &expiry_ns))
        return refuse(transfer, SUAN_TRANSFER_MALFORMED);
    return move(batch, transfer, debit, credit, 0, error);
}

/* Completes a POST or VOID from what it resolves. */
static enum suan_transfer_result fill(struct suan_transfer *transfer, const struct suan_transfer *reserved)
{
    if (transfer->amount_fen == 0)
        transfer->amount_fen = reserved->amount_fen;
    bool whole = (transfer->flags & SUAN_TRANSFER_POST) != 0 || transfer->amount_fen == reserved->amount_fen;
    if (!fits(&transfer->debit, &reserved->debit) || !fits(&transfer->credit, &reserved->credit) ||
        (transfer->ledger != 0 && transfer->ledger != reserved->ledger) ||
        transfer->amount_fen > reserved->amount_fen || !whole)
        return SUAN_TRANSFER_NOT_ITS_PENDING;
    transfer->debit = reserved->debit;
    transfer->credit = reserved->credit;
    transfer->ledger = reserved->ledger;
    return SUAN_TRANSFER_DONE;
}

static enum suan_status try_resolving(struct suan_batch *batch, struct suan_transfer *transfer,
                                      struct suan_error *error)
{
    struct suan_transfer reserved;
    struct suan_pending pending;
    uint32_t debit, credit;
    enum suan_status status = find(batch, &transfer->pending, &reserved, error);
    if (status == SUAN_OK && (reserved.flags & SUAN_TRANSFER_PENDING) == 0)
        status = SUAN_E_NOT_FOUND;
    if (status == SUAN_OK && reserved.result == SUAN_TRANSFER_DONE)
        status = find_pending(batch, &reserved, &pending, error);
    else if (status == SUAN_OK)
        status = SUAN_E_NOT_FOUND;
    if (status == SUAN_E_NOT_FOUND)
        return refuse(transfer, SUAN_TRANSFER_NO_PENDING);
    if (status != SUAN_OK)
        return status;
    if (pending.state != SUAN_PENDING_OPEN)
        return refuse(transfer,
                      pending.state == SUAN_PENDING_EXPIRED ? SUAN_TRANSFER_EXPIRED : SUAN_TRANSFER_RESOLVED);
    transfer->result = (uint16_t)fill(transfer, &reserved);
    if (transfer->result != SUAN_TRANSFER_DONE)
        return SUAN_OK;
    status = take_accounts(batch, transfer, &debit, &credit, error);
    if (status == SUAN_OK && transfer->result == SUAN_TRANSFER_DONE)
        status = move(batch, transfer, debit, credit, reserved.amount_fen, error);
    if (status != SUAN_OK || transfer->result != SUAN_TRANSFER_DONE)
        return status;
    pending.state = (transfer->flags & SUAN_TRANSFER_POST) != 0 ? SUAN_PENDING_POSTED : SUAN_PENDING_VOIDED;
    return resolve(batch, reserved.seq, pending, error);
}

enum suan_status suan_batch_try(struct suan_batch *batch, struct suan_transfer *transfer,
                                enum suan_novelty *out_novelty, struct suan_error *error)
{
    struct suan_transfer record;
    *out_novelty = SUAN_TRANSFER_NEW;
    if (!suan_core_is_well_formed(transfer))
        return refuse(transfer, SUAN_TRANSFER_MALFORMED);
    enum suan_status status = find(batch, &transfer->id, &record, error);
    if (status == SUAN_OK) {
        *out_novelty = SUAN_TRANSFER_KNOWN;
        return answer_known(batch, transfer, &record, error);
    }
    if (status != SUAN_E_NOT_FOUND)
        return status;
    stamp(batch, transfer);
    bool resolves = (transfer->flags & (SUAN_TRANSFER_POST | SUAN_TRANSFER_VOID)) != 0;
    return resolves ? try_resolving(batch, transfer, error) : try_plain(batch, transfer, error);
}

enum suan_status suan_batch_refuse(struct suan_batch *batch, struct suan_transfer *transfer,
                                   struct suan_error *error)
{
    stamp(batch, transfer);
    return enter(batch, transfer, 0, 0, error);
}

/* --- beginning: expiry first --- */

static enum suan_status enter_expiry(void *context, const struct suan_transfer *reserved,
                                     struct suan_error *error)
{
    struct suan_batch *batch = context;
    struct suan_transfer transfer = *reserved;
    struct suan_pending pending = {.state = SUAN_PENDING_EXPIRED};
    uint32_t debit, credit;

    if (!suan_pending_expiry(reserved, &pending.expiry_ns))
        return suan_ledger_broken(error, "a pending transfer expires beyond time", &reserved->id);
    transfer.pending = reserved->id;
    transfer.flags = SUAN_TRANSFER_EXPIRE;
    transfer.timeout_s = 0;
    stamp(batch, &transfer);
    enum suan_status status = take_accounts(batch, &transfer, &debit, &credit, error);
    if (status == SUAN_OK && transfer.result == SUAN_TRANSFER_DONE)
        status = move(batch, &transfer, debit, credit, reserved->amount_fen, error);
    if (status != SUAN_OK)
        return status;
    if (transfer.result != SUAN_TRANSFER_DONE)
        return suan_ledger_broken(error, "what was reserved cannot be released", &reserved->id);
    return resolve(batch, reserved->seq, pending, error);
}

static enum suan_status read_newest(struct suan_batch *batch, struct suan_error *error)
{
    struct suan_transfer newest;
    struct suan_span key, row;
    enum suan_status status = suan_ledger_size(batch->txn, &batch->last_seq, error);
    if (status == SUAN_OK && batch->last_seq > 0)
        status = suan_transfer_read(batch->txn, batch->last_seq, &newest, error);
    if (status != SUAN_OK)
        return status;
    batch->last_ns = batch->last_seq > 0 ? newest.time_ns : 0;
    status = suan_row_last(batch->txn, SUAN_TABLE_XFER_ID, suan_span(NULL, 0), &key, &row, error);
    if (status == SUAN_OK && key.size == SUAN_ID_SIZE) {
        memcpy(batch->greatest.bytes, key.data, SUAN_ID_SIZE);
        batch->any_ids = true;
    }
    return status == SUAN_E_NOT_FOUND ? SUAN_OK : status;
}

enum suan_status suan_batch_begin(struct suan_batch *batch, struct suan_txn *txn,
                                  struct suan_occasion occasion, size_t count, struct suan_error *error)
{
    *batch = (struct suan_batch){.txn = txn, .occasion = occasion};
    if (count > SUAN_TRANSFERS_MAX)
        return suan_error_set(error, SUAN_E_USAGE, "ledger.transfer", NULL,
                              "%zu transfers at once; the limit is %d", count, SUAN_TRANSFERS_MAX);
    enum suan_status status = read_newest(batch, error);
    return status == SUAN_OK ? suan_expired_each(txn, occasion.time_ns, enter_expiry, batch, error) : status;
}

void suan_batch_done(struct suan_batch *batch)
{
    suan_accounts_done(&batch->accounts);
    suan_index_done(&batch->ids);
    suan_index_done(&batch->resolved);
    free(batch->entries);
    free(batch->resolutions);
    free(batch->undos);
}
