/* Replies that no worker would give. The plugin finds the protocol's memory as it lies around its own tensors. */
#include "forgery.h"

#include <errno.h>
#include <linux/futex.h>
#include <pthread.h>
#include <stddef.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "wire/layout.h"

enum { PAGE = 4096, PAGES_MAX = 1 << 14, SPAN = 1 << 20 };

void spin_ms(int32_t effort_ms)
{
    struct timespec now, end;
    clock_gettime(CLOCK_MONOTONIC, &end);
    end.tv_sec += effort_ms / 1000;
    end.tv_nsec += effort_ms % 1000 * 1000000L;
    do
        clock_gettime(CLOCK_MONOTONIC, &now);
    while ((now.tv_sec - end.tv_sec) * 1000000000L + now.tv_nsec - end.tv_nsec < 0);
}

static int is_mapped(const char *page)
{
    return madvise((void *)page, PAGE, MADV_NORMAL) == 0;
}

/* Upward from the outputs: the request can be told by its magic, and the reply is mapped above it. */
static struct suan_wire_reply *find_reply(const char *output, const struct suan_wire_request **out_request)
{
    const char *page = (const char *)((uintptr_t)output & ~(uintptr_t)(PAGE - 1));
    int left = PAGES_MAX;
    while (left-- > 0 && !(is_mapped(page) && memcmp(page, "SUW1", 4) == 0))
        page += PAGE;
    *out_request = (const struct suan_wire_request *)page;
    page += SUAN_WIRE_PAGE;
    while (left-- > 0 && !is_mapped(page))
        page += PAGE;
    return left > 0 ? (struct suan_wire_reply *)page : NULL;
}

static void tell(struct suan_wire_reply *reply, uint32_t in_output, uint32_t offset, uint64_t value,
                 uint32_t size)
{
    const struct hostile_landing landing = {HOSTILE_LANDED, in_output, offset, size, 0, value};
    memcpy((char *)reply + HOSTILE_LANDING_AT, &landing, sizeof landing);
}

/* Writes one field, and says so to the control. */
#define FORGE(field, is)                                                                                     \
    do {                                                                                                     \
        reply->field = (is);                                                                                 \
        tell(reply, 0, offsetof(struct suan_wire_reply, field), (uint64_t)(is), sizeof reply->field);        \
    } while (0)

/* An honest reply to RUN with one dynamic output, to be spoilt by one field. */
static void write_honest(const struct suan_wire_request *request, struct suan_wire_reply *reply)
{
    reply->head.status = SUAN_OK;
    reply->head.call_id = request->call_id;
    reply->head.worker_id = request->worker_id;
    reply->head.n_out = 1;
    reply->out[0] = request->out[0];
}

static void send(struct suan_wire_reply *reply, uint32_t sequence)
{
    atomic_store(&reply->head.rep_seq, sequence);
    syscall(SYS_futex, &reply->head.rep_seq, FUTEX_WAKE, INT32_MAX, NULL, NULL, 0);
}

/* Spoils, sends, and stays, as the worker itself would answer over it. */
static int forge_answer(const struct suan_wire_request *request, struct suan_wire_reply *reply, int row)
{
    uint32_t sequence = atomic_load(&request->req_seq);
    write_honest(request, reply);
    switch (row) {
    case HOSTILE_NEVER_REPLY: FORGE(head.status, -1); break;
    case HOSTILE_JUMP: sequence += 7; break;
    case HOSTILE_WRAP: sequence = 0; break;
    case HOSTILE_WRONG_CALL: FORGE(head.call_id, request->call_id - 1); break;
    case HOSTILE_WRONG_WORKER: FORGE(head.worker_id, request->worker_id ^ 2); break;
    case HOSTILE_HUGE_SHAPE: FORGE(out[0].shape[0], UINT64_C(1) << 61); break;
    case HOSTILE_LARGER_SHAPE:
        reply->out[0].bytes += 8;
        FORGE(out[0].shape[0], request->out[0].shape[0] + 1);
        break;
    case HOSTILE_RANK: FORGE(out[0].rank, 255); break;
    case HOSTILE_DTYPE: FORGE(out[0].code, 200); break;
    case HOSTILE_FOREIGN_OFFSET: FORGE(out[0].offset, SPAN - 64); break;
    default: return -1;
    }
    if (row == HOSTILE_JUMP || row == HOSTILE_WRAP)
        tell(reply, 0, 0, sequence + 1, sizeof sequence); /* the worker's death adds one */
    if (row != HOSTILE_NEVER_REPLY)
        send(reply, sequence);
    for (;;)
        spin_ms(1000);
    return 0;
}

static int send_text(const struct suan_wire_request *request, struct suan_wire_reply *reply)
{
    write_honest(request, reply);
    memset(reply->error, 0x1b, sizeof reply->error);
    reply->head.error_length = sizeof reply->error;
    reply->head.status = SUAN_E_NUMERIC;
    tell(reply, 0, offsetof(struct suan_wire_reply, error), UINT64_C(0x1b1b1b1b1b1b1b1b), 8);
    send(reply, atomic_load(&request->req_seq));
    for (;;)
        spin_ms(1000);
    return 0;
}

/* An answer before the worker's own. */
static int send_twice(const struct suan_wire_request *request, struct suan_wire_reply *reply,
                      const double *output)
{
    *(double *)output = 0;
    write_honest(request, reply);
    tell(reply, 0, 0, atomic_load(&request->req_seq), 4);
    send(reply, atomic_load(&request->req_seq));
    spin_ms(2);
    return 0;
}

static int storm(const struct suan_wire_request *request, struct suan_wire_reply *reply, int row)
{
    for (uint32_t i = 0; i < 20000; i++) {
        if (row == HOSTILE_FLAGS)
            FORGE(worker_sleeping, i & 1);
        syscall(SYS_futex, &reply->head.rep_seq, FUTEX_WAKE, INT32_MAX, NULL, NULL, 0);
        syscall(SYS_futex, &request->req_seq, FUTEX_WAKE, INT32_MAX, NULL, NULL, 0);
    }
    return 0;
}

/* 0xAB from `offset` to the end of the arena. */
static int fill(struct suan_wire_reply *reply, char *output, uint32_t offset)
{
    memset(output + offset, 0xAB, SPAN - offset);
    tell(reply, 1, SPAN - 8, UINT64_C(0xABABABABABABABAB), 8);
    return 0;
}

struct later {
    struct suan_wire_reply *reply;
    double *output;
    int row;
};

static void *go_on(void *context)
{
    struct later later = *(struct later *)context;
    for (;;) {
        if (later.row == HOSTILE_AFTER_REPLY)
            *(volatile uint64_t *)later.output = UINT64_C(0x4059000000000000); /* 100.0 */
        else
            for (uint32_t i = 512; i < 640; i += 4)
                *(volatile uint32_t *)((char *)later.reply + i) = i * 2654435761u;
    }
    return NULL;
}

/* A thread that writes on while the host reads, and after. */
static int write_on(struct suan_wire_reply *reply, double *output, int row)
{
    static struct later later;
    pthread_t thread;
    later = (struct later){reply, output, row};
    if (row == HOSTILE_AFTER_REPLY)
        tell(reply, 1, 0, UINT64_C(0x4059000000000000), 8);
    else
        tell(reply, 0, 512, (512 * UINT64_C(2654435761)) & UINT32_MAX, 4);
    int result = pthread_create(&thread, NULL, go_on, &later);
    spin_ms(5);
    return result;
}

static int forge_reply(const struct forger *forger, int row)
{
    const struct suan_wire_request *request;
    char *output = forger->run->out[0].data;
    struct suan_wire_reply *reply = find_reply(output, &request);
    if (reply == NULL)
        return ENXIO;
    switch (row) {
    case HOSTILE_WAKE_STORM:
    case HOSTILE_FLAGS: return storm(request, reply, row);
    case HOSTILE_FILL_OUTPUTS: return fill(reply, output, 64);
    case HOSTILE_AROUND_OUTPUT: return fill(reply, output, 8);
    case HOSTILE_TEXT: return send_text(request, reply);
    case HOSTILE_TWICE: return send_twice(request, reply, (double *)output);
    case HOSTILE_CHANGE_REPLY:
    case HOSTILE_AFTER_REPLY: return write_on(reply, (double *)output, row);
    default: return forge_answer(request, reply, row);
    }
}

int forge(const struct forger *forger, int row)
{
    switch (row) {
    case HOSTILE_LOOP: spin_ms(forger->effort_ms); return 0;
    case HOSTILE_SLEEP: {
        const struct timespec so_long = {0, forger->effort_ms * 1000000L};
        return nanosleep(&so_long, NULL) == 0 ? 0 : errno;
    }
    case HOSTILE_WAKE_STORM:
    case HOSTILE_NEVER_REPLY:
    case HOSTILE_FILL_OUTPUTS:
    case HOSTILE_AROUND_OUTPUT:
    case HOSTILE_CHANGE_REPLY:
    case HOSTILE_JUMP:
    case HOSTILE_WRAP:
    case HOSTILE_TWICE:
    case HOSTILE_WRONG_CALL:
    case HOSTILE_WRONG_WORKER:
    case HOSTILE_HUGE_SHAPE:
    case HOSTILE_LARGER_SHAPE:
    case HOSTILE_RANK:
    case HOSTILE_DTYPE:
    case HOSTILE_FOREIGN_OFFSET:
    case HOSTILE_AFTER_REPLY:
    case HOSTILE_TEXT:
    case HOSTILE_FLAGS: return forge_reply(forger, row);
    default: return -1;
    }
}
