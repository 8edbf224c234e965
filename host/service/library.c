/* suan_open, suan_find: a registry seen through the caller's own trust file. */
#include "library.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/number.h"
#include "catalog/review.h"
#include "name_of.h"

const char *suan_status_text(int32_t status)
{
    return suan_status_name(status);
}

int32_t library_answer(enum suan_status status, const struct suan_error *cause, struct suan_error *error)
{
    if (status != SUAN_OK && error != NULL)
        *error = *cause;
    return status;
}

/* --- opening ------------------------------------------------------------------------------------------ */

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

/* Where the newest checkpoint of an origin is kept; an origin may hold slashes. */
static enum suan_status kept_path(const struct suan_library *library, const char *ending, char out[PATH_MAX],
                                  struct suan_error *error)
{
    int size =
        snprintf(out, PATH_MAX, "%s/checkpoint.%s%s", library->journal, library->trust->origin, ending);
    if (size >= PATH_MAX)
        return suan_error_set(error, SUAN_E_USAGE, "path.too-long", NULL, "the path is too long");
    for (char *place = out + strlen(library->journal) + 1; *place != '\0'; place++)
        *place = *place == '/' ? '%' : *place;
    return SUAN_OK;
}

/* What the registry offered instead of what it showed before: evidence, with the note kept. */
static void keep_evidence(const struct suan_library *library, struct suan_span note)
{
    char path[PATH_MAX];
    if (kept_path(library, ".refused", path, NULL) == SUAN_OK)
        (void)!suan_file_replace(path, note, 0644, NULL);
}

/* The newest checkpoint seen is kept beside the journal, so that a registry cannot show us a shorter or
 * another past. */
static enum suan_status follow_checkpoint(struct suan_library *library, struct suan_span note,
                                          const struct suan_checkpoint *now, struct suan_error *error)
{
    SUAN_CLEANUP(suan_buffer_done) struct suan_buffer kept_note = {0};
    SUAN_CLEANUP(suan_txn_endp) struct suan_txn *txn = NULL;
    struct suan_signed_note
        note_kept; /* its signature was checked when it came; the log's key may have changed */
    struct suan_checkpoint kept;
    struct suan_merkle_proof proof = {0};
    char path[PATH_MAX];
    enum suan_status status = kept_path(library, "", path, error);
    if (status == SUAN_OK)
        status = suan_file_read(path, SUAN_NOTE_SIZE_MAX, &kept_note, error);
    if (status == SUAN_E_NOT_FOUND)
        return suan_file_replace(path, note, 0644, error);
    if (status == SUAN_OK)
        status = suan_signed_note_parse(suan_buffer_span(&kept_note), &note_kept, error);
    if (status == SUAN_OK)
        status = suan_checkpoint_parse(note_kept.text, &kept, error);
    if (status == SUAN_OK)
        status = suan_store_begin(suan_registry_store(library->registry), &txn, error);
    if (status == SUAN_OK && kept.size <= now->size)
        status = suan_log_prove_consistency(txn, SUAN_LOG_REGISTRY, kept.size, now->size, &proof, error);
    if (status == SUAN_OK)
        status = suan_checkpoint_follow(&kept, now, &proof, error);
    if (status == SUAN_E_INTEGRITY)
        keep_evidence(library, note);
    return status != SUAN_OK || kept.size == now->size ? status : suan_file_replace(path, note, 0644, error);
}

/* How old the checkpoint is: by its witnesses, or without any by the newest event under it. */
static enum suan_status check_age(struct suan_library *library, struct suan_txn *txn, uint64_t size,
                                  uint64_t witnessed_s, struct suan_error *error)
{
    struct suan_span bytes;
    struct suan_leaf leaf;
    uint64_t now_ns = 0, time_s = witnessed_s;
    if (library->trust->on_stale != SUAN_TRUST_STALE_DENY || size == 0)
        return SUAN_OK;
    enum suan_status status = suan_registry_now(library->registry, &now_ns, error);
    if (status == SUAN_OK && time_s == 0) {
        status = suan_log_leaf(txn, SUAN_LOG_REGISTRY, size - 1, &bytes, error);
        if (status == SUAN_OK)
            status = suan_leaf_decode(bytes, &leaf, error);
        if (status == SUAN_OK)
            time_s = leaf.time_ns / 1000000000;
    }
    return status != SUAN_OK ? status
                             : suan_trust_check_age(library->trust, time_s, now_ns / 1000000000, error);
}

static enum suan_status check_root(struct suan_library *library, struct suan_txn *txn,
                                   const struct suan_checkpoint *checkpoint, uint64_t witnessed_s,
                                   struct suan_error *error)
{
    struct suan_digest root;
    enum suan_status status = suan_log_root(txn, SUAN_LOG_REGISTRY, checkpoint->size, &root, error);
    if (status == SUAN_OK && !suan_digest_equal(&root, &checkpoint->root))
        return suan_error_set(error, SUAN_E_INTEGRITY, "log.fork", "run 'suan registry verify'",
                              "the registry's log differs from its signed checkpoint");
    return status != SUAN_OK ? status : check_age(library, txn, checkpoint->size, witnessed_s, error);
}

static enum suan_status check_log(struct suan_library *library, struct suan_error *error)
{
    SUAN_CLEANUP(suan_buffer_done) struct suan_buffer note = {0};
    struct suan_txn *txn = NULL;
    struct suan_checkpoint checkpoint;
    uint64_t witnessed_s = 0;
    enum suan_status status = suan_registry_checkpoint(library->registry, SUAN_LOG_REGISTRY, &note, error);
    if (status == SUAN_OK)
        status = suan_trust_check_checkpoint(library->trust, "registry", suan_buffer_span(&note), &checkpoint,
                                             &witnessed_s, error);
    if (status == SUAN_OK)
        status = suan_store_begin(suan_registry_store(library->registry), &txn, error);
    if (status == SUAN_OK)
        status = check_root(library, txn, &checkpoint, witnessed_s, error);
    suan_txn_end(txn);
    return status != SUAN_OK ? status
                             : follow_checkpoint(library, suan_buffer_span(&note), &checkpoint, error);
}

static enum suan_status open_parts(struct suan_library *library, const struct suan_open_options *options,
                                   struct suan_error *error)
{
    char folder[PATH_MAX], worker[PATH_MAX];
    enum suan_status status = service_default_folder(options->registry, folder, error);
    if (status == SUAN_OK)
        status = opened_join(folder, &library->opened, error);
    if (status == SUAN_OK)
        status = load_trust(library, options->trust, folder, error);
    if (status == SUAN_OK)
        status = find_journal(options->journal, library->journal, error);
    if (status != SUAN_OK)
        return status;
    library->registry = library->opened->registry;
    pthread_mutex_lock(&library->opened->lock);
    status = check_log(library, error);
    pthread_mutex_unlock(&library->opened->lock);
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
    struct suan_error cause = {0};
    library->process = getpid();
    library->flags = options.flags;
    enum suan_status status = open_parts(library, &options, &cause);
    if (status == SUAN_OK)
        *out_library = suan_take(&library);
    return library_answer(status, &cause, error);
}

void suan_close(struct suan_library *library)
{
    if (library == NULL)
        return;
    suan_engine_close(library->engine);
    opened_leave(library->opened);
    suan_trust_free(library->trust);
    free(library);
}

enum suan_status library_check_process(const struct suan_library *library, struct suan_error *error)
{
    if (library->process == getpid())
        return SUAN_OK;
    return suan_error_set(error, SUAN_E_FORKED, "library.forked", "call suan_open again in the child",
                          "this library belongs to the parent of a fork");
}

enum suan_status library_begin(struct suan_library *library, struct suan_txn **out_txn,
                               struct suan_error *error)
{
    enum suan_status status = library_check_process(library, error);
    if (status != SUAN_OK)
        return status;
    pthread_mutex_lock(&library->opened->lock);
    status = suan_store_begin(suan_registry_store(library->registry), out_txn, error);
    if (status != SUAN_OK)
        pthread_mutex_unlock(&library->opened->lock);
    return status;
}

void library_end(struct suan_library *library, struct suan_txn *txn)
{
    suan_txn_end(txn);
    pthread_mutex_unlock(&library->opened->lock);
}

/* --- judging ------------------------------------------------------------------------------------------ */

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

/* What the body itself has signed: this release, in this registry, and for how long. The policy is that under
   which the release was submitted; it stands on the page whose digest the body signs. */
static bool says_so(const struct suan_command *command, const struct suan_trust *trust,
                    const struct suan_vote *vote, uint64_t now_ns)
{
    struct suan_digest tar;
    uint64_t until_ns = 0;
    struct suan_id policy = suan_policy_id(suan_span_text(trust->policy));
    return command->kind == SUAN_EVENT_REVIEW_SIGN &&
           suan_span_equal(command->origin, suan_span_text(trust->origin)) &&
           memcmp(policy.bytes, vote->policy.bytes, sizeof policy.bytes) == 0 &&
           suan_json_get_hex(command->body, "tar", SUAN_JSON_REQUIRED, tar.bytes, SUAN_DIGEST_SIZE, "",
                             NULL) == SUAN_OK &&
           suan_digest_equal(&tar, &vote->tar) &&
           suan_command_get_u64(command->body, "until", &until_ns, NULL) == SUAN_OK && now_ns <= until_ns;
}

/* The event itself is read and its signature verified again, against the keys of the trust file. */
static enum suan_status verify_vote(struct suan_txn *txn, const struct suan_trust *trust,
                                    const struct suan_trust_body *body, const struct suan_vote *vote,
                                    uint64_t now_ns, bool *out_valid, struct suan_error *error)
{
    struct suan_span bytes;
    struct suan_leaf leaf;
    struct suan_command command = {0};
    *out_valid = false;
    enum suan_status status = suan_log_leaf(txn, SUAN_LOG_REGISTRY, vote->index, &bytes, error);
    if (status == SUAN_OK)
        status = suan_leaf_decode(bytes, &leaf, error);
    if (status == SUAN_OK)
        status = suan_command_parse(leaf.command, &command, error);
    if (status != SUAN_OK)
        return status;
    bool same = says_so(&command, trust, vote, now_ns);
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
        status = verify_vote(txn, library->trust, &library->trust->bodies[i], vote, now_ns, &valid, error);
        choice->signatures += valid;
        newest = valid && vote->index > newest ? vote->index : newest;
    }
    bool vetted = (size_t)choice->signatures >= library->trust->k && library->trust->k > 0;
    choice->standing = vetted ? LIBRARY_VETTED : LIBRARY_UNVETTED;
    choice->vetted_idx = vetted ? newest : 0;
    return status;
}

/* --- choosing ----------------------------------------------------------------------------------------- */

enum { BASELINES_MAX = 8 };

/* The newest measurement on record. What cannot be read ranks nothing, and keeps nothing from being loaded.
 */
static enum suan_status read_basis(struct suan_txn *txn, const struct suan_digest *tar,
                                   struct library_choice *out, struct suan_error *error)
{
    SUAN_CLEANUP(suan_json_freep) struct suan_json_document *document = NULL;
    const struct suan_json *measurement = NULL, *baseline;
    struct suan_attestation newest;
    struct suan_error cause = {0};
    struct suan_span blob;
    enum suan_status status =
        suan_attestation_newest(txn, tar, SUAN_ATTESTATION_MEASUREMENT, &newest, &cause);
    if (status == SUAN_OK)
        status = suan_blob_get(txn, &newest.blob, &blob, &cause);
    if (status == SUAN_OK)
        status = suan_attestation_predicate(blob, tar, &document, &measurement, &cause);
    if (status == SUAN_OK)
        status = suan_receipt_basis_read(measurement, &out->basis, &cause);
    if (status == SUAN_E_NOT_FOUND || status == SUAN_E_FORMAT || status == SUAN_E_REFUSED)
        return SUAN_E_NOT_FOUND;
    if (status != SUAN_OK)
        return (enum suan_status)library_answer(status, &cause, error);
    baseline = suan_json_find(measurement, "baseline");
    if (suan_span_equal(suan_json_text(suan_json_find(baseline, "role")), suan_span_text("frontier")))
        (void)!suan_json_get_hex(baseline, "tar", SUAN_JSON_REQUIRED, out->baseline.bytes, SUAN_DIGEST_SIZE,
                                 "", NULL);
    if (out->basis.outcome == SUAN_BASIS_CREDITED && out->basis.count > 0)
        out->bound_ppm = out->basis.bound_ppm[out->basis.count - 1];
    out->measurement = newest.blob;
    out->unit_jobs = suan_json_integer(suan_json_find(suan_json_find(measurement, "task"), "unit_jobs"));
    return SUAN_OK;
}

static bool is_zero(const struct suan_digest *digest)
{
    static const struct suan_digest nothing;
    return suan_digest_equal(digest, &nothing);
}

/* A release that was measured against the best one before it costs the product of both bounds. */
static enum suan_status multiply_bounds(struct suan_txn *txn, struct library_choice *choice,
                                        struct suan_error *error)
{
    struct suan_digest tar = choice->baseline;
    for (int i = 0; i < BASELINES_MAX && !is_zero(&tar) && choice->bound_ppm > 0; i++) {
        struct library_choice before = {0};
        enum suan_status status = read_basis(txn, &tar, &before, error);
        if (status != SUAN_OK && status != SUAN_E_NOT_FOUND)
            return status;
        if (status == SUAN_E_NOT_FOUND || before.bound_ppm == 0 ||
            !suan_mul_div(choice->bound_ppm, before.bound_ppm, 1000000, &choice->bound_ppm))
            return SUAN_OK;
        choice->bound_ppm += choice->bound_ppm == 0;
        tar = before.baseline;
    }
    return SUAN_OK;
}

static enum suan_status read_measurement(struct suan_txn *txn, struct library_choice *choice,
                                         struct suan_error *error)
{
    const struct suan_digest tar = choice->release.tar;
    enum suan_status status = read_basis(txn, &tar, choice, error);
    if (status == SUAN_E_NOT_FOUND)
        choice->basis = (struct suan_receipt_basis){0};
    return status == SUAN_E_NOT_FOUND ? SUAN_OK
           : status != SUAN_OK        ? status
                                      : multiply_bounds(txn, choice, error);
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
    return choice->bound_ppm > 0 ? choice->bound_ppm : INT64_MAX;
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
    if (!is_better(search, &choice))
        return SUAN_OK;
    if (!runs_here(search->library, release)) {
        note(search, SEARCH_NO_VARIANT);
        return SUAN_OK;
    }
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
    found.bound_ppm = choice->bound_ppm <= INT32_MAX ? (int32_t)choice->bound_ppm : INT32_MAX;
    memcpy(out, &found, out->struct_size < sizeof found ? out->struct_size : sizeof found);
}

int32_t suan_find(struct suan_library *library, const char *what, struct suan_found *out_found,
                  struct suan_error *error)
{
    struct suan_store *store = suan_registry_store(library->registry);
    struct library_choice choice;
    struct service_plugin plugin = {0};
    struct suan_txn *txn = NULL;
    enum suan_status status = library_begin(library, &txn, error);
    if (status != SUAN_OK)
        return status;
    status = library_choose(library, txn, what, &choice, error);
    if (status == SUAN_OK)
        status = service_plugin_load(store, &choice.release, NULL, &plugin, error);
    if (status == SUAN_OK)
        library_describe(&choice, suan_package_is_task(suan_span_text(what)) ? what : choice.release.tasks[0],
                         plugin.variant_id, out_found);
    service_plugin_done(&plugin);
    library_end(library, txn);
    return status;
}
