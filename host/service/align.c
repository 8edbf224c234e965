/* Tensors that are not compact and aligned to 64 bytes pass through memory that is. */
#include "align.h"

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

static const uint8_t *data_of(const struct suan_tensor *tensor)
{
    return (const uint8_t *)tensor->data + tensor->byte_offset;
}

/* False for what the engine will refuse. */
static bool measure(const struct suan_tensor *tensor, uint64_t *out_bytes)
{
    uint64_t bytes = tensor->dtype.bits / 8;
    if (tensor->data == NULL || tensor->ndim < 0 || tensor->ndim > SUAN_MAX_RANK ||
        tensor->dtype.lanes != 1 || (tensor->ndim > 0 && tensor->shape == NULL))
        return false;
    for (int32_t i = 0; i < tensor->ndim; i++) {
        if (tensor->shape[i] < 0 || (tensor->strides != NULL && tensor->strides[i] < 0) ||
            __builtin_mul_overflow(bytes, (uint64_t)tensor->shape[i], &bytes) ||
            bytes > SUAN_MAX_TENSOR_BYTES)
            return false;
    }
    *out_bytes = bytes;
    return true;
}

static bool is_compact(const struct suan_tensor *tensor)
{
    int64_t expected = 1;
    for (int32_t i = tensor->ndim - 1; i >= 0; i--) {
        if (tensor->strides != NULL && tensor->shape[i] != 1 && tensor->strides[i] != expected)
            return false;
        expected *= tensor->shape[i];
    }
    return true;
}

/* Whether it must be copied, and how many bytes then. */
static bool needs_place(const struct suan_tensor *tensor, uint64_t *out_bytes)
{
    if (!measure(tensor, out_bytes) || *out_bytes == 0)
        return false;
    return (uintptr_t)data_of(tensor) % SUAN_TENSOR_ALIGN != 0 || !is_compact(tensor);
}

bool align_needs_place(const struct suan_tensor *tensor)
{
    uint64_t bytes = 0;
    return needs_place(tensor, &bytes);
}

static enum suan_status reserve(struct place *place, uint64_t bytes, struct suan_error *error)
{
    if (place->data != NULL && place->capacity >= bytes)
        return SUAN_OK;
    free(place->data);
    place->capacity = (bytes / SUAN_TENSOR_ALIGN + 1) * SUAN_TENSOR_ALIGN;
    place->data = aligned_alloc(SUAN_TENSOR_ALIGN, place->capacity);
    if (place->data != NULL)
        return SUAN_OK;
    place->capacity = 0;
    return suan_error_set(error, SUAN_E_MEMORY, "memory", NULL, "out of memory");
}

/* Row by row in the order of a compact tensor, whatever the strides. */
static void pack(const struct suan_tensor *from, uint64_t bytes, uint8_t *to)
{
    int64_t index[SUAN_MAX_RANK] = {0};
    uint64_t item = from->dtype.bits / 8;
    if (is_compact(from)) {
        memcpy(to, data_of(from), bytes);
        return;
    }
    for (uint64_t done = 0; done < bytes; done += item) {
        const uint8_t *place = data_of(from);
        for (int32_t i = 0; i < from->ndim; i++)
            place += index[i] * from->strides[i] * (int64_t)item;
        memcpy(to + done, place, item);
        for (int32_t i = from->ndim - 1; i >= 0 && ++index[i] == from->shape[i]; i--)
            index[i] = 0;
    }
}

static enum suan_status copy_in(struct place *place, const struct suan_tensor *from, uint64_t bytes,
                                struct suan_error *error)
{
    enum suan_status status = reserve(place, bytes, error);
    if (status == SUAN_OK)
        pack(from, bytes, place->data);
    return status;
}

static struct suan_tensor placed(const struct suan_tensor *tensor, const struct place *place)
{
    struct suan_tensor result = *tensor;
    result.data = place->data;
    result.byte_offset = 0;
    if (!is_compact(tensor))
        result.strides = NULL;
    return result;
}

enum suan_status align_open(const struct suan_tensor *prepared, uint32_t n_prepared, struct align **out,
                            struct suan_error *error)
{
    struct align *align = calloc(1, sizeof *align);
    uint64_t bytes = 0;
    if (align == NULL)
        return suan_error_set(error, SUAN_E_MEMORY, "memory", NULL, "out of memory");
    align->n_prepared = n_prepared;
    for (uint32_t i = 0; i < n_prepared; i++) {
        if (!needs_place(&prepared[i], &bytes))
            continue;
        enum suan_status status = copy_in(&align->prepared[i], &prepared[i], bytes, error);
        if (status != SUAN_OK) {
            align_close(align);
            return status;
        }
        align->prepared[i].original = data_of(&prepared[i]);
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
        uint64_t bytes = 0;
        to[i] = from[i];
        if (!needs_place(&from[i], &bytes))
            continue;
        const struct place *kept = &align->prepared[i];
        if (i < align->n_prepared && kept->original == data_of(&from[i]) && kept->capacity >= bytes) {
            to[i] = placed(&from[i], kept);
            continue;
        }
        enum suan_status status = copy_in(&align->in[i], &from[i], bytes, error);
        if (status != SUAN_OK)
            return status;
        to[i] = placed(&from[i], &align->in[i]);
    }
    return SUAN_OK;
}

/* An output that is not compact stays as it is: the engine refuses it. */
enum suan_status align_outputs(struct align *align, const struct suan_tensor *from, uint32_t count,
                               struct suan_tensor *to, struct suan_error *error)
{
    for (uint32_t i = 0; i < count && i < SUAN_MAX_PORTS; i++) {
        uint64_t bytes = 0;
        to[i] = from[i];
        if (!needs_place(&from[i], &bytes) || !is_compact(&from[i]))
            continue;
        enum suan_status status = reserve(&align->out[i], bytes, error);
        if (status != SUAN_OK)
            return status;
        to[i] = placed(&from[i], &align->out[i]);
    }
    return SUAN_OK;
}

void align_results(const struct suan_tensor *from, struct suan_tensor *to, uint32_t count)
{
    for (uint32_t i = 0; i < count && i < SUAN_MAX_PORTS; i++) {
        uint64_t bytes = 0;
        if (data_of(&from[i]) != data_of(&to[i]) && measure(&from[i], &bytes) && bytes > 0)
            memcpy((uint8_t *)to[i].data + to[i].byte_offset, from[i].data, bytes);
    }
}
