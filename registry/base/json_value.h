#ifndef SUAN_BASE_JSON_VALUE_H
#define SUAN_BASE_JSON_VALUE_H

/* Inside this folder only: a suan_json is a jansson value under another name, so that nobody else sees jansson. */
#include <jansson.h>

#include "json.h"

static inline json_t *value_of(const struct suan_json *json)
{
    return (json_t *)(uintptr_t)json;
}

static inline struct suan_json *json_of(const json_t *value)
{
    return (struct suan_json *)(uintptr_t)value;
}

#endif
