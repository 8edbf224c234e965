#ifndef SUAN_SERVICE_PLUGIN_H
#define SUAN_SERVICE_PLUGIN_H

/* Inside this folder only: from a package to what the engine loads of it on this machine. */
#include "catalog/release.h"
#include "context.h"
#include "engine/guest.h"
#include "engine/machine.h"
#include "package/package.h"

struct service_plugin {
    struct suan_package *package;
    const struct suan_manifest *manifest;        /* borrowed from the package */
    const struct suan_manifest_variant *variant; /* the one this machine runs */
    struct suan_digest tar;
    char id[SUAN_NAME_MAX + 1], version[SUAN_VERSION_MAX + 1], variant_id[33];
    char sonames[SUAN_GUEST_LIBRARIES_MAX][65];
    const char *libraries[SUAN_GUEST_LIBRARIES_MAX];
    uint32_t n_libraries;
};

/* Opens the bytes of a package file, screens the chosen variant and keeps the package. `variant` NULL: the
   best for this machine. `expected` may be NULL. */
SUAN_MUST_USE enum suan_status service_plugin_open(struct suan_span file, const struct suan_digest *expected,
                                                   const char *variant, struct service_plugin *out,
                                                   struct suan_error *error);
/* The same for a release of the registry: INTEGRITY "store.package" if the stored file is not what was
 * signed. */
SUAN_MUST_USE enum suan_status service_plugin_load(struct suan_store *store,
                                                   const struct suan_release *release, const char *variant,
                                                   struct service_plugin *out, struct suan_error *error);
void service_plugin_done(struct service_plugin *plugin);

/* What the engine needs to run it, all defaults elsewhere. Borrows from the plugin. */
void service_plugin_options(const struct service_plugin *plugin, const char *task, enum suan_guest_role role,
                            struct suan_guest_options *out);

/* The task's contract as this registry has it: the plugin of the release that task.set names. */
SUAN_MUST_USE enum suan_status service_task_load(struct suan_store *store, struct suan_txn *txn,
                                                 struct suan_span task, struct service_plugin *out,
                                                 struct suan_error *error);
/* Bit i for each output i that the contract marks DYNAMIC. */
uint32_t service_dynamic_outputs(const struct suan_task_info *info);

#endif
