#ifndef SUAN_BENCH_JOB_H
#define SUAN_BENCH_JOB_H

/*
 * Inside this folder only: jobs of a batch. The host generates a job's inputs through the task's own worker
 * and keeps them; it takes each side's outputs as they were at the reply, and has the task judge them against
 * its own copy.
 */
#include "engine/guest.h"
#include "seed.h"

struct bench_tensors {
    uint32_t count;
    struct suan_tensor items[SUAN_MAX_PORTS];
    int64_t shapes[SUAN_MAX_PORTS][SUAN_MAX_RANK], strides[SUAN_MAX_PORTS][SUAN_MAX_RANK];
    void *owned[SUAN_MAX_PORTS]; /* NULL: the data is another's */
};
uint64_t
bench_tensor_bytes(const struct suan_tensor *tensor); /* compact; shapes have been validated by the engine */
void bench_tensors_init(struct bench_tensors *tensors, uint32_t count);
void bench_tensors_done(struct bench_tensors *tensors);

/* The task's worker and the inputs that all jobs of a worker share. */
struct bench_task {
    struct suan_guest *guest;
    const struct suan_task_info *info;
    struct bench_tensors prepared; /* the first n_prepared inputs, of the current load */
    struct suan_digest prepared_sha;
    uint8_t load[16];
    bool has_load;
};

enum bench_answer { BENCH_NONE, BENCH_ANSWERED, BENCH_FAILED, BENCH_CHANGED };

struct bench_job {
    struct suan_job_name name;
    struct suan_guest_job task_job;
    struct bench_tensors in; /* prepared ones borrowed from the task */
    struct suan_digest in_sha;
    struct bench_tensors out[2]; /* by side */
    struct suan_digest out_sha[2];
    enum bench_answer answer[2];
    struct suan_verdict verdict[2];
};

/* Generates the job. Its load may differ from the last one's only if no other job is alive. Errors: the
 * engine's. */
SUAN_MUST_USE enum suan_status bench_job_make(struct bench_task *task, const struct suan_digest *master,
                                              const struct suan_job_name *name, uint64_t size,
                                              struct bench_job *out, struct suan_error *error);
void bench_job_done(struct bench_job *job);
/* Judges the outputs of both sides that answered; equal answers are judged once. Errors: the task failed to
 * judge. */
SUAN_MUST_USE enum suan_status bench_job_check(struct bench_task *task, struct bench_job *job,
                                               struct suan_error *error);

void bench_task_close(struct bench_task *task);

#endif
