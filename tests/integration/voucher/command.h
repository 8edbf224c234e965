#ifndef SUAN_TEST_VOUCHER_COMMAND_H
#define SUAN_TEST_VOUCHER_COMMAND_H

/* The program `suan` as somebody at a terminal uses it, and files for it to read. */
#include "base/json.h"

struct command_result {
    int exit;
    struct suan_buffer text;             /* standard output */
    struct suan_json_document *document; /* with --json; NULL if it is no JSON */
};

/* Runs "suan WORDS"; standard error is let go. */
__attribute__((format(printf, 1, 2))) struct command_result command_run(const char *format, ...);
void command_done(struct command_result *result);
const struct suan_json *command_json(const struct command_result *result, const char *key);
bool command_says(struct command_result *result, const char *words);
/* The "code" of the error in the document. */
bool command_failed_with(const struct command_result *result, const char *code);

/* A temporary folder that goes away with its files. */
struct folder {
    char path[64];
};
struct folder folder_new(void);
void folder_done(struct folder *folder);
/* Writes FOLDER/NAME: the file `from` with every `old` in it replaced by `new`, which must change something. */
void folder_edit(const struct folder *folder, const char *name, const char *from, const char *old,
                 const char *new);

#endif
