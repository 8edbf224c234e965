#ifndef SUAN_TRUST_SSHSIG_H
#define SUAN_TRUST_SSHSIG_H

/*
 * SSH signatures of files (OpenSSH PROTOCOL.sshsig), made and checked by `ssh-keygen -Y` as well. A signature
 * is kept as its blob, at most 1,024 bytes; armour is the text form. The hash is sha512, the reserved field
 * empty, the namespace always checked, and a FIDO signature must carry the user-presence flag.
 */
#include "signer.h"

enum { SUAN_SSHSIG_BLOB_MAX = 1024, SUAN_SSHSIG_ARMOUR_MAX = 4096, SUAN_SSHSIG_NAMESPACE_MAX = 64 };

#define SUAN_NAMESPACE_EVENT "suan-event-v1"
#define SUAN_NAMESPACE_RELEASE "suan-release-v1"
#define SUAN_NAMESPACE_GIT "git"

/* A parsed blob; spans are borrowed from it. Nothing in it is to be believed before suan_sshsig_verify. */
struct suan_sshsig {
    struct suan_public_key key;
    struct suan_span name_space;
    struct suan_span signature; /* Ed25519 signature, 64 bytes */
    uint8_t flags;              /* FIDO: bit 0 is user presence, bit 2 user verification */
    uint32_t counter;           /* FIDO */
};

/* Errors: FORMAT "sshsig.format", REFUSED "sshsig.hash" (other than sha512), "key.type", "key.unsound". */
SUAN_MUST_USE enum suan_status suan_sshsig_parse(struct suan_span blob, struct suan_sshsig *out,
                                                 struct suan_error *error);
/*
 * Verifies that the key in the blob signed `message` in `name_space`, and gives that key; whether the key may
 * sign is the caller's question. Errors as suan_sshsig_parse, and REFUSED "sshsig.namespace",
 * "sshsig.presence", "sshsig.signature".
 */
SUAN_MUST_USE enum suan_status suan_sshsig_verify(struct suan_span blob, const char *name_space,
                                                  struct suan_span message, struct suan_public_key *out_key,
                                                  struct suan_error *error);
/* Appends the blob. */
SUAN_MUST_USE enum suan_status suan_sshsig_sign(const struct suan_signer *signer, const char *name_space,
                                                struct suan_span message, struct suan_buffer *out_blob,
                                                struct suan_error *error);
/* Appends -----BEGIN SSH SIGNATURE----- … */
void suan_sshsig_armour(struct suan_span blob, struct suan_buffer *out_text);
/* Appends the blob inside the armour; a bare blob is taken as it is. Errors: FORMAT "sshsig.format". */
SUAN_MUST_USE enum suan_status suan_sshsig_dearmour(struct suan_span text, struct suan_buffer *out_blob,
                                                    struct suan_error *error);

#endif
