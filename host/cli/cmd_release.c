/* suan pack, publish, list, show, fetch. */
#include <inttypes.h>
#include <stdio.h>

#include "base/text.h"
#include "output.h"
#include "service/publish.h"
#include "service/show.h"
#include "tables.h"

/* --- pack, publish ------------------------------------------------------------------------------------ */

static enum suan_status run_pack(struct cli *cli, const struct command *row,
                                 const struct arguments *arguments, struct suan_error *error)
{
    (void)row;
    return suan_service_pack(arguments_operand(arguments, 0), arguments_text(arguments, "out"), &cli->result,
                             error);
}

static void print_package(const struct cli *cli, const struct suan_json *result)
{
    static const struct column columns[] = {
        {"package", "file", COLUMN_TEXT},    {"id", "id", COLUMN_TEXT},
        {"version", "version", COLUMN_TEXT}, {"digest", "digest", COLUMN_TEXT},
        {"bytes", "bytes", COLUMN_INTEGER},  {NULL, NULL, COLUMN_TEXT}};
    (void)cli;
    output_fields(columns, result);
}

static enum suan_status run_publish(struct cli *cli, const struct command *row,
                                    const struct arguments *arguments, struct suan_error *error)
{
    struct suan_acting acting;
    struct suan_publish_request request = {
        .package = arguments_operand(arguments, 0),
        .release_signature = arguments_text(arguments, "release-signature"),
        .what = arguments_has(arguments, "print-release") ? SUAN_PUBLISH_PRINT_RELEASE : SUAN_PUBLISH_SUBMIT,
    };
    (void)row;
    cli_acting(arguments, &acting);
    for (;
         request.n_owners < SUAN_PUBLISH_OWNERS_MAX && request.n_owners < arguments_count(arguments, "owner");
         request.n_owners++)
        request.owners[request.n_owners] = arguments_nth(arguments, "owner", request.n_owners);
    return suan_service_publish(cli->service, &acting, &request, &cli->result, error);
}

static void print_publish(const struct cli *cli, const struct suan_json *result)
{
    const struct suan_json *text = suan_json_find(result, "release_text"),
                           *release = suan_json_find(result, "release");
    if (text != NULL) {
        fwrite(suan_json_text(text).data, 1, suan_json_text(text).size, stdout);
        return;
    }
    if (suan_json_find(result, "command") == NULL)
        printf("%.*s@%.*s  %.*s\n", SUAN_SPAN_PRINTF(suan_json_text(suan_json_find(release, "id"))),
               SUAN_SPAN_PRINTF(suan_json_text(suan_json_find(release, "version"))),
               SUAN_SPAN_PRINTF(suan_json_text(suan_json_find(release, "digest"))));
    cli_print_event(cli, result);
}

/* --- list, show, fetch -------------------------------------------------------------------------------- */

static enum suan_status run_list(struct cli *cli, const struct command *row,
                                 const struct arguments *arguments, struct suan_error *error)
{
    struct suan_list_request request = {arguments_text(arguments, "task"), arguments_text(arguments, "state"),
                                        arguments_text(arguments, "kind")};
    (void)row;
    return suan_service_list(cli->service, &request, &cli->result, error);
}

static void print_list(const struct cli *cli, const struct suan_json *result)
{
    static const struct column columns[] = {{"id", "id", COLUMN_TEXT},
                                            {"version", "version", COLUMN_TEXT},
                                            {"kind", "kind", COLUMN_TEXT},
                                            {"state", "state", COLUMN_TEXT},
                                            {"signed", "signatures", COLUMN_INTEGER},
                                            {"tasks", "tasks", COLUMN_TEXT},
                                            {"digest", "digest", COLUMN_SHORT_HEX},
                                            {NULL, NULL, COLUMN_TEXT}};
    (void)cli;
    output_table(columns, suan_json_find(result, "releases"));
}

static enum suan_status run_show(struct cli *cli, const struct command *row,
                                 const struct arguments *arguments, struct suan_error *error)
{
    (void)row;
    return suan_service_show(cli->service, arguments_operand(arguments, 0),
                             arguments_text(arguments, "export"), &cli->result, error);
}

static void print_title(const struct suan_json *manifest)
{
    const struct suan_json *title = suan_json_find(manifest, "title");
    static const char *const languages[] = {"zh", "en"};
    for (size_t i = 0; i < 2; i++) {
        const struct suan_json *text = suan_json_find(title, languages[i]);
        if (text != NULL)
            printf("%.*s\n", SUAN_SPAN_PRINTF(suan_json_text(text)));
    }
}

static void print_saving(const struct suan_json *measurement)
{
    static const struct column columns[] = {{"baseline", "baseline_ns", COLUMN_CPU_NS},
                                            {"plugin", "plugin_ns", COLUMN_CPU_NS},
                                            {"credited", "credited_ns", COLUMN_CPU_NS},
                                            {NULL, NULL, COLUMN_TEXT}};
    if (measurement == NULL)
        return;
    printf("measured: %.*s, %.*s, tier %.*s\n",
           SUAN_SPAN_PRINTF(suan_json_text(suan_json_find(measurement, "status"))),
           SUAN_SPAN_PRINTF(suan_json_text(suan_json_find(measurement, "mode"))),
           SUAN_SPAN_PRINTF(suan_json_text(suan_json_find(measurement, "tier"))));
    output_fields(columns, suan_json_find(measurement, "saving"));
}

static void print_show(const struct cli *cli, const struct suan_json *result)
{
    static const struct column head[] = {{"id", "id", COLUMN_TEXT},
                                         {"version", "version", COLUMN_TEXT},
                                         {"state", "state", COLUMN_TEXT},
                                         {"signatures", "signatures", COLUMN_INTEGER},
                                         {"tasks", "tasks", COLUMN_TEXT},
                                         {"publisher", "publisher", COLUMN_TEXT},
                                         {"published", "published_ns", COLUMN_TIME},
                                         {"digest", "digest", COLUMN_TEXT},
                                         {NULL, NULL, COLUMN_TEXT}};
    static const struct column owners[] = {
        {"owner", "id", COLUMN_TEXT}, {"share", "bp", COLUMN_PERCENT_BP}, {NULL, NULL, COLUMN_TEXT}};
    static const struct column evidence[] = {{"evidence", "type", COLUMN_TEXT},
                                             {"by", "by", COLUMN_TEXT},
                                             {"event", "index", COLUMN_INTEGER},
                                             {"blob", "blob", COLUMN_SHORT_HEX},
                                             {NULL, NULL, COLUMN_TEXT}};
    const struct suan_json *exported = suan_json_find(result, "exported");
    (void)cli;
    print_title(suan_json_find(result, "manifest"));
    output_fields(head, suan_json_find(result, "release"));
    putchar('\n');
    output_table(owners, suan_json_find(result, "owners"));
    putchar('\n');
    print_saving(suan_json_find(result, "measurement"));
    output_table(evidence, suan_json_find(result, "attestations"));
    for (size_t i = 0; i < suan_json_count(exported); i++)
        printf("wrote %.*s\n", SUAN_SPAN_PRINTF(suan_json_text(suan_json_at(exported, i))));
    printf("\n%.*s\n", SUAN_SPAN_PRINTF(suan_json_text(suan_json_find(result, "in_process"))));
}

static enum suan_status run_fetch(struct cli *cli, const struct command *row,
                                  const struct arguments *arguments, struct suan_error *error)
{
    const char *out = arguments_text(arguments, "out");
    (void)row;
    if (out == NULL)
        return suan_error_set(error, SUAN_E_USAGE, "cli.option", NULL, "say where to: --out FILE");
    return suan_service_fetch(cli->service, arguments_operand(arguments, 0), out, &cli->result, error);
}

static const struct option_row pack_options[] = {
    {"out", "FILE", "the package; default NAME-VERSION.suan here"}, {NULL, NULL, NULL}};
static const struct option_row publish_options[] = {
    {"owner", "IDENT=BP", "for a new name: a share in basis points; repeat, sum 10000; all owners sign"},
    {"print-release", NULL,
     "write the text that a publisher signs with: ssh-keygen -Y sign -n suan-release-v1"},
    {"release-signature", "FILE", "that signature, made elsewhere"},
    CLI_ACTING,
    {NULL, NULL, NULL}};
static const struct option_row list_options[] = {{"task", "TASK", "only releases for this task"},
                                                 {"state", "STATE", "only published, submitted, vetted …"},
                                                 {"kind", "KIND", "only algorithm, or task"},
                                                 {NULL, NULL, NULL}};
static const struct option_row show_options[] = {
    {"export", "DIR",
     "write package, signed text, signature and allowed_signers there, for ssh-keygen -Y verify"},
    {NULL, NULL, NULL}};
static const struct option_row fetch_options[] = {{"out", "FILE", "where to"}, {NULL, NULL, NULL}};

const struct command cli_release_commands[] = {
    {"pack", NULL, "FOLDER", "make a package from a folder",
     "suan pack build/release/plugins/sky-kdtree --out sky.suan", 1, 1, pack_options, run_pack, print_package,
     SUAN_SERVICE_NONE, NULL},
    {"publish", NULL, "FILE.suan", "publish a package as a release",
     "suan publish sky.suan --owner liwei=7000 --owner acme=3000 --as liwei --sign liwei --sign acme", 1, 1,
     publish_options, run_publish, print_publish, SUAN_SERVICE_WRITE, NULL},
    {"list", NULL, "", "the releases on record", "suan list --task astro.crossmatch/1 --state vetted", 0, 0,
     list_options, run_list, print_list, SUAN_SERVICE_READ, NULL},
    {"show", NULL, "ID[@VERSION]", "a release with its owners and evidence",
     "suan show sky-kdtree@1.0.0 --export evidence", 1, 1, show_options, run_show, print_show,
     SUAN_SERVICE_READ, NULL},
    {"fetch", NULL, "ID[@VERSION]", "write the verified package of a release",
     "suan fetch sky-kdtree --out sky.suan", 1, 1, fetch_options, run_fetch, print_package, SUAN_SERVICE_READ,
     NULL},
    {NULL, NULL, NULL, NULL, NULL, 0, 0, NULL, NULL, NULL, SUAN_SERVICE_NONE, NULL}};
