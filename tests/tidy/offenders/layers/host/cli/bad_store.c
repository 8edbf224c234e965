#include "service/service.h"
#include "store/store.h"
