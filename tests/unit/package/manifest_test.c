#include "package/manifest.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <suan/abi.h>

#include "base/cleanup.h"
#include "fixture.h"

#define DIGEST "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"

/* Every field once. */
static const char full[] =
    "{\"abi\":{\"major\":1,\"min_minor\":2},"
    "\"authors\":[{\"ident\":\"li.shan\",\"name\":\"李善\"},{\"name\":\"Ada\"}],"
    "\"format\":1,\"keywords\":[\"sky\"],\"kind\":\"algorithm\",\"licence\":\"MIT OR "
    "Apache-2.0\",\"name\":\"kd-match\","
    "\"needs\":[{\"package\":\"libfftw3-double3\",\"soname\":\"libfftw3.so.3\"}],"
    "\"source\":{\"commit\":\"0123456789abcdef0123456789abcdef01234567\",\"git\":\"https://example.org/"
    "kd.git\",\"path\":\"src/kd\"},"
    "\"summary\":{\"en\":\"Two\\nlines\"},\"tasks\":[\"astro.crossmatch/1\",\"astro.crossmatch/2\"],"
    "\"title\":{\"en\":\"Matching\",\"zh\":\"相配\"},"
    "\"variants\":[{\"concurrency\":\"instances\",\"deterministic\":false,\"device\":\"cpu\",\"features\":["
    "\"avx512vnni\",\"own-threads\"],"
    "\"id\":\"x86-64-v4\",\"path\":\"variants/x86-64-v4/plugin.so\",\"sha256\":\"" DIGEST
    "\",\"size\":4096}],"
    "\"version\":\"1.2.0-rc.1\",\"x-note\":{\"any\":[1,true,\"text\"]}}";

Test(manifest, reads_every_field)
{
    SUAN_CLEANUP(suan_manifest_freep) struct suan_manifest *m = NULL;
    struct suan_error error = {0};
    cr_assert_eq(suan_manifest_parse(suan_span_text(full), &m, &error), SUAN_OK, "%s", error.message);
    cr_assert(m->kind == SUAN_KIND_ALGORITHM && m->abi_major == 1 && m->abi_min_minor == 2);
    cr_assert(suan_span_equal(m->version, suan_span_text("1.2.0-rc.1")));
    cr_assert(m->n_tasks == 2 && suan_span_equal(m->tasks[1], suan_span_text("astro.crossmatch/2")));
    cr_assert(m->n_authors == 2 && suan_span_equal(m->authors[0].ident, suan_span_text("li.shan")));
    cr_assert(suan_span_equal(m->title.zh, suan_span_text("相配")) && m->summary.zh.size == 0);
    cr_assert(m->n_needs == 1 && suan_span_equal(m->needs[0].package, suan_span_text("libfftw3-double3")));
    cr_assert(suan_span_equal(m->source.path, suan_span_text("src/kd")) && m->n_keywords == 1);
    const struct suan_manifest_variant *v = suan_manifest_find_variant(m, suan_span_text("x86-64-v4"));
    cr_assert(v != NULL && v->size_bytes == 4096 && v->sha256.bytes[31] == 0x1f && !v->deterministic);
    cr_assert(v->concurrency == SUAN_CONCURRENCY_INSTANCES && v->device_type == SUAN_DEVICE_CPU);
    cr_assert(suan_manifest_has_feature(v, "own-threads") && !suan_manifest_has_feature(v, "own"));
}

/* `full` with one piece replaced, and a word that the refusal must name. */
static const struct fault {
    const char *piece, *by, *named;
} faults[] = {
    {"\"format\":1", "\"format\":2", "format"},
    {"\"format\":1,", "", "format"},
    {"\"algorithm\"", "\"program\"", "kind"},
    {"\"kind\":\"algorithm\"", "\"kind\":\"task\"", "tasks"},
    {"\"kd-match\"", "\"Kd-match\"", "name"},
    {"\"kd-match\"", "\"k\"", "name"},
    {"\"kd-match\"", "7", "name"},
    {"1.2.0-rc.1", "1.2", "version"},
    {"1.2.0-rc.1", "1.2.0+x", "version"},
    {"MIT OR Apache-2.0", "MIT OR", "licence"},
    {"\"tasks\":[\"astro.crossmatch/1\",\"astro.crossmatch/2\"]", "\"tasks\":[]", "tasks"},
    {"astro.crossmatch/2", "astro.crossmatch/1", "tasks"},
    {"astro.crossmatch/2", "astro/1", "tasks"},
    {"\"title\":{\"en\":\"Matching\",\"zh\":\"相配\"}", "\"title\":{}", "title"},
    {"\"title\":{\"en\":\"Matching\",\"zh\":\"相配\"}", "\"title\":{\"fr\":\"x\"}", "title"},
    {"\"title\":{\"en\":\"Matching\",\"zh\":\"相配\"},", "", "title"},
    {"\"en\":\"Matching\"", "\"en\":\"Match\\ning\"", "title"},
    {"Two\\nlines", "Two\\tlines", "summary"},
    {"\"name\":\"Ada\"", "\"name\":\"\"", "authors[1]"},
    {"\"ident\":\"li.shan\"", "\"ident\":\"li shan\"", "authors[0]"},
    {"{\"name\":\"Ada\"}", "\"Ada\"", "authors[1]"},
    {"[{\"ident\":\"li.shan\",\"name\":\"李善\"},{\"name\":\"Ada\"}]", "[]", "authors"},
    {"\"major\":1", "\"major\":65536", "abi"},
    {"\"major\":1", "\"major\":-1", "abi"},
    {"\"major\":1", "\"major\":1.0", "integer"},
    {"\"min_minor\":2", "\"min_miner\":2", "abi"},
    {"\"id\":\"x86-64-v4\"", "\"id\":\"x86-64-v5\"", "variants[0]"},
    {"variants/x86-64-v4/plugin.so", "variants/x86-64-v3/plugin.so", "variants[0]"},
    {"variants/x86-64-v4/plugin.so", "../../plugin.so", "variants[0]"},
    {"\"sha256\":\"" DIGEST "\"", "\"sha256\":\"00\"", "sha256"},
    {"0a0b0c0d", "0A0B0C0D", "sha256"},
    {"\"size\":4096", "\"size\":0", "size"},
    {"\"size\":4096", "\"size\":134217729", "size"},
    {"\"device\":\"cpu\"", "\"device\":\"cuda\"", "device"},
    {"\"device\":\"cpu\"", "\"device\":\"gpu\"", "device"},
    {"\"instances\"", "\"some\"", "concurrency"},
    {"\"deterministic\":false", "\"deterministic\":0", "deterministic"},
    {"\"deterministic\":false,", "", "deterministic"},
    {"\"avx512vnni\",\"own-threads\"", "\"own-threads\",\"own-threads\"", "features"},
    {"\"avx512vnni\"", "\"AVX\"", "features"},
    {"\"soname\":\"libfftw3.so.3\"", "\"soname\":\"lib fftw3\"", "needs[0]"},
    {"\"soname\":\"libfftw3.so.3\"", "\"soname\":\"../x\"", "needs[0]"},
    {"libfftw3-double3", "LibFFTW", "needs[0]"},
    {"https://example.org/kd.git", "--upload-pack=x", "source.git"},
    {"https://example.org/kd.git", "https://example.org/a b", "source.git"},
    {"0123456789abcdef0123456789abcdef01234567", "main", "source.commit"},
    {"0123456789abcdef0123456789abcdef01234567", "0123456789ABCDEF0123456789abcdef01234567", "source.commit"},
    {"\"path\":\"src/kd\"", "\"path\":\"src/../kd\"", "source.path"},
    {"\"path\":\"src/kd\"", "\"path\":\"/src\"", "source.path"},
    {"\"keywords\":[\"sky\"]", "\"keywords\":[\"\"]", "keywords"},
    {"\"keywords\":[\"sky\"]", "\"keywords\":[1]", "keywords"},
    {"\"x-note\"", "\"x-Note\"", "x-"},
    {"\"x-note\"", "\"y-note\"", "y-note"},
    {"\"text\"]", "\"te\\nxt\"]", "x-note"},
    {"\"text\"]", "null]", "null"},
    {"相配", "相\xE2\x80\xAE配", "U+202E"},
    {"李善", "e\xCC\x81", "normal form"},
    {"\"format\":1", "\"format\": 1", "canonical"},
    {"\"format\":1,", "\"format\":1,\"format\":1,", "duplicate"},
};
enum { N_FAULTS = sizeof faults / sizeof faults[0] };

static void replace(struct suan_buffer *out, const char *piece, const char *by)
{
    const char *at = strstr(full, piece);
    cr_assert_not_null(at, "'%s' is not in the manifest", piece);
    suan_buffer_append(out, full, (size_t)(at - full));
    suan_buffer_append_text(out, by);
    suan_buffer_append_text(out, at + strlen(piece));
}

Test(manifest, each_fault_is_refused_and_named)
{
    for (size_t i = 0; i < N_FAULTS; i++) {
        SUAN_CLEANUP(suan_buffer_done) struct suan_buffer text = {0};
        struct suan_manifest *manifest = NULL;
        struct suan_error error = {0};
        replace(&text, faults[i].piece, faults[i].by);
        enum suan_status status = suan_manifest_parse(suan_buffer_span(&text), &manifest, &error);
        cr_expect_eq(status, SUAN_E_REFUSED, "%s -> %s", faults[i].piece, faults[i].by);
        cr_expect_str_eq(error.code, "package.manifest");
        cr_expect_not_null(strstr(error.message, faults[i].named), "%s -> %s: %s", faults[i].piece,
                           faults[i].by, error.message);
        suan_manifest_free(manifest);
    }
}

/* `count` copies of `element` with '#' replaced by a number, parted by commas. */
static void repeat(struct suan_buffer *out, const char *element, size_t count)
{
    const char *mark = strchr(element, '#');
    for (size_t i = 0; i < count; i++) {
        suan_buffer_append_text(out, i == 0 ? "" : ",");
        suan_buffer_append(out, element, mark != NULL ? (size_t)(mark - element) : strlen(element));
        if (mark != NULL)
            suan_buffer_printf(out, "%02zu%s", i, mark + 1);
    }
}

/* Lists at their limit are read, one more is refused. */
static const struct limit {
    const char *piece, *before, *element, *after;
    size_t most;
} limits[] = {
    {"\"tasks\":[\"astro.crossmatch/1\",\"astro.crossmatch/2\"]", "\"tasks\":[", "\"a.b#/1\"", "]", 8},
    {"[{\"ident\":\"li.shan\",\"name\":\"李善\"},{\"name\":\"Ada\"}]", "[", "{\"name\":\"A#\"}", "]", 32},
    {"[\"avx512vnni\",\"own-threads\"]", "[", "\"f#\"", "]", 32},
    {"[{\"package\":\"libfftw3-double3\",\"soname\":\"libfftw3.so.3\"}]", "[",
     "{\"package\":\"pp\",\"soname\":\"s#\"}", "]", 16},
    {"[\"sky\"]", "[", "\"k#\"", "]", 16},
    {",\"x-note\":{\"any\":[1,true,\"text\"]}", ",", "\"x-#\":1", "", 8},
};

Test(manifest, lists_are_read_up_to_their_limit)
{
    for (size_t i = 0; i < sizeof limits / sizeof limits[0]; i++) {
        for (size_t over = 0; over < 2; over++) {
            SUAN_CLEANUP(suan_buffer_done) struct suan_buffer text = {0}, list = {0};
            struct suan_manifest *manifest = NULL;
            struct suan_error error = {0};
            suan_buffer_append_text(&list, limits[i].before);
            repeat(&list, limits[i].element, limits[i].most + over);
            suan_buffer_append_text(&list, limits[i].after);
            replace(&text, limits[i].piece, suan_buffer_text(&list));
            enum suan_status status = suan_manifest_parse(suan_buffer_span(&text), &manifest, &error);
            cr_expect_eq(status, over == 1 ? SUAN_E_REFUSED : SUAN_OK, "%s: %s", limits[i].element,
                         error.message);
            suan_manifest_free(manifest);
        }
    }
}

/* Texts at their limit in characters or bytes, and one more. */
static const struct length {
    const char *piece, *before, *unit, *after;
    size_t most;
} lengths[] = {
    {"\"zh\":\"相配\"", "\"zh\":\"", "相", "\"", 120},
    {"Two\\nlines", "", "文", "", 1000},
    {"\"name\":\"Ada\"", "\"name\":\"", "A", "\"", 128},
    {"kd-match", "", "k", "", 64},
    {"[\"sky\"]", "[\"", "s", "\"]", 32},
    {"libfftw3.so.3", "", "l", "", 64},
    {"libfftw3-double3", "", "l", "", 64},
    {"https://example.org/kd.git", "", "h", "", 512},
    {"src/kd", "", "p", "", 200},
    {"\"text\"]", "\"", "t", "\"]", 4096 - 19},
};

Test(manifest, texts_are_read_up_to_their_limit)
{
    for (size_t i = 0; i < sizeof lengths / sizeof lengths[0]; i++) {
        for (size_t over = 0; over < 2; over++) {
            SUAN_CLEANUP(suan_buffer_done) struct suan_buffer text = {0}, field = {0};
            struct suan_manifest *manifest = NULL;
            struct suan_error error = {0};
            suan_buffer_append_text(&field, lengths[i].before);
            for (size_t k = 0; k < lengths[i].most + over; k++)
                suan_buffer_append_text(&field, lengths[i].unit);
            suan_buffer_append_text(&field, lengths[i].after);
            replace(&text, lengths[i].piece, suan_buffer_text(&field));
            enum suan_status status = suan_manifest_parse(suan_buffer_span(&text), &manifest, &error);
            cr_expect_eq(status, over == 1 ? SUAN_E_REFUSED : SUAN_OK, "%s: %s", lengths[i].piece,
                         error.message);
            suan_manifest_free(manifest);
        }
    }
}
