/* Receipts, credits and accounts for people's eyes. */
#include "money.h"

#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "catalog/release.h"
#include "context.h"
#include "ledger/ledger.h"
#include "name_of.h"
#include "trust/dsse.h"
#include "voucher/receipt.h"
#include "voucher/voucher.h"

/* What visitors of a table need. */
struct tally {
    struct suan_txn *txn;
    struct suan_json *rows;
    int64_t total_fen;
    struct suan_error *error;
};

static void end_tally(struct tally *tally)
{
    suan_txn_end(tally->txn);
}

static enum suan_status begin_tally(struct suan_service *service, const char *key, struct suan_json *result,
                                    struct tally *out, struct suan_error *error)
{
    *out = (struct tally){.rows = suan_json_new_array(), .error = error};
    suan_json_set(result, key, out->rows);
    service_mark_clock(service, result);
    return service_begin(service, &out->txn, error);
}

/* --- receipts ----------------------------------------------------------------------------------------- */

static enum suan_status add_receipt(void *context, const struct suan_receipt_record *record)
{
    struct tally *tally = context;
    struct suan_json *row = suan_json_new_object();
    struct suan_release release;
    suan_json_set_hex(row, "digest", record->digest.bytes, SUAN_DIGEST_SIZE);
    enum suan_status status = service_set_ident(tally->txn, row, "user", &record->user, tally->error);
    if (status == SUAN_OK)
        status = suan_release_by_digest(tally->txn, &record->tar, &release, tally->error);
    if (status == SUAN_OK) {
        suan_json_set_text(row, "id", release.name);
        suan_json_set_text(row, "version", release.version);
    }
    suan_json_set_integer(row, "sequence", record->sequence);
    suan_json_set_integer(row, "saving_ns", record->saving_ns);
    suan_json_set_boolean(row, "earned", record->state == SUAN_RECEIPT_EARNED);
    suan_json_set_integer(row, "index", (int64_t)record->index);
    suan_json_add(tally->rows, row);
    return status;
}

enum suan_status suan_service_receipt_list(struct suan_service *service, struct suan_json **out_result,
                                           struct suan_error *error)
{
    SUAN_CLEANUP(suan_json_releasep) struct suan_json *result = suan_json_new_object();
    SUAN_CLEANUP(end_tally) struct tally tally = {0};
    enum suan_status status = begin_tally(service, "receipts", result, &tally, error);
    if (status == SUAN_OK)
        status = suan_receipt_each(tally.txn, add_receipt, &tally, error);
    if (status == SUAN_OK)
        *out_result = suan_take(&result);
    return status;
}

static enum suan_status read_envelope(struct suan_service *service, const char *said, struct suan_buffer *out,
                                      struct suan_error *error)
{
    SUAN_CLEANUP(suan_txn_endp) struct suan_txn *txn = NULL;
    struct suan_receipt_record record;
    struct suan_digest digest;
    struct suan_span blob;
    if (!suan_unhex(suan_span_text(said), digest.bytes, sizeof digest.bytes))
        return suan_file_read(said, SUAN_DSSE_SIZE_MAX, out, error);
    enum suan_status status = service_begin(service, &txn, error);
    if (status == SUAN_OK)
        status = suan_receipt_get(txn, &digest, &record, error);
    if (status == SUAN_OK)
        status = suan_blob_get(txn, &record.blob, &blob, error);
    if (status == SUAN_OK)
        suan_buffer_append_span(out, blob);
    return status != SUAN_OK ? status : suan_buffer_check(out, error);
}

enum suan_status suan_service_receipt_show(struct suan_service *service, const char *said,
                                           struct suan_json **out_result, struct suan_error *error)
{
    SUAN_CLEANUP(suan_buffer_done) struct suan_buffer envelope = {0};
    SUAN_CLEANUP(suan_dsse_done) struct suan_dsse dsse = {0};
    SUAN_CLEANUP(suan_json_freep) struct suan_json_document *document = NULL;
    enum suan_status status = read_envelope(service, said, &envelope, error);
    if (status == SUAN_OK)
        status = suan_dsse_parse(suan_buffer_span(&envelope), &dsse, error);
    if (status == SUAN_OK && strcmp(dsse.type, SUAN_RECEIPT_TYPE) != 0)
        return suan_error_set(error, SUAN_E_FORMAT, "receipt.format", NULL, "%s holds no receipt", said);
    if (status == SUAN_OK)
        status = suan_json_parse(suan_buffer_span(&dsse.payload), SUAN_RECEIPT_SIZE_MAX, 0, "receipt",
                                 &document, error);
    if (status != SUAN_OK)
        return status;
    struct suan_json *result = suan_json_new_object();
    struct suan_digest digest = suan_sha256(suan_buffer_span(&dsse.payload));
    suan_json_set_hex(result, "digest", digest.bytes, SUAN_DIGEST_SIZE);
    suan_json_set_copy(result, "receipt", suan_json_root(document));
    *out_result = result;
    return SUAN_OK;
}

/* --- credits ------------------------------------------------------------------------------------------ */

static enum suan_status parts_json(struct tally *tally, const struct suan_credit_record *record,
                                   struct suan_json **out)
{
    SUAN_CLEANUP(suan_json_releasep) struct suan_json *owners = suan_json_new_array();
    enum suan_status status = SUAN_OK;
    for (size_t i = 0; i < record->share_count && status == SUAN_OK; i++) {
        struct suan_json *row = suan_json_new_object();
        status = service_set_ident(tally->txn, row, "id", &record->shares[i].owner, tally->error);
        suan_json_set_integer(row, "bp", record->shares[i].bp);
        suan_json_set_integer(row, "fen", record->parts_fen[i]);
        suan_json_add(owners, row);
    }
    if (status == SUAN_OK)
        *out = suan_take(&owners);
    return status;
}

static enum suan_status add_credit(void *context, const struct suan_credit_record *record)
{
    struct tally *tally = context;
    struct suan_receipt_record receipt;
    struct suan_release release;
    struct suan_json *owners = NULL;
    enum suan_status status = suan_receipt_get(tally->txn, &record->receipt, &receipt, tally->error);
    if (status == SUAN_OK)
        status = suan_release_by_digest(tally->txn, &receipt.tar, &release, tally->error);
    if (status == SUAN_OK)
        status = parts_json(tally, record, &owners);
    if (status != SUAN_OK)
        return status;
    struct suan_json *row = suan_json_new_object();
    suan_json_set_hex(row, "receipt", record->receipt.bytes, SUAN_DIGEST_SIZE);
    suan_json_set_text(row, "id", release.name);
    suan_json_set_text(row, "version", release.version);
    suan_json_set_integer(row, "saving_ns", record->saving_ns);
    suan_json_set_integer(row, "fen_per_cpu_hour", record->fen_per_cpu_hour);
    suan_json_set_integer(row, "saved_fen", record->saved_fen);
    suan_json_set_integer(row, "credit_fen", record->credit_fen);
    suan_json_set_text(row, "binding", record->binding);
    suan_json_set_text(row, "programme", record->programme);
    suan_json_set_integer(row, "programme_version", record->programme_version);
    suan_json_set_text(row, "tariff", record->tariff);
    suan_json_set_integer(row, "index", (int64_t)record->index);
    suan_json_set(row, "owners", owners);
    suan_json_add(tally->rows, row);
    tally->total_fen += record->credit_fen;
    return SUAN_OK;
}

enum suan_status suan_service_credit_list(struct suan_service *service, struct suan_json **out_result,
                                          struct suan_error *error)
{
    SUAN_CLEANUP(suan_json_releasep) struct suan_json *result = suan_json_new_object();
    SUAN_CLEANUP(end_tally) struct tally tally = {0};
    enum suan_status status = begin_tally(service, "credits", result, &tally, error);
    if (status == SUAN_OK)
        status = suan_credit_each(tally.txn, add_credit, &tally, error);
    suan_json_set_integer(result, "total_fen", tally.total_fen);
    if (status == SUAN_OK)
        *out_result = suan_take(&result);
    return status;
}

/* --- ledger ------------------------------------------------------------------------------------------- */

static const char *kind_of(uint16_t code)
{
    static const char *const names[] = {
        [0] = "other",      [1] = "issuer",   [2] = "pool",           [3] = "credit", [4] = "settled",
        [16] = "budget",    [17] = "voucher", [18] = "payable",       [19] = "paid",  [20] = "receivable",
        [21] = "recovered", [22] = "loss",    [23] = "voucher issuer"};
    bool is_named = code < sizeof names / sizeof names[0] && names[code] != NULL;
    return is_named ? names[code] : names[0];
}

static enum suan_status add_account(void *context, const struct suan_account *account)
{
    struct tally *tally = context;
    struct suan_json *row = suan_json_new_object();
    struct suan_identity owner;
    suan_json_set_hex(row, "account", account->id.bytes, SUAN_ID_SIZE);
    suan_json_set_text(row, "ledger", account->ledger == SUAN_LEDGER_ALGORITHM ? "算法券" : "算力券");
    suan_json_set_text(row, "kind", kind_of(account->code));
    if (suan_identity_get(tally->txn, &account->ref, &owner, NULL) == SUAN_OK)
        suan_json_set_text(row, "owner", owner.ident);
    suan_json_set_integer(row, "balance_fen", suan_account_balance_fen(account));
    suan_json_set_integer(row, "pending_fen", account->debits_pending_fen);
    suan_json_add(tally->rows, row);
    return SUAN_OK;
}

enum suan_status suan_service_ledger_accounts(struct suan_service *service, struct suan_json **out_result,
                                              struct suan_error *error)
{
    SUAN_CLEANUP(suan_json_releasep) struct suan_json *result = suan_json_new_object();
    SUAN_CLEANUP(end_tally) struct tally tally = {0};
    uint64_t now_ns = 0;
    enum suan_status status = begin_tally(service, "accounts", result, &tally, error);
    if (status == SUAN_OK)
        status = suan_registry_now(service->registry, &now_ns, error);
    if (status == SUAN_OK)
        status = suan_account_each(tally.txn, now_ns, add_account, &tally, error);
    if (status == SUAN_OK)
        *out_result = suan_take(&result);
    return status;
}

struct movements {
    struct suan_id account;
    struct suan_json *rows;
};

static enum suan_status add_movement(void *context, const struct suan_movement *movement)
{
    struct movements *movements = context;
    const struct suan_transfer *transfer = &movement->transfer;
    struct suan_json *row = suan_json_new_object();
    bool out = memcmp(&transfer->debit, &movements->account, sizeof movements->account) == 0;
    suan_json_set_integer(row, "seq", (int64_t)transfer->seq);
    suan_json_set_integer(row, "time_ns", (int64_t)transfer->time_ns);
    suan_json_set_integer(row, "event", (int64_t)transfer->cause);
    suan_json_set_integer(row, "fen", out ? -transfer->amount_fen : transfer->amount_fen);
    suan_json_set_hex(row, "other", out ? transfer->credit.bytes : transfer->debit.bytes, SUAN_ID_SIZE);
    suan_json_set_integer(row, "balance_fen", movement->credits_posted_fen - movement->debits_posted_fen);
    suan_json_add(movements->rows, row);
    return SUAN_OK;
}

static enum suan_status find_account(const char *said, struct suan_id *out, struct suan_error *error)
{
    const char *bar = strchr(said, '|');
    if (suan_unhex(suan_span_text(said), out->bytes, sizeof out->bytes))
        return SUAN_OK;
    if (bar == NULL)
        return suan_error_set(error, SUAN_E_USAGE, "ledger.account", "see 'suan ledger accounts'",
                              "'%s' is neither an account's id nor PROGRAMME|IDENT", said);
    SUAN_CLEANUP(suan_freep) char *programme = strndup(said, (size_t)(bar - said));
    if (programme == NULL)
        return suan_error_set(error, SUAN_E_MEMORY, "memory", NULL, "out of memory");
    *out = suan_credit_account(programme, bar + 1);
    return SUAN_OK;
}

enum suan_status suan_service_ledger_history(struct suan_service *service, const char *said,
                                             struct suan_json **out_result, struct suan_error *error)
{
    SUAN_CLEANUP(suan_json_releasep) struct suan_json *result = suan_json_new_object();
    SUAN_CLEANUP(end_tally) struct tally tally = {0};
    struct movements movements = {0};
    struct suan_account account;
    uint64_t now_ns = 0;
    enum suan_status status = begin_tally(service, "movements", result, &tally, error);
    if (status == SUAN_OK)
        status = find_account(said, &movements.account, error);
    if (status == SUAN_OK)
        status = suan_registry_now(service->registry, &now_ns, error);
    if (status == SUAN_OK)
        status = suan_account_get(tally.txn, &movements.account, now_ns, &account, error);
    movements.rows = tally.rows;
    if (status == SUAN_OK)
        status = suan_account_history(tally.txn, &movements.account, 1, add_movement, &movements, error);
    if (status != SUAN_OK)
        return status;
    suan_json_set_integer(result, "balance_fen", suan_account_balance_fen(&account));
    suan_json_set_text(result, "kind", kind_of(account.code));
    *out_result = suan_take(&result);
    return SUAN_OK;
}

enum suan_status suan_service_ledger_check(struct suan_service *service, struct suan_json **out_result,
                                           struct suan_error *error)
{
    SUAN_CLEANUP(suan_txn_endp) struct suan_txn *txn = NULL;
    struct suan_ledger_report report;
    enum suan_status status = service_begin(service, &txn, error);
    if (status == SUAN_OK)
        status = suan_ledger_verify(txn, &report, error);
    if (status != SUAN_OK)
        return status;
    struct suan_json *result = suan_json_new_object();
    suan_json_set_integer(result, "accounts", (int64_t)report.accounts);
    suan_json_set_integer(result, "transfers", (int64_t)report.transfers);
    suan_json_set_integer(result, "failures", (int64_t)report.failures);
    suan_json_set_integer(result, "open_pending", (int64_t)report.open_pending);
    service_mark_clock(service, result);
    *out_result = result;
    return SUAN_OK;
}

/* --- programmes --------------------------------------------------------------------------------------- */

static enum suan_status add_installed(void *context, const struct suan_installed *one)
{
    struct tally *tally = context;
    struct suan_json *row = suan_json_new_object();
    suan_json_set_text(row, "id", one->id);
    if (one->version > 0)
        suan_json_set_integer(row, "version", one->version);
    suan_json_set_hex(row, "digest", one->digest.bytes, SUAN_DIGEST_SIZE);
    suan_json_set_integer(row, "index", (int64_t)one->index);
    suan_json_set_integer(row, "installed_ns", (int64_t)one->time_ns);
    suan_json_add(tally->rows, row);
    return SUAN_OK;
}

enum suan_status suan_service_programme_list(struct suan_service *service, struct suan_json **out_result,
                                             struct suan_error *error)
{
    SUAN_CLEANUP(suan_json_releasep) struct suan_json *result = suan_json_new_object();
    SUAN_CLEANUP(end_tally) struct tally tally = {0};
    enum suan_status status = begin_tally(service, "programmes", result, &tally, error);
    if (status == SUAN_OK)
        status = suan_programme_each(tally.txn, add_installed, &tally, error);
    tally.rows = suan_json_new_array();
    suan_json_set(result, "tariffs", tally.rows);
    if (status == SUAN_OK)
        status = suan_tariff_each(tally.txn, add_installed, &tally, error);
    if (status == SUAN_OK)
        *out_result = suan_take(&result);
    return status;
}
