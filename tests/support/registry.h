#ifndef SUAN_TESTS_SUPPORT_REGISTRY_H
#define SUAN_TESTS_SUPPORT_REGISTRY_H

/*
 * A registry in a temporary folder, with an operator ("operator", key seed 0) and a clock that the test
 * moves. What must not fail aborts with a message; what a test is about comes back as an outcome.
 */
#include "catalog/identity.h"
#include "catalog/member.h"
#include "catalog/registry.h"

enum { TEST_SIGNERS_MAX = 16, TEST_PATH_MAX = 256 };
#define TEST_DAY_NS (UINT64_C(86400) * 1000000000)
#define TEST_HOUR_NS (UINT64_C(3600) * 1000000000)

struct test_registry {
    char root[TEST_PATH_MAX];   /* temporary; removed at the end */
    char folder[TEST_PATH_MAX]; /* root/registry */
    struct suan_registry_options options;
    struct suan_registry *registry;
    uint64_t now_ns; /* the clock; begins at 2026-01-01 */
};

/* `families` NULL: those of the catalogue. */
void test_registry_new(struct test_registry *test, const struct suan_family *const *families, size_t count);
void test_registry_new_simulated(struct test_registry *test, const struct suan_family *const *families,
                                 size_t count);
void test_registry_done(struct test_registry *test);
/* Closes and opens it again. */
void test_registry_reopen(struct test_registry *test, enum suan_store_mode mode);

/* The key of a seed; the same for the same seed. Close it. */
struct suan_signer *test_key(uint32_t seed);
/* Its public text ("ssh-ed25519 AAAA…") and id in hexadecimal, as commands name it. */
void test_key_text(uint32_t seed, char out[128]);
void test_key_id(uint32_t seed, char out[2 * SUAN_DIGEST_SIZE + 1]);

struct test_outcome {
    enum suan_status status;
    char code[64], message[512];
    enum suan_log log;
    uint64_t index, time_ns;
    int was;
};

/* A command for this registry, good for an hour, with a new id; the caller adds the kind's fields. */
struct suan_json *test_command(struct test_registry *test, uint16_t kind, const char *by);
/* Signs the command with the keys of these seeds, ended by TEST_END, and hands it in. Takes the command. */
#define TEST_END UINT32_MAX
struct test_outcome test_submit(struct test_registry *test, struct suan_json *command, const uint32_t *seeds,
                                const struct suan_span *blobs, size_t blob_count);
#define test_sign(test, command, ...)                                                                        \
    test_submit(test, command, (const uint32_t[]){__VA_ARGS__, TEST_END}, NULL, 0)
/* Signatures made over other bytes than those handed in. */
struct test_outcome test_submit_bytes(struct test_registry *test, struct suan_span command,
                                      const uint32_t *seeds, const struct suan_span *blobs,
                                      size_t blob_count);

/* Must succeed. The identity's key is that of `seed`. */
uint64_t test_identity(struct test_registry *test, const char *ident, enum suan_ident_type type,
                       uint32_t seed);
/* A membership for a year from now on; signed by the organisation's and the member's key. */
uint64_t test_member(struct test_registry *test, const char *org, uint32_t org_seed, const char *ident,
                     uint32_t ident_seed, const char *roles);

#endif
