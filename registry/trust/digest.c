/*
 * SHA-256 by libcrypto, which uses the CPU's SHA instructions. The direct calls are taken although OpenSSL 3
 * prefers EVP: they allocate nothing and cannot fail, and on a Merkle node of 65 bytes EVP costs four times
 * as much (352 ns against 92 ns), most of it spent in looking the algorithm up again for each call.
 */
#define OPENSSL_SUPPRESS_DEPRECATED
#include "digest.h"

#include <openssl/sha.h>
#include <sodium.h>

_Static_assert(sizeof(SHA256_CTX) <= sizeof(struct suan_hasher), "a hasher holds libcrypto's state");
_Static_assert(_Alignof(SHA256_CTX) <= _Alignof(struct suan_hasher), "and aligns it");

static SHA256_CTX *state_of(struct suan_hasher *hasher)
{
    return (SHA256_CTX *)(void *)hasher->state;
}

void suan_hasher_init(struct suan_hasher *hasher)
{
    SHA256_Init(state_of(hasher));
}

void suan_hasher_add(struct suan_hasher *hasher, struct suan_span piece)
{
    if (piece.size > 0)
        SHA256_Update(state_of(hasher), piece.data, piece.size);
}

struct suan_digest suan_hasher_finish(struct suan_hasher *hasher)
{
    struct suan_digest digest;
    SHA256_Final(digest.bytes, state_of(hasher));
    SHA256_Init(state_of(hasher));
    return digest;
}

void suan_hasher_done(struct suan_hasher *hasher)
{
    sodium_memzero(hasher, sizeof *hasher);
}

struct suan_digest suan_sha256(struct suan_span data)
{
    struct suan_hasher hasher;
    suan_hasher_init(&hasher);
    suan_hasher_add(&hasher, data);
    return suan_hasher_finish(&hasher);
}

bool suan_digest_equal(const struct suan_digest *a, const struct suan_digest *b)
{
    return sodium_memcmp(a->bytes, b->bytes, SUAN_DIGEST_SIZE) == 0;
}

struct suan_digest suan_hmac_sha256(struct suan_span key, struct suan_span message)
{
    struct suan_digest digest;
    crypto_auth_hmacsha256_state state;
    crypto_auth_hmacsha256_init(&state, key.data, key.size);
    if (message.size > 0)
        crypto_auth_hmacsha256_update(&state, message.data, message.size);
    crypto_auth_hmacsha256_final(&state, digest.bytes);
    sodium_memzero(&state, sizeof state);
    return digest;
}
