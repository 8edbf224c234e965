#ifndef SUAN_CATALOG_CHARTER_H
#define SUAN_CATALOG_CHARTER_H

/*
 * Inside this folder only: what the registry knows of itself, in table `state`: "charter" (origin, operator,
 * kind of clock), "clock" (last event), "notekey" (who signs checkpoints from which size on), "revoked" and
 * "anchor" (what was sealed last).
 */
#include "registry.h"

struct suan_charter {
    char origin[SUAN_ORIGIN_MAX + 1];
    char operator_ident[SUAN_IDENT_MAX + 1];
    struct suan_id operator_id;
    enum suan_registry_clock clock;
};
/* NOT_FOUND "registry.absent" before event 0. */
SUAN_MUST_USE enum suan_status suan_charter_get(struct suan_txn *txn, struct suan_charter *out,
                                                struct suan_error *error);
SUAN_MUST_USE enum suan_status suan_charter_put(struct suan_txn *txn, const struct suan_charter *charter,
                                                struct suan_error *error);

/* `lag_ns`: by how much the clock may be behind the last event, since the operator accepted that; 0 once it
 * caught up. */
struct suan_clock_state {
    uint64_t last_ns, lag_ns;
};
/* All zero before event 0. */
SUAN_MUST_USE enum suan_status suan_clock_state_get(struct suan_txn *txn, struct suan_clock_state *out,
                                                    struct suan_error *error);
SUAN_MUST_USE enum suan_status
suan_clock_state_put(struct suan_txn *txn, const struct suan_clock_state *state, struct suan_error *error);

/* The name of a log's notes: "ORIGIN/registry". */
void suan_charter_log_name(const struct suan_charter *charter, enum suan_log log,
                           char out[SUAN_NOTE_NAME_MAX + 1]);
/* The key that signs checkpoints of `size` leaves. */
SUAN_MUST_USE enum suan_status suan_note_key_at(struct suan_txn *txn, enum suan_log log, uint64_t size,
                                                struct suan_note_key *out, struct suan_error *error);
SUAN_MUST_USE enum suan_status suan_note_key_put(struct suan_txn *txn, enum suan_log log, uint64_t from_size,
                                                 const uint8_t point[SUAN_ED25519_POINT_SIZE],
                                                 struct suan_error *error);

/* What the newest status.snapshot says; digest of nothing and 0 lines before the first. */
struct suan_snapshot_state {
    struct suan_digest digest;
    uint64_t lines;
};
SUAN_MUST_USE enum suan_status suan_snapshot_state_get(struct suan_txn *txn, struct suan_snapshot_state *out,
                                                       struct suan_error *error);
SUAN_MUST_USE enum suan_status suan_snapshot_state_put(struct suan_txn *txn,
                                                       const struct suan_snapshot_state *state,
                                                       struct suan_error *error);

/* How much of the ledger log the newest ledger.anchor binds, and when it was made; zeros before the first. */
struct suan_anchor_state {
    uint64_t size, time_ns;
};
SUAN_MUST_USE enum suan_status suan_anchor_state_get(struct suan_txn *txn, struct suan_anchor_state *out,
                                                     struct suan_error *error);
SUAN_MUST_USE enum suan_status
suan_anchor_state_put(struct suan_txn *txn, const struct suan_anchor_state *state, struct suan_error *error);

#endif
