#ifndef SUAN_SERVICE_PUBLISH_H
#define SUAN_SERVICE_PUBLISH_H

/* From a folder to a published release. Documents are the caller's. */
#include "service.h"

/* Packs a staged folder: {"id", "version", "digest", "file", "bytes"}. `path` NULL: NAME-VERSION.suan here.
 * [NONE] */
SUAN_MUST_USE enum suan_status suan_service_pack(const char *folder, const char *path,
                                                 struct suan_json **out_result, struct suan_error *error);

enum { SUAN_PUBLISH_OWNERS_MAX = 64 };
struct suan_publish_request {
    const char *package;                         /* the .suan file */
    const char *owners[SUAN_PUBLISH_OWNERS_MAX]; /* IDENT=BP, for a new name; none: the publisher holds all */
    size_t n_owners;
    const char *release_signature; /* armoured file, made elsewhere over the release text; NULL: the first key
                                      signs */
    enum {
        SUAN_PUBLISH_SUBMIT,
        SUAN_PUBLISH_PRINT_RELEASE
    } what; /* PRINT_RELEASE: give the text to be signed, and stop */
};
/*
 * Verifies and screens the package, registers its name if it is new (all owners sign), keeps the package and
 * publishes the release. {"release": {id, version, digest}, "event", "events"}, or {"release_text"}. REFUSED
 * with the package's code. [WRITE]
 */
SUAN_MUST_USE enum suan_status suan_service_publish(struct suan_service *service,
                                                    const struct suan_acting *acting,
                                                    const struct suan_publish_request *request,
                                                    struct suan_json **out_result, struct suan_error *error);

#endif
