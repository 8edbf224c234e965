#ifndef SUAN_BENCH_SESSIONS_H
#define SUAN_BENCH_SESSIONS_H

/*
 * The machine's own record of its sessions, `sessions.jsonl`: append-only, each line canonical JSON with the
 * SHA-256 of the line before, synced. A session writes one line before its first timed job and one at its
 * end; one without an end was aborted, and counts. The log also remembers how well A/A measurements went:
 * that is where eps comes from.
 */
#include "measurement.h"

enum { SUAN_SESSIONS_SIZE_MAX = 67108864, SUAN_SESSIONS_LINE_MAX = 4096, SUAN_SESSIONS_HISTORY = 50 };

struct suan_session_begin {
    char id[33];
    struct suan_digest release, task, class, plan; /* plan all zero: unlogged */
    enum suan_mode mode;
    uint64_t time_ns;
};
struct suan_session_end {
    char id[33];
    enum suan_outcome outcome;
    bool has_aa;
    int64_t aa_ratio_ppm; /* 10^6 + bias */
    struct suan_digest class;
    struct suan_digest raw; /* of jobs.csv */
    uint64_t time_ns;
};

/* What the log says, read and checked as a whole. */
struct suan_sessions_state {
    struct suan_digest head; /* SHA-256 of the last line; all zero when empty */
    uint64_t lines, aborted; /* sessions without an end */
    int64_t eps_ppm;         /* from the class's last A/As */
    int64_t aa_count;
};

/* Reads the log (a missing one is empty); `class` selects the A/A history. Errors: INTEGRITY "sessions.chain"
   naming the line, IO. */
SUAN_MUST_USE enum suan_status suan_sessions_read(const char *path, const struct suan_digest *class,
                                                  struct suan_sessions_state *out, struct suan_error *error);
/* Appends a line under an exclusive lock, synced; checks the chain first. `out_prev` (may be NULL): the line
 * before. */
SUAN_MUST_USE enum suan_status suan_sessions_begin(const char *path, const struct suan_session_begin *begin,
                                                   struct suan_digest *out_prev, struct suan_error *error);
SUAN_MUST_USE enum suan_status suan_sessions_end(const char *path, const struct suan_session_end *end,
                                                 struct suan_error *error);
/* How many sessions of this release, task and class ended (or were aborted), those that were noisy not
 * counted. */
SUAN_MUST_USE enum suan_status suan_sessions_attempts(const char *path, const struct suan_digest *release,
                                                      const struct suan_digest *task,
                                                      const struct suan_digest *class, uint32_t *out_count,
                                                      struct suan_error *error);

#endif
