#ifndef SUAN_PACKAGE_READING_H
#define SUAN_PACKAGE_READING_H

/* Inside this folder, and for fuzzing: opening a package from the tar, without its compression. */
#include "package.h"

/* Takes the bytes out of `tar`, which is empty afterwards. */
SUAN_MUST_USE enum suan_status suan_package_open_tar(struct suan_buffer *tar,
                                                     const struct suan_digest *expected,
                                                     struct suan_package **out_package,
                                                     struct suan_error *error);

#endif
