#ifndef SUAN_PACKAGE_SCREEN_ROWS_H
#define SUAN_PACKAGE_SCREEN_ROWS_H

/* Inside this folder only: what the rows of screening see, and the rows that read the dynamic section. */
#include "elf_image.h"
#include "note.h"
#include "screen.h"

/* How far the object could be read; each step needs the one before it. */
enum suan_screen_depth { SUAN_SCREEN_NOTHING, SUAN_SCREEN_HEADER, SUAN_SCREEN_SEGMENTS, SUAN_SCREEN_DYNAMIC };

struct suan_screen_view {
    const struct suan_manifest *manifest;        /* may be NULL */
    const struct suan_manifest_variant *variant; /* NULL if manifest is */
    struct suan_elf elf;                         /* as far as depth says */
    enum suan_screen_depth depth;
    struct suan_error fault; /* why the reading went no deeper */
    enum suan_status note_status;
    struct suan_error note_fault;
    struct suan_plugin_note note; /* if note_status is SUAN_OK */
};

typedef void suan_screen_check(const struct suan_screen_view *view, struct suan_screen_row *row);

/* Sets result and detail. */
__attribute__((format(printf, 3, 4))) void
suan_screen_put(struct suan_screen_row *row, enum suan_screen_result result, const char *format, ...);

/* Worsens the result and adds to the detail, parted by "; ". What does not fit is cut. */
__attribute__((format(printf, 3, 4))) void
suan_screen_add(struct suan_screen_row *row, enum suan_screen_result result, const char *format, ...);

/* The plugin says that it creates threads; no, if its note cannot be read. */
bool suan_screen_has_own_threads(const struct suan_screen_view *view);

suan_screen_check suan_screen_exports, suan_screen_needed, suan_screen_imports, suan_screen_search_paths,
    suan_screen_text_relocations, suan_screen_relro, suan_screen_static_tls, suan_screen_constructors,
    suan_screen_versions, suan_screen_threads;

#endif
