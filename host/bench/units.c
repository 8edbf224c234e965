/* From CPU time to P·s, yuan and ratios. */
#include "units.h"

#include "base/number.h"

static bool scale(int64_t value, int64_t num, int64_t den, int64_t *out)
{
    int64_t result;
    if (!suan_mul_div(value, num, den, &result) || result > SUAN_JSON_INTEGER_MAX)
        return false;
    *out = result;
    return true;
}

bool suan_units_p_us(int64_t cpu_ns, int64_t rate_mflops, int64_t *out_p_us)
{
    return scale(cpu_ns, rate_mflops, INT64_C(1000000000000), out_p_us);
}

bool suan_units_fen(int64_t cpu_ns, int64_t fen_per_cpu_hour, int64_t *out_fen)
{
    return scale(cpu_ns, fen_per_cpu_hour, INT64_C(3600000000000), out_fen);
}

int64_t suan_units_ppm(int64_t part, int64_t whole)
{
    __extension__ typedef __int128 wide;
    wide ratio = ((wide)part * 1000000 + whole - 1) / whole;
    return ratio > SUAN_JSON_INTEGER_MAX ? SUAN_JSON_INTEGER_MAX : (int64_t)ratio;
}
