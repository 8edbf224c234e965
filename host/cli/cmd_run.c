/* suan run, saved, demo. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "output.h"
#include "service/demo.h"
#include "service/run.h"
#include "tables.h"

/* --- run ---------------------------------------------------------------------------------------------- */

static size_t collect(const struct arguments *arguments, const char *name, const char **out)
{
    size_t count = 0;
    for (; count < SUAN_RUN_ITEMS_MAX && count < arguments_count(arguments, name); count++)
        out[count] = arguments_nth(arguments, name, count);
    return count;
}

static enum suan_status run_run(struct cli *cli, const struct command *row, const struct arguments *arguments,
                                struct suan_error *error)
{
    struct suan_run_request request = {
        .what = arguments_operand(arguments, 0),
        .isolation = arguments_text(arguments, "isolation"),
        .trust = arguments_text(arguments, "trust"),
        .journal = arguments_text(arguments, "journal"),
        .receipt = arguments_text(arguments, "receipt"),
        .ident = arguments_text(arguments, "as"),
        .key = arguments_text(arguments, "sign"),
    };
    int64_t seed = 0, deadline_ms = 0;
    (void)row;
    request.n_in = collect(arguments, "in", request.in);
    request.n_set = collect(arguments, "set", request.set);
    request.n_out = collect(arguments, "out", request.out);
    enum suan_status status = arguments_integer(arguments, "seed", 0, INT64_MAX, &seed, error);
    if (status == SUAN_OK)
        status = arguments_integer(arguments, "deadline-ms", 1, 86400000, &deadline_ms, error);
    if (status == SUAN_OK)
        status = arguments_integer(arguments, "tile", 1, INT64_C(1) << 40, &request.tile, error);
    request.seed = (uint64_t)seed;
    request.deadline_ms = (uint64_t)deadline_ms;
    return status != SUAN_OK ? status : suan_service_run(cli->service, &request, &cli->result, error);
}

static void print_run(const struct cli *cli, const struct suan_json *result)
{
    static const struct column head[] = {
        {"release", "release", COLUMN_TEXT}, {"version", "version", COLUMN_TEXT},
        {"task", "task", COLUMN_TEXT},       {"isolation", "level", COLUMN_TEXT},
        {"receipt", "receipt", COLUMN_TEXT}, {NULL, NULL, COLUMN_TEXT}};
    static const struct column outputs[] = {{"output", "name", COLUMN_TEXT},
                                            {"shape", "shape", COLUMN_TEXT},
                                            {"file", "file", COLUMN_TEXT},
                                            {NULL, NULL, COLUMN_TEXT}};
    (void)cli;
    output_fields(head, result);
    output_table(outputs, suan_json_find(result, "outputs"));
}

/* --- saved -------------------------------------------------------------------------------------------- */

static enum suan_status run_saved(struct cli *cli, const struct command *row,
                                  const struct arguments *arguments, struct suan_error *error)
{
    (void)row;
    return suan_service_saved(cli->service, arguments_text(arguments, "journal"), &cli->result, error);
}

static void print_saved(const struct cli *cli, const struct suan_json *result)
{
    static const struct column columns[] = {{"id", "id", COLUMN_TEXT},
                                            {"version", "version", COLUMN_TEXT},
                                            {"isolation", "level", COLUMN_TEXT},
                                            {"jobs", "jobs", COLUMN_INTEGER},
                                            {"beyond the measured sizes", "unmetered_jobs", COLUMN_INTEGER},
                                            {"CPU time", "cpu_ns", COLUMN_CPU_NS},
                                            {"shadows", "pairs", COLUMN_INTEGER},
                                            {"receipts", "receipts", COLUMN_INTEGER},
                                            {"saved", "saved_ns", COLUMN_CPU_NS},
                                            {NULL, NULL, COLUMN_TEXT}};
    (void)cli;
    output_table(columns, suan_json_find(result, "periods"));
}

/* --- demo --------------------------------------------------------------------------------------------- */

static void say(void *context, int step, const char *line)
{
    (void)context;
    if (line[0] == '\0')
        putchar('\n');
    else
        printf("[%2d] %s\n", step, line);
    fflush(stdout);
}

static enum suan_status run_demo(struct cli *cli, const struct command *row,
                                 const struct arguments *arguments, struct suan_error *error)
{
    struct suan_demo_request request = {
        .plugins = arguments_text(arguments, "plugins"),
        .data = arguments_text(arguments, "data"),
        .out = arguments_text(arguments, "out"),
        .tasks = arguments_has(arguments, "all") ? SUAN_DEMO_ALL : SUAN_DEMO_FIRST_TASKS,
    };
    struct suan_demo_narrator narrator = {cli->json ? NULL : say, NULL};
    (void)row;
    if (request.plugins == NULL || request.data == NULL)
        return suan_error_set(error, SUAN_E_USAGE, "cli.option", "or run ./dev demo",
                              "say --plugins DIR and --data DIR");
    if (request.out == NULL)
        request.out = "suan-demo";
    return suan_service_demo(cli->service, &request, &narrator, &cli->result, error);
}

static void print_demo(const struct cli *cli, const struct suan_json *result)
{
    static const struct column measurements[] = {{"algorithm", "algorithm", COLUMN_TEXT},
                                                 {"task", "task", COLUMN_TEXT},
                                                 {"status", "status", COLUMN_TEXT},
                                                 {"saves", "saving_bp", COLUMN_PERCENT_BP},
                                                 {"at least", "lower_bp", COLUMN_PERCENT_BP},
                                                 {"mode", "mode", COLUMN_TEXT},
                                                 {NULL, NULL, COLUMN_TEXT}};
    static const struct column owners[] = {
        {"owner", "id", COLUMN_TEXT}, {"算法券", "fen", COLUMN_YUAN}, {NULL, NULL, COLUMN_TEXT}};
    static const struct column sky[] = {{"sky objects", "objects", COLUMN_INTEGER},
                                        {"observed", "observed", COLUMN_INTEGER},
                                        {"matched", "matches", COLUMN_INTEGER},
                                        {"worker equals in-process", "worker_equals_inprocess", COLUMN_TEXT},
                                        {"equals the incumbent", "equals_incumbent", COLUMN_TEXT},
                                        {NULL, NULL, COLUMN_TEXT}};
    static const struct column total[] = {{"receipts", "receipts", COLUMN_INTEGER},
                                          {"CPU time saved", "saved_cpu_ns", COLUMN_CPU_NS},
                                          {"seconds", "seconds", COLUMN_INTEGER},
                                          {NULL, NULL, COLUMN_TEXT}};
    const struct suan_json *credits = suan_json_find(result, "credits");
    (void)cli;
    putchar('\n');
    output_table(measurements, suan_json_find(result, "measurements"));
    putchar('\n');
    output_fields(sky, suan_json_find(result, "sky"));
    putchar('\n');
    output_table(owners, suan_json_find(credits, "by_owner"));
    putchar('\n');
    output_fields(total, result);
}

static const struct option_row run_options[] = {
    {"in", "NAME=FILE", "an input, a NumPy .npy file; repeat"},
    {"set", "NAME=VALUE", "a parameter; repeat"},
    {"out", "NAME=FILE", "where an output goes, a .npy file; repeat"},
    {"isolation", "LEVEL", "FULL, STRONG, REDUCED, or in-process (no containment; vetted releases only)"},
    {"trust", "FILE", "whose signatures count; default trust.json in the registry folder"},
    {"journal", "DIR", "the metering journal; default in the user's data folder"},
    {"receipt", "FILE", "close the metering period and write the signed receipt"},
    {"as", "IDENT", "whose receipt it is"},
    {"sign", "KEY", "the key that signs it"},
    {"tile", "ROWS", "cut a large input into jobs of so many rows, of a size that was measured"},
    {"seed", "N", "for randomised algorithms"},
    {"deadline-ms", "N", "stop the call after so long; default 60000"},
    {NULL, NULL, NULL}};
static const struct option_row saved_options[] = {
    {"journal", "DIR", "the metering journal; default in the user's data folder"}, {NULL, NULL, NULL}};
static const struct option_row demo_options[] = {
    {"plugins", "DIR", "staged plugins, as build/release/plugins"},
    {"data", "DIR", "real inputs, as build/release/data"},
    {"out", "DIR", "results; default suan-demo here"},
    {"all", NULL, "the whole library instead of the first three tasks"},
    {NULL, NULL, NULL}};

const struct command cli_run_commands[] = {
    {"run", NULL, "TASK|ID[@VERSION]", "run the best vetted release on tensors in files",
     "suan run astro.crossmatch/1 --in catalogue=sky.npy --in observed=field.npy --set radius_arcsec=5 --out "
     "index=match.npy",
     1, 1, run_options, run_run, print_run, SUAN_SERVICE_NONE, NULL},
    {"saved", NULL, "", "what this user's programs have metered", "suan saved", 0, 0, saved_options,
     run_saved, print_saved, SUAN_SERVICE_NONE, NULL},
    {"demo", NULL, "", "the main job, end to end, on real data",
     "suan demo --plugins build/release/plugins --data build/release/data --out build/demo", 0, 0,
     demo_options, run_demo, print_demo, SUAN_SERVICE_NONE, NULL},
    {NULL, NULL, NULL, NULL, NULL, 0, 0, NULL, NULL, NULL, SUAN_SERVICE_NONE, NULL}};
