/* DSSE envelopes (secure-systems-lab/dsse). One form each: canonical JSON, signatures in the order of their
 * keys. */
#include "dsse.h"

#include <stdio.h>

#include "base/cleanup.h"
#include "base/json.h"
#include "base64.h"

static const char code_format[] = "dsse.format";
static const char name[] = "attestation";

static enum suan_status refuse_format(struct suan_error *error, const char *what)
{
    return suan_error_set(error, SUAN_E_FORMAT, code_format, NULL, "attestation: %s", what);
}

static bool is_type(struct suan_span type)
{
    if (type.size == 0 || type.size > SUAN_DSSE_TYPE_MAX)
        return false;
    for (size_t i = 0; i < type.size; i++) {
        if (type.data[i] <= 0x20 || type.data[i] > 0x7E)
            return false;
    }
    return true;
}

static enum suan_status parse_signature(const struct suan_json *item, struct suan_dsse_signature *out,
                                        struct suan_error *error)
{
    static const char *const known[] = {"keyid", "sig", NULL};
    struct suan_span text = {NULL, 0};
    const char *where = "signatures";
    enum suan_status status = suan_json_only(item, known, where, error);
    if (status == SUAN_OK)
        status = suan_json_get_hex(item, "keyid", SUAN_JSON_REQUIRED, out->key_id.bytes, SUAN_DIGEST_SIZE,
                                   where, error);
    if (status == SUAN_OK)
        status = suan_json_get_text(item, "sig", SUAN_JSON_REQUIRED, 128, &text, where, error);
    if (status != SUAN_OK)
        return status;
    if (!suan_base64_decode_exact(text, out->bytes, sizeof out->bytes))
        return refuse_format(error, "a signature is not Base 64 of 64 bytes");
    return SUAN_OK;
}

static enum suan_status parse_signatures(const struct suan_json *list, struct suan_dsse *dsse,
                                         struct suan_error *error)
{
    if (suan_json_count(list) == 0)
        return refuse_format(error, "it carries no signature");
    for (size_t i = 0; i < suan_json_count(list); i++) {
        struct suan_dsse_signature *signature = &dsse->signatures[i];
        enum suan_status status = parse_signature(suan_json_at(list, i), signature, error);
        if (status != SUAN_OK)
            return status;
        if (i > 0 && memcmp(signature[-1].key_id.bytes, signature->key_id.bytes, SUAN_DIGEST_SIZE) >= 0)
            return refuse_format(error, "signatures must ascend by keyid, none twice");
        dsse->signature_count++;
    }
    return SUAN_OK;
}

static enum suan_status parse_fields(const struct suan_json *root, struct suan_dsse *dsse,
                                     struct suan_error *error)
{
    static const char *const known[] = {"payload", "payloadType", "signatures", NULL};
    struct suan_span payload = {NULL, 0}, type = {NULL, 0};
    const struct suan_json *list = NULL;
    enum suan_status status = suan_json_only(root, known, name, error);
    if (status == SUAN_OK)
        status = suan_json_get_text(root, "payload", SUAN_JSON_REQUIRED, SUAN_DSSE_SIZE_MAX, &payload, name,
                                    error);
    if (status == SUAN_OK)
        status = suan_json_get_text(root, "payloadType", SUAN_JSON_REQUIRED, SUAN_DSSE_TYPE_MAX, &type, name,
                                    error);
    if (status == SUAN_OK)
        status = suan_json_get_array(root, "signatures", SUAN_JSON_REQUIRED, SUAN_DSSE_SIGNATURES_MAX, &list,
                                     name, error);
    if (status != SUAN_OK)
        return status;
    if (!is_type(type))
        return refuse_format(error, "payloadType must be printable, without spaces");
    memcpy(dsse->type, type.data, type.size);
    if (!suan_base64_decode(payload, &dsse->payload))
        return refuse_format(error, "the payload is not Base 64");
    status = suan_buffer_check(&dsse->payload, error);
    return status != SUAN_OK ? status : parse_signatures(list, dsse, error);
}

enum suan_status suan_dsse_parse(struct suan_span envelope, struct suan_dsse *out, struct suan_error *error)
{
    SUAN_CLEANUP(suan_json_freep) struct suan_json_document *document = NULL;
    struct suan_dsse dsse = {0};
    enum suan_status status =
        suan_json_parse(envelope, SUAN_DSSE_SIZE_MAX, SUAN_JSON_CANONICAL, name, &document, error);
    if (status != SUAN_OK)
        return status;
    status = parse_fields(suan_json_root(document), &dsse, error);
    if (status != SUAN_OK) {
        suan_dsse_done(&dsse);
        return status;
    }
    *out = dsse;
    return SUAN_OK;
}

void suan_dsse_done(struct suan_dsse *dsse)
{
    if (dsse == NULL)
        return;
    suan_buffer_done(&dsse->payload);
    *dsse = (struct suan_dsse){0};
}

void suan_dsse_preauth(const char *type, struct suan_span payload, struct suan_buffer *out)
{
    suan_buffer_printf(out, "DSSEv1 %zu %s %zu ", strlen(type), type, payload.size);
    suan_buffer_append_span(out, payload);
}

enum suan_status suan_dsse_verify(const struct suan_dsse *dsse, const struct suan_public_key *key,
                                  struct suan_error *error)
{
    SUAN_CLEANUP(suan_buffer_done) struct suan_buffer message = {0};
    struct suan_digest id = suan_public_key_id(key);
    char id_text[2 * SUAN_DIGEST_SIZE + 1];
    size_t i = 0;

    if (key->type != SUAN_KEY_ED25519)
        return suan_error_set(error, SUAN_E_REFUSED, "key.type", "attest with an ssh-ed25519 key",
                              "attestation: a FIDO key cannot have signed it");
    suan_hex(id.bytes, sizeof id.bytes, id_text);
    while (i < dsse->signature_count && !suan_digest_equal(&dsse->signatures[i].key_id, &id))
        i++;
    if (i == dsse->signature_count)
        return suan_error_set(error, SUAN_E_NOT_FOUND, "dsse.unsigned", NULL,
                              "attestation: key %.12s… has not signed it", id_text);
    suan_dsse_preauth(dsse->type, suan_buffer_span(&dsse->payload), &message);
    enum suan_status status = suan_buffer_check(&message, error);
    if (status != SUAN_OK)
        return status;
    if (!suan_ed25519_verify(key->point, suan_buffer_span(&message), dsse->signatures[i].bytes))
        return suan_error_set(error, SUAN_E_REFUSED, "dsse.signature", NULL,
                              "attestation: the signature of key %.12s… does not fit it", id_text);
    return SUAN_OK;
}

/* --- signing ------------------------------------------------------------------------------------------ */

/* Puts a signature in its place by key id; false if the key is there already. */
static bool insert(struct suan_dsse_signature *list, size_t count,
                   const struct suan_dsse_signature *signature)
{
    size_t at = count;
    while (at > 0 && memcmp(list[at - 1].key_id.bytes, signature->key_id.bytes, SUAN_DIGEST_SIZE) >= 0)
        at--;
    if (at < count && suan_digest_equal(&list[at].key_id, &signature->key_id))
        return false;
    memmove(&list[at + 1], &list[at], (count - at) * sizeof *list);
    list[at] = *signature;
    return true;
}

static enum suan_status sign_all(struct suan_span message, const struct suan_signer *const *signers,
                                 size_t count, struct suan_dsse_signature *list, struct suan_error *error)
{
    for (size_t i = 0; i < count; i++) {
        struct suan_dsse_signature signature = {.key_id = suan_public_key_id(suan_signer_key(signers[i]))};
        enum suan_status status = suan_signer_sign_raw(signers[i], message, signature.bytes, error);
        if (status != SUAN_OK)
            return status;
        if (!insert(list, i, &signature))
            return suan_error_set(error, SUAN_E_USAGE, "dsse.signers", NULL,
                                  "attestation: the same key is to sign twice");
    }
    return SUAN_OK;
}

static void set_base64(struct suan_json *object, const char *key, struct suan_span bytes)
{
    SUAN_CLEANUP(suan_buffer_done) struct suan_buffer text = {0};
    suan_base64_append(&text, bytes);
    if (text.failed)
        suan_json_set(object, key, NULL);
    else
        suan_json_set_span(object, key, suan_buffer_span(&text));
}

static enum suan_status format_envelope(const char *type, struct suan_span payload,
                                        const struct suan_dsse_signature *list, size_t count,
                                        struct suan_buffer *out, struct suan_error *error)
{
    SUAN_CLEANUP(suan_json_releasep) struct suan_json *root = suan_json_new_object();
    struct suan_json *signatures = suan_json_new_array();
    for (size_t i = 0; i < count; i++) {
        struct suan_json *item = suan_json_new_object();
        suan_json_set_hex(item, "keyid", list[i].key_id.bytes, SUAN_DIGEST_SIZE);
        set_base64(item, "sig", suan_span(list[i].bytes, sizeof list[i].bytes));
        suan_json_add(signatures, item);
    }
    set_base64(root, "payload", payload);
    suan_json_set_text(root, "payloadType", type);
    suan_json_set(root, "signatures", signatures);
    return suan_json_format(root, SUAN_JSON_STYLE_CANONICAL, out, error);
}

enum suan_status suan_dsse_sign(const char *type, struct suan_span payload,
                                const struct suan_signer *const *signers, size_t signer_count,
                                struct suan_buffer *out, struct suan_error *error)
{
    SUAN_CLEANUP(suan_buffer_done) struct suan_buffer message = {0};
    struct suan_dsse_signature list[SUAN_DSSE_SIGNATURES_MAX];
    size_t start = out->size;

    if (signer_count == 0 || signer_count > SUAN_DSSE_SIGNATURES_MAX || !is_type(suan_span_text(type)))
        return suan_error_set(error, SUAN_E_USAGE, "dsse.signers", NULL,
                              "attestation: needs a payload type and 1 to %d signers",
                              SUAN_DSSE_SIGNATURES_MAX);
    suan_dsse_preauth(type, payload, &message);
    enum suan_status status = suan_buffer_check(&message, error);
    if (status == SUAN_OK)
        status = sign_all(suan_buffer_span(&message), signers, signer_count, list, error);
    if (status == SUAN_OK)
        status = format_envelope(type, payload, list, signer_count, out, error);
    if (status != SUAN_OK || out->size - start <= SUAN_DSSE_SIZE_MAX)
        return status;
    out->size = start;
    return suan_error_set(error, SUAN_E_REFUSED, "json.too-large", NULL, "attestation: larger than %d bytes",
                          SUAN_DSSE_SIZE_MAX);
}
