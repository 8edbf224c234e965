/* 516 reserve, 517 unreserve, 518 redeem, 519 close, 520 expire: from a voucher to money. */
#include "base/cleanup.h"
#include "catalog/identity.h"
#include "catalog/member.h"
#include "matter.h"
#include "record.h"

#define DAY_NS UINT64_C(86400000000000)

enum {
    LIVE = IN(ISSUED) | IN(PART_SETTLED),
    BEFORE_ISSUE = IN(APPLIED) | IN(SCREENED) | IN(IN_REVIEW) | IN(PUBLICISED) | IN(APPROVED) | IN(WAITLISTED)
};

static enum suan_status refuse_settlement(const struct suan_settlement *settlement, const char *verb,
                                          struct suan_error *error)
{
    bool is_room = settlement->is_room || settlement->kind == SUAN_DEFER;
    return suan_error_set(error, is_room ? SUAN_E_EXHAUSTED : SUAN_E_REFUSED,
                          is_room ? "voucher.no-room" : "voucher.refused",
                          is_room ? "ask again in its next period" : "see 'suan voucher show'",
                          "voucher: nothing to %s: %s by %.*s", verb, suan_settlement_name(settlement->kind),
                          SUAN_SPAN_PRINTF(settlement->binding));
}

static void rest_after_payment(struct suan_voucher_record *v)
{
    v->stage = suan_voucher_available_fen(v) == 0 ? SUAN_STAGE_SETTLED : SUAN_STAGE_PART_SETTLED;
}

static void end_order(struct suan_voucher_record *v)
{
    v->reserved_fen = v->order_fen = 0;
    v->order_until_ns = 0;
    memset(&v->order, 0, sizeof v->order);
}

/* --- reserve ------------------------------------------------------------------------------------------ */

struct reserving {
    struct matter matter;
    struct suan_identity supplier;
    int64_t order_fen;
    uint64_t until_ns;
    struct suan_settlement settlement;
};

static void reserving_done(struct reserving *reserving)
{
    matter_done(&reserving->matter);
}

/* An order ends while the voucher is still valid, so that expiry never meets an open one. */
static enum suan_status check_until(const struct suan_act *act, const struct reserving *reserving,
                                    struct suan_error *error)
{
    const struct matter *matter = &reserving->matter;
    int64_t last = matter->v.issue_day + matter->programme->validity_days;
    if (reserving->until_ns > act->time_ns && suan_day_of_time(reserving->until_ns) <= last &&
        reserving->until_ns - act->time_ns < UINT64_C(4000000000) * 1000000000)
        return SUAN_OK;
    return suan_error_set(error, SUAN_E_USAGE, "voucher.until", "name a moment before the voucher expires",
                          "until: must come after now and while the voucher is valid");
}

static enum suan_status load_reserving(struct suan_txn *txn, const struct suan_act *act,
                                       struct reserving *out, struct suan_error *error)
{
    struct suan_span supplier = {NULL, 0};
    struct suan_history history = suan_voucher_history(txn);
    const struct suan_json *body = act->command->body;
    enum suan_status status = matter_load(txn, act, &out->matter, error);
    if (status == SUAN_OK)
        status = matter_require_stage(&out->matter, LIVE, "reserve", error);
    if (status == SUAN_OK)
        status = matter_require_claimant(txn, act, &out->matter, "a reservation", error);
    if (status == SUAN_OK)
        status =
            suan_json_get_text(body, "supplier", SUAN_JSON_REQUIRED, SUAN_IDENT_MAX, &supplier, "", error);
    if (status == SUAN_OK)
        status = suan_identity_find(txn, supplier, &out->supplier, error);
    if (status == SUAN_OK)
        status = suan_json_get_integer(body, "order_fen", SUAN_JSON_REQUIRED, 1, INT64_C(9007199254740991),
                                       &out->order_fen, "", error);
    if (status == SUAN_OK)
        status = suan_command_get_u64(body, "until", &out->until_ns, error);
    if (status == SUAN_OK)
        status = check_until(act, out, error);
    if (status != SUAN_OK)
        return status;
    struct suan_voucher_state state = matter_state(&out->matter);
    status =
        suan_policy_deduct(&state, out->matter.day, out->order_fen, &history, &out->settlement, NULL, error);
    if (status == SUAN_OK && (out->settlement.kind != SUAN_DEDUCT || out->settlement.amount_fen == 0))
        return refuse_settlement(&out->settlement, "reserve", error);
    return status;
}

enum suan_status check_reserve(struct suan_txn *txn, const struct suan_act *act, struct suan_error *error)
{
    SUAN_CLEANUP(reserving_done) struct reserving reserving = {0};
    return load_reserving(txn, act, &reserving, error);
}

enum suan_status apply_reserve(struct suan_txn *txn, const struct suan_act *act, struct suan_error *error)
{
    SUAN_CLEANUP(reserving_done) struct reserving reserving = {0};
    struct postings postings = {.matter = &reserving.matter, .act = act};
    struct suan_voucher_record *v = &reserving.matter.v;
    struct suan_id voucher, payable;
    enum suan_status status = load_reserving(txn, act, &reserving, error);
    if (status == SUAN_OK)
        status = postings_account(txn, &postings, ACCOUNT_VOUCHER, "", &voucher, error);
    if (status == SUAN_OK)
        status = postings_account(txn, &postings, ACCOUNT_PAYABLE, reserving.supplier.ident, &payable, error);
    if (status != SUAN_OK)
        return status;
    struct suan_transfer *transfer =
        postings_add(&postings, &voucher, &payable, reserving.settlement.amount_fen);
    transfer->flags = SUAN_TRANSFER_PENDING;
    transfer->timeout_s = (uint32_t)((reserving.until_ns - act->time_ns + 999999999) / 1000000000);
    v->order = transfer->id;
    v->order_fen = reserving.order_fen;
    v->order_until_ns = act->time_ns + (uint64_t)transfer->timeout_s * 1000000000;
    v->supplier = reserving.supplier.id;
    v->reserved_fen = reserving.settlement.amount_fen;
    v->stage = SUAN_STAGE_RESERVED;
    status = postings_post(txn, &postings, error);
    return status == SUAN_OK ? matter_save(txn, act, &reserving.matter, error) : status;
}

/* --- unreserve ---------------------------------------------------------------------------------------- */

static bool is_timed_out(const struct suan_act *act, const struct suan_voucher_record *v)
{
    return act->time_ns >= v->order_until_ns;
}

/* The claimant may; once the order timed out, the authority, too. */
static enum suan_status load_unreserve(struct suan_txn *txn, const struct suan_act *act, struct matter *out,
                                       struct suan_error *error)
{
    struct suan_id person;
    enum suan_status status = matter_load(txn, act, out, error);
    if (status == SUAN_OK)
        status = matter_require_stage(out, IN(RESERVED), "unreserve", error);
    if (status == SUAN_OK && is_timed_out(act, &out->v) &&
        memcmp(act->by.bytes, out->v.authority.bytes, SUAN_ID_SIZE) == 0)
        return matter_require_officer(txn, act, out, SUAN_ROLE_FINANCE, NULL, "ending a reservation", &person,
                                      error);
    return status == SUAN_OK ? matter_require_claimant(txn, act, out, "ending a reservation", error) : status;
}

enum suan_status check_unreserve(struct suan_txn *txn, const struct suan_act *act, struct suan_error *error)
{
    SUAN_CLEANUP(matter_done) struct matter matter = {0};
    return load_unreserve(txn, act, &matter, error);
}

/* Voids the order if the clock has not done so. */
static enum suan_status void_order(struct suan_txn *txn, struct postings *postings,
                                   struct suan_voucher_record *v, struct suan_error *error)
{
    static const struct suan_id none = {{0}};
    enum suan_pending_state state;
    enum suan_status status = suan_pending_get(txn, &v->order, postings->act->time_ns, &state, error);
    if (status == SUAN_OK && state == SUAN_PENDING_OPEN) {
        struct suan_transfer *transfer = postings_add(postings, &none, &none, 0);
        transfer->pending = v->order;
        transfer->flags = SUAN_TRANSFER_VOID;
        transfer->ledger = 0;
    }
    end_order(v);
    return status;
}

enum suan_status apply_unreserve(struct suan_txn *txn, const struct suan_act *act, struct suan_error *error)
{
    SUAN_CLEANUP(matter_done) struct matter matter = {0};
    struct postings postings = {.matter = &matter, .act = act};
    enum suan_status status = load_unreserve(txn, act, &matter, error);
    if (status == SUAN_OK)
        status = void_order(txn, &postings, &matter.v, error);
    if (status == SUAN_OK)
        status = postings_post(txn, &postings, error);
    matter.v.stage = matter.v.redeemed_fen > 0 ? SUAN_STAGE_PART_SETTLED : SUAN_STAGE_ISSUED;
    return status == SUAN_OK ? matter_save(txn, act, &matter, error) : status;
}

/* --- redeem ------------------------------------------------------------------------------------------- */

struct redeeming {
    struct matter matter;
    struct suan_paid paid; /* all that was paid, this time included */
    int64_t amount_fen;
};

static void redeeming_done(struct redeeming *redeeming)
{
    matter_done(&redeeming->matter);
}

static enum suan_status read_paid(const struct suan_act *act, struct suan_paid *out, struct suan_error *error)
{
    int64_t nonlocal = -1, total = -1, local = -1;
    enum suan_status status = matter_amount(act, "paid_fen", -1, &total, error);
    if (status == SUAN_OK)
        status = matter_amount(act, "paid_local_fen", -1, &local, error);
    if (status == SUAN_OK)
        status = matter_amount(act, "paid_nonlocal_fen", -1, &nonlocal, error);
    if (status != SUAN_OK)
        return status;
    bool has_regions = local >= 0 && nonlocal >= 0 && local + nonlocal <= INT64_C(9007199254740991);
    if (has_regions != (total < 0) || (!has_regions && (local >= 0 || nonlocal >= 0)))
        return suan_error_set(error, SUAN_E_USAGE, "policy.bad-field",
                              "what was paid in all, net of refunds; by region where rates differ",
                              "say paid_fen, or both paid_local_fen and paid_nonlocal_fen");
    *out = (struct suan_paid){has_regions, has_regions ? local + nonlocal : total, has_regions ? local : 0,
                              has_regions ? nonlocal : 0};
    return SUAN_OK;
}

static enum suan_status decide_instalment(struct suan_txn *txn, const struct suan_act *act,
                                          struct redeeming *out, struct suan_error *error)
{
    struct suan_settlement settlement;
    struct suan_history history = suan_voucher_history(txn);
    struct suan_voucher_state state = matter_state(&out->matter);
    if (out->matter.programme->mode == SUAN_VOUCHER_DEDUCT_AT_USE)
        return suan_error_set(error, SUAN_E_CONFLICT, "policy.conflict", "reserve it for an order first",
                              "voucher: is deducted at use");
    enum suan_status status = read_paid(act, &out->paid, error);
    if (status == SUAN_OK)
        status = suan_policy_redeem(&state, out->matter.day, &out->paid, &history, &settlement, NULL, error);
    if (status == SUAN_OK && settlement.kind != SUAN_SETTLE)
        return refuse_settlement(&settlement, "redeem", error);
    out->amount_fen = settlement.amount_fen;
    return status;
}

static enum suan_status decide_order(struct suan_txn *txn, const struct suan_act *act, struct redeeming *out,
                                     struct suan_error *error)
{
    const struct suan_voucher_record *v = &out->matter.v;
    struct suan_voucher_state state = matter_state(&out->matter);
    enum suan_pending_state pending;
    enum suan_status status = suan_pending_get(txn, &v->order, act->time_ns, &pending, error);
    if (status == SUAN_OK &&
        (pending != SUAN_PENDING_OPEN || !suan_voucher_is_valid(&state, out->matter.day)))
        return suan_error_set(error, SUAN_E_CONFLICT, "ledger.pending", "reserve it again",
                              "voucher: the reservation has timed out");
    out->amount_fen = v->reserved_fen;
    out->paid.total_fen = v->paid_fen + v->order_fen;
    return status;
}

/* The claimant asks and an officer without ties settles: two signatures. */
static enum suan_status load_redeeming(struct suan_txn *txn, const struct suan_act *act,
                                       struct redeeming *out, struct suan_error *error)
{
    struct suan_id person;
    enum suan_status status = matter_load(txn, act, &out->matter, error);
    if (status == SUAN_OK)
        status = matter_require_stage(&out->matter, LIVE | IN(RESERVED), "redeem", error);
    if (status == SUAN_OK)
        status = matter_require_claimant(txn, act, &out->matter, "a redemption", error);
    if (status == SUAN_OK)
        status = matter_require_officer(txn, act, &out->matter, SUAN_ROLE_FINANCE, NULL, "a redemption",
                                        &person, error);
    if (status == SUAN_OK)
        status = matter_evidence(txn, act, error);
    if (status != SUAN_OK)
        return status;
    return out->matter.v.stage == SUAN_STAGE_RESERVED ? decide_order(txn, act, out, error)
                                                      : decide_instalment(txn, act, out, error);
}

enum suan_status check_redeem(struct suan_txn *txn, const struct suan_act *act, struct suan_error *error)
{
    SUAN_CLEANUP(redeeming_done) struct redeeming redeeming = {0};
    return load_redeeming(txn, act, &redeeming, error);
}

static enum suan_status post_redemption(struct suan_txn *txn, const struct suan_act *act,
                                        const struct redeeming *redeeming, struct suan_error *error)
{
    static const struct suan_id none = {{0}};
    const struct suan_voucher_record *v = &redeeming->matter.v;
    struct postings postings = {.matter = &redeeming->matter, .act = act};
    struct suan_identity claimant;
    struct suan_id voucher, paid;
    if (v->stage == SUAN_STAGE_RESERVED) {
        struct suan_transfer *transfer = postings_add(&postings, &none, &none, redeeming->amount_fen);
        transfer->pending = v->order;
        transfer->flags = SUAN_TRANSFER_POST;
        transfer->ledger = 0;
        return postings_post(txn, &postings, error);
    }
    enum suan_status status = suan_identity_get(txn, &v->claimant, &claimant, error);
    if (status == SUAN_OK)
        status = postings_account(txn, &postings, ACCOUNT_VOUCHER, "", &voucher, error);
    if (status == SUAN_OK)
        status = postings_account(txn, &postings, ACCOUNT_PAID, claimant.ident, &paid, error);
    if (status != SUAN_OK)
        return status;
    postings_add(&postings, &voucher, &paid, redeeming->amount_fen);
    return postings_post(txn, &postings, error);
}

enum suan_status apply_redeem(struct suan_txn *txn, const struct suan_act *act, struct suan_error *error)
{
    SUAN_CLEANUP(redeeming_done) struct redeeming redeeming = {0};
    struct suan_voucher_record *v = &redeeming.matter.v;
    enum suan_status status = load_redeeming(txn, act, &redeeming, error);
    if (status == SUAN_OK)
        status = post_redemption(txn, act, &redeeming, error);
    if (status != SUAN_OK)
        return status;
    struct room_of of = matter_room(&redeeming.matter);
    status = room_redeem(txn, &of, suan_day_year(redeeming.matter.day), redeeming.amount_fen, error);
    if (v->stage == SUAN_STAGE_RESERVED)
        end_order(v);
    v->redeemed_fen += redeeming.amount_fen;
    v->paid_fen = redeeming.paid.total_fen;
    v->paid_local_fen = redeeming.paid.local_fen;
    v->paid_nonlocal_fen = redeeming.paid.nonlocal_fen;
    rest_after_payment(v);
    return status == SUAN_OK ? matter_save(txn, act, &redeeming.matter, error) : status;
}

/* --- close -------------------------------------------------------------------------------------------- */

/* Before issue the claimant withdraws or the authority cancels; afterwards the claimant gives up the rest. */
static enum suan_status load_close(struct suan_txn *txn, const struct suan_act *act, struct matter *out,
                                   enum suan_voucher_stage *out_stage, struct suan_error *error)
{
    struct suan_id person;
    enum suan_status status = matter_load(txn, act, out, error);
    if (status == SUAN_OK)
        status = matter_require_stage(out, LIVE | BEFORE_ISSUE, "close", error);
    if (status != SUAN_OK)
        return status;
    bool is_issued = out->v.issued_idx != 0;
    if (!is_issued && memcmp(act->by.bytes, out->v.authority.bytes, SUAN_ID_SIZE) == 0) {
        *out_stage = SUAN_STAGE_CANCELLED;
        return matter_require_officer(txn, act, out, SUAN_ROLE_REVIEW, NULL, "cancelling", &person, error);
    }
    *out_stage = is_issued ? SUAN_STAGE_SETTLED : SUAN_STAGE_WITHDRAWN;
    return matter_require_claimant(txn, act, out, "closing", error);
}

enum suan_status check_close(struct suan_txn *txn, const struct suan_act *act, struct suan_error *error)
{
    SUAN_CLEANUP(matter_done) struct matter matter = {0};
    enum suan_voucher_stage stage;
    return load_close(txn, act, &matter, &stage, error);
}

static enum suan_status finish(struct suan_txn *txn, const struct suan_act *act, struct matter *matter,
                               struct postings *postings, enum suan_voucher_stage stage,
                               struct suan_error *error)
{
    enum suan_status status = SUAN_OK;
    if (matter->v.issued_idx != 0)
        status = matter_release(txn, matter, postings, error);
    if (status == SUAN_OK)
        status = postings_post(txn, postings, error);
    matter->v.stage = stage;
    return status == SUAN_OK ? matter_save(txn, act, matter, error) : status;
}

enum suan_status apply_close(struct suan_txn *txn, const struct suan_act *act, struct suan_error *error)
{
    SUAN_CLEANUP(matter_done) struct matter matter = {0};
    struct postings postings = {.matter = &matter, .act = act};
    enum suan_voucher_stage stage;
    enum suan_status status = load_close(txn, act, &matter, &stage, error);
    return status == SUAN_OK ? finish(txn, act, &matter, &postings, stage, error) : status;
}

/* --- expire ------------------------------------------------------------------------------------------- */

/* The clock decides; the authority or the claimant says so. */
static enum suan_status load_expire(struct suan_txn *txn, const struct suan_act *act, struct matter *out,
                                    struct suan_error *error)
{
    struct suan_id person;
    enum suan_status status = matter_load(txn, act, out, error);
    if (status == SUAN_OK)
        status = matter_require_stage(out, LIVE | IN(RESERVED), "expire", error);
    if (status != SUAN_OK)
        return status;
    struct suan_voucher_state state = matter_state(out);
    if (suan_voucher_is_valid(&state, out->day))
        return suan_error_set(error, SUAN_E_CONFLICT, "voucher.valid", "wait for its last day to pass",
                              "voucher: is valid today");
    if (memcmp(act->by.bytes, out->v.authority.bytes, SUAN_ID_SIZE) == 0)
        return matter_require_officer(txn, act, out, SUAN_ROLE_FINANCE, NULL, "an expiry", &person, error);
    return matter_require_claimant(txn, act, out, "an expiry", error);
}

enum suan_status check_expire(struct suan_txn *txn, const struct suan_act *act, struct suan_error *error)
{
    SUAN_CLEANUP(matter_done) struct matter matter = {0};
    return load_expire(txn, act, &matter, error);
}

enum suan_status apply_expire(struct suan_txn *txn, const struct suan_act *act, struct suan_error *error)
{
    SUAN_CLEANUP(matter_done) struct matter matter = {0};
    struct postings postings = {.matter = &matter, .act = act};
    enum suan_status status = load_expire(txn, act, &matter, error);
    if (status == SUAN_OK && matter.v.stage == SUAN_STAGE_RESERVED)
        status = void_order(txn, &postings, &matter.v, error);
    return status == SUAN_OK ? finish(txn, act, &matter, &postings, SUAN_STAGE_EXPIRED, error) : status;
}
