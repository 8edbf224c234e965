#ifndef SUAN_POLICY_PROGRAMME_READ_H
#define SUAN_POLICY_PROGRAMME_READ_H

/* Inside this folder only: the readers of a programme's parts. All memory comes from the programme's arena.
 */
#include "arena.h"
#include "programme.h"
#include "reader.h"

struct suan_programme_memory {
    struct suan_json_document *document;
    struct arena arena;
};

enum { WHEN_MAX = 16, VALUES_MAX = 64, LIST_MAX = 64, PATH_MAX_BYTES = 160 };

void *programme_take(struct suan_programme *programme, size_t count, size_t size, struct suan_error *error);
/* The `source` of a rule, or the default clause: the first with a phrase, else the first. */
SUAN_MUST_USE enum suan_status read_source_index(const struct suan_programme *programme,
                                                 const struct suan_json *rule, int32_t *out,
                                                 const char *where, struct suan_error *error);
SUAN_MUST_USE enum suan_status read_texts(struct suan_programme *programme, const struct suan_json *object,
                                          const char *key, enum suan_json_need need, struct suan_span **out,
                                          uint32_t *out_count, const char *where, struct suan_error *error);
SUAN_MUST_USE enum suan_status read_ratio(const struct suan_json *object, const char *key,
                                          struct suan_ratio *out, const char *where,
                                          struct suan_error *error);
SUAN_MUST_USE enum suan_status read_ratio_value(const struct suan_json *value, struct suan_ratio *out,
                                                const char *where, struct suan_error *error);
SUAN_MUST_USE enum suan_status read_predicates(struct suan_programme *programme,
                                               const struct suan_json *object, const char *key,
                                               enum suan_json_need need, size_t max,
                                               struct suan_predicate **out, uint32_t *out_count,
                                               const char *where, struct suan_error *error);
SUAN_MUST_USE enum suan_status read_caps(struct suan_programme *programme, const struct suan_json *object,
                                         struct suan_cap **out, uint32_t *out_count, const char *where,
                                         struct suan_error *error);
SUAN_MUST_USE enum suan_status read_tiers(struct suan_programme *programme, const struct suan_json *root,
                                          struct suan_error *error);
SUAN_MUST_USE enum suan_status read_earn(struct suan_programme *programme, const struct suan_json *root,
                                         struct suan_error *error);

#endif
