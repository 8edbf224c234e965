/* suan run: NumPy files in, NumPy files out, through the embedding API alone. */
#include "run.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <libsuan/suan.h>
#include <limits.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "context.h"
#include "journal.h"
#include "npy.h"

/* One input: a file mapped for reading, or a parameter. */
struct input {
    void *mapped;
    size_t mapped_size;
    int64_t shape[SUAN_MAX_RANK], strides[SUAN_MAX_RANK];
    void *copy; /* aligned, since a file's data may not be */
    double real;
    int64_t integer;
};
struct running {
    struct suan_service *service;
    const struct suan_run_request *request;
    struct suan_library *library;
    struct suan_contract *contract;
    struct suan_solver *solver;
    const struct suan_task_info *info;
    struct input inputs[SUAN_MAX_PORTS];
    struct suan_tensor in[SUAN_MAX_PORTS], out[SUAN_MAX_PORTS];
    int64_t out_shape[SUAN_MAX_PORTS][SUAN_MAX_RANK], out_strides[SUAN_MAX_PORTS][SUAN_MAX_RANK];
};

static void running_done(struct running *running)
{
    suan_unload(running->solver);
    suan_contract_free(running->contract);
    suan_close(running->library);
    for (uint32_t i = 0; i < SUAN_MAX_PORTS; i++) {
        free(running->inputs[i].copy);
        free(running->out[i].data);
        if (running->inputs[i].mapped != NULL)
            munmap(running->inputs[i].mapped, running->inputs[i].mapped_size);
    }
}

/* The value of NAME=VALUE for a name, or NULL. */
static const char *value_of(const char *const *items, size_t count, const char *name)
{
    size_t size = strlen(name);
    for (size_t i = 0; i < count; i++) {
        if (strncmp(items[i], name, size) == 0 && items[i][size] == '=')
            return items[i] + size + 1;
    }
    return NULL;
}

static bool has_port(const struct suan_port *ports, uint32_t count, const char *item)
{
    for (uint32_t i = 0; i < count; i++) {
        size_t size = strlen(ports[i].name);
        if (strncmp(item, ports[i].name, size) == 0 && item[size] == '=')
            return true;
    }
    return false;
}

static void list_ports(const struct suan_port *ports, uint32_t count, char *out, size_t capacity)
{
    size_t used = 0;
    out[0] = '\0';
    for (uint32_t i = 0; i < count && used < capacity; i++)
        used += (size_t)snprintf(out + used, capacity - used, "%s%s", i > 0 ? ", " : "", ports[i].name);
}

static enum suan_status check_names(const struct running *running, struct suan_error *error)
{
    const struct suan_run_request *request = running->request;
    const struct suan_task_info *info = running->info;
    char names[256];
    for (size_t i = 0; i < request->n_in + request->n_set; i++) {
        const char *item = i < request->n_in ? request->in[i] : request->set[i - request->n_in];
        list_ports(info->in, info->n_in, names, sizeof names);
        if (!has_port(info->in, info->n_in, item))
            return suan_error_set(
                error, SUAN_E_USAGE, "run.input", "inputs are NAME=FILE.npy, parameters NAME=VALUE",
                "%s: the inputs of %s are %s", item, suan_contract_task(running->contract), names);
    }
    for (size_t i = 0; i < request->n_out; i++) {
        list_ports(info->out, info->n_out, names, sizeof names);
        if (!has_port(info->out, info->n_out, request->out[i]))
            return suan_error_set(error, SUAN_E_USAGE, "run.output", "outputs are NAME=FILE.npy",
                                  "%s: the outputs of %s are %s", request->out[i],
                                  suan_contract_task(running->contract), names);
    }
    return SUAN_OK;
}

/* --- inputs ------------------------------------------------------------------------------------------- */

static enum suan_status map_file(const char *path, struct input *input, struct suan_error *error)
{
    SUAN_CLEANUP(suan_closep) int fd = open(path, O_RDONLY | O_CLOEXEC);
    struct stat info;
    if (fd < 0 || fstat(fd, &info) != 0)
        return suan_error_errno(error, "file.io", errno, path);
    if (!S_ISREG(info.st_mode) || info.st_size == 0)
        return suan_error_set(error, SUAN_E_FORMAT, "npy.format", NULL, "%s: no NumPy file", path);
    void *mapped = mmap(NULL, (size_t)info.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
    if (mapped == MAP_FAILED)
        return suan_error_errno(error, "file.io", errno, path);
    input->mapped = mapped;
    input->mapped_size = (size_t)info.st_size;
    return SUAN_OK;
}

static enum suan_status read_file(const char *path, struct input *input, struct suan_tensor *out,
                                  struct suan_error *error)
{
    struct suan_npy npy;
    enum suan_status status = map_file(path, input, error);
    if (status == SUAN_OK)
        status = suan_npy_parse(suan_span(input->mapped, input->mapped_size), path, &npy, error);
    if (status != SUAN_OK)
        return status;
    int64_t stride = 1;
    for (int32_t i = npy.rank - 1; i >= 0; i--) {
        input->shape[i] = npy.shape[i];
        input->strides[i] = stride;
        stride *= npy.shape[i];
    }
    void *data = (void *)(uintptr_t)npy.data.data;
    if ((uintptr_t)data % SUAN_TENSOR_ALIGN != 0) {
        input->copy =
            aligned_alloc(SUAN_TENSOR_ALIGN, (npy.data.size / SUAN_TENSOR_ALIGN + 1) * SUAN_TENSOR_ALIGN);
        if (input->copy == NULL)
            return suan_error_set(error, SUAN_E_MEMORY, "memory", NULL, "out of memory for %s", path);
        memcpy(input->copy, npy.data.data, npy.data.size);
        data = input->copy;
    }
    *out =
        (struct suan_tensor){data, SUAN_DEVICE_CPU, 0, npy.rank, npy.dtype, input->shape, input->strides, 0};
    return SUAN_OK;
}

static enum suan_status read_parameter(const struct suan_port *port, const char *text, struct input *input,
                                       struct suan_tensor *out, struct suan_error *error)
{
    char *end = NULL;
    errno = 0;
    *out = (struct suan_tensor){NULL, SUAN_DEVICE_CPU, 0, 0, SUAN_F64, input->shape, input->strides, 0};
    if ((port->dtypes & SUAN_TYPE_F64) != 0) {
        input->real = strtod(text, &end);
        out->data = &input->real;
    } else {
        input->integer = strtoll(text, &end, 10);
        out->data = &input->integer;
        out->dtype = SUAN_I64;
    }
    if (errno != 0 || end == text || *end != '\0')
        return suan_error_set(error, SUAN_E_USAGE, "run.parameter", NULL, "--set %s=%s: not a number",
                              port->name, text);
    if (((SUAN_TYPE_F64 | SUAN_TYPE_I64) & port->dtypes) == 0)
        return suan_error_set(error, SUAN_E_UNSUPPORTED, "run.parameter",
                              "give it as a file: --in NAME=FILE.npy",
                              "--set %s: its element type cannot be given on the command line", port->name);
    return SUAN_OK;
}

static enum suan_status read_inputs(struct running *running, struct suan_error *error)
{
    const struct suan_run_request *request = running->request;
    for (uint32_t i = 0; i < running->info->n_in; i++) {
        const struct suan_port *port = &running->info->in[i];
        const char *file = value_of(request->in, request->n_in, port->name);
        const char *value = value_of(request->set, request->n_set, port->name);
        enum suan_status status =
            file != NULL ? read_file(file, &running->inputs[i], &running->in[i], error)
            : value != NULL
                ? read_parameter(port, value, &running->inputs[i], &running->in[i], error)
                : suan_error_set(error, SUAN_E_USAGE, "run.input",
                                 "say --in NAME=FILE.npy or --set NAME=VALUE", "input %s of %s is missing",
                                 port->name, suan_contract_task(running->contract));
        if (status != SUAN_OK)
            return status;
    }
    return SUAN_OK;
}

/* --- outputs ------------------------------------------------------------------------------------------ */

static enum suan_status make_outputs(struct running *running, struct suan_error *error)
{
    for (uint32_t i = 0; i < running->info->n_out; i++) {
        running->out[i].shape = running->out_shape[i];
        running->out[i].strides = running->out_strides[i];
    }
    enum suan_status status = suan_infer(running->solver, running->in, running->info->n_in, running->out,
                                         running->info->n_out, error);
    for (uint32_t i = 0; i < running->info->n_out && status == SUAN_OK; i++) {
        uint64_t bytes = 0;
        if (!suan_npy_bytes(running->out[i].dtype, running->out[i].ndim, running->out[i].shape,
                            SUAN_MAX_TENSOR_BYTES, &bytes))
            return suan_error_set(error, SUAN_E_SHAPE, "run.output", NULL, "output %s is too large",
                                  running->info->out[i].name);
        running->out[i].data =
            aligned_alloc(SUAN_TENSOR_ALIGN, (bytes / SUAN_TENSOR_ALIGN + 1) * SUAN_TENSOR_ALIGN);
        if (running->out[i].data == NULL)
            return suan_error_set(error, SUAN_E_MEMORY, "memory", NULL, "out of memory for output %s",
                                  running->info->out[i].name);
    }
    return status;
}

static enum suan_status write_output(struct running *running, uint32_t i, struct suan_json *rows,
                                     struct suan_error *error)
{
    SUAN_CLEANUP(suan_buffer_done) struct suan_buffer file = {0};
    const struct suan_tensor *tensor = &running->out[i];
    const char *path = value_of(running->request->out, running->request->n_out, running->info->out[i].name);
    struct suan_json *row = suan_json_new_object(), *shape = suan_json_new_array();
    uint64_t bytes = 0;
    enum suan_status status = SUAN_OK;
    suan_json_set_text(row, "name", running->info->out[i].name);
    for (int32_t d = 0; d < tensor->ndim; d++)
        suan_json_add_integer(shape, tensor->shape[d]);
    suan_json_set(row, "shape", shape);
    if (path != NULL) {
        status = suan_npy_header(tensor->dtype, tensor->ndim, tensor->shape, &file, error);
        (void)suan_npy_bytes(tensor->dtype, tensor->ndim, tensor->shape, SUAN_MAX_TENSOR_BYTES, &bytes);
        suan_buffer_append(&file, tensor->data, bytes);
        if (status == SUAN_OK)
            status = suan_buffer_check(&file, error);
        if (status == SUAN_OK)
            status = suan_file_replace(path, suan_buffer_span(&file), 0644, error);
        suan_json_set_text(row, "file", path);
    }
    suan_json_add(rows, row);
    return status;
}

/* --- the run ------------------------------------------------------------------------------------------ */

static enum suan_status read_level(const char *name, int32_t *out, struct suan_error *error)
{
    static const struct {
        const char *name;
        int32_t level;
    } rows[] = {{"FULL", SUAN_LEVEL_FULL},
                {"STRONG", SUAN_LEVEL_STRONG},
                {"REDUCED", SUAN_LEVEL_REDUCED},
                {"in-process", SUAN_LEVEL_INPROCESS}};
    for (size_t i = 0; name != NULL && i < sizeof rows / sizeof rows[0]; i++) {
        if (strcmp(rows[i].name, name) == 0) {
            *out = rows[i].level;
            return SUAN_OK;
        }
    }
    *out = SUAN_LEVEL_DEFAULT;
    return name == NULL ? SUAN_OK
                        : suan_error_set(error, SUAN_E_USAGE, "option.value",
                                         "say FULL, STRONG, REDUCED or in-process",
                                         "--isolation: no level '%s'", name);
}

/* Turns the user's wish to stop into the cancelling of the call. */
struct watch {
    const volatile int *interrupted;
    struct suan_solver *solver;
    volatile int done;
    pthread_t thread;
};

static void *watch(void *context)
{
    struct watch *watch = context;
    while (!watch->done) {
        usleep(20000);
        if (*watch->interrupted != 0) {
            suan_cancel(watch->solver);
            break;
        }
    }
    return NULL;
}

/* A view of some rows of a compact tensor. */
static struct suan_tensor rows_of(const struct suan_tensor *whole, int64_t first, int64_t count,
                                  int64_t shape[SUAN_MAX_RANK])
{
    struct suan_tensor part = *whole;
    int64_t row = whole->dtype.bits / 8;
    for (int32_t d = 1; d < whole->ndim; d++)
        row *= whole->shape[d];
    memcpy(shape, whole->shape, (size_t)whole->ndim * sizeof shape[0]);
    shape[0] = count;
    part.shape = shape;
    part.data = (char *)whole->data + first * row;
    return part;
}

/* That the size of a job is the rows of one input, and that each output has as many. */
static enum suan_status check_tiles(const struct running *running, struct suan_error *error)
{
    const struct suan_task_info *info = running->info;
    const struct suan_tensor *sized = &running->in[info->size_port];
    bool fits = info->size_dim == 0 && info->size_port >= info->n_prepared && sized->ndim > 0;
    for (uint32_t i = 0; fits && i < info->n_out; i++)
        fits = (info->out[i].flags & SUAN_PORT_DYNAMIC) == 0 && running->out[i].ndim > 0 &&
               running->out[i].shape[0] == sized->shape[0];
    return fits ? SUAN_OK
                : suan_error_set(error, SUAN_E_USAGE, "run.tile", "leave --tile out",
                                 "%s cannot be run in tiles", suan_contract_task(running->contract));
}

/* Tile by tile: each is a job of its own, of a size that was measured. */
static enum suan_status call_tiles(struct running *running, struct suan_error *error)
{
    const struct suan_task_info *info = running->info;
    struct suan_tensor in[SUAN_MAX_PORTS], out[SUAN_MAX_PORTS];
    int64_t in_shape[SUAN_MAX_RANK], out_shapes[SUAN_MAX_PORTS][SUAN_MAX_RANK];
    int64_t rows = running->in[info->size_port].shape[0], tile = running->request->tile;
    enum suan_status status = check_tiles(running, error);
    memcpy(in, running->in, sizeof in);
    for (int64_t first = 0; first < rows && status == SUAN_OK; first += tile) {
        int64_t count = rows - first < tile ? rows - first : tile;
        in[info->size_port] = rows_of(&running->in[info->size_port], first, count, in_shape);
        for (uint32_t i = 0; i < info->n_out; i++)
            out[i] = rows_of(&running->out[i], first, count, out_shapes[i]);
        status = (enum suan_status)suan_call(running->solver, in, info->n_in, out, info->n_out,
                                             running->request->deadline_ms, error);
    }
    return status;
}

static enum suan_status call_once(struct running *running, struct suan_error *error)
{
    if (running->request->tile > 0)
        return call_tiles(running, error);
    return (enum suan_status)suan_call(running->solver, running->in, running->info->n_in, running->out,
                                       running->info->n_out, running->request->deadline_ms, error);
}

static enum suan_status call(struct running *running, struct suan_error *error)
{
    struct watch watching = {.interrupted = running->service->options.interrupted, .solver = running->solver};
    bool watched =
        watching.interrupted != NULL && pthread_create(&watching.thread, NULL, watch, &watching) == 0;
    enum suan_status status = call_once(running, error);
    watching.done = 1;
    if (watched)
        pthread_join(watching.thread, NULL);
    return status;
}

static enum suan_status open_library(struct running *running, int32_t level, struct suan_error *error)
{
    struct suan_open_options options = SUAN_OPEN_OPTIONS_INIT;
    options.registry = running->service->options.registry;
    options.worker = running->service->options.worker;
    options.trust = running->request->trust;
    options.journal = running->request->journal;
    options.flags = level == SUAN_LEVEL_INPROCESS ? SUAN_OPEN_INPROCESS
                    : level == SUAN_LEVEL_REDUCED ? SUAN_ALLOW_REDUCED
                                                  : 0;
    enum suan_status status = (enum suan_status)suan_open(&options, &running->library, error);
    if (status == SUAN_OK)
        status = suan_contract_open(running->library, running->request->what, &running->contract, error);
    if (status == SUAN_OK)
        running->info = suan_contract_info(running->contract);
    return status;
}

static enum suan_status load(struct running *running, int32_t level, struct suan_error *error)
{
    struct suan_load_options options = SUAN_LOAD_OPTIONS_INIT;
    options.level = level;
    options.seed = running->request->seed;
    options.deadline_ms = running->request->deadline_ms;
    options.prepared = running->in;
    options.n_prepared = running->info->n_prepared;
    return (enum suan_status)suan_load(running->library, running->request->what, &options, &running->solver,
                                       error);
}

static enum suan_status report(struct running *running, struct suan_json **out_result,
                               struct suan_error *error)
{
    SUAN_CLEANUP(suan_json_releasep) struct suan_json *result = suan_json_new_object();
    struct suan_json *rows = suan_json_new_array();
    const struct suan_found *found = suan_solver_release(running->solver);
    enum suan_status status = SUAN_OK;
    suan_json_set_text(result, "release", found->name);
    suan_json_set_text(result, "version", found->version);
    suan_json_set_text(result, "task", found->task);
    suan_json_set_text(result, "variant", found->variant);
    suan_json_set_text(result, "level", suan_solver_level(running->solver));
    suan_json_set(result, "outputs", rows);
    for (uint32_t i = 0; i < running->info->n_out && status == SUAN_OK; i++)
        status = write_output(running, i, rows, error);
    if (status == SUAN_OK && running->request->receipt != NULL) {
        status = suan_receipt(running->solver, running->request->ident, running->request->key,
                              running->request->receipt, error);
        suan_json_set_text(result, "receipt", running->request->receipt);
    }
    if (status == SUAN_OK)
        *out_result = suan_take(&result);
    return status;
}

enum suan_status suan_service_run(struct suan_service *service, const struct suan_run_request *request,
                                  struct suan_json **out_result, struct suan_error *error)
{
    SUAN_CLEANUP(running_done) struct running running = {.service = service, .request = request};
    int32_t level = SUAN_LEVEL_DEFAULT;
    if (request->receipt != NULL && (request->ident == NULL || request->key == NULL))
        return suan_error_set(error, SUAN_E_USAGE, "option.missing", NULL,
                              "--receipt needs --as IDENT and --sign KEYFILE");
    enum suan_status status = read_level(request->isolation, &level, error);
    if (status == SUAN_OK)
        status = open_library(&running, level, error);
    if (status == SUAN_OK)
        status = check_names(&running, error);
    if (status == SUAN_OK)
        status = read_inputs(&running, error);
    if (status == SUAN_OK)
        status = load(&running, level, error);
    if (status == SUAN_OK)
        status = make_outputs(&running, error);
    if (status == SUAN_OK)
        status = call(&running, error);
    return status != SUAN_OK ? status : report(&running, out_result, error);
}

enum suan_status suan_service_saved(struct suan_service *service, const char *journal,
                                    struct suan_json **out_result, struct suan_error *error)
{
    char folder[PATH_MAX];
    const char *data = getenv("XDG_DATA_HOME"), *home = getenv("HOME");
    int size = journal != NULL ? snprintf(folder, sizeof folder, "%s", journal)
               : data != NULL && data[0] == '/'
                   ? snprintf(folder, sizeof folder, "%s/suan/meter", data)
                   : snprintf(folder, sizeof folder, "%s/.local/share/suan/meter", home != NULL ? home : "");
    (void)service;
    if (size >= PATH_MAX)
        return suan_error_set(error, SUAN_E_USAGE, "path.too-long", NULL, "the journal's path is too long");
    return journal_list(folder, out_result, error);
}
