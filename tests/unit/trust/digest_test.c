#include "trust/digest.h"

#include <criterion/criterion.h>
#include <stdlib.h>

#include "base/cleanup.h"
#include "support.h"

static void assert_digest(struct suan_digest digest, const char *digits)
{
    char got[2 * SUAN_DIGEST_SIZE + 1];
    suan_hex(digest.bytes, sizeof digest.bytes, got);
    cr_assert_str_eq(got, digits);
}

/* FIPS 180-4 examples. */
Test(digest, sha256_gives_the_standard_digests)
{
    assert_digest(suan_sha256(suan_span(NULL, 0)),
                  "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    assert_digest(suan_sha256(suan_span_text("abc")),
                  "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    assert_digest(suan_sha256(suan_span_text("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq")),
                  "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
}

Test(digest, pieces_of_any_size_give_the_digest_of_the_whole)
{
    uint8_t data[300];
    for (size_t i = 0; i < sizeof data; i++)
        data[i] = (uint8_t)(i * 7);
    struct suan_digest whole = suan_sha256(suan_span(data, sizeof data));
    SUAN_CLEANUP(suan_hasher_done) struct suan_hasher hasher;
    suan_hasher_init(&hasher);
    for (size_t step = 1; step < sizeof data; step += 13) {
        for (size_t at = 0; at < sizeof data; at += step)
            suan_hasher_add(&hasher, suan_span(data + at, at + step < sizeof data ? step : sizeof data - at));
        struct suan_digest pieces = suan_hasher_finish(&hasher);
        cr_assert(suan_digest_equal(&whole, &pieces), "step %zu", step);
    }
}

Test(digest, digests_differing_in_one_bit_are_not_equal)
{
    struct suan_digest a = suan_sha256(suan_span_text("a")), b = a;
    b.bytes[31] ^= 1;
    cr_assert(suan_digest_equal(&a, &a));
    cr_assert_not(suan_digest_equal(&a, &b));
}

/* RFC 4231 test cases 1, 2, and 6 (a key longer than a block). */
Test(digest, hmac_gives_the_standard_codes)
{
    uint8_t key[131];
    memset(key, 0x0b, 20);
    assert_digest(suan_hmac_sha256(suan_span(key, 20), suan_span_text("Hi There")),
                  "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7");
    assert_digest(suan_hmac_sha256(suan_span_text("Jefe"), suan_span_text("what do ya want for nothing?")),
                  "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
    memset(key, 0xaa, sizeof key);
    assert_digest(suan_hmac_sha256(suan_span(key, sizeof key),
                                   suan_span_text("Test Using Larger Than Block-Size Key - Hash Key First")),
                  "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54");
}
