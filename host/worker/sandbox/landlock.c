/* Landlock, by number: Debian 12's headers are older than the kernels it meets. */
#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "sandbox.h"

enum { CALL_CREATE_RULESET = 444, CALL_ADD_RULE = 445, CALL_RESTRICT_SELF = 446 };
enum { CREATE_RULESET_VERSION = 1, RULE_PATH_BENEATH = 1 };
#define FS_READ_FILE (UINT64_C(1) << 2)

struct ruleset {
    uint64_t fs, net, scoped;
};
struct __attribute__((packed)) path_beneath {
    uint64_t allowed;
    int32_t parent;
};

int suan_sandbox_landlock_abi(void)
{
    long abi = syscall(CALL_CREATE_RULESET, NULL, 0, CREATE_RULESET_VERSION);
    return abi < 0 ? 0 : (int)abi;
}

/* All file-system rights of each version of the kernel's interface: 13 at first, then REFER, TRUNCATE and
 * IOCTL_DEV. */
static uint64_t known_fs_rights(int abi)
{
    int count = abi >= 5 ? 16 : abi >= 3 ? 15 : abi >= 2 ? 14 : 13;
    return (UINT64_C(1) << count) - 1;
}

static int allow_reading(int ruleset, const char *path)
{
    SUAN_CLEANUP(suan_closep) int file = open(path, O_PATH | O_CLOEXEC);
    if (file < 0)
        return errno;
    struct path_beneath allowed = {FS_READ_FILE, file};
    return syscall(CALL_ADD_RULE, ruleset, RULE_PATH_BENEATH, &allowed, 0) == 0 ? 0 : errno;
}

int suan_sandbox_landlock(const char *path)
{
    int abi = suan_sandbox_landlock_abi();
    if (abi == 0)
        return errno;
    struct ruleset rules = {known_fs_rights(abi), abi >= 4 ? 3 : 0, abi >= 6 ? 3 : 0};
    size_t size = abi >= 6   ? sizeof rules
                  : abi >= 4 ? offsetof(struct ruleset, scoped)
                             : offsetof(struct ruleset, net);
    SUAN_CLEANUP(suan_closep) int ruleset = (int)syscall(CALL_CREATE_RULESET, &rules, size, 0);
    if (ruleset < 0)
        return errno;
    int cause = path == NULL ? 0 : allow_reading(ruleset, path);
    if (cause != 0)
        return cause;
    return syscall(CALL_RESTRICT_SELF, ruleset, 0) == 0 ? 0 : errno;
}
