#ifndef SUAN_PACKAGE_NOTE_H
#define SUAN_PACKAGE_NOTE_H

/*
 * The ELF note ".note.suan", read before any code of a plugin runs, from the PT_NOTE segments alone: section
 * headers may lie. The note is a claim of the plugin, not a defence. Pure functions on the object's bytes.
 */
#include <suan/abi.h>

#include "base/error.h"
#include "base/span.h"
#include "manifest.h"

/* The note's fields in host order. Texts are NUL-terminated. */
struct suan_plugin_note {
    uint16_t kind, abi_major, min_host_minor, machine, isa, device_type, n_tasks;
    uint32_t abi_draft;
    uint64_t flags, cpu_needed;
    char id[80], version[80], tasks[8][100];
};

/* The object's one note. SUAN_E_REFUSED with "note.elf" (not a readable ELF file), "note.missing",
   "note.count" or "note.malformed". */
SUAN_MUST_USE enum suan_status
suan_plugin_note_read(struct suan_span object, struct suan_plugin_note *out_note, struct suan_error *error);

/* The 1,024 bytes of the descriptor: magic, version, reserved bytes and texts are checked here
 * ("note.malformed"). */
SUAN_MUST_USE enum suan_status suan_plugin_note_decode(struct suan_span descriptor,
                                                       struct suan_plugin_note *out_note,
                                                       struct suan_error *error);

/* Whether this host can take the plugin: ABI major, draft, minimum minor. "note.abi", naming both numbers. */
SUAN_MUST_USE enum suan_status suan_plugin_note_check_host(const struct suan_plugin_note *note,
                                                           struct suan_error *error);

/* Well-formed by itself: kind, name, version, tasks, known and consistent flags. "note.field". */
SUAN_MUST_USE enum suan_status suan_plugin_note_check_fields(const struct suan_plugin_note *note,
                                                             struct suan_error *error);

/* Note and manifest say the same of this variant. "note.manifest", naming both values. */
SUAN_MUST_USE enum suan_status suan_plugin_note_check_manifest(const struct suan_plugin_note *note,
                                                               const struct suan_manifest *manifest,
                                                               const struct suan_manifest_variant *variant,
                                                               struct suan_error *error);

#endif
