/* Replaying: what verify and restore share. */
#include <limits.h>
#include <stdio.h>

#include "base/file.h"
#include "handle.h"

enum suan_status replay_append(const struct suan_registry_options *options, struct suan_txn *txn,
                               enum suan_log log, uint64_t index, struct suan_span leaf,
                               struct suan_error *error)
{
    uint64_t size = 0, place = 0;
    enum suan_status status = suan_log_size(txn, log, &size, error);
    if (status != SUAN_OK)
        return status;
    if (size != index)
        return suan_error_set(error, SUAN_E_FORMAT, "event.format", NULL,
                              "%s log: event %llu stands where event %llu should", suan_log_name(log),
                              (unsigned long long)index, (unsigned long long)size);
    status = suan_registry_replay(options, txn, log, index, leaf, error);
    return status != SUAN_OK ? status : suan_log_append(txn, log, leaf, &place, error);
}

enum suan_status scratch_sync_parent(const char *path, struct suan_error *error)
{
    char folder[PATH_MAX];
    const char *slash = strrchr(path, '/');
    snprintf(folder, sizeof folder, "%.*s", slash != NULL ? (int)(slash - path) : 1,
             slash != NULL ? path : ".");
    return suan_folder_sync(folder[0] != '\0' ? folder : "/", error);
}
