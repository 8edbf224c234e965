#include "trust/ed25519.h"

#include <criterion/criterion.h>
#include <criterion/parameterized.h>
#include <openssl/evp.h>

#include "support.h"

/* RFC 8032 section 7.1, test 3. */
Test(ed25519, signs_as_the_standard_says)
{
    uint8_t seed[32], point[32], expected[64], message[2], signature[64];
    struct suan_ed25519_secret secret;
    from_hex("c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7", seed, 32);
    from_hex("fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025", point, 32);
    from_hex("6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac"
             "18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a",
             expected, 64);
    from_hex("af82", message, 2);
    suan_ed25519_from_seed(seed, &secret);
    cr_assert_arr_eq(secret.point, point, 32);
    suan_ed25519_sign(&secret, suan_span(message, 2), signature);
    cr_assert_arr_eq(signature, expected, 64);
    cr_assert(suan_ed25519_verify(point, suan_span(message, 2), signature));
}

Test(ed25519, any_altered_bit_is_found)
{
    struct suan_ed25519_secret secret;
    uint8_t signature[64];
    suan_ed25519_generate(&secret);
    suan_ed25519_sign(&secret, suan_span_text("pay"), signature);
    cr_assert_not(suan_ed25519_verify(secret.point, suan_span_text("pax"), signature));
    for (size_t bit = 0; bit < 512; bit++) {
        signature[bit / 8] ^= (uint8_t)(1u << bit % 8);
        cr_assert_not(suan_ed25519_verify(secret.point, suan_span_text("pay"), signature), "bit %zu", bit);
        signature[bit / 8] ^= (uint8_t)(1u << bit % 8);
    }
}

static int openssl_accepts(const uint8_t point[32], struct suan_span message, const uint8_t signature[64])
{
    EVP_PKEY *key = EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, NULL, point, 32);
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    int accepted = key != NULL && EVP_DigestVerifyInit(context, NULL, NULL, NULL, key) == 1 &&
                   EVP_DigestVerify(context, signature, 64, message.data, message.size) == 1;
    EVP_MD_CTX_free(context);
    EVP_PKEY_free(key);
    return accepted;
}

/* The neutral element as key and as R, 0 as S: "right" for every message, unless the verifier looks at the
 * key. */
Test(ed25519, a_small_order_key_cannot_forge)
{
    uint8_t point[32] = {1}, forged[64] = {1};
    cr_assert(openssl_accepts(point, suan_span_text("anything"), forged),
              "control: the forgery must work elsewhere");
    cr_assert_not(suan_ed25519_verify(point, suan_span_text("anything"), forged));
    cr_assert_not(suan_ed25519_is_sound(point));
}

struct point {
    char digits[65];
};

/* Points of order 1, 2, 4 and 8, in canonical and other encodings, and one that is on no curve. */
ParameterizedTestParameters(ed25519, unsound_points_are_named_so)
{
    static struct point points[] = {
        {"0100000000000000000000000000000000000000000000000000000000000000"},
        {"ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f"},
        {"0000000000000000000000000000000000000000000000000000000000000000"},
        {"0000000000000000000000000000000000000000000000000000000000000080"},
        {"26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05"},
        {"c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a"},
        {"edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f"},
        {"eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f"},
        {"ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff"},
        {"0200000000000000000000000000000000000000000000000000000000000000"},
    };
    return cr_make_param_array(struct point, points, sizeof points / sizeof points[0]);
}

ParameterizedTest(struct point *row, ed25519, unsound_points_are_named_so)
{
    uint8_t point[32];
    from_hex(row->digits, point, 32);
    cr_assert_not(suan_ed25519_is_sound(point), "%s", row->digits);
}

Test(ed25519, fresh_keys_are_sound_and_differ)
{
    struct suan_ed25519_secret a, b;
    suan_ed25519_generate(&a);
    suan_ed25519_generate(&b);
    cr_assert(suan_ed25519_is_sound(a.point));
    cr_assert_arr_neq(a.point, b.point, 32);
}

Test(ed25519, wiping_leaves_nothing)
{
    struct suan_ed25519_secret secret;
    const struct suan_ed25519_secret nothing = {0};
    suan_ed25519_generate(&secret);
    suan_ed25519_wipe(&secret);
    cr_assert_arr_eq(&secret, &nothing, sizeof secret);
}
