#ifndef SUAN_SERVICE_METER_H
#define SUAN_SERVICE_METER_H

/*
 * Inside this folder only: metering of one solver. Jobs are counted by size; CPU time is read over intervals
 * of at least 50 ms, never per call, and spread over an interval's jobs by what the attested measurement says
 * a job of each size costs. The state of the period lies in JOURNAL/<digest>.json (in process:
 * <digest>-inprocess.json), replaced at most once a second, so that a kill loses no more.
 */
#include "voucher/receipt.h"

struct meter;

/* What is metered. */
struct meter_subject {
    const char *user; /* filled in when the receipt is closed; may be NULL */
    const char *id, *version, *task, *level;
    struct suan_digest tar, measurement;
    const struct suan_receipt_basis *basis;
};
/* Reads CPU time spent for the solver so far, ns. */
struct meter_clock {
    enum suan_status (*read)(void *context, uint64_t *out_ns, struct suan_error *error);
    void *context;
};

/* Takes the journal of this release for this process and goes on with the period in it. LOCKED "meter.locked"
   if another process has it. */
SUAN_MUST_USE enum suan_status meter_open(const char *journal, const struct meter_subject *subject,
                                          const struct meter_clock *clock, struct meter **out,
                                          struct suan_error *error);
/* Writes the state down. Takes NULL. */
void meter_close(struct meter *meter);

enum meter_outcome { METER_DONE, METER_FAILED };
/* One call of that size. A few nanoseconds, unless an interval ends. */
void meter_count(struct meter *meter, int64_t size, enum meter_outcome outcome);
/* CPU time so far belongs to nobody's jobs (loading, preparing, a fresh worker): begin the interval anew. */
void meter_restart(struct meter *meter);

/* Whether this call is to be repeated as a shadow run; about shadow_rate_ppm of all, unpredictable for the
 * plugin. */
bool meter_draws(struct meter *meter);
/* What a shadow run found; `cost_ns` is all the CPU time it took. [any thread] */
void meter_shadow(struct meter *meter, const struct suan_receipt_pair *pair, int64_t cost_ns);

/*
 * Ends the period: the receipt with its saving, for the user; the next period begins once meter_next is told
 * the digest of what was signed. `scores`, `class`: of this machine now. NOT_FOUND "meter.empty" if nothing
 * was metered.
 */
SUAN_MUST_USE enum suan_status meter_receipt(struct meter *meter, const char *user,
                                             const struct suan_digest *class, const int64_t *scores,
                                             size_t score_count, struct suan_receipt **out,
                                             struct suan_error *error);
SUAN_MUST_USE enum suan_status meter_next(struct meter *meter, const struct suan_digest *receipt,
                                          struct suan_error *error);

/* What the journal folder holds: {"periods": [{id, version, task, jobs, cpu_ns, pairs, sequence}]}. */
SUAN_MUST_USE enum suan_status meter_list(const char *journal, struct suan_json **out,
                                          struct suan_error *error);

#endif
