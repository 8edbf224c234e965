/*
 * Keys as they stand: rows, and whether a signature counts. A key belongs to one identity for ever. Rows: key
 * key32 -> owner16, added index8, added time8, active time8, state1, from8, namespaces1, wire key; id_key
 * id16|key32 -> nothing.
 */
#include "key.h"

#include "base/cleanup.h"
#include "record.h"

/* --- rows --------------------------------------------------------------------------------------------- */

enum suan_status key_put(struct suan_txn *txn, const struct suan_identity_key *key, struct suan_error *error)
{
    SUAN_CLEANUP(suan_buffer_done) struct suan_buffer value = {0};
    struct record_key place = {.size = 0}, listed = {.size = 0};
    record_key_add(&place, key->id.bytes, sizeof key->id.bytes);
    suan_buffer_append(&value, key->owner.bytes, sizeof key->owner.bytes);
    suan_buffer_append_be64(&value, key->added_idx);
    suan_buffer_append_be64(&value, key->added_ns);
    suan_buffer_append_be64(&value, key->active_ns);
    suan_buffer_append_u8(&value, (uint8_t)key->state);
    suan_buffer_append_be64(&value, key->from_idx);
    suan_buffer_append_u8(&value, (uint8_t)key->namespaces);
    suan_public_key_encode(&key->key, &value);
    enum suan_status status = record_store(txn, SUAN_TABLE_KEY, &place, &value, error);
    if (status != SUAN_OK)
        return status;
    record_key_add_id(&listed, &key->owner);
    record_key_add(&listed, key->id.bytes, sizeof key->id.bytes);
    return suan_row_put(txn, SUAN_TABLE_ID_KEY, record_key_span(&listed), suan_span(NULL, 0), error);
}

enum suan_status key_give(struct suan_txn *txn, const struct suan_act *act, const struct suan_id *owner,
                          const struct suan_public_key *key, uint32_t namespaces, uint64_t active_ns,
                          struct suan_error *error)
{
    struct suan_identity_key row = {.id = suan_public_key_id(key),
                                    .key = *key,
                                    .owner = *owner,
                                    .added_idx = act->index,
                                    .added_ns = act->time_ns,
                                    .active_ns = active_ns,
                                    .namespaces = namespaces,
                                    .state = SUAN_KEY_ACTIVE};
    return key_put(txn, &row, error);
}

static enum suan_status decode_key(struct suan_span place, struct suan_span value,
                                   struct suan_identity_key *out, struct suan_error *error)
{
    struct record_reader head = {place, false}, reader = {value, false};
    record_digest(&head, &out->id);
    record_id(&reader, &out->owner);
    out->added_idx = record_u64(&reader);
    out->added_ns = record_u64(&reader);
    out->active_ns = record_u64(&reader);
    uint8_t state = record_take(&reader, 1)[0];
    out->from_idx = record_u64(&reader);
    out->namespaces = record_take(&reader, 1)[0];
    reader.bad |= state > SUAN_KEY_REVOKED || head.bad || head.rest.size != 0;
    reader.bad |= !reader.bad && suan_public_key_decode(reader.rest, &out->key, NULL) != SUAN_OK;
    reader.rest.size = 0;
    out->state = state;
    return record_check(&reader, "key", error);
}

/* NOT_FOUND leaves `error` alone. */
enum suan_status key_look_up(struct suan_txn *txn, const struct suan_digest *key,
                             struct suan_identity_key *out, struct suan_error *error)
{
    struct suan_span value;
    enum suan_status status = suan_row_get(txn, SUAN_TABLE_KEY, digest_span(key), &value, error);
    return status != SUAN_OK ? status : decode_key(digest_span(key), value, out, error);
}

enum suan_status suan_key_get(struct suan_txn *txn, const struct suan_digest *key,
                              struct suan_identity_key *out, struct suan_error *error)
{
    enum suan_status status = key_look_up(txn, key, out, error);
    if (status != SUAN_E_NOT_FOUND)
        return status;
    char hex[2 * SUAN_DIGEST_SIZE + 1];
    suan_hex(key->bytes, SUAN_DIGEST_SIZE, hex);
    return suan_error_set(error, SUAN_E_NOT_FOUND, "key.absent", "see 'suan key list'", "no key %s", hex);
}

enum suan_status suan_key_each(struct suan_txn *txn, const struct suan_id *ident,
                               enum suan_status (*visit)(void *context, const struct suan_identity_key *key),
                               void *context, struct suan_error *error)
{
    SUAN_CLEANUP(suan_scan_endp) struct suan_scan *scan = NULL;
    enum suan_status status =
        suan_scan_begin(txn, SUAN_TABLE_ID_KEY, id_span(ident), suan_span(NULL, 0), &scan, error);
    while (status == SUAN_OK) {
        struct suan_span listed, value;
        struct suan_identity_key key;
        struct suan_digest id;
        status = suan_scan_next(scan, &listed, &value, error);
        if (status == SUAN_E_NOT_FOUND)
            return SUAN_OK;
        if (status != SUAN_OK)
            return status;
        struct record_reader reader = {listed, false};
        (void)record_take(&reader, SUAN_ID_SIZE);
        record_digest(&reader, &id);
        status = record_check(&reader, "id_key", error);
        if (status == SUAN_OK)
            status = suan_key_get(txn, &id, &key, error);
        if (status == SUAN_OK)
            status = visit(context, &key);
    }
    return status;
}

bool suan_key_counts(const struct suan_identity_key *key, uint32_t namespaces, uint64_t position,
                     uint64_t time_ns)
{
    if ((key->namespaces & namespaces) != namespaces || position < key->added_idx || time_ns < key->active_ns)
        return false;
    return key->state == SUAN_KEY_ACTIVE || position < key->from_idx;
}

enum suan_status suan_key_revoked(struct suan_txn *txn, struct suan_buffer *out, uint64_t *out_lines,
                                  struct suan_error *error)
{
    SUAN_CLEANUP(suan_scan_endp) struct suan_scan *scan = NULL;
    uint64_t lines = 0;
    enum suan_status status =
        suan_scan_begin(txn, SUAN_TABLE_KEY, suan_span(NULL, 0), suan_span(NULL, 0), &scan, error);
    while (status == SUAN_OK) {
        struct suan_span place, value;
        struct suan_identity_key key;
        status = suan_scan_next(scan, &place, &value, error);
        if (status == SUAN_OK)
            status = decode_key(place, value, &key, error);
        if (status != SUAN_OK || key.state != SUAN_KEY_REVOKED)
            continue;
        char hex[2 * SUAN_DIGEST_SIZE + 1];
        suan_hex(key.id.bytes, SUAN_DIGEST_SIZE, hex);
        suan_buffer_printf(out, "key %s %llu\n", hex, (unsigned long long)key.from_idx);
        lines++;
    }
    if (status != SUAN_E_NOT_FOUND)
        return status;
    *out_lines = lines;
    return suan_buffer_check(out, error);
}

/* True if the leaf carries a signature by the key; a leaf that was replayed decodes. */
static bool is_signed_with(const struct suan_leaf *leaf, const struct suan_public_key *key)
{
    for (size_t i = 0; i < leaf->signature_count; i++) {
        struct suan_sshsig signature;
        if (suan_sshsig_parse(leaf->signatures[i], &signature, NULL) == SUAN_OK &&
            suan_public_key_equal(&signature.key, key))
            return true;
    }
    return false;
}

enum suan_status suan_key_each_doubtful(struct suan_txn *txn, const struct suan_identity_key *key,
                                        enum suan_status (*visit)(void *context, uint64_t index,
                                                                  uint16_t kind),
                                        void *context, struct suan_error *error)
{
    uint64_t size = 0;
    enum suan_status status = suan_log_size(txn, SUAN_LOG_REGISTRY, &size, error);
    if (key->state != SUAN_KEY_REVOKED)
        return status;
    for (uint64_t index = key->from_idx; status == SUAN_OK && index < size; index++) {
        struct suan_span bytes;
        struct suan_leaf leaf;
        status = suan_log_leaf(txn, SUAN_LOG_REGISTRY, index, &bytes, error);
        if (status == SUAN_OK)
            status = suan_leaf_decode(bytes, &leaf, error);
        if (status == SUAN_OK && is_signed_with(&leaf, &key->key))
            status = visit(context, index, leaf.kind);
    }
    return status;
}
