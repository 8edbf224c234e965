/* The same as an ordinary user, when the tests run as root. */
#include <grp.h>
#include <unistd.h>

#include "stand.h"

enum { ORDINARY = 65533 };

/* In a child that has given up root: seals, verifies, runs, crashes, recovers. */
static int live_as_ordinary_user(void)
{
    struct stand stand;
    if (geteuid() == 0 && (setgroups(0, NULL) != 0 || setgid(ORDINARY) != 0 || setuid(ORDINARY) != 0))
        return 1;
    stand_open(&stand, NULL);
    if (suan_guest_level(stand.guest) < SUAN_ISOLATION_STRONG)
        return 2;
    if (stand_run(&stand, stand.guest, TROUBLE_SOCKET, 0) != SUAN_E_WORKER_VIOLATION)
        return 3;
    stand_expect_honest(&stand, stand.guest);
    stand_close(&stand);
    return 0;
}

Test(account, an_ordinary_user_has_the_same_protection)
{
    cr_assert_eq(live_as_ordinary_user(), 0);
}
