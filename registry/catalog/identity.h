#ifndef SUAN_CATALOG_IDENTITY_H
#define SUAN_CATALOG_IDENTITY_H

/* People and organisations, and the SSH keys that speak for them. */
#include "event.h"
#include "trust/sshkey.h"

enum suan_ident_type {
    SUAN_IDENT_PERSON = 1,
    SUAN_IDENT_DEVELOPER = 2, /* a firm or a person that contributes algorithms */
    SUAN_IDENT_ENTERPRISE = 3,
    SUAN_IDENT_PROVIDER = 4, /* of computing */
    SUAN_IDENT_BODY = 5,     /* industry body */
    SUAN_IDENT_AUTHORITY = 6,
    SUAN_IDENT_OPERATOR = 7
};
const char *suan_ident_type_name(enum suan_ident_type type);
bool suan_ident_type_find(struct suan_span name, enum suan_ident_type *out_type);

enum { SUAN_DISPLAY_MAX = 128, SUAN_CONTACT_MAX = 256, SUAN_KEYS_ACTIVE_MAX = 32 };

struct suan_identity {
    struct suan_id id;
    char ident[SUAN_IDENT_MAX + 1];
    enum suan_ident_type type;
    char display[SUAN_DISPLAY_MAX + 1], contact[SUAN_CONTACT_MAX + 1];
    uint64_t index, time_ns; /* of its creation */
};
/* NOT_FOUND "identity.absent" names it. */
SUAN_MUST_USE enum suan_status suan_identity_get(struct suan_txn *txn, const struct suan_id *id,
                                                 struct suan_identity *out, struct suan_error *error);
SUAN_MUST_USE enum suan_status suan_identity_find(struct suan_txn *txn, struct suan_span ident,
                                                  struct suan_identity *out, struct suan_error *error);
SUAN_MUST_USE enum suan_status
suan_identity_each(struct suan_txn *txn,
                   enum suan_status (*visit)(void *context, const struct suan_identity *identity),
                   void *context, struct suan_error *error);
SUAN_MUST_USE enum suan_status suan_identity_operator(struct suan_txn *txn, struct suan_id *out,
                                                      struct suan_error *error);

/* What a key may sign: one bit for each namespace (trust/sshsig.h). */
enum suan_key_namespace {
    SUAN_KEY_SIGNS_EVENTS = 1,
    SUAN_KEY_SIGNS_RELEASES = 2,
    SUAN_KEY_SIGNS_GIT = 4,
    SUAN_KEY_SIGNS_ALL = 7
};

/* A key's state. Signatures in events at or above `from_idx` of the registry log are invalid once it is
   rotated or revoked, and so are those before `active_ns`: a recovered key waits SUAN_RECOVERY_DAYS, and an
   objection revokes it. */
enum { SUAN_RECOVERY_DAYS = 7 };
struct suan_identity_key {
    struct suan_digest id;
    struct suan_public_key key;
    struct suan_id owner;
    uint64_t added_idx, added_ns, active_ns;
    uint32_t namespaces;
    enum { SUAN_KEY_ACTIVE, SUAN_KEY_ROTATED, SUAN_KEY_REVOKED } state;
    uint64_t from_idx; /* ROTATED, REVOKED */
};
/* NOT_FOUND "key.absent". */
SUAN_MUST_USE enum suan_status suan_key_get(struct suan_txn *txn, const struct suan_digest *key,
                                            struct suan_identity_key *out, struct suan_error *error);
SUAN_MUST_USE enum suan_status suan_key_each(struct suan_txn *txn, const struct suan_id *ident,
                                             enum suan_status (*visit)(void *context,
                                                                       const struct suan_identity_key *key),
                                             void *context, struct suan_error *error);

/* Whether a signature by the key counts in an event of that time, before which the registry log has
 * `position` events. */
bool suan_key_counts(const struct suan_identity_key *key, uint32_t namespaces, uint64_t position,
                     uint64_t time_ns);

/* Registry-log events at or above a revoked key's `from_idx` which it signed before the revocation came: not
   undone, but to be looked at. Reads the log. */
SUAN_MUST_USE enum suan_status
suan_key_each_doubtful(struct suan_txn *txn, const struct suan_identity_key *key,
                       enum suan_status (*visit)(void *context, uint64_t index, uint16_t kind), void *context,
                       struct suan_error *error);
/* The line of each revoked key in the `revoked` file, ascending: "key HEX FROM_IDX". */
SUAN_MUST_USE enum suan_status suan_key_revoked(struct suan_txn *txn, struct suan_buffer *out,
                                                uint64_t *out_lines, struct suan_error *error);

#endif
