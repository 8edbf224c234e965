/* Which tensors are admissible, and that descriptors say the same as tensors. */
#include <criterion/criterion.h>
#include <criterion/parameterized.h>

#include "wire/wire.h"

struct measure_row {
    char name[24];
    struct suan_dtype dtype;
    int32_t device, ndim;
    int64_t shape[9];
    int status;
    uint64_t bytes;
};

ParameterizedTestParameters(wire_tensor, measure)
{
    static struct measure_row rows[] = {
        {"vector", {SUAN_DTYPE_FLOAT, 64, 1}, 1, 1, {5}, SUAN_OK, 40},
        {"number", {SUAN_DTYPE_INT, 8, 1}, 1, 0, {0}, SUAN_OK, 1},
        {"complex matrix", {SUAN_DTYPE_COMPLEX, 128, 1}, 1, 2, {3, 2}, SUAN_OK, 96},
        {"empty", {SUAN_DTYPE_FLOAT, 32, 1}, 1, 2, {0, 5}, SUAN_OK, 0},
        {"empty, overflow", {SUAN_DTYPE_FLOAT, 32, 1}, 1, 2, {0, INT64_MAX}, SUAN_E_SHAPE, 0},
        {"64 GiB", {SUAN_DTYPE_UINT, 8, 1}, 1, 1, {INT64_C(64) << 30}, SUAN_OK, UINT64_C(64) << 30},
        {"past 64 GiB", {SUAN_DTYPE_UINT, 8, 1}, 1, 1, {(INT64_C(64) << 30) + 1}, SUAN_E_SHAPE, 0},
        {"overflow", {SUAN_DTYPE_UINT, 64, 1}, 1, 2, {INT64_C(1) << 32, INT64_C(1) << 32}, SUAN_E_SHAPE, 0},
        {"negative", {SUAN_DTYPE_UINT, 8, 1}, 1, 1, {-1}, SUAN_E_SHAPE, 0},
        {"rank 9", {SUAN_DTYPE_UINT, 8, 1}, 1, 9, {1, 1, 1, 1, 1, 1, 1, 1, 1}, SUAN_E_SHAPE, 0},
        {"rank -1", {SUAN_DTYPE_UINT, 8, 1}, 1, -1, {1}, SUAN_E_SHAPE, 0},
        {"unknown type", {SUAN_DTYPE_INT, 24, 1}, 1, 1, {1}, SUAN_E_DTYPE, 0},
        {"two lanes", {SUAN_DTYPE_INT, 8, 2}, 1, 1, {1}, SUAN_E_DTYPE, 0},
        {"device", {SUAN_DTYPE_INT, 8, 1}, SUAN_DEVICE_CUDA, 1, {1}, SUAN_E_DEVICE, 0},
    };
    return cr_make_param_array(struct measure_row, rows, sizeof rows / sizeof rows[0]);
}

ParameterizedTest(struct measure_row *row, wire_tensor, measure)
{
    struct suan_tensor tensor = {
        .device_type = row->device, .ndim = row->ndim, .dtype = row->dtype, .shape = row->shape};
    uint64_t bytes = 0;
    cr_assert_eq((int)suan_wire_measure(&tensor, &bytes), row->status, "%s", row->name);
    cr_assert_eq(bytes, row->bytes, "%s: %llu bytes", row->name, (unsigned long long)bytes);
}

Test(wire_tensor, refuses_negative_strides)
{
    int64_t shape[1] = {4}, strides[1] = {-1};
    struct suan_tensor tensor = {
        .device_type = 1, .ndim = 1, .dtype = {SUAN_DTYPE_UINT, 8, 1}, .shape = shape, .strides = strides};
    uint64_t bytes;
    cr_assert_eq((int)suan_wire_measure(&tensor, &bytes), SUAN_E_SHAPE);
}

Test(wire_tensor, packs_a_transposed_matrix)
{
    uint16_t from[6] = {1, 2, 3, 4, 5, 6}, to[6];
    const uint16_t expected[6] = {1, 4, 2, 5, 3, 6};
    int64_t shape[2] = {3, 2}, strides[2] = {1, 3};
    struct suan_tensor tensor = {.data = from,
                                 .device_type = 1,
                                 .ndim = 2,
                                 .dtype = {SUAN_DTYPE_UINT, 16, 1},
                                 .shape = shape,
                                 .strides = strides};
    cr_assert_not(suan_wire_is_compact(&tensor));
    suan_wire_pack(&tensor, (uint8_t *)to);
    cr_assert_arr_eq(to, expected, sizeof to);
}

Test(wire_tensor, a_view_says_what_was_described)
{
    int64_t shape[3] = {2, 3, 4}, seen_shape[8], seen_strides[8];
    uint8_t arena[256];
    struct suan_wire_descriptor descriptor;
    struct suan_tensor view,
        tensor = {.device_type = 1, .ndim = 3, .dtype = {SUAN_DTYPE_FLOAT, 32, 1}, .shape = shape};
    suan_wire_describe(&tensor, 64, 96, &descriptor);
    cr_assert_null(suan_wire_check_descriptor(&descriptor));
    suan_wire_view(&descriptor, arena, seen_shape, seen_strides, &view);
    cr_assert_eq(view.data, arena + 64);
    cr_assert_eq(view.ndim, 3);
    cr_assert_arr_eq(seen_shape, shape, sizeof shape);
    cr_assert(seen_strides[0] == 12 && seen_strides[1] == 4 && seen_strides[2] == 1);
    cr_assert(suan_wire_is_compact(&view));
}

/* One change to a good descriptor, and the field that must be named. */
struct damage_row {
    uint32_t offset;
    uint8_t value;
    char field[16];
};

ParameterizedTestParameters(wire_tensor, damage)
{
    static struct damage_row rows[] = {
        {16, 77, "dtype"},    {17, 63, "dtype"},   {18, 9, "dtype"},    {20, 9, "rank"},
        {20, 255, "rank"},    {21, 2, "reserved"}, {22, 1, "reserved"}, {88, 1, "reserved"},
        {127, 1, "reserved"}, {31, 0x80, "shape"}, {80, 1, "shape"},    {28, 1, "shape"},
        {24, 3, "bytes"},     {8, 1, "bytes"},
    };
    return cr_make_param_array(struct damage_row, rows, sizeof rows / sizeof rows[0]);
}

ParameterizedTest(struct damage_row *row, wire_tensor, damage)
{
    struct suan_wire_descriptor descriptor = {
        .bytes = 4 << 20, .code = SUAN_DTYPE_FLOAT, .bits = 32, .lanes = 1, .rank = 2, .shape = {1024, 1024}};
    cr_assert_null(suan_wire_check_descriptor(&descriptor));
    ((uint8_t *)&descriptor)[row->offset] = row->value;
    const char *field = suan_wire_check_descriptor(&descriptor);
    cr_assert(field != NULL && strcmp(field, row->field) == 0, "byte %u: %s", row->offset,
              field == NULL ? "-" : field);
}
