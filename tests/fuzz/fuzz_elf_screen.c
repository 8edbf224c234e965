/* Screening of any bytes: a row for everything, no crash, and a report that can be written. */
#include <stdint.h>
#include <stdlib.h>

#include "package/screen.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct suan_screening screening;
    suan_screen(suan_span(data, size), NULL, NULL, &screening);
    struct suan_buffer text = {0};
    struct suan_json *json = suan_screen_json(&screening);
    for (size_t i = 0; i < SUAN_SCREEN_ROWS; i++) {
        if (screening.rows[i].id == NULL)
            abort();
    }
    if (suan_json_format(json, SUAN_JSON_STYLE_CANONICAL, &text, NULL) != SUAN_OK)
        abort();
    suan_json_release(json);
    suan_buffer_done(&text);
    return 0;
}
