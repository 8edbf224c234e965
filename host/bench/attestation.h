#ifndef SUAN_BENCH_ATTESTATION_H
#define SUAN_BENCH_ATTESTATION_H

/* What gets signed in a DSSE envelope: an in-toto Statement v1 about a package. Pure. */
#include "base/json.h"
#include "trust/dsse.h"

#define SUAN_STATEMENT_TYPE "application/vnd.in-toto+json"
#define SUAN_PREDICATE_MEASUREMENT "urn:suan:measurement:1"
#define SUAN_PREDICATE_PLAN "urn:suan:plan:1"

/* Appends the canonical statement: one subject, `name` with its tar digest; the predicate is a canonical JSON
   object, taken as it is. Errors: FORMAT for a predicate that is no JSON object; REFUSED beyond
   SUAN_DSSE_SIZE_MAX. */
SUAN_MUST_USE enum suan_status suan_statement_format(const char *name, const struct suan_digest *tar,
                                                     const char *predicate_type, struct suan_span predicate,
                                                     struct suan_buffer *out, struct suan_error *error);

struct suan_statement {
    char name[256], predicate_type[64];
    struct suan_digest tar;
    struct suan_buffer predicate; /* canonical bytes */
};
/* Errors: FORMAT "json.…", "statement.field". */
SUAN_MUST_USE enum suan_status suan_statement_parse(struct suan_span text, struct suan_statement *out,
                                                    struct suan_error *error);
void suan_statement_done(struct suan_statement *statement);

#endif
