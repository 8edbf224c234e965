/* A root directory that holds the plugin and nothing else, and the identity to build one. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "sandbox.h"

static int write_file(const char *path, const char *text)
{
    SUAN_CLEANUP(suan_closep) int fd = open(path, O_WRONLY | O_CLOEXEC);
    if (fd < 0)
        return errno;
    return write(fd, text, strlen(text)) < 0 ? errno : 0;
}

int suan_sandbox_map_self(void)
{
    int cause = write_file("/proc/self/setgroups", "deny");
    if (cause == 0)
        cause = write_file("/proc/self/uid_map", "0 0 1");
    if (cause == 0)
        cause = write_file("/proc/self/gid_map", "0 0 1");
    return cause;
}

static int copy_plugin(int from, uint64_t size)
{
    SUAN_CLEANUP(suan_closep) int to = open("p.so", O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0444);
    if (to < 0)
        return errno;
    off_t at = 0;
    while ((uint64_t)at < size) {
        ssize_t put = sendfile(to, from, &at, size - (uint64_t)at);
        if (put < 0 && errno == EINTR)
            continue;
        if (put <= 0)
            return put == 0 ? EIO : errno;
    }
    return 0;
}

/* Where the new root is put together. It only has to exist; what lies there is hidden for this process alone.
 */
static const char workshop[] = "/tmp";
enum { ROOT_BYTES = 64 << 20, ROOT_SPARE = 1 << 20 };

static int fill_root(int plugin, uint64_t size)
{
    char options[96];
    uint64_t bytes = size + ROOT_SPARE < ROOT_BYTES ? ROOT_BYTES : size + ROOT_SPARE;
    snprintf(options, sizeof options, "size=%llu,nr_inodes=4,mode=0755", (unsigned long long)bytes);
    if (mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) != 0 ||
        mount("suan", workshop, "tmpfs", MS_NOSUID | MS_NODEV, options) != 0 || chdir(workshop) != 0)
        return errno;
    return copy_plugin(plugin, size);
}

int suan_sandbox_root(int plugin, uint64_t size)
{
    int cause = fill_root(plugin, size);
    if (cause != 0)
        return cause;
    if (syscall(SYS_pivot_root, ".", ".") != 0 || umount2(".", MNT_DETACH) != 0 || chdir("/") != 0 ||
        mount(NULL, "/", NULL, MS_REMOUNT | MS_RDONLY | MS_NOSUID | MS_NODEV, NULL) != 0)
        return errno;
    return 0;
}
