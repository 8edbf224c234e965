/*
 * Releases: published once, for ever; yanked by owners, taken down by the operator. Rows: rel alg16|version
 * key -> the record below; by_digest tar32 -> that key; variant sha32|index8 -> tar32, so that a copy under
 * another name is found.
 */
#include "release.h"

#include <stdio.h>

#include "base/cleanup.h"
#include "fold.h"
#include "identity.h"
#include "member.h"
#include "package/manifest.h"
#include "record.h"
#include "release_row.h"
#include "trust/base64.h"

static const char code_conflict[] = "event.conflict";
static const char code_permission[] = "event.permission";
static const char code_format[] = "event.format";

/* --- rows --------------------------------------------------------------------------------------------- */

static enum suan_status release_key(const struct suan_id *algorithm, struct suan_span version,
                                    struct suan_buffer *out, struct suan_error *error)
{
    uint8_t sort[SUAN_VERSION_KEY_MAX];
    size_t size = suan_package_version_key(version, sort);
    if (size == 0)
        return suan_error_set(error, SUAN_E_FORMAT, code_format, "versions look like 1.4.0 or 2.0.0-rc.1",
                              "'%.*s' is no version", SUAN_SPAN_PRINTF(version));
    suan_buffer_append(out, algorithm->bytes, SUAN_ID_SIZE);
    suan_buffer_append(out, sort, size);
    return suan_buffer_check(out, error);
}

enum suan_status release_put(struct suan_txn *txn, const struct suan_release *release,
                             struct suan_error *error)
{
    SUAN_CLEANUP(suan_buffer_done) struct suan_buffer key = {0};
    SUAN_CLEANUP(suan_buffer_done) struct suan_buffer value = {0};
    enum suan_status status = release_key(&release->algorithm, suan_span_text(release->version), &key, error);
    if (status != SUAN_OK)
        return status;
    record_put_text(&value, suan_span_text(release->name));
    record_put_text(&value, suan_span_text(release->version));
    suan_buffer_append(&value, release->tar.bytes, SUAN_DIGEST_SIZE);
    suan_buffer_append(&value, release->file.bytes, SUAN_DIGEST_SIZE);
    suan_buffer_append_be64(&value, release->tar_size);
    suan_buffer_append_be64(&value, release->file_size);
    suan_buffer_append_be64(&value, release->index);
    suan_buffer_append_be64(&value, release->time_ns);
    suan_buffer_append_be32(&value, (uint32_t)release->kind);
    suan_buffer_append_be32(&value, release->flags);
    suan_buffer_append(&value, release->publisher.bytes, SUAN_ID_SIZE);
    suan_buffer_append(&value, release->policy.bytes, SUAN_ID_SIZE);
    suan_buffer_append_be64(&value, release->submitted_idx);
    suan_buffer_append_be32(&value, (uint32_t)release->task_count);
    for (size_t i = 0; i < release->task_count; i++)
        record_put_text(&value, suan_span_text(release->tasks[i]));
    status = suan_buffer_check(&value, error);
    if (status == SUAN_OK)
        status = suan_row_put(txn, SUAN_TABLE_REL, suan_buffer_span(&key), suan_buffer_span(&value), error);
    if (status == SUAN_OK)
        status = suan_row_put(txn, SUAN_TABLE_BY_DIGEST, digest_span(&release->tar), suan_buffer_span(&key),
                              error);
    return status;
}

static enum suan_status decode_release(struct suan_span key, struct suan_span value, struct suan_release *out,
                                       struct suan_error *error)
{
    struct record_reader reader = {value, key.size < SUAN_ID_SIZE};
    if (!reader.bad)
        memcpy(out->algorithm.bytes, key.data, SUAN_ID_SIZE);
    record_text(&reader, out->name, sizeof out->name);
    record_text(&reader, out->version, sizeof out->version);
    record_digest(&reader, &out->tar);
    record_digest(&reader, &out->file);
    out->tar_size = record_u64(&reader);
    out->file_size = record_u64(&reader);
    out->index = record_u64(&reader);
    out->time_ns = record_u64(&reader);
    out->kind = (int32_t)record_u32(&reader);
    out->flags = record_u32(&reader);
    record_id(&reader, &out->publisher);
    record_id(&reader, &out->policy);
    out->submitted_idx = record_u64(&reader);
    out->task_count = record_u32(&reader);
    reader.bad |= out->task_count > SUAN_TASKS_MAX;
    for (size_t i = 0; i < SUAN_TASKS_MAX; i++) {
        out->tasks[i][0] = '\0';
        if (!reader.bad && i < out->task_count)
            record_text(&reader, out->tasks[i], sizeof out->tasks[i]);
    }
    return record_check(&reader, "rel", error);
}

enum suan_status suan_release_get(struct suan_txn *txn, struct suan_span name, struct suan_span version,
                                  struct suan_release *out, struct suan_error *error)
{
    SUAN_CLEANUP(suan_buffer_done) struct suan_buffer key = {0};
    struct suan_id algorithm = suan_algorithm_id(name);
    struct suan_span value;
    enum suan_status status = release_key(&algorithm, version, &key, error);
    if (status == SUAN_OK)
        status = suan_row_get(txn, SUAN_TABLE_REL, suan_buffer_span(&key), &value, error);
    if (status == SUAN_E_NOT_FOUND)
        return suan_error_set(error, SUAN_E_NOT_FOUND, "release.absent", "see 'suan list'",
                              "no release %.*s@%.*s", SUAN_SPAN_PRINTF(name), SUAN_SPAN_PRINTF(version));
    return status != SUAN_OK ? status : decode_release(suan_buffer_span(&key), value, out, error);
}

enum suan_status suan_release_by_digest(struct suan_txn *txn, const struct suan_digest *tar,
                                        struct suan_release *out, struct suan_error *error)
{
    struct suan_span key, value;
    enum suan_status status = suan_row_get(txn, SUAN_TABLE_BY_DIGEST, digest_span(tar), &key, error);
    if (status == SUAN_E_NOT_FOUND) {
        char hex[2 * SUAN_DIGEST_SIZE + 1];
        suan_hex(tar->bytes, SUAN_DIGEST_SIZE, hex);
        return suan_error_set(error, SUAN_E_NOT_FOUND, "release.absent", "see 'suan list'",
                              "no release with digest %s", hex);
    }
    if (status == SUAN_OK)
        status = suan_row_get(txn, SUAN_TABLE_REL, key, &value, error);
    if (status == SUAN_E_NOT_FOUND)
        return suan_error_set(error, SUAN_E_INTEGRITY, "store.corrupt", "run 'suan registry verify'",
                              "table by_digest names a release that is not there");
    return status != SUAN_OK ? status : decode_release(key, value, out, error);
}

enum suan_status suan_release_each(struct suan_txn *txn, const struct suan_id *algorithm,
                                   enum suan_status (*visit)(void *context,
                                                             const struct suan_release *release),
                                   void *context, struct suan_error *error)
{
    SUAN_CLEANUP(suan_scan_endp) struct suan_scan *scan = NULL;
    struct suan_span prefix = algorithm != NULL ? id_span(algorithm) : suan_span(NULL, 0);
    enum suan_status status = suan_scan_begin(txn, SUAN_TABLE_REL, prefix, suan_span(NULL, 0), &scan, error);
    while (status == SUAN_OK) {
        struct suan_span key, value;
        struct suan_release release = {0};
        status = suan_scan_next(scan, &key, &value, error);
        if (status == SUAN_E_NOT_FOUND)
            return SUAN_OK;
        if (status == SUAN_OK)
            status = decode_release(key, value, &release, error);
        if (status == SUAN_OK)
            status = visit(context, &release);
    }
    return status;
}

enum suan_status suan_release_command(struct suan_txn *txn, const struct suan_release *release,
                                      struct suan_command *out, struct suan_error *error)
{
    struct suan_span bytes;
    struct suan_leaf leaf;
    enum suan_status status = suan_log_leaf(txn, SUAN_LOG_REGISTRY, release->index, &bytes, error);
    if (status == SUAN_OK)
        status = suan_leaf_decode(bytes, &leaf, error);
    return status != SUAN_OK ? status : suan_command_parse(leaf.command, out, error);
}

void suan_release_text(struct suan_span name, struct suan_span version, const struct suan_digest *tar,
                       struct suan_buffer *out)
{
    char hex[2 * SUAN_DIGEST_SIZE + 1];
    suan_hex(tar->bytes, SUAN_DIGEST_SIZE, hex);
    suan_buffer_printf(out, "suan-release-v1\n%.*s %.*s\nsha256:%s\n", SUAN_SPAN_PRINTF(name),
                       SUAN_SPAN_PRINTF(version), hex);
}

/* --- release.publish ---------------------------------------------------------------------------------- */

/* What a publication says, as far as tables keep it. */
static enum suan_status read_manifest(const struct suan_json *body, struct suan_release *out,
                                      struct suan_error *error)
{
    SUAN_CLEANUP(suan_buffer_done) struct suan_buffer text = {0};
    SUAN_CLEANUP(suan_manifest_freep) struct suan_manifest *manifest = NULL;
    const struct suan_json *object = NULL;
    enum suan_status status = suan_json_get_object(body, "manifest", SUAN_JSON_REQUIRED, &object, "", error);
    if (status == SUAN_OK)
        status = suan_json_format(object, SUAN_JSON_STYLE_CANONICAL, &text, error);
    if (status == SUAN_OK)
        status = suan_manifest_parse(suan_buffer_span(&text), &manifest, error);
    if (status != SUAN_OK)
        return status;
    snprintf(out->name, sizeof out->name, "%.*s", SUAN_SPAN_PRINTF(manifest->name));
    snprintf(out->version, sizeof out->version, "%.*s", SUAN_SPAN_PRINTF(manifest->version));
    out->kind = manifest->kind;
    out->task_count = manifest->n_tasks;
    for (size_t i = 0; i < manifest->n_tasks; i++)
        snprintf(out->tasks[i], sizeof out->tasks[i], "%.*s", SUAN_SPAN_PRINTF(manifest->tasks[i]));
    out->algorithm = suan_algorithm_id(suan_span_text(out->name));
    return SUAN_OK;
}

static enum suan_status read_publication(const struct suan_act *act, struct suan_release *out,
                                         struct suan_error *error)
{
    const struct suan_json *body = act->command->body;
    int64_t tar_size = 0, file_size = 0;
    *out = (struct suan_release){.publisher = act->by, .index = act->index, .time_ns = act->time_ns};
    enum suan_status status = read_manifest(body, out, error);
    if (status == SUAN_OK)
        status =
            suan_json_get_hex(body, "tar", SUAN_JSON_REQUIRED, out->tar.bytes, SUAN_DIGEST_SIZE, "", error);
    if (status == SUAN_OK)
        status =
            suan_json_get_hex(body, "file", SUAN_JSON_REQUIRED, out->file.bytes, SUAN_DIGEST_SIZE, "", error);
    if (status == SUAN_OK)
        status = suan_json_get_integer(body, "tar_size", SUAN_JSON_REQUIRED, 1, INT64_C(1) << 40, &tar_size,
                                       "", error);
    if (status == SUAN_OK)
        status = suan_json_get_integer(body, "file_size", SUAN_JSON_REQUIRED, 1, INT64_C(1) << 40, &file_size,
                                       "", error);
    out->tar_size = (uint64_t)tar_size;
    out->file_size = (uint64_t)file_size;
    return status;
}

/* SUAN_OK if an owner signed, or a member with RELEASE of one. */
enum suan_status release_require_owner(struct suan_txn *txn, const struct suan_act *act,
                                       const struct suan_id *algorithm, struct suan_error *error)
{
    struct suan_owner_table table;
    enum suan_status status = suan_owner_get(txn, algorithm, &table, error);
    if (status != SUAN_OK)
        return status;
    for (size_t i = 0; i < table.count; i++) {
        status = suan_act_require(txn, act, &table.shares[i].owner, SUAN_ROLE_RELEASE, "", NULL);
        if (status != SUAN_E_PERMISSION)
            return status;
    }
    return suan_error_set(error, SUAN_E_PERMISSION, code_permission,
                          "ask an owner to sign: see 'suan owner show'",
                          "no owner of the algorithm signed, nor a member of one with the role 'release'");
}

/* The detached signature over name, version and digest, by a key that also signed this command. */
static enum suan_status check_release_signature(const struct suan_act *act,
                                                const struct suan_release *release, struct suan_error *error)
{
    SUAN_CLEANUP(suan_buffer_done) struct suan_buffer blob = {0};
    SUAN_CLEANUP(suan_buffer_done) struct suan_buffer text = {0};
    struct suan_span armour;
    struct suan_public_key key;
    enum suan_status status =
        suan_json_get_text(act->command->body, "signature", SUAN_JSON_REQUIRED, 2048, &armour, "", error);
    if (status != SUAN_OK)
        return status;
    if (!suan_base64_decode(armour, &blob))
        return suan_error_set(error, SUAN_E_FORMAT, code_format, NULL, "signature: not Base 64");
    suan_release_text(suan_span_text(release->name), suan_span_text(release->version), &release->tar, &text);
    status = suan_buffer_check(&text, error);
    if (status == SUAN_OK)
        status = suan_sshsig_verify(suan_buffer_span(&blob), SUAN_NAMESPACE_RELEASE, suan_buffer_span(&text),
                                    &key, error);
    if (status != SUAN_OK)
        return status;
    struct suan_digest id = suan_public_key_id(&key);
    if (!suan_act_signed_with(act, &id))
        return suan_error_set(error, SUAN_E_PERMISSION, code_permission, "sign both with the same key",
                              "the release is signed by another key than the command");
    return SUAN_OK;
}

static enum suan_status check_publish(struct suan_txn *txn, const struct suan_act *act,
                                      struct suan_error *error)
{
    SUAN_CLEANUP(suan_buffer_done) struct suan_buffer key = {0};
    struct suan_algorithm_record algorithm;
    struct suan_release release, other;
    struct suan_span value;
    enum suan_status status = read_publication(act, &release, error);
    if (status == SUAN_OK)
        status = suan_algorithm_get(txn, suan_span_text(release.name), &algorithm, error);
    if (status == SUAN_OK)
        status = release_require_owner(txn, act, &algorithm.id, error);
    if (status == SUAN_OK)
        status = check_release_signature(act, &release, error);
    if (status == SUAN_OK)
        status = release_key(&release.algorithm, suan_span_text(release.version), &key, error);
    if (status != SUAN_OK)
        return status;
    status = suan_row_get(txn, SUAN_TABLE_REL, suan_buffer_span(&key), &value, error);
    if (status == SUAN_OK)
        return suan_error_set(error, SUAN_E_CONFLICT, code_conflict, "a version is published once: raise it",
                              "%s@%s is already published", release.name, release.version);
    if (status != SUAN_E_NOT_FOUND)
        return status;
    status = suan_release_by_digest(txn, &release.tar, &other, NULL);
    if (status == SUAN_OK)
        return suan_error_set(error, SUAN_E_CONFLICT, code_conflict, NULL,
                              "this very package is already published as %s@%s", other.name, other.version);
    return status == SUAN_E_NOT_FOUND ? SUAN_OK : status;
}

static enum suan_status put_variants(struct suan_txn *txn, const struct suan_act *act,
                                     const struct suan_release *release, struct suan_error *error)
{
    const struct suan_json *variants =
        suan_json_find(suan_json_find(act->command->body, "manifest"), "variants");
    uint8_t key[SUAN_DIGEST_SIZE + 8];
    for (size_t i = 0; i < suan_json_count(variants); i++) {
        enum suan_status status = suan_json_get_hex(suan_json_at(variants, i), "sha256", SUAN_JSON_REQUIRED,
                                                    key, SUAN_DIGEST_SIZE, "variants[]", error);
        suan_put_be64(key + SUAN_DIGEST_SIZE, act->index);
        if (status == SUAN_OK)
            status = suan_row_put(txn, SUAN_TABLE_VARIANT, suan_span(key, sizeof key),
                                  digest_span(&release->tar), error);
        if (status != SUAN_OK)
            return status;
    }
    return SUAN_OK;
}

static enum suan_status apply_publish(struct suan_txn *txn, const struct suan_act *act,
                                      struct suan_error *error)
{
    struct suan_release release;
    enum suan_status status = read_publication(act, &release, error);
    if (status == SUAN_OK)
        status = put_variants(txn, act, &release, error);
    return status != SUAN_OK ? status : release_put(txn, &release, error);
}

/* --- yank, unyank, takedown --------------------------------------------------------------------------- */

enum suan_status release_named(struct suan_txn *txn, const struct suan_act *act, struct suan_release *out,
                               struct suan_error *error)
{
    struct suan_digest tar;
    enum suan_status status = suan_json_get_hex(act->command->body, "tar", SUAN_JSON_REQUIRED, tar.bytes,
                                                SUAN_DIGEST_SIZE, "", error);
    return status != SUAN_OK ? status : suan_release_by_digest(txn, &tar, out, error);
}

enum suan_status release_read_reason(const struct suan_act *act, const char *key, struct suan_error *error)
{
    struct suan_span reason;
    enum suan_status status =
        suan_json_get_text(act->command->body, key, SUAN_JSON_REQUIRED, SUAN_REASON_MAX, &reason, "", error);
    if (status == SUAN_OK && reason.size == 0)
        return suan_error_set(error, SUAN_E_FORMAT, code_format, NULL, "%s: say why", key);
    return status;
}

static enum suan_status check_flag(struct suan_txn *txn, const struct suan_act *act, uint32_t wanted,
                                   struct suan_error *error)
{
    struct suan_release release;
    enum suan_status status = release_named(txn, act, &release, error);
    if (status == SUAN_OK)
        status = release_read_reason(act, "reason", error);
    if (status == SUAN_OK)
        status = release_require_owner(txn, act, &release.algorithm, error);
    if (status != SUAN_OK)
        return status;
    if ((release.flags & SUAN_RELEASE_YANKED) == wanted)
        return suan_error_set(error, SUAN_E_CONFLICT, code_conflict, NULL, "%s@%s is %s yanked", release.name,
                              release.version, wanted != 0 ? "already" : "not");
    return SUAN_OK;
}

static enum suan_status check_yank(struct suan_txn *txn, const struct suan_act *act, struct suan_error *error)
{
    return check_flag(txn, act, SUAN_RELEASE_YANKED, error);
}

static enum suan_status check_unyank(struct suan_txn *txn, const struct suan_act *act,
                                     struct suan_error *error)
{
    return check_flag(txn, act, 0, error);
}

static enum suan_status change_flags(struct suan_txn *txn, const struct suan_act *act, uint32_t set,
                                     uint32_t clear, struct suan_error *error)
{
    struct suan_release release;
    enum suan_status status = release_named(txn, act, &release, error);
    if (status != SUAN_OK)
        return status;
    release.flags = (release.flags | set) & ~clear;
    return release_put(txn, &release, error);
}

static enum suan_status apply_yank(struct suan_txn *txn, const struct suan_act *act, struct suan_error *error)
{
    return change_flags(txn, act, SUAN_RELEASE_YANKED, 0, error);
}

static enum suan_status apply_unyank(struct suan_txn *txn, const struct suan_act *act,
                                     struct suan_error *error)
{
    return change_flags(txn, act, 0, SUAN_RELEASE_YANKED, error);
}

static enum suan_status check_takedown(struct suan_txn *txn, const struct suan_act *act,
                                       struct suan_error *error)
{
    struct suan_release release;
    enum suan_status status = release_named(txn, act, &release, error);
    if (status == SUAN_OK)
        status = release_read_reason(act, "ground", error);
    if (status == SUAN_OK)
        status = suan_act_require_operator(txn, act, error);
    if (status == SUAN_OK && (release.flags & SUAN_RELEASE_TAKEN_DOWN) != 0)
        return suan_error_set(error, SUAN_E_CONFLICT, code_conflict, NULL, "%s@%s is already taken down",
                              release.name, release.version);
    return status;
}

static enum suan_status apply_takedown(struct suan_txn *txn, const struct suan_act *act,
                                       struct suan_error *error)
{
    return change_flags(txn, act, SUAN_RELEASE_TAKEN_DOWN, 0, error);
}

static const char *const publish_fields[] = {"file",      "file_size", "manifest", "provenance",
                                             "signature", "tar",       "tar_size", NULL};
static const char *const reason_fields[] = {"reason", "tar", NULL};
static const char *const takedown_fields[] = {"ground", "tar", NULL};

static const struct suan_rule rules[] = {
    {SUAN_EVENT_RELEASE_PUBLISH, publish_fields, check_publish, apply_publish, SUAN_RULE_SIGNED},
    {SUAN_EVENT_RELEASE_YANK, reason_fields, check_yank, apply_yank, SUAN_RULE_SIGNED},
    {SUAN_EVENT_RELEASE_UNYANK, reason_fields, check_unyank, apply_unyank, SUAN_RULE_SIGNED},
    {SUAN_EVENT_RELEASE_TAKEDOWN, takedown_fields, check_takedown, apply_takedown, SUAN_RULE_SIGNED},
};

const struct suan_family suan_family_release = {rules, sizeof rules / sizeof rules[0], NULL};
