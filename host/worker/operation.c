/* Requests become calls of the plugin's functions. The host is trusted here, the plugin is not: but it can
   only harm the process it is in. */
#include "operation.h"

#include <string.h>

#include "wire/wire.h"

/* Tensors of one side of a call, with their shapes. */
struct views {
    struct suan_tensor tensors[SUAN_MAX_PORTS];
    int64_t shapes[SUAN_MAX_PORTS][SUAN_MAX_RANK];
    int64_t strides[SUAN_MAX_PORTS][SUAN_MAX_RANK];
};

static void view_all(const struct suan_wire_descriptor *descriptors, uint32_t count, uint8_t *arena,
                     struct views *views)
{
    for (uint32_t i = 0; i < count; i++)
        suan_wire_view(&descriptors[i], arena, views->shapes[i], views->strides[i], &views->tensors[i]);
}

/* Tensors for the plugin to describe: room for 8 extents and nothing else. */
static void blank(struct views *views, uint32_t count)
{
    memset(views, 0, sizeof *views);
    for (uint32_t i = 0; i < count; i++)
        views->tensors[i] = (struct suan_tensor){
            .device_type = SUAN_DEVICE_CPU, .shape = views->shapes[i], .strides = views->strides[i]};
}

/* What infer or plan wrote, for the host to judge. A rank out of range is passed on as it is; the host names
 * it. */
static void report(const struct views *views, uint32_t count, struct suan_wire_reply *reply)
{
    for (uint32_t i = 0; i < count; i++) {
        struct suan_tensor tensor = views->tensors[i];
        uint64_t bytes = 0;
        tensor.strides = NULL;
        tensor.shape = (int64_t *)views->shapes[i];
        bool fine = suan_wire_measure(&tensor, &bytes) == SUAN_OK;
        if (!fine)
            tensor = (struct suan_tensor){.ndim = 0, .dtype = {255, 0, 0}};
        suan_wire_describe(&tensor, 0, bytes, &reply->out[i]);
    }
    reply->head.n_out = (uint16_t)count;
}

static int32_t create(struct seat *seat, struct suan_ctx *ctx, struct seat_instance *place)
{
    const struct suan_wire_request *request = seat->memory->request;
    const struct suan_wire_create *said = &request->extra.create;
    const struct suan_config config = {.struct_size = sizeof config,
                                       .isa = said->isa,
                                       .cpu_features = said->cpu_features,
                                       .memory_bytes = said->memory_bytes,
                                       .seed = said->seed,
                                       .workers = said->workers,
                                       .task = said->task};
    const struct suan_host *host = suan_services_host();
    struct suan_instance *instance = NULL;
    int32_t status;

    place->task = (request->flags & SUAN_WIRE_TASK) != 0 ? seat->plugin->task : NULL;
    place->algorithm =
        (request->flags & SUAN_WIRE_INCUMBENT) != 0 ? seat->plugin->task->incumbent : seat->plugin->algorithm;
    if (place->task != NULL)
        status = place->task->create(host, ctx, &config, &instance);
    else
        status = place->algorithm->create(host, ctx, &config, &instance);
    place->instance = status == SUAN_OK ? instance : NULL;
    return status == SUAN_OK && instance == NULL ? SUAN_E_INTERNAL : status;
}

static int32_t prepare(struct seat *seat, struct suan_ctx *ctx, struct seat_instance *place)
{
    const struct suan_wire_request *request = seat->memory->request;
    struct views in;
    if (place->algorithm->prepare == NULL)
        return SUAN_OK;
    view_all(request->in, request->n_in, seat->memory->input, &in);
    return place->algorithm->prepare(place->instance, ctx, in.tensors, request->n_in);
}

static int32_t infer(struct seat *seat, struct suan_ctx *ctx, struct seat_instance *place)
{
    const struct suan_wire_request *request = seat->memory->request;
    struct views in, out;
    view_all(request->in, request->n_in, seat->memory->input, &in);
    blank(&out, request->n_out);
    int32_t status =
        place->algorithm->infer(place->instance, ctx, in.tensors, request->n_in, out.tensors, request->n_out);
    if (status == SUAN_OK)
        report(&out, request->n_out, seat->memory->reply);
    return status;
}

static int32_t workspace(struct seat *seat, struct suan_ctx *ctx, struct seat_instance *place)
{
    const struct suan_wire_request *request = seat->memory->request;
    struct suan_wire_head *head = &seat->memory->reply->head;
    uint64_t bytes = 0, align = 0;
    struct views in;
    int32_t status = SUAN_OK;
    view_all(request->in, request->n_in, seat->memory->input, &in);
    if (place->algorithm->workspace != NULL)
        status = place->algorithm->workspace(place->instance, ctx, in.tensors, request->n_in, &bytes, &align);
    head->scratch_bytes = bytes;
    head->scratch_align = align > UINT32_MAX ? UINT32_MAX : (uint32_t)align;
    return status;
}

/* The first extents that run decided. */
static void report_dynamic(const struct suan_wire_request *request, const struct views *out,
                           struct suan_wire_reply *reply)
{
    for (uint32_t i = 0; i < request->n_out; i++) {
        if ((request->out[i].flags & SUAN_WIRE_DYNAMIC) == 0 || request->out[i].rank == 0)
            continue;
        struct suan_wire_descriptor said = request->out[i];
        uint64_t rows = said.shape[0];
        said.flags = 0;
        said.shape[0] = (uint64_t)out->shapes[i][0];
        said.bytes = rows == 0 ? 0 : said.bytes / rows * said.shape[0];
        reply->out[i] = said;
    }
}

static int32_t run(struct seat *seat, struct suan_ctx *ctx, struct seat_instance *place)
{
    const struct suan_wire_request *request = seat->memory->request;
    struct views in, out;
    view_all(request->in, request->n_in, seat->memory->input, &in);
    view_all(request->out, request->n_out, seat->memory->output, &out);
    struct suan_run call = {.struct_size = sizeof call,
                            .n_in = request->n_in,
                            .n_out = request->n_out,
                            .ctx = ctx,
                            .in = in.tensors,
                            .out = out.tensors,
                            .scratch = seat->memory->output + request->scratch_offset,
                            .scratch_bytes = request->scratch_bytes};
    int32_t status = place->algorithm->run(place->instance, &call);
    if (status == SUAN_OK)
        report_dynamic(request, &out, seat->memory->reply);
    seat->memory->reply->head.n_out = request->n_out;
    return status;
}

static int32_t destroy(struct seat *seat, struct suan_ctx *ctx, struct seat_instance *place)
{
    (void)seat;
    (void)ctx;
    if (place->task != NULL)
        place->task->destroy(place->instance);
    else if (place->algorithm != NULL)
        place->algorithm->destroy(place->instance);
    *place = (struct seat_instance){0};
    return SUAN_OK;
}

static struct suan_job job_of(const struct suan_wire_request *request, struct suan_ctx *ctx)
{
    struct suan_job job = {.struct_size = sizeof job, .size = request->extra.job.size, .ctx = ctx};
    memcpy(job.seed, request->extra.job.seed, sizeof job.seed);
    return job;
}

static int32_t plan(struct seat *seat, struct suan_ctx *ctx, struct seat_instance *place)
{
    const struct suan_wire_request *request = seat->memory->request;
    struct suan_job job = job_of(request, ctx);
    struct views in;
    blank(&in, request->n_out);
    int32_t status = place->task->plan(place->instance, &job, in.tensors, request->n_out);
    if (status == SUAN_OK)
        report(&in, request->n_out, seat->memory->reply);
    return status;
}

/* The inputs to fill are in the output table: C is not writable here. */
static int32_t generate(struct seat *seat, struct suan_ctx *ctx, struct seat_instance *place)
{
    const struct suan_wire_request *request = seat->memory->request;
    struct suan_job job = job_of(request, ctx);
    struct views in;
    view_all(request->out, request->n_out, seat->memory->output, &in);
    job.n_in = request->n_out;
    job.in = in.tensors;
    return place->task->generate(place->instance, &job);
}

/* Output 0 is the verdict; the candidate's outputs follow it. */
static int32_t check(struct seat *seat, struct suan_ctx *ctx, struct seat_instance *place)
{
    const struct suan_wire_request *request = seat->memory->request;
    struct suan_job job = job_of(request, ctx);
    struct suan_verdict verdict = {.struct_size = sizeof verdict};
    struct views in, out;
    if (request->n_out == 0)
        return SUAN_E_INVALID;
    view_all(request->in, request->n_in, seat->memory->input, &in);
    view_all(request->out + 1, request->n_out - 1u, seat->memory->output, &out);
    job.n_in = request->n_in;
    job.n_out = request->n_out - 1u;
    job.in = in.tensors;
    job.out = out.tensors;
    int32_t status = place->task->check(place->instance, &job, &verdict);
    memcpy(seat->memory->output + request->out[0].offset, &verdict, sizeof verdict);
    return status;
}

/* Which functions answer, and whether they are a task's or an algorithm's. */
enum owner { ANY, ALGORITHM, TASK };
static const struct {
    int32_t (*function)(struct seat *seat, struct suan_ctx *ctx, struct seat_instance *place);
    enum owner owner;
} operations[] = {
    [SUAN_WIRE_PREPARE] = {prepare, ALGORITHM},     [SUAN_WIRE_INFER] = {infer, ALGORITHM},
    [SUAN_WIRE_WORKSPACE] = {workspace, ALGORITHM}, [SUAN_WIRE_RUN] = {run, ALGORITHM},
    [SUAN_WIRE_DESTROY] = {destroy, ANY},           [SUAN_WIRE_PLAN] = {plan, TASK},
    [SUAN_WIRE_GENERATE] = {generate, TASK},        [SUAN_WIRE_CHECK] = {check, TASK},
};

int32_t operation_run(struct seat *seat, struct suan_ctx *ctx)
{
    const struct suan_wire_request *request = seat->memory->request;
    uint16_t op = request->op;
    if (request->instance >= SUAN_MAX_INSTANCES || request->n_in > SUAN_MAX_PORTS ||
        request->n_out > SUAN_MAX_PORTS)
        return SUAN_E_INVALID;
    struct seat_instance *place = &seat->instances[request->instance];
    if (op == SUAN_WIRE_CREATE)
        return place->instance != NULL ? SUAN_E_STATE : create(seat, ctx, place);
    if (op >= sizeof operations / sizeof operations[0] || operations[op].function == NULL)
        return SUAN_E_INVALID;
    bool mine = operations[op].owner == ANY || (operations[op].owner == TASK) == (place->task != NULL);
    if (place->instance == NULL || !mine)
        return SUAN_E_STATE;
    return operations[op].function(seat, ctx, place);
}

static bool copy_name(const char *text, char *place, size_t room)
{
    size_t length = text == NULL ? 0 : strnlen(text, room);
    if (length >= room)
        return false;
    memset(place, 0, room);
    memcpy(place, text == NULL ? "" : text, length);
    return true;
}

static bool describe_ports(const struct suan_port *ports, uint32_t count, struct suan_wire_port *out)
{
    for (uint32_t i = 0; i < count; i++) {
        if (!copy_name(ports[i].name, out[i].name, sizeof out[i].name))
            return false;
        out[i].dtypes = ports[i].dtypes;
        out[i].rank = ports[i].rank;
        out[i].flags = ports[i].flags;
    }
    return true;
}

bool operation_describe_task(const struct suan_task_info *info, struct suan_wire_task *out)
{
    if (info->n_in > SUAN_MAX_PORTS || info->n_out > SUAN_MAX_PORTS ||
        info->n_weights > SUAN_WIRE_WEIGHTS_MAX)
        return false;
    memset(out, 0, sizeof *out);
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
    return copy_name(info->error_name, out->error_name, sizeof out->error_name) &&
           copy_name(info->error_unit, out->error_unit, sizeof out->error_unit) &&
           describe_ports(info->in, info->n_in, out->in) && describe_ports(info->out, info->n_out, out->out);
}
