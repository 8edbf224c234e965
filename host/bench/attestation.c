/* Statements about packages. */
#include "attestation.h"

#include "base/cleanup.h"

static const char statement_type[] = "https://in-toto.io/Statement/v1";

static struct suan_json *subject_array(const char *name, const struct suan_digest *tar)
{
    struct suan_json *array = suan_json_new_array(), *subject = suan_json_new_object(),
                     *digest = suan_json_new_object();
    suan_json_set_hex(digest, "tar_sha256", tar->bytes, sizeof tar->bytes);
    suan_json_set(subject, "digest", digest);
    suan_json_set_text(subject, "name", name);
    suan_json_add(array, subject);
    return array;
}

enum suan_status suan_statement_format(const char *name, const struct suan_digest *tar,
                                       const char *predicate_type, struct suan_span predicate,
                                       struct suan_buffer *out, struct suan_error *error)
{
    SUAN_CLEANUP(suan_json_freep) struct suan_json_document *document = NULL;
    enum suan_status status =
        suan_json_parse(predicate, SUAN_DSSE_SIZE_MAX, SUAN_JSON_CANONICAL, "predicate", &document, error);
    if (status != SUAN_OK)
        return status;
    SUAN_CLEANUP(suan_json_releasep) struct suan_json *root = suan_json_new_object();
    suan_json_set_text(root, "_type", statement_type);
    suan_json_set(root, "subject", subject_array(name, tar));
    suan_json_set_text(root, "predicateType", predicate_type);
    suan_json_set_copy(root, "predicate", suan_json_root(document));
    return suan_json_format(root, SUAN_JSON_STYLE_CANONICAL, out, error);
}

static enum suan_status copy_text(const struct suan_json *object, const char *key, char *out, size_t size,
                                  struct suan_error *error)
{
    struct suan_span text = {0};
    enum suan_status status =
        suan_json_get_text(object, key, SUAN_JSON_REQUIRED, size - 1, &text, "statement", error);
    if (status == SUAN_OK) {
        memcpy(out, text.data, text.size);
        out[text.size] = '\0';
    }
    return status;
}

static enum suan_status parse_subject(const struct suan_json *root, struct suan_statement *out,
                                      struct suan_error *error)
{
    static const char *const known[] = {"name", "digest", NULL}, *const digests[] = {"tar_sha256", NULL};
    const struct suan_json *array = NULL, *digest = NULL;
    enum suan_status status =
        suan_json_get_array(root, "subject", SUAN_JSON_REQUIRED, 1, &array, "statement", error);
    if (status != SUAN_OK)
        return status;
    const struct suan_json *subject = suan_json_at(array, 0);
    if (subject == NULL)
        return suan_error_set(error, SUAN_E_FORMAT, "statement.field", NULL, "statement: no subject");
    status = suan_json_only(subject, known, "subject", error);
    if (status == SUAN_OK)
        status = copy_text(subject, "name", out->name, sizeof out->name, error);
    if (status == SUAN_OK)
        status = suan_json_get_object(subject, "digest", SUAN_JSON_REQUIRED, &digest, "subject", error);
    if (status == SUAN_OK)
        status = suan_json_only(digest, digests, "digest", error);
    if (status == SUAN_OK)
        status = suan_json_get_hex(digest, "tar_sha256", SUAN_JSON_REQUIRED, out->tar.bytes, SUAN_DIGEST_SIZE,
                                   "digest", error);
    return status;
}

enum suan_status suan_statement_parse(struct suan_span text, struct suan_statement *out,
                                      struct suan_error *error)
{
    static const char *const known[] = {"_type", "subject", "predicateType", "predicate", NULL};
    SUAN_CLEANUP(suan_json_freep) struct suan_json_document *document = NULL;
    const struct suan_json *predicate = NULL;
    char type[64] = "";
    enum suan_status status =
        suan_json_parse(text, SUAN_DSSE_SIZE_MAX, SUAN_JSON_CANONICAL, "statement", &document, error);
    if (status != SUAN_OK)
        return status;
    const struct suan_json *root = suan_json_root(document);
    *out = (struct suan_statement){0};
    status = suan_json_only(root, known, "statement", error);
    if (status == SUAN_OK)
        status = copy_text(root, "_type", type, sizeof type, error);
    if (status == SUAN_OK && strcmp(type, statement_type) != 0)
        return suan_error_set(error, SUAN_E_FORMAT, "statement.field", NULL,
                              "statement: not an in-toto Statement v1");
    if (status == SUAN_OK)
        status = copy_text(root, "predicateType", out->predicate_type, sizeof out->predicate_type, error);
    if (status == SUAN_OK)
        status = parse_subject(root, out, error);
    if (status == SUAN_OK)
        status = suan_json_get_object(root, "predicate", SUAN_JSON_REQUIRED, &predicate, "statement", error);
    if (status == SUAN_OK)
        status = suan_json_format(predicate, SUAN_JSON_STYLE_CANONICAL, &out->predicate, error);
    return status;
}

void suan_statement_done(struct suan_statement *statement)
{
    suan_buffer_done(&statement->predicate);
}
