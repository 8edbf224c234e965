#include "../package/tar.h"
