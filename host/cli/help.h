#ifndef SUAN_CLI_HELP_H
#define SUAN_CLI_HELP_H

/* What can be said, and what was probably meant. */
#include <stdio.h>

#include "cli.h"

/* Every command, one a line, in the order of their use. */
void help_all(FILE *out);
/* The commands of one noun; false if there is no such noun. */
bool help_noun(FILE *out, const char *noun);
/* One command with its options and an example. */
void help_command(FILE *out, const struct command *row);

/* USAGE "cli.command": the words name no command; the hint says which ones they are nearest to. */
SUAN_MUST_USE enum suan_status help_unknown(const char *noun, const char *verb, struct suan_error *error);

/* The nearest of `count` words to `said`, at most two letters away; NULL if none is near. */
const char *help_nearest(const char *said, const char *const *words, size_t count);

#endif
