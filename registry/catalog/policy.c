/*
 * Policies (which bodies, how many of them) and the task contracts they sign. Rows: policy id16|version4 ->
 * name, k4, from8, until8, index8, criteria32, n x body16; task ID|00|version4 -> contract32, index8,
 * incumbent.
 */
#include "base/cleanup.h"
#include "fold.h"
#include "identity.h"
#include "member.h"
#include "record.h"
#include "release_row.h"
#include "review.h"

static const char code_conflict[] = "event.conflict";
static const char code_permission[] = "event.permission";
static const char code_format[] = "event.format";

/* --- policy rows -------------------------------------------------------------------------------------- */

struct suan_id suan_policy_id(struct suan_span name)
{
    static const char prefix[] = "suan-policy-v1\n";
    struct suan_hasher hasher;
    struct suan_id id;
    suan_hasher_init(&hasher);
    suan_hasher_add(&hasher, suan_span_text(prefix));
    suan_hasher_add(&hasher, name);
    struct suan_digest digest = suan_hasher_finish(&hasher);
    suan_hasher_done(&hasher);
    memcpy(id.bytes, digest.bytes, sizeof id.bytes);
    return id;
}

bool suan_policy_has_body(const struct suan_policy_record *policy, const struct suan_id *body)
{
    for (size_t i = 0; i < policy->body_count; i++) {
        if (id_equal(&policy->bodies[i], body))
            return true;
    }
    return false;
}

static enum suan_status decode_policy(struct suan_span key, struct suan_span value,
                                      struct suan_policy_record *out, struct suan_error *error)
{
    struct record_reader head = {key, false}, reader = {value, false};
    struct suan_policy_record policy = {0};
    record_id(&head, &policy.id);
    policy.version = record_u32(&head);
    record_text(&reader, policy.name, sizeof policy.name);
    policy.k = record_u32(&reader);
    policy.from_ns = record_u64(&reader);
    policy.until_ns = record_u64(&reader);
    policy.index = record_u64(&reader);
    record_digest(&reader, &policy.criteria);
    while (!reader.bad && reader.rest.size > 0 && policy.body_count < SUAN_BODIES_MAX)
        record_id(&reader, &policy.bodies[policy.body_count++]);
    reader.bad |= head.bad;
    *out = policy;
    return record_check(&reader, "policy", error);
}

static enum suan_status put_policy(struct suan_txn *txn, const struct suan_policy_record *policy,
                                   struct suan_error *error)
{
    SUAN_CLEANUP(suan_buffer_done) struct suan_buffer value = {0};
    uint8_t key[SUAN_ID_SIZE + 4];
    memcpy(key, policy->id.bytes, SUAN_ID_SIZE);
    suan_put_be32(key + SUAN_ID_SIZE, policy->version);
    record_put_text(&value, suan_span_text(policy->name));
    suan_buffer_append_be32(&value, policy->k);
    suan_buffer_append_be64(&value, policy->from_ns);
    suan_buffer_append_be64(&value, policy->until_ns);
    suan_buffer_append_be64(&value, policy->index);
    suan_buffer_append(&value, policy->criteria.bytes, SUAN_DIGEST_SIZE);
    for (size_t i = 0; i < policy->body_count; i++)
        suan_buffer_append(&value, policy->bodies[i].bytes, SUAN_ID_SIZE);
    enum suan_status status = suan_buffer_check(&value, error);
    return status != SUAN_OK ? status
                             : suan_row_put(txn, SUAN_TABLE_POLICY, suan_span(key, sizeof key),
                                            suan_buffer_span(&value), error);
}

enum suan_status suan_policy_by_id(struct suan_txn *txn, const struct suan_id *id,
                                   struct suan_policy_record *out, struct suan_error *error)
{
    struct suan_span key, value;
    enum suan_status status = suan_row_last(txn, SUAN_TABLE_POLICY, id_span(id), &key, &value, error);
    if (status == SUAN_E_NOT_FOUND)
        return suan_error_set(error, SUAN_E_NOT_FOUND, "policy.absent", "see 'suan policy list'",
                              "no such policy");
    return status != SUAN_OK ? status : decode_policy(key, value, out, error);
}

enum suan_status suan_policy_get(struct suan_txn *txn, struct suan_span name, struct suan_policy_record *out,
                                 struct suan_error *error)
{
    struct suan_id id = suan_policy_id(name);
    enum suan_status status = suan_policy_by_id(txn, &id, out, error);
    if (status == SUAN_E_NOT_FOUND)
        return suan_error_set(error, SUAN_E_NOT_FOUND, "policy.absent",
                              "an industry body sets one: 'suan policy set'", "no policy named '%.*s'",
                              SUAN_SPAN_PRINTF(name));
    return status;
}

enum suan_status suan_policy_each(struct suan_txn *txn,
                                  enum suan_status (*visit)(void *context,
                                                            const struct suan_policy_record *policy),
                                  void *context, struct suan_error *error)
{
    SUAN_CLEANUP(suan_scan_endp) struct suan_scan *scan = NULL;
    enum suan_status status =
        suan_scan_begin(txn, SUAN_TABLE_POLICY, suan_span(NULL, 0), suan_span(NULL, 0), &scan, error);
    while (status == SUAN_OK) {
        struct suan_span key, value;
        struct suan_policy_record policy;
        status = suan_scan_next(scan, &key, &value, error);
        if (status == SUAN_E_NOT_FOUND)
            return SUAN_OK;
        if (status == SUAN_OK)
            status = decode_policy(key, value, &policy, error);
        if (status == SUAN_OK)
            status = visit(context, &policy);
    }
    return status;
}

/* --- policy.set --------------------------------------------------------------------------------------- */

static enum suan_status read_bodies(struct suan_txn *txn, const struct suan_json *body,
                                    struct suan_policy_record *out, struct suan_error *error)
{
    const struct suan_json *bodies = NULL;
    enum suan_status status =
        suan_json_get_array(body, "bodies", SUAN_JSON_REQUIRED, SUAN_BODIES_MAX, &bodies, "", error);
    for (size_t i = 0; status == SUAN_OK && i < suan_json_count(bodies); i++) {
        struct suan_identity identity;
        status = suan_identity_find(txn, suan_json_text(suan_json_at(bodies, i)), &identity, error);
        if (status != SUAN_OK)
            return status;
        if (identity.type != SUAN_IDENT_BODY)
            return suan_error_set(error, SUAN_E_FORMAT, code_format, NULL,
                                  "bodies: '%s' is not an industry body", identity.ident);
        if (suan_policy_has_body(out, &identity.id))
            return suan_error_set(error, SUAN_E_FORMAT, code_format, NULL, "bodies: '%s' is named twice",
                                  identity.ident);
        out->bodies[out->body_count++] = identity.id;
    }
    return status;
}

static enum suan_status read_terms(const struct suan_act *act, struct suan_policy_record *out,
                                   struct suan_error *error)
{
    const struct suan_json *body = act->command->body;
    struct suan_span name;
    int64_t version = 0, k = 0;
    enum suan_status status =
        suan_json_get_text(body, "policy", SUAN_JSON_REQUIRED, SUAN_IDENT_MAX, &name, "", error);
    if (status == SUAN_OK)
        status =
            suan_json_get_integer(body, "version", SUAN_JSON_REQUIRED, 1, UINT32_MAX, &version, "", error);
    if (status == SUAN_OK)
        status = suan_json_get_integer(body, "k", SUAN_JSON_REQUIRED, 1, SUAN_BODIES_MAX, &k, "", error);
    if (status == SUAN_OK)
        status = suan_json_get_hex(body, "criteria", SUAN_JSON_REQUIRED, out->criteria.bytes,
                                   SUAN_DIGEST_SIZE, "", error);
    if (status == SUAN_OK)
        status = suan_command_get_u64(body, "from", &out->from_ns, error);
    if (status == SUAN_OK)
        status = suan_command_get_u64(body, "until", &out->until_ns, error);
    if (status != SUAN_OK)
        return status;
    if (!suan_ident_is_valid(name))
        return suan_error_set(error, SUAN_E_FORMAT, code_format, NULL, "policy: bad name '%.*s'",
                              SUAN_SPAN_PRINTF(name));
    memcpy(out->name, name.data, name.size);
    out->id = suan_policy_id(name);
    out->version = (uint32_t)version;
    out->k = (uint32_t)k;
    out->index = act->index;
    return SUAN_OK;
}

static enum suan_status read_policy(struct suan_txn *txn, const struct suan_act *act,
                                    struct suan_policy_record *out, struct suan_error *error)
{
    *out = (struct suan_policy_record){0};
    enum suan_status status = read_terms(act, out, error);
    if (status == SUAN_OK)
        status = read_bodies(txn, act->command->body, out, error);
    if (status != SUAN_OK)
        return status;
    if (2 * out->k <= out->body_count || out->k > out->body_count)
        return suan_error_set(error, SUAN_E_FORMAT, code_format,
                              "k must be more than half of n, and at most n", "k: %u of %zu bodies", out->k,
                              out->body_count);
    return out->until_ns > out->from_ns ? SUAN_OK
                                        : suan_error_set(error, SUAN_E_FORMAT, code_format, NULL,
                                                         "until: the policy ends before it begins");
}

/* Distinct bodies of the policy that signed, by their own keys or by a member with those roles. */
static enum suan_status count_bodies(struct suan_txn *txn, const struct suan_act *act,
                                     const struct suan_policy_record *policy, uint32_t roles,
                                     uint32_t *out_count, struct suan_error *error)
{
    *out_count = 0;
    for (size_t i = 0; i < policy->body_count; i++) {
        enum suan_status status = suan_act_require(txn, act, &policy->bodies[i], roles, "", NULL);
        if (status == SUAN_OK)
            (*out_count)++;
        else if (status != SUAN_E_PERMISSION)
            return suan_act_require(txn, act, &policy->bodies[i], roles, "", error);
    }
    return SUAN_OK;
}

static enum suan_status require_k_of_n(struct suan_txn *txn, const struct suan_act *act,
                                       const struct suan_policy_record *policy, struct suan_error *error)
{
    uint32_t count = 0;
    enum suan_status status = count_bodies(txn, act, policy, SUAN_ROLE_ADMIN, &count, error);
    if (status == SUAN_OK && count < policy->k)
        return suan_error_set(error, SUAN_E_PERMISSION, code_permission,
                              "hand the command to other bodies to sign",
                              "%u of the %zu bodies of policy '%s' signed; %u are needed", count,
                              policy->body_count, policy->name, policy->k);
    return status;
}

static enum suan_status require_new_bodies(struct suan_txn *txn, const struct suan_act *act,
                                           const struct suan_policy_record *policy,
                                           const struct suan_policy_record *before, struct suan_error *error)
{
    for (size_t i = 0; i < policy->body_count; i++) {
        if (before != NULL && suan_policy_has_body(before, &policy->bodies[i]))
            continue;
        enum suan_status status = suan_act_require(txn, act, &policy->bodies[i], SUAN_ROLE_ADMIN,
                                                   "a body that joins a policy signs", error);
        if (status != SUAN_OK)
            return status;
    }
    return SUAN_OK;
}

static enum suan_status check_policy(struct suan_txn *txn, const struct suan_act *act,
                                     struct suan_error *error)
{
    struct suan_policy_record policy, before;
    struct suan_span criteria;
    enum suan_status status = read_policy(txn, act, &policy, error);
    if (status == SUAN_OK)
        status = suan_act_blob(txn, act, &policy.criteria, &criteria, error);
    if (status != SUAN_OK)
        return status;
    status = suan_policy_by_id(txn, &policy.id, &before, NULL);
    if (status != SUAN_OK && status != SUAN_E_NOT_FOUND)
        return status;
    bool first = status == SUAN_E_NOT_FOUND;
    if (policy.version != (first ? 1 : before.version + 1))
        return suan_error_set(error, SUAN_E_CONFLICT, code_conflict, NULL, "version: the next one is %u",
                              first ? 1 : before.version + 1);
    status = first ? suan_act_require_operator(txn, act, error) : require_k_of_n(txn, act, &before, error);
    return status != SUAN_OK ? status : require_new_bodies(txn, act, &policy, first ? NULL : &before, error);
}

static enum suan_status apply_policy(struct suan_txn *txn, const struct suan_act *act,
                                     struct suan_error *error)
{
    struct suan_policy_record policy;
    enum suan_status status = read_policy(txn, act, &policy, error);
    return status != SUAN_OK ? status : put_policy(txn, &policy, error);
}

/* --- tasks -------------------------------------------------------------------------------------------- */

static size_t task_key(struct suan_span task, uint32_t version, uint8_t out[SUAN_TASK_ID_MAX + 5])
{
    memcpy(out, task.data, task.size);
    out[task.size] = 0;
    suan_put_be32(out + task.size + 1, version);
    return task.size + 5;
}

static enum suan_status decode_task(struct suan_span key, struct suan_span value,
                                    struct suan_task_record *out, struct suan_error *error)
{
    struct record_reader reader = {value, key.size < 6 || key.size > SUAN_TASK_ID_MAX + 5};
    struct suan_task_record task = {0};
    record_digest(&reader, &task.contract);
    task.index = record_u64(&reader);
    record_text(&reader, task.incumbent, sizeof task.incumbent);
    if (!reader.bad) {
        memcpy(task.id, key.data, key.size - 5);
        task.version = suan_be32(key.data + key.size - 4);
    }
    *out = task;
    return record_check(&reader, "task", error);
}

enum suan_status suan_task_get(struct suan_txn *txn, struct suan_span id, struct suan_task_record *out,
                               struct suan_error *error)
{
    uint8_t prefix[SUAN_TASK_ID_MAX + 5];
    struct suan_span key, value;
    enum suan_status status = SUAN_E_NOT_FOUND;
    if (id.size > 0 && id.size <= SUAN_TASK_ID_MAX) {
        task_key(id, 0, prefix);
        status = suan_row_last(txn, SUAN_TABLE_TASK, suan_span(prefix, id.size + 1), &key, &value, error);
    }
    if (status == SUAN_E_NOT_FOUND)
        return suan_error_set(error, SUAN_E_NOT_FOUND, "task.absent", "bodies set tasks: 'suan task set'",
                              "no task '%.*s'", SUAN_SPAN_PRINTF(id));
    return status != SUAN_OK ? status : decode_task(key, value, out, error);
}

enum suan_status suan_task_each(struct suan_txn *txn,
                                enum suan_status (*visit)(void *context, const struct suan_task_record *task),
                                void *context, struct suan_error *error)
{
    SUAN_CLEANUP(suan_scan_endp) struct suan_scan *scan = NULL;
    struct suan_task_record held = {0};
    enum suan_status status =
        suan_scan_begin(txn, SUAN_TABLE_TASK, suan_span(NULL, 0), suan_span(NULL, 0), &scan, error);
    /* The last row of each id is the version in force. */
    while (status == SUAN_OK) {
        struct suan_span key, value;
        struct suan_task_record task;
        status = suan_scan_next(scan, &key, &value, error);
        if (status == SUAN_E_NOT_FOUND)
            return held.id[0] != '\0' ? visit(context, &held) : SUAN_OK;
        if (status == SUAN_OK)
            status = decode_task(key, value, &task, error);
        if (status == SUAN_OK && held.id[0] != '\0' && strcmp(held.id, task.id) != 0)
            status = visit(context, &held);
        held = task;
    }
    return status;
}

static enum suan_status read_task(const struct suan_act *act, struct suan_task_record *out,
                                  struct suan_error *error)
{
    const struct suan_json *body = act->command->body;
    struct suan_span id, incumbent;
    int64_t version = 0;
    *out = (struct suan_task_record){.index = act->index};
    enum suan_status status =
        suan_json_get_text(body, "task", SUAN_JSON_REQUIRED, SUAN_TASK_ID_MAX, &id, "", error);
    if (status == SUAN_OK)
        status = suan_json_get_text(body, "incumbent", SUAN_JSON_REQUIRED, sizeof out->incumbent - 1,
                                    &incumbent, "", error);
    if (status == SUAN_OK)
        status =
            suan_json_get_integer(body, "version", SUAN_JSON_REQUIRED, 1, UINT32_MAX, &version, "", error);
    if (status == SUAN_OK)
        status = suan_json_get_hex(body, "contract", SUAN_JSON_REQUIRED, out->contract.bytes,
                                   SUAN_DIGEST_SIZE, "", error);
    if (status != SUAN_OK)
        return status;
    memcpy(out->id, id.data, id.size);
    memcpy(out->incumbent, incumbent.data, incumbent.size);
    out->version = (uint32_t)version;
    return SUAN_OK;
}

/* The contract is a published release of a task plugin for this task, and the version is the next one. */
static enum suan_status check_contract(struct suan_txn *txn, const struct suan_task_record *task,
                                       struct suan_error *error)
{
    struct suan_release release;
    struct suan_task_record current;
    enum suan_status status = suan_release_by_digest(txn, &task->contract, &release, error);
    if (status != SUAN_OK)
        return status;
    if (release.kind != SUAN_KIND_TASK || strcmp(release.tasks[0], task->id) != 0)
        return suan_error_set(error, SUAN_E_FORMAT, code_format, NULL,
                              "contract: %s@%s is no task plugin for '%s'", release.name, release.version,
                              task->id);
    status = suan_task_get(txn, suan_span_text(task->id), &current, NULL);
    if (status != SUAN_OK && status != SUAN_E_NOT_FOUND)
        return status;
    uint32_t next = status == SUAN_OK ? current.version + 1 : 1;
    if (task->version != next)
        return suan_error_set(error, SUAN_E_CONFLICT, code_conflict, NULL,
                              "version: the next one of '%s' is %u", task->id, next);
    return SUAN_OK;
}

static enum suan_status check_task(struct suan_txn *txn, const struct suan_act *act, struct suan_error *error)
{
    struct suan_task_record task;
    struct suan_policy_record policy;
    struct suan_span name;
    enum suan_status status = read_task(act, &task, error);
    if (status == SUAN_OK)
        status = suan_json_get_text(act->command->body, "policy", SUAN_JSON_REQUIRED, SUAN_IDENT_MAX, &name,
                                    "", error);
    if (status == SUAN_OK)
        status = suan_policy_get(txn, name, &policy, error);
    if (status == SUAN_OK)
        status = check_contract(txn, &task, error);
    return status != SUAN_OK ? status : require_k_of_n(txn, act, &policy, error);
}

static enum suan_status apply_task(struct suan_txn *txn, const struct suan_act *act, struct suan_error *error)
{
    SUAN_CLEANUP(suan_buffer_done) struct suan_buffer value = {0};
    struct suan_task_record task;
    uint8_t key[SUAN_TASK_ID_MAX + 5];
    enum suan_status status = read_task(act, &task, error);
    if (status != SUAN_OK)
        return status;
    suan_buffer_append(&value, task.contract.bytes, SUAN_DIGEST_SIZE);
    suan_buffer_append_be64(&value, task.index);
    record_put_text(&value, suan_span_text(task.incumbent));
    size_t size = task_key(suan_span_text(task.id), task.version, key);
    status = suan_buffer_check(&value, error);
    return status != SUAN_OK
               ? status
               : suan_row_put(txn, SUAN_TABLE_TASK, suan_span(key, size), suan_buffer_span(&value), error);
}

static const char *const policy_fields[] = {"bodies", "criteria", "from",    "k",
                                            "policy", "until",    "version", NULL};
static const char *const task_fields[] = {"contract", "incumbent", "policy", "task", "version", NULL};

static const struct suan_rule rules[] = {
    {SUAN_EVENT_POLICY_SET, policy_fields, check_policy, apply_policy, SUAN_RULE_SIGNED},
    {SUAN_EVENT_TASK_SET, task_fields, check_task, apply_task, SUAN_RULE_SIGNED},
};

const struct suan_family suan_family_policy = {rules, sizeof rules / sizeof rules[0], NULL};
