/*
 * Owners: a table of shares for each algorithm, replaced as a whole by those who hold enough of it. Rows: pkg NAME -> id16,
 * threshold4, first8; owner algorithm16|id16 -> bp4, since8; owner_hist algorithm16|index8 -> n x (id16, bp4).
 */
#include "owner.h"

#include <stdlib.h>

#include "base/cleanup.h"
#include "fold.h"
#include "identity.h"
#include "member.h"
#include "owner_row.h"
#include "record.h"

enum { SHARE_BYTES = SUAN_ID_SIZE + 4 };

static const char code_permission[] = "event.permission";
static const char code_conflict[] = "event.conflict";
static const char code_format[] = "event.format";

/* --- rows --------------------------------------------------------------------------------------------- */

enum suan_status suan_algorithm_get(struct suan_txn *txn, struct suan_span name,
                                    struct suan_algorithm_record *out, struct suan_error *error)
{
    struct suan_span value;
    enum suan_status status = name.size == 0 || name.size > SUAN_NAME_MAX
                                  ? SUAN_E_NOT_FOUND
                                  : suan_row_get(txn, SUAN_TABLE_PKG, name, &value, error);
    if (status == SUAN_E_NOT_FOUND)
        return suan_error_set(error, SUAN_E_NOT_FOUND, "algorithm.absent", "see 'suan list'",
                              "no algorithm named '%.*s'", SUAN_SPAN_PRINTF(name));
    if (status != SUAN_OK)
        return status;
    struct record_reader reader = {value, false};
    struct suan_algorithm_record record = {0};
    record_id(&reader, &record.id);
    record.threshold_bp = record_u32(&reader);
    record.first_idx = record_u64(&reader);
    memcpy(record.name, name.data, name.size);
    *out = record;
    return record_check(&reader, "pkg", error);
}

static void encode_table(const struct suan_owner_table *table, struct suan_buffer *out)
{
    for (size_t i = 0; i < table->count; i++) {
        suan_buffer_append(out, table->shares[i].owner.bytes, SUAN_ID_SIZE);
        suan_buffer_append_be32(out, table->shares[i].bp);
    }
}

static enum suan_status decode_table(struct suan_span value, struct suan_owner_table *out,
                                     struct suan_error *error)
{
    struct record_reader reader = {value, value.size > SUAN_OWNERS_MAX * SHARE_BYTES};
    out->count = 0;
    while (!reader.bad && reader.rest.size > 0) {
        struct suan_share *share = &out->shares[out->count++];
        record_id(&reader, &share->owner);
        share->bp = record_u32(&reader);
    }
    return record_check(&reader, "owner_hist", error);
}

enum suan_status suan_owner_get(struct suan_txn *txn, const struct suan_id *algorithm,
                                struct suan_owner_table *out, struct suan_error *error)
{
    struct suan_span key, value;
    enum suan_status status =
        suan_row_last(txn, SUAN_TABLE_OWNER_HIST, id_span(algorithm), &key, &value, error);
    if (status == SUAN_E_NOT_FOUND)
        return suan_error_set(error, SUAN_E_NOT_FOUND, "algorithm.absent", NULL,
                              "no such algorithm has owners");
    return status != SUAN_OK ? status : decode_table(value, out, error);
}

enum suan_status suan_owner_each(struct suan_txn *txn, const struct suan_id *algorithm,
                                 enum suan_status (*visit)(void *context, uint64_t index,
                                                           const struct suan_owner_table *table),
                                 void *context, struct suan_error *error)
{
    SUAN_CLEANUP(suan_scan_endp) struct suan_scan *scan = NULL;
    enum suan_status status =
        suan_scan_begin(txn, SUAN_TABLE_OWNER_HIST, id_span(algorithm), suan_span(NULL, 0), &scan, error);
    while (status == SUAN_OK) {
        struct suan_span key, value;
        struct suan_owner_table table;
        status = suan_scan_next(scan, &key, &value, error);
        if (status == SUAN_E_NOT_FOUND)
            return SUAN_OK;
        if (status == SUAN_OK)
            status = decode_table(value, &table, error);
        if (status == SUAN_OK)
            status = visit(context, suan_be64(key.data + SUAN_ID_SIZE), &table);
    }
    return status;
}

struct table_at {
    uint64_t index;
    struct suan_owner_table *table;
    enum suan_status found;
};

static enum suan_status keep_if_before(void *context, uint64_t index, const struct suan_owner_table *table)
{
    struct table_at *at = context;
    if (index < at->index) {
        *at->table = *table;
        at->found = SUAN_OK;
    }
    return SUAN_OK;
}

enum suan_status suan_owner_get_at(struct suan_txn *txn, const struct suan_id *algorithm, uint64_t index,
                                   struct suan_owner_table *out, struct suan_error *error)
{
    struct table_at at = {index, out, SUAN_E_NOT_FOUND};
    enum suan_status status = suan_owner_each(txn, algorithm, keep_if_before, &at, error);
    if (status != SUAN_OK)
        return status;
    if (at.found != SUAN_OK)
        return suan_error_set(error, SUAN_E_NOT_FOUND, "algorithm.absent", NULL,
                              "nobody owned it before that event");
    return SUAN_OK;
}

struct suan_digest suan_owner_digest(const struct suan_owner_table *table)
{
    uint8_t bytes[SUAN_OWNERS_MAX * SHARE_BYTES];
    size_t size = 0;
    for (size_t i = 0; i < table->count; i++, size += SHARE_BYTES) {
        memcpy(bytes + size, table->shares[i].owner.bytes, SUAN_ID_SIZE);
        suan_put_be32(bytes + size + SUAN_ID_SIZE, table->shares[i].bp);
    }
    return suan_sha256(suan_span(bytes, size));
}

static void owner_key(const struct suan_id *algorithm, const struct suan_id *owner,
                      uint8_t out[2 * SUAN_ID_SIZE])
{
    memcpy(out, algorithm->bytes, SUAN_ID_SIZE);
    memcpy(out + SUAN_ID_SIZE, owner->bytes, SUAN_ID_SIZE);
}

uint32_t owner_share_of(const struct suan_owner_table *table, const struct suan_id *owner)
{
    for (size_t i = 0; i < table->count; i++) {
        if (id_equal(&table->shares[i].owner, owner))
            return table->shares[i].bp;
    }
    return 0;
}

/* Removes the rows of `before`, writes those of `after` (keeping the time since when a share is held), and
 * the history. */
enum suan_status owner_replace(struct suan_txn *txn, const struct suan_act *act,
                               const struct suan_id *algorithm, const struct suan_owner_table *before,
                               const struct suan_owner_table *after, struct suan_error *error)
{
    uint8_t key[2 * SUAN_ID_SIZE], history[SUAN_ID_SIZE + 8], value[12];
    enum suan_status status = SUAN_OK;

    for (size_t i = 0; i < before->count && status == SUAN_OK; i++) {
        owner_key(algorithm, &before->shares[i].owner, key);
        if (owner_share_of(after, &before->shares[i].owner) != before->shares[i].bp)
            status = suan_row_delete(txn, SUAN_TABLE_OWNER, suan_span(key, sizeof key), error);
    }
    for (size_t i = 0; i < after->count && status == SUAN_OK; i++) {
        const struct suan_share *share = &after->shares[i];
        if (owner_share_of(before, &share->owner) == share->bp)
            continue;
        owner_key(algorithm, &share->owner, key);
        suan_put_be32(value, share->bp);
        suan_put_be64(value + 4, act->time_ns);
        status = suan_row_put(txn, SUAN_TABLE_OWNER, suan_span(key, sizeof key),
                              suan_span(value, sizeof value), error);
    }
    if (status != SUAN_OK)
        return status;
    SUAN_CLEANUP(suan_buffer_done) struct suan_buffer table = {0};
    encode_table(after, &table);
    memcpy(history, algorithm->bytes, SUAN_ID_SIZE);
    suan_put_be64(history + SUAN_ID_SIZE, act->index);
    status = suan_buffer_check(&table, error);
    return status != SUAN_OK ? status
                             : suan_row_put(txn, SUAN_TABLE_OWNER_HIST, suan_span(history, sizeof history),
                                            suan_buffer_span(&table), error);
}

/* --- reading a table from a command ------------------------------------------------------------------- */

int owner_by_id(const void *a, const void *b)
{
    return memcmp(((const struct suan_share *)a)->owner.bytes, ((const struct suan_share *)b)->owner.bytes,
                  SUAN_ID_SIZE);
}

static enum suan_status read_share(struct suan_txn *txn, const struct suan_json *entry,
                                   struct suan_share *out, struct suan_error *error)
{
    static const char *const known[] = {"bp", "id", NULL};
    struct suan_span ident = {NULL, 0};
    struct suan_identity identity;
    int64_t bp = 0;
    enum suan_status status = suan_json_only(entry, known, "owners[]", error);
    if (status == SUAN_OK)
        status =
            suan_json_get_text(entry, "id", SUAN_JSON_REQUIRED, SUAN_IDENT_MAX, &ident, "owners[]", error);
    if (status == SUAN_OK)
        status = suan_json_get_integer(entry, "bp", SUAN_JSON_REQUIRED, 1, SUAN_SHARE_WHOLE_BP, &bp,
                                       "owners[]", error);
    if (status == SUAN_OK)
        status = suan_identity_find(txn, ident, &identity, error);
    if (status != SUAN_OK)
        return status;
    out->owner = identity.id;
    out->bp = (uint32_t)bp;
    return SUAN_OK;
}

static enum suan_status read_table(struct suan_txn *txn, const struct suan_json *body,
                                   struct suan_owner_table *out, struct suan_error *error)
{
    const struct suan_json *owners = NULL;
    uint32_t sum = 0;
    enum suan_status status =
        suan_json_get_array(body, "owners", SUAN_JSON_REQUIRED, SUAN_OWNERS_MAX, &owners, "", error);
    if (status != SUAN_OK)
        return status;
    out->count = suan_json_count(owners);
    for (size_t i = 0; i < out->count; i++) {
        status = read_share(txn, suan_json_at(owners, i), &out->shares[i], error);
        if (status != SUAN_OK)
            return status;
        sum += out->shares[i].bp;
    }
    qsort(out->shares, out->count, sizeof out->shares[0], owner_by_id);
    for (size_t i = 1; i < out->count; i++) {
        if (owner_by_id(&out->shares[i - 1], &out->shares[i]) == 0)
            return suan_error_set(error, SUAN_E_FORMAT, code_format, NULL,
                                  "owners: one owner is named twice");
    }
    if (sum != SUAN_SHARE_WHOLE_BP)
        return suan_error_set(error, SUAN_E_FORMAT, code_format,
                              "shares are basis points: 10000 is the whole",
                              "owners: the shares sum to %u basis points, not to 10000", sum);
    return SUAN_OK;
}

enum suan_status owner_require(struct suan_txn *txn, const struct suan_act *act, const struct suan_id *owner,
                               const char *what, struct suan_error *error)
{
    return suan_act_require(txn, act, owner, SUAN_ROLE_ADMIN, what, error);
}

/* --- algorithm.create --------------------------------------------------------------------------------- */

static enum suan_status read_name(const struct suan_json *body, const char *key, struct suan_span *out,
                                  struct suan_error *error)
{
    enum suan_status status =
        suan_json_get_text(body, key, SUAN_JSON_REQUIRED, SUAN_NAME_MAX, out, "", error);
    if (status != SUAN_OK)
        return status;
    if (!suan_package_is_name(*out))
        return suan_error_set(error, SUAN_E_FORMAT, code_format,
                              "use 2 to 64 of a-z 0-9 . _ -, with a letter or digit at both ends",
                              "bad name '%.*s'", SUAN_SPAN_PRINTF(*out));
    return SUAN_OK;
}

static enum suan_status check_create(struct suan_txn *txn, const struct suan_act *act,
                                     struct suan_error *error)
{
    struct suan_span name, value;
    struct suan_owner_table table;
    int64_t threshold = SUAN_OWNER_THRESHOLD_BP;
    const struct suan_json *body = act->command->body;
    enum suan_status status = read_name(body, "name", &name, error);
    if (status == SUAN_OK)
        status = suan_json_get_integer(body, "threshold", SUAN_JSON_OPTIONAL, SUAN_SHARE_WHOLE_BP / 2 + 1,
                                       SUAN_SHARE_WHOLE_BP, &threshold, "", error);
    if (status == SUAN_OK)
        status = read_table(txn, body, &table, error);
    if (status != SUAN_OK)
        return status;
    status = suan_row_get(txn, SUAN_TABLE_PKG, name, &value, error);
    if (status == SUAN_OK)
        return suan_error_set(error, SUAN_E_CONFLICT, code_conflict, "choose another name",
                              "the name '%.*s' is taken", SUAN_SPAN_PRINTF(name));
    if (status != SUAN_E_NOT_FOUND)
        return status;
    for (size_t i = 0; i < table.count; i++) {
        status = owner_require(txn, act, &table.shares[i].owner,
                               "every owner signs the first table of shares", error);
        if (status != SUAN_OK)
            return status;
    }
    return SUAN_OK;
}

static enum suan_status apply_create(struct suan_txn *txn, const struct suan_act *act,
                                     struct suan_error *error)
{
    static const struct suan_owner_table nobody;
    const struct suan_json *body = act->command->body;
    struct suan_span name = suan_json_text(suan_json_find(body, "name"));
    struct suan_id algorithm = suan_algorithm_id(name);
    const struct suan_json *threshold = suan_json_find(body, "threshold");
    struct suan_owner_table table;
    uint8_t value[SUAN_ID_SIZE + 12];

    enum suan_status status = read_table(txn, body, &table, error);
    if (status != SUAN_OK)
        return status;
    memcpy(value, algorithm.bytes, SUAN_ID_SIZE);
    suan_put_be32(value + SUAN_ID_SIZE,
                  threshold != NULL ? (uint32_t)suan_json_integer(threshold) : SUAN_OWNER_THRESHOLD_BP);
    suan_put_be64(value + SUAN_ID_SIZE + 4, act->index);
    status = suan_row_put(txn, SUAN_TABLE_PKG, name, suan_span(value, sizeof value), error);
    return status != SUAN_OK ? status : owner_replace(txn, act, &algorithm, &nobody, &table, error);
}

/* --- owner.set ---------------------------------------------------------------------------------------- */

enum suan_status owner_read_algorithm(struct suan_txn *txn, const struct suan_json *body,
                                      struct suan_algorithm_record *out, struct suan_error *error)
{
    struct suan_span name;
    enum suan_status status = read_name(body, "algorithm", &name, error);
    return status != SUAN_OK ? status : suan_algorithm_get(txn, name, out, error);
}

/* Those whose share falls, and those who come in, sign; and holders of the threshold do. */
static enum suan_status check_consent(struct suan_txn *txn, const struct suan_act *act, uint32_t threshold_bp,
                                      const struct suan_owner_table *before,
                                      const struct suan_owner_table *after, struct suan_error *error)
{
    uint32_t consenting = 0;
    for (size_t i = 0; i < before->count; i++) {
        const struct suan_share *share = &before->shares[i];
        bool falls = owner_share_of(after, &share->owner) < share->bp;
        enum suan_status status =
            owner_require(txn, act, &share->owner, "whoever's share falls signs", falls ? error : NULL);
        if (status == SUAN_OK)
            consenting += share->bp;
        else if (falls || status != SUAN_E_PERMISSION)
            return status;
    }
    for (size_t i = 0; i < after->count; i++) {
        if (owner_share_of(before, &after->shares[i].owner) > 0)
            continue;
        enum suan_status status =
            owner_require(txn, act, &after->shares[i].owner, "a new owner signs", error);
        if (status != SUAN_OK)
            return status;
    }
    if (consenting < threshold_bp)
        return suan_error_set(error, SUAN_E_PERMISSION, code_permission, "ask more of the owners to sign",
                              "owners of %u basis points signed; %u are needed", consenting, threshold_bp);
    return SUAN_OK;
}

static enum suan_status check_set(struct suan_txn *txn, const struct suan_act *act, struct suan_error *error)
{
    struct suan_algorithm_record algorithm;
    struct suan_owner_table before, after;
    struct suan_digest previous = {{0}};
    const struct suan_json *body = act->command->body;
    enum suan_status status = owner_read_algorithm(txn, body, &algorithm, error);
    if (status == SUAN_OK)
        status = read_table(txn, body, &after, error);
    if (status == SUAN_OK)
        status = suan_json_get_hex(body, "previous", SUAN_JSON_REQUIRED, previous.bytes,
                                   sizeof previous.bytes, "", error);
    if (status == SUAN_OK)
        status = suan_owner_get(txn, &algorithm.id, &before, error);
    if (status != SUAN_OK)
        return status;
    struct suan_digest current = suan_owner_digest(&before);
    if (!suan_digest_equal(&previous, &current))
        return suan_error_set(error, SUAN_E_CONFLICT, code_conflict, "see 'suan owner show', and sign again",
                              "the owners of '%s' have changed since this was signed", algorithm.name);
    return check_consent(txn, act, algorithm.threshold_bp, &before, &after, error);
}

static enum suan_status apply_set(struct suan_txn *txn, const struct suan_act *act, struct suan_error *error)
{
    struct suan_algorithm_record algorithm;
    struct suan_owner_table before, after;
    enum suan_status status = owner_read_algorithm(txn, act->command->body, &algorithm, error);
    if (status == SUAN_OK)
        status = suan_owner_get(txn, &algorithm.id, &before, error);
    if (status == SUAN_OK)
        status = read_table(txn, act->command->body, &after, error);
    return status != SUAN_OK ? status : owner_replace(txn, act, &algorithm.id, &before, &after, error);
}

static const char *const create_fields[] = {"name", "owners", "threshold", NULL};
static const char *const set_fields[] = {"algorithm", "owners", "previous", NULL};

static const struct suan_rule rules[] = {
    {SUAN_EVENT_ALGORITHM_CREATE, create_fields, check_create, apply_create, SUAN_RULE_SIGNED},
    {SUAN_EVENT_OWNER_SET, set_fields, check_set, apply_set, SUAN_RULE_SIGNED},
};

const struct suan_family suan_family_owner = {rules, sizeof rules / sizeof rules[0], NULL};
