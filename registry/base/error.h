#ifndef SUAN_BASE_ERROR_H
#define SUAN_BASE_ERROR_H

/*
 * What went wrong, for people and for programs. Functions that can fail return a status and take a last
 * parameter `struct suan_error *error`, which may be NULL; it is written only on failure.
 */
#include "status.h"

#ifndef SUAN_ERROR_DEFINED
#define SUAN_ERROR_DEFINED
struct suan_error {
    int status;        /* same as the returned one; an `enum suan_status` or an ABI status */
    const char *code;  /* constant text such as "package.path": stable, for programs (JSON error.code) */
    char message[512]; /* what, and where; UTF-8, one line */
    char hint[256];    /* what to do about it; may be empty */
};
#endif

/*
 * Fills `error` (if not NULL) and returns `status`, so that a failure is one statement:
 *     return suan_error_set(error, SUAN_E_REFUSED, "package.path", "rename the file", "entry '%s': …", name);
 * `code` must be a string constant; `hint` is copied and may be NULL. Text that does not fit is cut at a
 * UTF-8 boundary; control characters in it become '?', so that a message is one line and safe on a terminal.
 */
__attribute__((format(printf, 5, 6))) enum suan_status suan_error_set(struct suan_error *error, int status,
                                                                      const char *code, const char *hint,
                                                                      const char *format, ...);

/* A system call failed: status from `errno_value` (ENOMEM: MEMORY, ENOENT: NOT_FOUND, EACCES and EPERM:
   PERMISSION, else IO), message "WHAT: strerror". `code` as above. The one place where errno becomes a
   status. */
enum suan_status suan_error_errno(struct suan_error *error, const char *code, int errno_value,
                                  const char *what);

/* Puts "PREFIX: " before the message of a failure that is being passed on, unless the message begins so
   already. Does nothing for NULL. */
void suan_error_prefix(struct suan_error *error, const char *prefix);

#endif
