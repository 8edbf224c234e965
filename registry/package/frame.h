#ifndef SUAN_PACKAGE_FRAME_H
#define SUAN_PACKAGE_FRAME_H

/* Inside this folder only: the zstd frame around the tar. */
#include "base/buffer.h"
#include "follow.h"

/* The content of the one zstd frame that `file` must be, in `out`, which was empty; at most `limit` bytes,
   known before memory is taken where the frame declares its size, and watched while streaming where it does
   not. `follower` (begun for `file`) is told of the bytes as they come, and ended. "package.compression" or
   "package.too-large". */
SUAN_MUST_USE enum suan_status suan_frame_unpack(struct suan_span file, size_t limit,
                                                 struct suan_follower *follower, struct suan_buffer *out,
                                                 struct suan_error *error);

/* Appends one frame with declared size and checksum. */
SUAN_MUST_USE enum suan_status suan_frame_pack(struct suan_span content, struct suan_buffer *out,
                                               struct suan_error *error);

#endif
