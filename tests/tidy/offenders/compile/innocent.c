#include "base/file.h"

enum suan_status remember(const char *path)
{
    return suan_folder_make(path, NULL);
}
