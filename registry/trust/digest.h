#ifndef SUAN_TRUST_DIGEST_H
#define SUAN_TRUST_DIGEST_H

/* SHA-256 in one shot and in pieces, and HMAC-SHA-256. Nothing here can fail: see README.md. */
#include "base/buffer.h"

enum { SUAN_DIGEST_SIZE = 32 };

struct suan_digest {
    uint8_t bytes[SUAN_DIGEST_SIZE];
};

struct suan_digest suan_sha256(struct suan_span data);
bool suan_digest_equal(const struct suan_digest *a, const struct suan_digest *b);
struct suan_digest suan_hmac_sha256(struct suan_span key, struct suan_span message);

/* A digest of bytes that come in pieces. One thread at a time; suan_hasher_done wipes it at any point. */
struct suan_hasher {
    uint64_t state[16];
};
void suan_hasher_init(struct suan_hasher *hasher);
void suan_hasher_add(struct suan_hasher *hasher, struct suan_span piece);
/* The digest of all pieces since the beginning or the last finish; the hasher is then empty and may be used
 * again. */
struct suan_digest suan_hasher_finish(struct suan_hasher *hasher);
void suan_hasher_done(struct suan_hasher *hasher);

#endif
