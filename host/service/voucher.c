/* Vouchers for people's eyes, and one with all that it rests on. */
#include "voucher.h"

#include <stdio.h>

#include "base/cleanup.h"
#include "context.h"
#include "ledger/ledger.h"
#include "trust/merkle.h"
#include "voucher/replay.h"

static void set_day(struct suan_json *row, const char *key, int64_t day)
{
    char text[11];
    suan_day_format((int32_t)day, text);
    suan_json_set_text(row, key, text);
}

static enum suan_status set_people(struct suan_txn *txn, const struct suan_voucher_record *v,
                                   struct suan_json *row, struct suan_error *error)
{
    static const struct suan_id nobody = {{0}};
    const struct {
        const char *key;
        const struct suan_id *id;
    } people[] = {{"claimant", &v->claimant}, {"authority", &v->authority}, {"officer", &v->officer},
                  {"reviewer", &v->reviewer}, {"second", &v->second},       {"supplier", &v->supplier}};
    enum suan_status status = SUAN_OK;
    for (size_t i = 0; i < sizeof people / sizeof people[0] && status == SUAN_OK; i++) {
        if (memcmp(people[i].id, &nobody, sizeof nobody) != 0)
            status = service_set_ident(txn, row, people[i].key, people[i].id, error);
    }
    return status;
}

static void set_amounts(const struct suan_voucher_record *v, struct suan_json *row)
{
    const struct {
        const char *key;
        int64_t fen;
    } amounts[] = {{"face_fen", v->face_fen},
                   {"base_fen", v->base_fen},
                   {"available_fen", suan_voucher_available_fen(v)},
                   {"reserved_fen", v->reserved_fen},
                   {"redeemed_fen", v->redeemed_fen},
                   {"released_fen", v->released_fen},
                   {"paid_fen", v->paid_fen},
                   {"clawed_fen", v->clawed_fen},
                   {"recovered_fen", v->recovered_fen},
                   {"written_off_fen", v->written_off_fen}};
    for (size_t i = 0; i < sizeof amounts / sizeof amounts[0]; i++)
        suan_json_set_integer(row, amounts[i].key, amounts[i].fen);
}

static enum suan_status voucher_json(struct suan_txn *txn, const struct suan_voucher_record *v,
                                     struct suan_json *row, struct suan_error *error)
{
    suan_json_set_hex(row, "voucher", v->id.bytes, SUAN_ID_SIZE);
    suan_json_set_text(row, "stage", suan_stage_name(v->stage));
    suan_json_set_text(row, "instrument",
                       v->ledger == SUAN_LEDGER_ALGORITHM ? "algorithm_voucher" : "compute_voucher");
    suan_json_set_text(row, "programme", v->programme);
    suan_json_set_integer(row, "programme_version", v->version);
    suan_json_set_hex(row, "rules", v->rules.bytes, SUAN_DIGEST_SIZE);
    suan_json_set_hex(row, "claim", v->claim.bytes, SUAN_DIGEST_SIZE);
    set_day(row, "applied", v->applied_day);
    if (v->issued_idx != 0)
        set_day(row, "issued", v->issue_day);
    suan_json_set_text(row, "tier", v->tier);
    suan_json_set_text(row, "binding", v->binding);
    if (v->decided_idx != 0)
        set_amounts(v, row);
    return set_people(txn, v, row, error);
}

struct listing {
    struct suan_txn *txn;
    struct suan_json *rows;
    int64_t issued_fen, redeemed_fen;
    struct suan_error *error;
};

static void listing_done(struct listing *listing)
{
    suan_txn_end(listing->txn);
    suan_json_release(listing->rows);
}

static enum suan_status add_voucher(void *context, const struct suan_voucher_record *voucher)
{
    struct listing *listing = context;
    struct suan_json *row = suan_json_new_object();
    enum suan_status status = voucher_json(listing->txn, voucher, row, listing->error);
    suan_json_add(listing->rows, row);
    listing->issued_fen += voucher->issued_idx != 0 ? voucher->face_fen : 0;
    listing->redeemed_fen += voucher->redeemed_fen;
    return status;
}

enum suan_status suan_service_voucher_list(struct suan_service *service, struct suan_json **out_result,
                                           struct suan_error *error)
{
    SUAN_CLEANUP(listing_done) struct listing listing = {.rows = suan_json_new_array(), .error = error};
    enum suan_status status = service_begin(service, &listing.txn, error);
    if (status == SUAN_OK)
        status = suan_voucher_each(listing.txn, add_voucher, &listing, error);
    if (status != SUAN_OK)
        return status;
    *out_result = suan_json_new_object();
    suan_json_set(*out_result, "vouchers", suan_take(&listing.rows));
    suan_json_set_integer(*out_result, "issued_fen", listing.issued_fen);
    suan_json_set_integer(*out_result, "redeemed_fen", listing.redeemed_fen);
    service_mark_clock(service, *out_result);
    return SUAN_OK;
}

/* --- one with all that it rests on -------------------------------------------------------------------- */

/* The event's row, if its command is this voucher's application or names it. */
static enum suan_status add_event(struct suan_txn *txn, const struct suan_voucher_record *v, uint64_t index,
                                  struct suan_json *rows, struct suan_error *error)
{
    SUAN_CLEANUP(suan_command_done) struct suan_command command = {0};
    struct suan_span bytes;
    struct suan_leaf leaf;
    struct suan_id named = {{0}};
    enum suan_status status = suan_log_leaf(txn, SUAN_LOG_LEDGER, index, &bytes, error);
    if (status == SUAN_OK)
        status = suan_leaf_decode(bytes, &leaf, error);
    if (status == SUAN_OK)
        status = suan_command_parse(leaf.command, &command, error);
    if (status != SUAN_OK)
        return status;
    if (index == v->applied_idx)
        named = command.id;
    else if (!suan_unhex(suan_json_text(suan_json_find(command.body, "voucher")), named.bytes, SUAN_ID_SIZE))
        return SUAN_OK;
    if (memcmp(&named, &v->id, sizeof named) != 0)
        return SUAN_OK;
    struct suan_json *row = suan_json_new_object();
    struct suan_digest hash = suan_merkle_leaf(bytes);
    suan_json_set_integer(row, "index", (int64_t)index);
    suan_json_set_integer(row, "time_ns", (int64_t)leaf.time_ns);
    suan_json_set_text(row, "kind", suan_event_name(leaf.kind));
    suan_json_set_span(row, "by", command.by);
    suan_json_set_span(row, "step", suan_json_text(suan_json_find(command.body, "step")));
    suan_json_set_hex(row, "leaf", hash.bytes, SUAN_DIGEST_SIZE);
    suan_json_add(rows, row);
    return SUAN_OK;
}

static enum suan_status set_events(struct suan_txn *txn, const struct suan_voucher_record *v,
                                   struct suan_json *result, struct suan_error *error)
{
    struct suan_json *rows = suan_json_new_array();
    enum suan_status status = SUAN_OK;
    suan_json_set(result, "events", rows);
    for (uint64_t index = v->applied_idx; index <= v->changed_idx && status == SUAN_OK; index++)
        status = add_event(txn, v, index, rows, error);
    return status;
}

struct moving {
    struct suan_id account;
    struct suan_json *rows;
};

static enum suan_status add_movement(void *context, const struct suan_movement *movement)
{
    struct moving *moving = context;
    struct suan_json *row = suan_json_new_object();
    bool out = memcmp(&movement->transfer.debit, &moving->account, sizeof moving->account) == 0;
    const struct suan_id *other = out ? &movement->transfer.credit : &movement->transfer.debit;
    suan_json_set_integer(row, "event", (int64_t)movement->transfer.cause);
    suan_json_set_integer(row, "fen", out ? -movement->transfer.amount_fen : movement->transfer.amount_fen);
    suan_json_set_integer(row, "balance_fen", movement->credits_posted_fen - movement->debits_posted_fen);
    suan_json_set_integer(row, "reserved_fen", movement->debits_pending_fen);
    suan_json_set_hex(row, "other", other->bytes, SUAN_ID_SIZE);
    suan_json_add(moving->rows, row);
    return SUAN_OK;
}

static enum suan_status set_movements(struct suan_txn *txn, const struct suan_voucher_record *v,
                                      struct suan_json *result, struct suan_error *error)
{
    char hex[2 * SUAN_ID_SIZE + 1];
    suan_hex(v->id.bytes, SUAN_ID_SIZE, hex);
    struct moving moving = {suan_voucher_account("voucher", hex, ""), suan_json_new_array()};
    suan_json_set(result, "movements", moving.rows);
    return suan_account_history(txn, &moving.account, 1, add_movement, &moving, error);
}

static enum suan_status set_trace(const struct suan_trace *trace, const struct suan_decision *decision,
                                  enum suan_language language, struct suan_json *award,
                                  struct suan_error *error)
{
    SUAN_CLEANUP(suan_buffer_done) struct suan_buffer text = {0};
    SUAN_CLEANUP(suan_json_freep) struct suan_json_document *document = NULL;
    enum suan_status status = suan_trace_explain(trace, decision, language, &text, error);
    if (status != SUAN_OK)
        return status;
    suan_json_set_span(award, "explanation", suan_buffer_span(&text));
    suan_buffer_clear(&text);
    status = suan_trace_format(trace, decision, &text, error);
    if (status == SUAN_OK)
        status = suan_json_parse(suan_buffer_span(&text), SIZE_MAX, SUAN_JSON_NULLS | SUAN_JSON_NEWLINES,
                                 "trace", &document, error);
    if (status == SUAN_OK)
        suan_json_set_copy(award, "trace", suan_json_root(document));
    return status;
}

static enum suan_status set_award(struct suan_txn *txn, const struct suan_voucher_record *v,
                                  enum suan_language language, struct suan_json *result,
                                  struct suan_error *error)
{
    SUAN_CLEANUP(suan_replay_freep) struct suan_replay *replay = NULL;
    SUAN_CLEANUP(suan_trace_done) struct suan_trace trace = {0};
    struct suan_decision decision;
    struct suan_json *award = suan_json_new_object();
    suan_json_set(result, "award", award);
    enum suan_status status = suan_voucher_replay(txn, v, &trace, &decision, &replay, error);
    if (status == SUAN_OK)
        status = set_trace(&trace, &decision, language, award, error);
    if (status != SUAN_OK)
        return status;
    bool recomputes = decision.outcome == SUAN_OUTCOME_AWARD && decision.award_fen == v->face_fen &&
                      strcmp(decision.binding, v->binding) == 0;
    suan_json_set_integer(award, "award_fen", decision.award_fen);
    suan_json_set_text(award, "binding", decision.binding);
    suan_json_set_boolean(award, "recomputes", recomputes);
    return recomputes
               ? SUAN_OK
               : suan_error_set(error, SUAN_E_INTEGRITY, "voucher.award", "run 'suan registry verify'",
                                "the award on record is %lld fen, but its inputs give %lld by %s",
                                (long long)v->face_fen, (long long)decision.award_fen, decision.binding);
}

static enum suan_status find_voucher(struct suan_txn *txn, const char *said, struct suan_voucher_record *out,
                                     struct suan_error *error)
{
    struct suan_id id;
    if (!suan_unhex(suan_span_text(said), id.bytes, SUAN_ID_SIZE))
        return suan_error_set(error, SUAN_E_USAGE, "voucher.id", "see 'suan voucher list'",
                              "'%s' is no id of a voucher: 32 hexadecimal digits", said);
    return suan_voucher_get(txn, &id, out, error);
}

enum suan_status suan_service_voucher_show(struct suan_service *service, const char *said,
                                           enum suan_voucher_detail detail, const char *language,
                                           struct suan_json **out_result, struct suan_error *error)
{
    SUAN_CLEANUP(suan_json_releasep) struct suan_json *result = suan_json_new_object();
    SUAN_CLEANUP(suan_txn_endp) struct suan_txn *txn = NULL;
    struct suan_voucher_record voucher;
    struct suan_json *row = suan_json_new_object();
    bool is_chinese = language != NULL && strcmp(language, "zh") == 0;
    suan_json_set(result, "voucher", row);
    enum suan_status status = service_begin(service, &txn, error);
    if (status == SUAN_OK)
        status = find_voucher(txn, said, &voucher, error);
    if (status == SUAN_OK)
        status = voucher_json(txn, &voucher, row, error);
    if (status == SUAN_OK && detail == SUAN_VOUCHER_TRACED)
        status = set_events(txn, &voucher, result, error);
    if (status == SUAN_OK && detail == SUAN_VOUCHER_TRACED && voucher.issued_idx != 0)
        status = set_movements(txn, &voucher, result, error);
    if (status == SUAN_OK && detail == SUAN_VOUCHER_TRACED && voucher.issued_idx != 0)
        status = set_award(txn, &voucher, is_chinese ? SUAN_LANGUAGE_CHINESE : SUAN_LANGUAGE_ENGLISH, result,
                           error);
    if (status != SUAN_OK)
        return status;
    service_mark_clock(service, result);
    *out_result = suan_take(&result);
    return SUAN_OK;
}
