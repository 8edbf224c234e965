/* One check for each layer. */
#include "verify.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "base/cleanup.h"

enum { STATUS_MAX = 8192 };

/* The levels' needs, as sets of layers. STRONG needs a private root or Landlock beside its set. */
#define BIT(layer) (1u << (layer))
enum {
    NEED_REDUCED = BIT(SUAN_LAYER_SECCOMP),
    NEED_STRONG = NEED_REDUCED | BIT(SUAN_LAYER_CAPS) | BIT(SUAN_LAYER_SEALS) | BIT(SUAN_LAYER_RLIMITS),
    NEED_FULL = NEED_STRONG | BIT(SUAN_LAYER_ROOT) | BIT(SUAN_LAYER_LANDLOCK) | BIT(SUAN_LAYER_NS_PID) |
                BIT(SUAN_LAYER_NS_NET) | BIT(SUAN_LAYER_NS_IPC),
    FILE_SYSTEM = BIT(SUAN_LAYER_ROOT) | BIT(SUAN_LAYER_LANDLOCK),
};

static const char *const names[SUAN_LAYERS] = {"seccomp", "root", "landlock", "ns.user", "ns.pid",  "ns.net",
                                               "ns.ipc",  "caps", "mdwe",     "seals",   "rlimits", "cgroup"};
_Static_assert((int)SUAN_ISOLATION_LAYERS == (int)SUAN_LAYERS, "the report has one line for each layer");

static bool read_proc(pid_t pid, const char *file, char *out, size_t size)
{
    char path[64];
    if (pid == 0)
        snprintf(path, sizeof path, "/proc/self/%s", file);
    else
        snprintf(path, sizeof path, "/proc/%d/%s", (int)pid, file);
    SUAN_CLEANUP(suan_closep) int fd = open(path, O_RDONLY | O_CLOEXEC);
    size_t used = 0;
    while (fd >= 0 && used + 1 < size) {
        ssize_t got = read(fd, out + used, size - 1 - used);
        if (got <= 0)
            break;
        used += (size_t)got;
    }
    out[used] = '\0';
    return used > 0;
}

/* The number behind "\nNAME:"; false if there is none. */
static bool status_field(const char *status, const char *name, int base, uint64_t *out)
{
    char key[48];
    snprintf(key, sizeof key, "\n%s:", name);
    const char *hit = strstr(status, key);
    if (hit == NULL)
        return false;
    *out = strtoull(hit + strlen(key), NULL, base);
    return true;
}

static uint64_t number_or(const char *status, const char *name, int base, uint64_t otherwise)
{
    uint64_t value = otherwise;
    return status_field(status, name, base, &value) ? value : otherwise;
}

uint32_t verify_threads(pid_t pid)
{
    char status[STATUS_MAX];
    return read_proc(pid, "status", status, sizeof status) ? (uint32_t)number_or(status, "Threads", 10, 0)
                                                           : 0;
}

static bool thread_is_stopped(pid_t pid, const char *task)
{
    char file[64], text[512];
    snprintf(file, sizeof file, "task/%.16s/stat", task);
    if (!read_proc(pid, file, text, sizeof text))
        return true; /* it has ended meanwhile */
    const char *end = strrchr(text, ')');
    return end != NULL && (end[2] == 'T' || end[2] == 'Z' || end[2] == 'X');
}

bool verify_stopped(pid_t pid)
{
    char path[64];
    bool stopped = true;
    snprintf(path, sizeof path, "/proc/%d/task", (int)pid);
    DIR *folder = opendir(path);
    if (folder == NULL)
        return false;
    for (struct dirent *entry = readdir(folder); entry != NULL && stopped; entry = readdir(folder)) {
        if (entry->d_name[0] != '.')
            stopped = thread_is_stopped(pid, entry->d_name);
    }
    closedir(folder);
    return stopped;
}

/* Each check returns NULL, or why the layer does not count. */

static const char *check_seccomp(const char *status, const char *own)
{
    if (number_or(status, "Seccomp", 10, 0) != 2)
        return "no filter is installed";
    if (number_or(status, "NoNewPrivs", 10, 0) != 1)
        return "no_new_privs is off";
    if (number_or(status, "Seccomp_filters", 10, 1) != number_or(own, "Seccomp_filters", 10, 0) + 1)
        return "unexpected number of filters";
    if (number_or(status, "Threads", 10, 0) != 1)
        return "more than one thread before sealing";
    return NULL;
}

static const char *check_capabilities(const char *status)
{
    static const char *const sets[] = {"CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb"};
    for (size_t i = 0; i < sizeof sets / sizeof sets[0]; i++) {
        if (number_or(status, sets[i], 16, 1) != 0)
            return "a capability set is not empty";
    }
    return NULL;
}

static const char *check_namespace(const struct verify_subject *subject, const char *name)
{
    char path[64], theirs[64] = "", ours[64] = "";
    snprintf(path, sizeof path, "/proc/%d/ns/%s", (int)subject->pid, name);
    if (readlink(path, theirs, sizeof theirs - 1) <= 0)
        return "cannot be read";
    snprintf(path, sizeof path, "/proc/self/ns/%s", name);
    if (readlink(path, ours, sizeof ours - 1) <= 0)
        return "own one cannot be read";
    return strcmp(theirs, ours) == 0 ? "same as the host's" : NULL;
}

/* One mount, read-only, and in it one file of the plugin's size. */
static const char *check_root(const struct verify_subject *subject)
{
    char mounts[4096], path[64];
    const char *failure = check_namespace(subject, "mnt");
    if (failure != NULL)
        return failure;
    if (!read_proc(subject->pid, "mountinfo", mounts, sizeof mounts))
        return "mounts cannot be read";
    char *line_end = strchr(mounts, '\n');
    if (line_end == NULL || line_end[1] != '\0')
        return "more than one mount";
    if (strstr(mounts, " / / ro,nosuid,nodev") == NULL || strstr(mounts, " - tmpfs ") == NULL)
        return "the root is not a read-only tmpfs";
    snprintf(path, sizeof path, "/proc/%d/root", (int)subject->pid);
    DIR *folder = opendir(path);
    if (folder == NULL)
        return "the root cannot be read";
    for (struct dirent *entry = readdir(folder); entry != NULL; entry = readdir(folder)) {
        if (entry->d_name[0] != '.' && strcmp(entry->d_name, "p.so") != 0)
            failure = "the root holds more than the plugin";
    }
    closedir(folder);
    return failure;
}

/* Columns of /proc/PID/limits: a name of 25 characters, then soft and hard. */
static bool limit_of(const char *limits, const char *name, uint64_t *out_soft, uint64_t *out_hard)
{
    const char *hit = strstr(limits, name);
    char *end;
    if (hit == NULL)
        return false;
    *out_soft = strtoull(hit + 25, &end, 10); /* "unlimited" reads as nothing */
    if (end == hit + 25)
        return false;
    const char *hard = end;
    *out_hard = strtoull(hard, &end, 10);
    return end != hard;
}

static const char *check_limits(const struct verify_subject *subject)
{
    static const struct {
        const char *name;
        uint64_t most;
    } fixed[] = {{"Max core file size", 0}, {"Max file size", 0},     {"Max open files", 8},
                 {"Max locked memory", 0},  {"Max msgqueue size", 0}, {"Max stack size", 8 << 20}};
    char limits[4096];
    uint64_t soft = 0, hard = 0;
    if (!read_proc(subject->pid, "limits", limits, sizeof limits))
        return "limits cannot be read";
    for (size_t i = 0; i < sizeof fixed / sizeof fixed[0]; i++) {
        if (!limit_of(limits, fixed[i].name, &soft, &hard) || soft > fixed[i].most || hard > fixed[i].most)
            return fixed[i].name;
    }
    if (!limit_of(limits, "Max processes", &soft, &hard) || hard > subject->threads)
        return "Max processes";
    if (!limit_of(limits, "Max address space", &soft, &hard) || hard < subject->address_space_min ||
        hard > subject->address_space_max)
        return "Max address space";
    return NULL;
}

static bool has_descriptors(pid_t pid)
{
    char path[64];
    int count = 0;
    snprintf(path, sizeof path, "/proc/%d/fd", (int)pid);
    DIR *folder = opendir(path);
    if (folder == NULL)
        return true;
    for (struct dirent *entry = readdir(folder); entry != NULL; entry = readdir(folder))
        count += entry->d_name[0] != '.';
    closedir(folder);
    return count > 0;
}

static void record(struct suan_isolation_layer *layer, const struct suan_wire_layer_note *note,
                   const char *failure)
{
    layer->attempted = note->attempted != 0;
    layer->active = note->active != 0;
    layer->errno_value = note->errno_value;
    layer->verified = layer->active && failure == NULL;
    if (layer->verified)
        return;
    char text[64];
    if (layer->active)
        snprintf(layer->why, sizeof layer->why, "%s", failure);
    else if (layer->errno_value != 0)
        snprintf(layer->why, sizeof layer->why, "%s", strerror_r(layer->errno_value, text, sizeof text));
    else
        snprintf(layer->why, sizeof layer->why, "not attempted");
}

static enum suan_isolation_level level_of(const struct suan_isolation_report *report)
{
    unsigned verified = 0;
    for (int i = 0; i < SUAN_LAYERS; i++)
        verified |= report->layers[i].verified ? BIT(i) : 0;
    if ((verified & NEED_FULL) == NEED_FULL)
        return SUAN_ISOLATION_FULL;
    if ((verified & NEED_STRONG) == NEED_STRONG && (verified & FILE_SYSTEM) != 0)
        return SUAN_ISOLATION_STRONG;
    return (verified & NEED_REDUCED) == NEED_REDUCED ? SUAN_ISOLATION_REDUCED : SUAN_ISOLATION_NONE;
}

/* What the host itself arranged, in the shape of the worker's notes. */
static struct suan_wire_layer_note own_note(bool done, int cause)
{
    return (struct suan_wire_layer_note){1, done, cause};
}

static void take_back(struct suan_isolation_layer *layer, bool stood, const char *why)
{
    if (!layer->verified || stood)
        return;
    layer->verified = false;
    snprintf(layer->why, sizeof layer->why, "%s", why);
}

void verify_probe(const struct zygote *zygote, struct suan_isolation_report *report)
{
    struct suan_isolation_layer *layers = report->layers;
    take_back(&layers[SUAN_LAYER_SECCOMP], zygote->probe_filter, "the probe worker survived socket");
    take_back(&layers[SUAN_LAYER_LANDLOCK], zygote->probe_landlock, "the probe worker could open its root");
    take_back(&layers[SUAN_LAYER_MDWE], zygote->probe_mdwe, "the probe worker could map writable code");
    report->level = level_of(report);
}

void verify_worker(const struct verify_subject *subject, struct suan_isolation_report *out)
{
    char status[STATUS_MAX], own[STATUS_MAX];
    const struct suan_wire_layer_note *notes = subject->notes;
    struct suan_isolation_layer *layers = out->layers;
    bool sealed = region_is_sealed(subject->region);
    bool grouped = subject->cgroup->kind != CGROUP_NONE;

    for (int i = 0; i < SUAN_LAYERS; i++)
        layers[i] = (struct suan_isolation_layer){.name = names[i]};
    if (!read_proc(subject->pid, "status", status, sizeof status) || !read_proc(0, "status", own, sizeof own))
        status[0] = own[0] = '\0';
    record(&layers[SUAN_LAYER_SECCOMP], &notes[SUAN_LAYER_SECCOMP], check_seccomp(status, own));
    record(&layers[SUAN_LAYER_ROOT], &notes[SUAN_LAYER_ROOT], check_root(subject));
    record(&layers[SUAN_LAYER_LANDLOCK], &notes[SUAN_LAYER_LANDLOCK], NULL);
    record(&layers[SUAN_LAYER_NS_USER], &notes[SUAN_LAYER_NS_USER], check_namespace(subject, "user"));
    record(&layers[SUAN_LAYER_NS_PID], &notes[SUAN_LAYER_NS_PID], check_namespace(subject, "pid"));
    record(&layers[SUAN_LAYER_NS_NET], &notes[SUAN_LAYER_NS_NET], check_namespace(subject, "net"));
    record(&layers[SUAN_LAYER_NS_IPC], &notes[SUAN_LAYER_NS_IPC], check_namespace(subject, "ipc"));
    record(&layers[SUAN_LAYER_CAPS], &notes[SUAN_LAYER_CAPS], check_capabilities(status));
    record(&layers[SUAN_LAYER_MDWE], &notes[SUAN_LAYER_MDWE], NULL);
    struct suan_wire_layer_note seals = own_note(sealed, 0), group = own_note(grouped, grouped ? 0 : EACCES);
    const char *leak =
        layers[SUAN_LAYER_ROOT].active && has_descriptors(subject->pid) ? "it has descriptors" : NULL;
    record(&layers[SUAN_LAYER_SEALS], &seals, leak);
    record(&layers[SUAN_LAYER_RLIMITS], &notes[SUAN_LAYER_RLIMITS], check_limits(subject));
    record(&layers[SUAN_LAYER_CGROUP], &group,
           cgroup_contains(subject->cgroup, subject->pid) ? NULL : "it is not in its group");
    out->level = level_of(out);
    if (subject->zygote->probed)
        verify_probe(subject->zygote, out);
}
