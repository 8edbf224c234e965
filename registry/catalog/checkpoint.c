/*
 * Checkpoints: the durable size of a log, signed with the log's note key after the commit, kept, and only
 * then shown. The private keys are ordinary OpenSSH files under notes/ beside the store.
 */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "handle.h"
#include "record.h"

#define CHECKPOINT_INTERVAL_NS UINT64_C(1000000000)

static enum suan_status note_path(const char *folder, enum suan_log log, const char *suffix,
                                  char out[PATH_MAX], struct suan_error *error)
{
    if ((size_t)snprintf(out, PATH_MAX, "%s/notes/%s%s", folder, suan_log_name(log), suffix) >= PATH_MAX)
        return suan_error_errno(error, "registry.notes", ENAMETOOLONG, folder);
    return SUAN_OK;
}

enum suan_status checkpoint_make_keys(const char *folder, struct suan_error *error)
{
    char path[PATH_MAX];
    if ((size_t)snprintf(path, sizeof path, "%s/notes", folder) >= sizeof path)
        return suan_error_errno(error, "registry.notes", ENAMETOOLONG, folder);
    enum suan_status status = suan_folder_make(path, error);
    for (int log = 0; status == SUAN_OK && log < LOG_COUNT; log++) {
        status = note_path(folder, (enum suan_log)log, "", path, error);
        if (status == SUAN_OK)
            status = suan_key_file_create(path, suan_log_name((enum suan_log)log), NULL, error);
    }
    return status;
}

enum suan_status checkpoint_key_of(const struct suan_charter *charter, enum suan_log log,
                                   const struct suan_signer *signer, struct suan_note_key *out,
                                   struct suan_error *error)
{
    char name[SUAN_NOTE_NAME_MAX + 1];
    const struct suan_public_key *key = suan_signer_key(signer);
    if (key->type != SUAN_KEY_ED25519)
        return suan_error_set(error, SUAN_E_REFUSED, "registry.notes", "use an ssh-ed25519 key",
                              "the note key of log '%s' is not a plain Ed25519 key", suan_log_name(log));
    suan_charter_log_name(charter, log, name);
    return suan_note_key_init(out, name, SUAN_NOTE_ED25519, key->point, error);
}

static const char bring_keys[] = "bring the folder notes/ from a backup of this registry";

/* A note key that cannot be read is damage to the registry, unless the system keeps it from us. */
static enum suan_status open_key(const char *path, struct suan_signer **out_signer, struct suan_error *error)
{
    struct suan_error cause = {0};
    enum suan_status status = suan_signer_open(path, out_signer, &cause);
    if (status == SUAN_OK)
        return SUAN_OK;
    if (status == SUAN_E_FORMAT || status == SUAN_E_REFUSED || status == SUAN_E_UNSUPPORTED)
        return suan_error_set(error, SUAN_E_INTEGRITY, "registry.notes", bring_keys, "%s", cause.message);
    return suan_error_set(error, status, cause.code, cause.hint, "%s", cause.message);
}

enum suan_status checkpoint_open_keys(struct suan_registry *registry, struct suan_error *error)
{
    for (int log = 0; log < LOG_COUNT; log++) {
        char path[PATH_MAX];
        enum suan_status status =
            note_path(suan_store_folder(registry->store), (enum suan_log)log, "", path, error);
        if (status == SUAN_OK && access(path, F_OK) == 0)
            status = open_key(path, &registry->note_signers[log], error);
        if (status != SUAN_OK)
            return status;
    }
    return SUAN_OK;
}

enum suan_status checkpoint_ready(const struct suan_registry *registry, struct suan_error *error)
{
    if (registry->mode != SUAN_STORE_WRITE)
        return suan_error_set(error, SUAN_E_USAGE, "registry.mode", "open it for writing",
                              "the registry is open for reading");
    for (int log = 0; log < LOG_COUNT; log++) {
        if (registry->note_signers[log] == NULL)
            return suan_error_set(error, SUAN_E_REFUSED, "registry.notes",
                                  "bring the note keys, or use this copy for reading and verifying",
                                  "%s/notes has no key for log '%s': this copy signs nothing",
                                  suan_store_folder(registry->store), suan_log_name((enum suan_log)log));
    }
    return SUAN_OK;
}

enum suan_status suan_registry_prepare_note_key(struct suan_registry *registry, enum suan_log log,
                                                struct suan_note_key *out, struct suan_error *error)
{
    SUAN_CLEANUP(suan_signer_closep) struct suan_signer *signer = NULL;
    char path[PATH_MAX];
    enum suan_status status = checkpoint_ready(registry, error);
    if (status == SUAN_OK)
        status = note_path(suan_store_folder(registry->store), log, ".next", path, error);
    if (status == SUAN_OK && access(path, F_OK) != 0)
        status = suan_key_file_create(path, suan_log_name(log), NULL, error);
    if (status == SUAN_OK)
        status = suan_signer_open(path, &signer, error);
    return status != SUAN_OK ? status : checkpoint_key_of(&registry->charter, log, signer, out, error);
}

/* --- signing ------------------------------------------------------------------------------------------ */

static bool signer_is(const struct suan_signer *signer, const struct suan_note_key *key)
{
    return memcmp(suan_signer_key(signer)->point, key->point, sizeof key->point) == 0;
}

/* The successor of the present note key, if the log has named it: NULL if it has not. */
static enum suan_status open_successor(const struct suan_registry *registry, enum suan_log log,
                                       const struct suan_note_key *key, struct suan_signer **out_next,
                                       struct suan_error *error)
{
    char path[PATH_MAX];
    if (signer_is(registry->note_signers[log], key))
        return SUAN_OK;
    enum suan_status status = note_path(suan_store_folder(registry->store), log, ".next", path, error);
    if (status == SUAN_OK)
        status = suan_signer_open(path, out_next, error);
    if (status != SUAN_OK || signer_is(*out_next, key))
        return status;
    return suan_error_set(error, SUAN_E_INTEGRITY, "registry.notes", bring_keys,
                          "neither note key of log '%s' is the one that the log names", suan_log_name(log));
}

enum suan_status checkpoint_check_keys(const struct suan_registry *registry, struct suan_error *error)
{
    SUAN_CLEANUP(suan_txn_endp) struct suan_txn *txn = NULL;
    enum suan_status status = suan_store_begin(registry->store, &txn, error);
    for (int log = 0; status == SUAN_OK && log < LOG_COUNT; log++) {
        SUAN_CLEANUP(suan_signer_closep) struct suan_signer *next = NULL;
        struct suan_note_key key;
        uint64_t size = 0;
        if (registry->note_signers[log] == NULL)
            continue;
        status = suan_log_size(txn, (enum suan_log)log, &size, error);
        if (status == SUAN_OK)
            status = suan_note_key_at(txn, (enum suan_log)log, size, &key, error);
        if (status == SUAN_OK)
            status = open_successor(registry, (enum suan_log)log, &key, &next, error);
        if (status == SUAN_E_NOT_FOUND)
            status = suan_error_set(error, SUAN_E_INTEGRITY, "registry.notes", bring_keys,
                                    "%s/notes/%s is not the key that the log names",
                                    suan_store_folder(registry->store), suan_log_name((enum suan_log)log));
    }
    return status;
}

static enum suan_status make_successor_present(struct suan_registry *registry, enum suan_log log,
                                               struct suan_signer **next, struct suan_error *error)
{
    static const char *const suffixes[] = {"", ".pub"};
    const char *folder = suan_store_folder(registry->store);
    for (size_t i = 0; i < sizeof suffixes / sizeof suffixes[0]; i++) {
        char from[PATH_MAX], to[PATH_MAX], next_suffix[16];
        snprintf(next_suffix, sizeof next_suffix, ".next%s", suffixes[i]);
        enum suan_status status = note_path(folder, log, next_suffix, from, error);
        if (status == SUAN_OK)
            status = note_path(folder, log, suffixes[i], to, error);
        if (status != SUAN_OK)
            return status;
        if (rename(from, to) != 0 && errno != ENOENT)
            return suan_error_errno(error, "registry.notes", errno, to);
    }
    suan_signer_close(registry->note_signers[log]);
    registry->note_signers[log] = suan_take(next);
    return SUAN_OK;
}

/* What is to be signed for one log: its durable size and root, and the key in force there. */
struct due {
    enum suan_log log;
    uint64_t size;
    struct suan_digest root;
    struct suan_note_key key;
    enum { NOTHING_DUE, SIGNATURE_DUE } state;
    struct suan_buffer note;
};

static enum suan_status look_up_due(struct suan_registry *registry, struct due *due, struct suan_error *error)
{
    SUAN_CLEANUP(suan_txn_endp) struct suan_txn *txn = NULL;
    struct suan_span note;
    uint64_t signed_size = 0;
    enum suan_status status = suan_store_begin(registry->store, &txn, error);
    if (status == SUAN_OK)
        status = suan_log_size(txn, due->log, &due->size, error);
    if (status != SUAN_OK)
        return status;
    status = suan_log_newest_checkpoint(txn, due->log, &signed_size, &note, error);
    bool first = status == SUAN_E_NOT_FOUND;
    if (status != SUAN_OK && !first)
        return status;
    if (!first && signed_size >= due->size)
        return SUAN_OK;
    due->state = SIGNATURE_DUE;
    status = suan_log_root(txn, due->log, due->size, &due->root, error);
    return status != SUAN_OK ? status : suan_note_key_at(txn, due->log, due->size, &due->key, error);
}

static enum suan_status keep_note(void *context, struct suan_txn *txn, struct suan_error *error)
{
    struct due *due = context;
    return suan_log_keep_checkpoint(txn, due->log, due->size, suan_buffer_span(&due->note), error);
}

static enum suan_status sign_note(struct suan_registry *registry, struct due *due,
                                  const struct suan_signer *next, struct suan_error *error)
{
    SUAN_CLEANUP(suan_buffer_done) struct suan_buffer text = {0};
    suan_checkpoint_format(&text, due->key.name, due->size, &due->root);
    suan_signed_note_begin(&due->note, suan_buffer_span(&text));
    enum suan_status status = suan_buffer_check(&text, error);
    if (status == SUAN_OK && next != NULL)
        status = suan_signed_note_sign(&due->note, suan_buffer_span(&text), due->key.name, next, error);
    if (status == SUAN_OK)
        status = suan_signed_note_sign(&due->note, suan_buffer_span(&text), due->key.name,
                                       registry->note_signers[due->log], error);
    return status != SUAN_OK ? status : suan_buffer_check(&due->note, error);
}

static enum suan_status sign_due(struct suan_registry *registry, struct due *due, struct suan_error *error)
{
    SUAN_CLEANUP(suan_signer_closep) struct suan_signer *next = NULL;
    enum suan_status status = open_successor(registry, due->log, &due->key, &next, error);
    if (status == SUAN_OK)
        status = sign_note(registry, due, next, error);
    if (status == SUAN_OK)
        status = suan_store_write(registry->store, keep_note, due, error);
    if (status == SUAN_OK && next != NULL)
        status = make_successor_present(registry, due->log, &next, error);
    return status;
}

static enum suan_status sign_log(struct suan_registry *registry, enum suan_log log, struct suan_error *error)
{
    struct due due = {.log = log};
    enum suan_status status = look_up_due(registry, &due, error);
    if (status == SUAN_OK && due.state == SIGNATURE_DUE)
        status = sign_due(registry, &due, error);
    suan_buffer_done(&due.note);
    return status;
}

enum suan_status checkpoint_sign(struct suan_registry *registry, enum checkpoint_haste haste,
                                 struct suan_error *error)
{
    uint64_t now = suan_clock_monotonic_ns();
    enum suan_status status = SUAN_OK;
    for (int log = 0; status == SUAN_OK && log < LOG_COUNT; log++) {
        if (haste == CHECKPOINT_IF_DUE && now < registry->checkpoint_after_ns[log])
            continue;
        status = sign_log(registry, (enum suan_log)log, error);
        registry->checkpoint_after_ns[log] = now + CHECKPOINT_INTERVAL_NS;
    }
    return status;
}

/* --- showing and checking ----------------------------------------------------------------------------- */

enum suan_status suan_registry_checkpoint(struct suan_registry *registry, enum suan_log log,
                                          struct suan_buffer *out, struct suan_error *error)
{
    SUAN_CLEANUP(suan_txn_endp) struct suan_txn *txn = NULL;
    struct suan_span note;
    uint64_t size = 0;
    enum suan_status status = SUAN_OK;
    if (checkpoint_ready(registry, NULL) == SUAN_OK)
        status = sign_log(registry, log, error);
    if (status == SUAN_OK)
        status = suan_store_begin(registry->store, &txn, error);
    if (status == SUAN_OK)
        status = suan_log_newest_checkpoint(txn, log, &size, &note, error);
    if (status == SUAN_E_NOT_FOUND)
        return suan_error_set(error, SUAN_E_NOT_FOUND, "log.unsigned", "open the registry for writing once",
                              "log '%s' has no checkpoint yet", suan_log_name(log));
    if (status != SUAN_OK)
        return status;
    suan_buffer_append_span(out, note);
    return suan_buffer_check(out, error);
}

enum suan_status suan_registry_note_key(struct suan_registry *registry, enum suan_log log,
                                        struct suan_note_key *out, struct suan_error *error)
{
    SUAN_CLEANUP(suan_txn_endp) struct suan_txn *txn = NULL;
    uint64_t size = 0;
    enum suan_status status = suan_store_begin(registry->store, &txn, error);
    if (status == SUAN_OK)
        status = suan_log_size(txn, log, &size, error);
    return status != SUAN_OK ? status : suan_note_key_at(txn, log, size, out, error);
}

static enum suan_status check_note(struct suan_txn *txn, enum suan_log log, uint64_t size,
                                   struct suan_span note, struct suan_error *error)
{
    struct suan_signed_note parsed;
    struct suan_checkpoint checkpoint;
    struct suan_note_key key;
    struct suan_digest root;
    enum suan_status status = suan_signed_note_parse(note, &parsed, error);
    if (status == SUAN_OK)
        status = suan_checkpoint_parse(parsed.text, &checkpoint, error);
    if (status == SUAN_OK)
        status = suan_note_key_at(txn, log, size, &key, error);
    if (status == SUAN_OK)
        status = suan_signed_note_verify(&parsed, &key, NULL, error);
    if (status == SUAN_OK)
        status = suan_log_root(txn, log, size, &root, error);
    if (status != SUAN_OK)
        return status;
    if (checkpoint.size != size || !suan_digest_equal(&checkpoint.root, &root) ||
        !suan_span_equal(checkpoint.origin, suan_span_text(key.name)))
        return suan_error_set(error, SUAN_E_INTEGRITY, "registry.verify", NULL,
                              "its origin, size or root is not this log's");
    return SUAN_OK;
}

enum suan_status checkpoint_check(struct suan_txn *txn, enum suan_log log, uint64_t size,
                                  struct suan_span note, struct suan_error *error)
{
    struct suan_error cause = {0};
    enum suan_status status = check_note(txn, log, size, note, &cause);
    if (status == SUAN_OK)
        return SUAN_OK;
    return suan_error_set(error, fold_is_fatal(status) ? status : SUAN_E_INTEGRITY, "registry.verify", NULL,
                          "checkpoint %llu of log '%s': %s", (unsigned long long)size, suan_log_name(log),
                          cause.message);
}

enum suan_status checkpoint_decode(struct suan_span key, struct suan_span value, struct checkpoint_row *out,
                                   struct suan_error *error)
{
    struct record_reader head = {key, false}, reader = {value, false};
    uint8_t log = record_take(&head, 1)[0];
    out->size = record_u64(&head);
    record_digest(&reader, &out->root);
    out->log = log == SUAN_LOG_REGISTRY ? SUAN_LOG_REGISTRY : SUAN_LOG_LEDGER;
    out->note = reader.rest;
    head.bad |= reader.bad || log >= LOG_COUNT;
    return record_check(&head, "ckpt", error);
}
