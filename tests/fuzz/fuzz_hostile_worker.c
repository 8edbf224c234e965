/*
 * A hostile worker against the host's own code: a thread with mappings of its own of A to D carries out the input as a
 * script, at moments of its own, while this thread makes calls through the guest. After the script the worker "dies", as the
 * reaper would have it. Whatever it wrote, the host must return one of its statuses, clean texts, and leave inputs, and on
 * failure outputs, alone.
 */
#include <pthread.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "engine/guest_state.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { N = 64, ARENA = 1 << 16, STEPS_MAX = 256, CALLS = 3, LOOKS_MAX = 100000 };

enum action { AWAIT, PREPARE, PUBLISH, FORGE, WRITE_REPLY, WRITE_OUTPUT, PAUSE, SCRIBBLE, ACTIONS };

/* One step of the script. */
struct step {
    uint8_t action, length;
    uint16_t offset;
    uint32_t value;
};

struct hostile {
    struct step steps[STEPS_MAX];
    size_t count;
    const struct suan_wire_request *request;
    struct suan_wire_reply *reply;
    uint8_t *output;
    uint32_t last; /* sequence number of the request it has seen */
    struct suan_engine *engine;
    _Atomic bool over; /* the host makes no more calls */
};

struct stage {
    struct suan_engine engine;
    struct zygote zygote;
    uint8_t alive;
    struct suan_guest *guest;
    struct hostile hostile;
    double x[N];
    int64_t shape[2][8], strides[2][8];
    struct suan_tensor in, out;
};

static void require(bool holds)
{
    if (!holds)
        abort();
}

/* --- the worker --------------------------------------------------------------------------------------- */

static void fill_bytes(volatile uint8_t *base, uint64_t size, const struct step *step)
{
    for (uint32_t i = 0; i < (uint32_t)step->length + 1; i++)
        base[(step->offset + i) % size] = (uint8_t)(step->value >> i % 4 * 8);
}

static void scribble(struct hostile *hostile, const struct step *step)
{
    volatile uint8_t *base = (volatile uint8_t *)hostile->reply;
    uint32_t state = step->value | 1;
    for (uint32_t i = 0; i < (uint32_t)step->length * 64; i++) {
        state = state * 1664525 + 1013904223;
        base[(state >> 8) % SUAN_WIRE_PAGE] = (uint8_t)(state >> 24);
    }
}

/* An answer such as an honest worker would give. */
static void prepare(struct hostile *hostile)
{
    const struct suan_wire_request *request = hostile->request;
    struct suan_wire_reply *reply = hostile->reply;
    reply->head.status = SUAN_OK;
    reply->head.call_id = request->call_id;
    reply->head.worker_id = request->worker_id;
    reply->head.n_out = request->n_out;
    reply->head.error_length = 0;
    reply->head.scratch_bytes = 128;
    reply->head.scratch_align = 64;
    reply->out[0] = (struct suan_wire_descriptor){
        .bytes = N * 8, .code = SUAN_DTYPE_FLOAT, .bits = 64, .lanes = 1, .rank = 1, .shape = {N}};
    reply->out[0].flags = request->op == SUAN_WIRE_RUN ? SUAN_WIRE_DYNAMIC : 0;
}

static void await(struct hostile *hostile)
{
    for (uint32_t i = 0; i < LOOKS_MAX && !atomic_load(&hostile->over); i++) {
        uint32_t now = atomic_load(&hostile->request->req_seq);
        if (now != hostile->last) {
            hostile->last = now;
            return;
        }
        bool answered = atomic_load(&hostile->reply->head.rep_seq) == hostile->last;
        if (!answered && atomic_load(&hostile->request->host_sleeping) != 0)
            return;
        sched_yield();
    }
}

static void publish(struct hostile *hostile, uint32_t sequence)
{
    atomic_store(&hostile->reply->head.rep_seq, sequence);
    suan_wire_wake(&hostile->reply->head.rep_seq);
}

static void act(struct hostile *hostile, const struct step *step)
{
    switch (step->action % ACTIONS) {
    case AWAIT: await(hostile); break;
    case PREPARE: prepare(hostile); break;
    case PUBLISH: publish(hostile, hostile->last); break;
    case FORGE: publish(hostile, step->value); break;
    case WRITE_REPLY: fill_bytes((volatile uint8_t *)hostile->reply, SUAN_WIRE_PAGE, step); break;
    case WRITE_OUTPUT: fill_bytes(hostile->output, ARENA, step); break;
    case PAUSE:
        for (uint32_t i = 0; i < step->length; i++)
            sched_yield();
        break;
    case SCRIBBLE: scribble(hostile, step); break;
    default: break;
    }
}

/* As the reaper announces a death: if the host has not forgotten it, the flag, then the word that the host waits for. */
static void *play(void *context)
{
    struct hostile *hostile = context;
    for (size_t i = 0; i < hostile->count; i++)
        act(hostile, &hostile->steps[i]);
    pthread_mutex_lock(&hostile->engine->lock);
    if (hostile->engine->residents != NULL)
        atomic_store(&hostile->engine->residents->dead, 1);
    pthread_mutex_unlock(&hostile->engine->lock);
    atomic_fetch_add(&hostile->reply->head.rep_seq, 1);
    suan_wire_wake(&hostile->reply->head.rep_seq);
    return NULL;
}

static void *map(int fd, uint64_t bytes, int protection)
{
    void *place = mmap(NULL, bytes, protection, MAP_SHARED, fd, 0);
    require(place != MAP_FAILED);
    return place;
}

/* --- the host ----------------------------------------------------------------------------------------- */

static struct suan_tensor vector(struct stage *stage, int index, void *data)
{
    stage->shape[index][0] = N;
    stage->strides[index][0] = 1;
    return (struct suan_tensor){.data = data,
                                .device_type = SUAN_DEVICE_CPU,
                                .ndim = 1,
                                .dtype = {SUAN_DTYPE_FLOAT, 64, 1},
                                .shape = stage->shape[index],
                                .strides = stage->strides[index]};
}

/* A resident without a process: it has no pidfd, and its zygote is gone, so nobody is waited for. */
static struct resident *enlist(struct stage *stage)
{
    struct resident *resident = calloc(1, sizeof *resident);
    require(resident != NULL);
    resident->engine = &stage->engine;
    resident->zygote = &stage->zygote;
    resident->region = &stage->guest->region;
    resident->id = 0x5153;
    resident->pidfd = -1;
    resident->cgroup.cpu_fd = -1;
    resident->threads_allowed = 1000; /* those of this process are counted */
    stage->guest->region.request->worker_id = resident->id;
    return resident;
}

static void set_up(struct stage *stage, uint8_t setting)
{
    stage->alive = 1;
    stage->engine.alive = &stage->alive;
    stage->zygote.gone = true;
    pthread_mutex_init(&stage->engine.lock, NULL);
    pthread_cond_init(&stage->engine.changed, NULL);
    struct suan_guest *guest = stage->guest = calloc(1, sizeof *guest);
    require(guest != NULL);
    guest->engine = &stage->engine;
    guest->plugin = -1;
    guest->workers = 1;
    guest->deadline_ms = 2000;
    guest->dynamic_outputs = setting & 1;
    guest->machine.online_cpus = 2;
    pthread_mutex_init(&guest->log_lock, NULL);
    require(region_open(&guest->region, ARENA, ARENA, NULL) == SUAN_OK);
    guest->region.request->spin_ns = (setting & 2) != 0 ? 2000 : 0;
    guest->resident = stage->engine.residents = enlist(stage);
    for (int i = 0; i < N; i++)
        stage->x[i] = i;
    stage->in = vector(stage, 0, stage->x);
}

static void start(struct stage *stage, pthread_t *thread)
{
    struct hostile *hostile = &stage->hostile;
    const struct region *region = &stage->guest->region;
    hostile->request = map(region->request_fd, SUAN_WIRE_PAGE, PROT_READ);
    hostile->reply = map(region->reply_fd, SUAN_WIRE_PAGE, PROT_READ | PROT_WRITE);
    hostile->output = map(region->output.fd, ARENA, PROT_READ | PROT_WRITE);
    hostile->engine = &stage->engine;
    require(pthread_create(thread, NULL, play, hostile) == 0);
}

static bool is_clean(const char *text)
{
    for (const unsigned char *byte = (const unsigned char *)text; *byte != '\0'; byte++) {
        if (*byte < 0x20 || *byte == 0x7f)
            return false;
    }
    return true;
}

/* One call, whose output lies in memory of exactly its size. */
static enum suan_status call(struct stage *stage)
{
    struct suan_error error = {0};
    double *y = malloc(sizeof(double[N]));
    require(y != NULL);
    memset(y, 0x5a, sizeof(double[N]));
    stage->out = vector(stage, 1, y);
    enum suan_status status = suan_guest_run(stage->guest, &stage->in, 1, &stage->out, 1, 1000, &error);
    require(stage->shape[1][0] == N ||
            (stage->guest->dynamic_outputs != 0 && stage->shape[1][0] >= 0 && stage->shape[1][0] < N));
    for (int i = 0; i < N; i++)
        require(stage->x[i] == i);
    for (size_t i = 0; status != SUAN_OK && i < sizeof(double[N]); i++)
        require(((uint8_t *)y)[i] == 0x5a);
    require(status == SUAN_OK || error.message[0] != '\0');
    require(is_clean(error.message));
    free(y);
    return status;
}

/* The worker is still allowed to write after the host has forgotten it, as one that is being killed is. */
static void tear_down(struct stage *stage, pthread_t thread, struct resident *resident)
{
    struct suan_guest *guest = stage->guest;
    atomic_store(&stage->hostile.over, true);
    pthread_join(thread, NULL);
    for (uint32_t i = 0; i < LOG_LINES; i++)
        require(suan_guest_log(guest, i) == NULL || is_clean(suan_guest_log(guest, i)));
    require(is_clean(guest->death.log));
    munmap((void *)stage->hostile.request, SUAN_WIRE_PAGE);
    munmap(stage->hostile.reply, SUAN_WIRE_PAGE);
    munmap(stage->hostile.output, ARENA);
    region_done(&guest->region);
    pthread_mutex_destroy(&guest->log_lock);
    free(guest);
    free(resident);
    pthread_mutex_destroy(&stage->engine.lock);
    pthread_cond_destroy(&stage->engine.changed);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct stage stage;
    pthread_t thread;
    if (size < 1)
        return 0;
    memset(&stage, 0, sizeof stage);
    set_up(&stage, data[0]);
    stage.hostile.count = (size - 1) / sizeof(struct step);
    if (stage.hostile.count > STEPS_MAX)
        stage.hostile.count = STEPS_MAX;
    memcpy(stage.hostile.steps, data + 1, stage.hostile.count * sizeof(struct step));
    start(&stage, &thread);
    for (int i = 0; i < CALLS && stage.guest->resident != NULL; i++)
        (void)call(&stage);
    struct resident *left = stage.guest->resident;
    tear_down(&stage, thread, left);
    return 0;
}
