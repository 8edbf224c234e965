/* Workers that have served long enough, plugins that end theirs too often, and outputs that are not copied. */
#include <string.h>

#include "stand.h"

static void three_ends(struct suan_guest_options *options)
{
    options->bad_ends = 0;
}

static struct suan_guest *open_prepared(struct stand *stand,
                                        void (*adjust)(struct suan_guest_options *options))
{
    struct suan_guest *guest = NULL;
    cr_assert_eq(stand_load(stand, "trouble", adjust, &guest), SUAN_OK, "%s", stand->error.message);
    cr_assert_eq(suan_guest_prepare(guest, stand->in, 1, &stand->error), SUAN_OK, "%s", stand->error.message);
    return guest;
}

Test(wear, three_bad_ends_suspend_the_guest_and_no_other)
{
    struct stand stand;
    stand_open(&stand, NULL);
    struct suan_guest *guest = open_prepared(&stand, three_ends);
    for (int i = 0; i < 3; i++)
        cr_assert_eq(stand_run(&stand, guest, TROUBLE_SEGV, 0), SUAN_E_WORKER_CRASHED);
    cr_assert_eq(stand_run(&stand, guest, TROUBLE_NONE, 0), SUAN_E_STATE);
    cr_assert_str_eq(stand.error.code, "guest.suspended");
    stand_expect_honest(&stand, stand.sibling);
    suan_guest_close(guest);
    stand_close(&stand);
}

/* The control of the one above. */
Test(wear, without_the_limit_three_bad_ends_are_made_good)
{
    struct stand stand;
    stand_open(&stand, NULL);
    struct suan_guest *guest = open_prepared(&stand, NULL);
    for (int i = 0; i < 3; i++)
        cr_assert_eq(stand_run(&stand, guest, TROUBLE_SEGV, 0), SUAN_E_WORKER_CRASHED);
    stand_expect_honest(&stand, guest);
    suan_guest_close(guest);
    stand_close(&stand);
}

static enum suan_status view(struct stand *stand, enum suan_guest_output_mode mode)
{
    stand->mode = TROUBLE_NONE;
    return suan_guest_view(stand->guest, stand->in, 3, stand->out, 1, mode, 0, &stand->error);
}

Test(wear, a_frozen_view_holds_the_worker_until_it_is_thawed)
{
    struct stand stand;
    stand_open(&stand, NULL);
    cr_assert_eq(view(&stand, SUAN_GUEST_FREEZE), SUAN_OK, "%s", stand.error.message);
    const double *y = stand.out[0].data;
    cr_assert(y != stand.y);
    cr_assert_eq(stand.out[0].shape[0], STAND_N);
    for (int i = 0; i < STAND_N; i++)
        cr_assert(y[i] == 2.0 * (i + 1));
    cr_assert_eq(view(&stand, SUAN_GUEST_FREEZE), SUAN_E_STATE);
    cr_assert_eq(suan_guest_thaw(stand.guest, &stand.error), SUAN_OK, "%s", stand.error.message);
    stand.out[0].data = stand.y;
    stand_expect_honest(&stand, stand.guest);
    stand_close(&stand);
}

Test(wear, a_live_view_leaves_the_worker_running)
{
    struct stand stand;
    stand_open(&stand, NULL);
    cr_assert_eq(view(&stand, SUAN_GUEST_LIVE), SUAN_OK, "%s", stand.error.message);
    cr_assert(((const double *)stand.out[0].data)[STAND_N - 1] == 2.0 * STAND_N);
    cr_assert_eq(view(&stand, SUAN_GUEST_LIVE), SUAN_OK, "%s", stand.error.message);
    stand_close(&stand);
}
