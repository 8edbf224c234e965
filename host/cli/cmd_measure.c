/* suan check, bench, isolation, doctor. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "output.h"
#include "service/check.h"
#include "service/measure.h"
#include "tables.h"

static const struct column check_columns[] = {{"row", "id", COLUMN_TEXT},
                                              {"result", "result", COLUMN_TEXT},
                                              {"detail", "detail", COLUMN_TEXT},
                                              {NULL, NULL, COLUMN_TEXT}};

/* The service that a command needs depends on its words: a registry only for releases, writing only for
 * attesting. */
static enum suan_status reopen(struct cli *cli, enum suan_service_mode mode, struct suan_error *error)
{
    struct suan_service_options options;
    cli_service_options(cli, &options);
    suan_service_close(cli->service);
    cli->service = NULL;
    return suan_service_open(&options, mode, &cli->service, error);
}

static bool is_file(const char *name)
{
    const char *dot = strrchr(name, '.');
    return dot != NULL && (strcmp(dot, ".suan") == 0 || strcmp(dot, ".so") == 0);
}

/* --- check -------------------------------------------------------------------------------------------- */

static enum suan_status run_check(struct cli *cli, const struct command *row,
                                  const struct arguments *arguments, struct suan_error *error)
{
    struct suan_acting acting;
    struct suan_check_request request = {
        .package = arguments_operand(arguments, 0),
        .task = arguments_text(arguments, "task"),
        .seed = arguments_text(arguments, "seed"),
        .what = arguments_has(arguments, "attest") ? SUAN_CHECK_ATTEST : SUAN_CHECK_LOOK,
    };
    bool needs_registry = !is_file(request.package) || (request.task != NULL && !is_file(request.task));
    enum suan_service_mode mode = request.what == SUAN_CHECK_ATTEST ? SUAN_SERVICE_WRITE
                                  : needs_registry                  ? SUAN_SERVICE_READ
                                                                    : SUAN_SERVICE_NONE;
    (void)row;
    cli_acting(arguments, &acting);
    enum suan_status status = reopen(cli, mode, error);
    return status != SUAN_OK ? status
                             : suan_service_check(cli->service, &acting, &request, &cli->result, error);
}

static void print_check(const struct cli *cli, const struct suan_json *result)
{
    (void)cli;
    output_table(check_columns, suan_json_find(result, "checks"));
    printf("\n%s\n%.*s\n",
           suan_json_boolean(suan_json_find(result, "conformant")) ? "conformant" : "NOT conformant",
           SUAN_SPAN_PRINTF(suan_json_text(suan_json_find(result, "limits"))));
}

/* --- bench -------------------------------------------------------------------------------------------- */

static enum suan_status read_cpus(const char *list, struct suan_bench_request *request,
                                  struct suan_error *error)
{
    while (list != NULL && *list != '\0') {
        char *end = NULL;
        unsigned long cpu = strtoul(list, &end, 10);
        if (end == list || (*end != ',' && *end != '\0') || cpu > 4095 ||
            request->n_cpus == SUAN_BENCH_CPUS_MAX)
            return suan_error_set(error, SUAN_E_USAGE, "cli.option", "as --cpu 1,2",
                                  "--cpu: '%s' is no list of CPUs", list);
        request->cpus[request->n_cpus++] = (uint32_t)cpu;
        list = *end == ',' ? end + 1 : end;
    }
    return SUAN_OK;
}

static enum suan_status run_bench(struct cli *cli, const struct command *row,
                                  const struct arguments *arguments, struct suan_error *error)
{
    struct suan_acting acting;
    struct suan_bench_request request = {
        .package = arguments_operand(arguments, 0),
        .task = arguments_text(arguments, "task"),
        .against = arguments_text(arguments, "against"),
        .mode = arguments_has(arguments, "full") ? SUAN_BENCH_FULL : SUAN_BENCH_QUICK,
        .seed = arguments_text(arguments, "seed"),
        .attest = arguments_text(arguments, "attest"),
        .tariff = arguments_text(arguments, "tariff"),
        .out = arguments_text(arguments, "out"),
    };
    int64_t threads = 1;
    const char *replay = arguments_text(arguments, "replay");
    (void)row;
    if (replay != NULL)
        return suan_service_bench_replay(cli->service, replay, &cli->result, error);
    if (request.package == NULL)
        return suan_error_set(error, SUAN_E_USAGE, "cli.operands", "add --help for an example",
                              "say what to measure");
    cli_acting(arguments, &acting);
    if (request.attest != NULL && acting.n_sign == 0)
        acting.sign[acting.n_sign++] = request.attest;
    enum suan_status status = arguments_integer(arguments, "threads", 1, 1024, &threads, error);
    request.threads = (uint32_t)threads;
    if (status == SUAN_OK)
        status = arguments_integer(arguments, "budget", 1, 86400, &request.budget_s, error);
    if (status == SUAN_OK)
        status = read_cpus(arguments_text(arguments, "cpu"), &request, error);
    bool needs_registry = !is_file(request.package) || request.task == NULL || !is_file(request.task);
    if (status == SUAN_OK)
        status = reopen(cli,
                        request.attest != NULL ? SUAN_SERVICE_WRITE
                        : needs_registry       ? SUAN_SERVICE_READ
                                               : SUAN_SERVICE_NONE,
                        error);
    return status != SUAN_OK ? status
                             : suan_service_bench(cli->service, &acting, &request, &cli->result, error);
}

static void print_bench(const struct cli *cli, const struct suan_json *result)
{
    const struct suan_json *summary = suan_json_find(result, "summary");
    static const struct column replay[] = {{"recomputed", "folder", COLUMN_TEXT},
                                           {"id", "id", COLUMN_TEXT},
                                           {"version", "version", COLUMN_TEXT},
                                           {"status", "status", COLUMN_TEXT},
                                           {"credited", "credited_ns", COLUMN_CPU_NS},
                                           {"rows", "rows", COLUMN_INTEGER},
                                           {NULL, NULL, COLUMN_TEXT}};
    (void)cli;
    if (summary == NULL) {
        output_fields(replay, result);
        return;
    }
    printf("%.*s", SUAN_SPAN_PRINTF(suan_json_text(summary)));
    if (suan_json_find(result, "folder") != NULL)
        printf("report: %.*s/report.html\n",
               SUAN_SPAN_PRINTF(suan_json_text(suan_json_find(result, "folder"))));
}

/* --- isolation, doctor -------------------------------------------------------------------------------- */

static enum suan_status run_isolation(struct cli *cli, const struct command *row,
                                      const struct arguments *arguments, struct suan_error *error)
{
    (void)row;
    return suan_service_isolation(cli->service, arguments_text(arguments, "require"), &cli->result, error);
}

static void print_isolation(const struct cli *cli, const struct suan_json *result)
{
    static const struct column layers[] = {
        {"layer", "name", COLUMN_TEXT},    {"attempted", "attempted", COLUMN_TEXT},
        {"active", "active", COLUMN_TEXT}, {"verified", "verified", COLUMN_TEXT},
        {"why not", "why", COLUMN_TEXT},   {NULL, NULL, COLUMN_TEXT}};
    static const struct column head[] = {{"level", "level", COLUMN_TEXT},
                                         {"kernel", "kernel", COLUMN_TEXT},
                                         {"cgroup", "cgroup", COLUMN_TEXT},
                                         {"worst case, bytes", "worst_case_bytes", COLUMN_INTEGER},
                                         {NULL, NULL, COLUMN_TEXT}};
    (void)cli;
    output_table(layers, suan_json_find(result, "layers"));
    putchar('\n');
    output_fields(head, result);
}

static enum suan_status run_doctor(struct cli *cli, const struct command *row,
                                   const struct arguments *arguments, struct suan_error *error)
{
    (void)row;
    (void)arguments;
    return suan_service_doctor(cli->service, &cli->result, error);
}

static void print_doctor(const struct cli *cli, const struct suan_json *result)
{
    static const struct column head[] = {{"version", "version", COLUMN_TEXT},
                                         {"CPU level", "variant", COLUMN_TEXT},
                                         {"CPUs", "cpus", COLUMN_INTEGER},
                                         {"isolation", "isolation", COLUMN_TEXT},
                                         {"measuring tier", "tier", COLUMN_TEXT},
                                         {"a better tier lacks", "tier_missing", COLUMN_TEXT},
                                         {NULL, NULL, COLUMN_TEXT}};
    static const struct column tools[] = {{"gnuplot (plots)", "gnuplot", COLUMN_TEXT},
                                          {"ssh-keygen", "ssh-keygen", COLUMN_TEXT},
                                          {"objdump", "objdump", COLUMN_TEXT},
                                          {NULL, NULL, COLUMN_TEXT}};
    (void)cli;
    output_fields(head, result);
    output_fields(tools, suan_json_find(result, "tools"));
}

static const struct option_row check_options[] = {
    {"task", "FILE.suan|ID", "the task to check against; default the registry's contract"},
    {"seed", "HEX", "choose the inputs, to repeat a check"},
    {"attest", NULL, "put screening and conformance on record, signed"},
    CLI_ACTING,
    {NULL, NULL, NULL}};
static const struct option_row bench_options[] = {
    {"task", "TASK|FILE.suan", "which task, or its package; default the package's first task"},
    {"against", "ID", "another release as baseline, for information only"},
    {"quick", NULL, "fewer blocks, wider interval; the default"},
    {"full", NULL, "the whole protocol, with the cold series"},
    {"cpu", "LIST", "CPUs to measure on, as 1,2"},
    {"threads", "K", "threads for both sides; default 1"},
    {"seed", "HEX", "repeat a session; never credited"},
    {"budget", "SECONDS", "stop widening after so long"},
    {"attest", "KEY", "log the plan first and attest the result; a key of somebody with the role 'measure'"},
    {"tariff", "FILE", "price of a CPU-hour, for yuan"},
    {"out", "DIR", "report, rows and measurement"},
    {"replay", "DIR", "recompute a measurement from its folder; runs no algorithm"},
    CLI_ACTING,
    {NULL, NULL, NULL}};
static const struct option_row isolation_options[] = {
    {"require", "LEVEL", "FULL, STRONG, REDUCED; default STRONG"}, {NULL, NULL, NULL}};

const struct command cli_measure_commands[] = {
    {"check", NULL, "FILE.suan|FILE.so|ID", "screen a package and check its conformance in a sealed worker",
     "suan check sky.suan --task astro.suan", 1, 1, check_options, run_check, print_check, SUAN_SERVICE_NONE,
     NULL},
    {"bench", NULL, "[ID|FILE.suan]", "measure what a release saves against what people use today",
     "suan bench sky-kdtree --quick --out report --as body1 --attest body1", 0, 1, bench_options, run_bench,
     print_bench, SUAN_SERVICE_NONE, NULL},
    {"isolation", NULL, "", "the layers that contain a plugin here, as verified",
     "suan isolation --require FULL", 0, 0, isolation_options, run_isolation, print_isolation,
     SUAN_SERVICE_NONE, NULL},
    {"doctor", NULL, "", "what this machine offers", "suan doctor", 0, 0, NULL, run_doctor, print_doctor,
     SUAN_SERVICE_NONE, NULL},
    {NULL, NULL, NULL, NULL, NULL, 0, 0, NULL, NULL, NULL, SUAN_SERVICE_NONE, NULL}};
