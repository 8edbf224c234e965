/* The plan document. */
#include "plan.h"

#include "base/cleanup.h"

static struct suan_json *party_object(const struct suan_party *party)
{
    struct suan_json *object = suan_json_new_object();
    suan_json_set_text(object, "id", party->id);
    suan_json_set_text(object, "version", party->version);
    suan_json_set_hex(object, "tar", party->tar.bytes, sizeof party->tar.bytes);
    if (party->role[0] != '\0')
        suan_json_set_text(object, "role", party->role);
    return object;
}

enum suan_status suan_plan_format(const struct suan_plan *plan, struct suan_buffer *out,
                                  struct suan_error *error)
{
    SUAN_CLEANUP(suan_json_releasep) struct suan_json *root = suan_json_new_object();
    suan_json_set_text(root, "schema", "suan.plan/1");
    suan_json_set(root, "release", party_object(&plan->release));
    suan_json_set(root, "baseline", party_object(&plan->baseline));
    suan_json_set_text(root, "task", plan->task);
    suan_json_set_hex(root, "contract", plan->contract.bytes, sizeof plan->contract.bytes);
    suan_json_set_hex(root, "class", plan->class.bytes, sizeof plan->class.bytes);
    suan_json_set_hex(root, "commit", plan->commit.bytes, sizeof plan->commit.bytes);
    suan_json_set_text(root, "mode", plan->mode == SUAN_MODE_QUICK ? "quick" : "full");
    suan_json_set_integer(root, "attempt", plan->attempt);
    return suan_json_format(root, SUAN_JSON_STYLE_CANONICAL, out, error);
}

static enum suan_status copy_text(const struct suan_json *object, const char *key, enum suan_json_need need,
                                  char *out, size_t size, const char *where, struct suan_error *error)
{
    struct suan_span text = {0};
    enum suan_status status = suan_json_get_text(object, key, need, size - 1, &text, where, error);
    if (status == SUAN_OK && text.size > 0)
        memcpy(out, text.data, text.size);
    return status;
}

static enum suan_status parse_party(const struct suan_json *root, const char *key, struct suan_party *out,
                                    struct suan_error *error)
{
    static const char *const known[] = {"id", "version", "tar", "role", NULL};
    const struct suan_json *object = NULL;
    enum suan_status status = suan_json_get_object(root, key, SUAN_JSON_REQUIRED, &object, "plan", error);
    if (status == SUAN_OK)
        status = suan_json_only(object, known, key, error);
    if (status == SUAN_OK)
        status = copy_text(object, "id", SUAN_JSON_REQUIRED, out->id, sizeof out->id, key, error);
    if (status == SUAN_OK)
        status =
            copy_text(object, "version", SUAN_JSON_REQUIRED, out->version, sizeof out->version, key, error);
    if (status == SUAN_OK)
        status = copy_text(object, "role", SUAN_JSON_OPTIONAL, out->role, sizeof out->role, key, error);
    if (status == SUAN_OK)
        status = suan_json_get_hex(object, "tar", SUAN_JSON_REQUIRED, out->tar.bytes, SUAN_DIGEST_SIZE, key,
                                   error);
    return status;
}

static enum suan_status parse_digests(const struct suan_json *root, struct suan_plan *out,
                                      struct suan_error *error)
{
    struct {
        const char *key;
        struct suan_digest *place;
    } rows[] = {{"contract", &out->contract}, {"class", &out->class}, {"commit", &out->commit}};
    enum suan_status status = SUAN_OK;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0] && status == SUAN_OK; i++)
        status = suan_json_get_hex(root, rows[i].key, SUAN_JSON_REQUIRED, rows[i].place->bytes,
                                   SUAN_DIGEST_SIZE, "plan", error);
    return status;
}

static enum suan_status parse_head(const struct suan_json *root, struct suan_plan *out,
                                   struct suan_error *error)
{
    char schema[16] = "", mode[8] = "";
    int64_t attempt = 0;
    enum suan_status status =
        copy_text(root, "schema", SUAN_JSON_REQUIRED, schema, sizeof schema, "plan", error);
    if (status == SUAN_OK)
        status = copy_text(root, "mode", SUAN_JSON_REQUIRED, mode, sizeof mode, "plan", error);
    if (status == SUAN_OK)
        status = copy_text(root, "task", SUAN_JSON_REQUIRED, out->task, sizeof out->task, "plan", error);
    if (status == SUAN_OK)
        status =
            suan_json_get_integer(root, "attempt", SUAN_JSON_REQUIRED, 1, 1000000, &attempt, "plan", error);
    if (status != SUAN_OK)
        return status;
    bool quick = strcmp(mode, "quick") == 0;
    if (strcmp(schema, "suan.plan/1") != 0 || (!quick && strcmp(mode, "full") != 0))
        return suan_error_set(error, SUAN_E_FORMAT, "plan.field", NULL,
                              "plan: not a suan.plan/1 in quick or full mode");
    out->mode = quick ? SUAN_MODE_QUICK : SUAN_MODE_FULL;
    out->attempt = (uint32_t)attempt;
    return SUAN_OK;
}

enum suan_status suan_plan_parse(struct suan_span text, struct suan_plan *out, struct suan_error *error)
{
    static const char *const known[] = {"schema", "release", "baseline", "task",    "contract",
                                        "class",  "commit",  "mode",     "attempt", NULL};
    SUAN_CLEANUP(suan_json_freep) struct suan_json_document *document = NULL;
    struct suan_plan plan = {0};
    enum suan_status status =
        suan_json_parse(text, SUAN_PLAN_SIZE_MAX, SUAN_JSON_CANONICAL, "plan", &document, error);
    if (status != SUAN_OK)
        return status;
    const struct suan_json *root = suan_json_root(document);
    status = suan_json_only(root, known, "plan", error);
    if (status == SUAN_OK)
        status = parse_head(root, &plan, error);
    if (status == SUAN_OK)
        status = parse_digests(root, &plan, error);
    if (status == SUAN_OK)
        status = parse_party(root, "release", &plan.release, error);
    if (status == SUAN_OK)
        status = parse_party(root, "baseline", &plan.baseline, error);
    if (status == SUAN_OK)
        *out = plan;
    return status;
}
