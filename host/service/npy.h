#ifndef SUAN_SERVICE_NPY_H
#define SUAN_SERVICE_NPY_H

/*
 * Tensors on disk are NumPy .npy files (format 1.0 to 3.0: magic, version, header length, a Python dictionary
 * with 'descr', 'fortran_order', 'shape'; then the data), so that Python, Julia, R and MATLAB users can feed
 * and read them. Little-endian, C order. Pure functions on bytes.
 */
#include <suan/abi.h>

#include "base/buffer.h"

struct suan_npy {
    struct suan_dtype dtype;
    int32_t rank;
    int64_t shape[SUAN_MAX_RANK];
    struct suan_span data; /* borrowed from the file's bytes; exactly the product of the shape */
};

/* Errors: SUAN_E_FORMAT "npy.format" (names what is wrong), SUAN_E_UNSUPPORTED "npy.type" (an element type,
   byte order or Fortran order that Suan does not take). */
SUAN_MUST_USE enum suan_status suan_npy_parse(struct suan_span file, const char *name, struct suan_npy *out,
                                              struct suan_error *error);

/* Appends the header for this dtype and shape, padded so that the data begin at a multiple of 64 bytes. Types
   without a NumPy name (bf16) are refused with "npy.type". */
SUAN_MUST_USE enum suan_status suan_npy_header(struct suan_dtype dtype, int32_t rank, const int64_t *shape,
                                               struct suan_buffer *out, struct suan_error *error);

/* Product of the extents times the element size; false if negative or above `limit`. */
bool suan_npy_bytes(struct suan_dtype dtype, int32_t rank, const int64_t *shape, uint64_t limit,
                    uint64_t *out_bytes);

#endif
