/*
 * Offers: a share changes hands when its receiver accepts what its giver offered. Row: offer id16 -> algorithm16, giver16,
 * receiver16, bp4, until8, state4.
 */
#include <stdlib.h>

#include "base/cleanup.h"
#include "fold.h"
#include "identity.h"
#include "owner.h"
#include "owner_row.h"
#include "record.h"

static const char code_conflict[] = "event.conflict";
static const char code_format[] = "event.format";

static enum suan_status put_offer(struct suan_txn *txn, const struct suan_offer *offer,
                                  struct suan_error *error)
{
    SUAN_CLEANUP(suan_buffer_done) struct suan_buffer value = {0};
    suan_buffer_append(&value, offer->algorithm.bytes, SUAN_ID_SIZE);
    suan_buffer_append(&value, offer->giver.bytes, SUAN_ID_SIZE);
    suan_buffer_append(&value, offer->receiver.bytes, SUAN_ID_SIZE);
    suan_buffer_append_be32(&value, offer->bp);
    suan_buffer_append_be64(&value, offer->until_ns);
    suan_buffer_append_be32(&value, (uint32_t)offer->state);
    enum suan_status status = suan_buffer_check(&value, error);
    return status != SUAN_OK
               ? status
               : suan_row_put(txn, SUAN_TABLE_OFFER, id_span(&offer->id), suan_buffer_span(&value), error);
}

static enum suan_status decode_offer(const struct suan_id *id, struct suan_span value, struct suan_offer *out,
                                     struct suan_error *error)
{
    struct record_reader reader = {value, false};
    struct suan_offer offer = {.id = *id};
    record_id(&reader, &offer.algorithm);
    record_id(&reader, &offer.giver);
    record_id(&reader, &offer.receiver);
    offer.bp = record_u32(&reader);
    offer.until_ns = record_u64(&reader);
    offer.state = (enum suan_offer_state)record_u32(&reader);
    *out = offer;
    return record_check(&reader, "offer", error);
}

enum suan_status suan_offer_get(struct suan_txn *txn, const struct suan_id *id, struct suan_offer *out,
                                struct suan_error *error)
{
    struct suan_span value;
    enum suan_status status = suan_row_get(txn, SUAN_TABLE_OFFER, id_span(id), &value, error);
    if (status == SUAN_E_NOT_FOUND) {
        char hex[2 * SUAN_ID_SIZE + 1];
        suan_hex(id->bytes, SUAN_ID_SIZE, hex);
        return suan_error_set(error, SUAN_E_NOT_FOUND, "offer.absent", "see 'suan owner show'", "no offer %s",
                              hex);
    }
    return status != SUAN_OK ? status : decode_offer(id, value, out, error);
}

enum suan_status suan_offer_each(struct suan_txn *txn, const struct suan_id *algorithm,
                                 enum suan_status (*visit)(void *context, const struct suan_offer *offer),
                                 void *context, struct suan_error *error)
{
    SUAN_CLEANUP(suan_scan_endp) struct suan_scan *scan = NULL;
    enum suan_status status =
        suan_scan_begin(txn, SUAN_TABLE_OFFER, suan_span(NULL, 0), suan_span(NULL, 0), &scan, error);
    while (status == SUAN_OK) {
        struct suan_span key, value;
        struct suan_offer offer = {.bp = 0};
        struct suan_id id;
        status = suan_scan_next(scan, &key, &value, error);
        if (status == SUAN_E_NOT_FOUND)
            return SUAN_OK;
        struct record_reader reader = {key, false};
        if (status == SUAN_OK) {
            record_id(&reader, &id);
            status = record_check(&reader, "offer", error);
        }
        if (status == SUAN_OK)
            status = decode_offer(&id, value, &offer, error);
        if (status == SUAN_OK && id_equal(&offer.algorithm, algorithm))
            status = visit(context, &offer);
    }
    return status;
}

static enum suan_status read_offer(struct suan_txn *txn, const struct suan_act *act, struct suan_offer *out,
                                   struct suan_algorithm_record *out_algorithm, struct suan_error *error)
{
    const struct suan_json *body = act->command->body;
    struct suan_span to;
    struct suan_identity receiver;
    int64_t bp = 0;
    struct suan_offer offer = {.id = act->command->id, .giver = act->by, .state = SUAN_OFFER_OPEN};
    enum suan_status status = owner_read_algorithm(txn, body, out_algorithm, error);
    if (status == SUAN_OK)
        status = suan_json_get_text(body, "to", SUAN_JSON_REQUIRED, SUAN_IDENT_MAX, &to, "", error);
    if (status == SUAN_OK)
        status = suan_identity_find(txn, to, &receiver, error);
    if (status == SUAN_OK)
        status =
            suan_json_get_integer(body, "bp", SUAN_JSON_REQUIRED, 1, SUAN_SHARE_WHOLE_BP, &bp, "", error);
    if (status == SUAN_OK)
        status = suan_command_get_u64(body, "until", &offer.until_ns, error);
    if (status != SUAN_OK)
        return status;
    offer.algorithm = out_algorithm->id;
    offer.receiver = receiver.id;
    offer.bp = (uint32_t)bp;
    *out = offer;
    return SUAN_OK;
}

static enum suan_status check_held(struct suan_txn *txn, const struct suan_offer *offer,
                                   struct suan_error *error)
{
    struct suan_owner_table table;
    enum suan_status status = suan_owner_get(txn, &offer->algorithm, &table, error);
    if (status != SUAN_OK)
        return status;
    uint32_t held = owner_share_of(&table, &offer->giver);
    if (held < offer->bp)
        return suan_error_set(error, SUAN_E_CONFLICT, code_conflict, "see 'suan owner show'",
                              "the giver holds %u basis points, fewer than the %u offered", held, offer->bp);
    if (owner_share_of(&table, &offer->receiver) == 0 && table.count == SUAN_OWNERS_MAX && held != offer->bp)
        return suan_error_set(error, SUAN_E_CONFLICT, code_conflict, NULL, "at most %d owners",
                              SUAN_OWNERS_MAX);
    return SUAN_OK;
}

static enum suan_status check_offer(struct suan_txn *txn, const struct suan_act *act,
                                    struct suan_error *error)
{
    struct suan_algorithm_record algorithm;
    struct suan_offer offer;
    enum suan_status status = read_offer(txn, act, &offer, &algorithm, error);
    if (status != SUAN_OK)
        return status;
    if (offer.until_ns <= act->time_ns)
        return suan_error_set(error, SUAN_E_FORMAT, code_format, NULL,
                              "until: the offer ends before it begins");
    if (id_equal(&offer.giver, &offer.receiver))
        return suan_error_set(error, SUAN_E_FORMAT, code_format, NULL,
                              "to: the giver cannot be the receiver");
    status = owner_require(txn, act, &offer.giver, "the giver signs an offer", error);
    return status != SUAN_OK ? status : check_held(txn, &offer, error);
}

static enum suan_status apply_offer(struct suan_txn *txn, const struct suan_act *act,
                                    struct suan_error *error)
{
    struct suan_algorithm_record algorithm;
    struct suan_offer offer;
    enum suan_status status = read_offer(txn, act, &offer, &algorithm, error);
    return status != SUAN_OK ? status : put_offer(txn, &offer, error);
}

static enum suan_status find_open(struct suan_txn *txn, const struct suan_act *act, struct suan_offer *out,
                                  struct suan_error *error)
{
    struct suan_id id;
    enum suan_status status = suan_json_get_hex(act->command->body, "offer", SUAN_JSON_REQUIRED, id.bytes,
                                                sizeof id.bytes, "", error);
    if (status == SUAN_OK)
        status = suan_offer_get(txn, &id, out, error);
    if (status != SUAN_OK)
        return status;
    if (out->state != SUAN_OFFER_OPEN || act->time_ns > out->until_ns)
        return suan_error_set(error, SUAN_E_CONFLICT, code_conflict, "ask for a new offer",
                              "the offer is no longer open");
    return SUAN_OK;
}

static enum suan_status check_accept(struct suan_txn *txn, const struct suan_act *act,
                                     struct suan_error *error)
{
    struct suan_offer offer;
    enum suan_status status = find_open(txn, act, &offer, error);
    if (status == SUAN_OK)
        status = owner_require(txn, act, &offer.receiver, "the receiver signs an acceptance", error);
    return status != SUAN_OK ? status : check_held(txn, &offer, error);
}

static void move_share(const struct suan_owner_table *before, const struct suan_offer *offer,
                       struct suan_owner_table *after)
{
    after->count = 0;
    for (size_t i = 0; i < before->count; i++) {
        struct suan_share share = before->shares[i];
        if (id_equal(&share.owner, &offer->giver))
            share.bp -= offer->bp;
        if (id_equal(&share.owner, &offer->receiver))
            share.bp += offer->bp;
        if (share.bp > 0)
            after->shares[after->count++] = share;
    }
    if (owner_share_of(before, &offer->receiver) == 0)
        after->shares[after->count++] = (struct suan_share){offer->receiver, offer->bp};
    qsort(after->shares, after->count, sizeof after->shares[0], owner_by_id);
}

static enum suan_status apply_accept(struct suan_txn *txn, const struct suan_act *act,
                                     struct suan_error *error)
{
    struct suan_offer offer;
    struct suan_owner_table before, after;
    enum suan_status status = find_open(txn, act, &offer, error);
    if (status == SUAN_OK)
        status = suan_owner_get(txn, &offer.algorithm, &before, error);
    if (status != SUAN_OK)
        return status;
    move_share(&before, &offer, &after);
    status = owner_replace(txn, act, &offer.algorithm, &before, &after, error);
    offer.state = SUAN_OFFER_ACCEPTED;
    return status != SUAN_OK ? status : put_offer(txn, &offer, error);
}

static enum suan_status check_decline(struct suan_txn *txn, const struct suan_act *act,
                                      struct suan_error *error)
{
    struct suan_offer offer;
    enum suan_status status = find_open(txn, act, &offer, error);
    return status != SUAN_OK ? status
                             : owner_require(txn, act, &offer.receiver, "the receiver declines", error);
}

static enum suan_status check_cancel(struct suan_txn *txn, const struct suan_act *act,
                                     struct suan_error *error)
{
    struct suan_offer offer;
    enum suan_status status = find_open(txn, act, &offer, error);
    return status != SUAN_OK ? status : owner_require(txn, act, &offer.giver, "the giver cancels", error);
}

static enum suan_status close_offer(struct suan_txn *txn, const struct suan_act *act,
                                    enum suan_offer_state state, struct suan_error *error)
{
    struct suan_offer offer;
    enum suan_status status = find_open(txn, act, &offer, error);
    offer.state = state;
    return status != SUAN_OK ? status : put_offer(txn, &offer, error);
}

static enum suan_status apply_decline(struct suan_txn *txn, const struct suan_act *act,
                                      struct suan_error *error)
{
    return close_offer(txn, act, SUAN_OFFER_DECLINED, error);
}

static enum suan_status apply_cancel(struct suan_txn *txn, const struct suan_act *act,
                                     struct suan_error *error)
{
    return close_offer(txn, act, SUAN_OFFER_CANCELLED, error);
}

static const char *const offer_fields[] = {"algorithm", "bp", "to", "until", NULL};
static const char *const answer_fields[] = {"offer", NULL};

static const struct suan_rule rules[] = {
    {SUAN_EVENT_OWNER_OFFER, offer_fields, check_offer, apply_offer, SUAN_RULE_SIGNED},
    {SUAN_EVENT_OWNER_ACCEPT, answer_fields, check_accept, apply_accept, SUAN_RULE_SIGNED},
    {SUAN_EVENT_OWNER_DECLINE, answer_fields, check_decline, apply_decline, SUAN_RULE_SIGNED},
    {SUAN_EVENT_OWNER_CANCEL, answer_fields, check_cancel, apply_cancel, SUAN_RULE_SIGNED},
};

const struct suan_family suan_family_offer = {rules, sizeof rules / sizeof rules[0], NULL};
