/* What was used, on receipts: counted once, chained, kept through a kill, and computed alike in the registry. */
#include <criterion/criterion.h>
#include <dirent.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "service/journal.h"
#include "stand.h"
#include "trust/dsse.h"
#include "trust/signer.h"

enum { WRONG = 4, FAIL = 5 };
static struct stand stand;

static void begin(void)
{
    stand_new(&stand);
}

static void end(void)
{
    stand_done(&stand);
}

TestSuite(meter, .init = begin, .fini = end, .timeout = 120);

static struct suan_receipt *receipt_of(struct suan_solver *solver)
{
    return stand_must_receipt(&stand, solver);
}

Test(meter, jobs_are_counted_by_size_and_outcome)
{
    stand_must_open(&stand);
    struct suan_solver *solver = stand_must_load(&stand, "toy-fast", SUAN_LEVEL_DEFAULT, 0);
    stand_must_call(&stand, solver, 10, 3);   /* the smallest attested size */
    stand_must_call(&stand, solver, 1000, 4); /* the upper end of the first bin */
    stand_must_call(&stand, solver, 1001, 5);
    stand_must_call(&stand, solver, 9, 6); /* below the grid */
    SUAN_CLEANUP(suan_receipt_freep) struct suan_receipt *receipt = receipt_of(solver);
    cr_expect_eq(receipt->bin_count, 3);
    cr_expect_eq(receipt->bins[0].jobs, 7);
    cr_expect_eq(receipt->bins[1].jobs, 5);
    cr_expect_eq(receipt->bins[2].jobs, 0);
    cr_expect_eq(receipt->unmetered_jobs, 6);
    cr_expect_gt(receipt->bins[1].cpu_ns, receipt->bins[0].cpu_ns / 4);
    cr_expect_str_eq(receipt->user, "firm");
    cr_expect_str_eq(receipt->id, "toy-fast");
    cr_expect_eq(receipt->sequence, 1);
    suan_unload(solver);
}

Test(meter, what_the_plugin_fails_at_is_billed_and_what_the_caller_does_wrong_is_not)
{
    stand_must_open(&stand);
    struct suan_solver *solver = stand_must_load(&stand, "toy-fast", SUAN_LEVEL_DEFAULT, FAIL);
    cr_expect_eq(stand_call(&stand, solver, 50, 0), SUAN_E_NUMERIC);
    cr_expect_eq(suan_call(solver, NULL, 0, NULL, 0, 0, NULL), SUAN_E_SHAPE);
    SUAN_CLEANUP(suan_receipt_freep) struct suan_receipt *receipt = receipt_of(solver);
    cr_expect_eq(receipt->bins[0].failed, 1);
    cr_expect_eq(stand_jobs(receipt), 0);
    suan_unload(solver);
}

Test(meter, receipts_follow_each_other_without_a_gap)
{
    SUAN_CLEANUP(suan_buffer_done) struct suan_buffer text = {0};
    SUAN_CLEANUP(suan_dsse_done) struct suan_dsse envelope = {0};
    stand_must_open(&stand);
    struct suan_solver *solver = stand_must_load(&stand, "toy-fast", SUAN_LEVEL_DEFAULT, 0);
    cr_expect_eq(stand_receipt(&stand, solver), SUAN_E_NOT_FOUND);
    cr_expect_str_eq(stand.error.code, "meter.empty");
    stand_must_call(&stand, solver, 100, 3);
    SUAN_CLEANUP(suan_receipt_freep) struct suan_receipt *first = receipt_of(solver);
    cr_assert_eq(suan_file_read(stand.receipt, SUAN_DSSE_SIZE_MAX, &text, NULL), SUAN_OK);
    cr_assert_eq(suan_dsse_parse(suan_buffer_span(&text), &envelope, NULL), SUAN_OK);
    struct suan_digest digest = suan_sha256(suan_buffer_span(&envelope.payload));
    stand_must_call(&stand, solver, 100, 2);
    SUAN_CLEANUP(suan_receipt_freep) struct suan_receipt *second = receipt_of(solver);
    cr_expect_eq(second->sequence, 2);
    cr_expect(suan_digest_equal(&second->previous, &digest));
    cr_expect_eq(second->start_ns, first->end_ns);
    cr_expect_arr_eq(second->meter, first->meter, sizeof first->meter);
    cr_expect_eq(stand_jobs(first), 3);
    cr_expect_eq(stand_jobs(second), 2);
    suan_unload(solver);
}

Test(meter, two_solvers_of_one_release_count_apart)
{
    stand_must_open(&stand);
    struct suan_solver *one = stand_must_load(&stand, "toy-fast", SUAN_LEVEL_DEFAULT, 0);
    struct suan_solver *other = stand_must_load(&stand, "toy-fast", SUAN_LEVEL_DEFAULT, 0);
    stand_must_call(&stand, one, 100, 1);
    stand_must_call(&stand, other, 100, 2);
    SUAN_CLEANUP(suan_receipt_freep) struct suan_receipt *first = receipt_of(one);
    SUAN_CLEANUP(suan_receipt_freep) struct suan_receipt *second = receipt_of(other);
    cr_expect_eq(stand_jobs(first), 1);
    cr_expect_eq(stand_jobs(second), 2);
    cr_expect_neq(memcmp(first->meter, second->meter, sizeof first->meter), 0);
    suan_unload(one);
    suan_unload(other);
}

Test(meter, a_receipt_that_cannot_be_signed_or_written_loses_nothing)
{
    stand_must_open(&stand);
    struct suan_solver *solver = stand_must_load(&stand, "toy-fast", SUAN_LEVEL_DEFAULT, 0);
    stand_must_call(&stand, solver, 100, 3);
    cr_expect_neq(suan_receipt(solver, "firm", "/no/such/key", stand.receipt, NULL), SUAN_OK);
    cr_expect_neq(suan_receipt(solver, "firm", stand_key("firm"), "/no/such/folder/receipt", &stand.error),
                  SUAN_OK);
    cr_expect(strstr(stand.error.message, "journal") != NULL, "%s", stand.error.message);
    SUAN_CLEANUP(suan_json_releasep) struct suan_json *list = NULL;
    suan_unload(solver);
    cr_assert_eq(journal_list(stand.journal, &list, NULL), SUAN_OK);
    const struct suan_json *row = suan_json_at(suan_json_find(list, "periods"), 0);
    cr_expect_eq(suan_json_integer(suan_json_find(row, "receipts")), 1);
    cr_expect_eq(suan_json_integer(suan_json_find(row, "jobs")), 0);
}

Test(meter, unvetted_use_is_not_metered)
{
    stand_must_open(&stand);
    struct suan_solver *solver = stand_must_load(&stand, "toy-new@1.0.0", SUAN_LEVEL_DEFAULT, 0);
    stand_must_call(&stand, solver, 100, 1);
    cr_expect_eq(stand_receipt(&stand, solver), SUAN_E_NOT_FOUND);
    cr_expect_str_eq(stand.error.code, "meter.absent");
    suan_unload(solver);
}

/* --- shadows ------------------------------------------------------------------------------------------ */

/* Enough calls that a shadow pair is certain but for one in e^20. */
enum { MANY = 1500 };

Test(meter, shadows_repeat_and_check_what_production_computed)
{
    static const char *const releases[] = {"toy-fast", "toy-next"}; /* against the incumbent, and toy-fast */
    stand_must_open(&stand);
    for (size_t i = 0; i < 2; i++) {
        struct suan_solver *solver = stand_must_load(&stand, releases[i], SUAN_LEVEL_DEFAULT, 0);
        stand_must_call(&stand, solver, 2000, MANY);
        SUAN_CLEANUP(suan_receipt_freep) struct suan_receipt *receipt = receipt_of(solver);
        cr_expect_gt(receipt->pair_count, 0, "%s", releases[i]);
        cr_expect_gt(receipt->shadow_cost_ns, 0);
        for (size_t p = 0; p < receipt->pair_count; p++)
            cr_expect(receipt->pairs[p].ok);
        cr_expect_eq(receipt->flags & SUAN_RECEIPT_WRONG, 0);
        suan_unload(solver);
    }
}

Test(meter, a_wrong_answer_is_found_by_shadows_and_stops_the_credit)
{
    stand_must_open(&stand);
    struct suan_solver *solver = stand_must_load(&stand, "toy-fast", SUAN_LEVEL_DEFAULT, WRONG);
    for (int i = 0; i < MANY; i++)
        cr_assert_eq(stand_call(&stand, solver, 100, 0), SUAN_E_NUMERIC); /* what the stand says to it */
    SUAN_CLEANUP(suan_receipt_freep) struct suan_receipt *receipt = receipt_of(solver);
    cr_expect_gt(receipt->pair_count, 0);
    cr_expect_neq(receipt->flags & SUAN_RECEIPT_WRONG, 0);
    cr_expect_eq(receipt->saving_ns, 0);
    suan_unload(solver);
}

/* --- the registry computes the same ------------------------------------------------------------------- */

Test(meter, the_registry_computes_the_same_saving_and_refuses_another)
{
    SUAN_CLEANUP(suan_buffer_done) struct suan_buffer text = {0}, envelope = {0};
    SUAN_CLEANUP(suan_signer_closep) struct suan_signer *signer = NULL;
    stand_copy_registry(&stand, "registry");
    stand_must_open(&stand);
    struct suan_solver *solver = stand_must_load(&stand, "toy-fast", SUAN_LEVEL_DEFAULT, 0);
    stand_must_call(&stand, solver, 2000, MANY);
    SUAN_CLEANUP(suan_receipt_freep) struct suan_receipt *receipt = receipt_of(solver);
    suan_unload(solver);
    suan_close(stand.library);
    stand.library = NULL;
    char honest[PATH_MAX];
    snprintf(honest, sizeof honest, "%s", stand.receipt);
    receipt->saving_ns++;
    cr_assert_eq(suan_receipt_format(receipt, &text, NULL), SUAN_OK);
    cr_assert_eq(suan_signer_open(stand_key("firm"), &signer, NULL), SUAN_OK);
    const struct suan_signer *const signers[] = {signer};
    cr_assert_eq(suan_dsse_sign(SUAN_RECEIPT_TYPE, suan_buffer_span(&text), signers, 1, &envelope, NULL),
                 SUAN_OK);
    char changed[PATH_MAX];
    snprintf(changed, sizeof changed, "%s/changed.json", stand.folder);
    cr_assert_eq(suan_file_replace(changed, suan_buffer_span(&envelope), 0600, NULL), SUAN_OK);
    cr_expect_eq(stand_change(&stand, "receipt", "submit", "firm", "receipt", changed, NULL, NULL),
                 SUAN_E_REFUSED);
    cr_expect_str_eq(stand.error.code, "receipt.saving", "%s", stand.error.message);
    cr_expect_eq(stand_change(&stand, "receipt", "submit", "firm", "receipt", honest, NULL, NULL), SUAN_OK,
                 "%s", stand.error.message);
}

/* --- kills -------------------------------------------------------------------------------------------- */

/* Jobs of the periods that the journal holds. */
static int64_t jobs_in_journal(void)
{
    SUAN_CLEANUP(suan_json_releasep) struct suan_json *list = NULL;
    if (journal_list(stand.journal, &list, NULL) != SUAN_OK)
        return -1;
    return suan_json_integer(suan_json_find(suan_json_at(suan_json_find(list, "periods"), 0), "jobs"));
}

static _Noreturn void work_and_wait(void)
{
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    stand_must_open(&stand);
    struct suan_solver *solver = stand_must_load(&stand, "toy-fast", SUAN_LEVEL_DEFAULT, 0);
    stand_must_call(&stand, solver, 100, 21);
    for (;;)
        pause();
}

Test(meter, a_kill_loses_no_more_than_the_last_second)
{
    int64_t jobs = 0;
    pid_t child = fork();
    if (child == 0)
        work_and_wait();
    cr_assert_gt(child, 0);
    int handle = (int)syscall(SYS_pidfd_open, child, 0);
    cr_assert_geq(handle, 0);
    for (uint64_t until = suan_clock_monotonic_ns() + 30000000000u;
         jobs < 21 && suan_clock_monotonic_ns() < until;)
        jobs = jobs_in_journal();
    cr_expect_eq(jobs, 21); /* though no call came after them */
    cr_assert_eq(syscall(SYS_pidfd_send_signal, handle, SIGKILL, NULL, 0), 0);
    cr_assert_eq(waitpid(child, NULL, 0), child);
    close(handle);
    stand_must_open(&stand);
    struct suan_solver *solver = stand_must_load(&stand, "toy-fast", SUAN_LEVEL_DEFAULT, 0);
    stand_must_call(&stand, solver, 100, 1);
    SUAN_CLEANUP(suan_receipt_freep) struct suan_receipt *receipt = receipt_of(solver);
    cr_expect_eq(stand_jobs(receipt), 22);
    cr_expect_eq(receipt->sequence, 1);
    suan_unload(solver);
}

/* The one file of the journal that ends so. */
static void find_in_journal(const char *ending, char out[PATH_MAX])
{
    DIR *folder = opendir(stand.journal);
    for (struct dirent *entry; (entry = readdir(folder)) != NULL;) {
        size_t size = strlen(entry->d_name), tail = strlen(ending);
        if (size > 64 && strcmp(entry->d_name + size - tail, ending) == 0)
            cr_assert_lt(snprintf(out, PATH_MAX, "%s/%s", stand.journal, entry->d_name), PATH_MAX);
    }
    closedir(folder);
}

Test(meter, a_death_between_receipt_and_next_period_counts_nothing_twice)
{
    SUAN_CLEANUP(suan_buffer_done) struct suan_buffer before = {0};
    char period[PATH_MAX] = "";
    stand_must_open(&stand);
    struct suan_solver *solver = stand_must_load(&stand, "toy-fast", SUAN_LEVEL_DEFAULT, 0);
    stand_must_call(&stand, solver, 100, 5);
    suan_unload(solver);
    find_in_journal(".json", period);
    cr_assert_eq(suan_file_read(period, 1 << 20, &before, NULL), SUAN_OK);
    solver = stand_must_load(&stand, "toy-fast", SUAN_LEVEL_DEFAULT, 0);
    SUAN_CLEANUP(suan_receipt_freep) struct suan_receipt *first = receipt_of(solver);
    suan_unload(solver);
    cr_assert_eq(suan_file_replace(period, suan_buffer_span(&before), 0600, NULL), SUAN_OK);
    solver = stand_must_load(&stand, "toy-fast", SUAN_LEVEL_DEFAULT, 0);
    stand_must_call(&stand, solver, 100, 2);
    SUAN_CLEANUP(suan_receipt_freep) struct suan_receipt *second = receipt_of(solver);
    cr_expect_eq(stand_jobs(first), 5);
    cr_expect_eq(stand_jobs(second), 2);
    cr_expect_eq(second->sequence, 2);
    suan_unload(solver);
}

/* --- processes ---------------------------------------------------------------------------------------- */

static int use_after_fork(struct suan_solver *solver, struct suan_solver *inside)
{
    struct suan_found found = SUAN_FOUND_INIT;
    bool refused = suan_find(stand.library, TASK, &found, NULL) == SUAN_E_FORKED &&
                   stand_call(&stand, solver, 10, 0) == SUAN_E_FORKED &&
                   stand_call(&stand, inside, 10, 0) == SUAN_E_FORKED &&
                   stand_receipt(&stand, solver) == SUAN_E_FORKED;
    suan_unload(solver);
    suan_unload(inside);
    suan_close(stand.library);
    stand.library = NULL;
    bool again = stand_open(&stand, 0) == SUAN_OK;
    suan_close(stand.library);
    return refused && again ? 0 : 1;
}

Test(meter, after_a_fork_the_child_opens_anew)
{
    int status = 0;
    stand_must_open(&stand);
    struct suan_solver *solver = stand_must_load(&stand, "toy-fast", SUAN_LEVEL_DEFAULT, 0);
    struct suan_solver *inside = stand_must_load(&stand, "toy-fast", SUAN_LEVEL_INPROCESS, 0);
    stand_must_call(&stand, solver, 100, 1);
    pid_t child = fork();
    if (child == 0)
        _exit(use_after_fork(solver, inside));
    cr_assert_eq(waitpid(child, &status, 0), child);
    cr_expect(WIFEXITED(status) && WEXITSTATUS(status) == 0, "%d", status);
    stand_must_call(&stand, solver, 100, 1);
    SUAN_CLEANUP(suan_receipt_freep) struct suan_receipt *receipt = receipt_of(solver);
    cr_expect_eq(stand_jobs(receipt), 2);
    suan_unload(solver);
    suan_unload(inside);
}

/* By another process, as in life. */
static int change_registry(void)
{
    enum suan_status status =
        stand_change(&stand, "review", "reject", "body3", "tar", "toy-thin@1.0.0", "reason", "a test");
    return status == SUAN_OK ? 0 : 1;
}

Test(meter, two_libraries_of_one_registry_live_side_by_side)
{
    struct suan_found found = SUAN_FOUND_INIT;
    struct stand other;
    int status = 0;
    stand_copy_registry(&stand, "registry");
    stand_must_open(&stand);
    stand_new(&other);
    snprintf(other.registry, sizeof other.registry, "%s", stand.registry);
    stand_must_open(&other);
    stand_done(&other);
    pid_t child = fork();
    if (child == 0)
        _exit(change_registry());
    cr_assert_eq(waitpid(child, &status, 0), child);
    cr_expect(WIFEXITED(status) && WEXITSTATUS(status) == 0, "%d", status);
    cr_expect_eq(suan_find(stand.library, TASK, &found, &stand.error), SUAN_OK, "%s", stand.error.message);
}
