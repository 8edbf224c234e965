/* suan receipt, credit, ledger, programme. */
#include <inttypes.h>
#include <stdio.h>

#include "base/text.h"
#include "output.h"
#include "service/money.h"
#include "tables.h"

static enum suan_status run_receipts(struct cli *cli, const struct command *row,
                                     const struct arguments *arguments, struct suan_error *error)
{
    (void)row;
    (void)arguments;
    return suan_service_receipt_list(cli->service, &cli->result, error);
}

static void print_receipts(const struct cli *cli, const struct suan_json *result)
{
    static const struct column columns[] = {{"receipt", "digest", COLUMN_TEXT},
                                            {"user", "user", COLUMN_TEXT},
                                            {"id", "id", COLUMN_TEXT},
                                            {"no.", "sequence", COLUMN_INTEGER},
                                            {"saved", "saving_ns", COLUMN_CPU_NS},
                                            {"earned", "earned", COLUMN_TEXT},
                                            {NULL, NULL, COLUMN_TEXT}};
    (void)cli;
    output_table(columns, suan_json_find(result, "receipts"));
}

static enum suan_status run_receipt(struct cli *cli, const struct command *row,
                                    const struct arguments *arguments, struct suan_error *error)
{
    (void)row;
    return suan_service_receipt_show(cli->service, arguments_operand(arguments, 0), &cli->result, error);
}

static void print_receipt(const struct cli *cli, const struct suan_json *result)
{
    static const struct column head[] = {{"user", "user", COLUMN_TEXT},
                                         {"id", "id", COLUMN_TEXT},
                                         {"version", "version", COLUMN_TEXT},
                                         {"task", "task", COLUMN_TEXT},
                                         {"isolation", "level", COLUMN_TEXT},
                                         {"no.", "sequence", COLUMN_INTEGER},
                                         {"saved", "saving_ns", COLUMN_CPU_NS},
                                         {"flags", "flags", COLUMN_TEXT},
                                         {"measurement", "measurement", COLUMN_TEXT},
                                         {NULL, NULL, COLUMN_TEXT}};
    static const struct column bins[] = {
        {"above", "lo", COLUMN_INTEGER},      {"to", "hi", COLUMN_INTEGER},
        {"jobs", "jobs", COLUMN_INTEGER},     {"CPU time", "cpu_ns", COLUMN_CPU_NS},
        {"failed", "failed", COLUMN_INTEGER}, {NULL, NULL, COLUMN_TEXT}};
    const struct suan_json *receipt = suan_json_find(result, "receipt");
    (void)cli;
    printf("receipt %.*s\n", SUAN_SPAN_PRINTF(suan_json_text(suan_json_find(result, "digest"))));
    output_fields(head, receipt);
    output_table(bins, suan_json_find(receipt, "bins"));
    printf("%zu shadow runs\n", suan_json_count(suan_json_find(suan_json_find(receipt, "shadow"), "pairs")));
}

static enum suan_status run_credits(struct cli *cli, const struct command *row,
                                    const struct arguments *arguments, struct suan_error *error)
{
    (void)row;
    (void)arguments;
    return suan_service_credit_list(cli->service, &cli->result, error);
}

static void print_credits(const struct cli *cli, const struct suan_json *result)
{
    static const struct column columns[] = {
        {"receipt", "receipt", COLUMN_SHORT_HEX}, {"algorithm", "id", COLUMN_TEXT},
        {"saved", "saving_ns", COLUMN_CPU_NS},    {"worth", "saved_fen", COLUMN_YUAN},
        {"算法券", "credit_fen", COLUMN_YUAN},    {"bound by", "binding", COLUMN_TEXT},
        {"programme", "programme", COLUMN_TEXT},  {NULL, NULL, COLUMN_TEXT}};
    static const struct column owners[] = {{"owner", "id", COLUMN_TEXT},
                                           {"share", "bp", COLUMN_PERCENT_BP},
                                           {"算法券", "fen", COLUMN_YUAN},
                                           {NULL, NULL, COLUMN_TEXT}};
    const struct suan_json *credits = suan_json_find(result, "credits");
    (void)cli;
    output_table(columns, credits);
    for (size_t i = 0; i < suan_json_count(credits); i++) {
        const struct suan_json *credit = suan_json_at(credits, i);
        printf("\n%.*s\n", SUAN_SPAN_PRINTF(suan_json_text(suan_json_find(credit, "receipt"))));
        output_table(owners, suan_json_find(credit, "owners"));
    }
}

static enum suan_status run_accounts(struct cli *cli, const struct command *row,
                                     const struct arguments *arguments, struct suan_error *error)
{
    (void)row;
    (void)arguments;
    return suan_service_ledger_accounts(cli->service, &cli->result, error);
}

static void print_accounts(const struct cli *cli, const struct suan_json *result)
{
    static const struct column columns[] = {
        {"account", "account", COLUMN_TEXT},     {"ledger", "ledger", COLUMN_TEXT},
        {"kind", "kind", COLUMN_TEXT},           {"of", "owner", COLUMN_TEXT},
        {"balance", "balance_fen", COLUMN_YUAN}, {NULL, NULL, COLUMN_TEXT}};
    (void)cli;
    output_table(columns, suan_json_find(result, "accounts"));
}

static enum suan_status run_history(struct cli *cli, const struct command *row,
                                    const struct arguments *arguments, struct suan_error *error)
{
    (void)row;
    return suan_service_ledger_history(cli->service, arguments_operand(arguments, 0), &cli->result, error);
}

static void print_history(const struct cli *cli, const struct suan_json *result)
{
    static const struct column columns[] = {{"no.", "seq", COLUMN_INTEGER},
                                            {"time", "time_ns", COLUMN_TIME},
                                            {"event", "event", COLUMN_INTEGER},
                                            {"moved", "fen", COLUMN_YUAN},
                                            {"balance", "balance_fen", COLUMN_YUAN},
                                            {"other account", "other", COLUMN_TEXT},
                                            {NULL, NULL, COLUMN_TEXT}};
    (void)cli;
    output_table(columns, suan_json_find(result, "movements"));
}

static enum suan_status run_ledger_check(struct cli *cli, const struct command *row,
                                         const struct arguments *arguments, struct suan_error *error)
{
    (void)row;
    (void)arguments;
    return suan_service_ledger_check(cli->service, &cli->result, error);
}

static void print_ledger_check(const struct cli *cli, const struct suan_json *result)
{
    static const struct column columns[] = {{"accounts", "accounts", COLUMN_INTEGER},
                                            {"transfers", "transfers", COLUMN_INTEGER},
                                            {"refused", "failures", COLUMN_INTEGER},
                                            {"open reservations", "open_pending", COLUMN_INTEGER},
                                            {NULL, NULL, COLUMN_TEXT}};
    (void)cli;
    output_fields(columns, result);
    puts("every balance follows from the transfers, and debits equal credits");
}

static enum suan_status run_programmes(struct cli *cli, const struct command *row,
                                       const struct arguments *arguments, struct suan_error *error)
{
    (void)row;
    (void)arguments;
    return suan_service_programme_list(cli->service, &cli->result, error);
}

static void print_programmes(const struct cli *cli, const struct suan_json *result)
{
    static const struct column columns[] = {{"programme", "id", COLUMN_TEXT},
                                            {"version", "version", COLUMN_INTEGER},
                                            {"installed", "installed_ns", COLUMN_TIME},
                                            {"file", "digest", COLUMN_SHORT_HEX},
                                            {NULL, NULL, COLUMN_TEXT}};
    static const struct column tariffs[] = {{"tariff", "id", COLUMN_TEXT},
                                            {"installed", "installed_ns", COLUMN_TIME},
                                            {"file", "digest", COLUMN_SHORT_HEX},
                                            {NULL, NULL, COLUMN_TEXT}};
    (void)cli;
    output_table(columns, suan_json_find(result, "programmes"));
    putchar('\n');
    output_table(tariffs, suan_json_find(result, "tariffs"));
}

const struct command cli_money_commands[] = {
    {"receipt", "list", "", "receipts on record", "suan receipt list", 0, 0, NULL, run_receipts,
     print_receipts, SUAN_SERVICE_READ, NULL},
    {"receipt", "show", "DIGEST|FILE", "a receipt on record, or in a file",
     "suan receipt show receipt.dsse.json", 1, 1, NULL, run_receipt, print_receipt, SUAN_SERVICE_READ, NULL},
    {"credit", "list", "", "算法券 credits that receipts have earned", "suan credit list", 0, 0, NULL,
     run_credits, print_credits, SUAN_SERVICE_READ, NULL},
    {"ledger", "accounts", "", "accounts and balances", "suan ledger accounts", 0, 0, NULL, run_accounts,
     print_accounts, SUAN_SERVICE_READ, NULL},
    {"ledger", "history", "ACCOUNT", "the movements of one account",
     "suan ledger history 'algorithm-voucher-design|liwei'", 1, 1, NULL, run_history, print_history,
     SUAN_SERVICE_READ, NULL},
    {"ledger", "check", "", "fold all transfers anew and compare", "suan ledger check", 0, 0, NULL,
     run_ledger_check, print_ledger_check, SUAN_SERVICE_READ, NULL},
    {"programme", "list", "", "programmes and tariffs on record", "suan programme list", 0, 0, NULL,
     run_programmes, print_programmes, SUAN_SERVICE_READ, NULL},
    {NULL, NULL, NULL, NULL, NULL, 0, 0, NULL, NULL, NULL, SUAN_SERVICE_NONE, NULL}};
