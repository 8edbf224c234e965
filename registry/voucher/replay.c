/* An award computed again from the log's tables: the past before its issue, in memory, and its claim. */
#include "replay.h"

#include <stdlib.h>

#include "base/cleanup.h"
#include "known.h"
#include "policy/past.h"

enum { REPLAY_MAX = 1 << 20 }; /* earlier vouchers */

/* One voucher with its rules and its claim. */
struct played {
    struct suan_voucher_record voucher;
    struct suan_programme *programme;
    struct suan_claim *claim;
};

struct suan_replay {
    struct suan_past *past;
    struct played *earlier;
    size_t count, capacity;
    struct played one; /* the one that is decided again */
};

struct gathering {
    struct suan_txn *txn;
    struct suan_replay *replay;
    struct suan_error *error;
};

static void played_done(struct played *played)
{
    suan_programme_free(played->programme);
    suan_claim_free(played->claim);
}

void suan_replay_freep(struct suan_replay **replay)
{
    struct suan_replay *whole = *replay;
    if (whole == NULL)
        return;
    for (size_t i = 0; i < whole->count; i++)
        played_done(&whole->earlier[i]);
    played_done(&whole->one);
    suan_past_free(whole->past);
    free(whole->earlier);
    free(whole);
}

static enum suan_status play(struct suan_txn *txn, const struct suan_voucher_record *voucher,
                             struct played *out, struct suan_error *error)
{
    struct suan_span text;
    bool amended = !suan_digest_equal(&voucher->claim, &voucher->applied_claim);
    out->voucher = *voucher;
    enum suan_status status = suan_blob_get(txn, &voucher->rules, &text, error);
    if (status == SUAN_OK)
        status = suan_programme_parse(text, voucher->rules.bytes, voucher->programme, &out->programme, error);
    if (status == SUAN_OK)
        status = suan_blob_get(txn, &voucher->claim, &text, error);
    return status == SUAN_OK
               ? suan_claim_parse(text, amended ? SUAN_CLAIM_BY_REVIEWER : SUAN_CLAIM_BY_CLAIMANT, "claim",
                                  &out->claim, error)
               : status;
}

static bool matters(const struct played *earlier, const struct played *one)
{
    return suan_span_equal(earlier->programme->id, one->programme->id) ||
           suan_span_equal(earlier->claim->contract_key, one->claim->contract_key);
}

static enum suan_status keep(struct suan_replay *replay, struct played *played, struct suan_error *error)
{
    if (replay->count == replay->capacity) {
        size_t capacity = replay->capacity > 0 ? 2 * replay->capacity : 64;
        struct played *earlier =
            capacity <= REPLAY_MAX ? realloc(replay->earlier, capacity * sizeof *earlier) : NULL;
        if (earlier == NULL)
            return suan_error_set(error, SUAN_E_MEMORY, "memory", NULL, "out of memory for earlier vouchers");
        replay->earlier = earlier;
        replay->capacity = capacity;
    }
    replay->earlier[replay->count++] = *played;
    *played = (struct played){.programme = NULL};
    return SUAN_OK;
}

static enum suan_status gather(void *context, const struct suan_voucher_record *voucher)
{
    struct gathering *gathering = context;
    struct suan_replay *replay = gathering->replay;
    SUAN_CLEANUP(played_done) struct played played = {.programme = NULL};
    if (voucher->issued_idx == 0 || voucher->issued_idx >= replay->one.voucher.issued_idx)
        return SUAN_OK;
    enum suan_status status = play(gathering->txn, voucher, &played, gathering->error);
    if (status != SUAN_OK || !matters(&played, &replay->one))
        return status;
    return keep(replay, &played, gathering->error);
}

static int by_issue(const void *left, const void *right)
{
    const struct played *a = left, *b = right;
    return (a->voucher.issued_idx > b->voucher.issued_idx) - (a->voucher.issued_idx < b->voucher.issued_idx);
}

/* Awards in the order of their issue, and what had been released by then. */
static enum suan_status fill_past(struct suan_replay *replay, struct suan_error *error)
{
    enum suan_status status = SUAN_OK;
    if (replay->count > 0)
        qsort(replay->earlier, replay->count, sizeof *replay->earlier, by_issue);
    for (size_t i = 0; i < replay->count && status == SUAN_OK; i++) {
        struct played *played = &replay->earlier[i];
        const struct suan_voucher_record *v = &played->voucher;
        struct suan_decision decision = {.outcome = SUAN_OUTCOME_AWARD,
                                         .programme = played->programme,
                                         .award_fen = v->face_fen,
                                         .base_fen = v->base_fen,
                                         .tier = suan_span_text(v->tier)};
        size_t index = 0;
        status =
            suan_past_issue(replay->past, &decision, played->claim, (int32_t)v->issue_day, &index, error);
        if (status == SUAN_OK && v->released_idx != 0 && v->released_idx < replay->one.voucher.issued_idx)
            status = suan_past_release(replay->past, index, v->released_fen, error);
    }
    return status;
}

/* The event's time, and what the registry knew of the claim. */
static enum suan_status know(struct suan_txn *txn, struct played *one, struct suan_error *error)
{
    struct suan_act act = {.log = SUAN_LOG_LEDGER, .index = one->voucher.issued_idx};
    struct suan_span bytes;
    struct suan_leaf leaf;
    enum suan_status status = suan_log_leaf(txn, SUAN_LOG_LEDGER, act.index, &bytes, error);
    if (status == SUAN_OK)
        status = suan_leaf_decode(bytes, &leaf, error);
    if (status != SUAN_OK)
        return status;
    act.time_ns = leaf.time_ns;
    return known_to_registry(txn, &act, &one->voucher.claimant, one->claim, error);
}

enum suan_status suan_voucher_replay(struct suan_txn *txn, const struct suan_voucher_record *voucher,
                                     struct suan_trace *trace, struct suan_decision *out_decision,
                                     struct suan_replay **out_replay, struct suan_error *error)
{
    SUAN_CLEANUP(suan_replay_freep) struct suan_replay *replay = calloc(1, sizeof *replay);
    if (replay != NULL)
        replay->past = suan_past_new();
    if (replay == NULL || replay->past == NULL)
        return suan_error_set(error, SUAN_E_MEMORY, "memory", NULL, "out of memory");
    if (voucher->issued_idx == 0)
        return suan_error_set(error, SUAN_E_CONFLICT, "voucher.state", NULL, "the voucher is not issued");
    struct gathering gathering = {txn, replay, error};
    enum suan_status status = play(txn, voucher, &replay->one, error);
    if (status == SUAN_OK)
        status = know(txn, &replay->one, error);
    if (status == SUAN_OK)
        status = suan_voucher_each(txn, gather, &gathering, error);
    if (status == SUAN_OK)
        status = fill_past(replay, error);
    struct suan_history history = suan_past_history(replay->past);
    struct suan_request request = {replay->one.programme, replay->one.claim, &history,
                                   (int32_t)voucher->issue_day};
    if (status == SUAN_OK)
        status = suan_policy_evaluate(&request, out_decision, trace, error);
    if (status == SUAN_OK)
        *out_replay = suan_take(&replay);
    return status;
}
