/*
 * The writer: commands become events, many in one durable transaction. Form and signatures are checked before
 * the transaction; the rule inside it. A refusal leaves no trace; a failure of the machine undoes the whole
 * batch.
 */
#include <stdio.h>
#include <stdlib.h>

#include "base/cleanup.h"
#include "handle.h"
#include "record.h"

#define SECOND_NS UINT64_C(1000000000)

/* --- the sealer --------------------------------------------------------------------------------------- */

enum suan_status sealer_next_time(const struct suan_sealer *sealer, uint64_t *out_time_ns,
                                  struct suan_error *error)
{
    struct suan_clock_state clock;
    enum suan_status status = suan_clock_state_get(sealer->txn, &clock, error);
    if (status == SUAN_OK)
        *out_time_ns = sealer->now_ns > clock.last_ns ? sealer->now_ns : clock.last_ns + 1;
    return status;
}

/* Kinds after which the `revoked` file may be another. */
static bool touches_revoked(uint16_t kind)
{
    switch (kind) {
    case SUAN_EVENT_KEY_ROTATE:
    case SUAN_EVENT_KEY_REVOKE:
    case SUAN_EVENT_KEY_OBJECT:
    case SUAN_EVENT_RELEASE_YANK:
    case SUAN_EVENT_RELEASE_UNYANK:
    case SUAN_EVENT_RELEASE_TAKEDOWN: return true;
    default: return kind >= SUAN_EVENT_REVIEW_SUBMIT && kind <= SUAN_EVENT_REVIEW_RESTORE;
    }
}

enum suan_status sealer_keep(struct suan_sealer *sealer, const struct fold_event *event,
                             const struct fold_signatures *signatures, struct suan_error *error)
{
    SUAN_CLEANUP(suan_buffer_done) struct suan_buffer bytes = {0};
    const struct suan_act *act = &event->act;
    struct suan_leaf leaf = {.kind = act->command->kind,
                             .time_ns = act->time_ns,
                             .command = act->command->bytes,
                             .signature_count = signatures->count};
    uint64_t index = 0;
    for (size_t i = 0; i < signatures->count; i++)
        leaf.signatures[i] = signatures->blobs[i];
    enum suan_status status = suan_leaf_encode(&leaf, &bytes, error);
    if (status == SUAN_OK)
        status = fold_apply(sealer->txn, event, error);
    if (status == SUAN_OK)
        status = suan_log_append(sealer->txn, act->log, suan_buffer_span(&bytes), &index, error);
    if (status == SUAN_OK && index != act->index)
        return suan_error_set(error, SUAN_E_INTEGRITY, "store.corrupt", NULL,
                              "the log grew while an event was written");
    sealer->appended++;
    if (touches_revoked(act->command->kind))
        sealer->revoked = REVOKED_MAY_DIFFER;
    return status;
}

static enum suan_status append_own(struct suan_sealer *sealer, struct suan_span bytes, uint64_t time_ns,
                                   struct suan_error *error)
{
    SUAN_CLEANUP(suan_command_done) struct suan_command command = {0};
    const struct fold_signatures unsigned_event = {0};
    struct fold_event event;
    uint64_t index = 0;
    enum suan_status status = suan_command_parse(bytes, &command, error);
    if (status == SUAN_OK)
        status = suan_log_size(sealer->txn, suan_event_log(command.kind), &index, error);
    if (status == SUAN_OK)
        status = fold_begin(sealer->txn, sealer->options, &command, &unsigned_event, index, time_ns, &event,
                            error);
    if (status == SUAN_OK)
        status = fold_check(sealer->txn, &event, error);
    return status != SUAN_OK ? status : sealer_keep(sealer, &event, &unsigned_event, error);
}

enum suan_status suan_sealer_append(struct suan_sealer *sealer, uint16_t kind,
                                    void (*fill)(void *context, struct suan_json *body), void *context,
                                    struct suan_error *error)
{
    SUAN_CLEANUP(suan_buffer_done) struct suan_buffer bytes = {0};
    SUAN_CLEANUP(suan_json_releasep) struct suan_json *body = NULL;
    uint64_t time_ns = 0;
    enum suan_status status = sealer_next_time(sealer, &time_ns, error);
    if (status != SUAN_OK)
        return status;
    struct suan_id id = suan_command_new_id(time_ns);
    body = suan_command_new(suan_span_text(sealer->charter->origin), kind, &id,
                            sealer->charter->operator_ident, time_ns);
    fill(context, body);
    status = suan_json_format(body, SUAN_JSON_STYLE_CANONICAL, &bytes, error);
    return status != SUAN_OK ? status : append_own(sealer, suan_buffer_span(&bytes), time_ns, error);
}

enum suan_status sealer_seal(struct suan_sealer *sealer, struct suan_error *error)
{
    const struct suan_family *last = NULL;
    enum suan_status status = SUAN_OK;
    for (size_t i = 0; status == SUAN_OK && i < sealer->options->family_count; i++) {
        const struct suan_family *family = sealer->options->families[i];
        if (family == &suan_family_registry)
            last = family;
        else if (family->seal != NULL)
            status = family->seal(sealer->txn, sealer, error);
    }
    return status != SUAN_OK || last == NULL ? status : last->seal(sealer->txn, sealer, error);
}

/* --- before the transaction --------------------------------------------------------------------------- */

/* A submission whose form and signatures are checked. */
struct entry {
    struct suan_submission *submission;
    struct suan_command command;
    struct fold_signatures signatures;
    enum { ENTRY_READY, ENTRY_REFUSED } state; /* refused before the transaction: its outcome stands */
};

static void close_entries(struct entry *entries, size_t count)
{
    for (size_t i = 0; entries != NULL && i < count; i++)
        suan_command_done(&entries[i].command);
    free(entries);
}

/* A stranger cannot fill the store with bytes that no signed command names. */
static enum suan_status check_blobs(const struct suan_submission *submission,
                                    const struct suan_command *command, struct suan_error *error)
{
    if (submission->blob_count > SUAN_BLOBS_MAX)
        return suan_error_set(error, SUAN_E_FORMAT, "event.blob", NULL, "%zu blobs; at most %d",
                              submission->blob_count, SUAN_BLOBS_MAX);
    for (size_t i = 0; i < submission->blob_count; i++) {
        struct suan_span blob = submission->blobs[i];
        char hex[2 * SUAN_DIGEST_SIZE + 1];
        if (blob.size == 0 || blob.size > SUAN_STORE_VALUE_MAX)
            return suan_error_set(error, SUAN_E_FORMAT, "event.blob", NULL,
                                  "evidence of %zu bytes; 1 to %d are taken", blob.size,
                                  SUAN_STORE_VALUE_MAX);
        struct suan_digest digest = suan_sha256(blob);
        suan_hex(digest.bytes, SUAN_DIGEST_SIZE, hex);
        if (memmem(command->bytes.data, command->bytes.size, hex, 2 * (size_t)SUAN_DIGEST_SIZE) == NULL)
            return suan_error_set(error, SUAN_E_FORMAT, "event.blob", "leave it out",
                                  "evidence %s is not named by the command", hex);
    }
    return SUAN_OK;
}

static enum suan_status prepare_one(const struct suan_registry *registry, struct entry *entry,
                                    struct suan_error *error)
{
    const struct suan_submission *submission = entry->submission;
    enum suan_status status = suan_command_parse(submission->command, &entry->command, error);
    if (status != SUAN_OK)
        return status;
    const struct suan_rule *rule = fold_rule(&registry->options, entry->command.kind);
    if (rule == NULL)
        return suan_error_set(error, SUAN_E_UNSUPPORTED, "event.unknown", "a newer Suan is needed",
                              "kind '%s' is unknown here: newer Suan needed",
                              suan_event_name(entry->command.kind));
    if (rule->origin == SUAN_RULE_WRITER)
        return suan_error_set(error, SUAN_E_PERMISSION, "event.permission", NULL,
                              "events '%s' are the writer's own", suan_event_name(rule->kind));
    status = check_blobs(submission, &entry->command, error);
    return status != SUAN_OK ? status
                             : fold_verify(&entry->command, submission->signatures,
                                           submission->signature_count, &entry->signatures, error);
}

static enum suan_status prepare(const struct suan_registry *registry, struct suan_submission *submissions,
                                size_t count, struct entry **out_entries, struct suan_error *error)
{
    struct entry *entries = calloc(count, sizeof *entries);
    if (entries == NULL)
        return suan_error_set(error, SUAN_E_MEMORY, "memory", NULL, "out of memory");
    for (size_t i = 0; i < count; i++) {
        struct suan_submission *submission = &submissions[i];
        entries[i].submission = submission;
        submission->error = (struct suan_error){0};
        submission->status = prepare_one(registry, &entries[i], &submission->error);
        entries[i].state = submission->status == SUAN_OK ? ENTRY_READY : ENTRY_REFUSED;
    }
    *out_entries = entries;
    return SUAN_OK;
}

/* --- inside the transaction --------------------------------------------------------------------------- */

enum batch_bond { BATCH_EACH_FOR_ITSELF, BATCH_TOGETHER };

struct batch {
    struct suan_registry *registry;
    struct entry *entries;
    size_t count;
    enum batch_bond bond;
    struct suan_sealer sealer;
};

enum suan_status registry_check_clock(const struct suan_charter *charter,
                                      const struct suan_clock_state *state, uint64_t now_ns,
                                      struct suan_error *error)
{
    static const char hint[] = "set the clock, or let the operator say that it is right: 'suan clock accept'";
    if (charter->clock == SUAN_CLOCK_SIMULATED || state->last_ns == 0)
        return SUAN_OK;
    uint64_t behind = now_ns < state->last_ns ? state->last_ns - now_ns : 0;
    uint64_t ahead = now_ns > state->last_ns ? now_ns - state->last_ns : 0;
    if (behind > SUAN_CLOCK_BEHIND_MAX_S * SECOND_NS + state->lag_ns)
        return suan_error_set(error, SUAN_E_CONFLICT, "store.clock", hint,
                              "the clock is %llu seconds behind the last event",
                              (unsigned long long)(behind / SECOND_NS));
    if (ahead > SUAN_CLOCK_AHEAD_MAX_DAYS * 86400 * SECOND_NS)
        return suan_error_set(error, SUAN_E_CONFLICT, "store.clock", hint,
                              "the clock is %llu days ahead of the last event",
                              (unsigned long long)(ahead / SECOND_NS / 86400));
    return SUAN_OK;
}

/* A clock.accept passes a wrong clock, if it names that very clock. */
static enum suan_status admit_by_clock(const struct suan_sealer *sealer, const struct suan_command *command,
                                       struct suan_error *error)
{
    struct suan_clock_state state;
    uint64_t named = 0;
    enum suan_status status = suan_clock_state_get(sealer->txn, &state, error);
    if (status != SUAN_OK)
        return status;
    if (command->kind != SUAN_EVENT_CLOCK_ACCEPT)
        return registry_check_clock(sealer->charter, &state, sealer->now_ns, error);
    status = suan_command_get_u64(command->body, "new", &named, error);
    if (status != SUAN_OK)
        return status;
    uint64_t apart = named > sealer->now_ns ? named - sealer->now_ns : sealer->now_ns - named;
    if (apart > SUAN_CLOCK_BEHIND_MAX_S * SECOND_NS)
        return suan_error_set(error, SUAN_E_CONFLICT, "event.conflict",
                              "name the clock's present time and sign again",
                              "new: more than %d seconds from the clock", SUAN_CLOCK_BEHIND_MAX_S);
    return SUAN_OK;
}

/* The same command again: its first place is the answer; the same id with other bytes is refused. */
static enum suan_status answer_repeated(const struct suan_sealer *sealer, const struct entry *entry,
                                        const struct fold_place *place, struct suan_error *error)
{
    struct suan_digest digest = suan_sha256(entry->command.bytes);
    struct suan_span bytes;
    struct suan_leaf leaf;
    if (!suan_digest_equal(&digest, &place->command))
        return suan_error_set(error, SUAN_E_CONFLICT, "event.conflict", "give the command a new id",
                              "this command id was used for another command");
    enum suan_status status = suan_log_leaf(sealer->txn, place->log, place->index, &bytes, error);
    if (status == SUAN_OK)
        status = suan_leaf_decode(bytes, &leaf, error);
    if (status != SUAN_OK)
        return status;
    entry->submission->was = SUAN_SUBMITTED_BEFORE;
    entry->submission->log = place->log;
    entry->submission->index = place->index;
    entry->submission->time_ns = leaf.time_ns;
    return SUAN_OK;
}

static enum suan_status write_event(struct suan_sealer *sealer, const struct entry *entry,
                                    struct suan_error *error)
{
    struct suan_submission *submission = entry->submission;
    struct fold_event event;
    uint64_t index = 0, time_ns = 0;
    enum suan_status status = suan_log_size(sealer->txn, suan_event_log(entry->command.kind), &index, error);
    if (status == SUAN_OK)
        status = sealer_next_time(sealer, &time_ns, error);
    if (status == SUAN_OK)
        status = fold_begin(sealer->txn, sealer->options, &entry->command, &entry->signatures, index, time_ns,
                            &event, error);
    if (status != SUAN_OK)
        return status;
    event.act.blobs = submission->blobs;
    event.act.blob_count = submission->blob_count;
    status = fold_check(sealer->txn, &event, error);
    if (status != SUAN_OK)
        return status;
    submission->was = SUAN_SUBMITTED_NEW;
    submission->log = event.act.log;
    submission->index = index;
    submission->time_ns = time_ns;
    status = sealer_keep(sealer, &event, &entry->signatures, error);
    /* Rows may have been written: whatever the cause, the transaction cannot go on. */
    return status == SUAN_OK || fold_is_fatal(status) ? status : SUAN_E_INTERNAL;
}

static enum suan_status write_one(struct suan_sealer *sealer, const struct entry *entry,
                                  struct suan_error *error)
{
    struct fold_place place;
    enum suan_status status = fold_find(sealer->txn, &entry->command.id, &place, error);
    if (status == SUAN_OK)
        return answer_repeated(sealer, entry, &place, error);
    if (status != SUAN_E_NOT_FOUND)
        return status;
    status = admit_by_clock(sealer, &entry->command, error);
    return status != SUAN_OK ? status : write_event(sealer, entry, error);
}

/* A failure that ends the batch; whoever met it may have had nobody to tell. */
static enum suan_status end_batch(const struct suan_submission *submission, struct suan_error *error)
{
    const struct suan_error *cause = &submission->error;
    if (cause->code == NULL)
        return suan_error_set(error, submission->status, "store.io", NULL, "an event could not be judged: %s",
                              suan_status_name(submission->status));
    return suan_error_set(error, submission->status, cause->code, cause->hint, "%s", cause->message);
}

static enum suan_status write_batch(void *context, struct suan_txn *txn, struct suan_error *error)
{
    struct batch *batch = context;
    struct suan_registry *registry = batch->registry;
    batch->sealer = (struct suan_sealer){.txn = txn,
                                         .options = &registry->options,
                                         .charter = &registry->charter,
                                         .now_ns = registry_clock_ns(registry)};
    for (size_t i = 0; i < batch->count; i++) {
        struct suan_submission *submission = batch->entries[i].submission;
        if (batch->entries[i].state == ENTRY_REFUSED && batch->bond == BATCH_TOGETHER)
            return end_batch(submission, error);
        if (batch->entries[i].state == ENTRY_REFUSED)
            continue;
        submission->error = (struct suan_error){0};
        submission->status = write_one(&batch->sealer, &batch->entries[i], &submission->error);
        if (fold_is_fatal(submission->status) ||
            (submission->status != SUAN_OK && batch->bond == BATCH_TOGETHER))
            return end_batch(submission, error);
    }
    return batch->sealer.appended > 0 ? sealer_seal(&batch->sealer, error) : SUAN_OK;
}

static enum suan_status submit_batch(struct suan_registry *registry, struct suan_submission *submissions,
                                     size_t count, enum batch_bond bond, struct suan_error *error)
{
    struct batch batch = {.registry = registry, .count = count, .bond = bond};
    enum suan_status status = prepare(registry, submissions, count, &batch.entries, error);
    if (status == SUAN_OK)
        status = suan_store_write(registry->store, write_batch, &batch, error);
    close_entries(batch.entries, count);
    return status;
}

enum suan_status suan_registry_submit(struct suan_registry *registry, struct suan_submission *submissions,
                                      size_t count, struct suan_error *error)
{
    enum suan_status status = checkpoint_ready(registry, error);
    for (size_t done = 0; status == SUAN_OK && done < count;) {
        size_t step = count - done < SUAN_BATCH_MAX ? count - done : SUAN_BATCH_MAX;
        status = submit_batch(registry, submissions + done, step, BATCH_EACH_FOR_ITSELF, error);
        done += step;
    }
    return status != SUAN_OK ? status : checkpoint_sign(registry, CHECKPOINT_IF_DUE, error);
}

enum suan_status suan_registry_submit_together(struct suan_registry *registry,
                                               struct suan_submission *submissions, size_t count,
                                               struct suan_error *error)
{
    enum suan_status status = checkpoint_ready(registry, error);
    if (status == SUAN_OK && count > SUAN_BATCH_MAX)
        return suan_error_set(error, SUAN_E_INVALID, "event.batch", NULL, "more than %d commands together",
                              SUAN_BATCH_MAX);
    if (status == SUAN_OK)
        status = submit_batch(registry, submissions, count, BATCH_TOGETHER, error);
    return status != SUAN_OK ? status : checkpoint_sign(registry, CHECKPOINT_IF_DUE, error);
}

enum suan_status suan_registry_find_event(struct suan_txn *txn, const struct suan_id *command_id,
                                          enum suan_log *out_log, uint64_t *out_index,
                                          struct suan_error *error)
{
    struct fold_place place;
    enum suan_status status = fold_find(txn, command_id, &place, error);
    if (status != SUAN_OK)
        return status;
    *out_log = place.log;
    *out_index = place.index;
    return SUAN_OK;
}

/* --- anchoring on demand ------------------------------------------------------------------------------ */

static enum suan_status write_anchor(void *context, struct suan_txn *txn, struct suan_error *error)
{
    struct suan_registry *registry = context;
    struct suan_sealer sealer = {.txn = txn,
                                 .options = &registry->options,
                                 .charter = &registry->charter,
                                 .now_ns = registry_clock_ns(registry),
                                 .anchor = ANCHOR_NOW};
    struct suan_clock_state state;
    enum suan_status status = suan_clock_state_get(txn, &state, error);
    if (status == SUAN_OK)
        status = registry_check_clock(&registry->charter, &state, sealer.now_ns, error);
    return status != SUAN_OK ? status : suan_family_registry.seal(txn, &sealer, error);
}

enum suan_status suan_registry_anchor(struct suan_registry *registry, struct suan_error *error)
{
    enum suan_status status = checkpoint_ready(registry, error);
    if (status == SUAN_OK)
        status = suan_store_write(registry->store, write_anchor, registry, error);
    return status != SUAN_OK ? status : checkpoint_sign(registry, CHECKPOINT_IF_DUE, error);
}
