/* The order in which a worker closes doors behind itself. What any level needs ends the worker if it fails;
   layers that only some levels need are noted, and the host, which looks for itself, decides. */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "loader/loader.h"
#include "switches.h"
#include "wire/wire.h"
#include "worker.h"

enum { CALL_MSEAL = 462 };

static _Noreturn void fail(struct suan_wire_reply *reply, int cause, const char *what)
{
    if (reply != NULL) {
        char text[128];
        reply->errno_value = cause;
        snprintf(reply->error, sizeof reply->error, "%s: %s", what,
                 cause == 0 ? "refused" : strerror_r(cause, text, sizeof text));
        atomic_store(&reply->state, SUAN_WIRE_FAILED);
        suan_wire_wake(&reply->state);
    }
    _exit(1);
}

/* A layer that was tried: `cause` is 0 or why it is not there. */
static void note(struct suan_wire_reply *reply, enum suan_wire_layer layer, int cause)
{
    reply->layers[layer] = (struct suan_wire_layer_note){1, cause == 0, cause};
}

static void *map(int fd, uint64_t bytes, int protection)
{
    void *place = mmap(NULL, bytes, protection, MAP_SHARED, fd, 0);
    return place == MAP_FAILED ? NULL : place;
}

static void map_regions(const struct worker_order *order, struct worker_memory *memory)
{
    const int *fds = order->fds;
    struct suan_wire_reply *reply = map(fds[WORKER_FD_B], SUAN_WIRE_PAGE, PROT_READ | PROT_WRITE);
    memory->reply = reply;
    worker_set_reply(reply);
    memory->request = map(fds[WORKER_FD_A], SUAN_WIRE_PAGE, PROT_READ);
    memory->input = map(fds[WORKER_FD_C], order->start.input_bytes, PROT_READ);
    memory->output = map(fds[WORKER_FD_D], order->start.output_bytes, PROT_READ | PROT_WRITE);
    if (reply == NULL || memory->request == NULL || memory->input == NULL || memory->output == NULL)
        fail(reply, errno, "mapping the shared memory");
    memcpy(reply->layers, order->start.layers, sizeof reply->layers);
}

/* The namespaces are those of birth; what is left to do is an identity, and dying with the zygote. */
static void settle(const struct worker_order *order, struct suan_wire_reply *reply)
{
    unsigned flags = order->clone_flags;
    prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
    if ((flags & CLONE_NEWPID) == 0 && getppid() != order->zygote_pid)
        _exit(1); /* the zygote ended before the line above */
    if ((flags & CLONE_NEWUSER) != 0)
        note(reply, SUAN_LAYER_NS_USER, suan_sandbox_map_self());
    if ((flags & CLONE_NEWPID) != 0)
        note(reply, SUAN_LAYER_NS_PID, 0);
    if ((flags & CLONE_NEWIPC) != 0)
        note(reply, SUAN_LAYER_NS_IPC, 0);
}

/* The plugin's libraries come from the system's folders, which the worker is about to lose sight of. */
static void load_libraries(const struct worker_order *order, struct suan_wire_reply *reply)
{
    char workers[16];
    snprintf(workers, sizeof workers, "%u", order->start.threads);
    setenv("OMP_NUM_THREADS", workers, 1);
    setenv("OPENBLAS_NUM_THREADS", "1", 1);
    for (uint32_t i = 0; i < order->start.n_libraries; i++) {
        struct suan_error error;
        char name[SUAN_CONTROL_SONAME + 1] = {0};
        memcpy(name, order->start.libraries[i], SUAN_CONTROL_SONAME);
        if (suan_loader_library(name, &error) != SUAN_OK)
            fail(reply, 0, error.message);
    }
    struct stat tasks;
    if (stat("/proc/self/task", &tasks) == 0 && tasks.st_nlink != 3) /* 2, and one for each thread */
        fail(reply, 0, "a library started a thread before the worker was sealed");
}

static uint64_t address_space_now(void)
{
    SUAN_CLEANUP(suan_closep) int fd = open("/proc/self/statm", O_RDONLY | O_CLOEXEC);
    char text[64] = {0};
    if (fd < 0 || read(fd, text, sizeof text - 1) <= 0)
        return 0;
    return strtoull(text, NULL, 10) * (uint64_t)sysconf(_SC_PAGESIZE);
}

static const char plugin_in_root[] = "/p.so";
static const char plugin_kept_open[] = "/proc/self/fd/0";

/* Without a root of its own the worker keeps the sealed plugin file open, and nothing else. */
static void build_root(const struct worker_order *order, struct worker_memory *memory)
{
    int plugin = order->fds[WORKER_FD_PLUGIN];
    memory->plugin = plugin_kept_open;
    if ((order->clone_flags & CLONE_NEWNS) != 0) {
        int cause = suan_sandbox_root(plugin, order->start.plugin_bytes);
        note(memory->reply, SUAN_LAYER_ROOT, cause);
        if (cause == 0)
            memory->plugin = plugin_in_root;
    }
    bool keep = memory->plugin == plugin_kept_open;
    if ((keep && dup2(plugin, 0) != 0) || syscall(SYS_close_range, keep ? 1U : 0U, ~0U, 0U) != 0)
        fail(memory->reply, errno, "closing descriptors");
}

static void limit(const struct worker_order *order, struct suan_wire_reply *reply, uint64_t address_space)
{
    struct suan_sandbox_limits limits = {address_space + order->start.memory_bytes,
                                         order->start.threads + order->start.own_threads};
    if (!switches_is_off(SUAN_LAYER_RLIMITS))
        note(reply, SUAN_LAYER_RLIMITS, suan_sandbox_limit(&limits));
    if (order->start.n_cpu_words != 0)
        syscall(SYS_sched_setaffinity, 0, order->start.n_cpu_words * sizeof(uint64_t), order->start.cpus);
}

/* The mappings that carry the protocol can then not be moved or unmapped. Kernels before 6.10 do not know
 * how. */
static void pin_mappings(const struct worker_order *order, const struct worker_memory *memory)
{
    syscall(CALL_MSEAL, memory->request, SUAN_WIRE_PAGE, 0);
    syscall(CALL_MSEAL, memory->reply, SUAN_WIRE_PAGE, 0);
    syscall(CALL_MSEAL, memory->input, order->start.input_bytes, 0);
    syscall(CALL_MSEAL, memory->output, order->start.output_bytes, 0);
}

static void restrict_self(const struct worker_order *order, const struct worker_memory *memory)
{
    struct suan_wire_reply *reply = memory->reply;
    if (!switches_is_off(SUAN_LAYER_CAPS))
        note(reply, SUAN_LAYER_CAPS, suan_sandbox_drop_capabilities());
    else
        prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
    if (!switches_is_off(SUAN_LAYER_MDWE))
        note(reply, SUAN_LAYER_MDWE, suan_sandbox_refuse_writable_code());
    if (!switches_is_off(SUAN_LAYER_LANDLOCK))
        note(reply, SUAN_LAYER_LANDLOCK,
             suan_sandbox_landlock(memory->plugin == plugin_in_root ? plugin_in_root : NULL));
    pin_mappings(order, memory);
    if (switches_is_off(SUAN_LAYER_SECCOMP))
        return;
    const struct suan_filter *filter = order->filters[SUAN_FILTER_LOADING];
    int cause = filter == NULL ? ENOSYS : suan_filter_install(filter);
    if (cause != 0)
        fail(reply, cause, "system call filter");
    note(reply, SUAN_LAYER_SECCOMP, 0);
}

void worker_seal(const struct worker_order *order, struct worker_memory *memory)
{
    map_regions(order, memory);
    struct suan_wire_reply *reply = memory->reply;
    settle(order, reply);
    load_libraries(order, reply);
    uint64_t address_space = address_space_now();
    build_root(order, memory);
    limit(order, reply, address_space);
    restrict_self(order, memory);
    atomic_store(&reply->state, SUAN_WIRE_SEALED);
    suan_wire_wake(&reply->state);
}
