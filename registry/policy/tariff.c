#include "tariff.h"

#include <stdio.h>

#include "base/cleanup.h"
#include "base/number.h"
#include "reader.h"

#define NS_PER_HOUR INT64_C(3600000000000)

static enum suan_status read_tariff(const struct suan_json *root, struct suan_tariff *out,
                                    struct suan_error *error)
{
    static const char *const known[] = {"schema", "id", "from", "until", "fen_per_cpu_hour", "source", NULL};
    static const char *const schemas[] = {"suan.tariff/1", NULL};
    struct suan_span id = {NULL, 0}, source = {NULL, 0};
    int schema = 0;
    struct suan_tariff tariff = {.until = INT32_MAX};
    enum suan_status status = policy_only(root, known, "", error);
    if (status == SUAN_OK)
        status = policy_choice(root, "schema", SUAN_JSON_REQUIRED, schemas, &schema, "", error);
    if (status == SUAN_OK)
        status = policy_text(root, "id", SUAN_JSON_REQUIRED, sizeof tariff.id - 1, &id, "", error);
    if (status == SUAN_OK)
        status =
            policy_text(root, "source", SUAN_JSON_REQUIRED, sizeof tariff.source - 1, &source, "", error);
    if (status == SUAN_OK)
        status = policy_day(root, "from", SUAN_JSON_REQUIRED, &tariff.from, "", error);
    if (status == SUAN_OK)
        status = policy_day(root, "until", SUAN_JSON_OPTIONAL, &tariff.until, "", error);
    if (status == SUAN_OK)
        status = policy_amount(root, "fen_per_cpu_hour", SUAN_JSON_REQUIRED, 1, SUAN_JSON_INTEGER_MAX,
                               &tariff.fen_per_cpu_hour, "", error);
    if (status == SUAN_OK && tariff.until < tariff.from)
        status = policy_fail(error, policy_bad_date, "", "until", "ends before it starts");
    if (status != SUAN_OK)
        return status;
    memcpy(tariff.id, id.data, id.size);
    memcpy(tariff.source, source.data, source.size);
    *out = tariff;
    return SUAN_OK;
}

enum suan_status suan_tariff_parse(struct suan_span text, const char *name, struct suan_tariff *out,
                                   struct suan_error *error)
{
    SUAN_CLEANUP(suan_json_freep) struct suan_json_document *document = NULL;
    enum suan_status status = SUAN_OK;
    if (text.size > SUAN_TARIFF_FILE_MAX)
        return suan_error_set(error, SUAN_E_FORMAT, policy_bad_field, NULL, "%s: %zu bytes, the limit is %d",
                              name, text.size, SUAN_TARIFF_FILE_MAX);
    status = policy_parse(text, name, &document, error);
    if (status == SUAN_OK) {
        status = read_tariff(suan_json_root(document), out, error);
        if (status != SUAN_OK)
            suan_error_prefix(error, name);
    }
    if (status != SUAN_E_USAGE)
        return status;
    if (error != NULL)
        error->status = SUAN_E_FORMAT;
    return SUAN_E_FORMAT;
}

const struct suan_tariff *suan_tariff_find(const struct suan_tariff *tariffs, size_t count, int32_t day)
{
    const struct suan_tariff *found = NULL;
    for (size_t i = 0; i < count; i++) {
        bool in_force = day >= tariffs[i].from && day <= tariffs[i].until;
        if (in_force && (found == NULL || tariffs[i].from >= found->from))
            found = &tariffs[i];
    }
    return found;
}

bool suan_tariff_fen(int64_t ns, int64_t fen_per_hour, int64_t *out_fen)
{
    int64_t fen = 0;
    if (!suan_mul_div(ns, fen_per_hour, NS_PER_HOUR, &fen) || fen > SUAN_JSON_INTEGER_MAX)
        return false;
    *out_fen = fen;
    return true;
}
