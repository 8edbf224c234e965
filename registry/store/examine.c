/*
 * Before a file is mapped into this process: LMDB trusts what it reads, so a damaged file can end the process
 * that opens it (SIGBUS beyond its end, SIGSEGV on a wild offset). A forked child goes first; if it dies, the
 * file is at fault. Small files are read whole, row by row; of large ones the root, the meta rows and the
 * logs' edges, the rest being the business of 'suan registry verify'.
 */
#include "inside.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <sys/pidfd.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "base/cleanup.h"

/* LMDB 0.9's data format: where a 64-bit machine finds what in the two meta pages. */
enum {
    META_MAGIC = 16,
    META_VERSION = 20,
    META_PAGE_SIZE = 40,
    META_LAST_PAGE = 136,
    META_TXN = 144,
    META_READ = 152,
    META_FORMAT = 1,
    META_TRIES = 5,
    EXAMINE_TIMEOUT_MS = 60000,
    EXAMINE_CPU_S = 10,    /* a walk takes a tenth of a second; more is a circle of pages */
    UNWRITTEN_MAX = 131072 /* pages that one LMDB transaction can reserve at the end and not write */
};
#define META_MAGIC_NUMBER UINT32_C(0xbeefc0de)
/* Files up to this size are read whole at every opening; about 10 ms. */
#define WHOLE_MAX_BYTES (INT64_C(32) << 20)

struct verdict {
    enum suan_status status;
    struct suan_error error; /* its code is constant text, at the same address in parent and child */
};

/* --- the outside of the file --- */

struct meta {
    uint32_t magic, format, page_size;
    uint64_t last_page, txn;
};

/* The file is in the machine's own byte order, and so are these. */
static bool read_meta(int fd, off_t at, struct meta *out)
{
    uint8_t bytes[META_READ];
    if (pread(fd, bytes, sizeof bytes, at) != (ssize_t)sizeof bytes)
        return false;
    memcpy(&out->magic, bytes + META_MAGIC, sizeof out->magic);
    memcpy(&out->format, bytes + META_VERSION, sizeof out->format);
    memcpy(&out->page_size, bytes + META_PAGE_SIZE, sizeof out->page_size);
    memcpy(&out->last_page, bytes + META_LAST_PAGE, sizeof out->last_page);
    memcpy(&out->txn, bytes + META_TXN, sizeof out->txn);
    return true;
}

/* Commits alternate between the two pages: their numbers are neighbours (both 0 in a file without a commit),
   and each page holds the numbers of its own parity. Anything else would make LMDB fall back to an older
   state in silence. */
static bool alternate(const struct meta pages[2])
{
    if (pages[0].txn == 0 && pages[1].txn == 0)
        return true;
    uint64_t low = pages[0].txn < pages[1].txn ? pages[0].txn : pages[1].txn;
    uint64_t high = pages[0].txn < pages[1].txn ? pages[1].txn : pages[0].txn;
    return high - low == 1 && (pages[0].txn & 1) == 0;
}

static enum suan_status check_meta(const struct meta *meta, struct suan_error *error)
{
    if (meta->magic != META_MAGIC_NUMBER)
        return suan_error_set(error, SUAN_E_REFUSED, "store.foreign", "name the folder of a registry",
                              "the file is no LMDB file");
    if (meta->format != META_FORMAT)
        return suan_error_set(
            error, SUAN_E_REFUSED, "store.version", "export it with the Suan that made it, then restore here",
            "the file has LMDB format %u; this Suan reads format %d (LMDB 0.9)", meta->format, META_FORMAT);
    if (meta->page_size < 512 || meta->page_size > 65536 || (meta->page_size & (meta->page_size - 1)) != 0)
        return suan_store_corrupt(error, "the file's page size is impossible");
    return SUAN_OK;
}

static enum suan_status read_metas(int fd, off_t size, struct meta *out_newest, struct suan_error *error)
{
    struct meta pages[2];
    enum suan_status status = SUAN_OK;
    for (int attempt = 0; attempt < META_TRIES; attempt++) { /* a writer may be committing meanwhile */
        if (size < META_READ || !read_meta(fd, 0, &pages[0]))
            return suan_error_set(error, SUAN_E_REFUSED, "store.foreign", "name the folder of a registry",
                                  "the file is too short for an LMDB file");
        status = check_meta(&pages[0], error);
        if (status == SUAN_E_REFUSED && read_meta(fd, (off_t)sysconf(_SC_PAGESIZE), &pages[1]) &&
            check_meta(&pages[1], NULL) == SUAN_OK)
            return suan_store_corrupt(error, "the file's first page is damaged");
        if (status != SUAN_OK)
            return status;
        if (!read_meta(fd, pages[0].page_size, &pages[1]))
            return suan_store_corrupt(error, "the file ends inside its second page");
        if (check_meta(&pages[1], NULL) != SUAN_OK || pages[1].page_size != pages[0].page_size)
            return suan_store_corrupt(error, "the file's second page is damaged");
        if (alternate(pages)) {
            *out_newest = pages[0].txn > pages[1].txn ? pages[0] : pages[1];
            return SUAN_OK;
        }
    }
    return suan_store_corrupt(error, "the file's two roots do not follow each other");
}

struct outside {
    off_t size;
    struct meta newest;
};

static enum suan_status examine_outside(const char *file, struct outside *out, struct suan_error *error)
{
    SUAN_CLEANUP(suan_closep) int fd = open(file, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    struct stat info;
    if (fd < 0 || fstat(fd, &info) != 0)
        return suan_error_errno(error, "store.io", errno, file);
    if (!S_ISREG(info.st_mode))
        return suan_error_set(error, SUAN_E_REFUSED, "store.foreign", NULL, "not a regular file");
    enum suan_status status = read_metas(fd, info.st_size, &out->newest, error);
    if (status != SUAN_OK)
        return status;
    /* Looked up after the root was read: a file only grows. */
    if (fstat(fd, &info) != 0)
        return suan_error_errno(error, "store.io", errno, file);
    out->size = info.st_size;
    if (out->newest.last_page > (uint64_t)out->size / out->newest.page_size + UNWRITTEN_MAX)
        return suan_store_corrupt(error, "the file is much shorter than its last page");
    return SUAN_OK;
}

/* --- the inside, in the child --- */

/* Counts free pages at or beyond `first`: pages that were reserved at the end of the file and never written.
 */
static int count_free(MDB_txn *txn, uint64_t first, uint64_t *out_count)
{
    enum { FREE_TABLE = 0 };
    MDB_cursor *cursor = NULL;
    MDB_val key, list;
    size_t last = 0, commit;
    int code = mdb_cursor_open(txn, FREE_TABLE, &cursor);
    if (code != 0)
        return code;
    while ((code = mdb_cursor_get(cursor, &key, &list, MDB_NEXT)) == 0) {
        size_t have = list.mv_size / sizeof(size_t), count;
        if (key.mv_size != sizeof commit)
            break;
        memcpy(&commit, key.mv_data, sizeof commit);
        if (commit <= last) /* pages that lead back to themselves would never end */
            break;
        last = commit;
        if (have == 0)
            continue;
        memcpy(&count, list.mv_data, sizeof count);
        for (size_t i = 1; i <= count && i < have; i++) {
            size_t page;
            memcpy(&page, (const uint8_t *)list.mv_data + i * sizeof page, sizeof page);
            *out_count += page >= first;
        }
    }
    mdb_cursor_close(cursor);
    if (code == 0)
        return MDB_CORRUPTED;
    return code == MDB_NOTFOUND ? 0 : code;
}

/* Every page of the file lies within it, or is free. */
static enum suan_status check_length(struct suan_store *store, const struct outside *outside,
                                     struct suan_error *error)
{
    SUAN_CLEANUP(suan_txn_endp) struct suan_txn *txn = NULL;
    uint64_t pages = (uint64_t)outside->size / outside->newest.page_size, spare = 0;
    if (pages > outside->newest.last_page)
        return SUAN_OK;
    enum suan_status status = suan_store_begin(store, &txn, error);
    if (status != SUAN_OK)
        return status;
    int code = count_free(txn->handle, pages, &spare);
    if (code != 0)
        return suan_store_failure(code, "the list of free pages", error);
    if (spare < outside->newest.last_page + 1 - pages)
        return suan_store_corrupt(error, "the file is shorter than its last page: it was cut off");
    return SUAN_OK;
}

static void leave_quietly(MDB_env *env, const char *message)
{
    (void)env;
    (void)message;
    _exit(1);
}

static enum suan_status examine_inside(const char *file, const struct outside *outside,
                                       struct suan_error *error)
{
    const uint8_t born = 1;
    struct suan_store store = {.mode = SUAN_STORE_READ, .lock = -1, .birth = &born};
    store.folder = store.file = (char *)(uintptr_t)file;
    enum suan_status status = suan_environment_open(&store.environment, file, SUAN_USE_READ, error);
    if (status != SUAN_OK)
        return status;
    mdb_env_set_assert(store.environment.env, leave_quietly);
    status = check_length(&store, outside, error);
    if (status == SUAN_OK)
        status = suan_store_walk(&store, outside->size <= WHOLE_MAX_BYTES ? SUAN_WALK_WHOLE : SUAN_WALK_ROOTS,
                                 error);
    suan_environment_close(&store.environment);
    return status;
}

static _Noreturn void child(const char *file, const struct outside *outside, int answer)
{
    static const int deadly[] = {SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGABRT};
    const struct rlimit none = {0, 0}, time = {EXAMINE_CPU_S, EXAMINE_CPU_S};
    struct verdict verdict = {0};

    for (size_t i = 0; i < sizeof deadly / sizeof deadly[0]; i++) {
        sigset_t one;
        sigemptyset(&one);
        sigaddset(&one, deadly[i]);
        signal(deadly[i], SIG_DFL);
        sigprocmask(SIG_UNBLOCK, &one, NULL);
    }
    setrlimit(RLIMIT_CORE, &none);
    setrlimit(RLIMIT_CPU, &time);
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    verdict.status = examine_inside(file, outside, &verdict.error);
    _exit(write(answer, &verdict, sizeof verdict) == (ssize_t)sizeof verdict ? 0 : 1);
}

/* --- the parent --- */

/* The child's verdict; false if it died or went round in circles. */
static bool await(int answer, struct verdict *out)
{
    struct pollfd ready = {answer, POLLIN, 0};
    int code;
    do
        code = poll(&ready, 1, EXAMINE_TIMEOUT_MS);
    while (code < 0 && errno == EINTR);
    return code > 0 && read(answer, out, sizeof *out) == (ssize_t)sizeof *out;
}

/* Ends the child, which may have ended already, and takes it off the list. The pidfd names it and nobody
 * else. */
static void reap(pid_t pid, int pidfd)
{
    if (pidfd >= 0)
        pidfd_send_signal(pidfd, SIGKILL, NULL, 0);
    while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
        ;
}

static enum suan_status run_child(const char *file, const struct outside *outside, struct suan_error *error)
{
    SUAN_CLEANUP(suan_closep) int answer = -1;
    SUAN_CLEANUP(suan_closep) int pidfd = -1;
    struct verdict verdict = {0};
    sigset_t all, before;
    int ends[2];

    if (pipe2(ends, O_CLOEXEC) != 0)
        return suan_error_errno(error, "store.io", errno, "pipe");
    answer = ends[0];
    sigfillset(&all); /* an interrupt is for the parent: a child that dies of it would accuse the file */
    pthread_sigmask(SIG_SETMASK, &all, &before);
    pid_t pid = fork();
    if (pid == 0)
        child(file, outside, ends[1]);
    int cause = errno;
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    close(ends[1]);
    if (pid < 0)
        return suan_error_errno(error, "store.io", cause, "fork");
    pidfd = pidfd_open(pid, 0);
    bool answered = await(answer, &verdict);
    reap(pid, pidfd);
    if (!answered)
        return suan_store_corrupt(error, "the process that examined the file died of it");
    if (verdict.status != SUAN_OK && error != NULL)
        *error = verdict.error;
    return verdict.status;
}

enum suan_status suan_store_examine(const char *file, struct suan_error *error)
{
    struct outside outside;
    enum suan_status status = examine_outside(file, &outside, error);
    if (status == SUAN_OK)
        status = run_child(file, &outside, error);
    if (status != SUAN_OK)
        suan_error_prefix(error, file);
    return status;
}
