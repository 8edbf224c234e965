/* suan.json from a stranger: whatever is accepted is canonical, so that parsing what it formats gives it again. */
#include <stdint.h>
#include <stdlib.h>

#include "package/manifest.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct suan_manifest *manifest = NULL;
    struct suan_error error;
    if (suan_manifest_parse(suan_span(data, size), &manifest, &error) != SUAN_OK)
        return 0;
    struct suan_buffer text = {0};
    if (suan_json_format(suan_manifest_json(manifest), SUAN_JSON_STYLE_CANONICAL, &text, NULL) == SUAN_OK &&
        !suan_span_equal(suan_buffer_span(&text), suan_span(data, size)))
        abort();
    uint8_t key[SUAN_VERSION_KEY_MAX];
    if (suan_package_version_key(manifest->version, key) == 0 || manifest->n_variants == 0 ||
        manifest->n_tasks == 0)
        abort();
    suan_buffer_done(&text);
    suan_manifest_free(manifest);
    return 0;
}
