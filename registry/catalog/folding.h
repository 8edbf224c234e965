#ifndef SUAN_CATALOG_FOLDING_H
#define SUAN_CATALOG_FOLDING_H

/* Inside this folder only: one event on its way through its rule, the same for the writer and for every
 * replay. */
#include "charter.h"
#include "fold.h"

/* Verified signatures of a command, ascending by key id. */
struct fold_signatures {
    size_t count;
    struct suan_digest keys[SUAN_SIGNATURES_MAX];
    struct suan_span blobs[SUAN_SIGNATURES_MAX];
};
/* Verifies each blob over the command's bytes. Errors: PERMISSION "event.signature"; FORMAT "event.format".
 * Pure. */
SUAN_MUST_USE enum suan_status fold_verify(const struct suan_command *command, const struct suan_span *blobs,
                                           size_t count, struct fold_signatures *out,
                                           struct suan_error *error);

/* NULL if no family knows the kind. */
const struct suan_rule *fold_rule(const struct suan_registry_options *options, uint16_t kind);

/* One event under way; `act` points into it, so that it stays where it is. */
struct fold_event {
    const struct suan_rule *rule;
    struct suan_act act;
    uint32_t used;
};
/* Fills the event: its rule and, if not the writer's own, its signers. `blobs` may be NULL. Errors:
   UNSUPPORTED "event.unknown", PERMISSION "event.signature". */
SUAN_MUST_USE enum suan_status fold_begin(struct suan_txn *txn, const struct suan_registry_options *options,
                                          const struct suan_command *command,
                                          const struct fold_signatures *signatures, uint64_t index,
                                          uint64_t time_ns, struct fold_event *out, struct suan_error *error);
/* All that can refuse it. */
SUAN_MUST_USE enum suan_status fold_check(struct suan_txn *txn, struct fold_event *event,
                                          struct suan_error *error);
/* Writes what follows from it: blobs, the rule's rows, its id, the last event's time. The leaf is appended
 * after it. */
SUAN_MUST_USE enum suan_status fold_apply(struct suan_txn *txn, const struct fold_event *event,
                                          struct suan_error *error);

/* Where the command of this id went, if it came before. NOT_FOUND leaves `error` alone. */
struct fold_place {
    enum suan_log log;
    uint64_t index;
    struct suan_digest command;
};
SUAN_MUST_USE enum suan_status fold_find(struct suan_txn *txn, const struct suan_id *command_id,
                                         struct fold_place *out, struct suan_error *error);

/* True for failures of the machine or the store: they end the whole batch, and are nobody's verdict on an
 * event. */
bool fold_is_fatal(enum suan_status status);

#endif
