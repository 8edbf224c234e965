#ifndef SUAN_POLICY_READER_H
#define SUAN_POLICY_READER_H

/*
 * Inside this folder only: reading policy documents. Failures are SUAN_E_USAGE with one of the codes below,
 * and the message names the JSON path. A number that is no integer, or beyond 2^53 - 1, does not spoil its
 * file: it becomes a value that no reader accepts, so that the error names its field (and, in a file of
 * examples, its step alone).
 */
#include "base/json.h"
#include "base/number.h"
#include "field.h"

enum { POLICY_FILE_MAX = 1 << 20, POLICY_ID_MAX = 64, POLICY_TEXT_MAX = 4096 };

/* The codes: "policy.bad-amount" and so on. */
extern const char policy_bad_amount[], policy_bad_date[], policy_bad_field[], policy_conflict[],
    policy_unsupported[], policy_contradiction[], policy_unknown_programme[], policy_unknown_voucher[];

/* "BAD_AMOUNT" for "policy.bad-amount"; the code itself for any other. */
const char *policy_error_name(const char *code);

SUAN_MUST_USE enum suan_status policy_parse(struct suan_span text, const char *name,
                                            struct suan_json_document **out, struct suan_error *error);
enum suan_status policy_fail(struct suan_error *error, const char *code, const char *where, const char *key,
                             const char *what);
SUAN_MUST_USE enum suan_status policy_only(const struct suan_json *object, const char *const *known,
                                           const char *where, struct suan_error *error);
SUAN_MUST_USE enum suan_status policy_object(const struct suan_json *object, const char *key,
                                             enum suan_json_need need, const struct suan_json **out,
                                             const char *where, struct suan_error *error);
SUAN_MUST_USE enum suan_status policy_array(const struct suan_json *object, const char *key,
                                            enum suan_json_need need, size_t max,
                                            const struct suan_json **out, const char *where,
                                            struct suan_error *error);
/* Non-empty text of at most `max` bytes on one line. */
SUAN_MUST_USE enum suan_status policy_text(const struct suan_json *object, const char *key,
                                           enum suan_json_need need, size_t max, struct suan_span *out,
                                           const char *where, struct suan_error *error);
/* As policy_text, for prose, which may be empty. */
SUAN_MUST_USE enum suan_status policy_prose(const struct suan_json *object, const char *key,
                                            enum suan_json_need need, struct suan_span *out,
                                            const char *where, struct suan_error *error);
/* An amount or another quantity: what is wrong with it is "policy.bad-amount". */
SUAN_MUST_USE enum suan_status policy_amount(const struct suan_json *object, const char *key,
                                             enum suan_json_need need, int64_t min, int64_t max, int64_t *out,
                                             const char *where, struct suan_error *error);
/* A small number that is no amount: "policy.bad-field". */
SUAN_MUST_USE enum suan_status policy_integer(const struct suan_json *object, const char *key,
                                              enum suan_json_need need, int64_t min, int64_t max,
                                              int64_t *out, const char *where, struct suan_error *error);
SUAN_MUST_USE enum suan_status policy_boolean(const struct suan_json *object, const char *key,
                                              enum suan_json_need need, bool *out, const char *where,
                                              struct suan_error *error);
/* One of the NULL-ended names; its index. */
SUAN_MUST_USE enum suan_status policy_choice(const struct suan_json *object, const char *key,
                                             enum suan_json_need need, const char *const *names, int *out,
                                             const char *where, struct suan_error *error);
SUAN_MUST_USE enum suan_status policy_day(const struct suan_json *object, const char *key,
                                          enum suan_json_need need, int32_t *out, const char *where,
                                          struct suan_error *error);
/* Elements of an array of amounts; false if the element is not in range. */
bool policy_element(const struct suan_json *array, size_t index, int64_t min, int64_t max, int64_t *out);
/* A string on one line; empty span otherwise. */
struct suan_span policy_line(const struct suan_json *value);

#endif
