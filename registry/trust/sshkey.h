#ifndef SUAN_TRUST_SSHKEY_H
#define SUAN_TRUST_SSHKEY_H

/*
 * Public keys as OpenSSH writes them. Two types are taken, ssh-ed25519 and sk-ssh-ed25519@openssh.com (FIDO);
 * any other is refused with "key.type". The id of a key is the SHA-256 of its wire form (the bytes inside the
 * Base 64 of a .pub file), which `ssh-keygen -l` shows in Base 64.
 */
#include "digest.h"
#include "ed25519.h"

enum { SUAN_KEY_APPLICATION_MAX = 64, SUAN_KEY_WIRE_MAX = 160, SUAN_KEY_TEXT_MAX = 4096 };
enum suan_key_type { SUAN_KEY_ED25519 = 1, SUAN_KEY_SK_ED25519 = 2 };

/* A value; compare with suan_public_key_equal. */
struct suan_public_key {
    enum suan_key_type type;
    uint8_t point[SUAN_ED25519_POINT_SIZE];
    uint8_t application[SUAN_KEY_APPLICATION_MAX]; /* FIDO keys only: "ssh:" */
    size_t application_size;
};

/* The OpenSSH name of the type: "ssh-ed25519". */
const char *suan_key_type_name(enum suan_key_type type);

/* Wire form, the whole span. Errors: REFUSED "key.type" (another algorithm), "key.unsound" (small order),
   FORMAT "key.format". */
SUAN_MUST_USE enum suan_status suan_public_key_decode(struct suan_span wire, struct suan_public_key *out,
                                                      struct suan_error *error);
void suan_public_key_encode(const struct suan_public_key *key, struct suan_buffer *out);

/* One line of a .pub file, "ssh-ed25519 AAAA… comment", with or without comment and line end. Errors as
 * above. */
SUAN_MUST_USE enum suan_status suan_public_key_parse(struct suan_span text, struct suan_public_key *out,
                                                     struct suan_error *error);
/* Appends "ssh-ed25519 AAAA…", without comment and line end. */
void suan_public_key_format(const struct suan_public_key *key, struct suan_buffer *out);

struct suan_digest suan_public_key_id(const struct suan_public_key *key);
bool suan_public_key_equal(const struct suan_public_key *a, const struct suan_public_key *b);

/*
 * Appends one line of an allowed_signers file for `ssh-keygen -Y verify`: PRINCIPAL, optional namespaces="…"
 * (a comma-separated list; NULL for any), key. Refuses (FORMAT "key.principal") what would change the line's
 * meaning: spaces, quotes, commas, wildcards, a leading '#' or '@', control characters.
 */
SUAN_MUST_USE enum suan_status suan_allowed_signer_append(struct suan_buffer *out, const char *principal,
                                                          const char *namespaces,
                                                          const struct suan_public_key *key,
                                                          struct suan_error *error);

#endif
