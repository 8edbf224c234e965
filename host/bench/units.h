#ifndef SUAN_BENCH_UNITS_H
#define SUAN_BENCH_UNITS_H

/* CPU nanoseconds are the currency; what else a saving is called follows from them, rounded down once. Pure.
 */
#include <stdbool.h>
#include <stdint.h>

/* 10^-6 P·s = floor(cpu_ns * rate_mflops / 10^12), where a P is 10^15 FP64 operations a second, dense and
   measured
   (`suan-cal/1`). False for negative values or a result beyond 2^53 - 1. */
bool suan_units_p_us(int64_t cpu_ns, int64_t rate_mflops, int64_t *out_p_us);

/* floor(cpu_ns * fen_per_cpu_hour / 3.6e12) fen, with the price from a tariff. False as above. */
bool suan_units_fen(int64_t cpu_ns, int64_t fen_per_cpu_hour, int64_t *out_fen);

/* ceil(10^6 * part / whole) for part >= 0, whole > 0: a ratio is never stated too small. Saturates at 2^53
 * - 1. */
int64_t suan_units_ppm(int64_t part, int64_t whole);

#endif
