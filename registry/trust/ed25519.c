/* The one door to Ed25519. Nothing but libsodium stands behind it. */
#include "ed25519.h"

#include <sodium.h>

#include "base/file.h"

_Static_assert(SUAN_ED25519_POINT_SIZE == crypto_sign_PUBLICKEYBYTES, "");
_Static_assert(SUAN_ED25519_SEED_SIZE == crypto_sign_SEEDBYTES, "");
_Static_assert(SUAN_ED25519_SIGNATURE_SIZE == crypto_sign_BYTES, "");

void suan_ed25519_from_seed(const uint8_t seed[SUAN_ED25519_SEED_SIZE], struct suan_ed25519_secret *out)
{
    uint8_t secret[crypto_sign_SECRETKEYBYTES];
    crypto_sign_seed_keypair(out->point, secret, seed);
    memcpy(out->seed, seed, SUAN_ED25519_SEED_SIZE);
    sodium_memzero(secret, sizeof secret);
}

void suan_ed25519_generate(struct suan_ed25519_secret *out)
{
    uint8_t seed[SUAN_ED25519_SEED_SIZE];
    suan_random(seed, sizeof seed);
    suan_ed25519_from_seed(seed, out);
    sodium_memzero(seed, sizeof seed);
}

void suan_ed25519_wipe(struct suan_ed25519_secret *secret)
{
    sodium_memzero(secret, sizeof *secret);
}

void suan_ed25519_sign(const struct suan_ed25519_secret *secret, struct suan_span message,
                       uint8_t signature[SUAN_ED25519_SIGNATURE_SIZE])
{
    uint8_t both[crypto_sign_SECRETKEYBYTES];
    memcpy(both, secret->seed, SUAN_ED25519_SEED_SIZE);
    memcpy(both + SUAN_ED25519_SEED_SIZE, secret->point, SUAN_ED25519_POINT_SIZE);
    crypto_sign_detached(signature, NULL, message.data, message.size, both);
    sodium_memzero(both, sizeof both);
}

bool suan_ed25519_verify(const uint8_t point[SUAN_ED25519_POINT_SIZE], struct suan_span message,
                         const uint8_t signature[SUAN_ED25519_SIGNATURE_SIZE])
{
    return crypto_sign_verify_detached(signature, message.data, message.size, point) == 0;
}

bool suan_ed25519_is_sound(const uint8_t point[SUAN_ED25519_POINT_SIZE])
{
    return crypto_core_ed25519_is_valid_point(point) == 1;
}
