/*
 * Contribution credits 算法券: what a receipt earns its algorithm's owners, computed from what is on record
 * and nothing else. Rows: credit digest32 -> the record below; earned 41|PROGRAMME|00|algorithm16|year4, and
 * 4f with an owner16, -> fen8 credited in that year.
 */
#include <stdio.h>

#include "base/cleanup.h"
#include "catalog/identity.h"
#include "catalog/member.h"
#include "catalog/review.h"
#include "ledger/ledger.h"
#include "policy/earn.h"
#include "policy/tariff.h"
#include "receipt.h"
#include "record.h"

#define YEAR_NS (UINT64_C(365) * 86400 * 1000000000)

/* Kinds of account and movement, on disk. */
enum {
    ACCOUNT_ISSUER = 1,
    ACCOUNT_POOL = 2,
    ACCOUNT_CREDIT = 3,
    ACCOUNT_SETTLED = 4,
    MOVE_REFILL = 1,
    MOVE_CREDIT = 2,
    MOVE_SETTLE = 3
};

/* --- rows --------------------------------------------------------------------------------------------- */

static enum suan_status decode_credit(struct suan_span key, struct suan_span value,
                                      struct suan_credit_record *out, struct suan_error *error)
{
    struct row_reader head = {key, false}, reader = {value, false};
    *out = (struct suan_credit_record){0};
    row_bytes(&head, out->receipt.bytes, SUAN_DIGEST_SIZE);
    row_text(&reader, out->programme, sizeof out->programme);
    row_text(&reader, out->tariff, sizeof out->tariff);
    row_text(&reader, out->binding, sizeof out->binding);
    int64_t *const numbers[] = {&out->programme_version, &out->fen_per_cpu_hour, &out->year_index,
                                &out->saving_ns,         &out->saved_fen,        &out->credit_fen};
    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++)
        *numbers[i] = (int64_t)row_u64(&reader);
    out->index = row_u64(&reader);
    out->time_ns = row_u64(&reader);
    while (!reader.bad && reader.rest.size > 0 && out->share_count < SUAN_OWNERS_MAX) {
        size_t i = out->share_count++;
        row_bytes(&reader, out->shares[i].owner.bytes, SUAN_ID_SIZE);
        out->shares[i].bp = (uint32_t)row_u64(&reader);
        out->parts_fen[i] = (int64_t)row_u64(&reader);
    }
    reader.bad |= head.bad;
    return row_check(&reader, "credit", error);
}

static enum suan_status put_credit(struct suan_txn *txn, const struct suan_credit_record *record,
                                   struct suan_error *error)
{
    SUAN_CLEANUP(suan_buffer_done) struct suan_buffer value = {0};
    const int64_t numbers[] = {record->programme_version, record->fen_per_cpu_hour, record->year_index,
                               record->saving_ns,         record->saved_fen,        record->credit_fen};
    row_put_text(&value, record->programme);
    row_put_text(&value, record->tariff);
    row_put_text(&value, record->binding);
    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++)
        suan_buffer_append_be64(&value, (uint64_t)numbers[i]);
    suan_buffer_append_be64(&value, record->index);
    suan_buffer_append_be64(&value, record->time_ns);
    for (size_t i = 0; i < record->share_count; i++) {
        suan_buffer_append(&value, record->shares[i].owner.bytes, SUAN_ID_SIZE);
        suan_buffer_append_be64(&value, record->shares[i].bp);
        suan_buffer_append_be64(&value, (uint64_t)record->parts_fen[i]);
    }
    enum suan_status status = suan_buffer_check(&value, error);
    return status != SUAN_OK
               ? status
               : suan_row_put(txn, SUAN_TABLE_CREDIT, suan_span(record->receipt.bytes, SUAN_DIGEST_SIZE),
                              suan_buffer_span(&value), error);
}

enum suan_status suan_credit_get(struct suan_txn *txn, const struct suan_digest *receipt,
                                 struct suan_credit_record *out, struct suan_error *error)
{
    struct suan_span key = suan_span(receipt->bytes, SUAN_DIGEST_SIZE), value;
    enum suan_status status = suan_row_get(txn, SUAN_TABLE_CREDIT, key, &value, error);
    if (status == SUAN_E_NOT_FOUND)
        return suan_error_set(error, SUAN_E_NOT_FOUND, "credit.absent", "let it earn: 'suan credit earn'",
                              "that receipt has earned no credit");
    return status != SUAN_OK ? status : decode_credit(key, value, out, error);
}

enum suan_status suan_credit_each(struct suan_txn *txn,
                                  enum suan_status (*visit)(void *context,
                                                            const struct suan_credit_record *one),
                                  void *context, struct suan_error *error)
{
    SUAN_CLEANUP(suan_scan_endp) struct suan_scan *scan = NULL;
    enum suan_status status =
        suan_scan_begin(txn, SUAN_TABLE_CREDIT, suan_span(NULL, 0), suan_span(NULL, 0), &scan, error);
    while (status == SUAN_OK) {
        struct suan_span key, value;
        struct suan_credit_record record;
        status = suan_scan_next(scan, &key, &value, error);
        if (status == SUAN_E_NOT_FOUND)
            return SUAN_OK;
        if (status == SUAN_OK)
            status = decode_credit(key, value, &record, error);
        if (status == SUAN_OK)
            status = visit(context, &record);
    }
    return status;
}

/* --- what was credited this year ---------------------------------------------------------------------- */

enum used_by { USED_BY_ALGORITHM = 'A', USED_BY_OWNER = 'O' };
enum { USED_KEY_MAX = 1 + SUAN_PROGRAMME_ID_MAX + 1 + SUAN_ID_SIZE + 4 };

static size_t used_key(enum used_by by, const char *programme, const struct suan_id *who, int32_t year,
                       uint8_t out[USED_KEY_MAX])
{
    size_t size = strlen(programme);
    out[0] = (uint8_t)by;
    memcpy(out + 1, programme, size + 1);
    memcpy(out + size + 2, who->bytes, SUAN_ID_SIZE);
    suan_put_be32(out + size + 2 + SUAN_ID_SIZE, (uint32_t)year);
    return size + 2 + SUAN_ID_SIZE + 4;
}

static enum suan_status get_used(struct suan_txn *txn, enum used_by by, const char *programme,
                                 const struct suan_id *who, int32_t year, int64_t *out_fen,
                                 struct suan_error *error)
{
    uint8_t key[USED_KEY_MAX];
    struct suan_span value;
    size_t size = used_key(by, programme, who, year, key);
    enum suan_status status = suan_row_get(txn, SUAN_TABLE_EARNED, suan_span(key, size), &value, error);
    *out_fen = 0;
    if (status == SUAN_E_NOT_FOUND)
        return SUAN_OK;
    if (status != SUAN_OK)
        return status;
    struct row_reader reader = {value, false};
    *out_fen = (int64_t)row_u64(&reader);
    return row_check(&reader, "earned", error);
}

static enum suan_status add_used(struct suan_txn *txn, enum used_by by, const char *programme,
                                 const struct suan_id *who, int32_t year, int64_t fen,
                                 struct suan_error *error)
{
    uint8_t key[USED_KEY_MAX], value[8];
    int64_t used = 0;
    size_t size = used_key(by, programme, who, year, key);
    enum suan_status status = get_used(txn, by, programme, who, year, &used, error);
    if (status != SUAN_OK)
        return status;
    suan_put_be64(value, (uint64_t)(used + fen));
    return suan_row_put(txn, SUAN_TABLE_EARNED, suan_span(key, size), suan_span(value, sizeof value), error);
}

/* --- the inputs of a credit --------------------------------------------------------------------------- */

struct earning {
    struct suan_receipt_record receipt;
    struct suan_release release;
    struct suan_programme *programme;
    char programme_id[SUAN_PROGRAMME_ID_MAX + 1];
    struct suan_tariff tariff;
    struct suan_receipt_basis basis;
    uint64_t plan_index; /* of the measurement: what was vetted before it, it had to beat */
    char role[17];       /* of its baseline */
    struct suan_review_state standing;
    struct suan_owner_table owners;
    struct suan_earn_owner earners[SUAN_OWNERS_MAX];
    int32_t year;
    struct suan_earn_decision decision;
};

static void earning_done(struct earning *earning)
{
    suan_programme_free(earning->programme);
}

static enum suan_status refuse(struct suan_error *error, const char *code, const char *what)
{
    return suan_error_set(error, SUAN_E_REFUSED, code, NULL, "credit: %s", what);
}

static enum suan_status load_receipt(struct suan_txn *txn, const struct suan_act *act, struct earning *out,
                                     struct suan_error *error)
{
    struct suan_digest digest;
    enum suan_status status = suan_json_get_hex(act->command->body, "receipt", SUAN_JSON_REQUIRED,
                                                digest.bytes, SUAN_DIGEST_SIZE, "", error);
    if (status == SUAN_OK)
        status = suan_receipt_get(txn, &digest, &out->receipt, error);
    if (status == SUAN_OK)
        status = suan_release_by_digest(txn, &out->receipt.tar, &out->release, error);
    if (status == SUAN_OK)
        status =
            suan_owner_get_at(txn, &out->receipt.algorithm, out->receipt.registry_size, &out->owners, error);
    if (status == SUAN_OK)
        status = suan_review_state(txn, &out->release, out->receipt.time_ns, &out->standing, error);
    return status;
}

static enum suan_status load_rules(struct suan_txn *txn, const struct suan_act *act, struct earning *out,
                                   struct suan_error *error)
{
    struct suan_installed programme, tariff;
    struct suan_span id = {NULL, 0};
    enum suan_status status = suan_json_get_text(act->command->body, "programme", SUAN_JSON_REQUIRED,
                                                 SUAN_PROGRAMME_ID_MAX, &id, "", error);
    if (status == SUAN_OK)
        status = suan_programme_get(txn, id, &programme, error);
    if (status == SUAN_OK)
        status = suan_programme_parse(programme.text, programme.digest.bytes, programme.id, &out->programme,
                                      error);
    if (status == SUAN_OK)
        status = suan_tariff_get(txn, out->receipt.end_ns, &tariff, error);
    if (status == SUAN_OK)
        status = suan_tariff_parse(tariff.text, tariff.id, &out->tariff, error);
    if (status != SUAN_OK)
        return status;
    snprintf(out->programme_id, sizeof out->programme_id, "%s", programme.id);
    out->year = suan_day_year(suan_day_of_time(act->time_ns));
    if (!suan_programme_in_force(out->programme, suan_day_of_time(act->time_ns)))
        return refuse(error, "credit.programme", "the programme is not in force");
    return SUAN_OK;
}

/* The measurement that the receipt names, read from its envelope on record. */
static enum suan_status load_basis(struct suan_txn *txn, struct earning *out, struct suan_error *error)
{
    SUAN_CLEANUP(suan_json_freep) struct suan_json_document *document = NULL;
    SUAN_CLEANUP(suan_receipt_freep) struct suan_receipt *receipt = NULL;
    const struct suan_json *measurement = NULL;
    int64_t plan_index = 0;
    struct suan_span role = {NULL, 0};
    enum suan_status status = receipt_open(txn, &out->receipt.blob, &receipt, error);
    if (status == SUAN_OK)
        status = receipt_basis_of(txn, &receipt->tar, &receipt->measurement, &document, &measurement, error);
    if (status == SUAN_OK)
        status = suan_receipt_basis_read(measurement, &out->basis, error);
    if (status == SUAN_OK)
        status = suan_json_get_text(suan_json_find(measurement, "baseline"), "role", SUAN_JSON_REQUIRED,
                                    sizeof out->role - 1, &role, "baseline", error);
    if (status == SUAN_OK)
        status = suan_json_get_integer(suan_json_find(measurement, "seed"), "plan_index", SUAN_JSON_REQUIRED,
                                       0, INT64_MAX, &plan_index, "seed", error);
    if (status != SUAN_OK)
        return status;
    snprintf(out->role, sizeof out->role, "%.*s", SUAN_SPAN_PRINTF(role));
    out->plan_index = (uint64_t)plan_index;
    return SUAN_OK;
}

/* --- what stands against it --------------------------------------------------------------------------- */

struct frontier {
    struct suan_txn *txn;
    const struct earning *earning;
    uint64_t now_ns;
    struct suan_error *error;
};

/* The same saving is never paid twice: whoever is measured after another was vetted has to beat that one. */
static enum suan_status look_for_frontier(void *context, const struct suan_release *other)
{
    struct frontier *frontier = context;
    const struct earning *earning = frontier->earning;
    struct suan_review_state state;
    bool same_task = false;
    for (size_t i = 0; i < other->task_count; i++)
        same_task |= strcmp(other->tasks[i], earning->release.tasks[0]) == 0;
    if (!same_task || other->kind != SUAN_KIND_ALGORITHM ||
        memcmp(other->algorithm.bytes, earning->release.algorithm.bytes, SUAN_ID_SIZE) == 0)
        return SUAN_OK;
    enum suan_status status =
        suan_review_state(frontier->txn, other, frontier->now_ns, &state, frontier->error);
    if (status == SUAN_OK && state.vetted_ns != 0 && state.vetted_idx < earning->plan_index)
        return suan_error_set(
            frontier->error, SUAN_E_REFUSED, "credit.frontier", "measure it against the best vetted release",
            "credit: %s@%s was vetted before this measurement was planned, which is against the incumbent",
            other->name, other->version);
    return status;
}

static enum suan_status check_frontier(struct suan_txn *txn, const struct suan_act *act,
                                       const struct earning *earning, struct suan_error *error)
{
    struct frontier frontier = {txn, earning, act->time_ns, error};
    if (strcmp(earning->role, "frontier") == 0)
        return SUAN_OK;
    if (strcmp(earning->role, "incumbent") != 0)
        return refuse(error, "credit.frontier",
                      "its measurement is against a baseline that the measurer chose");
    return suan_release_each(txn, NULL, look_for_frontier, &frontier, error);
}

/* Use by the owners themselves, or by those tied to them, never earns. */
static enum suan_status check_unrelated(struct suan_txn *txn, const struct earning *earning,
                                        struct suan_error *error)
{
    for (size_t i = 0; i < earning->owners.count; i++) {
        const struct suan_id *owner = &earning->owners.shares[i].owner;
        enum suan_status status =
            suan_member_untied(txn, &earning->receipt.user, owner, earning->receipt.time_ns, NULL);
        if (status == SUAN_OK)
            status = suan_member_untied(txn, owner, &earning->receipt.user, earning->receipt.time_ns, NULL);
        if (status == SUAN_E_PERMISSION)
            return refuse(error, "credit.related", "its user is an owner of the algorithm, or tied to one");
        if (status != SUAN_OK)
            return status;
    }
    return SUAN_OK;
}

static enum suan_status check_standing(const struct earning *earning, struct suan_error *error)
{
    if (earning->receipt.state == SUAN_RECEIPT_EARNED)
        return suan_error_set(error, SUAN_E_CONFLICT, "credit.earned", "see 'suan credit list'",
                              "credit: this receipt has earned already");
    if (earning->standing.vetted_ns == 0)
        return refuse(error, "credit.unvetted", "the release was not vetted when the receipt was submitted");
    if (earning->standing.standing == SUAN_STANDING_REVOKED ||
        earning->standing.standing == SUAN_STANDING_TAKEN_DOWN)
        return refuse(error, "credit.revoked", "the release is revoked");
    return SUAN_OK;
}

/* --- the decision ------------------------------------------------------------------------------------- */

static enum suan_status gather_room(struct suan_txn *txn, struct earning *earning,
                                    int64_t *out_algorithm_used, struct suan_error *error)
{
    enum suan_status status = get_used(txn, USED_BY_ALGORITHM, earning->programme_id,
                                       &earning->receipt.algorithm, earning->year, out_algorithm_used, error);
    for (size_t i = 0; i < earning->owners.count && status == SUAN_OK; i++) {
        earning->earners[i].share_bp = earning->owners.shares[i].bp;
        status = get_used(txn, USED_BY_OWNER, earning->programme_id, &earning->owners.shares[i].owner,
                          earning->year, &earning->earners[i].used_fen, error);
    }
    return status;
}

static int64_t year_index(const struct suan_act *act, const struct earning *earning)
{
    uint64_t since = earning->standing.vetted_ns;
    return act->time_ns > since ? (int64_t)((act->time_ns - since) / YEAR_NS) : 0;
}

static enum suan_status decide(struct suan_txn *txn, const struct suan_act *act, struct earning *earning,
                               struct suan_error *error)
{
    struct suan_earn_claim claim = {.saving_ns = earning->receipt.saving_ns,
                                    .invocations = 1,
                                    .cards = 1,
                                    .fen_per_hour = earning->tariff.fen_per_cpu_hour,
                                    .baseline_ns = earning->basis.baseline_ns,
                                    .credited_ns = earning->basis.credited_ns,
                                    .runs = earning->basis.blocks,
                                    .year_index = year_index(act, earning)};
    enum suan_status status = gather_room(txn, earning, &claim.algorithm_used_fen, error);
    if (status != SUAN_OK)
        return status;
    claim.owner_room_fen =
        suan_earn_owner_room(earning->programme, earning->earners, (uint32_t)earning->owners.count);
    status = suan_policy_earn(earning->programme, &claim, &earning->decision, error);
    if (status != SUAN_OK)
        return status;
    if (earning->decision.outcome == SUAN_EARN_CREDIT && earning->decision.credit_fen > 0)
        return SUAN_OK;
    return suan_error_set(error, earning->decision.is_room ? SUAN_E_EXHAUSTED : SUAN_E_REFUSED,
                          "credit.refused", NULL, "credit: refused by %s; saved %lld fen",
                          earning->decision.binding, (long long)earning->decision.saved_fen);
}

static enum suan_status load(struct suan_txn *txn, const struct suan_act *act, struct earning *out,
                             struct suan_error *error)
{
    enum suan_status status = load_receipt(txn, act, out, error);
    if (status == SUAN_OK)
        status = load_rules(txn, act, out, error);
    return status != SUAN_OK ? status : load_basis(txn, out, error);
}

/* The operator, an authority, or an owner may ask for it: everything else is on record. */
static enum suan_status check_asker(struct suan_txn *txn, const struct suan_act *act,
                                    const struct earning *earning, struct suan_error *error)
{
    struct suan_identity asker;
    for (size_t i = 0; i < earning->owners.count; i++) {
        if (suan_act_require(txn, act, &earning->owners.shares[i].owner, SUAN_ROLE_FINANCE, "", NULL) ==
            SUAN_OK)
            return SUAN_OK;
    }
    enum suan_status status = suan_identity_get(txn, &act->by, &asker, error);
    if (status == SUAN_OK && asker.type != SUAN_IDENT_AUTHORITY && asker.type != SUAN_IDENT_OPERATOR)
        return suan_error_set(error, SUAN_E_PERMISSION, "event.permission", NULL,
                              "an owner, an authority or the operator lets a receipt earn");
    return status != SUAN_OK ? status
                             : suan_act_require(txn, act, &act->by, SUAN_ROLE_FINANCE, "a credit", error);
}

enum suan_status check_earn(struct suan_txn *txn, const struct suan_act *act, struct suan_error *error)
{
    SUAN_CLEANUP(earning_done) struct earning earning = {0};
    enum suan_status status = load(txn, act, &earning, error);
    if (status == SUAN_OK)
        status = check_asker(txn, act, &earning, error);
    if (status == SUAN_OK)
        status = check_standing(&earning, error);
    if (status == SUAN_OK)
        status = check_unrelated(txn, &earning, error);
    if (status == SUAN_OK)
        status = check_frontier(txn, act, &earning, error);
    return status != SUAN_OK ? status : decide(txn, act, &earning, error);
}

/* --- posting ------------------------------------------------------------------------------------------ */

static struct suan_id account_named(const char *kind, const char *programme, const char *who)
{
    char name[3 * SUAN_PROGRAMME_ID_MAX];
    snprintf(name, sizeof name, "%s|%s|%s", kind, programme, who);
    return suan_account_id(suan_span_text(name));
}

struct suan_id suan_credit_account(const char *programme, const char *ident)
{
    return account_named("credit", programme, ident);
}

static enum suan_status open_account(struct suan_txn *txn, const struct suan_act *act,
                                     const struct suan_id *id, uint16_t code, const struct suan_id *ref,
                                     struct suan_error *error)
{
    struct suan_account account = {.id = *id,
                                   .ledger = SUAN_LEDGER_ALGORITHM,
                                   .code = code,
                                   .flags =
                                       code == ACCOUNT_ISSUER ? SUAN_ACCOUNT_ISSUER : SUAN_ACCOUNT_HOLDER,
                                   .ref = *ref};
    return suan_account_open(txn, &account, (struct suan_occasion){act->time_ns, act->index}, error);
}

static enum suan_status open_owner(struct suan_txn *txn, const struct suan_act *act,
                                   const struct earning *earning, size_t i, struct suan_id *out,
                                   struct suan_error *error)
{
    struct suan_identity owner;
    enum suan_status status = suan_identity_get(txn, &earning->owners.shares[i].owner, &owner, error);
    if (status != SUAN_OK)
        return status;
    *out = suan_credit_account(earning->programme_id, owner.ident);
    return open_account(txn, act, out, ACCOUNT_CREDIT, &owner.id, error);
}

static struct suan_transfer transfer(const struct suan_act *act, size_t n, const struct suan_id *from,
                                     const struct suan_id *to, int64_t fen, uint16_t code)
{
    return (struct suan_transfer){.id = suan_transfer_id(&act->command->id, (uint32_t)n),
                                  .debit = *from,
                                  .credit = *to,
                                  .amount_fen = fen,
                                  .ledger = SUAN_LEDGER_ALGORITHM,
                                  .code = code,
                                  .ref = act->command->id};
}

/* One chain: the issuer refills the pool by exactly the credit, the pool pays each owner. */
static enum suan_status post(struct suan_txn *txn, const struct suan_act *act, const struct earning *earning,
                             const struct suan_credit_record *record, struct suan_error *error)
{
    struct suan_transfer chain[SUAN_OWNERS_MAX + 1];
    char year[8];
    size_t count = 0;
    snprintf(year, sizeof year, "%04d", earning->year % 10000);
    struct suan_id issuer = account_named("issuer", record->programme, "");
    struct suan_id pool = account_named("pool", record->programme, year);
    enum suan_status status = open_account(txn, act, &issuer, ACCOUNT_ISSUER, &act->by, error);
    if (status == SUAN_OK)
        status = open_account(txn, act, &pool, ACCOUNT_POOL, &act->by, error);
    chain[count++] = transfer(act, 0, &issuer, &pool, record->credit_fen, MOVE_REFILL);
    for (size_t i = 0; i < record->share_count && status == SUAN_OK; i++) {
        struct suan_id owner;
        if (record->parts_fen[i] == 0)
            continue;
        status = open_owner(txn, act, earning, i, &owner, error);
        chain[count] = transfer(act, count, &pool, &owner, record->parts_fen[i], MOVE_CREDIT);
        count++;
    }
    return status != SUAN_OK
               ? status
               : suan_ledger_post(txn, chain, count, (struct suan_occasion){act->time_ns, act->index}, error);
}

static enum suan_status fill_record(const struct suan_act *act, const struct earning *earning,
                                    struct suan_credit_record *out, struct suan_error *error)
{
    *out = (struct suan_credit_record){.receipt = earning->receipt.digest,
                                       .programme_version = earning->programme->version,
                                       .fen_per_cpu_hour = earning->tariff.fen_per_cpu_hour,
                                       .year_index = year_index(act, earning),
                                       .saving_ns = earning->receipt.saving_ns,
                                       .saved_fen = earning->decision.saved_fen,
                                       .credit_fen = earning->decision.credit_fen,
                                       .index = act->index,
                                       .time_ns = act->time_ns,
                                       .share_count = earning->owners.count};
    snprintf(out->programme, sizeof out->programme, "%s", earning->programme_id);
    snprintf(out->tariff, sizeof out->tariff, "%s", earning->tariff.id);
    snprintf(out->binding, sizeof out->binding, "%s", earning->decision.binding);
    memcpy(out->shares, earning->owners.shares, sizeof out->shares);
    if (suan_earn_split(out->credit_fen, earning->earners, (uint32_t)out->share_count, out->parts_fen))
        return SUAN_OK;
    return suan_error_set(error, SUAN_E_INTEGRITY, "store.corrupt", "run 'suan registry verify'",
                          "the owners' shares do not sum to the whole");
}

static enum suan_status count_used(struct suan_txn *txn, const struct earning *earning,
                                   const struct suan_credit_record *record, struct suan_error *error)
{
    enum suan_status status = add_used(txn, USED_BY_ALGORITHM, record->programme, &earning->receipt.algorithm,
                                       earning->year, record->credit_fen, error);
    for (size_t i = 0; i < record->share_count && status == SUAN_OK; i++)
        status = add_used(txn, USED_BY_OWNER, record->programme, &record->shares[i].owner, earning->year,
                          record->parts_fen[i], error);
    return status;
}

enum suan_status apply_earn(struct suan_txn *txn, const struct suan_act *act, struct suan_error *error)
{
    SUAN_CLEANUP(earning_done) struct earning earning = {0};
    struct suan_credit_record record;
    enum suan_status status = load(txn, act, &earning, error);
    if (status == SUAN_OK)
        status = decide(txn, act, &earning, error);
    if (status == SUAN_OK)
        status = fill_record(act, &earning, &record, error);
    if (status == SUAN_OK)
        status = post(txn, act, &earning, &record, error);
    if (status == SUAN_OK)
        status = count_used(txn, &earning, &record, error);
    if (status == SUAN_OK)
        status = put_credit(txn, &record, error);
    return status != SUAN_OK ? status : receipt_mark_earned(txn, &record.receipt, error);
}

/* --- credit.settle ------------------------------------------------------------------------------------ */

/* What the authority pays out to an owner, by bank. */
struct settlement {
    struct suan_identity owner;
    char programme[SUAN_PROGRAMME_ID_MAX + 1];
    int64_t amount_fen;
};

static enum suan_status read_settlement(struct suan_txn *txn, const struct suan_act *act,
                                        struct settlement *out, struct suan_error *error)
{
    const struct suan_json *body = act->command->body;
    struct suan_span owner = {NULL, 0}, programme = {NULL, 0}, reference = {NULL, 0};
    enum suan_status status =
        suan_json_get_text(body, "owner", SUAN_JSON_REQUIRED, SUAN_IDENT_MAX, &owner, "", error);
    if (status == SUAN_OK)
        status = suan_json_get_text(body, "programme", SUAN_JSON_REQUIRED, SUAN_PROGRAMME_ID_MAX, &programme,
                                    "", error);
    if (status == SUAN_OK)
        status = suan_json_get_text(body, "reference", SUAN_JSON_REQUIRED, 128, &reference, "", error);
    if (status == SUAN_OK)
        status = suan_json_get_integer(body, "amount_fen", SUAN_JSON_REQUIRED, 1, INT64_C(9007199254740991),
                                       &out->amount_fen, "", error);
    if (status == SUAN_OK)
        status = suan_identity_find(txn, owner, &out->owner, error);
    snprintf(out->programme, sizeof out->programme, "%.*s", SUAN_SPAN_PRINTF(programme));
    return status;
}

enum suan_status check_settle(struct suan_txn *txn, const struct suan_act *act, struct suan_error *error)
{
    struct settlement settlement;
    struct suan_identity payer;
    struct suan_account account;
    enum suan_status status = read_settlement(txn, act, &settlement, error);
    if (status == SUAN_OK)
        status = suan_identity_get(txn, &act->by, &payer, error);
    if (status == SUAN_OK && payer.type != SUAN_IDENT_AUTHORITY)
        return suan_error_set(error, SUAN_E_PERMISSION, "event.permission", NULL,
                              "an authority settles credits");
    if (status == SUAN_OK)
        status = suan_act_require(txn, act, &act->by, SUAN_ROLE_FINANCE, "a settlement", error);
    struct suan_id id = suan_credit_account(settlement.programme, settlement.owner.ident);
    if (status == SUAN_OK)
        status = suan_account_get(txn, &id, act->time_ns, &account, error);
    if (status == SUAN_OK && suan_account_available_fen(&account) < settlement.amount_fen)
        return suan_error_set(error, SUAN_E_EXHAUSTED, "ledger.balance", NULL,
                              "'%s' holds %lld fen, fewer than %lld", settlement.owner.ident,
                              (long long)suan_account_available_fen(&account),
                              (long long)settlement.amount_fen);
    return status;
}

enum suan_status apply_settle(struct suan_txn *txn, const struct suan_act *act, struct suan_error *error)
{
    struct settlement settlement;
    enum suan_status status = read_settlement(txn, act, &settlement, error);
    if (status != SUAN_OK)
        return status;
    struct suan_id from = suan_credit_account(settlement.programme, settlement.owner.ident);
    struct suan_id to = account_named("settled", settlement.programme, "");
    status = open_account(txn, act, &to, ACCOUNT_SETTLED, &act->by, error);
    struct suan_transfer move = transfer(act, 0, &from, &to, settlement.amount_fen, MOVE_SETTLE);
    return status != SUAN_OK
               ? status
               : suan_ledger_post(txn, &move, 1, (struct suan_occasion){act->time_ns, act->index}, error);
}
