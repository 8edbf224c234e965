/* Loading the packages that a check or a measurement is about. */
#include "party.h"

#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "name_of.h"

static bool is_file(const char *name)
{
    size_t size = strlen(name);
    return size > 5 && strcmp(name + size - 5, ".suan") == 0;
}

static enum suan_status open_file(const char *path, struct service_plugin *out, struct suan_error *error)
{
    SUAN_CLEANUP(suan_buffer_done) struct suan_buffer file = {0};
    enum suan_status status = suan_file_read(path, SUAN_PACKAGE_FILE_MAX, &file, error);
    if (status != SUAN_OK)
        return status;
    status = service_plugin_open(suan_buffer_span(&file), NULL, NULL, out, error);
    if (status != SUAN_OK)
        suan_error_prefix(error, path);
    return status;
}

static enum suan_status open_named(struct suan_service *service, const char *name, struct service_plugin *out,
                                   struct suan_release *out_release, struct suan_error *error)
{
    SUAN_CLEANUP(suan_txn_endp) struct suan_txn *txn = NULL;
    if (is_file(name))
        return open_file(name, out, error);
    if (service->registry == NULL)
        return suan_error_set(error, SUAN_E_USAGE, "package.name",
                              "name a FILE.suan, or a registry: --registry DIR", "'%s' is no package file",
                              name);
    enum suan_status status = service_begin(service, &txn, error);
    if (status == SUAN_OK)
        status = service_find_release(txn, suan_span_text(name), out_release, error);
    return status != SUAN_OK
               ? status
               : service_plugin_load(suan_registry_store(service->registry), out_release, NULL, out, error);
}

/* The contract that the registry has for this id. */
static enum suan_status open_contract(struct suan_service *service, const char *id,
                                      struct service_parties *out, struct suan_error *error)
{
    SUAN_CLEANUP(suan_txn_endp) struct suan_txn *txn = NULL;
    enum suan_status status = service_begin(service, &txn, error);
    if (status == SUAN_OK)
        status = service_task_load(suan_registry_store(service->registry), txn, suan_span_text(id),
                                   &out->task, error);
    if (status == SUAN_OK)
        out->task_state = SERVICE_TASK_LOADED;
    return status;
}

static enum suan_status open_task(struct suan_service *service, const char *task, struct service_parties *out,
                                  struct suan_error *error)
{
    struct suan_release ignored;
    const struct suan_manifest *manifest = out->plugin.manifest;
    struct suan_span first = manifest->tasks[0];
    snprintf(out->task_id, sizeof out->task_id, "%.*s", SUAN_SPAN_PRINTF(first));
    if (task == NULL || suan_package_is_task(suan_span_text(task))) {
        if (task != NULL)
            snprintf(out->task_id, sizeof out->task_id, "%s", task);
        if (service->registry == NULL)
            return SUAN_OK;
        enum suan_status status = open_contract(service, out->task_id, out, error);
        return status == SUAN_E_NOT_FOUND && task == NULL ? SUAN_OK : status;
    }
    enum suan_status status = open_named(service, task, &out->task, &ignored, error);
    if (status != SUAN_OK)
        return status;
    if (out->task.manifest->kind != SUAN_KIND_TASK)
        return suan_error_set(error, SUAN_E_USAGE, "task.kind", NULL, "--task: %s is no task package", task);
    snprintf(out->task_id, sizeof out->task_id, "%.*s", SUAN_SPAN_PRINTF(out->task.manifest->tasks[0]));
    out->task_state = SERVICE_TASK_LOADED;
    return SUAN_OK;
}

/* That the package solves the task. */
static enum suan_status check_task(const struct service_parties *parties, struct suan_error *error)
{
    const struct suan_manifest *manifest = parties->plugin.manifest;
    for (size_t i = 0; i < manifest->n_tasks; i++) {
        if (suan_span_equal(manifest->tasks[i], suan_span_text(parties->task_id)))
            return SUAN_OK;
    }
    return suan_error_set(error, SUAN_E_USAGE, "task.other", NULL, "%s does not solve %s", parties->plugin.id,
                          parties->task_id);
}

enum suan_status service_parties_open(struct suan_service *service, const char *package, const char *task,
                                      const char *against, struct service_parties *out,
                                      struct suan_error *error)
{
    char worker[PATH_MAX];
    struct suan_release ignored;
    *out = (struct service_parties){0};
    enum suan_status status = open_named(service, package, &out->plugin, &out->release, error);
    out->origin = is_file(package) ? SERVICE_FROM_FILE : SERVICE_FROM_REGISTRY;
    if (status == SUAN_OK)
        status = open_task(service, task, out, error);
    if (status == SUAN_OK)
        status = check_task(out, error);
    if (status == SUAN_OK && against != NULL) {
        out->against = SERVICE_BASELINE_CHOSEN;
        status = open_named(service, against, &out->baseline, &ignored, error);
    }
    if (status == SUAN_OK)
        status = service_find_worker(service->options.worker, worker, error);
    struct suan_engine_options options = {.worker = worker};
    if (status == SUAN_OK)
        status = suan_engine_open(&options, &out->engine, error);
    out->contract = out->task.tar;
    if (status != SUAN_OK)
        service_parties_done(out);
    return status;
}

void service_parties_done(struct service_parties *parties)
{
    suan_engine_close(parties->engine);
    service_plugin_done(&parties->plugin);
    service_plugin_done(&parties->task);
    service_plugin_done(&parties->baseline);
    *parties = (struct service_parties){0};
}

static void describe(const struct service_plugin *plugin, const char *task, enum suan_guest_role role,
                     const char *part, struct suan_session_party *out)
{
    snprintf(out->party.id, sizeof out->party.id, "%s", plugin->id);
    snprintf(out->party.version, sizeof out->party.version, "%s", plugin->version);
    snprintf(out->party.variant, sizeof out->party.variant, "%s", plugin->variant_id);
    snprintf(out->party.role, sizeof out->party.role, "%s", part);
    out->party.tar = plugin->tar;
    service_plugin_options(plugin, task, role, &out->load);
}

void service_parties_request(const struct service_parties *parties, struct suan_session_request *out)
{
    *out = (struct suan_session_request){.engine = parties->engine,
                                         .task_id = parties->task_id,
                                         .contract = parties->contract,
                                         .host_version = suan_service_version()};
    describe(&parties->task, parties->task_id, SUAN_GUEST_TASK, "", &out->task);
    describe(&parties->plugin, parties->task_id, SUAN_GUEST_ALGORITHM, "", &out->release);
    if (parties->against == SERVICE_BASELINE_CHOSEN)
        describe(&parties->baseline, parties->task_id, SUAN_GUEST_ALGORITHM, "other", &out->baseline);
    else
        describe(&parties->task, parties->task_id, SUAN_GUEST_INCUMBENT, "incumbent", &out->baseline);
}
