/*
 * The zygote: a clean, single-threaded process that never loads a plugin, from which workers are cloned. It
 * lives in the user and pid namespaces in which the host put it, so that its own end takes all workers with
 * it.
 */
#include "zygote.h"

#include <errno.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "switches.h"
#include "worker.h"

enum { WORKERS_MAX = 256 };

struct child {
    uint64_t worker_id;
    int pidfd;
};

struct zygote {
    int socket, host;
    struct suan_filter *filters[SUAN_FILTERS];
    struct suan_wire_layer_note notes[SUAN_LAYERS];
    unsigned clone_flags;
    uint32_t count;
    struct child children[WORKERS_MAX];
};

static _Noreturn void leave(struct zygote *zygote)
{
    for (uint32_t i = 0; i < zygote->count; i++)
        syscall(SYS_pidfd_send_signal, zygote->children[i].pidfd, SIGKILL, NULL, 0);
    _exit(0);
}

static void note(struct zygote *zygote, enum suan_wire_layer layer, int cause)
{
    zygote->notes[layer] = (struct suan_wire_layer_note){1, cause == 0, cause};
}

/* One message, with at most one descriptor. */
static void tell(struct zygote *zygote, const struct suan_control *message, int fd)
{
    union {
        struct cmsghdr header;
        char bytes[CMSG_SPACE(sizeof(int))];
    } control = {0};
    struct iovec part = {(void *)message, sizeof *message};
    struct msghdr out = {.msg_iov = &part, .msg_iovlen = 1};
    if (fd >= 0) {
        out.msg_control = control.bytes;
        out.msg_controllen = sizeof control.bytes;
        struct cmsghdr *head = CMSG_FIRSTHDR(&out);
        head->cmsg_level = SOL_SOCKET;
        head->cmsg_type = SCM_RIGHTS;
        head->cmsg_len = CMSG_LEN(sizeof(int));
        memcpy(CMSG_DATA(head), &fd, sizeof fd);
    }
    if (sendmsg(zygote->socket, &out, MSG_NOSIGNAL) < 0)
        leave(zygote);
}

/* Takes the descriptors of a message; fewer than SUAN_CONTROL_FDS count as none. */
static bool take_descriptors(struct msghdr *message, int *fds)
{
    struct cmsghdr *head = CMSG_FIRSTHDR(message);
    bool whole = head != NULL && head->cmsg_type == SCM_RIGHTS &&
                 head->cmsg_len == CMSG_LEN(SUAN_CONTROL_FDS * sizeof(int));
    if (whole)
        memcpy(fds, CMSG_DATA(head), SUAN_CONTROL_FDS * sizeof(int));
    return whole;
}

static bool hear(struct zygote *zygote, struct suan_control *message, int *fds)
{
    union {
        struct cmsghdr header;
        char bytes[CMSG_SPACE(SUAN_CONTROL_FDS * sizeof(int))];
    } control;
    struct iovec part = {message, sizeof *message};
    struct msghdr in = {.msg_iov = &part,
                        .msg_iovlen = 1,
                        .msg_control = control.bytes,
                        .msg_controllen = sizeof control.bytes};
    ssize_t got = recvmsg(zygote->socket, &in, MSG_CMSG_CLOEXEC);
    if (got <= 0)
        leave(zygote);
    return got == (ssize_t)sizeof *message && message->magic == SUAN_CONTROL_MAGIC &&
           message->kind == SUAN_CONTROL_START && take_descriptors(&in, fds);
}

/* Namespaces that a worker is born into, best first; the kernel takes the first set that it can give. */
static void choose_namespaces(struct zygote *zygote)
{
    static const struct {
        unsigned flag;
        enum suan_wire_layer layer;
    } wanted[] = {{CLONE_NEWUSER, SUAN_LAYER_NS_USER},
                  {CLONE_NEWPID, SUAN_LAYER_NS_PID},
                  {CLONE_NEWIPC, SUAN_LAYER_NS_IPC},
                  {CLONE_NEWNS, SUAN_LAYER_ROOT}};
    for (size_t i = 0; i < sizeof wanted / sizeof wanted[0]; i++) {
        if (!switches_is_off(wanted[i].layer))
            zygote->clone_flags |= wanted[i].flag;
    }
}

static void forget(struct zygote *zygote, uint32_t index)
{
    close(zygote->children[index].pidfd);
    zygote->children[index] = zygote->children[--zygote->count];
}

/* A worker's pidfd became readable: it has ended. */
static void bury(struct zygote *zygote, uint32_t index)
{
    siginfo_t info = {0};
    struct suan_control message = {.magic = SUAN_CONTROL_MAGIC,
                                   .kind = SUAN_CONTROL_DIED,
                                   .worker_id = zygote->children[index].worker_id};
    if (waitid(P_PIDFD, (id_t)zygote->children[index].pidfd, &info, WEXITED | __WALL) != 0 && errno == EINTR)
        return;
    message.exit_code = info.si_code;
    message.exit_status = info.si_status;
    forget(zygote, index);
    tell(zygote, &message, -1);
}

/* Clones with the namespaces that are still believed possible; drops the user namespace, then all, where the
   kernel refuses. In the child the result is 0. */
static pid_t clone_worker(struct zygote *zygote, int *pidfd)
{
    for (;;) {
        unsigned long flags = zygote->clone_flags | CLONE_PIDFD | SIGCHLD;
        pid_t pid = (pid_t)syscall(SYS_clone, flags, NULL, pidfd, NULL, 0);
        int cause = errno;
        bool refused = pid < 0 && zygote->clone_flags != 0 && cause != EAGAIN && cause != ENOMEM;
        if (!refused) {
            errno = cause;
            return pid;
        }
        note(zygote, SUAN_LAYER_NS_USER, cause);
        if ((zygote->clone_flags & CLONE_NEWUSER) != 0) {
            zygote->clone_flags &= ~(unsigned)CLONE_NEWUSER;
        } else {
            note(zygote, SUAN_LAYER_NS_PID, cause);
            note(zygote, SUAN_LAYER_NS_IPC, cause);
            note(zygote, SUAN_LAYER_ROOT, cause);
            zygote->clone_flags = 0;
        }
    }
}

static void start(struct zygote *zygote, struct worker_order *order)
{
    struct suan_control answer = {
        .magic = SUAN_CONTROL_MAGIC, .kind = SUAN_CONTROL_STARTED, .worker_id = order->start.worker_id};
    int pidfd = -1;

    order->zygote_pid = getpid();
    memcpy(order->filters, zygote->filters, sizeof order->filters);
    pid_t pid = zygote->count < WORKERS_MAX ? clone_worker(zygote, &pidfd) : (errno = EAGAIN, -1);
    if (pid == 0) {
        order->clone_flags = zygote->clone_flags;
        memcpy(order->start.layers, zygote->notes, sizeof zygote->notes);
        worker_main(order);
    }
    answer.errno_value = pid < 0 ? errno : 0;
    for (int i = 0; i < SUAN_CONTROL_FDS; i++)
        close(order->fds[i]);
    if (pid > 0)
        zygote->children[zygote->count++] = (struct child){order->start.worker_id, pidfd};
    tell(zygote, &answer, pid > 0 ? pidfd : -1);
}

static void prepare(struct zygote *zygote)
{
    prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
    choose_namespaces(zygote);
    if (!switches_is_off(SUAN_LAYER_NS_NET))
        note(zygote, SUAN_LAYER_NS_NET, unshare(CLONE_NEWNET) == 0 ? 0 : errno);
    for (int i = 0; i < SUAN_FILTERS; i++) {
        struct suan_error error;
        if (suan_filter_build((enum suan_filter_stage)i, &zygote->filters[i], &error) != SUAN_OK)
            note(zygote, SUAN_LAYER_SECCOMP, ENOSYS);
    }
    struct suan_control hello = {.magic = SUAN_CONTROL_MAGIC, .kind = SUAN_CONTROL_HELLO};
    memcpy(hello.layers, zygote->notes, sizeof zygote->notes);
    tell(zygote, &hello, -1);
}

static void turn(struct zygote *zygote)
{
    struct pollfd watched[WORKERS_MAX + 2] = {{zygote->socket, POLLIN, 0}, {zygote->host, POLLIN, 0}};
    uint32_t count = zygote->count;

    for (uint32_t i = 0; i < count; i++)
        watched[i + 2] = (struct pollfd){zygote->children[i].pidfd, POLLIN, 0};
    if (poll(watched, count + 2, -1) < 0)
        return;
    if (watched[1].revents != 0)
        leave(zygote);
    for (uint32_t i = count; i-- > 0;) {
        if (watched[i + 2].revents != 0)
            bury(zygote, i);
    }
    if (watched[0].revents != 0) {
        struct worker_order order = {0};
        if (hear(zygote, &order.start, order.fds))
            start(zygote, &order);
    }
}

_Noreturn void zygote_main(int socket, int host_pidfd)
{
    static struct zygote zygote;
    zygote.socket = socket;
    zygote.host = host_pidfd;
    prepare(&zygote);
    for (;;)
        turn(&zygote);
}
