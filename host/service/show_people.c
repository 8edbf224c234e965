/* Identities, owners, reviews, tasks and policies for people's eyes. */
#include "show.h"

#include "base/cleanup.h"
#include "catalog/member.h"
#include "context.h"
#include "name_of.h"

/* What visitors of a table need. */
struct viewing {
    struct suan_txn *txn;
    struct suan_json *rows;
    uint64_t now_ns;
    struct suan_error *error;
};

/* Begins a document with one array in it, and a snapshot to fill it from. */
static enum suan_status begin_view(struct suan_service *service, const char *key, struct suan_json *result,
                                   struct viewing *out, struct suan_error *error)
{
    *out = (struct viewing){.rows = suan_json_new_array(), .error = error};
    suan_json_set(result, key, out->rows);
    service_mark_clock(service, result);
    enum suan_status status = suan_registry_now(service->registry, &out->now_ns, error);
    return status != SUAN_OK ? status : service_begin(service, &out->txn, error);
}

static void end_view(struct viewing *viewing)
{
    suan_txn_end(viewing->txn);
}

/* --- identities --------------------------------------------------------------------------------------- */

static struct suan_json *identity_json(const struct suan_identity *identity)
{
    struct suan_json *row = suan_json_new_object();
    suan_json_set_text(row, "id", identity->ident);
    suan_json_set_text(row, "type", suan_ident_type_name(identity->type));
    suan_json_set_text(row, "display", identity->display);
    if (identity->contact[0] != '\0')
        suan_json_set_text(row, "contact", identity->contact);
    suan_json_set_integer(row, "index", (int64_t)identity->index);
    suan_json_set_integer(row, "created_ns", (int64_t)identity->time_ns);
    return row;
}

static enum suan_status add_identity(void *context, const struct suan_identity *identity)
{
    suan_json_add(((struct viewing *)context)->rows, identity_json(identity));
    return SUAN_OK;
}

enum suan_status suan_service_identity_list(struct suan_service *service, struct suan_json **out_result,
                                            struct suan_error *error)
{
    SUAN_CLEANUP(suan_json_releasep) struct suan_json *result = suan_json_new_object();
    SUAN_CLEANUP(end_view) struct viewing viewing = {0};
    enum suan_status status = begin_view(service, "identities", result, &viewing, error);
    if (status == SUAN_OK)
        status = suan_identity_each(viewing.txn, add_identity, &viewing, error);
    if (status == SUAN_OK)
        status = service_sort_by_id(result, "identities", error);
    if (status == SUAN_OK)
        *out_result = suan_take(&result);
    return status;
}

static enum suan_status add_key(void *context, const struct suan_identity_key *key)
{
    static const char *const states[] = {"active", "rotated", "revoked"};
    struct viewing *viewing = context;
    SUAN_CLEANUP(suan_buffer_done) struct suan_buffer text = {0};
    struct suan_json *row = suan_json_new_object();
    suan_public_key_format(&key->key, &text);
    suan_json_set_hex(row, "id", key->id.bytes, SUAN_DIGEST_SIZE);
    suan_json_set_text(row, "state", states[key->state]);
    suan_json_set_span(row, "key", suan_buffer_span(&text));
    suan_json_set_integer(row, "added_index", (int64_t)key->added_idx);
    if (key->state != SUAN_KEY_ACTIVE)
        suan_json_set_integer(row, "from_index", (int64_t)key->from_idx);
    suan_json_add(viewing->rows, row);
    return suan_buffer_check(&text, viewing->error);
}

static enum suan_status add_membership(void *context, const struct suan_membership *membership)
{
    struct viewing *viewing = context;
    SUAN_CLEANUP(suan_buffer_done) struct suan_buffer roles = {0};
    struct suan_json *row = suan_json_new_object();
    uint64_t end = membership->ended_ns != 0 ? membership->ended_ns : membership->until_ns;
    enum suan_status status =
        service_set_ident(viewing->txn, row, "ident", &membership->ident, viewing->error);
    suan_roles_format(membership->roles, &roles);
    suan_json_set_span(row, "roles", suan_buffer_span(&roles));
    suan_json_set_integer(row, "membership", (int64_t)membership->index);
    suan_json_set_integer(row, "from_ns", (int64_t)membership->from_ns);
    suan_json_set_integer(row, "until_ns", (int64_t)end);
    suan_json_set_boolean(row, "active", viewing->now_ns >= membership->from_ns && viewing->now_ns < end);
    suan_json_add(viewing->rows, row);
    return status;
}

enum suan_status suan_service_identity_show(struct suan_service *service, const char *ident,
                                            struct suan_json **out_result, struct suan_error *error)
{
    SUAN_CLEANUP(suan_json_releasep) struct suan_json *result = suan_json_new_object();
    SUAN_CLEANUP(end_view) struct viewing viewing = {0};
    struct suan_identity identity;
    enum suan_status status = begin_view(service, "keys", result, &viewing, error);
    if (status == SUAN_OK)
        status = suan_identity_find(viewing.txn, suan_span_text(ident), &identity, error);
    if (status != SUAN_OK)
        return status;
    suan_json_set(result, "identity", identity_json(&identity));
    status = suan_key_each(viewing.txn, &identity.id, add_key, &viewing, error);
    viewing.rows = suan_json_new_array();
    suan_json_set(result, "members", viewing.rows);
    if (status == SUAN_OK)
        status = suan_member_each(viewing.txn, &identity.id, add_membership, &viewing, error);
    if (status == SUAN_OK)
        *out_result = suan_take(&result);
    return status;
}

/* --- owners ------------------------------------------------------------------------------------------- */

static enum suan_status add_table(void *context, uint64_t index, const struct suan_owner_table *table)
{
    struct viewing *viewing = context;
    struct suan_json *owners = NULL;
    enum suan_status status = service_owners_json(viewing->txn, table, &owners, viewing->error);
    if (status != SUAN_OK)
        return status;
    struct suan_json *row = suan_json_new_object();
    struct suan_digest digest = suan_owner_digest(table);
    suan_json_set_integer(row, "index", (int64_t)index);
    suan_json_set_hex(row, "digest", digest.bytes, SUAN_DIGEST_SIZE);
    suan_json_set(row, "owners", owners);
    suan_json_add(viewing->rows, row);
    return SUAN_OK;
}

static enum suan_status add_offer(void *context, const struct suan_offer *offer)
{
    struct viewing *viewing = context;
    if (offer->state != SUAN_OFFER_OPEN || viewing->now_ns >= offer->until_ns)
        return SUAN_OK;
    struct suan_json *row = suan_json_new_object();
    suan_json_set_hex(row, "offer", offer->id.bytes, SUAN_ID_SIZE);
    enum suan_status status = service_set_ident(viewing->txn, row, "from", &offer->giver, viewing->error);
    if (status == SUAN_OK)
        status = service_set_ident(viewing->txn, row, "to", &offer->receiver, viewing->error);
    suan_json_set_integer(row, "bp", offer->bp);
    suan_json_set_integer(row, "until_ns", (int64_t)offer->until_ns);
    suan_json_add(viewing->rows, row);
    return status;
}

enum suan_status suan_service_owner_show(struct suan_service *service, const char *name,
                                         struct suan_json **out_result, struct suan_error *error)
{
    SUAN_CLEANUP(suan_json_releasep) struct suan_json *result = suan_json_new_object();
    SUAN_CLEANUP(end_view) struct viewing viewing = {0};
    struct suan_algorithm_record algorithm;
    struct suan_owner_table table;
    struct suan_json *owners = NULL;
    enum suan_status status = begin_view(service, "history", result, &viewing, error);
    if (status == SUAN_OK)
        status = suan_algorithm_get(viewing.txn, suan_span_text(name), &algorithm, error);
    if (status == SUAN_OK)
        status = suan_owner_get(viewing.txn, &algorithm.id, &table, error);
    if (status == SUAN_OK)
        status = service_owners_json(viewing.txn, &table, &owners, error);
    if (status != SUAN_OK)
        return status;
    suan_json_set_text(result, "algorithm", algorithm.name);
    suan_json_set_integer(result, "threshold_bp", algorithm.threshold_bp);
    suan_json_set(result, "owners", owners);
    status = suan_owner_each(viewing.txn, &algorithm.id, add_table, &viewing, error);
    viewing.rows = suan_json_new_array();
    suan_json_set(result, "offers", viewing.rows);
    if (status == SUAN_OK)
        status = suan_offer_each(viewing.txn, &algorithm.id, add_offer, &viewing, error);
    if (status == SUAN_OK)
        *out_result = suan_take(&result);
    return status;
}

/* --- reviews ------------------------------------------------------------------------------------------ */

static enum suan_status add_submitted(void *context, const struct suan_release *release)
{
    struct viewing *viewing = context;
    struct suan_json *row = NULL;
    static const struct suan_id nobody;
    if (memcmp(&release->policy, &nobody, sizeof nobody) == 0)
        return SUAN_OK;
    enum suan_status status =
        service_release_json(viewing->txn, release, viewing->now_ns, &row, viewing->error);
    if (status == SUAN_OK)
        suan_json_add(viewing->rows, row);
    return status;
}

enum suan_status suan_service_review_list(struct suan_service *service, struct suan_json **out_result,
                                          struct suan_error *error)
{
    SUAN_CLEANUP(suan_json_releasep) struct suan_json *result = suan_json_new_object();
    SUAN_CLEANUP(end_view) struct viewing viewing = {0};
    enum suan_status status = begin_view(service, "reviews", result, &viewing, error);
    if (status == SUAN_OK)
        status = suan_release_each(viewing.txn, NULL, add_submitted, &viewing, error);
    if (status == SUAN_OK)
        *out_result = suan_take(&result);
    return status;
}

enum suan_status suan_service_review_show(struct suan_service *service, const char *said,
                                          struct suan_json **out_result, struct suan_error *error)
{
    SUAN_CLEANUP(suan_txn_endp) struct suan_txn *txn = NULL;
    struct suan_release release = {0};
    struct suan_policy_record policy;
    struct suan_digest digest;
    struct suan_json *page = NULL;
    enum suan_status status = service_begin(service, &txn, error);
    if (status == SUAN_OK)
        status = service_find_release(txn, suan_span_text(said), &release, error);
    if (status == SUAN_OK)
        status = suan_policy_by_id(txn, &release.policy, &policy, error);
    if (status == SUAN_E_NOT_FOUND && release.name[0] != '\0')
        return suan_error_set(error, SUAN_E_NOT_FOUND, "review.absent",
                              "the owner submits it: 'suan review submit'", "%s is not submitted for review",
                              said);
    if (status == SUAN_OK)
        status = suan_review_page(txn, &release, &policy, &page, &digest, error);
    if (status != SUAN_OK)
        return status;
    struct suan_json *result = suan_json_new_object();
    suan_json_set_hex(result, "page_digest", digest.bytes, SUAN_DIGEST_SIZE);
    suan_json_set(result, "page", page);
    service_mark_clock(service, result);
    *out_result = result;
    return SUAN_OK;
}

/* --- tasks and policies ------------------------------------------------------------------------------- */

static enum suan_status add_task(void *context, const struct suan_task_record *task)
{
    struct viewing *viewing = context;
    struct suan_release contract;
    enum suan_status status =
        suan_release_by_digest(viewing->txn, &task->contract, &contract, viewing->error);
    if (status != SUAN_OK)
        return status;
    struct suan_json *row = suan_json_new_object();
    suan_json_set_text(row, "task", task->id);
    suan_json_set_integer(row, "version", task->version);
    suan_json_set_text(row, "contract", contract.name);
    suan_json_set_text(row, "contract_version", contract.version);
    suan_json_set_hex(row, "digest", task->contract.bytes, SUAN_DIGEST_SIZE);
    suan_json_set_text(row, "incumbent", task->incumbent);
    suan_json_set_integer(row, "index", (int64_t)task->index);
    suan_json_add(viewing->rows, row);
    return SUAN_OK;
}

enum suan_status suan_service_task_list(struct suan_service *service, struct suan_json **out_result,
                                        struct suan_error *error)
{
    SUAN_CLEANUP(suan_json_releasep) struct suan_json *result = suan_json_new_object();
    SUAN_CLEANUP(end_view) struct viewing viewing = {0};
    enum suan_status status = begin_view(service, "tasks", result, &viewing, error);
    if (status == SUAN_OK)
        status = suan_task_each(viewing.txn, add_task, &viewing, error);
    if (status == SUAN_OK)
        *out_result = suan_take(&result);
    return status;
}

static enum suan_status add_policy(void *context, const struct suan_policy_record *policy)
{
    struct viewing *viewing = context;
    struct suan_json *row = suan_json_new_object(), *bodies = suan_json_new_array();
    enum suan_status status = SUAN_OK;
    suan_json_set_text(row, "policy", policy->name);
    suan_json_set_integer(row, "version", policy->version);
    suan_json_set_integer(row, "k", policy->k);
    suan_json_set_integer(row, "n", (int64_t)policy->body_count);
    for (size_t i = 0; i < policy->body_count && status == SUAN_OK; i++) {
        struct suan_identity body;
        status = suan_identity_get(viewing->txn, &policy->bodies[i], &body, viewing->error);
        if (status == SUAN_OK)
            suan_json_add_text(bodies, body.ident);
    }
    suan_json_set(row, "bodies", bodies);
    suan_json_set_hex(row, "criteria", policy->criteria.bytes, SUAN_DIGEST_SIZE);
    suan_json_set_integer(row, "until_ns", (int64_t)policy->until_ns);
    suan_json_add(viewing->rows, row);
    return status;
}

enum suan_status suan_service_policy_list(struct suan_service *service, struct suan_json **out_result,
                                          struct suan_error *error)
{
    SUAN_CLEANUP(suan_json_releasep) struct suan_json *result = suan_json_new_object();
    SUAN_CLEANUP(end_view) struct viewing viewing = {0};
    enum suan_status status = begin_view(service, "policies", result, &viewing, error);
    if (status == SUAN_OK)
        status = suan_policy_each(viewing.txn, add_policy, &viewing, error);
    if (status == SUAN_OK)
        *out_result = suan_take(&result);
    return status;
}
