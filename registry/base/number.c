/* Overflow-checked arithmetic and the one rule by which any amount is split. */
#include "number.h"

#include <stddef.h>

bool suan_add_i64(int64_t a, int64_t b, int64_t *out)
{
    int64_t sum;
    if (__builtin_add_overflow(a, b, &sum))
        return false;
    *out = sum;
    return true;
}

bool suan_add_u64(uint64_t a, uint64_t b, uint64_t *out)
{
    uint64_t sum;
    if (__builtin_add_overflow(a, b, &sum))
        return false;
    *out = sum;
    return true;
}

bool suan_mul_u64(uint64_t a, uint64_t b, uint64_t *out)
{
    uint64_t product;
    if (__builtin_mul_overflow(a, b, &product))
        return false;
    *out = product;
    return true;
}

bool suan_mul_div(int64_t a, int64_t num, int64_t den, int64_t *out)
{
    if (a < 0 || num < 0 || den <= 0)
        return false;
    __extension__ typedef __int128 wide;
    wide result = (wide)a * num / den;
    if (result > INT64_MAX)
        return false;
    *out = (int64_t)result;
    return true;
}

enum { SPLIT_MAX = 4096 };

/* total * weight mod sum: what the floor left over, the rank in the second round. */
static int64_t remainder_of(int64_t total, int64_t weight, int64_t sum)
{
    __extension__ typedef __int128 wide;
    return (int64_t)((wide)total * weight % sum);
}

bool suan_split(int64_t total, const int64_t *weights, int64_t *parts, uint32_t count)
{
    int64_t sum = 0, given = 0;
    int64_t rests[SPLIT_MAX]; /* what each part's floor left over; -1 once it has got its unit */

    if (total < 0 || count == 0 || count > SPLIT_MAX)
        return false;
    for (uint32_t i = 0; i < count; i++) {
        if (weights[i] < 0 || !suan_add_i64(sum, weights[i], &sum))
            return false;
    }
    if (sum <= 0 || sum >= INT64_C(1) << 62)
        return false;
    for (uint32_t i = 0; i < count; i++) {
        if (!suan_mul_div(total, weights[i], sum, &parts[i]))
            return false;
        rests[i] = remainder_of(total, weights[i], sum);
        given += parts[i];
    }
    for (int64_t left = total - given; left > 0; left--) {
        uint32_t best = 0;
        for (uint32_t i = 1; i < count; i++) {
            if (rests[i] > rests[best])
                best = i;
        }
        rests[best] = -1;
        parts[best]++;
    }
    return true;
}
