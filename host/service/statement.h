#ifndef SUAN_SERVICE_STATEMENT_H
#define SUAN_SERVICE_STATEMENT_H

/* Inside this folder only: signed statements about a release, and their way into the log. */
#include "catalog/release.h"
#include "context.h"

/* Appends a DSSE envelope around an in-toto statement of `type` with this predicate about the package, signed
 * by the key. */
SUAN_MUST_USE enum suan_status service_statement_sign(struct suan_span name, const struct suan_digest *tar,
                                                      enum suan_attestation_type type,
                                                      const struct suan_json *predicate,
                                                      const struct suan_signer *signer,
                                                      struct suan_buffer *out, struct suan_error *error);
/* Puts an envelope on record by attest.add; `out_index` (may be NULL) is the event's. */
SUAN_MUST_USE enum suan_status service_statement_add(struct suan_service *service,
                                                     const struct suan_acting *acting,
                                                     const struct suan_digest *tar,
                                                     enum suan_attestation_type type,
                                                     struct suan_span envelope, uint64_t *out_index,
                                                     struct suan_json **out_result, struct suan_error *error);

#endif
