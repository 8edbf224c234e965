/* Rows of this folder's tables. */
#include "record.h"

#include <stdio.h>

void row_bytes(struct row_reader *reader, void *out, size_t size)
{
    memset(out, 0, size);
    if (reader->bad || reader->rest.size < size) {
        reader->bad = true;
        return;
    }
    memcpy(out, reader->rest.data, size);
    reader->rest = suan_span(reader->rest.data + size, reader->rest.size - size);
}

uint64_t row_u64(struct row_reader *reader)
{
    uint8_t bytes[8];
    row_bytes(reader, bytes, sizeof bytes);
    return suan_be64(bytes);
}

void row_text(struct row_reader *reader, char *out, size_t capacity)
{
    uint8_t size = 0;
    row_bytes(reader, &size, 1);
    memset(out, 0, capacity);
    if (size >= capacity)
        reader->bad = true;
    else
        row_bytes(reader, out, size);
}

void row_put_text(struct suan_buffer *out, const char *text)
{
    size_t size = strlen(text);
    suan_buffer_append_u8(out, (uint8_t)(size < 255 ? size : 255));
    suan_buffer_append(out, text, size < 255 ? size : 255);
}

enum suan_status row_check(const struct row_reader *reader, const char *table, struct suan_error *error)
{
    if (!reader->bad && reader->rest.size == 0)
        return SUAN_OK;
    return suan_error_set(error, SUAN_E_INTEGRITY, "store.corrupt", "run 'suan registry verify'",
                          "a row of table %s has the wrong form", table);
}
