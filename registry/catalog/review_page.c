/*
 * What a reviewer sees and signs for, as one JSON document that follows from the tables and the blobs they
 * name; and the list of what hosts must refuse. The criteria are suan.criteria/1: {schema, min_saving_bp,
 * mode}.
 */
#include "base/cleanup.h"
#include "base/number.h"
#include "identity.h"
#include "record.h"
#include "review.h"

/* What a page is made from. */
struct page {
    struct suan_txn *txn;
    const struct suan_release *release;
    const struct suan_policy_record *policy;
    struct suan_json *root;   /* borrowed from the caller's cleanup */
    struct suan_json *target; /* array being filled */
    struct suan_error *error;
};

static enum suan_status set_ident(struct page *page, struct suan_json *object, const char *key,
                                  const struct suan_id *id)
{
    struct suan_identity identity;
    enum suan_status status = suan_identity_get(page->txn, id, &identity, page->error);
    if (status == SUAN_OK)
        suan_json_set_text(object, key, identity.ident);
    return status;
}

/* --- criteria ----------------------------------------------------------------------------------------- */

struct criteria {
    int64_t min_saving_bp;
    bool full; /* only full measurements count */
};

static enum suan_status read_criteria(struct page *page, struct criteria *out)
{
    static const char *const known[] = {"min_saving_bp", "mode", "schema", NULL};
    SUAN_CLEANUP(suan_json_freep) struct suan_json_document *document = NULL;
    struct suan_span blob, schema = {0}, mode = {0};
    struct suan_error *error = page->error;
    enum suan_status status = suan_blob_get(page->txn, &page->policy->criteria, &blob, error);
    if (status == SUAN_OK)
        status = suan_json_parse(blob, 65536, 0, "criteria", &document, error);
    const struct suan_json *root = status == SUAN_OK ? suan_json_root(document) : NULL;
    if (status == SUAN_OK)
        status = suan_json_only(root, known, "criteria", error);
    if (status == SUAN_OK)
        status = suan_json_get_text(root, "schema", SUAN_JSON_REQUIRED, 32, &schema, "criteria", error);
    if (status == SUAN_OK)
        status = suan_json_get_text(root, "mode", SUAN_JSON_REQUIRED, 16, &mode, "criteria", error);
    if (status == SUAN_OK)
        status = suan_json_get_integer(root, "min_saving_bp", SUAN_JSON_REQUIRED, 0, 10000,
                                       &out->min_saving_bp, "criteria", error);
    if (status != SUAN_OK)
        return status;
    out->full = suan_span_equal(mode, suan_span_text("full"));
    if (!suan_span_equal(schema, suan_span_text("suan.criteria/1")) ||
        !(out->full || suan_span_equal(mode, suan_span_text("quick"))))
        return suan_error_set(error, SUAN_E_FORMAT, "criteria.format",
                              "schema suan.criteria/1, mode quick or full",
                              "criteria: unknown schema or mode");
    return SUAN_OK;
}

enum verdict { VERDICT_FAIL, VERDICT_PASS, VERDICT_MISSING };

static struct suan_json *add_criterion(struct page *page, const char *id, enum verdict verdict)
{
    static const char *const words[] = {"fail", "pass", "missing"};
    struct suan_json *row = suan_json_new_object();
    suan_json_set_text(row, "id", id);
    suan_json_set_text(row, "verdict", words[verdict]);
    suan_json_add(page->target, row);
    return row;
}

/* The newest predicate of a type; *out_document stays NULL when there is none. */
static enum suan_status newest_predicate(struct page *page, enum suan_attestation_type type,
                                         struct suan_json_document **out_document,
                                         const struct suan_json **out_predicate,
                                         struct suan_attestation *out_source)
{
    struct suan_span blob;
    enum suan_status status = suan_attestation_newest(page->txn, &page->release->tar, type, out_source, NULL);
    if (status == SUAN_E_NOT_FOUND)
        return SUAN_OK;
    if (status == SUAN_OK)
        status = suan_blob_get(page->txn, &out_source->blob, &blob, page->error);
    if (status != SUAN_OK)
        return status;
    return suan_attestation_predicate(blob, &page->release->tar, out_document, out_predicate, page->error);
}

/* A criterion that an attestation answers with one member that must be true. */
static enum suan_status judge_flag(struct page *page, const char *id, enum suan_attestation_type type,
                                   const char *member)
{
    SUAN_CLEANUP(suan_json_freep) struct suan_json_document *document = NULL;
    const struct suan_json *predicate = NULL;
    struct suan_attestation source;
    enum suan_status status = newest_predicate(page, type, &document, &predicate, &source);
    if (status != SUAN_OK)
        return status;
    if (document == NULL) {
        add_criterion(page, id, VERDICT_MISSING);
        return SUAN_OK;
    }
    bool holds = suan_json_boolean(suan_json_find(predicate, member));
    struct suan_json *row = add_criterion(page, id, holds ? VERDICT_PASS : VERDICT_FAIL);
    suan_json_set_hex(row, "attestation", source.blob.bytes, SUAN_DIGEST_SIZE);
    return SUAN_OK;
}

static bool all_checks_pass(const struct suan_json *measurement)
{
    const struct suan_json *checks = suan_json_find(measurement, "checks");
    for (size_t i = 0; i < suan_json_count(checks); i++) {
        struct suan_span result = suan_json_text(suan_json_find(suan_json_at(checks, i), "result"));
        if (suan_span_equal(result, suan_span_text("fail")))
            return false;
    }
    return suan_json_count(checks) > 0;
}

/* The lower bound of the saving, in basis points of what the baseline costs; -1 if the measurement credits
 * nothing. */
static int64_t credited_saving_bp(const struct suan_json *measurement)
{
    const struct suan_json *saving = suan_json_find(measurement, "saving");
    int64_t baseline = suan_json_integer(suan_json_find(saving, "baseline_ns"));
    int64_t credited = suan_json_integer(suan_json_find(saving, "credited_ns"));
    int64_t bp = 0;
    if (!suan_span_equal(suan_json_text(suan_json_find(measurement, "status")), suan_span_text("credited")))
        return -1;
    if (baseline <= 0 || credited < 0 || !suan_mul_div(credited, SUAN_SHARE_WHOLE_BP, baseline, &bp))
        return -1;
    return bp;
}

static enum suan_status judge_measurement(struct page *page, const struct criteria *criteria)
{
    SUAN_CLEANUP(suan_json_freep) struct suan_json_document *document = NULL;
    const struct suan_json *measurement = NULL;
    struct suan_attestation source;
    enum suan_status status =
        newest_predicate(page, SUAN_ATTESTATION_MEASUREMENT, &document, &measurement, &source);
    if (status != SUAN_OK)
        return status;
    if (document == NULL) {
        add_criterion(page, "SAVING", VERDICT_MISSING);
        add_criterion(page, "QUALITY", VERDICT_MISSING);
        return SUAN_OK;
    }
    int64_t bp = credited_saving_bp(measurement);
    bool is_full =
        suan_span_equal(suan_json_text(suan_json_find(measurement, "mode")), suan_span_text("full"));
    bool enough = bp >= criteria->min_saving_bp && (is_full || !criteria->full);
    struct suan_json *row = add_criterion(page, "SAVING", enough ? VERDICT_PASS : VERDICT_FAIL);
    suan_json_set_integer(row, "value_bp", bp);
    suan_json_set_integer(row, "threshold_bp", criteria->min_saving_bp);
    suan_json_set_text(row, "mode", is_full ? "full" : "quick");
    suan_json_set_hex(row, "attestation", source.blob.bytes, SUAN_DIGEST_SIZE);
    row = add_criterion(page, "QUALITY", all_checks_pass(measurement) ? VERDICT_PASS : VERDICT_FAIL);
    suan_json_set_hex(row, "attestation", source.blob.bytes, SUAN_DIGEST_SIZE);
    return SUAN_OK;
}

/* The same object under another algorithm's name, published earlier. */
static enum suan_status find_original(struct page *page, const struct suan_json *variant,
                                      struct suan_release *out)
{
    struct suan_digest sha256;
    SUAN_CLEANUP(suan_scan_endp) struct suan_scan *scan = NULL;
    struct suan_span key, value;
    enum suan_status status = suan_json_get_hex(variant, "sha256", SUAN_JSON_REQUIRED, sha256.bytes,
                                                SUAN_DIGEST_SIZE, "variants[]", page->error);
    if (status == SUAN_OK)
        status = suan_scan_begin(page->txn, SUAN_TABLE_VARIANT, digest_span(&sha256), suan_span(NULL, 0),
                                 &scan, page->error);
    if (status == SUAN_OK)
        status = suan_scan_next(scan, &key, &value, page->error);
    if (status != SUAN_OK)
        return status;
    struct suan_digest tar;
    struct record_reader reader = {value, false};
    record_digest(&reader, &tar);
    status = record_check(&reader, "variant", page->error);
    return status != SUAN_OK ? status : suan_release_by_digest(page->txn, &tar, out, page->error);
}

static enum suan_status judge_clone(struct page *page)
{
    struct suan_command command = {0};
    enum suan_status status = suan_release_command(page->txn, page->release, &command, page->error);
    struct suan_release original = {0};
    bool copied = false;
    const struct suan_json *variants =
        status == SUAN_OK ? suan_json_find(suan_json_find(command.body, "manifest"), "variants") : NULL;
    for (size_t i = 0; status == SUAN_OK && !copied && i < suan_json_count(variants); i++) {
        status = find_original(page, suan_json_at(variants, i), &original);
        copied = status == SUAN_OK && !id_equal(&original.algorithm, &page->release->algorithm);
    }
    suan_command_done(&command);
    if (status != SUAN_OK)
        return status;
    struct suan_json *row = add_criterion(page, "NO_CLONE", copied ? VERDICT_FAIL : VERDICT_PASS);
    if (copied)
        suan_json_set_text(row, "of", original.name);
    return SUAN_OK;
}

static enum suan_status add_criteria(struct page *page)
{
    struct criteria criteria = {0};
    enum suan_status status = read_criteria(page, &criteria);
    page->target = suan_json_new_array();
    suan_json_set(page->root, "criteria", page->target);
    if (status == SUAN_OK)
        status = judge_flag(page, "SCREENING", SUAN_ATTESTATION_SCREENING, "clean");
    if (status == SUAN_OK)
        status = judge_flag(page, "CONFORMANCE", SUAN_ATTESTATION_CONFORMANCE, "conformant");
    if (status == SUAN_OK && page->release->kind == SUAN_KIND_ALGORITHM)
        status = judge_measurement(page, &criteria);
    return status != SUAN_OK ? status : judge_clone(page);
}

/* --- the page ----------------------------------------------------------------------------------------- */

static void add_release(struct page *page)
{
    const struct suan_release *release = page->release;
    struct suan_json *object = suan_json_new_object(), *tasks = suan_json_new_array();
    suan_json_set_text(object, "id", release->name);
    suan_json_set_text(object, "version", release->version);
    suan_json_set_hex(object, "tar", release->tar.bytes, SUAN_DIGEST_SIZE);
    suan_json_set_text(object, "kind", release->kind == SUAN_KIND_TASK ? "task" : "algorithm");
    for (size_t i = 0; i < release->task_count; i++)
        suan_json_add_text(tasks, release->tasks[i]);
    suan_json_set(object, "tasks", tasks);
    suan_json_set(page->root, "release", object);
}

static void add_policy(struct page *page)
{
    struct suan_json *object = suan_json_new_object();
    suan_json_set_text(object, "id", page->policy->name);
    suan_json_set_integer(object, "version", page->policy->version);
    suan_json_set_integer(object, "k", page->policy->k);
    suan_json_set_integer(object, "n", (int64_t)page->policy->body_count);
    suan_json_set_hex(object, "criteria", page->policy->criteria.bytes, SUAN_DIGEST_SIZE);
    suan_json_set(page->root, "policy", object);
}

static enum suan_status add_owners(struct page *page)
{
    struct suan_owner_table owners;
    struct suan_json *array = suan_json_new_array();
    enum suan_status status = suan_owner_get(page->txn, &page->release->algorithm, &owners, page->error);
    suan_json_set(page->root, "owners", array);
    for (size_t i = 0; status == SUAN_OK && i < owners.count; i++) {
        struct suan_json *row = suan_json_new_object();
        status = set_ident(page, row, "id", &owners.shares[i].owner);
        suan_json_set_integer(row, "bp", owners.shares[i].bp);
        suan_json_add(array, row);
    }
    return status;
}

static enum suan_status add_attestation(void *context, const struct suan_attestation *one)
{
    struct page *page = context;
    struct suan_json *row = suan_json_new_object();
    suan_json_set_text(row, "type", suan_attestation_name(one->type));
    suan_json_set_hex(row, "blob", one->blob.bytes, SUAN_DIGEST_SIZE);
    suan_json_set_integer(row, "index", (int64_t)one->index);
    enum suan_status status = set_ident(page, row, "by", &one->by);
    suan_json_add(page->target, row);
    return status;
}

static enum suan_status add_vote(void *context, const struct suan_vote *vote)
{
    static const char *const words[] = {"", "sign", "reject", "withdraw", "revoke", "restore"};
    struct page *page = context;
    struct suan_json *row = suan_json_new_object();
    suan_json_set_text(row, "decision", words[vote->decision]);
    suan_json_set_integer(row, "index", (int64_t)vote->index);
    enum suan_status status = set_ident(page, row, "body", &vote->body);
    if (status == SUAN_OK)
        status = set_ident(page, row, "signer", &vote->signer);
    suan_json_add(page->target, row);
    return status;
}

static struct suan_json *begin_array(struct page *page, const char *key)
{
    page->target = suan_json_new_array();
    suan_json_set(page->root, key, page->target);
    return page->target;
}

enum suan_status suan_review_page(struct suan_txn *txn, const struct suan_release *release,
                                  const struct suan_policy_record *policy, struct suan_json **out_page,
                                  struct suan_digest *out_digest, struct suan_error *error)
{
    SUAN_CLEANUP(suan_json_releasep) struct suan_json *root = suan_json_new_object();
    SUAN_CLEANUP(suan_buffer_done) struct suan_buffer text = {0};
    struct page page = {txn, release, policy, root, NULL, error};
    suan_json_set_text(root, "schema", "suan.review-page/1");
    add_release(&page);
    add_policy(&page);
    enum suan_status status = add_owners(&page);
    begin_array(&page, "attestations");
    if (status == SUAN_OK)
        status = suan_attestation_each(txn, &release->tar, 0, add_attestation, &page, error);
    begin_array(&page, "votes");
    if (status == SUAN_OK)
        status = suan_vote_each(txn, &release->tar, add_vote, &page, error);
    if (status == SUAN_OK)
        status = add_criteria(&page);
    if (status == SUAN_OK)
        status = suan_json_format(root, SUAN_JSON_STYLE_CANONICAL, &text, error);
    if (status != SUAN_OK)
        return status;
    *out_digest = suan_sha256(suan_buffer_span(&text));
    *out_page = suan_take(&root);
    return SUAN_OK;
}

/* --- what hosts must refuse --------------------------------------------------------------------------- */

struct refusals {
    struct suan_txn *txn;
    struct suan_buffer *out;
    uint64_t lines;
    struct suan_error *error;
};

static void add_line(struct refusals *refusals, const char *word, const struct suan_digest *tar,
                     const char *after)
{
    char hex[2 * SUAN_DIGEST_SIZE + 1];
    suan_hex(tar->bytes, SUAN_DIGEST_SIZE, hex);
    suan_buffer_printf(refusals->out, "%s %s%s%s\n", word, hex, after[0] != '\0' ? " " : "", after);
    refusals->lines++;
}

static enum suan_status refuse_vote(void *context, const struct suan_vote *vote)
{
    struct refusals *refusals = context;
    struct suan_identity body;
    if (vote->decision != SUAN_DECISION_WITHDRAW)
        return SUAN_OK;
    enum suan_status status = suan_identity_get(refusals->txn, &vote->body, &body, refusals->error);
    if (status == SUAN_OK)
        add_line(refusals, "withdrawn", &vote->tar, body.ident);
    return status;
}

static enum suan_status refuse_release(void *context, const struct suan_release *release)
{
    struct refusals *refusals = context;
    if ((release->flags & SUAN_RELEASE_REVOKED) != 0)
        add_line(refusals, "revoked", &release->tar, "");
    if ((release->flags & SUAN_RELEASE_TAKEN_DOWN) != 0)
        add_line(refusals, "taken-down", &release->tar, "");
    if ((release->flags & SUAN_RELEASE_YANKED) != 0)
        add_line(refusals, "yanked", &release->tar, "");
    return suan_vote_each(refusals->txn, &release->tar, refuse_vote, refusals, refusals->error);
}

enum suan_status suan_review_revoked(struct suan_txn *txn, struct suan_buffer *out, uint64_t *out_lines,
                                     struct suan_error *error)
{
    struct refusals refusals = {txn, out, 0, error};
    enum suan_status status = suan_release_each(txn, NULL, refuse_release, &refusals, error);
    if (status == SUAN_OK)
        status = suan_buffer_check(out, error);
    if (status == SUAN_OK)
        *out_lines = refusals.lines;
    return status;
}
