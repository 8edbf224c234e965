/*
 * suan-worker --zygote: the program that holds a plugin. It is started by libsuan only, with the host's
 * socket as descriptor 3 and a pidfd of the host as 4.
 */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "switches.h"
#include "worker.h"
#include "zygote.h"

static struct suan_wire_reply *reply;

void worker_set_reply(struct suan_wire_reply *place)
{
    reply = place;
}

/* Pid 1 of a namespace ignores its own signals, so a plugin that aborts would hang on: it says so and goes.
 */
__attribute__((visibility("default"))) _Noreturn void abort(void);
_Noreturn void abort(void)
{
    if (reply != NULL)
        atomic_store(&reply->state, SUAN_WIRE_ABORTED);
    _exit(134);
}

__attribute__((visibility("default"))) _Noreturn void exit(int status);
_Noreturn void exit(int status)
{
    if (reply != NULL)
        atomic_store(&reply->state, SUAN_WIRE_EXITED);
    _exit(status);
}

int main(int argc, char **argv)
{
    if (argc < 2 || strcmp(argv[1], "--zygote") != 0 || !switches_parse(argc - 2, argv + 2)) {
        static const char usage[] = "suan-worker is started by suan and libsuan, not by people.\n";
        ssize_t written = write(STDERR_FILENO, usage, sizeof usage - 1);
        (void)written;
        return 2;
    }
    zygote_main(3, 4);
}
