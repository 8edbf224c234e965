/* Loads plugins by dlopen and calls their tables as abi.h says. */
#include "host.h"

#include <assert.h>
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

char test_host_error[SUAN_MAX_ERROR_BYTES];

static const void *no_interface(const struct suan_host *host, const char *id)
{
    (void)host;
    (void)id;
    return NULL;
}

static void ignore_log(struct suan_ctx *ctx, int32_t level, const char *text)
{
    (void)ctx;
    (void)level;
    (void)text;
}

static void keep_error(struct suan_ctx *ctx, int32_t code, const char *text)
{
    (void)ctx;
    (void)code;
    snprintf(test_host_error, sizeof test_host_error, "%s", text);
}

static int32_t never_cancelled(struct suan_ctx *ctx)
{
    (void)ctx;
    return 0;
}

static void ignore_progress(struct suan_ctx *ctx, uint32_t parts)
{
    (void)ctx;
    (void)parts;
}

static int32_t serial_for(struct suan_ctx *ctx, uint64_t n, uint64_t grain,
                          void (*body)(void *arg, uint64_t begin, uint64_t end, uint32_t worker), void *arg)
{
    (void)ctx;
    if (grain == 0)
        return SUAN_E_INVALID;
    for (uint64_t begin = 0; begin < n; begin += grain)
        body(arg, begin, begin + grain < n ? begin + grain : n, 0);
    return SUAN_OK;
}

const struct suan_host test_host = {
    SUAN_ABI_MAJOR, SUAN_ABI_MINOR,  no_interface,    ignore_log,
    keep_error,     never_cancelled, ignore_progress, serial_for,
};

bool host_cpu_runs_best(void)
{
#if defined(__x86_64__)
    return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") && __builtin_cpu_supports("bmi2");
#else
    return true;
#endif
}

static const struct suan_plugin *load_variant(const char *name, const char *variant)
{
    char path[4096];
    snprintf(path, sizeof path, "%s/%s/variants/%s/plugin.so", SUAN_PLUGIN_STAGE, name, variant);
    setenv("OPENBLAS_NUM_THREADS", "1", 1); /* as the worker does */
    void *handle = dlopen(path, RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE);
    if (handle == NULL)
        fprintf(stderr, "%s\n", dlerror());
    assert(handle != NULL);
    void *symbol = dlsym(handle, "suan_plugin_v1");
    const struct suan_plugin *(*entry)(const struct suan_host *);
    assert(symbol != NULL);
    memcpy(&entry, &symbol, sizeof entry);
    const struct suan_plugin *plugin = entry(&test_host);
    assert(plugin != NULL && entry(&test_host) == plugin);
    return plugin;
}

#if defined(__x86_64__)
static const char plain_variant[] = "x86-64-v2", best_variant[] = "x86-64-v3";
#else
static const char plain_variant[] = "aarch64", best_variant[] = "aarch64";
#endif

const struct suan_plugin *host_load(const char *name)
{
    return load_variant(name, host_cpu_runs_best() ? best_variant : plain_variant);
}

const struct suan_plugin *host_load_plain(const char *name)
{
    return load_variant(name, plain_variant);
}

static struct suan_config config_for(const char *task)
{
    return (struct suan_config){.struct_size = sizeof(struct suan_config),
                                .isa = host_cpu_runs_best() ? 3 : 2,
                                .memory_bytes = UINT64_C(1) << 30,
                                .seed = 1,
                                .workers = 1,
                                .task = task};
}

struct referee host_referee(const struct suan_plugin *plugin)
{
    struct referee referee = {plugin->task, NULL};
    struct suan_config config = config_for(plugin->descriptor->tasks[0]);
    int32_t status = plugin->task->create(&test_host, NULL, &config, &referee.instance);
    assert(status == SUAN_OK);
    return referee;
}

void host_referee_done(struct referee *referee)
{
    referee->task->destroy(referee->instance);
    referee->instance = NULL;
}

struct solver host_solver(const struct suan_algorithm *algorithm, const char *task)
{
    struct solver solver = {algorithm, NULL, 0};
    struct suan_config config = config_for(task);
    int32_t status = algorithm->create(&test_host, NULL, &config, &solver.instance);
    assert(status == SUAN_OK);
    return solver;
}

void host_solver_done(struct solver *solver)
{
    solver->algorithm->destroy(solver->instance);
    solver->instance = NULL;
}

void host_seed(uint8_t seed[32], uint32_t load, uint32_t job)
{
    for (uint32_t i = 0; i < 16; i++) {
        seed[i] = (uint8_t)(load >> (i % 4 * 8)) ^ (uint8_t)(i * 37);
        seed[16 + i] = (uint8_t)((job * 2654435761u + load) >> (i % 4 * 8)) ^ (uint8_t)(i * 91);
    }
}

static void set_strides(struct suan_tensor *tensor)
{
    int64_t stride = 1;
    for (int32_t i = tensor->ndim; i-- > 0;) {
        tensor->strides[i] = stride;
        stride *= tensor->shape[i];
    }
}

static void bind_tensor(struct tensors *tensors, uint32_t i)
{
    tensors->t[i].device_type = SUAN_DEVICE_CPU;
    tensors->t[i].shape = tensors->shape[i];
    tensors->t[i].strides = tensors->strides[i];
}

static void allocate(struct tensors *tensors, uint32_t i, uint8_t poison)
{
    set_strides(&tensors->t[i]);
    uint64_t bytes = suan_bytes(&tensors->t[i]);
    tensors->capacity[i] = bytes;
    tensors->t[i].data = aligned_alloc(64, (bytes + 64) / 64 * 64);
    assert(tensors->t[i].data != NULL);
    memset(tensors->t[i].data, poison, bytes);
}

void host_tensor(struct tensors *tensors, uint32_t i, uint64_t type, int32_t rank, const int64_t *extents)
{
    free(tensors->t[i].data);
    memset(&tensors->t[i], 0, sizeof tensors->t[i]);
    bind_tensor(tensors, i);
    suan_out(&tensors->t[i], type, rank, extents);
    allocate(tensors, i, 0);
}

static void bind_all(struct tensors *tensors)
{
    for (uint32_t i = 0; i < tensors->n; i++)
        bind_tensor(tensors, i);
}

static struct suan_job make_job(const uint8_t seed[32], uint64_t size, const struct suan_tensor *in,
                                uint32_t n_in)
{
    struct suan_job job = {.struct_size = sizeof job, .n_in = n_in, .size = size, .in = in};
    memcpy(job.seed, seed, 32);
    return job;
}

/* Tests alter copies of the struct to say something wrong, so calls get views that point at the copy's own
 * shapes. */
static void view(const struct tensors *tensors, struct suan_tensor *out_view)
{
    for (uint32_t i = 0; i < tensors->n; i++) {
        out_view[i] = tensors->t[i];
        out_view[i].shape = (int64_t *)(uintptr_t)tensors->shape[i];
        out_view[i].strides = (int64_t *)(uintptr_t)tensors->strides[i];
    }
}

void host_generate(const struct referee *referee, const uint8_t seed[32], uint64_t size,
                   struct tensors *out_in)
{
    *out_in = (struct tensors){.n = referee->task->info->n_in};
    bind_all(out_in);
    struct suan_job job = make_job(seed, size, NULL, 0);
    int32_t status = referee->task->plan(referee->instance, &job, out_in->t, out_in->n);
    assert(status == SUAN_OK);
    for (uint32_t i = 0; i < out_in->n; i++)
        allocate(out_in, i, 0xa5);
    job = make_job(seed, size, out_in->t, out_in->n);
    status = referee->task->generate(referee->instance, &job);
    assert(status == SUAN_OK);
}

int32_t host_check(const struct referee *referee, const uint8_t seed[32], uint64_t size,
                   const struct tensors *in, const struct tensors *out, struct suan_verdict *verdict)
{
    struct suan_tensor in_view[SUAN_MAX_PORTS], out_view[SUAN_MAX_PORTS];
    view(in, in_view);
    view(out, out_view);
    struct suan_job job = make_job(seed, size, in_view, in->n);
    job.out = out_view;
    job.n_out = out->n;
    memset(verdict, 0xee, sizeof *verdict);
    return referee->task->check(referee->instance, &job, verdict);
}

int32_t host_prepare(struct solver *solver, const struct referee *referee, const struct tensors *in)
{
    struct suan_tensor in_view[SUAN_MAX_PORTS];
    view(in, in_view);
    if (solver->algorithm->prepare == NULL)
        return SUAN_OK;
    return solver->algorithm->prepare(solver->instance, NULL, in_view, referee->task->info->n_prepared);
}

static int32_t scratch_for(struct solver *solver, const struct suan_tensor *in, uint32_t n_in,
                           uint64_t *out_bytes, uint64_t *out_align)
{
    *out_bytes = 0;
    *out_align = 64;
    if (solver->algorithm->workspace == NULL)
        return SUAN_OK;
    return solver->algorithm->workspace(solver->instance, NULL, in, n_in, out_bytes, out_align);
}

int32_t host_run(struct solver *solver, const struct tensors *in, uint32_t n_out, uint8_t poison,
                 struct tensors *out)
{
    struct suan_tensor in_view[SUAN_MAX_PORTS];
    view(in, in_view);
    *out = (struct tensors){.n = n_out};
    bind_all(out);
    int32_t status = solver->algorithm->infer(solver->instance, NULL, in_view, in->n, out->t, n_out);
    uint64_t bytes = 0, align = 64;
    if (status == SUAN_OK)
        status = scratch_for(solver, in_view, in->n, &bytes, &align);
    if (status != SUAN_OK) {
        out->n = 0;
        return status;
    }
    for (uint32_t i = 0; i < n_out; i++)
        allocate(out, i, poison);
    align = align == 0 ? 64 : align;
    void *scratch = aligned_alloc(align, (bytes + align) / align * align);
    assert(scratch != NULL);
    memset(scratch, poison, bytes);
    struct suan_run run = {.struct_size = sizeof run,
                           .n_in = in->n,
                           .n_out = n_out,
                           .in = in_view,
                           .out = out->t,
                           .scratch = scratch,
                           .scratch_bytes = bytes};
    uint64_t before = host_heap_calls();
    status = solver->algorithm->run(solver->instance, &run);
    solver->heap_calls = host_heap_calls() - before;
    free(scratch);
    if (status != SUAN_OK)
        host_tensors_done(out);
    return status;
}

void host_copy(const struct tensors *from, struct tensors *out_copy)
{
    *out_copy = *from;
    bind_all(out_copy);
    for (uint32_t i = 0; i < from->n; i++) {
        out_copy->t[i].data = aligned_alloc(64, (from->capacity[i] + 64) / 64 * 64);
        assert(out_copy->t[i].data != NULL);
        if (from->capacity[i] > 0)
            memcpy(out_copy->t[i].data, from->t[i].data, from->capacity[i]);
    }
}

void host_tensors_done(struct tensors *tensors)
{
    for (uint32_t i = 0; i < tensors->n; i++)
        free(tensors->t[i].data);
    tensors->n = 0;
}
