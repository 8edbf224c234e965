/* zlib itself unpacks the stream, which must give back every byte and end where the output ends; its level 6 is the measure
   of size. That size is kept while the input stays the same bytes. */
#include "deflate.h"

#include <stdlib.h>
#include <zlib.h>

struct checker {
    z_stream inflater, deflater;
    int have_inflater, have_deflater;
    uint64_t n, capacity; /* of kept and buffer */
    uint8_t *kept;        /* the last input */
    uint8_t *buffer;      /* room for the restored input and a byte, or a packed one */
    uint64_t size6;       /* of the kept input; 0: none kept */
};

void checker_free(struct checker *checker)
{
    if (checker == NULL)
        return;
    if (checker->have_inflater)
        inflateEnd(&checker->inflater);
    if (checker->have_deflater)
        deflateEnd(&checker->deflater);
    free(checker->kept);
    free(checker->buffer);
    free(checker);
}

struct checker *checker_new(void)
{
    struct checker *checker = calloc(1, sizeof *checker);
    if (checker == NULL)
        return NULL;
    checker->have_inflater = inflateInit(&checker->inflater) == Z_OK;
    checker->have_deflater = deflateInit(&checker->deflater, 6) == Z_OK;
    if (checker->have_inflater && checker->have_deflater)
        return checker;
    checker_free(checker);
    return NULL;
}

static int32_t reserve(struct checker *checker, uint64_t n)
{
    if (checker->kept != NULL && n <= checker->capacity)
        return SUAN_OK;
    free(checker->kept);
    free(checker->buffer);
    checker->size6 = 0;
    checker->capacity = n;
    checker->kept = malloc(n + 1);
    checker->buffer = malloc(compressBound(n) + 64);
    if (checker->kept != NULL && checker->buffer != NULL)
        return SUAN_OK;
    free(checker->kept);
    free(checker->buffer);
    checker->kept = checker->buffer = NULL;
    return SUAN_E_MEMORY;
}

static uint64_t packed_size(struct checker *checker, const uint8_t *data, uint64_t n)
{
    if (checker->size6 > 0 && checker->n == n && memcmp(checker->kept, data, n) == 0)
        return checker->size6;
    z_stream *z = &checker->deflater;
    deflateReset(z);
    z->next_in = (z_const Bytef *)(uintptr_t)data;
    z->avail_in = (uInt)n;
    z->next_out = checker->buffer;
    z->avail_out = (uInt)(compressBound(n) + 64);
    deflate(z, Z_FINISH);
    memcpy(checker->kept, data, n);
    checker->n = n;
    checker->size6 = z->total_out;
    return checker->size6;
}

/* NULL if the stream restores the data, else what is wrong; *out_at is the first wrong byte. */
static const char *restore(struct checker *checker, const uint8_t *data, uint64_t n, const uint8_t *stream,
                           uint64_t bytes, uint64_t *out_at)
{
    *out_at = 0;
    if (bytes > UINT32_MAX)
        return "the stream is longer than any that is needed";
    z_stream *z = &checker->inflater;
    inflateReset(z);
    z->next_in = (z_const Bytef *)(uintptr_t)stream;
    z->avail_in = (uInt)bytes;
    z->next_out = checker->buffer;
    z->avail_out = (uInt)n + 1;
    int end = inflate(z, Z_FINISH);
    uint64_t restored = z->total_out < n ? z->total_out : n;
    while (*out_at < restored && checker->buffer[*out_at] == data[*out_at])
        ++*out_at;
    if (*out_at < restored)
        return "another byte is restored";
    if (end != Z_STREAM_END)
        return "the stream is not a whole zlib stream of this input";
    if (z->total_out != n)
        return "bytes are missing";
    return z->avail_in == 0 ? NULL : "the stream ends before the output does";
}

int32_t checker_run(struct checker *checker, const uint8_t *data, uint64_t n, const uint8_t *stream,
                    uint64_t bytes, struct suan_verdict *verdict)
{
    if (reserve(checker, n) != SUAN_OK)
        return SUAN_E_MEMORY;
    uint64_t size6 = packed_size(checker, data, n), at;
    const char *wrong = restore(checker, data, n, stream, bytes, &at);
    verdict->checked = n > 0 ? n : 1;
    verdict->wrong = wrong != NULL ? verdict->checked - (at < verdict->checked ? at : 0) : 0;
    verdict->essential_bytes = n + 2;
    uint64_t allowed = size6 + FREE_BYTES;
    double error = bytes > allowed ? (double)(bytes - allowed) / (double)size6 : 0;
    verdict->error_q50 = verdict->error_q99 = verdict->error_max = error;
    verdict->pass = wrong == NULL && error <= ERROR_FLOOR;
    if (wrong != NULL)
        snprintf(verdict->reason, sizeof verdict->reason, "byte %llu: %s", (unsigned long long)at, wrong);
    else if (!verdict->pass)
        snprintf(verdict->reason, sizeof verdict->reason, "%llu bytes, where zlib's level 6 needs %llu",
                 (unsigned long long)bytes, (unsigned long long)size6);
    return SUAN_OK;
}
