/* Shadow runs: one thread, a short queue, three workers that are started when the first input comes. */
#include "shadow.h"

#include <pthread.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "thread.h"

enum { QUEUE_MAX = 64 };
#define INPUT_BYTES_MAX (UINT64_C(64) << 20)  /* of one tensor */
#define QUEUE_BYTES_MAX (UINT64_C(256) << 20) /* of all jobs that wait */
#define SHADOW_DEADLINE_MS 60000

/* A compact copy of a tensor. */
struct held {
    struct suan_tensor tensor;
    int64_t shape[SUAN_MAX_RANK], strides[SUAN_MAX_RANK];
    void *data;
};
struct job {
    struct held in[SUAN_MAX_PORTS];
    uint32_t n_in; /* beyond the prepared ones */
    uint64_t bytes;
};

struct shadow {
    struct shadow_subject subject;
    struct held prepared[SUAN_MAX_PORTS];
    struct suan_guest *base, *plugin, *task; /* the thread's */
    struct job *last;                        /* the input before, by which caches are warmed: the thread's */
    enum { SHADOW_COLD, SHADOW_WARM, SHADOW_BROKEN } state;
    int tries; /* of starting the workers */
    pthread_t thread;
    pid_t process;
    pthread_mutex_t lock;
    pthread_cond_t changed;
    struct job *queue[QUEUE_MAX];
    size_t queued;
    uint64_t queued_bytes;
    enum { SHADOW_IDLE, SHADOW_BUSY } work;
    enum { SHADOW_RUN, SHADOW_STOP } order;
};

/* --- copies ------------------------------------------------------------------------------------------- */

static uint64_t bytes_of(const struct suan_tensor *tensor)
{
    uint64_t bytes = tensor->dtype.bits / 8;
    for (int32_t i = 0; i < tensor->ndim; i++)
        bytes *= (uint64_t)tensor->shape[i];
    return bytes;
}

/* Only compact tensors are repeated; production has the same ones that the engine would pack. */
static bool is_compact(const struct suan_tensor *tensor)
{
    int64_t expected = 1;
    for (int32_t i = tensor->ndim - 1; i >= 0; i--) {
        if (tensor->strides != NULL && tensor->shape[i] != 1 && tensor->strides[i] != expected)
            return false;
        expected *= tensor->shape[i];
    }
    return tensor->byte_offset == 0;
}

static bool hold(const struct suan_tensor *tensor, struct held *out)
{
    uint64_t bytes = bytes_of(tensor);
    if (!is_compact(tensor) || bytes > INPUT_BYTES_MAX)
        return false;
    out->data = aligned_alloc(SUAN_TENSOR_ALIGN, (bytes / SUAN_TENSOR_ALIGN + 1) * SUAN_TENSOR_ALIGN);
    if (out->data == NULL)
        return false;
    if (bytes > 0)
        memcpy(out->data, tensor->data, bytes);
    out->tensor = *tensor;
    int64_t stride = 1;
    for (int32_t i = tensor->ndim - 1; i >= 0; i--) {
        out->shape[i] = tensor->shape[i];
        out->strides[i] = stride;
        stride *= tensor->shape[i];
    }
    out->tensor.data = out->data;
    return true;
}

/* A held tensor lies where it lies: its extents are pointed at only when it is used. */
static struct suan_tensor view(struct held *held)
{
    struct suan_tensor tensor = held->tensor;
    tensor.shape = held->shape;
    tensor.strides = held->strides;
    return tensor;
}

static void job_free(struct job *job)
{
    for (uint32_t i = 0; job != NULL && i < SUAN_MAX_PORTS; i++)
        free(job->in[i].data);
    free(job);
}

int64_t shadow_size_of(const struct suan_tensor *in, uint32_t n_in, uint32_t size_port, uint32_t size_dim)
{
    if (size_port >= n_in)
        return 0;
    const struct suan_tensor *tensor = &in[size_port];
    if (size_dim < (uint32_t)tensor->ndim)
        return tensor->shape[size_dim];
    int64_t count = 1;
    for (int32_t i = 0; i < tensor->ndim; i++)
        count *= tensor->shape[i];
    return size_dim == UINT32_MAX ? count : 0;
}

/* --- workers ------------------------------------------------------------------------------------------ */

/* The last of those that this process may use. */
static uint32_t last_cpu(void)
{
    cpu_set_t mask;
    uint32_t last = 0;
    if (sched_getaffinity(0, sizeof mask, &mask) != 0)
        return 0;
    for (uint32_t i = 0; i < CPU_SETSIZE; i++)
        last = CPU_ISSET(i, &mask) ? i : last;
    return last;
}

static enum suan_status open_guest(struct shadow *shadow, const struct service_plugin *plugin,
                                   enum suan_guest_role role, struct suan_guest **out)
{
    struct suan_guest_options options;
    uint32_t cpu = last_cpu();
    service_plugin_options(plugin, shadow->subject.task_id, role, &options);
    options.memory_bytes = shadow->subject.memory_bytes;
    options.seed = shadow->subject.seed;
    options.dynamic_outputs = shadow->subject.dynamic_outputs;
    options.cpus = &cpu;
    options.n_cpus = role == SUAN_GUEST_TASK ? 0 : 1;
    return suan_guest_open(shadow->subject.engine, &options, out, NULL);
}

static enum suan_status prepare(struct shadow *shadow, struct suan_guest *guest)
{
    struct suan_tensor prepared[SUAN_MAX_PORTS];
    uint32_t count = shadow->subject.n_prepared;
    for (uint32_t i = 0; i < count; i++)
        prepared[i] = view(&shadow->prepared[i]);
    return count > 0 ? suan_guest_prepare(guest, prepared, count, NULL) : SUAN_OK;
}

static void close_guests(struct shadow *shadow)
{
    suan_guest_close(suan_take(&shadow->base));
    suan_guest_close(suan_take(&shadow->plugin));
    suan_guest_close(suan_take(&shadow->task));
}

/* A machine under load may be too slow for a worker's start: the next input tries again. */
static void warm_up(struct shadow *shadow)
{
    const struct service_plugin *baseline = shadow->subject.baseline;
    enum suan_status status =
        open_guest(shadow, baseline != NULL ? baseline : shadow->subject.task,
                   baseline != NULL ? SUAN_GUEST_ALGORITHM : SUAN_GUEST_INCUMBENT, &shadow->base);
    if (status == SUAN_OK)
        status = open_guest(shadow, shadow->subject.plugin, SUAN_GUEST_ALGORITHM, &shadow->plugin);
    if (status == SUAN_OK)
        status = open_guest(shadow, shadow->subject.task, SUAN_GUEST_TASK, &shadow->task);
    if (status == SUAN_OK)
        status = prepare(shadow, shadow->base);
    if (status == SUAN_OK)
        status = prepare(shadow, shadow->plugin);
    shadow->state = status == SUAN_OK ? SHADOW_WARM : --shadow->tries > 0 ? SHADOW_COLD : SHADOW_BROKEN;
    if (status != SUAN_OK)
        close_guests(shadow);
}

/* --- one run ------------------------------------------------------------------------------------------ */

struct inputs {
    uint32_t count;
    struct suan_tensor tensors[2 * SUAN_MAX_PORTS];
};

/* Outputs with memory of their own. */
struct outputs {
    uint32_t count;
    struct suan_tensor tensors[SUAN_MAX_PORTS];
    int64_t shapes[SUAN_MAX_PORTS][SUAN_MAX_RANK], strides[SUAN_MAX_PORTS][SUAN_MAX_RANK];
};

static void outputs_done(struct outputs *outputs)
{
    for (uint32_t i = 0; i < outputs->count; i++)
        free(outputs->tensors[i].data);
}

static enum suan_status infer(struct suan_guest *guest, const struct suan_tensor *in, uint32_t n_in,
                              struct outputs *out)
{
    for (uint32_t i = 0; i < out->count; i++) {
        out->tensors[i].shape = out->shapes[i];
        out->tensors[i].strides = out->strides[i];
    }
    enum suan_status status = suan_guest_infer(guest, in, n_in, out->tensors, out->count, NULL);
    for (uint32_t i = 0; i < out->count && status == SUAN_OK; i++) {
        uint64_t bytes = bytes_of(&out->tensors[i]);
        out->tensors[i].data = bytes <= INPUT_BYTES_MAX ? calloc(1, bytes + SUAN_TENSOR_ALIGN) : NULL;
        if (out->tensors[i].data == NULL)
            status = SUAN_E_MEMORY;
    }
    return status;
}

static enum suan_status cpu_of(struct suan_guest *guest, uint64_t *out_ns)
{
    enum suan_status status = suan_guest_freeze(guest, NULL);
    if (status == SUAN_OK)
        status = suan_guest_cpu_ns(guest, out_ns, NULL);
    enum suan_status thawed = suan_guest_thaw(guest, NULL);
    return status != SUAN_OK ? status : thawed;
}

/* One side, after it has computed another input: production finds warm caches, too. */
static enum suan_status timed(struct suan_guest *guest, const struct inputs *warm, const struct inputs *in,
                              struct outputs *out, int64_t *out_ns)
{
    SUAN_CLEANUP(outputs_done) struct outputs unused = {.count = out->count};
    uint64_t before = 0, after = 0;
    enum suan_status status = infer(guest, warm->tensors, warm->count, &unused);
    if (status == SUAN_OK)
        status = suan_guest_run(guest, warm->tensors, warm->count, unused.tensors, unused.count,
                                SHADOW_DEADLINE_MS, NULL);
    if (status == SUAN_OK)
        status = cpu_of(guest, &before);
    if (status == SUAN_OK)
        status =
            suan_guest_run(guest, in->tensors, in->count, out->tensors, out->count, SHADOW_DEADLINE_MS, NULL);
    if (status == SUAN_OK)
        status = cpu_of(guest, &after);
    *out_ns = (int64_t)(after - before);
    return status;
}

/* Both sides in random order, then the judgement of the task. */
static enum suan_status compare(struct shadow *shadow, const struct inputs *warm, const struct inputs *given,
                                struct suan_receipt_pair *out)
{
    const struct suan_tensor *in = given->tensors;
    uint32_t n_in = given->count;
    SUAN_CLEANUP(outputs_done) struct outputs base = {.count = shadow->subject.n_out};
    SUAN_CLEANUP(outputs_done) struct outputs plugin = {.count = shadow->subject.n_out};
    struct suan_guest_job job = {
        .size = (uint64_t)shadow_size_of(in, n_in, shadow->subject.size_port, shadow->subject.size_dim)};
    struct suan_verdict verdict = {.struct_size = sizeof verdict};
    uint8_t coin;
    suan_random(&coin, 1);
    enum suan_status status = infer(shadow->base, in, n_in, &base);
    if (status == SUAN_OK)
        status = infer(shadow->plugin, in, n_in, &plugin);
    if (status == SUAN_OK && (coin & 1) != 0)
        status = timed(shadow->base, warm, given, &base, &out->cpu_b_ns);
    if (status == SUAN_OK)
        status = timed(shadow->plugin, warm, given, &plugin, &out->cpu_p_ns);
    if (status == SUAN_OK && (coin & 1) == 0)
        status = timed(shadow->base, warm, given, &base, &out->cpu_b_ns);
    if (status == SUAN_OK)
        status = suan_guest_check(shadow->task, &job, in, n_in, plugin.tensors, plugin.count, &verdict, NULL);
    out->ok = verdict.pass == 1;
    return status;
}

/* All CPU time that the three workers have taken. */
static enum suan_status spent(struct shadow *shadow, int64_t *out_ns)
{
    struct suan_guest *const guests[] = {shadow->base, shadow->plugin, shadow->task};
    enum suan_status status = SUAN_OK;
    *out_ns = 0;
    for (size_t i = 0; i < sizeof guests / sizeof guests[0] && status == SUAN_OK; i++) {
        uint64_t one = 0;
        status = cpu_of(guests[i], &one);
        *out_ns += (int64_t)one;
    }
    return status;
}

static void gather(struct shadow *shadow, struct job *job, struct inputs *out)
{
    for (out->count = 0; out->count < shadow->subject.n_prepared; out->count++)
        out->tensors[out->count] = view(&shadow->prepared[out->count]);
    for (uint32_t i = 0; i < job->n_in; i++)
        out->tensors[out->count++] = view(&job->in[i]);
}

/* The first input only warms; from the second on each is compared. */
static void run_job(struct shadow *shadow, struct job *job)
{
    struct inputs warm, in;
    struct suan_receipt_pair pair = {0};
    int64_t before = 0, after = 0;
    if (shadow->state == SHADOW_COLD)
        warm_up(shadow);
    if (shadow->state != SHADOW_WARM || shadow->last == NULL || spent(shadow, &before) != SUAN_OK)
        return;
    gather(shadow, shadow->last, &warm);
    gather(shadow, job, &in);
    if (compare(shadow, &warm, &in, &pair) == SUAN_OK && spent(shadow, &after) == SUAN_OK)
        meter_shadow(shadow->subject.meter, &pair, after - before);
}

/* --- the thread --------------------------------------------------------------------------------------- */

static struct job *take_job(struct shadow *shadow)
{
    struct job *job = NULL;
    pthread_mutex_lock(&shadow->lock);
    shadow->work = SHADOW_IDLE;
    pthread_cond_broadcast(&shadow->changed);
    while (shadow->queued == 0 && shadow->order == SHADOW_RUN)
        pthread_cond_wait(&shadow->changed, &shadow->lock);
    if (shadow->order == SHADOW_RUN) {
        job = shadow->queue[0];
        shadow->queued_bytes -= job->bytes;
        memmove(shadow->queue, shadow->queue + 1, --shadow->queued * sizeof shadow->queue[0]);
        shadow->work = SHADOW_BUSY;
    }
    pthread_mutex_unlock(&shadow->lock);
    return job;
}

static void *work(void *context)
{
    struct shadow *shadow = context;
    for (struct job *job; (job = take_job(shadow)) != NULL;) {
        run_job(shadow, job);
        job_free(shadow->last);
        shadow->last = job;
    }
    job_free(shadow->last);
    close_guests(shadow);
    return NULL;
}

static void shadow_free(struct shadow *shadow)
{
    for (size_t i = 0; i < shadow->queued; i++)
        job_free(shadow->queue[i]);
    for (uint32_t i = 0; i < SUAN_MAX_PORTS; i++)
        free(shadow->prepared[i].data);
    pthread_cond_destroy(&shadow->changed);
    pthread_mutex_destroy(&shadow->lock);
    free(shadow);
}

enum suan_status shadow_open(const struct shadow_subject *subject, struct shadow **out,
                             struct suan_error *error)
{
    struct shadow *shadow = calloc(1, sizeof *shadow);
    if (shadow == NULL)
        return suan_error_set(error, SUAN_E_MEMORY, "memory", NULL, "out of memory");
    shadow->subject = *subject;
    shadow->subject.prepared = NULL;
    shadow->tries = 3;
    for (uint32_t i = 0; i < subject->n_prepared; i++) {
        if (!hold(&subject->prepared[i], &shadow->prepared[i]))
            shadow->state = SHADOW_BROKEN;
    }
    pthread_mutex_init(&shadow->lock, NULL);
    pthread_cond_init(&shadow->changed, NULL);
    shadow->process = getpid();
    enum suan_status status = thread_start(&shadow->thread, work, shadow, error);
    if (status != SUAN_OK) {
        shadow_free(shadow);
        return status;
    }
    *out = shadow;
    return SUAN_OK;
}

void shadow_offer(struct shadow *shadow, const struct suan_tensor *in, uint32_t n_in)
{
    struct job *job = calloc(1, sizeof *job);
    bool whole = job != NULL && n_in >= shadow->subject.n_prepared && n_in <= SUAN_MAX_PORTS;
    for (uint32_t i = shadow->subject.n_prepared; whole && i < n_in; i++)
        whole = hold(&in[i], &job->in[job->n_in++]);
    for (uint32_t i = shadow->subject.n_prepared; whole && i < n_in; i++)
        job->bytes += bytes_of(&in[i]);

    pthread_mutex_lock(&shadow->lock);
    if (whole && shadow->queued < QUEUE_MAX && shadow->queued_bytes + job->bytes <= QUEUE_BYTES_MAX &&
        shadow->order == SHADOW_RUN) {
        shadow->queued_bytes += job->bytes;
        shadow->queue[shadow->queued++] = suan_take(&job);
        pthread_cond_broadcast(&shadow->changed);
    }
    pthread_mutex_unlock(&shadow->lock);
    job_free(job);
}

void shadow_drain(struct shadow *shadow)
{
    if (shadow == NULL)
        return;
    pthread_mutex_lock(&shadow->lock);
    while (shadow->queued > 0 || shadow->work == SHADOW_BUSY)
        pthread_cond_wait(&shadow->changed, &shadow->lock);
    pthread_mutex_unlock(&shadow->lock);
}

/* In a forked child the thread and its guests are the parent's. */
void shadow_close(struct shadow *shadow)
{
    if (shadow == NULL || shadow->process != getpid())
        return;
    pthread_mutex_lock(&shadow->lock);
    shadow->order = SHADOW_STOP;
    pthread_cond_broadcast(&shadow->changed);
    pthread_mutex_unlock(&shadow->lock);
    pthread_join(shadow->thread, NULL);
    shadow_free(shadow);
}
