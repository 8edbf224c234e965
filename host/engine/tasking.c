/* The calls of a task: plan, generate, check. */
#include <math.h>
#include <string.h>

#include "guest_state.h"

static enum suan_status ready_for_job(struct suan_guest *guest, struct suan_error *error)
{
    if (guest->role != SUAN_GUEST_TASK)
        return suan_error_set(error, SUAN_E_STATE, "guest.role", NULL, "this guest was not opened as a task");
    return guest_ready(guest, error);
}

static void write_job(struct suan_guest *guest, const struct suan_guest_job *job)
{
    struct suan_wire_job *place = &guest->region.request->extra.job;
    memset(&guest->region.request->extra, 0, sizeof guest->region.request->extra);
    memcpy(place->seed, job->seed, sizeof place->seed);
    place->size = job->size;
}

const struct suan_task_info *suan_guest_task_info(const struct suan_guest *guest)
{
    return guest->info.struct_size == 0 ? NULL : &guest->info;
}

static enum suan_status check_count(const struct suan_guest *guest, uint32_t n_in, struct suan_error *error)
{
    if (n_in == guest->info.n_in)
        return SUAN_OK;
    return suan_error_set(error, SUAN_E_SHAPE, "guest.tensor", NULL, "%u inputs, the task has %u", n_in,
                          guest->info.n_in);
}

enum suan_status suan_guest_plan(struct suan_guest *guest, const struct suan_guest_job *job,
                                 struct suan_tensor *in, uint32_t n_in, struct suan_error *error)
{
    struct suan_wire_answer answer;
    struct placement nothing = {0};
    enum suan_status status = ready_for_job(guest, error);
    if (status == SUAN_OK)
        status = check_count(guest, n_in, error);
    if (status != SUAN_OK)
        return status;
    if (guest->home == SUAN_GUEST_INPROCESS)
        return inprocess_job(guest, SUAN_WIRE_PLAN, job, in, n_in, NULL, 0, NULL, error);
    placing_write(guest, &nothing);
    write_job(guest, job);
    status = guest_request(guest, SUAN_WIRE_PLAN, (uint16_t)n_in, 0, &answer, error);
    for (uint32_t i = 0; status == SUAN_OK && i < n_in; i++)
        placing_describe(&answer.out[i], &in[i]);
    return status;
}

/* Tensors one after another in D, from `at`. */
static uint64_t lay_out(const struct suan_tensor *tensors, uint32_t count, const uint64_t *bytes, uint64_t at,
                        struct suan_wire_descriptor *out)
{
    for (uint32_t i = 0; i < count; i++) {
        suan_wire_describe(&tensors[i], at, bytes[i], &out[i]);
        at = region_align(at + bytes[i], SUAN_TENSOR_ALIGN);
    }
    return at;
}

static enum suan_status refuse_strides(const struct suan_tensor *tensors, uint32_t count,
                                       struct suan_error *error)
{
    for (uint32_t i = 0; i < count; i++) {
        if (!suan_wire_is_compact(&tensors[i]))
            return suan_error_set(error, SUAN_E_SHAPE, "guest.tensor", NULL, "input %u: not compact", i);
    }
    return SUAN_OK;
}

enum suan_status suan_guest_generate(struct suan_guest *guest, const struct suan_guest_job *job,
                                     struct suan_tensor *in, uint32_t n_in, struct suan_error *error)
{
    struct placement placement = {.n_out = n_in};
    uint64_t bytes[SUAN_MAX_PORTS];
    struct suan_wire_answer answer;
    enum suan_status status = ready_for_job(guest, error);
    if (status == SUAN_OK)
        status = check_count(guest, n_in, error);
    if (status == SUAN_OK)
        status = placing_measure(in, n_in, "input", bytes, error);
    if (status == SUAN_OK)
        status = refuse_strides(in, n_in, error);
    if (status != SUAN_OK)
        return status;
    if (guest->home == SUAN_GUEST_INPROCESS)
        return inprocess_job(guest, SUAN_WIRE_GENERATE, job, in, n_in, NULL, 0, NULL, error);
    status = placing_make_room(guest, 0, lay_out(in, n_in, bytes, 0, placement.out), error);
    if (status == SUAN_OK)
        status = guest_ready(guest, error);
    if (status != SUAN_OK)
        return status;
    placing_write(guest, &placement);
    write_job(guest, job);
    status = guest_request(guest, SUAN_WIRE_GENERATE, (uint16_t)n_in, 0, &answer, error);
    for (uint32_t i = 0; status == SUAN_OK && i < n_in; i++) {
        if (bytes[i] > 0)
            memcpy((uint8_t *)in[i].data + in[i].byte_offset,
                   guest->region.output.base + placement.out[i].offset, bytes[i]);
    }
    return status;
}

/* The verdict comes from a worker that has just read a stranger's bytes: judge it like any reply. */
static enum suan_status accept_verdict(const struct suan_verdict *said, struct suan_verdict *out,
                                       struct suan_error *error)
{
    const char *field = NULL;
    if (said->struct_size != sizeof *said)
        field = "verdict size";
    else if (said->pass != 0 && said->pass != 1)
        field = "verdict";
    else if (said->wrong > said->checked)
        field = "counts of the verdict";
    if (field != NULL)
        return suan_error_set(error, SUAN_E_WORKER_PROTOCOL, "worker.protocol", NULL, "invalid reply: %s",
                              field);
    char reason[sizeof said->reason + 1];
    *out = *said;
    suan_wire_clean_text(said->reason, sizeof said->reason - 1, reason);
    memcpy(out->reason, reason, sizeof out->reason);
    if (isnan(out->error_max) || isnan(out->error_q50) || isnan(out->error_q99))
        out->pass = 0;
    return SUAN_OK;
}

static enum suan_status place_candidate(struct suan_guest *guest, const struct suan_tensor *out,
                                        uint32_t n_out, struct placement *placement, struct suan_error *error)
{
    uint64_t bytes[SUAN_MAX_PORTS];
    if (n_out > SUAN_MAX_PORTS - 1)
        return suan_error_set(error, SUAN_E_SHAPE, "guest.tensor", NULL, "%u outputs, a task has at most %d",
                              n_out, SUAN_MAX_PORTS - 1);
    enum suan_status status = placing_measure(out, n_out, "output", bytes, error);
    if (status != SUAN_OK)
        return status;
    placement->out[0] = (struct suan_wire_descriptor){.bytes = sizeof(struct suan_verdict),
                                                      .code = SUAN_DTYPE_UINT,
                                                      .bits = 8,
                                                      .lanes = 1,
                                                      .rank = 1,
                                                      .shape = {sizeof(struct suan_verdict)}};
    uint64_t end = lay_out(out, n_out, bytes, region_align(sizeof(struct suan_verdict), SUAN_TENSOR_ALIGN),
                           placement->out + 1);
    placement->n_out = n_out + 1;
    status = placing_make_room(guest, 0, end, error);
    for (uint32_t i = 0; status == SUAN_OK && i < n_out; i++)
        suan_wire_pack(&out[i], guest->region.output.base + placement->out[i + 1].offset);
    return status;
}

enum suan_status suan_guest_check(struct suan_guest *guest, const struct suan_guest_job *job,
                                  const struct suan_tensor *in, uint32_t n_in, const struct suan_tensor *out,
                                  uint32_t n_out, struct suan_verdict *out_verdict, struct suan_error *error)
{
    struct placement placement = {0};
    struct suan_wire_answer answer;
    struct suan_verdict verdict;
    enum suan_status status = ready_for_job(guest, error);
    if (status == SUAN_OK)
        status = check_count(guest, n_in, error);
    if (status != SUAN_OK)
        return status;
    if (guest->home == SUAN_GUEST_INPROCESS)
        return inprocess_job(guest, SUAN_WIRE_CHECK, job, (struct suan_tensor *)in, n_in, out, n_out,
                             out_verdict, error);
    status = placing_inputs(guest, in, n_in, PLACE_ALL, 0, &placement, error);
    if (status == SUAN_OK)
        status = place_candidate(guest, out, n_out, &placement, error);
    if (status == SUAN_OK)
        status = guest_ready(guest, error);
    if (status != SUAN_OK)
        return status;
    placing_write(guest, &placement);
    write_job(guest, job);
    status = guest_request(guest, SUAN_WIRE_CHECK, (uint16_t)placement.n_out, 0, &answer, error);
    if (status != SUAN_OK)
        return status;
    memcpy(&verdict, guest->region.output.base, sizeof verdict);
    __asm__ volatile("" : "+m"(verdict) : : "memory");
    return accept_verdict(&verdict, out_verdict, error);
}
