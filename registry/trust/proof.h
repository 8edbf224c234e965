#ifndef SUAN_TRUST_PROOF_H
#define SUAN_TRUST_PROOF_H

/*
 * C2SP tlog-proof: one text file that carries an entry's index, its inclusion proof and the signed
 * checkpoint. Suan's receipt that an event is in a log.
 */
#include "merkle.h"
#include "note.h"

enum { SUAN_PROOF_SIZE_MAX = SUAN_NOTE_SIZE_MAX + 8192 };

struct suan_log_proof {
    uint64_t index;
    struct suan_merkle_proof hashes;
    struct suan_span checkpoint; /* the signed note; borrowed */
};

void suan_log_proof_format(struct suan_buffer *out, uint64_t index, const struct suan_merkle_proof *hashes,
                           struct suan_span checkpoint);
/* Extra data, which nothing authenticates, are refused. Errors: FORMAT "proof.format", REFUSED
 * "proof.too-large". */
SUAN_MUST_USE enum suan_status suan_log_proof_parse(struct suan_span bytes, struct suan_log_proof *out,
                                                    struct suan_error *error);

#endif
