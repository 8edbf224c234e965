#ifndef SUAN_PACKAGE_PATH_H
#define SUAN_PACKAGE_PATH_H

/* Inside this folder only: which paths an archive may hold. */
#include "tar.h"

/* One path by itself: plain components, no way out of the folder, within the limits. "package.path", or
   "package.too-large" for a limit. */
SUAN_MUST_USE enum suan_status suan_path_check(struct suan_span path, struct suan_error *error);

/* All paths together: none twice, none that differs from another by letter case alone, none both file and
 * folder. */
SUAN_MUST_USE enum suan_status suan_path_check_all(const struct suan_tar_entry *entries, size_t count,
                                                   struct suan_error *error);

/* Valid UTF-8 in normal form C, without NUL. */
bool suan_path_is_normal(struct suan_span text);

/* The next component of `*rest`, which is moved behind its slash; false when none is left. */
bool suan_path_next(struct suan_span *rest, struct suan_span *out_component);

#endif
