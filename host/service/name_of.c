/* Finding a release by what people call it, and the documents that show it. */
#include "name_of.h"

#include <stdlib.h>

#include "base/cleanup.h"
#include "context.h"

struct newest {
    struct suan_release *out;
    int found;
};

static enum suan_status keep_newest(void *context, const struct suan_release *release)
{
    struct newest *newest = context;
    *newest->out = *release;
    newest->found = 1;
    return SUAN_OK;
}

static enum suan_status find_newest(struct suan_txn *txn, struct suan_span name, struct suan_release *out,
                                    struct suan_error *error)
{
    struct suan_algorithm_record algorithm;
    struct newest newest = {out, 0};
    enum suan_status status = suan_algorithm_get(txn, name, &algorithm, error);
    if (status == SUAN_OK)
        status = suan_release_each(txn, &algorithm.id, keep_newest, &newest, error);
    if (status == SUAN_OK && !newest.found)
        return suan_error_set(error, SUAN_E_NOT_FOUND, "release.absent", "publish one: 'suan publish'",
                              "'%.*s' has no release", SUAN_SPAN_PRINTF(name));
    return status;
}

enum suan_status service_find_release(struct suan_txn *txn, struct suan_span said, struct suan_release *out,
                                      struct suan_error *error)
{
    struct suan_digest digest;
    if (suan_unhex(said, digest.bytes, sizeof digest.bytes))
        return suan_release_by_digest(txn, &digest, out, error);
    const uint8_t *at = said.size > 0 ? memchr(said.data, '@', said.size) : NULL;
    if (at == NULL)
        return find_newest(txn, said, out, error);
    size_t name = (size_t)(at - said.data);
    return suan_release_get(txn, suan_span(said.data, name), suan_span(at + 1, said.size - name - 1), out,
                            error);
}

enum suan_status service_release_json(struct suan_txn *txn, const struct suan_release *release,
                                      uint64_t time_ns, struct suan_json **out, struct suan_error *error)
{
    SUAN_CLEANUP(suan_json_releasep) struct suan_json *object = suan_json_new_object();
    struct suan_json *tasks = suan_json_new_array();
    struct suan_review_state state;
    enum suan_status status = suan_review_state(txn, release, time_ns, &state, error);
    suan_json_set_text(object, "id", release->name);
    suan_json_set_text(object, "version", release->version);
    suan_json_set_text(object, "kind", release->kind == SUAN_KIND_TASK ? "task" : "algorithm");
    for (size_t i = 0; i < release->task_count; i++)
        suan_json_add_text(tasks, release->tasks[i]);
    suan_json_set(object, "tasks", tasks);
    suan_json_set_hex(object, "digest", release->tar.bytes, SUAN_DIGEST_SIZE);
    if (status == SUAN_OK)
        status = service_set_ident(txn, object, "publisher", &release->publisher, error);
    if (status != SUAN_OK)
        return status;
    suan_json_set_text(object, "state", suan_standing_name(state.standing));
    suan_json_set_integer(object, "signatures", state.signatures);
    suan_json_set_integer(object, "k", state.k);
    suan_json_set_integer(object, "n", state.n);
    suan_json_set_integer(object, "published_ns", (int64_t)release->time_ns);
    suan_json_set_integer(object, "index", (int64_t)release->index);
    *out = suan_take(&object);
    return SUAN_OK;
}

enum suan_status service_owners_json(struct suan_txn *txn, const struct suan_owner_table *owners,
                                     struct suan_json **out, struct suan_error *error)
{
    SUAN_CLEANUP(suan_json_releasep) struct suan_json *array = suan_json_new_array();
    enum suan_status status = SUAN_OK;
    for (size_t i = 0; i < owners->count && status == SUAN_OK; i++) {
        struct suan_json *row = suan_json_new_object();
        status = service_set_ident(txn, row, "id", &owners->shares[i].owner, error);
        suan_json_set_integer(row, "bp", owners->shares[i].bp);
        suan_json_add(array, row);
    }
    if (status == SUAN_OK)
        *out = suan_take(&array);
    return status;
}

/* --- order -------------------------------------------------------------------------------------------- */

static int compare_rows(const void *a, const void *b)
{
    const struct suan_json *const *left = a, *const *right = b;
    int order = suan_span_compare(suan_json_text(suan_json_find(*left, "id")),
                                  suan_json_text(suan_json_find(*right, "id")));
    int64_t first = suan_json_integer(suan_json_find(*left, "index"));
    int64_t second = suan_json_integer(suan_json_find(*right, "index"));
    return order != 0 ? order : (first > second) - (first < second);
}

enum suan_status service_sort_by_id(struct suan_json *result, const char *key, struct suan_error *error)
{
    const struct suan_json *rows = suan_json_find(result, key);
    size_t count = suan_json_count(rows);
    struct suan_json *sorted = suan_json_new_array();
    const struct suan_json **order = calloc(count + 1, sizeof *order);
    if (order == NULL)
        return suan_error_set(error, SUAN_E_MEMORY, "memory", NULL, "out of memory");
    for (size_t i = 0; i < count; i++)
        order[i] = suan_json_at(rows, i);
    qsort(order, count, sizeof *order, compare_rows);
    for (size_t i = 0; i < count; i++)
        suan_json_add_copy(sorted, order[i]);
    free(order);
    suan_json_set(result, key, sorted);
    return SUAN_OK;
}
