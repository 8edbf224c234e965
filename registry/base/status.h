#ifndef SUAN_BASE_STATUS_H
#define SUAN_BASE_STATUS_H

/*
 * The one table of outcomes. A status says which reaction is right for the caller; two that deserve the same reaction
 * are one. 0 to -63 belong to the plugin ABI and come from <suan/abi.h>; the rest is below and never renumbered.
 * <libsuan/suan.h> repeats this enum for embedding programs under the same guard; a tidy test holds the two equal.
 */
#include <suan/abi.h>

#define SUAN_MUST_USE __attribute__((warn_unused_result))

#ifndef SUAN_STATUS_DEFINED
#define SUAN_STATUS_DEFINED
enum suan_status {
    SUAN_E_NOT_FOUND = -64,   /* no such thing; exit 5 */
    SUAN_E_CONFLICT = -65,    /* the thing is in another state, or the id was used for another body; exit 6 */
    SUAN_E_LOCKED = -66,      /* another process holds it: try again; exit 6 */
    SUAN_E_USAGE = -67,       /* the request itself is malformed; exit 2 */
    SUAN_E_REFUSED = -68,     /* a judgement went against the input: hostile, unverified, no saving; exit 3 */
    SUAN_E_PERMISSION = -69,  /* signed by the wrong person, or not allowed; exit 4 */
    SUAN_E_UNSTABLE = -70,    /* measurement not stable enough to say; exit 7 */
    SUAN_E_EXHAUSTED = -71,   /* a cap or budget has no room left; exit 8 */
    SUAN_E_INTEGRITY = -72,   /* stored data contradict themselves; exit 9 */
    SUAN_E_INTERRUPTED = -73, /* stopped by the user; exit 130 */
    SUAN_E_IO = -74,          /* the system failed: disk, file, process; exit 1 */
    SUAN_E_FORMAT = -75,      /* an input file is not what it should be; exit 1 */
    SUAN_E_FORKED = -76,      /* handle used in a child of fork(); exit 1 */
    SUAN_E_ISOLATION = -77,   /* requested isolation level not reached; exit 4 */
    SUAN_E_WORKER_CRASHED = -80,
    SUAN_E_WORKER_TIMEOUT = -81,
    SUAN_E_WORKER_VIOLATION = -82,
    SUAN_E_WORKER_PROTOCOL = -83,
    SUAN_E_WORKER_LIMIT = -84,
    SUAN_E_WORKER_LOAD = -85, /* -80 to -85: what a plugin did to its worker; exit 1 */
};
#endif

/* The constant's name without prefix ("NOT_FOUND"), never NULL; "UNKNOWN" for a number outside the table. */
const char *suan_status_name(int status);

/* The exit status of the command line for this outcome (0 to 130). */
int suan_status_exit(int status);

#endif
