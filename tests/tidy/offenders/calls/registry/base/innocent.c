/* It used to printf("…") and goto the end, then exit(1). */
#include <stdio.h>

const char *word = "printf(stderr) \" goto abort()";

int suan_exit(int sprintf_count)
{
    char out[8];
    return snprintf(out, sizeof out, "%d", sprintf_count);
}
