/* Which variant a machine gets: a pure function, over a table of machines. */
#include <criterion/criterion.h>
#include <criterion/parameterized.h>
#include <string.h>

#include "engine/machine.h"

static const struct suan_variant package[] = {
    {"x86-64-v2", SUAN_MACHINE_X86_64, 2, 0},
    {"x86-64-v3", SUAN_MACHINE_X86_64, 3, 0},
    {"x86-64-v4", SUAN_MACHINE_X86_64, 4, SUAN_X86_AVX512VNNI},
    {"aarch64", SUAN_MACHINE_AARCH64, 0, 0},
    {"aarch64-sve", SUAN_MACHINE_AARCH64, 1, SUAN_ARM_SVE},
};
enum { VARIANTS = sizeof package / sizeof package[0] };

struct machine_row {
    struct suan_machine machine;
    char only[16];
    int chosen; /* -1: none */
    char word[32];
};

ParameterizedTestParameters(variants, choice)
{
    static struct machine_row rows[] = {
        {{SUAN_MACHINE_X86_64, 1, 0, 2}, "", -1, "x86-64-v1; package has"},
        {{SUAN_MACHINE_X86_64, 2, 0, 2}, "", 0, ""},
        {{SUAN_MACHINE_X86_64, 3, 0, 2}, "", 1, ""},
        {{SUAN_MACHINE_X86_64, 4, 0, 2}, "", 1, ""},
        {{SUAN_MACHINE_X86_64, 4, SUAN_X86_AVX512VNNI, 2}, "", 2, ""},
        {{SUAN_MACHINE_X86_64, 4, SUAN_X86_AVX512VNNI, 2}, "x86-64-v2", 0, ""},
        {{SUAN_MACHINE_X86_64, 3, 0, 2}, "x86-64-v4", -1, "no variant x86-64-v4"},
        {{SUAN_MACHINE_AARCH64, 0, 0, 2}, "", 3, ""},
        {{SUAN_MACHINE_AARCH64, 1, SUAN_ARM_SVE, 2}, "", 4, ""},
        {{SUAN_MACHINE_AARCH64, 1, 0, 2}, "", 3, ""},
    };
    return cr_make_param_array(struct machine_row, rows, sizeof rows / sizeof rows[0]);
}

ParameterizedTest(struct machine_row *row, variants, choice)
{
    struct suan_error error = {0};
    size_t index = VARIANTS;
    const char *only = row->only[0] == '\0' ? NULL : row->only;
    enum suan_status status = suan_variant_choose(&row->machine, package, VARIANTS, only, &index, &error);
    if (row->chosen < 0) {
        cr_assert_eq(status, SUAN_E_NOT_FOUND);
        cr_assert(strstr(error.message, row->word) != NULL, "%s", error.message);
    } else {
        cr_assert_eq(status, SUAN_OK, "%s", error.message);
        cr_assert_eq((int)index, row->chosen);
    }
}

Test(variants, names_the_feature_that_is_missing)
{
    const struct suan_variant only_v4[] = {{"x86-64-v4", SUAN_MACHINE_X86_64, 4, SUAN_X86_AVX512VNNI}};
    const struct suan_machine machine = {SUAN_MACHINE_X86_64, 4, 0, 1};
    struct suan_error error = {0};
    size_t index;
    cr_assert_eq(suan_variant_choose(&machine, only_v4, 1, NULL, &index, &error), SUAN_E_NOT_FOUND);
    cr_assert(strstr(error.message, "needs CPU features") != NULL, "%s", error.message);
}

Test(variants, names_and_levels_are_inverse)
{
    enum suan_machine_kind kind;
    uint32_t isa;
    for (size_t i = 0; i < VARIANTS; i++) {
        cr_assert_str_eq(suan_variant_name(package[i].kind, package[i].isa), package[i].id);
        cr_assert(suan_variant_parse(suan_span_text(package[i].id), &kind, &isa));
        cr_assert(kind == package[i].kind && isa == package[i].isa);
    }
    cr_assert_not(suan_variant_parse(suan_span_text("x86-64-v9"), &kind, &isa));
}

Test(variants, this_machine_has_what_its_level_implies)
{
    struct suan_machine machine;
    suan_machine_read(&machine);
    cr_assert_not_null(suan_variant_name(machine.kind, machine.isa));
    cr_assert_geq(machine.online_cpus, 1);
    if (machine.kind == SUAN_MACHINE_X86_64 && machine.isa >= 3)
        cr_assert_neq(machine.cpu_features & SUAN_X86_AVX2, 0);
}
