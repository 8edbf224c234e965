/* CPUID and XCR0, or the auxiliary vector, read by ourselves: level names of compilers and loaders differ by
 * version. */
#include "machine.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/buffer.h"
#include "base/cleanup.h"

#if defined(__x86_64__)
#include <cpuid.h>

enum { LEAF_1_C, LEAF_7_B, LEAF_7_C, LEAF_7_D, LEAF_7_1_A, LEAF_EXT_C, LEAVES };

/* Where CPUID says so, and which register state the system must save for it: XCR0 bits 1-2 (AVX), 5-7
 * (AVX-512). */
static const struct {
    uint64_t feature;
    uint8_t leaf, bit, state;
} x86_bits[] = {
    {SUAN_X86_AVX, LEAF_1_C, 28, 0x06},
    {SUAN_X86_AVX2, LEAF_7_B, 5, 0x06},
    {SUAN_X86_FMA, LEAF_1_C, 12, 0x06},
    {SUAN_X86_F16C, LEAF_1_C, 29, 0x06},
    {SUAN_X86_BMI1, LEAF_7_B, 3, 0},
    {SUAN_X86_BMI2, LEAF_7_B, 8, 0},
    {SUAN_X86_LZCNT, LEAF_EXT_C, 5, 0},
    {SUAN_X86_MOVBE, LEAF_1_C, 22, 0},
    {SUAN_X86_AVX512F, LEAF_7_B, 16, 0xE6},
    {SUAN_X86_AVX512DQ, LEAF_7_B, 17, 0xE6},
    {SUAN_X86_AVX512CD, LEAF_7_B, 28, 0xE6},
    {SUAN_X86_AVX512BW, LEAF_7_B, 30, 0xE6},
    {SUAN_X86_AVX512VL, LEAF_7_B, 31, 0xE6},
    {SUAN_X86_AVX512IFMA, LEAF_7_B, 21, 0xE6},
    {SUAN_X86_AVX512VBMI, LEAF_7_C, 1, 0xE6},
    {SUAN_X86_AVX512VBMI2, LEAF_7_C, 6, 0xE6},
    {SUAN_X86_AVX512VNNI, LEAF_7_C, 11, 0xE6},
    {SUAN_X86_AVX512BITALG, LEAF_7_C, 12, 0xE6},
    {SUAN_X86_AVX512VPOPCNTDQ, LEAF_7_C, 14, 0xE6},
    {SUAN_X86_AVX512BF16, LEAF_7_1_A, 5, 0xE6},
    {SUAN_X86_AVX512FP16, LEAF_7_D, 23, 0xE6},
    {SUAN_X86_AES, LEAF_1_C, 25, 0},
    {SUAN_X86_PCLMUL, LEAF_1_C, 1, 0},
    {SUAN_X86_SHA, LEAF_7_B, 29, 0},
    {SUAN_X86_VAES, LEAF_7_C, 9, 0x06},
    {SUAN_X86_VPCLMUL, LEAF_7_C, 10, 0x06},
    {SUAN_X86_GFNI, LEAF_7_C, 8, 0},
    {SUAN_X86_AVXVNNI, LEAF_7_1_A, 4, 0x06},
    {SUAN_X86_SSE4_2, LEAF_1_C, 20, 0},
    {SUAN_X86_POPCNT, LEAF_1_C, 23, 0},
};

static void read_leaves(uint32_t leaves[LEAVES])
{
    uint32_t a = 0, b = 0, c = 0, d = 0;
    memset(leaves, 0, LEAVES * sizeof leaves[0]);
    if (__get_cpuid(1, &a, &b, &c, &d))
        leaves[LEAF_1_C] = c;
    if (__get_cpuid_count(7, 0, &a, &b, &c, &d)) {
        uint32_t subleaves = a;
        leaves[LEAF_7_B] = b;
        leaves[LEAF_7_C] = c;
        leaves[LEAF_7_D] = d;
        if (subleaves >= 1 && __get_cpuid_count(7, 1, &a, &b, &c, &d))
            leaves[LEAF_7_1_A] = a;
    }
    if (__get_cpuid(0x80000001, &a, &b, &c, &d))
        leaves[LEAF_EXT_C] = c;
}

static uint32_t saved_state(uint32_t leaf_1_c)
{
    uint32_t low = 0, high = 0;
    if ((leaf_1_c >> 27 & 1) == 0) /* OSXSAVE */
        return 0;
    __asm__ volatile("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
    return low;
}

static uint32_t x86_level(uint64_t features, uint32_t leaf_1_c)
{
    const uint64_t v2 = SUAN_X86_SSE4_2 | SUAN_X86_POPCNT;
    const uint32_t v2_more = 1u << 13 | 1u << 0 | 1u << 9 | 1u << 19; /* CMPXCHG16B, SSE3, SSSE3, SSE4.1 */
    const uint64_t v3 = SUAN_X86_AVX | SUAN_X86_AVX2 | SUAN_X86_BMI1 | SUAN_X86_BMI2 | SUAN_X86_F16C |
                        SUAN_X86_FMA | SUAN_X86_LZCNT | SUAN_X86_MOVBE;
    const uint64_t v4 =
        SUAN_X86_AVX512F | SUAN_X86_AVX512BW | SUAN_X86_AVX512CD | SUAN_X86_AVX512DQ | SUAN_X86_AVX512VL;
    if ((features & v2) != v2 || (leaf_1_c & v2_more) != v2_more)
        return 1;
    if ((features & v3) != v3)
        return 2;
    return (features & v4) == v4 ? 4 : 3;
}

static void read_cpu(struct suan_machine *out)
{
    uint32_t leaves[LEAVES];
    read_leaves(leaves);
    uint32_t state = saved_state(leaves[LEAF_1_C]);
    for (size_t i = 0; i < sizeof x86_bits / sizeof x86_bits[0]; i++) {
        bool there = (leaves[x86_bits[i].leaf] >> x86_bits[i].bit & 1) != 0;
        if (there && (state & x86_bits[i].state) == x86_bits[i].state)
            out->cpu_features |= x86_bits[i].feature;
    }
    out->kind = SUAN_MACHINE_X86_64;
    out->isa = x86_level(out->cpu_features, leaves[LEAF_1_C]);
}
#elif defined(__aarch64__)
#include <sys/auxv.h>

static const struct {
    uint64_t feature;
    unsigned long type;
    uint8_t bit;
} arm_bits[] = {
    {SUAN_ARM_DOTPROD, AT_HWCAP, 20}, {SUAN_ARM_SVE, AT_HWCAP, 22},    {SUAN_ARM_SVE2, AT_HWCAP2, 1},
    {SUAN_ARM_AES, AT_HWCAP, 3},      {SUAN_ARM_PMULL, AT_HWCAP, 4},   {SUAN_ARM_SHA2, AT_HWCAP, 6},
    {SUAN_ARM_CRC32, AT_HWCAP, 7},    {SUAN_ARM_ATOMICS, AT_HWCAP, 8}, {SUAN_ARM_FP16, AT_HWCAP, 10},
    {SUAN_ARM_BF16, AT_HWCAP2, 14},   {SUAN_ARM_I8MM, AT_HWCAP2, 13},
};

static void read_cpu(struct suan_machine *out)
{
    for (size_t i = 0; i < sizeof arm_bits / sizeof arm_bits[0]; i++) {
        if ((getauxval(arm_bits[i].type) >> arm_bits[i].bit & 1) != 0)
            out->cpu_features |= arm_bits[i].feature;
    }
    out->kind = SUAN_MACHINE_AARCH64;
    out->isa = (out->cpu_features & SUAN_ARM_SVE) != 0 ? 1 : 0;
}
#endif

void suan_machine_read(struct suan_machine *out)
{
    long online = sysconf(_SC_NPROCESSORS_ONLN);
    *out = (struct suan_machine){.online_cpus = online < 1 ? 1 : (uint32_t)online};
    read_cpu(out);
}

static const struct {
    const char *name;
    enum suan_machine_kind kind;
    uint32_t isa;
} levels[] = {
    {"x86-64-v1", SUAN_MACHINE_X86_64, 1}, {"x86-64-v2", SUAN_MACHINE_X86_64, 2},
    {"x86-64-v3", SUAN_MACHINE_X86_64, 3}, {"x86-64-v4", SUAN_MACHINE_X86_64, 4},
    {"aarch64", SUAN_MACHINE_AARCH64, 0},  {"aarch64-sve", SUAN_MACHINE_AARCH64, 1},
};
enum { LEVELS = sizeof levels / sizeof levels[0] };

const char *suan_variant_name(enum suan_machine_kind kind, uint32_t isa)
{
    for (size_t i = 0; i < LEVELS; i++) {
        if (levels[i].kind == kind && levels[i].isa == isa)
            return levels[i].name;
    }
    return NULL;
}

bool suan_variant_parse(struct suan_span name, enum suan_machine_kind *out_kind, uint32_t *out_isa)
{
    for (size_t i = 0; i < LEVELS; i++) {
        if (!suan_span_equal(name, suan_span_text(levels[i].name)))
            continue;
        *out_kind = levels[i].kind;
        *out_isa = levels[i].isa;
        return true;
    }
    return false;
}

static bool runs(const struct suan_machine *machine, const struct suan_variant *variant)
{
    return variant->kind == machine->kind && variant->isa <= machine->isa &&
           (variant->cpu_needed & ~machine->cpu_features) == 0;
}

static enum suan_status none(const struct suan_machine *machine, const struct suan_variant *variants,
                             size_t count, const char *only, struct suan_error *error)
{
    SUAN_CLEANUP(suan_buffer_done) struct suan_buffer list = {0};
    for (size_t i = 0; i < count; i++) {
        suan_buffer_printf(&list, "%s%s", i == 0 ? "" : ", ", variants[i].id);
        uint64_t missing = variants[i].cpu_needed & ~machine->cpu_features;
        if (variants[i].kind == machine->kind && variants[i].isa <= machine->isa && missing != 0)
            suan_buffer_printf(&list, " (needs CPU features %#llx that are not here)",
                               (unsigned long long)missing);
    }
    const char *name = suan_variant_name(machine->kind, machine->isa);
    return suan_error_set(
        error, SUAN_E_NOT_FOUND, "variant.none", "ask the owner for a build for this machine",
        "no variant%s%s for %s; package has %s", only == NULL ? "" : " ", only == NULL ? "" : only,
        name == NULL ? "this machine" : name, count == 0 ? "none" : suan_buffer_text(&list));
}

enum suan_status suan_variant_choose(const struct suan_machine *machine, const struct suan_variant *variants,
                                     size_t count, const char *only, size_t *out_index,
                                     struct suan_error *error)
{
    size_t best = count;
    for (size_t i = 0; i < count; i++) {
        bool wanted = only == NULL || strcmp(variants[i].id, only) == 0;
        if (wanted && runs(machine, &variants[i]) && (best == count || variants[i].isa > variants[best].isa))
            best = i;
    }
    if (best == count)
        return none(machine, variants, count, only, error);
    *out_index = best;
    return SUAN_OK;
}
