/* Behind a comment */ /* it still counts. */
#include "trust/digest.h"
