#ifndef SUAN_BASE_NUMBER_H
#define SUAN_BASE_NUMBER_H

/* Checked integers. JSON carries integers within +-(2^53 - 1); money is int64_t fen inside that range. */
#include <stdbool.h>
#include <stdint.h>

#define SUAN_JSON_INTEGER_MAX INT64_C(9007199254740991)

/* True and the result, or false on overflow (the result is then not written). */
bool suan_add_i64(int64_t a, int64_t b, int64_t *out);
bool suan_add_u64(uint64_t a, uint64_t b, uint64_t *out);
bool suan_mul_u64(uint64_t a, uint64_t b, uint64_t *out);

/* floor(a * num / den) for a, num >= 0 and den > 0, through 128 bits; false if the result exceeds INT64_MAX. */
bool suan_mul_div(int64_t a, int64_t num, int64_t den, int64_t *out);

/* Largest remainder: splits `total` >= 0 by non-negative `weights` (sum > 0, below 2^62; count <= 4096) into `parts`,
   whose sum is exactly `total`. Each gets its floor; the rest goes one by one to the largest remainders, ties to the
   earlier. False if the arguments are outside that. */
bool suan_split(int64_t total, const int64_t *weights, int64_t *parts, uint32_t count);

#endif
