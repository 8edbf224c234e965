/* Commands that are one event: their options, and how what people say reaches the service. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/text.h"
#include "cli.h"

static const struct option_row acting_rows[] = {CLI_ACTING, {NULL, NULL, NULL}};

void cli_acting(const struct arguments *arguments, struct suan_acting *out)
{
    *out = (struct suan_acting){.as = arguments_text(arguments, "as"),
                                .id = arguments_text(arguments, "id"),
                                .command = arguments_text(arguments, "command"),
                                .print_command = arguments_has(arguments, "print-command")};
    for (; out->n_sign < SUAN_SIGNERS_MAX && out->n_sign < arguments_count(arguments, "sign"); out->n_sign++)
        out->sign[out->n_sign] = arguments_nth(arguments, "sign", out->n_sign);
    cli_signatures(arguments, out);
}

void cli_signatures(const struct arguments *arguments, struct suan_acting *out)
{
    for (; out->n_signature < SUAN_SIGNERS_MAX && out->n_signature < arguments_count(arguments, "signature");
         out->n_signature++)
        out->signature[out->n_signature] = arguments_nth(arguments, "signature", out->n_signature);
    for (; out->n_evidence < SUAN_EVIDENCE_MAX && out->n_evidence < arguments_count(arguments, "evidence");
         out->n_evidence++)
        out->evidence[out->n_evidence] = arguments_nth(arguments, "evidence", out->n_evidence);
}

/* --- progress ----------------------------------------------------------------------------------------- */

static void report(void *context, const char *phase, uint64_t done, uint64_t total)
{
    bool live = isatty(STDERR_FILENO);
    (void)context;
    if (total == 0)
        fprintf(stderr, "%s%s …%s", live ? "\r\033[K" : "", phase, live ? "" : "\n");
    else
        fprintf(stderr, "%s%s %" PRIu64 "/%" PRIu64 "%s", live ? "\r\033[K" : "", phase, done, total,
                live && done < total ? "" : "\n");
    fflush(stderr);
}

void cli_service_options(const struct cli *cli, struct suan_service_options *out)
{
    *out = (struct suan_service_options){.registry = cli->registry, .interrupted = cli->interrupted};
    if (!cli->quiet)
        out->progress.report = report;
}

/* --- one event ---------------------------------------------------------------------------------------- */

void cli_print_event(const struct cli *cli, const struct suan_json *result)
{
    const struct suan_json *command = suan_json_find(result, "command");
    const struct suan_json *event = suan_json_find(result, "event");
    (void)cli;
    if (command != NULL) {
        struct suan_span bytes = suan_json_text(command);
        fwrite(bytes.data, 1, bytes.size, stdout);
        return;
    }
    printf("%.*s: %s event %" PRId64 " of the %.*s log, id %.*s\n",
           SUAN_SPAN_PRINTF(suan_json_text(suan_json_find(event, "kind"))),
           suan_json_boolean(suan_json_find(event, "repeated")) ? "already recorded as" : "recorded as",
           suan_json_integer(suan_json_find(event, "index")),
           SUAN_SPAN_PRINTF(suan_json_text(suan_json_find(event, "log"))),
           SUAN_SPAN_PRINTF(suan_json_text(suan_json_find(event, "id"))));
    if (suan_json_boolean(suan_json_find(result, "simulated_time")))
        puts("(time in this registry is simulated)");
}

static void set_values(const struct arguments *arguments, const struct suan_field *field,
                       struct suan_json *request)
{
    size_t count = arguments_count(arguments, field->option);
    if (count == 0)
        return;
    if (field->kind != SUAN_FIELD_SHARES && field->kind != SUAN_FIELD_LIST) {
        suan_json_set_text(request, field->option, arguments_text(arguments, field->option));
        return;
    }
    struct suan_json *values = suan_json_new_array();
    for (size_t i = 0; i < count; i++)
        suan_json_add_text(values, arguments_nth(arguments, field->option, i));
    suan_json_set(request, field->option, values);
}

static enum suan_status run_change(struct cli *cli, const struct command *row,
                                   const struct arguments *arguments, struct suan_error *error)
{
    struct suan_acting acting;
    struct suan_json *request = suan_json_new_object();
    cli_acting(arguments, &acting);
    if (row->change->operand != NULL && arguments_operand(arguments, 0) != NULL)
        suan_json_set_text(request, row->change->operand, arguments_operand(arguments, 0));
    for (const struct suan_field *field = row->change->fields; field->field != NULL; field++) {
        if (field->option != NULL)
            set_values(arguments, field, request);
    }
    enum suan_status status =
        suan_service_change(cli->service, &acting, row->change, request, &cli->result, error);
    suan_json_release(request);
    return status;
}

void cli_change_command(const struct suan_verb *verb, struct command *out,
                        struct option_row rows[OPTIONS_MAX])
{
    size_t count = 0;
    for (const struct suan_field *field = verb->fields; field->field != NULL; field++) {
        if (field->option != NULL)
            rows[count++] = (struct option_row){field->option, field->value, field->help};
    }
    for (size_t i = 0; acting_rows[i].name != NULL; i++)
        rows[count++] = acting_rows[i];
    rows[count] = (struct option_row){NULL, NULL, NULL};
    int operands = verb->operand != NULL ? 1 : 0;
    *out = (struct command){
        .noun = verb->noun,
        .verb = verb->verb,
        .operands = verb->operand_name,
        .summary = verb->summary,
        .example = verb->example,
        .min_operands = operands,
        .max_operands = operands,
        .options = rows,
        .run = run_change,
        .print = cli_print_event,
        .mode = SUAN_SERVICE_WRITE,
        .change = verb,
    };
}
