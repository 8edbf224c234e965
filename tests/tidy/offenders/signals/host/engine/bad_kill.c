#include <signal.h>

void stop(int pid)
{
    kill(pid, SIGKILL);
}
