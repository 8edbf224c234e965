#ifndef SUAN_TRUST_MERKLE_H
#define SUAN_TRUST_MERKLE_H

/*
 * The Merkle tree of RFC 6962 over a log's leaves, its hashes stored in one dense sequence (the layout of
 * Go's sumdb tlog): appending leaf n stores its hash, then the hash of each subtree which it completes. The
 * tree is read through a callback, so that store, tiles and tests share one arithmetic. Sizes are at most
 * 2^62.
 */
#include "digest.h"

enum { SUAN_MERKLE_DEPTH_MAX = 64 };

/* Reads `count` stored hashes, at indexes in no particular order. */
struct suan_hash_reader {
    void *context;
    enum suan_status (*read)(void *context, const uint64_t *indexes, size_t count, struct suan_digest *out,
                             struct suan_error *error);
};

struct suan_digest suan_merkle_leaf(struct suan_span leaf);
struct suan_digest suan_merkle_node(const struct suan_digest *left, const struct suan_digest *right);

/* Position in the sequence of the n-th hash of a level (level 0: leaves), and back. */
uint64_t suan_merkle_stored_index(unsigned level, uint64_t n);
void suan_merkle_stored_split(uint64_t index, unsigned *out_level, uint64_t *out_n);
/* How many hashes a tree of that size stores: the index of the next leaf's hash. */
uint64_t suan_merkle_stored_count(uint64_t size);

/* The right edge of a tree: the roots of its complete subtrees. Enough to append, and to know the root. */
struct suan_merkle_edge {
    uint64_t size;
    struct suan_digest roots[SUAN_MERKLE_DEPTH_MAX]; /* by level; one for each bit set in `size` */
};
/* The edge of a stored tree of that size. An edge of all zero is the empty tree's. */
SUAN_MUST_USE enum suan_status suan_merkle_edge_read(uint64_t size, const struct suan_hash_reader *reader,
                                                     struct suan_merkle_edge *out, struct suan_error *error);
/* Appends a leaf by its leaf hash. Gives the hashes to store, in order, from suan_merkle_stored_count(old
   size) on; returns how many. */
size_t suan_merkle_edge_append(struct suan_merkle_edge *edge, const struct suan_digest *leaf,
                               struct suan_digest out_stored[SUAN_MERKLE_DEPTH_MAX]);
struct suan_digest
suan_merkle_edge_root(const struct suan_merkle_edge *edge); /* SHA-256 of nothing when empty */
SUAN_MUST_USE enum suan_status suan_merkle_root(uint64_t size, const struct suan_hash_reader *reader,
                                                struct suan_digest *out_root, struct suan_error *error);

struct suan_merkle_proof {
    size_t count;
    struct suan_digest hashes[SUAN_MERKLE_DEPTH_MAX];
};
/* That leaf `index` is in the tree of `size` leaves. Errors: the reader's; USAGE "proof.range". */
SUAN_MUST_USE enum suan_status suan_merkle_prove_inclusion(uint64_t size, uint64_t index,
                                                           const struct suan_hash_reader *reader,
                                                           struct suan_merkle_proof *out,
                                                           struct suan_error *error);
/* That the tree of `old_size` leaves is the beginning of the tree of `size`; 0 <= old_size <= size. */
SUAN_MUST_USE enum suan_status suan_merkle_prove_consistency(uint64_t old_size, uint64_t size,
                                                             const struct suan_hash_reader *reader,
                                                             struct suan_merkle_proof *out,
                                                             struct suan_error *error);
/* REFUSED "proof.inclusion" unless the proof leads from the leaf hash at `index` to `root`. */
SUAN_MUST_USE enum suan_status suan_merkle_verify_inclusion(uint64_t size, const struct suan_digest *root,
                                                            uint64_t index, const struct suan_digest *leaf,
                                                            const struct suan_merkle_proof *proof,
                                                            struct suan_error *error);
/* REFUSED "proof.consistency" unless the proof leads to both roots. */
SUAN_MUST_USE enum suan_status suan_merkle_verify_consistency(uint64_t old_size,
                                                              const struct suan_digest *old_root,
                                                              uint64_t size, const struct suan_digest *root,
                                                              const struct suan_merkle_proof *proof,
                                                              struct suan_error *error);

#endif
