#ifndef SUAN_CATALOG_FOLD_H
#define SUAN_CATALOG_FOLD_H

/*
 * How events become tables. Each kind has one rule: `check` reads the tables and refuses, `apply` writes them
 * and cannot refuse. The same rules serve the writer, verify, restore and whoever replays a log, and see
 * nothing but the event, who signed it, and the tables as they stood before it: no clock, no file. While a
 * rule runs, its own event is not yet in the log. Before `check`, the fold has seen to form, known fields,
 * origin, expiry, a fresh command id, and that `by` itself or a member of it is among the signers (or, for a
 * new identity, its new key).
 */
#include "event.h"

/* One valid signature of the event. The key is active at this place in the log, and the identity holds it. */
struct suan_signer_of {
    struct suan_digest key;
    struct suan_id ident; /* all zero while the key is not registered (a new key signing for itself) */
};

/* One event as its rule sees it. */
struct suan_act {
    enum suan_log log;
    uint64_t index;   /* its place in that log */
    uint64_t time_ns; /* its time */
    const struct suan_command *command;
    struct suan_id by;   /* command->by as a table key */
    size_t signer_count; /* 0: written by the writer itself */
    struct suan_signer_of signers[SUAN_SIGNATURES_MAX];
    uint32_t *used; /* bit i: a rule asked for signers[i], by a function below; others are superfluous */
    const struct suan_span *blobs; /* offered with the command; on replay none, they are in the store */
    size_t blob_count;
};

/* The evidence of that digest: among the blobs offered with the event, else in the store. NOT_FOUND
   "event.blob". After a successful `check` the writer keeps every offered blob, before `apply`. */
SUAN_MUST_USE enum suan_status suan_act_blob(struct suan_txn *txn, const struct suan_act *act,
                                             const struct suan_digest *digest, struct suan_span *out_blob,
                                             struct suan_error *error);

enum { SUAN_RULE_FIELDS_MAX = 48 };

struct suan_rule {
    uint16_t kind;
    /* NULL-ended list of the kind's own fields (beyond the six common ones), at most
     * SUAN_RULE_FIELDS_MAX: others are refused before `check`. */
    const char *const *fields;
    /* Errors: FORMAT, PERMISSION "event.permission", CONFLICT "event.conflict", NOT_FOUND "event.absent",
     * EXHAUSTED … */
    enum suan_status (*check)(struct suan_txn *txn, const struct suan_act *act, struct suan_error *error);
    enum suan_status (*apply)(struct suan_txn *txn, const struct suan_act *act, struct suan_error *error);
    enum {
        SUAN_RULE_SIGNED,
        SUAN_RULE_WRITER
    } origin; /* WRITER: no signature, appended by the writer alone */
};

/* Appends events of the writer's own (a batch digest, a snapshot) in the transaction of the commands they
 * follow. */
struct suan_sealer;
SUAN_MUST_USE enum suan_status suan_sealer_append(struct suan_sealer *sealer, uint16_t kind,
                                                  void (*fill)(void *context, struct suan_json *body),
                                                  void *context, struct suan_error *error);

/* The rules of one module. */
struct suan_family {
    const struct suan_rule *rules;
    size_t rule_count;
    /* Called after each batch that appended events, before commit, in the order of the families but that of
     * the registry last; NULL: nothing to seal. */
    enum suan_status (*seal)(struct suan_txn *txn, struct suan_sealer *sealer, struct suan_error *error);
};

extern const struct suan_family suan_family_registry, suan_family_identity, suan_family_key,
    suan_family_member, suan_family_owner, suan_family_offer, suan_family_release, suan_family_attestation,
    suan_family_policy, suan_family_review;
/* All families of the catalogue itself; a registry with a ledger has more. */
enum { SUAN_CATALOG_FAMILIES = 10 };
extern const struct suan_family *const suan_catalog_families[SUAN_CATALOG_FAMILIES];

/* --- what rules ask of signers ------------------------------------------------------------------------ */

/* These mark the first signature that answers the question as used. After `check`, an event with a signature
 * that nobody asked for is refused. */

/* True if one of the event's signatures is by a key of this identity. */
bool suan_act_signed_by(const struct suan_act *act, const struct suan_id *ident);
/* True if one of the signatures is by this key. */
bool suan_act_signed_with(const struct suan_act *act, const struct suan_digest *key);
/*
 * SUAN_OK if the identity itself signed, or a member of it who holds all of `roles` at this place and time
 * did (role bits: member.h); else PERMISSION "event.permission" with a message that names who was needed.
 */
SUAN_MUST_USE enum suan_status suan_act_require(struct suan_txn *txn, const struct suan_act *act,
                                                const struct suan_id *ident, uint32_t roles, const char *what,
                                                struct suan_error *error);
/* SUAN_OK if the operator signed. */
SUAN_MUST_USE enum suan_status suan_act_require_operator(struct suan_txn *txn, const struct suan_act *act,
                                                         struct suan_error *error);

#endif
