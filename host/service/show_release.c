/* Releases for people's eyes, and on their disks: list, show, export, fetch. */
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "catalog/member.h"
#include "context.h"
#include "name_of.h"
#include "package/package.h"
#include "show.h"
#include "trust/base64.h"

/* --- list --------------------------------------------------------------------------------------------- */

struct listing {
    struct suan_txn *txn;
    const struct suan_list_request *request;
    uint64_t now_ns;
    struct suan_json *rows;
    struct suan_error *error;
};

static bool fits(const struct suan_json *row, const struct suan_list_request *request)
{
    const struct suan_json *tasks = suan_json_find(row, "tasks");
    bool has_task = request->task == NULL;
    for (size_t i = 0; i < suan_json_count(tasks); i++)
        has_task |= request->task != NULL &&
                    suan_span_equal(suan_json_text(suan_json_at(tasks, i)), suan_span_text(request->task));
    return has_task &&
           (request->state == NULL ||
            suan_span_equal(suan_json_text(suan_json_find(row, "state")), suan_span_text(request->state))) &&
           (request->kind == NULL ||
            suan_span_equal(suan_json_text(suan_json_find(row, "kind")), suan_span_text(request->kind)));
}

static enum suan_status list_one(void *context, const struct suan_release *release)
{
    struct listing *listing = context;
    struct suan_json *row = NULL;
    enum suan_status status =
        service_release_json(listing->txn, release, listing->now_ns, &row, listing->error);
    if (status == SUAN_OK && fits(row, listing->request))
        suan_json_add(listing->rows, row);
    else
        suan_json_release(row);
    return status;
}

enum suan_status suan_service_list(struct suan_service *service, const struct suan_list_request *request,
                                   struct suan_json **out_result, struct suan_error *error)
{
    SUAN_CLEANUP(suan_txn_endp) struct suan_txn *txn = NULL;
    SUAN_CLEANUP(suan_json_releasep) struct suan_json *result = suan_json_new_object();
    struct listing listing = {.request = request, .rows = suan_json_new_array(), .error = error};
    suan_json_set(result, "releases", listing.rows);
    enum suan_status status = suan_registry_now(service->registry, &listing.now_ns, error);
    if (status == SUAN_OK)
        status = service_begin(service, &txn, error);
    listing.txn = txn;
    if (status == SUAN_OK)
        status = suan_release_each(txn, NULL, list_one, &listing, error);
    if (status == SUAN_OK)
        status = service_sort_by_id(result, "releases", error);
    service_mark_clock(service, result);
    if (status == SUAN_OK)
        *out_result = suan_take(&result);
    return status;
}

/* --- show --------------------------------------------------------------------------------------------- */

struct evidence {
    struct suan_txn *txn;
    struct suan_json *rows;
    struct suan_error *error;
};

static enum suan_status add_evidence(void *context, const struct suan_attestation *one)
{
    struct evidence *evidence = context;
    struct suan_json *row = suan_json_new_object();
    suan_json_set_text(row, "type", suan_attestation_name(one->type));
    suan_json_set_hex(row, "blob", one->blob.bytes, SUAN_DIGEST_SIZE);
    suan_json_set_integer(row, "index", (int64_t)one->index);
    suan_json_set_integer(row, "time_ns", (int64_t)one->time_ns);
    enum suan_status status = service_set_ident(evidence->txn, row, "by", &one->by, evidence->error);
    suan_json_add(evidence->rows, row);
    return status;
}

static enum suan_status add_measurement(struct suan_txn *txn, const struct suan_release *release,
                                        struct suan_json *result, struct suan_error *error)
{
    SUAN_CLEANUP(suan_json_freep) struct suan_json_document *document = NULL;
    const struct suan_json *measurement = NULL;
    struct suan_attestation newest;
    struct suan_span blob;
    enum suan_status status =
        suan_attestation_newest(txn, &release->tar, SUAN_ATTESTATION_MEASUREMENT, &newest, NULL);
    if (status == SUAN_E_NOT_FOUND)
        return SUAN_OK;
    if (status == SUAN_OK)
        status = suan_blob_get(txn, &newest.blob, &blob, error);
    if (status == SUAN_OK)
        status = suan_attestation_predicate(blob, &release->tar, &document, &measurement, error);
    if (status != SUAN_OK)
        return status;
    struct suan_json *summary = suan_json_new_object();
    static const char *const copied[] = {"status", "mode", "tier", "saving", "baseline", "task"};
    for (size_t i = 0; i < sizeof copied / sizeof copied[0]; i++) {
        const struct suan_json *value = suan_json_find(measurement, copied[i]);
        if (value != NULL)
            suan_json_set_copy(summary, copied[i], value);
    }
    suan_json_set_hex(summary, "blob", newest.blob.bytes, SUAN_DIGEST_SIZE);
    suan_json_set(result, "measurement", summary);
    return SUAN_OK;
}

static enum suan_status show_release(struct suan_service *service, struct suan_txn *txn,
                                     const struct suan_release *release, struct suan_json **out_result,
                                     struct suan_error *error)
{
    SUAN_CLEANUP(suan_json_releasep) struct suan_json *result = suan_json_new_object();
    struct evidence evidence = {txn, suan_json_new_array(), error};
    struct suan_json *row = NULL, *owners = NULL;
    struct suan_owner_table table;
    struct suan_command command = {0};
    uint64_t now_ns = 0;

    suan_json_set(result, "attestations", evidence.rows);
    enum suan_status status = suan_registry_now(service->registry, &now_ns, error);
    if (status == SUAN_OK)
        status = service_release_json(txn, release, now_ns, &row, error);
    if (status == SUAN_OK)
        suan_json_set(result, "release", row);
    if (status == SUAN_OK)
        status = suan_owner_get(txn, &release->algorithm, &table, error);
    if (status == SUAN_OK)
        status = service_owners_json(txn, &table, &owners, error);
    if (status == SUAN_OK)
        suan_json_set(result, "owners", owners);
    if (status == SUAN_OK)
        status = suan_attestation_each(txn, &release->tar, 0, add_evidence, &evidence, error);
    if (status == SUAN_OK)
        status = add_measurement(txn, release, result, error);
    if (status == SUAN_OK)
        status = suan_release_command(txn, release, &command, error);
    if (status == SUAN_OK)
        suan_json_set_copy(result, "manifest", suan_json_find(command.body, "manifest"));
    suan_command_done(&command);
    if (status != SUAN_OK)
        return status;
    suan_json_set_integer(result, "file_bytes", (int64_t)release->file_size);
    suan_json_set_text(result, "in_process",
                       "runs sealed in a worker; in-process use is no boundary: the code could do all that "
                       "your program can");
    service_mark_clock(service, result);
    *out_result = suan_take(&result);
    return SUAN_OK;
}

/* --- export ------------------------------------------------------------------------------------------- */

static enum suan_status write_into(const char *folder, const char *name, struct suan_span content,
                                   struct suan_json *files, struct suan_error *error)
{
    char path[PATH_MAX];
    if (snprintf(path, sizeof path, "%s/%s", folder, name) >= PATH_MAX)
        return suan_error_set(error, SUAN_E_USAGE, "path.too-long", NULL, "the path is too long");
    suan_json_add_text(files, path);
    return suan_file_replace(path, content, 0644, error);
}

struct signers {
    struct suan_txn *txn;
    struct suan_buffer *out;
    const char *principal;
    struct suan_error *error;
};

static enum suan_status add_signer(void *context, const struct suan_identity_key *key)
{
    struct signers *signers = context;
    return suan_allowed_signer_append(signers->out, signers->principal,
                                      SUAN_NAMESPACE_EVENT "," SUAN_NAMESPACE_RELEASE, &key->key,
                                      signers->error);
}

static enum suan_status add_member(void *context, const struct suan_membership *membership)
{
    struct signers *signers = context;
    if ((membership->roles & SUAN_ROLE_RELEASE) == 0)
        return SUAN_OK;
    return suan_key_each(signers->txn, &membership->ident, add_signer, signers, signers->error);
}

/* Every key that the publisher ever registered, and those of members who ever could release for it; all of
   them under the publisher's name. */
static enum suan_status write_signers(struct suan_txn *txn, const struct suan_release *release,
                                      const char *folder, struct suan_json *files, struct suan_error *error)
{
    SUAN_CLEANUP(suan_buffer_done) struct suan_buffer text = {0};
    struct suan_identity publisher;
    struct signers signers = {txn, &text, publisher.ident, error};
    enum suan_status status = suan_identity_get(txn, &release->publisher, &publisher, error);
    if (status == SUAN_OK)
        status = suan_key_each(txn, &release->publisher, add_signer, &signers, error);
    if (status == SUAN_OK)
        status = suan_member_each(txn, &release->publisher, add_member, &signers, error);
    return status != SUAN_OK ? status
                             : write_into(folder, "allowed_signers", suan_buffer_span(&text), files, error);
}

static enum suan_status write_armour(struct suan_span blob, const char *folder, const char *name,
                                     struct suan_json *files, struct suan_error *error)
{
    SUAN_CLEANUP(suan_buffer_done) struct suan_buffer text = {0};
    suan_sshsig_armour(blob, &text);
    return write_into(folder, name, suan_buffer_span(&text), files, error);
}

static enum suan_status write_release_text(const struct suan_release *release,
                                           const struct suan_command *command, const char *folder,
                                           struct suan_json *files, struct suan_error *error)
{
    SUAN_CLEANUP(suan_buffer_done) struct suan_buffer text = {0};
    SUAN_CLEANUP(suan_buffer_done) struct suan_buffer blob = {0};
    suan_release_text(suan_span_text(release->name), suan_span_text(release->version), &release->tar, &text);
    if (!suan_base64_decode(suan_json_text(suan_json_find(command->body, "signature")), &blob))
        return suan_error_set(error, SUAN_E_INTEGRITY, "store.corrupt", "run 'suan registry verify'",
                              "the release's signature is not Base 64");
    enum suan_status status = write_into(folder, "release.txt", suan_buffer_span(&text), files, error);
    return status != SUAN_OK ? status
                             : write_armour(suan_buffer_span(&blob), folder, "release.txt.sig", files, error);
}

static enum suan_status write_event(struct suan_txn *txn, const struct suan_release *release,
                                    const char *folder, struct suan_json *files, struct suan_error *error)
{
    struct suan_span bytes;
    struct suan_leaf leaf;
    enum suan_status status = suan_log_leaf(txn, SUAN_LOG_REGISTRY, release->index, &bytes, error);
    if (status == SUAN_OK)
        status = suan_leaf_decode(bytes, &leaf, error);
    if (status == SUAN_OK)
        status = write_into(folder, "publish.json", leaf.command, files, error);
    for (size_t i = 0; status == SUAN_OK && i < leaf.signature_count; i++) {
        char name[32];
        snprintf(name, sizeof name, i == 0 ? "publish.json.sig" : "publish.json.%zu.sig", i + 1);
        status = write_armour(leaf.signatures[i], folder, name, files, error);
    }
    return status;
}

static enum suan_status write_package(struct suan_service *service, const struct suan_release *release,
                                      const char *path, uint64_t *out_bytes, struct suan_error *error)
{
    SUAN_CLEANUP(suan_buffer_done) struct suan_buffer file = {0};
    SUAN_CLEANUP(suan_package_freep) struct suan_package *package = NULL;
    enum suan_status status =
        suan_store_read_package(suan_registry_store(service->registry), &release->tar, &file, error);
    if (status == SUAN_OK)
        status = suan_package_open_expecting(suan_buffer_span(&file), &release->tar, &package, error);
    if (status == SUAN_E_REFUSED)
        return suan_error_set(error, SUAN_E_INTEGRITY, "store.package", "run 'suan registry verify'",
                              "the stored package of %s@%s is not the one that was signed", release->name,
                              release->version);
    if (status == SUAN_OK)
        status = suan_file_replace(path, suan_buffer_span(&file), 0644, error);
    *out_bytes = file.size;
    return status;
}

static enum suan_status export_release(struct suan_service *service, struct suan_txn *txn,
                                       const struct suan_release *release, const char *folder,
                                       struct suan_json *result, struct suan_error *error)
{
    struct suan_json *files = suan_json_new_array();
    struct suan_command command = {0};
    char path[PATH_MAX];
    uint64_t bytes = 0;
    suan_json_set(result, "exported", files);
    enum suan_status status = suan_folder_make(folder, error);
    if (snprintf(path, sizeof path, "%s/%s-%s.suan", folder, release->name, release->version) >= PATH_MAX)
        status = suan_error_set(error, SUAN_E_USAGE, "path.too-long", NULL, "the path is too long");
    if (status == SUAN_OK)
        status = write_package(service, release, path, &bytes, error);
    if (status == SUAN_OK)
        suan_json_add_text(files, path);
    if (status == SUAN_OK)
        status = suan_release_command(txn, release, &command, error);
    if (status == SUAN_OK)
        status = write_release_text(release, &command, folder, files, error);
    suan_command_done(&command);
    if (status == SUAN_OK)
        status = write_event(txn, release, folder, files, error);
    return status != SUAN_OK ? status : write_signers(txn, release, folder, files, error);
}

enum suan_status suan_service_show(struct suan_service *service, const char *said, const char *export_to,
                                   struct suan_json **out_result, struct suan_error *error)
{
    SUAN_CLEANUP(suan_txn_endp) struct suan_txn *txn = NULL;
    SUAN_CLEANUP(suan_json_releasep) struct suan_json *result = NULL;
    struct suan_release release;
    enum suan_status status = service_begin(service, &txn, error);
    if (status == SUAN_OK)
        status = service_find_release(txn, suan_span_text(said), &release, error);
    if (status == SUAN_OK)
        status = show_release(service, txn, &release, &result, error);
    if (status == SUAN_OK && export_to != NULL)
        status = export_release(service, txn, &release, export_to, result, error);
    if (status == SUAN_OK)
        *out_result = suan_take(&result);
    return status;
}

enum suan_status suan_service_fetch(struct suan_service *service, const char *said, const char *path,
                                    struct suan_json **out_result, struct suan_error *error)
{
    SUAN_CLEANUP(suan_txn_endp) struct suan_txn *txn = NULL;
    struct suan_release release;
    uint64_t bytes = 0;
    enum suan_status status = service_begin(service, &txn, error);
    if (status == SUAN_OK)
        status = service_find_release(txn, suan_span_text(said), &release, error);
    if (status == SUAN_OK && (release.flags & (SUAN_RELEASE_REVOKED | SUAN_RELEASE_TAKEN_DOWN)) != 0)
        return suan_error_set(error, SUAN_E_REFUSED, "release.revoked", "see 'suan review show'",
                              "%s@%s is revoked", release.name, release.version);
    if (status == SUAN_OK)
        status = write_package(service, &release, path, &bytes, error);
    if (status != SUAN_OK)
        return status;
    struct suan_json *result = suan_json_new_object();
    suan_json_set_text(result, "id", release.name);
    suan_json_set_text(result, "version", release.version);
    suan_json_set_hex(result, "digest", release.tar.bytes, SUAN_DIGEST_SIZE);
    suan_json_set_text(result, "file", path);
    suan_json_set_integer(result, "bytes", (int64_t)bytes);
    *out_result = result;
    return SUAN_OK;
}
