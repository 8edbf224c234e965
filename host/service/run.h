#ifndef SUAN_SERVICE_RUN_H
#define SUAN_SERVICE_RUN_H

/* Running a release on tensors in files, through the embedding API as any program would. Documents are the
 * caller's. [NONE] */
#include "service.h"

enum { SUAN_RUN_ITEMS_MAX = 16 };
struct suan_run_request {
    const char *what;                    /* task, name, or NAME@VERSION */
    const char *in[SUAN_RUN_ITEMS_MAX];  /* NAME=FILE.npy */
    const char *set[SUAN_RUN_ITEMS_MAX]; /* NAME=VALUE: a rank-0 parameter */
    const char *out[SUAN_RUN_ITEMS_MAX]; /* NAME=FILE.npy; outputs that are not named are dropped */
    size_t n_in, n_set, n_out;
    const char *isolation;             /* FULL, STRONG, REDUCED, in-process; NULL: at least STRONG */
    const char *trust, *journal;       /* as suan_open_options */
    const char *receipt, *ident, *key; /* write a receipt there, for ident, signed by key; NULL: none */
    uint64_t seed, deadline_ms;
    int64_t tile; /* rows of a job: the sized input is cut into so many at a time; 0: one job */
};
/* {"release", "version", "task", "level", "outputs": [{name, dtype, shape, file}], "receipt"}. The caller's
   signals of stopping cancel the call. */
SUAN_MUST_USE enum suan_status suan_service_run(struct suan_service *service,
                                                const struct suan_run_request *request,
                                                struct suan_json **out_result, struct suan_error *error);
/* What the metering journal holds. */
SUAN_MUST_USE enum suan_status suan_service_saved(struct suan_service *service, const char *journal,
                                                  struct suan_json **out_result, struct suan_error *error);

#endif
