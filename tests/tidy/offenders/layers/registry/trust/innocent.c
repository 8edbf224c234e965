/*
#include "store/store.h"
*/
#include <openssl/evp.h>
#include <stdio.h>

#include "base/error.h"
#include "digest.h"

const char *text = "#include <lmdb.h>";
