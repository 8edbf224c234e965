/* The loop: wait for a request, carry it out, answer. */
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "loader/float.h"
#include "loader/loader.h"
#include "operation.h"
#include "wire/wire.h"
#include "worker.h"

/* An idle worker looks up less and less often; a host that wakes it is heard at once all the same. */
static const uint64_t longest_nap_ns = UINT64_C(1000000000);

static uint32_t await(const struct worker_memory *memory, uint32_t last)
{
    _Atomic uint32_t *sequence = (_Atomic uint32_t *)&memory->request->req_seq;
    _Atomic uint32_t *sleeping = &memory->reply->worker_sleeping;
    uint64_t nap = SUAN_WIRE_FUTEX_NS;

    if (suan_wire_glance(sequence, last) || suan_wire_spin(sequence, last, memory->request->spin_ns))
        return atomic_load_explicit(sequence, memory_order_acquire);
    for (;;) {
        atomic_store(sleeping, 1);
        if (atomic_load(sequence) == last)
            suan_wire_sleep(sequence, last, nap);
        uint32_t now = atomic_load(sequence);
        if (now != last) {
            atomic_store(sleeping, 0);
            return now;
        }
        nap = nap < longest_nap_ns / 2 ? nap * 2 : longest_nap_ns;
    }
}

static void answer(struct seat *seat, uint32_t sequence, int32_t status)
{
    const struct suan_wire_request *request = seat->memory->request;
    struct suan_wire_reply *reply = seat->memory->reply;
    reply->head.status = status;
    reply->head.call_id = request->call_id;
    reply->head.worker_id = request->worker_id;
    reply->head.cpu_hint = (uint32_t)(sched_getcpu() + 1);
    reply->head.error_length = 0;
    if (status != SUAN_OK && request->op != SUAN_WIRE_LOAD) {
        const char *text = suan_services_error(seat->services);
        size_t length = strnlen(text, SUAN_MAX_ERROR_BYTES);
        memcpy(reply->error, text, length);
        reply->head.error_length = (uint16_t)length;
    }
    atomic_store(&reply->head.rep_seq, sequence);
    if (atomic_load(&request->host_sleeping) != 0)
        suan_wire_wake(&reply->head.rep_seq);
}

/* LOAD has no services, hence no error text of theirs, when it fails early. */
static void answer_load(struct seat *seat, uint32_t sequence, int32_t status, const char *text)
{
    struct suan_wire_reply *reply = seat->memory->reply;
    size_t length = strnlen(text, SUAN_MAX_ERROR_BYTES);
    reply->head.status = status;
    reply->head.call_id = seat->memory->request->call_id;
    reply->head.worker_id = seat->memory->request->worker_id;
    reply->head.n_out = 0;
    memcpy(reply->error, text, length);
    reply->head.error_length = (uint16_t)length;
    atomic_store(&reply->head.rep_seq, sequence);
    suan_wire_wake(&reply->head.rep_seq);
}

static void write_log(void *context, int32_t level, const char *text)
{
    static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
    struct seat *seat = context;
    pthread_mutex_lock(&lock);
    struct suan_wire_log *slot = &seat->memory->reply->log[seat->log_seq % SUAN_WIRE_LOG_SLOTS];
    size_t length = strnlen(text, SUAN_MAX_LOG_BYTES);
    slot->level = (uint32_t)level;
    slot->length = (uint32_t)length;
    memcpy(slot->text, text, length);
    atomic_thread_fence(memory_order_release);
    slot->seq = ++seat->log_seq;
    pthread_mutex_unlock(&lock);
}

static void write_progress(void *context, uint32_t parts_of_10000)
{
    struct seat *seat = context;
    atomic_store_explicit(&seat->memory->reply->progress, parts_of_10000, memory_order_relaxed);
}

static const struct suan_filter *second_filter(const struct seat *seat)
{
    bool threads =
        (seat->plugin->descriptor->flags & SUAN_FLAG_OWN_THREADS) != 0 && seat->order->start.own_threads > 0;
    return seat->order->filters[threads ? SUAN_FILTER_RUNNING_THREADS : SUAN_FILTER_RUNNING];
}

static int32_t load(struct seat *seat, struct suan_error *error)
{
    const struct suan_wire_load *said = &seat->memory->request->extra.load;
    struct suan_loader_facts facts = {.kind = said->kind,
                                      .isa = said->isa,
                                      .flags = said->flags,
                                      .cpu_needed = said->cpu_needed,
                                      .id = said->id[0] == '\0' ? NULL : said->id,
                                      .version = said->id[0] == '\0' ? NULL : said->version};
    struct suan_services_options options = {seat->order->start.threads, seat, write_log, write_progress};
    enum suan_status status = suan_services_open(&options, &seat->services, error);
    if (status == SUAN_OK)
        status = suan_loader_open(seat->memory->plugin, &facts, suan_services_host(), &seat->plugin, error);
    if (status != SUAN_OK)
        return SUAN_E_WORKER_LOAD;
    if (facts.kind == SUAN_KIND_TASK &&
        !operation_describe_task(seat->plugin->task->info, (struct suan_wire_task *)seat->memory->output))
        return suan_error_set(error, SUAN_E_WORKER_LOAD, "plugin.task", NULL,
                              "the task's description is too large");
    bool sealed = seat->memory->reply->layers[SUAN_LAYER_SECCOMP].active != 0;
    if (sealed && suan_filter_install(second_filter(seat)) != 0)
        return suan_error_set(error, SUAN_E_WORKER_LOAD, "isolation.filter", NULL,
                              "the second filter was refused");
    return SUAN_OK;
}

_Noreturn void worker_serve(const struct worker_order *order, const struct worker_memory *memory)
{
    static struct seat seat;
    const struct suan_float_mode mode = suan_float_read();
    struct suan_error error = {0};

    seat.order = order;
    seat.memory = memory;
    uint32_t sequence = await(memory, 0);
    atomic_store(&memory->reply->state, SUAN_WIRE_LOADING);
    int32_t status = memory->request->op == SUAN_WIRE_LOAD ? load(&seat, &error) : SUAN_E_STATE;
    atomic_store(&memory->reply->state, status == SUAN_OK ? SUAN_WIRE_READY : SUAN_WIRE_FAILED);
    answer_load(&seat, sequence, status, error.message);
    while (status == SUAN_OK) {
        sequence = await(memory, sequence);
        atomic_store_explicit(&memory->reply->state, SUAN_WIRE_RUNNING, memory_order_relaxed);
        suan_float_write(mode);
        struct suan_ctx *ctx = suan_services_begin(seat.services, &memory->request->cancel_seq, sequence);
        int32_t result = operation_run(&seat, ctx);
        atomic_store_explicit(&memory->reply->state, SUAN_WIRE_READY, memory_order_relaxed);
        answer(&seat, sequence, result);
    }
    for (;;)
        await(memory, sequence);
}
