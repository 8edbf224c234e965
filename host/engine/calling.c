/* The calls of an algorithm: prepare, infer, run. */
#include <string.h>

#include "guest_state.h"

bool calling_same_shape(const struct suan_tensor *tensor, const struct suan_wire_descriptor *descriptor)
{
    if (tensor->ndim != descriptor->rank || tensor->dtype.code != descriptor->code ||
        tensor->dtype.bits != descriptor->bits)
        return false;
    for (uint32_t i = 0; i < descriptor->rank; i++) {
        if ((uint64_t)tensor->shape[i] != descriptor->shape[i])
            return false;
    }
    return true;
}

/* --- prepare ------------------------------------------------------------------------------------------ */

static enum suan_status send_prepare(struct suan_guest *guest, struct suan_error *error)
{
    struct suan_wire_answer answer;
    struct placement placement = {.n_in = guest->n_prepared};
    memcpy(placement.in, guest->prepared, sizeof placement.in);
    placing_write(guest, &placement);
    return guest_request(guest, SUAN_WIRE_PREPARE, 0, 0, &answer, error);
}

enum suan_status calling_prepare_again(struct suan_guest *guest, struct suan_error *error)
{
    return guest->n_prepared == 0 ? SUAN_OK : send_prepare(guest, error);
}

/* All prepared inputs share one kept part, so that it can be replaced as one. */
static enum suan_status keep_inputs(struct suan_guest *guest, const struct suan_tensor *in, uint32_t n_in,
                                    struct suan_error *error)
{
    uint64_t bytes[SUAN_MAX_PORTS], total = 0, base = 0;
    enum suan_status status = placing_measure(in, n_in, "prepared input", bytes, error);
    if (status != SUAN_OK)
        return status;
    for (uint32_t i = 0; i < n_in; i++)
        total += region_align(bytes[i], SUAN_TENSOR_ALIGN);
    if (!region_keep(&guest->region, total, &base)) {
        uint64_t wanted = region_free_from(&guest->region) + region_align(total + 1, SUAN_TENSOR_ALIGN);
        status = placing_make_room(guest, wanted, 0, error);
        if (status == SUAN_OK && !region_keep(&guest->region, total, &base))
            status = suan_error_set(error, SUAN_E_CAPACITY, "guest.arena", "free some buffers",
                                    "too many buffers are in use");
    }
    for (uint32_t i = 0; status == SUAN_OK && i < n_in; i++) {
        suan_wire_describe(&in[i], base, bytes[i], &guest->prepared[i]);
        suan_wire_pack(&in[i], guest->region.input.base + base);
        base += region_align(bytes[i], SUAN_TENSOR_ALIGN);
    }
    return status;
}

enum suan_status suan_guest_prepare(struct suan_guest *guest, const struct suan_tensor *in, uint32_t n_in,
                                    struct suan_error *error)
{
    if (engine_is_forked(guest->engine))
        return guest_ready(guest, error);
    guest->inferred.valid = false;
    guest->is_staged = false;
    if (guest->home == SUAN_GUEST_INPROCESS)
        return inprocess_prepare(guest, in, n_in, error);
    spare_drop_all(guest); /* they are prepared with what was */
    if (guest->n_prepared > 0)
        region_release(&guest->region, guest->prepared[0].offset);
    guest->n_prepared = 0;
    if (n_in == 0)
        return suan_guest_refill(guest, error);
    enum suan_status status = keep_inputs(guest, in, n_in, error);
    if (status == SUAN_OK)
        status = guest_ready(guest, error); /* a new worker is not prepared yet */
    if (status != SUAN_OK)
        return status;
    guest->n_prepared = n_in;
    status = send_prepare(guest, error);
    if (status != SUAN_OK) {
        region_release(&guest->region, guest->prepared[0].offset);
        guest->n_prepared = 0;
    }
    return status == SUAN_OK ? suan_guest_refill(guest, error) : status;
}

/* --- infer -------------------------------------------------------------------------------------------- */

/* What the answer of infer may depend on: shapes, and the values of rank-0 inputs. */
static void make_key(struct suan_guest *guest, const struct placement *placement, struct inferred *key)
{
    key->n_in = placement->n_in;
    for (uint32_t i = 0; i < placement->n_in; i++) {
        key->in[i] = placement->in[i];
        key->in[i].offset = 0;
        if (placement->in[i].rank == 0)
            memcpy(key->values[i], guest->region.input.base + placement->in[i].offset,
                   placement->in[i].bytes);
    }
}

static bool is_known(const struct suan_guest *guest, const struct placement *placement, uint32_t n_out)
{
    const struct inferred *known = &guest->inferred;
    if (!known->valid || known->n_in != placement->n_in || known->n_out != n_out)
        return false;
    for (uint32_t i = 0; i < placement->n_in; i++) {
        const struct suan_wire_descriptor *a = &placement->in[i], *b = &known->in[i];
        if (a->bytes != b->bytes || a->code != b->code || a->bits != b->bits || a->rank != b->rank ||
            memcmp(a->shape, b->shape, a->rank * sizeof a->shape[0]) != 0)
            return false;
        if (a->rank == 0 && memcmp(guest->region.input.base + a->offset, known->values[i], a->bytes) != 0)
            return false;
    }
    return true;
}

static enum suan_status ask_workspace(struct suan_guest *guest, struct inferred *key,
                                      struct suan_error *error)
{
    struct suan_wire_answer answer;
    enum suan_status status = guest_request(guest, SUAN_WIRE_WORKSPACE, 0, 0, &answer, error);
    if (status == SUAN_OK) {
        key->scratch_bytes = answer.scratch_bytes;
        key->scratch_align = answer.scratch_align;
    }
    return status;
}

static enum suan_status ask_infer(struct suan_guest *guest, const struct placement *placement, uint32_t n_out,
                                  struct suan_error *error)
{
    struct inferred key = {0};
    struct suan_wire_answer answer;
    make_key(guest, placement, &key);
    if (n_out > SUAN_MAX_PORTS)
        return suan_error_set(error, SUAN_E_SHAPE, "guest.tensor", NULL, "%u outputs, the most is %d", n_out,
                              SUAN_MAX_PORTS);
    guest->inferred.valid = false;
    enum suan_status status = guest_ready(guest, error);
    if (status != SUAN_OK)
        return status;
    placing_write(guest, placement);
    status = guest_request(guest, SUAN_WIRE_INFER, (uint16_t)n_out, 0, &answer, error);
    if (status == SUAN_OK)
        status = ask_workspace(guest, &key, error);
    if (status != SUAN_OK)
        return status;
    key.n_out = n_out;
    memcpy(key.out, answer.out, n_out * sizeof key.out[0]);
    key.valid = true;
    guest->inferred = key;
    return SUAN_OK;
}

enum suan_status calling_infer(struct suan_guest *guest, const struct placement *placement, uint32_t n_out,
                               struct suan_error *error)
{
    if (is_known(guest, placement, n_out))
        return SUAN_OK;
    return ask_infer(guest, placement, n_out, error);
}

enum suan_status suan_guest_infer(struct suan_guest *guest, const struct suan_tensor *in, uint32_t n_in,
                                  struct suan_tensor *out, uint32_t n_out, struct suan_error *error)
{
    struct placement placement = {0};
    enum suan_status status = guest_ready(guest, error);
    if (status != SUAN_OK)
        return status;
    if (guest->home == SUAN_GUEST_INPROCESS)
        return inprocess_infer(guest, in, n_in, out, n_out, error);
    status = placing_inputs(guest, in, n_in, PLACE_PARAMETERS, 0, &placement, error);
    if (status == SUAN_OK)
        status = calling_infer(guest, &placement, n_out, error);
    for (uint32_t i = 0; status == SUAN_OK && i < n_out; i++)
        placing_describe(&guest->inferred.out[i], &out[i]);
    return status;
}

enum outputs_to { OUTPUTS_COPIED, OUTPUTS_SEEN };

/* --- run ---------------------------------------------------------------------------------------------- */

static enum suan_status check_outputs(struct suan_guest *guest, const struct suan_tensor *out, uint32_t n_out,
                                      struct suan_error *error)
{
    uint64_t bytes[SUAN_MAX_PORTS];
    enum suan_status status = placing_measure(out, n_out, "output", bytes, error);
    for (uint32_t i = 0; status == SUAN_OK && i < n_out; i++) {
        if (!calling_same_shape(&out[i], &guest->inferred.out[i]) || !suan_wire_is_compact(&out[i]))
            status = suan_error_set(error, SUAN_E_SHAPE, "guest.output", "ask infer for the shapes",
                                    "output %u: not compact, or not the type and shape the plugin writes", i);
    }
    return status;
}

static void copy_outputs(struct suan_guest *guest, const struct placement *placement,
                         const struct suan_wire_answer *answer, struct suan_tensor *out)
{
    for (uint32_t i = 0; i < placement->n_out; i++) {
        const struct suan_wire_descriptor *place = &placement->out[i];
        uint64_t bytes = place->bytes;
        if (place->flags != 0) {
            bytes = answer->out[i].bytes;
            out[i].shape[0] = (int64_t)answer->out[i].shape[0];
        }
        if (bytes > 0)
            memcpy((uint8_t *)out[i].data + out[i].byte_offset, guest->region.output.base + place->offset,
                   bytes);
    }
}

/* Everything but the request and what is to become of its outputs, which the caller has room for, or wants to see. */
static enum suan_status place_call(struct suan_guest *guest, const struct suan_tensor *in, uint32_t n_in,
                                   struct suan_tensor *out, uint32_t n_out, enum outputs_to outputs,
                                   struct placement *placement, struct suan_error *error)
{
    guest->is_staged = false;
    enum suan_status status = placing_inputs(guest, in, n_in, PLACE_ALL, 0, placement, error);
    if (status == SUAN_OK)
        status = calling_infer(guest, placement, n_out, error);
    if (status == SUAN_OK && outputs == OUTPUTS_COPIED)
        status = check_outputs(guest, out, n_out, error);
    if (status != SUAN_OK)
        return status;
    placement->n_out = n_out;
    placement->scratch_bytes = guest->inferred.scratch_bytes;
    memcpy(placement->out, guest->inferred.out, n_out * sizeof placement->out[0]);
    status = placing_outputs(guest, 0, guest->inferred.scratch_align, placement, error);
    if (status == SUAN_OK)
        status = guest_ready(guest, error); /* growing ends the worker */
    if (status == SUAN_OK)
        placing_write(guest, placement);
    return status;
}

enum suan_status suan_guest_run(struct suan_guest *guest, const struct suan_tensor *in, uint32_t n_in,
                                struct suan_tensor *out, uint32_t n_out, uint64_t deadline_ms,
                                struct suan_error *error)
{
    struct placement placement; /* large, and filled as far as it is used */
    struct suan_wire_answer answer;
    if (guest->home == SUAN_GUEST_SEALED && !engine_is_forked(guest->engine))
        wear_retire(guest);
    enum suan_status status = guest_ready(guest, error);
    if (status != SUAN_OK)
        return status;
    if (guest->home == SUAN_GUEST_INPROCESS)
        return inprocess_run(guest, in, n_in, out, n_out, error);
    status = place_call(guest, in, n_in, out, n_out, OUTPUTS_COPIED, &placement, error);
    if (status == SUAN_OK)
        status = guest_request(guest, SUAN_WIRE_RUN, (uint16_t)n_out, deadline_ms, &answer, error);
    if (status == SUAN_OK)
        copy_outputs(guest, &placement, &answer, out);
    return status;
}

enum suan_status suan_guest_view(struct suan_guest *guest, const struct suan_tensor *in, uint32_t n_in,
                                 struct suan_tensor *out, uint32_t n_out, enum suan_guest_output_mode mode,
                                 uint64_t deadline_ms, struct suan_error *error)
{
    struct placement placement;
    struct suan_wire_answer answer;
    if (guest->home != SUAN_GUEST_SEALED)
        return suan_error_set(error, SUAN_E_STATE, "guest.home", NULL, "in process there is nothing to view");
    if (!engine_is_forked(guest->engine))
        wear_retire(guest);
    enum suan_status status = guest_ready(guest, error);
    if (status == SUAN_OK)
        status = place_call(guest, in, n_in, out, n_out, OUTPUTS_SEEN, &placement, error);
    if (status == SUAN_OK)
        status = guest_request(guest, SUAN_WIRE_RUN, (uint16_t)n_out, deadline_ms, &answer, error);
    if (status == SUAN_OK && mode == SUAN_GUEST_FREEZE)
        status = suan_guest_freeze(guest, error);
    for (uint32_t i = 0; status == SUAN_OK && i < n_out; i++) {
        placing_describe(placement.out[i].flags != 0 ? &answer.out[i] : &placement.out[i], &out[i]);
        out[i].data = guest->region.output.base + placement.out[i].offset;
        out[i].byte_offset = 0;
    }
    return status;
}
