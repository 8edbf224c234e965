#ifndef SUAN_POLICY_AMOUNT_H
#define SUAN_POLICY_AMOUNT_H

/* Inside this folder only: amounts in fen, 0 to SUAN_JSON_INTEGER_MAX, and shares of them. */
#include "base/number.h"

#define SUAN_FEN_MAX SUAN_JSON_INTEGER_MAX

/* floor(amount * num / den) without an intermediate that overflows: 0 <= num <= den <= 2 * 10^6. */
static inline int64_t portion(int64_t amount, int64_t num, int64_t den)
{
    return amount / den * num + amount % den * num / den;
}

static inline int64_t least(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

/* What is left, never below nothing. */
static inline int64_t rest(int64_t whole, int64_t used)
{
    return whole > used ? whole - used : 0;
}

#endif
