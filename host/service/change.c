/* How a verb changes the registry: a command is built, signed and submitted here, or printed for signing
 * elsewhere. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "context.h"

enum { CHANGES_MAX = 8 };
#define SIGN_NOW_NS (UINT64_C(3600) * 1000000000)        /* a command signed here is submitted at once */
#define SIGN_LATER_NS (UINT64_C(7) * 86400 * 1000000000) /* a printed one travels */

/* One command on its way to the log. */
struct envelope {
    struct suan_buffer command;
    struct suan_buffer signatures[SUAN_SIGNATURES_MAX];
    size_t signature_count;
};

static void envelope_done(struct envelope *envelope)
{
    suan_buffer_done(&envelope->command);
    for (size_t i = 0; i < SUAN_SIGNATURES_MAX; i++)
        suan_buffer_done(&envelope->signatures[i]);
}

/* --- keys --------------------------------------------------------------------------------------------- */

static enum suan_status open_from_agent(struct suan_service *service, const char *as,
                                        struct suan_signer **out_signer, struct suan_error *error)
{
    struct suan_public_key keys[SUAN_SIGNER_KEYS_MAX];
    SUAN_CLEANUP(suan_txn_endp) struct suan_txn *txn = NULL;
    size_t count = 0;
    enum suan_status status = suan_agent_keys(NULL, keys, &count, error);
    if (status == SUAN_OK)
        status = service_begin(service, &txn, error);
    if (status != SUAN_OK)
        return status;
    struct suan_id wanted = suan_ident_id(suan_span_text(as != NULL ? as : ""));
    for (size_t i = 0; i < count; i++) {
        struct suan_identity_key known;
        struct suan_digest id = suan_public_key_id(&keys[i]);
        if (suan_key_get(txn, &id, &known, NULL) != SUAN_OK || known.state != SUAN_KEY_ACTIVE)
            continue;
        if (as == NULL || memcmp(known.owner.bytes, wanted.bytes, SUAN_ID_SIZE) == 0)
            return suan_signer_open_agent(NULL, &keys[i], out_signer, error);
    }
    return suan_error_set(error, SUAN_E_NOT_FOUND, "agent.key", "add it with ssh-add, or name the key file",
                          "the agent holds no registered key%s%s", as != NULL ? " of " : "",
                          as != NULL ? as : "");
}

enum suan_status service_open_signer(struct suan_service *service, const char *word, const char *as,
                                     struct suan_signer **out_signer, struct suan_error *error)
{
    if (strcmp(word, "agent") == 0)
        return open_from_agent(service, as, out_signer, error);
    return suan_signer_open(word, out_signer, error);
}

/* Who acts, if nobody says so: the identity that holds the first key. */
static enum suan_status find_actor(struct suan_service *service, const struct suan_acting *acting, char *out,
                                   size_t capacity, struct suan_error *error)
{
    SUAN_CLEANUP(suan_signer_closep) struct suan_signer *signer = NULL;
    SUAN_CLEANUP(suan_txn_endp) struct suan_txn *txn = NULL;
    struct suan_identity_key key;
    struct suan_identity identity;
    if (acting->n_sign == 0)
        return suan_error_set(error, SUAN_E_USAGE, "acting.as", "say --as IDENT", "it is not said who acts");
    enum suan_status status = service_open_signer(service, acting->sign[0], NULL, &signer, error);
    if (status == SUAN_OK)
        status = service_begin(service, &txn, error);
    if (status != SUAN_OK)
        return status;
    struct suan_digest id = suan_public_key_id(suan_signer_key(signer));
    status = suan_key_get(txn, &id, &key, NULL);
    if (status == SUAN_E_NOT_FOUND)
        return suan_error_set(error, SUAN_E_PERMISSION, "key.unknown",
                              "create an identity for it, or say --as IDENT",
                              "the key %s belongs to no identity of this registry", acting->sign[0]);
    if (status == SUAN_OK)
        status = suan_identity_get(txn, &key.owner, &identity, error);
    if (status == SUAN_OK)
        snprintf(out, capacity, "%s", identity.ident);
    return status;
}

/* --- building ----------------------------------------------------------------------------------------- */

static enum suan_status choose_id(const struct suan_acting *acting, uint64_t now_ns, struct suan_id *out,
                                  struct suan_error *error)
{
    if (acting->id == NULL) {
        *out = suan_command_new_id(now_ns);
        return SUAN_OK;
    }
    if (suan_unhex(suan_span_text(acting->id), out->bytes, sizeof out->bytes))
        return SUAN_OK;
    return suan_error_set(error, SUAN_E_USAGE, "acting.id", NULL,
                          "--id takes 32 lower-case hexadecimal digits, not '%s'", acting->id);
}

/* When a recorded command was built: the time left tells whether it was signed here or travelled. */
static uint64_t moment_of(const struct suan_command *command, uint64_t recorded_ns)
{
    bool travelled = command->not_after_ns > recorded_ns && command->not_after_ns - recorded_ns > SIGN_NOW_NS;
    return command->not_after_ns - (travelled ? SIGN_LATER_NS : SIGN_NOW_NS);
}

static enum suan_status read_record(struct suan_service *service, const struct suan_id *id,
                                    struct service_record *out, struct suan_error *error)
{
    SUAN_CLEANUP(suan_txn_endp) struct suan_txn *txn = NULL;
    enum suan_log log;
    uint64_t index = 0;
    struct suan_span bytes;
    struct suan_leaf leaf;
    enum suan_status status = service_begin(service, &txn, error);
    if (status == SUAN_OK)
        status = suan_registry_find_event(txn, id, &log, &index, error);
    if (status == SUAN_OK)
        status = suan_log_leaf(txn, log, index, &bytes, error);
    if (status == SUAN_OK)
        status = suan_leaf_decode(bytes, &leaf, error);
    if (status != SUAN_OK)
        return status == SUAN_E_NOT_FOUND ? SUAN_OK : status;
    suan_buffer_append(&out->bytes, leaf.command.data, leaf.command.size);
    status = suan_buffer_check(&out->bytes, error);
    if (status == SUAN_OK)
        status = suan_command_parse(suan_buffer_span(&out->bytes), &out->command, error);
    if (status == SUAN_OK)
        out->built_ns = moment_of(&out->command, leaf.time_ns);
    return status;
}

enum suan_status service_find_record(struct suan_service *service, const struct suan_acting *acting,
                                     uint16_t kind, struct service_record *out, struct suan_error *error)
{
    struct suan_id id;
    *out = (struct service_record){0};
    if (acting->id == NULL || acting->command != NULL)
        return SUAN_OK;
    enum suan_status status = choose_id(acting, 0, &id, error);
    if (status == SUAN_OK)
        status = read_record(service, &id, out, error);
    if (status == SUAN_OK && out->command.body != NULL && out->command.kind != kind)
        service_record_done(out);
    return status;
}

void service_record_done(struct service_record *record)
{
    suan_command_done(&record->command);
    suan_buffer_done(&record->bytes);
    *record = (struct service_record){0};
}

struct suan_acting service_acting_for(const struct suan_acting *acting, const char *purpose, char id[33])
{
    struct suan_acting result = *acting;
    SUAN_CLEANUP(suan_buffer_done) struct suan_buffer text = {0};
    if (acting->id == NULL)
        return result;
    suan_buffer_printf(&text, "%s %s", acting->id, purpose);
    struct suan_digest digest = suan_sha256(suan_buffer_span(&text));
    suan_hex(digest.bytes, SUAN_ID_SIZE, id);
    result.id = id;
    return result;
}

static enum suan_status build_command(struct suan_service *service, const struct suan_acting *acting,
                                      const struct change *change, struct suan_buffer *out,
                                      struct suan_error *error)
{
    SUAN_CLEANUP(suan_json_releasep) struct suan_json *body = NULL;
    char actor[SUAN_IDENT_MAX + 1] = "";
    const char *as = change->as != NULL ? change->as : acting->as;
    struct suan_id id;
    uint64_t now_ns = 0;
    enum suan_status status = suan_registry_now(service->registry, &now_ns, error);
    now_ns = change->now_ns != 0 ? change->now_ns : now_ns;
    if (status == SUAN_OK && as == NULL) {
        status = find_actor(service, acting, actor, sizeof actor, error);
        as = actor;
    }
    if (status == SUAN_OK)
        status = choose_id(acting, now_ns, &id, error);
    if (status != SUAN_OK)
        return status;
    uint64_t lasts = acting->print_command ? SIGN_LATER_NS : SIGN_NOW_NS;
    uint64_t not_after = change->not_after_ns != 0 ? change->not_after_ns : now_ns + lasts;
    body = suan_command_new(suan_span_text(suan_registry_origin(service->registry)), change->kind, &id, as,
                            not_after);
    status = change->fill(change->context, body, error);
    return status != SUAN_OK ? status : suan_json_format(body, SUAN_JSON_STYLE_CANONICAL, out, error);
}

static enum suan_status sign_command(struct suan_service *service, const struct suan_acting *acting,
                                     struct envelope *envelope, struct suan_error *error)
{
    if (acting->n_sign == 0)
        return suan_error_set(error, SUAN_E_USAGE, "acting.sign",
                              "say --sign KEYFILE, or --print-command to have it signed elsewhere",
                              "it is not said which key signs");
    for (size_t i = 0; i < acting->n_sign; i++) {
        SUAN_CLEANUP(suan_signer_closep) struct suan_signer *signer = NULL;
        enum suan_status status = service_open_signer(service, acting->sign[i], acting->as, &signer, error);
        if (status == SUAN_OK)
            status = suan_sshsig_sign(signer, SUAN_NAMESPACE_EVENT, suan_buffer_span(&envelope->command),
                                      &envelope->signatures[envelope->signature_count++], error);
        if (status != SUAN_OK)
            return status;
    }
    return SUAN_OK;
}

/* A command and signatures that were made elsewhere. */
static enum suan_status read_envelope(const struct suan_acting *acting, struct envelope *envelope,
                                      struct suan_error *error)
{
    enum suan_status status =
        suan_file_read(acting->command, SUAN_COMMAND_MAX + 1, &envelope->command, error);
    for (size_t i = 0; status == SUAN_OK && i < acting->n_signature; i++) {
        SUAN_CLEANUP(suan_buffer_done) struct suan_buffer text = {0};
        status = suan_file_read(acting->signature[i], SUAN_SSHSIG_ARMOUR_MAX, &text, error);
        if (status == SUAN_OK)
            status = suan_sshsig_dearmour(suan_buffer_span(&text),
                                          &envelope->signatures[envelope->signature_count++], error);
        if (status != SUAN_OK && status != SUAN_E_NOT_FOUND)
            suan_error_prefix(error, acting->signature[i]);
    }
    return status;
}

/* That a command signed elsewhere is of the kind this verb makes. */
static enum suan_status check_kind(const struct envelope *envelope, uint16_t kind, struct suan_error *error)
{
    struct suan_command command = {0};
    enum suan_status status = suan_command_parse(suan_buffer_span(&envelope->command), &command, error);
    uint16_t found = command.kind;
    suan_command_done(&command);
    if (status == SUAN_OK && kind != 0 && found != kind)
        return suan_error_set(error, SUAN_E_USAGE, "acting.command", "use 'suan submit' for any kind",
                              "the command is a %s, this verb makes a %s", suan_event_name(found),
                              suan_event_name(kind));
    return status;
}

/* --- submitting --------------------------------------------------------------------------------------- */

static struct suan_json *event_document(const struct envelope *envelope,
                                        const struct suan_submission *submission)
{
    struct suan_json *event = suan_json_new_object();
    struct suan_command command = {0};
    if (suan_command_parse(suan_buffer_span(&envelope->command), &command, NULL) == SUAN_OK) {
        suan_json_set_text(event, "kind", suan_event_name(command.kind));
        suan_json_set_hex(event, "id", command.id.bytes, SUAN_ID_SIZE);
        suan_json_set_span(event, "by", command.by);
    }
    suan_command_done(&command);
    suan_json_set_text(event, "log", suan_log_name(submission->log));
    suan_json_set_integer(event, "index", (int64_t)submission->index);
    suan_json_set_integer(event, "time_ns", (int64_t)submission->time_ns);
    suan_json_set_boolean(event, "repeated", submission->was == SUAN_SUBMITTED_BEFORE);
    return event;
}

static void fill_submission(const struct envelope *envelope, const struct change *change,
                            struct suan_submission *out)
{
    out->command = suan_buffer_span(&envelope->command);
    out->signature_count = envelope->signature_count;
    for (size_t s = 0; s < envelope->signature_count; s++)
        out->signatures[s] = suan_buffer_span(&envelope->signatures[s]);
    out->blobs = change->blobs;
    out->blob_count = change->blob_count != NULL ? *change->blob_count : 0;
}

static enum suan_status submit(struct suan_service *service, struct envelope *envelopes,
                               const struct change *changes, size_t count, struct suan_json **out_result,
                               struct suan_error *error)
{
    SUAN_CLEANUP(suan_freep) struct suan_submission *submissions = calloc(count, sizeof *submissions);
    if (submissions == NULL)
        return suan_error_set(error, SUAN_E_MEMORY, "memory", NULL, "out of memory");
    for (size_t i = 0; i < count; i++)
        fill_submission(&envelopes[i], &changes[i], &submissions[i]);
    enum suan_status status = suan_registry_submit_together(service->registry, submissions, count, error);
    if (status != SUAN_OK)
        return status;
    SUAN_CLEANUP(suan_json_releasep) struct suan_json *result = suan_json_new_object();
    SUAN_CLEANUP(suan_json_releasep) struct suan_json *events = suan_json_new_array();
    for (size_t i = 0; i < count; i++)
        suan_json_add(events, event_document(&envelopes[i], &submissions[i]));
    suan_json_set_copy(result, "event", suan_json_at(events, count - 1));
    if (count > 1)
        suan_json_set_copy(result, "events", events);
    service_mark_clock(service, result);
    *out_result = suan_take(&result);
    return SUAN_OK;
}

static enum suan_status print_command(struct envelope *envelope, struct suan_json **out_result)
{
    struct suan_json *result = suan_json_new_object();
    suan_json_set_span(result, "command", suan_buffer_span(&envelope->command));
    *out_result = result;
    return SUAN_OK;
}

enum suan_status service_change(struct suan_service *service, const struct suan_acting *acting,
                                const struct change *change, struct suan_json **out_result,
                                struct suan_error *error)
{
    SUAN_CLEANUP(envelope_done) struct envelope envelope = {0};
    enum suan_status status;
    if (acting->command != NULL) {
        status = read_envelope(acting, &envelope, error);
        if (status == SUAN_OK)
            status = check_kind(&envelope, change->kind, error);
        return status != SUAN_OK ? status : submit(service, &envelope, change, 1, out_result, error);
    }
    status = build_command(service, acting, change, &envelope.command, error);
    if (status == SUAN_OK && acting->print_command)
        return print_command(&envelope, out_result);
    if (status == SUAN_OK)
        status = sign_command(service, acting, &envelope, error);
    return status != SUAN_OK ? status : submit(service, &envelope, change, 1, out_result, error);
}

static void envelopes_done(struct envelope (*envelopes)[CHANGES_MAX])
{
    for (size_t i = 0; i < CHANGES_MAX; i++)
        envelope_done(&(*envelopes)[i]);
}

enum suan_status service_change_all(struct suan_service *service, const struct suan_acting *actings,
                                    const struct change *changes, size_t count, struct suan_json **out_result,
                                    struct suan_error *error)
{
    SUAN_CLEANUP(envelopes_done) struct envelope envelopes[CHANGES_MAX] = {0};
    enum suan_status status = count <= CHANGES_MAX ? SUAN_OK : SUAN_E_INVALID;
    for (size_t i = 0; i < count && status == SUAN_OK; i++) {
        status = build_command(service, &actings[i], &changes[i], &envelopes[i].command, error);
        if (status == SUAN_OK)
            status = sign_command(service, &actings[i], &envelopes[i], error);
    }
    return status != SUAN_OK ? status : submit(service, envelopes, changes, count, out_result, error);
}
