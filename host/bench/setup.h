#ifndef SUAN_BENCH_SETUP_H
#define SUAN_BENCH_SETUP_H

/* Inside this folder only: from a request to a session that is ready to begin, and back. */
#include "state.h"

SUAN_MUST_USE enum suan_status bench_setup(struct bench_session *session,
                                           const struct suan_session_request *request,
                                           struct suan_measurement *measurement, struct suan_rows *rows,
                                           struct suan_error *error);
void bench_teardown(struct bench_session *session);

#endif
