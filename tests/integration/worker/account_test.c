/* A program that gave up root keeps its protection. The suite of hostile attempts runs as a true ordinary
 * account. */
#include <grp.h>
#include <unistd.h>

#include "stand.h"
#include "support/reach.h"

enum { ORDINARY = 65533 };

/* The kernel hides a process that has changed its account from others and itself, so a user namespace cannot
   be had; Landlock stands in for the private root. */
Test(account, a_program_that_gave_up_root_reaches_strong)
{
    struct stand stand;
    if (geteuid() == 0) {
        cr_assert_eq(test_reach(SUAN_TEST_SOURCE), 0);
        cr_assert_eq(test_reach(SUAN_TEST_BUILD), 0);
        cr_assert_eq(setgroups(0, NULL), 0);
        cr_assert_eq(setgid(ORDINARY), 0);
        cr_assert_eq(setuid(ORDINARY), 0);
    }
    stand_open(&stand, NULL);
    cr_assert_geq(suan_guest_level(stand.guest), SUAN_ISOLATION_STRONG);
    cr_assert_eq(stand_run(&stand, stand.guest, TROUBLE_SOCKET, 0), SUAN_E_WORKER_VIOLATION);
    stand_expect_honest(&stand, stand.guest);
    stand_close(&stand);
}
