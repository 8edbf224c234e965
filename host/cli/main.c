/* suan: finds the command's row, reads its words, runs it, shows its document, and answers with the exit
 * status. */
#include <locale.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "cli.h"

/* A command found among the tables, or made from a verb of the service's. */
struct found {
    const struct command *row;
    int words; /* it took of the command line */
    struct command made;
    struct option_row made_options[OPTIONS_MAX];
};

static bool is_called(const struct command *row, int argc, char **argv, int *out_words)
{
    *out_words = row->verb != NULL ? 2 : 1;
    return argc > *out_words && strcmp(argv[1], row->noun) == 0 &&
           (row->verb == NULL || strcmp(argv[2], row->verb) == 0);
}

static void find_verb(int argc, char **argv, struct found *out)
{
    for (size_t i = 0; i < suan_verb_count && argc > 2; i++) {
        if (strcmp(argv[1], suan_verbs[i].noun) != 0 || strcmp(argv[2], suan_verbs[i].verb) != 0)
            continue;
        cli_change_command(&suan_verbs[i], &out->made, out->made_options);
        out->row = &out->made;
        out->words = 2;
    }
}

static void find_command(int argc, char **argv, struct found *out)
{
    int words;
    find_verb(argc, argv, out);
    for (size_t t = 0; t < cli_table_count; t++) {
        for (const struct command *row = cli_tables[t]; row->noun != NULL; row++) {
            if (out->words < (row->verb != NULL ? 2 : 1) && is_called(row, argc, argv, &words)) {
                out->row = row;
                out->words = words;
            }
        }
    }
}

static void print_command_line(const struct command *row)
{
    printf("  suan %s%s%s%s%s\n      %s\n", row->noun, row->verb != NULL ? " " : "",
           row->verb != NULL ? row->verb : "", row->operands[0] != '\0' ? " " : "", row->operands,
           row->summary);
}

/* All commands, or those of one noun. Returns how many. */
static int print_commands(const char *noun)
{
    int count = 0;
    for (size_t t = 0; t < cli_table_count; t++) {
        for (const struct command *row = cli_tables[t]; row->noun != NULL; row++) {
            if (noun != NULL && strcmp(noun, row->noun) != 0)
                continue;
            print_command_line(row);
            count++;
        }
    }
    for (size_t i = 0; i < suan_verb_count; i++) {
        struct command made;
        struct option_row options[OPTIONS_MAX];
        if (noun != NULL && strcmp(noun, suan_verbs[i].noun) != 0)
            continue;
        cli_change_command(&suan_verbs[i], &made, options);
        print_command_line(&made);
        count++;
    }
    return count;
}

static void print_options(const struct option_row *rows)
{
    for (; rows != NULL && rows->name != NULL; rows++)
        printf("  --%s%s%s\n      %s\n", rows->name, rows->value != NULL ? " " : "",
               rows->value != NULL ? rows->value : "", rows->help);
}

static int help_command(const struct command *row)
{
    printf("usage:\n");
    print_command_line(row);
    printf("\noptions:\n");
    print_options(row->options);
    print_options(arguments_everywhere);
    printf("\nexample:\n  %s\n", row->example);
    return 0;
}

static int help_all(void)
{
    puts("suan 算: a better algorithm pays for itself\n\n"
         "usage: suan NOUN VERB [WORDS] [--options]; add --help to any command for its options and an "
         "example\n");
    print_commands(NULL);
    puts("\nexit status: 0 done, 1 failed, 2 usage, 3 negative verdict, 4 not permitted, 5 not found, 6 "
         "conflict or\n"
         "locked, 7 measurement not stable, 8 cap or budget exhausted, 9 integrity broken, 130 interrupted");
    return 0;
}

static void print_error(const struct cli *cli, const struct suan_error *error)
{
    const char *red = isatty(STDERR_FILENO) && getenv("NO_COLOR") == NULL ? "\033[31m" : "";
    (void)cli;
    fprintf(stderr, "%ssuan: %s%s\n", red, error->message, red[0] != '\0' ? "\033[0m" : "");
    if (error->hint[0] != '\0')
        fprintf(stderr, "      %s\n", error->hint);
}

static struct suan_json *error_document(const struct suan_error *error)
{
    struct suan_json *details = suan_json_new_object();
    suan_json_set_text(details, "code", error->code != NULL ? error->code : suan_status_name(error->status));
    suan_json_set_text(details, "message", error->message);
    suan_json_set_text(details, "hint", error->hint);
    return details;
}

static int print_document(const struct suan_json *document)
{
    struct suan_buffer text = {0};
    int failed = suan_json_format(document, SUAN_JSON_STYLE_INDENTED, &text, NULL) != SUAN_OK;
    suan_buffer_append_u8(&text, '\n');
    failed |= fwrite(text.data, 1, text.size, stdout) != text.size;
    suan_buffer_done(&text);
    return failed;
}

static int show(struct cli *cli, const struct command *row, enum suan_status status,
                const struct suan_error *error)
{
    int failed = 0;
    if (cli->json) {
        if (cli->result == NULL)
            cli->result = suan_json_new_object();
        if (status != SUAN_OK)
            suan_json_set(cli->result, "error", error_document(error));
        failed = print_document(cli->result);
    } else {
        if (cli->result != NULL && row->print != NULL)
            row->print(cli, cli->result);
        else if (cli->result != NULL)
            failed = print_document(cli->result);
        fflush(stdout);
        if (status != SUAN_OK)
            print_error(cli, error);
    }
    if (fflush(stdout) != 0 || ferror(stdout) || failed)
        return status != SUAN_OK ? suan_status_exit(status) : 1;
    return suan_status_exit(status);
}

static enum suan_status check_operands(const struct command *row, const struct arguments *arguments,
                                       struct suan_error *error)
{
    int count = (int)arguments_operands(arguments);
    if (count >= row->min_operands && (row->max_operands < 0 || count <= row->max_operands))
        return SUAN_OK;
    return suan_error_set(error, SUAN_E_USAGE, "cli.operands", "add --help for an example",
                          "%s: usage: suan %s%s%s %s",
                          count < row->min_operands ? "too few words" : "too many words", row->noun,
                          row->verb != NULL ? " " : "", row->verb != NULL ? row->verb : "", row->operands);
}

static volatile sig_atomic_t interrupted;

static void interrupt(int signal)
{
    (void)signal;
    interrupted = 1;
}

static enum suan_status run_open(struct cli *cli, const struct command *row,
                                 const struct arguments *arguments, struct suan_error *error)
{
    struct suan_service_options options;
    cli_service_options(cli, &options);
    options.interrupted = &interrupted;
    enum suan_status status = suan_service_open(&options, row->mode, &cli->service, error);
    if (status == SUAN_OK)
        status = row->run(cli, row, arguments, error);
    suan_service_close(cli->service);
    cli->service = NULL;
    return status;
}

static int run(const struct command *row, int argc, char **argv)
{
    struct cli cli = {.colour = isatty(STDOUT_FILENO) && getenv("NO_COLOR") == NULL};
    struct suan_error error = {0};
    SUAN_CLEANUP(arguments_freep) struct arguments *arguments = NULL;

    for (int i = 1; i < argc; i++)
        cli.json |= strcmp(argv[i], "--json") == 0;
    enum suan_status status = arguments_parse(argc, argv, row->options, &arguments, &error);
    if (status == SUAN_OK && arguments_has(arguments, "help"))
        return help_command(row);
    if (status == SUAN_OK)
        status = check_operands(row, arguments, &error);
    if (status == SUAN_OK) {
        cli.registry = arguments_text(arguments, "registry");
        cli.quiet = arguments_has(arguments, "quiet");
        status = run_open(&cli, row, arguments, &error);
    }
    int answer = show(&cli, row, status, &error);
    suan_json_release(cli.result);
    return answer;
}

static int unknown(int argc, char **argv)
{
    if (argc < 2) {
        help_all();
        return 2;
    }
    fprintf(stderr, "suan: no such command: %s%s%s\n", argv[1], argc > 2 && argv[2][0] != '-' ? " " : "",
            argc > 2 && argv[2][0] != '-' ? argv[2] : "");
    if (print_commands(argv[1]) == 0)
        fprintf(stderr, "      'suan --help' lists the commands\n");
    return 2;
}

int main(int argc, char **argv)
{
    if (setlocale(LC_CTYPE, "") == NULL)
        setlocale(LC_CTYPE, "C.UTF-8");
    if (argc > 1 && (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "help") == 0))
        return help_all();
    if (argc > 1 && strcmp(argv[1], "--version") == 0) {
        puts(suan_service_version());
        return 0;
    }
    struct found found = {0};
    find_command(argc, argv, &found);
    if (found.row == NULL) {
        if (argc > 2 && (strcmp(argv[2], "--help") == 0) && print_commands(argv[1]) > 0)
            return 0;
        return unknown(argc, argv);
    }
    struct sigaction stop = {.sa_handler = interrupt, .sa_flags = SA_RESETHAND};
    sigaction(SIGINT, &stop, NULL);
    sigaction(SIGTERM, &stop, NULL);
    return run(found.row, argc - found.words, argv + found.words);
}
