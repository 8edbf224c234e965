/* Where a call's tensors lie in the arenas. All arithmetic is the host's own. */
#include <stdlib.h>
#include <string.h>

#include "guest_state.h"

enum { SKEW_MAX = 1 << 20 };

static enum suan_status refuse(enum suan_status status, const char *which, uint32_t index, const char *what,
                               struct suan_error *error)
{
    return suan_error_set(error, status, "guest.tensor", NULL, "%s %u: %s", which, index, what);
}

static const char *reason(enum suan_status status)
{
    if (status == (enum suan_status)SUAN_E_DTYPE)
        return "unknown element type";
    return status == (enum suan_status)SUAN_E_DEVICE ? "not on the CPU" : "rank, extents, strides or size";
}

enum suan_status placing_measure(const struct suan_tensor *tensors, uint32_t count, const char *which,
                                 uint64_t bytes[SUAN_MAX_PORTS], struct suan_error *error)
{
    if (count > SUAN_MAX_PORTS)
        return suan_error_set(error, SUAN_E_SHAPE, "guest.tensor", NULL, "%u %ss, the most is %d", count,
                              which, SUAN_MAX_PORTS);
    for (uint32_t i = 0; i < count; i++) {
        enum suan_status status = suan_wire_measure(&tensors[i], &bytes[i]);
        if (status != SUAN_OK)
            return refuse(status, which, i, reason(status), error);
        if (bytes[i] > 0 && tensors[i].data == NULL)
            return refuse((enum suan_status)SUAN_E_INVALID, which, i, "it has no data", error);
    }
    return SUAN_OK;
}

enum suan_status placing_make_room(struct suan_guest *guest, uint64_t input_bytes, uint64_t output_bytes,
                                   struct suan_error *error)
{
    struct region *region = &guest->region;
    enum suan_status status = SUAN_OK;
    bool more_input = input_bytes > region->input.bytes, more_output = output_bytes > region->output.bytes;
    if (!more_input && !more_output)
        return SUAN_OK;
    uint32_t own = guest->n_prepared > 0 ? 1 : 0; /* what is kept beyond that has been handed out */
    if (more_input && region->n_kept > own)
        return suan_error_set(
            error, SUAN_E_CAPACITY, "guest.arena", "open it with larger input_bytes",
            "the inputs need %llu bytes, and the arena of %llu cannot grow while buffers are in use",
            (unsigned long long)input_bytes, (unsigned long long)region->input.bytes);
    guest_drop_worker(guest);
    spare_drop_all(guest);
    if (more_input)
        status = region_grow_input(region, input_bytes, error);
    if (status == SUAN_OK && more_output)
        status = region_grow_output(region, output_bytes, error);
    return status;
}

/* The offset of data that already lies in kept memory, 64-aligned and compact. */
static bool is_resident(const struct suan_guest *guest, const struct suan_tensor *tensor, uint64_t bytes,
                        uint64_t *out_offset)
{
    const struct region_arena *arena = &guest->region.input;
    const uint8_t *data = (const uint8_t *)tensor->data + tensor->byte_offset;
    if (guest->region.n_kept == 0 || tensor->data == NULL || data < arena->base ||
        data >= arena->base + arena->bytes)
        return false;
    uint64_t offset = (uint64_t)(data - arena->base);
    if (offset % SUAN_TENSOR_ALIGN != 0 || !suan_wire_is_compact(tensor) ||
        !region_holds(&guest->region, offset, bytes))
        return false;
    *out_offset = offset;
    return true;
}

/* Decides where each input lies, and how far the call's own memory reaches. */
static enum suan_status choose_places(struct suan_guest *guest, const struct suan_tensor *in, uint32_t n_in,
                                      const uint64_t *bytes, uint64_t skew, struct placement *out,
                                      bool *stays, uint64_t *out_end, struct suan_error *error)
{
    uint64_t at = region_free_from(&guest->region) + skew % SKEW_MAX / SUAN_TENSOR_ALIGN * SUAN_TENSOR_ALIGN;
    for (uint32_t i = 0; i < n_in; i++) {
        uint64_t offset = 0;
        stays[i] = i < guest->n_prepared;
        if (stays[i]) {
            if (!calling_same_shape(&in[i], &guest->prepared[i]))
                return refuse((enum suan_status)SUAN_E_SHAPE, "input", i, "not the one that was prepared",
                              error);
            out->in[i] = guest->prepared[i];
            continue;
        }
        stays[i] = is_resident(guest, &in[i], bytes[i], &offset);
        if (!stays[i]) {
            offset = at;
            at = region_align(at + bytes[i], SUAN_TENSOR_ALIGN);
        }
        suan_wire_describe(&in[i], offset, bytes[i], &out->in[i]);
    }
    *out_end = at;
    return SUAN_OK;
}

enum suan_status placing_inputs(struct suan_guest *guest, const struct suan_tensor *in, uint32_t n_in,
                                enum placing placing, uint64_t skew, struct placement *out,
                                struct suan_error *error)
{
    uint64_t bytes[SUAN_MAX_PORTS], end = 0;
    bool stays[SUAN_MAX_PORTS];
    enum suan_status status = placing_measure(in, n_in, "input", bytes, error);
    if (status == SUAN_OK)
        status = choose_places(guest, in, n_in, bytes, skew, out, stays, &end, error);
    if (status == SUAN_OK)
        status = placing_make_room(guest, end, 0, error);
    if (status != SUAN_OK)
        return status;
    out->n_in = n_in;
    out->n_out = 0;
    out->scratch_offset = out->scratch_bytes = 0;
    for (uint32_t i = 0; i < n_in; i++) {
        if (!stays[i] && (placing == PLACE_ALL || in[i].ndim == 0))
            suan_wire_pack(&in[i], guest->region.input.base + out->in[i].offset);
    }
    return SUAN_OK;
}

enum suan_status placing_outputs(struct suan_guest *guest, uint64_t skew, uint32_t scratch_align,
                                 struct placement *placement, struct suan_error *error)
{
    uint64_t at = skew % SKEW_MAX / SUAN_TENSOR_ALIGN * SUAN_TENSOR_ALIGN;
    for (uint32_t i = 0; i < placement->n_out; i++) {
        placement->out[i].offset = at;
        placement->out[i].flags = (guest->dynamic_outputs >> i & 1) != 0 ? SUAN_WIRE_DYNAMIC : 0;
        at = region_align(at + placement->out[i].bytes, SUAN_TENSOR_ALIGN);
    }
    placement->scratch_offset = region_align(at, scratch_align);
    return placing_make_room(guest, 0, placement->scratch_offset + placement->scratch_bytes, error);
}

static void write_changed(const struct suan_wire_descriptor *descriptors, uint32_t count,
                          struct suan_wire_descriptor *written, struct suan_wire_descriptor *place)
{
    for (uint32_t i = 0; i < count; i++) {
        if (memcmp(&written[i], &descriptors[i], sizeof written[i]) == 0)
            continue;
        written[i] = descriptors[i];
        place[i] = descriptors[i];
    }
}

void placing_write(struct suan_guest *guest, const struct placement *placement)
{
    struct suan_wire_request *request = guest->region.request;
    struct placement *written = &guest->written;
    if (!guest->is_written)
        memset(written, 0, sizeof *written); /* as A was made */
    guest->is_written = true;
    write_changed(placement->in, placement->n_in, written->in, request->in);
    write_changed(placement->out, placement->n_out, written->out, request->out);
    request->n_in = (uint16_t)placement->n_in;
    request->n_out = (uint16_t)placement->n_out;
    request->scratch_offset = placement->scratch_offset;
    request->scratch_bytes = placement->scratch_bytes;
}

void placing_describe(const struct suan_wire_descriptor *descriptor, struct suan_tensor *out)
{
    int64_t step = 1;
    out->device_type = SUAN_DEVICE_CPU;
    out->device_id = 0;
    out->ndim = descriptor->rank;
    out->dtype = (struct suan_dtype){descriptor->code, descriptor->bits, descriptor->lanes};
    for (uint32_t i = descriptor->rank; i-- > 0;) {
        out->shape[i] = (int64_t)descriptor->shape[i];
        if (out->strides != NULL)
            out->strides[i] = step;
        step *= out->shape[i];
    }
}

enum suan_status suan_guest_buffer(struct suan_guest *guest, uint64_t bytes, void **out_buffer,
                                   struct suan_error *error)
{
    uint64_t offset = 0;
    if (engine_is_forked(guest->engine))
        return guest_ready(guest, error);
    if (guest->home == SUAN_GUEST_INPROCESS) {
        uint64_t size = region_align(bytes == 0 ? 1 : bytes, SUAN_TENSOR_ALIGN);
        void *place = aligned_alloc(SUAN_TENSOR_ALIGN, size);
        if (place == NULL)
            return suan_error_set(error, SUAN_E_MEMORY, "memory", NULL, "out of memory");
        *out_buffer = memset(place, 0, size);
        return SUAN_OK;
    }
    guest->is_staged = false;
    if (!region_keep(&guest->region, bytes, &offset)) {
        uint64_t wanted = region_free_from(&guest->region) + region_align(bytes + 1, SUAN_TENSOR_ALIGN);
        enum suan_status status = placing_make_room(guest, wanted, 0, error);
        if (status != SUAN_OK)
            return status;
        if (!region_keep(&guest->region, bytes, &offset))
            return suan_error_set(error, SUAN_E_CAPACITY, "guest.arena", "free some buffers",
                                  "too many buffers are in use");
    }
    *out_buffer = memset(guest->region.input.base + offset, 0, bytes);
    return SUAN_OK;
}

void suan_guest_buffer_free(struct suan_guest *guest, void *buffer)
{
    if (buffer == NULL)
        return;
    if (guest->home == SUAN_GUEST_INPROCESS)
        free(buffer);
    else
        region_release(&guest->region, (uint64_t)((uint8_t *)buffer - guest->region.input.base));
}
