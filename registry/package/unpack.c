/* Writing files where nothing stood before: every name is created, none is followed, and the whole appears at
 * once. */
#include "unpack.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "path.h"

static const char code_io[] = "package.io";

enum {
    FOLDER_FLAGS = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC,
    NAME_SIZE = SUAN_TAR_COMPONENT_MAX + 1
};

static void put_name(struct suan_span component, char out[NAME_SIZE])
{
    memcpy(out, component.data, component.size);
    out[component.size] = '\0';
}

static enum suan_status write_file(int folder, const char *name, struct suan_span content,
                                   struct suan_error *error)
{
    SUAN_CLEANUP(suan_closep)
    int fd = openat(folder, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0644);
    if (fd < 0)
        return suan_error_errno(error, code_io, errno, name);
    while (content.size > 0) {
        ssize_t put = write(fd, content.data, content.size);
        if (put < 0 && errno == EINTR)
            continue;
        if (put <= 0)
            return suan_error_errno(error, code_io, put < 0 ? errno : EIO, name);
        content = suan_span(content.data + put, content.size - (size_t)put);
    }
    return SUAN_OK;
}

/* Makes the missing folders of the path below `root` and the file in the last of them. */
static enum suan_status write_entry(int root, const struct suan_tar_entry *entry, struct suan_error *error)
{
    SUAN_CLEANUP(suan_closep) int folder = dup(root);
    struct suan_span rest = entry->path, component;
    char name[NAME_SIZE];
    if (folder < 0)
        return suan_error_errno(error, code_io, errno, "dup");
    while (suan_path_next(&rest, &component)) {
        put_name(component, name);
        if (rest.data == NULL)
            return write_file(folder, name, entry->content, error);
        if (mkdirat(folder, name, 0755) != 0 && errno != EEXIST)
            return suan_error_errno(error, code_io, errno, name);
        int inner = openat(folder, name, FOLDER_FLAGS);
        if (inner < 0)
            return suan_error_errno(error, code_io, errno, name);
        close(folder);
        folder = inner;
    }
    return SUAN_OK;
}

/* Takes away the entry's file and every folder of its path that is empty by then. */
static void remove_entry(int root, struct suan_span path)
{
    char whole[SUAN_TAR_PATH_MAX + 1];
    memcpy(whole, path.data, path.size);
    whole[path.size] = '\0';
    unlinkat(root, whole, 0);
    for (char *slash; (slash = strrchr(whole, '/')) != NULL;) {
        *slash = '\0';
        if (unlinkat(root, whole, AT_REMOVEDIR) != 0)
            return;
    }
}

static enum suan_status write_all(int parent, const char *temporary, const struct suan_tar *tar,
                                  struct suan_error *error)
{
    if (mkdirat(parent, temporary, 0755) != 0)
        return suan_error_errno(error, code_io, errno, temporary);
    SUAN_CLEANUP(suan_closep) int root = openat(parent, temporary, FOLDER_FLAGS);
    if (root < 0)
        return suan_error_errno(error, code_io, errno, temporary);
    for (size_t i = 0; i < tar->count; i++) {
        enum suan_status status = write_entry(root, &tar->entries[i], error);
        if (status != SUAN_OK)
            return status;
    }
    return SUAN_OK;
}

static void remove_all(int parent, const char *temporary, const struct suan_tar *tar)
{
    SUAN_CLEANUP(suan_closep) int root = openat(parent, temporary, FOLDER_FLAGS);
    for (size_t i = 0; root >= 0 && i < tar->count; i++)
        remove_entry(root, tar->entries[i].path);
    unlinkat(parent, temporary, AT_REMOVEDIR);
}

/* "a/b/" is b in a; "b" is b in the current folder. False if no name is left. */
static bool split(const char *target, char parent[PATH_MAX], char name[NAME_MAX + 1])
{
    size_t size = strlen(target);
    while (size > 1 && target[size - 1] == '/')
        size--;
    if (size == 0 || size >= PATH_MAX)
        return false;
    memcpy(parent, target, size);
    parent[size] = '\0';
    char *slash = strrchr(parent, '/');
    const char *last = slash == NULL ? parent : slash + 1;
    if (last[0] == '\0' || strcmp(last, ".") == 0 || strcmp(last, "..") == 0 || strlen(last) > NAME_MAX)
        return false;
    memcpy(name, last, strlen(last) + 1);
    if (slash == NULL)
        memcpy(parent, ".", 2);
    else
        slash[slash == parent] = '\0';
    return true;
}

enum suan_status suan_package_unpack(const struct suan_package *package, const char *target,
                                     struct suan_error *error)
{
    char folder[PATH_MAX], name[NAME_MAX + 1], temporary[64], random_hex[17];
    uint8_t random[8];
    if (!split(target, folder, name))
        return suan_error_set(error, SUAN_E_USAGE, "package.target", "name a folder that does not exist yet",
                              "'%.200s' cannot be made", target);
    SUAN_CLEANUP(suan_closep) int parent = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (parent < 0)
        return suan_error_errno(error, code_io, errno, folder);
    suan_random(random, sizeof random);
    suan_hex(random, sizeof random, random_hex);
    snprintf(temporary, sizeof temporary, ".suan-unpack-%s", random_hex);
    enum suan_status status = write_all(parent, temporary, suan_package_tar(package), error);
    if (status == SUAN_OK && renameat2(parent, temporary, parent, name, RENAME_NOREPLACE) != 0)
        status = errno == EEXIST ? suan_error_set(error, SUAN_E_CONFLICT, "package.exists",
                                                  "choose another folder", "'%.200s' exists", target)
                                 : suan_error_errno(error, code_io, errno, target);
    if (status != SUAN_OK)
        remove_all(parent, temporary, suan_package_tar(package));
    return status;
}
