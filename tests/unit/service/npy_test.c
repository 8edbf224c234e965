#include "service/npy.h"

#include <criterion/criterion.h>

#include "base/cleanup.h"

/* A file of format 1.0 with this header text and so many zero bytes of data. */
static void make(struct suan_buffer *out, const char *header, size_t bytes)
{
    size_t size = strlen(header);
    suan_buffer_append(out, "\x93NUMPY\x01", 8);
    suan_buffer_append_u8(out, (uint8_t)size);
    suan_buffer_append_u8(out, (uint8_t)(size >> 8));
    suan_buffer_append(out, header, size);
    for (size_t i = 0; i < bytes; i++)
        suan_buffer_append_u8(out, 0);
}

static enum suan_status parse(const char *header, size_t bytes, struct suan_npy *out,
                              struct suan_error *error)
{
    SUAN_CLEANUP(suan_buffer_done) struct suan_buffer file = {0};
    make(&file, header, bytes);
    return suan_npy_parse(suan_buffer_span(&file), "file", out, error);
}

Test(npy, what_numpy_writes_is_read)
{
    static const struct {
        const char *header;
        size_t bytes;
        uint8_t code, bits;
        int32_t rank;
        int64_t shape[3];
    } rows[] = {
        {"{'descr': '<f8', 'fortran_order': False, 'shape': (2, 3), }\n",
         48,
         SUAN_DTYPE_FLOAT,
         64,
         2,
         {2, 3}},
        {"{'descr': '<i8', 'fortran_order': False, 'shape': (), }", 8, SUAN_DTYPE_INT, 64, 0, {0}},
        {"{'descr': '|u1', 'fortran_order': False, 'shape': (5,), }", 5, SUAN_DTYPE_UINT, 8, 1, {5}},
        {"{'descr': '<c16', 'fortran_order': False, 'shape': (1, 1, 2)}",
         32,
         SUAN_DTYPE_COMPLEX,
         128,
         3,
         {1, 1, 2}},
        {"{'shape': (0, 7), 'descr': '<f4', 'fortran_order': False}", 0, SUAN_DTYPE_FLOAT, 32, 2, {0, 7}},
        {"{'descr': '<f2', 'fortran_order': True, 'shape': (4,), }", 8, SUAN_DTYPE_FLOAT, 16, 1, {4}},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct suan_npy npy;
        struct suan_error error = {0};
        cr_assert_eq(parse(rows[i].header, rows[i].bytes, &npy, &error), SUAN_OK, "%s: %s", rows[i].header,
                     error.message);
        cr_assert(npy.dtype.code == rows[i].code && npy.dtype.bits == rows[i].bits &&
                      npy.rank == rows[i].rank,
                  "%s", rows[i].header);
        cr_assert_eq(memcmp(npy.shape, rows[i].shape, (size_t)npy.rank * sizeof npy.shape[0]), 0);
        cr_assert_eq(npy.data.size, rows[i].bytes);
    }
}

Test(npy, what_does_not_fit_is_refused_by_name)
{
    static const struct {
        const char *header;
        size_t bytes;
        const char *code;
    } rows[] = {
        {"{'descr': '<f8', 'fortran_order': False, 'shape': (2, 3), }", 47, "npy.format"},
        {"{'descr': '<f8', 'fortran_order': False, 'shape': (2, 3), }", 49, "npy.format"},
        {"{'descr': '>f8', 'fortran_order': False, 'shape': (1,), }", 8, "npy.type"},
        {"{'descr': '|O', 'fortran_order': False, 'shape': (1,), }", 8, "npy.type"},
        {"{'descr': '<f8', 'fortran_order': True, 'shape': (2, 2), }", 32, "npy.type"},
        {"{'descr': '<f8', 'fortran_order': False, 'shape': (-1,), }", 8, "npy.format"},
        {"{'descr': '<f8', 'fortran_order': False, 'shape': (1), 'shape': (1)}", 8, "npy.format"},
        {"{'descr': '<f8', 'fortran_order': False}", 8, "npy.format"},
        {"{'descr': '<f8', 'fortran_order': False, 'shape': (1,), 'more': 1}", 8, "npy.format"},
        {"{'descr': '<f8', 'fortran_order': False, 'shape': (1,), } x", 8, "npy.format"},
        {"{'descr': '<f8', 'fortran_order': False, 'shape': (1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, "
         "1), }",
         8, "npy.format"},
        {"{'descr': '<f8', 'fortran_order': False, 'shape': (4294967296, 4294967296), }", 0, "npy.format"},
        {"{'descr': '<f8', 'fortran_order': False, 'shape': (9999999999999999999,), }", 8, "npy.format"},
        {"", 0, "npy.format"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct suan_npy npy;
        struct suan_error error = {0};
        cr_assert_neq(parse(rows[i].header, rows[i].bytes, &npy, &error), SUAN_OK, "%s", rows[i].header);
        cr_assert_str_eq(error.code, rows[i].code, "%s: %s", rows[i].header, error.message);
    }
}

Test(npy, a_file_cut_anywhere_is_refused)
{
    SUAN_CLEANUP(suan_buffer_done) struct suan_buffer file = {0};
    make(&file, "{'descr': '<i4', 'fortran_order': False, 'shape': (3,), }\n", 12);
    for (size_t size = 0; size < file.size; size++) {
        struct suan_npy npy;
        cr_assert_neq(suan_npy_parse(suan_span(file.data, size), "cut", &npy, NULL), SUAN_OK, "%zu bytes",
                      size);
    }
}

Test(npy, a_header_that_is_written_is_read_again_and_aligned)
{
    static const int64_t shape[SUAN_MAX_RANK] = {1, 2, 3, 1, 1, 1, 1, 1};
    for (int32_t rank = 0; rank <= 3; rank++) {
        SUAN_CLEANUP(suan_buffer_done) struct suan_buffer file = {0};
        struct suan_npy npy;
        uint64_t bytes = 0;
        const struct suan_dtype dtype = {SUAN_DTYPE_FLOAT, 64, 1};
        cr_assert_eq(suan_npy_header(dtype, rank, shape, &file, NULL), SUAN_OK);
        cr_assert_eq(file.size % 64, 0);
        cr_assert(suan_npy_bytes(dtype, rank, shape, 1 << 20, &bytes));
        for (uint64_t i = 0; i < bytes; i++)
            suan_buffer_append_u8(&file, 1);
        cr_assert_eq(suan_npy_parse(suan_buffer_span(&file), "again", &npy, NULL), SUAN_OK);
        cr_assert(npy.rank == rank && memcmp(npy.shape, shape, (size_t)rank * sizeof shape[0]) == 0);
    }
}

Test(npy, a_type_without_a_numpy_name_is_refused)
{
    SUAN_CLEANUP(suan_buffer_done) struct suan_buffer file = {0};
    struct suan_error error = {0};
    const struct suan_dtype bf16 = {SUAN_DTYPE_BFLOAT, 16, 1};
    cr_assert_eq(suan_npy_header(bf16, 0, NULL, &file, &error), SUAN_E_UNSUPPORTED);
    cr_assert_str_eq(error.code, "npy.type");
}
