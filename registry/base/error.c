/* Error objects: filled once where a failure is found, prefixed on the way up. */
#include "error.h"

#include <errno.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

/* A cut in the middle of a UTF-8 sequence would make the text invalid: drop the incomplete tail. */
static void cut_at_character(char *text, size_t capacity)
{
    size_t length = strlen(text);
    if (length + 1 < capacity)
        return;
    size_t end = length;
    while (end > 0 && ((uint8_t)text[end - 1] & 0xC0) == 0x80)
        end--;
    if (end == 0)
        return;
    uint8_t lead = (uint8_t)text[end - 1];
    size_t need = lead < 0x80 ? 1 : lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : 2;
    if (end - 1 + need > length)
        text[end - 1] = '\0';
}

enum suan_status suan_error_set(struct suan_error *error, int status, const char *code, const char *hint,
                                const char *format, ...)
{
    if (error != NULL) {
        char message[sizeof error->message];
        va_list arguments;
        va_start(arguments, format);
        vsnprintf(message, sizeof message, format, arguments);
        va_end(arguments);
        error->status = status;
        error->code = code;
        memcpy(error->message, message, sizeof message);
        cut_at_character(error->message, sizeof error->message);
        snprintf(error->hint, sizeof error->hint, "%s", hint != NULL ? hint : "");
        cut_at_character(error->hint, sizeof error->hint);
    }
    return (enum suan_status)status;
}

enum suan_status suan_error_errno(struct suan_error *error, const char *code, int errno_value, const char *what)
{
    int status = SUAN_E_IO;
    const char *hint = NULL;
    char text[128];

    switch (errno_value) {
    case ENOMEM: status = SUAN_E_MEMORY; break;
    case ENOENT: status = SUAN_E_NOT_FOUND; break;
    case EACCES:
    case EPERM: status = SUAN_E_PERMISSION; break;
    case ENOSPC:
    case EDQUOT: hint = "free some space on that disk and try again; nothing acknowledged was lost"; break;
    default: break;
    }
    return suan_error_set(error, status, code, hint, "%s: %s", what, strerror_r(errno_value, text, sizeof text));
}

void suan_error_prefix(struct suan_error *error, const char *prefix)
{
    if (error == NULL)
        return;
    char message[sizeof error->message];
    memcpy(message, error->message, sizeof message);
    size_t used = (size_t)snprintf(error->message, sizeof error->message, "%s: ", prefix);
    if (used < sizeof error->message)
        snprintf(error->message + used, sizeof error->message - used, "%s", message);
    cut_at_character(error->message, sizeof error->message);
}
