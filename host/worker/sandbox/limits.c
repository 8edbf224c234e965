/* Resource limits, capabilities and memory protection. */
#include <errno.h>
#include <linux/capability.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "sandbox.h"

#ifndef PR_SET_MDWE
#define PR_SET_MDWE 65
#endif
enum { MDWE_REFUSE_EXEC_GAIN = 1, CAPABILITIES_MAX = 64, DESCRIPTORS = 8, STACK_BYTES = 8 << 20 };

int suan_sandbox_limit(const struct suan_sandbox_limits *limits)
{
    const struct {
        int resource;
        rlim_t value;
    } table[] = {
        {RLIMIT_CORE, 0},
        {RLIMIT_FSIZE, 0},
        {RLIMIT_NOFILE, DESCRIPTORS},
        {RLIMIT_NPROC, limits->threads},
        {RLIMIT_MEMLOCK, 0},
        {RLIMIT_MSGQUEUE, 0},
        {RLIMIT_STACK, STACK_BYTES},
        {RLIMIT_AS, limits->address_space},
    };
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
        struct rlimit limit = {table[i].value, table[i].value};
        if (syscall(SYS_prlimit64, 0, table[i].resource, &limit, NULL) != 0)
            return errno;
    }
    return prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) == 0 ? 0 : errno;
}

int suan_sandbox_drop_capabilities(void)
{
    struct __user_cap_header_struct header = {_LINUX_CAPABILITY_VERSION_3, 0};
    struct __user_cap_data_struct none[_LINUX_CAPABILITY_U32S_3];

    int cause = 0;

    for (int i = 0; i < CAPABILITIES_MAX && cause == 0; i++) {
        if (prctl(PR_CAPBSET_DROP, i, 0, 0, 0) != 0)
            cause = errno;
    }
    if (cause == EINVAL) /* past the last capability this kernel has */
        cause = 0;
    prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
    memset(none, 0, sizeof none);
    if (syscall(SYS_capset, &header, none) != 0 || prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
        return errno;
    return cause; /* without the right to empty the bounding set the rest still holds */
}

int suan_sandbox_refuse_writable_code(void)
{
    return prctl(PR_SET_MDWE, MDWE_REFUSE_EXEC_GAIN, 0, 0, 0) == 0 ? 0 : errno;
}
