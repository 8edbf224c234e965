#ifndef SUAN_WIRE_WIRE_H
#define SUAN_WIRE_WIRE_H

/*
 * Tensors to descriptors and back, replies validated, and waiting on a shared word. Everything is pure or
 * works on memory it is given; any thread.
 */
#include "base/error.h"
#include "base/span.h"
#include "layout.h"

/* --- tensors and descriptors -------------------------------------------------------------------------- */

/* Bytes of one element of a type that the ABI knows; 0 for any other. */
uint32_t suan_wire_element_bytes(struct suan_dtype dtype);

/* Bytes of the tensor's elements, whatever its strides. Refuses unknown types (SUAN_E_DTYPE), ranks, negative
   extents, strides or missing shapes, and more than SUAN_MAX_TENSOR_BYTES (SUAN_E_SHAPE), other devices
   (SUAN_E_DEVICE). */
SUAN_MUST_USE enum suan_status suan_wire_measure(const struct suan_tensor *tensor, uint64_t *out_bytes);
/* Row-major without gaps? The tensor has been measured. */
bool suan_wire_is_compact(const struct suan_tensor *tensor);
/* Copies a measured tensor's elements row-major into `place`. */
void suan_wire_pack(const struct suan_tensor *tensor, uint8_t *place);

/* A compact tensor of `bytes` bytes at `offset`; it has been measured. */
void suan_wire_describe(const struct suan_tensor *tensor, uint64_t offset, uint64_t bytes,
                        struct suan_wire_descriptor *out);
/* The view of a descriptor; `shape` and `strides` have room for 8 and must outlive the tensor. */
void suan_wire_view(const struct suan_wire_descriptor *descriptor, uint8_t *arena, int64_t *shape,
                    int64_t *strides, struct suan_tensor *out);
/* A stranger's descriptor: known type, rank and extents in range, bytes that are those of the shape, reserved
   bytes zero. Returns NULL, or the name of the field that is wrong. Offset is not judged. */
const char *suan_wire_check_descriptor(const struct suan_wire_descriptor *descriptor);

/* --- replies ------------------------------------------------------------------------------------------ */

/* What the host asked, to hold a reply against. */
struct suan_wire_expect {
    uint32_t seq;
    uint16_t op, n_out;
    uint64_t call_id, worker_id;
    const struct suan_wire_descriptor *out; /* RUN: what was reserved; n_out of them */
    uint32_t dynamic;                       /* RUN: set of outputs whose first extent the plugin decides */
};

/* A reply after validation: private memory. */
struct suan_wire_answer {
    int32_t status;
    uint64_t scratch_bytes;
    uint32_t scratch_align, cpu_hint;
    char error[SUAN_MAX_ERROR_BYTES + 1];
    struct suan_wire_descriptor out[16]; /* INFER and PLAN: all; RUN: those of the `dynamic` set */
};

/*
 * Copies the reply out of `shared` and validates the copy. SUAN_OK says that the answer is well-formed, its
 * own status may still be a failure: plugins' statuses outside -63..0 have become SUAN_E_INTERNAL, and text
 * is valid UTF-8 without control characters. Errors: SUAN_E_WORKER_PROTOCOL "worker.protocol", which names
 * the field.
 */
SUAN_MUST_USE enum suan_status suan_wire_take(const struct suan_wire_reply *shared,
                                              const struct suan_wire_expect *expect,
                                              struct suan_wire_answer *out, struct suan_error *error);

/* The log record that follows `seen` records; false if there is none (yet), or only rubbish. */
bool suan_wire_take_log(const struct suan_wire_reply *shared, uint32_t seen, uint32_t *out_level,
                        char out_text[SUAN_MAX_LOG_BYTES + 1]);

/* A stranger's text of `size` bytes, up to its first NUL, into `out` (size + 1 bytes): bytes that are not
   UTF-8 and control characters become '?'. */
void suan_wire_clean_text(const char *text, size_t size, char *out);

/* The task's own description, copied already: counts, names, weights and ranges in range. NULL, or the wrong
 * field. */
const char *suan_wire_check_task(const struct suan_wire_task *task);

/* --- waiting ------------------------------------------------------------------------------------------ */

/* A few dozen looks at `word`, without asking the clock. True if it differs from `old`. */
bool suan_wire_glance(const _Atomic uint32_t *word, uint32_t old);
/* Spins on `word` until it differs from `old`, for about `spin_ns`. True if it changed. */
bool suan_wire_spin(const _Atomic uint32_t *word, uint32_t old, uint32_t spin_ns);
/* Sleeps until `word` differs from `old`, it is woken, or about `timeout_ns` passed. Spurious returns happen.
 */
void suan_wire_sleep(_Atomic uint32_t *word, uint32_t old, uint64_t timeout_ns);
void suan_wire_wake(_Atomic uint32_t *word);

#endif
