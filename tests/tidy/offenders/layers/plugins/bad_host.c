#include <libsuan/suan.h>
#include <suan/abi.h>
