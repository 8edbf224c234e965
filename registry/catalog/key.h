#ifndef SUAN_CATALOG_KEY_H
#define SUAN_CATALOG_KEY_H

/* Inside this folder only: what the rules of identities, of keys and of the registry's first event share. */
#include "fold.h"
#include "identity.h"

/* The public key in the command's field `field`, which no identity has yet. */
SUAN_MUST_USE enum suan_status key_read_new(struct suan_txn *txn, const struct suan_act *act,
                                            const char *field, struct suan_public_key *out,
                                            struct suan_error *error);
/* NOT_FOUND leaves `error` alone. */
SUAN_MUST_USE enum suan_status key_look_up(struct suan_txn *txn, const struct suan_digest *key,
                                           struct suan_identity_key *out, struct suan_error *error);
/* Writes the key's row and its entry by owner. */
SUAN_MUST_USE enum suan_status key_put(struct suan_txn *txn, const struct suan_identity_key *key,
                                       struct suan_error *error);
/* Gives `owner` a key from the event's place on, that counts from `active_ns` on. */
SUAN_MUST_USE enum suan_status key_give(struct suan_txn *txn, const struct suan_act *act,
                                        const struct suan_id *owner, const struct suan_public_key *key,
                                        uint32_t namespaces, uint64_t active_ns, struct suan_error *error);
SUAN_MUST_USE enum suan_status identity_put(struct suan_txn *txn, const struct suan_identity *identity,
                                            struct suan_error *error);

#endif
