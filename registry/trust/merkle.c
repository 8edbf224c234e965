/*
 * RFC 6962 section 2.1: hashes and proofs by the subtrees that a range of leaves falls into. Verification
 * follows the loops of RFC 9162 section 2.1.3 and 2.1.4, which look at nothing but numbers and the proof.
 */
#include "merkle.h"

#include "base/error.h"

static const uint64_t size_max = UINT64_C(1) << 62;

struct suan_digest suan_merkle_leaf(struct suan_span leaf)
{
    struct suan_hasher hasher;
    suan_hasher_init(&hasher);
    suan_hasher_add(&hasher, suan_span("\0", 1));
    suan_hasher_add(&hasher, leaf);
    return suan_hasher_finish(&hasher);
}

struct suan_digest suan_merkle_node(const struct suan_digest *left, const struct suan_digest *right)
{
    uint8_t bytes[1 + 2 * SUAN_DIGEST_SIZE];
    bytes[0] = 1;
    memcpy(bytes + 1, left->bytes, SUAN_DIGEST_SIZE);
    memcpy(bytes + 1 + SUAN_DIGEST_SIZE, right->bytes, SUAN_DIGEST_SIZE);
    return suan_sha256(suan_span(bytes, sizeof bytes));
}

/* --- the stored sequence ------------------------------------------------------------------------------ */

/* Leaf n and all that stood before it: the sum of n, n/2, n/4 …, which is 2n less the bits set in n. */
static uint64_t stored_before(uint64_t n)
{
    return 2 * n - (uint64_t)__builtin_popcountll(n);
}

uint64_t suan_merkle_stored_index(unsigned level, uint64_t n)
{
    /* A subtree's hash follows that of its last leaf, after the hashes of the levels between. */
    uint64_t last = ((n + 1) << level) - 1;
    return stored_before(last) + level;
}

void suan_merkle_stored_split(uint64_t index, unsigned *out_level, uint64_t *out_n)
{
    uint64_t leaf = index / 2;
    uint64_t place = stored_before(leaf);
    while (stored_before(leaf + 1) <= index)
        place = stored_before(++leaf);
    *out_level = (unsigned)(index - place);
    *out_n = leaf >> *out_level;
}

uint64_t suan_merkle_stored_count(uint64_t size)
{
    return stored_before(size);
}

/* --- the right edge ----------------------------------------------------------------------------------- */

enum suan_status suan_merkle_edge_read(uint64_t size, const struct suan_hash_reader *reader,
                                       struct suan_merkle_edge *out, struct suan_error *error)
{
    struct suan_merkle_edge edge = {.size = size};
    struct suan_digest hashes[SUAN_MERKLE_DEPTH_MAX];
    uint64_t indexes[SUAN_MERKLE_DEPTH_MAX];
    size_t count = 0;

    if (size > size_max)
        return suan_error_set(error, SUAN_E_USAGE, "proof.range", NULL, "log: more than 2^62 leaves");
    for (unsigned level = 0; size >> level != 0; level++) {
        if ((size >> level & 1) != 0)
            indexes[count++] = suan_merkle_stored_index(level, (size >> level) - 1);
    }
    enum suan_status status =
        count > 0 ? reader->read(reader->context, indexes, count, hashes, error) : SUAN_OK;
    if (status != SUAN_OK)
        return status;
    count = 0;
    for (unsigned level = 0; size >> level != 0; level++) {
        if ((size >> level & 1) != 0)
            edge.roots[level] = hashes[count++];
    }
    *out = edge;
    return SUAN_OK;
}

size_t suan_merkle_edge_append(struct suan_merkle_edge *edge, const struct suan_digest *leaf,
                               struct suan_digest out_stored[SUAN_MERKLE_DEPTH_MAX])
{
    unsigned level = 0;
    out_stored[0] = *leaf;
    while ((edge->size >> level & 1) != 0) {
        out_stored[level + 1] = suan_merkle_node(&edge->roots[level], &out_stored[level]);
        level++;
    }
    edge->roots[level] = out_stored[level];
    edge->size++;
    return level + 1;
}

struct suan_digest suan_merkle_edge_root(const struct suan_merkle_edge *edge)
{
    if (edge->size == 0)
        return suan_sha256(suan_span(NULL, 0));
    unsigned level = (unsigned)__builtin_ctzll(edge->size);
    struct suan_digest root = edge->roots[level];
    for (level++; level < SUAN_MERKLE_DEPTH_MAX && edge->size >> level != 0; level++) {
        if ((edge->size >> level & 1) != 0)
            root = suan_merkle_node(&edge->roots[level], &root);
    }
    return root;
}

enum suan_status suan_merkle_root(uint64_t size, const struct suan_hash_reader *reader,
                                  struct suan_digest *out_root, struct suan_error *error)
{
    struct suan_merkle_edge edge;
    enum suan_status status = suan_merkle_edge_read(size, reader, &edge, error);
    if (status == SUAN_OK)
        *out_root = suan_merkle_edge_root(&edge);
    return status;
}

/* --- proving ------------------------------------------------------------------------------------------ */

/* Leaves begin to end - 1, where begin is a multiple of a power of two that is at least end - begin. */
struct range {
    uint64_t begin, end;
};

static unsigned floor_log2(uint64_t n)
{
    return 63u - (unsigned)__builtin_clzll(n);
}

/* Where RFC 6962 splits a range of at least two leaves: after the largest power of two that leaves something.
 */
static uint64_t split_of(struct range range)
{
    return range.begin + (UINT64_C(1) << floor_log2(range.end - range.begin - 1));
}

/* The root of one range, from the complete subtrees in it. */
static enum suan_status range_root(struct range range, const struct suan_hash_reader *reader,
                                   struct suan_digest *out, struct suan_error *error)
{
    struct suan_digest hashes[SUAN_MERKLE_DEPTH_MAX];
    uint64_t indexes[SUAN_MERKLE_DEPTH_MAX];
    size_t count = 0;

    for (uint64_t at = range.begin; at < range.end;) {
        unsigned level = floor_log2(range.end - at);
        indexes[count++] = suan_merkle_stored_index(level, at >> level);
        at += UINT64_C(1) << level;
    }
    enum suan_status status = reader->read(reader->context, indexes, count, hashes, error);
    if (status != SUAN_OK)
        return status;
    struct suan_digest root = hashes[count - 1];
    for (size_t i = count - 1; i > 0; i--)
        root = suan_merkle_node(&hashes[i - 1], &root);
    *out = root;
    return SUAN_OK;
}

/* The proof is the roots of the ranges that were passed by on the way down, from the bottom up. */
static enum suan_status roots_upward(const struct range *passed, size_t count,
                                     const struct suan_hash_reader *reader, struct suan_merkle_proof *out,
                                     struct suan_error *error)
{
    struct suan_merkle_proof proof = {.count = count};
    for (size_t i = 0; i < count; i++) {
        enum suan_status status = range_root(passed[count - 1 - i], reader, &proof.hashes[i], error);
        if (status != SUAN_OK)
            return status;
    }
    *out = proof;
    return SUAN_OK;
}

/* The two ways down: into one half, noting the other as passed by. */
static struct range go_left(struct range at, uint64_t split, struct range *passed)
{
    *passed = (struct range){split, at.end};
    return (struct range){at.begin, split};
}

static struct range go_right(struct range at, uint64_t split, struct range *passed)
{
    *passed = (struct range){at.begin, split};
    return (struct range){split, at.end};
}

enum suan_status suan_merkle_prove_inclusion(uint64_t size, uint64_t index,
                                             const struct suan_hash_reader *reader,
                                             struct suan_merkle_proof *out, struct suan_error *error)
{
    struct range passed[SUAN_MERKLE_DEPTH_MAX], at = {0, size};
    size_t count = 0;

    if (index >= size || size > size_max)
        return suan_error_set(error, SUAN_E_USAGE, "proof.range", NULL, "log: no leaf %llu in a tree of %llu",
                              (unsigned long long)index, (unsigned long long)size);
    while (at.end - at.begin > 1) {
        uint64_t split = split_of(at);
        struct range *place = &passed[count++];
        at = index < split ? go_left(at, split, place) : go_right(at, split, place);
    }
    return roots_upward(passed, count, reader, out, error);
}

enum suan_status suan_merkle_prove_consistency(uint64_t old_size, uint64_t size,
                                               const struct suan_hash_reader *reader,
                                               struct suan_merkle_proof *out, struct suan_error *error)
{
    struct range passed[SUAN_MERKLE_DEPTH_MAX], at = {0, size};
    size_t count = 0;

    if (old_size > size || size > size_max)
        return suan_error_set(error, SUAN_E_USAGE, "proof.range", NULL,
                              "log: a tree of %llu does not begin one of %llu", (unsigned long long)old_size,
                              (unsigned long long)size);
    while (old_size > 0 && old_size != at.end) {
        uint64_t split = split_of(at);
        struct range *place = &passed[count++];
        at = old_size <= split ? go_left(at, split, place) : go_right(at, split, place);
    }
    /* The verifier knows the old root; it needs the last subtree of it only if that is not the whole. */
    if (at.begin > 0)
        passed[count++] = at;
    return roots_upward(passed, count, reader, out, error);
}

/* --- verifying ---------------------------------------------------------------------------------------- */

static enum suan_status refuse(struct suan_error *error, const char *code, const char *what)
{
    return suan_error_set(error, SUAN_E_REFUSED, code, "get the proof again from the log", "log: %s", what);
}

/* A node's number in its level, and that of the level's last node: both halve on the way up. */
struct climb {
    uint64_t node, last;
};

static void climb_once(struct climb *climb)
{
    climb->node >>= 1;
    climb->last >>= 1;
}

static bool is_right(const struct climb *climb)
{
    return (climb->node & 1) != 0 || climb->node == climb->last;
}

/* A last node without sibling is carried up unchanged. */
static void climb_lonely(struct climb *climb)
{
    while ((climb->node & 1) == 0 && climb->node != 0)
        climb_once(climb);
}

enum suan_status suan_merkle_verify_inclusion(uint64_t size, const struct suan_digest *root, uint64_t index,
                                              const struct suan_digest *leaf,
                                              const struct suan_merkle_proof *proof, struct suan_error *error)
{
    static const char code[] = "proof.inclusion";
    if (index >= size || size > size_max || proof->count > SUAN_MERKLE_DEPTH_MAX)
        return refuse(error, code, "the proof is for a leaf that is not in the tree");
    struct climb climb = {index, size - 1};
    struct suan_digest hash = *leaf;
    for (size_t i = 0; i < proof->count; i++) {
        if (climb.last == 0)
            return refuse(error, code, "the inclusion proof is too long");
        if (is_right(&climb)) {
            hash = suan_merkle_node(&proof->hashes[i], &hash);
            climb_lonely(&climb);
        } else {
            hash = suan_merkle_node(&hash, &proof->hashes[i]);
        }
        climb_once(&climb);
    }
    if (climb.last != 0 || !suan_digest_equal(&hash, root))
        return refuse(error, code, "the inclusion proof does not lead to the root");
    return SUAN_OK;
}

/* 0 < old_size < size. */
static bool leads_to_both(uint64_t old_size, const struct suan_digest *old_root, uint64_t size,
                          const struct suan_digest *root, const struct suan_merkle_proof *proof)
{
    struct climb climb = {old_size - 1, size - 1};
    size_t next = 0;

    while ((climb.node & 1) != 0)
        climb_once(&climb);
    /* A complete old tree is itself the first node; otherwise the proof begins with one. */
    struct suan_digest old_hash = *old_root;
    if (climb.node != 0) {
        if (proof->count == 0)
            return false;
        old_hash = proof->hashes[next++];
    }
    struct suan_digest hash = old_hash;
    for (; next < proof->count; next++) {
        const struct suan_digest *sibling = &proof->hashes[next];
        if (climb.last == 0)
            return false;
        if (is_right(&climb)) {
            old_hash = suan_merkle_node(sibling, &old_hash);
            hash = suan_merkle_node(sibling, &hash);
            climb_lonely(&climb);
        } else {
            hash = suan_merkle_node(&hash, sibling);
        }
        climb_once(&climb);
    }
    return climb.last == 0 && suan_digest_equal(&old_hash, old_root) && suan_digest_equal(&hash, root);
}

enum suan_status suan_merkle_verify_consistency(uint64_t old_size, const struct suan_digest *old_root,
                                                uint64_t size, const struct suan_digest *root,
                                                const struct suan_merkle_proof *proof,
                                                struct suan_error *error)
{
    static const char code[] = "proof.consistency";
    bool right;

    if (old_size > size || size > size_max || proof->count > SUAN_MERKLE_DEPTH_MAX)
        return refuse(error, code, "a larger tree cannot begin a smaller one");
    if (old_size == size) {
        right = proof->count == 0 && suan_digest_equal(old_root, root);
    } else if (old_size == 0) {
        struct suan_digest empty = suan_sha256(suan_span(NULL, 0));
        right = proof->count == 0 && suan_digest_equal(old_root, &empty);
    } else {
        right = leads_to_both(old_size, old_root, size, root, proof);
    }
    return right ? SUAN_OK : refuse(error, code, "the consistency proof does not lead to both roots");
}
