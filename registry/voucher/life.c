/* Rows of vouchers: table voucher, id16 -> the fields below in their order. */
#include "life.h"

#include "base/cleanup.h"
#include "record.h"

const char *suan_stage_name(enum suan_voucher_stage stage)
{
    static const char *const names[] = {
        "",         "APPLIED",      "SCREENED",    "IN_REVIEW",  "PUBLICISED", "APPROVED",     "WAITLISTED",
        "REJECTED", "WITHDRAWN",    "CANCELLED",   "ISSUED",     "RESERVED",   "PART_SETTLED", "SETTLED",
        "EXPIRED",  "CLAWBACK_DUE", "CLAWED_BACK", "WRITTEN_OFF"};
    return names[stage];
}

int64_t suan_voucher_available_fen(const struct suan_voucher_record *voucher)
{
    return voucher->face_fen - voucher->released_fen - voucher->redeemed_fen - voucher->reserved_fen;
}

enum { IDS = 7, DIGESTS = 3, NUMBERS = 15, COUNTERS = 7 };

/* The fields of each kind, in the order of the row. */
struct fields {
    struct suan_id *ids[IDS];
    struct suan_digest *digests[DIGESTS];
    int64_t *numbers[NUMBERS];
    uint64_t *counters[COUNTERS];
};

static struct fields fields_of(struct suan_voucher_record *v)
{
    return (struct fields){
        {&v->claimant, &v->authority, &v->officer, &v->reviewer, &v->second, &v->supplier, &v->order},
        {&v->claim, &v->applied_claim, &v->rules},
        {&v->version, &v->applied_day, &v->issue_day, &v->face_fen, &v->base_fen, &v->released_fen,
         &v->redeemed_fen, &v->reserved_fen, &v->paid_fen, &v->paid_local_fen, &v->paid_nonlocal_fen,
         &v->order_fen, &v->clawed_fen, &v->recovered_fen, &v->written_off_fen},
        {&v->applied_idx, &v->decided_idx, &v->issued_idx, &v->released_idx, &v->changed_idx,
         &v->publicised_ns, &v->order_until_ns}};
}

static enum suan_status decode(struct suan_span key, struct suan_span value, struct suan_voucher_record *out,
                               struct suan_error *error)
{
    struct row_reader head = {key, false}, reader = {value, false};
    struct fields fields = fields_of(out);
    *out = (struct suan_voucher_record){0};
    row_bytes(&head, out->id.bytes, SUAN_ID_SIZE);
    uint64_t stage = row_u64(&reader);
    out->ledger = (uint32_t)row_u64(&reader);
    for (size_t i = 0; i < IDS; i++)
        row_bytes(&reader, fields.ids[i]->bytes, SUAN_ID_SIZE);
    for (size_t i = 0; i < DIGESTS; i++)
        row_bytes(&reader, fields.digests[i]->bytes, SUAN_DIGEST_SIZE);
    row_text(&reader, out->programme, sizeof out->programme);
    row_text(&reader, out->tier, sizeof out->tier);
    row_text(&reader, out->binding, sizeof out->binding);
    for (size_t i = 0; i < NUMBERS; i++)
        *fields.numbers[i] = (int64_t)row_u64(&reader);
    for (size_t i = 0; i < COUNTERS; i++)
        *fields.counters[i] = row_u64(&reader);
    reader.bad |= head.bad || stage < SUAN_STAGE_APPLIED || stage > SUAN_STAGE_WRITTEN_OFF;
    out->stage = reader.bad ? SUAN_STAGE_APPLIED : (enum suan_voucher_stage)stage;
    return row_check(&reader, "voucher", error);
}

enum suan_status voucher_put(struct suan_txn *txn, const struct suan_voucher_record *voucher,
                             struct suan_error *error)
{
    SUAN_CLEANUP(suan_buffer_done) struct suan_buffer value = {0};
    struct suan_voucher_record copy = *voucher;
    struct fields fields = fields_of(&copy);
    suan_buffer_append_be64(&value, (uint64_t)voucher->stage);
    suan_buffer_append_be64(&value, voucher->ledger);
    for (size_t i = 0; i < IDS; i++)
        suan_buffer_append(&value, fields.ids[i]->bytes, SUAN_ID_SIZE);
    for (size_t i = 0; i < DIGESTS; i++)
        suan_buffer_append(&value, fields.digests[i]->bytes, SUAN_DIGEST_SIZE);
    row_put_text(&value, voucher->programme);
    row_put_text(&value, voucher->tier);
    row_put_text(&value, voucher->binding);
    for (size_t i = 0; i < NUMBERS; i++)
        suan_buffer_append_be64(&value, (uint64_t)*fields.numbers[i]);
    for (size_t i = 0; i < COUNTERS; i++)
        suan_buffer_append_be64(&value, *fields.counters[i]);
    enum suan_status status = suan_buffer_check(&value, error);
    return status == SUAN_OK
               ? suan_row_put(txn, SUAN_TABLE_VOUCHER, suan_span(voucher->id.bytes, SUAN_ID_SIZE),
                              suan_buffer_span(&value), error)
               : status;
}

enum suan_status suan_voucher_get(struct suan_txn *txn, const struct suan_id *id,
                                  struct suan_voucher_record *out, struct suan_error *error)
{
    struct suan_span key = suan_span(id->bytes, SUAN_ID_SIZE), value;
    enum suan_status status = suan_row_get(txn, SUAN_TABLE_VOUCHER, key, &value, error);
    if (status == SUAN_E_NOT_FOUND)
        return suan_error_set(error, SUAN_E_NOT_FOUND, "voucher.absent", "see 'suan voucher list'",
                              "no such voucher on record");
    return status == SUAN_OK ? decode(key, value, out, error) : status;
}

enum suan_status suan_voucher_each(struct suan_txn *txn,
                                   enum suan_status (*visit)(void *context,
                                                             const struct suan_voucher_record *voucher),
                                   void *context, struct suan_error *error)
{
    SUAN_CLEANUP(suan_scan_endp) struct suan_scan *scan = NULL;
    enum suan_status status =
        suan_scan_begin(txn, SUAN_TABLE_VOUCHER, suan_span(NULL, 0), suan_span(NULL, 0), &scan, error);
    while (status == SUAN_OK) {
        struct suan_span key, value;
        struct suan_voucher_record voucher;
        status = suan_scan_next(scan, &key, &value, error);
        if (status == SUAN_E_NOT_FOUND)
            return SUAN_OK;
        if (status == SUAN_OK)
            status = decode(key, value, &voucher, error);
        if (status == SUAN_OK)
            status = visit(context, &voucher);
    }
    return status;
}
