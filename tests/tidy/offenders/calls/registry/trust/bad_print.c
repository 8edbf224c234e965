#include <stdio.h>

void tell(void)
{
    printf("told\n");
}
