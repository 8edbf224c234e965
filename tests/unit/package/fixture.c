#include "fixture.h"

#include <criterion/criterion.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <zstd.h>

#include "base/cleanup.h"
#include "base/file.h"

#if defined(__aarch64__)
#define VARIANT "aarch64"
#else
#define VARIANT "x86-64-v2"
#endif

const char fixture_variant[] = VARIANT;

const char fixture_draft[] =
    "{\n  \"format\": 1, \"kind\": \"algorithm\", \"name\": \"kd-match\", \"version\": \"1.2.0\",\n"
    "  \"tasks\": [\"astro.crossmatch/1\"], \"title\": {\"en\": \"Matching by a k-d tree\", \"zh\": "
    "\"以樹相配\"},\n"
    "  \"licence\": \"MIT\", \"authors\": [{\"name\": \"Li Shan\"}], \"abi\": {\"major\": 1, \"min_minor\": "
    "0},\n"
    "  \"variants\": [{\"id\": \"" VARIANT
    "\", \"device\": \"cpu\", \"concurrency\": \"runs\", \"deterministic\": true}]\n}\n";

static const char object_text[] = "the bytes of an object";

/* An octal number of so many digits. */
static void put(uint8_t *header, size_t at, int digits, unsigned long value)
{
    char text[32];
    snprintf(text, sizeof text, "%0*lo ", digits, value);
    memcpy(header + at, text, (size_t)digits + 1);
}

void fixture_sign_header(uint8_t header[512])
{
    unsigned long sum = 0;
    memset(header + 148, ' ', 8);
    for (size_t i = 0; i < 512; i++)
        sum += header[i];
    put(header, 148, 6, sum);
    header[154] = '\0';
    header[155] = ' ';
}

/* The path whole, or cut at a slash into prefix and name. */
static void put_path(uint8_t *header, const char *path, size_t size)
{
    size_t cut = 0;
    if (size > 100) {
        cut = size - 101;
        while (path[cut] != '/')
            cut++;
        memcpy(header + 345, path, cut);
        cut++;
    }
    memcpy(header, path + cut, size - cut);
}

static void pad(struct suan_buffer *tar)
{
    size_t rest = (512 - tar->size % 512) % 512;
    uint8_t *place = suan_buffer_extend(tar, rest);
    cr_assert(rest == 0 || place != NULL);
    if (rest > 0)
        memset(place, 0, rest);
}

static void append_header(struct suan_buffer *tar, const struct fixture_entry *entry, const char *path,
                          size_t size, size_t content_size, char type)
{
    uint8_t header[512] = {0};
    put_path(header, path, size);
    put(header, 100, 6, 0644);
    put(header, 108, 6, entry->uid);
    put(header, 116, 6, 0);
    put(header, 124, 11, content_size);
    put(header, 136, 11, entry->mtime);
    header[156] = (uint8_t)type;
    memcpy(header + 257,
           "ustar\0"
           "00",
           8);
    put(header, 329, 6, 0);
    put(header, 337, 6, 0);
    if (entry->link != NULL)
        memcpy(header + 157, entry->link, strlen(entry->link));
    if (entry->owner != NULL)
        memcpy(header + 265, entry->owner, strlen(entry->owner));
    if (entry->mode_field != NULL)
        memcpy(header + 100, entry->mode_field, 8);
    if (entry->size_field != NULL && type != 'x')
        memcpy(header + 124, entry->size_field, 12);
    fixture_sign_header(header);
    suan_buffer_append(tar, header, sizeof header);
}

/* "LENGTH KEY=VALUE", where the length counts itself. */
static void append_record(struct suan_buffer *out, const char *record, size_t size)
{
    size_t digits = 1;
    while (snprintf(NULL, 0, "%zu", digits + size + 2) > (int)digits)
        digits++;
    suan_buffer_printf(out, "%zu ", digits + size + 2);
    for (size_t i = 0; i < size; i++)
        suan_buffer_append_u8(out, record[i] == '\1' ? 0 : (uint8_t)record[i]);
    suan_buffer_append_u8(out, '\n');
}

/* libarchive names the pax header after its entry. */
static void append_records(struct suan_buffer *tar, const struct fixture_entry *entry, size_t path_size)
{
    char name[256];
    struct fixture_entry plain = {0};
    SUAN_CLEANUP(suan_buffer_done) struct suan_buffer records = {0};
    size_t slash = path_size;
    for (const char *record = entry->records; *record != '\0'; record = strchr(record, '\n') + 1)
        append_record(&records, record, (size_t)(strchr(record, '\n') - record));
    while (slash > 0 && entry->path[slash - 1] != '/')
        slash--;
    snprintf(name, sizeof name, "%.*sPaxHeader/%s", (int)slash, entry->path, entry->path + slash);
    append_header(tar, &plain, name, strlen(name), records.size, 'x');
    suan_buffer_append_span(tar, suan_buffer_span(&records));
    pad(tar);
}

void fixture_append(struct suan_buffer *tar, const struct fixture_entry *entry)
{
    size_t path_size = entry->path_size != 0 ? entry->path_size : strlen(entry->path);
    if (entry->records != NULL)
        append_records(tar, entry, path_size);
    append_header(tar, entry, entry->path, path_size, entry->content_size,
                  entry->type != 0 ? entry->type : '0');
    suan_buffer_append(tar, entry->content, entry->content_size);
    pad(tar);
    cr_assert(!tar->failed);
}

void fixture_end(struct suan_buffer *tar)
{
    static const uint8_t zero[1024];
    suan_buffer_append(tar, zero, sizeof zero);
    cr_assert(!tar->failed);
}

void fixture_compress(struct suan_span content, enum fixture_size size, struct suan_buffer *out)
{
    ZSTD_CCtx *context = ZSTD_createCCtx();
    size_t room = ZSTD_compressBound(content.size);
    ZSTD_outBuffer into = {suan_buffer_extend(out, room), room, 0};
    ZSTD_inBuffer from = {content.data, content.size, 0};
    cr_assert(context != NULL && into.dst != NULL);
    ZSTD_CCtx_setParameter(context, ZSTD_c_compressionLevel, 1);
    ZSTD_CCtx_setParameter(context, ZSTD_c_checksumFlag, 1);
    if (size == FIXTURE_SIZE_DECLARED)
        ZSTD_CCtx_setPledgedSrcSize(context, content.size);
    cr_assert_eq(ZSTD_compressStream2(context, &into, &from, ZSTD_e_continue) > room, 0);
    cr_assert_eq(ZSTD_compressStream2(context, &into, &from, ZSTD_e_end), 0);
    out->size -= room - into.pos;
    ZSTD_freeCCtx(context);
}

void fixture_good_files(struct fixture_files *files)
{
    char digits[65];
    struct suan_digest digest = suan_sha256(suan_span_text(object_text));
    suan_hex(digest.bytes, SUAN_DIGEST_SIZE, digits);
    files->manifest = (struct suan_buffer){0};
    suan_buffer_printf(
        &files->manifest,
        "{\"abi\":{\"major\":1,\"min_minor\":0},\"authors\":[{\"name\":\"Li Shan\"}],\"format\":1,"
        "\"kind\":\"algorithm\",\"licence\":\"MIT\",\"name\":\"kd-match\","
        "\"tasks\":[\"astro.crossmatch/1\"],"
        "\"title\":{\"en\":\"Matching by a k-d tree\",\"zh\":\"以樹相配\"},"
        "\"variants\":[{\"concurrency\":\"runs\",\"deterministic\":true,\"device\":\"cpu\",\"id\":\"" VARIANT
        "\","
        "\"path\":\"variants/" VARIANT "/plugin.so\",\"sha256\":\"%s\",\"size\":%zu}],\"version\":\"1.2.0\"}",
        digits, strlen(object_text));
    const struct fixture_entry entries[FIXTURE_FILES] = {
        {.path = "suan.json", .content = files->manifest.data, .content_size = files->manifest.size},
        {.path = "LICENSE", .content = "MIT\n", .content_size = 4},
        {.path = "README.md", .content = "# Matching\n", .content_size = 11},
        {.path = "docs/guide.md", .content = "", .content_size = 0},
        {.path = "docs/說明.md", .content = "文", .content_size = 3, .records = "path=docs/說明.md\n"},
        {.path = "variants/" VARIANT "/plugin.so",
         .content = object_text,
         .content_size = strlen(object_text)},
    };
    memcpy(files->entries, entries, sizeof entries);
}

void fixture_done(struct fixture_files *files)
{
    suan_buffer_done(&files->manifest);
}

void fixture_good_tar(struct suan_buffer *tar)
{
    struct fixture_files files;
    fixture_good_files(&files);
    for (size_t i = 0; i < FIXTURE_FILES; i++)
        fixture_append(tar, &files.entries[i]);
    fixture_end(tar);
    fixture_done(&files);
}

int fixture_run(const char *const *arguments)
{
    posix_spawn_file_actions_t actions;
    pid_t child;
    int status = -1;
    extern char **environ;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_addopen(&actions, 1, "/dev/null", O_WRONLY, 0);
    posix_spawn_file_actions_addopen(&actions, 2, "/dev/null", O_WRONLY, 0);
    int failed =
        posix_spawnp(&child, arguments[0], &actions, NULL, (char *const *)(uintptr_t)arguments, environ);
    posix_spawn_file_actions_destroy(&actions);
    cr_assert_eq(failed, 0, "cannot run %s", arguments[0]);
    cr_assert_eq(waitpid(child, &status, 0), child);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

void fixture_make_folder(char out[64])
{
    snprintf(out, 64, "/tmp/suan-package-test-XXXXXX");
    cr_assert_not_null(mkdtemp(out));
}

void fixture_remove_folder(const char *folder)
{
    const char *const arguments[] = {"rm", "-rf", "--", folder, NULL};
    cr_assert_eq(fixture_run(arguments), 0);
}

void fixture_write_file(const char *folder, const char *name, struct suan_span content)
{
    char path[512], parent[512];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    snprintf(parent, sizeof parent, "%s", path);
    *strrchr(parent, '/') = '\0';
    cr_assert_eq(suan_folder_make(parent, NULL), SUAN_OK);
    cr_assert_eq(suan_file_replace(path, content, 0644, NULL), SUAN_OK);
}

uint64_t fixture_random(uint64_t *state)
{
    *state ^= *state >> 12;
    *state ^= *state << 25;
    *state ^= *state >> 27;
    return *state * UINT64_C(2685821657736338717);
}
