#ifndef SUAN_TRUST_ED25519_H
#define SUAN_TRUST_ED25519_H

/*
 * Ed25519, always libsodium's: it refuses small-order and non-canonical keys, under which other libraries
 * accept forged signatures. Every verification in Suan, whatever its envelope, comes through here, so that no
 * two parties can disagree about one log.
 */
#include "base/error.h"
#include "base/span.h"

enum { SUAN_ED25519_POINT_SIZE = 32, SUAN_ED25519_SEED_SIZE = 32, SUAN_ED25519_SIGNATURE_SIZE = 64 };

/* A private key. Wipe it with suan_ed25519_wipe when done. */
struct suan_ed25519_secret {
    uint8_t seed[SUAN_ED25519_SEED_SIZE];
    uint8_t point[SUAN_ED25519_POINT_SIZE];
};

void suan_ed25519_from_seed(const uint8_t seed[SUAN_ED25519_SEED_SIZE], struct suan_ed25519_secret *out);
void suan_ed25519_generate(struct suan_ed25519_secret *out); /* fresh, from kernel randomness */
void suan_ed25519_wipe(struct suan_ed25519_secret *secret);
void suan_ed25519_sign(const struct suan_ed25519_secret *secret, struct suan_span message,
                       uint8_t signature[SUAN_ED25519_SIGNATURE_SIZE]);

/* True if the signature is right and the key is one that only its holder can sign for. */
SUAN_MUST_USE bool suan_ed25519_verify(const uint8_t point[SUAN_ED25519_POINT_SIZE], struct suan_span message,
                                       const uint8_t signature[SUAN_ED25519_SIGNATURE_SIZE]);
/* False for small-order, non-canonical and off-curve points: such a key is never registered. */
SUAN_MUST_USE bool suan_ed25519_is_sound(const uint8_t point[SUAN_ED25519_POINT_SIZE]);

#endif
