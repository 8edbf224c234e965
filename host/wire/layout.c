/* The layouts of version 1, pinned: a field that moves is another protocol. */
#include "layout.h"

#include <stddef.h>

#include "control.h"

#define AT(type, field, offset)                                                                              \
    _Static_assert(offsetof(struct suan_wire_##type, field) == (offset), #type "." #field " has moved")
#define SIZE(type, bytes)                                                                                    \
    _Static_assert(sizeof(struct suan_wire_##type) == (bytes), #type " has another size")

SIZE(descriptor, 128);
AT(descriptor, offset, 0);
AT(descriptor, bytes, 8);
AT(descriptor, code, 16);
AT(descriptor, bits, 17);
AT(descriptor, lanes, 18);
AT(descriptor, rank, 20);
AT(descriptor, flags, 21);
AT(descriptor, zero, 22);
AT(descriptor, shape, 24);
AT(descriptor, pad, 88);

SIZE(request, SUAN_WIRE_PAGE);
AT(request, magic, 0);
AT(request, major, 4);
AT(request, minor, 6);
AT(request, input_bytes, 8);
AT(request, output_bytes, 16);
AT(request, worker_id, 24);
AT(request, spin_ns, 32);
AT(request, thread_limit, 36);
AT(request, host_sleeping, 64);
AT(request, cancel_seq, 68);
AT(request, req_seq, 128);
AT(request, op, 132);
AT(request, instance, 134);
AT(request, call_id, 136);
AT(request, deadline_ns, 144);
AT(request, scratch_offset, 152);
AT(request, scratch_bytes, 160);
AT(request, n_in, 168);
AT(request, n_out, 170);
AT(request, flags, 172);
AT(request, in, 192);
AT(request, out, 2240);
AT(request, extra, 4288);
AT(request, zero3, 4544);

SIZE(create, 136);
AT(create, isa, 0);
AT(create, workers, 4);
AT(create, cpu_features, 8);
AT(create, memory_bytes, 16);
AT(create, seed, 24);
AT(create, task, 32);
SIZE(job, 40);
AT(job, size, 32);
_Static_assert(sizeof(struct suan_wire_load) <= 256, "LOAD must fit the request's extra bytes");

SIZE(head, 64);
SIZE(reply, SUAN_WIRE_PAGE);
AT(head, rep_seq, 0);
AT(head, status, 4);
AT(head, call_id, 8);
AT(head, worker_id, 16);
AT(head, n_out, 24);
AT(head, error_length, 26);
AT(head, scratch_bytes, 32);
AT(head, scratch_align, 40);
AT(head, cpu_hint, 44);
AT(reply, worker_sleeping, 64);
AT(reply, state, 128);
AT(reply, errno_value, 132);
AT(reply, progress, 136);
AT(reply, error, 192);
AT(reply, out, 512);
SIZE(log, 256);
AT(reply, log, 2560);
AT(reply, layers, 6656);

_Static_assert(sizeof(struct suan_wire_task) <= 65536, "a task's description must fit a small arena");
_Static_assert(sizeof(struct suan_control) == 1328, "control messages have another size");
