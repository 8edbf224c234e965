#include <stdio.h>

void put(char *out)
{
    sprintf(out, "x");
}
