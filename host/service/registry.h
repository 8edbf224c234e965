#ifndef SUAN_SERVICE_REGISTRY_H
#define SUAN_SERVICE_REGISTRY_H

/* Verbs about the registry as a whole, and about its logs. Documents are the caller's. */
#include "service.h"

struct suan_registry_request {
    const char *folder;           /* NULL: the default place */
    const char *origin;           /* host-like name; NULL: suan.local */
    const char *operator_ident;   /* NULL: operator */
    const char *operator_display; /* NULL: the same */
    const char *key;              /* the operator's key file */
    enum { SUAN_TIME_REAL, SUAN_TIME_SIMULATED } time;
};
/* Makes a registry: {"registry", "origin", "operator", "checkpoint"}. [needs no open service] */
SUAN_MUST_USE enum suan_status suan_service_registry_init(const struct suan_registry_request *request,
                                                          struct suan_json **out_result,
                                                          struct suan_error *error);
/* Folds an export, or a backup with its packages and note keys, into a new folder. `notes`: the folder with
 * the note keys; NULL: the backup's, and none for an export. [needs no open service] */
SUAN_MUST_USE enum suan_status suan_service_registry_restore(const char *path, const char *folder,
                                                             const char *notes, struct suan_json **out_result,
                                                             struct suan_error *error);

/* Replays both logs and compares every table; INTEGRITY with the document that names the differences. [READ]
 */
SUAN_MUST_USE enum suan_status suan_service_registry_verify(struct suan_service *service,
                                                            struct suan_json **out_result,
                                                            struct suan_error *error);
/* Origin, sizes, roots, rows of each table, clock. [READ] */
SUAN_MUST_USE enum suan_status suan_service_registry_stats(struct suan_service *service,
                                                           struct suan_json **out_result,
                                                           struct suan_error *error);
/* [READ] */
SUAN_MUST_USE enum suan_status suan_service_registry_export(struct suan_service *service, const char *path,
                                                            struct suan_json **out_result,
                                                            struct suan_error *error);
/* Makes a folder from which the registry can be restored whole: export.txt, packages/, and notes/, the keys
 * that sign its checkpoints, which makes it as secret as the registry's own folder. CONFLICT "store.exists".
 * {"registry", "folder", "packages"} [READ] */
SUAN_MUST_USE enum suan_status suan_service_registry_backup(struct suan_service *service, const char *folder,
                                                            struct suan_json **out_result,
                                                            struct suan_error *error);
/* Writes suan.trust/1 as this registry states it: compare it with the bodies by another way before trusting
   it. `in_process`: "never" or "vetted". [READ] */
SUAN_MUST_USE enum suan_status suan_service_registry_trust(struct suan_service *service, const char *policy,
                                                           const char *in_process, const char *path,
                                                           struct suan_json **out_result,
                                                           struct suan_error *error);

/* The newest signed checkpoint of a log ("registry" or "ledger"): {"log", "size", "root", "note"}. [READ;
   WRITE signs one if the log grew] */
SUAN_MUST_USE enum suan_status suan_service_log_checkpoint(struct suan_service *service, const char *log,
                                                           struct suan_json **out_result,
                                                           struct suan_error *error);
/* An event with its proof (C2SP tlog-proof): {"log", "index", "event", "proof"}; also written to `path` if
 * not NULL. [READ] */
SUAN_MUST_USE enum suan_status suan_service_log_prove(struct suan_service *service, const char *log,
                                                      int64_t index, const char *path,
                                                      struct suan_json **out_result,
                                                      struct suan_error *error);
/* Checks checkpoint, and that it grew from the one in `since` (a note file, or NULL): INTEGRITY "log.fork",
 * "log.rollback". [READ] */
SUAN_MUST_USE enum suan_status suan_service_log_check(struct suan_service *service, const char *log,
                                                      const char *since, struct suan_json **out_result,
                                                      struct suan_error *error);

#endif
