/* How well this machine can contain a plugin, and what else it offers. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "check.h"
#include "context.h"
#include "engine/engine.h"
#include "engine/machine.h"

static enum suan_status read_level(const char *name, enum suan_isolation_level *out, struct suan_error *error)
{
    for (int level = SUAN_ISOLATION_NONE; level <= SUAN_ISOLATION_FULL; level++) {
        if (strcmp(name, suan_isolation_level_name((enum suan_isolation_level)level)) == 0) {
            *out = (enum suan_isolation_level)level;
            return SUAN_OK;
        }
    }
    return suan_error_set(error, SUAN_E_USAGE, "option.value", "say FULL, STRONG, REDUCED or NONE",
                          "--require: no level '%s'", name);
}

static enum suan_status open_engine(struct suan_service *service, struct suan_engine **out_engine,
                                    struct suan_error *error)
{
    char worker[PATH_MAX];
    enum suan_status status = service_find_worker(service->options.worker, worker, error);
    struct suan_engine_options options = {.worker = worker};
    return status != SUAN_OK ? status : suan_engine_open(&options, out_engine, error);
}

enum suan_status suan_service_isolation(struct suan_service *service, const char *require,
                                        struct suan_json **out_result, struct suan_error *error)
{
    SUAN_CLEANUP(suan_engine_closep) struct suan_engine *engine = NULL;
    enum suan_isolation_level wanted = SUAN_ISOLATION_STRONG;
    enum suan_status status = require != NULL ? read_level(require, &wanted, error) : SUAN_OK;
    if (status == SUAN_OK)
        status = open_engine(service, &engine, error);
    if (status != SUAN_OK)
        return status;
    const struct suan_isolation_report *report = suan_engine_report(engine);
    *out_result = suan_isolation_document(report, wanted);
    if (*out_result == NULL)
        return suan_error_set(error, SUAN_E_MEMORY, "memory", NULL, "out of memory");
    if (report->level < wanted)
        return suan_error_set(error, SUAN_E_REFUSED, "isolation.level",
                              "the table says which layer is missing, and why",
                              "this machine reaches %s, not %s", suan_isolation_level_name(report->level),
                              suan_isolation_level_name(wanted));
    return SUAN_OK;
}

static void set_tool(struct suan_json *tools, const char *name, const char *path)
{
    suan_json_set_boolean(tools, name, access(path, X_OK) == 0);
}

enum suan_status suan_service_doctor(struct suan_service *service, struct suan_json **out_result,
                                     struct suan_error *error)
{
    SUAN_CLEANUP(suan_engine_closep) struct suan_engine *engine = NULL;
    struct suan_machine machine;
    const char *why = NULL;
    enum suan_status status = open_engine(service, &engine, error);
    if (status != SUAN_OK)
        return status;
    suan_machine_read(&machine);
    char tier[2] = {suan_engine_tier(engine, &why), '\0'};
    struct suan_json *result = suan_json_new_object(), *tools = suan_json_new_object();
    const char *variant = suan_variant_name(machine.kind, machine.isa);
    suan_json_set_text(result, "version", suan_service_version());
    suan_json_set_text(result, "variant", variant != NULL ? variant : "none");
    suan_json_set_integer(result, "cpus", machine.online_cpus);
    suan_json_set_text(result, "isolation", suan_isolation_level_name(suan_engine_report(engine)->level));
    suan_json_set_text(result, "tier", tier);
    suan_json_set_text(result, "tier_missing", why != NULL ? why : "");
    set_tool(tools, "gnuplot", "/usr/bin/gnuplot");
    set_tool(tools, "ssh-keygen", "/usr/bin/ssh-keygen");
    set_tool(tools, "objdump", "/usr/bin/objdump");
    suan_json_set(result, "tools", tools);
    *out_result = result;
    return SUAN_OK;
}
