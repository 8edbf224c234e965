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

/* Messages quote strangers' bytes and end on terminals: each byte of a control character (C0, DEL, C1 in
   UTF-8) becomes a question mark. */
static void blunt_controls(char *text)
{
    for (char *p = text; *p != '\0'; p++) {
        uint8_t c = (uint8_t)*p, next = (uint8_t)p[1];
        if (c < 0x20 || c == 0x7F)
            *p = '?';
        else if (c == 0xC2 && next >= 0x80 && next < 0xA0)
            p[0] = p[1] = '?';
    }
}

static void make_printable(char *text, size_t capacity)
{
    cut_at_character(text, capacity);
    blunt_controls(text);
}

enum suan_status suan_error_set(struct suan_error *error, int status, const char *code, const char *hint,
                                const char *format, ...)
{
    if (error == NULL)
        return (enum suan_status)status;
    /* The arguments may lie in the error itself. */
    char message[sizeof error->message], copied_hint[sizeof error->hint];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(message, sizeof message, format, arguments);
    va_end(arguments);
    snprintf(copied_hint, sizeof copied_hint, "%s", hint != NULL ? hint : "");
    make_printable(message, sizeof message);
    make_printable(copied_hint, sizeof copied_hint);
    error->status = status;
    error->code = code;
    memcpy(error->message, message, sizeof message);
    memcpy(error->hint, copied_hint, sizeof copied_hint);
    return (enum suan_status)status;
}

enum suan_status suan_error_errno(struct suan_error *error, const char *code, int errno_value,
                                  const char *what)
{
    int status = SUAN_E_IO;
    const char *hint = NULL;
    char text[128];

    switch (errno_value) {
    case ENOMEM: status = SUAN_E_MEMORY; break;
    case ENOENT:
        status = SUAN_E_NOT_FOUND;
        hint = "check the path";
        break;
    case EACCES:
    case EPERM:
        status = SUAN_E_PERMISSION;
        hint = "check who may read and write there";
        break;
    case EROFS: hint = "that disk is mounted read-only: choose another place"; break;
    case ENOSPC:
    case EDQUOT: hint = "free some space on that disk and try again; nothing acknowledged was lost"; break;
    default: break;
    }
    return suan_error_set(error, status, code, hint, "%s: %s", what,
                          strerror_r(errno_value, text, sizeof text));
}

void suan_error_prefix(struct suan_error *error, const char *prefix)
{
    if (error == NULL)
        return;
    char message[sizeof error->message];
    memcpy(message, error->message, sizeof message);
    size_t used = (size_t)snprintf(error->message, sizeof error->message, "%s: ", prefix);
    if (used < sizeof error->message && strncmp(message, error->message, used) == 0)
        memcpy(error->message, message, sizeof message);
    else if (used < sizeof error->message)
        snprintf(error->message + used, sizeof error->message - used, "%s", message);
    make_printable(error->message, sizeof error->message);
}
