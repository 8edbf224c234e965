#ifndef SUAN_PACKAGE_NAME_H
#define SUAN_PACKAGE_NAME_H

/* The names that a manifest carries: what is well-formed, and how versions compare. Pure. */
#include "base/span.h"

enum {
    SUAN_NAME_MAX = 64,        /* bytes of an algorithm's name */
    SUAN_VERSION_MAX = 64,     /* bytes of a version */
    SUAN_VERSION_KEY_MAX = 96, /* bytes of a version's sort key */
    SUAN_TASK_ID_MAX = 96,     /* bytes of a task id */
    SUAN_LICENCE_MAX = 128,    /* bytes of a licence expression */
};

/* 2 to 64 of [a-z0-9._-], a letter or digit at both ends, no "..". */
bool suan_package_is_name(struct suan_span text);

/* A semantic version (semver.org 2.0.0) without build part, as "1.4.0" or "2.0.0-rc.1". */
bool suan_package_is_version(struct suan_span text);

/* FIELD.PROBLEM/N: at least two words of [a-z0-9-] parted by dots, then the contract's number without leading
   zeros, as "astro.crossmatch/1". */
bool suan_package_is_task(struct suan_span text);

/* The shape of an SPDX expression: identifiers, "LicenseRef-…", '+', AND, OR, WITH and parentheses. Whether
   an identifier is on SPDX's list is not asked. */
bool suan_package_is_licence(struct suan_span text);

/* "x86-64-v2", "-v3", "-v4", "aarch64", "aarch64-sve", each also with "+cuda". */
bool suan_package_is_variant(struct suan_span text);

/* Writes the key that sorts versions by memcmp as semver orders them, and returns its size; 0 if `version` is
   none. The key is stored: its bytes never change. Three numbers as count of digits and digits; then 2 for a
   release, or 1 and for each identifier 1, count and digits, or 2, text and 0; then 0. */
size_t suan_package_version_key(struct suan_span version, uint8_t out[SUAN_VERSION_KEY_MAX]);

/* Negative, zero or positive, as semver orders two well-formed versions. */
int suan_package_version_compare(struct suan_span a, struct suan_span b);

/* The ELF machine and the ABI's isa level of a well-formed variant id. */
struct suan_variant_target {
    uint16_t machine; /* 62 x86-64, 183 aarch64; 0 if the id is not well-formed */
    uint16_t isa;     /* 2, 3, 4; on aarch64 0, or 1 with SVE */
    bool cuda;
};
struct suan_variant_target suan_package_variant_target(struct suan_span variant_id);

/* The bit of suan_descriptor.cpu_needed that a CPU feature's name ("avx512vnni", "sha") stands for; 0 if
 * unknown. */
uint64_t suan_package_cpu_feature(uint16_t machine, struct suan_span name);

#endif
