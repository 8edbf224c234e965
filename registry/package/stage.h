#ifndef SUAN_PACKAGE_STAGE_H
#define SUAN_PACKAGE_STAGE_H

/* Inside this folder only: the files of a staged folder, in memory. */
#include "package.h"

struct suan_stage {
    struct suan_buffer draft; /* suan.json as it lies there */
    struct suan_tar_entry files[SUAN_PACKAGE_ENTRIES_MAX];
    size_t count;
    uint64_t total_bytes;
};

SUAN_MUST_USE enum suan_status suan_stage_read(const char *folder, struct suan_stage *out,
                                               struct suan_error *error);
void suan_stage_done(struct suan_stage *stage);

#endif
