/* In-toto statements in DSSE envelopes: what is signed about a release. */
#include "statement.h"

#include <stdio.h>

#include "base/cleanup.h"
#include "bench/attestation.h"

enum suan_status service_statement_sign(struct suan_span name, const struct suan_digest *tar,
                                        enum suan_attestation_type type, const struct suan_json *predicate,
                                        const struct suan_signer *signer, struct suan_buffer *out,
                                        struct suan_error *error)
{
    SUAN_CLEANUP(suan_buffer_done) struct suan_buffer canonical = {0};
    SUAN_CLEANUP(suan_buffer_done) struct suan_buffer payload = {0};
    char subject[SUAN_NAME_MAX + 1];
    snprintf(subject, sizeof subject, "%.*s", SUAN_SPAN_PRINTF(name));
    enum suan_status status = suan_json_format(predicate, SUAN_JSON_STYLE_CANONICAL, &canonical, error);
    if (status == SUAN_OK)
        status = suan_statement_format(subject, tar, suan_attestation_name(type),
                                       suan_buffer_span(&canonical), &payload, error);
    return status != SUAN_OK
               ? status
               : suan_dsse_sign(SUAN_STATEMENT_TYPE, suan_buffer_span(&payload), &signer, 1, out, error);
}

struct attestation {
    const struct suan_digest *tar;
    enum suan_attestation_type type;
    struct suan_digest blob;
};

static enum suan_status fill_attestation(void *context, struct suan_json *body, struct suan_error *error)
{
    const struct attestation *attestation = context;
    (void)error;
    suan_json_set_hex(body, "tar", attestation->tar->bytes, SUAN_DIGEST_SIZE);
    suan_json_set_text(body, "type", suan_attestation_name(attestation->type));
    suan_json_set_hex(body, "blob", attestation->blob.bytes, SUAN_DIGEST_SIZE);
    return SUAN_OK;
}

enum suan_status service_statement_add(struct suan_service *service, const struct suan_acting *acting,
                                       const struct suan_digest *tar, enum suan_attestation_type type,
                                       struct suan_span envelope, uint64_t *out_index,
                                       struct suan_json **out_result, struct suan_error *error)
{
    struct attestation attestation = {tar, type, suan_sha256(envelope)};
    size_t count = 1;
    struct change change = {.kind = SUAN_EVENT_ATTEST_ADD,
                            .fill = fill_attestation,
                            .context = &attestation,
                            .blobs = &envelope,
                            .blob_count = &count};
    enum suan_status status = service_change(service, acting, &change, out_result, error);
    if (status == SUAN_OK && out_index != NULL)
        *out_index =
            (uint64_t)suan_json_integer(suan_json_find(suan_json_find(*out_result, "event"), "index"));
    return status;
}
