/* From what a caller says to the fields of a command. */
#include "verb.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "catalog/review.h"
#include "context.h"
#include "name_of.h"

enum { BLOBS_MAX = SUAN_EVIDENCE_MAX, FIELD_FILE_MAX = 32768 };

/* A command being filled. */
struct filling {
    struct suan_service *service;
    struct suan_txn *txn;
    const struct suan_verb *verb;
    const struct suan_json *request;
    const struct service_record *record; /* what this command id said before; its body NULL: nothing */
    uint64_t now_ns;
    struct suan_buffer blobs[BLOBS_MAX];
    struct suan_span spans[BLOBS_MAX];
    size_t blob_count;
};

static void filling_done(struct filling *filling)
{
    for (size_t i = 0; i < BLOBS_MAX; i++)
        suan_buffer_done(&filling->blobs[i]);
    suan_txn_end(filling->txn);
}

static enum suan_status bad_value(const struct suan_field *field, struct suan_span said, const char *want,
                                  struct suan_error *error)
{
    return suan_error_set(error, SUAN_E_USAGE, "option.value", want, "--%s: '%.*s' does not fit",
                          field->option != NULL ? field->option : field->field, SUAN_SPAN_PRINTF(said));
}

/* --- times -------------------------------------------------------------------------------------------- */

static bool parse_calendar(const char *text, uint64_t *out_ns)
{
    struct tm tm = {0};
    const char *end = strptime(text, "%Y-%m-%dT%H:%M:%SZ", &tm);
    if (end == NULL || *end != '\0') {
        tm = (struct tm){0};
        end = strptime(text, "%Y-%m-%d", &tm);
    }
    if (end == NULL || *end != '\0')
        return false;
    time_t seconds = timegm(&tm);
    if (seconds < 0 || seconds > INT64_C(9000000000))
        return false;
    *out_ns = (uint64_t)seconds * 1000000000;
    return true;
}

static enum suan_status fill_time(const struct filling *filling, const struct suan_field *field,
                                  struct suan_span said, struct suan_json *body, struct suan_error *error)
{
    static const char want[] = "a time is +90d from now, 2027-01-31, or 2027-01-31T08:00:00Z";
    char text[40], *end = NULL;
    uint64_t ns = 0;
    if (said.size >= sizeof text)
        return bad_value(field, said, want, error);
    memcpy(text, said.data, said.size);
    text[said.size] = '\0';
    if (text[0] == '+') {
        long long days = strtoll(text + 1, &end, 10);
        if (end == text + 1 || strcmp(end, "d") != 0 || days < 0 || days > 40000)
            return bad_value(field, said, want, error);
        ns = filling->now_ns + (uint64_t)days * 86400 * 1000000000;
    } else if (!parse_calendar(text, &ns))
        return bad_value(field, said, want, error);
    suan_command_set_u64(body, field->field, ns);
    return SUAN_OK;
}

/* --- keys, shares, files ------------------------------------------------------------------------------ */

static enum suan_status read_key(struct suan_span path, struct suan_public_key *out, struct suan_error *error)
{
    SUAN_CLEANUP(suan_buffer_done) struct suan_buffer text = {0};
    SUAN_CLEANUP(suan_signer_closep) struct suan_signer *signer = NULL;
    SUAN_CLEANUP(suan_freep) char *name = strndup((const char *)path.data, path.size);
    if (name == NULL)
        return suan_error_set(error, SUAN_E_MEMORY, "memory", NULL, "out of memory");
    enum suan_status status = suan_file_read(name, SUAN_KEY_TEXT_MAX, &text, error);
    if (status != SUAN_OK)
        return status;
    if (suan_public_key_parse(suan_buffer_span(&text), out, NULL) == SUAN_OK)
        return SUAN_OK;
    status = suan_signer_open(name, &signer, error);
    if (status == SUAN_OK)
        *out = *suan_signer_key(signer);
    return status;
}

static enum suan_status fill_key(const struct suan_field *field, struct suan_span said,
                                 struct suan_json *body, struct suan_error *error)
{
    struct suan_public_key key;
    uint8_t id[SUAN_DIGEST_SIZE];
    if (field->kind == SUAN_FIELD_KEY_ID && suan_unhex(said, id, sizeof id)) {
        suan_json_set_hex(body, field->field, id, sizeof id);
        return SUAN_OK;
    }
    enum suan_status status = read_key(said, &key, error);
    if (status != SUAN_OK)
        return status;
    if (field->kind == SUAN_FIELD_KEY_ID) {
        struct suan_digest digest = suan_public_key_id(&key);
        suan_json_set_hex(body, field->field, digest.bytes, SUAN_DIGEST_SIZE);
        return SUAN_OK;
    }
    SUAN_CLEANUP(suan_buffer_done) struct suan_buffer text = {0};
    suan_public_key_format(&key, &text);
    suan_json_set_span(body, field->field, suan_buffer_span(&text));
    return suan_buffer_check(&text, error);
}

static enum suan_status fill_integer(const struct suan_field *field, struct suan_span said,
                                     struct suan_json *body, struct suan_error *error)
{
    int64_t value = 0;
    for (size_t i = 0; i < said.size; i++) {
        if (said.data[i] < '0' || said.data[i] > '9' || i > 14)
            return bad_value(field, said, "a whole number", error);
        value = value * 10 + (said.data[i] - '0');
    }
    if (said.size == 0)
        return bad_value(field, said, "a whole number", error);
    if (field->kind == SUAN_FIELD_INDEX)
        suan_command_set_u64(body, field->field, (uint64_t)value);
    else
        suan_json_set_integer(body, field->field, value);
    return SUAN_OK;
}

static enum suan_status add_share(const struct suan_field *field, struct suan_span said,
                                  struct suan_json *array, struct suan_error *error)
{
    static const char want[] = "a share is IDENT=BASISPOINTS, as liwei=6000";
    const uint8_t *equals = said.size > 0 ? memchr(said.data, '=', said.size) : NULL;
    if (equals == NULL)
        return bad_value(field, said, want, error);
    size_t name = (size_t)(equals - said.data);
    struct suan_json *row = suan_json_new_object();
    const struct suan_field bp = {.field = "bp", .option = field->option, .kind = SUAN_FIELD_INTEGER};
    suan_json_set_span(row, "id", suan_span(said.data, name));
    enum suan_status status = fill_integer(&bp, suan_span(equals + 1, said.size - name - 1), row, error);
    suan_json_add(array, row);
    return status;
}

static void add_words(struct suan_span words, struct suan_json *array)
{
    while (words.size > 0) {
        const uint8_t *comma = memchr(words.data, ',', words.size);
        size_t size = comma != NULL ? (size_t)(comma - words.data) : words.size;
        suan_json_add_span(array, suan_span(words.data, size));
        size_t step = comma != NULL ? size + 1 : size;
        words = suan_span(words.data + step, words.size - step);
    }
}

static enum suan_status fill_list(const struct suan_field *field, const struct suan_json *said,
                                  struct suan_json *body, struct suan_error *error)
{
    struct suan_json *array = suan_json_new_array();
    enum suan_status status = SUAN_OK;
    size_t count = 0;
    if (said == NULL)
        add_words(suan_span_text(field->fallback), array);
    else
        count = suan_json_type(said) == SUAN_JSON_ARRAY ? suan_json_count(said) : 1;
    for (size_t i = 0; i < count && status == SUAN_OK; i++) {
        struct suan_span one =
            suan_json_text(suan_json_type(said) == SUAN_JSON_ARRAY ? suan_json_at(said, i) : said);
        if (field->kind == SUAN_FIELD_SHARES)
            status = add_share(field, one, array, error);
        else
            suan_json_add_span(array, one);
    }
    suan_json_set(body, field->field, array);
    return status;
}

/* A file as the next piece of evidence. */
static enum suan_status read_blob(struct filling *filling, const char *path, struct suan_error *error)
{
    struct suan_buffer *blob = &filling->blobs[filling->blob_count];
    enum suan_status status = suan_file_read(path, SUAN_STORE_VALUE_MAX, blob, error);
    if (status == SUAN_OK)
        filling->spans[filling->blob_count++] = suan_buffer_span(blob);
    return status;
}

static enum suan_status fill_blob(struct filling *filling, const struct suan_field *field,
                                  struct suan_span said, struct suan_json *body, struct suan_error *error)
{
    SUAN_CLEANUP(suan_freep) char *path = strndup((const char *)said.data, said.size);
    if (path == NULL || filling->blob_count == BLOBS_MAX)
        return suan_error_set(error, SUAN_E_MEMORY, "memory", NULL, "out of memory");
    enum suan_status status = read_blob(filling, path, error);
    if (status != SUAN_OK)
        return status;
    struct suan_digest digest = suan_sha256(filling->spans[filling->blob_count - 1]);
    suan_json_set_hex(body, field->field, digest.bytes, SUAN_DIGEST_SIZE);
    return SUAN_OK;
}

static enum suan_status fill_file(const struct suan_field *field, struct suan_span said,
                                  struct suan_json *body, struct suan_error *error)
{
    SUAN_CLEANUP(suan_freep) char *path = strndup((const char *)said.data, said.size);
    SUAN_CLEANUP(suan_buffer_done) struct suan_buffer text = {0};
    SUAN_CLEANUP(suan_json_freep) struct suan_json_document *document = NULL;
    if (path == NULL)
        return suan_error_set(error, SUAN_E_MEMORY, "memory", NULL, "out of memory");
    enum suan_status status = suan_file_read(path, FIELD_FILE_MAX, &text, error);
    if (status == SUAN_OK)
        status = suan_json_parse(suan_buffer_span(&text), FIELD_FILE_MAX,
                                 SUAN_JSON_NULLS | SUAN_JSON_NEWLINES, path, &document, error);
    if (status == SUAN_OK)
        suan_json_set_span(body, field->field, suan_buffer_span(&text));
    return status;
}

/* --- derived fields ----------------------------------------------------------------------------------- */

static enum suan_status fill_release(const struct filling *filling, const struct suan_field *field,
                                     struct suan_span said, struct suan_json *body, struct suan_error *error)
{
    struct suan_release release;
    enum suan_status status = service_find_release(filling->txn, said, &release, error);
    if (status == SUAN_OK)
        suan_json_set_hex(body, field->field, release.tar.bytes, SUAN_DIGEST_SIZE);
    return status;
}

static enum suan_status fill_previous(const struct filling *filling, struct suan_json *body,
                                      struct suan_error *error)
{
    struct suan_algorithm_record algorithm;
    struct suan_owner_table owners;
    struct suan_span name = suan_json_text(suan_json_find(body, "algorithm"));
    enum suan_status status = suan_algorithm_get(filling->txn, name, &algorithm, error);
    if (status == SUAN_OK)
        status = suan_owner_get(filling->txn, &algorithm.id, &owners, error);
    if (status != SUAN_OK)
        return status;
    struct suan_digest digest = suan_owner_digest(&owners);
    suan_json_set_hex(body, "previous", digest.bytes, SUAN_DIGEST_SIZE);
    return SUAN_OK;
}

static enum suan_status fill_page(const struct filling *filling, struct suan_json *body,
                                  struct suan_error *error)
{
    SUAN_CLEANUP(suan_json_releasep) struct suan_json *page = NULL;
    struct suan_release release;
    struct suan_policy_record policy;
    struct suan_digest digest;
    enum suan_status status =
        service_find_release(filling->txn, suan_json_text(suan_json_find(body, "tar")), &release, error);
    if (status == SUAN_OK)
        status = suan_policy_by_id(filling->txn, &release.policy, &policy, error);
    if (status == SUAN_E_NOT_FOUND)
        return suan_error_set(error, SUAN_E_CONFLICT, "event.conflict",
                              "the owner submits it: 'suan review submit'",
                              "the release is not submitted for review");
    if (status == SUAN_OK)
        status = suan_review_page(filling->txn, &release, &policy, &page, &digest, error);
    if (status == SUAN_OK)
        suan_json_set_hex(body, "page", digest.bytes, SUAN_DIGEST_SIZE);
    return status;
}

static enum suan_status fill_next_task(const struct filling *filling, struct suan_json *body,
                                       struct suan_error *error)
{
    struct suan_task_record task;
    enum suan_status status =
        suan_task_get(filling->txn, suan_json_text(suan_json_find(body, "task")), &task, error);
    if (status != SUAN_OK && status != SUAN_E_NOT_FOUND)
        return status;
    suan_json_set_integer(body, "version", status == SUAN_OK ? (int64_t)task.version + 1 : 1);
    return SUAN_OK;
}

static enum suan_status fill_next_policy(const struct filling *filling, struct suan_json *body,
                                         struct suan_error *error)
{
    struct suan_policy_record policy;
    enum suan_status status =
        suan_policy_get(filling->txn, suan_json_text(suan_json_find(body, "policy")), &policy, error);
    if (status != SUAN_OK && status != SUAN_E_NOT_FOUND)
        return status;
    suan_json_set_integer(body, "version", status == SUAN_OK ? (int64_t)policy.version + 1 : 1);
    return SUAN_OK;
}

/* A party of the membership that an event made. */
static enum suan_status fill_party(const struct filling *filling, const struct suan_field *field,
                                   struct suan_json *body, struct suan_error *error)
{
    SUAN_CLEANUP(suan_command_done) struct suan_command command = {0};
    struct suan_span bytes;
    struct suan_leaf leaf;
    uint64_t index = 0;
    enum suan_status status = suan_command_get_u64(body, "membership", &index, error);
    if (status == SUAN_OK)
        status = suan_log_leaf(filling->txn, SUAN_LOG_REGISTRY, index, &bytes, error);
    if (status == SUAN_OK)
        status = suan_leaf_decode(bytes, &leaf, error);
    if (status == SUAN_OK)
        status = suan_command_parse(leaf.command, &command, error);
    bool is_membership = status == SUAN_OK &&
                         (command.kind == SUAN_EVENT_MEMBER_ADD || command.kind == SUAN_EVENT_MEMBER_SECOND);
    if (status == SUAN_E_NOT_FOUND || (status == SUAN_OK && !is_membership))
        return suan_error_set(error, SUAN_E_NOT_FOUND, "event.absent",
                              "see 'suan identity show' of the organisation", "event %llu made no membership",
                              (unsigned long long)index);
    if (status != SUAN_OK)
        return status;
    const char *party = field->kind == SUAN_FIELD_MEMBER           ? "ident"
                        : command.kind == SUAN_EVENT_MEMBER_SECOND ? "host"
                                                                   : "org";
    suan_json_set_copy(body, field->field, suan_json_find(command.body, party));
    return SUAN_OK;
}

static enum suan_status fill_last_time(const struct filling *filling, struct suan_json *body,
                                       struct suan_error *error)
{
    uint64_t last_ns = 0;
    enum suan_status status = suan_registry_last_time(filling->txn, &last_ns, error);
    if (status == SUAN_OK)
        suan_command_set_u64(body, "old", last_ns);
    return status;
}

/* --- all fields --------------------------------------------------------------------------------------- */

static enum suan_status fill_said(struct filling *filling, const struct suan_field *field,
                                  const struct suan_json *value, struct suan_span said,
                                  struct suan_json *body, struct suan_error *error)
{
    switch (field->kind) {
    case SUAN_FIELD_TIME: return fill_time(filling, field, said, body, error);
    case SUAN_FIELD_INDEX:
    case SUAN_FIELD_INTEGER: return fill_integer(field, said, body, error);
    case SUAN_FIELD_RELEASE: return fill_release(filling, field, said, body, error);
    case SUAN_FIELD_KEY:
    case SUAN_FIELD_KEY_ID: return fill_key(field, said, body, error);
    case SUAN_FIELD_SHARES:
    case SUAN_FIELD_LIST: return fill_list(field, value, body, error);
    case SUAN_FIELD_BLOB: return fill_blob(filling, field, said, body, error);
    case SUAN_FIELD_FILE: return fill_file(field, said, body, error);
    default: suan_json_set_span(body, field->field, said); return SUAN_OK;
    }
}

static enum suan_status fill_derived(const struct filling *filling, const struct suan_field *field,
                                     struct suan_json *body, struct suan_error *error)
{
    const struct suan_json *before = suan_json_find(filling->record->command.body, field->field);
    if (before != NULL) {
        suan_json_set_copy(body, field->field, before);
        return SUAN_OK;
    }
    switch (field->kind) {
    case SUAN_FIELD_PREVIOUS: return fill_previous(filling, body, error);
    case SUAN_FIELD_PAGE: return fill_page(filling, body, error);
    case SUAN_FIELD_NEXT_TASK: return fill_next_task(filling, body, error);
    case SUAN_FIELD_NEXT_POLICY: return fill_next_policy(filling, body, error);
    case SUAN_FIELD_ORGANISATION:
    case SUAN_FIELD_MEMBER: return fill_party(filling, field, body, error);
    case SUAN_FIELD_LAST_TIME: return fill_last_time(filling, body, error);
    case SUAN_FIELD_CLOCK: suan_command_set_u64(body, field->field, suan_clock_real_ns()); return SUAN_OK;
    default: return SUAN_OK;
    }
}

static bool is_derived(const struct suan_field *field)
{
    return field->kind >= SUAN_FIELD_PREVIOUS;
}

static const char *name_of(const struct suan_field *field)
{
    return field->option != NULL ? field->option : field->field;
}

static enum suan_status fill_field(struct filling *filling, const struct suan_field *field,
                                   struct suan_json *body, struct suan_error *error)
{
    const struct suan_json *value = suan_json_find(filling->request, name_of(field));
    struct suan_span said = suan_json_text(value);
    if (value == NULL && is_derived(field))
        return fill_derived(filling, field, body, error);
    if (value == NULL && field->fallback == NULL)
        return suan_error_set(error, SUAN_E_USAGE, "option.missing", field->help, "--%s %s is missing",
                              name_of(field), field->value);
    if (value == NULL && field->fallback[0] == '\0')
        return SUAN_OK;
    if (value == NULL)
        said = suan_span_text(field->fallback);
    return fill_said(filling, field, value, said, body, error);
}

static enum suan_status fill_all(void *context, struct suan_json *body, struct suan_error *error)
{
    struct filling *filling = context;
    enum suan_status status = SUAN_OK;
    for (const struct suan_field *field = filling->verb->fields; field->field != NULL && status == SUAN_OK;
         field++)
        status = fill_field(filling, field, body, error);
    /* The writer's transaction follows on this thread: the snapshot must be gone by then. */
    suan_txn_end(suan_take(&filling->txn));
    return status;
}

/* A command that was signed elsewhere still needs its evidence from here. */
static enum suan_status fill_evidence(struct filling *filling, struct suan_error *error)
{
    SUAN_CLEANUP(suan_json_releasep) struct suan_json *unused = suan_json_new_object();
    enum suan_status status = SUAN_OK;
    for (const struct suan_field *field = filling->verb->fields; field->field != NULL && status == SUAN_OK;
         field++) {
        if (field->kind == SUAN_FIELD_BLOB && suan_json_find(filling->request, name_of(field)) != NULL)
            status = fill_field(filling, field, unused, error);
    }
    suan_txn_end(suan_take(&filling->txn));
    return status;
}

static enum suan_status begin_filling(struct filling *filling, struct service_record *record,
                                      struct suan_error *error)
{
    struct suan_service *service = filling->service;
    enum suan_status status = suan_registry_now(service->registry, &filling->now_ns, error);
    filling->record = record;
    if (record->command.body != NULL)
        filling->now_ns = record->built_ns;
    return status != SUAN_OK ? status : service_begin(service, &filling->txn, error);
}

enum suan_status suan_service_change(struct suan_service *service, const struct suan_acting *acting,
                                     const struct suan_verb *verb, const struct suan_json *request,
                                     struct suan_json **out_result, struct suan_error *error)
{
    SUAN_CLEANUP(service_record_done) struct service_record record = {0};
    SUAN_CLEANUP(filling_done)
    struct filling filling = {.service = service, .verb = verb, .request = request};
    SUAN_CLEANUP(suan_freep) char *as = NULL;
    enum suan_status status = service_find_record(service, acting, verb->kind, &record, error);
    if (status == SUAN_OK)
        status = begin_filling(&filling, &record, error);
    if (status != SUAN_OK)
        return status;
    if (verb->as == SUAN_VERB_AS_OPERAND) {
        struct suan_span name = suan_json_text(suan_json_find(request, verb->operand));
        as = name.data != NULL ? strndup((const char *)name.data, name.size) : NULL;
    }
    if (acting->command != NULL)
        status = fill_evidence(&filling, error);
    struct change change = {.kind = verb->kind,
                            .fill = fill_all,
                            .context = &filling,
                            .blobs = filling.spans,
                            .blob_count = &filling.blob_count,
                            .as = as,
                            .now_ns = filling.now_ns,
                            .not_after_ns = record.command.not_after_ns};
    return status != SUAN_OK ? status : service_change(service, acting, &change, out_result, error);
}

static enum suan_status fill_nothing(void *context, struct suan_json *body, struct suan_error *error)
{
    (void)context;
    (void)body;
    (void)error;
    return SUAN_OK;
}

enum suan_status suan_service_submit(struct suan_service *service, const struct suan_acting *acting,
                                     struct suan_json **out_result, struct suan_error *error)
{
    SUAN_CLEANUP(filling_done) struct filling evidence = {.service = service};
    struct change change = {
        .fill = fill_nothing, .blobs = evidence.spans, .blob_count = &evidence.blob_count};
    enum suan_status status = SUAN_OK;
    if (acting->command == NULL)
        return suan_error_set(error, SUAN_E_USAGE, "acting.command", NULL,
                              "say which command: --command FILE");
    for (size_t i = 0; status == SUAN_OK && i < acting->n_evidence; i++)
        status = read_blob(&evidence, acting->evidence[i], error);
    return status != SUAN_OK ? status : service_change(service, acting, &change, out_result, error);
}
