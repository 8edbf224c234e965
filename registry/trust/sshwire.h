#ifndef SUAN_TRUST_SSHWIRE_H
#define SUAN_TRUST_SSHWIRE_H

/* Inside this folder only: SSH's wire encodings (RFC 4251 section 5) and the two kinds of signature in them.
 */
#include "sshkey.h"

/* Reads from the front of a span. The first thing that is not there sets `failed`, and all later reads give
 * nothing. */
struct suan_ssh_reader {
    struct suan_span rest;
    bool failed;
};
uint8_t suan_ssh_read_u8(struct suan_ssh_reader *reader);
uint32_t suan_ssh_read_u32(struct suan_ssh_reader *reader);
struct suan_span suan_ssh_read_string(struct suan_ssh_reader *reader);
struct suan_span suan_ssh_read_bytes(struct suan_ssh_reader *reader, size_t size);
/* True if everything was read and nothing failed. */
bool suan_ssh_is_complete(const struct suan_ssh_reader *reader);

void suan_ssh_append_string(struct suan_buffer *out, struct suan_span value);

/* A key's shape alone, without the cost of testing the point; for keys that are about to verify a signature.
 */
SUAN_MUST_USE enum suan_status suan_ssh_key_decode(struct suan_span wire, struct suan_public_key *out,
                                                   struct suan_error *error);

/* A wire signature: string algorithm, string signature, and for FIDO keys flags and counter. */
struct suan_ssh_signature {
    struct suan_span bytes; /* 64, borrowed */
    uint8_t flags;
    uint32_t counter;
};
enum { SUAN_SSH_USER_PRESENT = 1 };
/* False unless it is exactly one signature of the given type. */
bool suan_ssh_signature_decode(struct suan_span wire, enum suan_key_type type,
                               struct suan_ssh_signature *out);
/* False unless `key` made it over `message`. The presence flag is the caller's to judge. */
SUAN_MUST_USE bool suan_ssh_signature_verify(const struct suan_public_key *key,
                                             const struct suan_ssh_signature *signature,
                                             struct suan_span message);

#endif
