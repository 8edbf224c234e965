/*
 * Step 6: the enterprise loads the best vetted algorithm for the sky through the embedding API and matches an
 * observed field against 208,086 objects, sealed and in process; what is not vetted is refused in process,
 * and faults are survived.
 */
#include <libsuan/suan.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "context.h"
#include "demo_sky.h"
#include "demo_state.h"
#include "plugin.h"
#include "registry.h"

/* In the first period one call in fifty is computed again by the incumbent; what that cost makes it rarer in
 * the second. */
const int demo_nights[DEMO_PERIODS] = {40, 2000};

/* --- the sky ------------------------------------------------------------------------------------------ */

static enum suan_status read_rows(const struct demo *demo, const char *name, double **out_rows,
                                  int64_t *out_count, struct suan_error *error)
{
    SUAN_CLEANUP(suan_buffer_done) struct suan_buffer file = {0};
    struct suan_npy npy;
    char path[PATH_MAX];
    if (snprintf(path, sizeof path, "%s/%s", demo->request->data, name) >= PATH_MAX)
        return suan_error_set(error, SUAN_E_USAGE, "path.too-long", NULL, "the path is too long");
    enum suan_status status = suan_file_read(path, (size_t)1 << 28, &file, error);
    if (status == SUAN_OK)
        status = suan_npy_parse(suan_buffer_span(&file), path, &npy, error);
    if (status != SUAN_OK)
        return status;
    if (npy.rank != 2 || npy.shape[1] != 2 || npy.dtype.code != SUAN_DTYPE_FLOAT || npy.dtype.bits != 64)
        return suan_error_set(error, SUAN_E_FORMAT, "demo.data", "build first: ./dev build",
                              "%s: not [n, 2] of f64", path);
    *out_rows = aligned_alloc(SUAN_TENSOR_ALIGN, (npy.data.size / SUAN_TENSOR_ALIGN + 1) * SUAN_TENSOR_ALIGN);
    if (*out_rows == NULL)
        return suan_error_set(error, SUAN_E_MEMORY, "memory", NULL, "out of memory");
    memcpy(*out_rows, npy.data.data, npy.data.size);
    *out_count = npy.shape[0];
    return SUAN_OK;
}

enum suan_status demo_sky_read(const struct demo *demo, struct demo_sky *out, struct suan_error *error)
{
    out->radius = 5.0;
    enum suan_status status = read_rows(demo, "catalogue.npy", &out->catalogue, &out->n, error);
    return status != SUAN_OK ? status : read_rows(demo, "observed.npy", &out->observed, &out->m, error);
}

void demo_sky_done(struct demo_sky *sky)
{
    free(sky->catalogue);
    free(sky->observed);
}

void demo_matches_done(struct demo_matches *matches)
{
    free(matches->index);
    free(matches->separation);
}

enum suan_status demo_matches_new(int64_t m, struct demo_matches *out, struct suan_error *error)
{
    out->index = calloc((size_t)m, sizeof *out->index);
    out->separation = calloc((size_t)m, sizeof *out->separation);
    return out->index != NULL && out->separation != NULL
               ? SUAN_OK
               : suan_error_set(error, SUAN_E_MEMORY, "memory", NULL, "out of memory");
}

bool demo_matches_equal(const struct demo_matches *a, const struct demo_matches *b, int64_t m)
{
    for (int64_t i = 0; i < m; i++) {
        bool same =
            a->separation[i] == b->separation[i] || (isnan(a->separation[i]) && isnan(b->separation[i]));
        if (a->index[i] != b->index[i] || !same)
            return false;
    }
    return true;
}

int64_t demo_matches_count(const struct demo_matches *matches, int64_t m)
{
    int64_t count = 0;
    for (int64_t i = 0; i < m; i++)
        count += matches->index[i] >= 0;
    return count;
}

/* The whole field, tile by tile, by whatever computes a tile. */
enum suan_status demo_sky_match(const struct demo_sky *sky, const struct demo_matcher *matcher,
                                struct demo_matches *out, struct suan_error *error)
{
    for (int64_t first = 0; first < sky->m; first += DEMO_TILE) {
        int64_t count = sky->m - first < DEMO_TILE ? sky->m - first : DEMO_TILE;
        struct suan_tensor in[] = {SUAN_VIEW2(SUAN_F64, sky->catalogue, sky->n, 2),
                                   SUAN_VIEW2(SUAN_F64, sky->observed + 2 * first, count, 2),
                                   SUAN_VIEW0(SUAN_F64, &sky->radius)};
        struct suan_tensor results[] = {SUAN_VIEW1(SUAN_I64, out->index + first, count),
                                        SUAN_VIEW1(SUAN_F64, out->separation + first, count)};
        int32_t status = matcher->match(matcher->context, in, results, error);
        if (status != SUAN_OK)
            return (enum suan_status)status;
    }
    return SUAN_OK;
}

/* --- through the embedding API ------------------------------------------------------------------------ */

static int32_t match_solver(void *context, const struct suan_tensor *in, struct suan_tensor *out,
                            struct suan_error *error)
{
    return suan_call(context, in, 3, out, 2, 0, error);
}

static int32_t load_sky(struct suan_library *library, const struct demo_sky *sky, const char *what,
                        int32_t level, uint64_t seed, struct suan_solver **out, struct suan_error *error)
{
    struct suan_tensor catalogue = SUAN_VIEW2(SUAN_F64, sky->catalogue, sky->n, 2);
    struct suan_load_options options = SUAN_LOAD_OPTIONS_INIT;
    options.level = level;
    options.seed = seed;
    options.prepared = &catalogue;
    options.n_prepared = 1;
    options.deadline_ms = 20000;
    return suan_load(library, what, &options, out, error);
}

static void unloadp(struct suan_solver **solver)
{
    suan_unload(*solver);
}

static enum suan_status match_at_level(const struct demo *demo, struct suan_library *library,
                                       const struct demo_sky *sky, int32_t level, struct demo_matches *out,
                                       struct suan_error *error)
{
    SUAN_CLEANUP(unloadp) struct suan_solver *solver = NULL;
    uint64_t began = suan_clock_monotonic_ns();
    int32_t status = load_sky(library, sky, "astro.crossmatch/1", level, 0, &solver, error);
    struct demo_matcher matcher = {match_solver, solver};
    if (status == SUAN_OK)
        status = demo_sky_match(sky, &matcher, out, error);
    if (status != SUAN_OK)
        return (enum suan_status)status;
    const struct suan_found *found = suan_solver_release(solver);
    demo_say(
        demo, 6,
        "%s@%s (%s, signed by %d bodies), isolation %s: %lld observations against %lld objects in %.2f s",
        found->name, found->version, found->variant, (int)found->signatures, suan_solver_level(solver),
        (long long)sky->m, (long long)sky->n, (double)(suan_clock_monotonic_ns() - began) / 1e9);
    return SUAN_OK;
}

/* --- the incumbent, for the full comparison ----------------------------------------------------------- */

static int32_t match_guest(void *context, const struct suan_tensor *in, struct suan_tensor *out,
                           struct suan_error *error)
{
    return suan_guest_run(context, in, 3, out, 2, 0, error);
}

static enum suan_status run_incumbent(struct suan_engine *engine, const struct service_plugin *task,
                                      const struct demo_sky *sky, struct demo_matches *out,
                                      struct suan_error *error)
{
    SUAN_CLEANUP(suan_guest_closep) struct suan_guest *guest = NULL;
    struct suan_guest_options options;
    struct suan_tensor catalogue = SUAN_VIEW2(SUAN_F64, sky->catalogue, sky->n, 2);
    service_plugin_options(task, "astro.crossmatch/1", SUAN_GUEST_INCUMBENT, &options);
    enum suan_status status = suan_guest_open(engine, &options, &guest, error);
    if (status == SUAN_OK)
        status = suan_guest_prepare(guest, &catalogue, 1, error);
    struct demo_matcher matcher = {match_guest, guest};
    return status != SUAN_OK ? status : demo_sky_match(sky, &matcher, out, error);
}

static enum suan_status match_incumbent(struct demo *demo, const struct demo_sky *sky,
                                        struct demo_matches *out, struct suan_error *error)
{
    SUAN_CLEANUP(suan_engine_closep) struct suan_engine *engine = NULL;
    SUAN_CLEANUP(suan_txn_endp) struct suan_txn *txn = NULL;
    struct service_plugin task = {0};
    char worker[PATH_MAX];
    uint64_t began = suan_clock_monotonic_ns();
    enum suan_status status = service_find_worker(demo->options->worker, worker, error);
    struct suan_engine_options options = {.worker = worker};
    if (status == SUAN_OK)
        status = suan_engine_open(&options, &engine, error);
    if (status == SUAN_OK)
        status = service_begin(demo->service, &txn, error);
    if (status == SUAN_OK)
        status = service_task_load(suan_registry_store(demo->service->registry), txn,
                                   suan_span_text("astro.crossmatch/1"), &task, error);
    suan_txn_end(suan_take(&txn));
    if (status == SUAN_OK)
        status = run_incumbent(engine, &task, sky, out, error);
    service_plugin_done(&task);
    if (status == SUAN_OK)
        demo_say(demo, 6, "the incumbent, for comparison: the same field in %.2f s",
                 (double)(suan_clock_monotonic_ns() - began) / 1e9);
    return status;
}

/* --- refusals and faults ------------------------------------------------------------------------------ */

static enum suan_status refuse_in_process(struct demo *demo, struct suan_library *library,
                                          struct suan_error *error)
{
    struct suan_json *rows = suan_json_new_array();
    suan_json_set(demo->summary, "refused", rows);
    for (size_t i = 0; i < demo->n_releases; i++) {
        const struct demo_release *release = &demo->releases[i];
        SUAN_CLEANUP(unloadp) struct suan_solver *solver = NULL;
        struct suan_load_options options = SUAN_LOAD_OPTIONS_INIT;
        struct suan_error refusal = {0};
        char name[140];
        if (release->kind == DEMO_TASK || release->vetted == DEMO_VETTED)
            continue;
        snprintf(name, sizeof name, "%s@%s", release->id, release->version);
        options.level = SUAN_LEVEL_INPROCESS;
        if (suan_load(library, name, &options, &solver, &refusal) == SUAN_OK)
            return suan_error_set(error, SUAN_E_INTERNAL, "demo.refusal", NULL, "%s was loaded in process",
                                  name);
        struct suan_json *row = suan_json_new_object();
        suan_json_set_text(row, "id", release->id);
        suan_json_set_text(row, "why", refusal.message);
        suan_json_add(rows, row);
        demo_say(demo, 6, "refused in process: %s", refusal.message);
    }
    return SUAN_OK;
}

/* What the misbehaving plugin does for each seed. */
static const struct {
    const char *name;
    uint64_t deadline_ms;
} faults[] = {{NULL, 0},          {"crash", 10000},          {"hang", 300},    {"exit", 10000},
              {"garbage", 10000}, {"forbidden-call", 10000}, {"memory", 10000}};

static enum suan_status survive(struct demo *demo, struct suan_library *library, const struct demo_sky *sky,
                                const char *faulty, struct suan_error *error)
{
    struct suan_json *rows = suan_json_new_array();
    suan_json_set(demo->summary, "survived", rows);
    for (uint64_t seed = 1; seed < sizeof faults / sizeof faults[0]; seed++) {
        SUAN_CLEANUP(unloadp) struct suan_solver *solver = NULL;
        struct suan_error fault = {0};
        int64_t index = 0;
        double separation = 0;
        struct suan_tensor in[] = {SUAN_VIEW2(SUAN_F64, sky->catalogue, sky->n, 2),
                                   SUAN_VIEW2(SUAN_F64, sky->observed, 1, 2),
                                   SUAN_VIEW0(SUAN_F64, &sky->radius)};
        struct suan_tensor out[] = {SUAN_VIEW1(SUAN_I64, &index, 1), SUAN_VIEW1(SUAN_F64, &separation, 1)};
        int32_t status = load_sky(library, sky, faulty, SUAN_LEVEL_DEFAULT, seed, &solver, error);
        if (status != SUAN_OK)
            return (enum suan_status)status;
        status = suan_call(solver, in, 3, out, 2, faults[seed].deadline_ms, &fault);
        if (status == SUAN_OK)
            return suan_error_set(error, SUAN_E_INTERNAL, "demo.fault", NULL, "the fault '%s' did not happen",
                                  faults[seed].name);
        struct suan_json *row = suan_json_new_object();
        suan_json_set_text(row, "fault", faults[seed].name);
        suan_json_set_text(row, "status", suan_status_text(status));
        suan_json_add(rows, row);
        demo_say(demo, 6, "survived: %-14s %s: %s", faults[seed].name, suan_status_text(status),
                 fault.message);
    }
    return SUAN_OK;
}

static enum suan_status show_faults(struct demo *demo, struct suan_library *library,
                                    const struct demo_sky *sky, struct suan_error *error)
{
    char name[140] = "";
    for (size_t i = 0; i < demo->n_releases; i++) {
        if (demo->releases[i].kind == DEMO_FAULTY)
            snprintf(name, sizeof name, "%s@%s", demo->releases[i].id, demo->releases[i].version);
    }
    if (name[0] == '\0')
        return suan_error_set(error, SUAN_E_NOT_FOUND, "demo.faulty", "build first: ./dev build",
                              "the misbehaving plugin is not among the plugins");
    return survive(demo, library, sky, name, error);
}

/* --- production --------------------------------------------------------------------------------------- */

/* One metering period: so many nights of the same field, then its signed receipt. */
static int32_t observe_period(struct demo *demo, struct suan_solver *solver, const struct demo_sky *sky,
                              size_t period, struct demo_matches *scratch, struct suan_error *error)
{
    struct demo_matcher matcher = {match_solver, solver};
    char key[PATH_MAX], path[PATH_MAX], name[40];
    uint64_t began = suan_clock_monotonic_ns();
    int32_t status = SUAN_OK;
    for (int night = 0; status == SUAN_OK && night < demo_nights[period]; night++)
        status = demo_sky_match(sky, &matcher, scratch, error);
    double seconds = (double)(suan_clock_monotonic_ns() - began) / 1e9;
    snprintf(name, sizeof name, DEMO_RECEIPT, period + 1);
    if (status == SUAN_OK)
        status = suan_receipt(solver, "starfield", demo_key(demo, "starfield", key),
                              demo_path(demo, name, path), error);
    if (status == SUAN_OK)
        demo_say(demo, 6,
                 "period %zu: %d nights of the field in %.1f s, metered; the receipt is signed by starfield",
                 period + 1, demo_nights[period], seconds);
    return status;
}

static enum suan_status observe(struct demo *demo, struct suan_library *library, const struct demo_sky *sky,
                                struct demo_matches *scratch, struct suan_error *error)
{
    SUAN_CLEANUP(unloadp) struct suan_solver *solver = NULL;
    int32_t status = load_sky(library, sky, "astro.crossmatch/1", SUAN_LEVEL_DEFAULT, 0, &solver, error);
    for (size_t period = 0; status == SUAN_OK && period < DEMO_PERIODS; period++)
        status = observe_period(demo, solver, sky, period, scratch, error);
    return (enum suan_status)status;
}

/* --- the step ----------------------------------------------------------------------------------------- */

static void closep(struct suan_library **library)
{
    suan_close(*library);
}

static enum suan_status open_library(struct demo *demo, struct suan_library **out, struct suan_error *error)
{
    char trust[PATH_MAX], journal[PATH_MAX];
    struct suan_open_options options = SUAN_OPEN_OPTIONS_INIT;
    options.registry = demo->registry;
    options.trust = demo_path(demo, "trust.json", trust);
    options.journal = demo_path(demo, "meter", journal);
    options.worker = demo->options->worker;
    options.flags = SUAN_OPEN_INPROCESS;
    return (enum suan_status)suan_open(&options, out, error);
}

struct results {
    struct demo_sky sky;
    struct demo_matches worker, in_process, incumbent;
};

static void results_done(struct results *results)
{
    demo_sky_done(&results->sky);
    demo_matches_done(&results->worker);
    demo_matches_done(&results->in_process);
    demo_matches_done(&results->incumbent);
}

static enum suan_status use_library(struct demo *demo, struct results *results, struct suan_error *error)
{
    SUAN_CLEANUP(closep) struct suan_library *library = NULL;
    enum suan_status status = open_library(demo, &library, error);
    if (status == SUAN_OK)
        status = match_at_level(demo, library, &results->sky, SUAN_LEVEL_DEFAULT, &results->worker, error);
    if (status == SUAN_OK)
        status =
            match_at_level(demo, library, &results->sky, SUAN_LEVEL_INPROCESS, &results->in_process, error);
    if (status == SUAN_OK)
        status = refuse_in_process(demo, library, error);
    if (status == SUAN_OK)
        status = show_faults(demo, library, &results->sky, error);
    return status != SUAN_OK ? status : observe(demo, library, &results->sky, &results->in_process, error);
}

static void summarise(struct demo *demo, const struct results *results, bool same_in_process)
{
    struct suan_json *sky = suan_json_new_object();
    int64_t m = results->sky.m, matches = demo_matches_count(&results->worker, m);
    bool same_incumbent = demo_matches_equal(&results->worker, &results->incumbent, m);
    suan_json_set_integer(sky, "objects", results->sky.n);
    suan_json_set_integer(sky, "observed", m);
    suan_json_set_integer(sky, "matches", matches);
    suan_json_set_boolean(sky, "worker_equals_inprocess", same_in_process);
    suan_json_set_boolean(sky, "equals_incumbent", same_incumbent);
    suan_json_set(demo->summary, "sky", sky);
    demo_say(demo, 6,
             "%lld of %lld observations matched within 5 arcseconds; worker and in-process results are %s; "
             "the incumbent's are %s",
             (long long)matches, (long long)m, same_in_process ? "equal" : "DIFFERENT",
             same_incumbent ? "equal" : "DIFFERENT");
}

enum suan_status demo_use(struct demo *demo, struct suan_error *error)
{
    SUAN_CLEANUP(results_done) struct results results = {0};
    SUAN_CLEANUP(suan_json_releasep) struct suan_json *trust = NULL;
    char path[PATH_MAX];
    enum suan_status status = suan_service_registry_trust(demo->service, "library", "vetted",
                                                          demo_path(demo, "trust.json", path), &trust, error);
    if (status == SUAN_OK)
        status = demo_sky_read(demo, &results.sky, error);
    if (status == SUAN_OK)
        status = demo_matches_new(results.sky.m, &results.worker, error);
    if (status == SUAN_OK)
        status = demo_matches_new(results.sky.m, &results.in_process, error);
    if (status == SUAN_OK)
        status = demo_matches_new(results.sky.m, &results.incumbent, error);
    if (status == SUAN_OK)
        status = match_incumbent(demo, &results.sky, &results.incumbent, error);
    demo_close(demo);
    if (status == SUAN_OK)
        status = use_library(demo, &results, error);
    if (status != SUAN_OK)
        return status;
    summarise(demo, &results, demo_matches_equal(&results.worker, &results.in_process, results.sky.m));
    return demo_open(demo, error);
}
