#include <signal.h>

void stop(int pid)
{
    killpg(pid, SIGTERM);
}
