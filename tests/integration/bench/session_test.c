#include <criterion/criterion.h>
#include <criterion/parameterized.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/inotify.h>
#include <sys/pidfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "bench/folder.h"
#include "bench/gate.h"
#include "bench/replay.h"
#include "bench/report.h"
#include "bench/sessions.h"
#include "toy_session.h"

static const struct suan_check *check_of(const struct suan_measurement *m, const char *id)
{
    for (uint32_t i = 0; i < m->n_checks; i++) {
        if (strcmp(m->checks[i].id, id) == 0)
            return &m->checks[i];
    }
    cr_assert_fail("no row %s", id);
    return NULL;
}

/* Verdicts on time concern effects of at least two; the machine may be too noisy to say, and then must say
 * so. */
Test(session, a_planted_effect_is_credited_and_replays)
{
    struct toy toy;
    SUAN_CLEANUP(suan_rows_done) struct suan_rows rows = {0};
    SUAN_CLEANUP(suan_buffer_done) struct suan_buffer zst = {0};
    SUAN_CLEANUP(suan_buffer_done) struct suan_buffer json = {0};
    SUAN_CLEANUP(suan_measurement_freep) struct suan_measurement *again = NULL;
    struct suan_error error = {0};
    toy_open(&toy, "fast");
    SUAN_CLEANUP(suan_measurement_freep) struct suan_measurement *m = toy_run(&toy, &rows);
    cr_assert(m->outcome == SUAN_OUTCOME_CREDITED || m->outcome == SUAN_OUTCOME_NOISY, "%s: %s",
              suan_outcome_name(m->outcome), m->reason);
    cr_assert_eq(m->n_grid, 2);
    cr_assert_lt(m->grid[1].ratio_ppm, 500000, "%lld", (long long)m->grid[1].ratio_ppm);
    cr_expect_eq(check_of(m, "R29")->result, SUAN_CHECK_PASS);
    cr_expect_eq(check_of(m, "R37")->result, SUAN_CHECK_PASS);
    cr_expect_eq(check_of(m, "R39")->result, SUAN_CHECK_PASS);
    cr_assert_eq(suan_folder_pack_rows(&rows, m, &zst, NULL), SUAN_OK);
    cr_assert_eq(suan_measurement_format(m, &json, NULL), SUAN_OK);
    cr_expect_eq(suan_replay(suan_buffer_span(&json), suan_buffer_span(&zst), suan_span(NULL, 0), NULL,
                             &again, &error),
                 SUAN_OK, "%s", error.message);
    cr_expect_eq(suan_replay_inputs(m, &rows, toy.engine, &toy.request.task, &error), SUAN_OK, "%s",
                 error.message);
    rows.items[rows.count - 2].in_sha.bytes[0] ^= 1;
    cr_expect_eq(suan_replay_inputs(m, &rows, toy.engine, &toy.request.task, &error), SUAN_E_INTEGRITY);
    toy_close(&toy);
}

struct fault_row {
    char name[16];
    enum suan_outcome outcome;
    char reason[48];
};
ParameterizedTestParameters(session, faults_end_as_what_they_are)
{
    static struct fault_row rows[] = {
        {"wrong", SUAN_OUTCOME_WRONG, "sums are wrong"},
        {"stale", SUAN_OUTCOME_WRONG, "sums are wrong"},
        {"crash", SUAN_OUTCOME_FAILED, ""},
        {"fails", SUAN_OUTCOME_FAILED, ""},
    };
    return cr_make_param_array(struct fault_row, rows, sizeof rows / sizeof rows[0]);
}
ParameterizedTest(struct fault_row *row, session, faults_end_as_what_they_are)
{
    struct toy toy;
    SUAN_CLEANUP(suan_rows_done) struct suan_rows rows = {0};
    toy_open(&toy, row->name);
    SUAN_CLEANUP(suan_measurement_freep) struct suan_measurement *m = toy_run(&toy, &rows);
    cr_expect(m->outcome == row->outcome || (row->reason[0] != '\0' && m->outcome == SUAN_OUTCOME_NOISY),
              "%s: %s", suan_outcome_name(m->outcome), m->reason);
    cr_expect(m->outcome == SUAN_OUTCOME_NOISY || strstr(m->reason, row->reason) != NULL, "%s", m->reason);
    cr_expect_eq(m->saving.credited_ns, 0);
    toy_close(&toy);
}

Test(session, a_plugin_that_remembers_inputs_is_seen)
{
    struct toy toy;
    SUAN_CLEANUP(suan_measurement_freep) struct suan_measurement *m = NULL;
    struct suan_error error = {0};
    toy_open(&toy, "memo");
    cr_assert_eq(suan_gate_run(&toy.request, &m, &error), SUAN_OK, "%s", error.message);
    cr_expect_eq(check_of(m, "repeat")->result, SUAN_CHECK_FAIL, "%s", check_of(m, "repeat")->detail);
    cr_expect_neq(m->flags & SUAN_REMARK_STATEFUL, 0);
    toy_close(&toy);
}

Test(session, an_honest_plugin_is_not_taken_for_one_that_remembers)
{
    struct toy toy;
    SUAN_CLEANUP(suan_measurement_freep) struct suan_measurement *m = NULL;
    toy_open(&toy, "fast");
    cr_assert_eq(suan_gate_run(&toy.request, &m, NULL), SUAN_OK);
    cr_expect_eq(check_of(m, "repeat")->result, SUAN_CHECK_PASS, "%s", check_of(m, "repeat")->detail);
    toy_close(&toy);
}

Test(session, an_interrupted_session_is_aborted_logged_and_leaves_no_worker)
{
    struct toy toy;
    SUAN_CLEANUP(suan_rows_done) struct suan_rows rows = {0};
    struct suan_sessions_state state;
    const int interrupted = 1;
    toy_open(&toy, "fast");
    unsigned before = toy_processes();
    toy.request.interrupted = &interrupted;
    SUAN_CLEANUP(suan_measurement_freep) struct suan_measurement *m = toy_run(&toy, &rows);
    cr_expect_eq(m->outcome, SUAN_OUTCOME_ABORTED);
    cr_expect_eq(toy_processes(), before);
    cr_assert_eq(suan_sessions_read(toy.sessions, &m->machine_class, &state, NULL), SUAN_OK);
    cr_expect_eq(state.lines, 2);
    toy_close(&toy);
}

/* Waits until the child has put rows of a block beside its session log. */
static void wait_for_rows(const char *folder, char out_path[256])
{
    char events[4096] __attribute__((aligned(8)));
    int watch = inotify_init1(IN_CLOEXEC);
    cr_assert_geq(inotify_add_watch(watch, folder, IN_MOVED_TO), 0);
    for (bool found = false; !found;) {
        ssize_t size = read(watch, events, sizeof events);
        cr_assert_gt(size, 0);
        for (char *at = events; at < events + size;) {
            const struct inotify_event *event = (const struct inotify_event *)(void *)at;
            found |= strstr(event->name, ".csv") != NULL;
            snprintf(out_path, 256, "%s/%.64s", folder, event->name);
            at += sizeof *event + event->len;
        }
    }
    close(watch);
}

Test(session, a_killed_session_stays_on_record_with_its_rows)
{
    struct toy toy = {.folder = ""};
    char folder[] = "/tmp/suan-kill-XXXXXX", path[256], sessions[96], command[64];
    SUAN_CLEANUP(suan_buffer_done) struct suan_buffer csv = {0};
    SUAN_CLEANUP(suan_rows_done) struct suan_rows rows = {0};
    struct suan_sessions_state state;
    struct suan_digest class = {{0}};
    cr_assert_not_null(mkdtemp(folder));
    snprintf(sessions, sizeof sessions, "%s/sessions.jsonl", folder);
    pid_t child = fork();
    if (child == 0) {
        toy_open(&toy, "fast");
        toy.request.sessions = sessions;
        (void)rmdir(toy.folder);
        suan_measurement_free(toy_run(&toy, &rows));
        _exit(0);
    }
    cr_assert_gt(child, 1);
    wait_for_rows(folder, path);
    int pidfd = pidfd_open(child, 0);
    cr_assert_geq(pidfd, 0);
    cr_assert_eq(pidfd_send_signal(pidfd, SIGKILL, NULL, 0), 0);
    cr_assert_eq(waitpid(child, NULL, 0), child);
    cr_assert_eq(suan_sessions_read(sessions, &class, &state, NULL), SUAN_OK);
    cr_expect_eq(state.lines, 1);
    cr_expect_eq(state.aborted, 1);
    cr_assert_eq(suan_file_read(path, SUAN_ROWS_CSV_MAX, &csv, NULL), SUAN_OK);
    cr_assert_eq(suan_rows_parse(suan_buffer_span(&csv), &rows, NULL), SUAN_OK);
    cr_expect_gt(rows.count, 0);
    close(pidfd);
    snprintf(command, sizeof command, "rm -r %s", folder);
    cr_assert_eq(system(command), 0);
}

Test(session, an_algorithm_that_cannot_be_loaded_has_failed)
{
    struct toy toy;
    SUAN_CLEANUP(suan_rows_done) struct suan_rows rows = {0};
    toy_open(&toy, "fast");
    toy.request.release.load.plugin.size /= 2;
    SUAN_CLEANUP(suan_measurement_freep) struct suan_measurement *m = toy_run(&toy, &rows);
    cr_expect_eq(m->outcome, SUAN_OUTCOME_FAILED, "%s", suan_outcome_name(m->outcome));
    toy_close(&toy);
}

Test(session, more_threads_than_are_measured_are_refused)
{
    struct toy toy;
    SUAN_CLEANUP(suan_rows_done) struct suan_rows rows = {0};
    struct suan_measurement *m = NULL;
    struct suan_error error = {0};
    toy_open(&toy, "fast");
    toy.request.release.party.threads = 4;
    cr_expect_eq(suan_session_run(&toy.request, &m, &rows, &error), SUAN_E_USAGE);
    cr_expect_str_eq(error.code, "measure.threads");
    toy_close(&toy);
}

Test(session, attempts_run_out)
{
    struct toy toy;
    SUAN_CLEANUP(suan_rows_done) struct suan_rows rows = {0};
    struct suan_measurement *m = NULL;
    struct suan_error error = {0};
    toy_open(&toy, "fast");
    toy.request.attempt = 16;
    cr_expect_eq(suan_session_run(&toy.request, &m, &rows, &error), SUAN_E_REFUSED);
    cr_expect_str_eq(error.code, "measure.attempts");
    cr_expect_neq(access(toy.sessions, F_OK), 0);
    toy_close(&toy);
}
