#include <signal.h>

void attack(int pid)
{
    kill(pid, SIGKILL);
}
