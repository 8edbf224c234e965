#ifndef SUAN_CATALOG_RELEASE_H
#define SUAN_CATALOG_RELEASE_H

/* Releases, what is attested of them, and the tasks that bodies have set. */
#include "owner.h"

enum { SUAN_TASKS_MAX = 8, SUAN_REASON_MAX = 500 };

enum suan_release_flags {
    SUAN_RELEASE_YANKED = 1,    /* owner: no new installs, old locks work */
    SUAN_RELEASE_REVOKED = 2,   /* k bodies: hosts refuse to load it */
    SUAN_RELEASE_TAKEN_DOWN = 4 /* operator, on legal ground: the same */
};
struct suan_release {
    struct suan_id algorithm;
    char name[SUAN_NAME_MAX + 1], version[SUAN_VERSION_MAX + 1];
    struct suan_digest tar, file;
    uint64_t tar_size, file_size;
    uint64_t index, time_ns; /* of its publication */
    int32_t kind;            /* SUAN_KIND_ALGORITHM, SUAN_KIND_TASK */
    uint32_t flags;
    struct suan_id publisher;
    struct suan_id policy; /* it was submitted under; all zero: not submitted */
    uint64_t submitted_idx;
    size_t task_count;
    char tasks[SUAN_TASKS_MAX][SUAN_TASK_ID_MAX + 1];
};

/* NOT_FOUND "release.absent". */
SUAN_MUST_USE enum suan_status suan_release_get(struct suan_txn *txn, struct suan_span name,
                                                struct suan_span version, struct suan_release *out,
                                                struct suan_error *error);
SUAN_MUST_USE enum suan_status suan_release_by_digest(struct suan_txn *txn, const struct suan_digest *tar,
                                                      struct suan_release *out, struct suan_error *error);
/* Every release, or those of one algorithm (NULL: all), versions ascending. */
SUAN_MUST_USE enum suan_status
suan_release_each(struct suan_txn *txn, const struct suan_id *algorithm,
                  enum suan_status (*visit)(void *context, const struct suan_release *release), void *context,
                  struct suan_error *error);
/* The command that published it: manifest, provenance, release signature. Free with suan_command_done. */
SUAN_MUST_USE enum suan_status suan_release_command(struct suan_txn *txn, const struct suan_release *release,
                                                    struct suan_command *out, struct suan_error *error);
/* "suan-release-v1\nNAME VERSION\nsha256:HEX\n": what a publisher signs in namespace suan-release-v1. */
void suan_release_text(struct suan_span name, struct suan_span version, const struct suan_digest *tar,
                       struct suan_buffer *out);

/* --- attestations ------------------------------------------------------------------------------------- */

/* Constant, number on disk, predicate type. */
#define SUAN_ATTESTATION_TYPES(T)                                                                            \
    T(MEASUREMENT, 1, "urn:suan:measurement:1")                                                              \
    T(PLAN, 2, "urn:suan:plan:1")                                                                            \
    T(SCREENING, 3, "urn:suan:screening:1")                                                                  \
    T(CONFORMANCE, 4, "urn:suan:conformance:1") T(PROVENANCE, 5, "https://slsa.dev/provenance/v1")
enum suan_attestation_type {
#define SUAN_ATTESTATION_ROW(constant, number, name) SUAN_ATTESTATION_##constant = number,
    SUAN_ATTESTATION_TYPES(SUAN_ATTESTATION_ROW)
#undef SUAN_ATTESTATION_ROW
};
const char *suan_attestation_name(enum suan_attestation_type type);
bool suan_attestation_find(struct suan_span name, enum suan_attestation_type *out_type);

struct suan_attestation {
    struct suan_digest tar, blob; /* the blob is a DSSE envelope with an in-toto statement */
    enum suan_attestation_type type;
    struct suan_id by;
    uint64_t index, time_ns;
};
/* Those of one release, of one type (0: all), in the order of the log. */
SUAN_MUST_USE enum suan_status
suan_attestation_each(struct suan_txn *txn, const struct suan_digest *tar, int type,
                      enum suan_status (*visit)(void *context, const struct suan_attestation *one),
                      void *context, struct suan_error *error);
/* The newest one; NOT_FOUND "attestation.absent". */
SUAN_MUST_USE enum suan_status suan_attestation_newest(struct suan_txn *txn, const struct suan_digest *tar,
                                                       enum suan_attestation_type type,
                                                       struct suan_attestation *out,
                                                       struct suan_error *error);
/* Opens a blob as DSSE over an in-toto Statement v1 and gives its predicate (free the document); checks that
   the subject is `tar`. Signatures are checked when an attestation enters the log. Errors: FORMAT
   "attestation.format". */
SUAN_MUST_USE enum suan_status suan_attestation_predicate(struct suan_span blob,
                                                          const struct suan_digest *tar,
                                                          struct suan_json_document **out_document,
                                                          const struct suan_json **out_predicate,
                                                          struct suan_error *error);

/* --- tasks -------------------------------------------------------------------------------------------- */

/* The contract that bodies have signed for a task: a release of kind task. */
struct suan_task_record {
    char id[SUAN_TASK_ID_MAX + 1];
    uint32_t version;
    struct suan_digest contract; /* tar of the task's package */
    char incumbent[129];         /* what people use today, in words */
    uint64_t index;
};
/* The version in force; NOT_FOUND "task.absent". */
SUAN_MUST_USE enum suan_status suan_task_get(struct suan_txn *txn, struct suan_span task,
                                             struct suan_task_record *out, struct suan_error *error);
SUAN_MUST_USE enum suan_status suan_task_each(struct suan_txn *txn,
                                              enum suan_status (*visit)(void *context,
                                                                        const struct suan_task_record *task),
                                              void *context, struct suan_error *error);

#endif
