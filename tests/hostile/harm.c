/* Attempts on the process around the plugin: how it ends, what it leaves behind, time and memory. */
#include "harm.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

void hostile_throw(void);

static jmp_buf gone; /* of create, which has returned */
static sigjmp_buf rescue;
static volatile int always = 1;

void harm_remember(void)
{
    if (setjmp(gone) != 0)
        abort();
}

static int use_descriptors(void)
{
    for (int fd = 0; fd < 1024; fd++) {
        if (syscall(SYS_fcntl, fd, F_GETFD, 0) >= 0)
            return 0;
    }
    return EBADF;
}

static int call_vsyscall(void)
{
#if defined(__x86_64__)
    long result = 0xffffffffff600400;
    __asm__ volatile("call *%%rax" : "+a"(result) : "D"(0L) : "rcx", "r11", "rsi", "rdx", "memory");
    return result > 0 ? 0 : EPERM;
#else
    return ENOSYS;
#endif
}

static int call_sysenter(void)
{
#if defined(__x86_64__)
    long result = 20; /* getpid of the 32-bit table */
    __asm__ volatile("sysenter" : "+a"(result) : : "rcx", "rdx", "r8", "r9", "r10", "r11", "memory");
    return result > 0 ? 0 : EPERM;
#else
    return ENOSYS;
#endif
}

/* The instruction inside libc's syscall, entered from the side. */
static int call_gadget(void)
{
#if defined(__x86_64__)
    const unsigned char *at = (const unsigned char *)(uintptr_t)syscall;
    for (int i = 0; i < 64; i++, at++) {
        if (at[0] == 0x0f && at[1] == 0x05) {
            register long flags __asm__("rdx") = 0;
            long result = SYS_socket;
            __asm__ volatile("call *%[at]"
                             : "+a"(result)
                             : [at] "b"(at), "D"((long)AF_INET), "S"((long)SOCK_STREAM), "r"(flags)
                             : "rcx", "r11", "memory");
            return result >= 0 ? 0 : EPERM;
        }
    }
#endif
    return ENOSYS;
}

struct hijack {
    pthread_t owner;
    _Atomic int result; /* 1000: nobody else came by */
};

static void on_other_thread(void *arg, uint64_t begin, uint64_t end, uint32_t worker)
{
    struct hijack *hijack = arg;
    (void)begin;
    (void)end;
    (void)worker;
    if (pthread_equal(hijack->owner, pthread_self()))
        spin_ms(20); /* leaves the rest to the others */
    else
        hijack->result = socket(AF_INET, SOCK_STREAM, 0) >= 0 ? 0 : errno;
}

static int use_old_thread(const struct forger *forger)
{
    struct hijack hijack = {pthread_self(), 1000};
    int32_t status = forger->host->parallel_for(forger->run->ctx, 64, 1, on_other_thread, &hijack);
    return status != SUAN_OK || hijack.result == 1000 ? -2 : hijack.result;
}

static int take_memory(int mebibytes)
{
    for (int i = 0; i < mebibytes; i++) {
        char *piece = mmap(NULL, 1 << 20, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        if (piece == MAP_FAILED)
            return errno;
        for (int at = 0; at < 1 << 20; at += 4096)
            piece[at] = 1;
    }
    return 0;
}

static int recurse(int depth)
{
    volatile char frame[4096];
    frame[0] = (char)depth;
    return always ? recurse(depth + 1) + frame[0] : 0;
}

static void *spin_for_ever(void *arg)
{
    while (always)
        ;
    return arg;
}

static int leave_thread(void)
{
    pthread_t thread;
    int result = pthread_create(&thread, NULL, spin_for_ever, NULL);
    spin_ms(3);
    return result;
}

static void jump_out(int number)
{
    (void)number;
    siglongjmp(rescue, 1);
}

static int swallow_fault(void)
{
    struct sigaction action = {.sa_handler = jump_out, .sa_flags = SA_NODEFER};
    if (sigaction(SIGSEGV, &action, NULL) != 0)
        return errno;
    if (sigsetjmp(rescue, 0) == 0)
        *(volatile int *)(uintptr_t)(always - 1) = 0;
    return 0;
}

static int block_and_hang(int32_t effort_ms)
{
    sigset_t all;
    sigfillset(&all);
    sigprocmask(SIG_SETMASK, &all, NULL);
    spin_ms(effort_ms);
    return 0;
}

static void take_over(void)
{
    _exit(HOSTILE_TAKEN_OVER);
}

/* The first call leaves flush-to-zero on; the second says whether it is on still. */
static int leave_float_mode(void)
{
#if defined(__x86_64__)
    static int calls;
    unsigned now = __builtin_ia32_stmxcsr();
    if (calls++ == 0) {
        __builtin_ia32_ldmxcsr(now | 0x8040);
        return 0;
    }
    return (now & 0x8040) != 0 ? 0 : EPERM;
#else
    return EPERM;
#endif
}

struct nest {
    const struct forger *forger;
    int depth;
};

static void go_deeper(void *arg, uint64_t begin, uint64_t end, uint32_t worker)
{
    struct nest nest = *(struct nest *)arg;
    (void)begin;
    (void)end;
    (void)worker;
    if (--nest.depth > 0)
        nest.forger->host->parallel_for(nest.forger->run->ctx, 4, 1, go_deeper, &nest);
    nest.forger->host->log(nest.forger->run->ctx, SUAN_LOG_WARNING, "deeper");
    nest.forger->host->progress(nest.forger->run->ctx, UINT32_MAX);
}

static int recurse_into_host(const struct forger *forger)
{
    struct nest nest = {forger, 4};
    return forger->host->parallel_for(forger->run->ctx, 4, 1, go_deeper, &nest) == SUAN_OK ? 0 : EPERM;
}

static int end_process(int row)
{
    switch (row) {
    case HOSTILE_STACK: return recurse(0);
    case HOSTILE_EXIT: exit(5);
    case HOSTILE_ABORT: abort();
    case HOSTILE_QUICK_EXIT: quick_exit(6);
    case HOSTILE_LONGJMP: longjmp(gone, 1);
    case HOSTILE_EXCEPTION: hostile_throw(); return 0;
    case HOSTILE_AT_EXIT: return atexit(take_over) == 0 ? 0 : EPERM;
    case HOSTILE_SLOW_TEARDOWN:
    case HOSTILE_FINI: return 0; /* later */
    default: return -1;
    }
}

int harm(const struct forger *forger, int row)
{
    switch (row) {
    case HOSTILE_DESCRIPTORS: return use_descriptors();
    case HOSTILE_VSYSCALL: return call_vsyscall();
    case HOSTILE_SYSENTER: return call_sysenter();
    case HOSTILE_GADGET: return call_gadget();
    case HOSTILE_HIJACK: return use_old_thread(forger);
    case HOSTILE_DEVOUR: return take_memory(256);
    case HOSTILE_LEAK: return take_memory(32);
    case HOSTILE_BUSY_THREAD: return leave_thread();
    case HOSTILE_SWALLOW: return swallow_fault();
    case HOSTILE_BLOCK: return block_and_hang(forger->effort_ms);
    case HOSTILE_FLOAT_MODE: return leave_float_mode();
    case HOSTILE_RECURSION: return recurse_into_host(forger);
    default: return end_process(row);
    }
}

void harm_at_end(int row)
{
    if (row == HOSTILE_FINI)
        *(volatile int *)(uintptr_t)(always - 1) = 0;
}
