#ifndef SUAN_SERVICE_CHECK_H
#define SUAN_SERVICE_CHECK_H

/* Looking at a package before anybody relies on it, and at the machine that would run it. Documents are the
 * caller's. */
#include "service.h"

struct suan_check_request {
    const char *package; /* FILE.suan, FILE.so, or ID[@VERSION] of the registry */
    const char *
        task; /* package file or release of the task plugin; NULL: the registry's contract; none: no R rows */
    const char *seed; /* 64 hexadecimal digits that choose the inputs; NULL: fresh */
    enum {
        SUAN_CHECK_LOOK,
        SUAN_CHECK_ATTEST
    } what; /* ATTEST: sign screening and conformance and put them on record */
};
/*
 * {"conformant", "checks": [{id, result, detail}], "limits"}; with ATTEST also "events". Bad bytes give rows,
 * never a crash. REFUSED (with the document) when not conformant. [NONE for files, READ for releases, WRITE
 * for ATTEST]
 */
SUAN_MUST_USE enum suan_status suan_service_check(struct suan_service *service,
                                                  const struct suan_acting *acting,
                                                  const struct suan_check_request *request,
                                                  struct suan_json **out_result, struct suan_error *error);

/* The layers of isolation as they are found here; REFUSED when below `require` ("FULL", "STRONG", …; NULL:
 * STRONG). [NONE] */
SUAN_MUST_USE enum suan_status suan_service_isolation(struct suan_service *service, const char *require,
                                                      struct suan_json **out_result,
                                                      struct suan_error *error);
/* What this machine offers: CPU, level, measuring tier and what it lacks, plotting, agent. [NONE] */
SUAN_MUST_USE enum suan_status suan_service_doctor(struct suan_service *service,
                                                   struct suan_json **out_result, struct suan_error *error);

#endif
