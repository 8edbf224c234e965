#include "base/status.h"

#include <criterion/criterion.h>

/* The exit statuses that scripts rely on. */
Test(status, each_reaction_has_its_exit_status)
{
    static const struct {
        int status, exit_status;
    } rows[] = {{SUAN_OK, 0},
                {SUAN_E_MEMORY, 1},
                {SUAN_E_IO, 1},
                {SUAN_E_FORMAT, 1},
                {SUAN_E_WORKER_CRASHED, 1},
                {SUAN_E_USAGE, 2},
                {SUAN_E_REFUSED, 3},
                {SUAN_E_PERMISSION, 4},
                {SUAN_E_ISOLATION, 4},
                {SUAN_E_NOT_FOUND, 5},
                {SUAN_E_CONFLICT, 6},
                {SUAN_E_LOCKED, 6},
                {SUAN_E_UNSTABLE, 7},
                {SUAN_E_EXHAUSTED, 8},
                {SUAN_E_INTEGRITY, 9},
                {SUAN_E_INTERRUPTED, 130},
                {12345, 1}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        cr_assert_eq(suan_status_exit(rows[i].status), rows[i].exit_status, "%s",
                     suan_status_name(rows[i].status));
}

Test(status, every_status_has_a_name_of_its_own)
{
    for (int a = -85; a <= 0; a++) {
        const char *name = suan_status_name(a);
        cr_assert_not_null(name);
        for (int b = a + 1; b <= 0; b++) {
            if (strcmp(name, "UNKNOWN") != 0)
                cr_assert_str_neq(name, suan_status_name(b));
        }
    }
    cr_assert_str_eq(suan_status_name(SUAN_E_NOT_FOUND), "NOT_FOUND");
    cr_assert_str_eq(suan_status_name(1), "UNKNOWN");
}
