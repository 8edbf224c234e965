/* suan: finds the command's row, reads its words, runs it, shows its document, and answers with the exit
 * status. */
#include <locale.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "help.h"

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

/* Every failure says what to do, if only in general. */
static void advise(struct suan_error *error)
{
    static const struct {
        enum suan_status status;
        const char *hint;
    } rows[] = {
        {SUAN_E_USAGE, "add --help for the options and an example"},
        {SUAN_E_NOT_FOUND, "check the name; 'suan list' and 'suan identity list' show what is on record"},
        {SUAN_E_CONFLICT, "look at its present state with 'show' or 'list', then decide anew"},
        {SUAN_E_LOCKED, "try again in a moment"},
        {SUAN_E_PERMISSION, "see who may do it: 'suan identity show', 'suan owner show', 'suan policy list'"},
        {SUAN_E_REFUSED, "it cannot be accepted as it is: ask whoever made it"},
        {SUAN_E_FORMAT, "it is not what it should be: make it anew, or ask whoever made it"},
        {SUAN_E_EXHAUSTED, "nothing more fits: see what can be ended or freed"},
        {SUAN_E_INTEGRITY, "run 'suan registry verify', then restore from a backup"},
        {SUAN_E_IO, "check the path, its permissions and the free space, then try again"},
        {SUAN_E_MEMORY, "free memory, then try again"},
        {SUAN_E_UNSTABLE, "try again on a quieter machine: 'suan doctor' says what it lacks"},
    };
    for (size_t i = 0; error->hint[0] == '\0' && i < sizeof rows / sizeof rows[0]; i++) {
        if (rows[i].status == (enum suan_status)error->status)
            snprintf(error->hint, sizeof error->hint, "%s", rows[i].hint);
    }
}

static int show(struct cli *cli, const struct command *row, enum suan_status status, struct suan_error *error)
{
    int failed = 0;
    if (status != SUAN_OK)
        advise(error);
    if (cli->json) {
        if (cli->result == NULL)
            cli->result = suan_json_new_object();
        if (status != SUAN_OK)
            suan_json_set(cli->result, "error", error_document(error));
        failed = print_document(cli->result);
    } else {
        if (cli->result != NULL && row != NULL && row->print != NULL)
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
    char name[80], hint[120];
    int count = (int)arguments_operands(arguments);
    if (count >= row->min_operands && (row->max_operands < 0 || count <= row->max_operands))
        return SUAN_OK;
    snprintf(name, sizeof name, "%s%s%s", row->noun, row->verb != NULL ? " " : "",
             row->verb != NULL ? row->verb : "");
    snprintf(hint, sizeof hint, "'suan %s --help' shows an example", name);
    if (count < row->min_operands)
        return suan_error_set(error, SUAN_E_USAGE, "cli.operands", hint, "%s: %s is missing", name,
                              row->operands);
    return suan_error_set(error, SUAN_E_USAGE, "cli.operands", hint, "%s: '%s' is one word too many", name,
                          arguments_operand(arguments, (size_t)row->max_operands));
}

/* --- interrupting ------------------------------------------------------------------------------------- */

/* The first signal asks the command to end, which long ones do at their next step; after two seconds, or at
   the second signal, the process ends wherever it is. Nothing that was acknowledged can be lost by that. */
enum { GRACE_S = 2, EXIT_INTERRUPTED = 130 };

static volatile sig_atomic_t interrupted, answers_in_json;

static void give_up(int signal)
{
    static const char text[] = "suan: interrupted; everything acknowledged is kept\n";
    static const char json[] =
        "{\n  \"error\": {\n    \"code\": \"interrupted\",\n    \"message\": \"interrupted\",\n"
        "    \"hint\": \"everything acknowledged is kept\"\n  }\n}\n";
    (void)signal;
    if (answers_in_json != 0)
        (void)!write(STDOUT_FILENO, json, sizeof json - 1);
    else
        (void)!write(STDERR_FILENO, text, sizeof text - 1);
    _exit(EXIT_INTERRUPTED);
}

static void interrupt(int signal)
{
    if (interrupted != 0)
        give_up(signal);
    interrupted = 1;
    alarm(GRACE_S);
}

static void listen_to_user(void)
{
    struct sigaction stop = {.sa_handler = interrupt}, end = {.sa_handler = give_up};
    sigaction(SIGALRM, &end, NULL);
    sigaction(SIGINT, &stop, NULL);
    sigaction(SIGTERM, &stop, NULL);
}

/* --- running ------------------------------------------------------------------------------------------ */

static enum suan_status run_open(struct cli *cli, const struct command *row,
                                 const struct arguments *arguments, struct suan_error *error)
{
    struct suan_service_options options;
    cli_service_options(cli, &options);
    enum suan_status status = suan_service_open(&options, row->mode, &cli->service, error);
    if (status == SUAN_OK)
        status = row->run(cli, row, arguments, error);
    suan_service_close(cli->service);
    cli->service = NULL;
    return status;
}

static int run(struct cli *cli, const struct command *row, int argc, char **argv)
{
    struct suan_error error = {0};
    SUAN_CLEANUP(arguments_freep) struct arguments *arguments = NULL;

    enum suan_status status = arguments_parse(argc, argv, row->options, &arguments, &error);
    if (status == SUAN_OK && arguments_has(arguments, "help")) {
        help_command(stdout, row);
        return 0;
    }
    if (status == SUAN_OK)
        status = check_operands(row, arguments, &error);
    if (status == SUAN_OK) {
        cli->registry = arguments_text(arguments, "registry");
        cli->quiet = arguments_has(arguments, "quiet");
        status = run_open(cli, row, arguments, &error);
    }
    int answer = show(cli, row, status, &error);
    suan_json_release(cli->result);
    return answer;
}

static int unknown(struct cli *cli, const char *noun, const char *verb)
{
    struct suan_error error = {0};
    enum suan_status status = help_unknown(noun, verb, &error);
    int answer = show(cli, NULL, status, &error);
    suan_json_release(cli->result);
    if (!cli->json)
        help_noun(stderr, noun);
    return answer;
}

/* Words behind `suan help`, or in front of --help. */
static int help(struct cli *cli, int argc, char **argv)
{
    struct found found = {0};
    find_command(argc, argv, &found);
    if (argc < 2 || argv[1][0] == '-')
        help_all(stdout);
    else if (found.row != NULL)
        help_command(stdout, found.row);
    else if (!help_noun(stdout, argv[1]))
        return unknown(cli, argv[1], argc > 2 ? argv[2] : NULL);
    return 0;
}

static bool is_help(const char *word)
{
    return strcmp(word, "--help") == 0 || strcmp(word, "-h") == 0;
}

/* Options that every command takes may stand in front of it; they go to the end. */
static void move_leading_options(int argc, char **argv)
{
    for (int moved = 0; moved < argc && argc > 2; moved++) {
        bool is_switch = strcmp(argv[1], "--json") == 0 || strcmp(argv[1], "--quiet") == 0;
        if (!is_switch && strcmp(argv[1], "--registry") != 0)
            return;
        for (int taken = is_switch ? 1 : 2; taken > 0; taken--) {
            char *first = argv[1];
            memmove(argv + 1, argv + 2, (size_t)(argc - 2) * sizeof argv[0]);
            argv[argc - 1] = first;
        }
    }
}

int main(int argc, char **argv)
{
    move_leading_options(argc, argv);
    if (setlocale(LC_CTYPE, "") == NULL)
        setlocale(LC_CTYPE, "C.UTF-8");
    struct cli cli = {.colour = isatty(STDOUT_FILENO) && getenv("NO_COLOR") == NULL,
                      .interrupted = &interrupted};
    for (int i = 1; i < argc; i++)
        cli.json |= strcmp(argv[i], "--json") == 0;
    answers_in_json = cli.json;
    if (argc < 2) {
        help_all(stderr);
        return suan_status_exit(SUAN_E_USAGE);
    }
    if (strcmp(argv[1], "--version") == 0) {
        puts(suan_service_version());
        return 0;
    }
    if (is_help(argv[1]) || strcmp(argv[1], "help") == 0)
        return help(&cli, argc - 1, argv + 1);
    struct found found = {0};
    find_command(argc, argv, &found);
    if (found.row == NULL && argc > 2 && is_help(argv[2]))
        return help(&cli, 2, argv);
    if (found.row == NULL)
        return unknown(&cli, argv[1], argc > 2 && argv[2][0] != '-' ? argv[2] : NULL);
    listen_to_user();
    return run(&cli, found.row, argc - found.words, argv + found.words);
}
