/* Armour around Base 64. Line ends may be those of any system; nothing may stand before or after. */
#include "armour.h"

#include <sodium.h>
#include <stdio.h>

#include "base/cleanup.h"
#include "base64.h"

enum { LINE_SIZE = 70, EDGE_MAX = 80 };

void suan_buffer_wipe(struct suan_buffer *buffer)
{
    if (buffer->data != NULL)
        sodium_memzero(buffer->data, buffer->capacity);
    suan_buffer_done(buffer);
}

void suan_armour_append(struct suan_buffer *out, const char *label, struct suan_span data)
{
    SUAN_CLEANUP(suan_buffer_wipe) struct suan_buffer text = {0};
    suan_base64_append(&text, data);
    suan_buffer_printf(out, "-----BEGIN %s-----\n", label);
    for (size_t at = 0; at < text.size; at += LINE_SIZE) {
        size_t size = text.size - at < LINE_SIZE ? text.size - at : LINE_SIZE;
        suan_buffer_append(out, text.data + at, size);
        suan_buffer_append_u8(out, '\n');
    }
    suan_buffer_printf(out, "-----END %s-----\n", label);
    out->failed |= text.failed;
}

/* Takes the next line, without its end, off the text. */
static struct suan_span take_line(struct suan_span *text)
{
    const uint8_t *end = text->size > 0 ? memchr(text->data, '\n', text->size) : NULL;
    struct suan_span line = *text;
    if (end == NULL) {
        *text = suan_span(NULL, 0);
    } else {
        line.size = (size_t)(end - text->data);
        *text = suan_span(end + 1, text->size - line.size - 1);
    }
    if (line.size > 0 && line.data[line.size - 1] == '\r')
        line.size--;
    return line;
}

static bool is_edge(struct suan_span line, const char *word, const char *label)
{
    char edge[EDGE_MAX];
    snprintf(edge, sizeof edge, "-----%s %s-----", word, label);
    return suan_span_equal(line, suan_span_text(edge));
}

bool suan_armour_has(struct suan_span text, const char *label)
{
    return is_edge(take_line(&text), "BEGIN", label);
}

bool suan_armour_read(struct suan_span text, const char *label, struct suan_buffer *out)
{
    SUAN_CLEANUP(suan_buffer_wipe) struct suan_buffer inside = {0};

    if (!is_edge(take_line(&text), "BEGIN", label))
        return false;
    if (suan_buffer_extend(&inside, text.size + 1) == NULL) {
        out->failed = true;
        return true;
    }
    suan_buffer_clear(&inside);
    while (text.size > 0) {
        struct suan_span line = take_line(&text);
        if (is_edge(line, "END", label))
            return text.size == 0 && suan_base64_decode(suan_buffer_span(&inside), out);
        suan_buffer_append_span(&inside, line);
    }
    return false;
}
