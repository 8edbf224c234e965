#ifndef SUAN_BENCH_GATE_H
#define SUAN_BENCH_GATE_H

/*
 * The rows of the conformance check that need a worker: R29 passes in each size, R36 inputs are read-only,
 * R37 two poisons one result, R39 wrong tensors are refused; and "repeat", that a repeated input is not
 * answered faster. The session runs them on the plugin before anything is timed; `suan check` runs them
 * alone.
 */
#include "session.h"

/* Appends the rows to measurement->checks; outcome and reason say what failed. The request's mode, seed and
   sizes apply; no session log is touched. */
SUAN_MUST_USE enum suan_status suan_gate_run(const struct suan_session_request *request,
                                             struct suan_measurement **out, struct suan_error *error);

#endif
