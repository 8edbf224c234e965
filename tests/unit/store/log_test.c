#include <criterion/criterion.h>
#include <stdio.h>

#include "support.h"

static struct fixture f;

static void setup(void)
{
    fixture_make(&f);
}

static void teardown(void)
{
    fixture_remove(&f);
}

TestSuite(log, .init = setup, .fini = teardown);

static struct suan_txn *begin(void)
{
    struct suan_error error = {0};
    struct suan_txn *txn = NULL;
    must(suan_store_begin(f.store, &txn, &error), &error);
    return txn;
}

Test(log, keeps_leaves_in_order_across_reopening)
{
    struct suan_error error = {0};
    struct suan_span leaf;
    uint64_t size;
    append_leaves(f.store, SUAN_LOG_LEDGER, 5);
    fixture_reopen(&f, SUAN_STORE_WRITE);
    append_leaves(f.store, SUAN_LOG_LEDGER, 6);
    struct suan_txn *txn = begin();
    must(suan_log_size(txn, SUAN_LOG_LEDGER, &size, &error), &error);
    cr_assert_eq(size, 11);
    must(suan_log_leaf(txn, SUAN_LOG_LEDGER, 10, &leaf, &error), &error);
    cr_assert(suan_span_equal(leaf, suan_span_text("leaf 10")));
    cr_assert_eq(suan_log_leaf(txn, SUAN_LOG_LEDGER, 11, &leaf, &error), SUAN_E_NOT_FOUND);
    must(suan_log_size(txn, SUAN_LOG_REGISTRY, &size, &error), &error);
    cr_assert_eq(size, 0);
    suan_txn_end(txn);
}

/* The root of `size` leaves, computed apart from the store. */
static struct suan_digest expected_root(uint64_t size)
{
    struct suan_merkle_edge edge = {0};
    struct suan_digest stored[SUAN_MERKLE_DEPTH_MAX];
    for (uint64_t i = 0; i < size; i++) {
        char text[32];
        snprintf(text, sizeof text, "leaf %llu", (unsigned long long)i);
        struct suan_digest leaf = suan_merkle_leaf(suan_span_text(text));
        suan_merkle_edge_append(&edge, &leaf, stored);
    }
    return suan_merkle_edge_root(&edge);
}

Test(log, has_the_root_of_every_size)
{
    struct suan_error error = {0};
    append_leaves(f.store, SUAN_LOG_REGISTRY, 3);
    append_leaves(f.store, SUAN_LOG_REGISTRY, 20);
    struct suan_txn *txn = begin();
    for (uint64_t size = 0; size <= 23; size++) {
        struct suan_digest root, expected = expected_root(size);
        must(suan_log_root(txn, SUAN_LOG_REGISTRY, size, &root, &error), &error);
        cr_assert(suan_digest_equal(&root, &expected), "size %llu", (unsigned long long)size);
    }
    struct suan_digest root;
    cr_assert_eq(suan_log_root(txn, SUAN_LOG_REGISTRY, 24, &root, &error), SUAN_E_USAGE);
    suan_txn_end(txn);
}

Test(log, proves_leaves_and_growth)
{
    struct suan_error error = {0};
    struct suan_merkle_proof proof;
    struct suan_digest old_root, root, leaf = suan_merkle_leaf(suan_span_text("leaf 7"));
    append_leaves(f.store, SUAN_LOG_REGISTRY, 13);
    struct suan_txn *txn = begin();
    must(suan_log_root(txn, SUAN_LOG_REGISTRY, 9, &old_root, &error), &error);
    must(suan_log_root(txn, SUAN_LOG_REGISTRY, 13, &root, &error), &error);
    must(suan_log_prove_inclusion(txn, SUAN_LOG_REGISTRY, 13, 7, &proof, &error), &error);
    must(suan_merkle_verify_inclusion(13, &root, 7, &leaf, &proof, &error), &error);
    must(suan_log_prove_consistency(txn, SUAN_LOG_REGISTRY, 9, 13, &proof, &error), &error);
    must(suan_merkle_verify_consistency(9, &old_root, 13, &root, &proof, &error), &error);
    suan_txn_end(txn);
}

static enum suan_status append_span(void *context, struct suan_txn *txn, struct suan_error *error)
{
    uint64_t index;
    return suan_log_append(txn, SUAN_LOG_REGISTRY, *(const struct suan_span *)context, &index, error);
}

Test(log, leaves_have_1_to_65535_bytes)
{
    static const uint8_t bytes[SUAN_STORE_LEAF_MAX + 1] = {0};
    struct suan_span none = {bytes, 0}, most = {bytes, sizeof bytes - 1}, more = {bytes, sizeof bytes};
    cr_assert_eq(suan_store_write(f.store, append_span, &none, NULL), SUAN_E_REFUSED);
    cr_assert_eq(suan_store_write(f.store, append_span, &most, NULL), SUAN_OK);
    cr_assert_eq(suan_store_write(f.store, append_span, &more, NULL), SUAN_E_REFUSED);
}

static enum suan_status keep_two_checkpoints(void *context, struct suan_txn *txn, struct suan_error *error)
{
    (void)context;
    enum suan_status status =
        suan_log_keep_checkpoint(txn, SUAN_LOG_REGISTRY, 3, suan_span_text("note of 3"), error);
    if (status == SUAN_OK)
        status = suan_log_keep_checkpoint(txn, SUAN_LOG_REGISTRY, 2, suan_span_text("note of 2"), error);
    return status;
}

Test(log, the_newest_checkpoint_has_the_greatest_size)
{
    struct suan_error error = {0};
    struct suan_span note;
    uint64_t size;
    append_leaves(f.store, SUAN_LOG_REGISTRY, 4);
    must(suan_store_write(f.store, keep_two_checkpoints, NULL, &error), &error);
    struct suan_txn *txn = begin();
    must(suan_log_newest_checkpoint(txn, SUAN_LOG_REGISTRY, &size, &note, &error), &error);
    cr_assert_eq(size, 3);
    cr_assert(suan_span_equal(note, suan_span_text("note of 3")));
    cr_assert_eq(suan_log_newest_checkpoint(txn, SUAN_LOG_LEDGER, &size, &note, &error), SUAN_E_NOT_FOUND);
    suan_txn_end(txn);
}

Test(log, keeps_no_checkpoint_beyond_its_end)
{
    append_leaves(f.store, SUAN_LOG_REGISTRY, 2);
    cr_assert_eq(suan_store_write(f.store, keep_two_checkpoints, NULL, NULL), SUAN_E_USAGE);
}
