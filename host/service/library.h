#ifndef SUAN_SERVICE_LIBRARY_H
#define SUAN_SERVICE_LIBRARY_H

/* Inside this folder only: what is behind the handles of <libsuan/suan.h>. */
#include "context.h"
#include "meter.h"
#include "opened.h"
#include "plugin.h"
#include "trust/trustfile.h"
#include <libsuan/suan.h>

struct suan_library {
    struct opened *opened;
    struct suan_registry *registry; /* of `opened`, read only */
    struct suan_engine *engine;
    struct suan_trust *trust;
    uint64_t flags; /* SUAN_OPEN_INPROCESS, SUAN_ALLOW_REDUCED */
    char journal[PATH_MAX];
    pid_t process; /* that opened it: a forked child may only close */
};

/* A release that a caller asked for, judged by the trust file. */
struct library_choice {
    struct suan_release release;
    enum { LIBRARY_UNVETTED, LIBRARY_VETTED } standing;
    int32_t signatures;             /* distinct bodies of the trust file that sign for it now */
    uint64_t vetted_idx;            /* of the signature that made it k; 0: unvetted */
    struct suan_digest measurement; /* attested blob that ranks it; zeros: none */
    struct suan_receipt_basis basis;
    struct suan_digest baseline; /* release that it was measured against; zeros: the incumbent, or nothing */
    int64_t bound_ppm;           /* of its cost relative to the incumbent's, at the largest size; 0: none */
    int64_t unit_jobs;
};

/* Hands the details of a failure to the caller, and nothing else: what was tried and overcome stays inside. */
int32_t library_answer(enum suan_status status, const struct suan_error *cause, struct suan_error *error);
/* FORKED "library.forked" in a child of fork(2). */
SUAN_MUST_USE enum suan_status library_check_process(const struct suan_library *library,
                                                     struct suan_error *error);
/* A snapshot of the registry, which is this thread's until library_end. */
SUAN_MUST_USE enum suan_status library_begin(struct suan_library *library, struct suan_txn **out_txn,
                                             struct suan_error *error);
void library_end(struct suan_library *library, struct suan_txn *txn);

/*
 * Counts the bodies of the trust file whose newest decision is an unexpired signature, and whose event in the
 * log carries a valid signature by one of the keys that the file lists for them. The registry's own word is
 * not asked.
 */
SUAN_MUST_USE enum suan_status library_judge(struct suan_library *library, struct suan_txn *txn,
                                             uint64_t now_ns, struct library_choice *choice,
                                             struct suan_error *error);
/* The best for a task, the newest vetted of a name, or exactly NAME@VERSION. */
SUAN_MUST_USE enum suan_status library_choose(struct suan_library *library, struct suan_txn *txn,
                                              const char *what, struct library_choice *out,
                                              struct suan_error *error);
void library_describe(const struct library_choice *choice, const char *task, const char *variant,
                      struct suan_found *out);

#endif
