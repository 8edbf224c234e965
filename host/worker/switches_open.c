/* The worker of the tests: `--without LAYER` leaves one out. */
#include <string.h>

#include "switches.h"

static bool off[SUAN_LAYERS];

static const char *const names[SUAN_LAYERS] = {"seccomp", "root", "landlock", "ns.user", "ns.pid",  "ns.net",
                                               "ns.ipc",  "caps", "mdwe",     "seals",   "rlimits", "cgroup"};

bool switches_parse(int count, char **arguments)
{
    for (int i = 0; i < count; i += 2) {
        bool known = false;
        if (strcmp(arguments[i], "--without") != 0 || i + 1 >= count)
            return false;
        for (int layer = 0; layer < SUAN_LAYERS; layer++) {
            if (strcmp(arguments[i + 1], names[layer]) == 0)
                off[layer] = known = true;
        }
        if (!known)
            return false;
    }
    return true;
}

bool switches_is_off(enum suan_wire_layer layer)
{
    return off[layer];
}
