/* Step 4: each algorithm is measured against the incumbent of its task, with time for long jobs on a machine that is
   not quiet; a noisy one gets two more tries. */
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/number.h"
#include "demo_state.h"
#include "measure.h"

enum { TRIES = 3, BUDGET_S = 120 };

static int64_t part_bp(int64_t part, int64_t whole)
{
    int64_t bp = 0;
    return part > 0 && whole > 0 && suan_mul_div(part, 10000, whole, &bp) ? bp : 0;
}

static struct suan_json *summary_row(const struct demo_release *release, const struct suan_json *measurement)
{
    struct suan_json *row = suan_json_new_object();
    const struct suan_json *saving = suan_json_find(measurement, "saving");
    const struct suan_json *baseline = suan_json_find(measurement, "baseline");
    int64_t whole = suan_json_integer(suan_json_find(saving, "baseline_ns"));
    suan_json_set_text(row, "algorithm", release->id);
    suan_json_set_text(row, "task", release->task);
    suan_json_set_copy(row, "incumbent", suan_json_find(baseline, "id"));
    suan_json_set_copy(row, "mode", suan_json_find(measurement, "mode"));
    suan_json_set_integer(row, "saving_bp",
                          part_bp(suan_json_integer(suan_json_find(saving, "point_ns")), whole));
    suan_json_set_integer(row, "lower_bp",
                          part_bp(suan_json_integer(suan_json_find(saving, "lcb_ns")), whole));
    suan_json_set_copy(row, "status", suan_json_find(measurement, "status"));
    return row;
}

static void tell(const struct demo *demo, const struct demo_release *release, const struct suan_json *row,
                 const struct suan_json *measurement)
{
    struct suan_span status = suan_json_text(suan_json_find(row, "status"));
    struct suan_span reason = suan_json_text(suan_json_find(measurement, "reason"));
    int64_t saving = suan_json_integer(suan_json_find(row, "saving_bp"));
    int64_t lower = suan_json_integer(suan_json_find(row, "lower_bp"));
    if (saving == 0) {
        demo_say(demo, 4, "%s: %.*s: %.*s", release->id, SUAN_SPAN_PRINTF(status), SUAN_SPAN_PRINTF(reason));
        return;
    }
    demo_say(demo, 4,
             "%s: %.*s; takes %lld.%02lld %% less CPU time than the incumbent, at least %lld.%02lld %%",
             release->id, SUAN_SPAN_PRINTF(status), (long long)(saving / 100), (long long)(saving % 100),
             (long long)(lower / 100), (long long)(lower % 100));
}

static bool has_status(const struct suan_json *result, const char *status)
{
    return suan_span_equal(suan_json_text(suan_json_find(suan_json_find(result, "measurement"), "status")),
                           suan_span_text(status));
}

static enum suan_status measure_once(struct demo *demo, const struct demo_release *release,
                                     struct suan_json **out_result, struct suan_error *error)
{
    char key[PATH_MAX], out[PATH_MAX], sessions[PATH_MAX], name[160], package[140];
    struct suan_acting acting = demo_alone(demo, "software-institute", key);
    snprintf(name, sizeof name, "measurements/%s", release->id);
    snprintf(package, sizeof package, "%s@%s", release->id, release->version);
    struct suan_bench_request request = {.package = package,
                                         .mode = SUAN_BENCH_QUICK,
                                         .budget_s = BUDGET_S,
                                         .attest = key,
                                         .out = demo_path(demo, name, out),
                                         .sessions = demo_path(demo, "sessions.jsonl", sessions)};
    return suan_service_bench(demo->service, &acting, &request, out_result, error);
}

static enum suan_status measure(struct demo *demo, struct demo_release *release, struct suan_json *rows,
                                struct suan_error *error)
{
    for (int attempt = 1;; attempt++) {
        SUAN_CLEANUP(suan_json_releasep) struct suan_json *result = NULL;
        enum suan_status status = measure_once(demo, release, &result, error);
        if (result == NULL)
            return status;
        struct suan_json *row = summary_row(release, suan_json_find(result, "measurement"));
        tell(demo, release, row, suan_json_find(result, "measurement"));
        if (has_status(result, "noisy") && attempt < TRIES) {
            suan_json_release(row);
            demo_say(demo, 4, "%s: the machine was too noisy, trying again", release->id);
            continue;
        }
        release->measured = has_status(result, "credited") ? DEMO_CREDITED : DEMO_NOT_CREDITED;
        suan_json_add(rows, row);
        return SUAN_OK;
    }
}

enum suan_status demo_measure(struct demo *demo, struct suan_error *error)
{
    char folder[PATH_MAX];
    struct suan_json *rows = suan_json_new_array();
    bool sky = false;
    suan_json_set(demo->summary, "measurements", rows);
    enum suan_status status = suan_folder_make(demo_path(demo, "measurements", folder), error);
    for (size_t i = 0; status == SUAN_OK && i < demo->n_releases; i++) {
        struct demo_release *release = &demo->releases[i];
        if (release->kind != DEMO_ALGORITHM)
            continue;
        status = measure(demo, release, rows, error);
        sky |= release->measured == DEMO_CREDITED && strcmp(release->task, "astro.crossmatch/1") == 0;
    }
    if (status == SUAN_OK && !sky)
        return suan_error_set(error, SUAN_E_UNSTABLE, "demo.sky",
                              "let the machine come to rest and try again",
                              "no algorithm for the sky could be credited");
    return status;
}
