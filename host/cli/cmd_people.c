/* suan identity show|list, key list, owner show, review list|show, task list, policy list. */
#include <stdio.h>

#include "output.h"
#include "service/show.h"
#include "tables.h"

static enum suan_status run_identity_list(struct cli *cli, const struct command *row,
                                          const struct arguments *arguments, struct suan_error *error)
{
    (void)row;
    (void)arguments;
    return suan_service_identity_list(cli->service, &cli->result, error);
}

static void print_identities(const struct cli *cli, const struct suan_json *result)
{
    static const struct column columns[] = {{"id", "id", COLUMN_TEXT},
                                            {"type", "type", COLUMN_TEXT},
                                            {"name", "display", COLUMN_TEXT},
                                            {"created", "created_ns", COLUMN_TIME},
                                            {NULL, NULL, COLUMN_TEXT}};
    (void)cli;
    output_table(columns, suan_json_find(result, "identities"));
}

static enum suan_status run_identity_show(struct cli *cli, const struct command *row,
                                          const struct arguments *arguments, struct suan_error *error)
{
    (void)row;
    return suan_service_identity_show(cli->service, arguments_operand(arguments, 0), &cli->result, error);
}

static const struct column key_columns[] = {{"key", "id", COLUMN_SHORT_HEX},
                                            {"state", "state", COLUMN_TEXT},
                                            {"since event", "added_index", COLUMN_INTEGER},
                                            {"public key", "key", COLUMN_TEXT},
                                            {NULL, NULL, COLUMN_TEXT}};

static void print_identity(const struct cli *cli, const struct suan_json *result)
{
    static const struct column head[] = {{"id", "id", COLUMN_TEXT},
                                         {"type", "type", COLUMN_TEXT},
                                         {"name", "display", COLUMN_TEXT},
                                         {"contact", "contact", COLUMN_TEXT},
                                         {"created", "created_ns", COLUMN_TIME},
                                         {NULL, NULL, COLUMN_TEXT}};
    static const struct column members[] = {{"member", "ident", COLUMN_TEXT},
                                            {"roles", "roles", COLUMN_TEXT},
                                            {"until", "until_ns", COLUMN_TIME},
                                            {"active", "active", COLUMN_TEXT},
                                            {"membership", "membership", COLUMN_INTEGER},
                                            {NULL, NULL, COLUMN_TEXT}};
    (void)cli;
    output_fields(head, suan_json_find(result, "identity"));
    putchar('\n');
    output_table(key_columns, suan_json_find(result, "keys"));
    if (suan_json_count(suan_json_find(result, "members")) > 0) {
        putchar('\n');
        output_table(members, suan_json_find(result, "members"));
    }
}

static void print_keys(const struct cli *cli, const struct suan_json *result)
{
    (void)cli;
    output_table(key_columns, suan_json_find(result, "keys"));
}

static enum suan_status run_owner_show(struct cli *cli, const struct command *row,
                                       const struct arguments *arguments, struct suan_error *error)
{
    (void)row;
    return suan_service_owner_show(cli->service, arguments_operand(arguments, 0), &cli->result, error);
}

static void print_owners(const struct cli *cli, const struct suan_json *result)
{
    static const struct column owners[] = {
        {"owner", "id", COLUMN_TEXT}, {"share", "bp", COLUMN_PERCENT_BP}, {NULL, NULL, COLUMN_TEXT}};
    static const struct column history[] = {
        {"event", "index", COLUMN_INTEGER}, {"owners", "owners", COLUMN_SHARES}, {NULL, NULL, COLUMN_TEXT}};
    static const struct column offers[] = {{"offer", "offer", COLUMN_TEXT},
                                           {"from", "from", COLUMN_TEXT},
                                           {"to", "to", COLUMN_TEXT},
                                           {"share", "bp", COLUMN_PERCENT_BP},
                                           {"open until", "until_ns", COLUMN_TIME},
                                           {NULL, NULL, COLUMN_TEXT}};
    (void)cli;
    output_table(owners, suan_json_find(result, "owners"));
    putchar('\n');
    output_table(history, suan_json_find(result, "history"));
    if (suan_json_count(suan_json_find(result, "offers")) == 0)
        return;
    putchar('\n');
    output_table(offers, suan_json_find(result, "offers"));
}

static enum suan_status run_review_list(struct cli *cli, const struct command *row,
                                        const struct arguments *arguments, struct suan_error *error)
{
    (void)row;
    (void)arguments;
    return suan_service_review_list(cli->service, &cli->result, error);
}

static void print_reviews(const struct cli *cli, const struct suan_json *result)
{
    static const struct column columns[] = {{"id", "id", COLUMN_TEXT},
                                            {"version", "version", COLUMN_TEXT},
                                            {"state", "state", COLUMN_TEXT},
                                            {"signed", "signatures", COLUMN_INTEGER},
                                            {"of", "k", COLUMN_INTEGER},
                                            {"bodies", "n", COLUMN_INTEGER},
                                            {"publisher", "publisher", COLUMN_TEXT},
                                            {NULL, NULL, COLUMN_TEXT}};
    (void)cli;
    output_table(columns, suan_json_find(result, "reviews"));
}

static enum suan_status run_review_show(struct cli *cli, const struct command *row,
                                        const struct arguments *arguments, struct suan_error *error)
{
    (void)row;
    return suan_service_review_show(cli->service, arguments_operand(arguments, 0), &cli->result, error);
}

static void print_page(const struct cli *cli, const struct suan_json *result)
{
    static const struct column criteria[] = {{"criterion", "id", COLUMN_TEXT},
                                             {"verdict", "verdict", COLUMN_TEXT},
                                             {"value", "value_bp", COLUMN_PERCENT_BP},
                                             {"at least", "threshold_bp", COLUMN_PERCENT_BP},
                                             {"evidence", "attestation", COLUMN_SHORT_HEX},
                                             {NULL, NULL, COLUMN_TEXT}};
    static const struct column votes[] = {{"body", "body", COLUMN_TEXT},
                                          {"decision", "decision", COLUMN_TEXT},
                                          {"signed by", "signer", COLUMN_TEXT},
                                          {"event", "index", COLUMN_INTEGER},
                                          {NULL, NULL, COLUMN_TEXT}};
    static const struct column owners[] = {
        {"owner", "id", COLUMN_TEXT}, {"share", "bp", COLUMN_PERCENT_BP}, {NULL, NULL, COLUMN_TEXT}};
    static const struct column evidence[] = {{"evidence", "type", COLUMN_TEXT},
                                             {"by", "by", COLUMN_TEXT},
                                             {"event", "index", COLUMN_INTEGER},
                                             {"blob", "blob", COLUMN_SHORT_HEX},
                                             {NULL, NULL, COLUMN_TEXT}};
    const struct suan_json *page = suan_json_find(result, "page"), *release = suan_json_find(page, "release");
    (void)cli;
    printf("%.*s@%.*s\npage %.*s\n\n", SUAN_SPAN_PRINTF(suan_json_text(suan_json_find(release, "id"))),
           SUAN_SPAN_PRINTF(suan_json_text(suan_json_find(release, "version"))),
           SUAN_SPAN_PRINTF(suan_json_text(suan_json_find(result, "page_digest"))));
    output_table(criteria, suan_json_find(page, "criteria"));
    putchar('\n');
    output_table(owners, suan_json_find(page, "owners"));
    putchar('\n');
    output_table(evidence, suan_json_find(page, "attestations"));
    putchar('\n');
    output_table(votes, suan_json_find(page, "votes"));
}

static enum suan_status run_task_list(struct cli *cli, const struct command *row,
                                      const struct arguments *arguments, struct suan_error *error)
{
    (void)row;
    (void)arguments;
    return suan_service_task_list(cli->service, &cli->result, error);
}

static void print_tasks(const struct cli *cli, const struct suan_json *result)
{
    static const struct column columns[] = {{"task", "task", COLUMN_TEXT},
                                            {"version", "version", COLUMN_INTEGER},
                                            {"contract", "contract", COLUMN_TEXT},
                                            {"release", "contract_version", COLUMN_TEXT},
                                            {"digest", "digest", COLUMN_SHORT_HEX},
                                            {"incumbent", "incumbent", COLUMN_TEXT},
                                            {NULL, NULL, COLUMN_TEXT}};
    (void)cli;
    output_table(columns, suan_json_find(result, "tasks"));
}

static enum suan_status run_policy_list(struct cli *cli, const struct command *row,
                                        const struct arguments *arguments, struct suan_error *error)
{
    (void)row;
    (void)arguments;
    return suan_service_policy_list(cli->service, &cli->result, error);
}

static void print_policies(const struct cli *cli, const struct suan_json *result)
{
    static const struct column columns[] = {
        {"policy", "policy", COLUMN_TEXT},  {"version", "version", COLUMN_INTEGER},
        {"k", "k", COLUMN_INTEGER},         {"n", "n", COLUMN_INTEGER},
        {"until", "until_ns", COLUMN_TIME}, {"bodies", "bodies", COLUMN_TEXT},
        {NULL, NULL, COLUMN_TEXT}};
    (void)cli;
    output_table(columns, suan_json_find(result, "policies"));
}

const struct command cli_people_commands[] = {
    {"identity", "list", "", "people and organisations on record", "suan identity list", 0, 0, NULL,
     run_identity_list, print_identities, SUAN_SERVICE_READ, NULL},
    {"identity", "show", "IDENT", "one identity, its keys and members", "suan identity show acme", 1, 1, NULL,
     run_identity_show, print_identity, SUAN_SERVICE_READ, NULL},
    {"key", "list", "IDENT", "the keys of an identity", "suan key list acme", 1, 1, NULL, run_identity_show,
     print_keys, SUAN_SERVICE_READ, NULL},
    {"owner", "show", "NAME", "who owns an algorithm, and ever did", "suan owner show sky-kdtree", 1, 1, NULL,
     run_owner_show, print_owners, SUAN_SERVICE_READ, NULL},
    {"review", "list", "", "releases that were submitted for review", "suan review list", 0, 0, NULL,
     run_review_list, print_reviews, SUAN_SERVICE_READ, NULL},
    {"review", "show", "ID[@VERSION]", "the page that a reviewer signs for",
     "suan review show sky-kdtree@1.0.0", 1, 1, NULL, run_review_show, print_page, SUAN_SERVICE_READ, NULL},
    {"task", "list", "", "the tasks that bodies have set", "suan task list", 0, 0, NULL, run_task_list,
     print_tasks, SUAN_SERVICE_READ, NULL},
    {"policy", "list", "", "which bodies must sign", "suan policy list", 0, 0, NULL, run_policy_list,
     print_policies, SUAN_SERVICE_READ, NULL},
    {NULL, NULL, NULL, NULL, NULL, 0, 0, NULL, NULL, NULL, SUAN_SERVICE_NONE, NULL}};
