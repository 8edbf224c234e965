/* A small world for tests. */
#include "scene.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/cleanup.h"
#include "catalog/release.h"
#include "trust/base64.h"

static const char criteria[] = "{\"min_saving_bp\":500,\"mode\":\"quick\",\"schema\":\"suan.criteria/1\"}";

struct suan_span test_criteria(void)
{
    return suan_span_text(criteria);
}

struct suan_digest test_tar(uint8_t fill)
{
    struct suan_digest tar;
    memset(tar.bytes, fill, sizeof tar.bytes);
    return tar;
}

static uint64_t expect(struct test_outcome outcome, const char *what)
{
    if (outcome.status == SUAN_OK)
        return outcome.index;
    fprintf(stderr, "test scene: %s: %s (%s)\n", what, outcome.message, outcome.code);
    abort();
}

static void set_manifest(struct suan_json *command, const char *name, const char *version, const char *kind,
                         const struct suan_digest *tar)
{
    char text[1024], sha256[2 * SUAN_DIGEST_SIZE + 1];
    SUAN_CLEANUP(suan_json_freep) struct suan_json_document *document = NULL;
    suan_hex(tar->bytes, sizeof tar->bytes, sha256);
    snprintf(text, sizeof text,
             "{\"format\":1,\"kind\":\"%s\",\"name\":\"%s\",\"version\":\"%s\",\"tasks\":[\"%s\"],"
             "\"title\":{\"en\":\"A test\"},\"licence\":\"Apache-2.0\",\"authors\":[{\"name\":\"Alice\"}],"
             "\"abi\":{\"major\":1,\"min_minor\":0},\"variants\":[{\"id\":\"x86-64-v2\","
             "\"path\":\"variants/x86-64-v2/plugin.so\",\"sha256\":\"%s\",\"size\":4096,\"features\":[],"
             "\"device\":\"cpu\",\"concurrency\":\"instances\",\"deterministic\":true}]}",
             kind, name, version, SCENE_TASK, sha256);
    if (suan_json_parse(suan_span_text(text), sizeof text, 0, "manifest", &document, NULL) != SUAN_OK)
        abort();
    suan_json_set_copy(command, "manifest", suan_json_root(document));
}

static void set_release_signature(struct suan_json *command, uint32_t seed, const char *name,
                                  const char *version, const struct suan_digest *tar)
{
    SUAN_CLEANUP(suan_signer_closep) struct suan_signer *signer = test_key(seed);
    SUAN_CLEANUP(suan_buffer_done) struct suan_buffer text = {0};
    SUAN_CLEANUP(suan_buffer_done) struct suan_buffer blob = {0};
    SUAN_CLEANUP(suan_buffer_done) struct suan_buffer base64 = {0};
    suan_release_text(suan_span_text(name), suan_span_text(version), tar, &text);
    if (suan_sshsig_sign(signer, SUAN_NAMESPACE_RELEASE, suan_buffer_span(&text), &blob, NULL) != SUAN_OK)
        abort();
    suan_base64_append(&base64, suan_buffer_span(&blob));
    suan_json_set_span(command, "signature", suan_buffer_span(&base64));
}

struct suan_json *test_publication(struct test_scene *scene, const char *by, uint32_t seed, const char *name,
                                   const char *version, const char *kind, const struct suan_digest *tar)
{
    struct suan_json *command = test_command(&scene->base, SUAN_EVENT_RELEASE_PUBLISH, by);
    struct suan_digest file = suan_sha256(suan_span_text("file"));
    set_manifest(command, name, version, kind, tar);
    set_release_signature(command, seed, name, version, tar);
    suan_json_set_hex(command, "tar", tar->bytes, sizeof tar->bytes);
    suan_json_set_hex(command, "file", file.bytes, sizeof file.bytes);
    suan_json_set_integer(command, "tar_size", 10240);
    suan_json_set_integer(command, "file_size", 4);
    return command;
}

struct suan_json *test_policy(struct test_scene *scene, const char *by, int64_t version)
{
    struct suan_json *command = test_command(&scene->base, SUAN_EVENT_POLICY_SET, by);
    struct suan_json *bodies = suan_json_new_array();
    struct suan_digest digest = suan_sha256(test_criteria());
    suan_json_add_text(bodies, "body1");
    suan_json_add_text(bodies, "body2");
    suan_json_add_text(bodies, "body3");
    suan_json_set(command, "bodies", bodies);
    suan_json_set_text(command, "policy", SCENE_POLICY);
    suan_json_set_integer(command, "version", version);
    suan_json_set_integer(command, "k", 2);
    suan_json_set_hex(command, "criteria", digest.bytes, sizeof digest.bytes);
    suan_command_set_u64(command, "from", scene->base.now_ns);
    suan_command_set_u64(command, "until", scene->base.now_ns + 3650 * TEST_DAY_NS);
    return command;
}

void test_add_share(struct suan_json *owners, const char *ident, int64_t bp)
{
    struct suan_json *share = suan_json_new_object();
    suan_json_set_text(share, "id", ident);
    suan_json_set_integer(share, "bp", bp);
    suan_json_add(owners, share);
}

static void add_algorithm(struct test_scene *scene, const char *name, const char *second,
                          uint32_t second_seed)
{
    struct suan_json *command = test_command(&scene->base, SUAN_EVENT_ALGORITHM_CREATE, "lab");
    struct suan_json *owners = suan_json_new_array();
    uint32_t seeds[] = {SEED_LAB, second != NULL ? second_seed : TEST_END, TEST_END};
    test_add_share(owners, "lab", second != NULL ? 7000 : 10000);
    if (second != NULL)
        test_add_share(owners, second, 3000);
    suan_json_set_text(command, "name", name);
    suan_json_set(command, "owners", owners);
    expect(test_submit(&scene->base, command, seeds, NULL, 0), name);
}

static void add_people(struct test_registry *base, uint64_t *out_membership)
{
    test_identity(base, "alice", SUAN_IDENT_PERSON, SEED_ALICE);
    test_identity(base, "bob", SUAN_IDENT_PERSON, SEED_BOB);
    test_identity(base, "eve", SUAN_IDENT_PERSON, SEED_EVE);
    test_identity(base, "lab", SUAN_IDENT_DEVELOPER, SEED_LAB);
    test_identity(base, "firm", SUAN_IDENT_ENTERPRISE, SEED_FIRM);
    test_identity(base, "body1", SUAN_IDENT_BODY, SEED_BODY1);
    test_identity(base, "body2", SUAN_IDENT_BODY, SEED_BODY2);
    test_identity(base, "body3", SUAN_IDENT_BODY, SEED_BODY3);
    *out_membership = test_member(base, "lab", SEED_LAB, "alice", SEED_ALICE, "admin,release");
}

void test_scene_new(struct test_scene *scene)
{
    test_scene_new_with(scene, NULL, 0);
}

void test_scene_new_with(struct test_scene *scene, const struct suan_family *const *families, size_t count)
{
    const struct suan_span blobs[] = {test_criteria()};
    const uint32_t policy_seeds[] = {SEED_OPERATOR, SEED_BODY1, SEED_BODY2, SEED_BODY3, TEST_END};
    test_registry_new(&scene->base, families, count);
    scene->release = test_tar(0x11);
    scene->contract = test_tar(0x22);
    add_people(&scene->base, &scene->alice_membership);
    add_algorithm(scene, SCENE_ALGORITHM, "firm", SEED_FIRM);
    add_algorithm(scene, SCENE_TASK_PACKAGE, NULL, TEST_END);
    struct suan_json *command =
        test_publication(scene, "lab", SEED_LAB, SCENE_ALGORITHM, "1.0.0", "algorithm", &scene->release);
    expect(test_sign(&scene->base, command, SEED_LAB), "release");
    command = test_publication(scene, "lab", SEED_LAB, SCENE_TASK_PACKAGE, "1.0.0", "task", &scene->contract);
    expect(test_sign(&scene->base, command, SEED_LAB), "task");
    expect(test_submit(&scene->base, test_policy(scene, "operator", 1), policy_seeds, blobs, 1), "policy");
}

void test_scene_done(struct test_scene *scene)
{
    test_registry_done(&scene->base);
}
