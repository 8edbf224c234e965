#ifndef SUAN_SERVICE_PROGRAMME_H
#define SUAN_SERVICE_PROGRAMME_H

/*
 * Programme files before they are on record: what they say, whether they contradict themselves, whether they
 * give the results of worked examples, and what they would have done with past claims. `programmes` names the
 * folder of the other programmes; NULL is the one that comes with this program, or what is on record if the
 * service has a registry open. [need NONE or READ]
 */
#include "service.h"

/* A programme by its id, or a file: {programme: {id, version, sha256, …}, eligibility, tiers, caps, budget,
 * documents, unknown, sources}. NOT_FOUND "policy.unknown-programme". */
SUAN_MUST_USE enum suan_status suan_service_programme_show(struct suan_service *service,
                                                           const char *programmes, const char *said,
                                                           struct suan_json **out_result,
                                                           struct suan_error *error);

/* Contradictions in each file: {files: [{file, id, version, ok, findings: [{kind, code, message}]}], errors}.
 * REFUSED "programme.contradiction" if there are any errors. */
SUAN_MUST_USE enum suan_status suan_service_programme_check(struct suan_service *service,
                                                            const char *programmes, const char *const *files,
                                                            size_t count, struct suan_json **out_result,
                                                            struct suan_error *error);

/*
 * Runs files of worked examples. A file among them that is a programme takes the place of the one with the same
 * id; if all are, the examples of the folder run. {examples: [{id, title, passed, difference, trace}], passed,
 * failed}. FORMAT "programme.example" if any fails.
 */
SUAN_MUST_USE enum suan_status suan_service_programme_test(struct suan_service *service,
                                                           const char *programmes, const char *const *files,
                                                           size_t count, struct suan_json **out_result,
                                                           struct suan_error *error);

/*
 * Decides claims, in the order of their days, under the present rules and under an edited file. Files are
 * claims, or folders of them; what a reviewer set in them counts.
 */
struct suan_whatif_request {
    const char *programmes;
    const char *edited;  /* file */
    const char *against; /* file; NULL: the programme with the same id, or the one it supersedes */
    const char *const *files;
    size_t file_count;
};
/* {before, after: {programme, award_fen, decisions, exhausted}, claims: [{file, before, after, changed}],
 * changed}. */
SUAN_MUST_USE enum suan_status suan_service_programme_whatif(struct suan_service *service,
                                                             const struct suan_whatif_request *request,
                                                             struct suan_json **out_result,
                                                             struct suan_error *error);

#endif
