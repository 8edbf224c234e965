/* The note of any bytes: 1,024 bytes are a descriptor, anything else an object. Texts that are accepted are closed. */
#include <stdint.h>
#include <stdlib.h>

#include "package/note.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct suan_plugin_note note;
    struct suan_span bytes = suan_span(data, size);
    enum suan_status status = size == SUAN_NOTE_BYTES ? suan_plugin_note_decode(bytes, &note, NULL)
                                                      : suan_plugin_note_read(bytes, &note, NULL);
    if (status != SUAN_OK)
        return 0;
    if (strlen(note.id) >= sizeof note.id || strlen(note.version) >= sizeof note.version)
        abort();
    struct suan_error error;
    if (suan_plugin_note_check_fields(&note, &error) == SUAN_OK && note.n_tasks > 8)
        abort();
    if (suan_plugin_note_check_host(&note, &error) == SUAN_OK && note.abi_major != SUAN_ABI_MAJOR)
        abort();
    return 0;
}
