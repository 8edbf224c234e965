/* The lines of an export: one text for each content. */
#include "export_line.h"

#include "trust/base64.h"

static const char header[] = "suan-export 1";

struct word_row {
    enum export_kind kind;
    const char *word;
    enum { HAS_NUMBER = 1, HAS_LOG = 2, HAS_DIGEST = 4, HAS_PAYLOAD = 8 } parts;
};

static const struct word_row words[] = {
    {EXPORT_BLOB, "blob", HAS_DIGEST | HAS_PAYLOAD},
    {EXPORT_EVENT, "event", HAS_LOG | HAS_NUMBER | HAS_PAYLOAD},
    {EXPORT_XFER, "xfer", HAS_NUMBER | HAS_PAYLOAD},
    {EXPORT_CKPT, "ckpt", HAS_LOG | HAS_NUMBER | HAS_PAYLOAD},
    {EXPORT_END, "end", HAS_NUMBER | HAS_DIGEST},
};

enum { WORD_COUNT = sizeof words / sizeof words[0] };

static enum suan_status line_error(struct suan_error *error, const char *what)
{
    return suan_error_set(error, SUAN_E_FORMAT, "export.format", NULL, "export: %s", what);
}

/* The bytes up to the next space or the end; the space is taken too. A line that ends in one has an empty
 * last word. */
static struct suan_span take_word(struct suan_span *rest)
{
    const uint8_t *space = rest->size > 0 ? memchr(rest->data, ' ', rest->size) : NULL;
    size_t size = space != NULL ? (size_t)(space - rest->data) : rest->size;
    struct suan_span word = suan_span(rest->data, size);
    size_t used = space != NULL ? size + 1 : size;
    *rest = suan_span(rest->data + used, rest->size - used);
    return word;
}

static bool parse_number(struct suan_span text, uint64_t *out)
{
    uint64_t value = 0;
    if (text.size == 0 || (text.size > 1 && text.data[0] == '0'))
        return false;
    for (size_t i = 0; i < text.size; i++) {
        uint8_t c = text.data[i];
        if (c < '0' || c > '9' || __builtin_mul_overflow(value, UINT64_C(10), &value) ||
            __builtin_add_overflow(value, (uint64_t)(c - '0'), &value))
            return false;
    }
    *out = value;
    return true;
}

static bool parse_log(struct suan_span text, enum suan_log *out)
{
    *out = suan_span_equal(text, suan_span_text(suan_log_name(SUAN_LOG_LEDGER))) ? SUAN_LOG_LEDGER
                                                                                 : SUAN_LOG_REGISTRY;
    return suan_span_equal(text, suan_span_text(suan_log_name(*out)));
}

static const struct word_row *find_word(struct suan_span word)
{
    for (size_t i = 0; i < WORD_COUNT; i++) {
        if (suan_span_equal(word, suan_span_text(words[i].word)))
            return &words[i];
    }
    return NULL;
}

enum suan_status export_line_parse(struct suan_span line, struct export_line *out,
                                   struct suan_buffer *payload, struct suan_error *error)
{
    struct suan_span rest = line;
    struct export_line parsed = {.kind = EXPORT_HEADER};
    if (line.size > EXPORT_LINE_MAX)
        return line_error(error, "a line is too long");
    if (suan_span_equal(line, suan_span_text(header))) {
        *out = parsed;
        return SUAN_OK;
    }
    const struct word_row *row = find_word(take_word(&rest));
    if (row == NULL)
        return line_error(error, "a line begins with no known word: newer Suan needed");
    parsed.kind = row->kind;
    if ((row->parts & HAS_LOG) != 0 && !parse_log(take_word(&rest), &parsed.log))
        return line_error(error, "no such log");
    if ((row->parts & HAS_NUMBER) != 0 && !parse_number(take_word(&rest), &parsed.number))
        return line_error(error, "a number is wrong");
    if ((row->parts & HAS_DIGEST) != 0 &&
        !suan_unhex(take_word(&rest), parsed.digest.bytes, sizeof parsed.digest.bytes))
        return line_error(error, "a digest is wrong");
    if ((row->parts & HAS_PAYLOAD) != 0) {
        struct suan_span text = take_word(&rest);
        if (text.size == 0 || !suan_base64_decode(text, payload))
            return payload->failed ? suan_buffer_check(payload, error)
                                   : line_error(error, "content is missing or not Base 64");
    }
    if (rest.size > 0 || line.data[line.size - 1] == ' ')
        return line_error(error, "a line has too many words");
    *out = parsed;
    return SUAN_OK;
}

void export_line_format(const struct export_line *line, struct suan_span payload, struct suan_buffer *out)
{
    if (line->kind == EXPORT_HEADER) {
        suan_buffer_append_text(out, header);
        suan_buffer_append_u8(out, '\n');
        return;
    }
    const struct word_row *row = &words[line->kind - EXPORT_BLOB];
    suan_buffer_append_text(out, row->word);
    if ((row->parts & HAS_LOG) != 0)
        suan_buffer_printf(out, " %s", suan_log_name(line->log));
    if ((row->parts & HAS_NUMBER) != 0)
        suan_buffer_printf(out, " %llu", (unsigned long long)line->number);
    if ((row->parts & HAS_DIGEST) != 0) {
        char hex[2 * SUAN_DIGEST_SIZE + 1];
        suan_hex(line->digest.bytes, sizeof line->digest.bytes, hex);
        suan_buffer_printf(out, " %s", hex);
    }
    if ((row->parts & HAS_PAYLOAD) != 0) {
        suan_buffer_append_u8(out, ' ');
        suan_base64_append(out, payload);
    }
    suan_buffer_append_u8(out, '\n');
}
