/* Control groups through their files; version 1 in one folder for each controller, version 2 in one. */
#include "cgroup.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/cleanup.h"

enum { CPU, MEMORY, PIDS, CONTROLLERS };
static const char *const controllers[CONTROLLERS] = {"cpuacct", "memory", "pids"};
static const char prefix[] = "suan-";
static const char mount_point[] = "/sys/fs/cgroup";

static int write_text(const char *folder, const char *file, const char *text)
{
    char path[CGROUP_PATH + 64];
    snprintf(path, sizeof path, "%s/%s", folder, file);
    SUAN_CLEANUP(suan_closep) int fd = open(path, O_WRONLY | O_CLOEXEC);
    if (fd < 0)
        return errno;
    return write(fd, text, strlen(text)) < 0 ? errno : 0;
}

static int write_number(const char *folder, const char *file, uint64_t value)
{
    char text[32];
    snprintf(text, sizeof text, "%llu", (unsigned long long)value);
    return write_text(folder, file, text);
}

static bool read_text(const char *path, char *out, size_t size)
{
    SUAN_CLEANUP(suan_closep) int fd = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t got = fd < 0 ? -1 : read(fd, out, size - 1);
    out[got > 0 ? got : 0] = '\0';
    return got > 0;
}

/* The path of `pid` in the hierarchy of a controller ("" for version 2), from lines "7:cpu,cpuacct:/path". */
static bool own_path(pid_t pid, const char *controller, char *out, size_t size)
{
    char file[64], text[8192];
    snprintf(file, sizeof file, "/proc/%d/cgroup", (int)pid);
    if (!read_text(file, text, sizeof text))
        return false;
    size_t length = strlen(controller);
    for (char *line = text; line != NULL && *line != '\0';) {
        char *end = strchr(line, '\n');
        if (end != NULL)
            *end = '\0';
        char *names = strchr(line, ':');
        char *path = names == NULL ? NULL : strchr(names + 1, ':');
        if (path != NULL) {
            *path = '\0';
            char *hit = strstr(names + 1, controller);
            bool same = length == 0 ? names[1] == '\0'
                                    : hit != NULL && (hit[length] == '\0' || hit[length] == ',') &&
                                          (hit == names + 1 || hit[-1] == ',');
            if (same) {
                snprintf(out, size, "%s", path + 1);
                return true;
            }
        }
        line = end == NULL ? NULL : end + 1;
    }
    return false;
}

/* Groups are named suan-PID-NUMBER after the process that made them. */
static void remove_leftovers(const char *parent)
{
    DIR *folder = opendir(parent);
    if (folder == NULL)
        return;
    for (struct dirent *entry = readdir(folder); entry != NULL; entry = readdir(folder)) {
        char path[CGROUP_PATH + 300];
        if (strncmp(entry->d_name, prefix, sizeof prefix - 1) != 0)
            continue;
        snprintf(path, sizeof path, "/proc/%d", atoi(entry->d_name + sizeof prefix - 1));
        if (access(path, F_OK) == 0)
            continue;
        snprintf(path, sizeof path, "%s/%s", parent, entry->d_name);
        rmdir(path);
    }
    closedir(folder);
}

/* May this account make groups there? */
static int try_parent(const char *parent)
{
    char path[CGROUP_PATH + 64];
    snprintf(path, sizeof path, "%s/%s%d-try", parent, prefix, (int)getpid());
    if (mkdir(path, 0755) != 0 && errno != EEXIST)
        return errno;
    return rmdir(path) == 0 ? 0 : errno;
}

static bool set_parent(struct cgroup_site *site, int index, const char *root, const char *controller)
{
    char own[CGROUP_PATH / 2];
    if (!own_path(getpid(), controller, own, sizeof own))
        return false;
    snprintf(site->parents[index], CGROUP_PATH, "%s%s", root, strcmp(own, "/") == 0 ? "" : own);
    return true;
}

static bool find_v1(struct cgroup_site *site)
{
    for (int i = 0; i < CONTROLLERS; i++) {
        char root[96];
        snprintf(root, sizeof root, "%s/%s", mount_point, controllers[i]);
        if (!set_parent(site, i, root, controllers[i]))
            site->parents[i][0] = '\0';
    }
    int cause = site->parents[CPU][0] == '\0' ? ENOENT : try_parent(site->parents[CPU]);
    if (cause != 0) {
        char text[64];
        snprintf(site->why, sizeof site->why, "no writable cgroup (%s)",
                 strerror_r(cause, text, sizeof text));
        return false;
    }
    for (int i = MEMORY; i < CONTROLLERS; i++) {
        if (site->parents[i][0] != '\0' && try_parent(site->parents[i]) != 0)
            site->parents[i][0] = '\0';
    }
    return true;
}

static bool find_v2(struct cgroup_site *site)
{
    char file[64];
    snprintf(file, sizeof file, "%s/cgroup.controllers", mount_point);
    if (access(file, F_OK) != 0 || !set_parent(site, 0, mount_point, ""))
        return false;
    int cause = try_parent(site->parents[0]);
    if (cause != 0) {
        char text[64];
        snprintf(site->why, sizeof site->why, "cgroup not delegated to this account (%s)",
                 strerror_r(cause, text, sizeof text));
    }
    return cause == 0;
}

void cgroup_find(struct cgroup_site *out)
{
    *out = (struct cgroup_site){.kind = CGROUP_NONE};
    if (find_v2(out))
        out->kind = CGROUP_V2;
    else if (out->why[0] == '\0' && find_v1(out))
        out->kind = CGROUP_V1;
    for (int i = 0; out->kind != CGROUP_NONE && i < CONTROLLERS; i++) {
        if (out->parents[i][0] != '\0')
            remove_leftovers(out->parents[i]);
    }
}

static void set_limits(const struct cgroup *group, uint64_t memory_bytes, uint32_t tasks)
{
    if (group->kind == CGROUP_V2) {
        write_number(group->paths[0], "memory.max", memory_bytes);
        write_number(group->paths[0], "pids.max", tasks);
        return;
    }
    if (group->paths[MEMORY][0] != '\0')
        write_number(group->paths[MEMORY], "memory.limit_in_bytes", memory_bytes);
    if (group->paths[PIDS][0] != '\0')
        write_number(group->paths[PIDS], "pids.max", tasks);
}

int cgroup_open(const struct cgroup_site *site, uint64_t number, uint64_t memory_bytes, uint32_t tasks,
                struct cgroup *out)
{
    char path[CGROUP_PATH + 32];
    *out = (struct cgroup){.kind = site->kind, .cpu_fd = -1};
    for (int i = 0; i < (site->kind == CGROUP_V2 ? 1 : CONTROLLERS); i++) {
        if (site->parents[i][0] == '\0')
            continue;
        int length = snprintf(out->paths[i], CGROUP_PATH, "%s/%s%d-%llu", site->parents[i], prefix,
                              (int)getpid(), (unsigned long long)number);
        if (length >= CGROUP_PATH || mkdir(out->paths[i], 0755) != 0) {
            int cause = length >= CGROUP_PATH ? ENAMETOOLONG : errno;
            out->paths[i][0] = '\0';
            cgroup_close(out);
            return cause;
        }
    }
    snprintf(path, sizeof path, "%s/%s", out->paths[CPU],
             site->kind == CGROUP_V2 ? "cpu.stat" : "cpuacct.usage");
    out->cpu_fd = open(path, O_RDONLY | O_CLOEXEC);
    set_limits(out, memory_bytes, tasks);
    return 0;
}

int cgroup_enter(const struct cgroup *group, pid_t pid)
{
    for (int i = 0; i < CONTROLLERS; i++) {
        int cause =
            group->paths[i][0] == '\0' ? 0 : write_number(group->paths[i], "cgroup.procs", (uint64_t)pid);
        if (cause != 0)
            return cause;
    }
    return 0;
}

bool cgroup_contains(const struct cgroup *group, pid_t pid)
{
    char own[CGROUP_PATH];
    if (group->kind == CGROUP_NONE ||
        !own_path(pid, group->kind == CGROUP_V2 ? "" : controllers[CPU], own, sizeof own))
        return false;
    const char *name = strrchr(group->paths[0], '/'), *inside = strrchr(own, '/');
    return name != NULL && inside != NULL && strcmp(name, inside) == 0;
}

bool cgroup_cpu_ns(const struct cgroup *group, uint64_t *out_ns)
{
    char text[256];
    if (group->kind == CGROUP_NONE || group->cpu_fd < 0)
        return false;
    ssize_t got = pread(group->cpu_fd, text, sizeof text - 1, 0);
    if (got <= 0)
        return false;
    text[got] = '\0';
    if (group->kind == CGROUP_V1) {
        *out_ns = strtoull(text, NULL, 10);
        return true;
    }
    if (strncmp(text, "usage_usec ", 11) != 0)
        return false;
    *out_ns = strtoull(text + 11, NULL, 10) * 1000;
    return true;
}

bool cgroup_ran_out_of_memory(const struct cgroup *group)
{
    char path[CGROUP_PATH + 32], text[512];
    bool v2 = group->kind == CGROUP_V2;
    const char *folder = v2 ? group->paths[0] : group->paths[MEMORY];
    if (group->kind == CGROUP_NONE || folder[0] == '\0')
        return false;
    snprintf(path, sizeof path, "%s/%s", folder, v2 ? "memory.events" : "memory.oom_control");
    if (!read_text(path, text, sizeof text))
        return false;
    const char *count = strstr(text, "oom_kill ");
    return count != NULL && strtoull(count + 9, NULL, 10) > 0;
}

void cgroup_close(struct cgroup *group)
{
    const struct timespec pause = {0, 1000000};
    if (group->kind == CGROUP_NONE)
        return;
    if (group->cpu_fd >= 0)
        close(group->cpu_fd);
    for (int i = 0; i < CONTROLLERS; i++) {
        /* The kernel lets go of a dead process a moment after it has been waited for. */
        for (int tries = 0;
             group->paths[i][0] != '\0' && rmdir(group->paths[i]) != 0 && errno == EBUSY && tries < 50;
             tries++)
            nanosleep(&pause, NULL);
    }
    *group = (struct cgroup){.cpu_fd = -1};
}
