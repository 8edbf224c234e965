/* DT_NEEDED through the bounded reader, held against the allow-list. */
#include "needed.h"

#include <stdlib.h>
#include <string.h>

#include "allowed.h"
#include "base/cleanup.h"
#include "elf_image.h"

/* Every process has these. */
static bool is_always_there(const char *soname)
{
    return strcmp(soname, "libc.so.6") == 0 || strncmp(soname, "ld-linux", 8) == 0;
}

static enum suan_status collect(const struct suan_elf *elf, const char **out_names, uint32_t *out_count,
                                struct suan_error *error)
{
    *out_count = 0;
    for (size_t i = 0; i < elf->n_dynamic; i++) {
        if (elf->dynamic[i].d_tag != DT_NEEDED)
            continue;
        const char *soname = suan_elf_text(elf, elf->dynamic[i].d_un.d_val);
        if (soname != NULL && is_always_there(soname))
            continue;
        if (soname == NULL || suan_library_find(soname) == NULL || *out_count == SUAN_NEEDED_MAX)
            return suan_error_set(error, SUAN_E_REFUSED, "elf.needed", "see row S07 of 'suan check'",
                                  "the plugin needs %.80s, which is not on the list of allowed libraries",
                                  soname == NULL ? "an unreadable name" : soname);
        out_names[(*out_count)++] = soname;
    }
    return SUAN_OK;
}

enum suan_status suan_plugin_needed(struct suan_span object, const char *out_names[SUAN_NEEDED_MAX],
                                    uint32_t *out_count, struct suan_error *error)
{
    SUAN_CLEANUP(suan_freep) struct suan_elf *elf = calloc(1, sizeof *elf);
    if (elf == NULL)
        return suan_error_set(error, SUAN_E_MEMORY, "memory", NULL, "out of memory");
    enum suan_status status = suan_elf_read_header(object, elf, error);
    if (status == SUAN_OK)
        status = suan_elf_read_segments(elf, error);
    if (status == SUAN_OK)
        status = suan_elf_read_dynamic(elf, error);
    return status == SUAN_OK ? collect(elf, out_names, out_count, error) : status;
}
