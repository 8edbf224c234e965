#ifndef SUAN_TRUST_TRUSTFILE_H
#define SUAN_TRUST_TRUSTFILE_H

/*
 * suan.trust/1: whose signatures a host requires, one strict JSON file. And the judgements that follow from
 * it alone: whether a checkpoint is signed and witnessed as demanded, follows from the one seen before, and
 * is fresh.
 */
#include "merkle.h"
#include "note.h"

enum {
    SUAN_TRUST_SIZE_MAX = 262144,
    SUAN_TRUST_LOG_KEYS_MAX = 8,
    SUAN_TRUST_WITNESSES_MAX = 32,
    SUAN_TRUST_BODIES_MAX = 32,
    SUAN_TRUST_BODY_KEYS_MAX = 32,
    SUAN_TRUST_ID_MAX = 128,
    SUAN_TRUST_AGE_DEFAULT_S = 604800
};
enum suan_trust_stale { SUAN_TRUST_STALE_WARN, SUAN_TRUST_STALE_DENY };
enum suan_trust_in_process { SUAN_TRUST_IN_PROCESS_NEVER, SUAN_TRUST_IN_PROCESS_VETTED };

struct suan_trust_body {
    char id[SUAN_TRUST_ID_MAX + 1];
    size_t key_count;
    struct suan_public_key keys[SUAN_TRUST_BODY_KEYS_MAX];
};
struct suan_trust {
    char origin[SUAN_NOTE_NAME_MAX + 1]; /* the logs are ORIGIN/registry and ORIGIN/ledger */
    size_t log_key_count;
    struct suan_note_key log_keys[SUAN_TRUST_LOG_KEYS_MAX]; /* type 1, named after their log */
    size_t witness_count;
    struct suan_note_key witnesses[SUAN_TRUST_WITNESSES_MAX]; /* type 4 */
    size_t quorum;                                            /* of witnesses; 0 to witness_count */
    char policy[SUAN_TRUST_ID_MAX + 1];
    size_t k, body_count; /* k of n = body_count; 2k > n */
    struct suan_trust_body bodies[SUAN_TRUST_BODIES_MAX];
    uint64_t max_age_s;
    enum suan_trust_stale on_stale;
    enum suan_trust_in_process in_process;
};

struct suan_trust *suan_trust_new(void); /* all zero but max_age_s; NULL if out of memory */
void suan_trust_free(struct suan_trust *trust);
void suan_trust_freep(struct suan_trust **trust);

/*
 * Every field but max_age_s (default: 7 days), on_stale ("warn") and in_process ("never") is required;
 * log_keys are the texts of suan_note_key_format, witnesses {name, key} with such a text of type 4, and keys
 * of bodies OpenSSH's public key lines. Nothing may stand there twice. Errors: FORMAT "trust.format",
 * "json.…", "note.key", "key.format"; REFUSED "key.type", "key.unsound", "json.too-large". `name` begins
 * every message.
 */
SUAN_MUST_USE enum suan_status suan_trust_parse(struct suan_span text, const char *name,
                                                struct suan_trust **out_trust, struct suan_error *error);
SUAN_MUST_USE enum suan_status suan_trust_load(const char *path, struct suan_trust **out_trust,
                                               struct suan_error *error);
/* Appends the file, indented; refuses nothing: parse it to check it. */
SUAN_MUST_USE enum suan_status suan_trust_format(const struct suan_trust *trust, struct suan_buffer *out,
                                                 struct suan_error *error);

/* The body that holds this key; NULL if none does. */
const struct suan_trust_body *suan_trust_body_of(const struct suan_trust *trust,
                                                 const struct suan_public_key *key);

/*
 * The signed checkpoint of the log ORIGIN/`log` ("registry" or "ledger"), if one of its keys signed it and
 * `quorum` distinct witnesses cosigned it. `out_time_s` (may be NULL): the quorum-th newest cosignature time,
 * 0 without quorum. Errors: REFUSED "log.origin", "log.signature", "log.quorum", "note.signature",
 * "note.too-large"; FORMAT "note.format", "checkpoint.format".
 */
SUAN_MUST_USE enum suan_status suan_trust_check_checkpoint(const struct suan_trust *trust, const char *log,
                                                           struct suan_span note, struct suan_checkpoint *out,
                                                           uint64_t *out_time_s, struct suan_error *error);
/*
 * A newer view of a log against the one kept: `proof` is the consistency proof from the smaller to the larger
 * size. Errors: INTEGRITY "log.fork" (same size and other root, or the proof fails), "log.rollback" (smaller,
 * consistent).
 */
SUAN_MUST_USE enum suan_status suan_checkpoint_follow(const struct suan_checkpoint *kept,
                                                      const struct suan_checkpoint *offered,
                                                      const struct suan_merkle_proof *proof,
                                                      struct suan_error *error);
/* REFUSED "log.stale" if `time_s` is more than the file's age before `now_s`. The caller warns or denies by
 * on_stale. */
SUAN_MUST_USE enum suan_status suan_trust_check_age(const struct suan_trust *trust, uint64_t time_s,
                                                    uint64_t now_s, struct suan_error *error);

#endif
