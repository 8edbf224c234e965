#ifndef SUAN_BENCH_REPLAY_H
#define SUAN_BENCH_REPLAY_H

/* Recomputing a measurement from its folder without running any algorithm. */
#include "measurement.h"
#include "session.h"
#include "trust/sshkey.h"

/*
 * Reads DIR/measurement.json and DIR/jobs.csv.zst and recomputes commitment, seed, sizes, A/A, grid, saving
 * and digests; reals of the fit may differ by 2 ppm. An envelope that is there must hold this very
 * measurement, and be signed by `key` if one is given. The measurement is the caller's. Errors: INTEGRITY
 * "replay.difference" naming the first field that differs; FORMAT, REFUSED and NOT_FOUND for files that are
 * not what they should be.
 */
SUAN_MUST_USE enum suan_status suan_replay_folder(const char *folder, const struct suan_public_key *key,
                                                  struct suan_measurement **out, struct suan_error *error);

/* The pure part: the same over documents. `envelope` may be empty. */
SUAN_MUST_USE enum suan_status suan_replay(struct suan_span measurement, struct suan_span rows_zst,
                                           struct suan_span envelope, const struct suan_public_key *key,
                                           struct suan_measurement **out, struct suan_error *error);

/*
 * Generates the inputs of all A/A and main rows again, by the task's generator in a sealed worker, and
 * compares their digests: INTEGRITY "replay.difference" naming the row. No algorithm runs. About as long as
 * the session took to generate.
 */
SUAN_MUST_USE enum suan_status suan_replay_inputs(const struct suan_measurement *measurement,
                                                  const struct suan_rows *rows, struct suan_engine *engine,
                                                  const struct suan_session_party *task,
                                                  struct suan_error *error);
/* The rows of DIR/jobs.csv.zst, for that; suan_replay_folder has judged them. */
SUAN_MUST_USE enum suan_status suan_replay_rows(const char *folder, struct suan_rows *out,
                                                struct suan_error *error);

#endif
