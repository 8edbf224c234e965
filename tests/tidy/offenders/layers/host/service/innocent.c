#include <libsuan/suan.h>

#include "engine/engine.h"
#include "store/store.h"
