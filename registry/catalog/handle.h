#ifndef SUAN_CATALOG_HANDLE_H
#define SUAN_CATALOG_HANDLE_H

/* Inside this folder only: an open registry, and the sealer of one batch. */
#include "charter.h"
#include "folding.h"

enum { LOG_COUNT = SUAN_LOG_LEDGER + 1 };

struct suan_registry {
    struct suan_store *store;
    struct suan_registry_options options;
    enum suan_store_mode mode;
    struct suan_charter charter;
    uint64_t advance_ns;                         /* what a simulated clock is ahead of the system's */
    struct suan_signer *note_signers[LOG_COUNT]; /* NULL: this copy signs nothing */
    uint64_t checkpoint_after_ns[LOG_COUNT];     /* monotonic: not sooner */
};

struct suan_sealer {
    struct suan_txn *txn;
    const struct suan_registry_options *options;
    const struct suan_charter *charter;
    uint64_t now_ns;                                   /* the clock when the batch began */
    uint64_t appended;                                 /* events of this transaction */
    enum { REVOKED_SAME, REVOKED_MAY_DIFFER } revoked; /* an event touched what snapshots cover */
    enum { ANCHOR_DAILY, ANCHOR_NOW } anchor;
};

/* The clock of the registry, not yet compared with the last event. */
uint64_t registry_clock_ns(const struct suan_registry *registry);
/* CONFLICT "store.clock" if the clock is too far from the last event. A simulated clock never is. */
SUAN_MUST_USE enum suan_status registry_check_clock(const struct suan_charter *charter,
                                                    const struct suan_clock_state *state, uint64_t now_ns,
                                                    struct suan_error *error);

/* Seals a transaction that appended events: each family in turn, the registry's own last. */
SUAN_MUST_USE enum suan_status sealer_seal(struct suan_sealer *sealer, struct suan_error *error);
/* Appends a checked event: tables first, then the leaf. */
SUAN_MUST_USE enum suan_status sealer_keep(struct suan_sealer *sealer, const struct fold_event *event,
                                           const struct fold_signatures *signatures,
                                           struct suan_error *error);
/* The time of the next event: the clock, but after the last event in any case. */
SUAN_MUST_USE enum suan_status sealer_next_time(const struct suan_sealer *sealer, uint64_t *out_time_ns,
                                                struct suan_error *error);

/* Whether this copy can sign checkpoints: REFUSED "registry.notes" if not. */
SUAN_MUST_USE enum suan_status checkpoint_ready(const struct suan_registry *registry,
                                                struct suan_error *error);
/* Makes or opens notes/registry and notes/ledger below the store's folder. Absent files leave NULL signers.
 */
SUAN_MUST_USE enum suan_status checkpoint_make_keys(const char *folder, struct suan_error *error);
SUAN_MUST_USE enum suan_status checkpoint_open_keys(struct suan_registry *registry, struct suan_error *error);
/* That they are the keys which the logs name: INTEGRITY "registry.notes", before anything is committed that
 * they could not sign. */
SUAN_MUST_USE enum suan_status checkpoint_check_keys(const struct suan_registry *registry,
                                                     struct suan_error *error);
/* The note key a signer makes under a log's name. */
SUAN_MUST_USE enum suan_status checkpoint_key_of(const struct suan_charter *charter, enum suan_log log,
                                                 const struct suan_signer *signer, struct suan_note_key *out,
                                                 struct suan_error *error);
enum checkpoint_haste { CHECKPOINT_IF_DUE, CHECKPOINT_NOW };
/* Signs the durable size of each log that grew since its newest checkpoint. */
SUAN_MUST_USE enum suan_status checkpoint_sign(struct suan_registry *registry, enum checkpoint_haste haste,
                                               struct suan_error *error);
/* Verifies a kept checkpoint: signed by the key of its size, and over this log's root. INTEGRITY
 * "registry.verify". */
SUAN_MUST_USE enum suan_status checkpoint_check(struct suan_txn *txn, enum suan_log log, uint64_t size,
                                                struct suan_span note, struct suan_error *error);

/* A row of table ckpt: the root that the log had, and the note. */
struct checkpoint_row {
    enum suan_log log;
    uint64_t size;
    struct suan_digest root;
    struct suan_span note;
};
SUAN_MUST_USE enum suan_status checkpoint_decode(struct suan_span key, struct suan_span value,
                                                 struct checkpoint_row *out, struct suan_error *error);

/* A row of table meta that is no fold of events, but a setting of this copy: what a simulated clock is ahead.
 */
#define REGISTRY_ADVANCE_KEY "clock.simulated"

/* Replays the next leaf of a log, which must have this index, and appends it. */
SUAN_MUST_USE enum suan_status replay_append(const struct suan_registry_options *options,
                                             struct suan_txn *txn, enum suan_log log, uint64_t index,
                                             struct suan_span leaf, struct suan_error *error);
/* Makes durable that `path` has its name. */
SUAN_MUST_USE enum suan_status scratch_sync_parent(const char *path, struct suan_error *error);

#endif
