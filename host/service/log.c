/* The logs as outsiders check them: checkpoints, proofs, and growth from what was seen before. */
#include <string.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "context.h"
#include "registry.h"
#include "trust/proof.h"
#include "trust/trustfile.h"

static enum suan_status find_log(const char *name, enum suan_log *out, struct suan_error *error)
{
    for (int log = SUAN_LOG_REGISTRY; log <= SUAN_LOG_LEDGER; log++) {
        if (strcmp(name, suan_log_name((enum suan_log)log)) == 0) {
            *out = (enum suan_log)log;
            return SUAN_OK;
        }
    }
    return suan_error_set(error, SUAN_E_USAGE, "log.name", "say registry or ledger", "no log named '%s'",
                          name);
}

/* Parses a note and checks that this registry's key signed it. The checkpoint borrows from the note's bytes.
 */
static enum suan_status open_note(struct suan_service *service, enum suan_log log, struct suan_span note,
                                  struct suan_checkpoint *out, struct suan_error *error)
{
    struct suan_signed_note parsed;
    struct suan_note_key key;
    enum suan_status status = suan_signed_note_parse(note, &parsed, error);
    if (status == SUAN_OK)
        status = suan_registry_note_key(service->registry, log, &key, error);
    if (status == SUAN_OK)
        status = suan_signed_note_verify(&parsed, &key, NULL, error);
    if (status == SUAN_E_NOT_FOUND)
        status =
            suan_error_set(error, SUAN_E_REFUSED, "log.signature", "is it a checkpoint of another registry?",
                           "the checkpoint is not signed by this log's key");
    return status != SUAN_OK ? status : suan_checkpoint_parse(parsed.text, out, error);
}

static enum suan_status newest(struct suan_service *service, enum suan_log log, struct suan_buffer *note,
                               struct suan_checkpoint *out, struct suan_error *error)
{
    enum suan_status status = suan_registry_checkpoint(service->registry, log, note, error);
    return status != SUAN_OK ? status : open_note(service, log, suan_buffer_span(note), out, error);
}

static void set_checkpoint(struct suan_json *result, enum suan_log log,
                           const struct suan_checkpoint *checkpoint, struct suan_span note)
{
    suan_json_set_text(result, "log", suan_log_name(log));
    suan_json_set_integer(result, "size", (int64_t)checkpoint->size);
    suan_json_set_hex(result, "root", checkpoint->root.bytes, SUAN_DIGEST_SIZE);
    suan_json_set_span(result, "note", note);
}

enum suan_status suan_service_log_checkpoint(struct suan_service *service, const char *name,
                                             struct suan_json **out_result, struct suan_error *error)
{
    SUAN_CLEANUP(suan_buffer_done) struct suan_buffer note = {0};
    struct suan_checkpoint checkpoint;
    enum suan_log log;
    enum suan_status status = find_log(name, &log, error);
    if (status == SUAN_OK)
        status = newest(service, log, &note, &checkpoint, error);
    if (status != SUAN_OK)
        return status;
    struct suan_json *result = suan_json_new_object();
    set_checkpoint(result, log, &checkpoint, suan_buffer_span(&note));
    service_mark_clock(service, result);
    *out_result = result;
    return SUAN_OK;
}

static enum suan_status prove(struct suan_service *service, enum suan_log log, uint64_t index,
                              const struct suan_checkpoint *checkpoint, struct suan_span note,
                              struct suan_buffer *out_proof, struct suan_json *result,
                              struct suan_error *error)
{
    SUAN_CLEANUP(suan_txn_endp) struct suan_txn *txn = NULL;
    struct suan_merkle_proof hashes;
    struct suan_span bytes;
    struct suan_leaf leaf;
    enum suan_status status = service_begin(service, &txn, error);
    if (status == SUAN_OK)
        status = suan_log_leaf(txn, log, index, &bytes, error);
    if (status == SUAN_OK)
        status = suan_log_prove_inclusion(txn, log, checkpoint->size, index, &hashes, error);
    if (status == SUAN_OK)
        status = suan_leaf_decode(bytes, &leaf, error);
    if (status != SUAN_OK)
        return status;
    struct suan_digest hash = suan_merkle_leaf(bytes);
    status = suan_merkle_verify_inclusion(checkpoint->size, &checkpoint->root, index, &hash, &hashes, error);
    suan_log_proof_format(out_proof, index, &hashes, note);
    suan_json_set_span(result, "command", leaf.command);
    suan_json_set_integer(result, "time_ns", (int64_t)leaf.time_ns);
    suan_json_set_hex(result, "leaf", hash.bytes, SUAN_DIGEST_SIZE);
    return status != SUAN_OK ? status : suan_buffer_check(out_proof, error);
}

enum suan_status suan_service_log_prove(struct suan_service *service, const char *name, int64_t index,
                                        const char *path, struct suan_json **out_result,
                                        struct suan_error *error)
{
    SUAN_CLEANUP(suan_buffer_done) struct suan_buffer note = {0};
    SUAN_CLEANUP(suan_buffer_done) struct suan_buffer proof = {0};
    SUAN_CLEANUP(suan_json_releasep) struct suan_json *result = suan_json_new_object();
    struct suan_checkpoint checkpoint;
    enum suan_log log;
    enum suan_status status = find_log(name, &log, error);
    if (status == SUAN_OK)
        status = newest(service, log, &note, &checkpoint, error);
    if (status != SUAN_OK)
        return status;
    if (index < 0 || (uint64_t)index >= checkpoint.size)
        return suan_error_set(error, SUAN_E_NOT_FOUND, "log.index", NULL, "the log %s holds events 0 to %lld",
                              name, (long long)checkpoint.size - 1);
    suan_json_set_text(result, "log", name);
    suan_json_set_integer(result, "index", index);
    suan_json_set_integer(result, "size", (int64_t)checkpoint.size);
    status =
        prove(service, log, (uint64_t)index, &checkpoint, suan_buffer_span(&note), &proof, result, error);
    suan_json_set_span(result, "proof", suan_buffer_span(&proof));
    if (status == SUAN_OK && path != NULL)
        status = suan_file_replace(path, suan_buffer_span(&proof), 0644, error);
    if (status == SUAN_OK)
        *out_result = suan_take(&result);
    return status;
}

/* That the log has grown from an earlier checkpoint without rewriting anything. */
static enum suan_status check_growth(struct suan_service *service, enum suan_log log, const char *since,
                                     const struct suan_checkpoint *now, struct suan_json *result,
                                     struct suan_error *error)
{
    SUAN_CLEANUP(suan_buffer_done) struct suan_buffer note = {0};
    SUAN_CLEANUP(suan_txn_endp) struct suan_txn *txn = NULL;
    struct suan_checkpoint kept;
    struct suan_merkle_proof proof = {0};
    enum suan_status status = suan_file_read(since, SUAN_NOTE_SIZE_MAX, &note, error);
    if (status == SUAN_OK)
        status = open_note(service, log, suan_buffer_span(&note), &kept, error);
    if (status == SUAN_OK)
        status = service_begin(service, &txn, error);
    uint64_t small = 0, large = 0;
    if (status == SUAN_OK) {
        small = kept.size < now->size ? kept.size : now->size;
        large = kept.size < now->size ? now->size : kept.size;
    }
    if (status == SUAN_OK && kept.size <= now->size)
        status = suan_log_prove_consistency(txn, log, small, large, &proof, error);
    if (status == SUAN_OK)
        status = suan_checkpoint_follow(&kept, now, &proof, error);
    if (status == SUAN_OK)
        suan_json_set_integer(result, "grew_from", (int64_t)kept.size);
    return status;
}

enum suan_status suan_service_log_check(struct suan_service *service, const char *name, const char *since,
                                        struct suan_json **out_result, struct suan_error *error)
{
    SUAN_CLEANUP(suan_buffer_done) struct suan_buffer note = {0};
    SUAN_CLEANUP(suan_json_releasep) struct suan_json *result = suan_json_new_object();
    struct suan_checkpoint checkpoint;
    struct suan_digest root;
    enum suan_log log;
    enum suan_status status = find_log(name, &log, error);
    if (status == SUAN_OK)
        status = newest(service, log, &note, &checkpoint, error);
    if (status == SUAN_OK) {
        SUAN_CLEANUP(suan_txn_endp) struct suan_txn *txn = NULL;
        status = service_begin(service, &txn, error);
        if (status == SUAN_OK)
            status = suan_log_root(txn, log, checkpoint.size, &root, error);
    }
    if (status == SUAN_OK && !suan_digest_equal(&root, &checkpoint.root))
        return suan_error_set(error, SUAN_E_INTEGRITY, "log.fork", "run 'suan registry verify'",
                              "the log's root differs from its signed checkpoint");
    if (status == SUAN_OK && since != NULL)
        status = check_growth(service, log, since, &checkpoint, result, error);
    if (status != SUAN_OK)
        return status;
    set_checkpoint(result, log, &checkpoint, suan_buffer_span(&note));
    *out_result = suan_take(&result);
    return SUAN_OK;
}
