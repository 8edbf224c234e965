#ifndef SUAN_TESTS_SUPPORT_SCENE_H
#define SUAN_TESTS_SUPPORT_SCENE_H

/*
 * A small world in a test registry, everybody with one key of a known seed: persons alice, bob and eve, the
 * developer lab (alice is its ADMIN and may release), the enterprise firm, and industry bodies body1 to body3
 * under the policy "sky" (2 of 3). lab (7,000) and firm (3,000) own "quick.match"; its version 1.0.0 is
 * published, and so is the task package "sky-task" of lab. Nothing is submitted for review yet.
 */
#include "registry.h"

enum {
    SEED_OPERATOR,
    SEED_ALICE,
    SEED_BOB,
    SEED_LAB,
    SEED_BODY1,
    SEED_BODY2,
    SEED_BODY3,
    SEED_FIRM,
    SEED_EVE,
    SEED_NEW
};

#define SCENE_ALGORITHM "quick.match"
#define SCENE_TASK_PACKAGE "sky-task"
#define SCENE_TASK "astro.crossmatch/1"
#define SCENE_POLICY "sky"

struct test_scene {
    struct test_registry base;
    uint64_t alice_membership;            /* index of its event */
    struct suan_digest release, contract; /* tars: of quick.match 1.0.0, of sky-task 1.0.0 */
};

void test_scene_new(struct test_scene *scene);
/* With other families than the catalogue's own. */
void test_scene_new_with(struct test_scene *scene, const struct suan_family *const *families, size_t count);
void test_scene_done(struct test_scene *scene);

/* A tar digest of 32 equal bytes. No package file lies behind it unless a test keeps one. */
struct suan_digest test_tar(uint8_t fill);
/* release.publish of an algorithm or task package, its release text signed by `seed`. The file's digest is
   that of the text "file" and its length 4. */
struct suan_json *test_publication(struct test_scene *scene, const char *by, uint32_t seed, const char *name,
                                   const char *version, const char *kind, const struct suan_digest *tar);
/* The criteria blob of the policy "sky". */
struct suan_span test_criteria(void);
/* policy.set of that version, 2 of the three bodies. */
struct suan_json *test_policy(struct test_scene *scene, const char *by, int64_t version);
void test_add_share(struct suan_json *owners, const char *ident, int64_t bp);

#endif
