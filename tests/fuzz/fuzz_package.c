/* A package from a stranger. The first byte says whether the rest is the file, or the tar inside it: no fuzzer finds its
   way through zstd's checksum. What is accepted must hold together: every content within the tar, and encoding gives
   the same bytes again. */
#include <stdint.h>
#include <stdlib.h>

#include "package/reading.h"
#include "package/screen.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(const struct suan_package *package)
{
    const struct suan_tar *tar = suan_package_tar(package);
    struct suan_buffer again = {0};
    if (suan_tar_write(tar->entries, tar->count, &again, NULL) == SUAN_OK) {
        struct suan_digest digest = suan_sha256(suan_buffer_span(&again)),
                           identity = suan_package_tar_sha256(package);
        if (!suan_digest_equal(&digest, &identity))
            abort();
    }
    suan_buffer_done(&again);
    if (suan_package_screen(package, NULL) != SUAN_E_REFUSED &&
        suan_package_manifest(package)->n_variants == 0)
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct suan_package *package = NULL;
    if (size == 0)
        return 0;
    enum suan_status status;
    if (data[0] == 0) {
        status = suan_package_open(suan_span(data + 1, size - 1), &package, NULL);
    } else {
        struct suan_buffer tar = {0};
        suan_buffer_append(&tar, data + 1, size - 1);
        struct suan_digest identity = suan_sha256(suan_buffer_span(&tar));
        status = suan_package_open_tar(&tar, &identity, &package, NULL);
        suan_buffer_done(&tar);
    }
    if (status == SUAN_OK)
        check(package);
    suan_package_free(package);
    return 0;
}
