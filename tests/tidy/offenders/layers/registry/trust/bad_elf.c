#include <libelf.h>
#include <openssl/evp.h>
