/*
 * The same calls in this process. It is not a boundary: a plugin here can do what the program can. What it
 * leaves changed by accident is put back: the floating-point mode and the thread's locale after every call;
 * signal mask, directory and umask after loading, the first call, and every 1,024th.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "guest_state.h"
#include "loader/loader.h"
#include "surroundings.h"

enum { FULL_CHECK_EVERY = 1024 };

/* How much is looked at around this call. */
static inline enum surroundings_extent extent_of(const struct suan_guest *guest)
{
    return guest->calls <= 1 || guest->calls % FULL_CHECK_EVERY == 0 ? SURROUNDINGS_ALL : SURROUNDINGS_THREAD;
}

static void note_repairs(struct suan_guest *guest, uint32_t repairs)
{
    if (repairs == 0)
        return;
    guest->repairs += repairs;
    guest_keep_log(guest, "the plugin left the process changed; it was put back as it was");
}

static inline void restore(struct suan_guest *guest, struct surroundings *before)
{
    if (!surroundings_are_same(before))
        note_repairs(guest, surroundings_restore(before));
}

/* --- life --------------------------------------------------------------------------------------------- */

static void keep_line(void *context, int32_t level, const char *text)
{
    char clean[SUAN_MAX_LOG_BYTES + 1];
    (void)level;
    suan_wire_clean_text(text, strnlen(text, SUAN_MAX_LOG_BYTES), clean);
    guest_keep_log(context, clean);
}

static struct suan_ctx *begin(struct suan_guest *guest)
{
    atomic_store_explicit(&guest->cancel, 0, memory_order_relaxed);
    atomic_store_explicit(&guest->running, 1, memory_order_relaxed);
    return suan_services_begin(guest->services, &guest->cancel, 1);
}

static enum suan_status explain(struct suan_guest *guest, int32_t status, const char *stage,
                                struct suan_error *error)
{
    char text[SUAN_MAX_ERROR_BYTES + 1];
    const char *said = suan_services_error(guest->services);
    suan_wire_clean_text(said, strnlen(said, SUAN_MAX_ERROR_BYTES), text);
    return guest_plugin_failed(status, text, stage, error);
}

static inline enum suan_status finish(struct suan_guest *guest, int32_t status, const char *stage,
                                      struct suan_error *error)
{
    atomic_store_explicit(&guest->running, 0, memory_order_relaxed);
    return status == SUAN_OK ? SUAN_OK : explain(guest, status, stage, error);
}

static const struct suan_algorithm *algorithm_of(const struct suan_guest *guest)
{
    return guest->role == SUAN_GUEST_INCUMBENT ? guest->loaded->task->incumbent : guest->loaded->algorithm;
}

static enum suan_status load(struct suan_guest *guest, struct suan_error *error)
{
    char path[64];
    struct surroundings before;
    const struct suan_plugin *plugin = NULL;
    const struct suan_loader_facts facts = {.kind = guest->role == SUAN_GUEST_ALGORITHM ? SUAN_KIND_ALGORITHM
                                                                                        : SUAN_KIND_TASK,
                                            .isa = guest->isa,
                                            .flags = guest->flags,
                                            .cpu_needed = guest->cpu_needed,
                                            .id = guest->id,
                                            .version = guest->version};
    snprintf(path, sizeof path, "/proc/self/fd/%d", guest->plugin);
    surroundings_remember(&before, extent_of(guest));
    enum suan_status status = suan_loader_open(path, &facts, suan_services_host(), &plugin, error);
    restore(guest, &before);
    guest->loaded = plugin;
    if (status == SUAN_OK)
        return SUAN_OK;
    guest->plugin = -1; /* stays open: the library may stay loaded under that name */
    return status;
}

static enum suan_status create(struct suan_guest *guest, struct suan_error *error)
{
    const struct suan_config config = {.struct_size = sizeof config,
                                       .isa = guest->isa == 0 ? guest->machine.isa : guest->isa,
                                       .cpu_features = guest->machine.cpu_features,
                                       .memory_bytes = guest->memory_bytes,
                                       .seed = guest->seed,
                                       .workers = guest->workers,
                                       .task = guest->task};
    struct surroundings before;
    struct suan_ctx *ctx = begin(guest);
    int32_t status;
    surroundings_remember(&before, extent_of(guest));
    if (guest->role == SUAN_GUEST_TASK)
        status = guest->loaded->task->create(suan_services_host(), ctx, &config, &guest->instance);
    else
        status = algorithm_of(guest)->create(suan_services_host(), ctx, &config, &guest->instance);
    restore(guest, &before);
    if (status == SUAN_OK && guest->instance == NULL)
        status = SUAN_E_INTERNAL;
    return finish(guest, status, "create", error);
}

static bool describe_port(const struct suan_port *said, struct suan_wire_port *out)
{
    out->dtypes = said->dtypes;
    out->rank = said->rank;
    out->flags = said->flags;
    return (size_t)snprintf(out->name, sizeof out->name, "%s", said->name) < sizeof out->name;
}

/* The task's description, through the same shape as over the wire, so that it is judged by the same rules. */
static enum suan_status describe(struct suan_guest *guest, struct suan_error *error)
{
    const struct suan_task_info *info = guest->loaded->task->info;
    struct suan_wire_task *out = &guest->task_copy;
    bool fits = info->n_in <= SUAN_MAX_PORTS && info->n_out <= SUAN_MAX_PORTS &&
                info->n_weights <= SUAN_WIRE_WEIGHTS_MAX;
    for (uint32_t i = 0; fits && i < info->n_in; i++)
        fits = describe_port(&info->in[i], &out->in[i]);
    for (uint32_t i = 0; fits && i < info->n_out; i++)
        fits = describe_port(&info->out[i], &out->out[i]);
    if (!fits)
        return suan_error_set(error, SUAN_E_WORKER_LOAD, "plugin.task", NULL,
                              "the task's description is too large");
    out->n_in = info->n_in;
    out->n_out = info->n_out;
    out->n_prepared = info->n_prepared;
    out->n_weights = info->n_weights;
    out->cache_mode = info->cache_mode;
    out->size_port = info->size_port;
    out->size_dim = info->size_dim;
    out->error_k_ppm = info->error_k_ppm;
    out->size_min = info->size_min;
    out->size_max = info->size_max;
    out->unit_jobs = info->unit_jobs;
    out->jobs_per_load = info->jobs_per_load;
    out->error_floor = info->error_floor;
    memcpy(out->weights_ppm, info->weights_ppm, info->n_weights * sizeof out->weights_ppm[0]);
    snprintf(out->error_name, sizeof out->error_name, "%s", info->error_name == NULL ? "" : info->error_name);
    snprintf(out->error_unit, sizeof out->error_unit, "%s", info->error_unit == NULL ? "" : info->error_unit);
    return guest_adopt_task(guest, error);
}

enum suan_status inprocess_open(struct suan_guest *guest, struct suan_error *error)
{
    const struct suan_services_options options = {
        .workers = guest->workers, .context = guest, .log = keep_line};
    enum suan_status status = suan_services_open(&options, &guest->services, error);
    if (status == SUAN_OK)
        status = load(guest, error);
    if (status == SUAN_OK && guest->role != SUAN_GUEST_ALGORITHM)
        status = describe(guest, error);
    return status == SUAN_OK ? create(guest, error) : status;
}

void inprocess_close(struct suan_guest *guest)
{
    if (guest->instance != NULL && guest->role == SUAN_GUEST_TASK)
        guest->loaded->task->destroy(guest->instance);
    else if (guest->instance != NULL)
        algorithm_of(guest)->destroy(guest->instance);
    suan_services_close(guest->services);
    free(guest->scratch);
}

/* --- tensors ------------------------------------------------------------------------------------------ */

/* Inputs as the plugin may see them: compact, aligned, with strides. Those that are not are copied to
 * `copies`. */
struct inputs {
    struct suan_tensor tensors[SUAN_MAX_PORTS];
    int64_t strides[SUAN_MAX_PORTS][SUAN_MAX_RANK];
    void *copies[SUAN_MAX_PORTS];
};

static void release_inputs(struct inputs *inputs)
{
    for (int i = 0; i < SUAN_MAX_PORTS; i++) {
        if (inputs->copies[i] != NULL)
            free(inputs->copies[i]);
    }
}

static void fill_strides(const struct suan_tensor *tensor, int64_t *strides)
{
    int64_t step = 1;
    for (int32_t i = tensor->ndim - 1; i >= 0; i--) {
        strides[i] = step;
        step *= tensor->shape[i];
    }
}

static enum suan_status take_input(const struct suan_tensor *in, uint64_t bytes, uint32_t index,
                                   struct inputs *out, struct suan_error *error)
{
    struct suan_tensor *tensor = &out->tensors[index];
    const uint8_t *data = (const uint8_t *)in->data + in->byte_offset;
    *tensor = *in;
    tensor->byte_offset = 0;
    tensor->data = (void *)data;
    fill_strides(in, out->strides[index]);
    tensor->strides = out->strides[index];
    if (bytes == 0 || (suan_wire_is_compact(in) && (uintptr_t)data % SUAN_TENSOR_ALIGN == 0))
        return SUAN_OK;
    out->copies[index] = aligned_alloc(SUAN_TENSOR_ALIGN, region_align(bytes, SUAN_TENSOR_ALIGN));
    if (out->copies[index] == NULL)
        return suan_error_set(error, SUAN_E_MEMORY, "memory", NULL, "out of memory");
    suan_wire_pack(in, out->copies[index]);
    tensor->data = out->copies[index];
    return SUAN_OK;
}

static enum suan_status take_inputs(const struct suan_tensor *in, uint32_t n_in, const char *which,
                                    struct inputs *out, struct suan_error *error)
{
    uint64_t bytes[SUAN_MAX_PORTS];
    enum suan_status status = placing_measure(in, n_in, which, bytes, error);
    for (uint32_t i = 0; i < SUAN_MAX_PORTS; i++)
        out->copies[i] = NULL;
    for (uint32_t i = 0; status == SUAN_OK && i < n_in; i++)
        status = take_input(&in[i], bytes[i], i, out, error);
    return status;
}

enum suan_status inprocess_prepare(struct suan_guest *guest, const struct suan_tensor *in, uint32_t n_in,
                                   struct suan_error *error)
{
    SUAN_CLEANUP(release_inputs) struct inputs inputs = {0};
    struct surroundings before;
    enum suan_status status = take_inputs(in, n_in, "prepared input", &inputs, error);
    if (status != SUAN_OK || algorithm_of(guest)->prepare == NULL)
        return status;
    struct suan_ctx *ctx = begin(guest);
    surroundings_remember(&before, extent_of(guest));
    int32_t result = algorithm_of(guest)->prepare(guest->instance, ctx, inputs.tensors, n_in);
    restore(guest, &before);
    return finish(guest, result, "prepare", error);
}

/* --- infer -------------------------------------------------------------------------------------------- */

struct blanks {
    struct suan_tensor tensors[SUAN_MAX_PORTS];
    int64_t shapes[SUAN_MAX_PORTS][SUAN_MAX_RANK], strides[SUAN_MAX_PORTS][SUAN_MAX_RANK];
};

static void make_blanks(struct blanks *blanks, uint32_t count)
{
    memset(blanks, 0, sizeof *blanks);
    for (uint32_t i = 0; i < count; i++)
        blanks->tensors[i] = (struct suan_tensor){
            .device_type = SUAN_DEVICE_CPU, .shape = blanks->shapes[i], .strides = blanks->strides[i]};
}

static enum suan_status accept_blanks(const struct blanks *blanks, uint32_t count,
                                      struct suan_wire_descriptor *out, struct suan_error *error)
{
    for (uint32_t i = 0; i < count; i++) {
        struct suan_tensor tensor = blanks->tensors[i];
        uint64_t bytes = 0;
        tensor.shape = (int64_t *)blanks->shapes[i];
        tensor.strides = NULL;
        if (suan_wire_measure(&tensor, &bytes) != SUAN_OK)
            return suan_error_set(error, SUAN_E_INTERNAL, "plugin.failed", NULL,
                                  "the plugin described an impossible tensor %u", i);
        suan_wire_describe(&tensor, 0, bytes, &out[i]);
    }
    return SUAN_OK;
}

static bool is_known(const struct inferred *known, const struct suan_tensor *in, uint32_t n_in,
                     uint32_t n_out)
{
    if (!known->valid || known->n_in != n_in || known->n_out != n_out)
        return false;
    for (uint32_t i = 0; i < n_in; i++) {
        if (!calling_same_shape(&in[i], &known->in[i]))
            return false;
        if (in[i].ndim == 0 && memcmp((const uint8_t *)in[i].data + in[i].byte_offset, known->values[i],
                                      known->in[i].bytes) != 0)
            return false;
    }
    return true;
}

static void make_key(const struct suan_tensor *in, uint32_t n_in, struct inferred *key)
{
    key->n_in = n_in;
    for (uint32_t i = 0; i < n_in; i++) {
        uint64_t bytes = 0;
        if (suan_wire_measure(&in[i], &bytes) != SUAN_OK)
            bytes = 0;
        suan_wire_describe(&in[i], 0, bytes, &key->in[i]);
        if (in[i].ndim == 0)
            memcpy(key->values[i], (const uint8_t *)in[i].data + in[i].byte_offset, bytes);
    }
}

static enum suan_status reserve_scratch(struct suan_guest *guest, uint64_t bytes, uint64_t align,
                                        struct suan_error *error)
{
    bool fine = align == 0 ||
                (align >= SUAN_TENSOR_ALIGN && align <= SUAN_MAX_SCRATCH_ALIGN && (align & (align - 1)) == 0);
    if (!fine || bytes > SUAN_WIRE_ARENA_MAX)
        return suan_error_set(error, SUAN_E_INTERNAL, "plugin.failed", NULL,
                              "the plugin asks for impossible scratch");
    if (bytes <= guest->scratch_bytes)
        return SUAN_OK;
    uint64_t size = region_align(bytes, SUAN_MAX_SCRATCH_ALIGN);
    uint8_t *larger = aligned_alloc(SUAN_MAX_SCRATCH_ALIGN, size);
    if (larger == NULL)
        return suan_error_set(error, SUAN_E_MEMORY, "memory", NULL, "out of memory");
    free(guest->scratch);
    guest->scratch = larger;
    guest->scratch_bytes = size;
    return SUAN_OK;
}

static enum suan_status ask(struct suan_guest *guest, const struct suan_tensor *in, uint32_t n_in,
                            uint32_t n_out, struct suan_error *error)
{
    struct blanks out;
    struct inferred key = {0};
    uint64_t bytes = 0, align = 0;
    const struct suan_algorithm *algorithm = algorithm_of(guest);
    if (n_out > SUAN_MAX_PORTS)
        return suan_error_set(error, SUAN_E_SHAPE, "guest.tensor", NULL, "%u outputs, the most is %d", n_out,
                              SUAN_MAX_PORTS);
    guest->inferred.valid = false;
    make_key(in, n_in, &key);
    make_blanks(&out, n_out);
    struct suan_ctx *ctx = begin(guest);
    int32_t result = algorithm->infer(guest->instance, ctx, in, n_in, out.tensors, n_out);
    if (result == SUAN_OK && algorithm->workspace != NULL)
        result = algorithm->workspace(guest->instance, ctx, in, n_in, &bytes, &align);
    enum suan_status status = finish(guest, result, "infer", error);
    if (status == SUAN_OK)
        status = accept_blanks(&out, n_out, key.out, error);
    if (status == SUAN_OK)
        status = reserve_scratch(guest, bytes, align, error);
    if (status != SUAN_OK)
        return status;
    key.n_out = n_out;
    key.scratch_bytes = bytes;
    key.valid = true;
    guest->inferred = key;
    return SUAN_OK;
}

enum suan_status inprocess_infer(struct suan_guest *guest, const struct suan_tensor *in, uint32_t n_in,
                                 struct suan_tensor *out, uint32_t n_out, struct suan_error *error)
{
    SUAN_CLEANUP(release_inputs) struct inputs inputs;
    enum suan_status status = take_inputs(in, n_in, "input", &inputs, error);
    if (status == SUAN_OK && !is_known(&guest->inferred, inputs.tensors, n_in, n_out))
        status = ask(guest, inputs.tensors, n_in, n_out, error);
    for (uint32_t i = 0; status == SUAN_OK && i < n_out; i++)
        placing_describe(&guest->inferred.out[i], &out[i]);
    return status;
}

/* --- run ---------------------------------------------------------------------------------------------- */

static enum suan_status check_output(const struct suan_guest *guest, const struct suan_tensor *out,
                                     uint32_t index, struct suan_error *error)
{
    const struct suan_wire_descriptor *wanted = &guest->inferred.out[index];
    if (!calling_same_shape(out, wanted) || !suan_wire_is_compact(out) || out->device_type != SUAN_DEVICE_CPU)
        return suan_error_set(error, SUAN_E_SHAPE, "guest.output", "ask infer for the shapes",
                              "output %u: not compact, or not the type and shape the plugin writes", index);
    if (wanted->bytes > 0 &&
        (out->data == NULL || ((uintptr_t)out->data + out->byte_offset) % SUAN_TENSOR_ALIGN != 0))
        return suan_error_set(error, SUAN_E_INVALID, "guest.output", "align it to 64 bytes",
                              "output %u: no data, or not aligned for a call in process", index);
    return SUAN_OK;
}

/* Of the shape that is remembered, compact and aligned: to be handed over as it is. */
static bool fits(const struct suan_tensor *tensor, const struct suan_wire_descriptor *known)
{
    int64_t step = 1;
    if (tensor->ndim != known->rank || tensor->dtype.code != known->code ||
        tensor->dtype.bits != known->bits || tensor->dtype.lanes != 1 ||
        tensor->device_type != SUAN_DEVICE_CPU || tensor->device_id != 0 || tensor->byte_offset != 0 ||
        (uintptr_t)tensor->data % SUAN_TENSOR_ALIGN != 0 || (tensor->data == NULL && known->bytes != 0) ||
        (tensor->strides == NULL && known->rank != 0))
        return false;
    for (int32_t i = tensor->ndim - 1; i >= 0; i--) {
        if ((uint64_t)tensor->shape[i] != known->shape[i] || tensor->strides[i] != step)
            return false;
        step *= tensor->shape[i];
    }
    return true;
}

static bool call_fits(const struct inferred *known, const struct suan_tensor *in, uint32_t n_in,
                      const struct suan_tensor *out, uint32_t n_out)
{
    if (!known->valid || known->n_in != n_in || known->n_out != n_out)
        return false;
    for (uint32_t i = 0; i < n_in; i++) {
        if (!fits(&in[i], &known->in[i]) ||
            (in[i].ndim == 0 && memcmp(in[i].data, known->values[i], known->in[i].bytes) != 0))
            return false;
    }
    for (uint32_t i = 0; i < n_out; i++) {
        if (!fits(&out[i], &known->out[i]))
            return false;
    }
    return true;
}

/* Only the first extent of a dynamic output is the plugin's to change, and only downward. */
static int32_t check_produced(const struct suan_guest *guest, const struct suan_tensor *out, uint32_t n_out)
{
    for (uint32_t i = 0; i < n_out; i++) {
        if (out[i].ndim > 0 && (uint64_t)out[i].shape[0] > guest->inferred.out[i].shape[0])
            return SUAN_E_CAPACITY;
    }
    return SUAN_OK;
}

static enum suan_status run_now(struct suan_guest *guest, const struct suan_tensor *in, uint32_t n_in,
                                const struct suan_tensor *out, uint32_t n_out, struct suan_error *error)
{
    struct surroundings before;
    guest->calls++;
    const struct suan_run run = {.struct_size = sizeof run,
                                 .n_in = n_in,
                                 .n_out = n_out,
                                 .ctx = begin(guest),
                                 .in = in,
                                 .out = out,
                                 .scratch = guest->scratch,
                                 .scratch_bytes = guest->inferred.scratch_bytes};
    surroundings_remember(&before, extent_of(guest));
    int32_t result = algorithm_of(guest)->run(guest->instance, &run);
    restore(guest, &before);
    if (result == SUAN_OK)
        result = check_produced(guest, out, n_out);
    return finish(guest, result, "run", error);
}

static enum suan_status run_copied(struct suan_guest *guest, const struct suan_tensor *in, uint32_t n_in,
                                   const struct suan_tensor *out, uint32_t n_out, struct suan_error *error)
{
    SUAN_CLEANUP(release_inputs) struct inputs inputs;
    enum suan_status status = take_inputs(in, n_in, "input", &inputs, error);
    if (status == SUAN_OK && !is_known(&guest->inferred, inputs.tensors, n_in, n_out))
        status = ask(guest, inputs.tensors, n_in, n_out, error);
    for (uint32_t i = 0; status == SUAN_OK && i < n_out; i++)
        status = check_output(guest, &out[i], i, error);
    return status == SUAN_OK ? run_now(guest, inputs.tensors, n_in, out, n_out, error) : status;
}

enum suan_status inprocess_run(struct suan_guest *guest, const struct suan_tensor *in, uint32_t n_in,
                               struct suan_tensor *out, uint32_t n_out, struct suan_error *error)
{
    if (call_fits(&guest->inferred, in, n_in, out, n_out))
        return run_now(guest, in, n_in, out, n_out, error);
    return run_copied(guest, in, n_in, out, n_out, error);
}

/* --- jobs --------------------------------------------------------------------------------------------- */

static int32_t run_job(struct suan_guest *guest, uint16_t op, struct suan_job *job, struct blanks *planned,
                       uint32_t n_in, struct suan_verdict *verdict)
{
    const struct suan_task *task = guest->loaded->task;
    if (op == SUAN_WIRE_PLAN)
        return task->plan(guest->instance, job, planned->tensors, n_in);
    if (op == SUAN_WIRE_GENERATE)
        return task->generate(guest->instance, job);
    return task->check(guest->instance, job, verdict);
}

enum suan_status inprocess_job(struct suan_guest *guest, uint16_t op, const struct suan_guest_job *said,
                               struct suan_tensor *in, uint32_t n_in, const struct suan_tensor *out,
                               uint32_t n_out, struct suan_verdict *verdict, struct suan_error *error)
{
    SUAN_CLEANUP(release_inputs) struct inputs outputs;
    struct blanks planned;
    struct suan_verdict found = {.struct_size = sizeof found};
    struct suan_wire_descriptor descriptors[SUAN_MAX_PORTS];
    struct suan_job job = {.struct_size = sizeof job, .n_in = n_in, .n_out = n_out, .size = said->size};
    enum suan_status status = take_inputs(out, n_out, "output", &outputs, error);
    if (status != SUAN_OK)
        return status;
    make_blanks(&planned, n_in);
    memcpy(job.seed, said->seed, sizeof job.seed);
    job.in = op == SUAN_WIRE_PLAN ? NULL : in;
    job.n_in = op == SUAN_WIRE_PLAN ? 0 : n_in;
    job.out = n_out == 0 ? NULL : outputs.tensors;
    job.ctx = begin(guest);
    status = finish(guest, run_job(guest, op, &job, &planned, n_in, &found), "job", error);
    if (status == SUAN_OK && op == SUAN_WIRE_PLAN)
        status = accept_blanks(&planned, n_in, descriptors, error);
    for (uint32_t i = 0; status == SUAN_OK && op == SUAN_WIRE_PLAN && i < n_in; i++)
        placing_describe(&descriptors[i], &in[i]);
    if (status == SUAN_OK && verdict != NULL)
        *verdict = found;
    return status;
}
