#ifndef SUAN_TRUST_PRIVATE_KEY_H
#define SUAN_TRUST_PRIVATE_KEY_H

/* Inside this folder only: OpenSSH's private key files ("openssh-key-v1"), without passphrase, one Ed25519
 * key each. */
#include "sshkey.h"

enum { SUAN_PRIVATE_KEY_FILE_MAX = 16384 };

/* True if the text is a private key of any kind, by its first line. */
bool suan_private_key_is(struct suan_span text);
/* Errors as suan_signer_parse. The secret is the caller's to wipe. */
SUAN_MUST_USE enum suan_status suan_private_key_parse(struct suan_span text, struct suan_ed25519_secret *out,
                                                      struct suan_error *error);

#endif
