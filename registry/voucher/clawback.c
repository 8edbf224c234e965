/* 521 clawback, 522 recover: money that must come back. */
#include "base/cleanup.h"
#include "catalog/identity.h"
#include "catalog/member.h"
#include "matter.h"
#include "record.h"

struct claiming {
    struct matter matter;
    int64_t due_fen; /* beyond what an earlier claw-back has posted */
};

static void claiming_done(struct claiming *claiming)
{
    matter_done(&claiming->matter);
}

/* Two people of the authority, neither tied to the claimant. */
static enum suan_status require_two(struct suan_txn *txn, const struct suan_act *act,
                                    const struct matter *matter, const char *what, struct suan_error *error)
{
    struct suan_id first, second;
    enum suan_status status =
        matter_require_officer(txn, act, matter, SUAN_ROLE_FINANCE, NULL, what, &first, error);
    return status == SUAN_OK
               ? matter_require_officer(txn, act, matter, SUAN_ROLE_FINANCE, &first, what, &second, error)
               : status;
}

static enum suan_status read_reason(const struct suan_act *act, const struct matter *matter,
                                    enum suan_clawback_reason *out_reason, struct suan_paid *out_paid,
                                    struct suan_error *error)
{
    struct suan_span reason = {NULL, 0};
    int64_t net = 0, local = 0, nonlocal = 0;
    enum suan_status status =
        suan_json_get_text(act->command->body, "reason", SUAN_JSON_REQUIRED, 16, &reason, "", error);
    if (status == SUAN_OK)
        status = matter_amount(act, "net_paid_fen", -1, &net, error);
    if (status == SUAN_OK)
        status = matter_amount(act, "net_paid_local_fen", 0, &local, error);
    if (status == SUAN_OK)
        status = matter_amount(act, "net_paid_nonlocal_fen", 0, &nonlocal, error);
    if (status != SUAN_OK)
        return status;
    bool is_fraud = suan_span_equal(reason, suan_span_text("fraud"));
    bool has_regions = matter->programme->by_component && net < 0;
    *out_reason = is_fraud ? SUAN_CLAWBACK_FRAUD : SUAN_CLAWBACK_REFUND;
    *out_paid = (struct suan_paid){has_regions, has_regions ? local + nonlocal : net, local, nonlocal};
    if (!is_fraud && !suan_span_equal(reason, suan_span_text("refund")))
        return suan_error_set(error, SUAN_E_FORMAT, "event.format", "fraud or refund",
                              "reason: '%.*s' is neither", SUAN_SPAN_PRINTF(reason));
    if (!is_fraud && !has_regions && net < 0)
        return suan_error_set(error, SUAN_E_USAGE, "policy.bad-field", "what was paid in all, net of refunds",
                              "a refund needs net_paid_fen");
    return SUAN_OK;
}

static enum suan_status load_claiming(struct suan_txn *txn, const struct suan_act *act, struct claiming *out,
                                      struct suan_error *error)
{
    enum suan_clawback_reason reason;
    struct suan_paid paid;
    int64_t assessed = 0;
    enum suan_status status = matter_load(txn, act, &out->matter, error);
    if (status == SUAN_OK)
        status = matter_require_stage(&out->matter,
                                      IN(PART_SETTLED) | IN(SETTLED) | IN(EXPIRED) | IN(CLAWBACK_DUE) |
                                          IN(CLAWED_BACK) | IN(WRITTEN_OFF),
                                      "claw back", error);
    if (status == SUAN_OK)
        status = require_two(txn, act, &out->matter, "a claw-back", error);
    if (status == SUAN_OK)
        status = matter_evidence(txn, act, error);
    if (status == SUAN_OK)
        status = read_reason(act, &out->matter, &reason, &paid, error);
    if (status != SUAN_OK)
        return status;
    struct suan_voucher_state state = matter_state(&out->matter);
    status = suan_policy_clawback(&state, reason, &paid, &assessed, error);
    out->due_fen = assessed - out->matter.v.clawed_fen;
    if (status == SUAN_OK && out->due_fen <= 0)
        return suan_error_set(error, SUAN_E_REFUSED, "voucher.nothing-due", "see 'suan voucher show'",
                              "voucher: nothing is due beyond what was claimed back before");
    return status;
}

enum suan_status check_clawback(struct suan_txn *txn, const struct suan_act *act, struct suan_error *error)
{
    SUAN_CLEANUP(claiming_done) struct claiming claiming = {0};
    return load_claiming(txn, act, &claiming, error);
}

/* What is left of the voucher goes back to its budget in the same stroke. */
enum suan_status apply_clawback(struct suan_txn *txn, const struct suan_act *act, struct suan_error *error)
{
    SUAN_CLEANUP(claiming_done) struct claiming claiming = {0};
    struct matter *matter = &claiming.matter;
    struct postings postings = {.matter = matter, .act = act};
    struct suan_identity claimant;
    struct suan_id receivable, recovered;
    enum suan_status status = load_claiming(txn, act, &claiming, error);
    if (status == SUAN_OK)
        status = suan_identity_get(txn, &matter->v.claimant, &claimant, error);
    if (status == SUAN_OK)
        status = postings_account(txn, &postings, ACCOUNT_RECEIVABLE, claimant.ident, &receivable, error);
    if (status == SUAN_OK)
        status = postings_account(txn, &postings, ACCOUNT_RECOVERED, "", &recovered, error);
    if (status != SUAN_OK)
        return status;
    postings_add(&postings, &receivable, &recovered, claiming.due_fen);
    status = matter_release(txn, matter, &postings, error);
    if (status == SUAN_OK)
        status = postings_post(txn, &postings, error);
    matter->v.clawed_fen += claiming.due_fen;
    matter->v.stage = SUAN_STAGE_CLAWBACK_DUE;
    return status == SUAN_OK ? matter_save(txn, act, matter, error) : status;
}

/* --- recover ------------------------------------------------------------------------------------------ */

struct recovering {
    struct matter matter;
    bool is_written_off;
    int64_t amount_fen, open_fen;
};

static void recovering_done(struct recovering *recovering)
{
    matter_done(&recovering->matter);
}

static enum suan_status read_recovery(const struct suan_act *act, struct recovering *out,
                                      struct suan_error *error)
{
    struct suan_span step = {NULL, 0}, reference = {NULL, 0};
    const struct suan_json *body = act->command->body;
    enum suan_status status = suan_json_get_text(body, "step", SUAN_JSON_REQUIRED, 16, &step, "", error);
    if (status == SUAN_OK)
        status = suan_json_get_text(body, "reference", SUAN_JSON_REQUIRED, 128, &reference, "", error);
    if (status == SUAN_OK)
        status = matter_amount(act, "amount_fen", out->open_fen, &out->amount_fen, error);
    if (status != SUAN_OK)
        return status;
    out->is_written_off = suan_span_equal(step, suan_span_text("write-off"));
    if (!out->is_written_off && !suan_span_equal(step, suan_span_text("received")))
        return suan_error_set(error, SUAN_E_FORMAT, "event.format", "received or write-off",
                              "step: '%.*s' is neither", SUAN_SPAN_PRINTF(step));
    if (out->amount_fen >= 1 && out->amount_fen <= out->open_fen &&
        (!out->is_written_off || out->amount_fen == out->open_fen))
        return SUAN_OK;
    return suan_error_set(error, SUAN_E_USAGE, "policy.bad-amount", "a write-off takes all that is open",
                          "amount_fen: %lld fen are open", (long long)out->open_fen);
}

static enum suan_status load_recovering(struct suan_txn *txn, const struct suan_act *act,
                                        struct recovering *out, struct suan_error *error)
{
    struct suan_id person;
    const struct suan_voucher_record *v = &out->matter.v;
    enum suan_status status = matter_load(txn, act, &out->matter, error);
    if (status == SUAN_OK)
        status = matter_require_stage(&out->matter, IN(CLAWBACK_DUE), "recover", error);
    if (status != SUAN_OK)
        return status;
    out->open_fen = v->clawed_fen - v->recovered_fen - v->written_off_fen;
    status = read_recovery(act, out, error);
    if (status != SUAN_OK)
        return status;
    return out->is_written_off ? require_two(txn, act, &out->matter, "a write-off", error)
                               : matter_require_officer(txn, act, &out->matter, SUAN_ROLE_FINANCE, NULL,
                                                        "a recovery", &person, error);
}

enum suan_status check_recover(struct suan_txn *txn, const struct suan_act *act, struct suan_error *error)
{
    SUAN_CLEANUP(recovering_done) struct recovering recovering = {0};
    return load_recovering(txn, act, &recovering, error);
}

enum suan_status apply_recover(struct suan_txn *txn, const struct suan_act *act, struct suan_error *error)
{
    SUAN_CLEANUP(recovering_done) struct recovering recovering = {0};
    struct suan_voucher_record *v = &recovering.matter.v;
    struct postings postings = {.matter = &recovering.matter, .act = act};
    struct suan_identity claimant;
    struct suan_id from, receivable;
    enum suan_status status = load_recovering(txn, act, &recovering, error);
    if (status == SUAN_OK)
        status = suan_identity_get(txn, &v->claimant, &claimant, error);
    if (status == SUAN_OK)
        status = postings_account(txn, &postings, ACCOUNT_RECEIVABLE, claimant.ident, &receivable, error);
    if (status == SUAN_OK)
        status = postings_account(txn, &postings,
                                  recovering.is_written_off ? ACCOUNT_LOSS : ACCOUNT_VOUCHER_ISSUER, "",
                                  &from, error);
    if (status != SUAN_OK)
        return status;
    postings_add(&postings, &from, &receivable, recovering.amount_fen);
    if (recovering.is_written_off)
        v->written_off_fen += recovering.amount_fen;
    else
        v->recovered_fen += recovering.amount_fen;
    if (recovering.amount_fen == recovering.open_fen)
        v->stage = recovering.is_written_off ? SUAN_STAGE_WRITTEN_OFF : SUAN_STAGE_CLAWED_BACK;
    status = postings_post(txn, &postings, error);
    return status == SUAN_OK ? matter_save(txn, act, &recovering.matter, error) : status;
}
