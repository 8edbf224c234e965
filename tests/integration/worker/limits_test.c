/* Layers: what they stop, and that the level says so. Each defence has its control: the worker without it. */
#include <criterion/criterion.h>
#include <criterion/parameterized.h>
#include <errno.h>
#include <string.h>

#include "stand.h"

Test(limits, full_or_strong_is_reached_and_verified)
{
    struct stand stand;
    stand_open(&stand, NULL);
    const struct suan_isolation_report *report = suan_engine_report(stand.engine);
    cr_assert_geq(report->level, SUAN_ISOLATION_STRONG, "%s", suan_isolation_level_name(report->level));
    cr_assert_eq(suan_guest_level(stand.guest), report->level);
    stand_close(&stand);
}

struct layer_row {
    char without[16];
    int index;
    int level; /* at most */
};

ParameterizedTestParameters(limits, a_missing_layer_lowers_the_level)
{
    static struct layer_row rows[] = {
        {"seccomp", 0, SUAN_ISOLATION_NONE},    {"root", 1, SUAN_ISOLATION_STRONG},
        {"landlock", 2, SUAN_ISOLATION_STRONG}, {"ns.pid", 4, SUAN_ISOLATION_STRONG},
        {"ns.net", 5, SUAN_ISOLATION_STRONG},   {"ns.ipc", 6, SUAN_ISOLATION_STRONG},
        {"caps", 7, SUAN_ISOLATION_REDUCED},    {"rlimits", 10, SUAN_ISOLATION_REDUCED},
    };
    return cr_make_param_array(struct layer_row, rows, sizeof rows / sizeof rows[0]);
}

ParameterizedTest(struct layer_row *row, limits, a_missing_layer_lowers_the_level)
{
    const char *switches[] = {"--without", row->without, NULL};
    struct stand stand;
    stand_open(&stand, switches);
    const struct suan_isolation_report *report = suan_engine_report(stand.engine);
    cr_assert_str_eq(report->layers[row->index].name, row->without);
    cr_assert_not(report->layers[row->index].verified);
    cr_assert_leq((int)report->level, row->level, "%s", suan_isolation_level_name(report->level));
    stand_close(&stand);
}

Test(limits, a_level_that_is_not_reached_is_refused_by_name)
{
    static const char *const switches[] = {"--without", "rlimits", NULL};
    struct stand stand;
    struct suan_guest *guest = NULL;
    stand_open(&stand, switches);
    cr_assert_eq(stand_load(&stand, "trouble", NULL, &guest), SUAN_E_ISOLATION);
    cr_assert(strstr(stand.error.message, "rlimits") != NULL, "%s", stand.error.message);
    cr_assert_null(guest);
    stand_close(&stand);
}

static void reduced(struct suan_guest_options *options)
{
    options->require = SUAN_ISOLATION_REDUCED;
}

static double errno_of_open(const char *const *switches)
{
    struct stand stand;
    struct suan_guest *guest = NULL;
    stand_open(&stand, switches);
    cr_assert_eq(stand_load(&stand, "trouble", reduced, &guest), SUAN_OK, "%s", stand.error.message);
    cr_assert_eq(suan_guest_prepare(guest, stand.in, 1, &stand.error), SUAN_OK, "%s", stand.error.message);
    cr_assert_eq(stand_run(&stand, guest, TROUBLE_ERRNO, 0), SUAN_OK, "%s", stand.error.message);
    double result = stand.y[0];
    suan_guest_close(guest);
    stand_close(&stand);
    return result;
}

Test(limits, a_plugin_cannot_open_a_file)
{
    cr_assert_eq((int)errno_of_open(NULL), EACCES);
}

/* Stage 2 of the filter is what answers above; with no filter at all the private root holds, and in its place
 * Landlock. */
Test(limits, without_the_filter_the_root_has_no_such_file)
{
    static const char *const switches[] = {"--without", "seccomp", "--without", "landlock", NULL};
    struct stand stand;
    struct suan_guest *guest = NULL;
    stand_open(&stand, switches);
    cr_assert_eq(stand_load(&stand, "trouble", reduced, &guest), SUAN_E_ISOLATION);
    stand_close(&stand);
}

static int threads_of_plugin(const char *fixture)
{
    struct stand stand;
    struct suan_guest *guest = NULL;
    stand_open(&stand, NULL);
    cr_assert_eq(stand_load(&stand, fixture, NULL, &guest), SUAN_OK, "%s", stand.error.message);
    cr_assert_eq(suan_guest_prepare(guest, stand.in, 1, &stand.error), SUAN_OK);
    cr_assert_eq(stand_run(&stand, guest, TROUBLE_THREAD, 0), SUAN_OK, "%s", stand.error.message);
    int result = (int)stand.y[0];
    suan_guest_close(guest);
    stand_close(&stand);
    return result;
}

Test(limits, a_plugin_that_declares_no_threads_makes_none)
{
    cr_assert_eq(threads_of_plugin("trouble"), EAGAIN);
}

static void own_threads(struct suan_guest_options *options)
{
    options->flags = SUAN_FLAG_OWN_THREADS;
}

Test(limits, a_plugin_that_declares_threads_makes_as_many_as_it_has_workers)
{
    struct stand stand;
    struct suan_guest *guest = NULL;
    stand_open(&stand, NULL);
    cr_assert_eq(stand_load(&stand, "trouble-threads", own_threads, &guest), SUAN_OK, "%s",
                 stand.error.message);
    cr_assert_eq(suan_guest_prepare(guest, stand.in, 1, &stand.error), SUAN_OK);
    cr_assert_eq(stand_run(&stand, guest, TROUBLE_THREAD, 0), SUAN_OK, "%s", stand.error.message);
    cr_assert_eq((int)stand.y[0], 0);
    cr_assert_eq(stand_run(&stand, guest, TROUBLE_THREAD, 0), SUAN_OK, "%s", stand.error.message);
    cr_assert_eq((int)stand.y[0], EAGAIN);
    suan_guest_close(guest);
    stand_close(&stand);
}

static void little_memory(struct suan_guest_options *options)
{
    options->memory_bytes = UINT64_C(128) << 20;
}

Test(limits, memory_ends_at_its_limit)
{
    struct stand stand;
    struct suan_guest *guest = NULL;
    stand_open(&stand, NULL);
    cr_assert_eq(stand_load(&stand, "trouble", little_memory, &guest), SUAN_OK, "%s", stand.error.message);
    cr_assert_eq(suan_guest_prepare(guest, stand.in, 1, &stand.error), SUAN_OK);
    int status = stand_run(&stand, guest, TROUBLE_MEMORY, 0);
    cr_assert(status == SUAN_E_MEMORY || status == SUAN_E_WORKER_LIMIT, "%s", stand.error.message);
    suan_guest_close(guest);
    stand_close(&stand);
}
