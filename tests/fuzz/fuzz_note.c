/* Signed notes, verifier keys and checkpoints. A checkpoint that is accepted must be written again as it was
 * read. */
#include <stdlib.h>

#include "base/cleanup.h"
#include "trust/note.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool holds)
{
    if (!holds)
        abort();
}

static void try_key(struct suan_span text)
{
    SUAN_CLEANUP(suan_buffer_done) struct suan_buffer out = {0};
    struct suan_note_key key;
    if (suan_note_key_parse(text, &key, NULL) != SUAN_OK)
        return;
    suan_note_key_format(&key, &out);
    require(suan_span_equal(text, suan_buffer_span(&out)));
}

static void try_checkpoint(struct suan_span text)
{
    SUAN_CLEANUP(suan_buffer_done) struct suan_buffer out = {0};
    struct suan_checkpoint checkpoint;
    char origin[SUAN_NOTE_NAME_MAX + 1];
    if (suan_checkpoint_parse(text, &checkpoint, NULL) != SUAN_OK)
        return;
    memcpy(origin, checkpoint.origin.data, checkpoint.origin.size);
    origin[checkpoint.origin.size] = '\0';
    suan_checkpoint_format(&out, origin, checkpoint.size, &checkpoint.root);
    require(suan_span_equal(text, suan_buffer_span(&out)));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct suan_span bytes = suan_span(data, size);
    struct suan_signed_note note;
    struct suan_note_key key;
    struct suan_error error;
    uint64_t time_s;

    try_key(bytes);
    if (suan_signed_note_parse(bytes, &note, &error) != SUAN_OK)
        return 0;
    require(note.text.data == data && note.signature_count > 0);
    try_checkpoint(note.text);
    if (suan_note_key_parse(
            suan_span_text("PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"), &key,
            &error) != SUAN_OK)
        abort();
    if (suan_signed_note_verify(&note, &key, &time_s, &error) == SUAN_OK)
        require(time_s == 0);
    return 0;
}
