/* The variant of a package that this machine runs, and what the engine must know to load it. */
#include "plugin.h"

#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "package/screen.h"

static enum suan_status choose_variant(struct service_plugin *plugin, const char *only,
                                       struct suan_error *error)
{
    struct suan_variant variants[SUAN_MANIFEST_VARIANTS_MAX];
    char ids[SUAN_MANIFEST_VARIANTS_MAX][33];
    struct suan_machine machine;
    const struct suan_manifest *manifest = plugin->manifest;
    size_t chosen = 0;

    for (size_t i = 0; i < manifest->n_variants; i++) {
        const struct suan_manifest_variant *variant = &manifest->variants[i];
        struct suan_variant_target target = suan_package_variant_target(variant->id);
        uint64_t needed = 0;
        for (size_t f = 0; f < variant->n_features; f++)
            needed |= suan_package_cpu_feature(target.machine, variant->features[f]);
        snprintf(ids[i], sizeof ids[i], "%.*s", SUAN_SPAN_PRINTF(variant->id));
        variants[i] =
            (struct suan_variant){ids[i], (enum suan_machine_kind)target.machine, target.isa, needed};
    }
    suan_machine_read(&machine);
    enum suan_status status =
        suan_variant_choose(&machine, variants, manifest->n_variants, only, &chosen, error);
    if (status != SUAN_OK)
        return status;
    plugin->variant = &manifest->variants[chosen];
    snprintf(plugin->variant_id, sizeof plugin->variant_id, "%s", ids[chosen]);
    return SUAN_OK;
}

static enum suan_status screen(const struct service_plugin *plugin, struct suan_error *error)
{
    struct suan_screening screening;
    suan_screen(suan_package_object(plugin->package, plugin->variant), plugin->manifest, plugin->variant,
                &screening);
    for (size_t i = 0; i < SUAN_SCREEN_ROWS; i++) {
        if (screening.rows[i].result == SUAN_SCREEN_FAIL)
            return suan_error_set(error, SUAN_E_REFUSED, "package.elf", "see 'suan check FILE.suan'",
                                  "%s@%s: %s: %s", plugin->id, plugin->version, screening.rows[i].id,
                                  screening.rows[i].detail);
    }
    return SUAN_OK;
}

static void name_libraries(struct service_plugin *plugin)
{
    for (size_t i = 0; i < plugin->manifest->n_needs && i < SUAN_GUEST_LIBRARIES_MAX; i++) {
        snprintf(plugin->sonames[i], sizeof plugin->sonames[i], "%.*s",
                 SUAN_SPAN_PRINTF(plugin->manifest->needs[i].soname));
        plugin->libraries[i] = plugin->sonames[i];
        plugin->n_libraries++;
    }
}

enum suan_status service_plugin_open(struct suan_span file, const struct suan_digest *expected,
                                     const char *variant, struct service_plugin *out,
                                     struct suan_error *error)
{
    *out = (struct service_plugin){0};
    enum suan_status status = expected != NULL
                                  ? suan_package_open_expecting(file, expected, &out->package, error)
                                  : suan_package_open(file, &out->package, error);
    if (status != SUAN_OK)
        return status;
    out->manifest = suan_package_manifest(out->package);
    out->tar = suan_package_tar_sha256(out->package);
    snprintf(out->id, sizeof out->id, "%.*s", SUAN_SPAN_PRINTF(out->manifest->name));
    snprintf(out->version, sizeof out->version, "%.*s", SUAN_SPAN_PRINTF(out->manifest->version));
    name_libraries(out);
    status = choose_variant(out, variant, error);
    if (status == SUAN_OK)
        status = screen(out, error);
    if (status != SUAN_OK)
        service_plugin_done(out);
    return status;
}

enum suan_status service_plugin_load(struct suan_store *store, const struct suan_release *release,
                                     const char *variant, struct service_plugin *out,
                                     struct suan_error *error)
{
    SUAN_CLEANUP(suan_buffer_done) struct suan_buffer file = {0};
    *out = (struct service_plugin){0};
    enum suan_status status = suan_store_read_package(store, &release->tar, &file, error);
    if (status == SUAN_E_NOT_FOUND)
        return suan_error_set(error, SUAN_E_INTEGRITY, "store.package", "run 'suan registry verify'",
                              "the package of %s@%s is gone from the registry", release->name,
                              release->version);
    if (status == SUAN_OK)
        status = service_plugin_open(suan_buffer_span(&file), &release->tar, variant, out, error);
    if (status == SUAN_E_REFUSED && error != NULL && strcmp(error->code, "package.elf") != 0)
        return suan_error_set(error, SUAN_E_INTEGRITY, "store.package", "run 'suan registry verify'",
                              "the stored package of %s@%s is not the one that was signed", release->name,
                              release->version);
    return status;
}

void service_plugin_done(struct service_plugin *plugin)
{
    suan_package_free(plugin->package);
    *plugin = (struct service_plugin){0};
}

static uint64_t flags_of(const struct suan_manifest_variant *variant)
{
    uint64_t flags = 0;
    if (variant->concurrency >= SUAN_CONCURRENCY_INSTANCES)
        flags |= SUAN_FLAG_CONCURRENT_INSTANCES;
    if (variant->concurrency == SUAN_CONCURRENCY_RUNS)
        flags |= SUAN_FLAG_CONCURRENT_RUNS;
    if (variant->deterministic)
        flags |= SUAN_FLAG_BIT_REPEATABLE;
    if (suan_manifest_has_feature(variant, "own-threads"))
        flags |= SUAN_FLAG_OWN_THREADS;
    return flags;
}

void service_plugin_options(const struct service_plugin *plugin, const char *task, enum suan_guest_role role,
                            struct suan_guest_options *out)
{
    struct suan_variant_target target = suan_package_variant_target(plugin->variant->id);
    uint64_t needed = 0;
    for (size_t f = 0; f < plugin->variant->n_features; f++)
        needed |= suan_package_cpu_feature(target.machine, plugin->variant->features[f]);
    *out = (struct suan_guest_options){
        .plugin = suan_package_object(plugin->package, plugin->variant),
        .task = task,
        .role = role,
        .id = plugin->id,
        .version = plugin->version,
        .isa = target.isa,
        .flags = flags_of(plugin->variant),
        .cpu_needed = needed,
        .libraries = plugin->libraries,
        .n_libraries = plugin->n_libraries,
    };
}

enum suan_status service_task_load(struct suan_store *store, struct suan_txn *txn, struct suan_span task,
                                   struct service_plugin *out, struct suan_error *error)
{
    struct suan_task_record record;
    struct suan_release contract;
    enum suan_status status = suan_task_get(txn, task, &record, error);
    if (status == SUAN_OK)
        status = suan_release_by_digest(txn, &record.contract, &contract, error);
    return status != SUAN_OK ? status : service_plugin_load(store, &contract, NULL, out, error);
}

uint32_t service_dynamic_outputs(const struct suan_task_info *info)
{
    uint32_t set = 0;
    for (uint32_t i = 0; i < info->n_out; i++) {
        if ((info->out[i].flags & SUAN_PORT_DYNAMIC) != 0)
            set |= UINT32_C(1) << i;
    }
    return set;
}
