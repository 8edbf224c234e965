/* A trusting program, to be harmed. */
#include "bare.h"

#include <dlfcn.h>
#include <errno.h>
#include <sched.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <suan/abi.h>

#include "rows.h"

enum { DID = 44, NOT_TRIED = 45, SIGNALLED = 100 };

typedef const struct suan_plugin *entry_function(const struct suan_host *host);

static const struct suan_algorithm *load(const void *plugin, size_t size, const struct suan_host *host)
{
    char path[64];
    entry_function *entry = NULL;
    int fd = memfd_create("bare", MFD_CLOEXEC);
    if (fd < 0 || write(fd, plugin, size) != (ssize_t)size)
        _exit(NOT_TRIED);
    snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    void *handle = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    if (handle == NULL)
        _exit(NOT_TRIED);
    *(void **)&entry = dlsym(handle, "suan_plugin_v1");
    return entry(host)->algorithm;
}

static _Noreturn void trust(const void *plugin, size_t size)
{
    static const struct suan_host host = {.abi_major = SUAN_ABI_MAJOR};
    static _Alignas(64) double x[512], y;
    int64_t in_shape[1] = {512}, out_shape[1] = {1}, strides[1] = {1};
    const struct suan_tensor in = {.data = x,
                                   .device_type = SUAN_DEVICE_CPU,
                                   .ndim = 1,
                                   .dtype = {SUAN_DTYPE_FLOAT, 64, 1},
                                   .shape = in_shape,
                                   .strides = strides};
    struct suan_tensor out = in;
    const struct suan_run run = {.struct_size = sizeof run, .n_in = 1, .n_out = 1, .in = &in, .out = &out};
    const struct suan_config config = {.struct_size = sizeof config, .workers = 1, .task = HOSTILE_TASK};
    const struct suan_algorithm *algorithm = load(plugin, size, &host);
    struct suan_instance *instance = NULL;
    out.data = &y;
    out.shape = out_shape;
    algorithm->create(&host, NULL, &config, &instance);
    y = -1;
    algorithm->run(instance, &run);
    algorithm->run(instance, &run);
    bool did = y == 0;
    time_t before = time(NULL);
    algorithm->destroy(instance);
    if (time(NULL) - before > 1)
        _exit(HOSTILE_TAKEN_OVER);
    exit(did ? DID : HOSTILE_UNHARMED);
}

/* Pid 1 of the namespace, so that the one to be harmed is an ordinary process. */
static _Noreturn void watch(const void *plugin, size_t size)
{
    int status = 0;
    pid_t child = fork();
    if (child == 0) {
        const struct rlimit none = {0, 0};
        setrlimit(RLIMIT_CORE, &none);
        alarm(4);
        fclose(stderr);
        trust(plugin, size);
    }
    if (child < 0 || waitpid(child, &status, 0) != child)
        _exit(NOT_TRIED);
    _exit(WIFSIGNALED(status) ? SIGNALLED : WEXITSTATUS(status));
}

/* A process may not make others in a new pid namespace and stay single-threaded in doubt: hence one between. */
static _Noreturn void enter(const void *plugin, size_t size)
{
    int status = 0;
    if (unshare(CLONE_NEWUSER | CLONE_NEWPID | CLONE_NEWIPC | CLONE_NEWNS | CLONE_NEWNET) != 0)
        _exit(NOT_TRIED);
    pid_t first = fork();
    if (first == 0)
        watch(plugin, size);
    if (first < 0 || waitpid(first, &status, 0) != first || !WIFEXITED(status))
        _exit(NOT_TRIED);
    _exit(WEXITSTATUS(status));
}

enum bare_result bare_try(const void *plugin, size_t size)
{
    int status = 0;
    fflush(stdout);
    pid_t child = fork();
    if (child == 0)
        enter(plugin, size);
    while (child > 0 && waitpid(child, &status, 0) < 0 && errno == EINTR)
        ;
    if (child < 0 || !WIFEXITED(status) || WEXITSTATUS(status) == NOT_TRIED)
        return BARE_REFUSED;
    if (WEXITSTATUS(status) == DID)
        return BARE_DID;
    return WEXITSTATUS(status) == HOSTILE_UNHARMED ? BARE_UNHARMED : BARE_HARMED;
}
