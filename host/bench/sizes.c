/* Strata, sizes and weights, in integers. */
#include "sizes.h"

#include "trust/draw.h"

enum { LOG_BITS = 32, REDRAWS_MAX = 1000 };

/* log2(n) for n >= 1 with 32 fractional bits, by repeated squaring: truncated, monotone, the same everywhere.
 */
static uint64_t log2_fixed(uint64_t n)
{
    __extension__ typedef unsigned __int128 wide;
    unsigned whole = 63u - (unsigned)__builtin_clzll(n);
    uint64_t mantissa = n << (63 - whole), result = whole;
    for (int bit = 0; bit < LOG_BITS; bit++) {
        wide square = ((wide)mantissa * mantissa) >> 63;
        bool carry = (square >> 64) != 0;
        mantissa = (uint64_t)(carry ? square >> 1 : square);
        result = result << 1 | carry;
    }
    return result;
}

/* The smallest n in low .. high with log2(n) >= target; high if there is none. */
static uint64_t first_at_least(uint64_t low, uint64_t high, uint64_t target)
{
    while (low < high) {
        uint64_t middle = low + (high - low) / 2;
        if (log2_fixed(middle) >= target)
            high = middle;
        else
            low = middle + 1;
    }
    return low;
}

enum suan_status suan_sizes_strata(uint64_t min, uint64_t max, uint32_t count,
                                   uint64_t first[SUAN_SIZES_MAX + 1], struct suan_error *error)
{
    if (min < 1 || max > SUAN_SIZE_LIMIT || max < min || count < SUAN_SIZES_MIN || count > SUAN_SIZES_MAX ||
        max - min + 1 < count)
        return suan_error_set(error, SUAN_E_USAGE, "sizes.range", NULL,
                              "%u sizes from %llu to %llu cannot be drawn", count, (unsigned long long)min,
                              (unsigned long long)max);
    uint64_t low = log2_fixed(min), high = log2_fixed(max);
    first[0] = min;
    first[count] = max + 1;
    for (uint32_t i = 1; i < count; i++) {
        uint64_t bound = first_at_least(min, max, low + (high - low) / count * i);
        uint64_t least = first[i - 1] + 1, most = max + 1 - (count - i);
        first[i] = bound < least ? least : bound > most ? most : bound;
    }
    return SUAN_OK;
}

bool suan_sizes_is_prime(uint64_t n)
{
    if (n < 4)
        return n >= 2;
    if (n % 2 == 0)
        return false;
    for (uint64_t d = 3; d <= n / d; d += 2) {
        if (n % d == 0)
            return false;
    }
    return true;
}

static bool is_power_of_two(uint64_t n)
{
    return (n & (n - 1)) == 0;
}

/* Log-uniform on first .. end - 1, exactly: uniform, kept with probability first / n. */
static uint64_t draw_size(struct suan_draw *draw, uint64_t first, uint64_t end)
{
    for (int i = 0; i < REDRAWS_MAX; i++) {
        uint64_t n = first + suan_draw_below64(draw, end - first);
        if (suan_draw_below64(draw, n) < first)
            return n;
    }
    return first;
}

static void limit_powers(struct suan_draw *draw, const uint64_t *first, uint32_t count, uint64_t *sizes)
{
    uint32_t powers = 0;
    for (uint32_t i = 0; i < count; i++) {
        for (int turn = 0; turn < REDRAWS_MAX && is_power_of_two(sizes[i]) && powers >= count / 4; turn++)
            sizes[i] = draw_size(draw, first[i], first[i + 1]);
        powers += is_power_of_two(sizes[i]);
    }
}

/* The next prime after sizes[i] in its stratum, going round; false if there is none. */
static bool make_prime(const uint64_t *first, uint32_t i, uint64_t *sizes)
{
    uint64_t span = first[i + 1] - first[i];
    for (uint64_t step = 0; step < span && step < 2048; step++) {
        uint64_t n = first[i] + (sizes[i] - first[i] + step) % span;
        if (suan_sizes_is_prime(n) && !is_power_of_two(n)) {
            sizes[i] = n;
            return true;
        }
    }
    return false;
}

static bool has_prime(const uint64_t *sizes, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        if (suan_sizes_is_prime(sizes[i]))
            return true;
    }
    return false;
}

enum suan_status suan_sizes_draw(const struct suan_digest *master, uint64_t min, uint64_t max, uint32_t count,
                                 uint64_t sizes[SUAN_SIZES_MAX], struct suan_error *error)
{
    uint64_t first[SUAN_SIZES_MAX + 1];
    enum suan_status status = suan_sizes_strata(min, max, count, first, error);
    if (status != SUAN_OK)
        return status;
    struct suan_draw draw;
    suan_draw_init(&draw, suan_span(master->bytes, sizeof master->bytes), "sizes");
    for (uint32_t i = 0; i < count; i++)
        sizes[i] = draw_size(&draw, first[i], first[i + 1]);
    limit_powers(&draw, first, count, sizes);
    uint32_t start = suan_draw_below(&draw, count);
    for (uint32_t i = 0; i < count && !has_prime(sizes, count); i++)
        (void)make_prime(first, (start + i) % count, sizes);
    return SUAN_OK;
}

enum suan_status suan_sizes_weights(const uint32_t *weights_ppm, uint32_t n_weights, uint32_t count,
                                    uint32_t out_ppm[SUAN_SIZES_MAX], struct suan_error *error)
{
    uint64_t sum = 0;
    for (uint32_t i = 0; i < n_weights && n_weights <= SUAN_WEIGHTS_MAX; i++)
        sum += weights_ppm[i];
    if (sum != 1000000 || count < 1 || count > SUAN_SIZES_MAX)
        return suan_error_set(error, SUAN_E_USAGE, "sizes.weights", NULL,
                              "%u workload weights add up to %llu ppm instead of 1,000,000", n_weights,
                              (unsigned long long)sum);
    uint32_t given = 0;
    for (uint32_t g = 0; g < count; g++) {
        uint64_t share =
            0; /* in units of ppm / count: the strata have length n_weights and count of one grid */
        uint64_t begin = (uint64_t)g * n_weights, end = begin + n_weights;
        for (uint32_t j = 0; j < n_weights; j++) {
            uint64_t low = (uint64_t)j * count, high = low + count;
            uint64_t from = low > begin ? low : begin, to = high < end ? high : end;
            share += to > from ? weights_ppm[j] * (to - from) : 0;
        }
        out_ppm[g] = (uint32_t)(share / count);
        given += out_ppm[g];
    }
    out_ppm[count - 1] += 1000000 - given;
    return SUAN_OK;
}
