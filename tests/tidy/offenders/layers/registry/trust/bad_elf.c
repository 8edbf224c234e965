#include <openssl/evp.h>
#include <libelf.h>
