#ifndef SUAN_PACKAGE_NEEDED_H
#define SUAN_PACKAGE_NEEDED_H

/* The libraries that a plugin's object names in DT_NEEDED, for whoever has to load them before the plugin. */
#include "base/error.h"
#include "base/span.h"

enum { SUAN_NEEDED_MAX = 64 };

/*
 * The sonames beyond the C library and the dynamic loader, borrowed from `object`. Each is on the allow-list.
 * Errors: SUAN_E_REFUSED "elf.header", "elf.segments", "elf.dynamic" (unreadable), "elf.needed" (a library
 * not on the list, or too many). Pure; any thread.
 */
SUAN_MUST_USE enum suan_status suan_plugin_needed(struct suan_span object,
                                                  const char *out_names[SUAN_NEEDED_MAX], uint32_t *out_count,
                                                  struct suan_error *error);

#endif
