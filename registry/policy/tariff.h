#ifndef SUAN_POLICY_TARIFF_H
#define SUAN_POLICY_TARIFF_H

/* A dated price of a CPU-hour, `suan.tariff/1`. For a day without a tariff there are no yuan. Pure. */
#include "base/json.h"
#include "date.h"

enum { SUAN_TARIFF_FILE_MAX = 65536 };

struct suan_tariff {
    char id[65], source[513];
    int32_t from, until; /* inclusive; INT32_MAX when open */
    int64_t fen_per_cpu_hour;
};

/* Errors: FORMAT "policy.bad-amount", "policy.bad-date", "policy.bad-field", naming the field. */
SUAN_MUST_USE enum suan_status suan_tariff_parse(struct suan_span text, const char *name,
                                                 struct suan_tariff *out, struct suan_error *error);
/* The one in force on that day, the latest `from` first, ties to the later in the array; NULL if none. */
const struct suan_tariff *suan_tariff_find(const struct suan_tariff *tariffs, size_t count, int32_t day);
/* floor(ns * fen_per_hour / (3.6 * 10^12)) through 128 bits; false beyond 2^53 - 1 or for a negative
 * argument. */
bool suan_tariff_fen(int64_t ns, int64_t fen_per_hour, int64_t *out_fen);

#endif
