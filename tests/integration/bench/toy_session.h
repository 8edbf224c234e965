#ifndef SUAN_TESTS_TOY_SESSION_H
#define SUAN_TESTS_TOY_SESSION_H

/* Sessions of the toy task with real workers and a tiny plan. */
#include "bench/session.h"

struct toy {
    struct suan_engine *engine;
    struct suan_buffer task, algorithm;
    struct suan_session_request request;
    char folder[64], sessions[96];
};

/* `algorithm` names a toy plugin: "fast", "same", "wrong" … */
void toy_open(struct toy *toy, const char *algorithm);
void toy_close(struct toy *toy);
/* Runs the session; the caller frees. */
struct suan_measurement *toy_run(struct toy *toy, struct suan_rows *out_rows);
/* Children of this process, of any depth. */
unsigned toy_processes(void);

#endif
