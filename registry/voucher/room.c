/*
 * Sums over issued vouchers, and what each contract received. Rows of table room:
 *     53|of1|within1|year4|PROGRAMME|00|sha256(subject)32 -> fen8      year 0: ever
 *     43|sha256(contract key)32|PROGRAMME -> live8, live base8, same_contract1, group
 *     46|PROGRAMME|00|PERIOD -> fen8                                   put into the budget
 * Every kind of sum is kept for every programme, so that a later version may ask for any of them.
 */
#include "room.h"

#include <stdio.h>

#include "base/cleanup.h"
#include "base/number.h"
#include "policy/claim.h"
#include "record.h"

enum { TAG_SUM = 'S', TAG_CONTRACT = 'C', TAG_FUND = 'F', KEY_MAX = 160 };

struct room_key {
    size_t size;
    uint8_t bytes[KEY_MAX];
};

static void put_bytes(struct room_key *key, const void *data, size_t size)
{
    if (size <= KEY_MAX - key->size && size > 0) {
        memcpy(key->bytes + key->size, data, size);
        key->size += size;
    }
}

static void put_u8(struct room_key *key, int value)
{
    uint8_t byte = (uint8_t)value;
    put_bytes(key, &byte, 1);
}

static struct room_key sum_key(const struct suan_sum_query *query)
{
    struct room_key key = {0};
    struct suan_digest subject = suan_sha256(query->subject);
    uint8_t year[4];
    suan_put_be32(year, (uint32_t)query->year);
    put_u8(&key, TAG_SUM);
    put_u8(&key, (int)query->of);
    put_u8(&key, (int)query->within);
    put_bytes(&key, year, sizeof year);
    put_bytes(&key, query->programme->id.data, query->programme->id.size);
    put_u8(&key, 0);
    put_bytes(&key, subject.bytes, sizeof subject.bytes);
    return key;
}

static struct room_key contract_key(struct suan_span contract, struct suan_span programme)
{
    struct room_key key = {0};
    struct suan_digest digest = suan_sha256(contract);
    put_u8(&key, TAG_CONTRACT);
    put_bytes(&key, digest.bytes, sizeof digest.bytes);
    put_bytes(&key, programme.data, programme.size);
    return key;
}

static struct room_key fund_key(const char *programme, const char *period)
{
    struct room_key key = {0};
    put_u8(&key, TAG_FUND);
    put_bytes(&key, programme, strlen(programme) + 1);
    put_bytes(&key, period, strlen(period));
    return key;
}

static enum suan_status get_number(struct suan_txn *txn, const struct room_key *key, int64_t *out_fen,
                                   struct suan_error *error)
{
    struct suan_span value;
    enum suan_status status =
        suan_row_get(txn, SUAN_TABLE_ROOM, suan_span(key->bytes, key->size), &value, error);
    *out_fen = 0;
    if (status != SUAN_OK)
        return status == SUAN_E_NOT_FOUND ? SUAN_OK : status;
    struct row_reader reader = {value, false};
    *out_fen = (int64_t)row_u64(&reader);
    return row_check(&reader, "room", error);
}

static enum suan_status out_of_range(struct suan_error *error)
{
    return suan_error_set(error, SUAN_E_INTEGRITY, "voucher.invariant", "run 'suan registry verify'",
                          "a sum over vouchers left its range");
}

static enum suan_status add_number(struct suan_txn *txn, const struct room_key *key, int64_t fen,
                                   struct suan_error *error)
{
    uint8_t value[8];
    int64_t sum = 0;
    enum suan_status status = get_number(txn, key, &sum, error);
    if (status != SUAN_OK)
        return status;
    if (!suan_add_i64(sum, fen, &sum) || sum < 0)
        return out_of_range(error);
    suan_put_be64(value, (uint64_t)sum);
    return suan_row_put(txn, SUAN_TABLE_ROOM, suan_span(key->bytes, key->size),
                        suan_span(value, sizeof value), error);
}

/* --- answering ---------------------------------------------------------------------------------------- */

static enum suan_status answer_sum(void *context, const struct suan_sum_query *query, int64_t *out_fen,
                                   struct suan_error *error)
{
    struct room_key key = sum_key(query);
    return get_number(context, &key, out_fen, error);
}

static enum suan_status decode_contract(struct suan_span key, struct suan_span value,
                                        struct suan_past_contract *out, struct suan_error *error)
{
    struct row_reader reader = {value, key.size < 34};
    uint8_t same_contract = 0, size = 0;
    *out = (struct suan_past_contract){0};
    out->live_fen = (int64_t)row_u64(&reader);
    out->live_base_fen = (int64_t)row_u64(&reader);
    row_bytes(&reader, &same_contract, 1);
    row_bytes(&reader, &size, 1);
    out->same_contract = (enum suan_same_contract)same_contract;
    reader.bad |= size != reader.rest.size;
    out->group = reader.rest;
    reader.rest.size = 0;
    out->programme = suan_span(key.data + 33, reader.bad ? 0 : key.size - 33);
    return row_check(&reader, "room", error);
}

static enum suan_status answer_contract(void *context, struct suan_span contract,
                                        struct suan_past_contract out[SUAN_PAST_CONTRACTS_MAX],
                                        size_t *out_count, struct suan_error *error)
{
    SUAN_CLEANUP(suan_scan_endp) struct suan_scan *scan = NULL;
    struct room_key prefix = contract_key(contract, suan_span(NULL, 0));
    enum suan_status status = suan_scan_begin(context, SUAN_TABLE_ROOM, suan_span(prefix.bytes, prefix.size),
                                              suan_span(NULL, 0), &scan, error);
    for (*out_count = 0; status == SUAN_OK;) {
        struct suan_span key, value;
        status = suan_scan_next(scan, &key, &value, error);
        if (status == SUAN_E_NOT_FOUND)
            return SUAN_OK;
        if (status == SUAN_OK && *out_count == SUAN_PAST_CONTRACTS_MAX)
            return suan_error_set(error, SUAN_E_EXHAUSTED, "policy.contract-programmes", NULL,
                                  "a contract received awards under more than %d programmes",
                                  SUAN_PAST_CONTRACTS_MAX);
        if (status == SUAN_OK)
            status = decode_contract(key, value, &out[*out_count], error);
        *out_count += status == SUAN_OK;
    }
    return status;
}

struct suan_history suan_voucher_history(struct suan_txn *txn)
{
    return (struct suan_history){txn, answer_sum, answer_contract};
}

/* --- recording ---------------------------------------------------------------------------------------- */

static enum suan_status add_sums(struct suan_txn *txn, const struct room_of *of, enum suan_sum_of what,
                                 int32_t year, int64_t fen, struct suan_error *error)
{
    const struct suan_span subjects[] = {[SUAN_SUM_WHOLE] = {NULL, 0},
                                         [SUAN_SUM_CONTRACT] = of->contract_key,
                                         [SUAN_SUM_PROJECT] = of->project,
                                         [SUAN_SUM_ENTERPRISE] = of->enterprise};
    const int32_t years[] = {SUAN_YEAR_EVER, year};
    enum suan_status status = SUAN_OK;
    for (size_t i = 0; i < sizeof subjects / sizeof subjects[0]; i++) {
        if (i == SUAN_SUM_PROJECT && of->project.size == 0)
            continue;
        for (size_t y = 0; y < 2 && status == SUAN_OK; y++) {
            struct suan_sum_query query = {
                .of = what, .programme = of->programme, .subject = subjects[i], .year = years[y]};
            query.within = (int)i;
            struct room_key key = sum_key(&query);
            status = add_number(txn, &key, fen, error);
        }
    }
    return status;
}

static enum suan_status add_contract(struct suan_txn *txn, const struct room_of *of, int64_t live_fen,
                                     int64_t base_fen, struct suan_error *error)
{
    SUAN_CLEANUP(suan_buffer_done) struct suan_buffer value = {0};
    struct room_key key = contract_key(of->contract_key, of->programme->id);
    struct suan_past_contract past = {0};
    struct suan_span row, name = suan_span(key.bytes, key.size);
    enum suan_status status = suan_row_get(txn, SUAN_TABLE_ROOM, name, &row, error);
    if (status == SUAN_OK)
        status = decode_contract(name, row, &past, error);
    else if (status == SUAN_E_NOT_FOUND)
        status = SUAN_OK;
    if (status != SUAN_OK)
        return status;
    if (!suan_add_i64(past.live_fen, live_fen, &live_fen) || live_fen < 0 ||
        !suan_add_i64(past.live_base_fen, base_fen, &base_fen) || base_fen < 0)
        return out_of_range(error);
    suan_buffer_append_be64(&value, (uint64_t)live_fen);
    suan_buffer_append_be64(&value, (uint64_t)base_fen);
    suan_buffer_append_u8(&value, (uint8_t)of->programme->same_contract);
    suan_buffer_append_u8(&value, (uint8_t)of->programme->group.size);
    suan_buffer_append_span(&value, of->programme->group);
    status = suan_buffer_check(&value, error);
    return status == SUAN_OK ? suan_row_put(txn, SUAN_TABLE_ROOM, name, suan_buffer_span(&value), error)
                             : status;
}

enum suan_status room_issue(struct suan_txn *txn, const struct room_of *of, int32_t year, int64_t face_fen,
                            int64_t base_fen, struct suan_error *error)
{
    enum suan_status status = add_sums(txn, of, SUAN_SUM_ISSUED, year, face_fen, error);
    if (status == SUAN_OK)
        status = add_sums(txn, of, SUAN_SUM_BASE, year, base_fen, error);
    return status == SUAN_OK ? add_contract(txn, of, face_fen, base_fen, error) : status;
}

enum suan_status room_redeem(struct suan_txn *txn, const struct room_of *of, int32_t year, int64_t fen,
                             struct suan_error *error)
{
    return add_sums(txn, of, SUAN_SUM_REDEEMED, year, fen, error);
}

enum suan_status room_release(struct suan_txn *txn, const struct room_of *of, int32_t issue_year, int64_t fen,
                              int64_t base_fen, struct suan_error *error)
{
    enum suan_status status = add_sums(txn, of, SUAN_SUM_ISSUED, issue_year, -fen, error);
    return status == SUAN_OK ? add_contract(txn, of, -fen, -base_fen, error) : status;
}

enum suan_status room_funded(struct suan_txn *txn, const char *programme, const char *period,
                             int64_t *out_fen, struct suan_error *error)
{
    struct room_key key = fund_key(programme, period);
    return get_number(txn, &key, out_fen, error);
}

enum suan_status room_fund(struct suan_txn *txn, const char *programme, const char *period, int64_t fen,
                           struct suan_error *error)
{
    struct room_key key = fund_key(programme, period);
    return add_number(txn, &key, fen, error);
}
