/* dlopen and the first look at what came in. The plugin's own pointers are followed here: where it is
   hostile, this process is a sealed worker and dies alone. */
#include "loader.h"

#include <dlfcn.h>
#include <stddef.h>
#include <string.h>

typedef const struct suan_plugin *entry_function(const struct suan_host *host);

static const char code_load[] = "plugin.load";
static const char code_abi[] = "plugin.abi";
static const char code_descriptor[] = "plugin.descriptor";

/* The promises that a manifest states, too: concurrency, own threads, determinism. The others are the
 * plugin's word alone. */
#define MANIFEST_FLAGS                                                                                       \
    (SUAN_FLAG_CONCURRENT_INSTANCES | SUAN_FLAG_CONCURRENT_RUNS | SUAN_FLAG_OWN_THREADS |                    \
     SUAN_FLAG_BIT_REPEATABLE)

enum suan_status suan_loader_library(const char *soname, struct suan_error *error)
{
    if (dlopen(soname, RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE) == NULL)
        return suan_error_set(error, SUAN_E_WORKER_LOAD, code_load,
                              "install the Debian package the manifest names", "library %s: %s", soname,
                              dlerror());
    return SUAN_OK;
}

static enum suan_status mismatch(struct suan_error *error, const char *field, uint64_t plugin,
                                 uint64_t manifest)
{
    return suan_error_set(error, SUAN_E_WORKER_LOAD, code_descriptor, "pack the plugin again",
                          "%s: the plugin says %#llx, its manifest %#llx", field, (unsigned long long)plugin,
                          (unsigned long long)manifest);
}

static enum suan_status text_mismatch(struct suan_error *error, const char *field, const char *plugin,
                                      const char *manifest)
{
    return suan_error_set(error, SUAN_E_WORKER_LOAD, code_descriptor, "pack the plugin again",
                          "%s: the plugin says '%.80s', its manifest '%s'", field,
                          plugin == NULL ? "" : plugin, manifest);
}

static enum suan_status check_abi(const struct suan_descriptor *descriptor, struct suan_error *error)
{
    if (descriptor->struct_size < sizeof *descriptor)
        return suan_error_set(error, SUAN_E_WORKER_LOAD, code_abi, NULL,
                              "the descriptor has %u bytes, 1.0 has %zu", descriptor->struct_size,
                              sizeof *descriptor);
    if (descriptor->abi_draft != SUAN_ABI_DRAFT)
        return suan_error_set(error, SUAN_E_WORKER_LOAD, code_abi, "build it again with this host's headers",
                              "the plugin is built for ABI draft %u, this host has %u", descriptor->abi_draft,
                              SUAN_ABI_DRAFT);
    if (descriptor->min_host_minor > SUAN_ABI_MINOR)
        return suan_error_set(error, SUAN_E_WORKER_LOAD, code_abi, "use a newer host",
                              "the plugin needs ABI %d.%u, this host has %d.%d", SUAN_ABI_MAJOR,
                              descriptor->min_host_minor, SUAN_ABI_MAJOR, SUAN_ABI_MINOR);
    if ((descriptor->flags & ~SUAN_FLAGS_KNOWN) != 0)
        return suan_error_set(error, SUAN_E_WORKER_LOAD, code_abi, "use a newer host",
                              "needs a newer host: unknown flags %#llx",
                              (unsigned long long)(descriptor->flags & ~SUAN_FLAGS_KNOWN));
    return SUAN_OK;
}

static enum suan_status compare(const struct suan_descriptor *descriptor,
                                const struct suan_loader_facts *facts, struct suan_error *error)
{
    if (descriptor->kind != facts->kind)
        return mismatch(error, "kind", (uint64_t)descriptor->kind, (uint64_t)facts->kind);
    if (facts->id == NULL)
        return SUAN_OK;
    if (descriptor->id == NULL || strcmp(descriptor->id, facts->id) != 0)
        return text_mismatch(error, "id", descriptor->id, facts->id);
    if (facts->version != NULL &&
        (descriptor->version == NULL || strcmp(descriptor->version, facts->version) != 0))
        return text_mismatch(error, "version", descriptor->version, facts->version);
    if (descriptor->isa != facts->isa)
        return mismatch(error, "isa", descriptor->isa, facts->isa);
    if ((descriptor->flags & MANIFEST_FLAGS) != (facts->flags & MANIFEST_FLAGS))
        return mismatch(error, "flags", descriptor->flags & MANIFEST_FLAGS, facts->flags & MANIFEST_FLAGS);
    if (descriptor->cpu_needed != facts->cpu_needed)
        return mismatch(error, "cpu_needed", descriptor->cpu_needed, facts->cpu_needed);
    return SUAN_OK;
}

static bool algorithm_is_complete(const struct suan_algorithm *algorithm)
{
    return algorithm != NULL && algorithm->create != NULL && algorithm->infer != NULL &&
           algorithm->run != NULL && algorithm->destroy != NULL;
}

static bool task_is_complete(const struct suan_task *task)
{
    return task != NULL && task->info != NULL && task->create != NULL && task->plan != NULL &&
           task->generate != NULL && task->check != NULL && task->destroy != NULL &&
           task->info->struct_size >= sizeof *task->info && algorithm_is_complete(task->incumbent);
}

static enum suan_status check_tables(const struct suan_plugin *plugin, struct suan_error *error)
{
    bool task = plugin->descriptor->kind == SUAN_KIND_TASK;
    bool complete = task ? plugin->algorithm == NULL && task_is_complete(plugin->task)
                         : plugin->task == NULL && algorithm_is_complete(plugin->algorithm);
    if (complete)
        return SUAN_OK;
    return suan_error_set(error, SUAN_E_WORKER_LOAD, code_descriptor, NULL,
                          "the plugin's %s table is missing, incomplete, or not its only one",
                          task ? "task" : "algorithm");
}

enum suan_status suan_loader_open(const char *path, const struct suan_loader_facts *facts,
                                  const struct suan_host *host, const struct suan_plugin **out_plugin,
                                  struct suan_error *error)
{
    void *handle = dlopen(path, RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE);
    if (handle == NULL)
        return suan_error_set(error, SUAN_E_WORKER_LOAD, code_load, NULL, "%s", dlerror());
    entry_function *entry = NULL;
    *(void **)&entry = dlsym(handle, "suan_plugin_v1");
    if (entry == NULL)
        return suan_error_set(error, SUAN_E_WORKER_LOAD, code_abi, NULL, "it does not export suan_plugin_v1");
    const struct suan_plugin *plugin = entry(host);
    if (plugin == NULL || plugin->descriptor == NULL)
        return suan_error_set(error, SUAN_E_WORKER_LOAD, code_load, NULL, "the plugin refuses this host");
    enum suan_status status = check_abi(plugin->descriptor, error);
    if (status == SUAN_OK)
        status = compare(plugin->descriptor, facts, error);
    if (status == SUAN_OK)
        status = check_tables(plugin, error);
    if (status == SUAN_OK)
        *out_plugin = plugin;
    return status;
}
