/* 513 apply, 514 review, 515 issue: from a claim to a voucher. */
#include <stdio.h>

#include "base/cleanup.h"
#include "catalog/identity.h"
#include "catalog/member.h"
#include "matter.h"
#include "record.h"

enum { CLAIM_AGE_DAYS = 7 }; /* a claim is dated on the day it is handed in, or shortly before */

/* --- apply -------------------------------------------------------------------------------------------- */

/* Who put the rules on record funds them. */
static enum suan_status find_authority(struct suan_txn *txn, uint64_t index, struct suan_id *out,
                                       struct suan_error *error)
{
    SUAN_CLEANUP(suan_command_done) struct suan_command command = {0};
    struct suan_span bytes;
    struct suan_leaf leaf;
    enum suan_status status = suan_log_leaf(txn, SUAN_LOG_LEDGER, index, &bytes, error);
    if (status == SUAN_OK)
        status = suan_leaf_decode(bytes, &leaf, error);
    if (status == SUAN_OK)
        status = suan_command_parse(leaf.command, &command, error);
    if (status == SUAN_OK)
        *out = suan_ident_id(command.by);
    return status;
}

/* The newest version of each programme on record. */
struct library {
    struct suan_programme *all[SUAN_PROGRAMMES_MAX];
    uint64_t indexes[SUAN_PROGRAMMES_MAX];
    size_t count;
    struct suan_error *error;
};

static void library_done(struct library *library)
{
    for (size_t i = 0; i < library->count; i++)
        suan_programme_free(library->all[i]);
}

static enum suan_status library_add(void *context, const struct suan_installed *one)
{
    struct library *library = context;
    struct suan_programme *programme = NULL;
    enum suan_status status =
        suan_programme_parse(one->text, one->digest.bytes, one->id, &programme, library->error);
    if (status != SUAN_OK)
        return status;
    size_t last = library->count - 1;
    if (library->count > 0 && suan_span_equal(library->all[last]->id, programme->id)) {
        suan_programme_free(library->all[last]);
        library->count--;
    }
    if (library->count == SUAN_PROGRAMMES_MAX) {
        suan_programme_free(programme);
        return suan_error_set(library->error, SUAN_E_EXHAUSTED, "programme.count", NULL,
                              "%d programmes are on record, which is the limit", SUAN_PROGRAMMES_MAX);
    }
    library->indexes[library->count] = one->index;
    library->all[library->count++] = programme;
    return SUAN_OK;
}

static enum suan_status find_of_family(struct suan_txn *txn, struct matter *out, uint64_t *out_index,
                                       struct suan_error *error)
{
    SUAN_CLEANUP(library_done) struct library library = {.error = error};
    const struct suan_programme *found = NULL;
    enum suan_status status = suan_programme_each(txn, library_add, &library, error);
    if (status == SUAN_OK)
        status = suan_policy_select((const struct suan_programme *const *)library.all, library.count,
                                    out->claim, SUAN_DAY_NONE, &found, error);
    if (status != SUAN_OK)
        return status;
    for (size_t i = 0; i < library.count; i++) {
        if (library.all[i] != found)
            continue;
        out->programme = library.all[i];
        *out_index = library.indexes[i];
        library.all[i] = NULL;
        return SUAN_OK;
    }
    return suan_error_set(error, SUAN_E_REFUSED, "voucher.no-unique-programme", "name one programme",
                          "not exactly one programme of family '%.*s' is in force on that day",
                          SUAN_SPAN_PRINTF(out->claim->family));
}

static enum suan_status find_programme(struct suan_txn *txn, struct matter *out, struct suan_error *error)
{
    struct suan_installed installed = {0};
    uint64_t index = 0;
    enum suan_status status;
    if (out->claim->family.size > 0) {
        status = find_of_family(txn, out, &index, error);
    } else if (out->claim->programme.size > 0) {
        status = suan_programme_get(txn, out->claim->programme, &installed, error);
        index = installed.index;
        if (status == SUAN_OK)
            status = suan_programme_parse(installed.text, installed.digest.bytes, installed.id,
                                          &out->programme, error);
    } else {
        return suan_error_set(error, SUAN_E_USAGE, "policy.bad-field", "'suan voucher quote' compares them",
                              "claim: names neither a programme nor a family");
    }
    if (status != SUAN_OK)
        return status;
    snprintf(out->v.programme, sizeof out->v.programme, "%.*s", SUAN_SPAN_PRINTF(out->programme->id));
    out->v.version = out->programme->version;
    memcpy(out->v.rules.bytes, out->programme->sha256, SUAN_DIGEST_SIZE);
    out->v.ledger =
        out->programme->instrument == SUAN_INSTRUMENT_ALGORITHM ? SUAN_LEDGER_ALGORITHM : SUAN_LEDGER_COMPUTE;
    return find_authority(txn, index, &out->v.authority, error);
}

static enum suan_status load_application(struct suan_txn *txn, const struct suan_act *act, struct matter *out,
                                         struct suan_error *error)
{
    enum suan_status status = suan_json_get_hex(act->command->body, "claim", SUAN_JSON_REQUIRED,
                                                out->v.claim.bytes, SUAN_DIGEST_SIZE, "", error);
    out->v.id = act->command->id;
    out->v.stage = SUAN_STAGE_APPLIED;
    out->v.claimant = act->by;
    out->v.applied_claim = out->v.claim;
    out->v.applied_idx = act->index;
    out->day = suan_day_of_time(act->time_ns);
    if (status == SUAN_OK)
        status = matter_load_claim(txn, act, out, error);
    if (status == SUAN_OK)
        status = find_programme(txn, out, error);
    if (status == SUAN_OK)
        out->v.applied_day = out->claim->day;
    return status;
}

enum suan_status check_apply(struct suan_txn *txn, const struct suan_act *act, struct suan_error *error)
{
    SUAN_CLEANUP(matter_done) struct matter matter = {0};
    struct suan_decision decision;
    enum suan_status status = load_application(txn, act, &matter, error);
    if (status == SUAN_OK)
        status = matter_require_claimant(txn, act, &matter, "an application", error);
    if (status != SUAN_OK)
        return status;
    if (!suan_span_equal(matter.claim->enterprise, act->command->by))
        return suan_error_set(error, SUAN_E_PERMISSION, "event.permission", "the enterprise itself applies",
                              "claim: is of '%.*s'", SUAN_SPAN_PRINTF(matter.claim->enterprise));
    if (matter.claim->day > matter.day || matter.claim->day < matter.day - CLAIM_AGE_DAYS)
        return suan_error_set(error, SUAN_E_USAGE, "policy.bad-date", "date it on the day of application",
                              "claim: is dated more than %d days before today, or after", CLAIM_AGE_DAYS);
    return matter_decide(txn, &matter, SUAN_DAY_NONE, &decision, error);
}

enum suan_status apply_apply(struct suan_txn *txn, const struct suan_act *act, struct suan_error *error)
{
    SUAN_CLEANUP(matter_done) struct matter matter = {0};
    enum suan_status status = load_application(txn, act, &matter, error);
    return status == SUAN_OK ? matter_save(txn, act, &matter, error) : status;
}

/* --- review ------------------------------------------------------------------------------------------- */

enum step { STEP_SCREEN, STEP_ASSESS, STEP_PUBLICISE, STEP_APPROVE, STEP_REJECT, STEPS };

static const struct {
    const char *name;
    uint32_t from;
} steps[STEPS] = {
    [STEP_SCREEN] = {"screen", IN(APPLIED)},
    [STEP_ASSESS] = {"assess", IN(SCREENED)},
    [STEP_PUBLICISE] = {"publicise", IN(IN_REVIEW)},
    [STEP_APPROVE] = {"approve", IN(PUBLICISED) | IN(WAITLISTED)},
    [STEP_REJECT] = {"reject", IN(APPLIED) | IN(SCREENED) | IN(PUBLICISED)},
};

struct review {
    struct matter matter;
    enum step step;
    struct suan_id person;
    struct suan_decision decision; /* of STEP_APPROVE */
};

static void review_done(struct review *review)
{
    matter_done(&review->matter);
}

static enum suan_status read_step(const struct suan_act *act, enum step *out, struct suan_error *error)
{
    struct suan_span said = {NULL, 0}, reason = {NULL, 0};
    enum suan_status status =
        suan_json_get_text(act->command->body, "step", SUAN_JSON_REQUIRED, 16, &said, "", error);
    for (*out = STEP_SCREEN; status == SUAN_OK && *out < STEPS; (*out)++) {
        if (suan_span_equal(said, suan_span_text(steps[*out].name)))
            break;
    }
    if (status == SUAN_OK && *out == STEPS)
        return suan_error_set(error, SUAN_E_FORMAT, "event.format",
                              "screen, assess, publicise, approve, reject", "step: '%.*s' is none",
                              SUAN_SPAN_PRINTF(said));
    enum suan_json_need need = *out == STEP_REJECT ? SUAN_JSON_REQUIRED : SUAN_JSON_OPTIONAL;
    return status == SUAN_OK
               ? suan_json_get_text(act->command->body, "reason", need, 1024, &reason, "", error)
               : status;
}

/* What a reviewer sets stands in a claim of the reviewer's own, for the same contract of the same day. */
static enum suan_status amend(struct suan_txn *txn, const struct suan_act *act, struct matter *matter,
                              struct suan_error *error)
{
    SUAN_CLEANUP(suan_claim_freep) struct suan_claim *before = suan_take(&matter->claim);
    if (suan_json_find(act->command->body, "claim") == NULL) {
        matter->claim = suan_take(&before);
        return SUAN_OK;
    }
    enum suan_status status = suan_json_get_hex(act->command->body, "claim", SUAN_JSON_REQUIRED,
                                                matter->v.claim.bytes, SUAN_DIGEST_SIZE, "", error);
    if (status == SUAN_OK)
        status = matter_load_claim(txn, act, matter, error);
    if (status != SUAN_OK)
        return status;
    if (before->day == matter->claim->day && before->instrument == matter->claim->instrument &&
        suan_span_equal(before->enterprise, matter->claim->enterprise) &&
        suan_span_equal(before->contract_key, matter->claim->contract_key))
        return SUAN_OK;
    return suan_error_set(error, SUAN_E_USAGE, "policy.bad-field", "amend the claim on record",
                          "claim: a reviewer's must be for the same contract, enterprise and day");
}

/* The person who did the step before does not do this one. */
static const struct suan_id *excluded(const struct review *review)
{
    const struct suan_voucher_record *v = &review->matter.v;
    bool first = review->step == STEP_ASSESS || v->stage == SUAN_STAGE_SCREENED;
    bool second = review->step == STEP_APPROVE || v->stage == SUAN_STAGE_PUBLICISED;
    return second ? &v->reviewer : first ? &v->officer : NULL;
}

static enum suan_status check_publicity(const struct suan_act *act, const struct matter *matter,
                                        struct suan_error *error)
{
    uint64_t days = (uint64_t)matter->programme->publicity_days;
    uint64_t end_ns = matter->v.publicised_ns + days * UINT64_C(86400000000000);
    if (act->time_ns >= end_ns)
        return SUAN_OK;
    return suan_error_set(error, SUAN_E_CONFLICT, "voucher.publicity", "wait until they are over",
                          "voucher: must be publicised for %llu days first", (unsigned long long)days);
}

/* AWARD, or want of room alone; a REVIEW or a REJECT is not approved. */
static enum suan_status decide_approval(struct suan_txn *txn, struct review *review, struct suan_error *error)
{
    enum suan_status status = matter_decide(txn, &review->matter, SUAN_DAY_NONE, &review->decision, error);
    if (status != SUAN_OK || review->decision.outcome == SUAN_OUTCOME_AWARD)
        return status;
    if (review->decision.is_room && review->matter.v.stage == SUAN_STAGE_PUBLICISED)
        return SUAN_OK;
    return suan_error_set(error, review->decision.is_room ? SUAN_E_EXHAUSTED : SUAN_E_REFUSED,
                          review->decision.is_room ? "voucher.no-room" : "voucher.not-eligible",
                          "reject it, or let a reviewer amend the claim", "voucher: %s %s",
                          suan_policy_outcome_name(review->decision.outcome), review->decision.binding);
}

static enum suan_status load_review(struct suan_txn *txn, const struct suan_act *act, struct review *out,
                                    struct suan_error *error)
{
    enum suan_status status = read_step(act, &out->step, error);
    if (status == SUAN_OK)
        status = matter_load(txn, act, &out->matter, error);
    if (status == SUAN_OK)
        status = matter_require_stage(&out->matter, steps[out->step].from, steps[out->step].name, error);
    if (status == SUAN_OK)
        status = matter_require_officer(txn, act, &out->matter, SUAN_ROLE_REVIEW, excluded(out), "a review",
                                        &out->person, error);
    if (status == SUAN_OK && out->step == STEP_ASSESS)
        status = amend(txn, act, &out->matter, error);
    if (status == SUAN_OK && out->step == STEP_APPROVE && out->matter.v.stage == SUAN_STAGE_PUBLICISED)
        status = check_publicity(act, &out->matter, error);
    if (status == SUAN_OK && out->step == STEP_APPROVE)
        status = decide_approval(txn, out, error);
    return status;
}

enum suan_status check_review(struct suan_txn *txn, const struct suan_act *act, struct suan_error *error)
{
    SUAN_CLEANUP(review_done) struct review review = {0};
    return load_review(txn, act, &review, error);
}

static void keep_decision(struct suan_voucher_record *v, const struct suan_decision *decision, uint64_t index)
{
    v->face_fen = decision->award_fen;
    v->base_fen = decision->base_fen;
    v->decided_idx = index;
    snprintf(v->tier, sizeof v->tier, "%.*s", SUAN_SPAN_PRINTF(decision->tier));
    snprintf(v->binding, sizeof v->binding, "%s", decision->binding);
}

static void take_step(const struct suan_act *act, struct review *review)
{
    struct suan_voucher_record *v = &review->matter.v;
    switch (review->step) {
    case STEP_SCREEN:
        v->stage = SUAN_STAGE_SCREENED;
        v->officer = review->person;
        break;
    case STEP_ASSESS:
        v->stage = SUAN_STAGE_IN_REVIEW;
        v->reviewer = review->person;
        break;
    case STEP_PUBLICISE:
        v->stage = SUAN_STAGE_PUBLICISED;
        v->publicised_ns = act->time_ns;
        break;
    case STEP_APPROVE:
        v->stage = SUAN_STAGE_WAITLISTED;
        v->second = review->person;
        if (review->decision.outcome == SUAN_OUTCOME_AWARD) {
            v->stage = SUAN_STAGE_APPROVED;
            keep_decision(v, &review->decision, act->index);
        }
        break;
    case STEP_REJECT:
    case STEPS: v->stage = SUAN_STAGE_REJECTED; break;
    }
}

enum suan_status apply_review(struct suan_txn *txn, const struct suan_act *act, struct suan_error *error)
{
    SUAN_CLEANUP(review_done) struct review review = {0};
    enum suan_status status = load_review(txn, act, &review, error);
    if (status != SUAN_OK)
        return status;
    take_step(act, &review);
    return matter_save(txn, act, &review.matter, error);
}

/* --- issue -------------------------------------------------------------------------------------------- */

/* Decided again, with the room that there is now; a different award stops it. */
static enum suan_status load_issue(struct suan_txn *txn, const struct suan_act *act, struct matter *out,
                                   struct suan_decision *decision, struct suan_error *error)
{
    struct suan_id person;
    enum suan_status status = matter_load(txn, act, out, error);
    if (status == SUAN_OK)
        status = matter_require_stage(out, IN(APPROVED), "issue", error);
    if (status == SUAN_OK)
        status = matter_require_officer(txn, act, out, SUAN_ROLE_FINANCE, NULL, "an issue", &person, error);
    if (status == SUAN_OK)
        status = matter_decide(txn, out, out->day, decision, error);
    if (status != SUAN_OK)
        return status;
    if (decision->outcome == SUAN_OUTCOME_AWARD && decision->award_fen == out->v.face_fen)
        return SUAN_OK;
    return suan_error_set(error, decision->is_room ? SUAN_E_EXHAUSTED : SUAN_E_CONFLICT, "voucher.changed",
                          "close it, and apply again",
                          "voucher: approved for %lld fen, but today it is %s %lld by %s",
                          (long long)out->v.face_fen, suan_policy_outcome_name(decision->outcome),
                          (long long)decision->award_fen, decision->binding);
}

enum suan_status check_issue(struct suan_txn *txn, const struct suan_act *act, struct suan_error *error)
{
    SUAN_CLEANUP(matter_done) struct matter matter = {0};
    struct suan_decision decision;
    return load_issue(txn, act, &matter, &decision, error);
}

/* A budget with a ceiling holds all of it from its first voucher on, so that the ledger itself keeps the
   ceiling; another is given as much as each voucher takes. */
static enum suan_status fund(struct suan_txn *txn, const struct matter *matter, const char *period,
                             int64_t *out_fen, struct suan_error *error)
{
    int64_t funded = 0;
    const struct suan_budget *budget = &matter->programme->budget;
    enum suan_status status = room_funded(txn, matter->v.programme, period, &funded, error);
    if (status != SUAN_OK)
        return status;
    if (budget->kind != SUAN_BUDGET_CAP)
        *out_fen = matter->v.face_fen;
    else
        *out_fen = budget->amount_fen > funded ? budget->amount_fen - funded : 0;
    return *out_fen > 0 ? room_fund(txn, matter->v.programme, period, *out_fen, error) : SUAN_OK;
}

static enum suan_status post_issue(struct suan_txn *txn, const struct suan_act *act,
                                   const struct matter *matter, struct suan_error *error)
{
    struct postings postings = {.matter = matter, .act = act};
    struct suan_id issuer, budget, voucher;
    char period[8];
    int64_t fen = 0;
    matter_period(matter, matter->day, period);
    enum suan_status status = postings_account(txn, &postings, ACCOUNT_VOUCHER_ISSUER, "", &issuer, error);
    if (status == SUAN_OK)
        status = postings_account(txn, &postings, ACCOUNT_BUDGET, period, &budget, error);
    if (status == SUAN_OK)
        status = postings_account(txn, &postings, ACCOUNT_VOUCHER, "", &voucher, error);
    if (status == SUAN_OK)
        status = fund(txn, matter, period, &fen, error);
    if (status != SUAN_OK)
        return status;
    if (fen > 0)
        postings_add(&postings, &issuer, &budget, fen);
    postings_add(&postings, &budget, &voucher, matter->v.face_fen);
    return postings_post(txn, &postings, error);
}

enum suan_status apply_issue(struct suan_txn *txn, const struct suan_act *act, struct suan_error *error)
{
    SUAN_CLEANUP(matter_done) struct matter matter = {0};
    struct suan_decision decision;
    enum suan_status status = load_issue(txn, act, &matter, &decision, error);
    if (status != SUAN_OK)
        return status;
    keep_decision(&matter.v, &decision, act->index);
    struct room_of of = matter_room(&matter);
    matter.v.stage = SUAN_STAGE_ISSUED;
    matter.v.issue_day = matter.day;
    matter.v.issued_idx = act->index;
    status = room_issue(txn, &of, suan_day_year(matter.day), matter.v.face_fen, matter.v.base_fen, error);
    if (status == SUAN_OK)
        status = post_issue(txn, act, &matter, error);
    return status == SUAN_OK ? matter_save(txn, act, &matter, error) : status;
}
