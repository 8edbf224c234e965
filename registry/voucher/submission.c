/*
 * Receipts on record: admitted once, in sequence, if their saving is the one that follows from them. Rows of
 * table receipt: 00|digest32 -> the record below; 01|user16|tar32|meter16|sequence8 -> digest32.
 */
#include "base/cleanup.h"
#include "catalog/identity.h"
#include "catalog/member.h"
#include "catalog/release.h"
#include "receipt.h"
#include "record.h"
#include "trust/dsse.h"

static const char code_refused[] = "receipt.refused";

enum {
    DIGEST_KEY_SIZE = 1 + SUAN_DIGEST_SIZE,
    CHAIN_PREFIX_SIZE = 1 + SUAN_ID_SIZE + SUAN_DIGEST_SIZE + SUAN_RECEIPT_METER_SIZE
};

/* --- rows --------------------------------------------------------------------------------------------- */

static struct suan_span digest_key(const struct suan_digest *digest, uint8_t out[DIGEST_KEY_SIZE])
{
    out[0] = 0;
    memcpy(out + 1, digest->bytes, SUAN_DIGEST_SIZE);
    return suan_span(out, DIGEST_KEY_SIZE);
}

static struct suan_span chain_prefix(const struct suan_id *user, const struct suan_receipt *receipt,
                                     uint8_t out[CHAIN_PREFIX_SIZE + 8])
{
    const struct suan_digest *tar = &receipt->tar;
    out[0] = 1;
    memcpy(out + 1, user->bytes, SUAN_ID_SIZE);
    memcpy(out + 1 + SUAN_ID_SIZE, tar->bytes, SUAN_DIGEST_SIZE);
    memcpy(out + 1 + SUAN_ID_SIZE + SUAN_DIGEST_SIZE, receipt->meter, SUAN_RECEIPT_METER_SIZE);
    return suan_span(out, CHAIN_PREFIX_SIZE);
}

static enum suan_status decode(struct suan_span key, struct suan_span value, struct suan_receipt_record *out,
                               struct suan_error *error)
{
    struct row_reader head = {key, false}, reader = {value, false};
    uint8_t kind;
    row_bytes(&head, &kind, 1);
    row_bytes(&head, out->digest.bytes, SUAN_DIGEST_SIZE);
    row_bytes(&reader, out->blob.bytes, SUAN_DIGEST_SIZE);
    row_bytes(&reader, out->user.bytes, SUAN_ID_SIZE);
    row_bytes(&reader, out->algorithm.bytes, SUAN_ID_SIZE);
    row_bytes(&reader, out->tar.bytes, SUAN_DIGEST_SIZE);
    out->sequence = (int64_t)row_u64(&reader);
    out->saving_ns = (int64_t)row_u64(&reader);
    out->index = row_u64(&reader);
    out->time_ns = row_u64(&reader);
    out->end_ns = row_u64(&reader);
    out->registry_size = row_u64(&reader);
    out->state = row_u64(&reader) != 0 ? SUAN_RECEIPT_EARNED : SUAN_RECEIPT_UNEARNED;
    reader.bad |= head.bad;
    return row_check(&reader, "receipt", error);
}

static enum suan_status put(struct suan_txn *txn, const struct suan_receipt_record *record,
                            struct suan_error *error)
{
    SUAN_CLEANUP(suan_buffer_done) struct suan_buffer value = {0};
    uint8_t key[DIGEST_KEY_SIZE];
    suan_buffer_append(&value, record->blob.bytes, SUAN_DIGEST_SIZE);
    suan_buffer_append(&value, record->user.bytes, SUAN_ID_SIZE);
    suan_buffer_append(&value, record->algorithm.bytes, SUAN_ID_SIZE);
    suan_buffer_append(&value, record->tar.bytes, SUAN_DIGEST_SIZE);
    suan_buffer_append_be64(&value, (uint64_t)record->sequence);
    suan_buffer_append_be64(&value, (uint64_t)record->saving_ns);
    suan_buffer_append_be64(&value, record->index);
    suan_buffer_append_be64(&value, record->time_ns);
    suan_buffer_append_be64(&value, record->end_ns);
    suan_buffer_append_be64(&value, record->registry_size);
    suan_buffer_append_be64(&value, record->state == SUAN_RECEIPT_EARNED);
    enum suan_status status = suan_buffer_check(&value, error);
    return status != SUAN_OK ? status
                             : suan_row_put(txn, SUAN_TABLE_RECEIPT, digest_key(&record->digest, key),
                                            suan_buffer_span(&value), error);
}

enum suan_status suan_receipt_get(struct suan_txn *txn, const struct suan_digest *digest,
                                  struct suan_receipt_record *out, struct suan_error *error)
{
    uint8_t key[DIGEST_KEY_SIZE];
    struct suan_span value;
    enum suan_status status = suan_row_get(txn, SUAN_TABLE_RECEIPT, digest_key(digest, key), &value, error);
    if (status == SUAN_E_NOT_FOUND)
        return suan_error_set(error, SUAN_E_NOT_FOUND, "receipt.absent", "submit it: 'suan receipt submit'",
                              "no such receipt on record");
    return status != SUAN_OK ? status : decode(suan_span(key, sizeof key), value, out, error);
}

enum suan_status suan_receipt_each(struct suan_txn *txn,
                                   enum suan_status (*visit)(void *context,
                                                             const struct suan_receipt_record *one),
                                   void *context, struct suan_error *error)
{
    static const uint8_t by_digest = 0;
    SUAN_CLEANUP(suan_scan_endp) struct suan_scan *scan = NULL;
    enum suan_status status =
        suan_scan_begin(txn, SUAN_TABLE_RECEIPT, suan_span(&by_digest, 1), suan_span(NULL, 0), &scan, error);
    while (status == SUAN_OK) {
        struct suan_span key, value;
        struct suan_receipt_record record;
        status = suan_scan_next(scan, &key, &value, error);
        if (status == SUAN_E_NOT_FOUND)
            return SUAN_OK;
        if (status == SUAN_OK)
            status = decode(key, value, &record, error);
        if (status == SUAN_OK)
            status = visit(context, &record);
    }
    return status;
}

enum suan_status receipt_open(struct suan_txn *txn, const struct suan_digest *digest,
                              struct suan_receipt **out, struct suan_error *error)
{
    SUAN_CLEANUP(suan_dsse_done) struct suan_dsse envelope = {0};
    struct suan_span blob;
    enum suan_status status = suan_blob_get(txn, digest, &blob, error);
    if (status == SUAN_OK)
        status = suan_dsse_parse(blob, &envelope, error);
    return status != SUAN_OK ? status : suan_receipt_parse(suan_buffer_span(&envelope.payload), out, error);
}

enum suan_status receipt_mark_earned(struct suan_txn *txn, const struct suan_digest *digest,
                                     struct suan_error *error)
{
    struct suan_receipt_record record;
    enum suan_status status = suan_receipt_get(txn, digest, &record, error);
    if (status != SUAN_OK)
        return status;
    record.state = SUAN_RECEIPT_EARNED;
    return put(txn, &record, error);
}

/* --- receipt.submit ----------------------------------------------------------------------------------- */

/* A submission, opened: the envelope's signature is right and its key is the user's. */
struct submission {
    struct suan_dsse envelope;
    struct suan_digest blob, digest;
    struct suan_receipt *receipt;
    struct suan_release release;
};

static void submission_done(struct submission *submission)
{
    suan_dsse_done(&submission->envelope);
    suan_receipt_free(submission->receipt);
}

static enum suan_status check_signature(struct suan_txn *txn, const struct suan_act *act,
                                        const struct submission *submission, struct suan_error *error)
{
    for (size_t i = 0; i < submission->envelope.signature_count; i++) {
        struct suan_identity_key key;
        uint32_t roles = 0;
        enum suan_status status = suan_key_get(txn, &submission->envelope.signatures[i].key_id, &key, NULL);
        if (status == SUAN_E_NOT_FOUND || (status == SUAN_OK && key.state != SUAN_KEY_ACTIVE))
            continue;
        if (status == SUAN_OK)
            status = suan_member_roles(txn, &act->by, &key.owner, act->time_ns, &roles, error);
        if (status != SUAN_OK)
            return status;
        if ((roles & SUAN_ROLE_CLAIM) != 0)
            return suan_dsse_verify(&submission->envelope, &key.key, error);
    }
    return suan_error_set(error, SUAN_E_PERMISSION, "event.permission", "the user's own key signs a receipt",
                          "the receipt is not signed by '%.*s', nor by a member who may claim for it",
                          SUAN_SPAN_PRINTF(act->command->by));
}

static enum suan_status open_submission(struct suan_txn *txn, const struct suan_act *act,
                                        struct submission *out, struct suan_error *error)
{
    struct suan_span blob;
    enum suan_status status = suan_json_get_hex(act->command->body, "receipt", SUAN_JSON_REQUIRED,
                                                out->blob.bytes, SUAN_DIGEST_SIZE, "", error);
    if (status == SUAN_OK)
        status = suan_act_blob(txn, act, &out->blob, &blob, error);
    if (status == SUAN_OK)
        status = suan_dsse_parse(blob, &out->envelope, error);
    if (status != SUAN_OK)
        return status;
    if (strcmp(out->envelope.type, SUAN_RECEIPT_TYPE) != 0)
        return suan_error_set(error, SUAN_E_FORMAT, "receipt.format", NULL, "the envelope holds no receipt");
    status = suan_receipt_parse(suan_buffer_span(&out->envelope.payload), &out->receipt, error);
    if (status == SUAN_OK)
        status = suan_release_by_digest(txn, &out->receipt->tar, &out->release, error);
    out->digest = suan_sha256(suan_buffer_span(&out->envelope.payload));
    return status;
}

static enum suan_status refuse(struct suan_error *error, const char *what)
{
    return suan_error_set(error, SUAN_E_REFUSED, code_refused, NULL, "receipt: %s", what);
}

static enum suan_status check_subject(const struct suan_act *act, const struct submission *submission,
                                      struct suan_error *error)
{
    const struct suan_receipt *receipt = submission->receipt;
    bool solves = false;
    for (size_t i = 0; i < submission->release.task_count; i++)
        solves |= strcmp(submission->release.tasks[i], receipt->task) == 0;
    if (!suan_span_equal(suan_span_text(receipt->user), act->command->by))
        return refuse(error, "its user is not the one who submits it");
    if (strcmp(receipt->id, submission->release.name) != 0 ||
        strcmp(receipt->version, submission->release.version) != 0)
        return refuse(error, "its package is another release than it says");
    if (!solves)
        return refuse(error, "the release does not solve its task");
    return receipt->end_ns <= act->time_ns ? SUAN_OK : refuse(error, "its period ends in the future");
}

/* Two periods of one meter share no moment: nothing is counted twice. */
static enum suan_status check_period(struct suan_txn *txn, const struct submission *submission,
                                     const struct suan_digest *last, struct suan_error *error)
{
    struct suan_receipt_record before;
    enum suan_status status = suan_receipt_get(txn, last, &before, error);
    if (status == SUAN_OK && submission->receipt->start_ns < before.end_ns)
        return refuse(error, "its period begins before that of the last receipt of its meter ended");
    return status;
}

/* Receipts of one meter, for one user and release, follow each other without a gap. */
static enum suan_status check_sequence(struct suan_txn *txn, const struct suan_act *act,
                                       const struct submission *submission, struct suan_error *error)
{
    static const struct suan_digest nothing;
    uint8_t prefix[CHAIN_PREFIX_SIZE + 8];
    struct suan_span key, value;
    struct suan_digest last = nothing;
    int64_t sequence = 0;
    enum suan_status status = suan_row_last(
        txn, SUAN_TABLE_RECEIPT, chain_prefix(&act->by, submission->receipt, prefix), &key, &value, error);
    if (status == SUAN_OK) {
        struct row_reader reader = {value, false};
        row_bytes(&reader, last.bytes, SUAN_DIGEST_SIZE);
        sequence = (int64_t)suan_be64(key.data + CHAIN_PREFIX_SIZE);
        status = row_check(&reader, "receipt", error);
    } else if (status == SUAN_E_NOT_FOUND)
        status = SUAN_OK;
    if (status != SUAN_OK)
        return status;
    if (submission->receipt->sequence != sequence + 1 ||
        !suan_digest_equal(&submission->receipt->previous, &last))
        return suan_error_set(error, SUAN_E_CONFLICT, "event.conflict", "submit the receipts in their order",
                              "receipt %lld does not follow receipt %lld, the last on record",
                              (long long)submission->receipt->sequence, (long long)sequence);
    return sequence > 0 ? check_period(txn, submission, &last, error) : SUAN_OK;
}

struct attested {
    const struct suan_digest *measurement;
    int found;
};

static enum suan_status look_for(void *context, const struct suan_attestation *one)
{
    struct attested *attested = context;
    attested->found |= suan_digest_equal(&one->blob, attested->measurement);
    return SUAN_OK;
}

enum suan_status receipt_basis_of(struct suan_txn *txn, const struct suan_digest *tar,
                                  const struct suan_digest *measurement,
                                  struct suan_json_document **out_document,
                                  const struct suan_json **out_predicate, struct suan_error *error)
{
    struct attested attested = {measurement, 0};
    struct suan_span blob;
    enum suan_status status =
        suan_attestation_each(txn, tar, SUAN_ATTESTATION_MEASUREMENT, look_for, &attested, error);
    if (status == SUAN_OK && !attested.found)
        return refuse(error, "its measurement is not attested for this release");
    if (status == SUAN_OK)
        status = suan_blob_get(txn, measurement, &blob, error);
    return status != SUAN_OK ? status
                             : suan_attestation_predicate(blob, tar, out_document, out_predicate, error);
}

static enum suan_status check_saving(struct suan_txn *txn, struct suan_receipt *receipt,
                                     struct suan_error *error)
{
    SUAN_CLEANUP(suan_json_freep) struct suan_json_document *document = NULL;
    const struct suan_json *measurement = NULL;
    struct suan_receipt_basis basis;
    int64_t stated = receipt->saving_ns;
    unsigned flags = receipt->flags;
    enum suan_status status =
        receipt_basis_of(txn, &receipt->tar, &receipt->measurement, &document, &measurement, error);
    if (status == SUAN_OK)
        status = suan_receipt_basis_read(measurement, &basis, error);
    if (status == SUAN_OK)
        status = suan_receipt_compute(receipt, &basis, error);
    if (status != SUAN_OK)
        return status;
    if (receipt->saving_ns != stated || receipt->flags != flags)
        return suan_error_set(error, SUAN_E_REFUSED, "receipt.saving", NULL,
                              "receipt: it states a saving of %lld ns; what it holds gives %lld ns",
                              (long long)stated, (long long)receipt->saving_ns);
    return SUAN_OK;
}

enum suan_status check_receipt(struct suan_txn *txn, const struct suan_act *act, struct suan_error *error)
{
    SUAN_CLEANUP(submission_done) struct submission submission = {0};
    struct suan_receipt_record before;
    enum suan_status status = suan_act_require(txn, act, &act->by, SUAN_ROLE_CLAIM, "a receipt", error);
    if (status == SUAN_OK)
        status = open_submission(txn, act, &submission, error);
    if (status == SUAN_OK)
        status = check_signature(txn, act, &submission, error);
    if (status == SUAN_OK)
        status = check_subject(act, &submission, error);
    if (status != SUAN_OK)
        return status;
    status = suan_receipt_get(txn, &submission.digest, &before, NULL);
    if (status == SUAN_OK)
        return suan_error_set(error, SUAN_E_CONFLICT, "event.conflict", NULL,
                              "this receipt is on record already");
    if (status != SUAN_E_NOT_FOUND)
        return status;
    status = check_sequence(txn, act, &submission, error);
    return status != SUAN_OK ? status : check_saving(txn, submission.receipt, error);
}

enum suan_status apply_receipt(struct suan_txn *txn, const struct suan_act *act, struct suan_error *error)
{
    SUAN_CLEANUP(submission_done) struct submission submission = {0};
    struct suan_receipt_record record = {.user = act->by, .index = act->index, .time_ns = act->time_ns};
    uint8_t key[CHAIN_PREFIX_SIZE + 8];
    enum suan_status status = open_submission(txn, act, &submission, error);
    if (status == SUAN_OK)
        status = suan_log_size(txn, SUAN_LOG_REGISTRY, &record.registry_size, error);
    if (status != SUAN_OK)
        return status;
    record.digest = submission.digest;
    record.blob = submission.blob;
    record.algorithm = submission.release.algorithm;
    record.tar = submission.release.tar;
    record.sequence = submission.receipt->sequence;
    record.saving_ns = submission.receipt->saving_ns;
    record.end_ns = submission.receipt->end_ns;
    chain_prefix(&act->by, submission.receipt, key);
    suan_put_be64(key + CHAIN_PREFIX_SIZE, (uint64_t)record.sequence);
    status = suan_row_put(txn, SUAN_TABLE_RECEIPT, suan_span(key, sizeof key),
                          suan_span(record.digest.bytes, SUAN_DIGEST_SIZE), error);
    return status != SUAN_OK ? status : put(txn, &record, error);
}
