/* The proleptic Gregorian calendar, counted from 1 March so that the leap day comes last. */
#include "date.h"

#include <stdio.h>

struct civil {
    int32_t year, month, day;
};

static int32_t days_of(int32_t year, int32_t month, int32_t day)
{
    year -= month <= 2;
    int32_t era = (year >= 0 ? year : year - 399) / 400;
    int32_t of_era = year - era * 400;
    int32_t of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
    return era * 146097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719468;
}

static struct civil civil_of(int32_t days)
{
    days += 719468;
    int32_t era = (days >= 0 ? days : days - 146096) / 146097;
    int32_t of_era = days - era * 146097;
    int32_t year = (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
    int32_t of_year = of_era - (365 * year + year / 4 - year / 100);
    int32_t shifted = (5 * of_year + 2) / 153;
    int32_t month = shifted < 10 ? shifted + 3 : shifted - 9;
    return (struct civil){year + era * 400 + (month <= 2), month, of_year - (153 * shifted + 2) / 5 + 1};
}

static bool digits(const uint8_t *text, int count, int32_t *out)
{
    int32_t value = 0;
    for (int i = 0; i < count; i++) {
        if (text[i] < '0' || text[i] > '9')
            return false;
        value = value * 10 + (text[i] - '0');
    }
    *out = value;
    return true;
}

bool suan_day_parse(struct suan_span text, int32_t *out_day)
{
    struct civil c;
    if (text.size != 10 || text.data[4] != '-' || text.data[7] != '-' || !digits(text.data, 4, &c.year) ||
        !digits(text.data + 5, 2, &c.month) || !digits(text.data + 8, 2, &c.day))
        return false;
    if (c.year < 1 || c.month < 1 || c.month > 12 || c.day < 1)
        return false;
    int32_t day = days_of(c.year, c.month, c.day);
    struct civil same = civil_of(day);
    if (same.month != c.month || same.day != c.day)
        return false;
    *out_day = day;
    return true;
}

bool suan_day_parse_moment(struct suan_span text, int32_t *out_day)
{
    int32_t day, hour, minute, second;
    if (text.size != 20 || text.data[10] != 'T' || text.data[13] != ':' || text.data[16] != ':' ||
        text.data[19] != 'Z' || !suan_day_parse(suan_span(text.data, 10), &day))
        return false;
    if (!digits(text.data + 11, 2, &hour) || !digits(text.data + 14, 2, &minute) ||
        !digits(text.data + 17, 2, &second) || hour > 23 || minute > 59 || second > 59)
        return false;
    *out_day = day + (hour >= 16);
    return true;
}

int32_t suan_day_of_time(uint64_t time_ns)
{
    const uint64_t second_ns = UINT64_C(1000000000);
    return (int32_t)((time_ns / second_ns + 8 * 3600) / 86400);
}

int32_t suan_day_year(int32_t day)
{
    return civil_of(day).year;
}

bool suan_day_within_one_year(int32_t start, int32_t end)
{
    struct civil c = civil_of(start);
    return end < days_of(c.year + 1, c.month, c.day);
}

void suan_day_format(int32_t day, char out[11])
{
    struct civil c = civil_of(day);
    unsigned year = (unsigned)c.year % 10000, month = (unsigned)c.month % 100, dom = (unsigned)c.day % 100;
    snprintf(out, 11, "%04u-%02u-%02u", year, month, dom);
}
