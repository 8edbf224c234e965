#include "package/package.h"

#include <criterion/criterion.h>
#include <stdio.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "fixture.h"
#include "package/tar_encode.h"

static void assert_refused(struct suan_span file, const char *code, const char *what)
{
    struct suan_package *package = NULL;
    struct suan_error error = {0};
    enum suan_status status = suan_package_open(file, &package, &error);
    cr_assert_eq(status, SUAN_E_REFUSED, "%s: status %d", what, status);
    cr_assert_str_eq(error.code, code, "%s: %s: %s", what, error.code, error.message);
    cr_assert_null(package);
}

static struct suan_package *open_good(struct suan_span file)
{
    struct suan_package *package = NULL;
    struct suan_error error = {0};
    cr_assert_eq(suan_package_open(file, &package, &error), SUAN_OK, "%s: %s", error.code, error.message);
    return package;
}

Test(package, opens_what_an_independent_writer_made_by_the_rules)
{
    SUAN_CLEANUP(suan_buffer_done) struct suan_buffer tar = {0}, file = {0};
    fixture_good_tar(&tar);
    fixture_compress(suan_buffer_span(&tar), FIXTURE_SIZE_DECLARED, &file);
    SUAN_CLEANUP(suan_package_freep) struct suan_package *package = open_good(suan_buffer_span(&file));
    struct suan_digest identity = suan_package_tar_sha256(package),
                       expected = suan_sha256(suan_buffer_span(&tar));
    cr_assert(suan_digest_equal(&identity, &expected));
    cr_assert_eq(suan_package_tar(package)->count, FIXTURE_FILES);
    cr_assert_eq(suan_package_find(package, "docs/說明.md").size, 3);
    cr_assert_null(suan_package_find(package, "docs/none").data);
    const struct suan_manifest *manifest = suan_package_manifest(package);
    cr_assert(suan_span_equal(suan_package_object(package, &manifest->variants[0]),
                              suan_span_text("the bytes of an object")));
}

Test(package, identity_is_that_of_the_tar_and_not_of_its_compression)
{
    SUAN_CLEANUP(suan_buffer_done) struct suan_buffer tar = {0}, file = {0}, other = {0};
    fixture_good_tar(&tar);
    fixture_compress(suan_buffer_span(&tar), FIXTURE_SIZE_DECLARED, &file);
    fixture_compress(suan_buffer_span(&tar), FIXTURE_SIZE_UNKNOWN, &other);
    cr_assert_not(suan_span_equal(suan_buffer_span(&file), suan_buffer_span(&other)));
    SUAN_CLEANUP(suan_package_freep) struct suan_package *first = open_good(suan_buffer_span(&file));
    SUAN_CLEANUP(suan_package_freep) struct suan_package *second = open_good(suan_buffer_span(&other));
    struct suan_digest a = suan_package_tar_sha256(first), b = suan_package_tar_sha256(second);
    cr_assert(suan_digest_equal(&a, &b));
    a = suan_package_file_sha256(first);
    b = suan_package_file_sha256(second);
    cr_assert_not(suan_digest_equal(&a, &b));
}

Test(package, expected_identity_is_required_before_parsing)
{
    SUAN_CLEANUP(suan_buffer_done) struct suan_buffer tar = {0}, file = {0};
    fixture_good_tar(&tar);
    struct suan_digest identity = suan_sha256(suan_buffer_span(&tar));
    fixture_compress(suan_buffer_span(&tar), FIXTURE_SIZE_DECLARED, &file);
    SUAN_CLEANUP(suan_package_freep) struct suan_package *package = NULL;
    struct suan_error error = {0};
    cr_assert_eq(suan_package_open_expecting(suan_buffer_span(&file), &identity, &package, &error), SUAN_OK);
    identity.bytes[31] ^= 1;
    struct suan_package *none = NULL;
    cr_assert_eq(suan_package_open_expecting(suan_buffer_span(&file), &identity, &none, &error),
                 SUAN_E_REFUSED);
    cr_assert_str_eq(error.code, "package.content");
}

Test(package, file_of_another_type_or_none_is_told_apart)
{
    struct suan_package *package = NULL;
    struct suan_error error = {0};
    cr_assert_eq(suan_package_open_file("/nonexistent.suan", &package, &error), SUAN_E_NOT_FOUND);
    cr_assert_eq(suan_package_open_file("/dev/null", &package, &error), SUAN_E_FORMAT);
}

/* --- damage ------------------------------------------------------------------------------------------- */

Test(package, every_flipped_bit_is_refused_or_leaves_the_identity_alone, .timeout = 120)
{
    SUAN_CLEANUP(suan_buffer_done) struct suan_buffer tar = {0}, file = {0};
    fixture_good_tar(&tar);
    struct suan_digest identity = suan_sha256(suan_buffer_span(&tar));
    fixture_compress(suan_buffer_span(&tar), FIXTURE_SIZE_DECLARED, &file);
    size_t refused = 0;
    for (size_t bit = 0; bit < 8 * file.size; bit++) {
        struct suan_package *package = NULL;
        file.data[bit / 8] ^= (uint8_t)(1u << bit % 8);
        enum suan_status status = suan_package_open(suan_buffer_span(&file), &package, NULL);
        file.data[bit / 8] ^= (uint8_t)(1u << bit % 8);
        struct suan_digest got = status == SUAN_OK ? suan_package_tar_sha256(package) : identity;
        suan_package_free(package);
        refused += status == SUAN_E_REFUSED;
        cr_assert(status == SUAN_E_REFUSED || suan_digest_equal(&got, &identity), "bit %zu: %d", bit, status);
    }
    cr_assert_gt(refused, 7 * file.size);
}

Test(package, every_shortened_file_is_refused)
{
    SUAN_CLEANUP(suan_buffer_done) struct suan_buffer tar = {0};
    fixture_good_tar(&tar);
    for (enum fixture_size form = FIXTURE_SIZE_DECLARED; form <= FIXTURE_SIZE_UNKNOWN; form++) {
        SUAN_CLEANUP(suan_buffer_done) struct suan_buffer file = {0};
        fixture_compress(suan_buffer_span(&tar), form, &file);
        for (size_t size = 0; size < file.size; size++)
            assert_refused(suan_span(file.data, size), "package.compression", "cut file");
    }
}

Test(package, tar_cut_at_any_block_is_refused)
{
    SUAN_CLEANUP(suan_buffer_done) struct suan_buffer tar = {0};
    fixture_good_tar(&tar);
    for (size_t size = 0; size < tar.size; size += 512) {
        SUAN_CLEANUP(suan_buffer_done) struct suan_buffer file = {0};
        struct suan_package *package = NULL;
        fixture_compress(suan_span(tar.data, size), FIXTURE_SIZE_DECLARED, &file);
        cr_assert_eq(suan_package_open(suan_buffer_span(&file), &package, NULL), SUAN_E_REFUSED, "%zu bytes",
                     size);
    }
}

/* Offsets of all header blocks, pax headers included. */
static size_t find_headers(struct suan_span tar, size_t *out)
{
    size_t count = 0;
    for (size_t at = 0; at + 512 <= tar.size && tar.data[at] != '\0';) {
        size_t size = strtoul((const char *)tar.data + at + 124, NULL, 8);
        out[count++] = at;
        at += 512 + (size + 511) / 512 * 512;
    }
    return count;
}

/* Bytes that say which files there are: changed, they may well make another good tar, which is another
 * package. */
static bool is_meaning(const uint8_t *header, size_t offset)
{
    bool named =
        header[156] == '0' && memchr(header, 0xE8, 100) == NULL; /* no pax record overrules the name */
    return (offset >= 124 && offset < 135) ||
           (named && (offset <= strlen((const char *)header) || offset >= 345));
}

/* One to three bytes of one header changed; every second time its checksum is made right again. */
static void alter_header(uint8_t *header, uint64_t *random)
{
    uint8_t before[512];
    memcpy(before, header, sizeof before);
    while (memcmp(header, before, sizeof before) == 0) {
        size_t changes = 1 + fixture_random(random) % 3;
        for (size_t i = 0; i < changes; i++) {
            size_t offset = fixture_random(random) % 512;
            if (!is_meaning(before, offset))
                header[offset] = (uint8_t)fixture_random(random);
        }
        if (fixture_random(random) % 2 == 0)
            fixture_sign_header(header);
    }
}

Test(package, ten_thousand_altered_headers_are_all_refused, .timeout = 120)
{
    static const struct suan_tar_rules rules = {256, 1 << 20};
    SUAN_CLEANUP(suan_buffer_done) struct suan_buffer tar = {0};
    size_t headers[32], lenient = 0;
    uint64_t random = 20260301;
    fixture_good_tar(&tar);
    size_t count = find_headers(suan_buffer_span(&tar), headers);
    cr_assert_eq(count, FIXTURE_FILES + 1);
    for (int i = 0; i < 10000; i++) {
        uint8_t before[512], *header = tar.data + headers[fixture_random(&random) % count];
        struct suan_tar *read = NULL;
        memcpy(before, header, sizeof before);
        alter_header(header, &random);
        enum suan_status strict = suan_tar_read(suan_buffer_span(&tar), &rules, &read, NULL);
        cr_assert_eq(strict, SUAN_E_REFUSED, "alteration %d was not refused: %d", i, strict);
        lenient += suan_tar_parse(suan_buffer_span(&tar), &rules, &read, NULL) == SUAN_OK;
        suan_tar_free(read);
        memcpy(header, before, sizeof before);
    }
    /* The control: without the comparison with the canonical form many are accepted. */
    cr_assert_gt(lenient, 1000, "only %zu altered headers pass the lenient reading", lenient);
}
