#ifndef SUAN_TRUST_SIGNER_H
#define SUAN_TRUST_SIGNER_H

/*
 * Whoever holds a private key: an unencrypted OpenSSH key file read into memory, or the ssh-agent. Suan has
 * no key format of its own; keys made here are ordinary OpenSSH files, and keys made by ssh-keygen work here.
 */
#include "sshkey.h"

enum { SUAN_SIGNER_KEYS_MAX = 64 };

struct suan_signer;

/*
 * `where` is a path. A private key file is read; a public one (.pub) means "this key, held by the agent".
 * Errors: REFUSED "key.passphrase" (add it to the agent instead), "key.type"; FORMAT "key.format"; NOT_FOUND.
 * The signer is the caller's.
 */
SUAN_MUST_USE enum suan_status suan_signer_open(const char *where, struct suan_signer **out_signer,
                                                struct suan_error *error);
/* From the bytes of a private key file. */
SUAN_MUST_USE enum suan_status suan_signer_parse(struct suan_span file, struct suan_signer **out_signer,
                                                 struct suan_error *error);
/* `key` in the agent at `socket_path` (NULL: $SSH_AUTH_SOCK). Errors: NOT_FOUND "agent.key", IO "agent.io".
 */
SUAN_MUST_USE enum suan_status suan_signer_open_agent(const char *socket_path,
                                                      const struct suan_public_key *key,
                                                      struct suan_signer **out_signer,
                                                      struct suan_error *error);
/* The keys of known type which the agent holds, at most SUAN_SIGNER_KEYS_MAX of them. */
SUAN_MUST_USE enum suan_status suan_agent_keys(const char *socket_path,
                                               struct suan_public_key out[SUAN_SIGNER_KEYS_MAX],
                                               size_t *out_count, struct suan_error *error);
void suan_signer_close(struct suan_signer *signer); /* wipes the key; takes NULL */
void suan_signer_closep(struct suan_signer **signer);

const struct suan_public_key *suan_signer_key(const struct suan_signer *signer); /* borrowed */

/* Ed25519 over exactly these bytes, for DSSE and notes. FIDO keys cannot: REFUSED "key.raw". */
SUAN_MUST_USE enum suan_status suan_signer_sign_raw(const struct suan_signer *signer,
                                                    struct suan_span message,
                                                    uint8_t signature[SUAN_ED25519_SIGNATURE_SIZE],
                                                    struct suan_error *error);
/* Appends an SSH wire signature (string algorithm, string signature, for FIDO also flags and counter). */
SUAN_MUST_USE enum suan_status suan_signer_sign_wire(const struct suan_signer *signer,
                                                     struct suan_span message, struct suan_buffer *out,
                                                     struct suan_error *error);

/*
 * Makes a key pair: `path`, an ordinary OpenSSH private key file without passphrase (mode 0600), and
 * `path`.pub. Never overwrites: CONFLICT "key.exists". `out_key` may be NULL.
 */
SUAN_MUST_USE enum suan_status suan_key_file_create(const char *path, const char *comment,
                                                    struct suan_public_key *out_key,
                                                    struct suan_error *error);
/* The text of a private key file; wipe the buffer after use. */
void suan_private_key_format(const struct suan_ed25519_secret *secret, const char *comment,
                             struct suan_buffer *out);

#endif
