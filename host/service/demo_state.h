#ifndef SUAN_SERVICE_DEMO_STATE_H
#define SUAN_SERVICE_DEMO_STATE_H

/* Inside this folder only: what the steps of the demo share. Each step is one function; a step leaves its
   part of the summary and says what happened. */
#include <limits.h>

#include "demo.h"

enum { DEMO_RELEASES_MAX = 32, DEMO_PERIODS = 2 };
#define DEMO_RECEIPT "receipt-%zu.dsse.json" /* of period 1, 2 */
extern const int demo_nights[DEMO_PERIODS];

/* A staged plugin, and what became of it. */
struct demo_release {
    char id[65], version[65], task[97];
    char package[PATH_MAX]; /* the .suan file */
    enum { DEMO_TASK, DEMO_ALGORITHM, DEMO_FAULTY } kind;
    enum { DEMO_UNMEASURED, DEMO_CREDITED, DEMO_NOT_CREDITED } measured;
    enum { DEMO_UNVETTED, DEMO_VETTED } vetted;
};

struct demo {
    const struct suan_demo_request *request;
    const struct suan_demo_narrator *narrator;
    const struct suan_service_options *options; /* of the service that was asked; the registry is another */
    struct suan_service *service;               /* open on OUT/registry for writing, or NULL between steps */
    char registry[PATH_MAX];
    struct demo_release releases[DEMO_RELEASES_MAX];
    size_t n_releases;
    struct suan_json *summary; /* borrowed from the driver */
};

__attribute__((format(printf, 3, 4))) void demo_say(const struct demo *demo, int step, const char *format,
                                                    ...);
/* OUT/NAME; the buffer is the caller's. */
const char *demo_path(const struct demo *demo, const char *name, char out[PATH_MAX]);
/* OUT/keys/IDENT */
const char *demo_key(const struct demo *demo, const char *ident, char out[PATH_MAX]);

/*
 * Does one verb of the service's table as `as`, signed by the identities in `signers` (words with spaces
 * between). Then pairs of option and value, ended by NULL; an option given twice is a list.
 */
SUAN_MUST_USE enum suan_status demo_change(struct demo *demo, struct suan_error *error, const char *noun,
                                           const char *verb, const char *as, const char *signers, ...);
/* The acting of somebody who signs alone, with their own key. `path` holds the key's path for as long. */
struct suan_acting demo_alone(const struct demo *demo, const char *ident, char path[PATH_MAX]);

/* Opens and closes the demo's registry for writing. */
SUAN_MUST_USE enum suan_status demo_open(struct demo *demo, struct suan_error *error);
void demo_close(struct demo *demo);

/* Makes the folder, or empties one that an earlier demo made; CONFLICT "demo.out" for any other folder with
   something in it. */
SUAN_MUST_USE enum suan_status demo_clear_folder(const char *folder, struct suan_error *error);

/* --- the steps, in order ------------------------------------------------------------------------------ */

SUAN_MUST_USE enum suan_status demo_people(struct demo *demo, struct suan_error *error);   /* 1 */
SUAN_MUST_USE enum suan_status demo_publish(struct demo *demo, struct suan_error *error);  /* 2 */
SUAN_MUST_USE enum suan_status demo_check(struct demo *demo, struct suan_error *error);    /* 3 */
SUAN_MUST_USE enum suan_status demo_measure(struct demo *demo, struct suan_error *error);  /* 4 */
SUAN_MUST_USE enum suan_status demo_review(struct demo *demo, struct suan_error *error);   /* 5 */
SUAN_MUST_USE enum suan_status demo_use(struct demo *demo, struct suan_error *error);      /* 6 */
SUAN_MUST_USE enum suan_status demo_credit(struct demo *demo, struct suan_error *error);   /* 7 */
SUAN_MUST_USE enum suan_status demo_voucher(struct demo *demo, struct suan_error *error);  /* 8 */
SUAN_MUST_USE enum suan_status demo_conclude(struct demo *demo, struct suan_error *error); /* 10 */
/* Writes OUT/report.html. */
SUAN_MUST_USE enum suan_status demo_report(struct demo *demo, struct suan_error *error);

#endif
