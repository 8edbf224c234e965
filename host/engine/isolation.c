/* The report of isolation: words for people and programs. */
#include <stdio.h>
#include <string.h>
#include <sys/utsname.h>

#include "engine.h"

const char *suan_isolation_level_name(enum suan_isolation_level level)
{
    switch (level) {
    case SUAN_ISOLATION_INPROCESS: return "NONE (in-process, vetted)";
    case SUAN_ISOLATION_REDUCED: return "REDUCED";
    case SUAN_ISOLATION_STRONG: return "STRONG";
    case SUAN_ISOLATION_FULL: return "FULL";
    case SUAN_ISOLATION_UNCHECKED:
    case SUAN_ISOLATION_NONE: break;
    }
    return "NONE";
}

static struct suan_json *layer_document(const struct suan_isolation_layer *layer)
{
    struct suan_json *object = suan_json_new_object();
    suan_json_set_text(object, "name", layer->name);
    suan_json_set_boolean(object, "attempted", layer->attempted);
    suan_json_set_boolean(object, "active", layer->active);
    suan_json_set_boolean(object, "verified", layer->verified);
    suan_json_set_integer(object, "errno", layer->errno_value);
    suan_json_set_text(object, "why", layer->why);
    return object;
}

struct suan_json *suan_isolation_document(const struct suan_isolation_report *report,
                                          enum suan_isolation_level requested)
{
    struct suan_json *object = suan_json_new_object(), *layers = suan_json_new_array();
    suan_json_set_text(object, "requested", suan_isolation_level_name(requested));
    suan_json_set_text(object, "level", suan_isolation_level_name(report->level));
    suan_json_set_boolean(object, "verified", report->level >= requested);
    suan_json_set_text(object, "arch", report->arch);
    suan_json_set_text(object, "kernel", report->kernel);
    suan_json_set_integer(object, "landlock_abi", report->landlock_abi);
    suan_json_set_text(object, "cgroup", report->cgroup);
    suan_json_set_integer(object, "worst_case_bytes", (int64_t)report->worst_case_bytes);
    for (int i = 0; i < SUAN_ISOLATION_LAYERS; i++)
        suan_json_add(layers, layer_document(&report->layers[i]));
    suan_json_set(object, "layers", layers);
    return object;
}
