/* suan_open, suan_find: a registry seen through the caller's own trust file. */
#include "library.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "catalog/review.h"
#include "name_of.h"

const char *suan_status_text(int32_t status)
{
    return suan_status_name(status);
}

/* --- opening ------------------------------------------------------------------------------------------- */

static enum suan_status find_journal(const char *given, char out[PATH_MAX], struct suan_error *error)
{
    const char *data = getenv("XDG_DATA_HOME"), *home = getenv("HOME");
    int size;
    if (given != NULL)
        size = snprintf(out, PATH_MAX, "%s", given);
    else if (data != NULL && data[0] == '/')
        size = snprintf(out, PATH_MAX, "%s/suan/meter", data);
    else
        size = snprintf(out, PATH_MAX, "%s/.local/share/suan/meter", home != NULL ? home : "");
    if (size >= PATH_MAX)
        return suan_error_set(error, SUAN_E_USAGE, "path.too-long", NULL, "the journal's path is too long");
    return suan_folder_make(out, error);
}

static enum suan_status load_trust(struct suan_library *library, const char *given, const char *folder,
                                   struct suan_error *error)
{
    char path[PATH_MAX];
    if (snprintf(path, sizeof path, "%s/trust.json", folder) >= PATH_MAX)
        return suan_error_set(error, SUAN_E_USAGE, "path.too-long", NULL, "the path is too long");
    enum suan_status status = suan_trust_load(given != NULL ? given : path, &library->trust, error);
    if (status == SUAN_E_NOT_FOUND)
        return suan_error_set(
            error, SUAN_E_NOT_FOUND, "trust.absent",
            "write one with 'suan registry trust FILE' and compare its keys with the bodies",
            "no trust file at %s", given != NULL ? given : path);
    return status;
}

/* The newest checkpoint seen is kept beside the journal, so that a registry cannot show us a shorter or
 * another past. */
static enum suan_status follow_checkpoint(struct suan_library *library, struct suan_span note,
                                          const struct suan_checkpoint *now, struct suan_error *error)
{
    SUAN_CLEANUP(suan_buffer_done) struct suan_buffer kept_note = {0};
    SUAN_CLEANUP(suan_txn_endp) struct suan_txn *txn = NULL;
    struct suan_checkpoint kept;
    struct suan_merkle_proof proof = {0};
    char path[PATH_MAX];
    if (snprintf(path, sizeof path, "%s/checkpoint.%s", library->journal, library->trust->origin) >= PATH_MAX)
        return suan_error_set(error, SUAN_E_USAGE, "path.too-long", NULL, "the path is too long");
    enum suan_status status = suan_file_read(path, SUAN_NOTE_SIZE_MAX, &kept_note, error);
    if (status == SUAN_E_NOT_FOUND)
        return suan_file_replace(path, note, 0644, error);
    if (status == SUAN_OK)
        status = suan_trust_check_checkpoint(library->trust, "registry", suan_buffer_span(&kept_note), &kept,
                                             NULL, error);
    if (status == SUAN_OK)
        status = suan_store_begin(suan_registry_store(library->registry), &txn, error);
    if (status == SUAN_OK && kept.size <= now->size)
        status = suan_log_prove_consistency(txn, SUAN_LOG_REGISTRY, kept.size, now->size, &proof, error);
    if (status == SUAN_OK)
        status = suan_checkpoint_follow(&kept, now, &proof, error);
    return status != SUAN_OK || kept.size == now->size ? status : suan_file_replace(path, note, 0644, error);
}

static enum suan_status check_log(struct suan_library *library, struct suan_error *error)
{
    SUAN_CLEANUP(suan_buffer_done) struct suan_buffer note = {0};
    SUAN_CLEANUP(suan_txn_endp) struct suan_txn *txn = NULL;
    struct suan_checkpoint checkpoint;
    struct suan_digest root;
    enum suan_status status = suan_registry_checkpoint(library->registry, SUAN_LOG_REGISTRY, &note, error);
    if (status == SUAN_OK)
        status = suan_trust_check_checkpoint(library->trust, "registry", suan_buffer_span(&note), &checkpoint,
                                             NULL, error);
    if (status == SUAN_OK)
        status = suan_store_begin(suan_registry_store(library->registry), &txn, error);
    if (status == SUAN_OK)
        status = suan_log_root(txn, SUAN_LOG_REGISTRY, checkpoint.size, &root, error);
    if (status == SUAN_OK && !suan_digest_equal(&root, &checkpoint.root))
        return suan_error_set(error, SUAN_E_INTEGRITY, "log.fork", "run 'suan registry verify'",
                              "the registry's log differs from its signed checkpoint");
    suan_txn_end(suan_take(&txn));
    return status != SUAN_OK ? status
                             : follow_checkpoint(library, suan_buffer_span(&note), &checkpoint, error);
}

static enum suan_status open_parts(struct suan_library *library, const struct suan_open_options *options,
                                   struct suan_error *error)
{
    struct suan_registry_options registry;
    char folder[PATH_MAX], worker[PATH_MAX];
    service_registry_options(&registry);
    enum suan_status status = service_default_folder(options->registry, folder, error);
    if (status == SUAN_OK)
        status = suan_registry_open(folder, SUAN_STORE_READ, &registry, &library->registry, error);
    if (status == SUAN_OK)
        status = load_trust(library, options->trust, folder, error);
    if (status == SUAN_OK)
        status = find_journal(options->journal, library->journal, error);
    if (status == SUAN_OK)
        status = check_log(library, error);
    if (status == SUAN_OK)
        status = service_find_worker(options->worker, worker, error);
    struct suan_engine_options engine = {.worker = worker};
    return status != SUAN_OK ? status : suan_engine_open(&engine, &library->engine, error);
}

static void closep(struct suan_library **library)
{
    suan_close(*library);
}

int32_t suan_open(const struct suan_open_options *given, struct suan_library **out_library,
                  struct suan_error *error)
{
    SUAN_CLEANUP(closep) struct suan_library *library = calloc(1, sizeof *library);
    struct suan_open_options options = SUAN_OPEN_OPTIONS_INIT;
    if (library == NULL)
        return suan_error_set(error, SUAN_E_MEMORY, "memory", NULL, "out of memory");
    if (given != NULL)
        memcpy(&options, given, given->struct_size < sizeof options ? given->struct_size : sizeof options);
    pthread_mutex_init(&library->lock, NULL);
    library->flags = options.flags;
    enum suan_status status = open_parts(library, &options, error);
    if (status == SUAN_OK)
        *out_library = suan_take(&library);
    return status;
}

void suan_close(struct suan_library *library)
{
    if (library == NULL)
        return;
    suan_engine_close(library->engine);
    suan_registry_close(library->registry);
    suan_trust_free(library->trust);
    pthread_mutex_destroy(&library->lock);
    free(library);
}

/* --- judging ------------------------------------------------------------------------------------------- */

/* The newest decision of each body of the trust file. */
struct ballots {
    const struct suan_trust *trust;
    uint64_t since_idx;
    struct suan_vote last[SUAN_TRUST_BODIES_MAX];
};

static enum suan_status keep_vote(void *context, const struct suan_vote *vote)
{
    struct ballots *ballots = context;
    for (size_t i = 0; i < ballots->trust->body_count; i++) {
        struct suan_id body = suan_ident_id(suan_span_text(ballots->trust->bodies[i].id));
        if (memcmp(body.bytes, vote->body.bytes, SUAN_ID_SIZE) == 0 && vote->index > ballots->since_idx)
            ballots->last[i] = *vote;
    }
    return SUAN_OK;
}

static bool body_has_key(const struct suan_trust_body *body, const struct suan_public_key *key)
{
    for (size_t i = 0; i < body->key_count; i++) {
        if (suan_public_key_equal(&body->keys[i], key))
            return true;
    }
    return false;
}

/* The event itself is read and its signature verified again, against the keys of the trust file. */
static enum suan_status verify_vote(struct suan_txn *txn, const struct suan_trust_body *body,
                                    const struct suan_vote *vote, bool *out_valid, struct suan_error *error)
{
    struct suan_span bytes;
    struct suan_leaf leaf;
    struct suan_command command = {0};
    struct suan_digest tar;
    *out_valid = false;
    enum suan_status status = suan_log_leaf(txn, SUAN_LOG_REGISTRY, vote->index, &bytes, error);
    if (status == SUAN_OK)
        status = suan_leaf_decode(bytes, &leaf, error);
    if (status == SUAN_OK)
        status = suan_command_parse(leaf.command, &command, error);
    if (status != SUAN_OK)
        return status;
    bool same = command.kind == SUAN_EVENT_REVIEW_SIGN &&
                suan_json_get_hex(command.body, "tar", SUAN_JSON_REQUIRED, tar.bytes, SUAN_DIGEST_SIZE, "",
                                  NULL) == SUAN_OK &&
                suan_digest_equal(&tar, &vote->tar);
    for (size_t i = 0; same && i < leaf.signature_count; i++) {
        struct suan_public_key key;
        if (suan_sshsig_verify(leaf.signatures[i], SUAN_NAMESPACE_EVENT, leaf.command, &key, NULL) == SUAN_OK)
            *out_valid |= body_has_key(body, &key);
    }
    suan_command_done(&command);
    return SUAN_OK;
}

enum suan_status library_judge(struct suan_library *library, struct suan_txn *txn, uint64_t now_ns,
                               struct library_choice *choice, struct suan_error *error)
{
    struct ballots ballots = {.trust = library->trust, .since_idx = choice->release.submitted_idx};
    uint64_t newest = 0;
    enum suan_status status = suan_vote_each(txn, &choice->release.tar, keep_vote, &ballots, error);
    choice->signatures = 0;
    for (size_t i = 0; i < library->trust->body_count && status == SUAN_OK; i++) {
        const struct suan_vote *vote = &ballots.last[i];
        bool valid = false;
        if (vote->decision != SUAN_DECISION_SIGN || now_ns > vote->until_ns)
            continue;
        status = verify_vote(txn, &library->trust->bodies[i], vote, &valid, error);
        choice->signatures += valid;
        newest = valid && vote->index > newest ? vote->index : newest;
    }
    bool vetted = (size_t)choice->signatures >= library->trust->k && library->trust->k > 0;
    choice->standing = vetted ? LIBRARY_VETTED : LIBRARY_UNVETTED;
    choice->vetted_idx = vetted ? newest : 0;
    return status;
}

/* --- choosing ------------------------------------------------------------------------------------------ */

static enum suan_status read_measurement(struct suan_txn *txn, struct library_choice *choice,
                                         struct suan_error *error)
{
    SUAN_CLEANUP(suan_json_freep) struct suan_json_document *document = NULL;
    const struct suan_json *measurement = NULL;
    struct suan_attestation newest;
    struct suan_span blob;
    enum suan_status status =
        suan_attestation_newest(txn, &choice->release.tar, SUAN_ATTESTATION_MEASUREMENT, &newest, NULL);
    if (status == SUAN_E_NOT_FOUND)
        return SUAN_OK;
    if (status == SUAN_OK)
        status = suan_blob_get(txn, &newest.blob, &blob, error);
    if (status == SUAN_OK)
        status = suan_attestation_predicate(blob, &choice->release.tar, &document, &measurement, error);
    if (status == SUAN_OK)
        status = suan_receipt_basis_read(measurement, &choice->basis, error);
    if (status != SUAN_OK)
        return status;
    choice->measurement = newest.blob;
    choice->unit_jobs = suan_json_integer(suan_json_find(suan_json_find(measurement, "task"), "unit_jobs"));
    return SUAN_OK;
}

static bool is_stopped(const struct suan_release *release)
{
    return (release->flags & (SUAN_RELEASE_REVOKED | SUAN_RELEASE_TAKEN_DOWN)) != 0;
}

/* Whether this machine runs one of its variants. */
static bool runs_here(struct suan_library *library, const struct suan_release *release)
{
    struct service_plugin plugin;
    if (service_plugin_load(suan_registry_store(library->registry), release, NULL, &plugin, NULL) != SUAN_OK)
        return false;
    service_plugin_done(&plugin);
    return true;
}

/* Upper bound of its cost at the largest measured size, ppm of the incumbent's; unmeasured releases come
 * last. */
static int64_t rank_of(const struct library_choice *choice)
{
    if (choice->basis.outcome != SUAN_BASIS_CREDITED || choice->basis.count == 0)
        return INT64_MAX;
    return choice->basis.bound_ppm[choice->basis.count - 1];
}

struct search {
    struct suan_library *library;
    struct suan_txn *txn;
    const char *task;                /* NULL: any */
    const struct suan_id *algorithm; /* NULL: any */
    uint64_t now_ns;
    struct library_choice *best;
    enum { SEARCH_NOTHING, SEARCH_UNVETTED, SEARCH_STOPPED, SEARCH_NO_VARIANT, SEARCH_FOUND } found;
    struct suan_error *error;
};

static bool solves(const struct suan_release *release, const char *task)
{
    for (size_t i = 0; i < release->task_count; i++) {
        if (strcmp(release->tasks[i], task) == 0)
            return true;
    }
    return false;
}

static void note(struct search *search, int found)
{
    if ((int)search->found < found)
        search->found = found;
}

/* For a task the lowest bound wins, ties by who was vetted first; for a name the newest version, which comes
 * last. */
static bool is_better(const struct search *search, const struct library_choice *choice)
{
    if (search->found != SEARCH_FOUND || search->task == NULL)
        return true;
    int64_t one = rank_of(choice), other = rank_of(search->best);
    return one < other || (one == other && choice->vetted_idx < search->best->vetted_idx);
}

static enum suan_status consider(void *context, const struct suan_release *release)
{
    struct search *search = context;
    struct library_choice choice = {.release = *release};
    if (release->kind != SUAN_KIND_ALGORITHM || (search->task != NULL && !solves(release, search->task)))
        return SUAN_OK;
    if (is_stopped(release) || (release->flags & SUAN_RELEASE_YANKED) != 0) {
        note(search, SEARCH_STOPPED);
        return SUAN_OK;
    }
    enum suan_status status =
        library_judge(search->library, search->txn, search->now_ns, &choice, search->error);
    if (status == SUAN_OK && choice.standing != LIBRARY_VETTED) {
        note(search, SEARCH_UNVETTED);
        return SUAN_OK;
    }
    if (status == SUAN_OK)
        status = read_measurement(search->txn, &choice, search->error);
    if (status != SUAN_OK)
        return status;
    if (!runs_here(search->library, release)) {
        note(search, SEARCH_NO_VARIANT);
        return SUAN_OK;
    }
    if (is_better(search, &choice))
        *search->best = choice;
    note(search, SEARCH_FOUND);
    return SUAN_OK;
}

static enum suan_status search_result(const struct search *search, const char *what, struct suan_error *error)
{
    static const char *const reasons[] = {
        "there is no release for it", "no release is signed by enough bodies of the trust file",
        "its releases are revoked or yanked", "no vetted release has a variant for this CPU"};
    if (search->found == SEARCH_FOUND)
        return SUAN_OK;
    return suan_error_set(error, search->found == SEARCH_STOPPED ? SUAN_E_REFUSED : SUAN_E_NOT_FOUND,
                          "release.none", "see 'suan list'", "nothing to load for %s: %s", what,
                          reasons[search->found]);
}

static enum suan_status choose_exact(struct suan_library *library, struct suan_txn *txn, const char *what,
                                     uint64_t now_ns, struct library_choice *out, struct suan_error *error)
{
    enum suan_status status = service_find_release(txn, suan_span_text(what), &out->release, error);
    if (status == SUAN_OK && is_stopped(&out->release))
        return suan_error_set(error, SUAN_E_REFUSED, "release.revoked", "see 'suan review show'",
                              "%s is revoked", what);
    if (status == SUAN_OK)
        status = library_judge(library, txn, now_ns, out, error);
    return status != SUAN_OK ? status : read_measurement(txn, out, error);
}

enum suan_status library_choose(struct suan_library *library, struct suan_txn *txn, const char *what,
                                struct library_choice *out, struct suan_error *error)
{
    uint64_t now_ns = 0;
    *out = (struct library_choice){0};
    enum suan_status status = suan_registry_now(library->registry, &now_ns, error);
    if (status != SUAN_OK)
        return status;
    uint8_t digest[SUAN_DIGEST_SIZE];
    if (strchr(what, '@') != NULL || suan_unhex(suan_span_text(what), digest, sizeof digest))
        return choose_exact(library, txn, what, now_ns, out, error);
    bool is_task = suan_package_is_task(suan_span_text(what));
    struct suan_id algorithm = suan_algorithm_id(suan_span_text(what));
    struct search search = {.library = library,
                            .txn = txn,
                            .task = is_task ? what : NULL,
                            .now_ns = now_ns,
                            .best = out,
                            .error = error};
    status = suan_release_each(txn, is_task ? NULL : &algorithm, consider, &search, error);
    return status != SUAN_OK ? status : search_result(&search, what, error);
}

void library_describe(const struct library_choice *choice, const char *task, const char *variant,
                      struct suan_found *out)
{
    struct suan_found found = {.struct_size = out->struct_size};
    snprintf(found.name, sizeof found.name, "%s", choice->release.name);
    snprintf(found.version, sizeof found.version, "%s", choice->release.version);
    snprintf(found.task, sizeof found.task, "%s", task);
    snprintf(found.variant, sizeof found.variant, "%s", variant);
    memcpy(found.digest, choice->release.tar.bytes, sizeof found.digest);
    memcpy(found.measurement, choice->measurement.bytes, sizeof found.measurement);
    found.credited_ns = choice->basis.credited_ns;
    found.unit_jobs = choice->unit_jobs;
    found.signatures = choice->signatures;
    found.bound_ppm = choice->basis.count > 0 ? (int32_t)choice->basis.bound_ppm[choice->basis.count - 1] : 0;
    memcpy(out, &found, out->struct_size < sizeof found ? out->struct_size : sizeof found);
}

int32_t suan_find(struct suan_library *library, const char *what, struct suan_found *out_found,
                  struct suan_error *error)
{
    SUAN_CLEANUP(suan_txn_endp) struct suan_txn *txn = NULL;
    struct library_choice choice;
    struct service_plugin plugin = {0};
    pthread_mutex_lock(&library->lock);
    enum suan_status status = suan_store_begin(suan_registry_store(library->registry), &txn, error);
    if (status == SUAN_OK)
        status = library_choose(library, txn, what, &choice, error);
    if (status == SUAN_OK)
        status = service_plugin_load(suan_registry_store(library->registry), &choice.release, NULL, &plugin,
                                     error);
    if (status == SUAN_OK)
        library_describe(&choice, suan_package_is_task(suan_span_text(what)) ? what : choice.release.tasks[0],
                         plugin.variant_id, out_found);
    service_plugin_done(&plugin);
    suan_txn_end(suan_take(&txn));
    pthread_mutex_unlock(&library->lock);
    return status;
}
