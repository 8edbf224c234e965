/*
 * Starting a zygote: clone into namespaces of its own, give it an identity there, exec. The child shares the
 * host's memory image until it execs, possibly of a program with many threads, so it makes plain system calls
 * only.
 */
#include "zygote.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/close_range.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/cleanup.h"

enum { NOBODY = 65534, HIGH_FD = 64, SWITCHES_MAX = 24, STACK_BYTES = 8 << 20 };

static const char code[] = "engine.worker";

/* What the child needs, made ready before the clone. */
struct birth {
    int program, socket, host, sync;
    bool drop_root, mapped;
    char *const *arguments;
};

/* Brings a descriptor out of the way of those that are about to be assigned. */
static int move_up(int fd)
{
    return fcntl(fd, F_DUPFD_CLOEXEC, HIGH_FD);
}

static void reset_signals(void)
{
    struct sigaction plain = {.sa_handler = SIG_DFL};
    sigset_t none;
    for (int i = 1; i < NSIG; i++)
        sigaction(i, &plain, NULL);
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
}

/* Becomes an account that limits bind. glibc's own functions would ask threads that do not exist here to
 * follow. */
static int change_account(const struct birth *birth)
{
    unsigned id = birth->mapped ? 0 : NOBODY;
    if (!birth->drop_root)
        return 0;
    if (syscall(SYS_setgroups, 0, NULL) != 0 || syscall(SYS_setresgid, id, id, id) != 0 ||
        syscall(SYS_setresuid, id, id, id) != 0)
        return errno;
    return 0;
}

static int arrange_descriptors(const struct birth *birth, int *program)
{
    int socket = move_up(birth->socket), host = move_up(birth->host),
        null = open("/dev/null", O_RDWR | O_CLOEXEC);
    *program = move_up(birth->program);
    null = null < 0 ? null : move_up(null);
    if (socket < 0 || host < 0 || *program < 0 || null < 0)
        return errno;
    for (int i = 0; i < 3; i++) {
        if (dup2(null, i) < 0)
            return errno;
    }
    if (dup2(socket, 3) < 0 || dup2(host, 4) < 0)
        return errno;
    return syscall(SYS_close_range, 5U, ~0U, CLOSE_RANGE_CLOEXEC) == 0 ? 0 : errno;
}

static _Noreturn void be_born(const struct birth *birth)
{
    char blas[] = "OPENBLAS_NUM_THREADS=1", omp[] = "OMP_WAIT_POLICY=passive";
    char *const environment[] = {blas, omp, NULL};
    const struct rlimit stack = {STACK_BYTES, STACK_BYTES}, core = {0, 0};
    int sync = move_up(birth->sync), program = -1, cause = 0;
    char go = 0;

    if (sync < 0 || read(sync, &go, 1) != 1)
        _exit(127);
    reset_signals();
    setrlimit(RLIMIT_STACK, &stack);
    setrlimit(RLIMIT_CORE, &core);
    cause = change_account(birth);
    if (cause == 0)
        cause = arrange_descriptors(birth, &program);
    if (cause == 0) {
        syscall(SYS_execveat, program, "", birth->arguments, environment, AT_EMPTY_PATH);
        cause = errno;
    }
    _exit(write(sync, &cause, sizeof cause) < 0 ? 126 : 127);
}

static int write_map(pid_t pid, const char *file, const char *text)
{
    char path[64];
    snprintf(path, sizeof path, "/proc/%d/%s", (int)pid, file);
    SUAN_CLEANUP(suan_closep) int fd = open(path, O_WRONLY | O_CLOEXEC);
    if (fd < 0)
        return errno;
    return write(fd, text, strlen(text)) < 0 ? errno : 0;
}

/* Inner id 0 is, outside, the caller's own account, or for root an account without rights. */
static int map_ids(pid_t pid)
{
    bool root = geteuid() == 0;
    char users[32], groups[32];
    snprintf(users, sizeof users, "0 %u 1", root ? NOBODY : geteuid());
    snprintf(groups, sizeof groups, "0 %u 1", root ? NOBODY : getegid());
    int cause = root ? 0 : write_map(pid, "setgroups", "deny");
    if (cause == 0)
        cause = write_map(pid, "uid_map", users);
    return cause == 0 ? write_map(pid, "gid_map", groups) : cause;
}

static void put_down(pid_t pid, int pidfd)
{
    siginfo_t info;
    syscall(SYS_pidfd_send_signal, pidfd, SIGKILL, NULL, 0);
    while (waitid(P_PID, (id_t)pid, &info, WEXITED | __WALL) != 0 && errno == EINTR)
        ;
    close(pidfd);
}

/* One attempt with these namespaces. 0, or an errno value; the exec is yet to come. The exit signal is 0,
   which hides the child from the firm's own wait and SIGCHLD. */
static int attempt(struct birth *birth, unsigned flags, int sync, struct zygote *zygote)
{
    int pidfd = -1;
    birth->mapped = (flags & CLONE_NEWUSER) != 0;
    birth->drop_root = geteuid() == 0;
    pid_t pid = (pid_t)syscall(SYS_clone, (unsigned long)flags | CLONE_PIDFD, NULL, &pidfd, NULL, 0);
    if (pid == 0)
        be_born(birth);
    if (pid < 0)
        return errno;
    int cause = birth->mapped ? map_ids(pid) : 0;
    if (cause == 0 && write(sync, "g", 1) != 1)
        cause = errno;
    if (cause != 0) {
        put_down(pid, pidfd);
        return cause;
    }
    fcntl(pidfd, F_SETFD, FD_CLOEXEC);
    zygote->pid = pid;
    zygote->pidfd = pidfd;
    zygote->user_namespace = birth->mapped;
    return 0;
}

static int bear(struct birth *birth, struct zygote *zygote)
{
    const unsigned tries[] = {CLONE_NEWUSER | CLONE_NEWPID, CLONE_NEWPID, 0};
    int cause = 0;
    for (size_t i = 0; i < sizeof tries / sizeof tries[0]; i++) {
        int sync[2];
        if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, sync) != 0)
            return errno;
        birth->sync = sync[1];
        cause = attempt(birth, tries[i], sync[0], zygote);
        close(sync[1]);
        if (cause == 0) {
            zygote->birth = sync[0];
            return 0;
        }
        close(sync[0]);
        if (i == 0)
            zygote->user_errno = cause;
    }
    return cause;
}

int zygote_birth_failure(struct zygote *zygote)
{
    int cause = 0;
    ssize_t got;
    if (zygote->birth < 0)
        return 0;
    do
        got = read(zygote->birth, &cause, sizeof cause);
    while (got < 0 && errno == EINTR);
    close(zygote->birth);
    zygote->birth = -1;
    return got == (ssize_t)sizeof cause ? cause : 0;
}

enum suan_status zygote_start(const char *program, const char *const *switches, struct zygote *out_zygote,
                              struct suan_error *error)
{
    char name[] = "suan-worker", role[] = "--zygote";
    char *arguments[SWITCHES_MAX + 3] = {name, role};
    int pair[2];

    for (int i = 0; switches != NULL && switches[i] != NULL && i < SWITCHES_MAX; i++)
        arguments[i + 2] = (char *)switches[i];
    SUAN_CLEANUP(suan_closep) int file = open(program, O_PATH | O_CLOEXEC);
    if (file < 0)
        return suan_error_errno(error, code, errno, program);
    SUAN_CLEANUP(suan_closep) int host = (int)syscall(SYS_pidfd_open, getpid(), 0);
    if (host < 0 || socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) != 0)
        return suan_error_errno(error, code, errno, "starting the worker program");
    struct birth birth = {.program = file, .socket = pair[1], .host = host, .arguments = arguments};
    *out_zygote = (struct zygote){.socket = pair[0], .pidfd = -1, .birth = -1, .started_pidfd = -1};
    int cause = bear(&birth, out_zygote);
    close(pair[1]);
    if (cause == 0)
        return SUAN_OK;
    close(pair[0]);
    return suan_error_errno(error, code, cause, program);
}

void zygote_end(struct zygote *zygote)
{
    if (zygote->pidfd >= 0)
        put_down(zygote->pid, zygote->pidfd);
    if (zygote->socket >= 0)
        close(zygote->socket);
    if (zygote->started_pidfd >= 0)
        close(zygote->started_pidfd);
    if (zygote->birth >= 0)
        close(zygote->birth);
    zygote->birth = -1;
    zygote->pidfd = zygote->socket = zygote->started_pidfd = -1;
}

bool zygote_order(const struct zygote *zygote, const struct suan_control *start, const int *fds)
{
    union {
        struct cmsghdr header;
        char bytes[CMSG_SPACE(SUAN_CONTROL_FDS * sizeof(int))];
    } control = {0};
    struct iovec part = {(void *)start, sizeof *start};
    struct msghdr out = {.msg_iov = &part,
                         .msg_iovlen = 1,
                         .msg_control = control.bytes,
                         .msg_controllen = sizeof control.bytes};
    struct cmsghdr *head = CMSG_FIRSTHDR(&out);
    head->cmsg_level = SOL_SOCKET;
    head->cmsg_type = SCM_RIGHTS;
    head->cmsg_len = CMSG_LEN(SUAN_CONTROL_FDS * sizeof(int));
    memcpy(CMSG_DATA(head), fds, SUAN_CONTROL_FDS * sizeof(int));
    return sendmsg(zygote->socket, &out, MSG_NOSIGNAL) == (ssize_t)sizeof *start;
}

ssize_t zygote_hear(const struct zygote *zygote, struct suan_control *out, int *out_fd)
{
    union {
        struct cmsghdr header;
        char bytes[CMSG_SPACE(sizeof(int))];
    } control;
    struct iovec part = {out, sizeof *out};
    struct msghdr in = {.msg_iov = &part,
                        .msg_iovlen = 1,
                        .msg_control = control.bytes,
                        .msg_controllen = sizeof control.bytes};
    *out_fd = -1;
    ssize_t got = recvmsg(zygote->socket, &in, MSG_CMSG_CLOEXEC | MSG_DONTWAIT);
    struct cmsghdr *head = got > 0 ? CMSG_FIRSTHDR(&in) : NULL;
    if (head != NULL && head->cmsg_type == SCM_RIGHTS && head->cmsg_len == CMSG_LEN(sizeof(int)))
        memcpy(out_fd, CMSG_DATA(head), sizeof *out_fd);
    return got;
}
