#include <string.h>
#include <suan/abi.h>
