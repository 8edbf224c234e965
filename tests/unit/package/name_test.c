#include "package/name.h"

#include <criterion/criterion.h>
#include <suan/abi.h>

#include "base/buffer.h"
#include "fixture.h"

struct word {
    const char *text;
    bool good;
};

static void check_words(bool (*is_good)(struct suan_span), const struct word *words, size_t count)
{
    for (size_t i = 0; i < count; i++)
        cr_expect_eq(is_good(suan_span_text(words[i].text)), words[i].good, "'%s'", words[i].text);
}

#define CHECK_WORDS(is_good, words) check_words(is_good, words, sizeof words / sizeof words[0])
#define TEXT_60 "abcdefghijabcdefghijabcdefghijabcdefghijabcdefghijabcdefghij"

Test(name, names_are_short_lower_case_words)
{
    static const struct word words[] = {
        {"kd-match", true}, {"a1", true},   {"x.y_z-0", true}, {TEXT_60 "abcd", true},
        {"", false},        {"a", false},   {"Kd", false},     {TEXT_60 "abcde", false},
        {"-a", false},      {"a-", false},  {"a..b", false},   {".a", false},
        {"a b", false},     {"a/b", false}, {"數據", false},   {"a.", false},
    };
    CHECK_WORDS(suan_package_is_name, words);
    cr_expect_not(suan_package_is_name(suan_span("ab\0c", 4)));
}

Test(name, versions_are_semantic_without_build_part)
{
    static const struct word words[] = {
        {"0.0.0", true},         {"1.2.3", true},       {"1.0.0-alpha", true},
        {"1.0.0-alpha.1", true}, {"1.0.0-0.3.7", true}, {"1.0.0-x-y-z.-", true},
        {"10.20.30", true},      {"1.0.0-0a", true},    {"1.0", false},
        {"1.0.0.0", false},      {"01.0.0", false},     {"1.0.0+build", false},
        {"1.0.0-", false},       {"1.0.0-a..b", false}, {"1.0.0-01", false},
        {"v1.0.0", false},       {"", false},           {"1.0.0-ä", false},
        {"1..0", false},         {"1.0.0 ", false},     {"1.0.0-" TEXT_60, false},
    };
    CHECK_WORDS(suan_package_is_version, words);
}

Test(name, versions_sort_as_semver_orders_them)
{
    static const char *const ascending[] = {
        "0.0.0-0",
        "0.0.0",
        "0.0.1",
        "0.1.0-a",
        "0.1.0",
        "0.9.9",
        "1.0.0-alpha",
        "1.0.0-alpha.1",
        "1.0.0-alpha.beta",
        "1.0.0-beta",
        "1.0.0-beta.2",
        "1.0.0-beta.11",
        "1.0.0-rc.1",
        "1.0.0",
        "1.0.1",
        "1.2.0",
        "1.10.0",
        "2.0.0-1",
        "2.0.0-1.0",
        "2.0.0-2",
        "2.0.0-10",
        "2.0.0--",
        "2.0.0-A",
        "2.0.0-a",
        "2.0.0-a-b",
        "2.0.0-a0",
        "2.0.0",
        "10.0.0",
        "99999999999999999999.0.0",
    };
    enum { N = sizeof ascending / sizeof ascending[0] };
    for (size_t i = 0; i < N; i++) {
        for (size_t j = 0; j < N; j++) {
            int order =
                suan_package_version_compare(suan_span_text(ascending[i]), suan_span_text(ascending[j]));
            cr_expect_eq((order > 0) - (order < 0), (i > j) - (i < j), "%s and %s: %d", ascending[i],
                         ascending[j], order);
        }
    }
}

Test(name, version_keys_are_at_most_96_bytes)
{
    /* 29 identifiers of one byte are the costliest 64 bytes. */
    static const char *const worst[] = {
        "0.0.0-0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.00",
        "0.0.0-a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.aa",
        "0.0.0-1.1.1.1.1.1.1.1.1.1.1.1.1.1.1.1.1.1.1.1.1.1.1.1.1.1.1.1.11",
    };
    uint8_t key[SUAN_VERSION_KEY_MAX];
    cr_assert_eq(suan_package_version_key(suan_span_text(worst[0]), key), 0);
    cr_assert_eq(suan_package_version_key(suan_span_text(worst[1]), key), SUAN_VERSION_KEY_MAX);
    cr_assert_eq(suan_package_version_key(suan_span_text(worst[2]), key), SUAN_VERSION_KEY_MAX);
}

/* The bytes are stored in registries; they never change. */
Test(name, version_key_has_its_recorded_bytes)
{
    uint8_t key[SUAN_VERSION_KEY_MAX];
    char digits[2 * SUAN_VERSION_KEY_MAX + 1];
    size_t size = suan_package_version_key(suan_span_text("1.20.3-rc.1"), key);
    suan_hex(key, size, digits);
    cr_assert_str_eq(digits, "0131"
                             "023230"
                             "0133"
                             "01"
                             "02726300"
                             "010131"
                             "00");
    size = suan_package_version_key(suan_span_text("1.0.0"), key);
    suan_hex(key, size, digits);
    cr_assert_str_eq(digits, "0131"
                             "0130"
                             "0130"
                             "02"
                             "00");
}

Test(name, task_ids_are_field_problem_and_number)
{
    static const struct word words[] = {
        {"astro.crossmatch/1", true},
        {"vector.knn.l2.f32/12", true},
        {"a.b/9999", true},
        {"codec-x.y-z/1", true},
        {"astro/1", false},
        {"astro.crossmatch", false},
        {"a.b/0", false},
        {"a.b/01", false},
        {"a..b/1", false},
        {"A.b/1", false},
        {"a.b/1/2", false},
        {".a/1", false},
        {"a.b/", false},
        {"a.-b/1", false},
        {"", false},
        {"a.b/123456", false},
    };
    CHECK_WORDS(suan_package_is_task, words);
}

Test(name, licences_have_the_shape_of_spdx)
{
    static const struct word words[] = {
        {"MIT", true},
        {"Apache-2.0 OR MIT", true},
        {"GPL-2.0-or-later WITH Classpath-exception-2.0", true},
        {"(MIT AND BSD-3-Clause) OR LicenseRef-Firm.1", true},
        {"GPL-2.0+", true},
        {"((MIT))", true},
        {"DocumentRef-spdx:LicenseRef-x", true},
        {"", false},
        {"MIT ", false},
        {" MIT", false},
        {"MIT MIT", false},
        {"MIT OR", false},
        {"OR MIT", false},
        {"(MIT", false},
        {"MIT)", false},
        {"()", false},
        {"MIT/X11", false},
        {"+", false},
        {"a:b", false},
        {"授權", false},
    };
    CHECK_WORDS(suan_package_is_licence, words);
}

Test(name, variant_ids_are_a_closed_list)
{
    static const struct word words[] = {
        {"x86-64-v2", true},   {"x86-64-v3", true},          {"x86-64-v4", true}, {"aarch64", true},
        {"aarch64-sve", true}, {"x86-64-v3+cuda", true},     {"x86-64", false},   {"x86-64-v5", false},
        {"+cuda", false},      {"aarch64+cuda+cuda", false}, {"", false},
    };
    CHECK_WORDS(suan_package_is_variant, words);
    struct suan_variant_target target = suan_package_variant_target(suan_span_text("aarch64-sve+cuda"));
    cr_assert(target.machine == 183 && target.isa == 1 && target.cuda);
}

Test(name, cpu_features_belong_to_their_machine)
{
    cr_assert_eq(suan_package_cpu_feature(62, suan_span_text("avx512vnni")), SUAN_X86_AVX512VNNI);
    cr_assert_eq(suan_package_cpu_feature(183, suan_span_text("dotprod")), SUAN_ARM_DOTPROD);
    cr_assert_eq(suan_package_cpu_feature(183, suan_span_text("avx2")), 0);
    cr_assert_eq(suan_package_cpu_feature(62, suan_span_text("own-threads")), 0);
}
