#include "base/file.h"

void forget(const char *path)
{
    suan_folder_make(path, NULL);
}
