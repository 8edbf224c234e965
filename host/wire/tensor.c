/* Tensors: which ones are admissible, how many bytes they have, and how they look as descriptors. */
#include "wire.h"

#include "base/number.h"

static const struct {
    uint8_t code, bits;
} known_types[] = {
    {SUAN_DTYPE_INT, 8},      {SUAN_DTYPE_INT, 16},      {SUAN_DTYPE_INT, 32},   {SUAN_DTYPE_INT, 64},
    {SUAN_DTYPE_UINT, 8},     {SUAN_DTYPE_UINT, 16},     {SUAN_DTYPE_UINT, 32},  {SUAN_DTYPE_UINT, 64},
    {SUAN_DTYPE_FLOAT, 16},   {SUAN_DTYPE_FLOAT, 32},    {SUAN_DTYPE_FLOAT, 64}, {SUAN_DTYPE_BFLOAT, 16},
    {SUAN_DTYPE_COMPLEX, 64}, {SUAN_DTYPE_COMPLEX, 128},
};

uint32_t suan_wire_element_bytes(struct suan_dtype dtype)
{
    if (dtype.lanes != 1)
        return 0;
    for (size_t i = 0; i < sizeof known_types / sizeof known_types[0]; i++) {
        if (known_types[i].code == dtype.code && known_types[i].bits == dtype.bits)
            return dtype.bits / 8;
    }
    return 0;
}

/* Product of the extents and the element size; false beyond the limit. */
static bool total_bytes(const int64_t *shape, uint32_t rank, uint32_t element, uint64_t *out)
{
    uint64_t total = element;
    bool empty = false;
    for (uint32_t i = 0; i < rank; i++) {
        if (shape[i] < 0)
            return false;
        empty |= shape[i] == 0;
        if (shape[i] > 0 &&
            (!suan_mul_u64(total, (uint64_t)shape[i], &total) || total > SUAN_MAX_TENSOR_BYTES))
            return false;
    }
    *out = empty ? 0 : total;
    return true;
}

enum suan_status suan_wire_measure(const struct suan_tensor *tensor, uint64_t *out_bytes)
{
    if (tensor->device_type != SUAN_DEVICE_CPU || tensor->device_id != 0)
        return SUAN_E_DEVICE;
    uint32_t element = suan_wire_element_bytes(tensor->dtype);
    if (element == 0)
        return SUAN_E_DTYPE;
    if (tensor->ndim < 0 || tensor->ndim > SUAN_MAX_RANK || (tensor->ndim > 0 && tensor->shape == NULL))
        return SUAN_E_SHAPE;
    for (int32_t i = 0; tensor->strides != NULL && i < tensor->ndim; i++) {
        if (tensor->strides[i] < 0)
            return SUAN_E_SHAPE;
    }
    if (!total_bytes(tensor->shape, (uint32_t)tensor->ndim, element, out_bytes))
        return SUAN_E_SHAPE;
    return SUAN_OK;
}

bool suan_wire_is_compact(const struct suan_tensor *tensor)
{
    if (tensor->strides == NULL)
        return true;
    int64_t expected = 1;
    for (int32_t i = tensor->ndim - 1; i >= 0; i--) {
        if (tensor->shape[i] == 0)
            return true;
        if (tensor->shape[i] != 1 && tensor->strides[i] != expected)
            return false;
        expected *= tensor->shape[i];
    }
    return true;
}

/* Copies dimension `axis` and what lies below it; returns the place behind the last byte written. */
static uint8_t *pack_axis(const struct suan_tensor *tensor, int32_t axis, const uint8_t *from,
                          uint32_t element, uint8_t *place)
{
    if (axis == tensor->ndim) {
        memcpy(place, from, element);
        return place + element;
    }
    if (axis == tensor->ndim - 1 && tensor->strides[axis] == 1) {
        memcpy(place, from, (size_t)tensor->shape[axis] * element);
        return place + (size_t)tensor->shape[axis] * element;
    }
    for (int64_t i = 0; i < tensor->shape[axis]; i++)
        place = pack_axis(tensor, axis + 1, from + (uint64_t)i * (uint64_t)tensor->strides[axis] * element,
                          element, place);
    return place;
}

void suan_wire_pack(const struct suan_tensor *tensor, uint8_t *place)
{
    uint32_t element = suan_wire_element_bytes(tensor->dtype);
    uint64_t bytes = 0;
    if (!total_bytes(tensor->shape, (uint32_t)tensor->ndim, element, &bytes) || bytes == 0)
        return;
    const uint8_t *from = (const uint8_t *)tensor->data + tensor->byte_offset;
    if (suan_wire_is_compact(tensor))
        memcpy(place, from, bytes);
    else
        pack_axis(tensor, 0, from, element, place);
}

void suan_wire_describe(const struct suan_tensor *tensor, uint64_t offset, uint64_t bytes,
                        struct suan_wire_descriptor *out)
{
    *out = (struct suan_wire_descriptor){.offset = offset,
                                         .bytes = bytes,
                                         .code = tensor->dtype.code,
                                         .bits = tensor->dtype.bits,
                                         .lanes = tensor->dtype.lanes,
                                         .rank = (uint8_t)tensor->ndim};
    for (int32_t i = 0; i < tensor->ndim; i++)
        out->shape[i] = (uint64_t)tensor->shape[i];
}

void suan_wire_view(const struct suan_wire_descriptor *descriptor, uint8_t *arena, int64_t *shape,
                    int64_t *strides, struct suan_tensor *out)
{
    int64_t step = 1;
    for (uint32_t i = descriptor->rank; i-- > 0;) {
        shape[i] = (int64_t)descriptor->shape[i];
        strides[i] = step;
        step *= shape[i];
    }
    *out = (struct suan_tensor){.data = arena == NULL ? NULL : arena + descriptor->offset,
                                .device_type = SUAN_DEVICE_CPU,
                                .ndim = descriptor->rank,
                                .dtype = {descriptor->code, descriptor->bits, descriptor->lanes},
                                .shape = shape,
                                .strides = strides};
}

const char *suan_wire_check_descriptor(const struct suan_wire_descriptor *descriptor)
{
    static const uint8_t zeros[sizeof descriptor->pad];
    struct suan_dtype dtype = {descriptor->code, descriptor->bits, descriptor->lanes};
    int64_t shape[SUAN_MAX_RANK];
    uint64_t bytes = 0;

    if (suan_wire_element_bytes(dtype) == 0)
        return "dtype";
    if (descriptor->rank > SUAN_MAX_RANK)
        return "rank";
    if ((descriptor->flags & ~SUAN_WIRE_DYNAMIC) != 0 || descriptor->zero != 0 ||
        memcmp(descriptor->pad, zeros, sizeof zeros) != 0)
        return "reserved";
    for (uint32_t i = 0; i < SUAN_MAX_RANK; i++) {
        if (descriptor->shape[i] > INT64_MAX || (i >= descriptor->rank && descriptor->shape[i] != 0))
            return "shape";
        shape[i] = (int64_t)descriptor->shape[i];
    }
    if (!total_bytes(shape, descriptor->rank, suan_wire_element_bytes(dtype), &bytes))
        return "shape";
    return bytes == descriptor->bytes ? NULL : "bytes";
}
