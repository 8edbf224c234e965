#ifndef SUAN_SERVICE_DEMO_H
#define SUAN_SERVICE_DEMO_H

/*
 * The main job, end to end, on real data: people, packages, measurements, reviews, use in a host program,
 * receipts and credits, in a registry of its own with simulated time. Every figure in the summary was
 * computed by the step it belongs to.
 */
#include "service.h"

struct suan_demo_request {
    const char *plugins; /* folder of staged plugins, one a folder */
    const char *data;    /* folder with catalogue.npy and observed.npy */
    const char
        *out; /* folder for summary.json, report.html, registry/, measurements/, trust.json; replaced */
    enum { SUAN_DEMO_FIRST_TASKS, SUAN_DEMO_ALL } tasks;
};

/* What happened, in words, as it happens: `line` belongs to step `step` (1 to 10). */
struct suan_demo_narrator {
    void (*say)(void *context, int step, const char *line);
    void *context;
};

/* Gives the summary (suan.demo/1), which also lies in OUT/summary.json. UNSTABLE if no sky algorithm could be
   credited. [NONE] */
SUAN_MUST_USE enum suan_status suan_service_demo(struct suan_service *service,
                                                 const struct suan_demo_request *request,
                                                 const struct suan_demo_narrator *narrator,
                                                 struct suan_json **out_summary, struct suan_error *error);

#endif
