#ifndef SUAN_HOSTILE_ROWS_H
#define SUAN_HOSTILE_ROWS_H

/*
 * The table is the suite: what a hostile plugin tries, which layer stops it, and how it ends. The numbers are
 * those of README.md. ROW(id, symbol, name, layer, controls) layer     the layer that stops it, for people
 *   controls  how the attempt is shown to work without the defence:
 *               OPEN      in suan-worker-open with every layer off
 *               OPEN_ROOTED  the same, but with a private root: an ordinary mount namespace is not the
 * plugin's to change PROBE     by the runner itself on memory that is not sealed ABSENT_OK as OPEN, but a
 * kernel that does not offer the call at all also counts
 */
enum hostile_control { CONTROL_OPEN, CONTROL_OPEN_ROOTED, CONTROL_PROBE, CONTROL_ABSENT_OK };

#define HOSTILE_ROWS(ROW)                                                                                    \
    ROW(1, OPEN_FILE, "open /etc/passwd", "root, landlock, seccomp", CONTROL_OPEN)                           \
    ROW(2, CREATE_FILE, "create a file", "root, landlock, seccomp", CONTROL_OPEN)                            \
    ROW(3, SELF_MEM, "open /proc/self/mem", "root, seccomp", CONTROL_OPEN)                                   \
    ROW(4, LIST_FOLDER, "name the current folder", "seccomp", CONTROL_OPEN)                                  \
    ROW(6, INET_SOCKET, "inet socket", "seccomp", CONTROL_OPEN)                                              \
    ROW(7, UNIX_SOCKET, "unix socket", "seccomp", CONTROL_OPEN)                                              \
    ROW(8, NETLINK_SOCKET, "netlink socket", "seccomp", CONTROL_OPEN)                                        \
    ROW(9, PIPE, "pipe", "seccomp", CONTROL_OPEN)                                                            \
    ROW(109, SOCKETPAIR, "socketpair", "seccomp", CONTROL_OPEN)                                              \
    ROW(10, FORK, "fork", "seccomp, rlimits", CONTROL_OPEN)                                                  \
    ROW(11, VFORK, "vfork", "seccomp, rlimits", CONTROL_OPEN)                                                \
    ROW(12, CLONE3, "clone3", "seccomp", CONTROL_OPEN)                                                       \
    ROW(13, EXECVE, "execve", "seccomp", CONTROL_OPEN)                                                       \
    ROW(113, EXECVEAT, "execveat", "seccomp", CONTROL_OPEN)                                                  \
    ROW(14, FORK_BOMB, "many forks", "seccomp, rlimits", CONTROL_OPEN)                                       \
    ROW(15, THREAD_BOMB, "many threads", "seccomp, rlimits", CONTROL_OPEN)                                   \
    ROW(16, PTRACE, "ptrace", "seccomp", CONTROL_OPEN)                                                       \
    ROW(17, KILL_ONE, "kill", "seccomp", CONTROL_OPEN)                                                       \
    ROW(117, TGKILL, "tgkill", "seccomp", CONTROL_OPEN)                                                      \
    ROW(217, SIGQUEUE, "rt_sigqueueinfo", "seccomp", CONTROL_OPEN)                                           \
    ROW(18, KILL_ALL, "kill(-1)", "seccomp, ns.pid", CONTROL_OPEN)                                           \
    ROW(19, PIDFD_OPEN, "pidfd_open", "seccomp", CONTROL_OPEN)                                               \
    ROW(20, PROCESS_VM, "process_vm_readv", "seccomp", CONTROL_OPEN)                                         \
    ROW(21, IO_URING, "io_uring_setup", "seccomp", CONTROL_ABSENT_OK)                                        \
    ROW(22, USERFAULTFD, "userfaultfd", "seccomp", CONTROL_ABSENT_OK)                                        \
    ROW(23, BPF, "bpf", "seccomp", CONTROL_ABSENT_OK)                                                        \
    ROW(24, PERF, "perf_event_open", "seccomp", CONTROL_ABSENT_OK)                                           \
    ROW(25, KEYCTL, "keyctl", "seccomp", CONTROL_ABSENT_OK)                                                  \
    ROW(26, MOUNT, "mount", "seccomp, caps", CONTROL_OPEN_ROOTED)                                            \
    ROW(27, UNSHARE, "unshare", "seccomp", CONTROL_OPEN)                                                     \
    ROW(28, CHROOT, "chroot", "seccomp, caps", CONTROL_OPEN)                                                 \
    ROW(29, MEMFD, "memfd_create", "seccomp", CONTROL_OPEN)                                                  \
    ROW(129, SHMGET, "shmget", "seccomp, ns.ipc", CONTROL_ABSENT_OK)                                         \
    ROW(30, PERSONALITY, "personality", "seccomp", CONTROL_OPEN)                                             \
    ROW(31, RWX_MAP, "map writable and executable", "seccomp, mdwe", CONTROL_OPEN)                           \
    ROW(32, W_TO_X, "make written memory executable", "seccomp, mdwe", CONTROL_OPEN)                         \
    ROW(33, INT80, "int 0x80", "seccomp", CONTROL_ABSENT_OK)                                                 \
    ROW(34, X32, "an x32 number", "seccomp", CONTROL_ABSENT_OK)                                              \
    ROW(36, DUMPABLE, "prctl dumpable", "seccomp", CONTROL_OPEN)                                             \
    ROW(37, FAKE_FILTER, "own filter that fakes success", "seccomp", CONTROL_OPEN)                           \
    ROW(38, IOCTL, "ioctl", "seccomp", CONTROL_OPEN)                                                         \
    ROW(39, RAISE_LIMIT, "change limits", "seccomp", CONTROL_OPEN)                                           \
    ROW(40, SETUID, "setuid", "seccomp", CONTROL_OPEN)                                                       \
    ROW(41, AFFINITY, "sched_setaffinity", "seccomp", CONTROL_OPEN)                                          \
    ROW(141, MLOCK, "mlock", "seccomp, rlimits", CONTROL_OPEN)                                               \
    ROW(241, TIMER, "timer_create", "seccomp", CONTROL_OPEN)                                                 \
    ROW(44, LOADER_FLAGS, "open the root as the loader opens files", "landlock, seccomp", CONTROL_OPEN)      \
    ROW(45, MAP_8G, "map 8 GiB", "rlimits", CONTROL_OPEN)                                                    \
    ROW(57, MPROTECT_INPUT, "make the inputs writable", "seals", CONTROL_PROBE)                              \
    ROW(58, REMOVE_INPUT, "punch a hole into the inputs", "seals", CONTROL_PROBE)                            \
    ROW(72, RAISE_KILL, "raise SIGKILL", "seccomp", CONTROL_OPEN)

#define HOSTILE_ENUM(id, symbol, name, layer, control) HOSTILE_##symbol = (id),
enum hostile_row { HOSTILE_ROWS(HOSTILE_ENUM) HOSTILE_NONE = 0 };

/* The runner writes row and origin over the words that follow the mark in the plugin's bytes. */
enum hostile_origin { FROM_RUN, FROM_CONSTRUCTOR };
#define HOSTILE_MARK UINT64_C(0x7A11B0A7C0FFEE01)
struct hostile_orders {
    uint64_t mark;
    uint32_t row, origin;
};

#define HOSTILE_TASK "test.hostile/1"

#endif
