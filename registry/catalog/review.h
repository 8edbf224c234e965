#ifndef SUAN_CATALOG_REVIEW_H
#define SUAN_CATALOG_REVIEW_H

/*
 * Curation: industry bodies sign for a release under a policy, k of n distinct bodies, never keys. Where a
 * release stands is not stored but follows from the votes, their expiry and the policy at the time that is
 * asked about.
 */
#include "release.h"

enum { SUAN_BODIES_MAX = 32, SUAN_REVIEW_DAYS_DEFAULT = 365 };

struct suan_policy_record {
    struct suan_id id;
    char name[SUAN_IDENT_MAX + 1];
    uint32_t version, k;
    size_t body_count; /* n; k > n / 2 */
    struct suan_id bodies[SUAN_BODIES_MAX];
    struct suan_digest criteria; /* blob: suan.criteria/1 */
    uint64_t from_ns, until_ns, index;
};
/* A policy's table key: the first half of SHA-256("suan-policy-v1\n" and the name). */
struct suan_id suan_policy_id(struct suan_span name);
bool suan_policy_has_body(const struct suan_policy_record *policy, const struct suan_id *body);
/* The newest version; NOT_FOUND "policy.absent". */
SUAN_MUST_USE enum suan_status suan_policy_get(struct suan_txn *txn, struct suan_span name,
                                               struct suan_policy_record *out, struct suan_error *error);
SUAN_MUST_USE enum suan_status suan_policy_by_id(struct suan_txn *txn, const struct suan_id *id,
                                                 struct suan_policy_record *out, struct suan_error *error);
SUAN_MUST_USE enum suan_status
suan_policy_each(struct suan_txn *txn,
                 enum suan_status (*visit)(void *context, const struct suan_policy_record *policy),
                 void *context, struct suan_error *error);

enum suan_decision {
    SUAN_DECISION_SIGN = 1,
    SUAN_DECISION_REJECT,
    SUAN_DECISION_WITHDRAW,
    SUAN_DECISION_REVOKE,
    SUAN_DECISION_RESTORE
};
struct suan_vote {
    struct suan_digest tar, page;
    struct suan_id body, signer, policy;
    enum suan_decision decision;
    uint64_t index, time_ns, until_ns; /* until: of a SIGN */
};
/* Every vote on a release, bodies in the order of their ids, oldest first. */
SUAN_MUST_USE enum suan_status suan_vote_each(struct suan_txn *txn, const struct suan_digest *tar,
                                              enum suan_status (*visit)(void *context,
                                                                        const struct suan_vote *vote),
                                              void *context, struct suan_error *error);

enum suan_standing {
    SUAN_STANDING_PUBLISHED,
    SUAN_STANDING_SUBMITTED,
    SUAN_STANDING_VETTED,
    SUAN_STANDING_SUPERSEDED, /* vetted, and so is a newer version */
    SUAN_STANDING_REJECTED,   /* by n - k + 1 bodies */
    SUAN_STANDING_YANKED,
    SUAN_STANDING_REVOKED,
    SUAN_STANDING_TAKEN_DOWN
};
const char *suan_standing_name(enum suan_standing standing); /* "vetted" */

struct suan_review_state {
    enum suan_standing standing;
    uint32_t signatures, rejections, k, n; /* bodies whose decision counts now */
    uint64_t vetted_ns;                    /* when the k-th counting signature was made; 0: not vetted */
    uint64_t vetted_idx;
};
/* Where the release stands at `time_ns`. */
SUAN_MUST_USE enum suan_status suan_review_state(struct suan_txn *txn, const struct suan_release *release,
                                                 uint64_t time_ns, struct suan_review_state *out,
                                                 struct suan_error *error);

/*
 * The page a reviewer sees and signs for: release, owners, policy, every attestation by type and digest,
 * criteria with value, threshold and verdict, and earlier votes. A function of the tables; its digest is that
 * of its canonical form. The JSON is the caller's.
 */
SUAN_MUST_USE enum suan_status suan_review_page(struct suan_txn *txn, const struct suan_release *release,
                                                const struct suan_policy_record *policy,
                                                struct suan_json **out_page, struct suan_digest *out_digest,
                                                struct suan_error *error);

/* Appends what hosts must refuse, one a line, unsorted: "revoked HEX", "taken-down HEX", "yanked HEX",
 * "withdrawn HEX BODY". */
SUAN_MUST_USE enum suan_status suan_review_revoked(struct suan_txn *txn, struct suan_buffer *out,
                                                   uint64_t *out_lines, struct suan_error *error);

#endif
