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
    uint32_t wait_ms; /* for the writer's lock; 0: SUAN_STORE_WAIT_MS */
};

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
 * Checks form, signatures and rule of each, and commits all that pass in one transaction; each submission
 * gets its own outcome. Returns SUAN_OK if the transaction is durable and the checkpoint is signed, whatever
 * the single outcomes. Outcomes: FORMAT "event.format", PERMISSION "event.signature", "event.permission",
 * REFUSED "event.expired", CONFLICT "event.conflict", and what the rule says.
 */
SUAN_MUST_USE enum suan_status suan_registry_submit(struct suan_registry *registry,
                                                    struct suan_submission *submissions, size_t count,
                                                    struct suan_error *error);

/* The newest signed checkpoint of a log, appended to `out`; signs one first if the log grew since (writers
 * only). */
SUAN_MUST_USE enum suan_status suan_registry_checkpoint(struct suan_registry *registry, enum suan_log log,
                                                        struct suan_buffer *out, struct suan_error *error);
/* The key that signs the log's checkpoints, as verifiers need it. */
SUAN_MUST_USE enum suan_status suan_registry_note_key(struct suan_registry *registry, enum suan_log log,
                                                      struct suan_note_key *out, struct suan_error *error);

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

/* Replays one log leaf into `txn`: decode, verify signatures, check, apply. For verify, restore and offline
 * replay. */
SUAN_MUST_USE enum suan_status suan_registry_replay(const struct suan_registry_options *options,
                                                    struct suan_txn *txn, enum suan_log log, uint64_t index,
                                                    struct suan_span leaf, struct suan_error *error);

#endif
