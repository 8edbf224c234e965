#include "trust/merkle.h"

#include <criterion/criterion.h>
#include <criterion/parameterized.h>
#include <stdlib.h>

#include "base/cleanup.h"
#include "support.h"

enum { STORED_MAX = 1024 };

/* A log in memory: the stored hashes, and the roots of all its sizes. */
struct log {
    struct suan_digest stored[STORED_MAX];
    uint64_t count;
    struct suan_merkle_edge edge;
};

static enum suan_status read_stored(void *context, const uint64_t *indexes, size_t count,
                                    struct suan_digest *out, struct suan_error *error)
{
    const struct log *log = context;
    for (size_t i = 0; i < count; i++) {
        if (indexes[i] >= log->count)
            return suan_error_set(error, SUAN_E_INTEGRITY, "test.hash", NULL, "no hash %llu",
                                  (unsigned long long)indexes[i]);
        out[i] = log->stored[indexes[i]];
    }
    return SUAN_OK;
}

static struct suan_hash_reader reader_of(struct log *log)
{
    return (struct suan_hash_reader){log, read_stored};
}

static void append(struct log *log, struct suan_span leaf)
{
    struct suan_digest hash = suan_merkle_leaf(leaf), made[SUAN_MERKLE_DEPTH_MAX];
    cr_assert_eq(log->count, suan_merkle_stored_count(log->edge.size));
    size_t count = suan_merkle_edge_append(&log->edge, &hash, made);
    memcpy(log->stored + log->count, made, count * sizeof made[0]);
    log->count += count;
}

static struct suan_digest number_leaf(uint64_t n)
{
    return suan_merkle_leaf(suan_span(&n, sizeof n));
}

static void fill(struct log *log, uint64_t size)
{
    *log = (struct log){0};
    for (uint64_t n = 0; n < size; n++)
        append(log, suan_span(&n, sizeof n));
}

static struct suan_digest root_at(struct log *log, uint64_t size)
{
    struct suan_hash_reader reader = reader_of(log);
    struct suan_digest root = {{0}};
    expect_ok(suan_merkle_root(size, &reader, &root, error));
    return root;
}

/* --- known answers: the reference tree of Certificate Transparency ------------------------------------ */

static const struct {
    const char *bytes;
    size_t size;
} reference_leaves[8] = {
    {"", 0},
    {"\x00", 1},
    {"\x10", 1},
    {"\x20\x21", 2},
    {"\x30\x31", 2},
    {"\x40\x41\x42\x43", 4},
    {"\x50\x51\x52\x53\x54\x55\x56\x57", 8},
    {"\x60\x61\x62\x63\x64\x65\x66\x67\x68\x69\x6a\x6b\x6c\x6d\x6e\x6f", 16},
};
static const char *const reference_roots[9] = {
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
};

static void fill_reference(struct log *log)
{
    *log = (struct log){0};
    for (size_t i = 0; i < 8; i++)
        append(log, suan_span(reference_leaves[i].bytes, reference_leaves[i].size));
}

Test(merkle, roots_are_those_of_the_reference_tree)
{
    struct log log;
    fill_reference(&log);
    for (uint64_t size = 0; size <= 8; size++) {
        struct suan_digest expected = digest_from_hex(reference_roots[size]), root = root_at(&log, size);
        cr_assert(suan_digest_equal(&root, &expected), "size %llu", (unsigned long long)size);
    }
}

static void assert_proof(const struct suan_merkle_proof *proof, const char *const *digits, size_t count)
{
    cr_assert_eq(proof->count, count);
    for (size_t i = 0; i < count; i++) {
        struct suan_digest expected = digest_from_hex(digits[i]);
        cr_assert(suan_digest_equal(&proof->hashes[i], &expected), "hash %zu", i);
    }
}

Test(merkle, inclusion_proofs_are_those_of_the_reference_tree)
{
    static const char *const first[] = {"96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
                                        "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
                                        "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4"};
    static const char *const sixth[] = {"bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
                                        "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
                                        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7"};
    struct log log;
    struct suan_merkle_proof proof;
    fill_reference(&log);
    struct suan_hash_reader reader = reader_of(&log);
    expect_ok(suan_merkle_prove_inclusion(8, 0, &reader, &proof, error));
    assert_proof(&proof, first, 3);
    expect_ok(suan_merkle_prove_inclusion(8, 5, &reader, &proof, error));
    assert_proof(&proof, sixth, 3);
}

Test(merkle, consistency_proofs_are_those_of_the_reference_tree)
{
    static const char *const six_to_eight[] = {
        "0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a",
        "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7"};
    struct log log;
    struct suan_merkle_proof proof;
    fill_reference(&log);
    struct suan_hash_reader reader = reader_of(&log);
    expect_ok(suan_merkle_prove_consistency(6, 8, &reader, &proof, error));
    assert_proof(&proof, six_to_eight, 3);
}

/* --- the stored sequence ------------------------------------------------------------------------------ */

/* The layout of golang.org/x/mod/sumdb/tlog: leaf, leaf, their node, leaf, leaf, node, node … */
Test(merkle, hashes_are_stored_in_the_order_of_tlog)
{
    static const struct {
        unsigned level;
        uint64_t n;
    } order[] = {{0, 0}, {0, 1}, {1, 0}, {0, 2}, {0, 3}, {1, 1}, {2, 0}, {0, 4},
                 {0, 5}, {1, 2}, {0, 6}, {0, 7}, {1, 3}, {2, 1}, {3, 0}, {0, 8}};
    for (uint64_t i = 0; i < sizeof order / sizeof order[0]; i++) {
        unsigned level;
        uint64_t n;
        cr_assert_eq(suan_merkle_stored_index(order[i].level, order[i].n), i);
        suan_merkle_stored_split(i, &level, &n);
        cr_assert_eq(level, order[i].level);
        cr_assert_eq(n, order[i].n);
    }
}

Test(merkle, every_position_has_one_place_in_the_tree)
{
    for (uint64_t i = 0; i < 20000; i++) {
        unsigned level;
        uint64_t n;
        suan_merkle_stored_split(i, &level, &n);
        cr_assert_eq(suan_merkle_stored_index(level, n), i);
    }
    uint64_t large = UINT64_C(1) << 61;
    unsigned level;
    uint64_t n;
    suan_merkle_stored_split(suan_merkle_stored_index(0, large), &level, &n);
    cr_assert_eq(level, 0u);
    cr_assert_eq(n, large);
}

Test(merkle, the_next_leaf_goes_behind_all_that_is_stored)
{
    for (uint64_t size = 0; size < 3000; size++)
        cr_assert_eq(suan_merkle_stored_count(size), suan_merkle_stored_index(0, size));
}

Test(merkle, an_edge_read_back_goes_on_like_the_one_that_was_kept)
{
    for (uint64_t size = 0; size < 70; size++) {
        struct log log;
        struct suan_merkle_edge edge = {0};
        fill(&log, size);
        struct suan_hash_reader reader = reader_of(&log);
        expect_ok(suan_merkle_edge_read(size, &reader, &edge, error));
        struct suan_digest kept = suan_merkle_edge_root(&log.edge), read = suan_merkle_edge_root(&edge);
        cr_assert(suan_digest_equal(&kept, &read));
        struct suan_digest leaf = number_leaf(size), made[SUAN_MERKLE_DEPTH_MAX];
        suan_merkle_edge_append(&edge, &leaf, made);
        append(&log, suan_span(&size, sizeof size));
        kept = suan_merkle_edge_root(&log.edge);
        read = suan_merkle_edge_root(&edge);
        cr_assert(suan_digest_equal(&kept, &read));
    }
}

/* --- proofs of all small trees ------------------------------------------------------------------------ */

enum { TREE_MAX = 40 };

Test(merkle, every_leaf_of_every_tree_is_proven)
{
    struct log log;
    fill(&log, TREE_MAX);
    struct suan_hash_reader reader = reader_of(&log);
    for (uint64_t size = 1; size <= TREE_MAX; size++) {
        struct suan_digest root = root_at(&log, size);
        for (uint64_t index = 0; index < size; index++) {
            struct suan_merkle_proof proof;
            struct suan_digest leaf = number_leaf(index);
            expect_ok(suan_merkle_prove_inclusion(size, index, &reader, &proof, error));
            expect_ok(suan_merkle_verify_inclusion(size, &root, index, &leaf, &proof, error));
        }
    }
}

Test(merkle, a_leaf_is_proven_at_its_own_place_only)
{
    struct log log;
    fill(&log, TREE_MAX);
    struct suan_hash_reader reader = reader_of(&log);
    for (uint64_t size = 2; size <= TREE_MAX; size += 3) {
        struct suan_digest root = root_at(&log, size);
        for (uint64_t index = 0; index < size; index++) {
            struct suan_merkle_proof proof;
            struct suan_digest leaf = number_leaf(index);
            expect_ok(suan_merkle_prove_inclusion(size, index, &reader, &proof, error));
            for (uint64_t other = 0; other < size; other++) {
                if (other != index)
                    cr_assert_eq(suan_merkle_verify_inclusion(size, &root, other, &leaf, &proof, NULL),
                                 SUAN_E_REFUSED);
            }
        }
    }
}

Test(merkle, every_tree_is_consistent_with_every_beginning_of_it)
{
    struct log log;
    fill(&log, TREE_MAX);
    struct suan_hash_reader reader = reader_of(&log);
    for (uint64_t size = 0; size <= TREE_MAX; size++) {
        struct suan_digest root = root_at(&log, size);
        for (uint64_t old_size = 0; old_size <= size; old_size++) {
            struct suan_merkle_proof proof;
            struct suan_digest old_root = root_at(&log, old_size);
            expect_ok(suan_merkle_prove_consistency(old_size, size, &reader, &proof, error));
            expect_ok(suan_merkle_verify_consistency(old_size, &old_root, size, &root, &proof, error));
        }
    }
}

/* Each bit of the hashes of a proof counts, and so does their number. */
static void spoil(struct suan_merkle_proof *proof, unsigned how)
{
    if (how == 0)
        proof->count++;
    else if (how == 1 && proof->count > 0)
        proof->count--;
    else
        proof->hashes[proof->count / 2].bytes[how % 32] ^= 0x40;
}

Test(merkle, spoiled_proofs_are_refused)
{
    struct log log;
    fill(&log, TREE_MAX);
    struct suan_hash_reader reader = reader_of(&log);
    struct suan_digest root = root_at(&log, TREE_MAX), old_root = root_at(&log, 21), leaf = number_leaf(21);
    for (unsigned how = 0; how < 34; how++) {
        struct suan_merkle_proof inclusion = {0}, consistency = {0};
        expect_ok(suan_merkle_prove_inclusion(TREE_MAX, 21, &reader, &inclusion, error));
        expect_ok(suan_merkle_prove_consistency(21, TREE_MAX, &reader, &consistency, error));
        spoil(&inclusion, how);
        spoil(&consistency, how);
        expect_error(suan_merkle_verify_inclusion(TREE_MAX, &root, 21, &leaf, &inclusion, error),
                     SUAN_E_REFUSED, "proof.inclusion");
        expect_error(suan_merkle_verify_consistency(21, &old_root, TREE_MAX, &root, &consistency, error),
                     SUAN_E_REFUSED, "proof.consistency");
    }
}

Test(merkle, a_rewritten_beginning_is_found)
{
    struct log honest, other;
    struct suan_merkle_proof proof;
    fill(&honest, 20);
    fill(&other, 0);
    for (uint64_t n = 0; n < 20; n++) {
        uint64_t value = n == 3 ? 99 : n;
        append(&other, suan_span(&value, sizeof value));
    }
    struct suan_hash_reader reader = reader_of(&other);
    struct suan_digest kept = root_at(&honest, 10), forged = root_at(&other, 20),
                       theirs = root_at(&other, 10);
    expect_ok(suan_merkle_prove_consistency(10, 20, &reader, &proof, error));
    expect_ok(suan_merkle_verify_consistency(10, &theirs, 20, &forged, &proof, error));
    expect_error(suan_merkle_verify_consistency(10, &kept, 20, &forged, &proof, error), SUAN_E_REFUSED,
                 "proof.consistency");
}

Test(merkle, sizes_and_indexes_out_of_range_are_refused)
{
    struct log log;
    struct suan_merkle_proof proof = {0};
    fill(&log, 4);
    struct suan_hash_reader reader = reader_of(&log);
    struct suan_digest root = root_at(&log, 4), leaf = number_leaf(0), empty = root_at(&log, 0);
    expect_error(suan_merkle_prove_inclusion(4, 4, &reader, &proof, error), SUAN_E_USAGE, "proof.range");
    expect_error(suan_merkle_prove_consistency(5, 4, &reader, &proof, error), SUAN_E_USAGE, "proof.range");
    expect_error(suan_merkle_verify_inclusion(4, &root, 4, &leaf, &proof, error), SUAN_E_REFUSED,
                 "proof.inclusion");
    expect_error(suan_merkle_verify_inclusion(0, &empty, 0, &leaf, &proof, error), SUAN_E_REFUSED,
                 "proof.inclusion");
    expect_error(suan_merkle_verify_inclusion(UINT64_MAX, &root, 0, &leaf, &proof, error), SUAN_E_REFUSED,
                 "proof.inclusion");
    expect_error(suan_merkle_verify_consistency(4, &root, 3, &root, &proof, error), SUAN_E_REFUSED,
                 "proof.consistency");
    expect_error(suan_merkle_verify_consistency(0, &root, 4, &root, &proof, error), SUAN_E_REFUSED,
                 "proof.consistency");
    expect_ok(suan_merkle_verify_consistency(0, &empty, 4, &root, &proof, error));
}

Test(merkle, a_readers_failure_is_passed_on)
{
    struct log log;
    struct suan_merkle_proof proof;
    fill(&log, 4);
    log.count = 2;
    struct suan_hash_reader reader = reader_of(&log);
    struct suan_digest root;
    expect_error(suan_merkle_root(4, &reader, &root, error), SUAN_E_INTEGRITY, "test.hash");
    expect_error(suan_merkle_prove_inclusion(4, 0, &reader, &proof, error), SUAN_E_INTEGRITY, "test.hash");
}

/* A leaf that is a node's two children is another leaf: the two are hashed apart. */
Test(merkle, a_node_cannot_pass_for_a_leaf)
{
    struct suan_digest a = number_leaf(0), b = number_leaf(1), node = suan_merkle_node(&a, &b);
    uint8_t both[2 * SUAN_DIGEST_SIZE];
    memcpy(both, a.bytes, SUAN_DIGEST_SIZE);
    memcpy(both + SUAN_DIGEST_SIZE, b.bytes, SUAN_DIGEST_SIZE);
    struct suan_digest leaf = suan_merkle_leaf(suan_span(both, sizeof both));
    cr_assert_not(suan_digest_equal(&leaf, &node));
}
