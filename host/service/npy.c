/* The .npy header is a Python literal; only the three keys that NumPy writes are read, in any order. */
#include "npy.h"

#include <inttypes.h>
#include <stdio.h>

static const char code_format[] = "npy.format";
static const char code_type[] = "npy.type";

static const struct {
    const char *descr;
    struct suan_dtype dtype;
} types[] = {
    {"|i1", {SUAN_DTYPE_INT, 8, 1}},        {"<i2", {SUAN_DTYPE_INT, 16, 1}},
    {"<i4", {SUAN_DTYPE_INT, 32, 1}},       {"<i8", {SUAN_DTYPE_INT, 64, 1}},
    {"|u1", {SUAN_DTYPE_UINT, 8, 1}},       {"<u2", {SUAN_DTYPE_UINT, 16, 1}},
    {"<u4", {SUAN_DTYPE_UINT, 32, 1}},      {"<u8", {SUAN_DTYPE_UINT, 64, 1}},
    {"<f2", {SUAN_DTYPE_FLOAT, 16, 1}},     {"<f4", {SUAN_DTYPE_FLOAT, 32, 1}},
    {"<f8", {SUAN_DTYPE_FLOAT, 64, 1}},     {"<c8", {SUAN_DTYPE_COMPLEX, 64, 1}},
    {"<c16", {SUAN_DTYPE_COMPLEX, 128, 1}},
};
enum { N_TYPES = sizeof types / sizeof types[0], HEADER_MAX = 65536 };

/* What is left of the header text. */
struct scan {
    const char *at, *end;
};

static void skip_space(struct scan *scan)
{
    while (scan->at < scan->end && (*scan->at == ' ' || *scan->at == '\n' || *scan->at == '\t'))
        scan->at++;
}

static bool take_char(struct scan *scan, char c)
{
    skip_space(scan);
    if (scan->at == scan->end || *scan->at != c)
        return false;
    scan->at++;
    return true;
}

static bool take_text(struct scan *scan, struct suan_span *out)
{
    skip_space(scan);
    if (scan->at == scan->end || (*scan->at != '\'' && *scan->at != '"'))
        return false;
    char quote = *scan->at++;
    const char *start = scan->at;
    while (scan->at < scan->end && *scan->at != quote)
        scan->at++;
    *out = suan_span(start, (size_t)(scan->at - start));
    return take_char(scan, quote);
}

static bool take_word(struct scan *scan, const char *word)
{
    skip_space(scan);
    size_t size = strlen(word);
    if ((size_t)(scan->end - scan->at) < size || memcmp(scan->at, word, size) != 0)
        return false;
    scan->at += size;
    return true;
}

static bool take_extent(struct scan *scan, int64_t *out)
{
    skip_space(scan);
    int64_t value = 0;
    int digits = 0;
    for (; scan->at < scan->end && *scan->at >= '0' && *scan->at <= '9'; scan->at++, digits++) {
        if (digits == 18)
            return false;
        value = value * 10 + (*scan->at - '0');
    }
    *out = value;
    return digits > 0;
}

static bool take_shape(struct scan *scan, struct suan_npy *out)
{
    out->rank = 0;
    if (!take_char(scan, '('))
        return false;
    while (!take_char(scan, ')')) {
        if (out->rank == SUAN_MAX_RANK || !take_extent(scan, &out->shape[out->rank]))
            return false;
        out->rank++;
        if (!take_char(scan, ','))
            return take_char(scan, ')');
    }
    return true;
}

static bool find_type(struct suan_span descr, struct suan_dtype *out)
{
    for (size_t i = 0; i < N_TYPES; i++) {
        const char *known = types[i].descr;
        bool same = suan_span_equal(descr, suan_span_text(known));
        bool single_byte = known[0] == '|' && descr.size == 3 && memcmp(descr.data + 1, known + 1, 2) == 0;
        if (same || single_byte) {
            *out = types[i].dtype;
            return true;
        }
    }
    return false;
}

struct header {
    struct suan_span descr;
    bool fortran, has_descr, has_order, has_shape;
};

static bool take_member(struct scan *scan, struct suan_span key, struct header *header, struct suan_npy *out)
{
    if (suan_span_equal(key, suan_span_text("descr")) && !header->has_descr)
        return header->has_descr = take_text(scan, &header->descr);
    if (suan_span_equal(key, suan_span_text("fortran_order")) && !header->has_order) {
        header->fortran = take_word(scan, "True");
        return header->has_order = header->fortran || take_word(scan, "False");
    }
    if (suan_span_equal(key, suan_span_text("shape")) && !header->has_shape)
        return header->has_shape = take_shape(scan, out);
    return false;
}

static bool take_header(struct scan *scan, struct header *header, struct suan_npy *out)
{
    struct suan_span key;
    if (!take_char(scan, '{'))
        return false;
    while (!take_char(scan, '}')) {
        if (!take_text(scan, &key) || !take_char(scan, ':') || !take_member(scan, key, header, out))
            return false;
        if (!take_char(scan, ',') && !(take_char(scan, '}')))
            return false;
        if (scan->at[-1] == '}')
            break;
    }
    skip_space(scan);
    return scan->at == scan->end && header->has_descr && header->has_order && header->has_shape;
}

/* Start and size of the header text; false if the file is too short or no .npy. */
static bool find_header(struct suan_span file, struct suan_span *out_header, size_t *out_data)
{
    if (file.size < 10 || memcmp(file.data, "\x93NUMPY", 6) != 0 || file.data[6] < 1 || file.data[6] > 3)
        return false;
    bool wide = file.data[6] > 1;
    if (wide && file.size < 12)
        return false;
    size_t size = wide ? (size_t)file.data[8] | (size_t)file.data[9] << 8 | (size_t)file.data[10] << 16 |
                             (size_t)file.data[11] << 24
                       : (size_t)file.data[8] | (size_t)file.data[9] << 8;
    size_t start = wide ? 12 : 10;
    if (size > HEADER_MAX || size > file.size - start)
        return false;
    *out_header = suan_span(file.data + start, size);
    *out_data = start + size;
    return true;
}

bool suan_npy_bytes(struct suan_dtype dtype, int32_t rank, const int64_t *shape, uint64_t limit,
                    uint64_t *out_bytes)
{
    uint64_t bytes = dtype.bits / 8;
    bool empty = false;
    for (int32_t i = 0; i < rank; i++) {
        empty |= shape[i] == 0;
        if (shape[i] < 0)
            return false;
        if (shape[i] > 0 && (__builtin_mul_overflow(bytes, (uint64_t)shape[i], &bytes) || bytes > limit))
            return false;
    }
    *out_bytes = empty ? 0 : bytes;
    return true;
}

enum suan_status suan_npy_parse(struct suan_span file, const char *name, struct suan_npy *out,
                                struct suan_error *error)
{
    struct suan_span text;
    size_t data;
    struct header header = {{NULL, 0}, false, false, false, false};
    struct suan_npy result = {{0, 0, 1}, 0, {0}, {NULL, 0}};

    if (!find_header(file, &text, &data))
        return suan_error_set(error, SUAN_E_FORMAT, code_format, "write it with numpy.save",
                              "%s: not a .npy file", name);
    struct scan scan = {(const char *)text.data, (const char *)text.data + text.size};
    if (!take_header(&scan, &header, &result))
        return suan_error_set(error, SUAN_E_FORMAT, code_format, NULL, "%s: malformed .npy header", name);
    if (!find_type(header.descr, &result.dtype))
        return suan_error_set(error, SUAN_E_UNSUPPORTED, code_type, "convert it with numpy.astype",
                              "%s: element type '%.*s' is not supported", name,
                              (int)(header.descr.size < 16 ? header.descr.size : 16),
                              (const char *)header.descr.data);
    if (header.fortran && result.rank > 1)
        return suan_error_set(error, SUAN_E_UNSUPPORTED, code_type, "save numpy.ascontiguousarray of it",
                              "%s: Fortran order is not supported", name);
    uint64_t bytes;
    if (!suan_npy_bytes(result.dtype, result.rank, result.shape, SUAN_MAX_TENSOR_BYTES, &bytes) ||
        bytes != file.size - data)
        return suan_error_set(error, SUAN_E_FORMAT, code_format, NULL,
                              "%s: the shape does not fit the %zu bytes of data", name, file.size - data);
    result.data = suan_span(file.data + data, (size_t)bytes);
    *out = result;
    return SUAN_OK;
}

static const char *descr_of(struct suan_dtype dtype)
{
    for (size_t i = 0; i < N_TYPES; i++) {
        if (types[i].dtype.code == dtype.code && types[i].dtype.bits == dtype.bits)
            return types[i].descr;
    }
    return NULL;
}

enum suan_status suan_npy_header(struct suan_dtype dtype, int32_t rank, const int64_t *shape,
                                 struct suan_buffer *out, struct suan_error *error)
{
    const char *descr = descr_of(dtype);
    char text[512];
    int size;

    if (descr == NULL || rank < 0 || rank > SUAN_MAX_RANK)
        return suan_error_set(error, SUAN_E_UNSUPPORTED, code_type, NULL,
                              "element type %d of %d bits has no NumPy name", dtype.code, dtype.bits);
    size = snprintf(text, sizeof text, "{'descr': '%s', 'fortran_order': False, 'shape': (", descr);
    for (int32_t i = 0; i < rank; i++)
        size += snprintf(text + size, sizeof text - (size_t)size, "%" PRId64 "%s", shape[i],
                         rank == 1 || i + 1 < rank ? ", " : "");
    size += snprintf(text + size, sizeof text - (size_t)size, "), }");
    size_t padded = ((size_t)size + 1 + 10 + 63) / 64 * 64 - 10;
    suan_buffer_append(out, "\x93NUMPY\x01", 8);
    suan_buffer_append_u8(out, (uint8_t)padded);
    suan_buffer_append_u8(out, (uint8_t)(padded >> 8));
    suan_buffer_append(out, text, (size_t)size);
    while ((size_t)size++ < padded - 1)
        suan_buffer_append_u8(out, ' ');
    suan_buffer_append_u8(out, '\n');
    return suan_buffer_check(out, error);
}
