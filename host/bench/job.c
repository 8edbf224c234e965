/* Making, keeping and judging jobs. */
#include "job.h"

#include <stdlib.h>

#include "base/cleanup.h"

uint64_t bench_tensor_bytes(const struct suan_tensor *tensor)
{
    uint64_t bytes = tensor->dtype.bits / 8;
    for (int32_t i = 0; i < tensor->ndim; i++)
        bytes *= (uint64_t)tensor->shape[i];
    return bytes;
}

void bench_tensors_init(struct bench_tensors *tensors, uint32_t count)
{
    memset(tensors, 0, sizeof *tensors);
    tensors->count = count;
    for (uint32_t i = 0; i < count; i++) {
        tensors->items[i].shape = tensors->shapes[i];
        tensors->items[i].strides = tensors->strides[i];
        tensors->items[i].device_type = SUAN_DEVICE_CPU;
    }
}

void bench_tensors_done(struct bench_tensors *tensors)
{
    for (uint32_t i = 0; i < tensors->count; i++)
        free(tensors->owned[i]);
    tensors->count = 0;
}

static enum suan_status allocate(struct bench_tensors *tensors, uint32_t index, struct suan_error *error)
{
    uint64_t bytes = (bench_tensor_bytes(&tensors->items[index]) + 63) / 64 * 64;
    tensors->owned[index] = aligned_alloc(64, bytes > 0 ? bytes : 64);
    if (tensors->owned[index] == NULL)
        return suan_error_set(error, SUAN_E_MEMORY, "memory", NULL, "out of memory for a job's inputs");
    tensors->items[index].data = tensors->owned[index];
    return SUAN_OK;
}

/* Points the job at the load's prepared inputs, or, for the first job of a load, makes room for them. */
static enum suan_status share_prepared(struct bench_task *task, struct bench_job *job,
                                       struct suan_error *error)
{
    uint32_t count = task->info->n_prepared;
    if (!task->has_load) {
        bench_tensors_done(&task->prepared);
        bench_tensors_init(&task->prepared, count);
        for (uint32_t i = 0; i < count; i++) {
            struct suan_tensor *place = &task->prepared.items[i];
            place->dtype = job->in.items[i].dtype;
            place->ndim = job->in.items[i].ndim;
            memcpy(place->shape, job->in.shapes[i], sizeof job->in.shapes[i]);
            memcpy(place->strides, job->in.strides[i], sizeof job->in.strides[i]);
            enum suan_status status = allocate(&task->prepared, i, error);
            if (status != SUAN_OK)
                return status;
        }
    }
    for (uint32_t i = 0; i < count; i++) {
        if (bench_tensor_bytes(&job->in.items[i]) != bench_tensor_bytes(&task->prepared.items[i]))
            return suan_error_set(error, SUAN_E_FORMAT, "measure.task",
                                  "the load part of the seed alone may decide them",
                                  "task: prepared input %u changes its shape between jobs of one load", i);
        job->in.items[i].data = task->prepared.items[i].data;
    }
    return SUAN_OK;
}

static void hash_tensors(const struct bench_tensors *tensors, uint32_t first,
                         const struct suan_digest *before, struct suan_digest *out)
{
    struct suan_hasher hasher;
    suan_hasher_init(&hasher);
    if (before != NULL)
        suan_hasher_add(&hasher, suan_span(before->bytes, sizeof before->bytes));
    for (uint32_t i = first; i < tensors->count; i++)
        suan_hasher_add(&hasher, suan_span(tensors->items[i].data, bench_tensor_bytes(&tensors->items[i])));
    *out = suan_hasher_finish(&hasher);
    suan_hasher_done(&hasher);
}

static enum suan_status fill(struct bench_task *task, struct bench_job *job, struct suan_error *error)
{
    uint32_t count = task->info->n_in;
    enum suan_status status = suan_guest_plan(task->guest, &job->task_job, job->in.items, count, error);
    if (status != SUAN_OK)
        return status;
    bool is_first = !task->has_load || memcmp(task->load, job->task_job.seed, sizeof task->load) != 0;
    if (is_first)
        task->has_load = false;
    status = share_prepared(task, job, error);
    for (uint32_t i = task->info->n_prepared; i < count && status == SUAN_OK; i++)
        status = allocate(&job->in, i, error);
    if (status == SUAN_OK)
        status = suan_guest_generate(task->guest, &job->task_job, job->in.items, count, error);
    if (status != SUAN_OK)
        return status;
    if (is_first) {
        hash_tensors(&task->prepared, 0, NULL, &task->prepared_sha);
        memcpy(task->load, job->task_job.seed, sizeof task->load);
        task->has_load = true;
    }
    hash_tensors(&job->in, task->info->n_prepared, &task->prepared_sha, &job->in_sha);
    return SUAN_OK;
}

enum suan_status bench_job_make(struct bench_task *task, const struct suan_digest *master,
                                const struct suan_job_name *name, uint64_t size, struct bench_job *out,
                                struct suan_error *error)
{
    struct suan_digest seed = suan_seed_job(master, name);
    memset(out, 0, sizeof *out);
    out->name = *name;
    out->task_job.size = size;
    memcpy(out->task_job.seed, seed.bytes, sizeof out->task_job.seed);
    bench_tensors_init(&out->in, task->info->n_in);
    bench_tensors_init(&out->out[0], task->info->n_out);
    bench_tensors_init(&out->out[1], task->info->n_out);
    enum suan_status status = fill(task, out, error);
    if (status != SUAN_OK) {
        suan_error_prefix(error, "task");
        bench_job_done(out);
    }
    return status;
}

void bench_job_done(struct bench_job *job)
{
    bench_tensors_done(&job->in);
    bench_tensors_done(&job->out[0]);
    bench_tensors_done(&job->out[1]);
}

enum suan_status bench_job_check(struct bench_task *task, struct bench_job *job, struct suan_error *error)
{
    for (int side = 0; side < 2; side++) {
        if (job->answer[side] != BENCH_ANSWERED)
            continue;
        if (side == 1 && job->answer[0] == BENCH_ANSWERED &&
            suan_digest_equal(&job->out_sha[0], &job->out_sha[1])) {
            job->verdict[1] = job->verdict[0];
            continue;
        }
        enum suan_status status =
            suan_guest_check(task->guest, &job->task_job, job->in.items, job->in.count, job->out[side].items,
                             job->out[side].count, &job->verdict[side], error);
        if (status != SUAN_OK) {
            suan_error_prefix(error, "task, while checking");
            return status;
        }
    }
    return SUAN_OK;
}

void bench_task_close(struct bench_task *task)
{
    bench_tensors_done(&task->prepared);
    suan_guest_close(task->guest);
    task->guest = NULL;
}
