/* Names and exit codes of every status: one row each. */
#include "status.h"

#include <stddef.h>

struct row {
    int status;
    int exit_status;
    const char *name;
};

static const struct row rows[] = {
    {SUAN_OK, 0, "OK"},
    {SUAN_E_INVALID, 1, "INVALID"},
    {SUAN_E_DTYPE, 1, "DTYPE"},
    {SUAN_E_SHAPE, 1, "SHAPE"},
    {SUAN_E_MEMORY, 1, "MEMORY"},
    {SUAN_E_CANCELLED, 130, "CANCELLED"},
    {SUAN_E_UNSUPPORTED, 1, "UNSUPPORTED"},
    {SUAN_E_TASK, 1, "TASK"},
    {SUAN_E_CAPACITY, 1, "CAPACITY"},
    {SUAN_E_NUMERIC, 1, "NUMERIC"},
    {SUAN_E_STATE, 1, "STATE"},
    {SUAN_E_DEVICE, 1, "DEVICE"},
    {SUAN_E_INTERNAL, 1, "INTERNAL"},
    {SUAN_E_NOT_FOUND, 5, "NOT_FOUND"},
    {SUAN_E_CONFLICT, 6, "CONFLICT"},
    {SUAN_E_LOCKED, 6, "LOCKED"},
    {SUAN_E_USAGE, 2, "USAGE"},
    {SUAN_E_REFUSED, 3, "REFUSED"},
    {SUAN_E_PERMISSION, 4, "PERMISSION"},
    {SUAN_E_UNSTABLE, 7, "UNSTABLE"},
    {SUAN_E_EXHAUSTED, 8, "EXHAUSTED"},
    {SUAN_E_INTEGRITY, 9, "INTEGRITY"},
    {SUAN_E_INTERRUPTED, 130, "INTERRUPTED"},
    {SUAN_E_IO, 1, "IO"},
    {SUAN_E_FORMAT, 1, "FORMAT"},
    {SUAN_E_FORKED, 1, "FORKED"},
    {SUAN_E_ISOLATION, 4, "ISOLATION"},
    {SUAN_E_WORKER_CRASHED, 1, "WORKER_CRASHED"},
    {SUAN_E_WORKER_TIMEOUT, 1, "WORKER_TIMEOUT"},
    {SUAN_E_WORKER_VIOLATION, 1, "WORKER_VIOLATION"},
    {SUAN_E_WORKER_PROTOCOL, 1, "WORKER_PROTOCOL"},
    {SUAN_E_WORKER_LIMIT, 1, "WORKER_LIMIT"},
    {SUAN_E_WORKER_LOAD, 1, "WORKER_LOAD"},
};

static const struct row *find(int status)
{
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        if (rows[i].status == status)
            return &rows[i];
    }
    return NULL;
}

const char *suan_status_name(int status)
{
    const struct row *row = find(status);
    return row != NULL ? row->name : "UNKNOWN";
}

int suan_status_exit(int status)
{
    const struct row *row = find(status);
    return row != NULL ? row->exit_status : 1;
}
