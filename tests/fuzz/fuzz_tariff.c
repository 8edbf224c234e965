/* Tariffs. One that is accepted prices a CPU-hour at what it says. */
#include <stdlib.h>

#include "policy/tariff.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct suan_tariff tariff;
    struct suan_error error = {0};
    int64_t fen = 0;
    enum suan_status status = suan_tariff_parse(suan_span(data, size), "fuzz", &tariff, &error);
    if (status != SUAN_OK)
        return status == error.status && error.code != NULL ? 0 : (abort(), 0);
    if (tariff.until < tariff.from || suan_tariff_find(&tariff, 1, tariff.from) != &tariff ||
        suan_tariff_find(&tariff, 1, tariff.from - 1) != NULL)
        abort();
    if (!suan_tariff_fen(INT64_C(3600000000000), tariff.fen_per_cpu_hour, &fen) ||
        fen != tariff.fen_per_cpu_hour)
        abort();
    return 0;
}
