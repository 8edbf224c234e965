#ifndef SUAN_SERVICE_MEASURE_H
#define SUAN_SERVICE_MEASURE_H

/* Measuring a release by the protocol of host/bench: the plan is logged first, the result is attested. */
#include "service.h"

enum { SUAN_BENCH_CPUS_MAX = 64 };
struct suan_bench_request {
    const char *package; /* ID[@VERSION] of the registry, or FILE.suan (never credited) */
    const char *task;    /* NULL: the package's only one. For FILE.suan: a task package or ID */
    const char *against; /* ID[@VERSION]: for information only; NULL: the incumbent */
    enum { SUAN_BENCH_QUICK, SUAN_BENCH_FULL } mode;
    uint32_t cpus[SUAN_BENCH_CPUS_MAX];
    uint32_t n_cpus;  /* 0: the engine's choice */
    uint32_t threads; /* 0: 1 */
    const char *seed; /* 64 hexadecimal digits: repeatable, never credited; NULL: by commitment and log */
    int64_t budget_s; /* 0: the mode's */
    const char *
        attest; /* key file of somebody with the role MEASURE for acting->as; NULL: no plan, no attestation */
    const char *tariff;   /* suan.tariff/1 file; NULL: no yuan */
    const char *out;      /* folder for measurement.json, jobs.csv.zst, report.html …; NULL: none */
    const char *sessions; /* the machine's session log; NULL: in the user's data folder */
};
/*
 * The suan.measurement/1 document, with "events" when logged. REFUSED for a verdict other than credited,
 * UNSTABLE when too noisy, both with the document. [READ; WRITE with `attest`; NONE for a file without a
 * registry]
 */
SUAN_MUST_USE enum suan_status suan_service_bench(struct suan_service *service,
                                                  const struct suan_acting *acting,
                                                  const struct suan_bench_request *request,
                                                  struct suan_json **out_result, struct suan_error *error);
/* Recomputes a measurement from its folder, running no algorithm: INTEGRITY naming the first difference.
 * [NONE] */
SUAN_MUST_USE enum suan_status suan_service_bench_replay(struct suan_service *service, const char *folder,
                                                         struct suan_json **out_result,
                                                         struct suan_error *error);

#endif
