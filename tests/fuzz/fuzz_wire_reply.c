/* A hostile worker's reply page against the host's code: any 8,192 bytes, any question. */
#include <stdlib.h>
#include <string.h>

#include "wire/wire.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct suan_wire_reply reply;
static struct suan_wire_task task;

/* What was accepted must be in range: the host goes on to use it. */
static void use(const struct suan_wire_expect *expect, const struct suan_wire_answer *answer)
{
    if (answer->status < -63 && answer->status != SUAN_E_WORKER_LOAD)
        abort();
    if (answer->status == SUAN_OK && expect->op == SUAN_WIRE_WORKSPACE &&
        answer->scratch_align < SUAN_TENSOR_ALIGN)
        abort();
    bool described =
        answer->status == SUAN_OK && (expect->op == SUAN_WIRE_INFER || expect->op == SUAN_WIRE_PLAN);
    for (uint16_t i = 0; described && i < expect->n_out; i++) {
        if (suan_wire_check_descriptor(&answer->out[i]) != NULL)
            abort();
    }
    if (answer->status == SUAN_OK && expect->op == SUAN_WIRE_RUN &&
        answer->out[0].bytes > expect->out[0].bytes)
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct suan_wire_descriptor reserved[16] = {{.offset = 64,
                                                              .bytes = 8000,
                                                              .code = SUAN_DTYPE_FLOAT,
                                                              .bits = 64,
                                                              .lanes = 1,
                                                              .rank = 2,
                                                              .shape = {100, 10}}};
    struct suan_wire_expect expect = {
        .seq = 1, .op = SUAN_WIRE_RUN, .n_out = 1, .out = reserved, .dynamic = 1};
    struct suan_wire_answer answer;
    char text[SUAN_MAX_LOG_BYTES + 1];
    uint32_t level;

    if (size < 2)
        return 0;
    expect.op = data[0] % 12;
    expect.n_out = expect.op == SUAN_WIRE_RUN ? 1 : data[1] % 17;
    data += 2;
    size -= 2;
    memset(&reply, 0, sizeof reply);
    reply.head.rep_seq = 1;
    memcpy((uint8_t *)&reply + 4, data, size < sizeof reply - 4 ? size : sizeof reply - 4);
    expect.call_id = reply.head.call_id;
    expect.worker_id = reply.head.worker_id;
    memset(&answer, 0, sizeof answer);
    if (suan_wire_take(&reply, &expect, &answer, NULL) == SUAN_OK)
        use(&expect, &answer);
    for (uint32_t i = 0; i < SUAN_WIRE_LOG_SLOTS; i++)
        (void)suan_wire_take_log(&reply, i, &level, text);
    memcpy(&task, data, size < sizeof task ? size : sizeof task);
    (void)suan_wire_check_task(&task);
    return 0;
}
