#ifndef SUAN_TRUST_NOTE_H
#define SUAN_TRUST_NOTE_H

/*
 * C2SP signed notes: text, an empty line, then signature lines "— NAME BASE64". Two kinds of key: a log's
 * Ed25519 key (type 1), and a witness's cosignature/v1 key (type 4), whose signature carries the time when
 * the witness had checked the log. Also the text of a tlog-checkpoint. Signatures by unknown keys are
 * ignored; a wrong one by a known key is refused.
 */
#include "signer.h"

enum { SUAN_NOTE_SIZE_MAX = 65536, SUAN_NOTE_SIGNATURES_MAX = 64, SUAN_NOTE_NAME_MAX = 128 };
enum suan_note_type { SUAN_NOTE_ED25519 = 1, SUAN_NOTE_COSIGNATURE = 4 };

struct suan_note_key {
    char name[SUAN_NOTE_NAME_MAX + 1]; /* printable ASCII without space and '+' */
    enum suan_note_type type;
    uint8_t point[SUAN_ED25519_POINT_SIZE];
    uint32_t id; /* first 4 bytes of SHA-256(name, newline, type, point) */
};

/* Errors: FORMAT "note.key", REFUSED "key.unsound". */
SUAN_MUST_USE enum suan_status suan_note_key_init(struct suan_note_key *out, const char *name,
                                                  enum suan_note_type type,
                                                  const uint8_t point[SUAN_ED25519_POINT_SIZE],
                                                  struct suan_error *error);
/* The verifier key "NAME+HEXID+BASE64" as other tools print it. */
SUAN_MUST_USE enum suan_status suan_note_key_parse(struct suan_span text, struct suan_note_key *out,
                                                   struct suan_error *error);
void suan_note_key_format(const struct suan_note_key *key, struct suan_buffer *out);

struct suan_note_signature {
    struct suan_span name;
    uint32_t id;
    struct suan_span bytes; /* Base 64 of id and signature */
};
/* A parsed note; spans are borrowed from it. */
struct suan_signed_note {
    struct suan_span text; /* with its last newline */
    size_t signature_count;
    struct suan_note_signature signatures[SUAN_NOTE_SIGNATURES_MAX];
};

/* Errors: FORMAT "note.format"; REFUSED "note.too-large". */
SUAN_MUST_USE enum suan_status suan_signed_note_parse(struct suan_span bytes, struct suan_signed_note *out,
                                                      struct suan_error *error);
/*
 * SUAN_OK if the note carries a right signature of `key`; NOT_FOUND "note.unsigned" if it carries none,
 * REFUSED "note.signature" if it carries a wrong one. `out_time_s` (may be NULL) takes a cosignature's time,
 * 0 for type 1.
 */
SUAN_MUST_USE enum suan_status suan_signed_note_verify(const struct suan_signed_note *note,
                                                       const struct suan_note_key *key, uint64_t *out_time_s,
                                                       struct suan_error *error);

/* Appends text and the empty line: a note that awaits its signature lines. `text` ends with a newline. */
void suan_signed_note_begin(struct suan_buffer *out, struct suan_span text);
/* Appends one signature line of the signer, under `name`, over the note's text. Type 1, and type 4 at
 * `time_s`. */
SUAN_MUST_USE enum suan_status suan_signed_note_sign(struct suan_buffer *out, struct suan_span text,
                                                     const char *name, const struct suan_signer *signer,
                                                     struct suan_error *error);
SUAN_MUST_USE enum suan_status suan_signed_note_cosign(struct suan_buffer *out, struct suan_span text,
                                                       const char *name, const struct suan_signer *signer,
                                                       uint64_t time_s, struct suan_error *error);

struct suan_checkpoint {
    struct suan_span origin; /* borrowed from the text it was parsed from */
    uint64_t size;
    struct suan_digest root;
};
/* Appends the three lines of a note's text. */
void suan_checkpoint_format(struct suan_buffer *out, const char *origin, uint64_t size,
                            const struct suan_digest *root);
/* Extension lines are refused: Suan's logs have none. Errors: FORMAT "checkpoint.format". */
SUAN_MUST_USE enum suan_status suan_checkpoint_parse(struct suan_span text, struct suan_checkpoint *out,
                                                     struct suan_error *error);

#endif
