/* The same layout and numbers as a C++ compiler sees them. */
#include <cstddef>

#include <suan/abi.h>

#define SIZE(type, bytes) static_assert(sizeof(type) == (bytes), "size of " #type)
#define AT(type, field, bytes) static_assert(offsetof(type, field) == (bytes), "offset of " #field)
#define VALUE(name, value) static_assert((name) == (value), "value of " #name)
#include "layout.inc"
