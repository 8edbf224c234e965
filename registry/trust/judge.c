/* What follows from a trust file and the log's own words alone: nothing here reads a registry. */
#include "trustfile.h"

#include <inttypes.h>
#include <stdio.h>

const struct suan_trust_body *suan_trust_body_of(const struct suan_trust *trust,
                                                 const struct suan_public_key *key)
{
    for (size_t i = 0; i < trust->body_count; i++) {
        const struct suan_trust_body *body = &trust->bodies[i];
        for (size_t j = 0; j < body->key_count; j++) {
            if (suan_public_key_equal(&body->keys[j], key))
                return body;
        }
    }
    return NULL;
}

/* One of the log's keys must have signed, and none may have signed wrongly. */
static enum suan_status check_log_keys(const struct suan_trust *trust, const char *name,
                                       const struct suan_signed_note *note, struct suan_error *error)
{
    size_t right = 0;
    for (size_t i = 0; i < trust->log_key_count; i++) {
        if (strcmp(trust->log_keys[i].name, name) != 0)
            continue;
        enum suan_status status = suan_signed_note_verify(note, &trust->log_keys[i], NULL, error);
        if (status != SUAN_OK && status != SUAN_E_NOT_FOUND)
            return status;
        right += status == SUAN_OK;
    }
    if (right > 0)
        return SUAN_OK;
    return suan_error_set(error, SUAN_E_REFUSED, "log.signature",
                          "get the log's new key from its operator, if it has one",
                          "log %s: the checkpoint is not signed by a key of the trust file", name);
}

/* Keeps `times` in descending order. */
static void insert_time(uint64_t *times, size_t count, uint64_t time_s)
{
    size_t at = count;
    for (; at > 0 && times[at - 1] < time_s; at--)
        times[at] = times[at - 1];
    times[at] = time_s;
}

static enum suan_status check_witnesses(const struct suan_trust *trust, const char *name,
                                        const struct suan_signed_note *note, uint64_t *out_time_s,
                                        struct suan_error *error)
{
    uint64_t times[SUAN_TRUST_WITNESSES_MAX];
    size_t count = 0;

    for (size_t i = 0; i < trust->witness_count; i++) {
        uint64_t time_s = 0;
        enum suan_status status = suan_signed_note_verify(note, &trust->witnesses[i], &time_s, error);
        if (status != SUAN_OK && status != SUAN_E_NOT_FOUND)
            return status;
        if (status == SUAN_OK)
            insert_time(times, count++, time_s);
    }
    if (count < trust->quorum)
        return suan_error_set(error, SUAN_E_REFUSED, "log.quorum",
                              "wait until more witnesses have checked it",
                              "log %s: %zu of the %zu witnesses needed have cosigned the checkpoint", name,
                              count, trust->quorum);
    *out_time_s = trust->quorum > 0 ? times[trust->quorum - 1] : 0;
    return SUAN_OK;
}

enum suan_status suan_trust_check_checkpoint(const struct suan_trust *trust, const char *log,
                                             struct suan_span note, struct suan_checkpoint *out,
                                             uint64_t *out_time_s, struct suan_error *error)
{
    char name[2 * SUAN_NOTE_NAME_MAX];
    struct suan_signed_note parsed;
    struct suan_checkpoint checkpoint;
    uint64_t time_s = 0;

    snprintf(name, sizeof name, "%s/%s", trust->origin, log);
    enum suan_status status = suan_signed_note_parse(note, &parsed, error);
    if (status == SUAN_OK)
        status = suan_checkpoint_parse(parsed.text, &checkpoint, error);
    if (status != SUAN_OK)
        return status;
    if (!suan_span_equal(checkpoint.origin, suan_span_text(name)))
        return suan_error_set(error, SUAN_E_REFUSED, "log.origin", "use the trust file of that registry",
                              "log %s: the checkpoint is of another log, '%.*s'", name,
                              SUAN_SPAN_PRINTF(checkpoint.origin));
    status = check_log_keys(trust, name, &parsed, error);
    if (status == SUAN_OK)
        status = check_witnesses(trust, name, &parsed, &time_s, error);
    if (status != SUAN_OK)
        return status;
    *out = checkpoint;
    if (out_time_s != NULL)
        *out_time_s = time_s;
    return SUAN_OK;
}

static enum suan_status report_fork(const struct suan_checkpoint *kept, const struct suan_checkpoint *offered,
                                    struct suan_error *error)
{
    return suan_error_set(error, SUAN_E_INTEGRITY, "log.fork",
                          "keep both checkpoints: together they prove that the log was rewritten",
                          "log %.*s: the checkpoint of size %" PRIu64 " contradicts the one of size %" PRIu64
                          " seen before",
                          SUAN_SPAN_PRINTF(offered->origin), offered->size, kept->size);
}

enum suan_status suan_checkpoint_follow(const struct suan_checkpoint *kept,
                                        const struct suan_checkpoint *offered,
                                        const struct suan_merkle_proof *proof, struct suan_error *error)
{
    const struct suan_merkle_proof none = {.count = 0};
    bool grown = offered->size >= kept->size;
    const struct suan_checkpoint *older = grown ? kept : offered, *newer = grown ? offered : kept;

    if (!suan_span_equal(kept->origin, offered->origin))
        return suan_error_set(error, SUAN_E_REFUSED, "log.origin", NULL,
                              "log %.*s: the checkpoint is of another log", SUAN_SPAN_PRINTF(kept->origin));
    if (suan_merkle_verify_consistency(older->size, &older->root, newer->size, &newer->root,
                                       kept->size == offered->size ? &none : proof, NULL) != SUAN_OK)
        return report_fork(kept, offered, error);
    if (grown)
        return SUAN_OK;
    return suan_error_set(
        error, SUAN_E_INTEGRITY, "log.rollback", "get the newest checkpoint from the registry",
        "log %.*s: the checkpoint of size %" PRIu64 " is older than the one of size %" PRIu64 " seen before",
        SUAN_SPAN_PRINTF(kept->origin), offered->size, kept->size);
}

enum suan_status suan_trust_check_age(const struct suan_trust *trust, uint64_t time_s, uint64_t now_s,
                                      struct suan_error *error)
{
    if (time_s >= now_s || now_s - time_s <= trust->max_age_s)
        return SUAN_OK;
    return suan_error_set(
        error, SUAN_E_REFUSED, "log.stale", "fetch a newer checkpoint, or allow a greater age",
        "log %s: the newest witnessed checkpoint is %" PRIu64 " hours old, %" PRIu64 " are allowed",
        trust->origin, (now_s - time_s) / 3600, trust->max_age_s / 3600);
}
