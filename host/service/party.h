#ifndef SUAN_SERVICE_PARTY_H
#define SUAN_SERVICE_PARTY_H

/* Inside this folder only: who takes part in a check or a measurement: a release or file, its task's
 * contract, a baseline. */
#include "bench/session.h"
#include "plugin.h"

struct service_parties {
    struct suan_engine *engine;
    struct service_plugin plugin, task, baseline; /* baseline: only with `against` */
    enum { SERVICE_BASELINE_INCUMBENT, SERVICE_BASELINE_CHOSEN } against;
    struct suan_release release; /* of the plugin, if it is one of the registry's */
    enum { SERVICE_FROM_FILE, SERVICE_FROM_REGISTRY } origin;
    char task_id[SUAN_TASK_ID_MAX + 1];
    struct suan_digest contract;
    enum { SERVICE_TASK_ABSENT, SERVICE_TASK_LOADED } task_state;
};

/* Loads what is named. `package` and `task` are files (ending .suan) or releases; `task` NULL: the contract
   of the package's first task in the registry, SERVICE_TASK_ABSENT if there is no registry or none set.
   `task` may also be a task id. */
SUAN_MUST_USE enum suan_status service_parties_open(struct suan_service *service, const char *package,
                                                    const char *task, const char *against,
                                                    struct service_parties *out, struct suan_error *error);
void service_parties_done(struct service_parties *parties);

/* The session's parties from these; the rest of the request is all zero. Borrows. */
void service_parties_request(const struct service_parties *parties, struct suan_session_request *out);

#endif
