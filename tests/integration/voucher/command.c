#include "command.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#include "base/cleanup.h"
#include "base/file.h"

static void die(const char *what)
{
    perror(what);
    abort();
}

struct command_result command_run(const char *format, ...)
{
    struct command_result result = {0};
    char words[4096], line[4608], piece[4096];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(words, sizeof words, format, arguments);
    va_end(arguments);
    snprintf(line, sizeof line, SUAN_PROGRAM " %s 2>/dev/null", words);
    FILE *output = popen(line, "r");
    if (output == NULL)
        die(line);
    for (size_t size; (size = fread(piece, 1, sizeof piece, output)) > 0;)
        suan_buffer_append(&result.text, piece, size);
    int status = pclose(output);
    result.exit = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
    if (suan_json_parse(suan_buffer_span(&result.text), SIZE_MAX, SUAN_JSON_NULLS | SUAN_JSON_NEWLINES,
                        "suan", &result.document, NULL) != SUAN_OK)
        result.document = NULL;
    return result;
}

void command_done(struct command_result *result)
{
    suan_buffer_done(&result->text);
    suan_json_free(result->document);
}

const struct suan_json *command_json(const struct command_result *result, const char *key)
{
    return result->document != NULL ? suan_json_find(suan_json_root(result->document), key) : NULL;
}

bool command_says(struct command_result *result, const char *words)
{
    return strstr(suan_buffer_text(&result->text), words) != NULL;
}

bool command_failed_with(const struct command_result *result, const char *code)
{
    const struct suan_json *error = command_json(result, "error");
    return error != NULL &&
           suan_span_equal(suan_json_text(suan_json_find(error, "code")), suan_span_text(code));
}

struct folder folder_new(void)
{
    struct folder folder = {"/tmp/suan-voucher-XXXXXX"};
    if (mkdtemp(folder.path) == NULL)
        die("mkdtemp");
    return folder;
}

void folder_done(struct folder *folder)
{
    char line[96];
    snprintf(line, sizeof line, "rm -r %s", folder->path);
    if (system(line) != 0)
        die(line);
}

void folder_edit(const struct folder *folder, const char *name, const char *from, const char *old,
                 const char *new)
{
    SUAN_CLEANUP(suan_buffer_done) struct suan_buffer text = {0};
    SUAN_CLEANUP(suan_buffer_done) struct suan_buffer edited = {0};
    struct suan_error error = {0};
    char path[4096];
    size_t changes = 0;
    if (suan_file_read(from, 1 << 21, &text, &error) != SUAN_OK)
        die(from);
    const char *rest = suan_buffer_text(&text);
    for (const char *found; (found = strstr(rest, old)) != NULL; changes++) {
        suan_buffer_append(&edited, rest, (size_t)(found - rest));
        suan_buffer_append_text(&edited, new);
        rest = found + strlen(old);
    }
    suan_buffer_append_text(&edited, rest);
    snprintf(path, sizeof path, "%s/%s", folder->path, name);
    if (changes == 0 || suan_file_replace(path, suan_buffer_span(&edited), 0600, &error) != SUAN_OK)
        die(path);
}
