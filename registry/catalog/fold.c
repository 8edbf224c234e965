/*
 * How an event passes its rule. What holds for every kind is here: form, origin, expiry, a fresh id, valid
 * signatures by keys that count at this place, an actor who signed, and no signature to spare. The rest is
 * the rule's.
 */
#include "fold.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/cleanup.h"
#include "charter.h"
#include "folding.h"
#include "identity.h"
#include "member.h"
#include "record.h"

static const char code_format[] = "event.format";
static const char code_signature[] = "event.signature";
static const char code_permission[] = "event.permission";

const struct suan_family *const suan_catalog_families[SUAN_CATALOG_FAMILIES] = {
    &suan_family_registry, &suan_family_identity, &suan_family_key,     &suan_family_member,
    &suan_family_owner,    &suan_family_offer,    &suan_family_release, &suan_family_attestation,
    &suan_family_policy,   &suan_family_review,
};

bool fold_is_fatal(enum suan_status status)
{
    int value = status;
    return value == SUAN_E_IO || value == SUAN_E_INTEGRITY || value == SUAN_E_MEMORY ||
           value == SUAN_E_FORKED || value == SUAN_E_INTERNAL || value == SUAN_E_LOCKED ||
           value == SUAN_E_STATE;
}

/* --- signatures --------------------------------------------------------------------------------------- */

struct verified {
    struct suan_digest key;
    struct suan_span blob;
};

static int by_key(const void *a, const void *b)
{
    const struct verified *left = a, *right = b;
    return memcmp(left->key.bytes, right->key.bytes, sizeof left->key.bytes);
}

static enum suan_status verify_one(const struct suan_command *command, struct suan_span blob,
                                   struct verified *out, struct suan_error *error)
{
    struct suan_public_key key;
    struct suan_error cause = {0};
    if (blob.size > SUAN_SSHSIG_BLOB_MAX)
        return suan_error_set(error, SUAN_E_FORMAT, code_format, NULL, "a signature is larger than %d bytes",
                              SUAN_SSHSIG_BLOB_MAX);
    enum suan_status status = suan_sshsig_verify(blob, SUAN_NAMESPACE_EVENT, command->bytes, &key, &cause);
    if (fold_is_fatal(status))
        return suan_error_set(error, status, cause.code, cause.hint, "%s", cause.message);
    if (status != SUAN_OK)
        return suan_error_set(error, SUAN_E_PERMISSION, code_signature,
                              "sign the command's bytes: ssh-keygen -Y sign -n suan-event-v1",
                              "signature: %s", cause.message);
    *out = (struct verified){suan_public_key_id(&key), blob};
    return SUAN_OK;
}

enum suan_status fold_verify(const struct suan_command *command, const struct suan_span *blobs, size_t count,
                             struct fold_signatures *out, struct suan_error *error)
{
    struct verified verified[SUAN_SIGNATURES_MAX];
    if (count > SUAN_SIGNATURES_MAX)
        return suan_error_set(error, SUAN_E_FORMAT, code_format, NULL, "%zu signatures; at most %d", count,
                              SUAN_SIGNATURES_MAX);
    for (size_t i = 0; i < count; i++) {
        enum suan_status status = verify_one(command, blobs[i], &verified[i], error);
        if (status != SUAN_OK)
            return status;
    }
    if (count > 1)
        qsort(verified, count, sizeof verified[0], by_key);
    out->count = count;
    for (size_t i = 0; i < count; i++) {
        if (i > 0 && by_key(&verified[i - 1], &verified[i]) == 0)
            return suan_error_set(error, SUAN_E_FORMAT, code_format, NULL, "two signatures by the same key");
        out->keys[i] = verified[i].key;
        out->blobs[i] = verified[i].blob;
    }
    return SUAN_OK;
}

/* Whose key it is, if it counts here. A key that nobody has registered may be about to be. */
static enum suan_status resolve(struct suan_txn *txn, const struct suan_digest *key_id, uint64_t position,
                                uint64_t time_ns, struct suan_signer_of *out, struct suan_error *error)
{
    struct suan_identity_key key;
    *out = (struct suan_signer_of){.key = *key_id};
    enum suan_status status = suan_key_get(txn, key_id, &key, NULL);
    if (status == SUAN_E_NOT_FOUND)
        return SUAN_OK;
    if (status != SUAN_OK)
        return suan_key_get(txn, key_id, &key, error);
    if (!suan_key_counts(&key, SUAN_KEY_SIGNS_EVENTS, position, time_ns)) {
        char hex[2 * SUAN_DIGEST_SIZE + 1];
        suan_hex(key_id->bytes, SUAN_DIGEST_SIZE, hex);
        return suan_error_set(
            error, SUAN_E_PERMISSION, code_signature, "see 'suan key list'",
            "signature: key %s does not count here: rotated, revoked, not yet active, or not for "
            "commands",
            hex);
    }
    out->ident = key.owner;
    return SUAN_OK;
}

static enum suan_status resolve_all(struct suan_txn *txn, const struct fold_signatures *signatures,
                                    struct suan_act *act, struct suan_error *error)
{
    uint64_t position = act->index;
    enum suan_status status = SUAN_OK;
    if (act->log != SUAN_LOG_REGISTRY)
        status = suan_log_size(txn, SUAN_LOG_REGISTRY, &position, error);
    for (size_t i = 0; status == SUAN_OK && i < signatures->count; i++)
        status = resolve(txn, &signatures->keys[i], position, act->time_ns, &act->signers[i], error);
    act->signer_count = signatures->count;
    return status;
}

/* --- one event ---------------------------------------------------------------------------------------- */

const struct suan_rule *fold_rule(const struct suan_registry_options *options, uint16_t kind)
{
    for (size_t f = 0; f < options->family_count; f++) {
        const struct suan_family *family = options->families[f];
        for (size_t r = 0; r < family->rule_count; r++) {
            if (family->rules[r].kind == kind)
                return &family->rules[r];
        }
    }
    return NULL;
}

enum suan_status fold_begin(struct suan_txn *txn, const struct suan_registry_options *options,
                            const struct suan_command *command, const struct fold_signatures *signatures,
                            uint64_t index, uint64_t time_ns, struct fold_event *out,
                            struct suan_error *error)
{
    *out = (struct fold_event){.rule = fold_rule(options, command->kind)};
    if (out->rule == NULL)
        return suan_error_set(error, SUAN_E_UNSUPPORTED, "event.unknown", "a newer Suan is needed",
                              "kind '%s' is unknown here: newer Suan needed", suan_event_name(command->kind));
    out->act = (struct suan_act){.log = suan_event_log(command->kind),
                                 .index = index,
                                 .time_ns = time_ns,
                                 .command = command,
                                 .by = suan_ident_id(command->by)};
    return resolve_all(txn, signatures, &out->act, error);
}

static enum suan_status check_fields(const struct suan_rule *rule, const struct suan_command *command,
                                     struct suan_error *error)
{
    static const char *const shared[] = {"by", "id", "kind", "not_after", "origin", "v"};
    enum { SHARED_COUNT = sizeof shared / sizeof shared[0] };
    const char *known[SHARED_COUNT + SUAN_RULE_FIELDS_MAX + 1] = {0};
    size_t count = 0;
    for (; count < SHARED_COUNT; count++)
        known[count] = shared[count];
    for (size_t i = 0; i < SUAN_RULE_FIELDS_MAX && rule->fields[i] != NULL; i++)
        known[count++] = rule->fields[i];
    return suan_json_only(command->body, known, "command", error);
}

static enum suan_status check_place(struct suan_txn *txn, const struct suan_act *act,
                                    struct suan_error *error)
{
    struct suan_charter charter;
    struct suan_clock_state clock;
    struct fold_place place;
    enum suan_status status = suan_clock_state_get(txn, &clock, error);
    if (status != SUAN_OK)
        return status;
    if (act->time_ns <= clock.last_ns)
        return suan_error_set(error, SUAN_E_FORMAT, code_format, NULL,
                              "its time is not after that of the last event");
    if (act->time_ns > act->command->not_after_ns)
        return suan_error_set(error, SUAN_E_CONFLICT, "event.expired", "make and sign the command again",
                              "the command has expired: it is past its 'not_after'");
    status = fold_find(txn, &act->command->id, &place, error);
    if (status == SUAN_OK)
        return suan_error_set(error, SUAN_E_CONFLICT, "event.conflict", "give the command a new id",
                              "another event has this command id");
    if (status != SUAN_E_NOT_FOUND)
        return status;
    if (act->command->kind == SUAN_EVENT_REGISTRY_INIT)
        return SUAN_OK;
    status = suan_charter_get(txn, &charter, error);
    if (status != SUAN_OK)
        return status;
    if (!suan_span_equal(act->command->origin, suan_span_text(charter.origin)))
        return suan_error_set(error, SUAN_E_PERMISSION, "event.origin", "make the command for this registry",
                              "the command is for registry '%.*s', this is '%s'",
                              SUAN_SPAN_PRINTF(act->command->origin), charter.origin);
    return SUAN_OK;
}

/* Whether one signer is the actor or a member of it. */
static enum suan_status speaks_for(struct suan_txn *txn, const struct suan_act *act,
                                   const struct suan_signer_of *signer, struct suan_error *error)
{
    uint32_t roles = 0;
    enum suan_status status = suan_member_roles(txn, &act->by, &signer->ident, act->time_ns, &roles, error);
    if (status != SUAN_OK)
        return status;
    return roles != 0 ? SUAN_OK : SUAN_E_NOT_FOUND;
}

static enum suan_status check_actor(struct suan_txn *txn, const struct suan_act *act,
                                    struct suan_error *error)
{
    bool founding =
        act->command->kind == SUAN_EVENT_REGISTRY_INIT || act->command->kind == SUAN_EVENT_IDENTITY_CREATE;
    for (size_t i = 0; i < act->signer_count; i++) {
        enum suan_status status = id_is_zero(&act->signers[i].ident)
                                      ? (founding ? SUAN_OK : SUAN_E_NOT_FOUND)
                                      : speaks_for(txn, act, &act->signers[i], error);
        if (status != SUAN_E_NOT_FOUND)
            return status;
    }
    return suan_error_set(error, SUAN_E_PERMISSION, code_permission, "sign with a key of the one who acts",
                          "neither '%.*s' nor a member of it has signed", SUAN_SPAN_PRINTF(act->command->by));
}

static enum suan_status check_signing(struct suan_txn *txn, const struct fold_event *event,
                                      struct suan_error *error)
{
    const struct suan_act *act = &event->act;
    if (event->rule->origin == SUAN_RULE_WRITER) {
        if (act->signer_count > 0)
            return suan_error_set(error, SUAN_E_FORMAT, code_format, NULL,
                                  "an event of the writer's own is not signed");
        return SUAN_OK;
    }
    if (act->signer_count == 0)
        return suan_error_set(error, SUAN_E_PERMISSION, code_signature, "sign the command",
                              "the command is not signed");
    return check_actor(txn, act, error);
}

static enum suan_status check_superfluous(const struct fold_event *event, struct suan_error *error)
{
    for (size_t i = 0; i < event->act.signer_count; i++) {
        if ((event->used & UINT32_C(1) << i) != 0)
            continue;
        char hex[2 * SUAN_DIGEST_SIZE + 1];
        suan_hex(event->act.signers[i].key.bytes, SUAN_DIGEST_SIZE, hex);
        return suan_error_set(error, SUAN_E_PERMISSION, code_signature, "leave that signature out",
                              "the signature by key %s is superfluous", hex);
    }
    return SUAN_OK;
}

enum suan_status fold_check(struct suan_txn *txn, struct fold_event *event, struct suan_error *error)
{
    event->used = 0;
    event->act.used = &event->used;
    enum suan_status status = check_fields(event->rule, event->act.command, error);
    if (status == SUAN_OK)
        status = check_place(txn, &event->act, error);
    if (status == SUAN_OK)
        status = check_signing(txn, event, error);
    if (status == SUAN_OK)
        status = event->rule->check(txn, &event->act, error);
    return status != SUAN_OK ? status : check_superfluous(event, error);
}

/* --- what every event writes -------------------------------------------------------------------------- */

static enum suan_status keep_blobs(struct suan_txn *txn, const struct suan_act *act, struct suan_error *error)
{
    enum suan_status status = SUAN_OK;
    for (size_t i = 0; status == SUAN_OK && i < act->blob_count; i++) {
        struct suan_digest digest;
        status = suan_blob_put(txn, act->blobs[i], &digest, error);
    }
    return status;
}

static enum suan_status put_place(struct suan_txn *txn, const struct suan_act *act, struct suan_error *error)
{
    SUAN_CLEANUP(suan_buffer_done) struct suan_buffer value = {0};
    struct record_key key = {.size = 0};
    struct suan_digest digest = suan_sha256(act->command->bytes);
    record_key_add_id(&key, &act->command->id);
    suan_buffer_append_u8(&value, (uint8_t)act->log);
    suan_buffer_append_be64(&value, act->index);
    suan_buffer_append(&value, digest.bytes, sizeof digest.bytes);
    return record_store(txn, SUAN_TABLE_EVENT_ID, &key, &value, error);
}

enum suan_status fold_find(struct suan_txn *txn, const struct suan_id *command_id, struct fold_place *out,
                           struct suan_error *error)
{
    struct suan_span value;
    enum suan_status status = suan_row_get(txn, SUAN_TABLE_EVENT_ID, id_span(command_id), &value, error);
    if (status != SUAN_OK)
        return status;
    struct record_reader reader = {value, false};
    out->log = record_take(&reader, 1)[0] == SUAN_LOG_REGISTRY ? SUAN_LOG_REGISTRY : SUAN_LOG_LEDGER;
    out->index = record_u64(&reader);
    record_digest(&reader, &out->command);
    return record_check(&reader, "event_id", error);
}

/* The accepted lag is over once an event is stamped by the clock rather than by the last event. */
static enum suan_status put_time(struct suan_txn *txn, const struct suan_act *act, struct suan_error *error)
{
    struct suan_clock_state clock;
    enum suan_status status = suan_clock_state_get(txn, &clock, error);
    if (status != SUAN_OK)
        return status;
    if (act->time_ns > clock.last_ns + 1)
        clock.lag_ns = 0;
    clock.last_ns = act->time_ns;
    return suan_clock_state_put(txn, &clock, error);
}

enum suan_status fold_apply(struct suan_txn *txn, const struct fold_event *event, struct suan_error *error)
{
    enum suan_status status = keep_blobs(txn, &event->act, error);
    if (status == SUAN_OK)
        status = put_time(txn, &event->act, error);
    if (status == SUAN_OK)
        status = event->rule->apply(txn, &event->act, error);
    return status != SUAN_OK ? status : put_place(txn, &event->act, error);
}

/* --- replay ------------------------------------------------------------------------------------------- */

static enum suan_status replay(const struct suan_registry_options *options, struct suan_txn *txn,
                               const struct suan_leaf *leaf, const struct suan_command *command,
                               enum suan_log log, uint64_t index, struct suan_error *error)
{
    struct fold_signatures signatures = {0};
    struct fold_event event;
    if (leaf->kind != command->kind || suan_event_log(leaf->kind) != log)
        return suan_error_set(error, SUAN_E_FORMAT, code_format, NULL,
                              "its kind is not that of its command or log");
    enum suan_status status =
        fold_verify(command, leaf->signatures, leaf->signature_count, &signatures, error);
    if (status == SUAN_OK)
        status = fold_begin(txn, options, command, &signatures, index, leaf->time_ns, &event, error);
    if (status == SUAN_OK)
        status = fold_check(txn, &event, error);
    return status != SUAN_OK ? status : fold_apply(txn, &event, error);
}

enum suan_status suan_registry_replay(const struct suan_registry_options *options, struct suan_txn *txn,
                                      enum suan_log log, uint64_t index, struct suan_span bytes,
                                      struct suan_error *error)
{
    struct suan_leaf leaf;
    SUAN_CLEANUP(suan_command_done) struct suan_command command = {0};
    enum suan_status status = suan_leaf_decode(bytes, &leaf, error);
    if (status == SUAN_OK && suan_event_name(leaf.kind) == NULL)
        status = suan_error_set(error, SUAN_E_UNSUPPORTED, "event.unknown", "a newer Suan is needed",
                                "kind %u is unknown to this Suan: newer Suan needed", leaf.kind);
    if (status == SUAN_OK)
        status = suan_command_parse(leaf.command, &command, error);
    if (status == SUAN_OK)
        status = replay(options, txn, &leaf, &command, log, index, error);
    if (status != SUAN_OK) {
        char where[64];
        snprintf(where, sizeof where, "%s log, event %llu", suan_log_name(log), (unsigned long long)index);
        suan_error_prefix(error, where);
    }
    return status;
}

/* --- what rules ask ----------------------------------------------------------------------------------- */

enum suan_status suan_act_blob(struct suan_txn *txn, const struct suan_act *act,
                               const struct suan_digest *digest, struct suan_span *out_blob,
                               struct suan_error *error)
{
    for (size_t i = 0; i < act->blob_count; i++) {
        struct suan_digest offered = suan_sha256(act->blobs[i]);
        if (suan_digest_equal(&offered, digest)) {
            *out_blob = act->blobs[i];
            return SUAN_OK;
        }
    }
    enum suan_status status = suan_blob_get(txn, digest, out_blob, error);
    if (status != SUAN_E_NOT_FOUND)
        return status;
    char hex[2 * SUAN_DIGEST_SIZE + 1];
    suan_hex(digest->bytes, SUAN_DIGEST_SIZE, hex);
    return suan_error_set(error, SUAN_E_NOT_FOUND, "event.blob", "hand in the evidence with the command",
                          "evidence %s is not there", hex);
}

/* Signatures that nobody asked for yet come first, so that two questions are answered by two people where
 * possible. */
enum marked { NOT_MARKED, MARKED, MARKED_PASSES };

static bool is_marked(const struct suan_act *act, size_t i)
{
    return (*act->used & UINT32_C(1) << i) != 0;
}

static void mark(const struct suan_act *act, size_t i)
{
    *act->used |= UINT32_C(1) << i;
}

bool suan_act_signed_by(const struct suan_act *act, const struct suan_id *ident)
{
    for (int pass = NOT_MARKED; pass < MARKED_PASSES; pass++) {
        for (size_t i = 0; i < act->signer_count; i++) {
            if (is_marked(act, i) != (pass == MARKED) || id_is_zero(&act->signers[i].ident) ||
                !id_equal(&act->signers[i].ident, ident))
                continue;
            mark(act, i);
            return true;
        }
    }
    return false;
}

bool suan_act_signed_with(const struct suan_act *act, const struct suan_digest *key)
{
    for (size_t i = 0; i < act->signer_count; i++) {
        if (!suan_digest_equal(&act->signers[i].key, key))
            continue;
        mark(act, i);
        return true;
    }
    return false;
}

static enum suan_status refuse_act(struct suan_txn *txn, const struct suan_id *ident, uint32_t roles,
                                   const char *what, struct suan_error *error)
{
    SUAN_CLEANUP(suan_buffer_done) struct suan_buffer names = {0};
    struct suan_identity identity;
    const char *name =
        suan_identity_get(txn, ident, &identity, NULL) == SUAN_OK ? identity.ident : "(unknown)";
    suan_roles_format(roles, &names);
    return suan_error_set(error, SUAN_E_PERMISSION, code_permission, "hand the command to them to sign",
                          "%s%s'%s' must sign, or a member of it with the roles %s", what,
                          what[0] != '\0' ? ": " : "", name, suan_buffer_text(&names));
}

enum suan_status suan_act_require(struct suan_txn *txn, const struct suan_act *act,
                                  const struct suan_id *ident, uint32_t roles, const char *what,
                                  struct suan_error *error)
{
    for (int pass = NOT_MARKED; pass < MARKED_PASSES; pass++) {
        for (size_t i = 0; i < act->signer_count; i++) {
            uint32_t held = 0;
            if (is_marked(act, i) != (pass == MARKED) || id_is_zero(&act->signers[i].ident))
                continue;
            enum suan_status status =
                suan_member_roles(txn, ident, &act->signers[i].ident, act->time_ns, &held, error);
            if (status != SUAN_OK)
                return status;
            if ((held & roles) != roles || held == 0)
                continue;
            mark(act, i);
            return SUAN_OK;
        }
    }
    return refuse_act(txn, ident, roles, what, error);
}

enum suan_status suan_act_require_operator(struct suan_txn *txn, const struct suan_act *act,
                                           struct suan_error *error)
{
    struct suan_id operator_id;
    enum suan_status status = suan_identity_operator(txn, &operator_id, error);
    return status != SUAN_OK
               ? status
               : suan_act_require(txn, act, &operator_id, SUAN_ROLE_ADMIN, "the operator", error);
}
