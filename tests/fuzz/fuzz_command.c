/* Commands, as strangers hand them in: what parses is canonical, and parses again to the same. */
#include <stdlib.h>

#include "catalog/event.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct suan_command command;
    struct suan_buffer again = {0};
    struct suan_span bytes = suan_span(data, size);
    if (suan_command_parse(bytes, &command, NULL) != SUAN_OK)
        return 0;
    if (suan_event_name(command.kind) == NULL || !suan_ident_is_valid(command.by) ||
        suan_json_format(command.body, SUAN_JSON_STYLE_CANONICAL, &again, NULL) != SUAN_OK ||
        !suan_span_equal(bytes, suan_buffer_span(&again)))
        abort();
    suan_buffer_done(&again);
    suan_command_done(&command);
    return 0;
}
