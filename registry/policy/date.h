#ifndef SUAN_POLICY_DATE_H
#define SUAN_POLICY_DATE_H

/*
 * Civil days of UTC+8 (Asia/Shanghai, which has no daylight saving) as a number of days since 1970-01-01.
 * Years are 1 to 9999 of the Gregorian calendar. Pure; there is no clock here.
 */
#include "base/span.h"

#define SUAN_DAY_NONE INT32_MIN /* no day stated */

/* "YYYY-MM-DD", a day that exists. */
bool suan_day_parse(struct suan_span text, int32_t *out_day);
/* "YYYY-MM-DDThh:mm:ssZ": the UTC+8 day on which that moment falls. */
bool suan_day_parse_moment(struct suan_span text, int32_t *out_day);
/* The UTC+8 day of a time in nanoseconds since 1970. */
int32_t suan_day_of_time(uint64_t time_ns);

int32_t suan_day_year(int32_t day);
/* True if a term from `start` to `end`, both counted, is no longer than a year: `end` comes before the same
   day of the next year (29 February counts as 1 March there). */
bool suan_day_within_one_year(int32_t start, int32_t end);
/* "YYYY-MM-DD" and a NUL. */
void suan_day_format(int32_t day, char out[11]);

#endif
