#ifndef SUAN_CATALOG_REGISTRY_H
#define SUAN_CATALOG_REGISTRY_H

/*
 * The registry as a whole: a store, the rules that fold its logs, and the keys that sign its checkpoints.
 * Commands go in, leaves and table rows come out in one durable transaction; a checkpoint follows each
 * commit. Which families of rules exist is the caller's choice (the same list every time).
 */
#include "fold.h"
#include "trust/note.h"
#include "trust/signer.h"

struct suan_registry;

struct suan_registry_options {
    const struct suan_family *const *families; /* borrowed for the registry's life */
    size_t family_count;
    uint32_t wait_ms;                 /* for the writer's lock; 0: SUAN_STORE_WAIT_MS */
    uint64_t (*clock)(void *context); /* nanoseconds since 1970; NULL: the system's clock */
    void *clock_context;
};

/*
 * The clock stamps events: max(clock, last event + 1), over both logs, so that their times give one order of
 * all events. A clock more than 5 minutes behind the last event, or 400 days ahead of it, stops all commands
 * (CONFLICT "store.clock") but clock.accept, by which the operator says that it is right. A simulated clock
 * is the system's plus what suan_registry_advance has added; it is for demonstrations, and stated in
 * registry.init.
 */
enum { SUAN_CLOCK_BEHIND_MAX_S = 300, SUAN_CLOCK_AHEAD_MAX_DAYS = 400 };

enum suan_registry_clock { SUAN_CLOCK_REAL, SUAN_CLOCK_SIMULATED };

/*
 * Makes a registry: the folder, two note keys (notes/registry, notes/ledger; OpenSSH files, mode 0600) that
 * sign checkpoints, and event 0 `registry.init`, signed by the operator's key. `origin` is a host-like name
 * ("suan.example"); the logs are ORIGIN/registry and ORIGIN/ledger. Opens it for writing. Errors: CONFLICT,
 * IO, FORMAT.
 */
SUAN_MUST_USE enum suan_status
suan_registry_create(const char *folder, const char *origin, const char *operator_ident,
                     const char *operator_display, const struct suan_signer *operator_key,
                     enum suan_registry_clock clock, const struct suan_registry_options *options,
                     struct suan_registry **out_registry, struct suan_error *error);
/* Errors: those of suan_store_open. */
SUAN_MUST_USE enum suan_status suan_registry_open(const char *folder, enum suan_store_mode mode,
                                                  const struct suan_registry_options *options,
                                                  struct suan_registry **out_registry,
                                                  struct suan_error *error);
void suan_registry_close(struct suan_registry *registry); /* takes NULL */
void suan_registry_closep(struct suan_registry **registry);

struct suan_store *suan_registry_store(struct suan_registry *registry); /* borrowed */
const char *suan_registry_origin(const struct suan_registry *registry);
enum suan_registry_clock suan_registry_clock(const struct suan_registry *registry);
/* Now, as the next event would be stamped: the clock, or in a simulated registry the simulated one. */
SUAN_MUST_USE enum suan_status suan_registry_now(struct suan_registry *registry, uint64_t *out_now_ns,
                                                 struct suan_error *error);
/* The time of the last event on record, over both logs. */
SUAN_MUST_USE enum suan_status suan_registry_last_time(struct suan_txn *txn, uint64_t *out_last_ns,
                                                       struct suan_error *error);
/* Moves a simulated clock forward; USAGE for a real one. */
SUAN_MUST_USE enum suan_status suan_registry_advance(struct suan_registry *registry, uint64_t by_ns,
                                                     struct suan_error *error);

/* A command with its signatures, and what came of it. */
struct suan_submission {
    struct suan_span command; /* canonical bytes */
    size_t signature_count;
    struct suan_span signatures[SUAN_SIGNATURES_MAX]; /* sshsig blobs */
    const struct suan_span *blobs;                    /* evidence that the command names by digest, or NULL */
    size_t blob_count;
    /* out */
    enum suan_status status;
    enum suan_log log;
    uint64_t index; /* of its event; for a repeated command, of the first one */
    uint64_t time_ns;
    enum { SUAN_SUBMITTED_NEW, SUAN_SUBMITTED_BEFORE } was;
    struct suan_error error;
};
/*
 * Checks form, signatures and rule of each, and commits all that pass in one transaction (of at most
 * SUAN_BATCH_MAX); each submission gets its own outcome. Returns SUAN_OK if all that passed is durable,
 * whatever the single outcomes. A checkpoint follows the commit, at most one a second; what is left over is
 * signed by suan_registry_checkpoint and suan_registry_close. Outcomes: FORMAT "event.format", "event.blob";
 * PERMISSION "event.signature", "event.permission", "event.origin"; UNSUPPORTED "event.unknown"; CONFLICT
 * "event.expired", "event.conflict", "store.clock"; and what the rule says. On failure of the whole no
 * outcome holds.
 */
enum { SUAN_BATCH_MAX = 8190, SUAN_BLOBS_MAX = 16 };
SUAN_MUST_USE enum suan_status suan_registry_submit(struct suan_registry *registry,
                                                    struct suan_submission *submissions, size_t count,
                                                    struct suan_error *error);

/* All of them or none: the first that does not pass is the failure of the whole, and nothing has changed. */
SUAN_MUST_USE enum suan_status suan_registry_submit_together(struct suan_registry *registry,
                                                             struct suan_submission *submissions,
                                                             size_t count, struct suan_error *error);
/* The event that a command of this id became. NOT_FOUND, with `error` untouched, if there is none. */
SUAN_MUST_USE enum suan_status suan_registry_find_event(struct suan_txn *txn,
                                                        const struct suan_id *command_id,
                                                        enum suan_log *out_log, uint64_t *out_index,
                                                        struct suan_error *error);

/* The newest signed checkpoint of a log, appended to `out`; signs one first if the log grew since (writers
 * only). */
SUAN_MUST_USE enum suan_status suan_registry_checkpoint(struct suan_registry *registry, enum suan_log log,
                                                        struct suan_buffer *out, struct suan_error *error);
/* The key that signs the log's checkpoints, as verifiers need it. */
SUAN_MUST_USE enum suan_status suan_registry_note_key(struct suan_registry *registry, enum suan_log log,
                                                      struct suan_note_key *out, struct suan_error *error);
/* Makes the key that is to follow (notes/LOG.next), for a registry.notekey command to name; the checkpoint
 * after that command is signed with both, and then the new key takes the old one's place. */
SUAN_MUST_USE enum suan_status suan_registry_prepare_note_key(struct suan_registry *registry,
                                                              enum suan_log log, struct suan_note_key *out,
                                                              struct suan_error *error);
/* Binds the ledger log into the registry log now (event ledger.anchor), if it grew since the last time. After
 * a batch this happens by itself at most once a day. */
SUAN_MUST_USE enum suan_status suan_registry_anchor(struct suan_registry *registry, struct suan_error *error);

/* The text of the `revoked` file at this place: what hosts must refuse, one a line, sorted; status.snapshot
 * events carry its digest. */
SUAN_MUST_USE enum suan_status suan_registry_revoked(struct suan_txn *txn, struct suan_buffer *out,
                                                     uint64_t *out_lines, struct suan_error *error);

/*
 * Replays both logs into a scratch store (a temporary folder) and compares every derived table row for row,
 * every checkpoint and both roots, and every package file with its release. `out_report` is an object:
 * events, rows, checkpoints, packages, roots, and `differences` (array of text; the first of each table).
 * INTEGRITY "registry.verify" if there are any.
 */
SUAN_MUST_USE enum suan_status suan_registry_verify(struct suan_registry *registry,
                                                    struct suan_json **out_report, struct suan_error *error);

/* Text of the whole registry ("suan-export 1" … "end COUNT SHA256"), written to a file. */
SUAN_MUST_USE enum suan_status suan_registry_export(struct suan_registry *registry, const char *path,
                                                    struct suan_error *error);
/* Folds an export into a new folder, compares roots with every checkpoint, and only then gives it its name.
   Without the `end` line nothing is restored. Note keys are not in an export: `notes` names the folder that
   holds them, or NULL for a registry that can be read and verified but signs nothing. */
SUAN_MUST_USE enum suan_status suan_registry_restore(const char *path, const char *folder, const char *notes,
                                                     const struct suan_registry_options *options,
                                                     struct suan_error *error);

/* Replays one log leaf into `txn`: decode, verify signatures, check, apply. Appends nothing to the log: that,
 * afterwards, is the caller's. Events come in the order of their times; offline bundles may leave some out.
 */
SUAN_MUST_USE enum suan_status suan_registry_replay(const struct suan_registry_options *options,
                                                    struct suan_txn *txn, enum suan_log log, uint64_t index,
                                                    struct suan_span leaf, struct suan_error *error);

#endif
