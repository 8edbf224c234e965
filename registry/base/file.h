#ifndef SUAN_BASE_FILE_H
#define SUAN_BASE_FILE_H

/* Whole files in and out, the only ways in which the registry touches ordinary files. */
#include "buffer.h"

/* The file's bytes appended to `out`. Refuses what is not a regular file, and more than `limit` bytes
   (SUAN_E_REFUSED, "file.too-large") before memory is taken. On failure `out` holds what it held before. */
SUAN_MUST_USE enum suan_status suan_file_read(const char *path, size_t limit, struct suan_buffer *out,
                                              struct suan_error *error);

/* Replaces or creates the file so that readers, and a crash at any moment, see the old bytes or the new ones:
   written beside, synced, renamed, folder synced. `mode` as for open(2). */
SUAN_MUST_USE enum suan_status suan_file_replace(const char *path, struct suan_span content, unsigned mode,
                                                 struct suan_error *error);

/* Creates the folder and its missing parents. An existing folder is fine. */
SUAN_MUST_USE enum suan_status suan_folder_make(const char *path, struct suan_error *error);
/* Removes the folder with all that is in it, as far as possible. */
void suan_folder_remove(const char *path);
/* Makes durable which names the folder holds. */
SUAN_MUST_USE enum suan_status suan_folder_sync(const char *path, struct suan_error *error);

/* CLOCK_REALTIME and CLOCK_MONOTONIC in nanoseconds. Pure modules take time as a parameter instead. */
uint64_t suan_clock_real_ns(void);
uint64_t suan_clock_monotonic_ns(void);

/* Kernel randomness. Aborts if the kernel has none to give, which cannot happen on a running system. */
void suan_random(void *out, size_t size);

#endif
