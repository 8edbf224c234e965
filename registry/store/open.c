/* Making, opening and closing a store: the folder, the writer's lock, the file systems that will do. */
#include "inside.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/magic.h>
#include <stdio.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <time.h>

#include "base/cleanup.h"
#include "base/file.h"

enum { LOCK_STEP_MS = 20 };

/* --- folder --- */

/* Locks and shared maps do not hold across machines. */
static bool is_network(long type)
{
    static const unsigned long types[] = {
        NFS_SUPER_MAGIC,  SMB_SUPER_MAGIC,         CIFS_SUPER_MAGIC, SMB2_SUPER_MAGIC,
        CODA_SUPER_MAGIC, AFS_SUPER_MAGIC,         AFS_FS_MAGIC,     V9FS_MAGIC,
        CEPH_SUPER_MAGIC, 0x0bd00bd0 /* Lustre */, 0x47504653 /* GPFS */};
    for (size_t i = 0; i < sizeof types / sizeof types[0]; i++) {
        if ((unsigned long)type == types[i])
            return true;
    }
    return false;
}

static enum suan_status check_filesystem(const char *folder, struct suan_error *error)
{
    struct statfs info;
    if (statfs(folder, &info) != 0)
        return suan_error_errno(error, "store.io", errno, folder);
    if (is_network((long)info.f_type))
        return suan_error_set(error, SUAN_E_IO, "store.filesystem", "use a local disk",
                              "%s: a network file system (type %lx) cannot hold a store", folder,
                              (unsigned long)info.f_type);
    return SUAN_OK;
}

static enum suan_status check_empty(const char *folder, struct suan_error *error)
{
    DIR *listing = opendir(folder);
    size_t count = 0;
    if (listing == NULL)
        return suan_error_errno(error, "store.io", errno, folder);
    for (const struct dirent *entry; (entry = readdir(listing)) != NULL;)
        count += strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0;
    closedir(listing);
    if (count > 0)
        return suan_error_set(error, SUAN_E_CONFLICT, "store.exists", "name a new folder, or an empty one",
                              "%s: not empty", folder);
    return SUAN_OK;
}

/* --- lock --- */

static enum suan_status locked_by_other(int fd, const char *folder, struct suan_error *error)
{
    char holder[32] = "";
    ssize_t got = pread(fd, holder, sizeof holder - 1, 0);
    holder[got > 0 ? (size_t)got : 0] = '\0';
    holder[strcspn(holder, "\n")] = '\0';
    return suan_error_set(error, SUAN_E_LOCKED, "store.locked", "try again when the other writer has ended",
                          "%s: process %s is writing", folder, holder[0] != '\0' ? holder : "unknown");
}

static enum suan_status wait_for_lock(int fd, uint32_t wait_ms, const char *folder, struct suan_error *error)
{
    const struct timespec pause = {0, LOCK_STEP_MS * 1000000};
    uint64_t end = suan_clock_monotonic_ns() + (uint64_t)wait_ms * 1000000;
    while (flock(fd, LOCK_EX | LOCK_NB) != 0) {
        if (errno == EINTR)
            continue;
        if (errno != EWOULDBLOCK)
            return suan_error_errno(error, "store.io", errno, folder);
        if (suan_clock_monotonic_ns() >= end)
            return locked_by_other(fd, folder, error);
        nanosleep(&pause, NULL);
    }
    return SUAN_OK;
}

static enum suan_status take_lock(const char *folder, uint32_t wait_ms, int *out_fd, struct suan_error *error)
{
    char path[PATH_MAX], holder[32];
    snprintf(path, sizeof path, "%s/writer.lock", folder);
    SUAN_CLEANUP(suan_closep) int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0644);
    if (fd < 0)
        return suan_error_errno(error, "store.io", errno, path);
    enum suan_status status = wait_for_lock(fd, wait_ms, folder, error);
    if (status != SUAN_OK)
        return status;
    /* The number is for people; the lock itself is the kernel's. */
    int length = snprintf(holder, sizeof holder, "%ld\n", (long)getpid());
    if (ftruncate(fd, 0) == 0 && pwrite(fd, holder, (size_t)length, 0) != length && errno != ENOSPC)
        return suan_error_errno(error, "store.io", errno, path);
    *out_fd = fd;
    fd = -1;
    return SUAN_OK;
}

/* --- handle --- */

static enum suan_status make_birth(struct suan_store *store, struct suan_error *error)
{
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    uint8_t *birth = mmap(NULL, page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (birth == MAP_FAILED)
        return suan_error_errno(error, "store.io", errno, "mmap");
    if (madvise(birth, page, MADV_WIPEONFORK) != 0) {
        int cause = errno;
        munmap(birth, page);
        return suan_error_errno(error, "store.io", cause, "madvise");
    }
    birth[0] = 1;
    store->birth = birth;
    return SUAN_OK;
}

static enum suan_status new_handle(const char *folder, enum suan_store_mode mode, struct suan_store **out,
                                   struct suan_error *error)
{
    SUAN_CLEANUP(suan_store_closep) struct suan_store *store = calloc(1, sizeof *store);
    if (store == NULL)
        return suan_error_set(error, SUAN_E_MEMORY, "memory", NULL, "out of memory");
    store->lock = -1;
    store->mode = mode;
    store->folder = strdup(folder);
    size_t size = strlen(folder) + sizeof "/store.mdb";
    store->file = malloc(size);
    if (store->folder == NULL || store->file == NULL)
        return suan_error_set(error, SUAN_E_MEMORY, "memory", NULL, "out of memory");
    if (size + 80 > PATH_MAX)
        return suan_error_errno(error, "store.io", ENAMETOOLONG, folder);
    snprintf(store->file, size, "%s/store.mdb", folder);
    enum suan_status status = make_birth(store, error);
    if (status == SUAN_OK)
        *out = suan_take(&store);
    return status;
}

static enum suan_status write_schema(void *context, struct suan_txn *txn, struct suan_error *error)
{
    (void)context;
    return suan_schema_put(txn, error);
}

enum suan_status suan_store_create(const char *folder, struct suan_store **out_store,
                                   struct suan_error *error)
{
    SUAN_CLEANUP(suan_store_closep) struct suan_store *store = NULL;
    char packages[PATH_MAX];
    enum suan_status status = suan_folder_make(folder, error);
    if (status == SUAN_OK)
        status = check_filesystem(folder, error);
    if (status == SUAN_OK)
        status = check_empty(folder, error);
    if (status == SUAN_OK)
        status = new_handle(folder, SUAN_STORE_WRITE, &store, error);
    if (status == SUAN_OK)
        status = take_lock(folder, 0, &store->lock, error);
    if (status != SUAN_OK)
        return status;
    snprintf(packages, sizeof packages, "%s/packages", folder);
    status = suan_folder_make(packages, error);
    if (status == SUAN_OK)
        status = suan_environment_open(&store->environment, store->file, SUAN_USE_CREATE, error);
    if (status == SUAN_OK)
        status = suan_store_write(store, write_schema, NULL, error);
    if (status == SUAN_OK)
        status = suan_folder_sync(folder, error);
    if (status == SUAN_OK)
        *out_store = suan_take(&store);
    return status;
}

/* Only a store of exactly this schema is written; others may be read and exported. */
static enum suan_status check_writable(struct suan_store *store, struct suan_error *error)
{
    SUAN_CLEANUP(suan_txn_endp) struct suan_txn *txn = NULL;
    unsigned major, minor;
    enum suan_status status = suan_store_begin(store, &txn, error);
    if (status == SUAN_OK)
        status = suan_schema_get(txn, &major, &minor, error);
    if (status == SUAN_OK && (major != SUAN_SCHEMA_MAJOR || minor != SUAN_SCHEMA_MINOR))
        return suan_error_set(error, SUAN_E_REFUSED, "store.version",
                              "run 'suan registry export', then 'suan registry restore' into a new folder",
                              "%s: schema %u.%u can be read but not written; this Suan writes %d.%d",
                              store->folder, major, minor, SUAN_SCHEMA_MAJOR, SUAN_SCHEMA_MINOR);
    return status;
}

static enum suan_status open_for_writing(struct suan_store *store, struct suan_error *error)
{
    enum suan_status status = check_writable(store, error);
    return status == SUAN_OK ? suan_store_sweep(store, error) : status;
}

enum suan_status suan_store_open(const char *folder, enum suan_store_mode mode, uint32_t wait_ms,
                                 struct suan_store **out_store, struct suan_error *error)
{
    SUAN_CLEANUP(suan_store_closep) struct suan_store *store = NULL;
    enum suan_status status = new_handle(folder, mode, &store, error);
    if (status != SUAN_OK)
        return status;
    if (access(store->file, F_OK) != 0 && (errno == ENOENT || errno == ENOTDIR))
        return suan_error_set(error, SUAN_E_NOT_FOUND, "store.absent",
                              "name the folder with --registry, or make one with 'suan registry init'",
                              "%s: no registry here", folder);
    status = check_filesystem(folder, error);
    if (status == SUAN_OK && mode == SUAN_STORE_WRITE)
        status = take_lock(folder, wait_ms, &store->lock, error);
    if (status == SUAN_OK)
        status = suan_store_examine(store->file, error);
    if (status == SUAN_OK)
        status = suan_environment_open(&store->environment, store->file,
                                       mode == SUAN_STORE_WRITE ? SUAN_USE_WRITE : SUAN_USE_READ, error);
    if (status == SUAN_OK && mode == SUAN_STORE_WRITE)
        status = open_for_writing(store, error);
    if (status == SUAN_OK)
        *out_store = suan_take(&store);
    return status;
}

/* In a forked child the file and its locks are the parent's: only memory is given back there. */
void suan_store_close(struct suan_store *store)
{
    if (store == NULL)
        return;
    bool here = store->birth != NULL && *store->birth != 0;
    if (here) {
        suan_store_detach(store);
        suan_environment_close(&store->environment);
    }
    if (store->lock >= 0)
        close(store->lock);
    if (store->birth != NULL)
        munmap((void *)(uintptr_t)store->birth, (size_t)sysconf(_SC_PAGESIZE));
    free(store->folder);
    free(store->file);
    free(store);
}

void suan_store_closep(struct suan_store **store)
{
    suan_store_close(*store);
    *store = NULL;
}

const char *suan_store_folder(const struct suan_store *store)
{
    return store->folder;
}
