#ifndef SUAN_TRUST_DSSE_H
#define SUAN_TRUST_DSSE_H

/*
 * DSSE envelopes (canonical JSON) over raw Ed25519: attestations. A signature's keyid is the hexadecimal id
 * of an ssh-ed25519 key; what is signed is the pre-authentication encoding of payload type and payload.
 */
#include "signer.h"

enum { SUAN_DSSE_SIZE_MAX = 1048576, SUAN_DSSE_TYPE_MAX = 128, SUAN_DSSE_SIGNATURES_MAX = 8 };

struct suan_dsse_signature {
    struct suan_digest key_id;
    uint8_t bytes[SUAN_ED25519_SIGNATURE_SIZE];
};
/* An opened envelope; all zero is empty. Nothing in it is to be believed before suan_dsse_verify. */
struct suan_dsse {
    char type[SUAN_DSSE_TYPE_MAX + 1];
    struct suan_buffer payload;
    size_t signature_count;
    struct suan_dsse_signature signatures[SUAN_DSSE_SIGNATURES_MAX]; /* ascending by key id, none twice */
};

/* Errors: FORMAT "dsse.format" and the JSON ones; REFUSED "json.too-large". On failure `out` stays empty. */
SUAN_MUST_USE enum suan_status suan_dsse_parse(struct suan_span envelope, struct suan_dsse *out,
                                               struct suan_error *error);
void suan_dsse_done(struct suan_dsse *dsse);
/* SUAN_OK if `key` signed the envelope; NOT_FOUND "dsse.unsigned" without a signature of it, REFUSED
   "dsse.signature" with a wrong one, "key.type" for a FIDO key. */
SUAN_MUST_USE enum suan_status suan_dsse_verify(const struct suan_dsse *dsse,
                                                const struct suan_public_key *key, struct suan_error *error);
/* Appends the envelope with one signature for each signer (1 to SUAN_DSSE_SIGNATURES_MAX). */
SUAN_MUST_USE enum suan_status suan_dsse_sign(const char *type, struct suan_span payload,
                                              const struct suan_signer *const *signers, size_t signer_count,
                                              struct suan_buffer *out, struct suan_error *error);
/* Appends "DSSEv1 LEN TYPE LEN PAYLOAD", the bytes that are signed. */
void suan_dsse_preauth(const char *type, struct suan_span payload, struct suan_buffer *out);

#endif
