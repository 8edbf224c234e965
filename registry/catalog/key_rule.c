/*
 * Rules of keys: added and rotated by their holder, revoked from a place in the log on, recovered by others
 * after a wait, during which the holder may object. Row: recover index8 -> id16, key32, active time8,
 * objected1.
 */
#include <stdio.h>

#include "base/cleanup.h"
#include "key.h"
#include "member.h"
#include "record.h"

static const char code_conflict[] = "event.conflict";
static const char code_permission[] = "event.permission";
static const char code_format[] = "event.format";

enum { REASON_MAX = 500 };
#define RECOVERY_NS (SUAN_RECOVERY_DAYS * UINT64_C(86400) * 1000000000)

/* --- what the rules share ----------------------------------------------------------------------------- */

static enum suan_status read_public_key(const struct suan_act *act, const char *field,
                                        struct suan_public_key *out, struct suan_error *error)
{
    struct suan_span text;
    enum suan_status status = suan_json_get_text(act->command->body, field, SUAN_JSON_REQUIRED,
                                                 SUAN_KEY_TEXT_MAX, &text, "", error);
    return status != SUAN_OK ? status : suan_public_key_parse(text, out, error);
}

enum suan_status key_read_new(struct suan_txn *txn, const struct suan_act *act, const char *field,
                              struct suan_public_key *out, struct suan_error *error)
{
    struct suan_identity_key other;
    enum suan_status status = read_public_key(act, field, out, error);
    if (status != SUAN_OK)
        return status;
    struct suan_digest id = suan_public_key_id(out);
    status = key_look_up(txn, &id, &other, error);
    if (status == SUAN_OK)
        return suan_error_set(error, SUAN_E_CONFLICT, code_conflict,
                              "make another key: 'ssh-keygen -t ed25519'",
                              "%s: a key belongs to one identity for ever, and this one has an owner", field);
    return status == SUAN_E_NOT_FOUND ? SUAN_OK : status;
}

/* The registered key whose id the command's field holds. */
static enum suan_status read_known(struct suan_txn *txn, const struct suan_act *act, const char *field,
                                   struct suan_identity_key *out, struct suan_error *error)
{
    struct suan_digest id;
    enum suan_status status = suan_json_get_hex(act->command->body, field, SUAN_JSON_REQUIRED, id.bytes,
                                                sizeof id.bytes, "", error);
    return status != SUAN_OK ? status : suan_key_get(txn, &id, out, error);
}

static enum suan_status require_key(const struct suan_act *act, const struct suan_public_key *key,
                                    const char *what, struct suan_error *error)
{
    struct suan_digest id = suan_public_key_id(key);
    if (suan_act_signed_with(act, &id))
        return SUAN_OK;
    return suan_error_set(error, SUAN_E_PERMISSION, code_permission, "sign with that key too",
                          "the %s has not signed", what);
}

static enum suan_status require_self(const struct suan_act *act, const struct suan_id *ident,
                                     struct suan_error *error)
{
    if (suan_act_signed_by(act, ident))
        return SUAN_OK;
    return suan_error_set(error, SUAN_E_PERMISSION, code_permission,
                          "sign with an active key of the identity itself",
                          "no key of the identity itself has signed");
}

static enum suan_status count_active(void *context, const struct suan_identity_key *key)
{
    *(uint32_t *)context += key->state == SUAN_KEY_ACTIVE;
    return SUAN_OK;
}

static enum suan_status check_room(struct suan_txn *txn, const struct suan_id *ident,
                                   struct suan_error *error)
{
    uint32_t count = 0;
    enum suan_status status = suan_key_each(txn, ident, count_active, &count, error);
    if (status == SUAN_OK && count >= SUAN_KEYS_ACTIVE_MAX)
        return suan_error_set(error, SUAN_E_EXHAUSTED, "key.too-many", "revoke a key that is no longer used",
                              "the identity has %u active keys, the limit", count);
    return status;
}

/* Evidence is optional; what is named must be there. */
static enum suan_status check_evidence(struct suan_txn *txn, const struct suan_act *act,
                                       enum suan_json_need need, struct suan_error *error)
{
    struct suan_digest digest;
    struct suan_span blob;
    if (need == SUAN_JSON_OPTIONAL && suan_json_find(act->command->body, "evidence") == NULL)
        return SUAN_OK;
    enum suan_status status = suan_json_get_hex(act->command->body, "evidence", SUAN_JSON_REQUIRED,
                                                digest.bytes, sizeof digest.bytes, "", error);
    return status != SUAN_OK ? status : suan_act_blob(txn, act, &digest, &blob, error);
}

/* --- key.add ------------------------------------------------------------------------------------------ */

static enum suan_status read_namespaces(const struct suan_act *act, uint32_t *out, struct suan_error *error)
{
    static const struct {
        const char *name;
        uint32_t bit;
    } known[] = {{SUAN_NAMESPACE_EVENT, SUAN_KEY_SIGNS_EVENTS},
                 {SUAN_NAMESPACE_RELEASE, SUAN_KEY_SIGNS_RELEASES},
                 {SUAN_NAMESPACE_GIT, SUAN_KEY_SIGNS_GIT}};
    enum { KNOWN_COUNT = sizeof known / sizeof known[0] };
    const struct suan_json *names;
    enum suan_status status = suan_json_get_array(act->command->body, "namespaces", SUAN_JSON_REQUIRED,
                                                  KNOWN_COUNT, &names, "", error);
    if (status != SUAN_OK)
        return status;
    *out = 0;
    for (size_t i = 0; i < suan_json_count(names); i++) {
        struct suan_span name = suan_json_text(suan_json_at(names, i));
        uint32_t before = *out;
        for (size_t k = 0; k < KNOWN_COUNT; k++)
            *out |= suan_span_equal(name, suan_span_text(known[k].name)) ? known[k].bit : 0;
        if (*out == before)
            return suan_error_set(error, SUAN_E_FORMAT, code_format,
                                  "suan-event-v1, suan-release-v1 or git, each once",
                                  "namespaces: '%.*s' is unknown or repeated", SUAN_SPAN_PRINTF(name));
    }
    if (*out == 0)
        return suan_error_set(error, SUAN_E_FORMAT, code_format, NULL, "namespaces: a key for nothing");
    return SUAN_OK;
}

static enum suan_status check_add(struct suan_txn *txn, const struct suan_act *act, struct suan_error *error)
{
    struct suan_public_key key;
    uint32_t namespaces;
    enum suan_status status = key_read_new(txn, act, "key", &key, error);
    if (status == SUAN_OK)
        status = read_namespaces(act, &namespaces, error);
    if (status == SUAN_OK)
        status = check_room(txn, &act->by, error);
    if (status == SUAN_OK)
        status = require_self(act, &act->by, error);
    return status != SUAN_OK ? status : require_key(act, &key, "new key", error);
}

static enum suan_status apply_add(struct suan_txn *txn, const struct suan_act *act, struct suan_error *error)
{
    struct suan_public_key key;
    uint32_t namespaces;
    enum suan_status status = read_public_key(act, "key", &key, error);
    if (status == SUAN_OK)
        status = read_namespaces(act, &namespaces, error);
    return status != SUAN_OK ? status : key_give(txn, act, &act->by, &key, namespaces, act->time_ns, error);
}

/* --- key.rotate --------------------------------------------------------------------------------------- */

static enum suan_status check_rotate(struct suan_txn *txn, const struct suan_act *act,
                                     struct suan_error *error)
{
    struct suan_identity_key old;
    struct suan_public_key key;
    enum suan_status status = read_known(txn, act, "old", &old, error);
    if (status == SUAN_OK)
        status = key_read_new(txn, act, "new", &key, error);
    if (status != SUAN_OK)
        return status;
    if (!id_equal(&old.owner, &act->by))
        return suan_error_set(error, SUAN_E_PERMISSION, code_permission, NULL,
                              "old: the key is another identity's");
    if (old.state != SUAN_KEY_ACTIVE)
        return suan_error_set(error, SUAN_E_CONFLICT, code_conflict, NULL,
                              "old: the key is no longer active");
    status = require_key(act, &old.key, "old key", error);
    return status != SUAN_OK ? status : require_key(act, &key, "new key", error);
}

static enum suan_status apply_rotate(struct suan_txn *txn, const struct suan_act *act,
                                     struct suan_error *error)
{
    struct suan_identity_key old;
    struct suan_public_key key;
    enum suan_status status = read_known(txn, act, "old", &old, error);
    if (status == SUAN_OK)
        status = read_public_key(act, "new", &key, error);
    if (status != SUAN_OK)
        return status;
    old.state = SUAN_KEY_ROTATED;
    old.from_idx = act->index + 1;
    status = key_put(txn, &old, error);
    return status != SUAN_OK ? status
                             : key_give(txn, act, &act->by, &key, old.namespaces, act->time_ns, error);
}

/* --- key.revoke --------------------------------------------------------------------------------------- */

/* The holder, an ADMIN of the organisation that holds it, or the operator. */
static enum suan_status require_revoker(struct suan_txn *txn, const struct suan_act *act,
                                        const struct suan_id *owner, struct suan_error *error)
{
    enum suan_status status = suan_act_require(txn, act, owner, SUAN_ROLE_ADMIN, "", NULL);
    if (status != SUAN_E_PERMISSION)
        return status;
    status = suan_act_require_operator(txn, act, NULL);
    if (status != SUAN_E_PERMISSION)
        return status;
    return suan_error_set(error, SUAN_E_PERMISSION, code_permission,
                          "its holder, an ADMIN of the holding organisation, or the operator signs",
                          "key: none of those who may revoke it has signed");
}

static enum suan_status read_revocation(struct suan_txn *txn, const struct suan_act *act,
                                        struct suan_identity_key *out_key, uint64_t *out_from,
                                        struct suan_error *error)
{
    struct suan_span reason;
    enum suan_status status = read_known(txn, act, "key", out_key, error);
    if (status == SUAN_OK)
        status = suan_command_get_u64(act->command->body, "from_idx", out_from, error);
    return status != SUAN_OK ? status
                             : suan_json_get_text(act->command->body, "reason", SUAN_JSON_REQUIRED,
                                                  REASON_MAX, &reason, "", error);
}

static enum suan_status check_revoke(struct suan_txn *txn, const struct suan_act *act,
                                     struct suan_error *error)
{
    struct suan_identity_key key;
    uint64_t from = 0;
    enum suan_status status = read_revocation(txn, act, &key, &from, error);
    if (status == SUAN_OK)
        status = check_evidence(txn, act, SUAN_JSON_OPTIONAL, error);
    if (status != SUAN_OK)
        return status;
    if (from > act->index)
        return suan_error_set(error, SUAN_E_FORMAT, code_format, "name a place that the log has reached",
                              "from_idx: %llu is in the future; the log has %llu events",
                              (unsigned long long)from, (unsigned long long)act->index);
    if (key.state != SUAN_KEY_ACTIVE && from >= key.from_idx)
        return suan_error_set(
            error, SUAN_E_CONFLICT, code_conflict, "only an earlier from_idx changes anything",
            "key: its signatures are invalid from event %llu on already", (unsigned long long)key.from_idx);
    return require_revoker(txn, act, &key.owner, error);
}

static enum suan_status apply_revoke(struct suan_txn *txn, const struct suan_act *act,
                                     struct suan_error *error)
{
    struct suan_identity_key key;
    uint64_t from = 0;
    enum suan_status status = read_revocation(txn, act, &key, &from, error);
    if (status != SUAN_OK)
        return status;
    key.state = SUAN_KEY_REVOKED;
    key.from_idx = from;
    return key_put(txn, &key, error);
}

/* --- key.recover and key.object ----------------------------------------------------------------------- */

struct recovery {
    struct suan_id ident;
    struct suan_digest key;
    uint64_t active_ns;
    uint8_t objected;
};

static enum suan_status put_recovery(struct suan_txn *txn, uint64_t index, const struct recovery *recovery,
                                     struct suan_error *error)
{
    SUAN_CLEANUP(suan_buffer_done) struct suan_buffer value = {0};
    struct record_key place = {.size = 0};
    record_key_add_u64(&place, index);
    suan_buffer_append(&value, recovery->ident.bytes, sizeof recovery->ident.bytes);
    suan_buffer_append(&value, recovery->key.bytes, sizeof recovery->key.bytes);
    suan_buffer_append_be64(&value, recovery->active_ns);
    suan_buffer_append_u8(&value, recovery->objected);
    return record_store(txn, SUAN_TABLE_RECOVER, &place, &value, error);
}

static enum suan_status get_recovery(struct suan_txn *txn, uint64_t index, struct recovery *out,
                                     struct suan_error *error)
{
    struct record_key place = {.size = 0};
    struct suan_span value;
    record_key_add_u64(&place, index);
    enum suan_status status = suan_row_get(txn, SUAN_TABLE_RECOVER, record_key_span(&place), &value, error);
    if (status == SUAN_E_NOT_FOUND)
        return suan_error_set(error, SUAN_E_NOT_FOUND, "event.absent", NULL,
                              "recover: event %llu recovers no key", (unsigned long long)index);
    if (status != SUAN_OK)
        return status;
    struct record_reader reader = {value, false};
    record_id(&reader, &out->ident);
    record_digest(&reader, &out->key);
    out->active_ns = record_u64(&reader);
    out->objected = record_take(&reader, 1)[0];
    return record_check(&reader, "recover", error);
}

struct vouching {
    struct suan_txn *txn;
    const struct suan_act *act;
    enum suan_status found;
};

static enum suan_status look_for_body(void *context, const struct suan_identity *identity)
{
    struct vouching *vouching = context;
    if (vouching->found != SUAN_E_PERMISSION || identity->type != SUAN_IDENT_BODY)
        return SUAN_OK;
    vouching->found =
        suan_act_require(vouching->txn, vouching->act, &identity->id, SUAN_ROLE_ADMIN, "", NULL);
    return SUAN_OK;
}

/* Besides the operator, an ADMIN of the identity, or one industry body, vouches for a recovery; the
   operator's signature does not count twice. */
static enum suan_status require_voucher(struct suan_txn *txn, const struct suan_act *act,
                                        const struct suan_id *ident, struct suan_error *error)
{
    struct vouching vouching = {txn, act, SUAN_E_PERMISSION};
    enum suan_status status = SUAN_OK;
    if (act->signer_count > 1)
        vouching.found = suan_act_require(txn, act, ident, SUAN_ROLE_ADMIN, "", NULL);
    if (act->signer_count > 1 && vouching.found == SUAN_E_PERMISSION)
        status = suan_identity_each(txn, look_for_body, &vouching, error);
    if (status != SUAN_OK || vouching.found == SUAN_OK)
        return status;
    return suan_error_set(error, vouching.found, code_permission,
                          "besides the operator, one industry body or an ADMIN of the identity signs",
                          "key.recover: nobody but the operator has signed");
}

static enum suan_status read_recovery(struct suan_txn *txn, const struct suan_act *act,
                                      struct suan_identity *out_ident, struct suan_public_key *out_key,
                                      struct suan_error *error)
{
    struct suan_span ident;
    enum suan_status status = suan_json_get_text(act->command->body, "ident", SUAN_JSON_REQUIRED,
                                                 SUAN_IDENT_MAX, &ident, "", error);
    if (status == SUAN_OK)
        status = suan_identity_find(txn, ident, out_ident, error);
    return status != SUAN_OK ? status : read_public_key(act, "key", out_key, error);
}

static enum suan_status check_recover(struct suan_txn *txn, const struct suan_act *act,
                                      struct suan_error *error)
{
    struct suan_identity identity;
    struct suan_public_key key;
    enum suan_status status = read_recovery(txn, act, &identity, &key, error);
    if (status == SUAN_OK)
        status = key_read_new(txn, act, "key", &key, error);
    if (status == SUAN_OK)
        status = check_evidence(txn, act, SUAN_JSON_REQUIRED, error);
    if (status == SUAN_OK)
        status = check_room(txn, &identity.id, error);
    if (status == SUAN_OK)
        status = suan_act_require_operator(txn, act, error);
    return status != SUAN_OK ? status : require_voucher(txn, act, &identity.id, error);
}

static enum suan_status apply_recover(struct suan_txn *txn, const struct suan_act *act,
                                      struct suan_error *error)
{
    struct suan_identity identity;
    struct suan_public_key key;
    enum suan_status status = read_recovery(txn, act, &identity, &key, error);
    if (status != SUAN_OK)
        return status;
    struct recovery recovery = {identity.id, suan_public_key_id(&key), act->time_ns + RECOVERY_NS, 0};
    status = put_recovery(txn, act->index, &recovery, error);
    return status != SUAN_OK
               ? status
               : key_give(txn, act, &identity.id, &key, SUAN_KEY_SIGNS_ALL, recovery.active_ns, error);
}

static enum suan_status read_objection(struct suan_txn *txn, const struct suan_act *act, uint64_t *out_index,
                                       struct recovery *out, struct suan_error *error)
{
    enum suan_status status = suan_command_get_u64(act->command->body, "recover", out_index, error);
    return status != SUAN_OK ? status : get_recovery(txn, *out_index, out, error);
}

static enum suan_status check_object(struct suan_txn *txn, const struct suan_act *act,
                                     struct suan_error *error)
{
    struct recovery recovery;
    uint64_t index = 0;
    enum suan_status status = read_objection(txn, act, &index, &recovery, error);
    if (status != SUAN_OK)
        return status;
    if (recovery.objected != 0 || act->time_ns >= recovery.active_ns)
        return suan_error_set(error, SUAN_E_CONFLICT, code_conflict,
                              "revoke the key instead: 'suan key revoke'",
                              "recover: it has taken effect, or was objected to already");
    return require_self(act, &recovery.ident, error);
}

static enum suan_status apply_object(struct suan_txn *txn, const struct suan_act *act,
                                     struct suan_error *error)
{
    struct recovery recovery;
    struct suan_identity_key key;
    uint64_t index = 0;
    enum suan_status status = read_objection(txn, act, &index, &recovery, error);
    if (status == SUAN_OK)
        status = suan_key_get(txn, &recovery.key, &key, error);
    if (status != SUAN_OK)
        return status;
    recovery.objected = 1;
    key.state = SUAN_KEY_REVOKED;
    key.from_idx = 0;
    status = put_recovery(txn, index, &recovery, error);
    return status != SUAN_OK ? status : key_put(txn, &key, error);
}

static const char *const add_fields[] = {"key", "namespaces", NULL};
static const char *const rotate_fields[] = {"new", "old", NULL};
static const char *const revoke_fields[] = {"evidence", "from_idx", "key", "reason", NULL};
static const char *const recover_fields[] = {"evidence", "ident", "key", NULL};
static const char *const object_fields[] = {"recover", NULL};

static const struct suan_rule rules[] = {
    {SUAN_EVENT_KEY_ADD, add_fields, check_add, apply_add, SUAN_RULE_SIGNED},
    {SUAN_EVENT_KEY_ROTATE, rotate_fields, check_rotate, apply_rotate, SUAN_RULE_SIGNED},
    {SUAN_EVENT_KEY_REVOKE, revoke_fields, check_revoke, apply_revoke, SUAN_RULE_SIGNED},
    {SUAN_EVENT_KEY_RECOVER, recover_fields, check_recover, apply_recover, SUAN_RULE_SIGNED},
    {SUAN_EVENT_KEY_OBJECT, object_fields, check_object, apply_object, SUAN_RULE_SIGNED},
};

const struct suan_family suan_family_key = {rules, sizeof rules / sizeof rules[0], NULL};
