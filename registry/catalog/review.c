/*
 * Curation: votes of bodies, and what follows from them. Row: vet tar32|body16|index8 -> decision4, until8,
 * time8, signer16, policy16, page32.
 */
#include "review.h"

#include <stdlib.h>

#include "base/cleanup.h"
#include "fold.h"
#include "identity.h"
#include "member.h"
#include "record.h"
#include "release_row.h"

static const char code_conflict[] = "event.conflict";
static const char code_permission[] = "event.permission";
static const char code_format[] = "event.format";

enum { VOTE_KEY_SIZE = SUAN_DIGEST_SIZE + SUAN_ID_SIZE + 8 };
#define DAY_NS (UINT64_C(86400) * 1000000000)

/* --- votes -------------------------------------------------------------------------------------------- */

static enum suan_status decode_vote(struct suan_span key, struct suan_span value, struct suan_vote *out,
                                    struct suan_error *error)
{
    struct record_reader head = {key, false}, reader = {value, false};
    record_digest(&head, &out->tar);
    record_id(&head, &out->body);
    out->index = record_u64(&head);
    out->decision = (enum suan_decision)record_u32(&reader);
    out->until_ns = record_u64(&reader);
    out->time_ns = record_u64(&reader);
    record_id(&reader, &out->signer);
    record_id(&reader, &out->policy);
    record_digest(&reader, &out->page);
    reader.bad |= head.bad || head.rest.size != 0;
    return record_check(&reader, "vet", error);
}

enum suan_status suan_vote_each(struct suan_txn *txn, const struct suan_digest *tar,
                                enum suan_status (*visit)(void *context, const struct suan_vote *vote),
                                void *context, struct suan_error *error)
{
    SUAN_CLEANUP(suan_scan_endp) struct suan_scan *scan = NULL;
    enum suan_status status =
        suan_scan_begin(txn, SUAN_TABLE_VET, digest_span(tar), suan_span(NULL, 0), &scan, error);
    while (status == SUAN_OK) {
        struct suan_span key, value;
        struct suan_vote vote;
        status = suan_scan_next(scan, &key, &value, error);
        if (status == SUAN_E_NOT_FOUND)
            return SUAN_OK;
        if (status == SUAN_OK)
            status = decode_vote(key, value, &vote, error);
        if (status == SUAN_OK)
            status = visit(context, &vote);
    }
    return status;
}

static enum suan_status put_vote(struct suan_txn *txn, const struct suan_vote *vote, struct suan_error *error)
{
    SUAN_CLEANUP(suan_buffer_done) struct suan_buffer value = {0};
    uint8_t key[VOTE_KEY_SIZE];
    memcpy(key, vote->tar.bytes, SUAN_DIGEST_SIZE);
    memcpy(key + SUAN_DIGEST_SIZE, vote->body.bytes, SUAN_ID_SIZE);
    suan_put_be64(key + SUAN_DIGEST_SIZE + SUAN_ID_SIZE, vote->index);
    suan_buffer_append_be32(&value, (uint32_t)vote->decision);
    suan_buffer_append_be64(&value, vote->until_ns);
    suan_buffer_append_be64(&value, vote->time_ns);
    suan_buffer_append(&value, vote->signer.bytes, SUAN_ID_SIZE);
    suan_buffer_append(&value, vote->policy.bytes, SUAN_ID_SIZE);
    suan_buffer_append(&value, vote->page.bytes, SUAN_DIGEST_SIZE);
    enum suan_status status = suan_buffer_check(&value, error);
    return status != SUAN_OK ? status
                             : suan_row_put(txn, SUAN_TABLE_VET, suan_span(key, sizeof key),
                                            suan_buffer_span(&value), error);
}

/* --- standing ----------------------------------------------------------------------------------------- */

const char *suan_standing_name(enum suan_standing standing)
{
    static const char *const names[] = {"published", "submitted", "vetted",  "superseded",
                                        "rejected",  "yanked",    "revoked", "taken-down"};
    return names[standing];
}

/* The newest decision of each body since the release was submitted. */
struct ballot {
    const struct suan_policy_record *policy;
    uint64_t since_idx;
    struct suan_vote last[SUAN_BODIES_MAX]; /* by the body's place in the policy; decision 0: none */
};

static enum suan_status count_vote(void *context, const struct suan_vote *vote)
{
    struct ballot *ballot = context;
    for (size_t i = 0; i < ballot->policy->body_count; i++) {
        if (id_equal(&ballot->policy->bodies[i], &vote->body) && vote->index > ballot->since_idx)
            ballot->last[i] = *vote;
    }
    return SUAN_OK;
}

static int by_index(const void *a, const void *b)
{
    const struct suan_vote *const *x = a, *const *y = b;
    return ((*x)->index > (*y)->index) - ((*x)->index < (*y)->index);
}

static void judge(const struct ballot *ballot, uint64_t time_ns, struct suan_review_state *out)
{
    const struct suan_vote *signs[SUAN_BODIES_MAX];
    for (size_t i = 0; i < ballot->policy->body_count; i++) {
        const struct suan_vote *vote = &ballot->last[i];
        if (vote->decision == SUAN_DECISION_SIGN && time_ns <= vote->until_ns)
            signs[out->signatures++] = vote;
        out->rejections += vote->decision == SUAN_DECISION_REJECT;
    }
    if (out->signatures >= out->k) {
        qsort(signs, out->signatures, sizeof signs[0], by_index);
        out->standing = SUAN_STANDING_VETTED;
        out->vetted_ns = signs[out->k - 1]->time_ns;
        out->vetted_idx = signs[out->k - 1]->index;
    } else {
        out->standing =
            out->rejections >= out->n - out->k + 1 ? SUAN_STANDING_REJECTED : SUAN_STANDING_SUBMITTED;
    }
}

/* The standing by votes alone, whatever owners, operator and newer versions say. */
static enum suan_status voted(struct suan_txn *txn, const struct suan_release *release, uint64_t time_ns,
                              struct suan_review_state *out, struct suan_error *error)
{
    struct suan_policy_record policy;
    struct ballot ballot = {.policy = &policy, .since_idx = release->submitted_idx};
    *out = (struct suan_review_state){.standing = SUAN_STANDING_PUBLISHED};
    if (id_is_zero(&release->policy))
        return SUAN_OK;
    enum suan_status status = suan_policy_by_id(txn, &release->policy, &policy, error);
    if (status != SUAN_OK)
        return status;
    out->k = policy.k;
    out->n = (uint32_t)policy.body_count;
    status = suan_vote_each(txn, &release->tar, count_vote, &ballot, error);
    if (status == SUAN_OK)
        judge(&ballot, time_ns, out);
    return status;
}

struct newer {
    struct suan_txn *txn;
    const struct suan_release *release;
    uint64_t time_ns;
    enum { NEWER_NONE, NEWER_VETTED } found;
    struct suan_error *error;
};

static enum suan_status look_newer(void *context, const struct suan_release *other)
{
    struct newer *newer = context;
    struct suan_review_state state;
    if (other->flags != 0 || suan_package_version_compare(suan_span_text(other->version),
                                                          suan_span_text(newer->release->version)) <= 0)
        return SUAN_OK;
    enum suan_status status = voted(newer->txn, other, newer->time_ns, &state, newer->error);
    if (status == SUAN_OK && state.standing == SUAN_STANDING_VETTED)
        newer->found = NEWER_VETTED;
    return status;
}

enum suan_status suan_review_state(struct suan_txn *txn, const struct suan_release *release, uint64_t time_ns,
                                   struct suan_review_state *out, struct suan_error *error)
{
    enum suan_status status = voted(txn, release, time_ns, out, error);
    if (status != SUAN_OK)
        return status;
    if ((release->flags & SUAN_RELEASE_TAKEN_DOWN) != 0)
        out->standing = SUAN_STANDING_TAKEN_DOWN;
    else if ((release->flags & SUAN_RELEASE_REVOKED) != 0)
        out->standing = SUAN_STANDING_REVOKED;
    else if ((release->flags & SUAN_RELEASE_YANKED) != 0)
        out->standing = SUAN_STANDING_YANKED;
    if (out->standing != SUAN_STANDING_VETTED)
        return SUAN_OK;
    struct newer newer = {txn, release, time_ns, NEWER_NONE, error};
    status = suan_release_each(txn, &release->algorithm, look_newer, &newer, error);
    if (status == SUAN_OK && newer.found == NEWER_VETTED)
        out->standing = SUAN_STANDING_SUPERSEDED;
    return status;
}

/* --- review.submit ------------------------------------------------------------------------------------ */

static enum suan_status read_policy(struct suan_txn *txn, const struct suan_act *act,
                                    struct suan_policy_record *out, struct suan_error *error)
{
    struct suan_span name;
    enum suan_status status = suan_json_get_text(act->command->body, "policy", SUAN_JSON_REQUIRED,
                                                 SUAN_IDENT_MAX, &name, "", error);
    return status != SUAN_OK ? status : suan_policy_get(txn, name, out, error);
}

static enum suan_status check_submit(struct suan_txn *txn, const struct suan_act *act,
                                     struct suan_error *error)
{
    struct suan_release release;
    struct suan_policy_record policy;
    struct suan_review_state state;
    enum suan_status status = release_named(txn, act, &release, error);
    if (status == SUAN_OK)
        status = read_policy(txn, act, &policy, error);
    if (status == SUAN_OK)
        status = release_require_owner(txn, act, &release.algorithm, error);
    if (status == SUAN_OK)
        status = suan_review_state(txn, &release, act->time_ns, &state, error);
    if (status != SUAN_OK)
        return status;
    if (state.standing != SUAN_STANDING_PUBLISHED && state.standing != SUAN_STANDING_REJECTED)
        return suan_error_set(error, SUAN_E_CONFLICT, code_conflict, NULL, "%s@%s is already %s",
                              release.name, release.version, suan_standing_name(state.standing));
    return SUAN_OK;
}

static enum suan_status apply_submit(struct suan_txn *txn, const struct suan_act *act,
                                     struct suan_error *error)
{
    struct suan_release release;
    struct suan_policy_record policy;
    enum suan_status status = release_named(txn, act, &release, error);
    if (status == SUAN_OK)
        status = read_policy(txn, act, &policy, error);
    if (status != SUAN_OK)
        return status;
    release.policy = policy.id;
    release.submitted_idx = act->index;
    return release_put(txn, &release, error);
}

/* --- who may vote ------------------------------------------------------------------------------------- */

/* Nobody votes on what they, their organisation, or one they are or lately were seconded to or from, owns. */
static enum suan_status check_untied(struct suan_txn *txn, const struct suan_act *act,
                                     const struct suan_owner_table *owners, struct suan_error *error)
{
    for (size_t o = 0; o < owners->count; o++) {
        const struct suan_id *owner = &owners->shares[o].owner;
        enum suan_status status = suan_member_untied(txn, &act->by, owner, act->time_ns, error);
        for (size_t s = 0; status == SUAN_OK && s < act->signer_count; s++)
            status = suan_member_untied(txn, &act->signers[s].ident, owner, act->time_ns, error);
        if (status != SUAN_OK)
            return status;
    }
    return SUAN_OK;
}

/* The release and policy of a vote, and that its body may cast it. */
static enum suan_status check_voter(struct suan_txn *txn, const struct suan_act *act,
                                    struct suan_release *out_release, struct suan_policy_record *out_policy,
                                    struct suan_error *error)
{
    struct suan_owner_table owners;
    enum suan_status status = release_named(txn, act, out_release, error);
    if (status != SUAN_OK)
        return status;
    if (id_is_zero(&out_release->policy))
        return suan_error_set(error, SUAN_E_CONFLICT, code_conflict,
                              "the owner submits it: 'suan review submit'",
                              "%s@%s is not submitted for review", out_release->name, out_release->version);
    status = suan_policy_by_id(txn, &out_release->policy, out_policy, error);
    if (status != SUAN_OK)
        return status;
    if (!suan_policy_has_body(out_policy, &act->by))
        return suan_error_set(error, SUAN_E_PERMISSION, code_permission, NULL,
                              "'%.*s' is not a body of policy '%s'", SUAN_SPAN_PRINTF(act->command->by),
                              out_policy->name);
    status = suan_act_require(txn, act, &act->by, SUAN_ROLE_REVIEW, "a review", error);
    if (status == SUAN_OK)
        status = suan_owner_get(txn, &out_release->algorithm, &owners, error);
    return status != SUAN_OK ? status : check_untied(txn, act, &owners, error);
}

/* The body's newest decision since submission; 0 if it has made none. */
static enum suan_status newest_decision(struct suan_txn *txn, const struct suan_act *act,
                                        const struct suan_release *release, struct suan_vote *out,
                                        struct suan_error *error)
{
    uint8_t prefix[SUAN_DIGEST_SIZE + SUAN_ID_SIZE];
    struct suan_span key, value;
    memcpy(prefix, release->tar.bytes, SUAN_DIGEST_SIZE);
    memcpy(prefix + SUAN_DIGEST_SIZE, act->by.bytes, SUAN_ID_SIZE);
    *out = (struct suan_vote){0};
    enum suan_status status =
        suan_row_last(txn, SUAN_TABLE_VET, suan_span(prefix, sizeof prefix), &key, &value, error);
    if (status == SUAN_E_NOT_FOUND)
        return SUAN_OK;
    if (status == SUAN_OK)
        status = decode_vote(key, value, out, error);
    if (status == SUAN_OK && out->index <= release->submitted_idx)
        *out = (struct suan_vote){0};
    return status;
}

static enum suan_status check_page(struct suan_txn *txn, const struct suan_act *act,
                                   const struct suan_release *release,
                                   const struct suan_policy_record *policy, struct suan_error *error)
{
    SUAN_CLEANUP(suan_json_releasep) struct suan_json *page = NULL;
    struct suan_digest seen, current;
    enum suan_status status = suan_json_get_hex(act->command->body, "page", SUAN_JSON_REQUIRED, seen.bytes,
                                                SUAN_DIGEST_SIZE, "", error);
    if (status == SUAN_OK)
        status = suan_review_page(txn, release, policy, &page, &current, error);
    if (status != SUAN_OK)
        return status;
    if (!suan_digest_equal(&seen, &current))
        return suan_error_set(
            error, SUAN_E_CONFLICT, code_conflict, "look at 'suan review show' and sign again",
            "the evidence for %s@%s is newer than the page that was signed", release->name, release->version);
    return SUAN_OK;
}

/* --- review.sign, reject, withdraw -------------------------------------------------------------------- */

static enum suan_status check_sign(struct suan_txn *txn, const struct suan_act *act, struct suan_error *error)
{
    struct suan_release release;
    struct suan_policy_record policy;
    uint64_t until = 0;
    enum suan_status status = check_voter(txn, act, &release, &policy, error);
    if (status == SUAN_OK)
        status = suan_command_get_u64(act->command->body, "until", &until, error);
    if (status != SUAN_OK)
        return status;
    if (until <= act->time_ns || until - act->time_ns > SUAN_REVIEW_DAYS_DEFAULT * DAY_NS)
        return suan_error_set(error, SUAN_E_FORMAT, code_format, NULL,
                              "until: a signature lasts at most %d days", SUAN_REVIEW_DAYS_DEFAULT);
    if ((release.flags & (SUAN_RELEASE_REVOKED | SUAN_RELEASE_TAKEN_DOWN)) != 0)
        return suan_error_set(error, SUAN_E_CONFLICT, code_conflict,
                              "bodies restore it first: 'suan review restore'", "%s@%s is revoked",
                              release.name, release.version);
    return check_page(txn, act, &release, &policy, error);
}

static enum suan_status check_reject(struct suan_txn *txn, const struct suan_act *act,
                                     struct suan_error *error)
{
    struct suan_release release;
    struct suan_policy_record policy;
    enum suan_status status = check_voter(txn, act, &release, &policy, error);
    if (status == SUAN_OK)
        status = release_read_reason(act, "reason", error);
    return status != SUAN_OK ? status : check_page(txn, act, &release, &policy, error);
}

static enum suan_status check_withdraw(struct suan_txn *txn, const struct suan_act *act,
                                       struct suan_error *error)
{
    struct suan_release release;
    struct suan_policy_record policy;
    struct suan_vote vote;
    enum suan_status status = check_voter(txn, act, &release, &policy, error);
    if (status == SUAN_OK)
        status = release_read_reason(act, "reason", error);
    if (status == SUAN_OK)
        status = newest_decision(txn, act, &release, &vote, error);
    if (status == SUAN_OK && vote.decision != SUAN_DECISION_SIGN && vote.decision != SUAN_DECISION_REJECT)
        return suan_error_set(error, SUAN_E_CONFLICT, code_conflict, NULL,
                              "there is no decision of '%.*s' to withdraw",
                              SUAN_SPAN_PRINTF(act->command->by));
    return status;
}

static enum suan_status apply_vote(struct suan_txn *txn, const struct suan_act *act,
                                   enum suan_decision decision, struct suan_error *error)
{
    struct suan_release release;
    struct suan_vote vote = {.body = act->by,
                             .signer = act->signer_count > 0 ? act->signers[0].ident : act->by,
                             .decision = decision,
                             .index = act->index,
                             .time_ns = act->time_ns};
    enum suan_status status = release_named(txn, act, &release, error);
    if (status == SUAN_OK && decision == SUAN_DECISION_SIGN)
        status = suan_command_get_u64(act->command->body, "until", &vote.until_ns, error);
    if (status == SUAN_OK && suan_json_find(act->command->body, "page") != NULL)
        status = suan_json_get_hex(act->command->body, "page", SUAN_JSON_REQUIRED, vote.page.bytes,
                                   SUAN_DIGEST_SIZE, "", error);
    if (status != SUAN_OK)
        return status;
    vote.tar = release.tar;
    vote.policy = release.policy;
    return put_vote(txn, &vote, error);
}

static enum suan_status apply_sign(struct suan_txn *txn, const struct suan_act *act, struct suan_error *error)
{
    return apply_vote(txn, act, SUAN_DECISION_SIGN, error);
}

static enum suan_status apply_reject(struct suan_txn *txn, const struct suan_act *act,
                                     struct suan_error *error)
{
    return apply_vote(txn, act, SUAN_DECISION_REJECT, error);
}

static enum suan_status apply_withdraw(struct suan_txn *txn, const struct suan_act *act,
                                       struct suan_error *error)
{
    return apply_vote(txn, act, SUAN_DECISION_WITHDRAW, error);
}

/* --- review.revoke, restore --------------------------------------------------------------------------- */

static enum suan_status check_turn(struct suan_txn *txn, const struct suan_act *act,
                                   enum suan_decision decision, struct suan_error *error)
{
    struct suan_release release;
    struct suan_policy_record policy;
    struct suan_vote vote;
    enum suan_status status = check_voter(txn, act, &release, &policy, error);
    if (status == SUAN_OK)
        status = release_read_reason(act, "reason", error);
    if (status == SUAN_OK)
        status = newest_decision(txn, act, &release, &vote, error);
    if (status != SUAN_OK)
        return status;
    bool revoked = (release.flags & (SUAN_RELEASE_REVOKED | SUAN_RELEASE_TAKEN_DOWN)) != 0;
    if (vote.decision == decision)
        return suan_error_set(error, SUAN_E_CONFLICT, code_conflict, NULL, "'%.*s' has already voted so",
                              SUAN_SPAN_PRINTF(act->command->by));
    if (revoked != (decision == SUAN_DECISION_RESTORE))
        return suan_error_set(error, SUAN_E_CONFLICT, code_conflict, NULL, "%s@%s is %s revoked",
                              release.name, release.version, revoked ? "already" : "not");
    return SUAN_OK;
}

static enum suan_status check_revoke(struct suan_txn *txn, const struct suan_act *act,
                                     struct suan_error *error)
{
    return check_turn(txn, act, SUAN_DECISION_REVOKE, error);
}

static enum suan_status check_restore(struct suan_txn *txn, const struct suan_act *act,
                                      struct suan_error *error)
{
    return check_turn(txn, act, SUAN_DECISION_RESTORE, error);
}

/* Casts the vote, and once k bodies agree turns the release. */
static enum suan_status apply_turn(struct suan_txn *txn, const struct suan_act *act,
                                   enum suan_decision decision, struct suan_error *error)
{
    struct suan_release release = {0};
    struct suan_policy_record policy;
    struct ballot ballot = {.policy = &policy};
    uint32_t count = 0;
    enum suan_status status = apply_vote(txn, act, decision, error);
    if (status == SUAN_OK)
        status = release_named(txn, act, &release, error);
    if (status == SUAN_OK)
        status = suan_policy_by_id(txn, &release.policy, &policy, error);
    ballot.since_idx = release.submitted_idx;
    if (status == SUAN_OK)
        status = suan_vote_each(txn, &release.tar, count_vote, &ballot, error);
    if (status != SUAN_OK)
        return status;
    for (size_t i = 0; i < policy.body_count; i++)
        count += ballot.last[i].decision == decision;
    if (count < policy.k)
        return SUAN_OK;
    release.flags = decision == SUAN_DECISION_REVOKE
                        ? release.flags | SUAN_RELEASE_REVOKED
                        : release.flags & ~(uint32_t)(SUAN_RELEASE_REVOKED | SUAN_RELEASE_TAKEN_DOWN);
    return release_put(txn, &release, error);
}

static enum suan_status apply_revoke(struct suan_txn *txn, const struct suan_act *act,
                                     struct suan_error *error)
{
    return apply_turn(txn, act, SUAN_DECISION_REVOKE, error);
}

static enum suan_status apply_restore(struct suan_txn *txn, const struct suan_act *act,
                                      struct suan_error *error)
{
    return apply_turn(txn, act, SUAN_DECISION_RESTORE, error);
}

static const char *const submit_fields[] = {"policy", "tar", NULL};
static const char *const sign_fields[] = {"page", "scope", "tar", "until", NULL};
static const char *const reject_fields[] = {"page", "reason", "tar", NULL};
static const char *const withdraw_fields[] = {"reason", "tar", NULL};
static const char *const turn_fields[] = {"evidence", "reason", "tar", NULL};

static const struct suan_rule rules[] = {
    {SUAN_EVENT_REVIEW_SUBMIT, submit_fields, check_submit, apply_submit, SUAN_RULE_SIGNED},
    {SUAN_EVENT_REVIEW_SIGN, sign_fields, check_sign, apply_sign, SUAN_RULE_SIGNED},
    {SUAN_EVENT_REVIEW_REJECT, reject_fields, check_reject, apply_reject, SUAN_RULE_SIGNED},
    {SUAN_EVENT_REVIEW_WITHDRAW, withdraw_fields, check_withdraw, apply_withdraw, SUAN_RULE_SIGNED},
    {SUAN_EVENT_REVIEW_REVOKE, turn_fields, check_revoke, apply_revoke, SUAN_RULE_SIGNED},
    {SUAN_EVENT_REVIEW_RESTORE, turn_fields, check_restore, apply_restore, SUAN_RULE_SIGNED},
};

const struct suan_family suan_family_review = {rules, sizeof rules / sizeof rules[0], NULL};
