/* A writer that is killed at any moment: what it acknowledged is there, and the newest checkpoint is a prefix
 * of the log. */
#include <criterion/criterion.h>
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/pidfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "support/registry.h"

static struct test_registry t;

static void setup(void)
{
    test_registry_new(&t, NULL, 0);
}

static void teardown(void)
{
    test_registry_done(&t);
}

TestSuite(kill, .init = setup, .fini = teardown);

static struct test_outcome write_one(void)
{
    struct suan_json *command = test_command(&t, SUAN_EVENT_IDENTITY_UPDATE, "operator");
    suan_json_set_text(command, "contact", "still here");
    return test_sign(&t, command, 0);
}

/* The child: submits for ever, and tells the index of each event once it is acknowledged. */
static void submit_for_ever(int acknowledged)
{
    struct suan_error error = {0};
    if (suan_registry_open(t.folder, SUAN_STORE_WRITE, &t.options, &t.registry, &error) != SUAN_OK)
        _exit(2);
    for (;;) {
        struct test_outcome outcome = write_one();
        if (outcome.status != SUAN_OK ||
            write(acknowledged, &outcome.index, sizeof outcome.index) != (ssize_t)sizeof outcome.index)
            _exit(3);
    }
}

static bool read_index(int fd, uint64_t *out)
{
    ssize_t got;
    do {
        got = read(fd, out, sizeof *out);
    } while (got < 0 && errno == EINTR);
    return got == (ssize_t)sizeof *out;
}

/* Kills a writer after some acknowledgements; gives the last index that it told. */
static uint64_t kill_a_writer(unsigned after)
{
    int pipe_fds[2], status = 0;
    uint64_t last = 0, index;
    cr_assert_eq(pipe(pipe_fds), 0);
    pid_t child = fork();
    cr_assert_geq(child, 0);
    if (child == 0) {
        close(pipe_fds[0]);
        submit_for_ever(pipe_fds[1]);
    }
    close(pipe_fds[1]);
    SUAN_CLEANUP(suan_closep) int process = pidfd_open(child, 0);
    cr_assert_geq(process, 0);
    for (unsigned i = 0; i < after && read_index(pipe_fds[0], &index); i++)
        last = index;
    cr_assert_eq(pidfd_send_signal(process, SIGKILL, NULL, 0), 0);
    cr_assert_eq(waitpid(child, &status, 0), child);
    cr_assert(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL, "the writer ended by itself: %d", status);
    while (read_index(pipe_fds[0], &index))
        last = index;
    close(pipe_fds[0]);
    return last;
}

static void check_after(uint64_t acknowledged)
{
    SUAN_CLEANUP(suan_txn_endp) struct suan_txn *txn = NULL;
    struct suan_error error = {0};
    uint64_t size = 0, signed_size = 0;
    struct suan_span note;
    struct suan_signed_note parsed;
    struct suan_checkpoint checkpoint;
    struct suan_digest root;
    cr_assert_eq(suan_registry_open(t.folder, SUAN_STORE_READ, &t.options, &t.registry, &error), SUAN_OK,
                 "%s", error.message);
    cr_assert_eq(suan_store_begin(suan_registry_store(t.registry), &txn, NULL), SUAN_OK);
    cr_assert_eq(suan_log_size(txn, SUAN_LOG_REGISTRY, &size, NULL), SUAN_OK);
    cr_assert_gt(size, acknowledged);
    cr_assert_eq(suan_log_newest_checkpoint(txn, SUAN_LOG_REGISTRY, &signed_size, &note, NULL), SUAN_OK);
    cr_assert_leq(signed_size, size);
    cr_assert_eq(suan_signed_note_parse(note, &parsed, NULL), SUAN_OK);
    cr_assert_eq(suan_checkpoint_parse(parsed.text, &checkpoint, NULL), SUAN_OK);
    cr_assert_eq(suan_log_root(txn, SUAN_LOG_REGISTRY, checkpoint.size, &root, NULL), SUAN_OK);
    cr_assert(suan_digest_equal(&root, &checkpoint.root));
}

Test(kill, loses_nothing_that_was_acknowledged)
{
    SUAN_CLEANUP(suan_json_releasep) struct suan_json *report = NULL;
    struct suan_error error = {0};
    unsigned kills = getenv("SUAN_SOAK") != NULL ? 1000 : 24;
    for (unsigned i = 0; i < kills; i++) {
        suan_registry_close(t.registry);
        t.registry = NULL;
        uint64_t acknowledged = kill_a_writer(1 + i % 7);
        check_after(acknowledged);
    }

    cr_assert_eq(suan_registry_verify(t.registry, &report, &error), SUAN_OK, "%s", error.message);
}
