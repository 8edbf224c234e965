/* Commands and leaves: what people sign, and what the log keeps of it. Pure functions on bytes. */
#include "event.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "trust/digest.h"

static const char code_format[] = "event.format";

enum { LEAF_VERSION = 1, LEAF_HEADER_SIZE = 16, ID_TIME_SIZE = 6 };

static struct suan_id name_id(const char *domain, struct suan_span name)
{
    struct suan_id id;
    struct suan_hasher hasher;
    suan_hasher_init(&hasher);
    suan_hasher_add(&hasher, suan_span_text(domain));
    suan_hasher_add(&hasher, name);
    struct suan_digest digest = suan_hasher_finish(&hasher);
    suan_hasher_done(&hasher);
    memcpy(id.bytes, digest.bytes, sizeof id.bytes);
    return id;
}

struct suan_id suan_ident_id(struct suan_span ident)
{
    return name_id("suan-ident-v1\n", ident);
}

struct suan_id suan_algorithm_id(struct suan_span name)
{
    return name_id("suan-algorithm-v1\n", name);
}

static bool is_host_like(struct suan_span text, size_t limit)
{
    if (text.size == 0 || text.size > limit)
        return false;
    for (size_t i = 0; i < text.size; i++) {
        uint8_t c = text.data[i];
        bool letter = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
        if (!letter && (i == 0 || (c != '.' && c != '-')))
            return false;
    }
    return true;
}

bool suan_ident_is_valid(struct suan_span ident)
{
    return is_host_like(ident, SUAN_IDENT_MAX);
}

bool suan_origin_is_valid(struct suan_span origin)
{
    return is_host_like(origin, SUAN_ORIGIN_MAX);
}

/* --- kinds -------------------------------------------------------------------------------------------- */

struct kind_row {
    uint16_t kind;
    const char *name;
};

static const struct kind_row kinds[] = {
#define KIND_ROW(constant, number, name) {number, name},
    SUAN_EVENT_KINDS(KIND_ROW)
#undef KIND_ROW
};

enum { KIND_COUNT = sizeof kinds / sizeof kinds[0], FIRST_LEDGER_KIND = 256 };

const char *suan_event_name(uint16_t kind)
{
    for (size_t i = 0; i < KIND_COUNT; i++) {
        if (kinds[i].kind == kind)
            return kinds[i].name;
    }
    return NULL;
}

bool suan_event_find(struct suan_span name, uint16_t *out_kind)
{
    for (size_t i = 0; i < KIND_COUNT; i++) {
        if (suan_span_equal(name, suan_span_text(kinds[i].name))) {
            *out_kind = kinds[i].kind;
            return true;
        }
    }
    return false;
}

enum suan_log suan_event_log(uint16_t kind)
{
    return kind < FIRST_LEDGER_KIND ? SUAN_LOG_REGISTRY : SUAN_LOG_LEDGER;
}

/* --- commands ----------------------------------------------------------------------------------------- */

/* Digits alone, without leading zeros, at most 2^64 - 1. */
static bool parse_u64(struct suan_span text, uint64_t *out)
{
    if (text.size == 0 || text.size > 20 || (text.size > 1 && text.data[0] == '0'))
        return false;
    uint64_t value = 0;
    for (size_t i = 0; i < text.size; i++) {
        uint8_t c = text.data[i];
        if (c < '0' || c > '9' || __builtin_mul_overflow(value, UINT64_C(10), &value) ||
            __builtin_add_overflow(value, (uint64_t)(c - '0'), &value))
            return false;
    }
    *out = value;
    return true;
}

enum suan_status suan_command_get_u64(const struct suan_json *body, const char *key, uint64_t *out,
                                      struct suan_error *error)
{
    struct suan_span text = {NULL, 0};
    enum suan_status status = suan_json_get_text(body, key, SUAN_JSON_REQUIRED, 20, &text, "", error);
    if (status != SUAN_OK)
        return status;
    if (!parse_u64(text, out))
        return suan_error_set(error, SUAN_E_FORMAT, "json.field", "write decimal digits in quotes",
                              "%s: must be an unsigned number of decimal digits, as text", key);
    return SUAN_OK;
}

void suan_command_set_u64(struct suan_json *body, const char *key, uint64_t value)
{
    char digits[24];
    snprintf(digits, sizeof digits, "%llu", (unsigned long long)value);
    suan_json_set_text(body, key, digits);
}

static enum suan_status read_kind(const struct suan_json *body, uint16_t *out_kind, struct suan_error *error)
{
    struct suan_span name = {NULL, 0};
    enum suan_status status = suan_json_get_text(body, "kind", SUAN_JSON_REQUIRED, 64, &name, "", error);
    if (status != SUAN_OK)
        return status;
    if (!suan_event_find(name, out_kind))
        return suan_error_set(error, SUAN_E_UNSUPPORTED, "event.unknown", "a newer Suan is needed",
                              "kind '%.*s' is unknown to this Suan: newer Suan needed",
                              SUAN_SPAN_PRINTF(name));
    return SUAN_OK;
}

static enum suan_status read_names(struct suan_command *command, struct suan_error *error)
{
    enum suan_status status = suan_json_get_text(command->body, "origin", SUAN_JSON_REQUIRED, SUAN_ORIGIN_MAX,
                                                 &command->origin, "", error);
    if (status != SUAN_OK)
        return status;
    status =
        suan_json_get_text(command->body, "by", SUAN_JSON_REQUIRED, SUAN_IDENT_MAX, &command->by, "", error);
    if (status != SUAN_OK)
        return status;
    if (!suan_origin_is_valid(command->origin))
        return suan_error_set(error, SUAN_E_FORMAT, code_format, NULL, "origin: not a host-like name");
    if (!suan_ident_is_valid(command->by))
        return suan_error_set(error, SUAN_E_FORMAT, code_format,
                              "identities are named with a-z, 0-9, '.' and '-'",
                              "by: not an identity's name");
    return SUAN_OK;
}

static enum suan_status read_fields(struct suan_command *command, struct suan_error *error)
{
    int64_t version = 0;
    enum suan_status status =
        suan_json_get_integer(command->body, "v", SUAN_JSON_REQUIRED, 1, 1, &version, "", error);
    if (status != SUAN_OK)
        return status;
    status = read_kind(command->body, &command->kind, error);
    if (status != SUAN_OK)
        return status;
    status = suan_json_get_hex(command->body, "id", SUAN_JSON_REQUIRED, command->id.bytes, SUAN_ID_SIZE, "",
                               error);
    if (status != SUAN_OK)
        return status;
    status = suan_command_get_u64(command->body, "not_after", &command->not_after_ns, error);
    if (status != SUAN_OK)
        return status;
    return read_names(command, error);
}

enum suan_status suan_command_parse(struct suan_span bytes, struct suan_command *out,
                                    struct suan_error *error)
{
    SUAN_CLEANUP(suan_json_freep) struct suan_json_document *document = NULL;
    enum suan_status status = suan_json_parse(
        bytes, SUAN_COMMAND_MAX, SUAN_JSON_CANONICAL | SUAN_JSON_NEWLINES, "command", &document, error);
    if (status != SUAN_OK)
        return status;
    struct suan_command command = {.bytes = bytes, .body = suan_json_root(document)};
    status = read_fields(&command, error);
    if (status != SUAN_OK) {
        suan_error_prefix(error, "command");
        return status;
    }
    command.document = suan_take(&document);
    *out = command;
    return SUAN_OK;
}

void suan_command_done(struct suan_command *command)
{
    if (command == NULL)
        return;
    suan_json_free(command->document);
    *command = (struct suan_command){0};
}

struct suan_json *suan_command_new(struct suan_span origin, uint16_t kind, const struct suan_id *id,
                                   const char *by, uint64_t not_after_ns)
{
    const char *name = suan_event_name(kind);
    struct suan_json *body = suan_json_new_object();
    suan_json_set_integer(body, "v", 1);
    suan_json_set_span(body, "origin", origin);
    suan_json_set_text(body, "kind", name != NULL ? name : "");
    suan_json_set_hex(body, "id", id->bytes, sizeof id->bytes);
    suan_json_set_text(body, "by", by);
    suan_command_set_u64(body, "not_after", not_after_ns);
    return body;
}

struct suan_id suan_command_new_id(uint64_t now_ns)
{
    struct suan_id id;
    uint8_t time[8];
    suan_put_be64(time, now_ns / 1000000);
    memcpy(id.bytes, time + sizeof time - ID_TIME_SIZE, ID_TIME_SIZE);
    suan_random(id.bytes + ID_TIME_SIZE, sizeof id.bytes - ID_TIME_SIZE);
    return id;
}

/* --- leaves ------------------------------------------------------------------------------------------- */

static enum suan_status leaf_error(struct suan_error *error, const char *what)
{
    return suan_error_set(error, SUAN_E_FORMAT, code_format, NULL, "event: %s", what);
}

static enum suan_status signature_key(struct suan_span blob, struct suan_digest *out_key,
                                      struct suan_error *error)
{
    struct suan_sshsig signature;
    struct suan_error cause = {0};
    if (blob.size > SUAN_SSHSIG_BLOB_MAX)
        return leaf_error(error, "a signature is larger than 1,024 bytes");
    if (suan_sshsig_parse(blob, &signature, &cause) != SUAN_OK)
        return leaf_error(error, cause.message);
    *out_key = suan_public_key_id(&signature.key);
    return SUAN_OK;
}

/* Takes `size` bytes off the front of `rest`. */
static bool take_bytes(struct suan_span *rest, size_t size, struct suan_span *out)
{
    if (rest->size < size)
        return false;
    *out = suan_span(rest->data, size);
    *rest = suan_span(rest->data + size, rest->size - size);
    return true;
}

static enum suan_status decode_signatures(struct suan_span rest, struct suan_leaf *leaf,
                                          struct suan_error *error)
{
    struct suan_span field;
    struct suan_digest previous, key;
    if (!take_bytes(&rest, 1, &field) || field.data[0] > SUAN_SIGNATURES_MAX)
        return leaf_error(error, "the count of signatures is absent or more than 16");
    leaf->signature_count = field.data[0];
    for (size_t i = 0; i < leaf->signature_count; i++) {
        if (!take_bytes(&rest, 2, &field) || !take_bytes(&rest, suan_be16(field.data), &leaf->signatures[i]))
            return leaf_error(error, "ends inside a signature");
        enum suan_status status = signature_key(leaf->signatures[i], &key, error);
        if (status != SUAN_OK)
            return status;
        if (i > 0 && memcmp(previous.bytes, key.bytes, sizeof key.bytes) >= 0)
            return leaf_error(error, "signatures are not ascending by key id");
        previous = key;
    }
    return rest.size == 0 ? SUAN_OK : leaf_error(error, "bytes after the last signature");
}

enum suan_status suan_leaf_decode(struct suan_span bytes, struct suan_leaf *out, struct suan_error *error)
{
    struct suan_span rest = bytes, header;
    struct suan_leaf leaf = {0};
    if (bytes.size > SUAN_STORE_LEAF_MAX)
        return leaf_error(error, "larger than 65,535 bytes");
    if (!take_bytes(&rest, LEAF_HEADER_SIZE, &header) || header.data[0] != LEAF_VERSION ||
        header.data[1] != 0)
        return leaf_error(error, "not a version 1 leaf");
    leaf.kind = suan_be16(header.data + 2);
    leaf.time_ns = suan_be64(header.data + 4);
    uint32_t size = suan_be32(header.data + 12);
    if (size > SUAN_COMMAND_MAX || !take_bytes(&rest, size, &leaf.command))
        return leaf_error(error, "the command's length is wrong");
    enum suan_status status = decode_signatures(rest, &leaf, error);
    if (status == SUAN_OK)
        *out = leaf;
    return status;
}

struct sorted_signature {
    struct suan_digest key;
    struct suan_span blob;
};

static int by_key(const void *a, const void *b)
{
    const struct sorted_signature *left = a, *right = b;
    return memcmp(left->key.bytes, right->key.bytes, sizeof left->key.bytes);
}

static enum suan_status sort_signatures(const struct suan_leaf *leaf, struct sorted_signature *out,
                                        struct suan_error *error)
{
    for (size_t i = 0; i < leaf->signature_count; i++) {
        out[i].blob = leaf->signatures[i];
        enum suan_status status = signature_key(out[i].blob, &out[i].key, error);
        if (status != SUAN_OK)
            return status;
    }
    qsort(out, leaf->signature_count, sizeof out[0], by_key);
    for (size_t i = 1; i < leaf->signature_count; i++) {
        if (by_key(&out[i - 1], &out[i]) == 0)
            return leaf_error(error, "two signatures by the same key");
    }
    return SUAN_OK;
}

enum suan_status suan_leaf_encode(const struct suan_leaf *leaf, struct suan_buffer *out,
                                  struct suan_error *error)
{
    struct sorted_signature sorted[SUAN_SIGNATURES_MAX];
    size_t start = out->size;
    if (leaf->signature_count > SUAN_SIGNATURES_MAX)
        return leaf_error(error, "more than 16 signatures");
    if (leaf->command.size > SUAN_COMMAND_MAX)
        return leaf_error(error, "the command is larger than 48,000 bytes");
    enum suan_status status = sort_signatures(leaf, sorted, error);
    if (status != SUAN_OK)
        return status;
    suan_buffer_append_u8(out, LEAF_VERSION);
    suan_buffer_append_u8(out, 0);
    suan_buffer_append_be16(out, leaf->kind);
    suan_buffer_append_be64(out, leaf->time_ns);
    suan_buffer_append_be32(out, (uint32_t)leaf->command.size);
    suan_buffer_append_span(out, leaf->command);
    suan_buffer_append_u8(out, (uint8_t)leaf->signature_count);
    for (size_t i = 0; i < leaf->signature_count; i++) {
        suan_buffer_append_be16(out, (uint16_t)sorted[i].blob.size);
        suan_buffer_append_span(out, sorted[i].blob);
    }
    if (!out->failed && out->size - start > SUAN_STORE_LEAF_MAX)
        return leaf_error(error, "larger than 65,535 bytes");
    return suan_buffer_check(out, error);
}
