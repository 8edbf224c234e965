#ifndef SUAN_BASE_JSON_H
#define SUAN_BASE_JSON_H

/*
 * Strict JSON, the only kind that Suan reads: size checked first, depth at most 16, no duplicate keys, nothing after
 * the value, valid UTF-8 in Unicode normal form C, no null, no reals, integers within +-(2^53 - 1), strings without
 * control characters ('\n' only where asked for) or bidirectional controls. Canonical means: sorted keys, no spaces,
 * the bytes that suan_json_format writes.
 *
 * A value is borrowed from its document and valid until the document is freed. All functions are pure and may be called
 * from any thread on different documents.
 */
#include "buffer.h"

struct suan_json;          /* a value: object, array, string, integer or boolean */
struct suan_json_document; /* owns what was parsed */

enum suan_json_type {
    SUAN_JSON_OBJECT,
    SUAN_JSON_ARRAY,
    SUAN_JSON_STRING,
    SUAN_JSON_INTEGER,
    SUAN_JSON_BOOLEAN,
    SUAN_JSON_NULL
};

enum { SUAN_JSON_DEPTH_MAX = 16 };

enum suan_json_flags {
    SUAN_JSON_CANONICAL = 1, /* refuse bytes that are not the canonical form of their value */
    SUAN_JSON_NEWLINES = 2,  /* allow '\n' and '\t' in strings */
    SUAN_JSON_NULLS = 4,     /* allow null: programme and claim files write "open end" that way */
};

/* Parses one object. `name` (a path or a role) begins every message. Errors: SUAN_E_FORMAT "json.syntax", "json.depth",
   "json.duplicate", "json.number", "json.text", "json.canonical"; SUAN_E_REFUSED "json.too-large". */
SUAN_MUST_USE enum suan_status suan_json_parse(struct suan_span text, size_t limit, unsigned flags,
                                               const char *name, struct suan_json_document **out_document,
                                               struct suan_error *error);
void suan_json_free(struct suan_json_document *document); /* takes NULL */
void suan_json_freep(struct suan_json_document **document);
const struct suan_json *suan_json_root(const struct suan_json_document *document);

/* --- looking ------------------------------------------------------------------------------------------ */

enum suan_json_type suan_json_type(const struct suan_json *value);
const struct suan_json *suan_json_find(const struct suan_json *object,
                                       const char *key); /* NULL: absent, or JSON null */
size_t suan_json_count(const struct suan_json *array_or_object);
const struct suan_json *suan_json_at(const struct suan_json *array, size_t index); /* NULL beyond the end */
int64_t suan_json_integer(const struct suan_json *value);                          /* 0 unless an integer */
bool suan_json_boolean(const struct suan_json *value);                             /* false unless true */
struct suan_span
suan_json_text(const struct suan_json *value); /* empty unless a string; a NUL follows the bytes */
/* Members in the order of the file: start with NULL; returns the next key, NULL at the end. */
const char *suan_json_next(const struct suan_json *object, const char *key,
                           const struct suan_json **out_value);

/* --- expecting: readers that fail with the field's name ----------------------------------------------- */
/* `where` (may be "") is the path of `object` for messages, as "release.variants[0]". Failures are SUAN_E_FORMAT
   "json.field". An absent optional field leaves *out untouched. */

/* Every key of `object` is in `known` (NULL-ended), and it is an object. A near miss is suggested. */
SUAN_MUST_USE enum suan_status suan_json_only(const struct suan_json *object, const char *const *known,
                                              const char *where, struct suan_error *error);
enum suan_json_need { SUAN_JSON_OPTIONAL, SUAN_JSON_REQUIRED };
SUAN_MUST_USE enum suan_status suan_json_get_integer(const struct suan_json *object, const char *key,
                                                     enum suan_json_need need, int64_t min, int64_t max,
                                                     int64_t *out, const char *where,
                                                     struct suan_error *error);
SUAN_MUST_USE enum suan_status suan_json_get_text(const struct suan_json *object, const char *key,
                                                  enum suan_json_need need, size_t max_bytes,
                                                  struct suan_span *out, const char *where,
                                                  struct suan_error *error);
SUAN_MUST_USE enum suan_status suan_json_get_boolean(const struct suan_json *object, const char *key,
                                                     enum suan_json_need need, bool *out, const char *where,
                                                     struct suan_error *error);
/* Exactly `size` bytes given as lower-case hexadecimal. */
SUAN_MUST_USE enum suan_status suan_json_get_hex(const struct suan_json *object, const char *key,
                                                 enum suan_json_need need, uint8_t *out, size_t size,
                                                 const char *where, struct suan_error *error);
/* An array or object of at most `max_count` members; *out is NULL when absent and optional. */
SUAN_MUST_USE enum suan_status suan_json_get_array(const struct suan_json *object, const char *key,
                                                   enum suan_json_need need, size_t max_count,
                                                   const struct suan_json **out, const char *where,
                                                   struct suan_error *error);
SUAN_MUST_USE enum suan_status suan_json_get_object(const struct suan_json *object, const char *key,
                                                    enum suan_json_need need, const struct suan_json **out,
                                                    const char *where, struct suan_error *error);

/* --- building ----------------------------------------------------------------------------------------- */
/* A tree under construction has one owner: its root. Adding a child to a parent hands it over; NULL children (out of
   memory) spread upward, so that a builder checks once, in suan_json_format. */

struct suan_json *suan_json_new_object(void);
struct suan_json *suan_json_new_array(void);
void suan_json_release(struct suan_json *value);
void suan_json_releasep(struct suan_json **value);
void suan_json_set(struct suan_json *object, const char *key, struct suan_json *value);
void suan_json_set_copy(struct suan_json *object, const char *key,
                        const struct suan_json *value); /* shares a parsed value */
void suan_json_set_integer(struct suan_json *object, const char *key, int64_t value);
void suan_json_set_boolean(struct suan_json *object, const char *key, bool value);
void suan_json_set_null(struct suan_json *object, const char *key);
void suan_json_set_text(struct suan_json *object, const char *key, const char *value);
void suan_json_set_span(struct suan_json *object, const char *key, struct suan_span value);
void suan_json_set_hex(struct suan_json *object, const char *key, const uint8_t *data, size_t size);
/* The number as a "%.17g" string: how reals are carried. NaN and infinities are "nan", "inf", "-inf". */
void suan_json_set_real(struct suan_json *object, const char *key, double value);
void suan_json_add(struct suan_json *array, struct suan_json *value);
void suan_json_add_copy(struct suan_json *array, const struct suan_json *value);
void suan_json_add_integer(struct suan_json *array, int64_t value);
void suan_json_add_text(struct suan_json *array, const char *value);
void suan_json_add_span(struct suan_json *array, struct suan_span value);

/* Appends the value: canonical (sorted, compact), or indented for people's eyes in the order of insertion. */
enum suan_json_style { SUAN_JSON_STYLE_CANONICAL, SUAN_JSON_STYLE_INDENTED };
SUAN_MUST_USE enum suan_status suan_json_format(const struct suan_json *value, enum suan_json_style style,
                                                struct suan_buffer *out, struct suan_error *error);

#endif
