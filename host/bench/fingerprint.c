/* Reading /proc and /sys. Every text is cut to printable ASCII: it ends up in signed JSON. */
#include "fingerprint.h"

#include <gnu/libc-version.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/file.h"

enum { TEXT_MAX = 4096, PROC_MAX = 1048576 };

/* /proc and /sys files state size 0 or a page, so they are read until they end. False if there is none. */
static bool read_system(const char *path, struct suan_buffer *out)
{
    FILE *file = fopen(path, "re");
    if (file == NULL)
        return false;
    char chunk[4096];
    size_t got;
    while ((got = fread(chunk, 1, sizeof chunk, file)) > 0 && out->size < PROC_MAX)
        suan_buffer_append(out, chunk, got);
    (void)fclose(file);
    return out->size > 0 && !out->failed;
}

/* The first line, printable ASCII only. */
static bool read_line(const char *path, char out[TEXT_MAX])
{
    SUAN_CLEANUP(suan_buffer_done) struct suan_buffer text = {0};
    if (!read_system(path, &text))
        return false;
    size_t length = 0;
    for (size_t i = 0; i < text.size && text.data[i] != '\n' && length + 1 < TEXT_MAX; i++) {
        if (text.data[i] >= 0x20 && text.data[i] < 0x7F)
            out[length++] = (char)text.data[i];
    }
    out[length] = '\0';
    return length > 0;
}

static void set_line(struct suan_json *object, const char *key, const char *path)
{
    char text[TEXT_MAX];
    if (read_line(path, text))
        suan_json_set_text(object, key, text);
}

/* The value of the first "KEY : value" line. */
static bool find_value(const char *text, const char *key, char *out, size_t size)
{
    size_t length = strlen(key);
    for (const char *line = text; line != NULL && *line != '\0';) {
        const char *end = strchr(line, '\n'), *colon = strchr(line, ':');
        if (strncmp(line, key, length) == 0 && colon != NULL && (end == NULL || colon < end) &&
            strspn(line + length, " \t") == (size_t)(colon - line) - length) {
            const char *value = colon + 1 + strspn(colon + 1, " \t");
            size_t used = end != NULL ? (size_t)(end - value) : strlen(value);
            snprintf(out, size, "%.*s", (int)(used < size ? used : size - 1), value);
            return true;
        }
        line = end != NULL ? end + 1 : NULL;
    }
    return false;
}

static void read_cpu(const char *info, struct suan_machine_class *class, struct suan_json *object)
{
    char flags[TEXT_MAX] = "";
    static const char *const rows[][2] = {
        {"microcode", "microcode"}, {"model name", "cpu"}, {"stepping", "stepping"}, {NULL, NULL}};
    if (!find_value(info, "vendor_id", class->vendor, sizeof class->vendor))
        (void)find_value(info, "CPU implementer", class->vendor, sizeof class->vendor);
    if (!find_value(info, "cpu family", class->family, sizeof class->family))
        (void)find_value(info, "CPU architecture", class->family, sizeof class->family);
    if (!find_value(info, "model", class->model, sizeof class->model))
        (void)find_value(info, "CPU part", class->model, sizeof class->model);
    suan_json_set_text(object, "vendor", class->vendor);
    suan_json_set_text(object, "family", class->family);
    suan_json_set_text(object, "model", class->model);
    for (int i = 0; rows[i][0] != NULL; i++) {
        char value[128];
        if (find_value(info, rows[i][0], value, sizeof value))
            suan_json_set_text(object, rows[i][1], value);
    }
    if (find_value(info, "flags", flags, sizeof flags) || find_value(info, "Features", flags, sizeof flags))
        suan_json_set_text(object, "flags", flags);
    class->is_virtual = strstr(flags, " hypervisor") != NULL;
    suan_json_set_boolean(object, "virtual", class->is_virtual);
}

/* Sizes of the caches of CPU 0, by level and kind; the largest is the last level. */
static void read_caches(struct suan_machine_class *class, struct suan_json *object)
{
    struct suan_json *caches = suan_json_new_array();
    for (int index = 0; index < 8; index++) {
        char path[96], size[TEXT_MAX], level[TEXT_MAX], kind[TEXT_MAX], line[96];
        snprintf(path, sizeof path, "/sys/devices/system/cpu/cpu0/cache/index%d/size", index);
        if (!read_line(path, size))
            break;
        snprintf(path, sizeof path, "/sys/devices/system/cpu/cpu0/cache/index%d/level", index);
        (void)(read_line(path, level) || snprintf(level, sizeof level, "?"));
        snprintf(path, sizeof path, "/sys/devices/system/cpu/cpu0/cache/index%d/type", index);
        (void)(read_line(path, kind) || snprintf(kind, sizeof kind, "?"));
        snprintf(line, sizeof line, "L%.2s %.16s %.16s", level, kind, size);
        suan_json_add_text(caches, line);
        char *unit;
        uint64_t bytes = strtoull(size, &unit, 10);
        bytes <<= *unit == 'M' ? 20 : *unit == 'K' ? 10 : 0;
        class->llc_bytes = bytes > class->llc_bytes ? bytes : class->llc_bytes;
    }
    suan_json_set(object, "caches", caches);
}

static void read_system_settings(struct suan_json *object)
{
    static const char *const rows[][2] = {
        {"cpus_online", "/sys/devices/system/cpu/online"},
        {"siblings", "/sys/devices/system/cpu/cpu0/topology/thread_siblings_list"},
        {"numa", "/sys/devices/system/node/online"},
        {"cmdline", "/proc/cmdline"},
        {"clocksource", "/sys/devices/system/clocksource/clocksource0/current_clocksource"},
        {"thp", "/sys/kernel/mm/transparent_hugepage/enabled"},
        {"aslr", "/proc/sys/kernel/randomize_va_space"},
        {"spectre_v2", "/sys/devices/system/cpu/vulnerabilities/spectre_v2"},
        {"meltdown", "/sys/devices/system/cpu/vulnerabilities/meltdown"},
        {"load_before", "/proc/loadavg"},
        {NULL, NULL}};
    for (int i = 0; rows[i][0] != NULL; i++)
        set_line(object, rows[i][0], rows[i][1]);
    char governor[TEXT_MAX];
    bool told = read_line("/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor", governor);
    suan_json_set_text(object, "governor", told ? governor : "hidden");
    bool v2 = access("/sys/fs/cgroup/cgroup.controllers", F_OK) == 0;
    suan_json_set_text(object, "cgroup",
                       v2                                            ? "v2"
                       : access("/sys/fs/cgroup/cpuacct", F_OK) == 0 ? "v1"
                                                                     : "none");
}

static void read_software(struct suan_json *object)
{
    struct utsname names;
    if (uname(&names) == 0) {
        suan_json_set_text(object, "kernel", names.release);
        suan_json_set_text(object, "arch", names.machine);
    }
    suan_json_set_text(object, "libc", gnu_get_libc_version());
    suan_json_set_text(object, "compiler", __VERSION__);
    long pages = sysconf(_SC_PHYS_PAGES), page = sysconf(_SC_PAGE_SIZE);
    if (pages > 0 && page > 0)
        suan_json_set_integer(object, "memory_kib", (int64_t)pages * page / 1024);
}

struct suan_digest suan_class_digest(const struct suan_machine_class *class)
{
    struct suan_hasher hasher;
    uint64_t llc = 1;
    char numbers[64];
    while (llc < class->llc_bytes)
        llc *= 2;
    snprintf(numbers, sizeof numbers, "%u\n%llu\n%s\n", class->isa, (unsigned long long)llc,
             class->is_virtual ? "virtual" : "metal");
    suan_hasher_init(&hasher);
    const char *const texts[] = {"suan-class/1", class->vendor, class->family, class->model, numbers};
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        suan_hasher_add(&hasher, suan_span_text(texts[i]));
        suan_hasher_add(&hasher, suan_span_text("\n"));
    }
    struct suan_digest digest = suan_hasher_finish(&hasher);
    suan_hasher_done(&hasher);
    return digest;
}

enum suan_status suan_fingerprint_read(uint32_t isa, const struct suan_scores *scores,
                                       struct suan_machine_class *out_class, struct suan_json **out,
                                       struct suan_error *error)
{
    SUAN_CLEANUP(suan_buffer_done) struct suan_buffer info = {0};
    SUAN_CLEANUP(suan_json_releasep) struct suan_json *object = suan_json_new_object();
    struct suan_json *list = suan_json_new_array();
    if (object == NULL || list == NULL)
        return suan_error_set(error, SUAN_E_MEMORY, "memory", NULL, "out of memory");
    *out_class = (struct suan_machine_class){.isa = isa};
    (void)read_system("/proc/cpuinfo", &info);
    read_cpu(suan_buffer_text(&info), out_class, object);
    suan_json_set_integer(object, "isa", isa);
    read_caches(out_class, object);
    read_system_settings(object);
    read_software(object);
    suan_json_add_integer(list, scores->rate_mflops);
    suan_json_add_integer(list, scores->memory_mib_s);
    suan_json_add_integer(list, scores->branches_per_us);
    struct suan_digest class = suan_class_digest(out_class);
    suan_json_set_hex(object, "class", class.bytes, sizeof class.bytes);
    suan_json_set_integer(object, "rate_mflops", scores->rate_mflops);
    suan_json_set(object, "scores", list);
    *out = suan_take(&object);
    return SUAN_OK;
}

uint64_t suan_steal_ns(uint32_t cpu)
{
    SUAN_CLEANUP(suan_buffer_done) struct suan_buffer text = {0};
    char name[16];
    unsigned long long steal = 0;
    if (!read_system("/proc/stat", &text))
        return 0;
    snprintf(name, sizeof name, "\ncpu%u ", cpu);
    const char *line = strstr(suan_buffer_text(&text), name);
    if (line == NULL || sscanf(line + strlen(name), "%*u %*u %*u %*u %*u %*u %*u %llu", &steal) != 1)
        return 0;
    long ticks = sysconf(_SC_CLK_TCK);
    return ticks > 0 ? steal * (1000000000u / (unsigned long)ticks) : 0;
}
