#ifndef SUAN_POLICY_CHECK_H
#define SUAN_POLICY_CHECK_H

/*
 * What `programme check` says of a programme that could be read: contradictions within it, and with the other
 * versions of its chain. What the engine does not evaluate was refused by suan_programme_parse already. Pure.
 */
#include "programme.h"

enum suan_finding_kind {
    SUAN_FINDING_ERROR, /* the programme must not be installed */
    SUAN_FINDING_NOTE,  /* probably not what was meant */
};

struct suan_finding {
    enum suan_finding_kind kind;
    const char *code;  /* "programme.overlap", "programme.unreachable-tier", "programme.no-award" … */
    char message[256]; /* names the part of the file */
};

/*
 * Reports each finding, in the order of the file; returns how many were errors. `library`: all other
 * programmes known, for the chain of `supersedes`; the programme itself may be among them.
 */
size_t suan_programme_check(const struct suan_programme *programme,
                            const struct suan_programme *const *library, size_t library_count,
                            void (*report)(void *context, const struct suan_finding *finding), void *context);

#endif
