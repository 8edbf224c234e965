#ifndef SUAN_PERF_STAND_H
#define SUAN_PERF_STAND_H

/* What the performance programs of the engine share: the fixture `touch`, pinning, calm values, one JSON line
 * per figure. */
#include "engine/guest.h"

/* Prints what failed and exits with 1. */
void perf_must(enum suan_status status, const struct suan_error *error, const char *what);
struct suan_engine *perf_engine(const char *const *switches);
/* cpu < 0: not pinned. `require` as in the options. */
struct suan_guest *perf_guest(struct suan_engine *engine, enum suan_guest_home home, int cpu,
                              enum suan_isolation_level require, enum suan_guest_zygote zygote,
                              uint32_t spares);
void perf_pin(int cpu);
/* Sorts and returns the tenth percentile: what it takes when no neighbour disturbs. Peers are taken the same
 * way. */
double perf_calm(double *values, size_t count);

enum perf_goal { PERF_RATIO, PERF_DIFFERENCE };
/* Prints the figure; `most` is the largest ratio or difference that meets the goal. */
void perf_report(const char *id, const char *unit, double value, const char *peer, double peer_value,
                 enum perf_goal goal, double most);

/* A vector of `n` doubles at `data`. */
struct perf_tensor {
    struct suan_tensor tensor;
    int64_t shape[8], strides[8];
};
void perf_vector(struct perf_tensor *out, void *data, int64_t n);

#endif
