#ifndef SUAN_SERVICE_ALIGN_H
#define SUAN_SERVICE_ALIGN_H

/*
 * Inside this folder only: callers own their memory, plugins want it compact and aligned to 64 bytes. In
 * process nothing is copied unless it must be: a tensor that is not so goes through memory of the solver's
 * own. What is no tensor at all (an impossible rank or shape, no data) is handed on as it is: to refuse it is
 * the engine's business.
 */
#include <stdbool.h>
#include <stddef.h>
#include <suan/abi.h>

#include "base/error.h"

struct align; /* one solver's; all calls by one thread at a time */

/* Keeps copies of those prepared inputs that need one, under the address of the original. */
SUAN_MUST_USE enum suan_status align_open(const struct suan_tensor *prepared, uint32_t n_prepared,
                                          struct align **out, struct suan_error *error);
void align_close(struct align *align); /* takes NULL */
/* Whether it must pass through other memory. */
bool align_needs_place(const struct suan_tensor *tensor);
/* Whether all of them may be used as they are; for the usual ones, vectors and matrices that are aligned and
   compact, nothing is called. */
static inline bool align_fits(const struct suan_tensor *tensors, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        const struct suan_tensor *tensor = &tensors[i];
        bool aligned = (((uintptr_t)tensor->data | tensor->byte_offset) & (SUAN_TENSOR_ALIGN - 1)) == 0;
        bool compact =
            tensor->ndim == 0 ||
            (tensor->ndim == 1 && (tensor->strides == NULL || tensor->strides[0] == 1)) ||
            (tensor->ndim == 2 && (tensor->strides == NULL ||
                                   (tensor->strides[1] == 1 && tensor->strides[0] == tensor->shape[1])));
        if (!(aligned && compact) && align_needs_place(tensor))
            return false;
    }
    return true;
}
/* Writes the tensors to use instead; copies inputs that need it. `to` has room for `count`. */
SUAN_MUST_USE enum suan_status align_inputs(struct align *align, const struct suan_tensor *from,
                                            uint32_t count, struct suan_tensor *to, struct suan_error *error);
SUAN_MUST_USE enum suan_status align_outputs(struct align *align, const struct suan_tensor *from,
                                             uint32_t count, struct suan_tensor *to,
                                             struct suan_error *error);
/* Copies results back to where the caller wants them; call it after a run that succeeded. */
void align_results(const struct suan_tensor *from, struct suan_tensor *to, uint32_t count);

#endif
