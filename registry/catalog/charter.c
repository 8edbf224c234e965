/* Rows of table `state` that the registry keeps about itself. */
#include "charter.h"

#include <stdio.h>

#include "base/cleanup.h"
#include "record.h"

static struct record_key text_key(const char *name)
{
    struct record_key key = {.size = 0};
    record_key_add(&key, name, strlen(name));
    return key;
}

static enum suan_status get_state(struct suan_txn *txn, const char *name, struct record_reader *out,
                                  struct suan_error *error)
{
    struct record_key key = text_key(name);
    *out = (struct record_reader){.bad = false};
    return suan_row_get(txn, SUAN_TABLE_STATE, record_key_span(&key), &out->rest, error);
}

static enum suan_status put_state(struct suan_txn *txn, const char *name, const struct suan_buffer *value,
                                  struct suan_error *error)
{
    struct record_key key = text_key(name);
    return record_store(txn, SUAN_TABLE_STATE, &key, value, error);
}

enum suan_status suan_charter_get(struct suan_txn *txn, struct suan_charter *out, struct suan_error *error)
{
    struct record_reader row;
    struct suan_charter charter;
    enum suan_status status = get_state(txn, "charter", &row, error);
    if (status == SUAN_E_NOT_FOUND)
        return suan_error_set(error, SUAN_E_NOT_FOUND, "registry.absent", "run 'suan registry init'",
                              "the registry has no first event");
    if (status != SUAN_OK)
        return status;
    charter.clock = record_take(&row, 1)[0] == 0 ? SUAN_CLOCK_REAL : SUAN_CLOCK_SIMULATED;
    record_text(&row, charter.operator_ident, sizeof charter.operator_ident);
    record_text(&row, charter.origin, sizeof charter.origin);
    status = record_check(&row, "state", error);
    if (status != SUAN_OK)
        return status;
    charter.operator_id = suan_ident_id(suan_span_text(charter.operator_ident));
    *out = charter;
    return SUAN_OK;
}

enum suan_status suan_charter_put(struct suan_txn *txn, const struct suan_charter *charter,
                                  struct suan_error *error)
{
    SUAN_CLEANUP(suan_buffer_done) struct suan_buffer value = {0};
    suan_buffer_append_u8(&value, charter->clock == SUAN_CLOCK_REAL ? 0 : 1);
    record_put_text(&value, suan_span_text(charter->operator_ident));
    record_put_text(&value, suan_span_text(charter->origin));
    return put_state(txn, "charter", &value, error);
}

/* Two numbers under a name; zeros while the row is absent. */
static enum suan_status get_pair(struct suan_txn *txn, const char *name, uint64_t *a, uint64_t *b,
                                 struct suan_error *error)
{
    struct record_reader row;
    enum suan_status status = get_state(txn, name, &row, error);
    *a = 0;
    *b = 0;
    if (status != SUAN_OK)
        return status == SUAN_E_NOT_FOUND ? SUAN_OK : status;
    *a = record_u64(&row);
    *b = record_u64(&row);
    return record_check(&row, "state", error);
}

static enum suan_status put_pair(struct suan_txn *txn, const char *name, uint64_t a, uint64_t b,
                                 struct suan_error *error)
{
    SUAN_CLEANUP(suan_buffer_done) struct suan_buffer value = {0};
    suan_buffer_append_be64(&value, a);
    suan_buffer_append_be64(&value, b);
    return put_state(txn, name, &value, error);
}

enum suan_status suan_clock_state_get(struct suan_txn *txn, struct suan_clock_state *out,
                                      struct suan_error *error)
{
    return get_pair(txn, "clock", &out->last_ns, &out->lag_ns, error);
}

enum suan_status suan_clock_state_put(struct suan_txn *txn, const struct suan_clock_state *state,
                                      struct suan_error *error)
{
    return put_pair(txn, "clock", state->last_ns, state->lag_ns, error);
}

enum suan_status suan_anchor_state_get(struct suan_txn *txn, struct suan_anchor_state *out,
                                       struct suan_error *error)
{
    return get_pair(txn, "anchor", &out->size, &out->time_ns, error);
}

enum suan_status suan_anchor_state_put(struct suan_txn *txn, const struct suan_anchor_state *state,
                                       struct suan_error *error)
{
    return put_pair(txn, "anchor", state->size, state->time_ns, error);
}

enum suan_status suan_snapshot_state_get(struct suan_txn *txn, struct suan_snapshot_state *out,
                                         struct suan_error *error)
{
    struct record_reader row;
    enum suan_status status = get_state(txn, "revoked", &row, error);
    if (status == SUAN_E_NOT_FOUND) {
        *out = (struct suan_snapshot_state){.digest = suan_sha256(suan_span(NULL, 0))};
        return SUAN_OK;
    }
    if (status != SUAN_OK)
        return status;
    record_digest(&row, &out->digest);
    out->lines = record_u64(&row);
    return record_check(&row, "state", error);
}

enum suan_status suan_snapshot_state_put(struct suan_txn *txn, const struct suan_snapshot_state *state,
                                         struct suan_error *error)
{
    SUAN_CLEANUP(suan_buffer_done) struct suan_buffer value = {0};
    suan_buffer_append(&value, state->digest.bytes, sizeof state->digest.bytes);
    suan_buffer_append_be64(&value, state->lines);
    return put_state(txn, "revoked", &value, error);
}

void suan_charter_log_name(const struct suan_charter *charter, enum suan_log log,
                           char out[SUAN_NOTE_NAME_MAX + 1])
{
    snprintf(out, SUAN_NOTE_NAME_MAX + 1, "%s/%s", charter->origin, suan_log_name(log));
}

static struct record_key note_key_prefix(enum suan_log log)
{
    struct record_key key = text_key("notekey");
    record_key_add(&key, &(uint8_t){(uint8_t)log}, 1);
    return key;
}

/* The point of the row with the greatest size that is not above `size`. */
static enum suan_status note_point_at(struct suan_txn *txn, enum suan_log log, uint64_t size,
                                      uint8_t point[SUAN_ED25519_POINT_SIZE], struct suan_error *error)
{
    struct record_key prefix = note_key_prefix(log);
    SUAN_CLEANUP(suan_scan_endp) struct suan_scan *scan = NULL;
    bool found = false;
    enum suan_status status =
        suan_scan_begin(txn, SUAN_TABLE_STATE, record_key_span(&prefix), suan_span(NULL, 0), &scan, error);
    struct suan_span key, value;
    while (status == SUAN_OK && (status = suan_scan_next(scan, &key, &value, error)) == SUAN_OK) {
        if (key.size != prefix.size + 8 || value.size != SUAN_ED25519_POINT_SIZE)
            return suan_error_set(error, SUAN_E_INTEGRITY, "store.corrupt", "run 'suan registry verify'",
                                  "table 'state': a note key has the wrong shape");
        if (suan_be64(key.data + prefix.size) > size)
            break;
        memcpy(point, value.data, value.size);
        found = true;
    }
    if (status != SUAN_OK && status != SUAN_E_NOT_FOUND)
        return status;
    if (!found)
        return suan_error_set(error, SUAN_E_NOT_FOUND, "registry.absent", NULL, "log '%s' has no note key",
                              suan_log_name(log));
    return SUAN_OK;
}

enum suan_status suan_note_key_at(struct suan_txn *txn, enum suan_log log, uint64_t size,
                                  struct suan_note_key *out, struct suan_error *error)
{
    struct suan_charter charter;
    uint8_t point[SUAN_ED25519_POINT_SIZE];
    char name[SUAN_NOTE_NAME_MAX + 1];
    enum suan_status status = suan_charter_get(txn, &charter, error);
    if (status != SUAN_OK)
        return status;
    status = note_point_at(txn, log, size, point, error);
    if (status != SUAN_OK)
        return status;
    suan_charter_log_name(&charter, log, name);
    return suan_note_key_init(out, name, SUAN_NOTE_ED25519, point, error);
}

enum suan_status suan_note_key_put(struct suan_txn *txn, enum suan_log log, uint64_t from_size,
                                   const uint8_t point[SUAN_ED25519_POINT_SIZE], struct suan_error *error)
{
    struct record_key key = note_key_prefix(log);
    record_key_add_u64(&key, from_size);
    return suan_row_put(txn, SUAN_TABLE_STATE, record_key_span(&key),
                        suan_span(point, SUAN_ED25519_POINT_SIZE), error);
}
