#ifndef SUAN_POLICY_CLAIM_READ_H
#define SUAN_POLICY_CLAIM_READ_H

/* Inside this folder only: a claim and the `apply` step of a worked example are read by the same code. */
#include "arena.h"
#include "claim.h"

struct suan_claim_memory {
    struct suan_json_document *document;
    struct arena arena;
};

enum claim_form {
    CLAIM_DOCUMENT,
    CLAIM_STEP, /* sums by kind, stated regions, other_awards_fen; no schema, no instrument */
};

/* `object` must outlive the claim if it is a step; `document` (NULL for a step) is handed over on success. */
SUAN_MUST_USE enum suan_status claim_read(const struct suan_json *object, enum claim_form form,
                                          enum suan_claim_origin origin, struct suan_json_document *document,
                                          struct suan_claim **out, struct suan_error *error);
/* `date` or `at`, exactly one. */
SUAN_MUST_USE enum suan_status claim_read_day(const struct suan_json *object, int32_t *out,
                                              struct suan_error *error);
/* {"local": fen, "nonlocal": fen}, both required. */
SUAN_MUST_USE enum suan_status claim_read_regions(const struct suan_json *object, const char *key,
                                                  bool *out_stated, int64_t *out_local, int64_t *out_nonlocal,
                                                  struct suan_error *error);

SUAN_MUST_USE enum suan_status claim_read_lines(struct suan_claim *claim, const struct suan_json *root,
                                                enum claim_form form, struct suan_error *error);
void *claim_take(struct suan_claim *claim, size_t count, size_t size, struct suan_error *error);
bool is_region_code(struct suan_span code);

#endif
