/*
 * The system calls a worker may make. Stage 1 holds from before the plugin's first instruction; a constructor
 * can do whatever it allows, so it alone is the boundary. Stage 2 shrinks it once loading is done.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <seccomp.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/cleanup.h"

#include "sandbox.h"

struct suan_filter {
    size_t count;
    struct sock_filter code[SUAN_FILTER_INSTRUCTIONS_MAX];
};

#if defined(__x86_64__)
#define NATIVE_ARCH AUDIT_ARCH_X86_64
#elif defined(__aarch64__)
#define NATIVE_ARCH AUDIT_ARCH_AARCH64
#else
#error "no system call filter for this machine"
#endif

enum {
    LAST_KNOWN_CALL = 450, /* set_mempolicy_home_node: the newest call this table was written against */
    X32_BIT = 0x40000000,
    PTHREAD_FLAGS = CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SYSVSEM | CLONE_SIGHAND | CLONE_THREAD |
                    CLONE_SETTLS | CLONE_PARENT_SETTID | CLONE_CHILD_CLEARTID,
};

enum {
    LOADING = 1 << SUAN_FILTER_LOADING,
    PLAIN = 1 << SUAN_FILTER_RUNNING,
    THREADS = 1 << SUAN_FILTER_RUNNING_THREADS
};
enum { EVERY = LOADING | PLAIN | THREADS };

/* A call without conditions on its arguments. `failure` 0: allowed, else the errno it gets. */
struct rule {
    const char *call;
    int stages;
    int failure;
};

static const struct rule rules[] = {
    {"futex", EVERY, 0},
    {"munmap", EVERY, 0},
    {"brk", EVERY, 0},
    {"mremap", EVERY, 0},
    {"madvise", EVERY, 0},
    {"exit", EVERY, 0},
    {"exit_group", EVERY, 0},
    {"sched_yield", EVERY, 0},
    {"rt_sigreturn", EVERY, 0},
    {"rt_sigprocmask", EVERY, 0},
    {"gettid", EVERY, 0},
    {"getpid", EVERY, 0},
    {"clock_gettime", EVERY, 0},
    {"clock_nanosleep", EVERY, 0},
    {"nanosleep", EVERY, 0},
    {"getrandom", EVERY, 0},
    {"restart_syscall", EVERY, 0},
    {"sched_getaffinity", EVERY, 0},
    {"rseq", LOADING | THREADS, 0},
    {"set_robust_list", LOADING | THREADS, 0},
    {"rt_sigaction", LOADING | THREADS, 0},
    {"read", LOADING, 0},
    {"pread64", LOADING, 0},
    {"lseek", LOADING, 0},
    {"close", LOADING, 0},
    {"newfstatat", LOADING, 0},
    {"fstat", LOADING, 0},
    {"seccomp", LOADING, 0},
    {"newfstatat", PLAIN | THREADS, EACCES},
    {"fstat", PLAIN | THREADS, EACCES},
    {"openat", PLAIN | THREADS, EACCES},
    {"getcwd", EVERY, EACCES},
    {"readlink", EVERY, EACCES},
    {"readlinkat", EVERY, EACCES},
    {"access", EVERY, EACCES},
    {"faccessat", EVERY, EACCES},
    {"mbind", EVERY, EPERM},
    {"sched_setaffinity", EVERY, EPERM},
    {"prctl", EVERY, EPERM},
    {"sysinfo", EVERY, EPERM},
    {"uname", EVERY, EPERM},
    {"write", EVERY, EPERM},
    {"rt_sigaction", PLAIN, EPERM},
    {"clone3", EVERY, ENOSYS},
};

static int add_plain_rules(scmp_filter_ctx context, int stage)
{
    for (size_t i = 0; i < sizeof rules / sizeof rules[0]; i++) {
        int number = seccomp_syscall_resolve_name(rules[i].call);
        if ((rules[i].stages & stage) == 0 || number < 0) /* a call that this machine does not have */
            continue;
        uint32_t action = rules[i].failure == 0 ? SCMP_ACT_ALLOW : SCMP_ACT_ERRNO((uint32_t)rules[i].failure);
        int result = seccomp_rule_add(context, action, number, 0);
        if (result < 0)
            return result;
    }
    return 0;
}

/* Calls whose arguments decide. Whatever matches none of these is killed. */
static int add_argument_rules(scmp_filter_ctx context, int stage)
{
    const struct scmp_arg_cmp no_exec = SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0);
    const struct scmp_arg_cmp pthread = SCMP_A0(SCMP_CMP_EQ, PTHREAD_FLAGS, 0);
    const struct scmp_arg_cmp loader_open = SCMP_A2(SCMP_CMP_EQ, O_RDONLY | O_CLOEXEC, 0);
    const struct scmp_arg_cmp other_open = SCMP_A2(SCMP_CMP_NE, O_RDONLY | O_CLOEXEC, 0);
    int result = seccomp_rule_add_array(context, SCMP_ACT_ALLOW, SCMP_SYS(mprotect), 1, &no_exec);
    if (result == 0)
        result = seccomp_rule_add_array(context, SCMP_ACT_ALLOW, SCMP_SYS(mmap), stage == LOADING ? 0 : 1,
                                        &no_exec);
    if (result == 0)
        result = seccomp_rule_add_array(context, stage == PLAIN ? SCMP_ACT_ERRNO(EAGAIN) : SCMP_ACT_ALLOW,
                                        SCMP_SYS(clone), 1, &pthread);
    if (result == 0 && stage == LOADING)
        result = seccomp_rule_add_array(context, SCMP_ACT_ALLOW, SCMP_SYS(openat), 1, &loader_open);
    if (result == 0 && stage == LOADING)
        result = seccomp_rule_add_array(context, SCMP_ACT_ERRNO(EACCES), SCMP_SYS(openat), 1, &other_open);
    return result;
}

/* Before libseccomp's rules: foreign machines and x32 die, calls newer than the table do not exist. */
static const struct sock_filter preamble[] = {
    BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, arch)),
    BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, NATIVE_ARCH, 1, 0),
    BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS),
    BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
    BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, X32_BIT, 0, 1),
    BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS),
    BPF_JUMP(BPF_JMP | BPF_JGT | BPF_K, LAST_KNOWN_CALL, 0, 1),
    BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | ENOSYS),
};
enum { PREAMBLE = sizeof preamble / sizeof preamble[0] };

static void release_context(scmp_filter_ctx *context)
{
    if (*context != NULL)
        seccomp_release(*context);
}

/* libseccomp writes programs to descriptors only. */
static int export_rules(scmp_filter_ctx context, struct suan_filter *filter)
{
    SUAN_CLEANUP(suan_closep) int fd = memfd_create("suan-filter", MFD_CLOEXEC);
    if (fd < 0)
        return errno;
    int result = seccomp_export_bpf(context, fd);
    if (result < 0)
        return -result;
    size_t room = (SUAN_FILTER_INSTRUCTIONS_MAX - PREAMBLE) * sizeof filter->code[0];
    ssize_t got = pread(fd, filter->code + PREAMBLE, room, 0);
    if (got <= 0 || (size_t)got == room)
        return E2BIG;
    memcpy(filter->code, preamble, sizeof preamble);
    filter->count = PREAMBLE + (size_t)got / sizeof filter->code[0];
    return 0;
}

static int build(int stage, struct suan_filter *filter)
{
    SUAN_CLEANUP(release_context) scmp_filter_ctx context = seccomp_init(SCMP_ACT_KILL_PROCESS);
    if (context == NULL)
        return ENOMEM;
    int result = seccomp_attr_set(context, SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_KILL_PROCESS);
    if (result == 0)
        result = seccomp_attr_set(context, SCMP_FLTATR_CTL_OPTIMIZE, 2);
    if (result == 0)
        result = add_plain_rules(context, stage);
    if (result == 0)
        result = add_argument_rules(context, stage);
    return result < 0 ? -result : export_rules(context, filter);
}

enum suan_status suan_filter_build(enum suan_filter_stage stage, struct suan_filter **out_filter,
                                   struct suan_error *error)
{
    SUAN_CLEANUP(suan_freep) struct suan_filter *filter = calloc(1, sizeof *filter);
    if (filter == NULL)
        return suan_error_set(error, SUAN_E_MEMORY, "memory", NULL, "out of memory");
    int cause = build(1 << stage, filter);
    if (cause != 0)
        return suan_error_errno(error, "isolation.filter", cause, "building the system call filter");
    *out_filter = suan_take(&filter);
    return SUAN_OK;
}

void suan_filter_free(struct suan_filter *filter)
{
    free(filter);
}

int suan_filter_install(const struct suan_filter *filter)
{
    struct sock_fprog program = {(unsigned short)filter->count, (struct sock_filter *)filter->code};
    long result = syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_TSYNC, &program);
    return result == 0  ? 0
           : result > 0 ? ESRCH
                        : errno; /* a positive result is a thread that would not follow */
}
