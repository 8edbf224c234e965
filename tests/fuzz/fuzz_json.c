/*
 * Strict JSON under every set of flags. What is accepted must have a canonical form, which must be accepted
 * as canonical and be its own canonical form.
 */
#include <stdlib.h>

#include "base/cleanup.h"
#include "base/json.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool holds)
{
    if (!holds)
        abort();
}

static void try_flags(struct suan_span text, unsigned flags)
{
    SUAN_CLEANUP(suan_json_freep) struct suan_json_document *document = NULL;
    SUAN_CLEANUP(suan_json_freep) struct suan_json_document *again = NULL;
    SUAN_CLEANUP(suan_buffer_done) struct suan_buffer canonical = {0};
    struct suan_error error;

    if (suan_json_parse(text, 1 << 20, flags, "input", &document, &error) != SUAN_OK) {
        require(document == NULL && error.code != NULL && error.message[0] != '\0');
        return;
    }
    require(suan_json_format(suan_json_root(document), SUAN_JSON_STYLE_CANONICAL, &canonical, &error) ==
            SUAN_OK);
    require(suan_json_parse(suan_buffer_span(&canonical), 1 << 20, flags | SUAN_JSON_CANONICAL, "form",
                            &again, &error) == SUAN_OK);
    if ((flags & SUAN_JSON_CANONICAL) != 0)
        require(suan_span_equal(text, suan_buffer_span(&canonical)));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    for (unsigned flags = 0; flags < 8; flags++)
        try_flags(suan_span(data, size), flags);
    return 0;
}
