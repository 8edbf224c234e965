/*
 * Put in front of every file by `./dev check lint`: the analyser sees one function at a time and would believe that
 * these two can answer SUAN_OK.
 */
#include "base/error.h"

#define suan_error_set(error, status, ...) ((void)(suan_error_set)((error), (status), __VA_ARGS__), (status))
#define suan_error_errno(error, code, cause, ...)                                                            \
    ((void)(suan_error_errno)((error), (code), (cause), __VA_ARGS__), SUAN_E_IO)
