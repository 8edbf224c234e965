#include <stdio.h>
#include <stdlib.h>

int main(void)
{
    puts("the command line prints");
    exit(0);
}
