#include <stdio.h>

void tell(void)
{
    fputs("told", stderr);
}
