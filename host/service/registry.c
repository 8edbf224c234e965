/* The registry as a whole: made, verified, counted, exported, restored, and described for those who trust it.
 */
#include "registry.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "catalog/review.h"
#include "context.h"
#include "trust/trustfile.h"

static enum suan_status found_registry(const struct suan_registry_request *request, const char *folder,
                                       struct suan_buffer *note, struct suan_error *error)
{
    SUAN_CLEANUP(suan_signer_closep) struct suan_signer *signer = NULL;
    SUAN_CLEANUP(suan_registry_closep) struct suan_registry *registry = NULL;
    struct suan_registry_options options;
    service_registry_options(&options);
    enum suan_status status = suan_signer_open(request->key, &signer, error);
    if (status == SUAN_OK)
        status = suan_registry_create(
            folder, request->origin, request->operator_ident, request->operator_display, signer,
            request->time == SUAN_TIME_SIMULATED ? SUAN_CLOCK_SIMULATED : SUAN_CLOCK_REAL, &options,
            &registry, error);
    return status != SUAN_OK ? status : suan_registry_checkpoint(registry, SUAN_LOG_REGISTRY, note, error);
}

static enum suan_status place_taken(const char *folder, struct suan_error *error)
{
    return suan_error_set(error, SUAN_E_CONFLICT, "store.exists",
                          "name a folder that does not exist, or an empty one", "%s: not empty", folder);
}

enum suan_status service_begin_folder(struct service_new_folder *out, struct suan_error *error)
{
    struct stat facts;
    uint8_t random[8];
    char hex[2 * sizeof random + 1];
    size_t size = strlen(out->folder);
    while (size > 1 && out->folder[size - 1] == '/')
        out->folder[--size] = '\0';
    if (stat(out->folder, &facts) == 0 && rmdir(out->folder) != 0)
        return place_taken(out->folder, error);
    suan_random(random, sizeof random);
    suan_hex(random, sizeof random, hex);
    if (snprintf(out->beside, sizeof out->beside, "%s.%s.tmp", out->folder, hex) >= PATH_MAX)
        return suan_error_set(error, SUAN_E_USAGE, "path.too-long", NULL, "the path is too long");
    return SUAN_OK;
}

enum suan_status service_end_folder(const struct service_new_folder *place, enum suan_status status,
                                    struct suan_error *error)
{
    if (status == SUAN_OK && rename(place->beside, place->folder) != 0)
        status = errno == ENOTEMPTY || errno == EEXIST || errno == ENOTDIR
                     ? place_taken(place->folder, error)
                     : suan_error_errno(error, "store.io", errno, place->folder);
    if (status != SUAN_OK)
        suan_folder_remove(place->beside);
    return status;
}

static struct suan_registry_request with_defaults(const struct suan_registry_request *request)
{
    struct suan_registry_request result = *request;
    if (result.origin == NULL)
        result.origin = "suan.local";
    if (result.operator_ident == NULL)
        result.operator_ident = "operator";
    if (result.operator_display == NULL)
        result.operator_display = result.operator_ident;
    return result;
}

enum suan_status suan_service_registry_init(const struct suan_registry_request *said,
                                            struct suan_json **out_result, struct suan_error *error)
{
    SUAN_CLEANUP(suan_buffer_done) struct suan_buffer note = {0};
    struct suan_registry_request request = with_defaults(said);
    struct service_new_folder place;

    if (request.key == NULL)
        return suan_error_set(error, SUAN_E_USAGE, "option.missing",
                              "make one with: ssh-keygen -t ed25519 -f FILE",
                              "--key FILE, the operator's key, is missing");
    enum suan_status status = service_default_folder(request.folder, place.folder, error);
    if (status == SUAN_OK)
        status = service_begin_folder(&place, error);
    if (status != SUAN_OK)
        return status;
    status = found_registry(&request, place.beside, &note, error);
    status = service_end_folder(&place, status, error);
    if (status != SUAN_OK)
        return status;
    struct suan_json *result = suan_json_new_object();
    suan_json_set_text(result, "registry", place.folder);
    suan_json_set_text(result, "origin", request.origin);
    suan_json_set_text(result, "operator", request.operator_ident);
    suan_json_set_span(result, "checkpoint", suan_buffer_span(&note));
    if (request.time == SUAN_TIME_SIMULATED)
        suan_json_set_boolean(result, "simulated_time", true);
    *out_result = result;
    return SUAN_OK;
}

enum suan_status suan_service_registry_verify(struct suan_service *service, struct suan_json **out_result,
                                              struct suan_error *error)
{
    service_report(service, "replaying the logs", 0, 0);
    enum suan_status status = suan_registry_verify(service->registry, out_result, error);
    if (*out_result != NULL)
        service_mark_clock(service, *out_result);
    return status;
}

static enum suan_status add_log(struct suan_txn *txn, enum suan_log log, struct suan_json *logs,
                                struct suan_error *error)
{
    struct suan_json *row = suan_json_new_object();
    struct suan_digest root = {{0}};
    uint64_t size = 0;
    enum suan_status status = suan_log_size(txn, log, &size, error);
    if (status == SUAN_OK)
        status = suan_log_root(txn, log, size, &root, error);
    suan_json_set_text(row, "log", suan_log_name(log));
    suan_json_set_integer(row, "size", (int64_t)size);
    suan_json_set_hex(row, "root", root.bytes, SUAN_DIGEST_SIZE);
    suan_json_add(logs, row);
    return status;
}

static enum suan_status add_tables(struct suan_txn *txn, struct suan_json *tables, struct suan_error *error)
{
    for (int table = 0; table < SUAN_TABLE_COUNT; table++) {
        uint64_t rows = 0;
        enum suan_status status = suan_row_count(txn, (enum suan_table)table, &rows, error);
        if (status != SUAN_OK)
            return status;
        suan_json_set_integer(tables, suan_table_name((enum suan_table)table), (int64_t)rows);
    }
    return SUAN_OK;
}

enum suan_status suan_service_registry_stats(struct suan_service *service, struct suan_json **out_result,
                                             struct suan_error *error)
{
    SUAN_CLEANUP(suan_txn_endp) struct suan_txn *txn = NULL;
    SUAN_CLEANUP(suan_json_releasep) struct suan_json *result = suan_json_new_object();
    struct suan_json *logs = suan_json_new_array(), *tables = suan_json_new_object();
    uint64_t now_ns = 0;
    suan_json_set_text(result, "registry", service->folder);
    suan_json_set_text(result, "origin", suan_registry_origin(service->registry));
    suan_json_set(result, "logs", logs);
    suan_json_set(result, "rows", tables);
    enum suan_status status = suan_registry_now(service->registry, &now_ns, error);
    if (status == SUAN_OK)
        status = service_begin(service, &txn, error);
    if (status == SUAN_OK)
        status = add_log(txn, SUAN_LOG_REGISTRY, logs, error);
    if (status == SUAN_OK)
        status = add_log(txn, SUAN_LOG_LEDGER, logs, error);
    if (status == SUAN_OK)
        status = add_tables(txn, tables, error);
    suan_json_set_integer(result, "now_ns", (int64_t)now_ns);
    service_mark_clock(service, result);
    if (status == SUAN_OK)
        *out_result = suan_take(&result);
    return status;
}

enum suan_status suan_service_registry_export(struct suan_service *service, const char *path,
                                              struct suan_json **out_result, struct suan_error *error)
{
    enum suan_status status = suan_registry_export(service->registry, path, error);
    if (status != SUAN_OK)
        return status;
    struct suan_json *result = suan_json_new_object();
    suan_json_set_text(result, "registry", service->folder);
    suan_json_set_text(result, "file", path);
    *out_result = result;
    return SUAN_OK;
}

/* --- trust -------------------------------------------------------------------------------------------- */

static enum suan_status add_body_key(void *context, const struct suan_identity_key *key)
{
    struct suan_trust_body *body = context;
    if (key->state == SUAN_KEY_ACTIVE && body->key_count < SUAN_TRUST_BODY_KEYS_MAX)
        body->keys[body->key_count++] = key->key;
    return SUAN_OK;
}

static enum suan_status describe_bodies(struct suan_txn *txn, const struct suan_policy_record *policy,
                                        struct suan_trust *trust, struct suan_error *error)
{
    for (size_t i = 0; i < policy->body_count; i++) {
        struct suan_identity identity;
        struct suan_trust_body *body = &trust->bodies[trust->body_count++];
        enum suan_status status = suan_identity_get(txn, &policy->bodies[i], &identity, error);
        if (status == SUAN_OK)
            status = suan_key_each(txn, &policy->bodies[i], add_body_key, body, error);
        if (status != SUAN_OK)
            return status;
        snprintf(body->id, sizeof body->id, "%s", identity.ident);
    }
    return SUAN_OK;
}

static enum suan_status describe_trust(struct suan_service *service, const char *policy_name,
                                       struct suan_trust *trust, struct suan_error *error)
{
    SUAN_CLEANUP(suan_txn_endp) struct suan_txn *txn = NULL;
    struct suan_policy_record policy;
    snprintf(trust->origin, sizeof trust->origin, "%s", suan_registry_origin(service->registry));
    enum suan_status status = suan_registry_note_key(service->registry, SUAN_LOG_REGISTRY,
                                                     &trust->log_keys[trust->log_key_count++], error);
    if (status == SUAN_OK)
        status = suan_registry_note_key(service->registry, SUAN_LOG_LEDGER,
                                        &trust->log_keys[trust->log_key_count++], error);
    if (status == SUAN_OK)
        status = service_begin(service, &txn, error);
    if (status == SUAN_OK)
        status = suan_policy_get(txn, suan_span_text(policy_name), &policy, error);
    if (status != SUAN_OK)
        return status;
    snprintf(trust->policy, sizeof trust->policy, "%s", policy.name);
    trust->k = policy.k;
    return describe_bodies(txn, &policy, trust, error);
}

enum suan_status suan_service_registry_trust(struct suan_service *service, const char *policy,
                                             const char *in_process, const char *path,
                                             struct suan_json **out_result, struct suan_error *error)
{
    SUAN_CLEANUP(suan_trust_freep) struct suan_trust *trust = suan_trust_new();
    SUAN_CLEANUP(suan_buffer_done) struct suan_buffer text = {0};
    if (trust == NULL)
        return suan_error_set(error, SUAN_E_MEMORY, "memory", NULL, "out of memory");
    if (strcmp(in_process, "never") != 0 && strcmp(in_process, "vetted") != 0)
        return suan_error_set(error, SUAN_E_USAGE, "option.value", "say never or vetted",
                              "--in-process: '%s' does not fit", in_process);
    trust->in_process =
        strcmp(in_process, "vetted") == 0 ? SUAN_TRUST_IN_PROCESS_VETTED : SUAN_TRUST_IN_PROCESS_NEVER;
    enum suan_status status = describe_trust(service, policy, trust, error);
    if (status == SUAN_OK)
        status = suan_trust_format(trust, &text, error);
    if (status == SUAN_OK)
        status = suan_file_replace(path, suan_buffer_span(&text), 0644, error);
    if (status != SUAN_OK)
        return status;
    struct suan_json *result = suan_json_new_object();
    suan_json_set_text(result, "file", path);
    suan_json_set_text(result, "policy", policy);
    suan_json_set_text(result, "in_process", in_process);
    *out_result = result;
    return SUAN_OK;
}
