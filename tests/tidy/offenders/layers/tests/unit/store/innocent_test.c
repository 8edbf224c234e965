#include <criterion/criterion.h>
#include <sodium.h>

#include "store/store.h"
#include "support/registry.h"
#include "trust/digest.h"
