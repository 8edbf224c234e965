#ifndef SUAN_SERVICE_SHOW_H
#define SUAN_SERVICE_SHOW_H

/* Verbs that look at the registry and change nothing. Each gives one JSON document, the caller's. [need READ
 * or WRITE] */
#include "service.h"

/* {"releases": [{id, version, kind, tasks, state, signatures, digest, …}]}; filters may be NULL. */
struct suan_list_request {
    const char *task, *state, *kind;
};
SUAN_MUST_USE enum suan_status suan_service_list(struct suan_service *service,
                                                 const struct suan_list_request *request,
                                                 struct suan_json **out_result, struct suan_error *error);
/*
 * A release: manifest, owners, standing, attestations, screening's limits, and what in-process use means.
 * With `export_to` also writes there the package, what its publisher signed (release.txt), the signature
 * (release.txt.sig), the publishing command with its signatures, and allowed_signers, so that plain
 * ssh-keygen can verify.
 */
SUAN_MUST_USE enum suan_status suan_service_show(struct suan_service *service, const char *release,
                                                 const char *export_to, struct suan_json **out_result,
                                                 struct suan_error *error);
/* Writes the verified package file; REFUSED for a revoked one. {"release", "file", "bytes"} */
SUAN_MUST_USE enum suan_status suan_service_fetch(struct suan_service *service, const char *release,
                                                  const char *path, struct suan_json **out_result,
                                                  struct suan_error *error);
/* {"identities": […]}; one identity with its keys and memberships; {"keys": […]}. */
SUAN_MUST_USE enum suan_status suan_service_identity_list(struct suan_service *service,
                                                          struct suan_json **out_result,
                                                          struct suan_error *error);
SUAN_MUST_USE enum suan_status suan_service_identity_show(struct suan_service *service, const char *ident,
                                                          struct suan_json **out_result,
                                                          struct suan_error *error);
/* The owners of an algorithm now, every table there was, and open offers' terms. */
SUAN_MUST_USE enum suan_status suan_service_owner_show(struct suan_service *service, const char *algorithm,
                                                       struct suan_json **out_result,
                                                       struct suan_error *error);
/* The releases under review; the page a reviewer signs for, with its digest. */
SUAN_MUST_USE enum suan_status suan_service_review_list(struct suan_service *service,
                                                        struct suan_json **out_result,
                                                        struct suan_error *error);
SUAN_MUST_USE enum suan_status suan_service_review_show(struct suan_service *service, const char *release,
                                                        struct suan_json **out_result,
                                                        struct suan_error *error);
SUAN_MUST_USE enum suan_status
suan_service_task_list(struct suan_service *service, struct suan_json **out_result, struct suan_error *error);
SUAN_MUST_USE enum suan_status suan_service_policy_list(struct suan_service *service,
                                                        struct suan_json **out_result,
                                                        struct suan_error *error);

#endif
