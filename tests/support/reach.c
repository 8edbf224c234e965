#include "reach.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

/* Cuts `path` off after its first folder that others may not pass; false if there is none. */
static int cut_at_closed(char *path)
{
    for (char *slash = strchr(path + 1, '/'); slash != NULL; slash = strchr(slash + 1, '/')) {
        struct stat state;
        *slash = '\0';
        if (stat(path, &state) == 0 && (state.st_mode & S_IXOTH) == 0)
            return 1;
        *slash = '/';
    }
    return 0;
}

static int make_folders(const char *path, size_t from)
{
    char part[PATH_MAX];
    snprintf(part, sizeof part, "%s", path);
    for (char *slash = strchr(part + from + 1, '/'); slash != NULL; slash = strchr(slash + 1, '/')) {
        *slash = '\0';
        if (mkdir(part, 0755) != 0)
            return -1;
        *slash = '/';
    }
    return mkdir(part, 0755);
}

static int place(const char *folder, const char *closed)
{
    char source[40];
    if (unshare(CLONE_NEWNS) != 0 || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) != 0)
        return errno;
    int fd = open(folder, O_PATH | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return errno;
    snprintf(source, sizeof source, "/proc/self/fd/%d", fd);
    int failed = mount("tmpfs", closed, "tmpfs", MS_NOSUID | MS_NODEV, "mode=755,size=64k") != 0 ||
                 make_folders(folder, strlen(closed)) != 0 ||
                 mount(source, folder, NULL, MS_BIND | MS_REC, NULL) != 0;
    int cause = failed ? errno : 0;
    close(fd);
    return cause;
}

int test_reach(const char *folder)
{
    char path[PATH_MAX], closed[PATH_MAX];
    if (realpath(folder, path) == NULL)
        return errno;
    snprintf(closed, sizeof closed, "%s", path);
    return cut_at_closed(closed) ? place(path, closed) : 0;
}
