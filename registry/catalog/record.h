#ifndef SUAN_CATALOG_RECORD_H
#define SUAN_CATALOG_RECORD_H

/* Inside this folder only: table rows as fixed fields, big-endian, read with one check at the end. */
#include <assert.h>

#include "event.h"

/* Reads a row's value from front to back; `bad` is set once a read passes the end. */
struct record_reader {
    struct suan_span rest;
    bool bad;
};

static inline const uint8_t *record_take(struct record_reader *reader, size_t size)
{
    static const uint8_t nothing[256];
    if (reader->bad || reader->rest.size < size || size > sizeof nothing) {
        reader->bad = true;
        return nothing;
    }
    const uint8_t *place = reader->rest.data;
    reader->rest = suan_span(place + size, reader->rest.size - size);
    return place;
}

static inline uint32_t record_u32(struct record_reader *reader)
{
    return suan_be32(record_take(reader, 4));
}

static inline uint64_t record_u64(struct record_reader *reader)
{
    return suan_be64(record_take(reader, 8));
}

static inline void record_id(struct record_reader *reader, struct suan_id *out)
{
    memcpy(out->bytes, record_take(reader, SUAN_ID_SIZE), SUAN_ID_SIZE);
}

static inline void record_digest(struct record_reader *reader, struct suan_digest *out)
{
    memcpy(out->bytes, record_take(reader, SUAN_DIGEST_SIZE), SUAN_DIGEST_SIZE);
}

/* Text of at most `capacity` - 1 bytes (capacity <= 256), stored as one length byte and the bytes. */
static inline void record_text(struct record_reader *reader, char *out, size_t capacity)
{
    size_t size = record_take(reader, 1)[0];
    if (size >= capacity)
        reader->bad = true;
    const uint8_t *text = record_take(reader, reader->bad ? 0 : size);
    memcpy(out, text, reader->bad ? 0 : size);
    out[reader->bad ? 0 : size] = '\0';
}

/* Appends text as record_text reads it; at most 255 bytes are kept. */
static inline void record_put_text(struct suan_buffer *out, struct suan_span text)
{
    size_t size = text.size < 255 ? text.size : 255;
    suan_buffer_append_u8(out, (uint8_t)size);
    suan_buffer_append(out, text.data, size);
}

/* INTEGRITY "store.corrupt" unless exactly the whole value was read. */
SUAN_MUST_USE static inline enum suan_status record_check(const struct record_reader *reader,
                                                          const char *table, struct suan_error *error)
{
    if (!reader->bad && reader->rest.size == 0)
        return SUAN_OK;
    return suan_error_set(error, SUAN_E_INTEGRITY, "store.corrupt", "run 'suan registry verify'",
                          "a row of table %s has the wrong form", table);
}

static inline struct suan_span id_span(const struct suan_id *id)
{
    return suan_span(id->bytes, SUAN_ID_SIZE);
}

static inline struct suan_span digest_span(const struct suan_digest *digest)
{
    return suan_span(digest->bytes, SUAN_DIGEST_SIZE);
}

static inline bool id_equal(const struct suan_id *a, const struct suan_id *b)
{
    return memcmp(a->bytes, b->bytes, SUAN_ID_SIZE) == 0;
}

static inline bool id_is_zero(const struct suan_id *id)
{
    static const struct suan_id zero;
    return id_equal(id, &zero);
}

/* A row's key of fixed fields, built from front to back. */
struct record_key {
    uint8_t bytes[128];
    size_t size;
};

static inline void record_key_add(struct record_key *key, const void *bytes, size_t size)
{
    assert(size <= sizeof key->bytes - key->size);
    memcpy(key->bytes + key->size, bytes, size);
    key->size += size;
}

static inline void record_key_add_id(struct record_key *key, const struct suan_id *id)
{
    record_key_add(key, id->bytes, sizeof id->bytes);
}

static inline void record_key_add_u64(struct record_key *key, uint64_t value)
{
    uint8_t bytes[8];
    suan_put_be64(bytes, value);
    record_key_add(key, bytes, sizeof bytes);
}

static inline struct suan_span record_key_span(const struct record_key *key)
{
    return suan_span(key->bytes, key->size);
}

/* Puts what the buffer holds; MEMORY if it has failed. */
SUAN_MUST_USE static inline enum suan_status record_store(struct suan_txn *txn, enum suan_table table,
                                                          const struct record_key *key,
                                                          const struct suan_buffer *value,
                                                          struct suan_error *error)
{
    enum suan_status status = suan_buffer_check(value, error);
    return status != SUAN_OK ? status
                             : suan_row_put(txn, table, record_key_span(key), suan_buffer_span(value), error);
}

#endif
