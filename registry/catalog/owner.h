#ifndef SUAN_CATALOG_OWNER_H
#define SUAN_CATALOG_OWNER_H

/* Who owns an algorithm, in basis points that sum to 10,000 after every event, and every table there ever
 * was. */
#include "event.h"
#include "package/name.h"

enum { SUAN_OWNERS_MAX = 64, SUAN_SHARE_WHOLE_BP = 10000, SUAN_OWNER_THRESHOLD_BP = 6667 };

struct suan_share {
    struct suan_id owner;
    uint32_t bp;
};
/* Ascending by owner id, none twice, none of 0. */
struct suan_owner_table {
    size_t count;
    struct suan_share shares[SUAN_OWNERS_MAX];
};
struct suan_algorithm_record {
    struct suan_id id;
    char name[SUAN_NAME_MAX + 1];
    uint32_t threshold_bp; /* of shares that must sign a change of owners */
    uint64_t first_idx;
};

/* NOT_FOUND "algorithm.absent". */
SUAN_MUST_USE enum suan_status suan_algorithm_get(struct suan_txn *txn, struct suan_span name,
                                                  struct suan_algorithm_record *out,
                                                  struct suan_error *error);
/* The owners now. */
SUAN_MUST_USE enum suan_status suan_owner_get(struct suan_txn *txn, const struct suan_id *algorithm,
                                              struct suan_owner_table *out, struct suan_error *error);
/* The owners as they were after all events of the registry log below `index`. */
SUAN_MUST_USE enum suan_status suan_owner_get_at(struct suan_txn *txn, const struct suan_id *algorithm,
                                                 uint64_t index, struct suan_owner_table *out,
                                                 struct suan_error *error);
/* Digest of a table: what `owner.set` names as the table it replaces. */
struct suan_digest suan_owner_digest(const struct suan_owner_table *table);
/* Each table with the index of the event that made it, oldest first. */
SUAN_MUST_USE enum suan_status suan_owner_each(
    struct suan_txn *txn, const struct suan_id *algorithm,
    enum suan_status (*visit)(void *context, uint64_t index, const struct suan_owner_table *table),
    void *context, struct suan_error *error);

enum suan_offer_state { SUAN_OFFER_OPEN = 1, SUAN_OFFER_ACCEPTED, SUAN_OFFER_DECLINED, SUAN_OFFER_CANCELLED };
struct suan_offer {
    struct suan_id id; /* the command id of the event that made it */
    struct suan_id algorithm, giver, receiver;
    uint32_t bp;
    uint64_t until_ns;
    enum suan_offer_state state;
};
/* NOT_FOUND "offer.absent". */
SUAN_MUST_USE enum suan_status suan_offer_get(struct suan_txn *txn, const struct suan_id *offer,
                                              struct suan_offer *out, struct suan_error *error);
/* Every offer ever made of an algorithm's shares, in no particular order. */
SUAN_MUST_USE enum suan_status suan_offer_each(struct suan_txn *txn, const struct suan_id *algorithm,
                                               enum suan_status (*visit)(void *context,
                                                                         const struct suan_offer *offer),
                                               void *context, struct suan_error *error);

#endif
