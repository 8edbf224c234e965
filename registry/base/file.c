/* Files, clocks and randomness: the system's edge, kept in one place. */
#include "file.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <time.h>

#include "cleanup.h"

static const char code_io[] = "file.io";

/* Until the end of the file. More than `limit` bytes are noticed by reading one too many. */
static enum suan_status read_to_end(int fd, const char *path, size_t limit, struct suan_buffer *out,
                                    struct suan_error *error)
{
    size_t start = out->size;
    for (;;) {
        size_t room = limit - (out->size - start);
        size_t step = room < 65536 ? room + 1 : 65536;
        uint8_t *place = suan_buffer_extend(out, step);
        if (place == NULL)
            return suan_buffer_check(out, error);
        ssize_t got = read(fd, place, step);
        out->size -= step - (got > 0 ? (size_t)got : 0);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return suan_error_errno(error, code_io, errno, path);
        if (got == 0)
            return SUAN_OK;
        if (out->size - start > limit)
            return suan_error_set(error, SUAN_E_REFUSED, "file.too-large", NULL, "%s: more than %zu bytes",
                                  path, limit);
    }
}

enum suan_status suan_file_read(const char *path, size_t limit, struct suan_buffer *out,
                                struct suan_error *error)
{
    SUAN_CLEANUP(suan_closep) int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0)
        return suan_error_errno(error, code_io, errno, path);
    struct stat info;
    if (fstat(fd, &info) != 0)
        return suan_error_errno(error, code_io, errno, path);
    if (!S_ISREG(info.st_mode))
        return suan_error_set(error, SUAN_E_FORMAT, "file.type", NULL, "%s: not a regular file", path);
    if (info.st_size < 0 || (uint64_t)info.st_size > limit)
        return suan_error_set(error, SUAN_E_REFUSED, "file.too-large", NULL,
                              "%s: %lld bytes, the limit is %zu", path, (long long)info.st_size, limit);
    /* Room for the whole file at once, so that a large one is not copied as the buffer grows. */
    size_t start = out->size;
    if (suan_buffer_extend(out, (size_t)info.st_size + 1) != NULL)
        out->size = start;
    enum suan_status status = read_to_end(fd, path, limit, out, error);
    if (status != SUAN_OK)
        out->size = start;
    return status;
}

static bool write_all(int fd, struct suan_span content)
{
    while (content.size > 0) {
        ssize_t put = write(fd, content.data, content.size);
        if (put < 0 && errno == EINTR)
            continue;
        if (put <= 0)
            return false;
        content = suan_span(content.data + put, content.size - (size_t)put);
    }
    return true;
}

static int remove_entry(const char *path, const struct stat *info, int type, struct FTW *walk)
{
    (void)info;
    (void)type;
    (void)walk;
    return remove(path);
}

void suan_folder_remove(const char *path)
{
    enum { FOLDERS_OPEN = 16 };
    nftw(path, remove_entry, FOLDERS_OPEN, FTW_DEPTH | FTW_PHYS);
}

enum suan_status suan_folder_sync(const char *path, struct suan_error *error)
{
    SUAN_CLEANUP(suan_closep) int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0 || fsync(fd) != 0)
        return suan_error_errno(error, code_io, errno, path);
    return SUAN_OK;
}

static enum suan_status sync_folder_of(const char *path, struct suan_error *error)
{
    char folder[PATH_MAX];
    snprintf(folder, sizeof folder, "%s", path);
    char *slash = strrchr(folder, '/');
    if (slash == folder)
        slash[1] = '\0';
    else if (slash != NULL)
        *slash = '\0';
    return suan_folder_sync(slash != NULL ? folder : ".", error);
}

enum suan_status suan_file_replace(const char *path, struct suan_span content, unsigned mode,
                                   struct suan_error *error)
{
    char temporary[PATH_MAX];
    uint8_t salt[8];
    char salt_hex[17];

    suan_random(salt, sizeof salt);
    suan_hex(salt, sizeof salt, salt_hex);
    if ((size_t)snprintf(temporary, sizeof temporary, "%s.%s.tmp", path, salt_hex) >= sizeof temporary)
        return suan_error_errno(error, code_io, ENAMETOOLONG, path);
    SUAN_CLEANUP(suan_closep) int fd = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode);
    if (fd < 0)
        return suan_error_errno(error, code_io, errno, path);
    if (!write_all(fd, content) || fsync(fd) != 0 || rename(temporary, path) != 0) {
        int cause = errno;
        unlink(temporary);
        return suan_error_errno(error, code_io, cause, path);
    }
    return sync_folder_of(path, error);
}

enum suan_status suan_folder_make(const char *path, struct suan_error *error)
{
    char part[PATH_MAX];
    if (path[0] == '\0')
        return suan_error_errno(error, code_io, ENOENT, "a folder without name");
    if ((size_t)snprintf(part, sizeof part, "%s", path) >= sizeof part)
        return suan_error_errno(error, code_io, ENAMETOOLONG, path);
    for (char *p = part + 1; *p != '\0'; p++) {
        if (*p != '/')
            continue;
        *p = '\0';
        if (mkdir(part, 0777) != 0 && errno != EEXIST)
            return suan_error_errno(error, code_io, errno, part);
        *p = '/';
    }
    if (mkdir(part, 0777) != 0 && errno != EEXIST)
        return suan_error_errno(error, code_io, errno, path);
    struct stat info;
    if (stat(path, &info) != 0)
        return suan_error_errno(error, code_io, errno, path);
    if (!S_ISDIR(info.st_mode))
        return suan_error_errno(error, code_io, ENOTDIR, path);
    return SUAN_OK;
}

static uint64_t clock_ns(clockid_t clock)
{
    struct timespec now;
    clock_gettime(clock, &now);
    return (uint64_t)now.tv_sec * UINT64_C(1000000000) + (uint64_t)now.tv_nsec;
}

uint64_t suan_clock_real_ns(void)
{
    return clock_ns(CLOCK_REALTIME);
}

uint64_t suan_clock_monotonic_ns(void)
{
    return clock_ns(CLOCK_MONOTONIC);
}

void suan_random(void *out, size_t size)
{
    uint8_t *place = out;
    while (size > 0) {
        ssize_t got = getrandom(place, size, 0);
        if (got < 0 && errno != EINTR)
            abort();
        if (got > 0) {
            place += got;
            size -= (size_t)got;
        }
    }
}
