#ifndef SUAN_PACKAGE_ELF_IMAGE_H
#define SUAN_PACKAGE_ELF_IMAGE_H

/*
 * Inside this folder only: a 64-bit little-endian ELF file as the dynamic loader sees it, by program headers
 * and dynamic section; section headers are never looked at. Addresses are resolved through the load segments,
 * so that what is read here is what would lie in memory. Everything is bounded by the bytes given, which must
 * outlive the image.
 */
#include <elf.h>

#include "base/error.h"
#include "base/span.h"

enum {
    SUAN_ELF_SEGMENTS_MAX = 64,
    SUAN_ELF_DYNAMIC_MAX = 512,
    SUAN_ELF_NEEDED_MAX = 64,
    SUAN_ELF_SYMBOLS_MAX = 1 << 20,
    SUAN_ELF_VERSIONS_MAX = 512,
};

struct suan_elf {
    struct suan_span file;
    Elf64_Ehdr header;
    Elf64_Phdr segments[SUAN_ELF_SEGMENTS_MAX];
    size_t n_segments;
    /* From here on only after suan_elf_read_dynamic. */
    Elf64_Dyn dynamic[SUAN_ELF_DYNAMIC_MAX];
    size_t n_dynamic;
    struct suan_span strings, symbols, relocations[2]; /* DT_RELA, DT_JMPREL */
    size_t n_symbols;
};

struct suan_elf_symbol {
    const char *name;
    uint8_t bind, type, visibility;
    bool defined;
};

/* The header alone: magic, class, byte order. Type and machine are the caller's affair. "elf.header". */
SUAN_MUST_USE enum suan_status suan_elf_read_header(struct suan_span file, struct suan_elf *out,
                                                    struct suan_error *error);

/* Program headers: inside the file, load segments ascending and apart by pages. "elf.segments". */
SUAN_MUST_USE enum suan_status suan_elf_read_segments(struct suan_elf *elf, struct suan_error *error);

/* Dynamic section, string, symbol and relocation tables: inside load segments, every index within its table.
   No singular tag twice. "elf.dynamic". */
SUAN_MUST_USE enum suan_status suan_elf_read_dynamic(struct suan_elf *elf, struct suan_error *error);

/* The bytes of the file at a virtual address, to the end of its segment's file part; empty if there are none.
 */
struct suan_span suan_elf_at(const struct suan_elf *elf, uint64_t address);

/* The bytes of a segment in the file. */
struct suan_span suan_elf_segment(const struct suan_elf *elf, size_t index);

/* The first segment of a type, or NULL. */
const Elf64_Phdr *suan_elf_find_segment(const struct suan_elf *elf, uint32_t type);

bool suan_elf_has(const struct suan_elf *elf, int64_t tag);
uint64_t suan_elf_value(const struct suan_elf *elf, int64_t tag); /* 0 if absent */

/* Text at an offset of the string table, or NULL. */
const char *suan_elf_text(const struct suan_elf *elf, uint64_t offset);

/* The index must be below n_symbols. */
struct suan_elf_symbol suan_elf_symbol(const struct suan_elf *elf, size_t index);

/* Calls `visit` for each relocation's type. */
void suan_elf_visit_relocations(const struct suan_elf *elf, void (*visit)(void *context, uint32_t type),
                                void *context);

/* Calls `visit` for each version that the object needs of a library. False if the table is malformed. */
bool suan_elf_visit_versions(const struct suan_elf *elf, void (*visit)(void *context, const char *version),
                             void *context);

#endif
