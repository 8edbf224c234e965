/* One zstd frame, the whole file and nothing else: no skippable frames, no second frame, no bytes left over.
 */
#include "frame.h"

#include <zstd.h>

#include "base/cleanup.h"

static const char code_compression[] = "package.compression";

enum {
    LEVEL = 9,           /* a tenth of a second for a plugin of 8 MiB */
    WINDOW_LOG_MAX = 27, /* memory that a stranger may ask of the decoder: 128 MiB */
    STEP = 1 << 18,      /* bytes unpacked at a time */
};

static enum suan_status too_large(size_t limit, struct suan_error *error)
{
    return suan_error_set(error, SUAN_E_REFUSED, "package.too-large", NULL, "unpacks to more than %zu bytes",
                          limit);
}

static enum suan_status corrupt(size_t code, struct suan_error *error)
{
    if (ZSTD_isError(code) && strcmp(ZSTD_getErrorName(code), "Allocation error : not enough memory") == 0)
        return suan_error_set(error, SUAN_E_MEMORY, "memory", NULL, "out of memory");
    return suan_error_set(error, SUAN_E_REFUSED, code_compression, NULL, "zstd: %s",
                          ZSTD_isError(code) ? ZSTD_getErrorName(code) : "the frame is cut short");
}

static void stream_releasep(ZSTD_DStream **stream)
{
    ZSTD_freeDStream(*stream);
}

static enum suan_status open_stream(ZSTD_DStream **out_stream, struct suan_error *error)
{
    *out_stream = ZSTD_createDStream();
    if (*out_stream == NULL ||
        ZSTD_isError(ZSTD_DCtx_setParameter(*out_stream, ZSTD_d_windowLogMax, WINDOW_LOG_MAX)))
        return suan_error_set(error, SUAN_E_MEMORY, "memory", NULL, "out of memory");
    return SUAN_OK;
}

/* All memory at once, so that the bytes stay where they are and can be followed. */
static enum suan_status unpack_sized(struct suan_span file, size_t size, struct suan_follower *follower,
                                     struct suan_buffer *out, struct suan_error *error)
{
    SUAN_CLEANUP(stream_releasep) ZSTD_DStream *stream = NULL;
    enum suan_status status = open_stream(&stream, error);
    if (status != SUAN_OK)
        return status;
    uint8_t *place = suan_buffer_extend(out, size);
    if (place == NULL && size > 0)
        return suan_buffer_check(out, error);
    ZSTD_inBuffer in = {file.data, file.size, 0};
    ZSTD_outBuffer piece = {place, 0, 0};
    size_t left = 1;
    while (left != 0) {
        size_t before = piece.pos, consumed = in.pos;
        piece.size = size - piece.pos < STEP ? size : piece.pos + STEP;
        left = ZSTD_decompressStream(stream, &piece, &in);
        if (ZSTD_isError(left) || (piece.pos == before && in.pos == consumed))
            return corrupt(left, error);
        suan_follower_advance(follower, suan_span(place, piece.pos));
    }
    return piece.pos == size ? SUAN_OK : corrupt(0, error);
}

static enum suan_status unpack_streaming(struct suan_span file, size_t limit, struct suan_buffer *out,
                                         struct suan_error *error)
{
    SUAN_CLEANUP(stream_releasep) ZSTD_DStream *stream = NULL;
    enum suan_status status = open_stream(&stream, error);
    if (status != SUAN_OK)
        return status;
    ZSTD_inBuffer in = {file.data, file.size, 0};
    size_t left = 1;
    while (left != 0) {
        uint8_t *place = suan_buffer_extend(out, STEP);
        if (place == NULL)
            return suan_buffer_check(out, error);
        ZSTD_outBuffer piece = {place, STEP, 0};
        size_t consumed = in.pos;
        left = ZSTD_decompressStream(stream, &piece, &in);
        out->size -= STEP - piece.pos;
        if (out->size > limit)
            return too_large(limit, error);
        if (ZSTD_isError(left) || (piece.pos == 0 && in.pos == consumed))
            return corrupt(left, error);
    }
    return SUAN_OK;
}

enum suan_status suan_frame_unpack(struct suan_span file, size_t limit, struct suan_follower *follower,
                                   struct suan_buffer *out, struct suan_error *error)
{
    static const uint8_t magic[] = {0x28, 0xB5, 0x2F, 0xFD};
    if (file.size < sizeof magic || memcmp(file.data, magic, sizeof magic) != 0)
        return suan_error_set(error, SUAN_E_REFUSED, code_compression, "make packages with 'suan pack'",
                              "not compressed by zstd");
    unsigned long long size = ZSTD_getFrameContentSize(file.data, file.size);
    if (size == ZSTD_CONTENTSIZE_ERROR)
        return suan_error_set(error, SUAN_E_REFUSED, code_compression, NULL,
                              "zstd: the frame header is malformed");
    if (size != ZSTD_CONTENTSIZE_UNKNOWN && size > limit)
        return too_large(limit, error);
    size_t frame = ZSTD_findFrameCompressedSize(file.data, file.size);
    if (ZSTD_isError(frame))
        return corrupt(frame, error);
    if (frame != file.size)
        return suan_error_set(error, SUAN_E_REFUSED, code_compression, NULL,
                              "%zu bytes after the end of the zstd frame", file.size - frame);
    enum suan_status status = size == ZSTD_CONTENTSIZE_UNKNOWN
                                  ? unpack_streaming(file, limit, out, error)
                                  : unpack_sized(file, (size_t)size, follower, out, error);
    if (status == SUAN_OK)
        suan_follower_end(follower, suan_buffer_span(out));
    return status;
}

static void context_releasep(ZSTD_CCtx **context)
{
    ZSTD_freeCCtx(*context);
}

enum suan_status suan_frame_pack(struct suan_span content, struct suan_buffer *out, struct suan_error *error)
{
    SUAN_CLEANUP(context_releasep) ZSTD_CCtx *context = ZSTD_createCCtx();
    size_t room = ZSTD_compressBound(content.size);
    uint8_t *place = suan_buffer_extend(out, room);
    if (context == NULL || place == NULL)
        return suan_error_set(error, SUAN_E_MEMORY, "memory", NULL, "out of memory");
    ZSTD_CCtx_setParameter(context, ZSTD_c_compressionLevel, LEVEL);
    ZSTD_CCtx_setParameter(context, ZSTD_c_checksumFlag, 1);
    size_t size = ZSTD_compress2(context, place, room, content.data, content.size);
    if (ZSTD_isError(size))
        return suan_error_set(error, SUAN_E_MEMORY, "memory", NULL, "zstd: %s", ZSTD_getErrorName(size));
    out->size -= room - size;
    return SUAN_OK;
}
