/*
 * package.verify: opening a package of 64 MiB (every check of the format, all digests) and unpacking it,
 * against `tar --zstd -x` and `sha256sum` of the same file, which a careful person would type. Both start
 * from a file in the page cache and write to the same file system. The content is half as compressible as
 * text, like machine code.
 */
#include <fcntl.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "package/pack.h"
#include "package/unpack.h"

enum { ROUNDS = 9, OBJECT_BYTES = 64 << 20 };

static const char draft[] =
    "{\"format\":1,\"kind\":\"algorithm\",\"name\":\"perf\",\"version\":\"1.0.0\",\"tasks\":[\"a.b/1\"],"
    "\"title\":{\"en\":\"x\"},\"licence\":\"MIT\",\"authors\":[{\"name\":\"x\"}],\"abi\":{\"major\":1,\"min_"
    "minor\":0},"
    "\"variants\":[{\"id\":\"x86-64-v2\",\"device\":\"cpu\",\"concurrency\":\"none\",\"deterministic\":true}]"
    "}";

/* Short runs from a small alphabet of random words: zstd makes about a third of it, as of a stripped object.
 */
static void fill(uint8_t *bytes, size_t size)
{
    uint64_t state = 1, words[512];
    for (size_t i = 0; i < 512; i++) {
        state ^= state << 13, state ^= state >> 7, state ^= state << 17;
        words[i] = state;
    }
    for (size_t i = 0; i + 8 <= size; i += 8) {
        state ^= state << 13, state ^= state >> 7, state ^= state << 17;
        uint64_t word = state % 4 == 0 ? state : words[state >> 8 & 511];
        memcpy(bytes + i, &word, 8);
    }
}

static bool run(const char *const *arguments)
{
    extern char **environ;
    posix_spawn_file_actions_t actions;
    pid_t child;
    int status = -1;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_addopen(&actions, 1, "/dev/null", O_WRONLY, 0);
    int failed =
        posix_spawnp(&child, arguments[0], &actions, NULL, (char *const *)(uintptr_t)arguments, environ);
    posix_spawn_file_actions_destroy(&actions);
    return failed == 0 && waitpid(child, &status, 0) == child && WIFEXITED(status) &&
           WEXITSTATUS(status) == 0;
}

static bool clean(const char *folder)
{
    const char *const arguments[] = {"rm", "-rf", "--", folder, NULL};
    return run(arguments);
}

static bool time_suan(const char *file, const char *target, double *out_ms)
{
    SUAN_CLEANUP(suan_package_freep) struct suan_package *package = NULL;
    uint64_t start = suan_clock_monotonic_ns();
    bool good = suan_package_open_file(file, &package, NULL) == SUAN_OK &&
                suan_package_unpack(package, target, NULL) == SUAN_OK;
    *out_ms = (double)(suan_clock_monotonic_ns() - start) / 1e6;
    return good && clean(target);
}

static bool time_peer(const char *file, const char *target, double *out_ms)
{
    const char *const unpack[] = {"tar", "--zstd", "-x", "-f", file, "-C", target, NULL};
    const char *const digest[] = {"sha256sum", file, NULL};
    if (suan_folder_make(target, NULL) != SUAN_OK)
        return false;
    uint64_t start = suan_clock_monotonic_ns();
    bool good = run(unpack) && run(digest);
    *out_ms = (double)(suan_clock_monotonic_ns() - start) / 1e6;
    return good && clean(target);
}

static int ascending(const void *a, const void *b)
{
    double first = *(const double *)a, second = *(const double *)b;
    return (first > second) - (first < second);
}

static bool prepare(const char *path)
{
    SUAN_CLEANUP(suan_freep) uint8_t *object = malloc(OBJECT_BYTES);
    SUAN_CLEANUP(suan_buffer_done) struct suan_buffer file = {0};
    if (object == NULL)
        return false;
    fill(object, OBJECT_BYTES);
    const struct suan_tar_entry files[] = {
        {suan_span_text("LICENSE"), suan_span_text("MIT")},
        {suan_span_text("README.md"), suan_span_text("x")},
        {suan_span_text("variants/x86-64-v2/plugin.so"), suan_span(object, OBJECT_BYTES)},
    };
    return suan_pack_files(suan_span_text(draft), files, 3, &file, NULL, NULL) == SUAN_OK &&
           suan_file_replace(path, suan_buffer_span(&file), 0644, NULL) == SUAN_OK;
}

int main(void)
{
    char folder[] = "/tmp/suan-perf-XXXXXX", file[64], target[64];
    double suan[ROUNDS], peer[ROUNDS];
    if (mkdtemp(folder) == NULL)
        return 1;
    snprintf(file, sizeof file, "%s/p.suan", folder);
    snprintf(target, sizeof target, "%s/out", folder);
    bool good = prepare(file);
    for (int i = 0; good && i < ROUNDS; i++)
        good = time_suan(file, target, &suan[i]) && time_peer(file, target, &peer[i]);
    clean(folder);
    if (!good) {
        fprintf(stderr, "perf_package: a round failed\n");
        return 1;
    }
    qsort(suan, ROUNDS, sizeof suan[0], ascending);
    qsort(peer, ROUNDS, sizeof peer[0], ascending);
    double ratio = suan[ROUNDS / 2] / peer[ROUNDS / 2];
    printf("{\"id\":\"package.verify\",\"value\":%.1f,\"unit\":\"ms\",\"peer\":\"tar --zstd -x + sha256sum\","
           "\"peer_value\":%.1f,\"ratio\":%.3f,\"better\":\"lower\",\"goal\":\"<= 1.1x\",\"ok\":%s}\n",
           suan[ROUNDS / 2], peer[ROUNDS / 2], ratio, ratio <= 1.1 ? "true" : "false");
    return 0;
}
