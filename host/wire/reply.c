/* Replies: copied first, judged second. A stranger may change the shared bytes at any moment. */
#include "wire.h"

#include <math.h>

/* The copy is now what the compiler knows; it may not read the shared bytes again in its place. */
#define SETTLE(copy) __asm__ volatile("" : "+m"(copy) : : "memory")

static enum suan_status wrong(struct suan_error *error, const char *field)
{
    return suan_error_set(error, SUAN_E_WORKER_PROTOCOL, "worker.protocol",
                          "the plugin corrupts its worker; report it to its owner", "invalid reply: %s",
                          field);
}

static const char *check_head(const struct suan_wire_head *head, const struct suan_wire_expect *expect)
{
    if (head->call_id != expect->call_id)
        return "call id";
    if (head->worker_id != expect->worker_id)
        return "worker id";
    if (head->error_length > SUAN_MAX_ERROR_BYTES)
        return "error length";
    return NULL;
}

static const char *check_workspace(const struct suan_wire_head *head)
{
    uint32_t align = head->scratch_align;
    if (head->scratch_bytes > SUAN_WIRE_ARENA_MAX)
        return "scratch bytes";
    if (align != 0 &&
        (align < SUAN_TENSOR_ALIGN || align > SUAN_MAX_SCRATCH_ALIGN || (align & (align - 1)) != 0))
        return "scratch alignment";
    return NULL;
}

/* What run may say of a dynamic output: fewer rows than were reserved, and nothing else. */
static const char *check_dynamic(const struct suan_wire_descriptor *said,
                                 const struct suan_wire_descriptor *reserved)
{
    const char *field = suan_wire_check_descriptor(said);
    if (field != NULL)
        return field;
    if (said->code != reserved->code || said->bits != reserved->bits || said->rank != reserved->rank)
        return "dtype or rank of a dynamic output";
    if (said->offset != reserved->offset)
        return "offset of a dynamic output";
    if (said->rank == 0 || said->shape[0] > reserved->shape[0] ||
        memcmp(said->shape + 1, reserved->shape + 1, sizeof said->shape - sizeof said->shape[0]) != 0)
        return "shape of a dynamic output";
    return NULL;
}

static const char *take_outputs(const struct suan_wire_reply *shared, const struct suan_wire_expect *expect,
                                uint16_t said, struct suan_wire_answer *out)
{
    bool every = expect->op == SUAN_WIRE_INFER || expect->op == SUAN_WIRE_PLAN;
    if (every && said != expect->n_out)
        return "number of outputs";
    for (uint16_t i = 0; i < expect->n_out; i++) {
        bool dynamic = expect->op == SUAN_WIRE_RUN && (expect->dynamic >> i & 1) != 0;
        if (!every && !dynamic)
            continue;
        struct suan_wire_descriptor *copy = &out->out[i];
        memcpy(copy, &shared->out[i], sizeof *copy);
        SETTLE(*copy);
        const char *field = every ? suan_wire_check_descriptor(copy) : check_dynamic(copy, &expect->out[i]);
        if (field != NULL)
            return field;
    }
    return NULL;
}

static void take_error(const struct suan_wire_reply *shared, uint16_t length, struct suan_wire_answer *out)
{
    char copy[SUAN_MAX_ERROR_BYTES];
    memcpy(copy, shared->error, sizeof copy);
    SETTLE(copy);
    suan_wire_clean_text(copy, length, out->error);
}

enum suan_status suan_wire_take(const struct suan_wire_reply *shared, const struct suan_wire_expect *expect,
                                struct suan_wire_answer *out, struct suan_error *error)
{
    struct suan_wire_head head;
    memcpy(&head, &shared->head, sizeof head);
    SETTLE(head);
    if (atomic_load_explicit(&head.rep_seq, memory_order_relaxed) != expect->seq)
        return wrong(error, "sequence number");
    const char *field = check_head(&head, expect);
    if (field != NULL)
        return wrong(error, field);
    out->status = head.status;
    out->cpu_hint = head.cpu_hint;
    out->error[0] = '\0';
    if (head.status != SUAN_OK) {
        take_error(shared, head.error_length, out);
        bool load = expect->op == SUAN_WIRE_LOAD && head.status == SUAN_E_WORKER_LOAD;
        if ((head.status > 0 || head.status < -63) && !load) /* a number of no meaning */
            out->status = SUAN_E_INTERNAL;
        return SUAN_OK;
    }
    if (expect->op == SUAN_WIRE_WORKSPACE) {
        field = check_workspace(&head);
        out->scratch_bytes = head.scratch_bytes;
        out->scratch_align = head.scratch_align == 0 ? SUAN_TENSOR_ALIGN : head.scratch_align;
    } else {
        field = take_outputs(shared, expect, head.n_out, out);
    }
    return field == NULL ? SUAN_OK : wrong(error, field);
}

bool suan_wire_take_log(const struct suan_wire_reply *shared, uint32_t seen, uint32_t *out_level,
                        char out_text[SUAN_MAX_LOG_BYTES + 1])
{
    struct suan_wire_log copy;
    memcpy(&copy, &shared->log[seen % SUAN_WIRE_LOG_SLOTS], sizeof copy);
    SETTLE(copy);
    if (copy.seq != seen + 1 || copy.length > SUAN_MAX_LOG_BYTES)
        return false;
    *out_level = copy.level > SUAN_LOG_ERROR ? SUAN_LOG_ERROR : copy.level;
    suan_wire_clean_text(copy.text, copy.length, out_text);
    return true;
}

static const char *check_ports(const struct suan_wire_port *ports, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        if (memchr(ports[i].name, '\0', sizeof ports[i].name) == NULL || ports[i].name[0] == '\0')
            return "port name";
        if (ports[i].rank < -1 || ports[i].rank > SUAN_MAX_RANK)
            return "port rank";
        if (ports[i].dtypes == 0 || (ports[i].flags & ~(SUAN_PORT_PARAM | SUAN_PORT_DYNAMIC)) != 0)
            return "port types or flags";
    }
    return NULL;
}

static bool weights_add_up(const struct suan_wire_task *task)
{
    uint64_t sum = 0;
    for (uint32_t i = 0; i < task->n_weights; i++)
        sum += task->weights_ppm[i];
    return sum == 1000000;
}

const char *suan_wire_check_task(const struct suan_wire_task *task)
{
    if (task->n_in == 0 || task->n_in > SUAN_MAX_PORTS || task->n_out == 0 ||
        task->n_out > SUAN_MAX_PORTS - 1)
        return "number of ports";
    if (task->n_prepared > task->n_in)
        return "n_prepared";
    if (task->n_weights == 0 || task->n_weights > SUAN_WIRE_WEIGHTS_MAX || !weights_add_up(task))
        return "weights";
    if (task->size_min == 0 || task->size_min > task->size_max || task->size_max > INT64_MAX)
        return "sizes";
    if (task->size_port >= task->n_in || task->cache_mode > SUAN_CACHE_COLD)
        return "size port or cache mode";
    if (task->unit_jobs == 0 || task->unit_jobs > INT64_MAX || task->jobs_per_load == 0 ||
        task->jobs_per_load > INT64_MAX)
        return "unit_jobs or jobs_per_load";
    if (!isfinite(task->error_floor) || task->error_floor < 0)
        return "error floor";
    if (memchr(task->error_name, '\0', sizeof task->error_name) == NULL ||
        memchr(task->error_unit, '\0', sizeof task->error_unit) == NULL)
        return "error name or unit";
    const char *field = check_ports(task->in, task->n_in);
    return field != NULL ? field : check_ports(task->out, task->n_out);
}
