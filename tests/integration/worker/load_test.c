/* What loading refuses, and what it survives. */
#include <string.h>

#include <suan/plugin.h>

#include "stand.h"

static void expect_load(const char *fixture, void (*adjust)(struct suan_guest_options *options), int status,
                        const char *word)
{
    struct stand stand;
    struct suan_guest *guest = NULL;
    stand_open(&stand, NULL);
    int found = stand_load(&stand, fixture, adjust, &guest);
    cr_assert_eq(found, status, "%s: %s", suan_status_name(found), stand.error.message);
    cr_assert(word == NULL || strstr(stand.error.message, word) != NULL, "%s", stand.error.message);
    stand_expect_honest(&stand, stand.sibling);
    suan_guest_close(guest);
    stand_close(&stand);
}

static void short_deadline(struct suan_guest_options *options)
{
    options->deadline_ms = 300;
}

static void right_facts(struct suan_guest_options *options)
{
    options->id = "trouble";
    options->version = "1.0.0";
    options->isa = SUAN_PLUGIN_ISA;
}

static void wrong_version(struct suan_guest_options *options)
{
    right_facts(options);
    options->version = "2.0.0";
}

static void wrong_flags(struct suan_guest_options *options)
{
    right_facts(options);
    options->flags = SUAN_FLAG_BIT_REPEATABLE;
}

static void wrong_task(struct suan_guest_options *options)
{
    options->task = "test.other/1";
}

static void as_task(struct suan_guest_options *options)
{
    options->role = SUAN_GUEST_TASK;
}

Test(load, accepts_what_the_manifest_says)
{
    expect_load("trouble", right_facts, SUAN_OK, NULL);
}

Test(load, names_both_versions)
{
    expect_load("trouble", wrong_version, SUAN_E_WORKER_LOAD, "'1.0.0', its manifest '2.0.0'");
}

Test(load, names_both_sets_of_flags)
{
    expect_load("trouble", wrong_flags, SUAN_E_WORKER_LOAD, "flags");
}

Test(load, refuses_an_algorithm_as_a_task)
{
    expect_load("trouble", as_task, SUAN_E_WORKER_LOAD, "kind");
}

Test(load, passes_on_that_the_task_is_unknown)
{
    expect_load("trouble", wrong_task, SUAN_E_TASK, "trouble solves");
}

Test(load, refuses_an_object_without_entry)
{
    expect_load("not-a-plugin", NULL, SUAN_E_WORKER_LOAD, "suan_plugin_v1");
}

Test(load, survives_a_constructor_that_crashes)
{
    expect_load("constructor-crash", NULL, SUAN_E_WORKER_CRASHED, "load");
}

Test(load, survives_a_constructor_that_hangs)
{
    expect_load("constructor-hang", short_deadline, SUAN_E_WORKER_TIMEOUT, "load");
}

Test(load, survives_a_constructor_that_exits)
{
    expect_load("constructor-exit", NULL, SUAN_E_WORKER_CRASHED, "exit(7)");
}

Test(load, lets_no_constructor_start_a_thread)
{
    expect_load("constructor-thread", NULL, SUAN_OK, NULL);
}

Test(load, refuses_bytes_that_are_not_elf)
{
    struct stand stand;
    struct suan_guest *guest = NULL;
    stand_open(&stand, NULL);
    struct suan_guest_options options = {.plugin = suan_span("nonsense", 8), .task = TROUBLE_TASK};
    cr_assert_eq(suan_guest_open(stand.engine, &options, &guest, &stand.error), SUAN_E_REFUSED);
    stand_close(&stand);
}

Test(load, refuses_a_program_that_is_no_worker)
{
    struct suan_engine *engine = NULL;
    struct suan_error error = {0};
    const struct suan_engine_options options = {.worker = "/bin/true"};
    cr_assert_neq(suan_engine_open(&options, &engine, &error), SUAN_OK);
    cr_assert_null(engine);
}

Test(load, says_that_the_worker_program_is_missing)
{
    struct suan_engine *engine = NULL;
    struct suan_error error = {0};
    const struct suan_engine_options options = {.worker = "/nowhere/suan-worker"};
    cr_assert_eq(suan_engine_open(&options, &engine, &error), SUAN_E_NOT_FOUND);
}
