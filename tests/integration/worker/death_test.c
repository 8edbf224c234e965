/* Deaths that are nobody's fault: of the host, of a worker between calls. */
#include <dirent.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "stand.h"

enum { FOUND_MAX = 16 };

/* pidfds of the processes whose parent is `parent`; their numbers go to `out_pids`. */
static int children_of(pid_t parent, pid_t *out_pids)
{
    int count = 0;
    DIR *folder = opendir("/proc");
    for (struct dirent *entry = readdir(folder); entry != NULL && count < FOUND_MAX;
         entry = readdir(folder)) {
        char path[300], text[512];
        int pid = 0, its_parent = 0;
        snprintf(path, sizeof path, "/proc/%s/stat", entry->d_name);
        FILE *file = entry->d_name[0] >= '0' && entry->d_name[0] <= '9' ? fopen(path, "re") : NULL;
        if (file == NULL)
            continue;
        const char *end = fgets(text, sizeof text, file) == NULL ? NULL : strrchr(text, ')');
        if (end != NULL && sscanf(text, "%d", &pid) == 1 && sscanf(end + 2, "%*c %d", &its_parent) == 1 &&
            its_parent == parent)
            out_pids[count++] = pid;
        fclose(file);
    }
    closedir(folder);
    return count;
}

static int open_pidfd(pid_t pid)
{
    cr_assert_gt(pid, 1);
    return (int)syscall(SYS_pidfd_open, pid, 0);
}

static void kill_by(int pidfd)
{
    cr_assert_eq(syscall(SYS_pidfd_send_signal, pidfd, SIGKILL, NULL, 0), 0);
}

static bool ends_within(int pidfd, int timeout_ms)
{
    struct pollfd gone = {pidfd, POLLIN, 0};
    return poll(&gone, 1, timeout_ms) == 1;
}

/* A host in a process of its own, with an engine and two workers; says so on `ready`, then waits to be killed. */
static pid_t start_host(int *out_ready)
{
    int ready[2];
    cr_assert_eq(pipe(ready), 0);
    pid_t host = fork();
    if (host == 0) {
        struct stand stand;
        stand_open(&stand, NULL);
        if (write(ready[1], "r", 1) == 1)
            pause();
        _exit(1);
    }
    close(ready[1]);
    *out_ready = ready[0];
    return host;
}

Test(death, of_the_host_takes_zygote_and_workers_along)
{
    int ready, count = 0, pidfds[FOUND_MAX];
    pid_t zygotes[FOUND_MAX], workers[FOUND_MAX];
    char byte;
    pid_t host = start_host(&ready);
    cr_assert_eq(read(ready, &byte, 1), 1);
    cr_assert_eq(children_of(host, zygotes), 1);
    pidfds[count++] = open_pidfd(zygotes[0]);
    int n_workers = children_of(zygotes[0], workers);
    cr_assert_eq(n_workers, 2);
    for (int i = 0; i < n_workers; i++)
        pidfds[count++] = open_pidfd(workers[i]);
    for (int i = 0; i < count; i++)
        cr_assert_not(ends_within(pidfds[i], 0), "process %d is dead already", i);
    int host_pidfd = open_pidfd(host);
    kill_by(host_pidfd);
    cr_assert_eq(waitpid(host, NULL, 0), host);
    for (int i = 0; i < count; i++)
        cr_assert(ends_within(pidfds[i], 5000), "process %d lives on", i);
}

Test(death, of_a_worker_between_calls_is_made_good)
{
    struct stand stand;
    pid_t zygotes[FOUND_MAX], workers[FOUND_MAX];
    stand_open(&stand, NULL);
    stand_expect_honest(&stand, stand.guest);
    cr_assert_eq(children_of(getpid(), zygotes), 1);
    int n_workers = children_of(zygotes[0], workers);
    for (int i = 0; i < n_workers; i++) {
        int pidfd = open_pidfd(workers[i]);
        kill_by(pidfd);
        cr_assert(ends_within(pidfd, 5000));
    }
    stand_expect_honest(&stand, stand.guest);
    stand_expect_honest(&stand, stand.sibling);
    stand_close(&stand);
}

Test(death, of_the_zygote_is_said)
{
    struct stand stand;
    pid_t zygotes[FOUND_MAX];
    stand_open(&stand, NULL);
    cr_assert_eq(children_of(getpid(), zygotes), 1);
    int pidfd = open_pidfd(zygotes[0]);
    kill_by(pidfd);
    cr_assert(ends_within(pidfd, 5000));
    int first = stand_run(&stand, stand.guest, TROUBLE_NONE, 1000),
        second = stand_run(&stand, stand.guest, 0, 1000);
    cr_assert_neq(first, SUAN_OK);
    cr_assert_eq(second, SUAN_E_IO, "%s", stand.error.message);
    stand_close(&stand);
}

static void two_spares(struct suan_guest_options *options)
{
    options->spares = 2;
}

static int count_workers(void)
{
    pid_t zygotes[FOUND_MAX], workers[FOUND_MAX];
    cr_assert_eq(children_of(getpid(), zygotes), 1);
    return children_of(zygotes[0], workers);
}

Test(death, a_spare_takes_over_prepared)
{
    struct stand stand;
    struct suan_guest *guest = NULL;
    stand_open(&stand, NULL);
    int without = count_workers();
    cr_assert_eq(stand_load(&stand, "trouble", two_spares, &guest), SUAN_OK, "%s", stand.error.message);
    cr_assert_eq(suan_guest_prepare(guest, stand.in, 1, &stand.error), SUAN_OK, "%s", stand.error.message);
    cr_assert_eq(count_workers(), without + 3);
    for (int i = 0; i < 3; i++) {
        cr_assert_eq(stand_run(&stand, guest, TROUBLE_SEGV, 0), SUAN_E_WORKER_CRASHED);
        stand_expect_honest(&stand, guest);
        cr_assert_eq(count_workers(), without + (i < 2 ? 2 - i : 1));
    }
    cr_assert_eq(suan_guest_refill(guest, &stand.error), SUAN_OK, "%s", stand.error.message);
    cr_assert_eq(count_workers(), without + 3);
    stand_expect_honest(&stand, guest);
    suan_guest_close(guest);
    cr_assert_eq(count_workers(), without);
    stand_close(&stand);
}

Test(death, spares_follow_a_new_preparation)
{
    struct stand stand;
    struct suan_guest *guest = NULL;
    stand_open(&stand, NULL);
    cr_assert_eq(stand_load(&stand, "trouble", two_spares, &guest), SUAN_OK, "%s", stand.error.message);
    stand.factor[0] = 5;
    cr_assert_eq(suan_guest_prepare(guest, stand.in, 1, &stand.error), SUAN_OK);
    stand.factor[0] = 2;
    cr_assert_eq(suan_guest_prepare(guest, stand.in, 1, &stand.error), SUAN_OK);
    cr_assert_eq(stand_run(&stand, guest, TROUBLE_ABORT, 0), SUAN_E_WORKER_CRASHED);
    stand_expect_honest(&stand, guest);
    suan_guest_close(guest);
    stand_close(&stand);
}

static void five_calls(struct suan_guest_options *options)
{
    options->retire_calls = 5;
}

static int count_shared(const pid_t *a, const pid_t *b, int count)
{
    int shared = 0;
    for (int i = 0; i < count; i++) {
        for (int j = 0; j < count; j++)
            shared += a[i] == b[j];
    }
    return shared;
}

Test(death, a_worker_that_has_served_its_calls_is_replaced)
{
    struct stand stand;
    struct suan_guest *guest = NULL;
    pid_t zygotes[FOUND_MAX], before[FOUND_MAX], now[FOUND_MAX];
    stand_open(&stand, NULL);
    cr_assert_eq(stand_load(&stand, "trouble", five_calls, &guest), SUAN_OK, "%s", stand.error.message);
    cr_assert_eq(suan_guest_prepare(guest, stand.in, 1, &stand.error), SUAN_OK);
    cr_assert_eq(children_of(getpid(), zygotes), 1);
    int count = children_of(zygotes[0], before);
    for (int i = 0; i < 5; i++)
        stand_expect_honest(&stand, guest);
    cr_assert_eq(children_of(zygotes[0], now), count);
    cr_assert_eq(count_shared(before, now, count), count);
    stand_expect_honest(&stand, guest);
    cr_assert_eq(children_of(zygotes[0], now), count);
    cr_assert_eq(count_shared(before, now, count), count - 1);
    cr_assert_eq(suan_guest_death(guest)->count, 0);
    suan_guest_close(guest);
    stand_close(&stand);
}
