/* When a worker has served long enough, and when a plugin has ended its workers too often. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "guest_state.h"

#define RETIRE_AGE_NS UINT64_C(3600000000000)
#define SUSPEND_WINDOW_NS UINT64_C(600000000000)
enum { RETIRE_GROWTH_KIB = 64 << 10, LOOK_EVERY = 1024 };

/* What the worker holds beside the shared memories; 0 if that cannot be read. */
static uint64_t private_kib(const struct resident *resident)
{
    char path[64], text[128], *rest;
    snprintf(path, sizeof path, "/proc/%d/statm", (int)resident->pid);
    SUAN_CLEANUP(suan_closep) int fd = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t got = fd < 0 ? -1 : read(fd, text, sizeof text - 1);
    if (got <= 0)
        return 0;
    text[got] = '\0';
    strtoull(text, &rest, 10);
    uint64_t held = strtoull(rest, &rest, 10), shared = strtoull(rest, NULL, 10);
    return held <= shared ? 0 : (held - shared) * (uint64_t)sysconf(_SC_PAGESIZE) / 1024;
}

/* Looked at rarely: after so many calls, or when threads have been counted since, which follows long calls. */
static bool is_worn(const struct suan_guest *guest, struct resident *resident)
{
    if (resident->calls >= guest->retire_calls)
        return true;
    if (resident->calls % LOOK_EVERY != 0 && resident->looked_ns == resident->threads_checked_ns)
        return false;
    resident->looked_ns = resident->threads_checked_ns;
    uint64_t held_kib = private_kib(resident);
    if (resident->settled_kib == 0)
        resident->settled_kib = held_kib;
    return held_kib > resident->settled_kib + RETIRE_GROWTH_KIB ||
           suan_clock_monotonic_ns() - resident->born_ns > RETIRE_AGE_NS;
}

void wear_retire(struct suan_guest *guest)
{
    struct resident *resident = guest->resident;
    if (resident == NULL || guest->frozen || atomic_load(&resident->dead) != 0)
        return;
    if (is_worn(guest, resident))
        guest_drop_worker(guest);
    else
        resident->calls++;
}

void wear_note_end(struct suan_guest *guest)
{
    guest->bad_end_ns[guest->bad_ends++ % BAD_ENDS_KEPT] = suan_clock_monotonic_ns();
}

enum suan_status wear_check(const struct suan_guest *guest, struct suan_error *error)
{
    uint32_t most = guest->bad_ends_max;
    if (most > BAD_ENDS_KEPT || guest->bad_ends < most)
        return SUAN_OK;
    uint64_t first_ns = guest->bad_end_ns[(guest->bad_ends - most) % BAD_ENDS_KEPT];
    if (suan_clock_monotonic_ns() - first_ns > SUSPEND_WINDOW_NS)
        return SUAN_OK;
    return suan_error_set(error, SUAN_E_STATE, "guest.suspended",
                          "report the plugin to its owner; open it again to try on",
                          "the plugin has ended its worker %u times in ten minutes and is suspended", most);
}
