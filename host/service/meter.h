#ifndef SUAN_SERVICE_METER_H
#define SUAN_SERVICE_METER_H

/*
 * Inside this folder only: metering of one solver. Calls are counted by size and outcome, in memory. CPU time
 * is read over intervals of a quarter of a second, never per call, and spread over an interval's jobs by what
 * the attested measurement says a job of each size costs. A thread of the meter's own says when an interval
 * is over and writes the period down about once a second (journal.h), so that a kill loses no more.
 */
#include "journal.h"

struct meter;

/* What is metered. */
struct meter_subject {
    const char *id, *version, *task, *level;
    enum journal_home home;
    struct suan_digest tar, measurement;
    const struct suan_receipt_basis *basis;
};
/* CPU time spent for the solver so far. Readings of two sources are not compared: another thread of the
   caller's, or a fresh worker. */
struct meter_reading {
    uint64_t cpu_ns, source;
};
struct meter_clock {
    enum suan_status (*read)(void *context, struct meter_reading *out, struct suan_error *error);
    void *context;
};

/* Takes a place in the journal and goes on with the period in it. Errors: those of journal_open; FORMAT if
 * the period there cannot be read. */
SUAN_MUST_USE enum suan_status meter_open(const char *journal, const struct meter_subject *subject,
                                          const struct meter_clock *clock, struct meter **out,
                                          struct suan_error *error);
/* Writes the period down; in a forked child, where it is the parent's, only frees. Takes NULL. */
void meter_close(struct meter *meter);

enum meter_outcome { METER_DONE, METER_FAILED };
/* One call of that size. A few nanoseconds, unless an interval ends. [the calling thread] */
void meter_count(struct meter *meter, int64_t size, enum meter_outcome outcome);

/* Whether this call is to be repeated as a shadow run; about shadow_rate_ppm of all, unpredictable for the
   plugin. After the thirty pairs that a bound needs, none are drawn while shadows cost more than 5 % of the
   period's CPU time. [the calling thread] */
bool meter_draws(struct meter *meter);
/* What a shadow run found; `cost_ns` is all the CPU time it took. [any thread] */
void meter_shadow(struct meter *meter, const struct suan_receipt_pair *pair, int64_t cost_ns);

/*
 * The period so far as a receipt with its saving, for the user. `scores`, `class`: of this machine now.
 * NOT_FOUND "meter.empty" if nothing was metered. The period goes on until meter_next. [the calling thread]
 */
SUAN_MUST_USE enum suan_status meter_receipt(struct meter *meter, const char *user,
                                             const struct suan_digest *class, const int64_t *scores,
                                             size_t score_count, struct suan_receipt **out,
                                             struct suan_error *error);
/* Keeps the signed envelope of that receipt in the journal and begins the next period. */
SUAN_MUST_USE enum suan_status meter_next(struct meter *meter, const struct suan_receipt *receipt,
                                          const struct suan_digest *digest, struct suan_span envelope,
                                          struct suan_error *error);

#endif
