/*
 * Identities: a name, a type, what it is called, and the first key. Row: ident id16 -> type1, index8, time8,
 * name, display, contact (each a length byte and text; contact two length bytes).
 */
#include "identity.h"

#include <stdio.h>

#include "base/cleanup.h"
#include "charter.h"
#include "fold.h"
#include "key.h"
#include "record.h"

static const char code_conflict[] = "event.conflict";
static const char code_permission[] = "event.permission";
static const char code_format[] = "event.format";

struct type_row {
    enum suan_ident_type type;
    const char *name;
};

static const struct type_row types[] = {
    {SUAN_IDENT_PERSON, "person"},
    {SUAN_IDENT_DEVELOPER, "developer"},
    {SUAN_IDENT_ENTERPRISE, "enterprise"},
    {SUAN_IDENT_PROVIDER, "provider"},
    {SUAN_IDENT_BODY, "body"},
    {SUAN_IDENT_AUTHORITY, "authority"},
    {SUAN_IDENT_OPERATOR, "operator"},
};

const char *suan_ident_type_name(enum suan_ident_type type)
{
    for (size_t i = 0; i < sizeof types / sizeof types[0]; i++) {
        if (types[i].type == type)
            return types[i].name;
    }
    return "unknown";
}

bool suan_ident_type_find(struct suan_span name, enum suan_ident_type *out_type)
{
    for (size_t i = 0; i < sizeof types / sizeof types[0]; i++) {
        if (suan_span_equal(name, suan_span_text(types[i].name))) {
            *out_type = types[i].type;
            return true;
        }
    }
    return false;
}

/* --- rows --------------------------------------------------------------------------------------------- */

enum suan_status identity_put(struct suan_txn *txn, const struct suan_identity *identity,
                              struct suan_error *error)
{
    SUAN_CLEANUP(suan_buffer_done) struct suan_buffer value = {0};
    struct record_key key = {.size = 0};
    size_t contact_size = strlen(identity->contact);
    record_key_add_id(&key, &identity->id);
    suan_buffer_append_u8(&value, (uint8_t)identity->type);
    suan_buffer_append_be64(&value, identity->index);
    suan_buffer_append_be64(&value, identity->time_ns);
    record_put_text(&value, suan_span_text(identity->ident));
    record_put_text(&value, suan_span_text(identity->display));
    suan_buffer_append_be16(&value, (uint16_t)contact_size);
    suan_buffer_append(&value, identity->contact, contact_size);
    return record_store(txn, SUAN_TABLE_IDENT, &key, &value, error);
}

static void read_contact(struct record_reader *reader, char out[SUAN_CONTACT_MAX + 1])
{
    size_t size = suan_be16(record_take(reader, 2));
    if (size > SUAN_CONTACT_MAX || size > reader->rest.size) {
        reader->bad = true;
        size = 0;
    }
    if (size > 0)
        memcpy(out, reader->rest.data, size);
    out[size] = '\0';
    reader->rest = suan_span(reader->rest.data + size, reader->rest.size - size);
}

static enum suan_status decode_identity(struct suan_span key, struct suan_span value,
                                        struct suan_identity *out, struct suan_error *error)
{
    struct record_reader head = {key, false}, reader = {value, false};
    record_id(&head, &out->id);
    out->type = (enum suan_ident_type)record_take(&reader, 1)[0];
    out->index = record_u64(&reader);
    out->time_ns = record_u64(&reader);
    record_text(&reader, out->ident, sizeof out->ident);
    record_text(&reader, out->display, sizeof out->display);
    read_contact(&reader, out->contact);
    reader.bad |= head.bad || head.rest.size != 0;
    return record_check(&reader, "ident", error);
}

static enum suan_status get_identity(struct suan_txn *txn, const struct suan_id *id,
                                     struct suan_identity *out, struct suan_error *error)
{
    struct suan_span value;
    enum suan_status status = suan_row_get(txn, SUAN_TABLE_IDENT, id_span(id), &value, error);
    return status != SUAN_OK ? status : decode_identity(id_span(id), value, out, error);
}

enum suan_status suan_identity_get(struct suan_txn *txn, const struct suan_id *id, struct suan_identity *out,
                                   struct suan_error *error)
{
    enum suan_status status = get_identity(txn, id, out, error);
    if (status != SUAN_E_NOT_FOUND)
        return status;
    char hex[2 * SUAN_ID_SIZE + 1];
    suan_hex(id->bytes, SUAN_ID_SIZE, hex);
    return suan_error_set(error, SUAN_E_NOT_FOUND, "identity.absent", "see 'suan identity list'",
                          "no identity with id %s", hex);
}

enum suan_status suan_identity_find(struct suan_txn *txn, struct suan_span ident, struct suan_identity *out,
                                    struct suan_error *error)
{
    struct suan_id id = suan_ident_id(ident);
    enum suan_status status = get_identity(txn, &id, out, error);
    if (status != SUAN_E_NOT_FOUND)
        return status;
    return suan_error_set(error, SUAN_E_NOT_FOUND, "identity.absent",
                          "see 'suan identity list', or make it with 'suan identity create'",
                          "no identity named '%.*s'", SUAN_SPAN_PRINTF(ident));
}

enum suan_status suan_identity_each(struct suan_txn *txn,
                                    enum suan_status (*visit)(void *context,
                                                              const struct suan_identity *identity),
                                    void *context, struct suan_error *error)
{
    SUAN_CLEANUP(suan_scan_endp) struct suan_scan *scan = NULL;
    enum suan_status status =
        suan_scan_begin(txn, SUAN_TABLE_IDENT, suan_span(NULL, 0), suan_span(NULL, 0), &scan, error);
    while (status == SUAN_OK) {
        struct suan_span key, value;
        struct suan_identity identity;
        status = suan_scan_next(scan, &key, &value, error);
        if (status == SUAN_E_NOT_FOUND)
            return SUAN_OK;
        if (status == SUAN_OK)
            status = decode_identity(key, value, &identity, error);
        if (status == SUAN_OK)
            status = visit(context, &identity);
    }
    return status;
}

enum suan_status suan_identity_operator(struct suan_txn *txn, struct suan_id *out, struct suan_error *error)
{
    struct suan_charter charter;
    enum suan_status status = suan_charter_get(txn, &charter, error);
    if (status == SUAN_OK)
        *out = charter.operator_id;
    return status;
}

/* --- identity.create ---------------------------------------------------------------------------------- */

/* An optional text field into `out`; an absent one leaves what is there. */
static enum suan_status read_text(const struct suan_json *body, const char *field, enum suan_json_need need,
                                  char *out, size_t capacity, struct suan_error *error)
{
    struct suan_span text = {NULL, 0};
    enum suan_status status = suan_json_get_text(body, field, need, capacity - 1, &text, "", error);
    if (status != SUAN_OK || text.data == NULL)
        return status;
    memcpy(out, text.data, text.size);
    out[text.size] = '\0';
    return SUAN_OK;
}

static enum suan_status read_identity(const struct suan_act *act, struct suan_identity *out,
                                      struct suan_error *error)
{
    const struct suan_json *body = act->command->body;
    struct suan_span ident, type;
    *out = (struct suan_identity){.index = act->index, .time_ns = act->time_ns};
    enum suan_status status =
        suan_json_get_text(body, "ident", SUAN_JSON_REQUIRED, SUAN_IDENT_MAX, &ident, "", error);
    if (status == SUAN_OK)
        status = suan_json_get_text(body, "type", SUAN_JSON_REQUIRED, 32, &type, "", error);
    if (status == SUAN_OK)
        status = read_text(body, "display", SUAN_JSON_REQUIRED, out->display, sizeof out->display, error);
    if (status != SUAN_OK)
        return status;
    if (!suan_ident_is_valid(ident))
        return suan_error_set(error, SUAN_E_FORMAT, code_format,
                              "use a-z, 0-9, '.' and '-', at most 64 bytes", "ident: '%.*s' is not a name",
                              SUAN_SPAN_PRINTF(ident));
    if (!suan_ident_type_find(type, &out->type))
        return suan_error_set(error, SUAN_E_FORMAT, code_format,
                              "person, developer, enterprise, provider, body, authority or operator",
                              "type: '%.*s' is no type of identity", SUAN_SPAN_PRINTF(type));
    memcpy(out->ident, ident.data, ident.size);
    out->id = suan_ident_id(ident);
    return SUAN_OK;
}

static bool needs_operator(enum suan_ident_type type)
{
    return type == SUAN_IDENT_BODY || type == SUAN_IDENT_AUTHORITY || type == SUAN_IDENT_OPERATOR;
}

static enum suan_status check_create(struct suan_txn *txn, const struct suan_act *act,
                                     struct suan_error *error)
{
    struct suan_identity identity, other;
    struct suan_public_key key;
    enum suan_status status = read_identity(act, &identity, error);
    if (status == SUAN_OK)
        status = key_read_new(txn, act, "key", &key, error);
    if (status != SUAN_OK)
        return status;
    status = get_identity(txn, &identity.id, &other, error);
    if (status == SUAN_OK)
        return suan_error_set(error, SUAN_E_CONFLICT, code_conflict, "choose another name",
                              "identity '%s' exists", identity.ident);
    if (status != SUAN_E_NOT_FOUND)
        return status;
    struct suan_digest key_id = suan_public_key_id(&key);
    if (!suan_act_signed_with(act, &key_id))
        return suan_error_set(error, SUAN_E_PERMISSION, code_permission, "sign with the new key",
                              "identity '%s': the new key has not signed", identity.ident);
    if (!id_equal(&identity.id, &act->by))
        return suan_error_set(error, SUAN_E_FORMAT, code_format, NULL,
                              "by: a new identity speaks for itself");
    return needs_operator(identity.type) ? suan_act_require_operator(txn, act, error) : SUAN_OK;
}

static enum suan_status apply_create(struct suan_txn *txn, const struct suan_act *act,
                                     struct suan_error *error)
{
    struct suan_identity identity;
    struct suan_public_key key;
    enum suan_status status = read_identity(act, &identity, error);
    if (status == SUAN_OK)
        status = key_read_new(txn, act, "key", &key, error);
    if (status == SUAN_OK)
        status = identity_put(txn, &identity, error);
    return status != SUAN_OK
               ? status
               : key_give(txn, act, &identity.id, &key, SUAN_KEY_SIGNS_ALL, act->time_ns, error);
}

/* --- identity.update ---------------------------------------------------------------------------------- */

static enum suan_status read_update(struct suan_txn *txn, const struct suan_act *act,
                                    struct suan_identity *out, struct suan_error *error)
{
    const struct suan_json *body = act->command->body;
    enum suan_status status = suan_identity_find(txn, act->command->by, out, error);
    if (status == SUAN_OK)
        status = read_text(body, "display", SUAN_JSON_OPTIONAL, out->display, sizeof out->display, error);
    if (status == SUAN_OK)
        status = read_text(body, "contact", SUAN_JSON_OPTIONAL, out->contact, sizeof out->contact, error);
    return status;
}

static enum suan_status check_update(struct suan_txn *txn, const struct suan_act *act,
                                     struct suan_error *error)
{
    struct suan_identity identity;
    enum suan_status status = read_update(txn, act, &identity, error);
    if (status != SUAN_OK)
        return status;
    if (!suan_act_signed_by(act, &act->by))
        return suan_error_set(error, SUAN_E_PERMISSION, code_permission, "sign with a key of your own",
                              "identity '%s' has not signed", identity.ident);
    return SUAN_OK;
}

static enum suan_status apply_update(struct suan_txn *txn, const struct suan_act *act,
                                     struct suan_error *error)
{
    struct suan_identity identity;
    enum suan_status status = read_update(txn, act, &identity, error);
    return status != SUAN_OK ? status : identity_put(txn, &identity, error);
}

static const char *const create_fields[] = {"display", "ident", "key", "type", NULL};
static const char *const update_fields[] = {"contact", "display", NULL};

static const struct suan_rule rules[] = {
    {SUAN_EVENT_IDENTITY_CREATE, create_fields, check_create, apply_create, SUAN_RULE_SIGNED},
    {SUAN_EVENT_IDENTITY_UPDATE, update_fields, check_update, apply_update, SUAN_RULE_SIGNED},
};

const struct suan_family suan_family_identity = {rules, sizeof rules / sizeof rules[0], NULL};
