/* Packing and publishing: the package is judged before anything is written. */
#include "publish.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "catalog/release.h"
#include "context.h"
#include "package/pack.h"
#include "package/screen.h"
#include "trust/base64.h"

enum suan_status suan_service_pack(const char *folder, const char *path, struct suan_json **out_result,
                                   struct suan_error *error)
{
    SUAN_CLEANUP(suan_buffer_done) struct suan_buffer file = {0};
    SUAN_CLEANUP(suan_package_freep) struct suan_package *package = NULL;
    struct suan_digest tar;
    char name[PATH_MAX];
    enum suan_status status = suan_pack_folder(folder, &file, &tar, error);
    if (status == SUAN_OK)
        status = suan_package_open(suan_buffer_span(&file), &package, error);
    if (status == SUAN_OK)
        status = suan_package_screen(package, error);
    if (status != SUAN_OK) {
        suan_error_prefix(error, folder);
        return status;
    }
    const struct suan_manifest *manifest = suan_package_manifest(package);
    snprintf(name, sizeof name, "%.*s-%.*s.suan", SUAN_SPAN_PRINTF(manifest->name),
             SUAN_SPAN_PRINTF(manifest->version));
    status = suan_file_replace(path != NULL ? path : name, suan_buffer_span(&file), 0644, error);
    if (status != SUAN_OK)
        return status;
    struct suan_json *result = suan_json_new_object();
    suan_json_set_span(result, "id", manifest->name);
    suan_json_set_span(result, "version", manifest->version);
    suan_json_set_hex(result, "digest", tar.bytes, SUAN_DIGEST_SIZE);
    suan_json_set_text(result, "file", path != NULL ? path : name);
    suan_json_set_integer(result, "bytes", (int64_t)file.size);
    *out_result = result;
    return SUAN_OK;
}

/* --- publishing --------------------------------------------------------------------------------------- */

struct publication {
    struct suan_service *service;
    const struct suan_acting *acting;
    const struct suan_publish_request *request;
    struct suan_package *package;
    const struct suan_manifest *manifest;
    struct suan_digest tar;
    struct suan_buffer file, text, signature; /* signature: the blob */
    struct service_record record;             /* of release.publish under this command id */
    enum { NAME_NEW, NAME_KNOWN } name;
    enum { PACKAGE_NEW, PACKAGE_KNOWN } stored;
};

static void publication_done(struct publication *publication)
{
    suan_package_free(publication->package);
    suan_buffer_done(&publication->file);
    suan_buffer_done(&publication->text);
    suan_buffer_done(&publication->signature);
    service_record_done(&publication->record);
}

static enum suan_status open_package(struct publication *publication, struct suan_error *error)
{
    enum suan_status status =
        suan_file_read(publication->request->package, SUAN_PACKAGE_FILE_MAX, &publication->file, error);
    if (status == SUAN_E_REFUSED)
        return suan_error_set(error, SUAN_E_REFUSED, "package.too-large", NULL, "%s: more than %llu bytes",
                              publication->request->package, (unsigned long long)SUAN_PACKAGE_FILE_MAX);
    if (status != SUAN_OK)
        return status;
    status = suan_package_open(suan_buffer_span(&publication->file), &publication->package, error);
    if (status == SUAN_OK)
        status = suan_package_screen(publication->package, error);
    if (status != SUAN_OK) {
        suan_error_prefix(error, publication->request->package);
        return status;
    }
    publication->manifest = suan_package_manifest(publication->package);
    publication->tar = suan_package_tar_sha256(publication->package);
    suan_release_text(publication->manifest->name, publication->manifest->version, &publication->tar,
                      &publication->text);
    return suan_buffer_check(&publication->text, error);
}

static enum suan_status sign_release(struct publication *publication, struct suan_error *error)
{
    SUAN_CLEANUP(suan_signer_closep) struct suan_signer *signer = NULL;
    SUAN_CLEANUP(suan_buffer_done) struct suan_buffer armour = {0};
    const struct suan_acting *acting = publication->acting;
    enum suan_status status;
    if (publication->request->release_signature != NULL) {
        status =
            suan_file_read(publication->request->release_signature, SUAN_SSHSIG_ARMOUR_MAX, &armour, error);
        return status != SUAN_OK
                   ? status
                   : suan_sshsig_dearmour(suan_buffer_span(&armour), &publication->signature, error);
    }
    if (acting->n_sign == 0)
        return suan_error_set(error, SUAN_E_USAGE, "acting.sign",
                              "say --sign KEYFILE, or --release-signature FILE made over --print-release",
                              "it is not said which key signs the release");
    status = service_open_signer(publication->service, acting->sign[0], acting->as, &signer, error);
    return status != SUAN_OK
               ? status
               : suan_sshsig_sign(signer, SUAN_NAMESPACE_RELEASE, suan_buffer_span(&publication->text),
                                  &publication->signature, error);
}

static enum suan_status fill_publish(void *context, struct suan_json *body, struct suan_error *error)
{
    const struct publication *publication = context;
    SUAN_CLEANUP(suan_buffer_done) struct suan_buffer base64 = {0};
    struct suan_digest file = suan_package_file_sha256(publication->package);
    suan_base64_append(&base64, suan_buffer_span(&publication->signature));
    suan_json_set_copy(body, "manifest", suan_manifest_json(publication->manifest));
    suan_json_set_hex(body, "tar", publication->tar.bytes, SUAN_DIGEST_SIZE);
    suan_json_set_hex(body, "file", file.bytes, SUAN_DIGEST_SIZE);
    suan_json_set_integer(body, "tar_size", (int64_t)suan_package_tar_bytes(publication->package));
    suan_json_set_integer(body, "file_size", (int64_t)suan_package_file_bytes(publication->package));
    suan_json_set_span(body, "signature", suan_buffer_span(&base64));
    return suan_buffer_check(&base64, error);
}

static enum suan_status fill_create(void *context, struct suan_json *body, struct suan_error *error)
{
    const struct publication *publication = context;
    const struct suan_publish_request *request = publication->request;
    struct suan_json *owners = suan_json_new_array();
    suan_json_set_span(body, "name", publication->manifest->name);
    suan_json_set(body, "owners", owners);
    for (size_t i = 0; i < request->n_owners; i++) {
        const char *equals = strchr(request->owners[i], '=');
        char *end = NULL;
        long bp = equals != NULL ? strtol(equals + 1, &end, 10) : 0;
        if (equals == NULL || end == equals + 1 || *end != '\0' || bp < 1 || bp > SUAN_SHARE_WHOLE_BP)
            return suan_error_set(error, SUAN_E_USAGE, "option.value",
                                  "a share is IDENT=BASISPOINTS, as liwei=6000", "--owner: '%s' does not fit",
                                  request->owners[i]);
        struct suan_json *row = suan_json_new_object();
        suan_json_set_span(row, "id", suan_span(request->owners[i], (size_t)(equals - request->owners[i])));
        suan_json_set_integer(row, "bp", bp);
        suan_json_add(owners, row);
    }
    if (request->n_owners > 0)
        return SUAN_OK;
    struct suan_json *row = suan_json_new_object();
    suan_json_set_copy(row, "id", suan_json_find(body, "by"));
    suan_json_set_integer(row, "bp", SUAN_SHARE_WHOLE_BP);
    suan_json_add(owners, row);
    return SUAN_OK;
}

/* Whether the name has owners already, and the package is on record. */
static enum suan_status look_up(struct publication *publication, struct suan_error *error)
{
    SUAN_CLEANUP(suan_txn_endp) struct suan_txn *txn = NULL;
    struct suan_algorithm_record algorithm;
    struct suan_release release;
    enum suan_status status = service_begin(publication->service, &txn, error);
    if (status != SUAN_OK)
        return status;
    status = suan_algorithm_get(txn, publication->manifest->name, &algorithm, error);
    publication->name = status == SUAN_OK ? NAME_KNOWN : NAME_NEW;
    if (status != SUAN_OK && status != SUAN_E_NOT_FOUND)
        return status;
    status = suan_release_by_digest(txn, &publication->tar, &release, error);
    publication->stored = status == SUAN_OK ? PACKAGE_KNOWN : PACKAGE_NEW;
    return status == SUAN_E_NOT_FOUND ? SUAN_OK : status;
}

static enum suan_status check_name(const struct publication *publication, struct suan_error *error)
{
    const struct suan_acting *acting = publication->acting;
    bool repeated = publication->record.command.body != NULL;
    if (publication->name == NAME_KNOWN && publication->request->n_owners > 0 && !repeated)
        return suan_error_set(error, SUAN_E_CONFLICT, "event.conflict", "change owners with 'suan owner set'",
                              "'%.*s' has owners already", SUAN_SPAN_PRINTF(publication->manifest->name));
    if (publication->name == NAME_NEW && (acting->print_command || acting->command != NULL))
        return suan_error_set(error, SUAN_E_NOT_FOUND, "algorithm.absent",
                              "its owners come first: 'suan owner create NAME --print-command'",
                              "no algorithm '%.*s' on record", SUAN_SPAN_PRINTF(publication->manifest->name));
    return SUAN_OK;
}

/* All owners sign for a new name; the release itself is signed by the first key alone. */
static enum suan_status submit_both(struct publication *publication, const struct change *publish,
                                    struct suan_json **out_result, struct suan_error *error)
{
    char id[33];
    struct suan_acting actings[2] = {service_acting_for(publication->acting, "algorithm.create", id),
                                     *publication->acting};
    struct change changes[2] = {
        {.kind = SUAN_EVENT_ALGORITHM_CREATE, .fill = fill_create, .context = publication}, *publish};
    actings[1].n_sign = actings[1].n_sign > 1 ? 1 : actings[1].n_sign;
    return service_change_all(publication->service, actings, changes, 2, out_result, error);
}

static enum suan_status submit(struct publication *publication, struct suan_json **out_result,
                               struct suan_error *error)
{
    struct suan_store *store = suan_registry_store(publication->service->registry);
    struct suan_acting acting = *publication->acting;
    struct change change = {.kind = SUAN_EVENT_RELEASE_PUBLISH,
                            .fill = fill_publish,
                            .context = publication,
                            .not_after_ns = publication->record.command.not_after_ns};
    enum suan_status status = SUAN_OK;
    acting.n_sign = acting.n_sign > 1 ? 1 : acting.n_sign;
    if (publication->stored == PACKAGE_NEW && !acting.print_command)
        status =
            suan_store_keep_package(store, &publication->tar, suan_buffer_span(&publication->file), error);
    if (status != SUAN_OK)
        return status;
    status = publication->name == NAME_NEW
                 ? submit_both(publication, &change, out_result, error)
                 : service_change(publication->service, &acting, &change, out_result, error);
    if (status != SUAN_OK && publication->stored == PACKAGE_NEW)
        (void)!suan_store_sweep(store, NULL); /* the refusal is what the caller must know */
    return status;
}

enum suan_status suan_service_publish(struct suan_service *service, const struct suan_acting *acting,
                                      const struct suan_publish_request *request,
                                      struct suan_json **out_result, struct suan_error *error)
{
    SUAN_CLEANUP(publication_done)
    struct publication publication = {.service = service, .acting = acting, .request = request};
    SUAN_CLEANUP(suan_json_releasep) struct suan_json *result = NULL;
    enum suan_status status = open_package(&publication, error);
    if (status == SUAN_OK && request->what == SUAN_PUBLISH_PRINT_RELEASE) {
        *out_result = suan_json_new_object();
        suan_json_set_span(*out_result, "release_text", suan_buffer_span(&publication.text));
        return SUAN_OK;
    }
    if (status == SUAN_OK)
        status = service_find_record(service, acting, SUAN_EVENT_RELEASE_PUBLISH, &publication.record, error);
    if (status == SUAN_OK)
        status = look_up(&publication, error);
    if (status == SUAN_OK)
        status = check_name(&publication, error);
    if (status == SUAN_OK && acting->command == NULL)
        status = sign_release(&publication, error);
    if (status == SUAN_OK)
        status = submit(&publication, &result, error);
    if (status != SUAN_OK)
        return status;
    struct suan_json *release = suan_json_new_object();
    suan_json_set_span(release, "id", publication.manifest->name);
    suan_json_set_span(release, "version", publication.manifest->version);
    suan_json_set_hex(release, "digest", publication.tar.bytes, SUAN_DIGEST_SIZE);
    suan_json_set(result, "release", release);
    *out_result = suan_take(&result);
    return SUAN_OK;
}
