/* Tensors that are not aligned to 64 bytes pass through memory that is. */
#include "align.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

struct place {
    const void *original; /* of a prepared input */
    void *data;
    uint64_t capacity;
};
struct align {
    struct place prepared[SUAN_MAX_PORTS], in[SUAN_MAX_PORTS], out[SUAN_MAX_PORTS];
    uint32_t n_prepared;
};

static uint64_t bytes_of(const struct suan_tensor *tensor)
{
    uint64_t bytes = tensor->dtype.bits / 8;
    for (int32_t i = 0; i < tensor->ndim; i++)
        bytes *= (uint64_t)tensor->shape[i];
    return bytes;
}

static bool is_aligned(const struct suan_tensor *tensor)
{
    return tensor->ndim == 0 || (uintptr_t)tensor->data % SUAN_TENSOR_ALIGN == 0;
}

static enum suan_status reserve(struct place *place, uint64_t bytes, struct suan_error *error)
{
    if (place->data != NULL && place->capacity >= bytes)
        return SUAN_OK;
    free(place->data);
    place->capacity = (bytes / SUAN_TENSOR_ALIGN + 1) * SUAN_TENSOR_ALIGN;
    place->data = aligned_alloc(SUAN_TENSOR_ALIGN, place->capacity);
    return place->data != NULL ? SUAN_OK
                               : suan_error_set(error, SUAN_E_MEMORY, "memory", NULL, "out of memory");
}

static enum suan_status copy_in(struct place *place, const struct suan_tensor *from, struct suan_tensor *to,
                                struct suan_error *error)
{
    uint64_t bytes = bytes_of(from);
    enum suan_status status = reserve(place, bytes, error);
    if (status != SUAN_OK)
        return status;
    if (bytes > 0)
        memcpy(place->data, from->data, bytes);
    *to = *from;
    to->data = place->data;
    return SUAN_OK;
}

enum suan_status align_open(const struct suan_tensor *prepared, uint32_t n_prepared, struct align **out,
                            struct suan_error *error)
{
    struct align *align = calloc(1, sizeof *align);
    struct suan_tensor unused;
    if (align == NULL)
        return suan_error_set(error, SUAN_E_MEMORY, "memory", NULL, "out of memory");
    align->n_prepared = n_prepared;
    for (uint32_t i = 0; i < n_prepared; i++) {
        if (is_aligned(&prepared[i]))
            continue;
        enum suan_status status = copy_in(&align->prepared[i], &prepared[i], &unused, error);
        if (status != SUAN_OK) {
            align_close(align);
            return status;
        }
        align->prepared[i].original = prepared[i].data;
    }
    *out = align;
    return SUAN_OK;
}

void align_close(struct align *align)
{
    if (align == NULL)
        return;
    for (uint32_t i = 0; i < SUAN_MAX_PORTS; i++) {
        free(align->prepared[i].data);
        free(align->in[i].data);
        free(align->out[i].data);
    }
    free(align);
}

enum suan_status align_inputs(struct align *align, const struct suan_tensor *from, uint32_t count,
                              struct suan_tensor *to, struct suan_error *error)
{
    for (uint32_t i = 0; i < count && i < SUAN_MAX_PORTS; i++) {
        to[i] = from[i];
        if (i < align->n_prepared && align->prepared[i].original != NULL &&
            align->prepared[i].original == from[i].data)
            to[i].data = align->prepared[i].data;
        else if (!is_aligned(&from[i])) {
            enum suan_status status = copy_in(&align->in[i], &from[i], &to[i], error);
            if (status != SUAN_OK)
                return status;
        }
    }
    return SUAN_OK;
}

enum suan_status align_outputs(struct align *align, const struct suan_tensor *from, uint32_t count,
                               struct suan_tensor *to, struct suan_error *error)
{
    for (uint32_t i = 0; i < count && i < SUAN_MAX_PORTS; i++) {
        to[i] = from[i];
        if (is_aligned(&from[i]))
            continue;
        enum suan_status status = reserve(&align->out[i], bytes_of(&from[i]), error);
        if (status != SUAN_OK)
            return status;
        to[i].data = align->out[i].data;
    }
    return SUAN_OK;
}

void align_results(const struct suan_tensor *from, struct suan_tensor *to, uint32_t count)
{
    for (uint32_t i = 0; i < count && i < SUAN_MAX_PORTS; i++) {
        if (from[i].data != to[i].data && bytes_of(&from[i]) > 0)
            memcpy(to[i].data, from[i].data, bytes_of(&from[i]));
    }
}
