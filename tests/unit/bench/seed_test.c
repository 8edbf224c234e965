#include "bench/seed.h"

#include <criterion/criterion.h>

static struct suan_digest digest_of(const char *text)
{
    return suan_sha256(suan_span_text(text));
}

static struct suan_digest master(void)
{
    const uint8_t secret[SUAN_SECRET_SIZE] = {1, 2, 3};
    struct suan_digest tar = digest_of("tar"), base = digest_of("base"), contract = digest_of("c"),
                       root = digest_of("r");
    return suan_seed_master(secret, &tar, &base, &contract, &root);
}

static struct suan_digest job(uint32_t series, uint32_t block, uint32_t group, uint32_t pair, uint32_t call)
{
    struct suan_digest seed = master();
    return suan_seed_job(&seed, &(struct suan_job_name){series, block, group, pair, call});
}

/* Recorded once, against `sha256sum` over the concatenated bytes. */
Test(seed, commitment_is_a_plain_hash)
{
    const uint8_t secret[SUAN_SECRET_SIZE] = {0};
    struct suan_digest tar = digest_of("tar"), commit = suan_seed_commit(secret, &tar);
    uint8_t message[12 + 32 + 32] = "suan-seed-v1";
    memcpy(message + 44, tar.bytes, 32);
    struct suan_digest expected = suan_sha256(suan_span(message, sizeof message));
    cr_assert(suan_digest_equal(&commit, &expected));
}

Test(seed, every_part_changes_the_master)
{
    const uint8_t secret[SUAN_SECRET_SIZE] = {1, 2, 3}, other[SUAN_SECRET_SIZE] = {1, 2, 4};
    struct suan_digest d[] = {digest_of("tar"), digest_of("base"), digest_of("c"), digest_of("r")},
                       x = digest_of("x");
    struct suan_digest first = master(), next[5];
    next[0] = suan_seed_master(other, &d[0], &d[1], &d[2], &d[3]);
    next[1] = suan_seed_master(secret, &x, &d[1], &d[2], &d[3]);
    next[2] = suan_seed_master(secret, &d[0], &x, &d[2], &d[3]);
    next[3] = suan_seed_master(secret, &d[0], &d[1], &x, &d[3]);
    next[4] = suan_seed_master(secret, &d[0], &d[1], &d[2], &x);
    for (int i = 0; i < 5; i++)
        cr_assert_not(suan_digest_equal(&first, &next[i]), "part %d", i);
}

Test(seed, jobs_of_a_worker_share_the_load_part_alone)
{
    struct suan_digest a = job(2, 1, 0, 0, 0), b = job(2, 1, 3, 4, 9), other_block = job(2, 2, 0, 0, 0);
    cr_assert_arr_eq(a.bytes, b.bytes, 16);
    cr_assert_arr_neq(a.bytes + 16, b.bytes + 16, 16);
    cr_assert_arr_neq(a.bytes, other_block.bytes, 16);
}

Test(seed, no_two_jobs_are_alike)
{
    struct suan_digest first = job(2, 1, 1, 1, 1);
    const struct suan_digest others[] = {job(1, 1, 1, 1, 1), job(2, 1, 2, 1, 1), job(2, 1, 1, 2, 1),
                                         job(2, 1, 1, 1, 2)};
    for (int i = 0; i < 4; i++)
        cr_assert_not(suan_digest_equal(&first, &others[i]));
}

Test(seed, offsets_are_aligned_and_below_the_limit)
{
    struct suan_digest seed = master();
    uint64_t together = 0;
    for (uint32_t call = 0; call < 1000; call++) {
        uint64_t offset = suan_seed_offset(&seed, &(struct suan_job_name){.call = call}, 4096);
        cr_assert(offset % 64 == 0 && offset < 4096);
        together |= offset;
    }
    cr_assert_eq(together, 4096 - 64);
}

Test(seed, the_order_of_a_block_is_a_permutation_with_both_orders_of_sides)
{
    struct suan_digest seed = master();
    uint32_t groups[8], first[8], seen = 0, any = 0, all = UINT32_MAX;
    suan_seed_order(&seed, 2, 0, 8, 10, groups, first);
    for (int i = 0; i < 8; i++) {
        seen |= 1u << groups[i];
        any |= first[i];
        all &= first[i];
        cr_assert_lt(first[i], 1024);
    }
    cr_assert_eq(seen, 255);
    cr_assert(any != 0 && all != 1023);
}
