#ifndef SUAN_SERVICE_SERVICE_H
#define SUAN_SERVICE_SERVICE_H

/*
 * The only place where registry and engine meet: one file per verb, each a function from a request to one
 * JSON document. Verbs are idempotent under their command id and may run many at once from different
 * processes. They never print; progress goes to a callback. A document returned through out_result belongs to
 * the caller (suan_json_release); it may be set even when the status is a verdict (SUAN_E_REFUSED,
 * SUAN_E_UNSTABLE), and is NULL otherwise on failure.
 */
#include "base/json.h"

struct suan_service;

/* Called from the working thread; `total` 0: unknown. */
struct suan_progress {
    void (*report)(void *context, const char *phase, uint64_t done, uint64_t total);
    void *context;
};

struct suan_service_options {
    const char *registry; /* NULL: $SUAN_REGISTRY, else $XDG_DATA_HOME/suan/registry, else ~/.local/share/… */
    const char *worker;   /* the suan-worker program; NULL: beside this program, else ../libexec/suan */
    struct suan_progress progress; /* report may be NULL */
    const volatile int *
        interrupted; /* becomes non-zero (set by a signal handler) when the user wants to stop; may be NULL */
};

enum suan_service_mode {
    SUAN_SERVICE_NONE,  /* no registry needed: pack, check, isolation, doctor */
    SUAN_SERVICE_READ,  /* a snapshot; never blocks a writer */
    SUAN_SERVICE_WRITE, /* the one writer: waits up to 10 s for another, then SUAN_E_LOCKED */
};

/* Opens the registry (if the mode needs it) and checks it before trusting it. Errors: NOT_FOUND with the way
   to create one, INTEGRITY, LOCKED, FORMAT. */
SUAN_MUST_USE enum suan_status suan_service_open(const struct suan_service_options *options,
                                                 enum suan_service_mode mode,
                                                 struct suan_service **out_service, struct suan_error *error);
void suan_service_close(struct suan_service *service); /* takes NULL */
void suan_service_closep(struct suan_service **service);

const char *suan_service_version(void); /* "suan 0.1.0 (ABI 1.0 draft 1)" */

/* --- acting ------------------------------------------------------------------------------------------- */

enum { SUAN_SIGNERS_MAX = 16, SUAN_EVIDENCE_MAX = 4 };

/* Who changes the registry, and how the change gets signed. Either `sign` names the keys (the verb signs and
   submits), or `print_command` asks for the command alone, or `command` and `signature` hand in one that was
   signed elsewhere. */
struct suan_acting {
    const char *as;                     /* identity that acts: the command's "by" */
    const char *sign[SUAN_SIGNERS_MAX]; /* OpenSSH private key files, or "agent" */
    size_t n_sign;
    const char *id; /* 32 hexadecimal digits; NULL: a new one */
    bool print_command;
    const char *command;                     /* file with a command's canonical bytes */
    const char *signature[SUAN_SIGNERS_MAX]; /* armoured signature files */
    size_t n_signature;
    const char
        *evidence[SUAN_EVIDENCE_MAX]; /* for suan_service_submit: files that the command names by digest */
    size_t n_evidence;
};

#endif
