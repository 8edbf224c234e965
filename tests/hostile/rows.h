#ifndef SUAN_HOSTILE_ROWS_H
#define SUAN_HOSTILE_ROWS_H

/*
 * The table is the suite: what a hostile plugin tries, which layer stops it, how that ends, and how the attempt is shown to
 * work without the defence. The numbers are those of README.md; a second variant of an attempt has a hundred more.
 */
enum hostile_end {
    ENDS_STOPPED,  /* an errno, or the worker's end as a violation, a crash or out of memory */
    ENDS_HARMLESS, /* the call succeeds; nobody is any the worse */
    ENDS_CRASHED,
    ENDS_TIMEOUT,
    ENDS_PROTOCOL,
    ENDS_FAILED,        /* a status of the plugin's own, whose text is clean */
    ENDS_REFUSED_OR_OK, /* as the race goes: success, or an invalid reply */
    ENDS_ENDED,         /* the call fails, one way or another */
};

enum hostile_control {
    CONTROL_OPEN, /* in suan-worker-open with every layer off it is carried out */
    CONTROL_OPEN_ROOTED, /* the same with a private root: an ordinary mount namespace is not the plugin's to change */
    CONTROL_PROBE,     /* by the runner itself, on memory that is not sealed */
    CONTROL_ABSENT_OK, /* as OPEN, but a kernel that does not offer the call at all also counts */
    CONTROL_NATIVE,    /* as OPEN; if it crashes there, a program without Suan must crash of it as well */
    CONTROL_PATIENT,   /* with a deadline long enough the attempt comes to its end */
    CONTROL_LANDED, /* what was forged lies in the host's own mapping, where a trusting host would use it */
    CONTROL_BARE, /* loaded without Suan, in disposable namespaces, it does to its host what it is meant to */
};

#define HOSTILE_ROWS(ROW)                                                                                    \
    ROW(1, OPEN_FILE, "open /etc/passwd", "root, landlock, seccomp", ENDS_STOPPED, CONTROL_OPEN)             \
    ROW(2, CREATE_FILE, "create a file", "root, landlock, seccomp", ENDS_STOPPED, CONTROL_OPEN)              \
    ROW(3, SELF_MEM, "open /proc/self/mem", "root, seccomp", ENDS_STOPPED, CONTROL_OPEN)                     \
    ROW(4, LIST_FOLDER, "name the current folder", "seccomp", ENDS_STOPPED, CONTROL_OPEN)                    \
    ROW(6, INET_SOCKET, "inet socket", "seccomp", ENDS_STOPPED, CONTROL_OPEN)                                \
    ROW(7, UNIX_SOCKET, "unix socket", "seccomp", ENDS_STOPPED, CONTROL_OPEN)                                \
    ROW(8, NETLINK_SOCKET, "netlink socket", "seccomp", ENDS_STOPPED, CONTROL_OPEN)                          \
    ROW(9, PIPE, "pipe", "seccomp", ENDS_STOPPED, CONTROL_OPEN)                                              \
    ROW(109, SOCKETPAIR, "socketpair", "seccomp", ENDS_STOPPED, CONTROL_OPEN)                                \
    ROW(10, FORK, "fork", "seccomp, rlimits", ENDS_STOPPED, CONTROL_OPEN)                                    \
    ROW(11, VFORK, "vfork", "seccomp, rlimits", ENDS_STOPPED, CONTROL_OPEN)                                  \
    ROW(12, CLONE3, "clone3", "seccomp", ENDS_STOPPED, CONTROL_OPEN)                                         \
    ROW(13, EXECVE, "execve", "seccomp", ENDS_STOPPED, CONTROL_OPEN)                                         \
    ROW(113, EXECVEAT, "execveat", "seccomp", ENDS_STOPPED, CONTROL_OPEN)                                    \
    ROW(14, FORK_BOMB, "many forks", "seccomp, rlimits", ENDS_STOPPED, CONTROL_OPEN)                         \
    ROW(15, THREAD_BOMB, "many threads", "seccomp, rlimits", ENDS_STOPPED, CONTROL_OPEN)                     \
    ROW(16, PTRACE, "ptrace", "seccomp", ENDS_STOPPED, CONTROL_OPEN)                                         \
    ROW(17, KILL_ONE, "kill", "seccomp", ENDS_STOPPED, CONTROL_OPEN)                                         \
    ROW(117, TGKILL, "tgkill", "seccomp", ENDS_STOPPED, CONTROL_OPEN)                                        \
    ROW(217, SIGQUEUE, "rt_sigqueueinfo", "seccomp", ENDS_STOPPED, CONTROL_OPEN)                             \
    ROW(18, KILL_ALL, "kill(-1)", "seccomp, ns.pid", ENDS_STOPPED, CONTROL_OPEN)                             \
    ROW(19, PIDFD_OPEN, "pidfd_open", "seccomp", ENDS_STOPPED, CONTROL_OPEN)                                 \
    ROW(20, PROCESS_VM, "process_vm_readv", "seccomp", ENDS_STOPPED, CONTROL_OPEN)                           \
    ROW(21, IO_URING, "io_uring_setup", "seccomp", ENDS_STOPPED, CONTROL_ABSENT_OK)                          \
    ROW(22, USERFAULTFD, "userfaultfd", "seccomp", ENDS_STOPPED, CONTROL_ABSENT_OK)                          \
    ROW(23, BPF, "bpf", "seccomp", ENDS_STOPPED, CONTROL_ABSENT_OK)                                          \
    ROW(24, PERF, "perf_event_open", "seccomp", ENDS_STOPPED, CONTROL_ABSENT_OK)                             \
    ROW(25, KEYCTL, "keyctl", "seccomp", ENDS_STOPPED, CONTROL_ABSENT_OK)                                    \
    ROW(26, MOUNT, "mount", "seccomp, caps", ENDS_STOPPED, CONTROL_OPEN_ROOTED)                              \
    ROW(27, UNSHARE, "unshare", "seccomp", ENDS_STOPPED, CONTROL_OPEN)                                       \
    ROW(28, CHROOT, "chroot", "seccomp, caps", ENDS_STOPPED, CONTROL_OPEN)                                   \
    ROW(29, MEMFD, "memfd_create", "seccomp", ENDS_STOPPED, CONTROL_OPEN)                                    \
    ROW(129, SHMGET, "shmget", "seccomp, ns.ipc", ENDS_STOPPED, CONTROL_ABSENT_OK)                           \
    ROW(30, PERSONALITY, "personality", "seccomp", ENDS_STOPPED, CONTROL_OPEN)                               \
    ROW(31, RWX_MAP, "map writable and executable", "seccomp, mdwe", ENDS_STOPPED, CONTROL_OPEN)             \
    ROW(32, W_TO_X, "make written memory executable", "seccomp, mdwe", ENDS_STOPPED, CONTROL_OPEN)           \
    ROW(33, INT80, "int 0x80", "seccomp", ENDS_STOPPED, CONTROL_ABSENT_OK)                                   \
    ROW(34, X32, "an x32 number", "seccomp", ENDS_STOPPED, CONTROL_ABSENT_OK)                                \
    ROW(36, DUMPABLE, "prctl dumpable", "seccomp", ENDS_STOPPED, CONTROL_OPEN)                               \
    ROW(37, FAKE_FILTER, "own filter that fakes success", "seccomp", ENDS_STOPPED, CONTROL_OPEN)             \
    ROW(38, IOCTL, "ioctl", "seccomp", ENDS_STOPPED, CONTROL_OPEN)                                           \
    ROW(39, RAISE_LIMIT, "change limits", "seccomp", ENDS_STOPPED, CONTROL_OPEN)                             \
    ROW(40, SETUID, "setuid", "seccomp", ENDS_STOPPED, CONTROL_OPEN)                                         \
    ROW(41, AFFINITY, "sched_setaffinity", "seccomp", ENDS_STOPPED, CONTROL_OPEN)                            \
    ROW(141, MLOCK, "mlock", "seccomp, rlimits", ENDS_STOPPED, CONTROL_OPEN)                                 \
    ROW(241, TIMER, "timer_create", "seccomp", ENDS_STOPPED, CONTROL_OPEN)                                   \
    ROW(44, LOADER_FLAGS, "open the root as the loader opens files", "landlock, seccomp", ENDS_STOPPED,      \
        CONTROL_OPEN)                                                                                        \
    ROW(45, MAP_8G, "map 8 GiB", "rlimits", ENDS_STOPPED, CONTROL_OPEN)                                      \
    ROW(57, MPROTECT_INPUT, "make the inputs writable", "seals", ENDS_STOPPED, CONTROL_PROBE)                \
    ROW(58, REMOVE_INPUT, "punch a hole into the inputs", "seals", ENDS_STOPPED, CONTROL_PROBE)              \
    ROW(72, RAISE_KILL, "raise SIGKILL", "seccomp", ENDS_STOPPED, CONTROL_OPEN)                              \
    ROW(5, DESCRIPTORS, "use descriptors 0 to 1023", "closed before the filter", ENDS_STOPPED, CONTROL_OPEN) \
    ROW(35, VSYSCALL, "time of the vsyscall page", "seccomp", ENDS_STOPPED, CONTROL_NATIVE)                  \
    ROW(135, SYSENTER, "sysenter", "seccomp", ENDS_STOPPED, CONTROL_NATIVE)                                  \
    ROW(42, GADGET, "a system call through libc's own instruction", "seccomp", ENDS_STOPPED, CONTROL_OPEN)   \
    ROW(43, HIJACK, "a thread from before stage 2", "seccomp (all threads)", ENDS_STOPPED, CONTROL_OPEN)     \
    ROW(46, DEVOUR, "touch memory to the limit", "rlimits", ENDS_STOPPED, CONTROL_OPEN)                      \
    ROW(47, STACK, "endless recursion", "process", ENDS_CRASHED, CONTROL_BARE)                               \
    ROW(48, LOOP, "endless loop", "deadline", ENDS_TIMEOUT, CONTROL_PATIENT)                                 \
    ROW(49, BUSY_THREAD, "leave a busy thread behind", "seccomp, host's count", ENDS_STOPPED, CONTROL_OPEN)  \
    ROW(50, SLEEP, "sleep past the deadline", "deadline", ENDS_TIMEOUT, CONTROL_PATIENT)                     \
    ROW(51, WAKE_STORM, "wake and change the reply's futex", "protocol", ENDS_HARMLESS, CONTROL_OPEN)        \
    ROW(52, NEVER_REPLY, "spoil the reply, and never answer", "protocol", ENDS_TIMEOUT, CONTROL_LANDED)      \
    ROW(53, SLOW_TEARDOWN, "a teardown that lasts", "process", ENDS_HARMLESS, CONTROL_BARE)                  \
    ROW(54, LEAK, "leak in every call", "retirement", ENDS_HARMLESS, CONTROL_BARE)                           \
    ROW(55, FILL_OUTPUTS, "fill the whole output arena", "copy", ENDS_HARMLESS, CONTROL_LANDED)              \
    ROW(59, AROUND_OUTPUT, "write behind the output", "copy", ENDS_HARMLESS, CONTROL_LANDED)                 \
    ROW(61, CHANGE_REPLY, "change the reply while it is judged", "copy, then judge", ENDS_REFUSED_OR_OK,     \
        CONTROL_LANDED)                                                                                      \
    ROW(62, JUMP, "a sequence number ahead", "protocol", ENDS_PROTOCOL, CONTROL_LANDED)                      \
    ROW(162, WRAP, "sequence number 0", "protocol", ENDS_PROTOCOL, CONTROL_LANDED)                           \
    ROW(63, TWICE, "answer twice", "protocol", ENDS_HARMLESS, CONTROL_LANDED)                                \
    ROW(163, WRONG_CALL, "answer another call", "protocol", ENDS_PROTOCOL, CONTROL_LANDED)                   \
    ROW(263, WRONG_WORKER, "answer as another worker", "protocol", ENDS_PROTOCOL, CONTROL_LANDED)            \
    ROW(64, HUGE_SHAPE, "a shape that overflows", "protocol", ENDS_PROTOCOL, CONTROL_LANDED)                 \
    ROW(164, LARGER_SHAPE, "more rows than were reserved", "protocol", ENDS_PROTOCOL, CONTROL_LANDED)        \
    ROW(65, RANK, "rank 255", "protocol", ENDS_PROTOCOL, CONTROL_LANDED)                                     \
    ROW(165, DTYPE, "a type that does not exist", "protocol", ENDS_PROTOCOL, CONTROL_LANDED)                 \
    ROW(66, FOREIGN_OFFSET, "an output somewhere else", "protocol", ENDS_PROTOCOL, CONTROL_LANDED)           \
    ROW(67, AFTER_REPLY, "change the output after the reply", "copy", ENDS_HARMLESS, CONTROL_LANDED)         \
    ROW(68, TEXT, "text without end, control bytes", "protocol", ENDS_FAILED, CONTROL_LANDED)                \
    ROW(69, FLAGS, "forge the sleeping flag", "protocol", ENDS_HARMLESS, CONTROL_LANDED)                     \
    ROW(71, EXIT, "exit", "process", ENDS_CRASHED, CONTROL_BARE)                                             \
    ROW(171, ABORT, "abort", "process", ENDS_CRASHED, CONTROL_BARE)                                          \
    ROW(271, QUICK_EXIT, "quick_exit", "process", ENDS_CRASHED, CONTROL_BARE)                                \
    ROW(73, SWALLOW, "swallow SIGSEGV", "seccomp", ENDS_STOPPED, CONTROL_OPEN)                               \
    ROW(173, BLOCK, "block every signal, then hang", "SIGKILL by pidfd", ENDS_TIMEOUT, CONTROL_PATIENT)      \
    ROW(74, LONGJMP, "jump past run", "process", ENDS_ENDED, CONTROL_BARE)                                   \
    ROW(75, EXCEPTION, "an exception past run", "process", ENDS_CRASHED, CONTROL_BARE)                       \
    ROW(76, AT_EXIT, "atexit", "process", ENDS_HARMLESS, CONTROL_BARE)                                       \
    ROW(77, FINI, "a destructor that crashes", "process", ENDS_HARMLESS, CONTROL_BARE)                       \
    ROW(81, FLOAT_MODE, "leave the floating-point mode changed", "worker, each call", ENDS_STOPPED,          \
        CONTROL_BARE)                                                                                        \
    ROW(82, RECURSION, "call the host from the host's call", "worker", ENDS_HARMLESS, CONTROL_OPEN)

#define HOSTILE_ENUM(id, symbol, name, layer, ends, control) HOSTILE_##symbol = (id),
enum hostile_row { HOSTILE_ROWS(HOSTILE_ENUM) HOSTILE_NONE = 0 };

/* The runner writes row, origin and patience over the words that follow the mark in the plugin's bytes. */
enum hostile_origin { FROM_RUN, FROM_CONSTRUCTOR, FROM_RESOLVER, FROM_THREAD, HOSTILE_ORIGINS };
#define HOSTILE_MARK UINT64_C(0x7A11B0A7C0FFEE01)
struct hostile_orders {
    uint64_t mark;
    uint32_t row, origin, effort_ms, zero; /* how long what lasts shall last */
};

#define HOSTILE_LANDED UINT64_C(0x1A9DED0FF0C0FFEE)
/* What was forged where, left by the plugin in the reserved end of the reply for the control. */
struct hostile_landing {
    uint64_t mark;
    uint32_t in_output, offset, size, zero;
    uint64_t value;
};
enum { HOSTILE_LANDING_AT = 8192 - sizeof(struct hostile_landing) };

/* What a bare control exits with when the attempt did nothing to its host, and what AT_EXIT makes of it. */
enum { HOSTILE_UNHARMED = 42, HOSTILE_TAKEN_OVER = 43 };

#define HOSTILE_TASK "test.hostile/1"

#endif
