#ifndef SUAN_CLI_CLI_H
#define SUAN_CLI_CLI_H

/*
 * A command is a row: its words, its options, a function that does the work through the service layer and
 * leaves one JSON document, and a function that shows that document to a person. Both views come from the
 * same document, so that --json never lacks what the text shows.
 */
#include "arguments.h"
#include "base/json.h"
#include "service/service.h"
#include "service/verb.h"

struct cli {
    struct suan_service *service; /* open as the command's mode says; NULL in mode NONE */
    const char *registry;         /* --registry, or NULL */
    bool json, quiet;
    const volatile int *interrupted; /* non-zero once the user wants to stop */
    bool colour;                     /* standard output is a terminal, and NO_COLOR is not set */
    struct suan_json *result;        /* what run leaves: owned here */
};

struct command {
    const char *noun, *verb;        /* verb NULL: `suan NOUN` */
    const char *operands;           /* "FILE [FILE…]" */
    const char *summary;            /* one line */
    const char *example;            /* a whole command line that works */
    int min_operands, max_operands; /* max -1: any number */
    const struct option_row *options;
    enum suan_status (*run)(struct cli *cli, const struct command *row, const struct arguments *arguments,
                            struct suan_error *error);
    void (*print)(const struct cli *cli, const struct suan_json *result); /* NULL: the document, indented */
    enum suan_service_mode mode;    /* what run finds open in cli->service */
    const struct suan_verb *change; /* the verb of the service's table that it is, or NULL */
};

/* Every cmd_<noun>.c exports one table, ended by a row without noun. The verbs of service/verb.h need no row
 * here. */
extern const struct command *const cli_tables[];
extern const size_t cli_table_count;

/* The row of a verb of the service's table; `rows` holds its options. */
void cli_change_command(const struct suan_verb *verb, struct command *out,
                        struct option_row rows[OPTIONS_MAX]);
/* "recorded as event 41 of the registry log", or the command to be signed, byte for byte. */
void cli_print_event(const struct cli *cli, const struct suan_json *result);

/* Options of every verb that changes the registry; put CLI_ACTING in front of the verb's own rows. */
#define CLI_ACTING                                                                                           \
    {"as", "IDENT", "who acts"},                                                                             \
        {"sign", "KEY", "an OpenSSH private key file, or 'agent'; repeat for several signers"},              \
        {"id", "HEX", "32 hexadecimal digits: the same id twice does the thing once"},                       \
        {"print-command", NULL, "write what is to be signed, and stop"},                                     \
        {"command", "FILE", "submit this command, signed elsewhere"},                                        \
    {                                                                                                        \
        "signature", "FILE", "a signature of that command (ssh-keygen -Y sign -n suan-event-v1); repeat"     \
    }

/* The acting options as the service wants them; pointers borrow from `arguments`. */
void cli_acting(const struct arguments *arguments, struct suan_acting *out);
/* Only what comes with a command that was signed elsewhere: --signature, --evidence. */
void cli_signatures(const struct arguments *arguments, struct suan_acting *out);

/* Service options from --registry, with progress on standard error unless quiet. */
void cli_service_options(const struct cli *cli, struct suan_service_options *out);

#endif
