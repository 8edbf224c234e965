#ifndef TESTS_PLUGINS_HOST_H
#define TESTS_PLUGINS_HOST_H

/*
 * The smallest host that can hold a plugin: in this process, without any defence. Whatever the host itself
 * cannot do (no such file, no memory) ends the test by an assertion; what the plugin does comes back as its
 * status.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <suan/plugin.h>

/* Up to 16 tensors with their shapes, strides and data; everything is owned. Copy it by host_copy alone: the
   tensors point into the struct. */
struct tensors {
    uint32_t n;
    struct suan_tensor t[SUAN_MAX_PORTS];
    int64_t shape[SUAN_MAX_PORTS][SUAN_MAX_RANK];
    int64_t strides[SUAN_MAX_PORTS][SUAN_MAX_RANK];
    uint64_t capacity[SUAN_MAX_PORTS]; /* bytes behind data */
};

/* A loaded algorithm, or the incumbent of a task, and one instance of it. */
struct solver {
    const struct suan_algorithm *algorithm;
    struct suan_instance *instance;
    uint64_t heap_calls; /* of the last run; stays 0 where the test program cannot count */
};

struct referee {
    const struct suan_task *task;
    struct suan_instance *instance;
};

extern const struct suan_host test_host;
extern char test_host_error[SUAN_MAX_ERROR_BYTES]; /* the last set_error */

/* The plugin of that name in the stage, in the best variant for this CPU, or in the plainest. */
const struct suan_plugin *host_load(const char *name);
const struct suan_plugin *host_load_plain(const char *name);
bool host_cpu_runs_best(void);

struct referee host_referee(const struct suan_plugin *plugin);
void host_referee_done(struct referee *referee);
struct solver host_solver(const struct suan_algorithm *algorithm, const char *task);
void host_solver_done(struct solver *solver);

/* A seed whose load part comes from `load`, and whose job part from both. */
void host_seed(uint8_t seed[32], uint32_t load, uint32_t job);

/* Plans, allocates and generates. */
void host_generate(const struct referee *referee, const uint8_t seed[32], uint64_t size,
                   struct tensors *out_in);
int32_t host_check(const struct referee *referee, const uint8_t seed[32], uint64_t size,
                   const struct tensors *in, const struct tensors *out, struct suan_verdict *verdict);

int32_t host_prepare(struct solver *solver, const struct referee *referee, const struct tensors *in);
/* infer, workspace, run; outputs and scratch are filled with `poison` before. On failure *out is empty. */
int32_t host_run(struct solver *solver, const struct tensors *in, uint32_t n_out, uint8_t poison,
                 struct tensors *out);

void host_copy(const struct tensors *from, struct tensors *out_copy);
void host_tensors_done(struct tensors *tensors);
/* Sets up tensor i with that type and shape, data zeroed. */
void host_tensor(struct tensors *tensors, uint32_t i, uint64_t type, int32_t rank, const int64_t *extents);

/* Heap calls of this process so far; counted only in plain builds. */
uint64_t host_heap_calls(void);

#endif
