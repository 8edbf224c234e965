/* Names, versions, task ids, licences and variant ids: their grammars, each a small scanner over bytes. */
#include "name.h"

#include <suan/abi.h>

static bool is_digit(uint8_t c)
{
    return c >= '0' && c <= '9';
}

static bool is_lower_or_digit(uint8_t c)
{
    return (c >= 'a' && c <= 'z') || is_digit(c);
}

static bool is_alphanumeric(uint8_t c)
{
    return is_lower_or_digit(c) || (c >= 'A' && c <= 'Z');
}

/* The text up to `separator`, which is taken off `rest` too; all of it if there is none. */
static struct suan_span cut(struct suan_span *rest, char separator)
{
    const uint8_t *at = rest->size == 0 ? NULL : memchr(rest->data, separator, rest->size);
    size_t size = at == NULL ? rest->size : (size_t)(at - rest->data);
    struct suan_span part = suan_span(rest->data, size);
    *rest = at == NULL ? suan_span(NULL, 0) : suan_span(at + 1, rest->size - size - 1);
    return part;
}

bool suan_package_is_name(struct suan_span text)
{
    if (text.size < 2 || text.size > SUAN_NAME_MAX || !is_lower_or_digit(text.data[0]) ||
        !is_lower_or_digit(text.data[text.size - 1]))
        return false;
    for (size_t i = 0; i < text.size; i++) {
        uint8_t c = text.data[i];
        if (!is_lower_or_digit(c) && c != '.' && c != '_' && c != '-')
            return false;
        if (c == '.' && text.data[i - 1] == '.')
            return false;
    }
    return true;
}

/* --- versions ----------------------------------------------------------------------------------------- */

static bool is_number(struct suan_span text)
{
    for (size_t i = 0; i < text.size; i++) {
        if (!is_digit(text.data[i]))
            return false;
    }
    return text.size > 0 && (text.size == 1 || text.data[0] != '0');
}

static bool is_all_digits(struct suan_span text)
{
    size_t i = 0;
    while (i < text.size && is_digit(text.data[i]))
        i++;
    return i == text.size;
}

static bool is_identifier(struct suan_span text)
{
    for (size_t i = 0; i < text.size; i++) {
        if (!is_alphanumeric(text.data[i]) && text.data[i] != '-')
            return false;
    }
    return text.size > 0 && (!is_all_digits(text) || is_number(text));
}

static size_t put_number(uint8_t *out, struct suan_span number)
{
    out[0] = (uint8_t)number.size;
    memcpy(out + 1, number.data, number.size);
    return 1 + number.size;
}

static size_t put_identifier(uint8_t *out, struct suan_span identifier)
{
    if (is_all_digits(identifier)) {
        out[0] = 1;
        return 1 + put_number(out + 1, identifier);
    }
    out[0] = 2;
    memcpy(out + 1, identifier.data, identifier.size);
    out[1 + identifier.size] = 0;
    return 2 + identifier.size;
}

/* Every number and identifier takes at most two bytes more than its text with the separator, and there are at
   most 29 identifiers in 64 bytes: 96 bytes suffice. */
size_t suan_package_version_key(struct suan_span version, uint8_t out[SUAN_VERSION_KEY_MAX])
{
    if (version.size == 0 || version.size > SUAN_VERSION_MAX)
        return 0;
    struct suan_span pre = version;
    struct suan_span core = cut(&pre, '-');
    bool has_pre = core.size < version.size;
    size_t size = 0;
    for (int i = 0; i < 3; i++) {
        struct suan_span number = cut(&core, '.');
        if (!is_number(number))
            return 0;
        size += put_number(out + size, number);
    }
    if (core.data != NULL)
        return 0;
    out[size++] = has_pre ? 1 : 2;
    while (has_pre) {
        struct suan_span identifier = cut(&pre, '.');
        if (!is_identifier(identifier))
            return 0;
        size += put_identifier(out + size, identifier);
        has_pre = pre.data != NULL;
    }
    out[size++] = 0;
    return size;
}

bool suan_package_is_version(struct suan_span text)
{
    uint8_t key[SUAN_VERSION_KEY_MAX];
    return suan_package_version_key(text, key) > 0;
}

int suan_package_version_compare(struct suan_span a, struct suan_span b)
{
    uint8_t key_a[SUAN_VERSION_KEY_MAX], key_b[SUAN_VERSION_KEY_MAX];
    size_t size_a = suan_package_version_key(a, key_a), size_b = suan_package_version_key(b, key_b);
    return suan_span_compare(suan_span(key_a, size_a), suan_span(key_b, size_b));
}

/* --- tasks -------------------------------------------------------------------------------------------- */

static bool is_word(struct suan_span text)
{
    for (size_t i = 0; i < text.size; i++) {
        if (!is_lower_or_digit(text.data[i]) && text.data[i] != '-')
            return false;
    }
    return text.size > 0 && text.data[0] != '-' && text.data[text.size - 1] != '-';
}

bool suan_package_is_task(struct suan_span text)
{
    if (text.size > SUAN_TASK_ID_MAX)
        return false;
    struct suan_span number = text;
    struct suan_span words = cut(&number, '/');
    if (number.size > 5 || !is_number(number) || number.data[0] == '0')
        return false;
    size_t count = 0;
    do {
        if (!is_word(cut(&words, '.')))
            return false;
        count++;
    } while (words.data != NULL);
    return count >= 2;
}

/* --- licences ----------------------------------------------------------------------------------------- */

static bool is_licence_byte(uint8_t c)
{
    return is_alphanumeric(c) || c == '.' || c == '-' || c == '+' || c == ':';
}

/* An SPDX identifier, with '+' only at its end and ':' only between DocumentRef-… and LicenseRef-…. */
static bool is_licence_id(struct suan_span id)
{
    if (id.size > 1 && id.data[id.size - 1] == '+')
        id.size--;
    if (memchr(id.data, '+', id.size) != NULL || !is_alphanumeric(id.data[0]))
        return false;
    const uint8_t *colon = memchr(id.data, ':', id.size);
    if (colon == NULL)
        return true;
    size_t before = (size_t)(colon - id.data), after = id.size - before - 1;
    return before > 12 && memcmp(id.data, "DocumentRef-", 12) == 0 && after > 11 &&
           memcmp(colon + 1, "LicenseRef-", 11) == 0 && memchr(colon + 1, ':', after) == NULL;
}

static bool is_operator(struct suan_span word)
{
    return suan_span_equal(word, suan_span_text("AND")) || suan_span_equal(word, suan_span_text("OR")) ||
           suan_span_equal(word, suan_span_text("WITH"));
}

static struct suan_span take_licence_word(struct suan_span text, size_t at)
{
    size_t size = 0;
    while (at + size < text.size && is_licence_byte(text.data[at + size]))
        size++;
    return suan_span(text.data + at, size);
}

bool suan_package_is_licence(struct suan_span text)
{
    bool operand = true; /* what must come next: an identifier or '(', else an operator or ')' */
    int depth = 0;
    if (text.size == 0 || text.size > SUAN_LICENCE_MAX || text.data[0] == ' ')
        return false;
    for (size_t i = 0; i < text.size;) {
        uint8_t c = text.data[i];
        struct suan_span word = take_licence_word(text, i);
        if (c == ' ') {
            i++;
        } else if (c == '(' && operand) {
            depth++;
            i++;
        } else if (c == ')' && !operand && depth > 0) {
            depth--;
            i++;
        } else if (word.size > 0 && operand == !is_operator(word) && (!operand || is_licence_id(word))) {
            operand = !operand;
            i += word.size;
        } else {
            return false;
        }
    }
    return !operand && depth == 0 && text.data[text.size - 1] != ' ';
}

/* --- variants ----------------------------------------------------------------------------------------- */

enum { MACHINE_X86_64 = 62, MACHINE_AARCH64 = 183 };

struct suan_variant_target suan_package_variant_target(struct suan_span variant_id)
{
    static const struct {
        const char *id;
        uint16_t machine, isa;
    } targets[] = {
        {"x86-64-v2", MACHINE_X86_64, 2},    {"x86-64-v3", MACHINE_X86_64, 3},
        {"x86-64-v4", MACHINE_X86_64, 4},    {"aarch64", MACHINE_AARCH64, 0},
        {"aarch64-sve", MACHINE_AARCH64, 1},
    };
    static const char suffix[] = "+cuda";
    size_t length = sizeof suffix - 1;
    bool cuda =
        variant_id.size > length && memcmp(variant_id.data + variant_id.size - length, suffix, length) == 0;
    if (cuda)
        variant_id.size -= length;
    for (size_t i = 0; i < sizeof targets / sizeof targets[0]; i++) {
        if (suan_span_equal(variant_id, suan_span_text(targets[i].id)))
            return (struct suan_variant_target){targets[i].machine, targets[i].isa, cuda};
    }
    return (struct suan_variant_target){0};
}

bool suan_package_is_variant(struct suan_span text)
{
    return suan_package_variant_target(text).machine != 0;
}

static const struct {
    uint16_t machine;
    const char *name;
    uint64_t bit;
} features[] = {
    {MACHINE_X86_64, "avx", SUAN_X86_AVX},
    {MACHINE_X86_64, "avx2", SUAN_X86_AVX2},
    {MACHINE_X86_64, "fma", SUAN_X86_FMA},
    {MACHINE_X86_64, "f16c", SUAN_X86_F16C},
    {MACHINE_X86_64, "bmi1", SUAN_X86_BMI1},
    {MACHINE_X86_64, "bmi2", SUAN_X86_BMI2},
    {MACHINE_X86_64, "lzcnt", SUAN_X86_LZCNT},
    {MACHINE_X86_64, "movbe", SUAN_X86_MOVBE},
    {MACHINE_X86_64, "avx512f", SUAN_X86_AVX512F},
    {MACHINE_X86_64, "avx512dq", SUAN_X86_AVX512DQ},
    {MACHINE_X86_64, "avx512cd", SUAN_X86_AVX512CD},
    {MACHINE_X86_64, "avx512bw", SUAN_X86_AVX512BW},
    {MACHINE_X86_64, "avx512vl", SUAN_X86_AVX512VL},
    {MACHINE_X86_64, "avx512ifma", SUAN_X86_AVX512IFMA},
    {MACHINE_X86_64, "avx512vbmi", SUAN_X86_AVX512VBMI},
    {MACHINE_X86_64, "avx512vbmi2", SUAN_X86_AVX512VBMI2},
    {MACHINE_X86_64, "avx512vnni", SUAN_X86_AVX512VNNI},
    {MACHINE_X86_64, "avx512bitalg", SUAN_X86_AVX512BITALG},
    {MACHINE_X86_64, "avx512vpopcntdq", SUAN_X86_AVX512VPOPCNTDQ},
    {MACHINE_X86_64, "avx512bf16", SUAN_X86_AVX512BF16},
    {MACHINE_X86_64, "avx512fp16", SUAN_X86_AVX512FP16},
    {MACHINE_X86_64, "aes", SUAN_X86_AES},
    {MACHINE_X86_64, "pclmul", SUAN_X86_PCLMUL},
    {MACHINE_X86_64, "sha", SUAN_X86_SHA},
    {MACHINE_X86_64, "vaes", SUAN_X86_VAES},
    {MACHINE_X86_64, "vpclmul", SUAN_X86_VPCLMUL},
    {MACHINE_X86_64, "gfni", SUAN_X86_GFNI},
    {MACHINE_X86_64, "avxvnni", SUAN_X86_AVXVNNI},
    {MACHINE_X86_64, "sse4.2", SUAN_X86_SSE4_2},
    {MACHINE_X86_64, "popcnt", SUAN_X86_POPCNT},
    {MACHINE_AARCH64, "dotprod", SUAN_ARM_DOTPROD},
    {MACHINE_AARCH64, "sve", SUAN_ARM_SVE},
    {MACHINE_AARCH64, "sve2", SUAN_ARM_SVE2},
    {MACHINE_AARCH64, "aes", SUAN_ARM_AES},
    {MACHINE_AARCH64, "pmull", SUAN_ARM_PMULL},
    {MACHINE_AARCH64, "sha2", SUAN_ARM_SHA2},
    {MACHINE_AARCH64, "crc32", SUAN_ARM_CRC32},
    {MACHINE_AARCH64, "atomics", SUAN_ARM_ATOMICS},
    {MACHINE_AARCH64, "fp16", SUAN_ARM_FP16},
    {MACHINE_AARCH64, "bf16", SUAN_ARM_BF16},
    {MACHINE_AARCH64, "i8mm", SUAN_ARM_I8MM},
};

uint64_t suan_package_cpu_feature(uint16_t machine, struct suan_span name)
{
    for (size_t i = 0; i < sizeof features / sizeof features[0]; i++) {
        if (features[i].machine == machine && suan_span_equal(name, suan_span_text(features[i].name)))
            return features[i].bit;
    }
    return 0;
}
