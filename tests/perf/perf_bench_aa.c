/* bench.aa: how well this machine tells a program from itself. The sky task's incumbent against its own copy,
   through the whole path of a session, with the block and pair counts of full mode. */
#include <stdio.h>
#include <stdlib.h>

#include "base/file.h"
#include "bench/session.h"

static void load(struct suan_session_party *party, const char *path, struct suan_buffer *bytes)
{
    struct suan_error error = {0};
    if (suan_file_read(path, 1u << 28, bytes, &error) != SUAN_OK) {
        fprintf(stderr, "%s\n", error.message);
        exit(1);
    }
    party->load.plugin = suan_buffer_span(bytes);
    party->party.tar = suan_sha256(suan_buffer_span(bytes));
    snprintf(party->party.id, sizeof party->party.id, "perf");
    snprintf(party->party.version, sizeof party->party.version, "1.0.0");
}

static void print_line(const char *id, double percent, double goal)
{
    printf("{\"id\":\"%s\",\"value\":%.3f,\"unit\":\"%%\",\"better\":\"lower\",\"goal\":\"<= %g "
           "%%\",\"ok\":%s}\n",
           id, percent, goal, percent <= goal ? "true" : "false");
}

int main(void)
{
    struct suan_engine_options options = {.worker = PERF_WORKER};
    struct suan_session_request request = {.task_id = "astro.crossmatch/1",
                                           .mode = SUAN_MODE_QUICK,
                                           .sizes = 4,
                                           .pairs = 10,
                                           .aa_blocks = 8,
                                           .blocks = 2,
                                           .budget_ms = 240000};
    struct suan_buffer task = {0}, algorithm = {0};
    struct suan_measurement *measurement = NULL;
    struct suan_rows rows = {0};
    struct suan_error error = {0};
    if (suan_engine_open(&options, &request.engine, &error) != SUAN_OK) {
        fprintf(stderr, "%s\n", error.message);
        return 1;
    }
    load(&request.task, PERF_PLUGINS "/astro-crossmatch/variants/" PERF_VARIANT "/plugin.so", &task);
    request.baseline = request.task;
    request.baseline.load.role = SUAN_GUEST_INCUMBENT;
    load(&request.release, PERF_PLUGINS "/sky-kdtree/variants/" PERF_VARIANT "/plugin.so", &algorithm);
    enum suan_status status = suan_session_run(&request, &measurement, &rows, &error);
    suan_engine_close(request.engine);
    suan_buffer_done(&task);
    suan_buffer_done(&algorithm);
    suan_rows_done(&rows);
    if (status != SUAN_OK) {
        fprintf(stderr, "%s\n", error.message);
        return 1;
    }
    print_line("bench.aa", (double)measurement->aa.halfwidth_ppm / 1e4, 1);
    print_line("bench.aa.bias", (double)llabs(measurement->aa.bias_ppm) / 1e4, 0.5);
    suan_measurement_free(measurement);
    return 0;
}
