#ifndef SUAN_BENCH_PLAN_H
#define SUAN_BENCH_PLAN_H

/* `suan.plan/1`: what will be measured, said in the log before it is. Pure. */
#include "measurement.h"

enum { SUAN_PLAN_SIZE_MAX = 8192 };

struct suan_plan {
    struct suan_party release, baseline;
    char task[101];
    struct suan_digest contract, class, commit;
    enum suan_mode mode;
    uint32_t attempt;
};

/* Appends the canonical document. */
SUAN_MUST_USE enum suan_status suan_plan_format(const struct suan_plan *plan, struct suan_buffer *out,
                                                struct suan_error *error);
/* Errors: FORMAT "json.…". */
SUAN_MUST_USE enum suan_status suan_plan_parse(struct suan_span text, struct suan_plan *out,
                                               struct suan_error *error);

#endif
