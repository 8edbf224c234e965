/* Bounded reading of ELF. Each table is cut out as a span once; from then on its size is what counts. */
#include "elf_image.h"

enum { PAGE = 4096 };

static const char code_segments[] = "elf.segments";
static const char code_dynamic[] = "elf.dynamic";

static enum suan_status bad_segments(struct suan_error *error, const char *what)
{
    return suan_error_set(error, SUAN_E_REFUSED, code_segments, NULL, "%s", what);
}

static enum suan_status bad_dynamic(struct suan_error *error, const char *what)
{
    return suan_error_set(error, SUAN_E_REFUSED, code_dynamic, NULL, "%s", what);
}

/* `size` bytes at `offset`, or an empty span if they are not all there. */
static struct suan_span slice(struct suan_span bytes, uint64_t offset, uint64_t size)
{
    if (size == 0 || offset > bytes.size || size > bytes.size - offset)
        return suan_span(NULL, 0);
    return suan_span(bytes.data + offset, (size_t)size);
}

enum suan_status suan_elf_read_header(struct suan_span file, struct suan_elf *out, struct suan_error *error)
{
    static const uint8_t ident[] = {0x7F, 'E', 'L', 'F', ELFCLASS64, ELFDATA2LSB, EV_CURRENT};
    out->file = file;
    if (file.size < sizeof out->header || memcmp(file.data, ident, sizeof ident) != 0)
        return suan_error_set(error, SUAN_E_REFUSED, "elf.header", NULL,
                              "not a 64-bit little-endian ELF file");
    memcpy(&out->header, file.data, sizeof out->header);
    return SUAN_OK;
}

/* --- segments ----------------------------------------------------------------------------------------- */

static enum suan_status check_load(const Elf64_Phdr *load, uint64_t *end, struct suan_error *error)
{
    if (load->p_memsz < load->p_filesz || load->p_vaddr > (UINT64_C(1) << 47) ||
        load->p_memsz > (UINT64_C(1) << 47))
        return bad_segments(error, "a load segment's size in memory makes no sense");
    if ((load->p_vaddr - load->p_offset) % PAGE != 0)
        return bad_segments(error, "a load segment's address and offset differ within the page");
    if (load->p_vaddr / PAGE * PAGE < *end)
        return bad_segments(error, "load segments overlap or do not ascend");
    *end = (load->p_vaddr + load->p_memsz + PAGE - 1) / PAGE * PAGE;
    return SUAN_OK;
}

enum suan_status suan_elf_read_segments(struct suan_elf *elf, struct suan_error *error)
{
    const Elf64_Ehdr *header = &elf->header;
    size_t count = header->e_phnum;
    if (count == 0 || count > SUAN_ELF_SEGMENTS_MAX || header->e_phentsize != sizeof elf->segments[0])
        return bad_segments(error, "number or size of the program headers makes no sense");
    struct suan_span table = slice(elf->file, header->e_phoff, count * sizeof elf->segments[0]);
    if (table.size == 0)
        return bad_segments(error, "the program headers lie outside the file");
    memcpy(elf->segments, table.data, table.size);
    elf->n_segments = count;
    uint64_t end = 0;
    for (size_t i = 0; i < count; i++) {
        const Elf64_Phdr *segment = &elf->segments[i];
        if (segment->p_type != PT_GNU_STACK && segment->p_filesz > 0 &&
            slice(elf->file, segment->p_offset, segment->p_filesz).size == 0)
            return bad_segments(error, "a segment lies outside the file");
        enum suan_status status = segment->p_type == PT_LOAD ? check_load(segment, &end, error) : SUAN_OK;
        if (status != SUAN_OK)
            return status;
    }
    return SUAN_OK;
}

struct suan_span suan_elf_segment(const struct suan_elf *elf, size_t index)
{
    return slice(elf->file, elf->segments[index].p_offset, elf->segments[index].p_filesz);
}

const Elf64_Phdr *suan_elf_find_segment(const struct suan_elf *elf, uint32_t type)
{
    for (size_t i = 0; i < elf->n_segments; i++) {
        if (elf->segments[i].p_type == type)
            return &elf->segments[i];
    }
    return NULL;
}

struct suan_span suan_elf_at(const struct suan_elf *elf, uint64_t address)
{
    for (size_t i = 0; i < elf->n_segments; i++) {
        const Elf64_Phdr *load = &elf->segments[i];
        if (load->p_type == PT_LOAD && address >= load->p_vaddr && address - load->p_vaddr < load->p_filesz) {
            uint64_t into = address - load->p_vaddr;
            return slice(elf->file, load->p_offset + into, load->p_filesz - into);
        }
    }
    return suan_span(NULL, 0);
}

/* --- the dynamic section ------------------------------------------------------------------------------ */

bool suan_elf_has(const struct suan_elf *elf, int64_t tag)
{
    for (size_t i = 0; i < elf->n_dynamic; i++) {
        if (elf->dynamic[i].d_tag == tag)
            return true;
    }
    return false;
}

uint64_t suan_elf_value(const struct suan_elf *elf, int64_t tag)
{
    for (size_t i = 0; i < elf->n_dynamic; i++) {
        if (elf->dynamic[i].d_tag == tag)
            return elf->dynamic[i].d_un.d_val;
    }
    return 0;
}

/* The loader keeps the last of several equal tags; a reader that kept another would judge a different object.
 */
static bool may_repeat(int64_t tag)
{
    return tag == DT_NEEDED || tag == DT_AUXILIARY || tag == DT_FILTER;
}

static enum suan_status read_entries(struct suan_elf *elf, struct suan_error *error)
{
    const Elf64_Phdr *segment = suan_elf_find_segment(elf, PT_DYNAMIC);
    if (segment == NULL)
        return bad_dynamic(error, "no dynamic section");
    struct suan_span bytes = slice(suan_elf_at(elf, segment->p_vaddr), 0, segment->p_filesz);
    if (bytes.size == 0 || bytes.data != elf->file.data + segment->p_offset)
        return bad_dynamic(error, "the dynamic section is not where its address says");
    elf->n_dynamic = 0;
    for (size_t at = 0; at + sizeof(Elf64_Dyn) <= bytes.size; at += sizeof(Elf64_Dyn)) {
        Elf64_Dyn entry;
        memcpy(&entry, bytes.data + at, sizeof entry);
        if (entry.d_tag == DT_NULL)
            return SUAN_OK;
        if (elf->n_dynamic == SUAN_ELF_DYNAMIC_MAX)
            return bad_dynamic(error, "too many dynamic entries");
        if (!may_repeat(entry.d_tag) && suan_elf_has(elf, entry.d_tag))
            return bad_dynamic(error, "a dynamic tag stands twice");
        elf->dynamic[elf->n_dynamic++] = entry;
    }
    return bad_dynamic(error, "the dynamic section has no end");
}

static enum suan_status read_strings(struct suan_elf *elf, struct suan_error *error)
{
    elf->strings = slice(suan_elf_at(elf, suan_elf_value(elf, DT_STRTAB)), 0, suan_elf_value(elf, DT_STRSZ));
    if (elf->strings.size == 0 || elf->strings.data[elf->strings.size - 1] != '\0')
        return bad_dynamic(error, "the string table is missing, outside the file or not closed");
    return SUAN_OK;
}

const char *suan_elf_text(const struct suan_elf *elf, uint64_t offset)
{
    return offset < elf->strings.size ? (const char *)elf->strings.data + offset : NULL;
}

static uint32_t word_at(struct suan_span words, uint64_t index)
{
    uint32_t word;
    memcpy(&word, words.data + 4 * index, sizeof word);
    return word;
}

/* One more than the highest symbol that the table finds; SIZE_MAX if it is malformed. */
static size_t count_by_gnu_hash(struct suan_span table)
{
    if (table.size < 16)
        return SIZE_MAX;
    uint64_t n_buckets = word_at(table, 0), first = word_at(table, 1), bloom = word_at(table, 2);
    uint64_t buckets = 4 + 2 * bloom, chains = buckets + n_buckets, words = table.size / 4, last = 0;
    if (n_buckets == 0 || bloom == 0 || chains > words)
        return SIZE_MAX;
    for (uint64_t i = 0; i < n_buckets; i++) {
        uint64_t head = word_at(table, buckets + i);
        last = head > last ? head : last;
    }
    if (last == 0)
        return (size_t)first;
    for (; last >= first && last - first < words - chains; last++) {
        if ((word_at(table, chains + last - first) & 1) != 0)
            return (size_t)last + 1;
    }
    return SIZE_MAX;
}

static size_t count_by_hash(struct suan_span table)
{
    return table.size < 8 ? SIZE_MAX : word_at(table, 1);
}

static enum suan_status read_relocations(const struct suan_elf *elf, int64_t place, int64_t bytes,
                                         struct suan_span *out, struct suan_error *error)
{
    uint64_t size = suan_elf_value(elf, bytes);
    *out = suan_span(NULL, 0);
    if (!suan_elf_has(elf, place) || size == 0)
        return SUAN_OK;
    *out = slice(suan_elf_at(elf, suan_elf_value(elf, place)), 0, size);
    if (out->size == 0 || size % sizeof(Elf64_Rela) != 0)
        return bad_dynamic(error, "a relocation table lies outside the file");
    return SUAN_OK;
}

static enum suan_status read_both_relocations(struct suan_elf *elf, struct suan_error *error)
{
    if (suan_elf_has(elf, DT_REL) ||
        (suan_elf_has(elf, DT_PLTREL) && suan_elf_value(elf, DT_PLTREL) != DT_RELA) ||
        (suan_elf_has(elf, DT_RELAENT) && suan_elf_value(elf, DT_RELAENT) != sizeof(Elf64_Rela)))
        return bad_dynamic(error, "relocations of an unknown form");
    enum suan_status status = read_relocations(elf, DT_RELA, DT_RELASZ, &elf->relocations[0], error);
    return status == SUAN_OK ? read_relocations(elf, DT_JMPREL, DT_PLTRELSZ, &elf->relocations[1], error)
                             : status;
}

/* One more than the highest symbol that a relocation names: those it needs from others stand in no hash
 * table. */
static size_t count_by_relocations(const struct suan_elf *elf)
{
    size_t count = 0;
    for (size_t table = 0; table < 2; table++) {
        for (size_t at = 0; at < elf->relocations[table].size; at += sizeof(Elf64_Rela)) {
            Elf64_Rela relocation;
            memcpy(&relocation, elf->relocations[table].data + at, sizeof relocation);
            size_t symbol = ELF64_R_SYM(relocation.r_info);
            count = symbol + 1 > count ? symbol + 1 : count;
        }
    }
    return count;
}

static enum suan_status check_names(const struct suan_elf *elf, struct suan_error *error)
{
    for (size_t i = 0; i < elf->n_symbols; i++) {
        Elf64_Sym symbol;
        memcpy(&symbol, elf->symbols.data + i * sizeof symbol, sizeof symbol);
        if (symbol.st_name >= elf->strings.size)
            return bad_dynamic(error, "a symbol's name lies outside the string table");
    }
    return SUAN_OK;
}

static enum suan_status read_symbols(struct suan_elf *elf, struct suan_error *error)
{
    size_t count = SIZE_MAX, relocated = count_by_relocations(elf);
    if (suan_elf_has(elf, DT_GNU_HASH))
        count = count_by_gnu_hash(suan_elf_at(elf, suan_elf_value(elf, DT_GNU_HASH)));
    else if (suan_elf_has(elf, DT_HASH))
        count = count_by_hash(suan_elf_at(elf, suan_elf_value(elf, DT_HASH)));
    count = relocated > count ? relocated : count;
    if (count == 0 || count > SUAN_ELF_SYMBOLS_MAX || suan_elf_value(elf, DT_SYMENT) != sizeof(Elf64_Sym))
        return bad_dynamic(error, "the symbol hash table is missing, malformed or too large");
    elf->symbols = slice(suan_elf_at(elf, suan_elf_value(elf, DT_SYMTAB)), 0, count * sizeof(Elf64_Sym));
    if (elf->symbols.size == 0)
        return bad_dynamic(error, "the symbol table lies outside the file");
    elf->n_symbols = count;
    return check_names(elf, error);
}

struct suan_elf_symbol suan_elf_symbol(const struct suan_elf *elf, size_t index)
{
    Elf64_Sym symbol;
    memcpy(&symbol, elf->symbols.data + index * sizeof symbol, sizeof symbol);
    return (struct suan_elf_symbol){
        .name = suan_elf_text(elf, symbol.st_name),
        .bind = ELF64_ST_BIND(symbol.st_info),
        .type = ELF64_ST_TYPE(symbol.st_info),
        .visibility = ELF64_ST_VISIBILITY(symbol.st_other),
        .defined = symbol.st_shndx != SHN_UNDEF,
    };
}

enum suan_status suan_elf_read_dynamic(struct suan_elf *elf, struct suan_error *error)
{
    enum suan_status status = read_entries(elf, error);
    if (status == SUAN_OK)
        status = read_strings(elf, error);
    if (status == SUAN_OK)
        status = read_both_relocations(elf, error);
    return status == SUAN_OK ? read_symbols(elf, error) : status;
}

void suan_elf_visit_relocations(const struct suan_elf *elf, void (*visit)(void *context, uint32_t type),
                                void *context)
{
    for (size_t table = 0; table < 2; table++) {
        for (size_t at = 0; at < elf->relocations[table].size; at += sizeof(Elf64_Rela)) {
            Elf64_Rela relocation;
            memcpy(&relocation, elf->relocations[table].data + at, sizeof relocation);
            visit(context, (uint32_t)ELF64_R_TYPE(relocation.r_info));
        }
    }
}

/* The versions needed of one library: a chain of vernaux records behind its verneed record. */
static bool visit_library(const struct suan_elf *elf, struct suan_span table, uint64_t at, size_t *left,
                          void (*visit)(void *context, const char *version), void *context)
{
    Elf64_Verneed library;
    memcpy(&library, table.data + at, sizeof library);
    uint64_t place = at + library.vn_aux;
    for (size_t i = 0; i < library.vn_cnt; i++) {
        Elf64_Vernaux version;
        struct suan_span bytes = slice(table, place, sizeof version);
        if (bytes.size == 0 || (*left)-- == 0)
            return false;
        memcpy(&version, bytes.data, sizeof version);
        const char *name = suan_elf_text(elf, version.vna_name);
        if (name == NULL)
            return false;
        visit(context, name);
        place += version.vna_next;
    }
    return true;
}

bool suan_elf_visit_versions(const struct suan_elf *elf, void (*visit)(void *context, const char *version),
                             void *context)
{
    if (!suan_elf_has(elf, DT_VERNEED))
        return true;
    struct suan_span table = suan_elf_at(elf, suan_elf_value(elf, DT_VERNEED));
    uint64_t count = suan_elf_value(elf, DT_VERNEEDNUM), at = 0;
    size_t left = SUAN_ELF_VERSIONS_MAX;
    for (uint64_t i = 0; i < count; i++) {
        Elf64_Verneed library;
        struct suan_span bytes = slice(table, at, sizeof library);
        if (bytes.size == 0 || i == SUAN_ELF_NEEDED_MAX ||
            !visit_library(elf, table, at, &left, visit, context))
            return false;
        memcpy(&library, bytes.data, sizeof library);
        at += library.vn_next;
    }
    return true;
}
