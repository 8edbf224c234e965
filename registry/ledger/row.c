/* The bytes of the ledger's rows. */
#include "core.h"

static uint8_t *put_id(uint8_t *place, const struct suan_id *id)
{
    memcpy(place, id->bytes, SUAN_ID_SIZE);
    return place + SUAN_ID_SIZE;
}

static uint8_t *put64(uint8_t *place, uint64_t value)
{
    suan_put_be64(place, value);
    return place + 8;
}

static uint8_t *put32(uint8_t *place, uint32_t value)
{
    suan_put_be32(place, value);
    return place + 4;
}

static uint8_t *put16(uint8_t *place, uint16_t value)
{
    suan_put_be16(place, value);
    return place + 2;
}

static const uint8_t *take_id(const uint8_t *place, struct suan_id *out)
{
    memcpy(out->bytes, place, SUAN_ID_SIZE);
    return place + SUAN_ID_SIZE;
}

static uint64_t take64(const uint8_t **place)
{
    *place += 8;
    return suan_be64(*place - 8);
}

static uint32_t take32(const uint8_t **place)
{
    *place += 4;
    return suan_be32(*place - 4);
}

static uint16_t take16(const uint8_t **place)
{
    *place += 2;
    return suan_be16(*place - 2);
}

static uint8_t *put_balances(uint8_t *place, const struct suan_account *account)
{
    place = put64(place, (uint64_t)account->debits_pending_fen);
    place = put64(place, (uint64_t)account->debits_posted_fen);
    place = put64(place, (uint64_t)account->credits_pending_fen);
    return put64(place, (uint64_t)account->credits_posted_fen);
}

void suan_account_encode(const struct suan_account *account, uint8_t out[SUAN_ACCOUNT_ROW_SIZE])
{
    uint8_t *place = put32(out, account->ledger);
    place = put16(place, account->code);
    place = put16(place, account->flags);
    place = put_balances(place, account);
    place = put64(place, account->time_ns);
    place = put64(place, account->cause);
    put_id(place, &account->ref);
}

bool suan_account_decode(struct suan_span row, const struct suan_id *id, struct suan_account *out)
{
    if (row.size != SUAN_ACCOUNT_ROW_SIZE)
        return false;
    const uint8_t *place = row.data;
    out->id = *id;
    out->ledger = take32(&place);
    out->code = take16(&place);
    out->flags = take16(&place);
    out->debits_pending_fen = (int64_t)take64(&place);
    out->debits_posted_fen = (int64_t)take64(&place);
    out->credits_pending_fen = (int64_t)take64(&place);
    out->credits_posted_fen = (int64_t)take64(&place);
    out->time_ns = take64(&place);
    out->cause = take64(&place);
    take_id(place, &out->ref);
    return suan_core_is_sound(out);
}

void suan_transfer_encode(const struct suan_transfer *transfer, uint8_t out[SUAN_TRANSFER_SIZE])
{
    uint8_t *place = put_id(out, &transfer->id);
    place = put_id(place, &transfer->debit);
    place = put_id(place, &transfer->credit);
    place = put_id(place, &transfer->pending);
    place = put64(place, (uint64_t)transfer->amount_fen);
    place = put64(place, transfer->time_ns);
    place = put64(place, transfer->cause);
    place = put32(place, transfer->timeout_s);
    place = put32(place, transfer->ledger);
    place = put16(place, transfer->code);
    place = put16(place, transfer->flags);
    place = put16(place, transfer->result);
    place = put16(place, 0);
    put_id(place, &transfer->ref);
}

bool suan_transfer_decode(struct suan_span row, uint64_t seq, struct suan_transfer *out)
{
    if (row.size != SUAN_TRANSFER_SIZE)
        return false;
    const uint8_t *place = take_id(row.data, &out->id);
    place = take_id(place, &out->debit);
    place = take_id(place, &out->credit);
    place = take_id(place, &out->pending);
    out->amount_fen = (int64_t)take64(&place);
    out->time_ns = take64(&place);
    out->cause = take64(&place);
    out->timeout_s = take32(&place);
    out->ledger = take32(&place);
    out->code = take16(&place);
    out->flags = take16(&place);
    out->result = take16(&place);
    bool zero = take16(&place) == 0;
    take_id(place, &out->ref);
    out->seq = seq;
    return zero && out->amount_fen > 0 && out->result <= SUAN_TRANSFER_EXCEEDS_DEBITS;
}

void suan_pending_encode(const struct suan_pending *pending, uint8_t out[SUAN_PENDING_ROW_SIZE])
{
    out[0] = (uint8_t)pending->state;
    suan_put_be64(out + 1, pending->expiry_ns);
}

bool suan_pending_decode(struct suan_span row, struct suan_pending *out)
{
    if (row.size != SUAN_PENDING_ROW_SIZE || row.data[0] < SUAN_PENDING_OPEN ||
        row.data[0] > SUAN_PENDING_EXPIRED)
        return false;
    *out = (struct suan_pending){(enum suan_pending_state)row.data[0], suan_be64(row.data + 1)};
    return true;
}

bool suan_pending_expiry(const struct suan_transfer *transfer, uint64_t *out_ns)
{
    *out_ns = 0;
    if (transfer->timeout_s == 0)
        return true;
    return !__builtin_add_overflow(transfer->time_ns, transfer->timeout_s * UINT64_C(1000000000), out_ns);
}

void suan_history_encode(const struct suan_account *account, uint8_t out[SUAN_HISTORY_ROW_SIZE])
{
    put_balances(out, account);
}

void suan_history_key(const struct suan_id *account, uint64_t seq, uint8_t out[SUAN_HISTORY_KEY_SIZE])
{
    put64(put_id(out, account), seq);
}

void suan_expiry_key(uint64_t expiry_ns, uint64_t seq, uint8_t out[SUAN_EXPIRY_KEY_SIZE])
{
    put64(put64(out, expiry_ns), seq);
}
