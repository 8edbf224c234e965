#ifndef SUAN_CLI_ARGUMENTS_H
#define SUAN_CLI_ARGUMENTS_H

/* The words of one command, read against the command's table of options. */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

struct option_row {
    const char *name;  /* without the dashes; a NULL name ends the table */
    const char *value; /* what the value is called in help ("FILE"); NULL: a switch */
    const char *help;
};

enum { ARGUMENTS_MAX = 4096, OPTIONS_MAX = 40 };

struct arguments; /* parsed words; borrows argv */

/* Reads argv[first…] against `rows` and the rows every command has (--json, --registry, --quiet, --help).
   SUAN_E_USAGE names the word that does not fit and the nearest option. */
SUAN_MUST_USE enum suan_status arguments_parse(int argc, char **argv, const struct option_row *rows,
                                               struct arguments **out, struct suan_error *error);
void arguments_freep(struct arguments **arguments);

bool arguments_has(const struct arguments *arguments, const char *name);
/* The option's value; the last one counts if it was given more often; NULL: not given. */
const char *arguments_text(const struct arguments *arguments, const char *name);
/* All values of a repeatable option, in order: index 0 …; NULL beyond the last. */
const char *arguments_nth(const struct arguments *arguments, const char *name, size_t index);
size_t arguments_count(const struct arguments *arguments, const char *name);
/* A decimal integer option within [min, max]; *out untouched when absent. */
SUAN_MUST_USE enum suan_status arguments_integer(const struct arguments *arguments, const char *name,
                                                 int64_t min, int64_t max, int64_t *out,
                                                 struct suan_error *error);
/* Words that are no options. */
size_t arguments_operands(const struct arguments *arguments);
const char *arguments_operand(const struct arguments *arguments, size_t index); /* NULL beyond the last */

extern const struct option_row arguments_everywhere[];

#endif
