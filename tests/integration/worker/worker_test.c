/* What a plugin does to its worker, and that nobody else notices but by the status. */
#include <criterion/criterion.h>
#include <criterion/parameterized.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/file.h"
#include "stand.h"

struct row {
    char name[24];
    int mode;
    int status;
    int signal;
    char word[24]; /* in the message */
};

/* The first row is the control of all: without trouble the call succeeds. */
ParameterizedTestParameters(worker, ends)
{
    static struct row rows[] = {
        {"honest", TROUBLE_NONE, SUAN_OK, 0, ""},
        {"segv", TROUBLE_SEGV, SUAN_E_WORKER_CRASHED, SIGSEGV, "signal 11"},
        {"abort", TROUBLE_ABORT, SUAN_E_WORKER_CRASHED, 0, "abort"},
        {"exit", TROUBLE_EXIT, SUAN_E_WORKER_CRASHED, 0, "exit(5)"},
        {"spin", TROUBLE_SPIN, SUAN_E_WORKER_TIMEOUT, SIGKILL, "deadline"},
        {"sleep", TROUBLE_SLEEP, SUAN_E_WORKER_TIMEOUT, SIGKILL, "deadline"},
        {"socket", TROUBLE_SOCKET, SUAN_E_WORKER_VIOLATION, SIGSYS, "forbidden"},
        {"executable page", TROUBLE_EXEC_PAGE, SUAN_E_WORKER_VIOLATION, SIGSYS, "forbidden"},
        {"garbage", TROUBLE_GARBAGE, SUAN_E_WORKER_PROTOCOL, SIGKILL, "reply"},
        {"writes input", TROUBLE_WRITE_INPUT, SUAN_E_WORKER_CRASHED, SIGSEGV, "signal 11"},
        {"stack", TROUBLE_STACK, SUAN_E_WORKER_CRASHED, SIGSEGV, "signal 11"},
    };
    return cr_make_param_array(struct row, rows, sizeof rows / sizeof rows[0]);
}

ParameterizedTest(struct row *row, worker, ends)
{
    struct stand stand;
    stand_open(&stand, NULL);
    int status = stand_run(&stand, stand.guest, row->mode, 300);
    cr_assert_eq(status, row->status, "%s: %s: %s", row->name, suan_status_name(status), stand.error.message);
    if (row->status != SUAN_OK) {
        const struct suan_guest_death *death = suan_guest_death(stand.guest);
        cr_assert(strstr(stand.error.message, row->word) != NULL, "%s", stand.error.message);
        cr_assert_eq(death->signal, row->signal, "%s: signal %d", row->name, death->signal);
        cr_assert_str_eq(death->stage, "run");
        cr_assert(stand.y[0] == -7 && stand.y[STAND_N - 1] == -7, "outputs were touched");
    }
    stand_expect_inputs_intact(&stand);
    stand_expect_honest(&stand, stand.sibling);
    stand_expect_honest(&stand, stand.guest);
    stand_close(&stand);
}

Test(worker, keeps_the_plugins_own_status_and_text)
{
    struct stand stand;
    stand_open(&stand, NULL);
    cr_assert_eq(stand_run(&stand, stand.guest, TROUBLE_STATUS, 0), SUAN_E_NUMERIC);
    cr_assert_str_eq(stand.error.message, "run: singular ? matrix");
    cr_assert_eq(suan_guest_death(stand.guest)->count, 0);
    stand_close(&stand);
}

Test(worker, makes_an_unknown_status_internal)
{
    struct stand stand;
    stand_open(&stand, NULL);
    cr_assert_eq(stand_run(&stand, stand.guest, TROUBLE_STRANGE_STATUS, 0), SUAN_E_INTERNAL);
    stand_close(&stand);
}

Test(worker, keeps_the_last_lines_of_the_log)
{
    struct stand stand;
    stand_open(&stand, NULL);
    cr_assert_eq(stand_run(&stand, stand.guest, TROUBLE_LOG, 0), SUAN_OK);
    cr_assert_eq(stand_run(&stand, stand.guest, TROUBLE_SEGV, 0), SUAN_E_WORKER_CRASHED);
    cr_assert_str_eq(suan_guest_log(stand.guest, 0), "last words");
    cr_assert_str_eq(suan_guest_log(stand.guest, 1), "first line");
    cr_assert(strstr(stand.error.message, "last words") != NULL, "%s", stand.error.message);
    stand_close(&stand);
}

static void *cancel_soon(void *context)
{
    struct stand *stand = context;
    while (suan_guest_log(stand->guest, 0) == NULL && stand->error.status == 0) {
        suan_guest_cancel(stand->guest);
        usleep(1000);
    }
    return NULL;
}

static int cancelled_run(int mode, uint64_t *out_ns)
{
    struct stand stand;
    pthread_t thread;
    stand_open(&stand, NULL);
    cr_assert_eq(pthread_create(&thread, NULL, cancel_soon, &stand), 0);
    uint64_t began = suan_clock_monotonic_ns();
    int status = stand_run(&stand, stand.guest, mode, 20000);
    *out_ns = suan_clock_monotonic_ns() - began;
    stand.error.status = status;
    pthread_join(thread, NULL);
    stand_expect_honest(&stand, stand.guest);
    stand_close(&stand);
    return status;
}

Test(worker, cancels_a_plugin_that_listens)
{
    uint64_t took_ns;
    cr_assert_eq(cancelled_run(TROUBLE_POLITE, &took_ns), SUAN_E_CANCELLED);
    cr_assert_lt(took_ns, UINT64_C(5000000000));
}

Test(worker, cancels_a_plugin_that_does_not)
{
    uint64_t took_ns;
    cr_assert_eq(cancelled_run(TROUBLE_SPIN, &took_ns), SUAN_E_CANCELLED);
    cr_assert_lt(took_ns, UINT64_C(5000000000));
}

Test(worker, leaves_nothing_behind)
{
    struct census before = stand_count();
    struct stand stand;
    stand_open(&stand, NULL);
    struct census open = stand_count();
    cr_assert_eq(open.threads, before.threads + 1);
    cr_assert_eq(stand_run(&stand, stand.guest, TROUBLE_SEGV, 0), SUAN_E_WORKER_CRASHED);
    stand_expect_honest(&stand, stand.guest);
    struct census replaced = stand_count();
    cr_assert_eq(replaced.descriptors, open.descriptors);
    stand_close(&stand);
    struct census after = stand_count();
    cr_assert_eq(after.descriptors, before.descriptors, "%d, %d before", after.descriptors,
                 before.descriptors);
    cr_assert_eq(after.threads, before.threads);
    cr_assert_eq(after.children, before.children);
}

Test(worker, tells_a_child_of_fork_that_it_is_one)
{
    struct stand stand;
    int status;
    stand_open(&stand, NULL);
    pid_t child = fork();
    if (child == 0)
        _exit(stand_run(&stand, stand.guest, TROUBLE_NONE, 0) == SUAN_E_FORKED ? 0 : 1);
    cr_assert_eq(waitpid(child, &status, 0), child);
    cr_assert(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    stand_expect_honest(&stand, stand.guest);
    stand_close(&stand);
}

Test(worker, runs_parallel_for_on_its_threads)
{
    struct stand stand;
    struct suan_guest *guest = NULL;
    stand_open(&stand, NULL);
    stand.mode = TROUBLE_PARALLEL;
    for (uint32_t round = 0; round < 20; round++) {
        cr_assert_eq(stand_run(&stand, stand.guest, TROUBLE_PARALLEL, 0), SUAN_OK, "%s", stand.error.message);
        cr_assert(stand.y[STAND_N - 1] == 2.0 * STAND_N);
    }
    cr_assert_null(guest);
    stand_close(&stand);
}

static void three_workers(struct suan_guest_options *options)
{
    options->workers = 3;
}

Test(worker, gives_the_same_result_with_three_threads)
{
    struct stand stand;
    struct suan_guest *guest = NULL;
    stand_open(&stand, NULL);
    cr_assert_eq(stand_load(&stand, "trouble", three_workers, &guest), SUAN_OK, "%s", stand.error.message);
    cr_assert_eq(suan_guest_prepare(guest, stand.in, 1, &stand.error), SUAN_OK);
    for (int round = 0; round < 20; round++) {
        cr_assert_eq(stand_run(&stand, guest, TROUBLE_PARALLEL, 0), SUAN_OK, "%s", stand.error.message);
        for (int i = 0; i < STAND_N; i++)
            cr_assert(stand.y[i] == 2.0 * (i + 1));
    }
    suan_guest_close(guest);
    stand_close(&stand);
}
