#include "trust/digest.h"
