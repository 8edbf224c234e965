#ifndef SUAN_ENGINE_MACHINE_H
#define SUAN_ENGINE_MACHINE_H

/*
 * What this CPU and system can run, and which variant of a package to take. The choice is a pure function of
 * the two, so that it can be tested over a table of machines.
 */
#include "base/error.h"
#include "base/span.h"

enum suan_machine_kind { SUAN_MACHINE_X86_64 = 62, SUAN_MACHINE_AARCH64 = 183 }; /* ELF's numbers */

struct suan_machine {
    enum suan_machine_kind kind;
    uint32_t isa;          /* highest level: 1 to 4 on x86-64; 0, or 1 with SVE, on aarch64 */
    uint64_t cpu_features; /* SUAN_X86_… or SUAN_ARM_… of <suan/abi.h> */
    uint32_t online_cpus;
};

/* One build of a plugin, as the manifest states it. */
struct suan_variant {
    const char *id; /* "x86-64-v3" */
    enum suan_machine_kind kind;
    uint32_t isa;
    uint64_t cpu_needed;
};

/* Reads CPUID and XCR0, or the auxiliary vector. [any thread] */
void suan_machine_read(struct suan_machine *out);

/* "x86-64-v3", "aarch64-sve" … Constant text; NULL if there is no such level. */
const char *suan_variant_name(enum suan_machine_kind kind, uint32_t isa);
/* The reverse; false for a name that is not one of them. */
bool suan_variant_parse(struct suan_span name, enum suan_machine_kind *out_kind, uint32_t *out_isa);

/*
 * The variant with the highest level that the machine runs; only those named `only`, if not NULL. Among
 * equals the first. Errors: SUAN_E_NOT_FOUND "variant.none", which names what the machine is and what the
 * package has, and a missing feature.
 */
SUAN_MUST_USE enum suan_status suan_variant_choose(const struct suan_machine *machine,
                                                   const struct suan_variant *variants, size_t count,
                                                   const char *only, size_t *out_index,
                                                   struct suan_error *error);

#endif
