/* suan registry …, suan log …, suan submit. */
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>

#include "base/cleanup.h"
#include "output.h"
#include "service/registry.h"
#include "tables.h"

static enum suan_status run_init(struct cli *cli, const struct command *row,
                                 const struct arguments *arguments, struct suan_error *error)
{
    struct suan_registry_request request = {
        .folder = cli->registry,
        .origin = arguments_text(arguments, "origin"),
        .operator_ident = arguments_text(arguments, "operator"),
        .operator_display = arguments_text(arguments, "display"),
        .key = arguments_text(arguments, "key"),
        .time = arguments_has(arguments, "simulated-time") ? SUAN_TIME_SIMULATED : SUAN_TIME_REAL,
    };
    (void)row;
    return suan_service_registry_init(&request, &cli->result, error);
}

static void print_init(const struct cli *cli, const struct suan_json *result)
{
    static const struct column columns[] = {{"registry", "registry", COLUMN_TEXT},
                                            {"origin", "origin", COLUMN_TEXT},
                                            {"operator", "operator", COLUMN_TEXT},
                                            {"simulated time", "simulated_time", COLUMN_TEXT},
                                            {NULL, NULL, COLUMN_TEXT}};
    (void)cli;
    output_fields(columns, result);
}

static enum suan_status run_verify(struct cli *cli, const struct command *row,
                                   const struct arguments *arguments, struct suan_error *error)
{
    (void)row;
    (void)arguments;
    return suan_service_registry_verify(cli->service, &cli->result, error);
}

static void print_verify(const struct cli *cli, const struct suan_json *result)
{
    static const struct column columns[] = {{"events", "events", COLUMN_INTEGER},
                                            {"rows", "rows", COLUMN_INTEGER},
                                            {"checkpoints", "checkpoints", COLUMN_INTEGER},
                                            {"packages", "packages", COLUMN_INTEGER},
                                            {NULL, NULL, COLUMN_TEXT}};
    const struct suan_json *differences = suan_json_find(result, "differences");
    (void)cli;
    output_fields(columns, result);
    for (size_t i = 0; i < suan_json_count(differences); i++)
        printf("DIFFERS: %.*s\n", SUAN_SPAN_PRINTF(suan_json_text(suan_json_at(differences, i))));
    if (suan_json_count(differences) == 0)
        puts("every table follows from the logs, and every checkpoint from its key");
}

static enum suan_status run_stats(struct cli *cli, const struct command *row,
                                  const struct arguments *arguments, struct suan_error *error)
{
    (void)row;
    (void)arguments;
    return suan_service_registry_stats(cli->service, &cli->result, error);
}

static void print_stats(const struct cli *cli, const struct suan_json *result)
{
    static const struct column head[] = {{"registry", "registry", COLUMN_TEXT},
                                         {"origin", "origin", COLUMN_TEXT},
                                         {"now", "now_ns", COLUMN_TIME},
                                         {"simulated time", "simulated_time", COLUMN_TEXT},
                                         {NULL, NULL, COLUMN_TEXT}};
    static const struct column logs[] = {{"log", "log", COLUMN_TEXT},
                                         {"events", "size", COLUMN_INTEGER},
                                         {"root", "root", COLUMN_TEXT},
                                         {NULL, NULL, COLUMN_TEXT}};
    const struct suan_json *rows = suan_json_find(result, "rows"), *count = NULL;
    (void)cli;
    output_fields(head, result);
    output_table(logs, suan_json_find(result, "logs"));
    puts("rows");
    for (const char *table = suan_json_next(rows, NULL, &count); table != NULL;
         table = suan_json_next(rows, table, &count)) {
        if (suan_json_integer(count) > 0)
            printf("  %-12s %" PRId64 "\n", table, suan_json_integer(count));
    }
}

static enum suan_status run_export(struct cli *cli, const struct command *row,
                                   const struct arguments *arguments, struct suan_error *error)
{
    (void)row;
    return suan_service_registry_export(cli->service, arguments_operand(arguments, 0), &cli->result, error);
}

static enum suan_status run_restore(struct cli *cli, const struct command *row,
                                    const struct arguments *arguments, struct suan_error *error)
{
    (void)row;
    return suan_service_registry_restore(arguments_operand(arguments, 0), cli->registry,
                                         arguments_text(arguments, "notes"), &cli->result, error);
}

static enum suan_status run_trust(struct cli *cli, const struct command *row,
                                  const struct arguments *arguments, struct suan_error *error)
{
    const char *policy = arguments_text(arguments, "policy"),
               *in_process = arguments_text(arguments, "in-process");
    (void)row;
    return suan_service_registry_trust(cli->service, policy != NULL ? policy : "library",
                                       in_process != NULL ? in_process : "never",
                                       arguments_operand(arguments, 0), &cli->result, error);
}

static void print_trust(const struct cli *cli, const struct suan_json *result)
{
    (void)cli;
    printf("written to %.*s; compare its keys with the bodies by another way before you trust it\n",
           SUAN_SPAN_PRINTF(suan_json_text(suan_json_find(result, "file"))));
}

static void print_file(const struct cli *cli, const struct suan_json *result)
{
    static const struct column columns[] = {{"registry", "registry", COLUMN_TEXT},
                                            {"from", "from", COLUMN_TEXT},
                                            {"file", "file", COLUMN_TEXT},
                                            {"packages", "packages", COLUMN_INTEGER},
                                            {NULL, NULL, COLUMN_TEXT}};
    (void)cli;
    output_fields(columns, result);
}

/* --- logs --------------------------------------------------------------------------------------------- */

static const char *log_of(const struct arguments *arguments)
{
    const char *log = arguments_text(arguments, "log");
    return log != NULL ? log : "registry";
}

static enum suan_status run_checkpoint(struct cli *cli, const struct command *row,
                                       const struct arguments *arguments, struct suan_error *error)
{
    (void)row;
    return suan_service_log_checkpoint(cli->service, log_of(arguments), &cli->result, error);
}

static void print_checkpoint(const struct cli *cli, const struct suan_json *result)
{
    (void)cli;
    printf("%.*s", SUAN_SPAN_PRINTF(suan_json_text(suan_json_find(result, "note"))));
}

static enum suan_status run_prove(struct cli *cli, const struct command *row,
                                  const struct arguments *arguments, struct suan_error *error)
{
    int64_t index = 0;
    (void)row;
    enum suan_status status = arguments_integer(arguments, "index", 0, INT64_MAX, &index, error);
    if (status == SUAN_OK && arguments_text(arguments, "index") == NULL)
        return suan_error_set(error, SUAN_E_USAGE, "cli.option", NULL, "say which event: --index N");
    return status != SUAN_OK ? status
                             : suan_service_log_prove(cli->service, log_of(arguments), index,
                                                      arguments_text(arguments, "out"), &cli->result, error);
}

static void print_proof(const struct cli *cli, const struct suan_json *result)
{
    (void)cli;
    printf("%.*s", SUAN_SPAN_PRINTF(suan_json_text(suan_json_find(result, "proof"))));
}

static enum suan_status run_check(struct cli *cli, const struct command *row,
                                  const struct arguments *arguments, struct suan_error *error)
{
    (void)row;
    return suan_service_log_check(cli->service, log_of(arguments), arguments_text(arguments, "since"),
                                  &cli->result, error);
}

static void print_check(const struct cli *cli, const struct suan_json *result)
{
    static const struct column columns[] = {{"log", "log", COLUMN_TEXT},
                                            {"events", "size", COLUMN_INTEGER},
                                            {"root", "root", COLUMN_TEXT},
                                            {"grew from", "grew_from", COLUMN_INTEGER},
                                            {NULL, NULL, COLUMN_TEXT}};
    (void)cli;
    output_fields(columns, result);
    puts("the signed checkpoint fits the log");
}

/* --- submit ------------------------------------------------------------------------------------------- */

static enum suan_status submit_one(struct cli *cli, const struct suan_acting *acting,
                                   struct suan_json *events, struct suan_error *error)
{
    SUAN_CLEANUP(suan_json_releasep) struct suan_json *result = NULL;
    enum suan_status status = suan_service_submit(cli->service, acting, &result, error);
    if (status == SUAN_OK)
        suan_json_add_copy(events, suan_json_find(result, "event"));
    else
        suan_error_prefix(error, acting->command);
    return status;
}

/* A command whose signature lies beside it, as ssh-keygen leaves it. */
static enum suan_status submit_beside(struct cli *cli, const char *command, struct suan_acting acting,
                                      struct suan_json *events, struct suan_error *error)
{
    char beside[PATH_MAX];
    if (snprintf(beside, sizeof beside, "%s.sig", command) >= PATH_MAX)
        return suan_error_set(error, SUAN_E_USAGE, "path.too-long", NULL, "the path is too long");
    acting.command = command;
    if (acting.n_signature == 0)
        acting.signature[acting.n_signature++] = beside;
    return submit_one(cli, &acting, events, error);
}

static enum suan_status run_submit(struct cli *cli, const struct command *row,
                                   const struct arguments *arguments, struct suan_error *error)
{
    struct suan_acting acting = {.command = NULL};
    struct suan_json *events = suan_json_new_array();
    enum suan_status status = SUAN_OK;
    (void)row;
    cli->result = suan_json_new_object();
    suan_json_set(cli->result, "events", events);
    cli_signatures(arguments, &acting);
    if (acting.n_signature > 0 && arguments_operands(arguments) > 1)
        return suan_error_set(error, SUAN_E_USAGE, "cli.option",
                              "hand them in one by one, or keep each FILE's signature in FILE.sig",
                              "--signature cannot be told apart for several commands");
    for (size_t i = 0; status == SUAN_OK && i < arguments_operands(arguments); i++)
        status = submit_beside(cli, arguments_operand(arguments, i), acting, events, error);
    return status;
}

static void print_submitted(const struct cli *cli, const struct suan_json *result)
{
    const struct suan_json *events = suan_json_find(result, "events");
    for (size_t i = 0; i < suan_json_count(events); i++) {
        SUAN_CLEANUP(suan_json_releasep) struct suan_json *one = suan_json_new_object();
        suan_json_set_copy(one, "event", suan_json_at(events, i));
        cli_print_event(cli, one);
    }
}

static enum suan_status run_backup(struct cli *cli, const struct command *row,
                                   const struct arguments *arguments, struct suan_error *error)
{
    (void)row;
    return suan_service_registry_backup(cli->service, arguments_operand(arguments, 0), &cli->result, error);
}

static void print_backup(const struct cli *cli, const struct suan_json *result)
{
    static const struct column columns[] = {{"registry", "registry", COLUMN_TEXT},
                                            {"backup", "folder", COLUMN_TEXT},
                                            {"packages", "packages", COLUMN_INTEGER},
                                            {NULL, NULL, COLUMN_TEXT}};
    (void)cli;
    output_fields(columns, result);
    puts("its folder notes/ can sign for this registry: keep it as safe as the registry itself");
}

#define NO_OPTIONS                                                                                           \
    {                                                                                                        \
        NULL, NULL, NULL                                                                                     \
    }
static const struct option_row init_options[] = {
    {"key", "FILE", "the operator's key, an OpenSSH private key file"},
    {"origin", "NAME", "host-like name of this registry; default suan.local"},
    {"operator", "IDENT", "the operator's identity; default operator"},
    {"display", "TEXT", "the operator's name as people see it"},
    {"simulated-time", NULL,
     "a registry for demonstrations, whose clock can be moved forward; every output says so"},
    NO_OPTIONS};
static const struct option_row restore_options[] = {
    {"notes", "DIR",
     "the folder with the note keys; default those in a backup; without them nothing can be signed"},
    NO_OPTIONS};
static const struct option_row trust_options[] = {
    {"policy", "NAME", "whose bodies must sign; default library"},
    {"in-process", "RULE", "never or vetted; default never"},
    NO_OPTIONS};
static const struct option_row log_options[] = {{"log", "NAME", "registry or ledger; default registry"},
                                                NO_OPTIONS};
static const struct option_row prove_options[] = {{"log", "NAME", "registry or ledger; default registry"},
                                                  {"index", "N", "the event"},
                                                  {"out", "FILE", "write the proof there, too"},
                                                  NO_OPTIONS};
static const struct option_row check_options[] = {{"log", "NAME", "registry or ledger; default registry"},
                                                  {"since", "FILE", "a checkpoint that you kept"},
                                                  NO_OPTIONS};
static const struct option_row submit_options[] = {
    {"signature", "FILE",
     "a signature of the command (ssh-keygen -Y sign -n suan-event-v1); repeat; default COMMAND.sig"},
    {"evidence", "FILE", "a file that the command names by its digest; repeat"},
    NO_OPTIONS};

const struct command cli_registry_commands[] = {
    {"registry", "init", "", "make a registry",
     "suan registry init --registry reg --key operator --origin suan.example", 0, 0, init_options, run_init,
     print_init, SUAN_SERVICE_NONE, NULL},
    {"registry", "verify", "", "replay both logs and compare every table",
     "suan registry verify --registry reg", 0, 0, NULL, run_verify, print_verify, SUAN_SERVICE_READ, NULL},
    {"registry", "stats", "", "sizes, roots and rows", "suan registry stats --registry reg", 0, 0, NULL,
     run_stats, print_stats, SUAN_SERVICE_READ, NULL},
    {"registry", "export", "FILE", "write the whole registry as text",
     "suan registry export reg.txt --registry reg", 1, 1, NULL, run_export, print_file, SUAN_SERVICE_READ,
     NULL},
    {"registry", "backup", "DIR", "copy all that is needed to make the registry again",
     "suan registry backup reg-2027-01-31 --registry reg", 1, 1, NULL, run_backup, print_backup,
     SUAN_SERVICE_READ, NULL},
    {"registry", "restore", "DIR|FILE", "make a registry from a backup or an export",
     "suan registry restore reg-2027-01-31 --registry copy", 1, 1, restore_options, run_restore, print_file,
     SUAN_SERVICE_NONE, NULL},
    {"registry", "trust", "FILE", "write the trust file of this registry, for hosts that load from it",
     "suan registry trust trust.json --policy library --in-process vetted --registry reg", 1, 1,
     trust_options, run_trust, print_trust, SUAN_SERVICE_READ, NULL},
    {"log", "checkpoint", "", "the newest signed checkpoint", "suan log checkpoint --log registry", 0, 0,
     log_options, run_checkpoint, print_checkpoint, SUAN_SERVICE_READ, NULL},
    {"log", "prove", "", "prove that an event is in the log",
     "suan log prove --index 7 --out event7.tlog-proof", 0, 0, prove_options, run_prove, print_proof,
     SUAN_SERVICE_READ, NULL},
    {"log", "check", "", "check the log against its checkpoint, and that it only grew",
     "suan log check --since checkpoint.txt", 0, 0, check_options, run_check, print_check, SUAN_SERVICE_READ,
     NULL},
    {"submit", NULL, "COMMAND…", "hand in commands that were signed elsewhere",
     "suan submit command.json --signature command.json.sig", 1, -1, submit_options, run_submit,
     print_submitted, SUAN_SERVICE_WRITE, NULL},
    {NULL, NULL, NULL, NULL, NULL, 0, 0, NULL, NULL, NULL, SUAN_SERVICE_NONE, NULL}};
