/* What the rules of a voucher's life share: loading, who may, the decision, and moving money. */
#include "matter.h"

#include <stdio.h>

#include "base/cleanup.h"
#include "catalog/identity.h"
#include "catalog/member.h"
#include "known.h"
#include "record.h"

void matter_done(struct matter *matter)
{
    suan_programme_free(matter->programme);
    suan_claim_free(matter->claim);
}

enum suan_status matter_amount(const struct suan_act *act, const char *key, int64_t absent, int64_t *out_fen,
                               struct suan_error *error)
{
    *out_fen = absent;
    return suan_json_get_integer(act->command->body, key, SUAN_JSON_OPTIONAL, 0, INT64_C(9007199254740991),
                                 out_fen, "", error);
}

enum suan_status matter_load_claim(struct suan_txn *txn, const struct suan_act *act, struct matter *matter,
                                   struct suan_error *error)
{
    struct suan_span text;
    bool amended = !suan_digest_equal(&matter->v.claim, &matter->v.applied_claim);
    suan_claim_free(matter->claim);
    matter->claim = NULL;
    enum suan_status status = suan_act_blob(txn, act, &matter->v.claim, &text, error);
    if (status == SUAN_OK)
        status = suan_claim_parse(text, amended ? SUAN_CLAIM_BY_REVIEWER : SUAN_CLAIM_BY_CLAIMANT, "claim",
                                  &matter->claim, error);
    if (status != SUAN_OK)
        return status;
    return known_to_registry(txn, act, &matter->v.claimant, matter->claim, error);
}

enum suan_status matter_evidence(struct suan_txn *txn, const struct suan_act *act, struct suan_error *error)
{
    struct suan_digest digest;
    struct suan_span blob;
    if (suan_json_find(act->command->body, "evidence") == NULL)
        return SUAN_OK;
    enum suan_status status = suan_json_get_hex(act->command->body, "evidence", SUAN_JSON_REQUIRED,
                                                digest.bytes, SUAN_DIGEST_SIZE, "", error);
    return status == SUAN_OK ? suan_act_blob(txn, act, &digest, &blob, error) : status;
}

/* --- loading ------------------------------------------------------------------------------------------ */

enum suan_status matter_load(struct suan_txn *txn, const struct suan_act *act, struct matter *out,
                             struct suan_error *error)
{
    struct suan_id id;
    struct suan_span text;
    enum suan_status status = suan_json_get_hex(act->command->body, "voucher", SUAN_JSON_REQUIRED, id.bytes,
                                                SUAN_ID_SIZE, "", error);
    if (status == SUAN_OK)
        status = suan_voucher_get(txn, &id, &out->v, error);
    if (status == SUAN_OK)
        status = suan_blob_get(txn, &out->v.rules, &text, error);
    if (status == SUAN_OK)
        status = suan_programme_parse(text, out->v.rules.bytes, out->v.programme, &out->programme, error);
    out->day = suan_day_of_time(act->time_ns);
    return status == SUAN_OK ? matter_load_claim(txn, act, out, error) : status;
}

enum suan_status matter_save(struct suan_txn *txn, const struct suan_act *act, struct matter *matter,
                             struct suan_error *error)
{
    struct suan_voucher_record *v = &matter->v;
    bool is_sound = v->face_fen >= 0 && v->released_fen >= 0 && v->redeemed_fen >= 0 &&
                    v->reserved_fen >= 0 && v->clawed_fen <= v->redeemed_fen &&
                    v->recovered_fen + v->written_off_fen <= v->clawed_fen &&
                    (v->issued_idx == 0 || suan_voucher_available_fen(v) >= 0);
    if (!is_sound)
        return suan_error_set(error, SUAN_E_INTEGRITY, "voucher.invariant", "run 'suan registry verify'",
                              "the parts of a voucher do not make its face");
    v->changed_idx = act->index;
    return voucher_put(txn, v, error);
}

enum suan_status matter_require_stage(const struct matter *matter, uint32_t stages, const char *verb,
                                      struct suan_error *error)
{
    if ((stages >> matter->v.stage & 1) != 0)
        return SUAN_OK;
    return suan_error_set(error, SUAN_E_CONFLICT, "voucher.state", "see 'suan voucher show'",
                          "voucher: cannot %s what is %s", verb, suan_stage_name(matter->v.stage));
}

/* --- who ---------------------------------------------------------------------------------------------- */

static bool same(const struct suan_id *a, const struct suan_id *b)
{
    return memcmp(a->bytes, b->bytes, SUAN_ID_SIZE) == 0;
}

enum suan_status matter_require_officer(struct suan_txn *txn, const struct suan_act *act,
                                        const struct matter *matter, uint32_t role,
                                        const struct suan_id *except, const char *what,
                                        struct suan_id *out_person, struct suan_error *error)
{
    static const struct suan_id nobody = {{0}};
    for (size_t i = 0; i < act->signer_count; i++) {
        const struct suan_id *person = &act->signers[i].ident;
        uint32_t held = 0;
        bool tied = false;
        enum suan_status status = SUAN_OK;
        if (same(person, &nobody) || (except != NULL && same(person, except)))
            continue;
        status = suan_member_roles(txn, &matter->v.authority, person, act->time_ns, &held, error);
        if (status == SUAN_OK && (held & role) == role)
            status = known_tie(txn, person, &matter->v.claimant, act->time_ns, &tied, error);
        if (status != SUAN_OK)
            return status;
        if ((held & role) != role || tied)
            continue;
        *act->used |= UINT32_C(1) << i;
        *out_person = *person;
        return SUAN_OK;
    }
    return suan_error_set(error, SUAN_E_PERMISSION, "event.permission",
                          "somebody else of the programme's authority, with no tie to the claimant",
                          "%s: needs another signature of the authority", what);
}

enum suan_status matter_require_claimant(struct suan_txn *txn, const struct suan_act *act,
                                         const struct matter *matter, const char *what,
                                         struct suan_error *error)
{
    return suan_act_require(txn, act, &matter->v.claimant, SUAN_ROLE_CLAIM, what, error);
}

/* --- deciding ----------------------------------------------------------------------------------------- */

enum suan_status matter_decide(struct suan_txn *txn, const struct matter *matter, int32_t issue_day,
                               struct suan_decision *out, struct suan_error *error)
{
    struct suan_history history = suan_voucher_history(txn);
    struct suan_request request = {matter->programme, matter->claim, &history, issue_day};
    return suan_policy_evaluate(&request, out, NULL, error);
}

static struct suan_span project_of(const struct suan_claim *claim)
{
    const struct suan_value *project = &claim->values[SUAN_FIELD_PROJECT_ID];
    return project->type == SUAN_VALUE_TEXT ? project->text : suan_span(NULL, 0);
}

struct room_of matter_room(const struct matter *matter)
{
    return (struct room_of){matter->programme, matter->claim->contract_key, project_of(matter->claim),
                            matter->claim->enterprise};
}

struct suan_voucher_state matter_state(const struct matter *matter)
{
    const struct suan_voucher_record *v = &matter->v;
    return (struct suan_voucher_state){.programme = matter->programme,
                                       .claim = matter->claim,
                                       .enterprise = matter->claim->enterprise,
                                       .contract_key = matter->claim->contract_key,
                                       .project = project_of(matter->claim),
                                       .issue_day = (int32_t)v->issue_day,
                                       .tier = suan_span_text(v->tier),
                                       .face_fen = v->face_fen,
                                       .base_fen = v->base_fen,
                                       .released_fen = v->released_fen,
                                       .redeemed_fen = v->redeemed_fen};
}

/* --- money -------------------------------------------------------------------------------------------- */

struct suan_id suan_voucher_account(const char *kind, const char *programme, const char *who)
{
    char name[3 * SUAN_PROGRAMME_ID_MAX];
    snprintf(name, sizeof name, "%s|%s|%s", kind, programme, who);
    return suan_account_id(suan_span_text(name));
}

enum suan_status postings_account(struct suan_txn *txn, const struct postings *postings, uint16_t code,
                                  const char *who, struct suan_id *out, struct suan_error *error)
{
    static const struct {
        const char *kind;
        uint16_t flags;
    } rows[] = {{"budget", SUAN_ACCOUNT_HOLDER},         {"voucher", SUAN_ACCOUNT_HOLDER},
                {"payable", SUAN_ACCOUNT_HOLDER},        {"paid", SUAN_ACCOUNT_HOLDER},
                {"receivable", SUAN_ACCOUNT_RECEIVABLE}, {"recovered", SUAN_ACCOUNT_HOLDER},
                {"loss", SUAN_ACCOUNT_RECEIVABLE},       {"voucher-issuer", SUAN_ACCOUNT_ISSUER}};
    const struct matter *matter = postings->matter;
    struct suan_account account = {
        .ledger = matter->v.ledger, .code = code, .flags = rows[code - ACCOUNT_BUDGET].flags};
    char hex[2 * SUAN_ID_SIZE + 1];
    suan_hex(matter->v.id.bytes, SUAN_ID_SIZE, hex);
    account.id = suan_voucher_account(rows[code - ACCOUNT_BUDGET].kind,
                                      code == ACCOUNT_VOUCHER ? hex : matter->v.programme, who);
    account.ref = code == ACCOUNT_VOUCHER ? matter->v.id : matter->v.authority;
    *out = account.id;
    return suan_account_open(txn, &account,
                             (struct suan_occasion){postings->act->time_ns, postings->act->index}, error);
}

struct suan_transfer *postings_add(struct postings *postings, const struct suan_id *from,
                                   const struct suan_id *to, int64_t fen)
{
    const struct suan_act *act = postings->act;
    struct suan_transfer *transfer = &postings->transfers[postings->count];
    *transfer = (struct suan_transfer){.id = suan_transfer_id(&act->command->id, (uint32_t)postings->count),
                                       .debit = *from,
                                       .credit = *to,
                                       .amount_fen = fen,
                                       .ledger = postings->matter->v.ledger,
                                       .code = act->command->kind,
                                       .ref = postings->matter->v.id};
    postings->count++;
    return transfer;
}

enum suan_status postings_post(struct suan_txn *txn, struct postings *postings, struct suan_error *error)
{
    if (postings->count == 0)
        return SUAN_OK;
    return suan_ledger_post(txn, postings->transfers, postings->count,
                            (struct suan_occasion){postings->act->time_ns, postings->act->index}, error);
}

void matter_period(const struct matter *matter, int64_t issue_day, char out[8])
{
    if (matter->programme->budget.period == SUAN_PERIOD_CALENDAR_YEAR)
        snprintf(out, 8, "%04d", suan_day_year((int32_t)issue_day) % 10000);
    else
        snprintf(out, 8, "fund");
}

enum suan_status matter_release(struct suan_txn *txn, struct matter *matter, struct postings *postings,
                                struct suan_error *error)
{
    struct suan_voucher_record *v = &matter->v;
    struct room_of of = matter_room(matter);
    struct suan_id voucher, budget;
    char period[8];
    int64_t fen = suan_voucher_available_fen(v);
    if (fen == 0)
        return SUAN_OK;
    matter_period(matter, v->issue_day, period);
    enum suan_status status = postings_account(txn, postings, ACCOUNT_VOUCHER, "", &voucher, error);
    if (status == SUAN_OK)
        status = postings_account(txn, postings, ACCOUNT_BUDGET, period, &budget, error);
    if (status != SUAN_OK)
        return status;
    postings_add(postings, &voucher, &budget, fen);
    v->released_fen += fen;
    v->released_idx = postings->act->index;
    return room_release(txn, &of, suan_day_year((int32_t)v->issue_day), fen,
                        v->released_fen == v->face_fen ? v->base_fen : 0, error);
}
