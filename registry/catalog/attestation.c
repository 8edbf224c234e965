/*
 * What bodies state of a release: DSSE envelopes around in-toto statements, kept as blobs. Row: att
 * tar32|type2|index8 -> blob32, by16, time8.
 */
#include "base/cleanup.h"
#include "fold.h"
#include "identity.h"
#include "member.h"
#include "record.h"
#include "release.h"
#include "release_row.h"
#include "trust/dsse.h"

static const char code_permission[] = "event.permission";
static const char code_format[] = "event.format";
static const char code_attestation[] = "attestation.format";

struct attestation_type_row {
    enum suan_attestation_type type;
    const char *name;
};
static const struct attestation_type_row attestation_types[] = {
#define SUAN_ATTESTATION_ROW(constant, number, name) {SUAN_ATTESTATION_##constant, name},
    SUAN_ATTESTATION_TYPES(SUAN_ATTESTATION_ROW)
#undef SUAN_ATTESTATION_ROW
};
enum { ATTESTATION_TYPE_COUNT = sizeof attestation_types / sizeof attestation_types[0] };

const char *suan_attestation_name(enum suan_attestation_type type)
{
    for (size_t i = 0; i < ATTESTATION_TYPE_COUNT; i++) {
        if (attestation_types[i].type == type)
            return attestation_types[i].name;
    }
    return "unknown";
}

bool suan_attestation_find(struct suan_span name, enum suan_attestation_type *out_type)
{
    for (size_t i = 0; i < ATTESTATION_TYPE_COUNT; i++) {
        if (suan_span_equal(name, suan_span_text(attestation_types[i].name))) {
            *out_type = attestation_types[i].type;
            return true;
        }
    }
    return false;
}

static enum suan_status statement_error(struct suan_error *error, const char *what)
{
    return suan_error_set(error, SUAN_E_FORMAT, code_attestation, NULL, "attestation: %s", what);
}

/* The statement is about this package, and about nothing else. */
static enum suan_status check_subject(const struct suan_json *statement, const struct suan_digest *tar,
                                      struct suan_error *error)
{
    const struct suan_json *subjects = NULL, *digest = NULL;
    struct suan_digest named;
    enum suan_status status =
        suan_json_get_array(statement, "subject", SUAN_JSON_REQUIRED, 1, &subjects, "", error);
    if (status == SUAN_OK && suan_json_count(subjects) != 1)
        return statement_error(error, "it must have one subject");
    if (status == SUAN_OK)
        status = suan_json_get_object(suan_json_at(subjects, 0), "digest", SUAN_JSON_REQUIRED, &digest,
                                      "subject", error);
    if (status == SUAN_OK)
        status = suan_json_get_hex(digest, "tar_sha256", SUAN_JSON_REQUIRED, named.bytes, sizeof named.bytes,
                                   "subject.digest", error);
    if (status != SUAN_OK)
        return status;
    return suan_digest_equal(&named, tar) ? SUAN_OK
                                          : statement_error(error, "its subject is another package");
}

static enum suan_status open_statement(const struct suan_dsse *dsse, const struct suan_digest *tar,
                                       struct suan_json_document **out_document, struct suan_error *error)
{
    SUAN_CLEANUP(suan_json_freep) struct suan_json_document *document = NULL;
    if (strcmp(dsse->type, "application/vnd.in-toto+json") != 0)
        return statement_error(error, "its payload is no in-toto statement");
    enum suan_status status = suan_json_parse(suan_buffer_span(&dsse->payload), SUAN_DSSE_SIZE_MAX,
                                              SUAN_JSON_NEWLINES, "attestation", &document, error);
    if (status != SUAN_OK)
        return status;
    const struct suan_json *statement = suan_json_root(document);
    struct suan_span type = suan_json_text(suan_json_find(statement, "_type"));
    if (!suan_span_equal(type, suan_span_text("https://in-toto.io/Statement/v1")))
        return statement_error(error, "it is no in-toto statement of version 1");
    status = check_subject(statement, tar, error);
    if (status == SUAN_OK)
        *out_document = suan_take(&document);
    return status;
}

enum suan_status suan_attestation_predicate(struct suan_span blob, const struct suan_digest *tar,
                                            struct suan_json_document **out_document,
                                            const struct suan_json **out_predicate, struct suan_error *error)
{
    SUAN_CLEANUP(suan_dsse_done) struct suan_dsse dsse = {0};
    SUAN_CLEANUP(suan_json_freep) struct suan_json_document *document = NULL;
    enum suan_status status = suan_dsse_parse(blob, &dsse, error);
    if (status == SUAN_OK)
        status = open_statement(&dsse, tar, &document, error);
    if (status == SUAN_OK)
        status = suan_json_get_object(suan_json_root(document), "predicate", SUAN_JSON_REQUIRED,
                                      out_predicate, "", error);
    if (status == SUAN_OK)
        *out_document = suan_take(&document);
    return status;
}

/* An attestation counts if somebody whom `by` lets measure signed the envelope. */
static enum suan_status check_envelope_signer(struct suan_txn *txn, const struct suan_act *act,
                                              const struct suan_dsse *dsse, struct suan_error *error)
{
    for (size_t i = 0; i < dsse->signature_count; i++) {
        struct suan_identity_key key;
        uint32_t roles = 0;
        enum suan_status status = suan_key_get(txn, &dsse->signatures[i].key_id, &key, NULL);
        if (status == SUAN_E_NOT_FOUND || (status == SUAN_OK && key.state != SUAN_KEY_ACTIVE))
            continue;
        if (status == SUAN_OK)
            status = suan_member_roles(txn, &act->by, &key.owner, act->time_ns, &roles, error);
        if (status != SUAN_OK)
            return status;
        if ((roles & SUAN_ROLE_MEASURE) != 0)
            return suan_dsse_verify(dsse, &key.key, error);
    }
    return suan_error_set(error, SUAN_E_PERMISSION, code_permission,
                          "sign it with a key of a member with the role 'measure'",
                          "nobody who may measure for that organisation signed the attestation");
}

/* Bodies, authorities and the operator attest; provenance also comes from the owners. */
static enum suan_status check_attester(struct suan_txn *txn, const struct suan_act *act,
                                       enum suan_attestation_type type, const struct suan_id *algorithm,
                                       struct suan_error *error)
{
    struct suan_identity attester;
    enum suan_status status = suan_identity_get(txn, &act->by, &attester, error);
    if (status != SUAN_OK)
        return status;
    if (type == SUAN_ATTESTATION_PROVENANCE && release_require_owner(txn, act, algorithm, NULL) == SUAN_OK)
        return SUAN_OK;
    if (attester.type != SUAN_IDENT_BODY && attester.type != SUAN_IDENT_AUTHORITY &&
        attester.type != SUAN_IDENT_OPERATOR)
        return suan_error_set(error, SUAN_E_PERMISSION, code_permission, "ask an industry body to measure it",
                              "'%s' is neither an industry body, nor an authority, nor the operator",
                              attester.ident);
    return suan_act_require(txn, act, &act->by, SUAN_ROLE_MEASURE, "an attestation", error);
}

static enum suan_status read_attestation(const struct suan_act *act, enum suan_attestation_type *out_type,
                                         struct suan_digest *out_blob, struct suan_error *error)
{
    struct suan_span name;
    enum suan_status status = suan_json_get_text(act->command->body, "type", SUAN_JSON_REQUIRED,
                                                 SUAN_DSSE_TYPE_MAX, &name, "", error);
    if (status == SUAN_OK)
        status = suan_json_get_hex(act->command->body, "blob", SUAN_JSON_REQUIRED, out_blob->bytes,
                                   SUAN_DIGEST_SIZE, "", error);
    if (status != SUAN_OK)
        return status;
    if (!suan_attestation_find(name, out_type))
        return suan_error_set(error, SUAN_E_FORMAT, code_format, NULL, "type: no attestation type '%.*s'",
                              SUAN_SPAN_PRINTF(name));
    return SUAN_OK;
}

static enum suan_status check_attest(struct suan_txn *txn, const struct suan_act *act,
                                     struct suan_error *error)
{
    SUAN_CLEANUP(suan_dsse_done) struct suan_dsse dsse = {0};
    SUAN_CLEANUP(suan_json_freep) struct suan_json_document *document = NULL;
    struct suan_release release;
    struct suan_digest digest;
    struct suan_span blob;
    enum suan_attestation_type type = SUAN_ATTESTATION_MEASUREMENT;
    enum suan_status status = release_named(txn, act, &release, error);
    if (status == SUAN_OK)
        status = read_attestation(act, &type, &digest, error);
    if (status == SUAN_OK)
        status = check_attester(txn, act, type, &release.algorithm, error);
    if (status == SUAN_OK)
        status = suan_act_blob(txn, act, &digest, &blob, error);
    if (status == SUAN_OK)
        status = suan_dsse_parse(blob, &dsse, error);
    if (status == SUAN_OK)
        status = open_statement(&dsse, &release.tar, &document, error);
    if (status != SUAN_OK)
        return status;
    struct suan_span stated = suan_json_text(suan_json_find(suan_json_root(document), "predicateType"));
    if (!suan_span_equal(stated, suan_span_text(suan_attestation_name(type))))
        return statement_error(error, "its predicate type is not the one that the command states");
    return type == SUAN_ATTESTATION_PROVENANCE ? SUAN_OK : check_envelope_signer(txn, act, &dsse, error);
}

enum { ATT_KEY_SIZE = SUAN_DIGEST_SIZE + 2 + 8 };

static enum suan_status apply_attest(struct suan_txn *txn, const struct suan_act *act,
                                     struct suan_error *error)
{
    struct suan_release release;
    struct suan_digest blob;
    enum suan_attestation_type type = SUAN_ATTESTATION_MEASUREMENT;
    uint8_t key[ATT_KEY_SIZE], value[SUAN_DIGEST_SIZE + SUAN_ID_SIZE + 8];
    enum suan_status status = release_named(txn, act, &release, error);
    if (status == SUAN_OK)
        status = read_attestation(act, &type, &blob, error);
    if (status != SUAN_OK)
        return status;
    memcpy(key, release.tar.bytes, SUAN_DIGEST_SIZE);
    suan_put_be16(key + SUAN_DIGEST_SIZE, (uint16_t)type);
    suan_put_be64(key + SUAN_DIGEST_SIZE + 2, act->index);
    memcpy(value, blob.bytes, SUAN_DIGEST_SIZE);
    memcpy(value + SUAN_DIGEST_SIZE, act->by.bytes, SUAN_ID_SIZE);
    suan_put_be64(value + SUAN_DIGEST_SIZE + SUAN_ID_SIZE, act->time_ns);
    return suan_row_put(txn, SUAN_TABLE_ATT, suan_span(key, sizeof key), suan_span(value, sizeof value),
                        error);
}

static enum suan_status decode_attestation(struct suan_span key, struct suan_span value,
                                           struct suan_attestation *out, struct suan_error *error)
{
    struct record_reader head = {key, false}, reader = {value, false};
    record_digest(&head, &out->tar);
    out->type = (enum suan_attestation_type)suan_be16(record_take(&head, 2));
    out->index = record_u64(&head);
    record_digest(&reader, &out->blob);
    record_id(&reader, &out->by);
    out->time_ns = record_u64(&reader);
    reader.bad |= head.bad || head.rest.size != 0;
    return record_check(&reader, "att", error);
}

static struct suan_span attestation_prefix(const struct suan_digest *tar, int type,
                                           uint8_t out[SUAN_DIGEST_SIZE + 2])
{
    memcpy(out, tar->bytes, SUAN_DIGEST_SIZE);
    suan_put_be16(out + SUAN_DIGEST_SIZE, (uint16_t)type);
    return suan_span(out, type != 0 ? SUAN_DIGEST_SIZE + 2 : SUAN_DIGEST_SIZE);
}

enum suan_status suan_attestation_each(struct suan_txn *txn, const struct suan_digest *tar, int type,
                                       enum suan_status (*visit)(void *context,
                                                                 const struct suan_attestation *one),
                                       void *context, struct suan_error *error)
{
    SUAN_CLEANUP(suan_scan_endp) struct suan_scan *scan = NULL;
    uint8_t prefix[SUAN_DIGEST_SIZE + 2];
    enum suan_status status = suan_scan_begin(txn, SUAN_TABLE_ATT, attestation_prefix(tar, type, prefix),
                                              suan_span(NULL, 0), &scan, error);
    while (status == SUAN_OK) {
        struct suan_span key, value;
        struct suan_attestation one;
        status = suan_scan_next(scan, &key, &value, error);
        if (status == SUAN_E_NOT_FOUND)
            return SUAN_OK;
        if (status == SUAN_OK)
            status = decode_attestation(key, value, &one, error);
        if (status == SUAN_OK)
            status = visit(context, &one);
    }
    return status;
}

enum suan_status suan_attestation_newest(struct suan_txn *txn, const struct suan_digest *tar,
                                         enum suan_attestation_type type, struct suan_attestation *out,
                                         struct suan_error *error)
{
    uint8_t prefix[SUAN_DIGEST_SIZE + 2];
    struct suan_span key, value;
    enum suan_status status =
        suan_row_last(txn, SUAN_TABLE_ATT, attestation_prefix(tar, (int)type, prefix), &key, &value, error);
    if (status == SUAN_E_NOT_FOUND)
        return suan_error_set(error, SUAN_E_NOT_FOUND, "attestation.absent", NULL,
                              "no attestation of type %s", suan_attestation_name(type));
    return status != SUAN_OK ? status : decode_attestation(key, value, out, error);
}

static const char *const attest_fields[] = {"blob", "tar", "type", NULL};

static const struct suan_rule rules[] = {
    {SUAN_EVENT_ATTEST_ADD, attest_fields, check_attest, apply_attest, SUAN_RULE_SIGNED},
};

const struct suan_family suan_family_attestation = {rules, sizeof rules / sizeof rules[0], NULL};
