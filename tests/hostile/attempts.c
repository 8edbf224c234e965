/* The plugin of the suite: makes one attempt, from its constructor, an IFUNC resolver, run, or a thread of its own, and reports
   0 if it was carried out, else the errno. Many attempts end the process instead. */
#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stddef.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/personality.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/shm.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <suan/plugin.h>

#include "forgery.h"
#include "harm.h"

#ifndef FLAGS
#define FLAGS UINT64_C(0)
#endif

static volatile struct hostile_orders orders = {HOSTILE_MARK, HOSTILE_NONE, FROM_RUN, 0, 0};
static int early = -2; /* what an attempt before run came to */
static struct forger forger;
static char *input; /* of the running call */

static int outcome(long result)
{
    return result >= 0 ? 0 : errno;
}

/* Calls that are refused for a reason of their own have still reached the kernel. */
static int reached(long result, int expected)
{
    return result >= 0 || errno == expected ? 0 : errno;
}

static int close_after(int fd)
{
    int result = outcome(fd);
    if (fd >= 0)
        close(fd);
    return result;
}

static int end_child(long child)
{
    if (child == 0)
        syscall(SYS_exit_group, 0);
    if (child > 0)
        waitpid((pid_t)child, NULL, __WALL);
    return outcome(child);
}

static int raw_fork(void)
{
    return end_child(syscall(SYS_clone, SIGCHLD, NULL, NULL, NULL, NULL));
}

static int try_clone3(void)
{
    struct {
        uint64_t flags, pidfd, child_tid, parent_tid, exit_signal, stack, stack_size, tls;
    } arguments = {.exit_signal = SIGCHLD};
    return end_child(syscall(SYS_clone3, &arguments, sizeof arguments));
}

static int fork_bomb(void)
{
    int last = 0;
    for (int i = 0; i < 64 && last == 0; i++)
        last = raw_fork();
    return last;
}

static void *nothing(void *arg)
{
    return arg;
}

static int thread_bomb(void)
{
    int last = 0;
    for (int i = 0; i < 64 && last == 0; i++) {
        pthread_t thread;
        last = pthread_create(&thread, NULL, nothing, NULL);
        if (last == 0)
            pthread_join(thread, NULL);
    }
    return last;
}

static int read_own_memory(void)
{
    char from = 'x', to = 0;
    struct iovec local = {&to, 1}, remote = {&from, 1};
    return outcome(syscall(SYS_process_vm_readv, getpid(), &local, 1UL, &remote, 1UL, 0UL));
}

static int try_executable(int first, int then)
{
    char *page = mmap(NULL, 4096, first, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (page == MAP_FAILED)
        return errno;
    page[0] = (char)0xC3;
    return then == 0 ? 0 : outcome(mprotect(page, 4096, then));
}

static int try_int80(void)
{
#if defined(__x86_64__)
    long result = 20; /* getpid of the 32-bit table */
    __asm__ volatile("int $0x80" : "+a"(result) : : "r8", "r9", "r10", "r11", "memory");
    return result > 0 ? 0 : (int)-result;
#else
    return ENOSYS;
#endif
}

/* A filter that answers socket with 0 without asking the kernel. It counts as carried out only if the real
 * filter let it. */
static int fake_filter(void)
{
    struct sock_filter code[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_socket, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    };
    struct sock_fprog program = {sizeof code / sizeof code[0], code};
    if (syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &program) != 0)
        return errno;
    return outcome(syscall(SYS_socket, AF_INET, SOCK_STREAM, 0));
}

static int change_limit(void)
{
    struct rlimit limit;
    if (syscall(SYS_prlimit64, 0, RLIMIT_AS, NULL, &limit) != 0)
        return errno;
    return outcome(syscall(SYS_prlimit64, 0, RLIMIT_AS, &limit, NULL));
}

static int pin(void)
{
    cpu_set_t set;
    CPU_ZERO(&set);
    CPU_SET(0, &set);
    return outcome(sched_setaffinity(0, sizeof set, &set));
}

static int lock_page(void)
{
    static char page[8192];
    return outcome(mlock(page, 4096));
}

static int make_timer(void)
{
    timer_t timer;
    struct sigevent event = {.sigev_notify = SIGEV_NONE};
    return outcome(syscall(SYS_timer_create, CLOCK_MONOTONIC, &event, &timer));
}

static int change_input(int row)
{
    char *page = (char *)((uintptr_t)input & ~(uintptr_t)4095);
    if (row == HOSTILE_MPROTECT_INPUT)
        return outcome(mprotect(page, 4096, PROT_READ | PROT_WRITE));
    return outcome(madvise(page, 4096, MADV_REMOVE));
}

static int attempt_processes(int row)
{
    static char *const none[] = {NULL};
    switch (row) {
    case HOSTILE_FORK: return raw_fork();
    case HOSTILE_VFORK: return end_child(syscall(SYS_clone, CLONE_VFORK | SIGCHLD, NULL, NULL, NULL, NULL));
    case HOSTILE_CLONE3: return try_clone3();
    case HOSTILE_FORK_BOMB: return fork_bomb();
    case HOSTILE_THREAD_BOMB: return thread_bomb();
    case HOSTILE_EXECVE: return reached(syscall(SYS_execve, "/nowhere", none, none), ENOENT);
    case HOSTILE_EXECVEAT: return reached(syscall(SYS_execveat, AT_FDCWD, "/nowhere", none, none, 0), ENOENT);
    case HOSTILE_PTRACE: return outcome(ptrace(PTRACE_TRACEME, 0, NULL, NULL));
    case HOSTILE_KILL_ONE: return outcome(syscall(SYS_kill, getpid(), 0));
    case HOSTILE_TGKILL: return outcome(syscall(SYS_tgkill, getpid(), getpid(), 0));
    case HOSTILE_SIGQUEUE: return reached(syscall(SYS_rt_sigqueueinfo, getpid(), 0, NULL), EFAULT);
    case HOSTILE_KILL_ALL: return reached(syscall(SYS_kill, -1, 0), ESRCH);
    case HOSTILE_PIDFD_OPEN: return close_after((int)syscall(SYS_pidfd_open, getpid(), 0));
    case HOSTILE_PROCESS_VM: return read_own_memory();
    case HOSTILE_RAISE_KILL: return outcome(syscall(SYS_tgkill, getpid(), getpid(), SIGKILL));
    default: return -1;
    }
}

static int attempt_files(int row)
{
    char name[256];
    switch (row) {
    case HOSTILE_OPEN_FILE: return close_after(open("/etc/passwd", O_RDONLY | O_CLOEXEC));
    case HOSTILE_CREATE_FILE: return close_after(open("/tmp", O_TMPFILE | O_WRONLY | O_CLOEXEC, 0600));
    case HOSTILE_SELF_MEM: return close_after(open("/proc/self/mem", O_RDONLY | O_CLOEXEC));
    case HOSTILE_LIST_FOLDER: return outcome(syscall(SYS_getcwd, name, sizeof name));
    case HOSTILE_LOADER_FLAGS: return close_after(openat(AT_FDCWD, "/", O_RDONLY | O_CLOEXEC));
    case HOSTILE_IOCTL: return reached(ioctl(1000, TIOCSTI, "x"), EBADF);
    case HOSTILE_MOUNT: return outcome(mount("none", "/", "tmpfs", 0, NULL));
    case HOSTILE_CHROOT: return outcome(chroot("/"));
    case HOSTILE_MEMFD: return close_after((int)syscall(SYS_memfd_create, "x", 1U));
    default: return -1;
    }
}

static int attempt_network(int row)
{
    int pair[2];
    switch (row) {
    case HOSTILE_INET_SOCKET: return close_after(socket(AF_INET, SOCK_STREAM, 0));
    case HOSTILE_UNIX_SOCKET: return close_after(socket(AF_UNIX, SOCK_STREAM, 0));
    case HOSTILE_NETLINK_SOCKET: return close_after(socket(AF_NETLINK, SOCK_RAW, 0));
    case HOSTILE_PIPE: return outcome(pipe(pair));
    case HOSTILE_SOCKETPAIR: return outcome(socketpair(AF_UNIX, SOCK_STREAM, 0, pair));
    default: return -1;
    }
}

static int attempt_kernel(int row)
{
    static char zeros[256];
    switch (row) {
    case HOSTILE_IO_URING: return close_after((int)syscall(SYS_io_uring_setup, 4, zeros));
    case HOSTILE_USERFAULTFD: return close_after((int)syscall(SYS_userfaultfd, O_CLOEXEC | 1));
    case HOSTILE_BPF: return outcome(syscall(SYS_bpf, 0, zeros, sizeof zeros));
    case HOSTILE_PERF: return close_after((int)syscall(SYS_perf_event_open, zeros, 0, -1, -1, 0UL));
    case HOSTILE_KEYCTL: return outcome(syscall(SYS_keyctl, 0, -1, 0, 0, 0));
    case HOSTILE_UNSHARE: return outcome(unshare(CLONE_NEWUTS));
    case HOSTILE_SHMGET: return outcome(shmget(IPC_PRIVATE, 4096, IPC_CREAT | 0600));
    case HOSTILE_PERSONALITY: return outcome(personality(0xffffffff));
    case HOSTILE_X32: return outcome(syscall(0x40000000L | SYS_getppid));
    case HOSTILE_INT80: return try_int80();
    case HOSTILE_DUMPABLE: return outcome(prctl(PR_SET_DUMPABLE, 1, 0, 0, 0));
    case HOSTILE_FAKE_FILTER: return fake_filter();
    case HOSTILE_RAISE_LIMIT: return change_limit();
    case HOSTILE_SETUID: return outcome(syscall(SYS_setuid, 0));
    case HOSTILE_AFFINITY: return pin();
    case HOSTILE_TIMER: return make_timer();
    default: return -1;
    }
}

static int attempt_memory(int row)
{
    switch (row) {
    case HOSTILE_RWX_MAP: return try_executable(PROT_READ | PROT_WRITE | PROT_EXEC, 0);
    case HOSTILE_W_TO_X: return try_executable(PROT_READ | PROT_WRITE, PROT_READ | PROT_EXEC);
    case HOSTILE_MLOCK: return lock_page();
    case HOSTILE_MAP_8G:
        return mmap(NULL, (size_t)8 << 30, PROT_READ | PROT_WRITE,
                    MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0) != MAP_FAILED
                   ? 0
                   : errno;
    case HOSTILE_MPROTECT_INPUT:
    case HOSTILE_REMOVE_INPUT: return input == NULL ? EINVAL : change_input(row);
    default: return -1;
    }
}

static int attempt(int row)
{
    int special = harm(&forger, row);
    if (special == -1)
        special = forge(&forger, row);
    if (special != -1)
        return special;

    int (*const groups[])(int) = {attempt_processes, attempt_files, attempt_network, attempt_kernel,
                                  attempt_memory};
    for (size_t i = 0; i < sizeof groups / sizeof groups[0]; i++) {
        int result = groups[i](row);
        if (result >= 0)
            return result;
    }
    return 0; /* no row: nothing was tried */
}

static void *attempt_in_thread(void *out_result)
{
    *(int *)out_result = attempt((int)orders.row);
    return NULL;
}

static int attempt_now(void)
{
    pthread_t thread;
    int result = -2;
    switch (orders.origin) {
    case FROM_RUN: return attempt((int)orders.row);
    case FROM_THREAD:
        if (pthread_create(&thread, NULL, attempt_in_thread, &result) == 0)
            pthread_join(thread, NULL);
        return result;
    default: return early;
    }
}

__attribute__((constructor)) static void construct(void)
{
    if (orders.origin == FROM_CONSTRUCTOR)
        early = attempt((int)orders.row);
}

__attribute__((destructor)) static void destruct(void)
{
    harm_at_end((int)orders.row);
}

static int nothing_more(void)
{
    return 0;
}

__attribute__((used)) static int (*resolve(void))(void)
{
    if (orders.origin == FROM_RESOLVER)
        early = attempt((int)orders.row);
    return nothing_more;
}

int hostile_resolved(void) __attribute__((ifunc("resolve"), visibility("default")));

struct suan_instance {
    const struct suan_host *host;
};

static int32_t create(const struct suan_host *host, struct suan_ctx *ctx, const struct suan_config *config,
                      struct suan_instance **out_instance)
{
    static struct suan_instance instance;
    (void)ctx;
    (void)config;
    instance.host = host;
    harm_remember();
    *out_instance = &instance;
    return SUAN_OK;
}

static int32_t infer(struct suan_instance *instance, struct suan_ctx *ctx, const struct suan_tensor *in,
                     uint32_t n_in, struct suan_tensor *out, uint32_t n_out)
{
    static const int64_t one = 1;
    (void)in;
    if (n_in != 1 || n_out != 1)
        return suan_fail(instance->host, ctx, SUAN_E_SHAPE, "one in, one out");
    suan_out(&out[0], SUAN_TYPE_F64, 1, &one);
    return SUAN_OK;
}

static int32_t run(struct suan_instance *instance, const struct suan_run *run)
{
    forger = (struct forger){instance->host, run, (int32_t)orders.effort_ms};
    input = run->in[0].data;
    *suan_f64(&run->out[0]) = attempt_now() + hostile_resolved();
    return SUAN_OK;
}

static void destroy(struct suan_instance *instance)
{
    (void)instance;
    if (orders.row == HOSTILE_SLOW_TEARDOWN)
        spin_ms((int32_t)orders.effort_ms);
}

static const struct suan_algorithm algorithm = {
    .create = create, .infer = infer, .run = run, .destroy = destroy};

SUAN_DEFINE_ALGORITHM(&algorithm, "hostile", "1.0.0", "Apache-2.0", "Suan's tests", FLAGS, SUAN_TYPE_F64,
                      -1.0, HOSTILE_TASK);
